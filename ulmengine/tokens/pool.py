"""Several worker processes at the same work, answers in order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from .specials import TokensError
from .worker import OK, pack, read_frame, write_frame

BATCH_CHARACTERS = 200_000
SMALL_CORPUS, SMALL_CORPUS_FEW_CORES = 10_000_000, 50_000_000
"""Characters in a batch, and in a corpus that is not worth starting processes for: every process has to cut the same
words anew, while one alone remembers them from learning the vocabulary, which outweighs a second core."""


def batched(texts: Iterable[str]) -> Iterator[list[str]]:
    """Consecutive texts, about :data:`BATCH_CHARACTERS` together (one text may be longer)."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def cores() -> int:
    """The processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def own_share(batches: Iterator[list[str]], workers: int) -> Iterator[list[str]]:
    """The first batches, which this process does itself: all for one worker, none for several, for 0 as many as are
    not worth starting processes for. ``batches`` gives the rest afterwards."""
    size = 0
    limit = SMALL_CORPUS if cores() >= 4 else SMALL_CORPUS_FEW_CORES
    while workers == 1 or (workers == 0 and size <= limit):
        batch = next(batches, None)
        if batch is None:
            return
        size += sum(map(len, batch))
        yield batch


def shared(
    settings: dict[str, Any], batches: Iterator[list[str]], workers: int
) -> Generator[tuple[int, bytes], None, list[bytes]]:
    """Number of texts and the answer of worker processes for each batch that is left; returns what they say at the
    end. No batch, no process."""
    first = next(batches, None)
    if first is None:
        return []
    count, idle = workers or min(8, cores()), SimpleQueue[Worker]()

    def ask(batch: list[str]) -> bytes:
        worker = idle.get()
        try:
            return worker.ask(pack(batch))
        finally:
            idle.put(worker)

    with ExitStack() as stack:
        threads = ThreadPoolExecutor(count, thread_name_prefix="tokens")
        stack.callback(threads.shutdown, cancel_futures=True)  # once all processes have ended
        started = [stack.enter_context(closing(Worker(settings))) for _ in range(count)]
        for worker in started:
            idle.put(worker)
        waiting: deque[tuple[int, Future[bytes]]] = deque()
        for batch in chain([first], batches):
            waiting.append((len(batch), threads.submit(ask, batch)))
            while len(waiting) > 2 * count or (waiting and waiting[0][1].done()):  # few are under way at a time
                size, answer = waiting.popleft()
                yield size, answer.result()
        for size, answer in waiting:
            yield size, answer.result()
        return list(threads.map(lambda worker: worker.ask(b""), started))


class Worker:
    """One process and the pipe to it. Used by one thread at a time.

    :raises TokensError: it cannot be started.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        here = str(Path(__file__).resolve().parents[2])
        paths = [here, os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        environment |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ulmengine.tokens.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=environment, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise TokensError(f"No process could be started to make tokens: {error.strerror}.") from error
        self._settings: bytes | None = pack(settings)

    def ask(self, content: bytes) -> bytes:
        """The answer to a frame.

        :raises TokensError: the worker could not do it, or has died.
        """
        if self._settings is not None:  # not in __init__, so that all workers start at the same time
            settings, self._settings = self._settings, None
            self.ask(settings)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            write_frame(self._process.stdin, content)
            answer = read_frame(self._process.stdout)
        except (OSError, ValueError) as error:
            raise TokensError(f"A process that makes tokens has ended early: {error}.") from error
        if answer is None:
            raise TokensError("A process that makes tokens has ended early; there may be too little memory.")
        if answer[:1] != OK:
            raise TokensError(f"A text could not be made into tokens: {answer[1:].decode('utf-8', 'replace')}.")
        return answer[1:]

    def close(self) -> None:
        """End the process, at once if it is at work."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be sent no longer matters
                    pipe.close()
        self._process.wait()
