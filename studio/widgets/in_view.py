"""Bringing a control into view, however deep it lies in what scrolls."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget

from studio import theme

LATER_MS = (0, 100)


def focus_in_view(control: QWidget, whole: QWidget | None = None) -> None:
    """Give ``control`` the focus and scroll to it, with all of ``whole`` (what it belongs to) where there is room.

    A page that is just being opened has its layout only when Qt comes back to it, and texts that are wrapped their
    heights a moment later, so it scrolls once more then.
    """
    control.setFocus(Qt.FocusReason.ShortcutFocusReason)
    bring_into_view(control, whole)
    for later in LATER_MS:
        QTimer.singleShot(later, control, partial(_follow, control, whole))


def _follow(control: QWidget, whole: QWidget | None) -> None:
    if control.hasFocus():
        bring_into_view(control, whole)


def bring_into_view(control: QWidget, whole: QWidget | None = None) -> None:
    """Scroll every area around ``control`` so far that it is seen."""
    parent = control.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            if whole is not None:
                parent.ensureWidgetVisible(whole, 0, theme.L)
            parent.ensureWidgetVisible(control, 0, theme.L)
        parent = parent.parentWidget()
