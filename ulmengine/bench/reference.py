"""The reference implementation (fastai) doing the same work, run as a script by a Python that has it.

``python reference.py '{"work": "lm", ...}'`` writes one line of JSON. Nothing of this package is imported, so that
the other Python needs nothing but fastai.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F


def main() -> None:
    """Read the description of the work from the command line, do it, write the result."""
    task = json.loads(sys.argv[1])
    if "threads" in task:
        torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    works = {"lm": language_model, "validate": validate, "classifier": classifier, "predict": predict,
             "word": tokenize, "subword": tokenize}
    result = works[task["work"]](task)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result["peak_rss_mb"] = round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
    if task.get("device") == "cuda":
        result["peak_device_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    sys.stdout.write("\n" + json.dumps(result) + "\n")


def timed(task: dict[str, Any], step: Callable[[Any], int], batches: Iterator[Any]) -> dict[str, Any]:
    """The same figures as ours; the first step warms up and does not count. ``step`` returns how much it did."""
    wait = waiting(task["device"])
    seconds, done, cpu = [], [], 0.0
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
        "step_ms": round(1000 * statistics.median(seconds), 2), "cpu_s": round(cpu, 3),
    }


def waiting(device: str) -> Callable[[], Any]:
    """What returns when ``device`` has done all it was asked for."""
    return {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(device, lambda: None)


def mark(device: str) -> Any:
    """The time; on a CUDA card a mark that the card sets when it comes there, so that nothing waits for it."""
    if device != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def median_ms(name: str, device: str, parts: list[tuple[Any, Any]]) -> dict[str, float]:
    """``name``_ms: the median of what lies between two marks, the first pair left out; of cpu and cuda only."""
    if device not in ("cpu", "cuda"):
        return {}
    took = [a.elapsed_time(b) if device == "cuda" else 1000 * (b - a) for a, b in parts[1:] or parts]
    return {f"{name}_ms": round(statistics.median(took), 3)}


def random_tokens(vocabulary: int, *shape: int) -> Any:
    """Tokens as frequent as in text: log-uniform."""
    return torch.rand(shape).mul_(torch.tensor(float(vocabulary)).log()).exp_().long().clamp_(2, vocabulary - 1)


def adam(model: Any) -> Any:
    """fastai's optimizer as its text learners use it."""
    from fastai.optimizer import Adam

    return Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3, mom=0.9, sqr_mom=0.99, eps=1e-5, wd=0.01)


def build_language_model(task: dict[str, Any]) -> Any:
    """The language model of the wanted sizes and dropouts."""
    from fastai.text.models.awdlstm import AWD_LSTM, awd_lstm_lm_config
    from fastai.text.models.core import get_language_model

    config = {**awd_lstm_lm_config, **task["sizes"], **task["dropout"]}
    return get_language_model(AWD_LSTM, task["vocabulary"], config=config, drop_mult=1.0).to(task["device"])


def stream(task: dict[str, Any]) -> Iterator[Any]:
    """Random tokens (batch, time + 1): one batch to warm up and ``steps`` to measure."""
    for _ in range(task["steps"] + 1):
        yield random_tokens(task["vocabulary"], task["batch"], task["time"] + 1)


def language_model(task: dict[str, Any]) -> dict[str, Any]:
    """Training steps: cross entropy + AR + TAR, backward, clipping at 0.4 as ours, Adam."""
    model = build_language_model(task).train()
    model.reset()
    optimizer = adam(model)
    moving: list[tuple[Any, Any]] = []

    def step(batch: Any) -> int:
        batch = batch.to(task["device"])
        logits, raw, dropped = model(batch[:, :-1].contiguous())
        loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        loss = loss + 2 * dropped.float().pow(2).mean() + (raw[:, 1:] - raw[:, :-1]).float().pow(2).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.4)
        began = mark(task["device"])
        optimizer.step()
        moving.append((began, mark(task["device"])))
        optimizer.zero_grad()
        return int(batch.shape[0] * (batch.shape[1] - 1))

    figures = timed(task, step, stream(task))
    return {**figures, **median_ms("optimizer", task["device"], moving)}


def validate(task: dict[str, Any]) -> dict[str, Any]:
    """Validation of the language model."""
    model = build_language_model(task).eval()
    model.reset()

    def step(batch: Any) -> int:
        batch = batch.to(task["device"])
        with torch.no_grad():
            logits = model(batch[:, :-1].contiguous())[0]
            F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten()).item()
        return int(batch.shape[0] * (batch.shape[1] - 1))

    return timed(task, step, stream(task))


def build_classifier(task: dict[str, Any]) -> Any:
    """The classifier of the wanted sizes and dropouts."""
    from fastai.text.models.awdlstm import AWD_LSTM, awd_lstm_clas_config
    from fastai.text.models.core import get_text_classifier

    config = {**awd_lstm_clas_config, **task["sizes"], **task["dropout"]}
    return get_text_classifier(
        AWD_LSTM, task["vocabulary"], task["classes"], seq_len=task["time"], config=config, drop_mult=1.0,
        lin_ftrs=[50], ps=[0.1], max_len=task["max_tokens"],
    ).to(task["device"])


def padded_batches(task: dict[str, Any]) -> Iterator[Any]:
    """Documents of the given lengths, sorted into batches and padded in front by whole chunks, as fastai does it."""
    from fastai.text.data import pad_chunk

    for lengths in task["lengths"]:
        longest = max(lengths)
        rows = [random_tokens(task["vocabulary"], length) for length in lengths]
        padded = torch.stack([pad_chunk(row, pad_idx=1, seq_len=task["time"], pad_len=longest) for row in rows])
        yield padded, torch.randint(0, task["classes"], (len(lengths),)), sum(lengths)


def classifier(task: dict[str, Any]) -> dict[str, Any]:
    """Training steps of the classifier with the last ``unfrozen`` layer groups learning."""
    from fastai.text.models.awdlstm import awd_lstm_clas_split

    model = build_classifier(task).train()
    groups = list(awd_lstm_clas_split(model))
    for group in groups[: len(groups) - task["unfrozen"]]:
        for parameter in group:
            parameter.requires_grad_(False)
    optimizer = adam(model)

    def step(batch: Any) -> int:
        tokens, targets = batch[0].to(task["device"]), batch[1].to(task["device"])
        F.cross_entropy(model(tokens)[0], targets).backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 0.4)
        optimizer.step()
        optimizer.zero_grad()
        return len(targets)

    return timed(task, step, padded_batches(task))


def predict(task: dict[str, Any]) -> dict[str, Any]:
    """Prediction of the given documents."""
    model = build_classifier(task).eval()

    def step(batch: Any) -> int:
        with torch.no_grad():
            model(batch[0].to(task["device"]))[0].softmax(1).cpu()
        return len(batch[1])

    return timed(task, step, padded_batches(task))


def tokenize(task: dict[str, Any]) -> dict[str, Any]:
    """The tokens of all texts: ``seconds`` and ``cpu_s`` on all cores, ``learn_s`` of the subword model.

    Word tokens go to a file.
    """
    from fastai.text.core import SubwordTokenizer, defaults, tokenize_texts

    folder = Path(task["folder"])
    texts = json.loads((folder / "texts.json").read_bytes())
    start, tokenizer = time.perf_counter(), None
    if task["work"] == "subword":
        tokenizer = SubwordTokenizer(vocab_sz=task["vocab_size"], cache_dir=task["folder"])
        tokenizer.setup(texts, defaults.text_proc_rules)
    learnt, cpu = time.perf_counter(), sum(os.times()[:4])
    documents = tokenize_texts(texts, n_workers=task["workers"], tok=tokenizer)
    done, cpu = time.perf_counter(), sum(os.times()[:4]) - cpu
    if tokenizer is None:
        (folder / "tokens.json").write_bytes(json.dumps([list(document) for document in documents]).encode())
    return {"seconds": done - learnt, "cpu_s": cpu, "learn_s": learnt - start}


if __name__ == "__main__":
    main()
