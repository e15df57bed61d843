"""The project on disk, as an object that tells what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from ulmengine.config import (
    ConfigError,
    RunConfig,
    difference,
    load,
    refuse_undecodable,
    save,
    validate,
    value_of,
    with_absolute_paths,
)
from ulmengine.disk import is_utf8, unused_path
from ulmengine.record import RunFolder, find_runs, is_copy
from ulmengine.record.relabelled import correction

from .corrections import LabelBook, key_of
from .facts import CorpusFacts, forget_facts, known_facts
from .fields import all_fields, field

FILE = "project.toml"
SAVE_GAP_MS = 250
"""Least time between two writes while a slider is dragged; the first change of a burst is written at once."""
MERGE_GAP_S = 1.0
"""Changes of the same settings that follow within this time are undone together."""


class ProjectError(RuntimeError):
    """A project that cannot be opened, made or written; the message says where, why and what to try."""


class Project(QObject):
    """What is going to be run, and the folder in which it is kept: project.toml, cache/, runs/."""

    changed = Signal(object)
    """The new :class:`ulmengine.config.RunConfig`, after a change, an undo or a redo."""
    runsChanged = Signal(object)
    """Runs were taken up, put aside or marked by a person; a list of the folders of those for which that was taken back
    or done again."""
    factsFound = Signal()
    """More is known of the corpus (:attr:`facts`, :attr:`hindrance`), or it is being read (:attr:`reading`)."""
    saveFailed = Signal(str)
    """The project file could not be written: why."""
    changedElsewhere = Signal()
    """Another window of the program has changed the project; what it says there holds here as well."""
    readOnlyChanged = Signal(bool)
    """This window only reads the project: another one has the say, or its folder cannot be written; or no longer."""
    changeWanted = Signal()
    """What is the project's is to be changed, and this window only reads: it is refused, unless whoever hears this lets
    it write."""

    def __init__(self, folder: Path, config: RunConfig, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.undo = QUndoStack(self)
        self.labels = LabelBook(folder)
        """What is known of the labels that a person has corrected."""
        self._config = config
        self._reading = False
        self._hindrance: tuple[object, dict[str, Any]] = (None, {})
        self._read_only = False
        self.folder_read_only = False
        """Whether it is only read because its folder cannot be written."""
        self._unsaved = False
        self._gap = QTimer(self, singleShot=True, interval=SAVE_GAP_MS)
        self._gap.timeout.connect(self._gap_over)
        self._written, self._text = config, self._file_text()
        """What stood in the file when it was read or written last, understood and as text."""
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._look_at_file)
        self._watch()

    @classmethod
    def create(cls, folder: Path, config: RunConfig | None = None, parent: QObject | None = None) -> Project:
        """Make a project at ``folder``.

        :raises ProjectError: a project stands there already, or the folder cannot be written.
        """
        _refuse_undecodable(folder)
        if (folder / FILE).exists():
            raise ProjectError(f"{folder} holds a project already; open it, or choose another folder")
        project = cls(folder, config or RunConfig(name=folder.name), parent)
        try:
            refuse_undecodable(project.config, "The project cannot be made")
            folder.mkdir(parents=True, exist_ok=True)
            save(project.config, folder / FILE)
            project._note_file()
        except ConfigError as error:
            raise ProjectError(str(error)) from error
        except OSError as error:
            raise ProjectError(f"{folder} cannot be written ({error.strerror or error}); choose another folder") \
                from error
        return project

    @classmethod
    def open(cls, folder: Path, parent: QObject | None = None) -> Project:
        """Open the project at ``folder``.

        :raises ProjectError: there is none, or its file cannot be understood.
        """
        _refuse_undecodable(folder)
        if not (folder / FILE).is_file():
            raise ProjectError(f"{folder} holds no project ({FILE} is missing); choose a folder that does")
        try:
            return cls(folder, load(folder / FILE), parent)
        except ConfigError as error:
            beside = f". Its runs are beside it in {folder / 'runs'}" if find_runs(folder / "runs") else ""
            raise ProjectError(f"The project file cannot be used. {error}{beside}") from error

    @property
    def config(self) -> RunConfig:
        """The description as it stands."""
        return self._config

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def cache(self) -> Path:
        """Where imported corpora and tokens are kept."""
        return self.folder / "cache"

    @property
    def runs(self) -> Path:
        """Where the runs are kept."""
        return self.folder / "runs"

    @property
    def facts(self) -> CorpusFacts | None:
        """What has been found out about the corpus as it is set now; None: nothing yet."""
        return known_facts(self.run_config(), self.cache)

    def keep_facts(self, facts: CorpusFacts) -> None:
        """Keep what has been found out about the corpus for all who reckon with it."""
        facts.save(self.cache)
        self.factsFound.emit()

    @property
    def reading(self) -> bool:
        """Whether the corpus is just being read: soon it is known whether a run can begin on it."""
        return self._reading

    def set_reading(self, reading: bool) -> None:
        """Tell that the corpus is being read, or no longer."""
        if reading != self._reading:
            self._reading = reading
            self.factsFound.emit()

    @property
    def hindrance(self) -> dict[str, Any]:
        """Why a run as it is set now cannot begin, as :attr:`~studio.facts.CorpusFacts.hindrance`."""
        if not any(self._config.classifier.epochs):
            return {}
        if self._hindrance[0] == self._reads():
            return self._hindrance[1]
        facts = self.facts
        return {} if facts is None else facts.hindrance

    def keep_hindrance(self, hindrance: dict[str, Any]) -> None:
        """The corpus has been read, and this is why no classifier can be trained on it: told before all is counted."""
        self._hindrance = self._reads(), hindrance
        self._reading = False
        self.factsFound.emit()

    def _reads(self) -> object:
        """What is read, and how."""
        return self._config.corpus, self._config.seed

    def forget_other_facts(self, stamp: str) -> None:
        """Forget what was found out when the corpus' files were other ones than those of the ``stamp``."""
        found = self.facts
        if found is not None and found.stamp and found.stamp != stamp:
            forget_facts(self.cache)

    def value(self, name: str) -> Any:
        """The value of the setting with the dotted ``name``."""
        return value_of(self._config, name)

    @property
    def read_only(self) -> bool:
        """Whether another window has the say over the project, or its folder cannot be written."""
        return self._read_only

    def set_read_only(self, on: bool, *, folder: bool = False) -> None:
        """Let this window only read, or write as well: then as the project stands in its file now.

        :param folder: it is the folder that cannot be written.
        """
        before, self._read_only = (self._read_only, self.folder_read_only), on
        self.folder_read_only = on and folder
        if before != (on, self.folder_read_only):
            if before[0] and not on:
                self._take_over()
            self.readOnlyChanged.emit(on)

    def may_change(self) -> bool:
        """Whether this window may change what is the project's: its settings, labels and runs. The person is told where
        it may not, so this is to be asked before they are asked anything."""
        if self._read_only:
            self.changeWanted.emit()
        return not self._read_only

    def push(self, step: QUndoCommand) -> bool:
        """Do ``step``, which changes what is the project's and can be undone; False, and nothing is done, where this
        window only reads."""
        if self.may_change():
            self.undo.push(step)
            return True
        self.changed.emit(self._config)  # whatever shows something else goes back to what stands
        return False

    def change(self, settings: dict[str, Any], text: str = "") -> bool:
        """Give ``settings`` (dotted names -> values) together, as one step that can be undone, and save.

        ``text``: what the undo menu calls the step. The same settings changed again within a second belong to the
        same step. Nothing happens if nothing differs. False: this window only reads, and nothing is changed.

        :raises ConfigError: an unknown name or a value that is not permitted; then nothing is changed.
        """
        new = with_settings(self._config, settings)
        return new == self._config or self.push(
            _Change(self, self._config, new, frozenset(settings), text or self._describe(new)))

    def run_config(self) -> RunConfig:
        """The description as a run needs it: every path absolute."""
        return with_absolute_paths(self._config, self.folder)

    def new_run_folder(self) -> Path:
        """A folder for the next run that does not exist yet, named so that runs sort by time."""
        return unused_path(self.runs, datetime.now().strftime("%Y-%m-%d-%H%M%S"))

    def run_folders(self) -> list[RunFolder]:
        """The project's runs, oldest first."""
        return find_runs(self.runs)

    def newest_run(self, fits: Callable[[RunFolder], bool] = lambda _: True) -> RunFolder | None:
        """The newest of the project's runs that ``fits``; one that was taken up from elsewhere only where there is no
        other."""
        found = [run for run in self.run_folders() if fits(run)]
        return next((run for run in reversed(found) if not is_copy(run)), found[-1] if found else None)

    def save(self) -> None:
        """Write the project file now, with what another window has changed in it meanwhile."""
        self._take_over()
        try:
            save(self._config, self.folder / FILE)
            self._unsaved = False
            self._note_file()
        except OSError as error:
            self._unsaved = True
            self._tell_unwritten(self.folder / FILE, error)

    def _tell_unwritten(self, file: Path, error: OSError) -> None:
        self.saveFailed.emit(self.tr("{file} could not be written: {why}").format(
            file=file, why=error.strerror or str(error)))

    def close(self) -> None:
        """Write what is not yet written; the object is of no use afterwards."""
        self._gap.stop()
        if self._unsaved:
            self.save()

    def _watch(self) -> None:
        """Hear of changes of the file; one that was put in the place of another has to be watched anew."""
        path = str(self.folder / FILE)
        if path not in self._watcher.files() and (self.folder / FILE).is_file():
            self._watcher.addPath(path)

    @Slot()
    def _look_at_file(self) -> None:
        self._watch()
        self._take_over()

    def _file_text(self) -> str:
        try:
            return (self.folder / FILE).read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            return ""

    def _note_file(self) -> None:
        """The file says what this object says."""
        self._written, self._text = self._config, self._file_text()
        self._watch()

    def _take_over(self) -> None:
        """Make another window's changes one's own; where both have changed a setting, this window's stands."""
        text = self._file_text()
        if text == self._text:
            return
        try:
            there = load(self.folder / FILE)
        except (ConfigError, OSError):
            return  # not there, or not to be understood: what is here is written over it
        own = difference(self._written, self._config)
        self._written, self._text = there, text
        self._config = self._merged(there, {name: now for name, (_, now) in own.items()})
        # The steps go back to descriptions without what the other window has changed. Not now: one may be in hand.
        QTimer.singleShot(0, self.undo, self.undo.clear)
        self.changed.emit(self._config)
        self.changedElsewhere.emit()

    @staticmethod
    def _merged(base: RunConfig, settings: dict[str, Any]) -> RunConfig:
        try:
            return with_settings(base, settings)
        except ConfigError:  # each permitted, but not together
            return base

    def _describe(self, new: RunConfig) -> str:
        names = list(difference(self._config, new))
        if len(names) == 1:
            return self.tr("Change {setting}").format(setting=field(names[0]).label)
        return self.tr("Change %n setting(s)", "", len(names))

    def correct_label(
        self, key: str, before: Sequence[str], to: Sequence[str], multi_label: bool, why: str = "", *,
        of_file: bool = False,
    ) -> bool:
        """Give the document ``key`` the labels ``to`` in the place of ``before``, as a step that can be undone; False
        where nothing is done: this window only reads, or the document bears them already.

        The corpus' file stays as it is; a document that gets back the labels of the file needs no correction any more.
        ``of_file``: the labels ``before`` were read in it, not those of a correction.
        """
        kept = [record for record in self._config.corpus.relabelled if key_of(record) != key]
        self.labels.remember(key, before, of_file=of_file and len(kept) == len(self._config.corpus.relabelled))
        if tuple(to) != self.labels.given(key):
            kept.append(correction(key, to, multi_label))
        new = with_settings(self._config, {"corpus.relabelled": tuple(kept)})
        # Another document's label is a step of its own, however soon it follows.
        names = frozenset({"corpus.relabelled", key})
        if new == self._config:
            return False
        self.labels.explain(key, why)
        done = self.push(_Change(self, self._config, new, names, self.tr("Correct a label")))
        self.labels.explain(key, None)
        return done

    def take_labels_back(self, keys: Collection[str]) -> None:
        """Let the documents ``keys`` have the labels of the corpus' file again."""
        kept = tuple(record for record in self._config.corpus.relabelled if key_of(record) not in keys)
        self.change({"corpus.relabelled": kept}, self.tr("Take corrected labels back"))

    def _put(self, config: RunConfig) -> None:
        before, self._config = self._config, config
        if config.corpus.relabelled != before.corpus.relabelled:
            try:
                self.labels.write_down(before.corpus.relabelled, config.corpus.relabelled)
            except OSError as error:
                self._tell_unwritten(self.labels.path, error)
        if self._gap.isActive():
            self._unsaved = True
        else:
            self.save()
            self._gap.start()
        self.changed.emit(self._config)

    @Slot()
    def _gap_over(self) -> None:
        if self._unsaved:
            self.save()
            self._gap.start()


def _refuse_undecodable(folder: Path) -> None:
    """:raises ProjectError: the descriptions of its runs, which are UTF-8, could not say where ``folder`` is."""
    if not is_utf8(folder.resolve()):
        raise ProjectError(f"The name of {folder.resolve()} is not UTF-8; rename it, or choose another folder")


def with_settings(config: RunConfig, settings: dict[str, Any]) -> RunConfig:
    """``config`` with other ``settings`` (dotted names -> values).

    :raises ConfigError: an unknown name or a value that is not permitted.
    """
    values = config.model_dump(mode="json")
    for name, value in settings.items():
        if name not in all_fields():
            raise ConfigError(f"there is no setting called {name!r}")
        *outer, last = name.split(".")
        place = values
        for part in outer:
            place = place[part]
        place[last] = list(value) if isinstance(value, tuple) else value
    return validate(values, "project")


class _Change(QUndoCommand):
    """From one description to another."""

    def __init__(self, project: Project, old: RunConfig, new: RunConfig, names: frozenset[str], text: str) -> None:
        super().__init__(text)
        self._project = project
        self._old = old
        self._new = new
        self._names = names
        self._at = time.monotonic()

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand, /) -> bool:
        if not isinstance(other, _Change) or other._names != self._names or other._at - self._at > MERGE_GAP_S:
            return False
        self._new, self._at = other._new, other._at
        self.setText(other.text())
        return True

    def redo(self) -> None:
        self._project._put(self._new)

    def undo(self) -> None:
        self._project._put(self._old)
