"""Rows and columns, written as they stand; areas that scroll what does not fit, and dialogs that fit their screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QDialog, QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from studio import theme

STRETCH: Final = "stretch"
"""Free room between two parts, or before or behind them."""
Part = QWidget | QLayout | str | int | tuple[QWidget | QLayout | str, int] | tuple[QWidget, int, Qt.AlignmentFlag]
"""A widget, a layout, so many px, or :data:`STRETCH`; in a tuple with its stretch, a widget also with its alignment."""
Margins = tuple[int, int, int, int] | None
"""Left, top, right, bottom; None: as the style has them."""
_NONE: Final = (0, 0, 0, 0)


def in_row(*parts: Part, inside: QWidget | None = None, gap: int = theme.S, margins: Margins = _NONE) -> QHBoxLayout:
    """``parts`` side by side, ``gap`` px apart (-1: as in the layout around them, or as the style has it); the layout
    of ``inside`` if that is given."""
    row = QHBoxLayout() if inside is None else QHBoxLayout(inside)
    _fill(row, parts, gap, margins)
    return row


def in_column(*parts: Part, inside: QWidget | None = None, gap: int = theme.S, margins: Margins = _NONE) -> QVBoxLayout:
    """``parts`` below one another; see :func:`in_row`."""
    column = QVBoxLayout() if inside is None else QVBoxLayout(inside)
    _fill(column, parts, gap, margins)
    return column


def as_widget(layout: QLayout) -> QWidget:
    """A widget that has this layout."""
    widget = QWidget()
    widget.setLayout(layout)
    return widget


def discard(layout: QLayout, widgets: Sequence[QWidget]) -> None:
    """Take ``widgets`` out of their ``layout``, and let go of them."""
    for widget in widgets:
        layout.removeWidget(widget)
        widget.hide()
        widget.deleteLater()


def scrolling(inside: QWidget, *, sideways: bool = False) -> QScrollArea:
    """``inside`` in an area without a frame that scrolls it, as wide as the area.

    ``sideways``: where ``inside`` cannot be as narrow as the area, it is scrolled that way too and not cut off.
    """
    area = QScrollArea()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is inside takes it, and comes into view
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    if not sideways:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area


def resize_within_screen(dialog: QDialog, size: QSize) -> None:
    """Give ``dialog`` this ``size``, or as much of it as the screen has room for."""
    dialog.resize(size.boundedTo(dialog.screen().availableSize() * 0.9))


def _fill(box: QBoxLayout, parts: Sequence[Part], gap: int, margins: Margins) -> None:
    if margins is not None:
        box.setContentsMargins(*margins)
    box.setSpacing(gap)
    for part in parts:
        what: Any
        how: Any  # stretch and alignment
        what, how = (part[0], part[1:]) if isinstance(part, tuple) else (part, ())
        if isinstance(what, QWidget):
            box.addWidget(what, *how)
        elif isinstance(what, QLayout):
            box.addLayout(what, *how)
        elif isinstance(what, int):
            box.addSpacing(what)
        else:
            box.addStretch(*(how or (1,)))
