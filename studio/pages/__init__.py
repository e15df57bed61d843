"""The screens, in the order of the method, each in a folder of its own. A page that is not there is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from studio.project import Project
    from studio.shell import Shell

    from .base import Page


@dataclass(frozen=True)
class PageEntry:
    """One line of the table: where a page's class is, and how it stands on the rail."""

    key: str
    title: str
    icon: str
    class_name: str
    of_project: bool = True
    offers: tuple[str, ...] = ()
    """Actions of the page that the palette finds before the page is made, by their names."""

    @property
    def module(self) -> str:
        """The module that holds the page's class, ``page`` in the page's folder."""
        return f"{__name__}.{self.key}.page"

    def words(self) -> str:
        """The title in the person's language."""
        return QCoreApplication.translate("Pages", self.title)

    def offered(self) -> list[str]:
        """:attr:`offers` in the person's language."""
        return [QCoreApplication.translate(self.class_name, text) for text in self.offers]

    def make(self, shell: Shell, project: Project | None, parent: QWidget | None = None) -> Page:
        """Make the page, as a part of ``parent``. ``project`` must be given for a page of a project."""
        page_class = getattr(import_module(self.module), self.class_name)
        page: Page = page_class(project, shell, parent) if self.of_project else page_class(shell, parent)
        return page


_TABLE = (
    PageEntry("home", str(QT_TRANSLATE_NOOP("Pages", "Home")), "home", "HomePage", of_project=False),
    PageEntry("corpus", str(QT_TRANSLATE_NOOP("Pages", "Corpus")), "corpus", "CorpusPage",
              offers=("Choose a corpus file…", "Choose a corpus folder…")),
    PageEntry("model", str(QT_TRANSLATE_NOOP("Pages", "Model")), "model", "ModelPage",
              offers=("Measure the speed of this machine",)),
    PageEntry("rates", str(QT_TRANSLATE_NOOP("Pages", "Rates")), "rates", "RatesPage",
              offers=("Find a rate",)),
    PageEntry("train", str(QT_TRANSLATE_NOOP("Pages", "Train")), "train", "TrainPage",
              offers=("Go back to a checkpoint",)),
    PageEntry("evaluate", str(QT_TRANSLATE_NOOP("Pages", "Evaluate")), "evaluate", "EvaluatePage",
              offers=("Show only mistakes", "Write a report of the run…")),
    PageEntry("classify", str(QT_TRANSLATE_NOOP("Pages", "Classify")), "classify", "ClassifyPage",
              offers=("Open a model…", "Classify files…")),
    PageEntry("runs", str(QT_TRANSLATE_NOOP("Pages", "Runs")), "runs", "RunsPage",
              offers=("Add a folder of runs…", "Import a run…")),
    PageEntry("models", str(QT_TRANSLATE_NOOP("Pages", "Models")), "models", "ModelsPage", of_project=False,
              offers=("Import a model…", "Pretrain from texts…")),
    PageEntry("settings", str(QT_TRANSLATE_NOOP("Pages", "Settings")), "settings", "SettingsPage", of_project=False),
)


@cache
def available() -> tuple[PageEntry, ...]:
    """The pages that are there, in order."""
    return tuple(entry for entry in _TABLE if find_spec(entry.module) is not None)


def page_of_setting(name: str) -> str:
    """The key of the page on which the setting with the dotted ``name`` stands."""
    if name.startswith(("corpus.", "tokens.")):
        return "corpus"
    if name.startswith("model."):
        return "model"
    if name.startswith(("language_model.", "classifier.")):
        return "rates"
    return "settings"
