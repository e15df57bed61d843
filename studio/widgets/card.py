"""A surface that holds what belongs together."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QSpacerItem, QWidget

from studio import theme
from studio.theme import Type

from .layouts import in_column, in_row
from .text_labels import ElidedLabel


class Card(QWidget):
    """A panel with rounded corners; ``body`` takes its content, ``header`` what stands right of the title."""

    def __init__(
        self, title: str = "", *, below: str = "", margin: int = theme.L, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._fill = "panel"
        self._edge = "border"
        outer = in_column(inside=self, gap=theme.M, margins=(margin, margin, margin, margin))
        self.header = in_row()
        self.title = ElidedLabel(title, Type.STRONG)
        self.below = ElidedLabel(below, Type.SMALL, muted=True)
        if title:
            self.header.addLayout(in_column(self.title, self.below, gap=2), 1)
            outer.addLayout(self.header)
            self.below.setVisible(bool(below))
        else:
            self.title.setParent(self)
            self.title.hide()
            self.below.setParent(self)
            self.below.hide()
        self.body = in_column()
        outer.addLayout(self.body, 1)
        # Takes the room that the content does not want, so that the title stays at the top.
        outer.addSpacerItem(QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding))
        self.setAccessibleName(title)
        theme.current().changed.connect(self.update)

    def set_title(self, title: str, below: str = "") -> None:
        """Change the title, and the muted line below it; an empty line is not shown."""
        self.title.setText(title)
        self.below.setText(below)
        self.below.setVisible(bool(below))
        self.setAccessibleName(title)

    def set_colors(self, fill: str = "panel", edge: str = "border") -> None:
        """Name the colours of the surface and of its edge: an active stage, a failure."""
        self._fill, self._edge = fill, edge
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Drawn by hand, as the edge is: a card that takes the focus must show that it has it.
        focused = self.hasFocus() and self.focusPolicy() != Qt.FocusPolicy.NoFocus
        width = 2.0 if focused else 1.0
        painter.setPen(QPen(QColor(colors.color("accent" if focused else self._edge)), width))
        painter.setBrush(colors.color(self._fill))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), theme.RADIUS, theme.RADIUS)
        painter.end()
