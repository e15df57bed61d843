"""Several labels in one cell or in columns of yes and no; what is a label's name, and in which order they stand."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.corpus.frames import LONG, NAMES, cells_of, frame, long
from tests.corpus.helpers import opened, table
from ulmengine.corpus import CorpusError, audit
from ulmengine.corpus.cells import guess_label_delimiter, is_unnamed, label_delimiters, listed, named_in
from ulmengine.corpus.guess import guess_columns
from ulmengine.corpus.labels import read_labels
from ulmengine.corpus.ordering import in_order
from ulmengine.events import outcome


def test_one_hot_columns_are_several_labels() -> None:
    marks = {name: ["0", "1", "0", "1"] for name in ("toxic", "obscene", "threat")}
    guess = guess_columns(frame(id=["a", "b", "c", "d"], comment_text=long(4), **marks))
    assert guess.label == ("toxic", "obscene", "threat")


@pytest.mark.parametrize(("cells", "delimiter"), [
    (["a|b", "a", "b", "c", "b|c"], "|"), (["x, y", "x", "y"], ","), (["New York", "Paris", "London"], ""),
    (["a", "b"], ""), (["one;two", "two;one", "one", "two"], ";"),
])
def test_the_delimiter_of_labels_needs_evidence(cells: list[str], delimiter: str) -> None:
    assert guess_label_delimiter(pl.Series("label", cells)) == delimiter


def test_lists_in_cells_are_understood_as_json_and_as_python_writes_them() -> None:
    assert listed('["a", "b"]') == ["a", "b"]
    assert listed("['a', 'b']") == ["a", "b"]
    assert listed("[]") == []
    assert listed("[1, 2]") == ["1", "2"]
    assert listed("[not a list]") is None
    assert listed("a") is None


def test_labels_are_ordered_as_people_count() -> None:
    assert in_order({"10", "9", "1.0", "-2"}) == ("-2", "1.0", "9", "10")
    assert in_order({"pos", "neg"}) == ("neg", "pos")
    assert in_order({"b2", "b10", "a"}) == ("a", "b2", "b10")
    assert in_order({"1", "a", "b"}) == ("1", "a", "b")


def test_labels_in_one_cell(tmp_path: Path) -> None:
    rows = [[text, label] for text, label in zip(long(4), ["a; b", "b", "a", ""], strict=True)]
    documents = opened(table(tmp_path / "a.csv", rows), label_delimiter=";", validation=0.0, test=0.0)
    assert documents.multi_label
    assert documents.labels == ("a", "b")
    assert documents.targets("train").tolist() == [[1, 1], [0, 1], [1, 0]]
    assert documents.targets("train").dtype == "float32"
    assert documents.count("unlabelled") == 1


def test_one_hot_with_exactly_one_mark_a_row_is_one_label() -> None:
    found = read_labels([pl.Series("x", ["1", "0"]), pl.Series("y", ["0", "1"])])
    assert not found.multi
    assert [found.kinds[code] for code in found.codes] == [("x",), ("y",)]


def test_several_label_columns_must_be_marks(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[LONG, "a", "1"], [LONG, "b", "0"]], ["text", "one", "two"])
    with pytest.raises(CorpusError, match="must hold 0 and 1, or all of them names of labels, but 'one' holds 'a'"):
        opened(path, label_columns=("one", "two"))
    path = table(tmp_path / "b.csv", [[LONG, "1", "0"], [LONG, "0", "maybe"], [LONG, "0", "1"]], ["text", "one", "two"])
    with pytest.raises(CorpusError, match="but 'two' holds 'maybe'"):
        opened(path, label_columns=("one", "two"))


def test_several_label_columns_of_words_hold_labels_together(tmp_path: Path) -> None:
    rows = [["billing", "", "urgent"], ["n/a", "", ""], ["praise", "billing", ""], ["", "", ""], ["praise", "", ""]]
    rows = [[f"{LONG}{n}", *row] for n, row in enumerate(rows)]
    path = table(tmp_path / "a.csv", rows, ["text", "what", "also", "x"])
    documents = opened(path, label_columns=("what", "also", "x"), validation=0.0, test=0.0)
    assert (documents.labels, documents.multi_label) == (("billing", "praise", "urgent"), True)
    assert documents.targets("train").tolist() == [[1, 0, 1], [1, 1, 0], [0, 1, 0]]
    assert documents.count("unlabelled") == 2
    assert any("'n/a' (1)" in note for note in documents.notes)
    single = opened(path, label_columns=("also", "x"), validation=0.0, test=0.0)  # no row holds two
    assert (single.labels, single.multi_label) == (("billing", "urgent"), False)
    assert single.targets("train").tolist() == [1, 0]


_SPREAD = [["bug", "urgent", ""], ["praise", "", ""], ["bug", "praise", "urgent"], ["urgent", "", ""], ["", "", ""]]


@pytest.mark.parametrize("names", [
    ("Labels", "Labels (2)", "Labels (3)"), ("tag_1", "tag_2", "tag_3"), ("Genre1", "Genre2", "Genre3"),
    ("Labels", "Labels.1", "Labels.2"),
])
def test_labels_spread_over_columns_of_one_name_are_taken_together(names: tuple[str, ...]) -> None:
    columns = {name: [row[place] for row in _SPREAD * 12] for place, name in enumerate(names)}
    guess = guess_columns(frame(text=long(60), **columns))
    assert guess.label == names
    assert "repeated or numbered" in guess.reasons["label_columns"]
    assert "label_doubt" not in guess.reasons


def test_a_repeated_heading_of_several_labels_needs_no_words_in_common(tmp_path: Path) -> None:
    rows = [[f"{LONG}{n}", ("bug", "praise")[n % 2], ("urgent", "")[n % 3 > 0]] for n in range(60)]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "Labels", "Labels"]))
    assert (documents.labels, documents.multi_label) == (("bug", "praise", "urgent"), True)
    told = {"Labels": "ui api", "Labels (2)": "10 of legacy", "kind": "bug story task"}
    guess = guess_columns(frame(text=long(60), **{name: cells_of(values) for name, values in told.items()}))
    assert (guess.label, guess.rivals) == (("Labels", "Labels (2)"), ("kind",))
    assert "it could be 'kind' (3 values) as well" in guess.reasons["label_doubt"]


@pytest.mark.parametrize(("names", "rows"), [
    (("label_1", "label_2"), [["pos", "pos"], ["neg", "pos"], ["neg", "neg"], ["pos", ""]]),  # of two people
    (("category_1", "category_2"), [["food", "fruit"], ["food", "bread"], ["toys", "cars"], ["toys", ""]]),  # levels
    (("label1", "label2"), [["food", "fresh"], ["toys", "new"], ["food", "new"], ["toys", "fresh"]]),  # two questions
    (("label1", "label2"), [["food", "fresh"], ["toys", ""], ["food", "new"], ["toys", "fresh"]]),
    (("stance_1", "stance_2"), [["for", "calm"], ["against", "loud"], ["for", ""], ["against", "calm"]]),
    (("part_1", "part_2"), [["red", "soon"], ["blue", "soon"], ["red", ""], ["blue", ""]]),
    (("choice_1", "choice_2"), [["red", "blue"], ["blue", "green"], ["green", "red"], ["red", "green"]]),  # in order
    (("label_1", "label_2"), [["0", "1"], ["1", "0"], ["1", "1"], ["0", "0"]]),
    (("rating_1", "rating_2"), [["4", "1"], ["5", ""], ["2", "4"], ["1", "5"]]),
    (("label", "topic"), [["bug", "praise"], ["praise", ""], ["bug", "praise"], ["bug", ""]]),
])
def test_columns_that_are_called_alike_and_hold_no_lists_stay_apart(
    names: tuple[str, ...], rows: list[list[str]]
) -> None:
    columns = {name: [row[place] for row in rows * 15] for place, name in enumerate(names)}
    guess = guess_columns(frame(text=long(60), **columns))
    assert "repeated or numbered" not in guess.reasons["label_columns"]
    assert len(guess.label) == (2 if rows[0][0] == "0" else 1)


@pytest.mark.parametrize("names", [("label1", "label2", "label3"), ("tag_1", "tag_2", "tag_3")])
def test_numbered_columns_of_other_words_are_taken_together_and_told_of(names: tuple[str, ...]) -> None:
    rows = [["bug", "urgent", ""], ["praise", "", "web"], ["bug", "", ""], ["praise", "urgent", "web"],
            ["bug", "", "web"]] * 12
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    guess = guess_columns(frame(text=long(60), **columns))
    assert guess.label == names
    assert f"choose '{names[0]}' as the label column" in guess.reasons["label_doubt"]


def test_words_for_a_missing_value_are_no_labels(tmp_path: Path) -> None:
    rows = [[text, label] for text, label in zip(long(8), ["a", "b", "a", "b", "nan", "\\N", "NULL", "None"],
                                                 strict=True)]
    documents = opened(table(tmp_path / "a.csv", rows), label_columns=("label",))
    assert documents.labels == ("None", "a", "b")
    assert documents.rows("unlabelled").tolist() == [4, 5, 6]
    note, = documents.notes
    for word in ("'nan' (1)", "'\\N' (1)", "'NULL' (1)"):
        assert word in note


def test_what_a_sheet_shows_for_a_failed_formula_is_no_label(tmp_path: Path) -> None:
    cells = ["a", "b", "#VALUE!", "#REF!", "#NAME?", "#DIV/0!", "#c"] * 5
    documents = opened(table(tmp_path / "a.csv", [[text, cell] for text, cell in zip(long(35), cells, strict=True)]))
    assert documents.labels == ("#c", "a", "b")
    assert documents.count("unlabelled") == 20
    assert any("'#VALUE!' (5)" in note for note in documents.notes)


def test_one_hot_rows_without_a_mark_are_not_labelled(tmp_path: Path) -> None:
    marks = [("1", "0"), ("0", "1"), ("", ""), ("1", "1"), ("-1", "-1"), ("0", "0"), ("1", "")]
    rows = [[text, *pair] for text, pair in zip(long(7), marks, strict=True)]
    path = table(tmp_path / "a.csv", rows, ["text", "rude", "loud"])
    documents = opened(path, label_columns=("rude", "loud"), validation=0.0, test=0.0)
    assert documents.rows("unlabelled").tolist() == [2, 4]
    assert documents.labels == ("loud", "rude")
    assert documents.targets("train").tolist() == [[0, 1], [1, 0], [1, 1], [0, 0], [0, 1]]


def test_where_only_ones_are_written_an_empty_cell_is_a_zero() -> None:
    found = read_labels([pl.Series("x", ["1", "", ""]), pl.Series("y", ["1", "1", None])])
    assert [found.kinds[code] for code in found.codes] == [("x", "y"), ("y",), ()]


@pytest.mark.parametrize("between", [", ", ",", "|", "; ", " / ", "/", " + ", "+", "\n"])
@pytest.mark.parametrize("name", ["genres", "topic"])
def test_lists_of_a_few_names_are_several_labels(name: str, between: str) -> None:
    names = ("Drama", "Comedy", "Horror", "Science Fiction", "Romance", "Action")
    cells = [between.join(dict.fromkeys((names[n % 6], names[n * n % 5], names[n // 7 % 6])[: 1 + n % 3]))
             for n in range(90)]
    guess = guess_columns(frame(**{"text": long(90), name: cells}))
    assert guess.label == (name,)
    found = read_labels([pl.Series(name, cells)], guess.label_delimiter)
    assert found.names == tuple(sorted(names))


@pytest.mark.parametrize(("cells", "names"), [
    (["#good #mid", "#good", "#bad", "#mid #bad"], ("#bad", "#good", "#mid")),
    (["good#mid", "mid#bad", "bad#good", "good", "bad", "mid"], ("bad", "good", "mid")),
])
def test_labels_parted_by_hash_signs(cells: list[str], names: tuple[str, ...]) -> None:
    column = pl.Series("label", cells * 5)
    assert read_labels([column], guess_label_delimiter(column)).names == names


def test_tags_in_cells_parted_by_spaces_are_several_labels() -> None:
    tags = ("billing", "refund", "vip", "web_form", "sales_lead", "login")
    picked = [[tag for place, tag in enumerate(tags) if n >> place & 1] for n in range(1, 64)] * 2
    cells = [" ".join(row[n % len(row):] + row[:n % len(row)]) for n, row in enumerate(picked)] + list(tags) * 12
    guess = guess_columns(frame(text=long(len(cells)), Tags=cells))
    assert (guess.label, guess.label_delimiter) == (("Tags",), " ")


@pytest.mark.parametrize(("name", "cells", "delimiter"), [
    ("categories", ["cs.CL", "cs.LG cs.CL", "cs.LG stat.ML", "hep-ph", "stat.ML"], " "),
    ("category", ["cs.CL", "cs.LG cs.CL", "cs.LG stat.ML", "hep-ph", "stat.ML"], ""),
    ("categories", ["red shoes", "blue shoes", "red shirts", "blue shirts"], ""),
    ("labels", ["positive", "negative", "very positive", "very negative", "no answer", "an odd one"], ""),
    ("categories", ["Customer Service", "Customer Support", "Technical Support", "Other"], ""),
    ("categories", ["area 51 north", "area 51 south", "area 52"], ""),
])
def test_spaces_part_codes_in_columns_of_several_labels(name: str, cells: list[str], delimiter: str) -> None:
    assert guess_label_delimiter(pl.Series(name, cells * 10)) == delimiter


@pytest.mark.parametrize("cells", [
    ["yes", "no", "yes/no"], ["C", "C#", "C++"], ["Home, Garden", "Sports, Outdoors", "Books, Music"] * 4,
    ["Paris, France", "Lyon, France", "Oslo, Norway", "Bergen, Norway", "Rome, Italy", "Turin, Italy", "Milan, Italy"],
    ["TV / Radio", "Home / Garden", "Books"], ["Black+White", "Colour"],
    *([sign.join((what, how)) for what in ("Hardware", "Software", "Network") for how in ("New", "Change", "Incident")]
      for sign in (" / ", " + ", "/", "+", "\n", ", ")),
    ["R&D / QA", "R&D", "QA", "HR"], ["R&D/QA", "R&D", "QA", "HR"], ["food", "food / fruit", "food / fruit / apple"],
    ["Sales / North", "Sales / South", "Service / North", "Service / South", "Other / Other", "Other / South"],
    ["Mr / Mrs", "Mr", "Mrs"], ["and/or", "and", "or"], ["C/C++", "C", "C++"], ["TCP/IP", "TCP", "IP"],
    ["A+", "A", "B", "B+"], ["9/11", "7/7", "1/6"],
])
def test_signs_within_names_part_no_labels(cells: list[str]) -> None:
    assert guess_label_delimiter(pl.Series("label", cells * 5)) == ""


def test_dummies_of_one_question_are_not_joined_by_another_column_of_yes_and_no() -> None:
    marks = {f"topic.{name}": [str(int(n % 3 == place)) for n in range(60)] for place, name in enumerate(NAMES)}
    guess = guess_columns(frame(comment=long(60), is_member=["0", "1"] * 30, **marks))
    assert guess.label == tuple(marks)


def test_how_cells_with_several_names_were_read_is_told(tmp_path: Path) -> None:
    lists = ["Drama|Comedy", "Comedy|Horror", "Horror|Drama", "Drama", "Comedy", "Horror"]
    rows = [[text, lists[n % 6]] for n, text in enumerate(long(60))]
    path = table(tmp_path / "a.csv", rows, ["text", "genre"])
    note = next(note for note in opened(path).notes if "several labels" in note)
    assert "'Drama|Comedy'" in note
    assert "'none'" in note
    assert not any("several labels" in note for note in opened(path, label_delimiter="none").notes)
    levels = [f"{what} / {how}" for what in ("Hardware", "Network") for how in ("New", "Change", "Incident")]
    path = table(tmp_path / "b.csv", [[text, levels[n % 6]] for n, text in enumerate(long(60))], ["text", "category"])
    assert opened(path).labels == tuple(sorted(levels))
    note = next(note for note in opened(path).notes if "several labels" in note)
    assert "'Hardware / New' are read as one label each" in note


def test_a_sign_between_names_that_stand_alone_elsewhere_is_told(tmp_path: Path) -> None:
    cells = ["flight"] * 40 + ["fare"] * 20 + ["flight#fare"] * 4
    path = table(tmp_path / "a.csv", [[f"a question of some length, number {n}", cell] for n, cell in enumerate(cells)])
    assert any("'flight#fare' are read as one label each" in note for note in opened(path).notes)
    assert opened(path, label_delimiter="#").labels == ("fare", "flight")


@pytest.mark.parametrize("cells", [
    ["[1 0 0]", "[0 1 0]", "[1 0 1]"], ["[1, 0, 0]", "[0, 1, 0]", "[1, 0, 1]"], ["1 0 0", "0 1 0", "1 0 1"],
    ["1,0,0", "0,1,0", "1,0,1"],
    ["[1. 0. 0.]", "[0. 1. 0.]", "[1. 0. 1.]"], ["[true, false, false]", "[false, true, false]", "[true, false, true]"],
])
def test_a_cell_of_marks_holds_one_for_each_label(tmp_path: Path, cells: list[str]) -> None:
    found = read_labels([pl.Series("y", [*cells, None])])
    assert (found.names, found.multi) == (("1", "2", "3"), True)
    assert [found.kinds[code] for code in found.codes] == [("1",), ("2",), ("1", "3"), None]
    rows = [[f"{n} {LONG}", cells[n % 3]] for n in range(30)]
    told = [note for note in opened(table(tmp_path / "a.csv", rows, ["text", "y"])).notes if "1 to 3" in note]
    assert len(told) == 1
    assert "marks of yes and no" in told[0]


def test_one_mark_in_each_cell_of_marks_is_one_label() -> None:
    found = read_labels([pl.Series("y", ["[0 1]", "[1 0]", "[0 1]"])])
    assert (found.names, found.multi) == (("1", "2"), False)
    assert [found.kinds[code] for code in found.codes] == [("2",), ("1",), ("2",)]


@pytest.mark.parametrize("cells", [["[0, 1]", "[1]", "[0]"], ["[1, 2]", "[2, 1]"], ["1,0", "0,0"]])
def test_lists_of_classes_and_numbers_are_no_marks(cells: list[str]) -> None:
    assert read_labels([pl.Series("y", cells)]).vector == ""


@pytest.mark.parametrize(("name", "mark"), [("genres", "|"), ("topic", "|"), ("tags", "; "), ("categories", ", ")])
def test_a_label_that_stands_only_beside_others_is_one_of_several(name: str, mark: str) -> None:
    cells = ["good", "bad", f"good{mark}it's late", f"bad{mark}it's late"] * 5
    assert guess_label_delimiter(pl.Series(name, cells)) == mark.strip()


@pytest.mark.parametrize("cells", [
    ["R&D; sales", "support", "returns"], ["Food|Fruit", "Food|Bread", "Toys|Cars", "Toys|Balls"],
    ["Food", "Food; organic", "Toys"],
])
def test_single_labels_with_a_delimiter_in_them_stay_whole(cells: list[str]) -> None:
    assert guess_label_delimiter(pl.Series("topic", cells * 10)) == ""


@pytest.mark.parametrize(("cell", "items"), [
    ("{good,\"it's late\"}", ["good", "it's late"]), ("{bad}", ["bad"]), ('{"a, b",c}', ["a, b", "c"]),
    (r'{"a \"b\""}', ['a "b"']), ("{}", []), ("{a, b}", None), ("{a: b}", None), ('{"a": 1, "b": 2}', None),
])
def test_an_array_as_postgresql_writes_it_is_a_list(cell: str, items: list[str] | None) -> None:
    assert listed(cell) == items


@pytest.mark.parametrize(("yes", "no"), [("ja", "nein"), ("oui", "non"), ("sí", "no"), ("да", "нет"), ("1", "-1"),
                                         ("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERDADERO", "FALSO"),
                                         ("VERO", "FALSO"), ("J", "N"), ("O", "N"), ("S", "N"), ("○", "×"),
                                         ("☑", "☐"), ("✅", "❌"), ("✔", "✘")])
def test_yes_and_no_of_other_languages_and_signs_are_marks(yes: str, no: str) -> None:
    marks = {"Lob": [yes, no, no, yes], "Tadel": [no, yes, no, yes], "Spaet": [no, no, no, yes]}
    guess = guess_columns(frame(Kommentar=long(4), **marks))
    assert guess.label == ("Lob", "Tadel", "Spaet")
    found = read_labels([pl.Series(name, cells) for name, cells in marks.items()])
    assert [found.kinds[code] for code in found.codes] == [("Lob",), ("Tadel",), (), ("Lob", "Tadel", "Spaet")]


@pytest.mark.parametrize("mark", [" | ", "|", " ; ", ";", "\n", ", ", "、", "，", "；", "، ", ";#"])
def test_a_few_combinations_of_names_that_stand_alone_are_several_labels(mark: str) -> None:
    cells = [mark.join(("Biology", "Chemistry")), mark.join(("Physics", "Biology")), "Chemistry", "Biology"] * 15
    assert guess_label_delimiter(pl.Series("subjects", cells)) == (mark.strip(" ") or mark)


def test_numbers_with_a_comma_between_them_are_labels_where_they_are_no_halves() -> None:
    assert guess_label_delimiter(pl.Series("label", ["2", "5,8", "27", "2,27", "5", "8"] * 10)) == ","
    assert guess_label_delimiter(pl.Series("labels", ["2", "5", "2,5", "8,5", "8"] * 10)) == ","


def test_names_that_change_places_under_a_plural_name_are_several_labels() -> None:
    cells = ["Drama|Romance", "Comedy|Romance", "Action|Thriller", "Drama|Thriller", "Comedy|Drama"] * 20
    assert guess_label_delimiter(pl.Series("genres", cells)) == "|"
    assert guess_label_delimiter(pl.Series("subject", cells)) == ""


@pytest.mark.parametrize(("name", "cells", "doubtful"), [
    ("genres", ["Drama, Romance", "Comedy, Family", "Action, Thriller"], ","),
    ("genre", ["Drama|Romance", "Comedy|Family", "Action|Thriller"], "|"),
    ("topic", ["Food", "Food; organic", "Toys"], ";"), ("topic", ["Food\nFruit", "Toys\nCars"], "\n"),
    ("topic", ["Food, Toys", "Toys, Cars", "Food", "Toys"], ","),
    ("topic", ["Home, Garden", "Sports, Outdoors", "Books, Music"], ""),
    ("city", ["Salem, OR", "Portland, OR", "Washington, DC"], ""),
    ("reason", ["too late", "it broke; the part sent in its place did so as well, after a week or two", "dear"], ""),
    ("tags", ["good urgent python", "bad pandas", "mid pandas"], " "), ("labels", ["good urgent", "bad urgent", "good",
                                                                                  "bad"], " "),
    ("categories", ["cs.CL stat.ML", "cs.LG", "math.ST"], " "), ("categories", ["Size 42", "Size 43"], ""),
    ("topic", ["a b", "b c", "c a", "b a", "c b", "a c"], " "), ("labels", ["credit card", "student loan"], ""),
    ("labels", ["very good", "very bad", "not good", "not bad", "good", "bad"], ""),
    ("labels", ["good and late", "bad and late", "good", "bad", "late"], " and "),
    ("tags", ["价格、味道", "服务、味道"], "、"), ("topic", ["Food & Staff", "Staff - Price", "Food", "Staff"], "&"),
    ("topic", ["Food - Staff", "Food", "Staff"], " - "), ("topic", ["Food<br>Staff", "Food", "Staff"], "<br>"),
    ("team", ["R&D", "R", "Sales"], ""), ("topic", ["black and white", "white"], ""),
    ("type", ["交通、运输", "教育"], ""), ("topic", ["Rock > Jazz", "Jazz"], ""),
    ("product", ["red wine", "white wine", "red beer", "white beer", "red port", "white port"], ""),
    ("category", ["Home & Garden", "Garden & Home"], ""), ("mood", ["very good", "good", "very bad", "bad"], ""),
    ("genre", ["Drama", "Comedy"], ""), ("stars", ["4,5", "4", "3,5", "5", "3"], ""),
    ("stars", ["4,5", "4", "5", "3"], ""),
])
def test_cells_that_may_hold_several_labels_are_asked_about(name: str, cells: list[str], doubtful: str) -> None:
    assert label_delimiters(pl.Series(name, cells * 10)) == ("", doubtful)


@pytest.mark.parametrize(("cells", "kinds"), [
    (["[good, late]", "[good]", "[]"], [("good", "late"), ("good",), ()]),
    (["[good,it is late]", "[bad]", "[late]"], [("good", "it is late"), ("bad",), ("late",)]),
])
def test_bare_lists_hold_several_labels(cells: list[str], kinds: list[tuple[str, ...]]) -> None:
    column = pl.Series("labels", cells * 10)
    assert label_delimiters(column) == (",", "")
    found = read_labels([column], ",")
    assert [found.kinds[code] for code in found.codes[:3]] == kinds


@pytest.mark.parametrize(("delimiter", "cells"), [
    (";", ["[ui]; [bug]", "[ui]", "[bug]"]), (" ", ["[ui] [bug]", "[ui]", "[bug]"]),
    (",", ["[ui], bug", "[ui]", "bug"]), (",", ["[ui, bug]", "[ui]", "[bug]"]), (";", ["ui; bug", "ui", "bug"]),
])
def test_a_name_in_brackets_is_one_whether_it_stands_alone_or_not(delimiter: str, cells: list[str]) -> None:
    assert set(read_labels([pl.Series("labels", cells)], delimiter).names) == {"ui", "bug"}


@pytest.mark.parametrize("cells", [
    ["[deleted]", "[removed]", "kept"], ["[good, late]", "good"], ["[good]", "[bad]"], ["[a] first", "[b], second"],
])
def test_other_names_in_brackets_are_no_lists(cells: list[str]) -> None:
    assert label_delimiters(pl.Series("label", cells * 10))[0] == ""
    assert set(read_labels([pl.Series("label", cells)]).names) == set(cells)


def test_the_marks_of_a_list_are_no_part_of_its_names() -> None:
    cells = ["* Food\n* Staff", "* Food", "* Staff\n* Price", "* Price"] * 10
    delimiter = guess_label_delimiter(pl.Series("topics", cells))
    assert (delimiter, read_labels([pl.Series("topics", cells)], delimiter).names) == ("\n", ("Food", "Price", "Staff"))


@pytest.mark.parametrize(("cell", "names"), [
    ('[{"category": "good", "confidence": 0.9}, {"category": "late", "confidence": 0.8}]', ["good", "late"]),
    ('[{"label": "bad", "score": 0.2}, {"label": "good", "score": 0.8}]', ["good"]),
    ('[{"label": "good", "score": 0.5}, {"label": "late", "score": 0.5}]', ["good", "late"]),
    ('[{"classname": "good", "classification_id": "c1"}]', ["good"]), ('[{"class": "good", "id": 0}]', ["good"]),
    ('{"sentiment": "good"}', ["good"]), ('{"label": "good", "score": 0.31}', ["good"]), ('{"label": 1}', ["1"]),
    ('{"title": "Good", "value": "good"}', ["Good"]), ("{'answer': 'good'}", ["good"]),
    ('{"good": 1.0, "bad": 0.0, "late": 1.0}', ["good", "late"]), ('{"choices": ["a", "b"]}', ["a", "b"]),
    ('{"good": 0.9, "bad": 0.1}', None), ('{"sentiment": "good", "topic": "a"}', None), ('{"spans": []}', None),
    ('[{"author": {"name": "x"}, "kind": "DEFAULT"}]', None),
])
def test_an_object_is_the_label_that_it_names(cell: str, names: list[str] | None) -> None:
    assert (listed(cell), is_unnamed(cell)) == (names, names is None)


@pytest.mark.parametrize(("cells", "names"), [
    (['{"sentiment": 0}', '{"sentiment": 1}'], ("0", "1")),
    (['{"is_spam": true}', '{"is_spam": false}'], ("False", "True")),
    (['{"class_id": 0}', '{"class_id": 1}', '{"class_id": 2}'], ("0", "1", "2")),
    (["{'rating': 1}", "{'rating': 5}"], ("1", "5")),
    (['{"sentiment": 0, "confidence": 1}', '{"sentiment": 1, "confidence": 1}'], ("0", "1")),
    (['{"id": 7, "sentiment": 0}', '{"id": 8, "sentiment": 1}'], ("0", "1")),
    (['{"good": 1}', '{"late": 1}', '{"good": 1, "late": 1}'], ("good", "late")),
    (['{"good": 1, "late": 0}', '{"good": 0, "late": 1}'], ("good", "late")),
    (['{"kind": "good", "score": 0.4}', '{"kind": "bad", "score": 0.5}'], ("bad", "good")),
    (['{"user": "x", "sentiment": "good"}', '{"user": "x", "sentiment": "bad"}'], ()),
    (['{"sentiment": "good", "rating": 5}', '{"sentiment": "bad", "rating": 1}'], ("bad", "good")),
    (['{"user": "anna", "rating": 3}', '{"user": "ben", "rating": 1}'], ()),
    (['{"date": "2020-01-01", "stars": 3}', '{"date": "2020-01-02", "stars": 1}'], ()),
    (['{"seen": "2020-01-01"}', '{"seen": "2020-01-02"}'], ()),
    (['{"item": "pen", "stars": 3}', '{"item": "ink", "stars": 1}'], ()),
])
def test_what_an_object_names_is_told_by_all_cells(tmp_path: Path, cells: list[str], names: tuple[str, ...]) -> None:
    cells = cells * 10
    path = table(tmp_path / "a.csv", [[text, cell] for text, cell in zip(long(len(cells)), cells, strict=True)])
    documents = opened(path)
    assert (documents.labels, "is not read as the label" in "".join(documents.notes)) == (names, not names)
    assert not names or sum(map(len, map(documents.rows, ("train", "validation", "test")))) == len(cells)


def test_confidences_that_happen_to_come_to_1_leave_no_label_out() -> None:
    shared = '[{"label": "a", "confidence": 0.6}, {"label": "b", "confidence": 0.4}]'
    others = ['[{"label": "a", "confidence": 0.9}, {"label": "c", "confidence": 0.8}]',
              '[{"label": "b", "confidence": 0.7}]']
    named = named_in([shared, *others])
    assert named[shared] == ["a", "b"]
    assert named_in([shared])[shared] == ["a"]
    assert read_labels([pl.Series("labels", [shared, *others])]).names == ("a", "b", "c")


@pytest.mark.parametrize("cell", ["{a}", "[good, late]", "{'a', 'b'}", "good", "[{draft}] note"])
def test_what_is_no_object_may_be_a_name(cell: str) -> None:
    assert not is_unnamed(cell)


def test_objects_that_name_no_label_are_told_of_and_never_classes(tmp_path: Path) -> None:
    cells = ['{"sentiment": "good", "topic": "a"}', '{"sentiment": "bad", "topic": "b"}'] * 10
    path = table(tmp_path / "a.csv", [[text, cell] for text, cell in zip(long(20), cells, strict=True)])
    documents = opened(path)
    assert documents.labels == ()
    assert "is not read as the label" in "".join(documents.notes)
    card = next(one for one in outcome(audit(documents)) if one.kind == "label_doubt")
    assert "it is not clear which of their values is the class" in card.why
    assert (card.count, card.alternatives) == (1, ())
    cells = ["good", "bad"] * 9 + cells[:2]
    path = table(tmp_path / "b.csv", [[text, cell] for text, cell in zip(long(20), cells, strict=True)])
    documents = opened(path)
    assert documents.labels == ("bad", "good")
    assert "counts as not labelled" in "".join(documents.notes)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_of_marks_that_stand_only_where_a_label_applies_none_is_missing(tmp_path: Path, form: str) -> None:
    path, names = tmp_path / f"a.{form}", ("good", "late", "dear")
    rows = [{"text": text, **{name: "x" if n % 3 == place else None for place, name in enumerate(names)}}
            for n, text in enumerate(long(60))]
    path.write_text(json.dumps(rows)) if form == "json" else pl.DataFrame(rows).write_csv(path)
    documents = opened(path)
    assert set(documents.labels) == set(names)
    assert documents.notes == ()
