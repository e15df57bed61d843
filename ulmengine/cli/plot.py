"""The range test's curve as a picture in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ulmengine.disk import whole
from ulmengine.events import RangePoint


class PlotError(RuntimeError):
    """The picture cannot be drawn; the message says what to install."""


def draw_range_test(points: Sequence[RangePoint], suggestions: Mapping[str, float], path: Path) -> None:
    """Draw raw and smoothed loss over the rate (logarithmic) with the suggested rates into ``path``.

    :raises PlotError: matplotlib, an optional package, is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError("a picture needs the optional package matplotlib: pip install matplotlib") from error
    figure = Figure(figsize=(8, 5), layout="constrained")
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
        figure.savefig(beside, dpi=120, format=path.suffix[1:].lower() or "png")
