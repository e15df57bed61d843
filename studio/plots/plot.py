"""What all plots share: the theme, following the newest point, one redraw a moment, a cursor, the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
import shiboken6
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio import theme

from .look import Axis, dress, pen, to_log
from .series import Floats

REDRAW_MS = 100
"""Least time between two redraws: ten a second."""

CALM_MS = 400
"""The same for plots that are glanced at, so that the processor is left to the training."""

FREE = 0.06
"""Of the height of what there is to see, above and below it."""

MOST_NAMES = 0.4
"""The most of the picture that is left free for what is written above the curves."""

BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
"""Who comes this way must see where the focus is."""


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """A plot that draws itself anew when it is :meth:`mark`-ed, seen, and not more often than it can be read.

    A subclass draws in :meth:`paint_curves` and says in :meth:`bounds` what there is to see.
    """

    if TYPE_CHECKING:  # pyqtgraph is untyped, and so would everything be that is inherited through it
        def tr(self, text: str, disambiguation: str | None = None, n: int = -1) -> str: ...

    followChanged = Signal(bool)
    """Whether the view keeps up with the newest points; zooming by hand ends that."""
    logChanged = Signal(bool)
    """Whether y is drawn logarithmically."""
    cursorMoved = Signal(object)
    """Where on the x axis the cursor is, None if nowhere."""

    def __init__(
        self, name: str, *, left: str = "", bottom: str = "", wide: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, enableMenu=False,
                         axisItems={"left": Axis("left", narrow=not wide), "bottom": Axis("bottom")})
        self.name = name
        self.setAccessibleName(name)
        self.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if wide else Qt.FocusPolicy.NoFocus)
        # pyqtgraph makes this menu all the same; as a child it goes when the plot goes. A popup it must stay, or it
        # would be shown as a part of the plot.
        menu = self.plotItem.ctrlMenu
        menu.setParent(self, menu.windowFlags())
        self.hideButtons()
        self.view = self.getViewBox()
        self.view.disableAutoRange()
        self.view.setMouseEnabled(x=wide, y=wide)
        if left:
            self.setLabel("left", left)
        if bottom:
            self.setLabel("bottom", bottom)
        self.following = True
        self.log_y = False
        self._ringed = False
        self._due = True
        self._behind = False
        """It has come into view and was not painted since."""
        self._gap = QTimer(self, singleShot=True, interval=REDRAW_MS if wide else CALM_MS)
        self._gap.timeout.connect(self._gap_over)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setZValue(50)
        self._cursor.hide()
        self.addItem(self._cursor)
        self.view.sigRangeChangedManually.connect(self._zoomed)
        self.view.sigXRangeChanged.connect(self._range_changed)
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        theme.current().changed.connect(self._theme_changed)
        self.redress()

    def gather(self) -> None:
        """Take note of what there is to draw, before the view is fitted to it."""

    def paint_curves(self) -> None:
        """Draw what there is; called at most every :data:`REDRAW_MS` and only while the plot is seen."""
        raise NotImplementedError

    def bounds(self) -> tuple[float, float, float, float] | None:
        """Left, right, lowest, highest of what there is to see (in drawn units), None for nothing."""
        raise NotImplementedError

    def summary(self) -> str:
        """The plot in a sentence, for a screen reader."""
        return self.name

    def mark(self) -> None:
        """There is something new to draw."""
        self._due = True
        if self.isVisible() and not self._gap.isActive():
            self._gap.start()

    def begin_anew(self) -> None:
        """What is drawn is of the past: it goes at once, and all that there is now is in view."""
        self.following = self._due = True
        if self.isVisible():
            self.redraw()

    @Slot()
    def redraw(self) -> None:
        self.gather()
        numbered, axis = self.bounds() is not None, self.getAxis("left")
        if axis.style["showValues"] != numbered:  # where there is nothing, the numbers would be made up
            axis.setStyle(showValues=numbered)
        if self.following:
            self._fit()
        self._due = False
        self.paint_curves()
        self.setAccessibleDescription(self.summary())

    def set_following(self, following: bool) -> None:
        """Keep the newest points in view, or leave the view alone."""
        if following != self.following:
            self.following = following
            self.followChanged.emit(following)
        if following:
            self.redraw()

    def set_log(self, log: bool) -> None:
        """Draw y logarithmically, or not."""
        self.log_y = log
        self.getAxis("left").setLogMode(y=log)
        self.gather()
        self._fit()
        self.redraw()
        self.logChanged.emit(log)

    @property
    def cursor_place(self) -> float | None:
        """Where on the x axis the cursor stands, None if nowhere."""
        return float(self._cursor.value()) if self._cursor.isVisible() else None

    def set_cursor(self, x: float | None) -> None:
        """Stand the cursor at ``x``; None takes it away."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setPos(x)

    def scaled(self, y: Floats | list[float]) -> Floats:
        """``y`` as it is drawn."""
        values = np.asarray(y, np.float64)
        return to_log(values) if self.log_y else values

    def room_above(self, high: float) -> float:
        """What :meth:`bounds` has to add above the curves so that ``high`` px are free there, as a share of their
        height; what is left free around all that there is to see counts."""
        taken = (1 + 2 * FREE) * min(high / max(float(self.view.height()), 1.0), MOST_NAMES)
        return max(0.0, (taken - FREE) / (1 + FREE - taken))

    def pixels(self) -> int:
        """Width of the picture."""
        return max(50, int(self.view.width()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() in BY_KEYBOARD
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is new since it was out of view is drawn first. A plot that was reached by keyboard has a frame."""
        if self._behind and self._due:
            self.redraw()
        self._behind = False
        super().paintEvent(event)
        if self._ringed:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colors().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
            painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        """What is new is drawn with the painting: in another turn of the loop than the one that made the page."""
        super().showEvent(event)
        self._behind = True

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.cursorMoved.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel passes over a plot to what scrolls around it; with Ctrl it zooms the x axis."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or not self.view.state["mouseEnabled"][0]:
            event.ignore()
            return
        self.view.setMouseEnabled(x=True, y=False)
        super().wheelEvent(event)
        self.view.setMouseEnabled(x=True, y=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the cursor, F follows, L changes between linear and logarithmic."""
        keys = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in keys:
            (low, high), _ = self.view.viewRange()
            here = self._cursor.value() if self._cursor.isVisible() else high
            self.cursorMoved.emit(min(max(here + keys[key] * (high - low) / 100, low), high))
        elif key == Qt.Key.Key_F:
            self.set_following(True)
        elif key == Qt.Key.Key_L:
            self.set_log(not self.log_y)
        else:
            super().keyPressEvent(event)

    @Slot()
    def redress(self) -> None:
        """Put the colours of the theme on."""
        dress(self)
        self._cursor.setPen(pen(theme.colors().color("outline")))
        self.mark()

    @Slot()
    def _theme_changed(self) -> None:
        # pyqtgraph's objects refer to one another, so that this one may outlive its widget for a while; and a plot
        # that was closed has no axes any more, but lives on until Qt deletes it.
        if shiboken6.isValid(self) and self.plotItem is not None:
            self.redress()

    def _fit(self) -> None:
        found = self.bounds()
        if found is None:
            return
        left, right, low, high = found
        room = (high - low) * FREE or abs(high) * FREE or 0.5
        self.view.setRange(xRange=(left, max(right, left + 1e-9)), yRange=(low - room, high + room), padding=0)

    @Slot()
    def _gap_over(self) -> None:
        if self._due and self.isVisible():
            self.redraw()

    @Slot(object)
    def _zoomed(self, axes: Sequence[bool]) -> None:
        # Told of by a drag over a view that cannot be moved as well: nothing has happened then.
        if self.following and any(axes):
            self.following = False
            self.followChanged.emit(False)

    @Slot(object, object)
    def _range_changed(self, view: object, span: object) -> None:
        del view, span
        self.mark()

    @Slot(object)
    def _mouse_moved(self, position: QPointF) -> None:
        if self.view.sceneBoundingRect().contains(position):
            self.cursorMoved.emit(float(self.view.mapSceneToView(position).x()))
        else:
            self.cursorMoved.emit(None)
