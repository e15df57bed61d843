"""The command line: the engine's work without a window."""

from .main import main

__all__ = ["main"]
