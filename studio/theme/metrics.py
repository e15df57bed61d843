"""Distances and sizes: a grid of 4 px and a scale of four type sizes."""

from __future__ import annotations

from enum import Enum
from typing import Final

XS: Final = 4
S: Final = 8
M: Final = 12
L: Final = 16
XL: Final = 24
XXL: Final = 32

RADIUS: Final = 8
CONTROL_RADIUS: Final = 6
TARGET: Final = 28
"""Least height of anything that is clicked."""

CONTENT_WIDTH: Final = 960
"""Widest that a column of form fields or prose becomes."""

RAIL_WIDTH: Final = 184
ICON: Final = 18
SMALLEST_POINT_SIZE: Final = 10.0
"""The base size where the system asks for less (a bare X server says 9)."""


class Type(Enum):
    """A step of the type scale: its size as a multiple of the base and whether it is emphasised."""

    SMALL = (0.9, False)
    BODY = (1.0, False)
    STRONG = (1.0, True)
    HEADING = (1.25, True)
    TITLE = (1.6, True)

    @property
    def scale(self) -> float:
        """Multiple of the base size."""
        return self.value[0]

    @property
    def emphasised(self) -> bool:
        """Whether the step is set in a heavier weight."""
        return self.value[1]
