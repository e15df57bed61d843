"""What a place says as long as there is nothing in it: what it is for, and what to do."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio import theme
from studio.theme import Type

from .layouts import STRETCH, in_column, in_row
from .text_labels import IconLabel, Label, Paragraph


class EmptyState(QWidget):
    """An icon, a sentence, an explanation and the buttons that fill the emptiness."""

    def __init__(self, icon: str, title: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        picture = IconLabel(icon, 40, "muted")
        picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.title = Label(title, Type.HEADING)
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.text = Paragraph(text, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.text.setMaximumWidth(440)
        self.buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.buttons.setSpacing(theme.S)
        self.buttons.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        line = in_row(STRETCH, (self.text, 1000), STRETCH, gap=-1)
        self._column = in_column(STRETCH, picture, self.title, line, theme.XS, self.buttons, (STRETCH, 2), inside=self,
                                 gap=theme.M, margins=None)
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def add_button(self, button: QWidget) -> None:
        """Put ``button`` below the text; the first should be the primary one."""
        self.buttons.addWidget(button)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the widest button: where they do not fit beside one another they stand below."""
        widths = [self.title.minimumSizeHint().width(), *self._widths()]
        margins = self._column.contentsMargins()
        return QSize(max(widths) + margins.left() + margins.right(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        widths, gap = self._widths(), self.buttons.spacing()
        margins = self._column.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        beside = sum(widths) + gap * (len(widths) - 1) <= room
        self.buttons.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _widths(self) -> list[int]:
        shown = [item.widget() for n in range(self.buttons.count()) for item in (self.buttons.itemAt(n),) if item]
        return [one.minimumSizeHint().expandedTo(one.minimumSize()).width()
                for one in shown if one is not None and not one.isHidden()]
