"""Tables as people, R, Orange and `cat` leave them: stray quotes, short headings, titles above, headings below."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened

WORDS = {"good": ("superb", "great", "lovely"), "bad": ("awful", "dull", "poor"), "mid": ("plain", "usual", "average")}
LABELS = ("good", "bad", "mid")
THINGS = ("chair", "room", "film", "hotel", "meal", "garden", "book")
Rows = list[tuple[str, str]]


def made(count: int = 60, comma: str = "") -> Rows:
    """Different texts, each with its label; a ``comma`` stands in the middle of each."""
    rows = []
    for n in range(count):
        label = LABELS[n % 3]
        one, two = WORDS[label][n % 2], WORDS[label][(n + 1) % 3]
        thing = THINGS[n % 7]
        rows.append((f"The {thing} looked {one}{comma} and the {THINGS[n % 5]} was {two} on day {100 + n}.", label))
    return rows


def check(tmp_path: Path, name: str, text: str, rows: Rows, *, texts: bool = True) -> None:
    """The file holds exactly ``rows``."""
    path = tmp_path / name
    path.write_bytes(text.encode())
    documents = opened(path)
    if texts:
        assert everything(documents) == [text for text, _ in rows]
    assert len(documents.parts) == len(rows)
    assert labels_in_order(documents) == [label for _, label in rows]


def joined(rows: Rows, mark: str, order: tuple[int, int] = (0, 1)) -> str:
    return "".join(mark.join((row[order[0]], row[order[1]])) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("mark", "name"), [(",", "a.csv"), (";", "a.csv"), ("|", "a.csv"), ("\t", "a.tsv"), ("\t", "a.txt")]
)
@pytest.mark.parametrize("spoil", [
    lambda n, text: '"' + text if n % 10 == 3 else text + '"' if n % 10 == 6 else text,
    lambda n, text: '5" ' + text if n % 3 == 0 else text,
    lambda n, text: f'"Well," {text}'.replace(",", "") if n % 4 == 0 else text,
])
def test_quotation_marks_that_mean_nothing_put_no_rows_together(
    tmp_path: Path, mark: str, name: str, spoil: Callable[[int, str], str]
) -> None:
    rows = [(spoil(n, text), label) for n, (text, label) in enumerate(made())]
    check(tmp_path, name, f"sentence{mark}label\n" + joined(rows, mark), rows)


def test_stray_quotes_in_a_file_whose_quotes_matter(tmp_path: Path) -> None:
    rows = made(comma=",")
    lines = [f'"{text}",{label}' for text, label in rows]
    lines[20] = lines[20].replace('."', ".")  # not closed
    lines[25] = lines[25][1:]  # not opened
    check(tmp_path, "a.csv", "text,label\n" + "\n".join(lines) + "\n", rows, texts=False)


@pytest.mark.parametrize("mark", [",", "\t"])
def test_texts_of_several_lines_stay_whole(tmp_path: Path, mark: str) -> None:
    rows = [(f'{text}\nA second line{mark} cut once\n\n"Third" line{mark} cut', label) for text, label in made()]
    quoted = [(label, '"' + text.replace('"', '""') + '"') for text, label in rows]
    check(tmp_path, "a.csv", f"label{mark}text\n" + joined(quoted, mark), rows)


def test_quotation_marks_escaped_by_backslashes(tmp_path: Path) -> None:
    rows = [(f'He said "{text}", and left', label) for text, label in made()]
    lines = [('"' + text.replace('"', '\\"') + '"', label) for text, label in rows]
    check(tmp_path, "a.csv", "text,label\n" + joined(lines, ","), rows)


@pytest.mark.parametrize(("heading", "order"), [
    ("label{0}text", (1, 0)), ("text{0}label", (0, 1)), ("oordeel{0}zin", (1, 0)), ("zin{0}oordeel", (0, 1)),
    ("", (1, 0)), ("", (0, 1)),
])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_texts_with_unquoted_delimiters(tmp_path: Path, mark: str, heading: str, order: tuple[int, int]) -> None:
    rows = [(text.replace(" was", f"{mark} was") if n % 2 else text, label)
            for n, (text, label) in enumerate(made(comma=mark))]
    head = heading.format(mark) + "\n" if heading else ""
    check(tmp_path, "a.csv", head + joined(rows, mark, order), rows)


@pytest.mark.parametrize(("mark", "heading"), [
    (",", "text{0}label"), ("\t", "text{0}label"), (";", "review{0}rating"), (",", "zin{0}oordeel"),
])
def test_texts_with_one_unquoted_delimiter_each(tmp_path: Path, mark: str, heading: str) -> None:
    rows = [(text.replace(" on day", f"{mark} on day"), label) for text, label in made()]
    check(tmp_path, "a.csv", heading.format(mark) + "\n" + joined(rows, mark), rows)


@pytest.mark.parametrize("end", [", yes\u201d", ", really", ", 5"])
def test_the_same_words_behind_a_comma_in_each_text_are_its_own(tmp_path: Path, end: str) -> None:
    rows = [(text + end, label) for text, label in made()]
    check(tmp_path, "a.csv", "text,label\n" + joined(rows, ","), rows)


@pytest.mark.parametrize(("heading", "cell"), [
    ("text,author", "Jane Doe {0}"), ("text,score", "{0}"), ("text,topic", "topic {1}"), ("text, author", " Jane {0}"),
])
def test_open_columns_behind_the_text_are_not_put_into_it(tmp_path: Path, heading: str, cell: str) -> None:
    space = " " * cell.startswith(" ")
    path = tmp_path / "a.csv"
    path.write_text(heading + "\n" + "".join(f"{text},{cell.format(n, n % 25)},{space}{label}\n"
                                             for n, (text, label) in enumerate(made())))
    documents = opened(path)
    assert documents.understood.columns == (*heading.replace(" ", "").split(","), "column 3")
    assert everything(documents) == [text for text, _ in made()]


def test_unnamed_columns_beside_the_named_ones_stay_columns(tmp_path: Path) -> None:
    rows = made()
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"{text},{label},{n % 3}\n" for n, (text, label) in enumerate(rows)))
    documents = opened(path)
    assert documents.understood.columns == ("text", "label", "column 3")
    assert everything(documents) == [text for text, _ in rows]


@pytest.mark.parametrize(("name", "mark"), [("a.txt", " "), ("a.tsv", "\t"), ("a.csv", ",")])
@pytest.mark.parametrize("row", ["{0}", '"{0}"', '"doc{0}"'])
def test_r_writes_one_name_less_than_columns(tmp_path: Path, name: str, mark: str, row: str) -> None:
    rows = made()
    lines = [mark.join((row.format(n), f'"{text}"', f'"{label}"')) for n, (text, label) in enumerate(rows, 1)]
    check(tmp_path, name, mark.join(('"phrase"', '"kind"')) + "\n" + "\n".join(lines) + "\n", rows)


@pytest.mark.parametrize("heading", ["id,text,label", "Ticket-ID,text,label", "no,text,label", "case,text,label"])
@pytest.mark.parametrize("begin", ["Dear Sir, ", "Hello,"])
def test_a_comma_in_each_text_behind_a_number_is_none_of_r(tmp_path: Path, heading: str, begin: str) -> None:
    rows = [(f"{begin}{text}", label) for text, label in made()]
    if not heading.startswith("case") or begin.endswith(" "):
        check(tmp_path, "a.csv", heading + "\n" + "".join(
            f"{n},{text},{label}\n" for n, (text, label) in enumerate(rows)), rows)


@pytest.mark.parametrize("second", ["{}", "k{}", "{0}-{0}"])
def test_r_names_rows_that_have_numbers_of_their_own(tmp_path: Path, second: str) -> None:
    rows = made()
    check(tmp_path, "a.csv", "id,text,label\n" + "".join(
        f"{n},{second.format(n + 500)},{text},{label}\n" for n, (text, label) in enumerate(rows)), rows)
    assert opened(tmp_path / "a.csv").understood.columns == ("column 1", "id", "text", "label")


@pytest.mark.parametrize("heading", ["text,score,label", "text,Note,Kategorie"])
def test_a_number_with_an_unquoted_comma_is_one_number(tmp_path: Path, heading: str) -> None:
    rows = made()
    check(tmp_path, "a.csv", heading + "\n" + "".join(
        f"{text},{n % 5},{n % 10},{label}\n" for n, (text, label) in enumerate(rows)), rows)
    documents = opened(tmp_path / "a.csv")
    assert documents.understood.columns == tuple(heading.split(","))
    assert any("a number with a comma in it (0,0)" in note for note in documents.notes)


@pytest.mark.parametrize(("heading", "cells"), [
    ("text,score,label", "{n},{code},{label}"), ("text,label,score", "{label},{n},{m}"),
    ("text,score,votes", "{n},{m},{label}"),
])
def test_columns_of_numbers_beside_one_without_a_name_stay(tmp_path: Path, heading: str, cells: str) -> None:
    rows = made()
    path = tmp_path / "a.csv"
    path.write_text(heading + "\n" + "".join(
        f"{text},{cells.format(n=n % 5, m=n % 10, label=label, code=LABELS.index(label))}\n"
        for n, (text, label) in enumerate(rows)))
    documents = opened(path)
    assert documents.understood.columns == (*heading.split(","), "column 4")
    assert any("columns without a name" in note for note in documents.notes)
    path.write_text(heading + "\n" + "".join(f"{text},{n % 5},{label},\n" for n, (text, label) in enumerate(rows)))
    assert not any("without a name" in note for note in opened(path).notes)


@pytest.mark.parametrize("above", [
    "Survey of 2024\n", "Survey of 2024\n\n", "Customer feedback 2024,\n,\n", "# source: survey\n# exported: 2024\n",
    "% a, b, c\n// x\n", '"Feedback, 2024"\n\n', "Report, 2024\n", "\n\n", "sep=,\nReport\n",
])
@pytest.mark.parametrize("heading", ["text,label", "aussage,urteil"])
def test_what_stands_above_the_heading_is_no_row(tmp_path: Path, above: str, heading: str) -> None:
    if above == "Report, 2024\n" and heading != "text,label":
        pytest.skip("two whole rows of which neither is known as a heading")
    rows = made()
    check(tmp_path, "a.csv", f"{above}{heading}\n" + joined(rows, ","), rows)


def test_several_cells_above_the_heading_of_a_wider_table(tmp_path: Path) -> None:
    rows = made()
    above = "Survey;;\nMade by the office;2024;\n;;\n"
    lines = "".join(f"{n};{text};{label}\n" for n, (text, label) in enumerate(rows))
    check(tmp_path, "a.csv", f"{above}id;text;label\n{lines}", rows)


@pytest.mark.parametrize("heading", ["#text\tlabel\n", "# made by hand\n# text\tlabel\n"])
def test_a_heading_behind_a_comment_mark(tmp_path: Path, heading: str) -> None:
    rows = made()
    check(tmp_path, "a.tsv", heading + joined(rows, "\t"), rows)


def test_texts_that_begin_with_a_hash_are_no_comments(tmp_path: Path) -> None:
    rows = [("#" + text, label) for text, label in made()]
    check(tmp_path, "a.csv", joined(rows, ","), rows)


@pytest.mark.parametrize(("first", "second"), [
    ("text,label\n{0}", "text,label\n{1}"), ("\ufefftext,label\n{0}", "\ufefftext,label\n{1}"),
    ("Text,Label\n{0}", "text,label\n{1}"), ("zin,oordeel\n{0}", "zin,oordeel\n{1}"),
])
@pytest.mark.parametrize("ended", [True, False])
def test_files_joined_by_cat(tmp_path: Path, first: str, second: str, ended: bool) -> None:
    rows = made()
    one, two = joined(rows[:30], ","), joined(rows[30:], ",")
    if not ended and first.startswith("Text"):
        pytest.skip("glued to a heading in other letters")
    text = first.format(one) + second.format("", two) if ended else first.format(one)[:-1] + second.format("", two)
    check(tmp_path, "a.csv", text, rows)


def test_a_second_heading_may_name_the_columns_in_another_order(tmp_path: Path) -> None:
    rows = made()
    text = "text\tlabel\n" + joined(rows[:30], "\t") + "label\ttext\n" + joined(rows[30:], "\t", (1, 0))
    check(tmp_path, "a.tsv", text, rows)


@pytest.mark.parametrize(("head", "cells"), [
    ("Kind\tGroup\tText\ndiscrete\tdiscrete\tstring\nclass\tmeta\tmeta\n", "{1}\t{2}\t{0}"),
    ("Text\tGroup\tKind\ns\td\td\nmeta\t\tclass\n", "{0}\t{2}\t{1}"),
    ("Group\tText\tKind\na b\tstring\tgood bad mid\n\tmeta\tclass\n", "{2}\t{0}\t{1}"),
    ("D#Group\tmS#Text\tcD#Kind\n", "{2}\t{0}\t{1}"),
])
def test_the_heading_of_orange_names_the_class(tmp_path: Path, head: str, cells: str) -> None:
    rows = made()
    lines = "".join(cells.format(text, label, "ab"[n % 2]) + "\n" for n, (text, label) in enumerate(rows))
    check(tmp_path, "a.tab", head + lines, rows)


def test_the_first_column_of_automl_is_the_part(tmp_path: Path) -> None:
    rows = made()
    parts = ["TRAIN", "TRAIN", "TRAIN", "VALIDATION", "TEST"]
    path = tmp_path / "a.csv"
    path.write_text("".join(f'{parts[n % 5]},"{text}",{label}\n' for n, (text, label) in enumerate(rows)))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in rows]
    assert labels_in_order(documents) == [label for _, label in rows]
    assert documents.rows("test").tolist() == list(range(4, len(rows), 5))


def test_a_column_of_prose_with_commas_is_one_column(tmp_path: Path) -> None:
    texts = [text for text, _ in made(comma=",")]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(texts) + "\n")
    assert everything(opened(path)) == texts


@pytest.mark.parametrize(("below", "tool"), [
    ("Start Date,Please tell us why,How was it?\n"
     '"{""ImportId"":""startDate""}","{""ImportId"":""QID2_TEXT""}","{""ImportId"":""QID1""}"\n', "Qualtrics"),
    ("StartDate,Please tell us why,How was it?\n"
     '"{""ImportId"":""startDate""}","{""ImportId"":""QID2_TEXT""}","{""ImportId"":""QID1""}"\n', "Qualtrics"),
    (",Open-Ended Response,Response\n", "SurveyMonkey"),
])
def test_further_heading_rows_of_surveys_are_no_answers(tmp_path: Path, below: str, tool: str) -> None:
    rows = made()
    lines = "".join(f"2024-03-1{n % 9},{text},{label}\n" for n, (text, label) in enumerate(rows))
    path = tmp_path / "a.csv"
    path.write_text(f"StartDate,Q2_TEXT,Q1\n{below}{lines}")
    documents = opened(path)
    assert documents.understood.columns == ("StartDate", "Q2_TEXT", "Q1")
    assert everything(documents) == [text for text, _ in rows]
    assert labels_in_order(documents) == [label for _, label in rows]
    assert any(tool in note for note in documents.notes)


@pytest.mark.parametrize("heading", ["text,label", "zin,oordeel"])
def test_a_first_row_longer_than_the_sample_is_one_row_of_many(tmp_path: Path, heading: str) -> None:
    others = [(text.replace(",", "" if n % 5 else ","), label) for n, (text, label) in enumerate(made(comma=","))]
    rows = [("word " * 300_000 + "end", "good"), *others]
    lines = [(f'"{text}"' if n == 0 else text, label) for n, (text, label) in enumerate(rows)]
    check(tmp_path, "a.csv", f"{heading}\n" + joined(lines, ","), rows)


@pytest.mark.parametrize("footer", [
    "Total,60\n", "Summe,60\n", "\nTotal,60\n", "Grand Total:,60\n", '合计,60\n',
    '\n\nGenerated by ReportTool 3.1 on 2024-01-01\nRecords: 60\n', "\nMade by the office\n",
    "\nSource: the ministry of labour\n", "Total,\"1,200.50\"\n",
    "\nGrand Totals (60 records)\n\nConfidential Information - Do Not Distribute\nGenerated By:  Ann Lee\nAcme Inc.\n",
    "\n\nFilms\n\"Copyright (c) 2000-2024 salesforce.com, inc. All rights reserved.\"\n"
    "Confidential Information - Do Not Distribute\nGenerated By:  Ann Lee\nAcme\n",
])
def test_what_stands_below_a_table_is_no_row(tmp_path: Path, footer: str) -> None:
    rows = made()
    check(tmp_path, "a.csv", "text,label\n" + joined(rows, ",") + footer, rows)
    note, = opened(tmp_path / "a.csv").notes
    assert "at the end" in note
    assert "left out" in note


@pytest.mark.parametrize("footer", [
    ',,Sum,"92,345.00"\n,,Average,"1,539.08"\n\nGenerated by CRM 4.2 on 2024-04-01,,,\n',
    ",,Total,9321\nFilter: March 2024,,,\n(60 rows affected),,,\n", ",Number of remarks,60,\n,Printed on 1 April,,\n",
    "(60 rows affected),,,\n", ",,Mean,0.5\n,,Total,9000\n", "\n60 rows selected.,,,\n",
])
def test_sums_and_remarks_below_a_table_of_several_columns_are_no_rows(tmp_path: Path, footer: str) -> None:
    rows = made()
    lines = "".join(f"{n},{text},{label},{100 + n}\n" for n, (text, label) in enumerate(rows))
    check(tmp_path, "a.csv", "nr,text,label,amount\n" + lines + footer, rows)
    assert any("at the end" in note and "left out" in note for note in opened(tmp_path / "a.csv").notes)


@pytest.mark.parametrize("end", [
    ["", ",A new text,,", ",Another new text,,"], ["61,Average,good,200"], ["61,Number of remarks,good,61"],
    [",Printed on 1 April,,"], ["", "61,Generated by hand,,"], ["61,(60 rows affected),bad,"],
    ["61,Count me in,good,7", "62,Mean,bad,8"],
])
def test_last_rows_that_only_look_like_what_stands_below_a_table_stay(tmp_path: Path, end: list[str]) -> None:
    rows = made()
    path = tmp_path / "a.csv"
    lines = [f"{n},{text},{label},{100 + n}" for n, (text, label) in enumerate(rows)]
    path.write_text("\n".join(["nr,text,label,amount", *lines, *end]) + "\n")
    documents = opened(path)
    assert len(documents.parts) == 60 + sum(map(bool, end))
    assert not any("at the end" in note for note in documents.notes)


@pytest.mark.parametrize("end", [
    [("Total", "good")], [("Total", "60"), ("Nothing at all", "good")], [("Total disaster", "60")],
])
def test_a_last_text_that_only_looks_like_a_sum_stays(tmp_path: Path, end: Rows) -> None:
    rows = [*made(), *end]
    check(tmp_path, "a.csv", "text,label\n" + joined(rows, ","), rows)


def test_numbers_as_labels_leave_a_text_called_total(tmp_path: Path) -> None:
    rows = [*[(text, str(n % 3)) for n, (text, _) in enumerate(made())], ("Total", "2")]
    check(tmp_path, "a.csv", "text,label\n" + joined(rows, ","), rows)


def test_texts_without_labels_behind_a_blank_line_stay_where_there_are_others(tmp_path: Path) -> None:
    rows = made()
    bare = [("Not labelled yet at all", ""), *rows]
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + joined(bare, ",") + "\nAnother one not labelled,\n")
    assert everything(opened(path)) == [text for text, _ in bare] + ["Another one not labelled"]


@pytest.mark.parametrize(("mark", "end"), [
    (",", [f'"A new text, the {n}th",' for n in range(4)]), (",", [f"A new text the {n}th," for n in range(2)]),
    (",", ["A new text without a label."]), (",", [f"A new text and the number {n}" for n in range(4)]),
    (",", ["Generated by a program it is.", "A new text", "Another new text", "A last one."]),
    (",", ["Is this one good?", "That is the question!"]), ("\t", [f"A new text {n}\t" for n in range(3)]),
])
def test_new_texts_below_a_blank_line_stay(tmp_path: Path, mark: str, end: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text{mark}label\n" + joined(made(30), mark) + "\n" + "".join(f"{line}\n" for line in end))
    documents = opened(path)
    assert len(documents.rows("unlabelled")) == len(end)
    assert not any("at the end" in note for note in documents.notes)


def test_new_texts_below_a_table_without_a_heading_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(joined(made(30), "\t", (1, 0)) + "\n" + "".join(f"\tA new text {n}\n" for n in range(3)))
    assert len(opened(path).rows("unlabelled")) == 3


DRAWN = {
    "psql": (" text | label \n------+-------\n", " {} | {}\n", "(60 rows)\n\n"),
    "markdown": ("| text | label |\n|:---|---:|\n", "| {} | {} |\n", ""),
    "bare markdown": ("text | label\n--- | ---\n", "{} | {}\n", ""),
    "mysql": ("+------+-------+\n| text | label |\n+------+-------+\n", "| {} |  {} |\n", "+------+-------+\n"),
}


@pytest.mark.parametrize("form", DRAWN)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv"])
def test_tables_that_are_drawn(tmp_path: Path, form: str, name: str) -> None:
    head, line, foot = DRAWN[form]
    rows = [(f'The 5" one, {text}', label) for text, label in made()]
    check(tmp_path, name, head + "".join(line.format(*row) for row in rows) + foot, rows)


def test_a_bar_in_a_text_of_a_drawn_table_stays_one(tmp_path: Path) -> None:
    rows = made()
    texts = [f"{text} | {n}" if n == 7 else text for n, (text, _) in enumerate(rows)]
    path = tmp_path / "a.txt"
    path.write_text("| text | label |\n|---|---|\n" + "".join(
        f"| {text} | {label} |\n" for text, (_, label) in zip(texts, rows, strict=True)))
    documents = opened(path)
    assert documents.understood.delimiter == "|"
    assert everything(documents) == [text.replace(" | ", "|") for text in texts]


def test_prose_with_a_drawn_table_in_it_stays_prose(tmp_path: Path) -> None:
    lines = ["| text | label |", "|---|---|", "| a film | good |", *(f"Line {n} of a guide." for n in range(30))]
    path = tmp_path / "a.md"
    path.write_text("\n".join(lines) + "\n")
    assert everything(opened(path)) == lines


@pytest.mark.parametrize(("mark", "name"), [(",", "a.csv"), (";", "a.csv"), (",", "a.txt"), ("\t", "a.tsv")])
def test_cells_in_single_quotation_marks(tmp_path: Path, mark: str, name: str) -> None:
    rows = [(f"It isn't \"all\"{mark} {text}", label) for text, label in made()]
    lines = [(f"'{text.replace(chr(39), chr(39) * 2) if n % 2 else text}'", label)
             for n, (text, label) in enumerate(rows)]
    check(tmp_path, name, f"text{mark}label\n" + joined(lines, mark), rows)


def test_single_quotation_marks_that_enclose_no_delimiter_are_text(tmp_path: Path) -> None:
    rows = [(f"'{text}'", label) for text, label in made()]
    check(tmp_path, "a.csv", "text,label\n" + joined(rows, ","), rows)
    rows = [(f"'{text}'", label) for text, label in made(comma=",")]
    check(tmp_path, "b.csv", "text,label\n" + joined([(f'"{text}"', label) for text, label in rows], ","), rows)


def test_single_quotation_marks_inside_double_ones_are_text(tmp_path: Path) -> None:
    rows = [(f"She said,'the, old one','no',{text}", label) for text, label in made()]
    check(tmp_path, "a.csv", "text,label\n" + joined([(f'"{text}"', label) for text, label in rows], ","), rows)


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("form", ["all", "some", "semicolons behind"])
def test_rows_that_stand_in_quotation_marks_as_a_whole(tmp_path: Path, form: str, mark: str, name: str) -> None:
    """As where a table was read as one column and saved as CSV once more; Excel encloses what holds quotes alone."""
    rows = [(text.replace(" was", f"{mark} was") if n % 2 else f'"{text}" it says', label)
            for n, (text, label) in enumerate(made(comma=mark))]
    rows[8] = (rows[8][0] + "\nA second line", rows[8][1])
    if form == "some":
        rows[:8] = [(f"Some words {n}", label) for n, (_, label) in enumerate(rows[:8])]
    inner = io.StringIO()
    lines = []
    for row in [("text", "label"), *rows]:
        inner.seek(0)
        inner.truncate()
        csv.writer(inner, delimiter=mark, lineterminator="").writerow(row)
        line = inner.getvalue()
        lines.append('"' + line.replace('"', '""') + '"' if form != "some" or '"' in line else line)
    path = tmp_path / name
    path.write_text("".join(line + ";;" * (form == "semicolons behind") + "\n" for line in lines))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in rows]
    assert labels_in_order(documents) == [label for _, label in rows]
    assert any("saved as CSV twice" in note for note in documents.notes)


@pytest.mark.parametrize(("head", "form"), [
    ('"text"', '"{0}"'),  # each text enclosed, with a comma in it or not
    ('"Dear reader, dear friend"', '"{0}"'),
    ("text", '"{0}"'),
    ('"text","label"', '"{0}","{1}"'),
    ("text,label", '"{0}",'),  # texts with a comma and no label
])
@pytest.mark.parametrize("commas", [", so", ",", ""])
def test_texts_in_quotation_marks_are_no_rows_in_them(tmp_path: Path, head: str, form: str, commas: str) -> None:
    path = tmp_path / "a.csv"
    lines = [form.format(f"The {THINGS[n % 7]} number {n}{commas} it was {LABELS[n % 3]}", LABELS[n % 3])
             for n in range(60)]
    path.write_text("\n".join((head, *lines)) + "\n")
    documents = opened(path)
    assert len(documents.parts) in (60, 61)
    assert f"The chair number 0{commas} it was good" in everything(documents)
    assert not any("twice" in note for note in documents.notes)


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
@pytest.mark.parametrize(("mark", "heading"), [("\t", "id{0}text{0}label\n"), ("\t", ""), (";", "id{0}text{0}label\n")])
def test_rows_that_go_on_behind_a_backslash(tmp_path: Path, name: str, mark: str, heading: str) -> None:
    rows = [(f"{text}\nA second{mark}line \\ of it" if n % 3 else text, label)
            for n, (text, label) in enumerate(made())]
    escaped = [(text.replace("\\", "\\\\").replace("\n", "\\\n").replace(mark, f"\\{mark}"), label)
               for text, label in rows]
    lines = [f"{n}{mark}{text}{mark}{label}\n" for n, (text, label) in enumerate(escaped)]
    lines.append(f"60{mark}A text without a label{mark}\\N\n")
    (tmp_path / name).write_text(heading.format(mark) + "".join(lines))
    documents = opened(tmp_path / name)
    assert everything(documents) == [text for text, _ in rows] + ["A text without a label"]
    assert labels_in_order(documents) == [label for _, label in rows]
    assert any("backslash" in note for note in documents.notes)


@pytest.mark.parametrize("form", [
    "text,label\n{0}", "{0}", "id\ttext\tlabel\n{0}", 'text,label\n"{0}",good',
])
@pytest.mark.parametrize("line", ["C:\\folder {0}\\", "cp a{0} b \\", "the end of a row {0} \\\\"])
def test_backslashes_at_the_end_of_lines_that_carry_nothing_on(tmp_path: Path, form: str, line: str) -> None:
    head, _, row = form.rpartition("\n")
    lines = [row.format(line.format(n)) for n in range(40)]
    lines = [f"{n}\t{text}\tgood" for n, text in enumerate(lines)] if "\t" in head else lines
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*([head] if head else []), *lines]) + "\n")
    assert len(opened(path).parts) in (40, 41)
    assert not any("backslash" in note for note in opened(path).notes)


def test_a_table_of_fixed_columns_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for line in ("{1:<6}{0}", "{0:<80}{1}"):
        path.write_text("".join(line.format(*row) + "\n" for row in made()))
        assert "in which 3 values such as 'mid' come again. If it is a table, save it as CSV." in opened(path).notes[-1]
    path.write_text("ID    CLASS     COMMENT\n" + "".join(
        f"{n:<6}{label:<10}{text}\n" for n, (text, label) in enumerate(made())))
    assert "If it is a table, save it as CSV." in opened(path).notes[-1]
    path.write_text("".join(f"  {text}  Indeed.\n" for text, _ in made()))
    assert not any("fixed" in note for note in opened(path).notes)
