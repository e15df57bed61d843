"""Splits: shares, seeds, strata, groups, time, and no text on both sides."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.helpers import opened, table
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, Documents, open_corpus
from ulmengine.corpus.split import TEST, TRAIN, VALIDATION, by_time, grouped, moments_of, stratified
from ulmengine.events import outcome

PARTS = ("train", "validation", "test", "unlabelled")


def parts_of(documents: Documents) -> dict[str, set[int]]:
    return {part: set(documents.rows(part).tolist()) for part in PARTS}


def test_shares_are_kept_in_every_class(tmp_path: Path) -> None:
    rows = [[f"document {n}", "abc"[n % 3 if n < 900 else 0]] for n in range(1000)]
    documents = opened(table(tmp_path / "a.csv", rows), validation=0.1, test=0.2)
    assert (documents.count("train"), documents.count("validation"), documents.count("test")) == (700, 100, 200)
    for part, share in (("validation", 0.1), ("test", 0.2)):
        counts = Counter(documents.targets(part).tolist())
        assert counts == {0: round(400 * share), 1: round(300 * share), 2: round(300 * share)}


def test_the_parts_cover_everything_once(tmp_path: Path) -> None:
    rows = [[f"document {n % 70}", "ab"[n % 2]] for n in range(200)]
    parts = parts_of(opened(table(tmp_path / "a.csv", rows)))
    assert sorted(row for rows in parts.values() for row in rows) == list(range(200))


def test_the_seed_decides_and_nothing_else(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[f"document {n}", "ab"[n % 2]] for n in range(400)])
    first, again, other = (parts_of(opened(path, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first["test"] != other["test"]


def test_leaving_rows_out_moves_hardly_any_other(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[f"document {n}", "ab"[n % 2]] for n in range(1000)])
    before, after = parts_of(opened(path)), parts_of(opened(path, drop_rows=tuple(range(20))))
    assert not any(set(range(20)) & rows for rows in after.values())
    assert len(before["test"] - after["test"] - set(range(20))) <= 4


def test_copies_are_never_on_both_sides(tmp_path: Path) -> None:
    rows = [[("  Document\u00a0" if n % 2 else "document ") + str(n % 100), "ab"[n % 100 % 2]] for n in range(600)]
    documents = opened(table(tmp_path / "a.csv", rows))
    texts = {part: {" ".join(t.lower().split()) for t in documents.texts(part)} for part in PARTS[:3]}
    assert documents.count("test") > 30
    assert not texts["train"] & texts["test"]
    assert not texts["train"] & texts["validation"]
    assert not texts["validation"] & texts["test"]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=120), st.integers(0, 2**31))
def test_units_stay_whole_and_no_class_is_without_training(rows: list[tuple[int, int]], seed: int) -> None:
    strata = np.array([stratum for stratum, _ in rows])
    units = np.array([unit for _, unit in rows], dtype=np.uint64)
    parts = stratified(strata, units, (0.2, 0.2), seed)
    for unit in set(units.tolist()):
        assert len(set(parts[units == unit].tolist())) == 1
    home = {unit: int(strata[units == unit][0]) for unit in units.tolist()}
    for stratum in set(home.values()):
        assert TRAIN in {int(parts[units == unit][0]) for unit, at in home.items() if at == stratum}


def test_many_small_classes_together_give_their_share() -> None:
    parts = stratified(np.repeat(np.arange(50), 3), np.arange(150, dtype=np.uint64), (0.1, 0.1), 0)
    counts = Counter(parts.tolist())
    assert (counts[VALIDATION], counts[TEST]) == (15, 15)


def test_a_given_split_is_kept(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2], ("train", "dev", "test")[n % 3]] for n in range(90)]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "label", "split"]))
    parts = parts_of(documents)
    assert parts["train"] == set(range(0, 90, 3))
    assert parts["validation"] == set(range(1, 90, 3))
    assert parts["test"] == set(range(2, 90, 3))


def test_is_valid_holds_back_validation_and_the_test_is_drawn(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2], str(n >= 80)] for n in range(100)]
    parts = parts_of(opened(table(tmp_path / "a.csv", rows, ["text", "label", "is_valid"])))
    assert parts["validation"] == set(range(80, 100))
    assert len(parts["test"]) == 8


def test_what_is_not_for_training_is_the_test(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2], str(n < 80)] for n in range(100)]
    parts = parts_of(opened(table(tmp_path / "a.csv", rows, ["text", "label", "is_train"])))
    assert parts["test"] == set(range(80, 100))
    assert len(parts["validation"]) == 8


def test_a_public_test_is_the_validation_and_a_private_one_the_test(tmp_path: Path) -> None:
    usage = ["Training"] * 80 + ["PublicTest"] * 8 + ["PrivateTest"] * 12
    rows = [[f"document {n}", "ab"[n % 2], part] for n, part in enumerate(usage)]
    parts = parts_of(opened(table(tmp_path / "a.csv", rows, ["text", "label", "Usage"])))
    assert parts["validation"] == set(range(80, 88))
    assert parts["test"] == set(range(88, 100))


def test_a_given_column_with_a_strange_value_is_told(tmp_path: Path) -> None:
    rows = [["one text", "a", "train"], ["another text", "b", "later"]]
    with pytest.raises(CorpusError, match="'later', which is not the name of a part"):
        opened(table(tmp_path / "a.csv", rows, ["text", "label", "where"]), method="given", column="where")


def test_given_without_anything_given_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no column or file says"):
        opened(table(tmp_path / "a.csv", [["one text", "a"], ["another text", "b"]]), method="given")


def test_a_test_file_and_what_also_stands_in_it(tmp_path: Path) -> None:
    main = table(tmp_path / "train.csv", [[f"document {n}", "ab"[n % 2]] for n in range(100)])
    test = table(tmp_path / "test.csv", [[f"Document  {n}", "ab"[n % 2]] for n in range(95, 120)])
    more = table(tmp_path / "more.csv", [[f"document {n}"] for n in range(118, 130)], ["text"])
    config = CorpusConfig(path="train.csv", test_path="test.csv", unlabelled_path=str(more))
    documents = outcome(open_corpus(config, tmp_path / "cache", base=tmp_path))
    assert main.exists()
    assert test.exists()
    assert parts_of(documents)["test"] == set(range(100, 125))
    assert documents.overlap.tolist() == [95, 96, 97, 98, 99, 125, 126]
    assert parts_of(documents)["unlabelled"] == set(range(127, 137))
    assert documents.count("train") + documents.count("validation") == 95
    assert documents.count("validation") == 10
    assert any("7 documents were left out" in note for note in documents.notes)


def test_a_test_file_with_other_columns_or_labels(tmp_path: Path) -> None:
    table(tmp_path / "train.csv", [[f"document {n}", "ab"[n % 2]] for n in range(20)])
    table(tmp_path / "test.csv", [[f"other {n}", "c"] for n in range(5)], ["review", "sentiment"])
    config = CorpusConfig(path="train.csv", test_path="test.csv")
    documents = outcome(open_corpus(config, tmp_path / "cache", base=tmp_path))
    assert documents.labels == ("a", "b", "c")
    assert list(documents.texts("test")) == [f"other {n}" for n in range(5)]
    assert documents.targets("test").tolist() == [2] * 5


def test_groups_stay_together(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2], f"author {n % 40}"] for n in range(400)]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "label", "author"]), method="grouped", column="author")
    authors = {part: {row % 40 for row in rows} for part, rows in parts_of(documents).items()}
    assert not authors["train"] & authors["test"]
    assert not authors["train"] & authors["validation"]
    assert len(authors["test"]) == 4
    with pytest.raises(CorpusError, match="needs a column"):
        opened(tmp_path / "a.csv", method="grouped")


def test_groups_that_share_a_text_stay_together() -> None:
    groups = ["a", "a", "b", "b", "c", "c"] + [f"x{n}" for n in range(40)]
    hashes = np.array([1, 2, 2, 3, 3, 4, *range(100, 140)], dtype=np.uint64)
    for seed in range(20):
        parts = grouped(groups, hashes, (0.3, 0.3), seed)
        assert len(set(parts[:6].tolist())) == 1


def test_the_latest_are_tested(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(100)
    rows = [[f"document {n}", "ab"[n % 2], f"2024-{1 + n // 28:02}-{1 + n % 28:02}"] for n in order.tolist()]
    path = table(tmp_path / "a.csv", rows, ["text", "label", "date"])
    documents = opened(path, method="time", column="date", validation=0.2, test=0.1)
    days = {part: {int(order[row]) for row in rows} for part, rows in parts_of(documents).items()}
    assert days["test"] == set(range(90, 100))
    assert days["validation"] == set(range(70, 90))


def test_time_counts_a_copy_as_of_its_first_time_and_the_undated_train() -> None:
    moments = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, np.nan])
    hashes = np.array([1, 2, 3, 4, 5, 6, 7, 8, 1, 9], dtype=np.uint64)
    parts = by_time(moments, hashes, (0.2, 0.2))
    assert parts[0] == parts[8] == parts[9] == TRAIN
    assert parts[7] == TEST


def test_a_column_without_dates_is_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [["one text", "a", "x"], ["another", "b", "y"]], ["text", "label", "when"])
    with pytest.raises(CorpusError, match="does not hold dates"):
        opened(path, method="time", column="when")


def test_without_labels_all_but_the_validation_share_is_unlabelled(tmp_path: Path) -> None:
    documents = opened(table(tmp_path / "a.csv", [[f"document number {n}"] for n in range(100)], ["text"]))
    assert documents.labels == ()
    assert {part: documents.count(part) for part in PARTS} == {
        "train": 0, "validation": 10, "test": 0, "unlabelled": 90,
    }


def test_rows_without_a_label_are_unlabelled(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2] if n < 50 else ""] for n in range(60)]
    assert parts_of(opened(table(tmp_path / "a.csv", rows)))["unlabelled"] == set(range(50, 60))


def test_empty_texts_are_no_reason_to_leave_one_out(tmp_path: Path) -> None:
    rows = [["", "a", "train"], ["", "b", "test"], ["x y", "a", "train"], ["u v", "b", "test"], ["r s", "b", "train"]]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "label", "split"]), validation=0.0)
    assert len(documents.overlap) == 0
    assert documents.count("train") == 3




def test_rows_without_a_group_are_by_themselves(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2], "" if n % 10 < 3 else f"author {n}"] for n in range(1000)]
    path = table(tmp_path / "a.csv", rows, ["text", "label", "author"])
    for seed in (1, 2, 3):
        documents = opened(path, method="grouped", column="author", seed=seed)
        assert (documents.count("validation"), documents.count("test")) == (100, 100)
        assert documents.notes == ()


def test_empty_texts_join_no_groups(tmp_path: Path) -> None:
    rows = [["" if n < 50 else f"document {n}", "ab"[n % 2], f"author {n % 50}"] for n in range(1000)]
    path = table(tmp_path / "a.csv", rows, ["text", "label", "author"])
    documents = opened(path, method="grouped", column="author")
    assert (documents.count("validation"), documents.count("test")) == (100, 100)


def test_groups_too_large_for_the_shares_are_told(tmp_path: Path) -> None:
    rows = [[f"document {n}", "ab"[n % 2], f"author {n % 2}"] for n in range(100)]
    path = table(tmp_path / "a.csv", rows, ["text", "label", "author"])
    documents = opened(path, method="grouped", column="author")
    assert documents.count("validation") + documents.count("test") in (0, 50)
    assert any("documents instead of about 10" in note for note in documents.notes)


@pytest.mark.parametrize("style", ["%m/%d/%Y %H:%M", "%a %b %d %H:%M:%S +0000 %Y", "%d.%m.%Y %H:%M:%S"])
def test_spellings_of_dates(style: str) -> None:
    moments = [datetime(2024, 5, day, 14, 22, tzinfo=UTC) for day in (3, 31, 17)]
    found = moments_of(pl.Series("when", [moment.strftime(style) for moment in moments]))
    assert np.argsort(found).tolist() == [0, 2, 1]
    assert (found[1] - found[0]) / 86_400e6 == 28


def test_a_test_file_without_labels_is_told(tmp_path: Path) -> None:
    table(tmp_path / "train.csv", [[f"document {n}", "ab"[n % 2]] for n in range(40)])
    table(tmp_path / "test.csv", [[f"other text {n}"] for n in range(5)], ["text"])
    config = CorpusConfig(path="train.csv", test_path="test.csv")
    documents = outcome(open_corpus(config, tmp_path / "cache", base=tmp_path))
    assert documents.count("unlabelled") == 5
    assert any(note.startswith("The test file 'test.csv' has no labels") for note in documents.notes)
