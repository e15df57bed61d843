"""What each colour is for, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor


@dataclass(frozen=True)
class Colors:
    """Semantic colours, as ``#rrggbb``.

    ``series``: lines of a plot, train first, validation second, told apart in the common colour blindnesses.
    ``raw``: the same lines before smoothing, blended into the panel beforehand so that they stay opaque.
    """

    dark: bool
    window: str
    panel: str
    sunken: str
    hover: str
    pressed: str
    text: str
    muted: str
    disabled: str
    border: str
    outline: str
    accent: str
    accent_hover: str
    accent_text: str
    accent_soft: str
    ok: str
    busy: str
    warn: str
    error: str
    error_soft: str
    warn_soft: str
    grid: str
    series: tuple[str, ...]

    def color(self, name: str) -> QColor:
        """The colour called ``name`` ("text", "ok", "series2", ...), or ``name`` itself as ``#rrggbb``."""
        if name.startswith("series") and name[6:].isdigit():
            return QColor(self.series[(int(name[6:]) - 1) % len(self.series)])
        return QColor(getattr(self, name, name))

    def blend(self, name: str, share: float) -> QColor:
        """The colour called ``name`` mixed into the panel: ``share`` 1 is the colour itself, 0 the panel. Opaque."""
        front, back = self.color(name), QColor(self.panel)
        mixed = [round(f * share + b * (1 - share)) for f, b in
                 zip(front.getRgb()[:3], back.getRgb()[:3], strict=True)]  # type: ignore[index]
        return QColor(*mixed)


LIGHT = Colors(
    dark=False,
    window="#F4F5F8", panel="#FFFFFF", sunken="#EBEEF3", hover="#EEF1F6", pressed="#E2E7EF",
    text="#1A1E27", muted="#566072", disabled="#9AA2B1", border="#DEE2EA", outline="#8B94A5",
    accent="#1565C0", accent_hover="#0F57AA", accent_text="#FFFFFF", accent_soft="#E4EEFA",
    ok="#18794E", busy="#A85700", warn="#8A5B00", error="#C4303B", error_soft="#FCECEC", warn_soft="#FCF3DF",
    grid="#E6E9EF",
    series=("#0072B2", "#D55E00", "#332288", "#7A21DD", "#882255", "#CC79A7"),
)

DARK = Colors(
    dark=True,
    window="#16181C", panel="#1E1F22", sunken="#131417", hover="#2A2D33", pressed="#343840",
    text="#E7E9EE", muted="#A3ABB9", disabled="#666D79", border="#31353C", outline="#6E7786",
    accent="#6CB2F5", accent_hover="#8AC3F8", accent_text="#0A1624", accent_soft="#1F3145",
    ok="#4CC38A", busy="#F2A93B", warn="#E8B931", error="#FF8080", error_soft="#3A2225", warn_soft="#362C17",
    grid="#2C3036",
    series=("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#DDCC77", "#EE7733"),
)
