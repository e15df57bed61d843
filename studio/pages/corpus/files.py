"""Choosing the files of a corpus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Slot

from studio.ask import Choice
from studio.pages.parts.quantities import counted
from studio.project import Project
from studio.shell import Shell
from ulmengine.config import located

_FRESH = {
    "corpus.format": "", "corpus.encoding": "", "corpus.delimiter": "", "corpus.header": "auto", "corpus.sheet": "",
    "corpus.text_columns": (), "corpus.label_columns": (), "corpus.label_delimiter": "", "corpus.drop_rows": (),
    "corpus.relabelled": (), "corpus.same_text": "apart", "corpus.min_per_class": 1, "corpus.split.unmeasured": False,
    "corpus.split.column": "", "corpus.member": "", "corpus.test_path": "", "corpus.unlabelled_path": "",
}
"""What was set for the file before does not hold for another one."""
_NAMED = {"corpus.relabelled", "corpus.drop_rows", "corpus.test_path", "corpus.unlabelled_path",
          "corpus.min_per_class", "corpus.same_text", "corpus.split.column", "corpus.split.unmeasured"}
"""Of these the settings that are spoken of each by itself."""


class CorpusFiles(QObject):
    """Asks for files and puts them into the project, each as one step that can be undone."""

    def __init__(self, project: Project, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell

    @Slot()
    def choose_file(self) -> None:
        if self.project.may_change():
            self._take_chosen(self.shell.ask.open_files(self.tr("Choose a corpus"), self._start(), corpus_filters()))

    @Slot()
    def choose_folder(self) -> None:
        if not self.project.may_change():
            return
        folder = self.shell.ask.folder(self.tr("Choose a corpus folder"), self._start())
        self._take_chosen([folder] if folder else [])

    @Slot()
    def choose_test(self) -> None:
        self._set("corpus.test_path", self.tr("Choose a test file"), self.tr("Set the test file"))

    @Slot()
    def choose_unlabelled(self) -> None:
        self._set("corpus.unlabelled_path", self.tr("Choose unlabelled texts"), self.tr("Set the unlabelled texts"))

    @Slot()
    def choose_test_folder(self) -> None:
        self._set_folder("corpus.test_path", self.tr("Choose a test folder"), self.tr("Set the test folder"))

    @Slot()
    def choose_unlabelled_folder(self) -> None:
        self._set_folder("corpus.unlabelled_path", self.tr("Choose a folder of unlabelled texts"),
                         self.tr("Set the unlabelled texts"))

    @Slot()
    def forget(self) -> None:
        """Take the corpus out of the project; the files stay where they are."""
        if self._name():
            self._replace("", self.tr("Take the corpus out"), self.tr("{old} is not the corpus any more."))

    @Slot(object)
    def take(self, paths: list[Path]) -> bool:
        """Make the first of ``paths`` the corpus, and say what it has replaced; False if there is none."""
        if not paths:
            return False
        if len(paths) > 1:
            self.shell.toast(self.tr("One file or folder is read; the first of them was taken."), "warning")
        name, file = self._stored(paths[0]), paths[0].name
        if name != self.project.config.corpus.path:
            self._replace(name, self.tr("Open {file}").format(file=file),
                          self.tr("{file} is the corpus now, in the place of {old}."), file)
        return True

    def _replace(self, path: str, step: str, told: str, file: str = "") -> None:
        """Make ``path`` the corpus, and say so with what was lost with the one before, if there was one."""
        old, lost, corpus = self._name(), self._made_for_it(), self.project.config.corpus
        if self.project.change({**_FRESH, "corpus.path": path}, step) and old:
            if lost:
                told += " " + self.tr("What was made for {old} went with it: {what}.")
            # Louder where what a person has mended goes with it.
            self.shell.toast_undo(self.project.undo, told.format(file=file, old=old, what=lost),
                                  "warning" if corpus.relabelled or corpus.drop_rows else "info")

    def _name(self) -> str:
        """What the corpus is called; "" where there is none."""
        path = self.project.config.corpus.path
        return located(path, self.project.folder).name if path else ""

    def _made_for_it(self) -> str:
        """What the project holds that is of the corpus' present file alone, in words; "" where there is nothing."""
        corpus = self.project.config.corpus
        changed = {name for name, fresh in _FRESH.items() if self.project.value(name) != fresh}
        repaired, corrected = len(corpus.drop_rows), len(corpus.relabelled)
        parts = [
            counted(corrected, self.tr("1 corrected label"), self.tr("{n} corrected labels")) if corrected else "",
            counted(repaired, self.tr("1 document left out by a repair"),
                    self.tr("{n} documents left out by repairs")) if repaired else "",
            self.tr("the test file") if corpus.test_path else "",
            self.tr("the unlabelled texts") if corpus.unlabelled_path else "",
            self.tr("how it is read") if changed - _NAMED else "",
            self.tr("which classes are left out") if "corpus.min_per_class" in changed else "",
            self.tr("that rows of one text are one document") if "corpus.same_text" in changed else "",
            self.tr("the column that tells the parts") if "corpus.split.column" in changed else "",
            self.tr("that it may train without measuring") if "corpus.split.unmeasured" in changed else "",
        ]
        return ", ".join(filter(None, parts))

    def _take_chosen(self, paths: list[Path]) -> None:
        """:meth:`take` what the person has chosen: as what was dropped where a run can go on, which it would not with
        another corpus."""
        shown = self.shell.shown
        can_go_on = shown.folder is not None and shown.is_of(self.project) and (shown.alive or shown.offers.resume)
        (self.drop if can_go_on else self.take)(paths)

    def drop(self, paths: list[Path]) -> bool:
        """:meth:`take` files that were dropped: easily done by mistake, so it asks where runs have read another
        corpus."""
        old = self.project.config.corpus.path
        if not paths or not old or self._stored(paths[0]) == old:
            return self.take(paths)
        if not self.project.may_change():
            return True
        if self.project.run_folders():
            choice = self._ask_about(paths[0], self._name())
            if choice == "new":
                self.shell.new_project_of(paths)
            if choice != "replace":
                return True
        return self.take(paths)

    def _ask_about(self, path: Path, old: str) -> str:
        choices = [Choice("replace", self.tr("Replace the corpus")), Choice("cancel", self.tr("Cancel"), "cancel")]
        if not self.shell.busy:
            choices.insert(0, Choice("new", self.tr("New project"), "default"))
        text = self.tr("This project has runs on {old}. Their results stay, but the next run would read {file}.")
        lost = self._made_for_it()
        if lost:
            text += " " + self.tr("What was made for {old} would go with it: {what}.")
        return self.shell.ask.choose(self.tr("What is {file} for?").format(file=path.name),
                                     text.format(old=old, file=path.name, what=lost), choices)

    def _set(self, setting: str, title: str, text: str) -> None:
        paths = self.shell.ask.open_files(title, self._start(), corpus_filters()) if self.project.may_change() else []
        if paths:
            self.project.change({setting: self._stored(paths[0])}, text)

    def _set_folder(self, setting: str, title: str, text: str) -> None:
        folder = self.shell.ask.folder(title, self._start()) if self.project.may_change() else None
        if folder is not None:
            self.project.change({setting: self._stored(folder)}, text)

    def _stored(self, path: Path) -> str:
        """Relative where the file lies in the project, so that the project can be moved."""
        whole, base = path.resolve(), self.project.folder.resolve()
        return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(whole)

    def _start(self) -> Path:
        chosen = self.project.config.corpus.path
        return (self.project.folder / chosen).parent if chosen else Path.home()


_SUFFIXES = (
    "csv", "tsv", "tab", "psv", "ssv", "txt", "text", "md", "label", "tokens", "json", "jsonl", "ndjson", "parquet",
    "arrow", "feather", "xlsx", "xlsm", "xlsb", "xls", "ods", "gz", "bz2", "xz", "zip", "tar", "tgz", "tbz2", "txz",
    "html", "htm", "xml", "sgm", "mbox", "eml",
)
"""Names' endings that the file dialog shows; any other file can be chosen under "All files"."""


def corpus_filters() -> str:
    """As Qt's dialogs take filters: files that are read as a corpus, and all."""
    kinds = " ".join(f"*.{suffix}" for suffix in _SUFFIXES)
    return QCoreApplication.translate("CorpusFilters", "Corpora ({kinds});;All files (*)").format(kinds=kinds)
