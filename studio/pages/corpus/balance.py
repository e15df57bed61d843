"""How many documents each label has."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from studio.pages.parts.bars import Bar, BarList
from studio.pages.parts.quantities import percent
from ulmengine.corpus.repeats import RARE


class BalanceBars(BarList):
    """A bar a label, commonest first; picking one asks for its documents."""

    picked = Signal(str)
    """The label picked; an empty text when the picked one is picked again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.setAccessibleName(self.tr("Documents of each label"))
        self.counts: tuple[tuple[str, int], ...] = ()
        """What is shown, commonest first."""
        self._picked = ""
        self.rowPicked.connect(self._row_picked)

    def set_counts(self, counts: Sequence[tuple[str, int]]) -> None:
        """Show these labels with their numbers of documents."""
        self.counts = tuple(sorted(counts, key=lambda item: (-item[1], item[0])))
        self._picked, self._at = "", 0
        total, most = sum(count for _, count in counts) or 1, max([1, *(count for _, count in counts)])
        told = "; ".join(f"{name}: {count:,} ({count / total:.0%})" for name, count in self.counts[:20])
        self.setAccessibleDescription(told)
        self.show_bars([Bar(name, count / most, f"{count:,}  {percent(count / total)}", self._tip(name, count),
                            color="warn" if count < RARE else "series1") for name, count in self.counts])

    def set_picked(self, label: str) -> None:
        """Mark a label as picked without telling anyone."""
        self._picked = label
        self.mark(next((row for row, (name, _) in enumerate(self.counts) if label and name == label), -1))

    def _tip(self, name: str, count: int) -> str:
        text = self.tr("{label}: {count} documents. Click to show them.").format(label=name, count=f"{count:,}")
        return text + " " + self.tr("So few are hardly enough to learn from.") if count < RARE else text

    @Slot(int)
    def _row_picked(self, row: int) -> None:
        name = self.counts[row][0]
        self.set_picked("" if name == self._picked else name)
        self.picked.emit(self._picked)
