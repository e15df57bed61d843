"""A small corpus that a tiny network can learn, and runs on it."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from ulmengine.config import RunConfig, with_settings
from ulmengine.record import RunFolder

WORDS = {
    "fruit": ["apple", "pear", "plum", "cherry", "fig", "melon"],
    "tool": ["hammer", "saw", "chisel", "drill", "wrench", "plane"],
}
AROUND = ["the", "a", "my", "is", "was", "in", "box", "today", "nice", "old", "and", "new"]


def write_corpus(path: Path, count: int = 80, seed: int = 0) -> Path:
    """``count`` sentences of two kinds, told apart by their nouns."""
    draw = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number in range(count):
            label = ("fruit", "tool")[number % 2]
            words = [draw.choice(AROUND) for _ in range(draw.randint(3, 9))]
            words.insert(draw.randrange(len(words)), draw.choice(WORDS[label]))
            words.append(draw.choice(WORDS[label]))
            writer.writerow([f"{' '.join(words)} {number}", label])
    return path


TINY = (
    "model.preset=tiny", "model.pretrained=none", "tokens.min_frequency=1", "language_model.epochs=1",
    "language_model.batch_size=4", "language_model.bptt=16", "classifier.epochs=[1, 1]", "classifier.refit=0",
    "classifier.batch_size=8", "compute.threads=1", "compute.device=cpu", "compute.precision=float32",
    "saving.minutes=0",
)


def tiny_config(corpus: Path, *settings: str) -> RunConfig:
    """A run of a second or two on one thread in float32."""
    return with_settings(RunConfig(name="tiny"), [f"corpus.path='{corpus}'", *TINY, *settings])


def tiny_run(folder: Path, *settings: str) -> RunFolder:
    """A run that has not begun, on a corpus of its own beside it."""
    corpus = folder.parent / "corpus.csv"
    if not corpus.exists():
        write_corpus(corpus)
    return RunFolder.create(folder, tiny_config(corpus, *settings))
