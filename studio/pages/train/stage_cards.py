"""The stages of a run as cards in a row: done, running, waiting or left out, each with what matters about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QScrollArea, QSizePolicy, QWidget

from studio import theme
from studio.plots.history import RunHistory, StageRecord
from studio.plots.series import recent
from studio.theme import Type
from studio.widgets import Card, ElidedLabel, FittingLabel, StatusDot, keep_place
from studio.widgets.dot import dot_words
from studio.widgets.layouts import as_widget, in_column, in_row
from studio.words import figure, rate
from ulmengine.plan.stages import StagePlan

from .figures import epochs_words, metrics_words, plan_name, plan_words

NARROWEST = 160
HEIGHT = 92


class StageCard(Card):
    """One stage. A click shows its part of the curves."""

    chosen = Signal(int)

    def __init__(self, plan: StagePlan, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.S, parent=parent)
        self.plan = plan
        self.dot = StatusDot()
        self.name = ElidedLabel(plan_name(plan), Type.STRONG)
        self.first = FittingLabel(Type.SMALL, muted=True, numbers=True)
        self.second = FittingLabel(Type.SMALL, muted=True, numbers=True)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress of the stage"))
        self.body.addLayout(in_column(in_row(self.dot, (self.name, 1)), self.first, self.second, self.bar,
                                      gap=theme.XS))
        keep_place(self.bar)
        self.setMinimumWidth(NARROWEST)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_stage(None, False)

    def show_stage(self, stage: StageRecord | None, alive: bool, left_out: bool = False) -> None:
        """``stage``: what it has done so far, None while it waits; ``alive``: the run is under way; ``left_out``: the
        run finishes before it."""
        over = stage is not None and stage.ended is not None
        running = stage is not None and not over
        kind = "done" if over else ("busy" if alive else "ready") if running else ""
        self.dot.set_kind(kind)
        self.dot.setVisible(bool(kind))
        self.set_colors("accent_soft" if running and alive else "panel", "accent" if running and alive else "border")
        self.bar.setVisible(running)
        waiting = self.tr("left out") if left_out else self.tr("waiting")
        if stage is None:
            epochs = epochs_words(self.plan.epochs)
            self.first.set_wordings(plan_words(self.plan), f"{epochs}  ·  {rate(self.plan.peak)}", epochs)
            self.second.set_wordings(waiting)
        elif over:
            self._show_end(stage)
        else:
            self._show_progress(stage)
        said = dot_words(kind) or waiting
        self.setAccessibleName(f"{self.plan.name}: {said}. {self.first.text()}. {self.second.text()}")

    def _show_end(self, stage: StageRecord) -> None:
        assert stage.ended is not None
        ended = self.tr("ended early") if stage.ended.skipped else epochs_words(stage.ended.epochs)
        if not stage.ended.metrics:  # nothing was held back to measure on
            self.first.set_wordings(self.tr("training loss {loss}").format(loss=figure(stage.ended.train_loss)))
            self.second.set_wordings(ended)
            return
        self.first.set_wordings(metrics_words(stage.ended.metrics | {"valid_loss": stage.ended.valid_loss}))
        self.second.set_wordings(self.tr("loss {loss}").format(loss=figure(stage.ended.valid_loss)) + f"  ·  {ended}",
                                 ended)

    def _show_progress(self, stage: StageRecord) -> None:
        done = len(stage.loss)
        self.bar.setRange(0, max(1, stage.steps))
        self.bar.setValue(min(int(stage.loss.x[-1]) - stage.before, stage.steps) if done else 0)
        epoch = min(len(stage.ends) + 1, max(1, stage.epochs))
        self.first.set_wordings(self.tr("epoch {epoch} of {epochs}").format(epoch=epoch, epochs=max(1, stage.epochs)))
        best = stage.best
        if best is not None and best.metrics:
            self.second.set_wordings(self.tr("kept: {result}").format(result=metrics_words(best.metrics)),
                                     metrics_words(best.metrics))
        else:
            self.second.set_wordings(self.tr("loss {loss}").format(loss=figure(recent(stage.loss.y))) if done else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.plan.index)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.plan.index)
        else:
            super().keyPressEvent(event)


class StageStrip(QScrollArea):
    """All stages in order; scrolls sideways where there are many."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[StageCard] = []
        self._least = 0
        self._current: StageCard | None = None
        self._later = QTimer(self, singleShot=True)  # the cards take their places first
        self._later.timeout.connect(self._show_current)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Stages of the run"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def set_plans(self, plans: tuple[StagePlan, ...]) -> None:
        if [card.plan for card in self.cards] == list(plans):
            return
        self.cards = [StageCard(plan) for plan in plans]
        for card in self.cards:
            card.chosen.connect(self.chosen)
        # At the top: what is inside may be the higher for a moment.
        self.setWidget(as_widget(in_row(*((card, 1, Qt.AlignmentFlag.AlignTop) for card in self.cards))))
        self._least = len(plans) * (NARROWEST + theme.S) - theme.S
        self._fit()

    def show_history(self, history: RunHistory, alive: bool, left_out: frozenset[int] = frozenset()) -> None:
        """Bring the cards up to date; ``left_out``: numbers of the stages that are not going to begin."""
        known = {stage.index: stage for stage in history.stages}
        for card in self.cards:
            card.show_stage(known.get(card.plan.index), alive, card.plan.index in left_out)
        begun = [card for card in self.cards if card.plan.index in known]
        if begun and begun[-1] is not self._current:  # once a stage: between them the person scrolls
            self._current = begun[-1]
            self._later.start()

    @Slot()
    def _show_current(self) -> None:
        if self._current in self.cards:
            self.ensureWidgetVisible(self._current, theme.S, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._later.start()

    def _fit(self) -> None:
        crowded = self._least > self.width()
        self.setFixedHeight(HEIGHT + (theme.L if crowded else 0))
