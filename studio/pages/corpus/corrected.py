"""Labels that a person has corrected, listed beside the repairs, each with its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.labels import key_of, labels_of
from studio.pages.parts.quantities import counted
from studio.widgets import Button, Card, IconButton, Paragraph
from ulmengine.record.relabelled import LabelChange

MOST = 50
"""Corrections that stand in a line of their own; of more, the rows can still be shown."""


class CorrectedCard(Card):
    """A line a correction; hidden where there is none."""

    rowsWanted = Signal(object)
    """Show the documents with these keys (a tuple)."""
    backWanted = Signal(object)
    """Give the documents with these keys (a tuple) the labels of the file again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("CorrectedCard", "Labels corrected by you"), parent=parent)
        self.lines: list[CorrectedLine] = []
        self._keys: tuple[str, ...] = ()
        self.text = Paragraph("", theme.Type.SMALL)
        self.show_rows = Button(self.tr("Show their rows"), "eye", "quiet")
        self.restore = Button(self.tr("Take all back"), "undo", "quiet")
        self.show_rows.clicked.connect(self._show_all)
        self.restore.clicked.connect(self._take_all_back)
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.S)
        buttons.addWidget(self.show_rows)
        buttons.addWidget(self.restore)
        buttons.addStretch(1)
        self.body.addWidget(self.text)
        self.body.addLayout(self._column)
        self.body.addLayout(buttons)
        self.show_corrections((), (), False)

    def show_corrections(self, records: Sequence[str], journal: Sequence[LabelChange], multi_label: bool) -> None:
        """Show these ``records`` of the description, newest last; ``journal`` tells when and why."""
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        newest: Mapping[str, LabelChange] = {one.document: one for one in journal}
        self._keys = tuple(map(key_of, records))
        self.lines = [CorrectedLine(key_of(record), ", ".join(labels_of(record, multi_label)),
                                    newest.get(key_of(record))) for record in records[-MOST:]]
        for line in self.lines:
            self._column.addWidget(line)
            line.rowsWanted.connect(self.rowsWanted)
            line.backWanted.connect(self.backWanted)
        self.text.setText(counted(
            len(records), self.tr("1 label differs from the file, which is unchanged. The next run uses it."),
            self.tr("{n} labels differ from the file, which is unchanged. The next run uses them.")))
        self.setVisible(bool(records))

    @Slot()
    def _show_all(self) -> None:
        self.rowsWanted.emit(self._keys)

    @Slot()
    def _take_all_back(self) -> None:
        self.backWanted.emit(self._keys)


class CorrectedLine(QWidget):
    """One corrected label."""

    rowsWanted = Signal(object)
    backWanted = Signal(object)

    def __init__(self, key: str, label: str, change: LabelChange | None) -> None:
        super().__init__()
        self.key = key
        before = ", ".join(change.before) if change is not None else ""
        words = f"{before} → {label}" if before else label
        if change is not None:
            words += "  ·  ".join(["", change.when[:10], *([change.why] if change.why else [])])
        self.text = Paragraph(words, muted=False)
        self.show_row = IconButton("eye", self.tr("{label}: show the row").format(label=words))
        self.back = Button(self.tr("Take back"), "undo", "quiet")
        self.back.setAccessibleName(self.tr("{label}: take the correction back").format(label=words))
        self.show_row.clicked.connect(self._show)
        self.back.clicked.connect(self._take_back)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.XS)
        row.addWidget(self.text, 1)
        row.addWidget(self.show_row)
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignVCenter)

    @Slot()
    def _show(self) -> None:
        self.rowsWanted.emit((self.key,))

    @Slot()
    def _take_back(self) -> None:
        self.backWanted.emit((self.key,))
