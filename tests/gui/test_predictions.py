"""The table of answers: filtered and sorted while it grows, also where it is very long."""

from __future__ import annotations

import time

from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from studio.models.predictions import (
    CONFIDENCE,
    GIVEN,
    LABEL,
    SOURCE,
    TEXT,
    PredictionRow,
    PredictionsModel,
    labels_in,
)


def some_rows() -> list[PredictionRow]:
    return [PredictionRow(f"s{n}", f"text {n}", "ab"[n % 2], n / 10, "a" if n < 5 else "", (n / 10, 1 - n / 10))
            for n in range(10)]


def test_answers_are_filtered_and_sorted_while_they_come(qtbot: QtBot) -> None:
    model = PredictionsModel()
    model.start(["a", "b"])
    model.append(some_rows()[:4])
    model.set_filter(label="b", low=0.2, high=0.8)
    assert model.shown.tolist() == [3]
    model.append(some_rows()[4:])
    assert model.shown.tolist() == [3, 5, 7]
    model.sort(2, Qt.SortOrder.DescendingOrder)
    assert [model.index(row, 2).data() for row in range(3)] == ["70.0%", "50.0%", "30.0%"]
    assert model.headerData(0, Qt.Orientation.Vertical) == "8"
    model.set_filter(only_wrong=True)
    assert sorted(model.shown.tolist()) == [1, 3]
    assert model.labelled() == (5, 3)


def test_a_label_may_hold_a_comma() -> None:
    known = ("food, drink", "food", "travel")
    assert labels_in("food, drink, travel", known) == {"food, drink", "travel"}
    assert labels_in("travel, food", known) == {"food", "travel"}
    assert labels_in("drink, food", known) is None
    assert labels_in("", known) is None


def test_given_labels_with_commas_are_compared_whole(qtbot: QtBot) -> None:
    model = PredictionsModel()
    model.start(["food, drink", "travel"])
    model.append([PredictionRow(str(n), "text", "food, drink, travel", .9, given, (.9, .8)) for n, given in enumerate(
        ["travel, food, drink", "food, drink", "drink", "food, drink, travel"])])
    assert model.labelled() == (3, 2)


def test_what_comes_into_a_sorted_table_is_put_in_place_at_the_end(qtbot: QtBot) -> None:
    model = PredictionsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.start(["a", "b"])
    model.append(some_rows()[:4])
    model.sort(CONFIDENCE, Qt.SortOrder.DescendingOrder)
    assert model.shown.tolist() == [3, 2, 1, 0]
    held = QPersistentModelIndex(model.index(1, TEXT))
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.append(some_rows()[4:])
    assert model.shown.tolist() == [3, 2, 1, 0, *range(4, 10)]
    model.settle()
    assert model.shown.tolist() == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert held.data() == "text 2"
    assert not resets
    del tester


def test_every_column_has_its_order(qtbot: QtBot) -> None:
    model = PredictionsModel()
    model.start(["a", "b"])
    model.append([PredictionRow(f"s:{n}", text, label, 0.5, given, (0.5, 0.5)) for n, (text, label, given) in enumerate(
        [("x", "b", ""), ("z", "a", "b"), ("y", "b", "a"), ("x", "a", "")])])
    down = Qt.SortOrder.DescendingOrder
    orders = {}
    for column in (SOURCE, LABEL, CONFIDENCE, GIVEN, TEXT):
        model.sort(column)
        orders[column] = model.shown.tolist()
    assert orders == {SOURCE: [0, 1, 2, 3], LABEL: [1, 3, 0, 2], CONFIDENCE: [0, 1, 2, 3], GIVEN: [0, 3, 2, 1],
                      TEXT: [0, 3, 2, 1]}
    model.sort(LABEL, down)
    assert model.shown.tolist() == [0, 2, 1, 3]
    model.sort(SOURCE, down)
    assert model.shown.tolist() == [3, 2, 1, 0]
    model.sort(-1)
    assert model.shown.tolist() == [0, 1, 2, 3]


def test_several_labels_are_compared_in_any_order(qtbot: QtBot) -> None:
    model = PredictionsModel()
    model.start(["a", "b"])
    model.append([PredictionRow("", "", label, 0.5, given, ()) for label, given in (
        ("a, b", "b, a"), ("a", "a, b"), ("", ""), ("a", "c"), ("b", "b"))])
    assert model.labelled() == (3, 2)
    model.set_filter(only_wrong=True)
    assert model.shown.tolist() == [1]


def test_a_long_table_costs_no_more_than_a_short_one(qtbot: QtBot) -> None:
    """What every tick asks for does not look at the rows that are already there."""
    lots = [[PredictionRow("s", "t", "ab"[n % 2], (n % 97) / 97, "a", ()) for n in range(256)] for _ in range(4)]
    model = PredictionsModel()
    model.start(["a", "b"])

    def tick() -> float:
        began = time.process_time()
        for lot in lots:
            model.append(lot)
            model.labelled()
        return time.process_time() - began

    short = min(tick() for _ in range(5))
    while len(model.rows) < 400_000:
        model.append(lots[0] * 40)
    assert min(tick() for _ in range(5)) < 20 * short + 0.02
    assert model.labelled() == (len(model.rows), len(model.rows) // 2)
