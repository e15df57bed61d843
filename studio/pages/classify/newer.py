"""Word of a newer model, with the way to it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio import theme
from studio.widgets import Button, Card, IconButton, Paragraph


class NewerModel(Card):
    """Hidden until :meth:`offer`."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.S, parent=parent)
        self.set_colors("accent_soft", "accent")
        self._icon = QLabel()
        self.text = Paragraph("", muted=False)
        self.use = Button(self.tr("Use it"))
        close = IconButton("close", self.tr("Close"))
        row = QHBoxLayout()
        row.setContentsMargins(theme.S, 0, 0, 0)
        row.setSpacing(theme.S)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.use)
        row.addWidget(close)
        self.body.addLayout(row)
        self.use.clicked.connect(self._use)
        close.clicked.connect(self.hide)
        theme.current().changed.connect(self._paint)
        self._paint()
        self.hide()

    def offer(self, words: str) -> None:
        """Say ``words`` and offer to use the model they speak of."""
        self.text.setText(words)
        self.show()

    @Slot()
    def _use(self) -> None:
        self.hide()
        self.wanted.emit()

    @Slot()
    def _paint(self) -> None:
        self._icon.setPixmap(theme.current().pixmap("info", 16, "accent"))
