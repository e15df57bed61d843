"""The training documents that are most like the one in view: it learnt this from these."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.models.rows import plain_tip
from studio.widgets import CalmCombo, ElidedLabel, Label, Paragraph
from studio.widgets.layouts import STRETCH, discard, in_column, in_row
from ulmengine.events import Event, Progress

from .jobs import By, Likest, Neighbour

SHOWN = 170
"""Characters of a document, two lines of it; more stands in its tooltip."""


class Nearby(QWidget):
    """Hidden until there are some. By what they are found is named, and chosen here."""

    wanted = Signal()
    """Look again, by what is chosen in :attr:`by`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ways = CalmCombo()
        self.ways.addItem(self.tr("by shared words"), "words")
        self.ways.addItem(self.tr("as the network reads them"), "network")
        self.ways.setAccessibleName(self.tr("By what similar documents are found"))
        self.ways.setToolTip(self.tr("The network's way compares the pooled states that its last layers answer from. "
                                     "It reads all training documents once for that; the run keeps what it found."))
        self.told = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        line = in_row(Label(self.tr("Learnt from these"), theme.Type.STRONG), self.ways, (self.told, 1))
        self._column = in_column(gap=theme.XS)
        in_column(line, self._column, STRETCH, inside=self, gap=theme.XS)
        self.shown: tuple[Neighbour, ...] = ()
        self._widgets: list[QWidget] = []
        self.ways.activated.connect(self.wanted)
        self.clear()

    @property
    def by(self) -> By:
        """What is chosen."""
        return "network" if self.ways.currentData() == "network" else "words"

    def choose(self, by: By) -> None:
        """Find them by this from now on."""
        self.ways.setCurrentIndex(self.ways.findData(by))

    @Slot(object)
    def show_events(self, events: list[Event]) -> None:
        """How far the search is."""
        newest = next((one for one in reversed(events) if isinstance(one, Progress)), None)
        if newest is not None and newest.total:
            self.show()
            self.told.setText(self.tr("Reading the training documents: {share}").format(
                share=f"{newest.done / newest.total:.0%}"))

    @Slot(object)
    def show_found(self, found: Likest) -> None:
        """Show them, the likest first."""
        self._fill(found.neighbours)
        self.setMinimumHeight(0)
        self.choose(found.by)
        self.setVisible(bool(found.neighbours) or found.by == "network")

    def wait(self) -> None:
        """Those of another document are coming; their place is kept, so that what stands above does not jump twice."""
        if self.isVisible():
            self.setMinimumHeight(self.height())
        self._fill(())

    def clear(self) -> None:
        """No document is in view."""
        self._fill(())
        self.setMinimumHeight(0)
        self.hide()

    def _fill(self, neighbours: tuple[Neighbour, ...]) -> None:
        self.told.setText("")
        discard(self._column, self._widgets)
        self.shown, self._widgets = neighbours, []
        for one in neighbours:
            heading = self.tr("{label}  ·  likeness {share}  ·  row {row}").format(
                label=one.label or self.tr("none"), share=f"{one.likeness:.0%}", row=f"{one.row + 1:,}")
            text = " ".join(one.text[: SHOWN + 1].split())
            begins = Paragraph(text[:SHOWN] + ("…" if len(text) > SHOWN else ""), theme.Type.SMALL)
            begins.setToolTip(plain_tip(one.text))
            self._widgets += [ElidedLabel(heading, theme.Type.SMALL, numbers=True), begins]
        for widget in self._widgets:
            self._column.addWidget(widget)
