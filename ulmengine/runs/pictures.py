"""Pictures for a report, as SVG in the text of the page itself: lines and a table of shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ulmengine.smoothing import ExponentialMean

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 36
_MOST_POINTS, _MOST_CLASSES = 600, 25
_SMOOTHING = 0.98

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Polyline:
    """A line of a picture. ``style``: the class of its looks in the page's style sheet."""

    name: str
    points: Points
    style: str


def line_picture(
    title: str, lines: Sequence[Polyline], x: str, y: str, *, square: tuple[float, float] | None = None
) -> str:
    """Lines over one another with axes and a legend; "" where there is nothing to draw.

    :param square: both axes go from 0 to 1, in a picture of this (width, height).
    """
    finite = [Polyline(one.name, [p for p in one.points if math.isfinite(p[0]) and math.isfinite(p[1])], one.style)
              for one in lines]
    drawn = [one for one in finite if one.points]
    if not drawn:
        return ""
    width, height = square or (WIDTH, HEIGHT)
    xs, ys = ([p[n] for one in drawn for p in one.points] for n in (0, 1))
    left, right, low, high = (0.0, 1.0, 0.0, 1.0) if square else (min(xs), max(xs), min(ys), max(ys))
    across, up = (right - left) or 1.0, (high - low) or 1.0

    def place(point: tuple[float, float]) -> str:
        px = _LEFT + (point[0] - left) / across * (width - _LEFT - _RIGHT)
        py = _TOP + (high - point[1]) / up * (height - _TOP - _BOTTOM)
        return f"{px:.1f},{py:.1f}"

    parts = [f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" '
             f'aria-label="{escape(title)}">']
    for step in range(5):
        share = step / 4
        gx, gy = _LEFT + share * (width - _LEFT - _RIGHT), _TOP + (1 - share) * (height - _TOP - _BOTTOM)
        parts.append(f'<path class="grid" d="M{_LEFT} {gy:.1f}H{width - _RIGHT:.1f}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{gy + 4:.1f}">{_number(low + share * up)}</text>')
        parts.append(f'<text class="mid" x="{gx:.1f}" y="{height - _BOTTOM + 16:.1f}">'
                     f"{_number(left + share * across)}</text>")
    parts.append(f'<text class="mid" x="{(width + _LEFT) / 2:.1f}" y="{height - 4:.1f}">{escape(x)}</text>')
    parts.append(f'<text class="mid" transform="translate(11 {(height - _BOTTOM) / 2:.1f}) rotate(-90)">'
                 f"{escape(y)}</text>")
    for one in drawn:
        points = one.points[:: max(1, len(one.points) // _MOST_POINTS)]
        parts.append(f'<polyline class="{one.style}" points="{" ".join(map(place, points))}"/>')
    named = [one for one in drawn if one.name]
    for number, one in enumerate(named):
        ly = _TOP + 12 + 16 * number
        parts.append(f'<path class="{one.style}" d="M{width - 150:.0f} {ly - 4}h18"/>'
                     f'<text x="{width - 126:.0f}" y="{ly}">{escape(one.name)}</text>')
    return "".join(parts) + "</svg>"


def smoothed(points: Points) -> list[tuple[float, float]]:
    """An exponential mean of the points."""
    mean = ExponentialMean(_SMOOTHING)
    return [(x, mean.add(y)) for x, y in points if math.isfinite(y)]


def confusion_table(labels: Sequence[str], cells: Sequence[Sequence[int]]) -> str:
    """The confusion matrix as a table with grounds by the share of the row; "" for more classes than can be read."""
    if len(labels) > _MOST_CLASSES:
        return ""
    rows = ["<table class=\"matrix\"><tr><th>given \\ said</th>"
            + "".join(f"<th>{escape(name)}</th>" for name in labels) + "</tr>"]
    for number, (name, row) in enumerate(zip(labels, cells, strict=True)):
        total = max(1, sum(row))
        rows.append(f"<tr><th>{escape(name)}</th>" + "".join(
            f'<td class="{"good" if place == number else "bad"}" style="--share:{count / total:.2f}">{count:,}</td>'
            for place, count in enumerate(row)) + "</tr>")
    return "".join(rows) + "</table>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
