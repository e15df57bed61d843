"""The ground of the small pictures that are painted by hand: they follow the theme and speak to a screen reader."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio import theme


class Painted(QWidget):
    """A widget that paints itself in the colours of the theme."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        theme.current().changed.connect(self._theme_changed)

    def color(self, name: str) -> QColor:
        """The colour called ``name`` in the theme in force."""
        return theme.colors().color(name)

    def blend(self, name: str, share: float) -> QColor:
        """The colour called ``name`` mixed into the panel; opaque."""
        return theme.colors().blend(name, share)

    def type(self, step: theme.Type = theme.Type.BODY, *, numbers: bool = False) -> QFont:
        return theme.current().font(step, numbers=numbers)

    def metrics(self, step: theme.Type = theme.Type.BODY) -> QFontMetricsF:
        """Measures of a font of the scale."""
        return QFontMetricsF(self.type(step))

    def painter(self) -> QPainter:
        """A painter on this widget with smooth edges; call it in ``paintEvent`` only and end it there."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def paint_focus(self, painter: QPainter) -> None:
        """A frame around all of it while it has the focus."""
        if self.hasFocus():
            painter.setPen(QPen(self.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.CONTROL_RADIUS,
                                    theme.CONTROL_RADIUS)

    @Slot()
    def _theme_changed(self) -> None:
        self.updateGeometry()
        self.update()
