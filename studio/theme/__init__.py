"""The one place that knows what things look like: colours, type, spacing, icons.

``theme.current()`` is the theme in force: its ``colors``, ``font``, ``set_icon`` and the signal ``changed``.
"""

from .colors import DARK, LIGHT, Colors
from .metrics import CONTENT_WIDTH, CONTROL_RADIUS, ICON, RADIUS, RAIL_WIDTH, TARGET, XL, XS, XXL, L, M, S, Type
from .theme import Mode, Theme, apply_theme, colors, current, restyle, set_type

__all__ = [
    "CONTENT_WIDTH", "CONTROL_RADIUS", "DARK", "ICON", "LIGHT", "RADIUS", "RAIL_WIDTH", "TARGET", "XL", "XS", "XXL",
    "Colors", "L", "M", "Mode", "S", "Theme", "Type", "apply_theme", "colors", "current", "restyle", "set_type",
]
