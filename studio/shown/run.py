"""The run that is shown: where it stands, what it has said, and who is working on it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio.engine.jobslot import JobSlot
from studio.engine.run_service import RunService
from studio.facts import CorpusFacts, known_facts
from studio.plots.history import RunHistory, StageRecord
from studio.project import Project
from studio.words import state_dot
from ulmengine import events as ev
from ulmengine.config import ConfigError, RunConfig
from ulmengine.plan.control import RunState
from ulmengine.plan.stages import StagePlan
from ulmengine.record import RunFolder

from .following import Following
from .log_reader import Loaded, is_short, read, reading, saved_stage
from .offers import Offers, facts, offers, offers_elsewhere
from .plan import plan_of_run, planned

Trouble = ev.Failed | ev.SaveFailed | ev.Diverging
"""Why a run does not go on."""


class ShownRun(QObject):
    """One run, looked at: of this program or of another process, under way or over, or none at all.

    Whoever shows a run reads one of these and listens to two signals; it says the same whether its events come live,
    are followed in the log of another process, or were read from an old folder. The window's own is
    ``shell.shown``: the run bar and the Train page read it. A page that shows other runs makes its own and shows what
    it likes in it::

        self.shown = ShownRun(shell.run, self)
        self.shown.replaced.connect(self._draw_anew)
        self.shown.changed.connect(self._bring_up_to_date)
        self.shown.seen_by(self)
        self.shown.show(folder)

    :ivar folder: the run; None where there is none (yet).
    :ivar config: its description; where there is no run, that of the one which would be started.
    :ivar history: all that it has said. The object is another one after :attr:`replaced`.
    :ivar saved: number of the stage of its newest checkpoint, None without one.
    """

    replaced = Signal()
    """Another run, or this one with another past or plan: what was drawn of it is out of date. :attr:`changed`
    follows."""
    changed = Signal()
    """It has said more, or stands otherwise."""
    stateChanged = Signal()
    """It, or the run that this program carries out, does something else now. :attr:`changed` came before."""
    gone = Signal()
    """It has been deleted: another one, or none, is to be shown in its place."""

    def __init__(self, run: RunService, parent: QObject) -> None:
        super().__init__(parent)
        self.folder: RunFolder | None = None
        self.config = RunConfig()
        self.history = RunHistory()
        self.saved: int | None = None
        self._run = run
        self._asked_to_finish = False
        self._resting = RunState.IDLE
        self._went_on = False
        self._waits_for: ev.SaveFailed | ev.Diverging | None = None
        self._dismissed: Trouble | None = None
        self._unreadable: ev.Failed | None = None
        self._plans: tuple[StagePlan, ...] | None = None
        self._facts: CorpusFacts | None = None
        self._hindrance: dict[str, Any] = {}
        self._held_back: list[ev.Event] = []
        self._loader = JobSlot(self, self._loaded, self._not_loaded)
        self._following = Following(self)
        self._following.said.connect(self._take)
        self._following.saidAnew.connect(self._said_anew)
        self._following.taken.connect(self.again)
        self._following.ended.connect(self._replace)
        self._following.gone.connect(self.gone)
        self._told = self._states
        self.changed.connect(self._tell_state)
        run.stateChanged.connect(self._state_changed)
        run.events.connect(self._events_came)

    # What there is to know

    @property
    def state(self) -> RunState:
        """What it is doing; "idle" where there is none."""
        if self.own:
            return self._run.state
        if self.elsewhere:
            return RunState.PAUSED if self._following.paused else RunState.RUNNING
        return self._resting

    @property
    def own(self) -> bool:
        """Whether this program is carrying it out."""
        return self._run.active and self._is_the_services

    @property
    def elsewhere(self) -> bool:
        """Whether another process is working on it: it is followed and never touched."""
        return self._following.active

    @property
    def alive(self) -> bool:
        """Whether anybody is working on it."""
        return self.own or self.elsewhere

    def is_of(self, project: Project | None) -> bool:
        """Whether it is one of the ``project``'s own; there may be none of either."""
        return self.folder is None or (project is not None and self.folder.path.parent == project.runs)

    @property
    def reading(self) -> bool:
        """Whether its long log is being read: nothing can be shown yet."""
        return self._loader.running

    @property
    def unreadable(self) -> bool:
        """Whether its log could not be read; :attr:`trouble` says why, :meth:`again` tries once more."""
        return self._unreadable is not None

    @property
    def stage(self) -> StageRecord | None:
        """The stage in hand, or the last one."""
        return self.history.stage

    @property
    def plans(self) -> tuple[StagePlan, ...]:
        """Its stages, those to come too; of the run that would be started where there is none."""
        if self._plans is None:
            self._plans = self._laid_out()
        return self._plans

    @property
    def finishing(self) -> bool:
        """Whether it ends, or has ended, before its last stage, or was asked to just now."""
        return self.history.finishing or self._asked_to_finish

    @property
    def dot(self) -> str:
        """The kind of dot that stands for it: red as long as its trouble is to be told."""
        kind = state_dot(self.state)
        if isinstance(self.trouble, ev.Failed) and not self.unreadable:
            return "problem"
        return "ready" if kind == "problem" and self.history.failed is not None and self.trouble is None else kind

    @property
    def left_out(self) -> frozenset[int]:
        """Numbers of the stages that it does not begin any more."""
        return left_out(self.plans, self.history, finishing=self.finishing)

    @property
    def trouble(self) -> Trouble | None:
        """What is to be told of it now: why it failed, what it waits for, or why it cannot be read."""
        found = self._unreadable or self._waits_for or (None if self.alive else self.history.failed)
        return None if found is self._dismissed else found

    @property
    def advised(self) -> bool:
        """Whether the Train page has a card with what to try: it alone says how to go on, until it is closed."""
        return isinstance(self.trouble, (ev.Failed, ev.Diverging)) and not self.unreadable

    @property
    def hindrance(self) -> dict[str, Any]:
        """Where there is none: why the one that would be started is known not to begin, as
        :attr:`~studio.facts.CorpusFacts.hindrance`."""
        return {} if self.folder is not None else self._hindrance

    @property
    def offers(self) -> Offers:
        """What can be asked of it now."""
        if self.elsewhere or (self._run.active and not self.own):
            return offers_elsewhere(self._run.state)
        plans = () if self.folder is None else self.plans
        return offers(self.state, facts(self.history, plans, self.saved, finishing=self.finishing))

    # What is to be shown

    def show(self, folder: RunFolder) -> None:
        """Show the run in ``folder``: all that it has said so far, and what it says from now on.

        :raises ulmengine.config.ConfigError: its description cannot be read; the rest is shown all the same.
        """
        self.folder, self.history = folder, RunHistory()
        self._held_back = []
        self._loader.cancel()
        self._following.watch(None)
        self._waits_for = self._unreadable = None
        problem = self._read_config(folder)
        self._read_log(folder)
        if self.reading:
            self._replace()
        if problem is not None:
            raise problem

    def clear(
        self, config: RunConfig, corpus: CorpusFacts | None = None, hindrance: dict[str, Any] | None = None
    ) -> None:
        """Show none, but what one of ``config`` would be, by what is known of its ``corpus``. ``hindrance``: why it
        cannot begin."""
        self._loader.cancel()
        self._following.watch(None)
        self.folder, self.config, self.history, self._facts = None, config, RunHistory(), corpus
        self._hindrance = hindrance or {}
        self._waits_for = self._unreadable = None
        self._replace()

    @Slot()
    def again(self) -> None:
        if self.folder is not None and not self.own:
            try:
                self.show(self.folder)
            except ConfigError:  # which was told when it was shown
                return

    @Slot()
    def dismiss(self) -> None:
        """The person has read of :attr:`trouble`: it is of the past, and so is every mark of it."""
        self._dismissed = self.trouble
        self.changed.emit()

    @Slot()
    def look(self) -> None:
        """See at once whether it is there still, and who is working on it."""
        self._following.look()

    def seen_by(self, widget: QWidget) -> None:
        """See once a second whether another process is working on the run, as long as ``widget`` is in view."""
        self._following.seen_by(widget)

    def unseen_by(self, widget: QWidget) -> None:
        """``widget`` shows another run now."""
        self._following.unseen_by(widget)

    def asked_to_finish(self) -> None:
        """The run was asked to end with what it has learnt; it hears of it after the step in hand."""
        self._asked_to_finish = True
        self.replaced.emit()
        self.changed.emit()

    # What is heard of it

    @property
    def _is_the_services(self) -> bool:
        return self._run.folder == (None if self.folder is None else self.folder.path)

    @property
    def _states(self) -> tuple[RunState, RunState]:
        return self.state, self._run.state

    @Slot()
    def _tell_state(self) -> None:
        before, self._told = self._told, self._states
        if before != self._told:
            self.stateChanged.emit()

    def _read_config(self, folder: RunFolder) -> ConfigError | None:
        """Take the run's description; this program's own run is known before it has written anything."""
        if self.own and self._run.config is not None:
            self.config = self._run.config
            return None
        try:
            self.config = folder.config()
        except ConfigError as error:
            return error
        return None

    def _read_log(self, folder: RunFolder) -> None:
        """Read all that it has said; what it says meanwhile waits."""
        if is_short(folder):
            self._loader.cancel()
            self._loaded(read(folder, own=self.own))
        else:
            self._loader.start(partial(reading, folder, own=self.own))

    @Slot()
    def _replace(self) -> None:
        """Another history is shown."""
        self._reset()
        self.replaced.emit()
        self.changed.emit()

    def _reset(self) -> None:
        self._plans = None
        self.saved = saved_stage(self.folder)
        self._asked_to_finish = False
        self._resting = RunState.IDLE if self.folder is None or self.own else self.folder.state()

    @Slot(object)
    def _loaded(self, loaded: Loaded) -> None:
        if self.folder is not None and loaded.follower is not None:
            self._following.follow(self.folder, loaded.follower)
        else:
            self._following.watch(None if self.own else self.folder)
        self.history = loaded.history
        self._reset()
        self._take_in(self._held_back)
        self._held_back = []
        self.replaced.emit()
        self.changed.emit()

    @Slot(object)
    def _not_loaded(self, failed: ev.Failed) -> None:
        self._held_back = []
        self._unreadable = failed
        self.changed.emit()

    @Slot(object)
    def _said_anew(self, events: list[ev.Event]) -> None:
        if self.folder is not None:
            self._read_config(self.folder)  # it may go on with other settings
        self.history = RunHistory()
        self.history.extend(events)
        self._replace()

    @Slot(object)
    def _events_came(self, events: list[ev.Event]) -> None:
        if not self._is_the_services:
            return
        started = any(isinstance(event, ev.RunStarted) for event in events)
        self._went_on |= started
        if started and self.folder is not None:
            # One that goes on has cut its log back to the checkpoint, one that begins anew to nothing.
            self._held_back += events
            self._read_log(self.folder)
        elif self.reading:
            self._held_back += events
        else:
            self._take(events)

    @Slot(object)
    def _take(self, events: list[ev.Event]) -> None:
        """The run has said ``events``."""
        before = self.finishing
        self._take_in(events)
        if self.finishing is not before:
            self.replaced.emit()
        self.changed.emit()

    def _take_in(self, events: list[ev.Event]) -> None:
        self.history.extend(events)
        if any(isinstance(event, ev.Checkpointed) for event in events) and self.stage is not None:
            self.saved = self.stage.index
        for event in events:
            if self.own and isinstance(event, (ev.SaveFailed, ev.Diverging)):
                self._waits_for = event

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        if not self._is_the_services:
            self.changed.emit()  # a run that is over may be gone on with only while no other one is alive
            return
        if state is RunState.STARTING:
            self._begun()
        elif state is RunState.RUNNING:
            self._waits_for = None  # whatever it was waiting for, it goes on
        elif not self._run.active:
            self._ended(state)
        self.changed.emit()

    def _begun(self) -> None:
        self._following.watch(None)
        self._waits_for = self._unreadable = None
        self._went_on = False
        if self._run.config is not None:
            self.config = self._run.config

    def _ended(self, state: RunState) -> None:
        before = self.finishing
        self.saved, self._asked_to_finish = saved_stage(self.folder), False
        self._resting, self._waits_for = self._stands(state), None
        self._following.watch(self.folder)
        if self.finishing is not before:  # a wish that was not heard any more is none
            self.replaced.emit()

    def _stands(self, ended: RunState) -> RunState:
        """How it stands after it has ``ended``: one that was refused before it could go on stands as it did before,
        with not a word in its log, and so it is called wherever it is told of."""
        if ended is RunState.FAILED and not self._went_on and self.folder is not None:
            found = self.folder.state()
            if found in (RunState.STOPPED, RunState.INTERRUPTED, RunState.FINISHED):
                return found
        return ended

    def _laid_out(self) -> tuple[StagePlan, ...]:
        plans: tuple[StagePlan, ...] = ()
        if self.history.started is not None:
            plans = plan_of_run(self.config, self.history.started)
        if plans:
            return plans
        corpus = self._facts if self.folder is None else known_facts(self.config, self.folder.cache)
        return planned(self.config, Path(), corpus)


def left_out(plans: tuple[StagePlan, ...], history: RunHistory, *, finishing: bool) -> frozenset[int]:
    """Numbers of the stages that the run does not begin any more."""
    begun = {stage.index for stage in history.stages}
    return frozenset(plan.index for plan in plans if plan.index not in begun) if finishing else frozenset()
