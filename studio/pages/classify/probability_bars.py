"""Probabilities of labels as bars."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio.pages.parts.bars import Bar, BarList


class ProbabilityBars(BarList):
    """A bar a label, likeliest first. Picking one asks which words speak for it, where that can be asked."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, pickable: bool = True) -> None:
        super().__init__("", row=30, parent=parent)
        self.setAccessibleName(self.tr("Probabilities of the labels"))
        if not pickable:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.setMouseTracking(False)
        self.values: tuple[tuple[str, float], ...] = ()
        """What is shown, likeliest first."""
        self.rowPicked.connect(self._row_picked)

    def show_probabilities(self, values: dict[str, float], explained: str) -> None:
        """Show ``values``; ``explained`` is the label whose words are marked in the text."""
        self.values = tuple(sorted(values.items(), key=lambda item: -item[1]))
        self.setAccessibleDescription(", ".join(f"{name} {value:.0%}" for name, value in self.values))
        names = [name for name, _ in self.values]
        self.show_bars([Bar(name, value, f"{value:.1%}", strong=row == 0, faint=row > 0)
                        for row, (name, value) in enumerate(self.values)],
                       names.index(explained) if explained in names else -1)

    @Slot(int)
    def _row_picked(self, row: int) -> None:
        self.picked.emit(self.values[row][0])
