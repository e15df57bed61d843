"""A heading that opens and closes what stands below it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme

from .buttons import Button
from .layouts import in_column


class Fold(QWidget):
    """``body`` takes the content; it is shown while the fold is open. Closed at first."""

    toggled = Signal(bool)
    """The person has opened or closed it."""

    def __init__(self, title: str, *, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = Button(title, "chevron-right", "fold")
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.setToolTip(tip)
        self.button.clicked.connect(self._clicked)
        self.inside = QWidget()
        self.body = in_column(inside=self.inside, gap=theme.M, margins=(0, 0, 0, theme.S))
        in_column(self.button, self.inside, inside=self, gap=theme.XS)
        self.unfold(False)

    @property
    def opened(self) -> bool:
        return self.inside.isVisibleTo(self)

    def unfold(self, opened: bool) -> None:
        self.inside.setVisible(opened)
        state = self.tr("open") if opened else self.tr("closed")
        self.button.setAccessibleDescription(state)
        self.button.set_icon("chevron-down" if opened else "chevron-right")

    @Slot()
    def _clicked(self) -> None:
        self.unfold(not self.opened)
        self.toggled.emit(self.opened)
