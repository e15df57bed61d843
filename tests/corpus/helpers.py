"""What the corpus tests share."""

from __future__ import annotations

import csv
import tarfile
import zipfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ulmengine.config import CorpusConfig, SplitConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import Event, outcome

T = TypeVar("T")


def with_events(generator: Generator[Event, None, T]) -> tuple[T, list[Event]]:
    """The result of a generator and all it said."""
    events: list[Event] = []
    return outcome(generator, events.append), events


def table(path: Path, rows: list[list[str]], header: list[str] | None = None) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header or ["text", "label"], *rows])
    return path


def opened(path: Path, **settings: Any) -> Documents:
    """The corpus at ``path``, its copy in a folder beside it. A setting of the split may be given by its own name."""
    split = {name: settings.pop(name) for name in ("method", "column", "validation", "test") if name in settings}
    seed = settings.pop("seed", 42)
    config = CorpusConfig(path=str(path), split=SplitConfig(**split), **settings)
    return outcome(open_corpus(config, path.parent / "cache", seed=seed))


def everything(documents: Documents) -> list[str]:
    """All texts in the order of the source, whatever part they are in."""
    parts = ("train", "validation", "test", "unlabelled")
    rows = {int(r): t for part in parts for r, t in zip(documents.rows(part), documents.texts(part), strict=True)}
    return [rows[row] for row in sorted(rows)]


def labels_in_order(documents: Documents) -> list[str]:
    """The label of every labelled row in the order of the source."""
    parts = ("train", "validation", "test")
    rows = {int(r): int(t) for p in parts for r, t in zip(documents.rows(p), documents.targets(p), strict=True)}
    return [documents.labels[rows[row]] for row in sorted(rows)]


def in_folders(root: Path, counts: Mapping[str, int]) -> Path:
    """So many documents in a folder for each label."""
    for label, count in counts.items():
        (root / label).mkdir(parents=True)
        for number in range(count):
            (root / label / f"{number:03}.txt").write_text(f"{label} text {number}")
    return root


def pack(root: Path, kind: str) -> Path:
    """A folder as an archive of the ``kind`` beside it."""
    target = root.parent / f"packed.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(root.parent))
    else:
        opener = {"tar": tarfile.TarFile.taropen, "tar.gz": tarfile.TarFile.gzopen, "tar.xz": tarfile.TarFile.xzopen}
        with opener[kind](target, "w") as tar:  # type: ignore[operator]
            tar.add(root, root.name)
    return target
