"""How often each group of documents is right: bars with their intervals, each a way to its documents."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.pages.parts.bars import Bar, BarList

from .answers import Group


class AccuracyBars(BarList):
    """One bar a group: the share that is right, its interval, how many there are."""

    picked = Signal(object)
    """The group's number by the :attr:`dimension`; -1: none any more."""

    def __init__(self, name: str, dimension: str, parent: QWidget | None = None) -> None:
        super().__init__(name, theme.Type.SMALL, parent=parent)
        self.dimension = dimension
        self.rowPicked.connect(self._row_picked)
        self.show_groups((), -1)

    def show_groups(self, groups: Sequence[Group], picked: int) -> None:
        """Show ``groups``; ``picked`` is the chosen one, -1 for none."""
        self.show_bars([self._bar(group) for group in groups], picked)
        self.setAccessibleDescription("; ".join(map(self._words, groups[:20])))

    def _bar(self, group: Group) -> Bar:
        if not group.count:
            return Bar(group.name, None, "–", self._words(group))
        return Bar(group.name, group.share, f"{group.share:.1%}  {group.count:>6,}", self._words(group),
                   (group.low, group.high))

    def _words(self, group: Group) -> str:
        if not group.count:
            return self.tr("{name}: no documents").format(name=group.name)
        text = self.tr("{name}: right in {right} of {count} documents, {share} ({low} to {high})")
        return text.format(name=group.name, right=f"{group.right:,}", count=f"{group.count:,}",
                           share=f"{group.share:.1%}", low=f"{100 * group.low:.1f}", high=f"{group.high:.1%}")

    @Slot(int)
    def _row_picked(self, row: int) -> None:
        self.picked.emit({self.dimension: -1 if row == self._marked else row})
