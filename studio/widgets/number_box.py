"""A number with its range: typed, stepped with the arrow keys, or moved on a linear or logarithmic slider."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSlider, QWidget

from studio import theme

POSITIONS = 1_000
"""Positions of a slider."""
LONG = 20
"""A range at least this long may be bent."""
WIDTH = 92
"""Room for six figures and an exponent."""


@dataclass(frozen=True)
class Scale:
    """How a slider's position 0 .. 1000 stands for a number between ``low`` and ``high``."""

    low: float
    high: float
    log: bool = False
    whole: bool = False
    usual: float = 0.0
    low_open: bool = False
    """``low`` itself is not permitted."""

    @property
    def floor(self) -> float:
        """The number at position 0; a logarithmic scale cannot begin at 0 and begins far below the usual value."""
        if not self.log or self.low > 0:
            return self.low + self.step if self.low_open else self.low
        return 10.0 ** (math.floor(math.log10(self.usual or self.high)) - 3)

    @property
    def bend(self) -> float:
        """How strongly a linear scale is bent: 3 where the usual value lies in the first twentieth of a long range."""
        span = self.high - self.low
        return 3.0 if not self.log and span >= LONG and self.usual - self.low < 0.05 * span else 1.0

    def to_value(self, position: float) -> float:
        """The number at ``position``, rounded to what a person would write."""
        share = min(max(position / POSITIONS, 0.0), 1.0)
        if share in (0.0, 1.0):
            return self.high if share else self.floor
        if self.log:
            value = self.floor * (self.high / self.floor) ** share
        else:
            value = self.low + (self.high - self.low) * share**self.bend
        return float(round(value)) if self.whole else self._rounded(value)

    def to_position(self, value: float) -> int:
        """The position that stands for ``value``. Only the ends themselves sit at the ends, or lie beyond them."""
        if self.high <= self.low:
            return 0
        if self.log:
            share = math.log(max(value, self.floor) / self.floor) / math.log(self.high / self.floor)
        else:
            share = max(0.0, (value - self.low) / (self.high - self.low)) ** (1 / self.bend)
        if self.floor < value < self.high:
            return min(max(round(share * POSITIONS), 1), POSITIONS - 1)
        return 0 if value <= self.floor else POSITIONS

    def stepped(self, value: float, steps: int) -> float:
        """``value`` moved by ``steps`` of a sensible size, within the range."""
        if self.log:
            moved = max(value, self.floor) * 1.1**steps
            if self.whole and round(moved) == round(value):
                moved = value + math.copysign(1, steps)
        else:
            moved = value + steps * self.step
        moved = min(max(moved, self.low), self.high)
        return float(round(moved)) if self.whole else self._rounded(moved)

    @property
    def step(self) -> float:
        """One step of a linear scale: 1 for whole numbers, otherwise about a hundredth of the range."""
        if self.whole:
            return 1.0
        return 10.0 ** math.floor(math.log10((self.high - self.low) / (50 if self.bend == 1 else 1_000)))

    def _rounded(self, value: float) -> float:
        if self.log:
            return float(f"{value:.3g}")
        return round(value, max(0, 1 - math.floor(math.log10(self.step))) if self.step < 1 else 2)


class NumberBox(QDoubleSpinBox):
    """A number that can be typed or stepped with the arrow keys. Nothing outside the range gets through, and what does
    not is said."""

    edited = Signal(object)
    """The person has entered another number."""
    refused = Signal(str)
    """What was typed is no number of the range: why. The number before stands again."""

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = scale
        self.setDecimals(0 if scale.whole else 12)
        self.setRange(scale.low, scale.high)
        self.setKeyboardTracking(False)
        # Not NoButtons: with a style sheet, Qt then leaves the text one pixel (seen in 6.12).
        self.setProperty("bare", True)
        self.setProperty("wrong", False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(theme.current().font(numbers=True))
        self.setFixedWidth(WIDTH)
        self.lineEdit().setTextMargins(theme.S, 0, theme.S, 0)
        self.valueChanged.connect(self._changed)
        self.lineEdit().textEdited.connect(self._typing)

    def set_value(self, value: float) -> None:
        """Show ``value``; :attr:`edited` is not emitted."""
        with QSignalBlocker(self):
            self.setValue(value)
        self._mark(False)

    def textFromValue(self, value: float) -> str:
        return f"{value:.0f}" if self.scale.whole else f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        value = self._parse(text)
        return self.value() if value is None else value

    def stepBy(self, steps: int) -> None:
        self.setValue(self.scale.stepped(self.value(), steps))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        wrong = self._parse(text) is None
        return (QValidator.State.Intermediate if wrong else QValidator.State.Acceptable), text, pos

    def fixup(self, text: str) -> str:
        stays = self.textFromValue(self.value())
        if text != stays and self.property("wrong"):
            self._mark(False)
            self.refused.emit(self._why(text.strip(), stays))
        return stays

    def _why(self, text: str, stays: str) -> str:
        value = _number(text)
        if value is None:
            said = self.tr("“{text}” is not a number.")
        elif value > self.scale.high:
            said = self.tr("{text} is more than the highest value, {high}.")
        elif value < self.scale.low:
            said = self.tr("{text} is less than the lowest value, {low}.")
        else:
            said = self.tr("{text} is not a whole number.")
        high, low = self.textFromValue(self.scale.high), self.textFromValue(self.scale.low)
        return said.format(text=text, high=high, low=low) + " " + self.tr("It stays {value}.").format(value=stays)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._mark(False)

    @Slot(str)
    def _typing(self, text: str) -> None:
        self._mark(self._parse(text) is None)

    @Slot(float)
    def _changed(self, value: float) -> None:
        self._mark(False)
        self.edited.emit(int(value) if self.scale.whole else value)

    def _parse(self, text: str) -> float | None:
        value = _number(text)
        if value is None or not self.scale.low <= value <= self.scale.high:
            return None
        return None if self.scale.whole and value != round(value) else value

    def _mark(self, wrong: bool) -> None:
        theme.restyle(self, "wrong", wrong)


def _number(text: str) -> float | None:
    """The finite number that ``text`` writes, with a point or a comma; None if it writes none."""
    try:
        value = float(text.strip().replace(",", ".").replace("_", "").replace(" ", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class CalmSlider(QSlider):
    """A slider that the wheel moves only when it has the focus, so that a page can be scrolled over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, POSITIONS)
        self.setSingleStep(10)
        self.setPageStep(100)
        self.setMinimumWidth(80)
        self.setMinimumHeight(24)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
