"""A mouse that presses, moves in small steps and lets go, as a hand does."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView, QWidget

PAUSE_MS = 12
"""Between two moves: pyqtgraph passes over what comes faster than a hundred times a second."""


def drag(widget: QWidget, places: Iterable[QPoint], before_release: Callable[[], None] | None = None) -> None:
    """Press the left button at the first of ``places``, go on over the others, and let go at the last."""
    start, *others = places
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    _send(widget, QEvent.Type.MouseMove, start, none, none)
    QTest.qWait(PAUSE_MS)
    _send(widget, QEvent.Type.MouseButtonPress, start, left, left)
    for place in others:
        QTest.qWait(PAUSE_MS)
        _send(widget, QEvent.Type.MouseMove, place, none, left)
    if before_release is not None:
        before_release()
    _send(widget, QEvent.Type.MouseButtonRelease, others[-1], left, none)


def click_head(table: QTableView, column: int) -> None:
    """Click on the head of ``column``."""
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def pixel(plot: pg.PlotWidget, x: float, y: float) -> QPoint:
    """Where the point (``x``, ``y``) of ``plot`` is drawn."""
    place: QPoint = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))
    return place


def value(plot: pg.PlotWidget, place: QPoint) -> QPointF:
    """Which point of ``plot`` is drawn at ``place``."""
    point: QPointF = plot.getViewBox().mapSceneToView(plot.mapToScene(place))
    return point


def line(start: QPoint, end: QPoint, steps: int = 20) -> list[QPoint]:
    """The places of the mouse on its way from ``start`` to ``end``."""
    return [start + (end - start) * n / steps for n in range(steps + 1)]


def _send(
    widget: QWidget, kind: QEvent.Type, place: QPoint, button: Qt.MouseButton, buttons: Qt.MouseButton
) -> None:
    event = QMouseEvent(kind, QPointF(place), QPointF(widget.mapToGlobal(place)), button, buttons,
                        Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)
