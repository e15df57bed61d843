"""The row of buttons of the train page, shown and hidden as :func:`offers` says."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QMenu, QWidget

from studio.plots.history import RunHistory
from studio.widgets import Button, IconButton, PrimaryButton
from ulmengine.plan.control import RunState, commands
from ulmengine.plan.control import Signal as Ask
from ulmengine.plan.stages import StagePlan

from .going_back import Point
from .row import FittingRow


@dataclass(frozen=True)
class Offers:
    """What can be asked for. ``start``: a new run; ``resume``: go on, after a pause or from the last checkpoint;
    ``go_back``: to a checkpoint, which stops a run that is alive first; ``finish``: end with what was learnt so far;
    ``too_early``: that will be possible, but there is no classifier yet."""

    start: bool
    resume: bool
    pause: bool
    stop: bool
    next_stage: bool
    step: bool
    go_back: bool
    finish: bool
    too_early: bool


@dataclass(frozen=True)
class Facts:
    """How far the run shown has come.

    ``begun``: it has taken steps. ``checkpoints``: it has saved some. ``complete``: it ended with a result.
    ``between``: a stage has just ended and the next has not begun. ``last_stage``: no stage follows.
    ``planned``: a classifier is among its stages; ``learnt``: has taken steps; ``saved``: is in a checkpoint.
    ``finishing``: it ends with the stage in hand.
    """

    begun: bool = False
    checkpoints: bool = False
    complete: bool = False
    between: bool = False
    last_stage: bool = False
    planned: bool = False
    learnt: bool = False
    saved: bool = False
    finishing: bool = False


def facts(history: RunHistory, plans: tuple[StagePlan, ...], saved: int | None, *, finishing: bool) -> Facts:
    """How far the run with this ``history`` has come.

    :param saved: number of the stage of its newest checkpoint, None without one.
    :param finishing: it ends with the stage in hand.
    """
    stage = history.stage
    heads = {plan.index for plan in plans if plan.task == "classifier"}
    return Facts(
        begun=history.total > 0, checkpoints=saved is not None, complete=history.finished is not None,
        between=stage is not None and stage.ended is not None,
        last_stage=stage is not None and (finishing or stage.index == len(plans) - 1),
        planned=bool(heads), learnt=any(one.index in heads and len(one.loss) for one in history.stages),
        saved=saved is not None and any(index <= saved for index in heads), finishing=finishing,
    )


def offers(state: RunState, known: Facts) -> Offers:
    """What can be asked of a run in ``state`` of which this is ``known``."""
    possible = commands(state)
    over = Ask.START in possible
    at_work = state in (RunState.RUNNING, RunState.PAUSED)
    going = at_work and not (known.last_stage and known.between)
    left = over and known.checkpoints and not known.complete
    endable = (going or left) and known.planned and not known.finishing
    learnt = known.learnt and (known.saved or not over)
    return Offers(
        start=over,
        resume=Ask.RESUME in possible or left,
        pause=Ask.PAUSE in possible,
        stop=Ask.STOP in possible,
        next_stage=going and not known.finishing,
        step=Ask.STEP in possible,
        go_back=(known.begun or known.checkpoints) and (over or at_work),
        finish=endable and learnt,
        too_early=endable and not learnt,
    )


def offers_elsewhere(state: RunState) -> Offers:
    """What can be asked while the run shown is another process's: only a new one, if ``state`` allows."""
    return Offers(Ask.START in commands(state), *[False] * 8)


class TrainButtons(FittingRow):
    """What can be asked of the run. Going back lists what there is when its menu opens."""

    startWanted = Signal()
    resumeWanted = Signal()
    pauseWanted = Signal()
    stopWanted = Signal()
    nextStageWanted = Signal()
    finishWanted = Signal()
    stepWanted = Signal(str)
    """One "batch", "epoch" or "stage"."""
    betweenChanged = Signal(bool)
    goBackWanted = Signal(object)
    """A :class:`~studio.pages.train.going_back.Point`."""
    branchWanted = Signal(object)
    """The same, for a new run to begin there."""
    pointsWanted = Signal()
    """The menu opens: :meth:`set_points` is to be called."""
    runsWanted = Signal()
    """The menu of the runs opens: :meth:`set_runs` is to be called."""
    runChosen = Signal(object)
    """One of what :meth:`set_runs` was given."""
    openWanted = Signal()
    exportWanted = Signal()
    importWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("What can be asked of the run"))
        self._make_buttons()
        self._make_menus()
        leading = (self.resume, self.pause, self.start, self.anew)
        self.fill((self.between, self.back, self.step, self.next_stage, self.finish, self.stop, self.anew,
                   self.pause, self.resume, self.start, self.more), self._stand_ins_in(self.more_menu), leading)
        self._add_more()
        self._connect()

    def _make_buttons(self) -> None:
        self.between = QCheckBox(self.tr("Pause between stages"))
        self.between.setToolTip(self.tr("Wait after each stage, so that the next can be looked at first"))
        self.start = PrimaryButton(self.tr("Start"), "play")
        self.resume = PrimaryButton(self.tr("Resume"), "play")
        self.pause = PrimaryButton(self.tr("Pause"), "pause")
        self.anew = Button(self.tr("Start a new run"), "repeat")
        self.next_stage = Button(self.tr("Next stage"), "next-stage")
        self.next_stage.setToolTip(self.tr("End this stage after the step in hand and go on with the next"))
        self.finish = Button(self.tr("Finish now"), "flag")
        self.stop = Button(self.tr("Stop"), "stop")
        self.stop.setToolTip(self.tr("Finish the step in hand, save, and stop. The run can go on later."))
        self.step = Button(self.tr("Step"), "step")
        self.back = IconButton("undo", self.tr("Go back to a checkpoint, or repeat a stage"))
        self.more = IconButton("more", self.tr("More: other runs, and this one as a file"), color="text")

    def _make_menus(self) -> None:
        self.step_menu = QMenu(self.tr("Step"), self)
        for size, text in (("batch", self.tr("One batch")), ("epoch", self.tr("To the end of the epoch")),
                           ("stage", self.tr("To the end of the stage"))):
            action = QAction(text, self.step_menu)
            action.setData(size)
            action.triggered.connect(self._step)
            self.step_menu.addAction(action)
        self.step.setMenu(self.step_menu)
        self.back_menu = QMenu(self.tr("Go back to a checkpoint, or repeat a stage"), self)
        self.back_menu.aboutToShow.connect(self.pointsWanted)
        self.more_menu = QMenu(self)
        self.more_menu.setToolTipsVisible(True)
        for button, menu in ((self.back, self.back_menu), (self.more, self.more_menu)):
            button.setMenu(menu)
            button.setPopupMode(button.ToolButtonPopupMode.InstantPopup)

    def _stand_ins_in(self, menu: QMenu) -> dict[QWidget, QAction]:
        """Entries of ``menu`` for the buttons that may be left without room; what is missed least leaves first."""
        between, finish = menu.addAction(self.between.text()), menu.addAction(self.finish.text())
        between.setCheckable(True)
        between.toggled.connect(self.between.setChecked)
        self.between.toggled.connect(between.setChecked)
        finish.triggered.connect(self.finishWanted)
        step, back = menu.addMenu(self.step_menu), menu.addMenu(self.back_menu)
        next_stage = menu.addAction(self.next_stage.text())
        next_stage.triggered.connect(self.nextStageWanted)
        self._finish_entry = finish
        return {self.between: between, self.finish: finish, self.step: step, self.back: back,
                self.next_stage: next_stage}

    def _add_more(self) -> None:
        self.more_menu.addSeparator()
        self.runs_menu = self.more_menu.addMenu(self.tr("Show another run"))
        self.runs_menu.aboutToShow.connect(self.runsWanted)
        self.open = self.more_menu.addAction(self.tr("Open a run folder…"))
        self.open.triggered.connect(self.openWanted)
        self.export = self.more_menu.addAction(self.tr("Export this run…"))
        self.export.triggered.connect(self.exportWanted)
        self.import_run = self.more_menu.addAction(self.tr("Import a run…"))
        self.import_run.triggered.connect(self.importWanted)

    def show_offers(self, offered: Offers, state: RunState, *, told: bool = False, complete: bool = False) -> None:
        """Show what is offered, hide the rest. One button is the primary one.

        :param told: a failure says already what to do. :param complete: the result is there, which has its own.
        """
        second = offered.start and (offered.resume or told or complete)
        self._offer_finish(offered)
        wanted = {
            self.start: offered.start and not second, self.anew: second,
            self.resume: offered.resume and state is not RunState.PAUSING and not told,
            self.pause: offered.pause, self.stop: offered.stop, self.next_stage: offered.next_stage,
            self.finish: offered.finish or offered.too_early, self.step: offered.step, self.back: offered.go_back,
            self.between: not offered.start, self.more: True,
        }
        self.show_wanted([button for button, yes in wanted.items() if yes])

    def _offer_finish(self, offered: Offers) -> None:
        why = self.tr("There is no classifier to finish with yet: so far only the language model has learnt. "
                      "The classifier comes after it.") if offered.too_early else \
            self.tr("Finish now with the best weights so far: the stages that are left are not trained, the classifier "
                    "is measured and saved")
        for one in (self.finish, self._finish_entry):
            one.setEnabled(offered.finish)
            one.setToolTip(why)
        self.finish.setAccessibleDescription(why)

    def set_points(self, points: list[Point]) -> None:
        """Fill the menu with ``points``, and with the same once more for a new run to be branched off there."""
        self.back_menu.clear()
        for point in points:
            action = QAction(str(point), self.back_menu)
            action.setData(point)
            action.triggered.connect(self._go_back)
            self.back_menu.addAction(action)
        if points:
            self.back_menu.addSeparator()
            self.branch_menu = self.back_menu.addMenu(self.tr("Branch a new run from here"))
            for point in points:
                if point.place:
                    action = QAction(point.place[:1].upper() + point.place[1:], self.branch_menu)
                    action.setData(point)
                    action.triggered.connect(self._branch)
                    self.branch_menu.addAction(action)
        if not points:
            nothing = self.back_menu.addAction(self.tr("There is no checkpoint yet"))
            nothing.setEnabled(False)

    def set_runs(self, runs: list[tuple[str, object]]) -> None:
        """Fill the menu of the runs with ``runs``: what each is called, and what stands for it."""
        self.runs_menu.clear()
        for words, run in runs:
            action = QAction(words, self.runs_menu)
            action.setData(run)
            action.triggered.connect(self._choose_run)
            self.runs_menu.addAction(action)
        if not runs:
            self.runs_menu.addAction(self.tr("There is no other run")).setEnabled(False)

    def _connect(self) -> None:
        self.start.clicked.connect(self.startWanted)
        self.anew.clicked.connect(self.startWanted)
        self.resume.clicked.connect(self.resumeWanted)
        self.pause.clicked.connect(self.pauseWanted)
        self.stop.clicked.connect(self.stopWanted)
        self.next_stage.clicked.connect(self.nextStageWanted)
        self.finish.clicked.connect(self.finishWanted)
        self.between.toggled.connect(self.betweenChanged)

    @Slot()
    def _step(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.stepWanted.emit(str(action.data()))

    @Slot()
    def _branch(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.branchWanted.emit(action.data())

    @Slot()
    def _choose_run(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.runChosen.emit(action.data())

    @Slot()
    def _go_back(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.goBackWanted.emit(action.data())
