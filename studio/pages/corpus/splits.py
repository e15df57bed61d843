"""How the documents are shared out, with what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from studio import theme
from studio.fields import field
from studio.pages.parts.painted import Painted
from studio.pages.parts.quantities import counted, percent
from studio.project import Project
from studio.widgets import CalmCombo, ConfigForm, Label, Paragraph
from studio.widgets.layouts import STRETCH, in_column, scrolling
from studio.words import words

METHOD = ("corpus.split.method",)
COLUMN = "corpus.split.column"
SHARES = ("corpus.split.validation", "corpus.split.test", "corpus.split.unmeasured", "corpus.min_per_class",
          "corpus.same_text")
_SERIES = {"train": "series1", "validation": "series2", "test": "series3", "unlabelled": "muted"}


class SplitPanel(QWidget):
    """The settings of the split above the numbers of documents that follow from them."""

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.method = ConfigForm(project, METHOD, compact=True)
        self.column = CalmCombo()
        self.column.setObjectName(COLUMN)
        self.column.setAccessibleName(words(field(COLUMN).label))
        self.column.setToolTip(words(field(COLUMN).help))
        self.column.activated.connect(self._column_chosen)
        self.shares = ConfigForm(project, SHARES, compact=True)
        self.strip = PartsStrip()
        self.told = Paragraph("", theme.Type.SMALL)
        self._numbers: dict[str, Label] = {}
        inside = QWidget()
        in_column(scrolling(inside), inside=self)
        named = in_column(Label(words(field(COLUMN).label)), self.column, gap=2)
        in_column(self.method, named, self.shares, self.strip, self._table(), self.told, STRETCH, inside=inside,
                  gap=theme.M, margins=(0, theme.M, theme.S, 0))

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.M)
        grid.setVerticalSpacing(theme.XS)
        grid.setColumnStretch(2, 1)
        for row, (part, name) in enumerate(part_names(self).items()):
            grid.addWidget(_Swatch(_SERIES[part]), row, 0)
            grid.addWidget(Label(name), row, 1)
            number = Label("–", numbers=True)
            number.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._numbers[part] = number
            grid.addWidget(number, row, 2)
        return grid

    def show_columns(self, columns: Sequence[str], wanted: str, found: str) -> None:
        """Offer ``columns``; ``wanted`` was set by hand, ``found`` is the one in force."""
        self.column.clear()
        none = self.tr("none")
        self.column.addItem(self.tr("Auto: {column}").format(column=found if found and not wanted else none), "")
        for name in columns:
            self.column.addItem(name or self.tr("(no name)"), name)
        self.column.setCurrentIndex(max(0, self.column.findData(wanted)) if wanted else 0)

    @Slot(int)
    def _column_chosen(self, index: int) -> None:
        self.project.change({COLUMN: self.column.itemData(index)})

    def show_counts(self, counts: dict[str, int], left_out: int) -> None:
        """Show the documents of each part; ``left_out``: how many stand in none because their text is held back."""
        total = sum(counts.values())
        for part, label in self._numbers.items():
            count = counts.get(part, 0)
            share = f"   {percent(count / total)}" if total else ""
            label.setText(f"{count:,}{share}" if total else "–")
        self.strip.show_counts(counts)
        self.told.setText(counted(
            left_out,
            self.tr("1 document is left out because its text is held back for validation or test."),
            self.tr("{n} documents are left out because their texts are held back for validation or test."),
        ) if left_out else "")


def part_names(owner: QWidget) -> dict[str, str]:
    """What the parts are called, in the person's language."""
    return {
        "train": owner.tr("Training"), "validation": owner.tr("Validation"), "test": owner.tr("Test"),
        "unlabelled": owner.tr("Without label"),
    }


class PartsStrip(Painted):
    """One bar cut into the parts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Shares of the parts"))
        self._counts: dict[str, int] = {}
        self.setFixedHeight(14)

    def show_counts(self, counts: dict[str, int]) -> None:
        """Show these numbers of documents."""
        self._counts = counts
        self.setAccessibleDescription(", ".join(f"{part_names(self)[part]}: {n:,}" for part, n in counts.items()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        painter.setPen(Qt.PenStyle.NoPen)
        total, left = sum(self._counts.values()), 0.0
        if not total:
            painter.setBrush(self.color("sunken"))
            painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        for part, count in self._counts.items():
            width = self.width() * count / max(total, 1)
            if width > 0:
                painter.setBrush(self.color(_SERIES[part]))
                painter.drawRect(QRectF(left, 0, max(width - 1, 1), self.height()))
            left += width
        painter.end()


class _Swatch(Painted):
    """A small square of a colour."""

    def __init__(self, color: str) -> None:
        super().__init__("")
        self._color = color
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color(self._color))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        painter.end()
