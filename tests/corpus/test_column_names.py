"""The names of labels: words for nothing, look-alikes, dates, lists in cells, columns of yes and no."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.corpus.helpers import labels_in_order, opened
from tests.corpus.test_dialects import joined, made
from ulmengine.corpus import Documents, audit
from ulmengine.corpus.cells import guess_label_delimiter, listed
from ulmengine.corpus.labels import read_labels
from ulmengine.corpus.likeness import plain_name, visible_name
from ulmengine.corpus.ordering import in_order
from ulmengine.events import outcome

ROWS = made()
TEXTS = [text for text, _ in ROWS]


def named(tmp_path: Path, labels: list[str], texts: list[str] = TEXTS) -> Documents:
    path = tmp_path / "a.csv"
    rows = [f'"{text}","{label}"\n' for text, label in zip(texts, labels, strict=True)]
    path.write_text("text,label\n" + "".join(rows))
    return opened(path)


def found(documents: Documents) -> dict[str, str]:
    return {finding.kind: finding.why for finding in outcome(audit(documents))}


def test_null_and_nan_are_names_in_a_column_that_is_otherwise_whole(tmp_path: Path) -> None:
    documents = named(tmp_path, ["null", "NaN", "None"] * 20)
    assert documents.labels == ("NaN", "None", "null")
    assert any("'null' (20)" in note and "name of a class" in note for note in documents.notes)
    documents = named(tmp_path, (["good", "bad", "null"] * 20))
    assert documents.labels == ("bad", "good", "null")


def test_null_and_nan_beside_empty_cells_or_now_and_then_say_nothing(tmp_path: Path) -> None:
    assert named(tmp_path, ["good", "bad", "null", ""] * 15).labels == ("bad", "good")
    assert named(tmp_path, ["good", "bad"] * 29 + ["nan", "null"]).labels == ("bad", "good")
    assert named(tmp_path, ["good", "bad", "NA"] * 20).labels == ("bad", "good")


def test_na_is_a_name_among_codes_of_capitals(tmp_path: Path) -> None:
    documents = named(tmp_path, ["NA", "EU", "AS"] * 20)
    assert documents.labels == ("AS", "EU", "NA")
    assert any("'NA' (20)" in note and "name of a class" in note for note in documents.notes)
    assert named(tmp_path, ["NA", "EU", "AS", ""] * 15).labels == ("AS", "EU")
    assert named(tmp_path, ["EU", "AS"] * 29 + ["NA"] * 2).labels == ("AS", "EU")


def test_what_is_left_with_one_class_is_not_left_so_where_words_are_names(tmp_path: Path) -> None:
    assert named(tmp_path, ["NA", "SA"] * 30).labels == ("NA", "SA")


@pytest.mark.parametrize(("cells", "delimiter", "kinds", "missing", "bare"), [
    (["a;b", "b", "[]", "", "n/a", "None", "-"], ";",
     [("a", "b"), ("b",), (), None, None, (), ()], {"": 1, "n/a": 1}, {"[]": 1, "None": 1, "-": 1}),
    (["['a', 'b']", "['b']", "[]", None, "\u2014", "['a']", "none"], "",
     [("a", "b"), ("b",), (), None, (), ("a",), ()], {"": 1}, {"[]": 1, "\u2014": 1, "none": 1}),
    (["a;none", "none", "b", "", "", "a", "b"], ";",
     [("a", "none"), ("none",), ("b",), None, None, ("a",), ("b",)], {"": 2}, {}),
    (["a", "b", "-", "[]", "", "none", "NA"], "",
     [("a",), ("b",), None, None, None, ("none",), None], {"-": 1, "NA": 1}, {}),
    (["+", "-", "0", "-", "", "+", "0"], "", [("+",), ("-",), ("0",), ("-",), None, ("+",), ("0",)], {}, {}),
    (["x", "-", "-", "x", "", "x", "x"], "", [("x",), ("-",), ("-",), ("x",), None, ("x",), ("x",)], {}, {}),
])
def test_what_cells_without_a_label_say(
    cells: list[str | None], delimiter: str, kinds: list[tuple[str, ...] | None], missing: dict[str, int],
    bare: dict[str, int],
) -> None:
    found = read_labels([pl.Series("tags", cells, dtype=pl.String)], delimiter)
    assert [found.kinds[code] for code in found.codes] == kinds
    assert (found.missing, found.bare) == (missing, bare)


def test_it_is_said_what_cells_without_a_label_were_read_as(tmp_path: Path) -> None:
    documents = named(tmp_path, ["good;new", "good", "new", "", "n/a", "-"] * 10)
    assert documents.labels == ("good", "new")
    assert [note for note in documents.notes if "holds" in note] == [
        "'label' of 'a.csv' holds nothing (10), 'n/a' (10): such a cell counts as not labelled. If none of the labels "
        "applies to such a document, [] in that cell of a table says so.",
        "'label' of 'a.csv' holds '-' (10): none of the labels applies to such a document. If it is one that was not "
        "labelled, empty the cell in the file.",
    ]
    assert documents.count("unlabelled") == 20
    documents = named(tmp_path, ["good", "bad", "-"] * 20)
    assert documents.labels == ("bad", "good")
    assert any(note.startswith("'label' of 'a.csv' holds '-' (20): such a cell counts as not labelled. If it is")
               for note in documents.notes)


def test_a_name_of_the_corpus_is_one_in_its_test_file_too(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("text,label\n" + "".join(f"{text},-\n" for text in TEXTS[:5]))
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"{text},{'+-0'[n % 3]}\n" for n, text in enumerate(TEXTS[5:])))
    documents = opened(path, test_path=str(tmp_path / "new.csv"))
    assert documents.targets("test").tolist() == [documents.labels.index("-")] * 5


@pytest.mark.parametrize(("one", "other"), [
    ("spam", "spam\u200b"), ("spam", "\ufeffspam"), ("spam", "sp\u0430m"), ("spam", "SPAM"), ("spam", "sp\u00adam"),
    ("1", "1.0"), ("not spam", "not_spam"), ("caf\u00e9", "cafe\u0301"), ("a-b", "a\u2013b"), ("ok", "o\u043a"),
    ("good.", "good"), ('"good"', "good"), ("R&D", "R&amp;D"), ("non-toxic", "non toxic"),
    ("gr\u00f6\u00dfe", "gr\u00c3\u00b6\u00c3\u0178e"), ("'1", "1"), ("BAD", "\u0392AD"), ("No", "\u039do"),
])
def test_names_that_look_alike_are_found(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(("one", "other"), [
    ("spam", "ham"), ("рос", "poc"), ("1", "2"), ("a", "b"), ("1", "11"), ("A-", "A"), ("R&D", "RD"), ("1-2", "1 2"),
    ("-1", "1"), ("co-op", "coop"), ("Q&A;", "Q"),
])
def test_other_names_are_not(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


def test_a_finding_makes_look_alikes_visible(tmp_path: Path) -> None:
    why = found(named(tmp_path, ["spam", "ham", "spam\u200b", "sp\u0430m"] * 15))["label_spelling"]
    assert "\\u200b" in why
    assert "cyrillic small letter a" in why
    assert visible_name("spam") == "'spam'"


@pytest.mark.parametrize("names", [
    ("2023-11", "2023-12", "2024-01", "2024-02"), ("31.12.2023", "01.01.2024", "02.01.2024"), ("Jan", "Feb", "Mar"),
    ("January 2023", "March 2023", "February 2024"), ("Monday", "Tuesday", "Wednesday"), ("Q4 2022", "Q1 2023"),
    ("12/30/2023", "12/31/2023", "01/01/2024"), ("31/12/2023", "01/01/2024"), ("Nov-21", "Jan-22"),
    ("11/2022", "1/2023"), ("5 March 2021", "1 April 2021"), ("1999", "2000"), ("-2", "-1", "3"),
    ("2024-01-09", "2024-01-10"), ("Januar", "März", "Mai", "Dezember"), ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    ("Montag", "Dienstag", "Freitag", "Sonntag"), ("janv.", "févr.", "mai", "juin", "juil.", "août"),
    ("lundi", "mardi", "dimanche"), ("enero", "febrero", "abril", "diciembre"), ("январь", "март", "май", "декабрь"),
    ("понедельник", "вторник", "воскресенье"), ("пн", "вт", "вс"), ("12 мая 2023 г.", "1 января 2024 г."),
    ("1. Dezember 2023", "12. April 2024", "3. Mai 2024"), ("Okt. 2023", "Dez. 2023", "Jan. 2024", "Mär. 2024"),
    ("3 de mayo de 2023", "1 de abril de 2024"), ("1er août 2023", "3 mai 2024"), ("H1 2022", "H2 2022", "H1 2023"),
    ("4. Quartal 2022", "1. Quartal 2023"), ("Q4/22", "Q1/23"), ("KW 52 2022", "KW 9 2023"), ("segunda", "terça"),
    ("Mrz 23", "Jan 24"),
])
def test_dates_stand_in_the_order_of_time(names: tuple[str, ...]) -> None:
    assert in_order(set(names)) == names


@pytest.mark.parametrize("names", [
    ("S101", "S199", "S202"), ("T1", "T2", "T10"), ("iPhone 11 2019", "iPhone 12 2018"), ("FY9/10", "FY21/22"),
    ("di", "in", "mo"), ("april", "sonne", "wolke"), ("jan 2020", "jui 2020"), ("dezent", "mager", "märz"),
    ("Klasse 9 2021", "Klasse 10 2020"), ("2022-W52", "2023-W9", "2023-W10"),
])
def test_what_only_looks_like_a_date_stands_as_people_count(names: tuple[str, ...]) -> None:
    assert in_order(set(names)) == names


@pytest.mark.parametrize(("one", "other", "told"), [
    ("A", "\u0391", "greek capital letter alpha"), ("A", "\u0410", "cyrillic capital letter a"),
    ("B", "\u0392", "greek capital letter beta"), ("B", "\u0412", "cyrillic capital letter ve"),
    ("HOT", "\u041d\u041e\u0422", "cyrillic capital letter en"), ("A1", "\u03911", "greek capital letter alpha"),
])
def test_a_whole_name_in_another_script_that_looks_like_another_is_found(
        tmp_path: Path, one: str, other: str, told: str) -> None:
    why = found(named(tmp_path, [one, "ham", other] * 20))["label_spelling"]
    assert f"'{one}' and '{other}' ({other[0]} is {told}" in why
    assert why.startswith("40 documents bear")
    assert "label_spelling" not in found(named(tmp_path, [other, "ham", "\u0434\u0430"] * 20))  # alone


def test_labels_of_the_test_file_alone_are_a_finding(tmp_path: Path) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("text,label\n" + joined([row for row in ROWS if row[1] != "mid"], ","))
    test.write_text("text,label\n" + joined([(f"{text} Again.", label) for text, label in ROWS[:12]], ","))
    documents = opened(train, test_path=str(test))
    finding = next(one for one in outcome(audit(documents)) if one.kind == "unseen_label")
    assert "'mid'" in finding.why
    assert finding.count == 4
    assert finding.rows.tolist() == [40 + n for n in (2, 5, 8, 11)]


def test_one_document_and_nearly_one_label_are_findings(tmp_path: Path) -> None:
    assert "lopsided" in found(named(tmp_path, ["good"] * 58 + ["bad"] * 2))
    assert "lopsided" not in found(named(tmp_path, ["good", "bad"] * 30))
    path = tmp_path / "a.json"
    path.write_text('{"text": "One document alone.", "label": "good"}')
    assert "one_document" in found(opened(path))


@pytest.mark.parametrize(("cell", "items"), [
    ("['good', \"it's\"]", ["good", "it's"]),
    ("['good' 'bad']", ["good", "bad"]), ("['good'\n 'bad']", ["good", "bad"]),
    ("('good', 'bad')", ["good", "bad"]), ("{'bad', 'good'}", ["bad", "good"]), ("[1 2]", ["1", "2"]), ("set()", []),
    ('{"choices": ["a", "b"]}', ["a", "b"]), ('[{"id": 18, "name": "Drama"}]', ["Drama"]), ("[good]", None),
    ("(a)", None), ("[[0, 3, 'X']]", None),
])
def test_lists_as_programs_write_them(cell: str, items: list[str] | None) -> None:
    assert listed(cell) == items


def test_tags_in_angle_brackets_are_several_labels() -> None:
    cells = pl.Series("tags", ["<a><b>", "<a>", "<b><c>"])
    assert guess_label_delimiter(cells) == "><"
    assert read_labels([cells], "><").kinds == (("a",), ("a", "b"), ("b", "c"))
    assert guess_label_delimiter(pl.Series("tags", ["<a>", "<b>"])) == ""


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("1", "0"), ("Yes", "No"), ("x", ""), ("y", "n"),
                                         ("1.0", "0.0"), ("X", ""), ("\u2713", "")])
@pytest.mark.parametrize("names", [("label_good", "label_bad", "label_mid"), ("good", "bad", "mid"),
                                   ("topic.good", "topic.bad", "topic.mid")])
def test_columns_of_yes_and_no_are_labels(tmp_path: Path, yes: str, no: str, names: tuple[str, ...]) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{text},{','.join(yes if name.endswith(label) else no for name in names)}" for text, label in ROWS]
    path.write_text("\n".join([f"comment,{','.join(names)}", *lines]) + "\n")
    documents = opened(path)
    assert documents.understood.label_columns == names
    assert [name.replace(".", "_").split("_")[-1] for name in labels_in_order(documents)] == [k for _, k in ROWS]


def column(tmp_path: Path, names: str, cells: list[list[str]]) -> Documents:
    path = tmp_path / "a.csv"
    path.write_text(names + "\n" + "".join(",".join(row) + "\n" for row in cells))
    return opened(path)


def test_a_column_called_label_is_the_label(tmp_path: Path) -> None:
    many = column(tmp_path, "text,label", [[text, f"class {n % 30}"] for n, text in enumerate(TEXTS)])
    assert len(many.labels) == 30
    long = column(tmp_path, "text,class", [[text, f"{label} {'very ' * 15}much"] for text, label in ROWS])
    assert long.understood.text_columns == ("text",)
    assert len(long.labels) == 3


def test_why_a_column_called_label_is_none(tmp_path: Path) -> None:
    documents = column(tmp_path, "text,label,kind", [[text, str(n), label] for n, (text, label) in enumerate(ROWS)])
    assert documents.understood.label_columns == ("kind",)
    assert "not 'label'" in documents.understood.reasons["label_columns"]


def test_counters_constants_and_bookkeeping_are_never_guessed(tmp_path: Path) -> None:
    cells = [[text, str(n % 4), "survey", f"2024-01-0{1 + n % 5}", f"u{n % 3}", str(n // 20)]
             for n, text in enumerate(TEXTS)]
    documents = column(tmp_path, "text,row,source,created_at,annotator,page", cells)
    assert documents.understood.label_columns == ()
