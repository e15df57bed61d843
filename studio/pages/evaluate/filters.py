"""What the documents in view are narrowed down to: one chip a filter; a click takes it away."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets import Button, ElidedLabel
from studio.widgets.layouts import STRETCH, discard, in_row

from .answers import COLUMN, CONFIDENCE, GIVEN, LENGTH, RIGHT, SAID, UNKNOWN, Answers


class Filter(QObject):
    """Which group of each dimension is chosen."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.picks: dict[str, int] = {}

    @Slot(object)
    def pick(self, groups: dict[str, int]) -> None:
        """Choose groups by dimension; -1 lets one go."""
        for name, group in groups.items():
            if group < 0:
                self.picks.pop(name, None)
            else:
                self.picks[name] = group
        self.changed.emit()

    @Slot(str)
    def unpick(self, name: str) -> None:
        """Let the dimension ``name`` go."""
        self.pick({name: -1})

    @Slot()
    def show_all(self) -> None:
        self.picks = {}
        self.changed.emit()

    @Slot()
    def toggle_wrong(self) -> None:
        """Show only mistakes, or no longer only these."""
        self.pick({RIGHT: -1 if RIGHT in self.picks else 0})

    def words(self, answers: Answers) -> dict[str, str]:
        """Each filter in words, by its dimension."""
        return {name: self._words(answers, name, group) for name, group in self.picks.items()}

    def _words(self, answers: Answers, name: str, group: int) -> str:
        kept = answers.kept
        if kept.multi_label and name in (GIVEN, SAID):
            label = kept.labels[group // 2]
            value = label if group % 2 else self.tr("not {label}").format(label=label)
        elif name == RIGHT:
            return self.tr("only mistakes")
        else:
            value = answers.dimensions[name].names[group] or self.tr("(empty)")
        names = {GIVEN: self.tr("given {value}"), SAID: self.tr("said {value}"), CONFIDENCE: self.tr("sure {value}"),
                 LENGTH: self.tr("{value} tokens"), UNKNOWN: self.tr("{value} unknown words")}
        return names.get(name, name.removeprefix(COLUMN) + ": {value}").format(value=value)


class FilterChips(QWidget):
    """Chips and a button that takes all filters away; a line of the same height while there is no filter."""

    removed = Signal(str)
    """The filter of this dimension is to go."""
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clear = Button(self.tr("Show all"), "close", "quiet")
        self.chips: list[Chip] = []
        self.hint = ElidedLabel(self.tr("A cell, a class, a bar or a group that you pick narrows all else down to its "
                                        "documents."), theme.Type.SMALL, muted=True)
        self._row = in_row(self.clear, (self.hint, 1), (STRETCH, 0), inside=self, gap=theme.XS)
        self.setFixedHeight(self.clear.sizeHint().height())  # nothing moves under the pointer
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clear.clicked.connect(self.cleared)
        self.show_filters({})

    def show_filters(self, filters: dict[str, str]) -> None:
        """Show the ``filters`` (dimension -> what is chosen, in words)."""
        if {chip.dimension: chip.text() for chip in self.chips} != filters:
            discard(self._row, self.chips)
            self.chips = [Chip(dimension, words) for dimension, words in filters.items()]
            for place, chip in enumerate(self.chips):
                chip.wanted.connect(self.removed)
                self._row.insertWidget(place, chip)
        self.clear.setVisible(bool(filters))
        self.hint.setVisible(not filters)
        self._row.setStretch(self._row.count() - 1, 1 if filters else 0)


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
