"""What can be asked of a page by name, in the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget


def page_actions(page: QWidget, rows: Iterable[tuple[str, str, Callable[[], None]]]) -> list[QAction]:
    """An action of ``page`` for each row of text, icon and slot."""
    made = []
    for text, icon, slot in rows:
        action = QAction(text, page)
        action.setProperty("icon_name", icon)
        action.triggered.connect(slot)
        made.append(action)
    return made
