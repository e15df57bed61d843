"""One editor for each kind of setting."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHelpEvent, QPaintEvent, QWheelEvent
from PySide6.QtGui import Qt as Rich
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from studio import theme
from studio.fields import Field
from studio.words import choice_words

from .layouts import in_row
from .number_box import CalmSlider, NumberBox, Scale

WIDEST_SLIDER = 100_000
"""A linear range wider than this (a seed) gets no slider: a pixel would be thousands."""
DEVICE = "compute.device"
"""A text to the engine; here a list of what this machine has."""


class Editor(QWidget):
    """Edits one value."""

    edited = Signal(object)
    """The person has set another value."""
    refused = Signal(str)
    """What was entered cannot be a value of this setting: why."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.row = in_row(inside=self)

    def set_value(self, value: Any) -> None:
        """Show ``value``; :attr:`edited` is not emitted."""
        raise NotImplementedError

    def controls(self) -> list[QWidget]:
        """What takes the focus, the main one first."""
        raise NotImplementedError


class NumberEditor(Editor):
    """A slider and a box."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        low, high = field.low or 0.0, field.high if field.high is not None else 1e9
        self.scale = Scale(low, high, field.log, field.kind == "integer", float(field.default or 0), field.low_open)
        self.slider = CalmSlider()
        self.slider.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # one stop of Tab a setting: the box moves by arrows too
        self.box = NumberBox(self.scale)
        self.row.addWidget(self.slider, 1)
        self.row.addWidget(self.box)
        wide = not field.log and high - low > WIDEST_SLIDER
        self.slider.setVisible(not wide)
        if wide:
            self.row.insertStretch(0, 1)
        self.slider.valueChanged.connect(self._slid)
        self.box.edited.connect(self._typed)
        self.box.refused.connect(self.refused)

    def set_value(self, value: Any) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.scale.to_position(float(value)))
        self.box.set_value(float(value))

    def controls(self) -> list[QWidget]:
        return [self.box, self.slider]

    @Slot(int)
    def _slid(self, position: int) -> None:
        value = self.scale.to_value(position)
        self.box.set_value(value)
        self.edited.emit(int(value) if self.scale.whole else value)

    @Slot(object)
    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.scale.to_position(value))
        self.edited.emit(value)


_AROUND = 4
"""Px that stay free of a list's text."""


class CalmCombo(QComboBox):
    """A drop-down list that the wheel neither changes in passing nor gives the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widest = self.maximumWidth()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def fit_entries(self, widest: int) -> None:
        """Be as wide as the longest entry, also of those that come later, but ask for no more than ``widest`` px."""
        self._widest = widest
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt does it, but a text that is too long has dots in it: with a style sheet Qt leaves whole words out."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """The tooltip begins with the chosen entry where there is no room for the whole of it."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            whole, told = self.currentText(), self.toolTip()
            if self.shown_text() != whole and whole not in told:
                told = f"<p><b>{escape(whole)}</b></p>{told if Rich.mightBeRichText(told) else escape(told)}"
                QToolTip.showText(event.globalPos(), told, self)
                return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        """Wide enough that the longest entry is not cut."""
        hint = super().sizeHint()
        return QSize(min(hint.width() + _AROUND, self._widest), hint.height())

    def minimumSizeHint(self) -> QSize:
        """A list that goes by its entries is never narrower than the longest of them."""
        if self.sizeAdjustPolicy() == QComboBox.SizeAdjustPolicy.AdjustToContents:
            return self.sizeHint()
        return super().minimumSizeHint()

    def shown_text(self) -> str:
        """The chosen entry as far as there is room for it: names of runs begin alike, those of models end alike."""
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, self.room())

    def room(self) -> int:
        """Px that there are for the chosen entry."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option,
                                           QStyle.SubControl.SC_ComboBoxEditField, self).width() - _AROUND


class ChoiceEditor(Editor):
    """A drop-down list."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.combo = CalmCombo()
        if field.name == DEVICE:
            for key, name in device_choices():
                self.combo.addItem(name, key)
        for choice in field.choices:
            self.combo.addItem(choice_words(choice), choice)
        self.row.addWidget(self.combo, 1)
        self.combo.activated.connect(self._activated)

    def set_value(self, value: Any) -> None:
        if self.combo.findData(value) < 0:
            self.combo.addItem(str(value), value)
        self.combo.setCurrentIndex(self.combo.findData(value))

    def controls(self) -> list[QWidget]:
        return [self.combo]

    @Slot(int)
    def _activated(self, index: int) -> None:
        self.edited.emit(self.combo.itemData(index))


class SwitchEditor(Editor):
    """A check box."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.check = QCheckBox()
        self.row.addWidget(self.check)
        self.row.addStretch(1)
        self.check.clicked.connect(self._clicked)

    def set_value(self, value: Any) -> None:
        self.check.setChecked(bool(value))

    def controls(self) -> list[QWidget]:
        return [self.check]

    @Slot(bool)
    def _clicked(self, checked: bool) -> None:
        self.edited.emit(checked)


class TextEditor(Editor):
    """A line of text, or several values with commas between them."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.line = QLineEdit()
        self.line.setProperty("wrong", False)
        self.row.addWidget(self.line, 1)
        self._value: Any = field.default
        self.line.editingFinished.connect(self._finished)
        self.line.textEdited.connect(self._typing)

    def set_value(self, value: Any) -> None:
        self._value = value
        text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        if self.line.text() != text:
            self.line.setText(text)
        self._mark(False)

    def controls(self) -> list[QWidget]:
        return [self.line]

    @Slot()
    def _finished(self) -> None:
        value = self._parse(self.line.text())
        if value is None:
            typed = self.line.text().strip()
            self.set_value(self._value)
            self.refused.emit(self.tr("“{text}” is not a list of whole numbers with commas between them. "
                                      "It stays {value}.").format(text=typed, value=self.line.text()))
        elif value != self._value:
            self._value = value
            self.edited.emit(value)

    @Slot(str)
    def _typing(self, text: str) -> None:
        self._mark(self._parse(text) is None)

    def _parse(self, text: str) -> Any:
        if self.field.kind == "text":
            return text.strip()
        parts = tuple(part.strip() for part in text.split(",") if part.strip())
        if self.field.kind == "texts":
            return parts
        try:
            return tuple(int(part) for part in parts)
        except ValueError:
            return None

    def _mark(self, wrong: bool) -> None:
        theme.restyle(self.line, "wrong", wrong)


def make_editor(field: Field) -> Editor:
    if field.kind in ("integer", "number"):
        return NumberEditor(field)
    if field.kind == "choice" or field.name == DEVICE:
        return ChoiceEditor(field)
    return SwitchEditor(field) if field.kind == "switch" else TextEditor(field)


def device_choices() -> tuple[tuple[str, str], ...]:
    """What can be chosen as the device: the engine's name for it and what a person reads."""
    translate = QCoreApplication.translate
    found = [("auto", translate("Devices", "Automatic")), ("cpu", translate("Devices", "Processor"))]
    found += [(name, card or translate("Devices", "Apple graphics (mps)")) for name, card in _accelerators()]
    return tuple(found)


@cache
def _accelerators() -> tuple[tuple[str, str], ...]:
    """Names for the engine and for a person; the latter empty where it is no name but a word."""
    import torch

    found = [(f"cuda:{number}", f"{torch.cuda.get_device_name(number)} (cuda:{number})")
             for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(("mps", ""))
    if torch.xpu.is_available():
        found += [(f"xpu:{number}", f"Intel (xpu:{number})") for number in range(torch.xpu.device_count())]
    return tuple(found)
