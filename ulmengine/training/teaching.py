"""Leading an encoder towards the vectors that a teacher gives to passages.

A language model learns what word comes next; how passages are alike in meaning it learns by the way. A teacher that
knows it (a sentence encoder, used once and never by the program at work) can say so: a linear map of the pooled states
is led towards its vectors by their cosine and by telling the passages of a batch apart (van den Oord et al. 2018,
1807.03748; Hinton et al. 2015, 1503.02531 for the idea). Afterwards the map is thrown away; what the pooled states hold
stays, and is what a linear head begins with.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ulmengine.config import DropoutConfig
from ulmengine.events import Event, Progress
from ulmengine.nets import AWDLSTM, set_precision
from ulmengine.nets.bpt3c import read_documents
from ulmengine.nets.pooling import ConcatPooling
from ulmengine.plan.errors import TrainingError

_BPTT, _MOST_TOKENS = 70, 256
_POOL = 60
"""So many batches' passages are sorted by length together."""
# Next to none: there are far more passages than the encoder can remember.
_DROPOUT = DropoutConfig(
    multiplier=1.0, embedding=0.05, input=0.05, weight=0.05, hidden=0.05, output=0.0, pooled=0.0, head=0.0
)


@dataclass(frozen=True)
class Lesson:
    """How to teach. ``apart``: weight of telling passages apart, at ``temperature``; ``held``: passages kept back."""

    epochs: float = 2.0
    lr: float = 2.5e-3
    batch_size: int = 128
    apart: float = 0.1
    temperature: float = 0.05
    held: int = 2_000
    seed: int = 1


def teach(
    encoder: AWDLSTM, passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating], lesson: Lesson,
    precision: torch.dtype = torch.float32,
) -> Generator[Event, None, float]:
    """Teach ``encoder`` in place.

    :param passages: token ids of each passage, at least one token.
    :param vectors: (passages, width) of the teacher, each of length 1.
    :returns: the mean cosine to the teacher's vectors on the passages kept back, the first ones.
    :raises TrainingError: too few passages, or vectors that do not fit them.
    """
    if len(passages) != len(vectors) or vectors.ndim != 2:
        raise TrainingError(f"{len(passages):,} passages do not fit vectors of the shape {vectors.shape}")
    if len(passages) - lesson.held < lesson.batch_size:
        raise TrainingError(f"{len(passages):,} passages are too few to teach by; {lesson.held:,} are kept back")
    torch.manual_seed(lesson.seed)
    random = np.random.default_rng(lesson.seed)
    reader = _Reader(encoder, vectors.shape[1])
    encoder.set_dropout(_DROPOUT)
    set_precision(encoder, precision)
    weights = list(reader.parameters())
    optimizer = torch.optim.AdamW(weights, lr=lesson.lr, betas=(0.9, 0.99), weight_decay=0.01)
    learnt = np.arange(lesson.held, len(passages))
    steps = max(1, round(lesson.epochs * len(learnt) / lesson.batch_size))
    batches = _batches(learnt, passages, lesson.batch_size, random)
    reader.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = lesson.lr * _share(step, steps)
        tokens, lengths, targets = _batch(next(batches), passages, vectors)
        found = F.normalize(reader(tokens, lengths), dim=1)
        cosine = (found * targets).sum(1).mean()
        rivals = F.cross_entropy(found @ targets.T / lesson.temperature, torch.arange(len(targets)))
        optimizer.zero_grad(set_to_none=True)
        loss: Tensor = 1 - cosine + lesson.apart * rivals
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        yield Progress("Teaching", step + 1, steps, "batches")
    return _measure(reader.eval(), passages, vectors, lesson)


class _Reader(nn.Module):
    """The encoder, pooling, and the linear map towards the teacher."""

    def __init__(self, encoder: AWDLSTM, width: int) -> None:
        super().__init__()
        self.encoder, self.pool = encoder, ConcatPooling()
        self.map = nn.Linear(3 * encoder.sizes.embedding, width)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """(batch, width) of right-padded ``tokens`` (batch, time), the longest first."""
        windows = read_documents(self.encoder, tokens, lengths, _BPTT, _MOST_TOKENS)
        mapped: Tensor = self.map(self.pool(windows.pieces, windows.lengths))
        return mapped[windows.back]


def _share(step: int, steps: int) -> float:
    """Of the peak rate: up over the first fiftieth, level for a third, then down along a cosine."""
    rise, done = max(1, steps // 50), step / steps
    fall = 1.0 if done < 0.3 else 0.5 * (1 + float(np.cos(np.pi * (done - 0.3) / 0.7))) + 0.01
    return min(1.0, (step + 1) / rise) * fall


def _batches(
    learnt: NDArray[np.int64], passages: Sequence[NDArray[np.integer]], size: int, random: np.random.Generator
) -> Generator[NDArray[np.int64], None, None]:
    """Without end, every passage once before any comes again; those of a batch are about equally long."""
    lengths = np.array([len(passage) for passage in passages])
    while True:
        order = random.permutation(learnt)
        for start in range(0, len(order) - size + 1, size * _POOL):
            pool = order[start : start + size * _POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            pieces = [pool[first : first + size] for first in range(0, len(pool) - size + 1, size)]
            yield from (pieces[place] for place in random.permutation(len(pieces)))


def _batch(
    rows: NDArray[np.int64], passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating]
) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (batch, time), lengths and vectors of the passages ``rows``, the longest first."""
    lengths = np.array([min(len(passages[row]), _MOST_TOKENS) for row in rows])
    order = np.argsort(-lengths, kind="stable")
    rows, lengths = rows[order], lengths[order]
    tokens = np.ones((len(rows), int(lengths[0])), dtype=np.int64)
    for place, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        tokens[place, :length] = passages[row][:length]
    return torch.from_numpy(tokens), torch.from_numpy(lengths), torch.from_numpy(vectors[rows].astype(np.float32))


@torch.no_grad()
def _measure(
    reader: _Reader, passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating], lesson: Lesson
) -> float:
    total = 0.0
    for start in range(0, lesson.held, lesson.batch_size):
        rows = np.arange(start, min(lesson.held, start + lesson.batch_size))
        tokens, lengths, targets = _batch(rows, passages, vectors)
        total += float((F.normalize(reader(tokens, lengths), dim=1) * targets).sum())
    return total / lesson.held
