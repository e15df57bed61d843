"""What inference says when it is given something it cannot work with."""

from __future__ import annotations


class InferenceError(ValueError):
    """Input that cannot be predicted on, measured or explained; the message says what, where and what to try."""
