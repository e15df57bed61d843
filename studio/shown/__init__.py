"""The run that is shown: one object that every page about a run reads, and the run bar."""

from __future__ import annotations

from .offers import Offers
from .run import ShownRun, Trouble

__all__ = ["Offers", "ShownRun", "Trouble"]
