"""What stands below a heading and is no document: a second heading, and the name of a group in its first row alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened, table

LABELS = ("good", "bad", "so so")
ROWS = [(f"A{n}", f"The room number {n} looked on to a quiet yard and was clean{'.!'[n % 2]}", LABELS[n % 3])
        for n in range(36)]
SECOND = "second heading"


def test_units_types_questions_and_other_languages_below_a_heading_are_no_document(tmp_path: Path) -> None:
    for number, (heading, below) in enumerate([
        (["nr", "comment", "label"], [["", "free text", "[good/bad/so so]"]]),
        (["v1", "v2", "v3"], [["Respondent", "What did you like?", "Would you come again?"]]),
        (["id", "comment", "label"], [["INTEGER", "VARCHAR(500)", "nvarchar (10)"]]),
        (["id", "comment", "label"], [["--", "-------", "-----"]]),
        (["Kunde", "Text", "Klasse"], [["Client", "Texte", "Classe"]]),
        (["id", "comment", "label"], [["INTEGER", "VARCHAR(500)", "VARCHAR(10)"], ["===", "===", "==="]]),
    ]):
        documents = opened(table(tmp_path / f"{number}.csv", [*below, *map(list, ROWS)], heading))
        assert everything(documents) == [text for _, text, _ in ROWS], heading
        assert labels_in_order(documents) == [label for *_, label in ROWS]
        note, = [note for note in documents.notes if "head" in note]
        assert below[0][1] in note
        assert "left out" in note


def test_a_unit_below_a_scale_of_numbers_is_no_class(tmp_path: Path) -> None:
    rows = [[str(n), f"2024-03-{1 + n % 9:02}", text, str(1 + n % 3)] for n, (_, text, _) in enumerate(ROWS)]
    path = table(tmp_path / "a.csv", [["", "yyyy-mm-dd", "free text", "1=bad..3=good"], *rows],
                 ["nr", "date", "comment", "grade"])
    assert sorted(opened(path).labels) == ["1", "2", "3"]


@pytest.mark.parametrize("first", [
    ["A99", "A document of a class that comes only once, which is rare", "awful"],
    ["A99", "Great", "awful"],
    ["A99", "Is this what you call a room?", "why?"],
    ["A99", "[laughs] and says nothing more", "[none]"],
    ["A99", "text", "label"],
    ["", "A document without a number, of a class that comes once", "awful"],
    ["A0", "----", "--"],
    ["A99", "n/a", "n/a"],
])
def test_a_first_document_of_a_class_of_its_own_stays_one(tmp_path: Path, first: list[str]) -> None:
    documents = opened(table(tmp_path / "a.csv", [first, *map(list, ROWS)], ["id", "text", "label"]))
    assert everything(documents)[0] == first[1]
    assert not any(SECOND in note for note in documents.notes)


@pytest.mark.parametrize(("heading", "first"), [
    (["text", "grade"], ["A document that was not graded, as it came too late", "too late"]),
    (["text", "grade"], ["A document of a grade that comes only once, and no other", "9"]),
    (["text", "grade"], ["A document without a grade that is long enough to be read", "n/a"]),
])
def test_a_first_document_beside_numbers_stays_one(tmp_path: Path, heading: list[str], first: list[str]) -> None:
    rows = [[text, str(1 + n % 3)] for n, (_, text, _) in enumerate(ROWS)]
    documents = opened(table(tmp_path / "a.csv", [first, *rows], heading))
    assert everything(documents)[0] == first[0]
    assert not any(SECOND in note for note in documents.notes)


def test_a_row_that_may_be_a_second_heading_is_told_of_and_kept(tmp_path: Path) -> None:
    rows = [[text, label] for _, text, label in ROWS]
    documents = opened(table(tmp_path / "a.csv", [["Remark", "Verdict"], *rows], ["v1", "v2"]))
    assert everything(documents)[0] == "Remark"
    note, = [note for note in documents.notes if SECOND in note]
    assert "'Remark', 'Verdict'" in note
    assert "read as a document" in note


def test_group_names_above_the_heading_of_rows_that_end_with_a_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(" ,Time,Time,Report 1,Report 1,\nACN,Date,Hour,Narrative,Anomaly,\n" + "".join(
        f"{1000 + n},202403,{n % 24},{text},{label},\n" for n, (_, text, label) in enumerate(ROWS)))
    documents = opened(path)
    assert documents.understood.columns[:5] == ("ACN", "Date", "Hour", "Narrative", "Anomaly")
    assert everything(documents) == [text for _, text, _ in ROWS]


def test_a_heading_of_two_rows_in_a_page_names_each_column_once(tmp_path: Path) -> None:
    head = ("<thead><tr><th colspan=2>Message</th><th rowspan=2>Verdict</th></tr>"
            "<tr><th>Date</th><th>Text</th></tr></thead>")
    rows = "".join(f"<tr><td>2024-03-0{1 + n % 9}</td><td>{text}</td><td>{label}</td></tr>"
                   for n, (_, text, label) in enumerate(ROWS))
    path = tmp_path / "a.html"
    path.write_text(f"<html><body><table>{head}{rows}</table></body></html>")
    documents = opened(path)
    assert documents.understood.columns == ("Date", "Text", "Verdict")
    assert labels_in_order(documents) == [label for *_, label in ROWS]
    group = "<tr><th colspan=3>North</th></tr>"  # the name of a group below the heading takes its place never
    path.write_text(f"<html><body><table>{head}{group}{rows}</table></body></html>")
    assert opened(path).understood.columns == ("Date", "Text", "Verdict")
