"""A whole run, from a corpus to an evaluated classifier, in a folder of its own (:mod:`ulmengine.record`)."""

from ulmengine.record import RunFolder

from .range import find_learning_rate
from .run import Run

__all__ = ["Run", "RunFolder", "find_learning_rate"]
