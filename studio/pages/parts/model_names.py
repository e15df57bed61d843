"""Which models there are, and what each is called wherever it is spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from ulmengine.models import ModelError, ModelFile, describe_bundle, own_models, run_models, shipped_models
from ulmengine.record import RunFolder, run_name


def found_models(runs: Sequence[Path], folder: Path) -> tuple[ModelFile, ...]:
    """Those of the ``runs`` (the oldest first), the newest of them first; a person's own in ``folder``; the shipped."""
    return (*run_models(reversed(runs)), *own_models(folder), *sorted(shipped_models(), key=_is_second_choice))


def _is_second_choice(entry: ModelFile) -> bool:
    """Of the shipped ones a classifier starts rather from one whose encoder was taught: it stands first."""
    return entry.description is None or "taught" not in entry.description.card


def model_name(path: Path, title: str | None = None) -> str:
    """What the model at ``path`` is called: as its run where it is a run's, else as its own ``title`` (None: read from
    the file), else as its file."""
    folder = RunFolder(path.parent)
    if folder.model_path == path and folder.config_path.is_file():
        return QCoreApplication.translate("ModelNames", "Run {name}").format(name=run_name(folder))
    if title is None:
        try:
            title = describe_bundle(path).title
        except ModelError:
            title = ""
    return title or path.stem


def names_apart(entries: Iterable[ModelFile], others: Iterable[Path] = ()) -> dict[Path, str]:
    """The names of the models by their paths, no two alike: of equal ones the first shipped or the oldest file has the
    bare name, the next one "(2)" behind it. ``others``: files that are in no list, numbered after those that are."""
    titles = {entry.path: entry.description.title if entry.description else "" for entry in entries}
    shipped = {entry.path for entry in entries if entry.shipped}
    listed = sorted(titles, key=lambda path: (path not in shipped, saved_at(path), path.name))
    names: dict[Path, str] = {}
    for path in (*listed, *(path for path in others if path not in titles)):
        plain = name = model_name(path, titles.get(path))
        number = 2
        while name in names.values():
            name, number = f"{plain} ({number})", number + 1
        names[path] = name
    return names


def file_words(path: Path) -> str:
    """Where the file at ``path`` lies, and when it was written."""
    saved = saved_at(path)
    return f"{path}  ·  {datetime.fromtimestamp(saved / 1e9):%Y-%m-%d %H:%M}" if saved else str(path)


def saved_at(path: Path) -> int:
    """When the file at ``path`` was written last, in nanoseconds; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
