"""Runs begin, go on and end as a person asks for it, with what is looked at before."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from ulmengine.config import RunConfig, located
from ulmengine.plan.control import Move, commands
from ulmengine.record import RunFolder, run_name

from .ask import Choice
from .elsewhere import may_train_beside
from .usual import usual_change, usual_of
from .words import words

if TYPE_CHECKING:
    from .shell import Shell


class Starter(QObject):
    """Begins runs, goes on with them and ends them, or tells the person what stands in the way."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._as_set: set[tuple[Path, tuple[tuple[str, object], ...]]] = set()
        """What is usual for the corpus of a project, where the person wants to start without it."""

    @Slot()
    def begin(self) -> bool:
        """Start a new run as the person asks for it, and show it; or tell what has to be chosen before.

        Beside a run of the project that can go on it is asked whether a new one is meant.
        """
        shell, project = self._shell, self._shell.project
        if project is not None and not project.may_change():
            return False
        if project is not None and not project.config.corpus.path:
            shell.toast(self.tr("There is nothing to train on yet: choose a corpus first."), "warning",
                        self.tr("Choose a corpus"), partial(shell.go, "corpus"),
                        holds=lambda: shell.project is project and not project.config.corpus.path)
            return False
        if shell.corpus_unreadable:
            shell.toast(self.tr("The corpus cannot be read as it is set, so there is nothing to train on."), "warning",
                        self.tr("Go to the corpus"), partial(shell.go, "corpus"),
                        holds=lambda: shell.corpus_unreadable)
            return False
        if self.folder_gone() or self._being_read() or self.corpus_outdated() or self._hindered():
            return False
        folder, offered, answer = shell.shown.folder, shell.shown.offers, "new"
        if project is not None and folder is not None and folder.path.parent == project.runs and \
                offered.start and offered.resume:
            answer = shell.ask.choose(
                self.tr("Start a new run"),
                self.tr("The run {name} is not done and can go on. Start a new one beside it?").format(
                    name=run_name(folder)),
                (Choice("resume", self.tr("Go on with it"), "default"), Choice("new", self.tr("Start a new run")),
                 Choice("cancel", self.tr("Cancel"), "cancel")),
                self.tr("The new run takes the project's settings as they are now. The other one stays as it is."))
        if answer == "resume" and folder is not None:
            begun = self.resume(folder.path)
        else:
            begun = answer == "new" and self._settled() and self.start()
        if begun:
            shell.go("train")
        return begun

    def _settled(self) -> bool:
        """Whether to start with the settings as they are now: where a run with them may well be in vain, the person is
        asked once for what is usual for the corpus. False: they think better of it, or nothing may be changed here."""
        project = self._shell.project
        if project is None or self._shell.busy:
            return True
        found = usual_of(project.config, project.facts, project.folder)
        doubted = project.folder, tuple((one.name, one.value) for one in found if one.doubtful)
        if not doubted[1] or doubted in self._as_set:
            return True
        told = "\n".join(dict.fromkeys(f"{one.why[:1].upper()}{one.why[1:]}." for one in found if one.doubtful))
        answer = self._shell.ask.choose(
            self.tr("Settings for this corpus"), self.tr("Take the usual settings for this corpus?"),
            (Choice("usual", self.tr("Take them and start"), "default"), Choice("as set", self.tr("Start as set")),
             Choice("cancel", self.tr("Cancel"), "cancel")),
            told + "\n" + self.tr("Usual are: {settings}.").format(settings=usual_change(found)))
        if answer == "as set":
            self._as_set.add(doubted)
        return answer == "as set" or (answer == "usual" and project.change(
            {one.name: one.value for one in found}, self.tr("Set what is usual for this corpus")))

    def folder_gone(self) -> bool:
        """Whether the open project's folder was moved or removed, which the person is told: no run makes it anew."""
        project = self._shell.project
        if project is None or project.folder.is_dir():
            return False
        told = self.tr("The project's folder is gone from {folder}. Put it back, or open it where it is now.")
        self._shell.toast(told.format(folder=project.folder), "error",
                          holds=lambda: self._shell.project is project and not project.folder.is_dir())
        return True

    def _being_read(self) -> bool:
        """Whether the corpus is just being read, which the person is told: soon it is known whether a run can begin."""
        shell, project = self._shell, self._shell.project
        if project is None or not project.reading:
            return False
        shell.toast(self.tr("Nothing was started: the corpus is being read. Start once it is."), "warning",
                    holds=lambda: shell.project is project and project.reading)
        return True

    def corpus_outdated(self) -> bool:
        """Whether the corpus' files are not as they were when they were read, which the person sees and is told: what
        nobody has looked at is not trained on."""
        shell, project = self._shell, self._shell.project
        known = None if project is None else project.facts
        if project is None or known is None or not known.stamp:
            return False
        from ulmengine.corpus import CorpusError, corpus_stamp  # here: the window opens without what reads tables

        name, gone = located(project.config.corpus.path, project.folder).name, ""
        try:
            if corpus_stamp(project.config.corpus, project.folder) == known.stamp:
                return False
        except CorpusError as error:
            gone = str(error)
        shell.go("corpus")  # which reads it anew, or asks whether to
        shell.toast(self.tr("Nothing was started. {why}").format(why=gone) if gone else
                    self.tr("Nothing was started: {file} has changed since it was read. Once it is read anew, look at "
                            "what it holds now, then start.").format(file=name), "warning",
                    holds=lambda: shell.project is project and not shell.busy)
        return True

    def _hindered(self) -> bool:
        """Whether it is known that no run can begin on the corpus as it is, which the person sees and is told."""
        shell, project = self._shell, self._shell.project
        found = {} if project is None else project.hindrance
        if project is None or not found:
            return False
        shell.go("corpus")
        shell.problemsWanted.emit()
        settings = found["remedy"]
        button = "" if not settings else self.tr("Leave these classes out") if "corpus.min_per_class" in settings \
            else self.tr("Train without measuring")
        why = words(found["text"] if button else f"{found['text']} {found['advice']}")  # the button says what to try
        shell.toast(self.tr("Nothing was started. {why}").format(why=why), "warning", button,
                    partial(project.change, settings) if settings else None,
                    holds=lambda: shell.project is project and project.hindrance == found)
        return True

    def start(self) -> bool:
        """Start a new run of the open project as it is set now, and with its files as they are; False if none is open
        or a run is alive."""
        shell, project = self._shell, self._shell.project
        if project is None or shell.busy or self.folder_gone() or not self._may_train():
            return False
        project.close()
        config, folder = project.run_config(), project.new_run_folder()
        shell.claims.when_free(lambda: shell.run.start(config, folder))
        return True

    def start_alone(self, folder: Path, config: RunConfig) -> None:
        """Start the run that was made in ``folder``, which belongs to no project; nothing is :attr:`Shell.busy`.

        It is the run of the window as any other one is, whether a project is open or not.
        """
        self._shell.claims.when_free(lambda: self._shell.run.start(config, folder))

    def go_on(self, folder: Path) -> None:
        """Go on with the run at ``folder``: after a pause, with everything in memory, or from its last checkpoint."""
        run = self._shell.run
        if run.active and run.folder == folder:
            run.resume()
        else:
            self.resume(folder)

    def resume(
        self, folder: Path, checkpoint: str | None = None, *, finish: bool = False, changed: RunConfig | None = None,
        paused: bool = False,
    ) -> bool:
        """Go on with the run at ``folder``, from its last checkpoint or back from ``checkpoint``.

        :param finish: only to its end, with what it has learnt so far.
        :param changed: with these settings; they become the run's own once it can begin with them.
        :param paused: only to where it stands then.

        False if a run is alive, this one cannot be read, or the project that it belongs to is only read here.
        """
        if self._shell.busy:
            return False
        try:
            config = changed or RunFolder.open(folder).config()
        except (RuntimeError, ValueError) as error:
            self._shell.toast_error(error)
            return False
        if not self._may_train(folder):
            return False
        self._shell.claims.when_free(lambda: self._shell.run.start(
            config, folder, resume=True, checkpoint=checkpoint, finish=finish, paused=paused))
        return True

    def _may_train(self, own: Path | None = None) -> bool:
        """Whether to begin, although another window may have the say over the project, or train a run of it.

        :param own: the run that is to go on.
        """
        project = self._shell.project
        if project is None:
            return True
        if (own is None or own.parent == project.runs) and not project.may_change():
            return False
        return may_train_beside(self._shell.ask, project.runs, own)

    def finish(self, folder: Path) -> bool:
        """Let the run at ``folder`` end with what it has learnt so far: the live one after the step in hand, another
        one by taking it up for that. False if another run is alive or this one cannot be read."""
        run = self._shell.run
        if not self._shell.busy:
            return self.resume(folder, finish=True)
        if run.folder != folder:
            return False
        run.finish()
        if Move.RESUME in commands(run.state):
            run.resume()
        return True
