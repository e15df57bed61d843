"""A column that scrolls up and down where it does not fit, and a dialog that fits its screen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QWidget


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
