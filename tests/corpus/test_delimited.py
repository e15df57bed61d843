"""CSV and its kin: dialects, header, quoting, uneven rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.helpers import everything, labels_in_order, opened
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, preview
from ulmengine.corpus.errors import Faults
from ulmengine.corpus.readers.delimited import DelimitedRows, _first_lines
from ulmengine.corpus.readers.dialect import Dialect, sniff
from ulmengine.corpus.readers.formats import look_at
from ulmengine.corpus.readers.heading import column_names
from ulmengine.corpus.readers.source import find_source


def rows_of(text: str, columns: int, text_place: int | None = None) -> tuple[list[list[str]], Faults]:
    faults = Faults()
    dialect = Dialect(",", True, False, tuple(f"c{n}" for n in range(columns)), {})
    lines = iter(text.splitlines(keepends=True))
    return list(DelimitedRows(lines, dialect, faults, text_place)), faults


@pytest.mark.parametrize(
    ("delimiter", "suffix"), [(",", ".csv"), ("\t", ".tsv"), (";", ".csv"), ("|", ".csv"), ("\t", ".csv")]
)
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    lines = [
        ["text", "label", "note"], ["good, really; good", "pos", "a"], ["bad | awful, no", "neg", "b"],
        ["so so", "pos", "c"],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    path.write_text(text.getvalue(), newline="")
    shown = preview(path)
    assert shown.understood.delimiter == delimiter
    assert shown.columns == ("text", "label", "note")
    assert shown.rows[0] == ("good, really; good", "pos", "a")


def test_a_delimiter_that_is_set_is_used(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text;label\na,b;1\nc,d;0\n")
    assert preview(path, CorpusConfig(delimiter=",")).columns[0] == "text;label"
    with pytest.raises(CorpusError, match="not a delimiter"):
        preview(path, CorpusConfig(delimiter="ab"))


def test_quoted_newlines_delimiters_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('label,text\r\npos,"one\r\ntwo, ""three"""\r\nneg,"x\n\ny"\r\n', newline="")
    documents = opened(path)
    assert everything(documents) == ['one\r\ntwo, "three"', "x\n\ny"]
    assert not documents.notes


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12),
                         min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_the_standard_writer_writes_is_read_back(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(table)
    faults = Faults()
    lines = iter([line + "\n" for line in text.getvalue().split("\n")][:-1])
    rows = list(DelimitedRows(lines, Dialect(",", True, False, ("a", "b", "c"), {}), faults))
    assert rows == table
    assert (faults.ragged, faults.mended) == ([], 0)


def test_stray_quotes_are_read_as_text() -> None:
    rows, faults = rows_of('"the film "Teachers" is good","pos"\n"ends on a "quote"","neg"\n', 2, 0)
    assert rows == [['the film "Teachers" is good', "pos"], ['ends on a "quote"', "neg"]]
    assert faults.mended == 2
    assert faults.ragged == []


def test_a_stray_quote_before_a_comma_is_read_as_text() -> None:
    rows, faults = rows_of('"I loved "Titanic", cried, and "Heat", too.","pos"\n', 2, 0)
    assert rows == [['I loved "Titanic", cried, and "Heat", too.', "pos"]]
    assert faults.ragged == []


def test_a_stray_quote_in_a_text_of_several_lines() -> None:
    rows, _ = rows_of('"one "two"\nthree, four","pos"\nplain,neg\n', 2, 0)
    assert rows == [['one "two"\nthree, four', "pos"], ["plain", "neg"]]


def test_an_opening_quote_without_end_does_not_swallow_the_file() -> None:
    rows, faults = rows_of('"never closed,pos\n' + "fine,neg\n" * 200, 2, 0)
    assert rows[0] == ['"never closed', "pos"]
    assert rows[1:] == [["fine", "neg"]] * 200
    assert faults.mended == 1


def test_short_rows_are_filled_and_counted() -> None:
    rows, faults = rows_of("a,b,c\nd,e\nf\n", 3)
    assert rows == [["a", "b", "c"], ["d", "e", ""], ["f", "", ""]]
    assert faults.ragged == [1, 2]


def test_surplus_cells_go_into_the_text_and_are_counted() -> None:
    rows, faults = rows_of("pos,one, two, three,x\nneg,four,y\n", 3, 1)
    assert rows == [["pos", "one, two, three", "x"], ["neg", "four", "y"]]
    assert faults.ragged == [0]


def test_surplus_empty_cells_are_no_loss() -> None:
    rows, faults = rows_of("a,b,,,\nc,d\n", 2)
    assert rows == [["a", "b"], ["c", "d"]]
    assert faults.ragged == []


def test_quotes_in_a_tab_file_without_quoting_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('text\tlabel\n"Hello" he said\tpos\n"unclosed\tneg\nplain\tneg\n5" nails\tpos\n')
    documents = opened(path)
    assert everything(documents) == ['"Hello" he said', '"unclosed', "plain", '5" nails']


def test_a_column_that_vanishes_half_way_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "good,pos\n" * 50 + "only text\n" * 30)
    documents = opened(path)
    assert documents.ragged.tolist() == list(range(50, 80))
    assert documents.count("unlabelled") == 30
    assert any("30 rows" in note for note in documents.notes)


def test_nameless_and_repeated_columns_get_names() -> None:
    assert column_names(["v1", "", "v1", " x "], 5) == ("v1", "column 2", "v1 (2)", "x", "column 5")


def test_a_file_without_names_is_not_robbed_of_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "ag.csv"
    path.write_text('"3","Wall St. bears claw back","Short-sellers are seeing green again."\n'
                    '"1","Iraq halts oil exports","Authorities have halted exports from the main pipeline."\n')
    shown = preview(path)
    assert shown.columns == ("column 1", "column 2", "column 3")
    assert len(shown.rows) == 2
    assert preview(path, CorpusConfig(header="yes")).columns[0] == "3"


def test_one_column_with_a_name(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text\nfirst document here\nsecond document here\n")
    assert preview(path).rows == (("first document here",), ("second document here",))


def test_old_mac_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "mac.csv"
    path.write_bytes(b"text,label\rgood film,pos\rbad film,neg\r")
    documents = opened(path)
    assert everything(documents) == ["good film", "bad film"]
    assert labels_in_order(documents) == ["pos", "neg"]


def test_a_huge_field_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    long = "word " * 1_000_000
    path.write_text(f'text,label\n"{long}",pos\nshort,neg\n')
    documents = opened(path)
    assert documents.text_of(0) == long
    assert documents.text_of(1) == "short"


def test_a_dialect_says_why() -> None:
    found = sniff(["text;label\n", "a, b;x\n", "c;y\n"])
    assert "semicolon" in found.reasons["delimiter"]
    assert "'label'" in found.reasons["header"]


def test_commas_in_the_texts_of_a_single_column_cut_nothing(tmp_path: Path) -> None:
    texts = [f"a first half number {n}, and a second" if n % 8 else f"no comma in number {n}" for n in range(60)]
    path = tmp_path / "a.csv"
    path.write_text("text\n" + "\n".join(texts) + "\n")
    documents = opened(path)
    assert documents.understood.columns == ("text",)
    assert everything(documents) == texts


def test_a_title_above_a_table_is_not_its_only_column() -> None:
    lines = ["Films of the year\n", *(f"good film {n},pos,2024\n" for n in range(30))]
    assert sniff(lines).delimiter == ","
    assert len(sniff(lines).columns) == 3


def test_a_known_name_that_stands_below_is_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [("spam", "Win a prize now"), ("ham", "See you at home"), ("spam", "Win another"), ("ham", "All is well")]
    path.write_text("".join(f"{label},{text}\n" for label, text in rows))
    documents = opened(path)
    assert everything(documents) == [text for _, text in rows]
    assert labels_in_order(documents) == [label for label, _ in rows]


def test_a_heading_that_is_repeated_is_one_all_the_same() -> None:
    found = sniff(["text,label\n", "good film,pos\n", "text,label\n", "bad film,neg\n"])
    assert found.columns == ("text", "label")


def test_a_text_file_with_a_tab_in_every_line_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "SMSSpamCollection.txt"
    rows = [("ham", "Go until jurong point, crazy"), ("spam", "Free; win"), ("ham", "Ok lar"), ("spam", "Call now")]
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    documents = opened(path)
    assert everything(documents) == [text for _, text in rows]
    assert labels_in_order(documents) == [label for label, _ in rows]


def test_the_line_that_excel_writes_above_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\ntext;label\r\na, good film;pos\r\nbad film;neg\r\n")
    documents = opened(path)
    assert documents.understood.columns == ("text", "label")
    assert everything(documents) == ["a, good film", "bad film"]


@pytest.mark.parametrize("form", ["{text};{label}", "{label}|{text}", '{label},"{text}"', '"{text}",{label}'])
def test_a_text_file_whose_lines_part_a_label_from_a_text_is_a_table(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.txt"
    labels = ["good", "bad", "odd"] * 6
    path.write_text("".join(form.format(text=f"the film, number {n}, was seen", label=label) + "\n"
                            for n, label in enumerate(labels)))
    documents = opened(path)
    assert everything(documents) == [f"the film, number {n}, was seen" for n in range(18)]
    assert labels_in_order(documents) == labels


@pytest.mark.parametrize("lines", [
    ["Well, {n} films are enough.", "Yes, I have seen {n} of them."], ["The end of line {n};", "and of {n}, too;"],
    ["{n} and; half of them; were bad"], ["Titles, texts and labels: {n} words", "of a letter, to {n} of you"],
])
def test_prose_with_delimiters_stays_prose(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(line.format(n=n) + "\n" for n in range(12) for line in lines))
    assert opened(path).understood.format == "lines"


def test_a_heading_in_a_text_file_names_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("id|text|label\n1|a film|good\n2|another film|bad\n")
    assert labels_in_order(opened(path)) == ["good", "bad"]


@pytest.mark.parametrize(("above", "heading"), [
    ("Export of 3 May\n\n", "no{0}message{0}category"), ("Customer voices 2024\nDepartment: desk\n\n", "text{0}label"),
    ("Voices\n", "no{0}message{0}category"), ("Export of 3 May\n\n", ""),
])
@pytest.mark.parametrize("mark", [";", "|", ",", "\t"])
def test_a_table_below_a_title_in_a_text_file(tmp_path: Path, above: str, heading: str, mark: str) -> None:
    rows = [(f"The room number {n} was clean", ("good", "bad", "mid")[n % 3]) for n in range(30)]
    number = "{n}" + mark if heading.startswith("no") else ""
    path = tmp_path / "a.txt"
    path.write_text(above + (heading.format(mark) + "\n" if heading else "") + "".join(
        f"{number.format(n=n)}{text}{mark}{label}\n" for n, (text, label) in enumerate(rows)))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in rows]
    assert labels_in_order(documents) == [label for _, label in rows]


@pytest.mark.parametrize("text", [
    "My visit\n\nThe room was clean; the meal, too.\nWe stayed for long; we liked it.\n\nThe end\nof it.\n",
    "Names;text;label\nwere asked of us in the first part.\n\nThe second part\nwas about other things.\n",
    "Of the table\n\ntext;label\nThat is how it began, and it was long.\nNobody read it.\n\nAnother one\nhere.\n",
])
def test_texts_between_blank_lines_with_a_delimiter_in_them_stay(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert everything(opened(path)) == text.strip().split("\n\n")


def test_a_look_at_a_table_of_very_long_rows_reads_a_few_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"{'a long film ' * 10_000},{n % 2}\n" for n in range(100)))
    look = look_at(find_source(path), CorpusConfig())
    assert len(look.lines) < 20
    assert len(_first_lines(look, "utf-8")) == 20
    assert preview(path).columns == ("text", "label")


UNUSUAL = [("$", "a.csv"), *((mark, "a.txt") for mark in ("$", "~", "^", "|", " | ", ";"))]


@pytest.mark.parametrize(("mark", "name"), UNUSUAL)
@pytest.mark.parametrize("heading", ["key{0}narrative{0}outcome", "id{0}text{0}label", ""])
def test_rows_cut_by_an_unusual_delimiter_are_a_table(tmp_path: Path, mark: str, name: str, heading: str) -> None:
    rows = [(f"The room number {n} was clean, and quiet", ("good", "bad", "mid")[n % 3]) for n in range(30)]
    path = tmp_path / name
    path.write_text(heading.format(mark) + "\n" * bool(heading) + "".join(
        f"{n + 100}{mark}{text}{mark}{label}\n" for n, (text, label) in enumerate(rows)))
    documents = opened(path)
    assert [text.strip() for text in everything(documents)] == [text for text, _ in rows]
    assert labels_in_order(documents) == [label for _, label in rows]


@pytest.mark.parametrize("line", [
    "Let ${v}$ be a number of the {n}th kind, larger than 0", "I paid ${n} for this chair, and that was too much",
    "It costs about ~{n} euros and is worth the money", "The flat number {n} has 40 m^{d} and a garden",
    "hund {n} -> dog {n}", "wash the {n} dishes -> dry them -> put them away", "He goes from a{n}, to b -> and back",
    "f(x{n}) => x + {n} and so on and on", "To be | or not | to be, that is question {n}",
    "Good morning ~ the {n}th ~ all",
    "see ~user{n}/notes~ for what was said that day", "one; two; three and the rest of them {n}",
])
def test_signs_that_stand_in_each_line_of_prose_part_nothing(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.txt"
    lines = [line.format(n=n, v="xyn"[n % 3], d=2 + n % 2) for n in range(30)]
    path.write_text("\n".join(lines) + "\n")
    assert everything(opened(path)) == lines


def test_a_sign_that_cuts_all_lines_and_may_part_cells_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"The room number {n} was clean|about {n} people came|and all of them left at {n}\n"
                            for n in range(30)))
    note, = opened(path).notes
    assert "set the delimiter to '|'" in note
    assert opened(path, delimiter="|").understood.delimiter == "|"
    assert not opened(path, format="lines").notes
