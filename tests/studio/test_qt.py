from __future__ import annotations

import sys

import PySide6
from PySide6.QtCore import QObject


def test_this_qt_does_not_wear_the_interpreter_out() -> None:
    """PySide6 6.12.0 loses a reference to None with every call that returns nothing.

    Before Python 3.12 None can run out of references; the program aborts then, after some minutes of drawing.
    """
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1_000):
        thing.setObjectName("x")
    lost = before - sys.getrefcount(None)
    assert lost < 500, f"PySide6 {PySide6.__version__} must not be used with Python {sys.version.split()[0]}"
