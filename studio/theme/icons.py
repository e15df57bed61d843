"""Line icons, drawn in the colour that is asked for."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from .colors import Colors

ICON = 16
"""Px of an icon on a button or before a text, the style's own size."""
_APP = (16, 18, 20, 24, 32, 48)  # in a title bar, a task bar, a tray


def icon_folder() -> Path:
    """Where the SVG files lie."""
    return Path(str(resources.files("resources"))) / "icons"


def draw(name: str, size: int, color: QColor, ratio: float = 1.0, gap: float = 0.0) -> QPixmap:
    """The icon called ``name``, ``size`` px high, in one ``color``. ``ratio``: device pixels a px; ``gap``: see
    :func:`make_icon`.

    :raises KeyError: there is no icon of that name.
    """
    picture = QSvgRenderer(_source(name))  # first, since a painter that an error leaves behind ends the program
    right_to_left = QGuiApplication.isRightToLeft()
    pixmap = QPixmap(QSize(round(size * (1 + gap)), size) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    high = pixmap.height()
    picture.render(painter, QRectF(pixmap.width() - high if right_to_left else 0, 0, high, high))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), color)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def make_icon(name: str, colors: Colors, color: str = "text", gap: float = 0.0) -> QIcon:
    """An icon in the colour called ``color``; disabled it is pale. ``gap``: a share of its width that stays free behind
    it, before a text."""
    icon = QIcon()
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    for size in _APP if name == "app" else (ICON,):
        icon.addPixmap(draw(name, size, colors.color(color), ratio, gap), QIcon.Mode.Normal)
        icon.addPixmap(draw(name, size, colors.color("disabled"), ratio, gap), QIcon.Mode.Disabled)
    return icon


@cache
def _source(name: str) -> QByteArray:
    path = icon_folder() / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"there is no icon called {name!r} in {path.parent}")
    return QByteArray(path.read_bytes())
