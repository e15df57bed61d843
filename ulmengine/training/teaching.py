"""Leading an encoder towards the vectors that a teacher gives to passages.

A language model learns what word comes next; how passages are alike in meaning it learns by the way. A teacher that
knows it (a sentence encoder, used once and never by the program at work) can say so: a linear map of the pooled states
is led towards its vectors by their cosine and by telling the passages of a batch apart (van den Oord et al. 2018,
1807.03748; Hinton et al. 2015, 1503.02531 for the idea). Afterwards the map is thrown away; what the pooled states hold
stays, and is what a linear head begins with.

What word comes next is learnt all along from the same passages. An encoder that is led by the teacher alone forgets it
within minutes, and tuning its language model on a corpus then mends that in place of learning the corpus.
"""

from __future__ import annotations

import json
import math
import time
import zlib
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from sklearn.linear_model import Ridge
from torch import Tensor, nn

from ulmengine.config import DropoutConfig
from ulmengine.disk import whole
from ulmengine.events import Event, Progress
from ulmengine.nets import LanguageModel, set_precision
from ulmengine.nets.bpt3c import Windows, read_documents
from ulmengine.nets.pooling import ConcatPooling
from ulmengine.plan.errors import TrainingError

from .batches import padded
from .optimizers import pack_state, unpack_state
from .tensors import below

_BPTT, _MOST_TOKENS = 70, 256
_POOL = 60
"""So many batches' passages are sorted by length together."""
_RISE, _LEVEL = 300, 0.25
"""Steps in which the rate rises, and the share of all steps after which it begins to fall."""
_FIRST, _RIDGE = 5_000, 1.0
"""The map begins as the ridge regression of so many passages' vectors on their pooled states."""
SAVE_S = 240.0
"""Seconds after which the teaching is saved again."""
# Next to none: there are far more passages than the encoder can remember.
_DROPOUT = DropoutConfig(
    multiplier=1.0, embedding=0.05, input=0.05, weight=0.05, hidden=0.05, output=0.0, pooled=0.0, head=0.0
)


@dataclass(frozen=True)
class Lesson:
    """How to teach. ``apart``: weight of telling passages apart, at ``temperature``; ``language``: of the language
    model's own loss (nats a token); ``held``: passages kept back."""

    epochs: float = 2.0
    lr: float = 2.5e-3
    batch_size: int = 128
    apart: float = 0.1
    temperature: float = 0.05
    language: float = 0.05
    held: int = 2_000
    seed: int = 1


@dataclass(frozen=True)
class Taught:
    """On the passages kept back, the first ones: mean ``cosine`` to the teacher's vectors, ``perplexity`` of words."""

    cosine: float
    perplexity: float


def teach(
    model: LanguageModel, passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating], lesson: Lesson,
    precision: torch.dtype = torch.float32, keep: Path | None = None,
) -> Generator[Event, None, Taught]:
    """Teach the encoder of ``model`` in place, and the language model with it; weights without a gradient stay.

    What comes at a step (batch, rate, dropout) follows from the seed and the step's number alone, so that a teaching
    taken up again ends as one that was never interrupted, to the bit.

    :param passages: token ids of each passage, at least one token, in the order that the model reads them in.
    :param vectors: (passages, width) of the teacher, each of length 1.
    :param keep: a file to which the teaching is saved every few minutes and when it is closed; one that is there is
        gone on from. It stays at the end, for the caller to remove once the model is safe.
    :returns: what has been learnt.
    :raises TrainingError: too few passages, vectors that do not fit them, or another teaching in ``keep``.
    """
    if len(passages) != len(vectors) or vectors.ndim != 2:
        raise TrainingError(f"{len(passages):,} passages do not fit vectors of the shape {vectors.shape}")
    if len(passages) - lesson.held < lesson.batch_size:
        raise TrainingError(f"{len(passages):,} passages are too few to teach by; {lesson.held:,} are kept back")
    torch.manual_seed(lesson.seed)
    reader = _Reader(model, vectors.shape[1])
    model.set_dropout(_DROPOUT)
    set_precision(reader, precision)
    weights = [weight for weight in reader.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=lesson.lr, betas=(0.9, 0.99), weight_decay=0.01)
    learnt = np.arange(lesson.held, len(passages))
    steps = max(1, round(lesson.epochs * len(learnt) / lesson.batch_size))
    about = "" if keep is None else _about(lesson, model, passages, vectors)
    if keep is not None and keep.exists():
        first = _take_up(keep, about, reader, optimizer)
    else:
        first = 0
        _begin_map(reader.eval(), learnt[:_FIRST], passages, vectors, lesson.batch_size)
    reader.train()
    saved, done = time.monotonic(), first
    try:
        for step, rows in _batches(learnt, passages, lesson, first, steps):
            for group in optimizer.param_groups:
                group["lr"] = lesson.lr * _share(step, steps)
            tokens, lengths, targets = _batch(rows, passages, vectors)
            torch.manual_seed(lesson.seed + 1 + step)
            mapped, surprise = reader(tokens, lengths, words=lesson.language > 0)
            found = F.normalize(mapped, dim=1)
            cosine = (found * targets).sum(1).mean()
            rivals = F.cross_entropy(found @ targets.T / lesson.temperature, torch.arange(len(targets)))
            optimizer.zero_grad(set_to_none=True)
            loss: Tensor = 1 - cosine + lesson.apart * rivals + lesson.language * surprise
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            done = step + 1
            if keep is not None and (done == steps or time.monotonic() - saved > SAVE_S):
                _save(keep, about, done, reader, optimizer)
                saved = time.monotonic()
            yield Progress("Teaching", done, steps, "batches")
    except GeneratorExit:
        if keep is not None and done > first:
            _save(keep, about, done, reader, optimizer)
        raise
    return _measure(reader.eval(), passages, vectors, lesson)


def _about(
    lesson: Lesson, model: LanguageModel, passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating]
) -> str:
    """What a saved teaching has to agree in: the lesson, the network as it begins, and what it is taught by."""
    found = 0
    for array in (*passages, vectors):
        found = zlib.crc32(np.ascontiguousarray(array).tobytes(), found)
    for tensor in model.state_dict().values():
        found = zlib.crc32(np.ascontiguousarray(tensor.detach().float().numpy()).tobytes(), found)
    return json.dumps({**asdict(lesson), "passages": len(passages), "checksum": found}, sort_keys=True)


def _save(keep: Path, about: str, done: int, reader: _Reader, optimizer: torch.optim.AdamW) -> None:
    tensors = {f"reader.{name}": value for name, value in reader.state_dict().items()}
    tensors |= {f"optimizer.{name}": value for name, value in pack_state(optimizer).items()}
    with whole(keep) as beside:
        beside.write_bytes(save({name: value.contiguous() for name, value in tensors.items()},
                                metadata={"step": str(done), "about": about}))


def _take_up(keep: Path, about: str, reader: _Reader, optimizer: torch.optim.AdamW) -> int:
    """Become what ``keep`` holds; returns how many steps were done."""
    try:
        with safe_open(keep, framework="pt") as file:
            values = file.metadata() or {}
            # Cloned, so that the numbers lie in memory as they do in a teaching that was not interrupted.
            names: list[str] = list(file.keys())
            tensors = {name: file.get_tensor(name).clone() for name in names}
    except (SafetensorError, OSError) as error:
        raise TrainingError(f"{keep}: the saved teaching cannot be read ({error}); remove it to begin anew") from error
    if values.get("about") != about:
        raise TrainingError(f"{keep}: this teaching was begun with another model, other passages or words, or another "
                            "rate or number of epochs; give the same ones, or remove the file to begin anew")
    reader.load_state_dict(below("reader.", tensors))
    unpack_state(optimizer, below("optimizer.", tensors))
    return int(values["step"])


class _Reader(nn.Module):
    """The language model, and the linear map of its pooled states towards the teacher."""

    def __init__(self, model: LanguageModel, width: int) -> None:
        super().__init__()
        self.model, self.pool = model, ConcatPooling()
        self.map = nn.Linear(3 * model.encoder.sizes.embedding, width)

    def read(self, tokens: Tensor, lengths: Tensor) -> tuple[Windows, Tensor]:
        """The states of right-padded ``tokens`` (batch, time), the longest first, and what is mapped of them, (batch,
        3 * features)."""
        windows = read_documents(self.model.encoder, tokens, lengths, _BPTT, tokens.shape[1])
        pooled: Tensor = self.pool(windows.pieces, windows.lengths)
        return windows, pooled[windows.back]

    def forward(self, tokens: Tensor, lengths: Tensor, *, words: bool) -> tuple[Tensor, Tensor]:
        """The vectors (batch, width) of right-padded ``tokens`` (batch, time), the longest first, and the mean cross
        entropy of every token after the first, in nats; 0 without ``words``."""
        windows, pooled = self.read(tokens, lengths)
        mapped: Tensor = self.map(pooled)
        follows = torch.arange(1, tokens.shape[1]) < lengths[:, None]
        if not words or not follows.any():
            return mapped, mapped.new_zeros(())
        # The pieces are (rows, time, features) of rows that have not ended; zeros stand for those that have.
        hidden = torch.cat([F.pad(piece, (0, 0, 0, 0, 0, len(tokens) - len(piece))) for piece in windows.pieces], dim=1)
        said, targets = hidden[windows.back, :-1][follows], tokens[:, 1:][follows]
        return mapped, self.model.decoder.loss(said, self.model.encoder.embedding.weight, targets) / len(targets)


@torch.no_grad()
def _begin_map(
    reader: _Reader, rows: NDArray[np.int64], passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating],
    size: int,
) -> None:
    """An encoder that was taught before does not lose by a random map what it knows."""
    states, wanted = [], []
    for start in range(0, len(rows), size):
        tokens, lengths, targets = _batch(rows[start : start + size], passages, vectors)
        states.append(reader.read(tokens, lengths)[1])
        wanted.append(targets)
    regression = Ridge(alpha=_RIDGE).fit(torch.cat(states).double().numpy(), torch.cat(wanted).double().numpy())
    reader.map.weight.copy_(torch.from_numpy(regression.coef_))
    reader.map.bias.copy_(torch.from_numpy(regression.intercept_))


def _share(step: int, steps: int) -> float:
    """Of the peak rate: up over 300 steps (a quarter of fewer than 1,200), level, then down to 0 along a cosine."""
    rise, done = max(1, min(_RISE, round(_LEVEL * steps))), step / steps
    fall = 1.0 if done < _LEVEL else 0.5 * (1 + float(np.cos(np.pi * (done - _LEVEL) / (1 - _LEVEL))))
    return min(1.0, (step + 1) / rise) * fall


def _batches(
    learnt: NDArray[np.int64], passages: Sequence[NDArray[np.integer]], lesson: Lesson, first: int, steps: int
) -> Generator[tuple[int, NDArray[np.int64]], None, None]:
    """Number and rows of each step's batch from step ``first`` on.

    Every passage comes once before any comes again; those of a batch are about equally long.
    """
    lengths = np.array([len(passage) for passage in passages])
    size = lesson.batch_size
    whole_batches = len(learnt) // size
    for epoch in range(first // whole_batches, -(-steps // whole_batches)):
        random = np.random.default_rng((lesson.seed, epoch))
        order, cut = random.permutation(learnt), []
        for start in range(0, len(order) - size + 1, size * _POOL):
            pool = order[start : start + size * _POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            pieces = [pool[begin : begin + size] for begin in range(0, len(pool) - size + 1, size)]
            cut += [pieces[place] for place in random.permutation(len(pieces))]
        for place, rows in enumerate(cut):
            step = epoch * whole_batches + place
            if first <= step < steps:
                yield step, rows


def _batch(
    rows: NDArray[np.int64], passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating]
) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (batch, time), lengths and vectors of the passages ``rows``, the longest first."""
    rows = rows[np.argsort([-min(len(passages[row]), _MOST_TOKENS) for row in rows], kind="stable")]
    tokens, lengths = padded([passages[row][:_MOST_TOKENS] for row in rows])
    return tokens, lengths, torch.from_numpy(vectors[rows].astype(np.float32))


@torch.no_grad()
def _measure(
    reader: _Reader, passages: Sequence[NDArray[np.integer]], vectors: NDArray[np.floating], lesson: Lesson
) -> Taught:
    cosine = surprise = follow = 0.0
    for start in range(0, lesson.held, lesson.batch_size):
        rows = np.arange(start, min(lesson.held, start + lesson.batch_size))
        tokens, lengths, targets = _batch(rows, passages, vectors)
        mapped, nats = reader(tokens, lengths, words=True)
        cosine += float((F.normalize(mapped, dim=1) * targets).sum())
        count = int((lengths - 1).sum())
        surprise, follow = surprise + float(nats) * count, follow + count
    return Taught(cosine / lesson.held, math.exp(surprise / max(1.0, follow)))
