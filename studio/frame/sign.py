"""The part of the run bar that says what the run is and leads to it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from studio import theme


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
