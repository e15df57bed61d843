"""Importing what is slow to import before it is needed, in the background: the first visit of a page is then quick."""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module

from studio.fields import all_fields
from ulmengine.events import Event, Progress

HEAVY = (
    "ulmengine.corpus", "ulmengine.tokens", "pyqtgraph", "scipy.signal", "ulmengine.models.bundle",
    "ulmengine.inference.predict", "ulmengine.inference.explain", "ulmengine.runs.prepare", "ulmengine.runs",
)
"""What pages import when they are made, those first that are visited first. No module of the window is among them:
widgets are the window's thread's own."""


def warm() -> Generator[Event, None, None]:
    """Import :data:`HEAVY` and describe the settings; what cannot be imported is told by whoever needs it."""
    for done, name in enumerate(HEAVY):
        yield Progress("Making ready", done, len(HEAVY))
        try:
            import_module(name)
        except ImportError:
            continue
    all_fields()  # every form asks for them
