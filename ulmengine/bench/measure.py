"""How work is measured: in a process of its own, so that its peak of memory is its own, and beside the reference's."""

from __future__ import annotations

import csv
import json
import math
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ulmengine.config import DropoutConfig, Sizes
from ulmengine.disk import whole
from ulmengine.threads import SETTINGS

T = TypeVar("T")
BenchTask = dict[str, Any]

_FOUND = "found"
"""What a Python that has the reference says when it is asked for it."""
PEAKS = ("peak_rss_mb", "peak_device_mb")
"""The figures of memory, of which those of several pieces of work are the largest."""


class BenchError(RuntimeError):
    """A measurement that could not be made."""


def nothing() -> None:
    """What is waited for where a step is over when it returns."""


def timed(step: Callable[[T], int], batches: Iterable[T], wait: Callable[[], object] = nothing) -> dict[str, Any]:
    """Do ``step`` on every batch; the first one warms up and does not count.

    :param wait: called after each step, before the clock is read: what the step has only asked for is done then.
    :returns: ``seconds`` in all, ``done`` (sum of what ``step`` returned), ``per_s`` (median over the steps, which
        other work on the machine disturbs least), ``step_ms`` (median), ``cpu_s`` (processor time), ``peak_rss_mb``.
    """
    seconds: list[float] = []
    done: list[int] = []
    cpu = 0.0
    for number, batch in enumerate(batches):
        cpu = time.process_time() if number == 1 else cpu
        start = time.perf_counter()
        done.append(step(batch))
        wait()
        seconds.append(time.perf_counter() - start)
    cpu = time.process_time() - cpu
    seconds, done = (seconds[1:], done[1:]) if len(seconds) > 1 else (seconds, done)
    return {
        "seconds": round(sum(seconds), 6), "done": sum(done),
        "per_s": round(statistics.median(n / s for n, s in zip(done, seconds, strict=True)), 2),
        "step_ms": round(1000 * statistics.median(seconds), 2), "cpu_s": round(cpu, 3), "peak_rss_mb": peak_rss_mb(),
    }


def peak_rss_mb() -> float:
    """The most memory this process has had, MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def ours(task: BenchTask) -> dict[str, Any]:
    """Measure ``task`` in a fresh process of this Python.

    :raises BenchError: the process failed; the message holds the end of what it wrote.
    """
    return _last_line(sys.executable, _output_of([sys.executable, "-m", "ulmengine.bench.worker", json.dumps(task)]))


def reference(python: str, task: BenchTask, script: str = "reference.py") -> dict[str, Any]:
    """Do ``task`` with fastai, by the ``script`` of this folder and ``python``.

    :raises BenchError: that Python or fastai is not there, or the work failed.
    """
    return _last_line(python, _elsewhere(python, script, json.dumps(task), copied=(script,)))


def find_reference(python: str) -> None:
    """Make sure, in some seconds, that ``python`` has what the reference is measured with.

    :raises BenchError: that Python is not there, or fastai cannot be imported by it.
    """
    if _elsewhere(python, "-c", f"import fastai.text.learner; print({_FOUND!r})").split()[-1:] != [_FOUND]:
        raise BenchError(f"{python} does not answer as a Python with fastai does")


def with_reference(task: BenchTask, python: str | None, theirs_task: BenchTask | None = None) -> dict[str, Any]:
    """Our figures, and with ``python`` the reference's under ``reference`` and ours to theirs under ``ratio``.

    ``theirs_task``: the same work as the reference does it best, where that is in other portions. Where the reference
    cannot be run, ``reference`` is ``None`` and ``reference_missing`` says why.
    """
    result = ours(task)
    if python is None:
        return result
    try:
        theirs = reference(python, theirs_task or task)
    except BenchError as error:
        return {**result, "reference": None, "reference_missing": str(error)}
    ratio = {
        "per_s": round(result["per_s"] / theirs["per_s"], 2),
        "cpu": round(theirs["cpu_s"] / theirs["done"] * result["done"] / result["cpu_s"], 2),
    }
    both = [name for name in (*PEAKS, "optimizer_ms") if name in result and name in theirs]
    ratio |= {name: round(result[name] / theirs[name], 2) for name in both}
    return {**result, "reference": theirs, "ratio": ratio}


def combined(
    parts: Mapping[str, dict[str, Any]], figures: Callable[[Mapping[str, Any]], dict[str, Any]],
    compared: Sequence[str], digits: int,
) -> dict[str, Any]:
    """The ``figures`` of what :func:`with_reference` gave of several ``parts``; where every part has them, those of the
    reference too, and the ratio of those ``compared`` and of memory; else why not, if it was wanted."""
    result = figures(parts)
    theirs = {name: part.get("reference") for name, part in parts.items()}
    if all(theirs.values()):
        result["reference"] = figures(theirs)
        result["ratio"] = {name: round(result[name] / result["reference"][name], digits)
                           for name in (*compared, *PEAKS) if name in result}
    elif missing := dict.fromkeys(part["reference_missing"] for part in parts.values() if "reference_missing" in part):
        result |= {"reference": None, "reference_missing": " ".join(missing)}
    return result


def sizes_there(sizes: Sizes) -> dict[str, int]:
    """A network's sizes by the names that the reference has for them."""
    return dict(zip(("emb_sz", "n_hid", "n_layers"), sizes, strict=True))


def dropouts_there(dropout: DropoutConfig, output: str) -> dict[str, float]:
    """Our dropouts by the names that the reference has for them; ``output``: ours of what its encoder gives on."""
    ours = {"embed_p": "embedding", "input_p": "input", "weight_p": "weight", "hidden_p": "hidden", "output_p": output}
    return {name: dropout.effective(own) for name, own in ours.items()}


def write_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV of ``rows`` under the ``names`` of their columns, written whole."""
    with whole(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def document_lengths(batches: int, batch: int) -> list[list[int]]:
    """Lengths like those of IMDb's reviews, in sorted batches: log-normal, between 10 and 2,500 tokens.

    Neighbours in length share a batch, as the samplers of both sides arrange them. The longest come first there, so
    they do here: that batch warms up, and its memory is the peak of a run. The others follow in a fixed mixed order.
    """
    chance = np.random.default_rng(0)
    spread = 0.65
    drawn = chance.lognormal(math.log(257.0) - spread**2 / 2, spread, size=20 * batch)
    lengths = np.sort(np.clip(drawn, 10, 2500).astype(int))[::-1].reshape(20, batch)
    order = chance.permutation(20).tolist()
    longest = order.index(0)
    order[0], order[longest] = order[longest], order[0]
    return [lengths[order[number % 20]].tolist() for number in range(batches)]


def _elsewhere(python: str, *arguments: str, copied: Sequence[str] = ()) -> str:
    """What another ``python`` says that has nothing of ours but the scripts ``copied`` into the folder it is run in.

    Neither our folder, which holds modules named as some of the standard library's, nor what our threads are told.
    """
    # A relative path leads nowhere from the other folder; resolved, a link would lead out of its environment.
    found = os.path.abspath(shutil.which(python) or python)
    environment = {name: value for name, value in os.environ.items() if SETTINGS.get(name) != value}
    with tempfile.TemporaryDirectory() as folder:
        for script in copied:
            shutil.copy(Path(__file__).with_name(script), folder)
        return _output_of([found, "-W", "ignore", *arguments], stdin=subprocess.DEVNULL, cwd=folder, env=environment)


def _output_of(command: list[str], **how: Any) -> str:
    """What ``command`` wrote; ``how``: more for :func:`subprocess.run`.

    :raises BenchError: it cannot be run, or failed.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **how)
    except OSError as error:
        raise BenchError(f"{command[0]} cannot be run: {error.strerror or error}") from error
    if done.returncode:
        raise BenchError(f"{command[0]} failed: {_why(done.returncode, done.stderr)}")
    return str(done.stdout)


def _why(status: int, errors: str) -> str:
    """The end of the ``errors`` that were written; the signal that ended it, or its ``status`` where nothing was."""
    words = " ".join(errors.strip().splitlines()[-3:])
    if status < 0:
        return f"ended by signal {-status} ({signal.strsignal(-status)}) {words}".rstrip()
    return words or f"its exit status was {status}"


def _last_line(python: str, text: str) -> dict[str, Any]:
    """The figures that ``python`` wrote as the last line of ``text``.

    :raises BenchError: there are none.
    """
    line = text.strip().rpartition("\n")[2]
    try:
        figures = json.loads(line)
    except ValueError:
        figures = None
    if not isinstance(figures, dict):
        raise BenchError(f"{python} gave no figures, but wrote {line[:200] or 'nothing'}")
    return figures
