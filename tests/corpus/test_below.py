"""What stands below a heading and is no document: a second heading, and the name of a group in its first row alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
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
    ["A99", "How do I get to the room?", "question"],
    ["A99", "Hello:", "other"],
    ["A99", "How do I get to the room?", "good|bad|so so|dear"],
    ["A99", "Late", "Breakfast, lunch and dinner"],
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


NAMES = ("Praise", "Complaint", "Question")


def grouped(count: int = 12) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """The rows of a sheet in which each group is named in its first row alone; its documents."""
    documents = [(f"Ticket number {n} of the {name.lower()} kind, as it was written", name)
                 for name in NAMES for n in range(count)]
    return [[name if n % count == 0 else "", text] for n, (text, name) in enumerate(documents)], documents


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("sums", [False, True])
def test_the_name_in_the_first_row_of_each_group_is_that_of_all_its_rows(
    tmp_path: Path, alone: bool, sums: bool
) -> None:
    rows, documents = grouped()
    if alone:
        rows = [new for name, text in rows for new in ([[name, ""]] if name else []) + [["", text]]]
    if sums:
        rows = [new for n, row in enumerate(rows) for new in ([["Subtotal", "12"], row] if row[0] and n else [row])]
    found = opened(table(tmp_path / "a.csv", rows, ["Category", "Comment"]))
    assert everything(found) == [text for text, _ in documents]
    assert labels_in_order(found) == [label for _, label in documents]
    assert sum("first row of each group: " in note for note in found.notes) == 1


def labelled_here_and_there(count: int, places: dict[int, str]) -> list[list[str]]:
    return [[places.get(n, ""), f"Ticket number {n}, which somebody wrote"] for n in range(count)]


@pytest.mark.parametrize("places", [
    {0: "Praise", 4: "Complaint", 9: "Question"},  # one has begun with one of each class
    {0: "Praise", 700: "Complaint", 1400: "Question"},  # at a page of each
    {0: "Praise", 1: "Complaint", 2: "Question", 3: "Order"},
    dict(zip([0, *random.Random(3).sample(range(1, 2_000), 30)], map("Topic {}".format, range(31)), strict=True)),
    {n: NAMES[n % 3] for n in [0, *random.Random(5).sample(range(1, 2_000), 150)]},
    {n: NAMES[n % 3] for n in range(0, 2_000, 20)},  # every twentieth
])
def test_tickets_labelled_here_and_there_stay_unlabelled_between(tmp_path: Path, places: dict[int, str]) -> None:
    found = opened(table(tmp_path / "a.csv", labelled_here_and_there(2_000, places), ["Category", "Comment"]),
                   label_columns=("Category",))
    assert len(found.rows("unlabelled")) == 2_000 - len(places)
    assert not any("first row of each group" in note for note in found.notes)
    once = len(set(places.values())) == len(places)
    assert once == any("fill the column down" in note for note in found.notes)


def test_a_remark_beside_some_rows_is_no_question_where_there_is_a_label(tmp_path: Path) -> None:
    rows = [[{0: "seen", 5: "call back"}.get(n, ""), text, label] for n, (_, text, label) in enumerate(ROWS)]
    found = opened(table(tmp_path / "a.csv", rows, ["Remark", "Comment", "Class"]))
    assert found.understood.label_columns == ("Class",)
    assert not any("fill the column" in note for note in found.notes)


@pytest.mark.parametrize("heading", ["Remark", "Title", "Reply of the house", "Hashtag"])
@pytest.mark.parametrize("places", [range(0, 36, 4), (0, 9, 21)])
def test_what_some_documents_have_beside_their_label_is_not_that_of_those_below(
    tmp_path: Path, heading: str, places: Sequence[int]
) -> None:
    rows = [[f"About room {n}" if n in places else "", text, label] for n, (_, text, label) in enumerate(ROWS)]
    found = opened(table(tmp_path / "a.csv", rows, [heading, "Comment", "Class"]))
    assert found.understood.label_columns == ("Class",)
    assert not any("first row of each group" in note for note in found.notes)
    bare = opened(table(tmp_path / "b.csv", [row[:2] for row in rows], ["Title", "Comment"]))
    assert not any("first row of each group" in note for note in bare.notes)
