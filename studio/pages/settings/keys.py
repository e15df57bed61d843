"""The keys of the program's actions, each changeable."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QKeySequenceEdit, QToolButton, QWidget

from studio import theme
from studio.frame.commands import TABLE, ActionLine, keys_in_force, text_of, trouble_with
from studio.settings import Preferences
from studio.shell import Shell
from studio.widgets import Button, Card, IconButton, Label, Paragraph, keep_place
from studio.widgets.layouts import STRETCH, in_row


class KeysCard(Card):
    """An editor an action; keys that are taken are refused with the word by what."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("KeysCard", "Keys"), below=QCoreApplication.translate(
            "KeysCard", "Click into a field and press the keys. Everything else is found by its name with the search."),
            parent=parent)
        self.shell = shell
        self.lines = {line.slot: KeysLine(line) for line in TABLE}
        self.told = Paragraph("", muted=False)
        self.usual = Button(self.tr("Usual keys everywhere"), "reset", "quiet")
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.XL)
        grid.setVerticalSpacing(theme.XS)
        half = (len(self.lines) + 1) // 2
        for number, line in enumerate(self.lines.values()):
            grid.addWidget(line, number % half, number // half)
            line.changed.connect(self._changed)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self.told)
        fixed = QGridLayout()
        fixed.setHorizontalSpacing(theme.XL)
        for row, (what, keys) in enumerate((
            (self.tr("Go to a page"), self.tr("Ctrl+1 and on")),
            (self.tr("Undo, redo"), self.tr("Ctrl+Z, Ctrl+Shift+Z or Ctrl+Y")),
            (self.tr("In a plot: move the cursor or the handle"), self.tr("Arrow keys")),
            (self.tr("In a plot: follow the newest, logarithmic scale"), "F, L"),
        )):
            fixed.addWidget(Paragraph(what), row // 2, 2 * (row % 2))
            fixed.addWidget(Label(keys, muted=True), row // 2, 2 * (row % 2) + 1, Qt.AlignmentFlag.AlignRight)
        fixed.setColumnStretch(0, 1)
        fixed.setColumnStretch(2, 1)
        self.body.addLayout(fixed)
        self.body.addLayout(in_row(self.usual, STRETCH, gap=-1))
        self.usual.clicked.connect(self._use_usual)
        shell.settings.changed.connect(self._follow)
        self._follow(shell.settings.values)

    @Slot(object)
    def _follow(self, values: Preferences) -> None:
        keys = keys_in_force(values.keys)
        for slot, line in self.lines.items():
            line.show_keys(keys[slot])
        self.usual.setEnabled(bool(values.keys))

    @Slot(str, str)
    def _changed(self, slot: str, keys: str) -> None:
        own = dict(self.shell.settings.values.keys)
        why = trouble_with(slot, keys, own)
        self.told.setText(why)
        if why:
            self.lines[slot].show_keys(keys_in_force(own)[slot])
            return
        own[slot] = keys
        self.shell.settings.change(keys={name: value for name, value in own.items() if value != self.lines[name].usual})

    @Slot()
    def _use_usual(self) -> None:
        self.told.setText("")
        self.shell.settings.change(keys={})


class KeysLine(QWidget):
    """One action with its keys, and the way back to the usual ones."""

    changed = Signal(str, str)
    """The action's slot and the keys that it is to have, "" for none."""

    def __init__(self, line: ActionLine) -> None:
        super().__init__()
        self.slot, self.usual = line.slot, line.keys
        self._shown = ""
        text = text_of(line)
        self.box = QKeySequenceEdit(maximumSequenceLength=1, clearButtonEnabled=True)
        self.box.setAccessibleName(self.tr("Keys of: {action}").format(action=text))
        self.box.setFixedWidth(150)
        for clear in self.box.findChildren(QToolButton):
            clear.setAccessibleName(self.tr("No keys: {action}").format(action=text))
            clear.setToolTip(clear.accessibleName())
            clear.clicked.connect(self._edited, Qt.ConnectionType.QueuedConnection)  # Qt tells only of typed keys
        self.reset = IconButton("reset", self.tr("{action}: the usual keys").format(action=text))
        keep_place(self.reset)
        in_row((Paragraph(text, muted=False), 1), self.box, self.reset, inside=self)
        self.box.editingFinished.connect(self._edited)
        self.reset.clicked.connect(self._reset)

    def show_keys(self, keys: str) -> None:
        """These are its keys now."""
        self._shown = keys
        if self.box.keySequence() != QKeySequence(keys):
            self.box.setKeySequence(QKeySequence(keys))
        self.reset.setVisible(keys != self.usual)

    @Slot()
    def _edited(self) -> None:
        keys = self.box.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        if keys != self._shown:
            self.changed.emit(self.slot, keys)

    @Slot()
    def _reset(self) -> None:
        self.changed.emit(self.slot, self.usual)
