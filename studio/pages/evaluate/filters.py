"""What the documents in view are narrowed down to: one chip a filter; a click takes it away."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio import theme
from studio.widgets import Button


class FilterLine(QWidget):
    """Chips and a button that takes all filters away; hidden while there is no filter."""

    removed = Signal(str)
    """The filter of this dimension is to go."""
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clear = Button(self.tr("Show all"), "close", "quiet")
        self.chips: list[Chip] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.XS)
        self._row.addWidget(self.clear)
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clear.clicked.connect(self.cleared)
        self.show_filters({})

    def show_filters(self, filters: dict[str, str]) -> None:
        """Show the ``filters`` (dimension -> what is chosen, in words)."""
        if {chip.dimension: chip.text() for chip in self.chips} != filters:
            for chip in self.chips:
                self._row.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            self.chips = [Chip(dimension, words) for dimension, words in filters.items()]
            for place, chip in enumerate(self.chips):
                chip.wanted.connect(self.removed)
                self._row.insertWidget(place, chip)
        self.setVisible(bool(filters))


class Chip(Button):
    """One filter; a click takes it away."""

    wanted = Signal(str)

    def __init__(self, dimension: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, "close", parent=parent)
        self.dimension = dimension
        self.setAccessibleName(self.tr("Take the filter away: {filter}").format(filter=words))
        self.setToolTip(self.accessibleName())
        self.clicked.connect(self._click)

    @Slot()
    def _click(self) -> None:
        self.wanted.emit(self.dimension)
