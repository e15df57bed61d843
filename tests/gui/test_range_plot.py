"""The picture of a range test, and where its suggestions have their names."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio import theme
from studio.plots.range_plot import RangePlot
from tests.gui.looking import letters
from ulmengine import events as ev


@pytest.mark.parametrize(("first", "size"), [
    ((400, 150), (400, 150)), ((900, 300), (900, 300)), ((900, 600), (400, 150)),
])
def test_the_names_of_the_suggestions_do_not_overlap(
    qtbot: QtBot, first: tuple[int, int], size: tuple[int, int]
) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(*first)
    plot.show()
    qtbot.waitExposed(plot)
    plot.add([ev.RangePoint(n, 50, 10 ** (-6 + 0.1 * n), 3 - n * 0.02, 3 - n * 0.02) for n in range(1, 51)])
    plot.set_suggestions({"valley": 0.003, "steepest": 0.0028, "slide": 0.0031, "minimum": 0.08})
    plot.redraw()
    qtbot.wait(50)
    plot.resize(*size)
    qtbot.wait(50)
    boxes = [line.label.mapRectToScene(line.label.boundingRect()) for line in plot._marks.values()]
    area = plot.view.sceneBoundingRect().adjusted(-2, -2, 2, 2)
    for number, box in enumerate(boxes):
        assert area.contains(box)
        assert not any(letters(box).intersects(letters(other))
                       for other in boxes[number + 1 :])
    for line, box in zip(plot._marks.values(), boxes, strict=True):
        for other in plot._marks.values():
            foot, top = (other.mapToScene(end, 0) for end in other._endPoints)
            if other is not line and letters(box).left() < foot.x() < letters(box).right():
                assert top.y() >= letters(box).bottom()  # no line is drawn through a name


@pytest.mark.parametrize("size", [(712, 170), (712, 300), (390, 150)])
def test_the_names_of_the_suggestions_stand_where_the_curve_is_not(qtbot: QtBot, size: tuple[int, int]) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(*size)
    plot.show()
    qtbot.waitExposed(plot)
    # Level up to a rate of 1e-4, falling until 0.1, and then running away.
    rates = [-7 + 0.08 * n for n in range(1, 94)]
    losses = [1.1 - 0.15 * max(0.0, min(x, -1.0) + 4) + 3 * max(0.0, x + 1) ** 2 for x in rates]
    plot.add([ev.RangePoint(n, 100, 10**x, y, y) for n, (x, y) in enumerate(zip(rates, losses, strict=True), 1)])
    plot.set_suggestions({"valley": 0.0016, "slide": 0.03, "steepest": 0.0008, "minimum": 0.01})
    plot.redraw()
    qtbot.wait(20)
    curve = [plot.view.mapViewToScene(QPointF(x, y)) for x, y in zip(rates, losses, strict=True)]
    for line in plot._marks.values():
        box = letters(line.label.mapRectToScene(line.label.boundingRect()))
        assert not any(box.contains(place) for place in curve)
        assert plot._raw.zValue() < plot._smooth.zValue() < line.zValue()  # nor through one where it runs away


def with_a_suggestion(qtbot: QtBot) -> RangePlot:
    """A plot on the screen with one suggestion, a rate of 0.001."""
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    qtbot.waitExposed(plot)
    plot.set_suggestions({"valley": 0.001})
    plot.redraw()
    qtbot.wait(20)
    return plot


def test_the_edges_of_the_range_are_whole_behind_the_names_of_the_suggestions(qtbot: QtBot) -> None:
    plot = with_a_suggestion(qtbot)
    # 3 px to the right of the suggestion's line: in the margin of its name, where no letter stands.
    edge = plot.view.mapViewToScene(QPointF(-3, 0.5)).x() + 3
    plot.set_range(10 ** plot.view.mapSceneToView(QPointF(edge, 0)).x(), 10.0)
    picture, accent, panel = plot.grab().toImage(), theme.colors().color("accent"), theme.colors().color("panel")
    area = plot.view.sceneBoundingRect()
    column = [max(abs(picture.pixelColor(round(edge) + dx, y).red() - panel.red()) for dx in (-1, 0, 1))
              for y in range(round(area.top()) + 2, round(area.bottom()) - 2)]
    assert len(column) > 200
    assert min(column) > 0.5 * abs(accent.red() - panel.red())  # the lines of the grid run over it


def test_an_edge_of_the_range_runs_through_no_letter(qtbot: QtBot) -> None:
    plot = with_a_suggestion(qtbot)
    box = letters(plot._marks["valley"].label.mapRectToScene(plot._marks["valley"].label.boundingRect())).toRect()
    panel = theme.colors().color("panel").red()
    plain = plot.grab().toImage()
    written = {(x, y) for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())
               if abs(plain.pixelColor(x, y).red() - panel) > 40}
    around = {(x + dx, y) for x, y in written for dx in (-1, 0, 1)}
    middle = plot.view.mapSceneToView(QPointF(box.center().x(), 0)).x()
    plot.set_range(10**middle, 10.0)
    picture = plot.grab().toImage()
    assert len(written) > 100
    assert all(picture.pixel(x, y) == plain.pixel(x, y) for x, y in around)


def test_the_range_test_grows_and_ends(qtbot: QtBot) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    qtbot.waitExposed(plot)
    points = [ev.RangePoint(n, 50, 10 ** (-6 + 0.1 * n), 3 - n * 0.02, 3 - n * 0.02) for n in range(1, 51)]
    plot.add(points[:20])
    plot.redraw()
    assert plot._smooth.getData()[0].tolist() == pytest.approx([-6 + 0.1 * n for n in range(1, 21)])
    plot.add(points[20:])
    plot.set_suggestions({"valley": 0.003, "steepest": 0.001})
    plot.redraw()
    assert plot._marks["valley"].value() == pytest.approx(math.log10(0.003))
    heard: list[tuple[float, float]] = []
    plot.rangeEdited.connect(lambda low, high: heard.append((low, high)))
    plot.set_range(1e-4, 1e-2)
    assert heard == []
    plot.region.setRegion((-3.0, -1.0))
    assert heard[-1] == pytest.approx((1e-3, 1e-1))
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert heard[-1] == pytest.approx((1e-3, 10**-1.05))
    assert "valley" in plot.summary()


def test_no_name_is_cut_by_an_edge_where_neither_side_has_room(qtbot: QtBot) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(390, 190)
    plot.show()
    qtbot.waitExposed(plot)
    plot.add([ev.RangePoint(n, 50, 10 ** (-7 + 0.1 * n), 3 - n * 0.02, 3 - n * 0.02) for n in range(1, 51)])
    plot.set_suggestions({"minimum": 1.3e-7, "steepest": 2e-6, "valley": 0.006})
    plot.redraw()
    qtbot.wait(50)
    area = plot.view.sceneBoundingRect()
    for line in plot._marks.values():
        box = letters(line.label.mapRectToScene(line.label.boundingRect()))
        assert area.left() <= box.left()
        assert box.right() <= area.right()


def test_a_test_that_ends_without_a_rate_has_ended(qtbot: QtBot) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    points = [ev.RangePoint(n, 50, 10 ** (-6 + 0.1 * n), 3.0, 3.0) for n in range(1, 31)]
    plot.add(points)
    plot.redraw()
    assert len(plot._dot.getData()[0]) == 1
    plot.set_suggestions({})
    plot.redraw()
    assert len(plot._dot.getData()[0]) == 0
    bounds = plot.bounds()
    assert bounds is not None
    assert bounds[1] == pytest.approx(-3.0)
    plot.clear_points()
    plot.add(points[:5])
    plot.redraw()
    assert len(plot._dot.getData()[0]) == 1
