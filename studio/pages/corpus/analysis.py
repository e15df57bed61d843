"""What has to be done in the background after a change, in which order, and what becomes of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal, Slot

from studio.engine.jobslot import JobSlot
from studio.project import Project
from ulmengine.config import CorpusConfig, RunConfig, located
from ulmengine.corpus import Preview, audit
from ulmengine.events import Failed
from ulmengine.models import language_models, models_folder, own_candidates, pretrained_path

from .jobs import Opened, Profile, facts_of, read_corpus, read_preview, read_profile, read_stamp

AT_ONCE = 64_000_000
"""A source of up to so many bytes on disk is read without being asked; of a larger one only the beginning."""


class Analysis(QObject):
    """Preview, import, profile and audit of a project's corpus, each begun as soon as the one before is there.

    A change of the settings begins again at the first step that it touches; late answers are never heard.
    """

    began = Signal(str)
    """Work has begun: "preview", "corpus", "profile" or "audit"."""
    events = Signal(object)
    rested = Signal()
    """Nothing is under way any more."""
    forgot = Signal()
    """Another corpus is chosen, or none: what was shown of the one before is of the past."""
    waiting = Signal(object)
    """The source is large: its number of bytes. It is read when :meth:`read` is called."""
    previewed = Signal(object)
    opened = Signal(object)
    outdated = Signal(bool)
    """The files are not as they were when they were read; they are read anew, or (True) the person is asked first."""
    profiled = Signal(object)
    audited = Signal(object)
    failed = Signal(str, object)
    """Which step failed, and the :class:`ulmengine.events.Failed`."""

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.preview: Preview | None = None
        self.corpus: Opened | None = None
        self.profile: Profile | None = None
        self._path = ""
        self._asked = False  # the person is asked whether to read a large source
        self._seen: dict[str, object] = {}
        self._slots = {step: JobSlot(self, finished, partial(self._fail, step)) for step, finished in (
            ("preview", self._previewed), ("corpus", self._opened), ("profile", self._profiled),
            ("audit", self._audited))}
        for slot in self._slots.values():
            slot.events.connect(self.events)
        self._looker = JobSlot(self, self._looked)
        self._models = QFileSystemWatcher(self)
        self._models.directoryChanged.connect(self._models_changed)
        self._watch_models()
        self.began.connect(self._tell_reading)
        self.rested.connect(self._tell_reading)
        project.changed.connect(self.follow)

    @property
    def busy(self) -> bool:
        return any(slot.running for slot in self._slots.values())

    @property
    def reading(self) -> bool:
        """Whether the texts themselves are still being read."""
        return self._slots["preview"].running or self._slots["corpus"].running

    @Slot(str)
    @Slot()
    def _tell_reading(self, begins: str = "") -> None:
        self.project.set_reading(self.reading or begins in ("preview", "corpus"))

    @Slot()
    def cancel(self) -> None:
        """End what is under way; what is there already stays."""
        for slot in self._slots.values():
            slot.cancel()
        self.rested.emit()

    @Slot()
    def follow(self) -> None:
        """Begin again at the first step that the settings as they are now touch."""
        config = self.project.config
        if not config.corpus.path:
            self._forget()
        elif self._differs("preview", _preview_key(config.corpus)):
            self._differs("corpus", (config.corpus, config.seed))
            self._differs("profile", _profile_key(config, self.project.folder))
            self._differs("limit", config.tokens.max_tokens)
            self._begin_preview()
        elif self._differs("corpus", (config.corpus, config.seed)):
            if self.preview is not None and not self._asked:
                self.read()
        elif self._differs("profile", _profile_key(config, self.project.folder)) and self.corpus is not None:
            self._begin_profile()
        elif self._differs("limit", config.tokens.max_tokens):
            self._limit_moved()

    @Slot()
    def read(self) -> None:
        """Read all of the corpus, however large."""
        config, cache, base = self.project.config, self.project.cache, self.project.folder
        self._asked = False
        self._stop("profile", "audit")
        self.began.emit("corpus")
        self._slots["corpus"].start(lambda: read_corpus(config, cache, base))

    def lost(self) -> bool:
        """Whether the copy of the corpus on disk has gone, as when the cache was cleared."""
        return self.corpus is not None and not self.busy and \
            not all(piece.table.folder.is_dir() for piece in self.corpus.documents.pieces)

    @Slot()
    def look(self) -> None:
        """See whether the files are still as they were read; where they are not, they are read anew."""
        if self.corpus is not None and self.corpus.documents.stamp and not self.busy and not self._looker.running:
            config, base = self.project.config.corpus, self.project.folder
            self._looker.start(lambda: read_stamp(config, base))

    @Slot(object)
    def _looked(self, stamp: str) -> None:
        if self.corpus is not None and not self.busy and self.corpus.documents.stamp != stamp:
            large = self._is_large()
            if large:  # nothing of the earlier reading stands beside the beginning of the file as it is now
                self._drop()
            if stamp:  # of what is gone the failure tells
                self.outdated.emit(large)
            self.again()

    @Slot()
    def again(self) -> None:
        """Begin from the file once more."""
        self._seen.clear()
        self.follow()

    def _differs(self, step: str, key: object) -> bool:
        old, self._seen[step] = self._seen.get(step), key
        return old != key

    def _stop(self, *steps: str) -> None:
        self._looker.cancel()  # what it looks at is of the past
        for step in steps:
            self._slots[step].cancel()

    def _forget(self) -> None:
        self._stop(*self._slots)
        self._seen.clear()
        self._drop()
        self.rested.emit()

    def _drop(self, preview: Preview | None = None) -> None:
        """Forget all that was found out, but for the ``preview`` that still holds."""
        self._path = self.project.config.corpus.path
        self.preview, self.corpus, self.profile = preview, None, None
        self.forgot.emit()

    def _begin_preview(self) -> None:
        config, base = self.project.config.corpus, self.project.folder
        self._stop("corpus", "profile", "audit")
        if config.path != self._path:
            self._drop()
        self.began.emit("preview")
        self._slots["preview"].start(lambda: read_preview(config, base))

    def _begin_profile(self) -> None:
        if self.corpus is None:
            return
        config, documents = self.project.config, self.corpus.documents
        base = self.project.folder
        self._stop("audit")
        self.began.emit("profile")
        self._slots["profile"].start(
            lambda: read_profile(documents, config, base)
        )

    def _watch_models(self) -> None:
        folder = models_folder()
        place = next(place for place in (folder, *folder.parents) if place.is_dir())  # the first model makes the folder
        if str(place) not in self._models.directories():
            self._models.addPath(str(place))

    @Slot()
    def _models_changed(self) -> None:
        """A model of one's own has come or gone, from which a run may start."""
        self._watch_models()
        if self.corpus is not None and self._differs("profile", _profile_key(self.project.config, self.project.folder)):
            self._begin_profile()

    def _limit_moved(self) -> None:
        """The tokens stay as they are; what is reckoned with the document limit, and the over-long texts, do not."""
        if self.corpus is not None and self.profile is not None and not self._slots["profile"].running:
            self.project.keep_facts(facts_of(self.corpus, self.profile, self.project.run_config()))
            self._begin_audit()

    def _begin_audit(self) -> None:
        if self.corpus is None:
            return
        documents, tokens = self.corpus.documents, self.project.config.tokens
        self.began.emit("audit")
        self._slots["audit"].start(lambda: audit(documents, max_words=tokens.max_tokens))

    @Slot(object)
    def _previewed(self, preview: Preview) -> None:
        self.preview = preview
        self.previewed.emit(preview)
        self._asked = self._is_large()
        if self._asked:
            self.waiting.emit(self._bytes())
            self.rested.emit()
        else:
            self.read()

    def _bytes(self) -> int:
        return source_bytes(located(self.project.config.corpus.path, self.project.folder))

    def _is_large(self) -> bool:
        return self._bytes() > AT_ONCE

    @Slot(object)
    def _opened(self, corpus: Opened) -> None:
        self.corpus = corpus
        self.project.forget_other_facts(corpus.documents.stamp)
        self.project.keep_hindrance(corpus.hindrance)
        self.opened.emit(corpus)
        self._begin_profile()

    @Slot(object)
    def _profiled(self, profile: Profile) -> None:
        self.profile = profile
        if self.corpus is not None:
            self.project.keep_facts(facts_of(self.corpus, profile, self.project.run_config()))
        self.profiled.emit(profile)
        self._begin_audit()

    @Slot(object)
    def _audited(self, findings: object) -> None:
        self.audited.emit(findings)
        self.rested.emit()

    def _fail(self, step: str, failure: Failed) -> None:
        if step in ("preview", "corpus"):  # nothing of an earlier reading stands under the name of what failed
            self._drop(self.preview if step == "corpus" else None)
        self.failed.emit(step, failure)
        if not self.busy:
            self.rested.emit()
        if step == "profile":
            self._begin_audit()


def _preview_key(config: CorpusConfig) -> tuple[object, ...]:
    return (
        config.path, config.member, config.format, config.encoding, config.delimiter, config.header, config.sheet,
        config.text_columns, config.label_columns, config.label_delimiter, config.split.column,
    )


def _profile_key(config: RunConfig, base: Path) -> tuple[object, ...]:
    """What the texts are cut with: the settings, and the models that a run may start from."""
    tokens, folder = config.tokens, models_folder()
    return (tokens.tokenizer, tokens.vocab_size, tokens.min_frequency, tokens.lower, pretrained_path(config, base),
            [entry.path for entry in own_candidates(config, folder)],
            [(entry.path, entry.bytes) for entry in language_models(folder)])


def source_bytes(path: Path) -> int:
    """Bytes on disk of a file; 0 for a folder, whose size is not known without walking through it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
