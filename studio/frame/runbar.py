"""The bar at the bottom that is always there: how the run stands, and what can be asked of it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from studio import theme
from studio.engine import Quiet
from studio.project import Project
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import Button, ElidedLabel, StatusDot
from studio.words import state_dot, state_words
from ulmengine.plan.control import RunState, commands
from ulmengine.plan.control import Signal as Command

from .progress import RunProgress

HEIGHT = 64
RESOLUTION = 1_000
ROOMY = 960
"""From this width on, names and times have the room that the longest of them take."""


class RunBar(QWidget):
    """State, stage, step, loss, time left, device; Start, Pause or Resume, Stop as the state allows."""

    opened = Signal()
    """The person wants to see more of the run."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.progress = RunProgress()
        self._seen = shell.run.state
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Run"))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.XL, 0, theme.L, 0)
        row.setSpacing(theme.L)
        self._add_state(row)
        self._add_progress(row)
        self._add_figures(row)
        self._add_buttons(row)
        theme.current().changed.connect(self.update)
        shell.run.stateChanged.connect(self._state_changed)
        shell.run.events.connect(self._events_came)
        self._quiet = Quiet(shell.run, self)
        self._quiet.told.connect(self._nothing_heard)
        shell.projectChanged.connect(self._project_changed)
        self._project_changed(shell.project)

    def _add_state(self, row: QHBoxLayout) -> None:
        self.dot = StatusDot()
        self.state = ElidedLabel("", Type.STRONG)
        self.stage = ElidedLabel("", Type.SMALL, muted=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        words.addWidget(self.state)
        words.addWidget(self.stage)
        inner = QHBoxLayout()
        inner.setSpacing(theme.S)
        inner.addWidget(self.dot, 0, Qt.AlignmentFlag.AlignVCenter)
        inner.addLayout(words)
        row.addLayout(inner)

    def _add_progress(self, row: QHBoxLayout) -> None:
        self.step = ElidedLabel("", Type.SMALL, muted=True, numbers=True)
        self.loss = ElidedLabel("", Type.SMALL, muted=True, numbers=True)
        self.loss.alignment = Qt.AlignmentFlag.AlignRight
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, RESOLUTION)
        self.bar.setAccessibleName(self.tr("Progress"))
        retained = self.bar.sizePolicy()
        retained.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(retained)
        top = QHBoxLayout()
        top.addWidget(self.step, 1)
        top.addWidget(self.loss, 1)
        column = QVBoxLayout()
        column.setSpacing(theme.XS + 2)
        column.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(top)
        column.addWidget(self.bar)
        row.addLayout(column, 1)

    def _add_figures(self, row: QHBoxLayout) -> None:
        self.left = ElidedLabel("", Type.SMALL, muted=True, numbers=True)
        self.device = ElidedLabel("", Type.SMALL, muted=True)
        for label in (self.left, self.device):
            label.alignment = Qt.AlignmentFlag.AlignRight
        column = QVBoxLayout()
        column.setSpacing(2)
        column.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(self.left)
        column.addWidget(self.device)
        row.addLayout(column)

    def _add_buttons(self, row: QHBoxLayout) -> None:
        self.start = Button(self.tr("Start"), "play")
        self.pause = Button(self.tr("Pause"), "pause")
        self.stop = Button(self.tr("Stop"), "stop")
        self.stop.setToolTip(self.tr("Finish the step in hand, save, and stop. The run can go on later."))
        self.start.clicked.connect(self._start)
        self.pause.clicked.connect(self.toggle_pause)
        self.stop.clicked.connect(self.shell.run.stop)
        for button in (self.start, self.pause, self.stop):
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            row.addWidget(button)
        row.setSpacing(theme.M)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = event.size().width() >= ROOMY
        for label in (self.state, self.stage):
            label.setFixedWidth(216 if roomy else 176)
        for label in (self.left, self.device):
            label.setFixedWidth(144 if roomy else 112)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colors().color("panel"))
        painter.setPen(theme.colors().color("border"))
        painter.drawLine(0, 0, self.width(), 0)
        painter.end()

    @Slot()
    def refresh(self) -> None:
        """Show the state and the figures as they are now."""
        state = self._own_state()
        possible = commands(state)
        self.dot.set_kind(state_dot(state))
        self.dot.setVisible(bool(state_dot(state)))
        self.state.setText(state_words(state))
        over = Command.START in possible
        self.start.setVisible(over)
        self.start.setEnabled(self.shell.project is not None)
        self.pause.setVisible(not over)
        self.pause.setEnabled(bool(possible & {Command.PAUSE, Command.RESUME}))
        self._name_pause(Command.RESUME in possible)
        self.stop.setVisible(not over)
        self.stop.setEnabled(Command.STOP in possible)
        self._show_figures(state, over)

    def _own_state(self) -> RunState:
        """The state of the run; none for a run that ended in another project."""
        run, project = self.shell.run, self.shell.project
        if Command.START not in commands(run.state) or run.folder is None:
            return run.state
        own = project is not None and run.folder.parent == project.runs
        return run.state if own else RunState.IDLE

    @Slot()
    def toggle_pause(self) -> None:
        """Pause or go on, whichever the state allows."""
        possible = commands(self.shell.run.state)
        if Command.RESUME in possible:
            self.shell.run.resume()
        elif Command.PAUSE in possible:
            self.shell.run.pause()

    def _name_pause(self, resume: bool) -> None:
        text = self.tr("Resume") if resume else self.tr("Pause")
        if self.pause.text() != text:
            self.pause.setText(text)
            self.pause.setAccessibleName(text)
            theme.current().set_icon(self.pause, "play" if resume else "pause")

    def _show_figures(self, state: RunState, over: bool) -> None:
        now = self.progress
        self.stage.setText(self._stage_words(state))
        self.step.setText("" if state is RunState.IDLE else self._step_words())
        self.loss.setText("" if now.loss is None else self.tr("loss {value}").format(value=f"{now.loss:.3f}"))
        left = None if over else now.seconds_left
        self.left.setText("" if left is None else self._left_words(left))
        self.device.setText(now.device)
        fraction = 1.0 if state is RunState.FINISHED else now.fraction
        self.bar.setVisible(state is not RunState.IDLE)
        waiting = fraction is None and not over
        self.bar.setRange(0, 0 if waiting else RESOLUTION)
        if not waiting:
            self.bar.setValue(round((fraction or 0.0) * RESOLUTION))

    def _stage_words(self, state: RunState) -> str:
        now = self.progress
        if state is RunState.IDLE:
            return self._first_step_words()
        if state is RunState.FAILED and now.failure is not None:
            return now.failure.title
        if state is RunState.FINISHED and now.accuracy is not None:
            return self.tr("Accuracy {share}").format(share=f"{now.accuracy:.1%}")
        if not now.stage_name:
            return ""
        if len(now.stages) < 2:
            return now.stage_name
        return self.tr("{number} of {count}: {name}").format(
            number=now.stage_index + 1, count=len(now.stages), name=now.stage_name
        )

    def _first_step_words(self) -> str:
        """What there is to do before a first run."""
        project = self.shell.project
        if project is None:
            return self.tr("Open a project")
        return self.tr("Ready to start") if project.config.corpus.path else self.tr("Choose a corpus first")

    def _left_words(self, seconds: float) -> str:
        """How long it takes still: what comes after the stage in hand nobody knows yet."""
        told = self.tr("stage: {time} left") if len(self.progress.stages) > 1 else self.tr("{time} left")
        return told.format(time=duration_words(seconds))

    def _step_words(self) -> str:
        now = self.progress
        if now.task:
            if not now.total:
                return now.task
            return self.tr("{task}: {done} of {total}").format(
                task=now.task, done=f"{now.done:,.0f}", total=f"{now.total:,.0f}"
            )
        if not now.step:
            return ""
        return self.tr("step {step} of {steps}, epoch {epoch} of {epochs}").format(
            step=f"{now.step:,}", steps=f"{now.steps:,}", epoch=max(1, now.epoch), epochs=now.epochs
        )

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        if state is RunState.STARTING and Command.START in commands(self._seen):
            self.progress.clear()
        self._seen = state
        self.refresh()

    @Slot(object)
    def _events_came(self, events: list[object]) -> None:
        self.progress.update(events)  # type: ignore[arg-type]
        self.refresh()

    @Slot(float)
    def _nothing_heard(self, seconds: float) -> None:
        """Nothing was heard for a while; the next word puts the usual line back."""
        self.stage.setText(self.tr("Nothing heard for {time}").format(time=duration_words(seconds)))

    @Slot(object)
    def _project_changed(self, project: Project | None) -> None:
        if not self.shell.busy:
            self.progress.clear()
        if project is not None:
            project.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def _start(self) -> None:
        if self.shell.begin_run():
            self.opened.emit()


def duration_words(seconds: float) -> str:
    """A span of time as a person says it: "8 s", "3 min", "2 h 10 min"."""
    if seconds < 59.5:
        return QCoreApplication.translate("RunBar", "{n} s").format(n=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 60:
        return QCoreApplication.translate("RunBar", "{n} min").format(n=minutes)
    return QCoreApplication.translate("RunBar", "{h} h {n} min").format(h=minutes // 60, n=minutes % 60)
