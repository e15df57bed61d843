"""Tabs above what they show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QWidget


class _CalmTabBar(QTabBar):
    """Tabs that the wheel does not change in passing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Tabs(QTabWidget):
    """Tabs that take the focus when they are clicked.

    Left to itself Qt hands the focus on from the tab that goes to the first control of the one that comes, and what
    scrolls around them follows it: the tabs leave the view under the mouse.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabBar(_CalmTabBar())
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.tabBar().setFocusPolicy(Qt.FocusPolicy.StrongFocus)
