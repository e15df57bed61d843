"""A step of undo that two functions make."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand


class UndoStep(QUndoCommand):
    """``there`` does it, now and when it is done again; ``back`` takes it back."""

    def __init__(self, text: str, there: Callable[[], None], back: Callable[[], None]) -> None:
        super().__init__(text)
        self._there, self._back = there, back

    def redo(self) -> None:
        self._there()

    def undo(self) -> None:
        self._back()
