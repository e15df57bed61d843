"""The bar at the bottom that is always there: how the run stands, and what can be asked of it."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from studio import theme
from studio.engine.quiet import Quiet
from studio.pages.parts.quantities import counted
from studio.plots.history import RunHistory
from studio.plots.series import recent
from studio.project import Project
from studio.shell import Shell
from studio.shown.offers import Offers
from studio.theme import Type
from studio.widgets import Button, ElidedLabel, FittingLabel, OnePress, StatusDot, keep_place
from studio.widgets.layouts import in_column, in_row
from studio.words import corrected_words, figure, short_name, state_words, time_words, words
from ulmengine.events import Diverging, Evaluated, Failed, Progress, SaveFailed
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, run_name

HEIGHT = 64
RESOLUTION = 1_000
NARROW, TIGHT, WIDE = 560, 720, 900
"""Below these widths there is no room for the time that is left, none for the loss, and none for the words of the way
back to the project's run."""
MOST, DOT = 304, 28
"""Px that the longest name of a stage takes, about, and those of the dot before it."""
UNBEGUN = (RunState.IDLE, RunState.NEW)


class RunSign(QAbstractButton):
    """What the run is and how it stands: it leads to where more of it is shown, if there is a run and a project."""

    def __init__(self, tip: str) -> None:
        super().__init__()
        self._tip, self.leads = tip, True
        self.set_leading(False)

    def set_leading(self, leads: bool) -> None:
        """Whether it can be pressed. Disabled it would not be: what stands in it is to be read as ever."""
        if leads != self.leads:
            self.leads = leads
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if leads else Qt.FocusPolicy.NoFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)
            self.setToolTip(self._tip if leads else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing but the labels in it; and where it is, for the mouse and the keyboard."""
        if not self.leads or not (self.underMouse() or self.hasFocus()):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme.colors()
        painter.setPen(QPen(colors.color("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("hover" if self.underMouse() else "panel"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), theme.CONTROL_RADIUS, theme.CONTROL_RADIUS)
        painter.end()


class RunBar(QWidget):
    """State, stage, step, loss, time left, device of the window's run; Start, Pause or Resume, Stop as offered.

    Where it is not one of the open project's, as a model that is learnt from texts, a button leads to the project's.
    """

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.shown = shell.shown
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Run"))
        row = QHBoxLayout(self)
        self._add_state(row)
        self._add_progress(row)
        self._add_figures(row)
        self._add_buttons(row)
        theme.current().changed.connect(self.update)
        self._own_run: RunFolder | None = None
        """The project's newest run, where another one is shown that is none of it."""
        self.shown.replaced.connect(self._runs_changed)
        self.shown.changed.connect(self.refresh)
        self.shown.seen_by(self)
        self._quiet = Quiet(shell.run, self)
        self._quiet.told.connect(self._nothing_heard)
        shell.projectChanged.connect(self._project_changed)
        shell.corpusTold.connect(self.refresh)
        self._project_changed(shell.project)

    def _add_state(self, row: QHBoxLayout) -> None:
        self.dot = StatusDot()
        self.state = ElidedLabel("", Type.STRONG)
        self.stage = FittingLabel(Type.SMALL, muted=True)
        words = in_column(self.state, self.stage, gap=0)
        words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.sign = RunSign(self.tr("Show this run on the page Train"))
        self.sign.clicked.connect(self._show)
        in_row((self.dot, 0, Qt.AlignmentFlag.AlignVCenter), words, inside=self.sign,
               margins=(theme.S, theme.XS, 0, theme.XS))
        row.addWidget(self.sign)

    def _add_progress(self, row: QHBoxLayout) -> None:
        self.step = FittingLabel(Type.SMALL, muted=True, numbers=True)
        self.loss = ElidedLabel("", Type.SMALL, muted=True, numbers=True)
        self.loss.alignment = Qt.AlignmentFlag.AlignRight
        self.loss.set_help(self.tr("Of the training texts, smoothed over the last steps"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, RESOLUTION)
        self.bar.setMinimumWidth(40)  # less than Qt wants for a text that it does not show
        self.bar.setAccessibleName(self.tr("Progress"))
        keep_place(self.bar)
        column = in_column(in_row((self.step, 1), self.loss, gap=-1), self.bar, gap=theme.XS + 2)
        column.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(column, 1)

    def _add_figures(self, row: QHBoxLayout) -> None:
        self.left = FittingLabel(Type.SMALL, muted=True, numbers=True)
        self.device = ElidedLabel("", Type.SMALL, muted=True)
        for label in (self.left, self.device):
            label.alignment = Qt.AlignmentFlag.AlignRight
        column = in_column(self.left, self.device, gap=2)
        column.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(column)

    def _add_buttons(self, row: QHBoxLayout) -> None:
        self.own = Button("", "runs", "quiet")
        self.own.setAccessibleName(self.tr("Project's run"))
        self.own.setToolTip(self.tr("Show the newest run of the open project on the page Train"))
        self.own.clicked.connect(self._show_own)
        self.start = Button(self.tr("Start"), "play")
        self.pause = Button(self.tr("Pause"), "pause")
        self.advice = Button(self.tr("What to try"), "info")
        self.advice.setToolTip(self.tr("The Train page says what went wrong and what can be done about it"))
        self.stop = Button(self.tr("Stop"), "stop")
        self.stop.setToolTip(self.tr("Finish the step in hand, save, and stop. The run can go on later."))
        self.start.clicked.connect(self.shell.starter.begin)
        self.pause.clicked.connect(self.toggle_pause)
        self.advice.clicked.connect(partial(self.shell.go, "train"))
        self.stop.clicked.connect(self.shell.run.stop)
        order = (self.own, self.stop, self.start, self.pause, self.advice)  # from Stop on as on the Train page
        for button in order:
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            row.addWidget(button)
        self._presses = OnePress(self, order)
        row.setSpacing(theme.M)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Share the width out, the same whatever is said: what is done comes first, then the step, the time last."""
        width = self.width()
        narrow = width < NARROW
        row = self.layout()
        assert row is not None
        around = theme.M if narrow else theme.XL  # of which the sign takes its share
        row.setContentsMargins(around - theme.S, 0, theme.M if narrow else theme.L, 0)
        row.setSpacing(theme.S if narrow else theme.M)
        self.own.setText(self.own.accessibleName() if width >= WIDE else "")
        idle = self.shown.state in UNBEGUN  # there is no step to be told of
        strange = not self.own.isHidden()
        steps = narrow and self.shown.state is not RunState.FINISHED  # which are told in more words than their number
        share = 0.45 if idle else 0.16 if strange and narrow else 0.2 if steps else 0.26
        self.sign.setFixedWidth(min(MOST, round(width * share)) + DOT)
        for label in (self.left, self.device):
            label.setFixedWidth(max(48, min(144, round(0.14 * width))))
            label.setVisible(width >= (TIGHT if strange else NARROW))
        self.loss.setVisible(width >= TIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colors().color("panel"))
        painter.setPen(theme.colors().color("border"))
        painter.drawLine(0, 0, self.width(), 0)
        painter.end()

    @Slot()
    def refresh(self) -> None:
        """Show the state and the figures as they are now."""
        state, offered = self.shown.state, self.shown.offers
        self.sign.set_leading(self.shown.folder is not None and self.shell.project is not None)
        self.own.setVisible(self._own_run is not None and not self.shown.is_of(self.shell.project))
        unfit = self.shown.folder is None and (self.shell.corpus_unreadable or self.shown.hindrance)
        kind = "problem" if unfit else self.shown.dot
        self.dot.set_kind(kind)
        self.dot.setVisible(bool(kind))
        self.state.setText(state_words(state))
        self._show_buttons(offered)
        self._name_pause(offered.resume)
        self._share_room()
        self._show_figures(state)
        self.sign.setAccessibleName(f"{state_words(state)}, {self.stage.text()}")

    def _show_buttons(self, offered: Offers) -> None:
        """Show what is offered. A button that goes hands the focus to the one that leads on, or to the bar until there
        is one again; to Stop never."""
        advised, focus = self.shown.advised, self.window().focusWidget()
        wanted = {
            self.pause: (not offered.start or offered.resume) and not advised,
            self.start: offered.start and not offered.resume and not advised and not self.shown.elsewhere,
            self.advice: advised, self.stop: not offered.start,
        }
        usable = {self.pause: offered.pause or offered.resume, self.start: self.shell.project is not None,
                  self.advice: True, self.stop: offered.stop}
        left = [button for button in wanted if wanted[button] and usable[button]]
        for button in left:
            button.setEnabled(True)
            button.setVisible(True)
        if focus is self or (focus in wanted and focus not in left):
            (left[0] if left and left[0] is not self.stop else self).setFocus(Qt.FocusReason.OtherFocusReason)
        for button, yes in wanted.items():
            button.setVisible(yes)
            button.setEnabled(usable[button])

    @Slot()
    def toggle_pause(self) -> None:
        """Pause or go on, whichever is offered: after a pause, or from the last checkpoint."""
        offered = self.shown.offers
        if self.shown.advised:
            self.shell.go("train")
        elif offered.pause:
            self.shell.run.pause()
        elif offered.resume and self.shown.folder is not None:
            self.shell.starter.go_on(self.shown.folder.path)

    def _name_pause(self, resume: bool) -> None:
        names = self.tr("Pause"), self.tr("Resume")
        text = names[resume]
        metrics = self.pause.fontMetrics()
        wider = max(map(metrics.horizontalAdvance, names)) - metrics.horizontalAdvance(self.pause.text())
        self.pause.setMinimumWidth(self.pause.sizeHint().width() + wider)  # Stop stays where it is
        if self.pause.text() != text:
            self.pause.setText(text)
            self.pause.setAccessibleName(text)
            self.pause.set_icon("play" if resume else "pause")

    def _show_figures(self, state: RunState) -> None:
        history, alive = self.shown.history, self.shown.alive
        doing = history.progress if alive else None
        stage, started = self.shown.stage, history.started
        between = doing is not None and not _in_steps(history)  # its own words need the room
        loss = recent(stage.loss.y) if stage is not None and not between else None
        left = None if not alive or state is RunState.PAUSED else _seconds_left(history)
        self.stage.set_wordings(*self._stage_wordings(state))
        self.step.set_wordings(*self._doing_wordings(history, doing, state))
        self.loss.setText("" if loss is None else self.tr("loss {value}").format(value=figure(loss)))
        self.left.set_wordings(*([""] if left is None else self._left_wordings(left)))
        self.device.setText("" if started is None else started.device)
        fraction = 1.0 if state is RunState.FINISHED else _fraction(history, doing)
        self.bar.setVisible(state not in UNBEGUN)
        waiting = fraction is None and alive
        self.bar.setRange(0, 0 if waiting else RESOLUTION)
        if not waiting:
            self.bar.setValue(round((fraction or 0.0) * RESOLUTION))

    def _stage_wordings(self, state: RunState) -> tuple[str, ...]:
        """Where it is; a run that is not of the open project is called by its name."""
        told = self._unnamed_wordings(state)
        if self.shown.folder is None or self.shown.is_of(self.shell.project):
            return told
        name = self.tr("“{run}”").format(run=run_name(self.shown.folder))
        return (*(f"{name}: {words}" for words in told if words), name, *filter(None, told))

    def _unnamed_wordings(self, state: RunState) -> tuple[str, ...]:
        run = self.shown
        history, stage = run.history, run.stage
        if run.folder is None:
            return self._first_step_wordings()
        if isinstance(run.trouble, Failed) and not run.unreadable:
            whole = words(run.trouble.title)
            short = without_folders(whole)
            return (*dict.fromkeys((whole, short, short.partition(". ")[0])), self.tr("See the page Train"))
        if isinstance(run.trouble, (SaveFailed, Diverging)):
            return (self._waits_words(run.trouble),)
        if state is RunState.FINISHED and history.evaluated is not None:
            return self._result_wordings(history.evaluated)
        if stage is None:
            return ("",)
        count = len(history.started.stages) if history.started is not None else 0
        short = short_name(stage)
        if count < 2:
            return stage.name, short
        place = self.tr("{number} of {count}").format(number=stage.index + 1, count=count)
        if stage.ended is not None:
            return self.tr("{number} of {count} stages done").format(number=stage.index + 1, count=count), place
        several = self.tr("{number} of {count}: {name}")
        return (*(several.format(number=stage.index + 1, count=count, name=name) for name in (stage.name, short)),
                place)

    def _result_wordings(self, result: Evaluated) -> tuple[str, ...]:
        """How good it is. That labels were corrected is left out last: the share is another one for it."""
        told = self.tr("Accuracy {share} with word counts") if result.has_blend else self.tr("Accuracy {share}")
        share, corrected = f"{result.saved[0]:.1%}", corrected_words(result.relabelled, result.part)
        whole = f"{share} ({corrected})" if corrected else share
        found = [told.format(share=whole), self.tr("Accuracy {share}").format(share=whole), whole]
        if corrected:
            found.append(self.tr("{share} ({n} corrected)").format(share=share, n=f"{result.relabelled:,}"))
        return (*dict.fromkeys(found), share)

    def _waits_words(self, trouble: SaveFailed | Diverging) -> str:
        """What it waits for the person with."""
        if isinstance(trouble, Diverging):
            return self.tr("The loss grows")
        return self.tr("The disk is full") if trouble.cause == "disk_full" else self.tr("The run's folder is gone")

    def _first_step_wordings(self) -> tuple[str, ...]:
        """What there is to do before a first run."""
        project = self.shell.project
        if project is None:
            return (self.tr("Open a project"),)
        if self.shell.corpus_unreadable:
            return (self.tr("The corpus cannot be read"),)
        if project.reading:
            return (self.tr("Reading the corpus…"), self.tr("Reading…"))
        if hindrance := self.shown.hindrance:
            short = {"rare_class": self.tr("Labels with too few documents"),
                     "unmeasured": self.tr("No documents to measure on"),
                     "one_label": self.tr("Nothing to tell apart"),
                     "one_label_to_learn": self.tr("Nothing to tell apart"),
                     "too_few": self.tr("Too few documents")}
            return tuple(filter(None, (short.get(hindrance["kind"]), self.tr("See the page Corpus"))))
        return (self.tr("Ready to start") if project.config.corpus.path else self.tr("Choose a corpus first"),)

    def _left_wordings(self, seconds: float) -> tuple[str, ...]:
        """How long it takes still: what comes after the stage in hand nobody knows yet."""
        started, time = self.shown.history.started, time_words(seconds)
        several = started is not None and len(started.stages) > 1
        told = self.tr("stage: {time} left") if several else self.tr("{time} left")
        return told.format(time=time), self.tr("{time} left").format(time=time), time

    def _doing_wordings(self, history: RunHistory, doing: Progress | None, state: RunState) -> tuple[str, ...]:
        """Where the run stands; and what is done between two steps, as long as it is being done."""
        stage, last = history.stage, history.last
        if state is RunState.FINISHED:
            return (counted(history.total, self.tr("1 step"), self.tr("{n} steps")) if history.total else "",)
        if doing is not None and not _in_steps(history):
            return self._task_words(doing), words(doing.task), \
                "" if state is RunState.PAUSED else self.tr("Working…")
        if stage is None:
            return ("",)
        if last is None or last.stage != stage.index:
            begins = self.tr("step {step} of {steps}").format(step=0, steps=f"{stage.steps:,}")
            return (begins if stage.steps else "",)
        place = {"step": f"{last.step:,}", "steps": f"{stage.steps:,}"}
        told = self.tr("step {step} of {steps}").format(**place)
        short = self.tr("{step} of {steps}").format(**place)
        if doing is not None and state is not RunState.PAUSED:
            return f"{told}  ·  {self._task_words(doing)}", f"{told}  ·  {words(doing.task)}", told, short
        epoch = self.tr("step {step} of {steps}, epoch {epoch} of {epochs}").format(
            **place, epoch=max(1, last.epoch), epochs=stage.epochs)
        return epoch, told, short

    def _task_words(self, doing: Progress) -> str:
        if not doing.total:
            return words(doing.task)
        return self.tr("{task}: {done} of {total}").format(
            task=words(doing.task), done=f"{doing.done:,.0f}", total=f"{doing.total:,.0f}")

    @Slot(float)
    def _nothing_heard(self, seconds: float) -> None:
        """Nothing was heard for a while; the next word puts the usual line back."""
        self.stage.set_wordings(self.tr("Nothing heard for {time}").format(time=time_words(seconds)))

    @Slot(object)
    def _project_changed(self, project: Project | None) -> None:
        if project is not None:
            project.changed.connect(self.refresh)
            project.runsChanged.connect(self._runs_changed)
        self._runs_changed()

    @Slot()
    def _runs_changed(self) -> None:
        """Another run is shown, or the project has others than before."""
        project = self.shell.project
        strange = project is not None and not self.shown.is_of(project)
        self._own_run = project.newest_run() if project is not None and strange else None
        self.refresh()

    @Slot()
    def _show(self) -> None:
        if self.sign.leads and self.shown.folder is not None:
            self.shell.look_at(self.shown.folder.path)

    @Slot()
    def _show_own(self) -> None:
        if self._own_run is not None:
            self.shell.look_at(self._own_run.path)


def without_folders(text: str) -> str:
    """``text`` with every path in it as its last part alone: what is said of it is not to be lost behind folders."""
    return re.sub(r"(?<![\w:/\\])(?:[A-Za-z]:)?[/\\](?:[^/\\'\":*?<>|]*[^\s/\\'\":*?<>|][/\\])+", "", text)


def _in_steps(history: RunHistory) -> bool:
    """Whether the stage in hand has taken steps and is not over: what is done besides (validation) is part of it."""
    stage, last = history.stage, history.last
    return stage is not None and last is not None and last.stage == stage.index and stage.steps > 0 \
        and stage.ended is None


def _fraction(history: RunHistory, doing: Progress | None) -> float | None:
    """The share done of the stage, or of the task in hand before and after its steps; None while it cannot be told."""
    if doing is not None and not _in_steps(history):
        return doing.done / doing.total if doing.total > 0 else None
    stage, last = history.stage, history.last
    if stage is None or not stage.steps:
        return None
    return last.step / stage.steps if last is not None and last.stage == stage.index else 0.0


def _seconds_left(history: RunHistory) -> float | None:
    """Seconds left of the stage; None while it cannot be told, and when there are none."""
    stage, last = history.stage, history.last
    if stage is None or last is None or not stage.steps or stage.ended is not None:
        return None
    pace = recent(stage.seconds.y)
    if pace is None:
        return None
    return max(0, stage.steps - last.step) * pace or None
