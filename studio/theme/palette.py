"""The palette that Qt's own controls are drawn with."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from .colors import Colors

_ROLES = {
    "Window": "window", "WindowText": "text", "Base": "panel", "AlternateBase": "window", "Text": "text",
    "Button": "panel", "ButtonText": "text", "BrightText": "error", "ToolTipBase": "text", "ToolTipText": "panel",
    "PlaceholderText": "muted", "Highlight": "accent", "HighlightedText": "accent_text", "Accent": "accent",
    "Link": "accent", "LinkVisited": "accent", "Light": "panel", "Midlight": "hover", "Mid": "border",
    "Dark": "outline", "Shadow": "outline",
}
_DISABLED = ("WindowText", "Text", "ButtonText", "PlaceholderText")


def palette_of(colors: Colors) -> QPalette:
    """A palette with every role set; disabled text is paler, a selection stays readable without focus."""
    palette = QPalette()
    for role, name in _ROLES.items():
        palette.setColor(QPalette.ColorRole[role], QColor(getattr(colors, name)))
    for role in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], QColor(colors.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(colors.border))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Accent, QColor(colors.disabled))
    return palette
