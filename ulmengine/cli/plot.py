"""The range test's curve as a picture in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ulmengine.disk import whole
from ulmengine.events import RangePoint

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class PlotError(RuntimeError):
    """The picture cannot be drawn; the message says what to install, or how to call it."""


def check_picture(path: Path) -> None:
    """Whether a picture can be drawn into ``path``, to be known before there is anything to draw.

    :raises PlotError: matplotlib, an optional package, is not installed, or draws no such files.
    """
    known = sorted(_figure().canvas.get_supported_filetypes())
    if _format(path) not in known:
        raise PlotError(f"{path}: no picture can be written as {path.suffix}; known are {', '.join(known)}")
    if not path.absolute().parent.is_dir():
        raise PlotError(f"{path}: there is no folder {path.parent} to write it into")


def draw_range_test(points: Sequence[RangePoint], suggestions: Mapping[str, float], path: Path) -> None:
    """Draw raw and smoothed loss over the rate (logarithmic) with the suggested rates into ``path``.

    :raises PlotError: matplotlib, an optional package, is not installed.
    """
    figure = _figure()
    axes = figure.add_subplot()
    rates = [point.lr for point in points]
    axes.plot(rates, [point.loss for point in points], color="#b0c4de", linewidth=1, label="loss")
    axes.plot(rates, [point.smoothed for point in points], color="#0072B2", linewidth=2, label="smoothed")
    styles = ("-", "--", "-.", ":")
    for style, (rule, rate) in zip(styles, suggestions.items(), strict=False):
        axes.axvline(rate, color="#D55E00", linestyle=style, linewidth=1, label=f"{rule} {rate:.2e}")
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss (nats)", title="Learning-rate range test")
    axes.legend()
    with whole(path) as beside:
        figure.savefig(beside, dpi=120, format=_format(path))


def _format(path: Path) -> str:
    return path.suffix[1:].lower() or "png"


def _figure() -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError("a picture needs the optional package matplotlib: pip install matplotlib") from error
    return Figure(figsize=(8, 5), layout="constrained")
