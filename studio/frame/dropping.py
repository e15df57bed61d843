"""Files dropped anywhere on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.project import FILE
from studio.theme import Type


class DropVeil(QWidget):
    """Lies over the window while files are held above it, and says what letting go will do."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._text = self.tr("Let go to open it")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self) -> None:
        """Show over the whole window."""
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = colors.color("window")
        veil.setAlphaF(0.86)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(colors.color("accent"), 2, Qt.PenStyle.DashLine))
        box = QRectF(self.rect()).adjusted(theme.XL, theme.XL, -theme.XL, -theme.XL)
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        painter.setFont(theme.current().font(Type.HEADING))
        painter.setPen(colors.color("text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()


def project_in(paths: list[Path]) -> Path | None:
    """The project folder among ``paths`` (the folder itself, or its project.toml), if there is one."""
    for path in paths:
        if path.name == FILE:
            return path.parent
        if (path / FILE).is_file():
            return path
    return None
