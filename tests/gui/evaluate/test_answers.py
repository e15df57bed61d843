"""The figures of the Evaluate page: told, classes, groups, likeness."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from pytestqt.qtbot import QtBot
from sklearn import metrics

from studio.pages.evaluate import answers as answers_module
from studio.pages.evaluate.answers import GIVEN, SAID, Answers, by_size, by_value, wilson
from studio.pages.evaluate.page import EvaluatePage
from studio.pages.evaluate.ranges import by_cells
from studio.pages.evaluate.verdicts import calibration_words, headline
from tests.gui.classify.help import TEXTS, make_bundle
from ulmengine.corpus import open_corpus
from ulmengine.events import outcome
from ulmengine.inference import Predictor, part_predictions
from ulmengine.inference.nearest import NearestByFeatures
from ulmengine.inference.ranking import Reliability
from ulmengine.models import load_bundle
from ulmengine.runs.features import training_features
from ulmengine.runs.measured import Measured

from .help import LABELS, given_and_said, measured_run


def test_the_headline_tells_the_paired_difference(page: EvaluatePage, measured: Measured) -> None:
    truth, said = given_and_said(measured)
    share = metrics.accuracy_score(truth, said)
    assert f"Right in {share:.1%} of the {len(truth)} test documents" in page.heading.text()
    assert "word-count baseline" in page.heading.text()
    assert "Always answering good" in page.told.text()


def test_classes_are_those_of_scikit_learn(page: EvaluatePage, measured: Measured) -> None:
    truth, said = given_and_said(measured)
    assert page.answers is not None
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, said, labels=list(LABELS))
    for number, row in enumerate(page.answers.classes(page.answers.mask({}))):
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(
            (precision[number], recall[number], f1[number], support[number]), abs=1e-9)
        assert row.spans is not None
        assert row.spans[2][0] < row.f1 < row.spans[2][1]


def test_accuracy_by_a_column_of_the_source(page: EvaluatePage, measured: Measured, qtbot: QtBot) -> None:
    page.views.setCurrentIndex(4)
    page.views.column.setCurrentIndex(page.views.column.findData("source"))
    page.views.column.activated.emit(page.views.column.currentIndex())
    assert page.answers is not None
    qtbot.waitUntil(lambda: "column:source" in page.answers.dimensions, timeout=10_000)
    source = pl.read_csv(page.project.folder / "corpus.csv")
    kept = measured.kept.part("test")
    mail = source[kept.rows.tolist(), "source"].to_numpy() == "mail"
    groups = {one.name: one for one in page.answers.groups("column:source", page.answers.mask({}))}
    assert (groups["mail"].count, groups["mail"].right) == (mail.sum(), (kept.right() & mail).sum())


def test_several_labels_found_missed_and_wrongly_given() -> None:
    truth = np.array([[1, 0], [1, 1], [0, 1], [0, 0]])
    scores = np.array([[.9, .1], [.2, .8], [.7, .6], [.1, .2]])
    answers = Answers(part_predictions(
        "test", [f"main:{n}" for n in range(4)], np.arange(4), truth, {"network": scores},
        labels=["x", "y"], multi_label=True, corpus="", temperature=1.0,
    ))
    everything = answers.mask({})
    assert answers.confusion(everything).tolist() == \
        metrics.multilabel_confusion_matrix(truth, scores >= .5).tolist()
    assert answers.right.tolist() == [True, False, False, True]
    assert answers.mask({GIVEN: 1, SAID: 0}).tolist() == [False, True, False, False]  # has x, was not said to
    rows = answers.classes(everything)
    assert (rows[0].precision, rows[0].recall, rows[1].f1) == (1 / 2, 1 / 2, 1.0)
    told = headline(SimpleNamespace(kept=answers.kept), answers, "test")  # type: ignore[arg-type]
    assert told == "All labels right in 50.0% of the 4 test documents."


def test_groups_of_sizes_and_values() -> None:
    sizes = by_size(np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1]))
    assert np.bincount(sizes.codes[:-1]).tolist() == [2, 2, 2, 2, 2, 2]
    assert sizes.codes[-1] == -1
    assert sizes.names[0] == "1–2"
    assert by_size(np.array([3, 3, 3])).names == ("3",)
    values = by_value(["a", "b", "b", ""])
    assert values is not None
    assert (values.names[0], values.codes.tolist()[1]) == ("b", 0)
    assert by_value([f"x{n}" for n in range(300)]) is None


def groups_of(cells: list[str]) -> dict[str, int]:
    """The groups of a column, and how many documents are in each."""
    found = by_cells(cells)
    assert found is not None
    return {name: int((found.codes == number).sum()) for number, name in enumerate(found.names)}


@pytest.mark.parametrize("cells", [
    ["5"] * 960 + [f"word {n}" for n in range(40)],
    ["0" * n + "7" for n in range(40)],
    ["2024-01-01"] * 960 + [f"word {n}" for n in range(40)],
    [f"2024-01-01 10:00:00.{n:03}" for n in range(60)],
], ids=["one number", "one number in many ways", "one day", "one second"])
def test_a_column_of_one_number_or_moment_in_many_ways_is_not_cut(cells: list[str]) -> None:
    assert groups_of(cells) == Counter(cells)


def test_a_value_that_fills_a_column_is_a_range_of_its_own() -> None:
    zeros = groups_of(["0"] * 960 + [str(n) for n in range(1, 41)])
    assert zeros == {"0": 960, "1–8": 8, "9–16": 8, "17–24": 8, "25–32": 8, "33–40": 8}
    assert groups_of(["100"] * 960 + [str(n) for n in range(1, 41)]) == {"1–99": 40, "100": 960}
    seconds = groups_of([f"2024-01-01 10:00:{n:02}" for n in range(60)])
    assert list(seconds.values()) == [10] * 6


def test_many_numbers_and_dates_of_a_column_are_cut_into_ranges() -> None:
    whole = by_cells([*(str(n) for n in range(1, 301)), "", "?"])
    assert whole is not None
    assert whole.names == ("1–50", "51–100", "101–150", "151–200", "201–250", "251–300", "–")
    assert np.bincount(whole.codes).tolist() == [50] * 6 + [2]
    broken = by_cells([f"{n / 100 - 1:.2f}" for n in range(300)])
    assert broken is not None
    assert broken.names[:2] == ("-1 to -0.5", "-0.5 to 0")
    assert np.bincount(broken.codes).tolist() == [50] * 6
    few = by_cells(["3", "1", "3", "x"])
    assert few is not None
    assert few.names[0] == "3"  # the commonest first, as any other values
    assert by_cells([f"id {n}" for n in range(300)]) is None


def test_dates_of_a_column_are_cut_into_what_calendars_tell_apart() -> None:
    days = np.arange("2024-01-15", "2024-04-15", dtype="datetime64[D]")
    months = by_cells(days.astype(str).tolist())
    assert months is not None
    assert months.names == ("2024-01", "2024-02", "2024-03", "2024-04")
    assert np.bincount(months.codes).tolist() == [17, 29, 31, 14]
    hours = by_cells([f"2024-05-31 {n // 30:02}:{n % 30:02}:00" for n in range(90)])
    assert hours is not None
    assert hours.names == ("2024-05-31 00:00", "2024-05-31 01:00", "2024-05-31 02:00")
    years = by_cells([f"{n}-06-30" for n in range(1901, 1961)])
    assert years is not None
    assert years.names == ("1901 – 1910", "1911 – 1920", "1921 – 1930", "1931 – 1940", "1941 – 1950", "1951 – 1960")
    assert by_cells([f"{n % 28 + 1}.03.{1950 + n % 40}" for n in range(1_000)]) is not None
    minutes = by_cells([f"2024-05-31 10:{n:02}:00" for n in range(60)])
    assert minutes is not None
    assert (minutes.names[0], len(minutes.names)) == ("2024-05-31 10:00 – 2024-05-31 10:09", 6)


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Wilson 1927 for 8 of 10: (0.49, 0.943); the published value of the usual example.
    assert wilson(8, 10) == pytest.approx((0.8, 0.4901625, 0.9433178), abs=1e-6)


def test_the_likest_documents_by_the_network_are_kept_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    rows = (f"{'good ' * (n % 5)}{TEXTS[n % 4]} {'film ' * (n % 9)}{n},{LABELS[n % 3]},web" for n in range(120))
    (tmp_path / "project" / "corpus.csv").write_text("text,label,source\n" + "\n".join(
        f'"{text}",{label},{source}' for text, label, source in (row.rsplit(",", 2) for row in rows)) + "\n")
    measured = measured_run(tmp_path / "project")
    make_bundle(measured.folder.model_path, seed=13)
    predictor = Predictor(load_bundle(measured.folder.model_path), "cpu")
    config = measured.folder.config()
    documents = outcome(open_corpus(config.corpus, tmp_path / "project" / "cache", seed=config.seed))
    found = outcome(training_features(measured.folder, predictor, documents))
    texts = list(documents.texts("train"))
    network = predictor.networks["forward"]
    for place in (0, 7):  # one by one, without any batch
        ids = torch.tensor([predictor.tokenizer.encode(texts[place])])
        with torch.no_grad():
            plain = network.pooled(ids, torch.tensor([ids.shape[1]]))[0].numpy()
        assert found[place] == pytest.approx(plain, abs=2e-3)
    raw = found.astype(np.float64)
    scaled = (raw - raw.mean(0)) / np.where(raw.std(0) > 0, raw.std(0), 1)
    cosines = [scaled[7] @ one / (np.linalg.norm(scaled[7]) * np.linalg.norm(one)) for one in scaled]
    told = NearestByFeatures(found).find(found[7])
    assert [likeness for _, likeness in told] == pytest.approx(sorted(cosines, reverse=True)[:3], abs=1e-3)
    assert told[0][1] == pytest.approx(1.0, abs=1e-3)
    again = outcome(training_features(measured.folder, None, documents))  # type: ignore[arg-type]  # nobody is asked
    assert (again == found).all()
    make_bundle(measured.folder.model_path, seed=2)  # other weights: what was kept is of no use
    other = outcome(training_features(measured.folder, Predictor(load_bundle(measured.folder.model_path), "cpu"),
                                     documents))
    assert not np.allclose(other, found, atol=1e-2)


def test_calibration_of_the_documents_in_view_with_and_without_the_temperature() -> None:
    sure = np.array([.95, .95, .65, .65])
    kept = part_predictions(
        "test", [f"main:{n}" for n in range(4)], np.arange(4), np.array([0, 1, 0, 0]),
        {"network": np.stack([sure, 1 - sure], axis=1)}, labels=["x", "y"], multi_label=False, corpus="",
        temperature=2.0)
    answers = Answers(kept)
    everything, first_two = answers.mask({}), np.array([True, True, False, False])
    assert answers.calibration(everything)[1] == pytest.approx((abs(.5 - .95) + abs(1 - .65)) / 2)
    assert answers.calibration(first_two)[1] == pytest.approx(.45)
    # What was divided by a temperature of 2 had twice the logarithm of the odds: 19 to 1 were 361 to 1.
    assert answers.calibration(first_two, calibrated=False)[1] == pytest.approx(361 / 362 - .5)
    assert answers.calibration(~everything) == ((), pytest.approx(float("nan"), nan_ok=True))
    assert calibration_words("network", .1, .2) == \
        "Network: expected calibration error 10.0 %; without the temperature 20.0 % (dots)."


def test_calibration_of_many_answers_is_worked_out_in_the_background(
    page: EvaluatePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.views.setCurrentIndex(3)
    told = page.views.ece.text()
    assert "expected calibration error" in told
    monkeypatch.setattr(answers_module, "AT_ONCE", 0)
    threads: list[threading.Thread] = []
    real = Answers._reliability
    monkeypatch.setattr(Answers, "_reliability", lambda self, values: (
        threads.append(threading.current_thread()), real(self, values))[1])
    page._show_part()
    assert page.views.ece.text() == "Working out the calibration…"
    qtbot.waitUntil(lambda: page.views.ece.text() == told, timeout=10_000)
    assert page.views.reliability._bins
    assert threads
    assert threading.main_thread() not in threads


def test_calibration_of_both_together_is_told_with_and_without_the_networks_temperature() -> None:
    network, counts = np.array([[.9, .1], [.9, .1], [.6, .4], [.2, .8]]), np.full((4, 2), [.4, .6])
    given = {"network": network, "baseline": counts, "counts": counts, "blend": .75 * network + .25 * counts}
    kept = part_predictions(
        "test", [f"main:{n}" for n in range(4)], np.arange(4), np.array([0, 1, 0, 1]), given,  # type: ignore[arg-type]
        labels=["x", "y"], multi_label=False, corpus="", temperature=2.0)
    one = np.array([True, False, False, False])
    answers = Answers(kept, "blend")
    assert answers.calibration(one)[1] == pytest.approx(1 - (.75 * .9 + .25 * .4))
    # 9 to 1 were 81 to 1 before they were divided by a temperature of 2.
    assert answers.calibration(one, calibrated=False)[1] == pytest.approx(1 - (.75 * 81 / 82 + .25 * .4))
    told = calibration_words("blend", .225, .159)
    assert told.startswith("Network + counts: expected calibration error 22.5 %;")
    assert "15.9 %" in told
    for who in ("counts", "baseline"):  # they have no temperature
        assert not np.isfinite(Answers(kept, who).calibration(one, calibrated=False)[1])
    assert calibration_words("counts", .1, float("nan")) == "Word counts: expected calibration error 10.0 %."


def test_calibration_of_several_labels_counts_every_label_of_the_documents_in_view_and_bins_them_once(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    class Counted(Reliability):
        def __init__(self, confidence: Any, right: Any) -> None:
            made.append(len(confidence))
            super().__init__(confidence, right)

    monkeypatch.setattr(answers_module, "Reliability", Counted)
    sure = np.array([[.95, .05], [.95, .65], [.25, .65]])
    kept = part_predictions(
        "test", [f"main:{n}" for n in range(3)], np.arange(3), np.array([[1, 0], [0, 1], [0, 0]], dtype=bool),
        {"network": sure}, labels=["x", "y"], multi_label=True, corpus="", temperature=2.0)
    answers = Answers(kept)
    bins, error = answers.calibration(np.array([True, True, False]))
    # x of .95 holds for one of two, y of .05 for none and y of .65 for its one.
    assert [(one.count, one.confidence, one.accuracy) for one in bins if one.count] == [
        (1, pytest.approx(.05), 0.0), (1, pytest.approx(.65), 1.0), (2, pytest.approx(.95), .5)]
    assert error == pytest.approx((1 * .05 + 1 * .35 + 2 * .45) / 4)
    _, error = answers.calibration(np.array([False, False, True]))
    assert error == pytest.approx((.25 + .65) / 2)
    assert made == [3]  # whatever is filtered


def test_groups_of_shares_are_all_spans() -> None:
    shares = np.array([0.001, 0.002, 0.0155, 0.0158, 0.0161, 0.0164, 0.017, 0.03, 0.04, 0.05, 0.06, 0.12])
    assert all("–" in name for name in by_size(shares, percent=True).names)
    assert by_size(np.array([0.0, 0.1, 0.2, 0.3]), percent=True).names[0] == "0–10 %"


def test_a_column_of_numbers_of_orders_has_no_groups() -> None:
    assert by_cells([f"T-{100_000 + 7 * n}" for n in range(100)]) is None
    for cells in (["mail", "phone", "shop"] * 30, [f"town {n % 40}" for n in range(100)], list("abcdefg")):
        assert by_cells(cells) is not None  # a channel, a place, a handful of documents
    assert by_cells([str(n) for n in range(100)]) is not None  # of numbers there are ranges
