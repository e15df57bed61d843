"""What the tests of the pages share: a shell without a run, questions answered beforehand, a wait for quiet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.ask import Choice, Detail
from studio.project import Project
from studio.settings import Settings
from studio.shell import Notice, Shell
from ulmengine.config import RunConfig
from ulmengine.plan.control import RunState


class NoRun(QObject):
    """A run service in which nothing runs."""

    stateChanged = Signal(object)  # noqa: N815
    events = Signal(object)
    state = RunState.IDLE
    active = False
    folder = None
    config = None


class Answers:
    """Answers questions with what was put down before."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.saved: Path | None = None
        self.asked: list[str] = []

    def choose(self, title: str, text: str, choices: Sequence[Choice], detail: Detail = "") -> str:
        self.asked.append(title)
        return choices[0].key

    def folder(self, title: str, start: Path) -> Path | None:
        self.asked.append(title)
        return self.files[0] if self.files else None

    def new_folder(self, title: str, start: Path) -> Path | None:
        return self.folder(title, start)

    def open_files(self, title: str, start: Path, filters: str, several: bool = False) -> list[Path]:
        self.asked.append(title)
        return self.files

    def save_file(self, title: str, start: Path, filters: str) -> Path | None:
        self.asked.append(title)
        return self.saved

    def text(self, title: str, label: str, initial: str = "") -> str | None:
        return initial


class Desk:
    """A shell and an open project in ``folder``, with the news that was told."""

    def __init__(self, folder: Path, config: RunConfig | None = None) -> None:
        self.answers = Answers()
        run: Any = NoRun()
        self.shell = Shell(run, Settings(folder / "settings.json"), self.answers)
        self.news: list[Notice] = []
        self.wanted: list[str] = []
        self.shell.noticed.connect(self.news.append)
        self.shell.pageWanted.connect(self.wanted.append)
        self.project = Project.create(folder / "project", config)
        self.shell.project = self.project

    def close(self) -> None:
        """Write what is not yet written."""
        self.project.close()


def write_csv(path: Path, rows: Sequence[tuple[str, ...]], header: tuple[str, ...] = ("label", "text")) -> Path:
    """A small table."""
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


FRUIT = tuple(
    ("sweet" if n % 2 else "sour", f"The {name} number {n} tastes {'sweet' if n % 2 else 'sour'} to {who}, I think")
    for n, (name, who) in enumerate((f, w) for f in ("apple", "pear", "plum", "grape", "melon")
                                    for w in ("Anna", "Bert", "Cem", "Dora", "Emil", "Fang", "Gita", "Hugo"))
)
"""Forty labelled sentences, no two alike."""
