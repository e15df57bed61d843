"""Texts out of files: the model's columns, each answer's row."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.test_workbook import placed
from tests.models.made import save
from ulmengine.corpus import CorpusError, Preview, preview
from ulmengine.events import Event, Note, outcome
from ulmengine.inference import Predictor, sources
from ulmengine.inference.sources import ColumnsWantedError, Text, answer_texts, open_table, texts_of
from ulmengine.models import Columns, load_bundle

DATA = Path(__file__).parent / "data"
NOTE = Columns(text=("note",), label=("label",))
PLACES = Columns(text=("column 1",), label=("column 2",))


def test_the_columns_that_the_model_learnt_from_are_read(tmp_path: Path) -> None:
    """``body`` is the longer text, and says the opposite of ``note``."""
    texts = list(outcome(texts_of(DATA / "two_new.csv", tmp_path, NOTE)))
    assert texts[0].text == "The lecture felt superb and the concert was superb on day 692."
    other = list(outcome(texts_of(DATA / "two_new.csv", tmp_path, NOTE, ("body",))))
    assert other[0].text.startswith("This paragraph was put here by the form")


def test_a_table_without_them_asks(tmp_path: Path) -> None:
    with pytest.raises(ColumnsWantedError, match=r"reads the column 'note'.*has no 'note'.*id, text.*--text") as asked:
        outcome(texts_of(DATA / "empty_texts.csv", tmp_path, NOTE))
    assert asked.value.columns == ("id", "text")
    assert len(list(outcome(texts_of(DATA / "empty_texts.csv", tmp_path, NOTE, ("text",))))) == 8
    with pytest.raises(ColumnsWantedError, match=r"has neither 'title' nor 'body'.*order.*--text COLUMN --text COLUMN"):
        outcome(texts_of(DATA / "empty_texts.csv", tmp_path, Columns(text=("title", "body"))))
    with pytest.raises(ColumnsWantedError, match=r"has no 'body'"):
        outcome(texts_of(DATA / "empty_texts.csv", tmp_path, Columns(text=("Text", "body"))))


def test_another_case_is_the_same_column_and_a_single_column_is_no_question(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Id,Note\n1,a good film\n2,a bad film\n")
    texts = outcome(texts_of(tmp_path / "a.csv", tmp_path / "c", NOTE))
    assert [one.text for one in texts] == ["a good film", "a bad film"]
    (tmp_path / "b.csv").write_text("review\na good film\na bad film\n")
    assert len(list(outcome(texts_of(tmp_path / "b.csv", tmp_path / "c", NOTE)))) == 2


def test_columns_travel_with_the_model_and_old_models_open(tmp_path: Path) -> None:
    assert load_bundle(save(tmp_path / "new.ulmfit", columns=NOTE)).columns == NOTE
    assert load_bundle(save(tmp_path / "old.ulmfit")).columns is None


def test_every_answer_has_the_row_of_its_source(tmp_path: Path) -> None:
    """The sixth line is cut off; the first line of the other file is a text, for there is no heading."""
    rows = [one.row for one in outcome(texts_of(DATA / "broken.jsonl", tmp_path))]
    assert rows == [0, 1, 2, 3, 4, *range(6, 20)]
    texts = list(outcome(texts_of(DATA / "noheader_one_column.csv", tmp_path)))
    assert [one.row for one in texts] == list(range(21))
    assert texts[0].text == "Terrible!"


def test_an_empty_text_has_no_answer(tmp_path: Path) -> None:
    predictor = Predictor(load_bundle(save(tmp_path / "m.ulmfit")), device="cpu", precision="float32")
    texts = [Text(tmp_path, row, text) for row, text in enumerate([
        "", "a film", " \n", "xxfld 1  xxfld 2 ", "a", "\u200b", "xxfld 1 \u200b xxfld 2 \ufeff\u00ad", "a\u200b"])]
    said = [one for one in answer_texts(predictor, texts) if isinstance(one, tuple)]
    assert [text.row for text, _ in said] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [prediction is None for _, prediction in said] == [True, False, True, True, False, True, True, False]
    assert said[1][1] is not None
    assert said[1][1].probabilities == pytest.approx(predictor.predict_one("a film").probabilities, abs=1e-6)


def test_which_column_is_the_label_is_no_question_where_none_is_read(tmp_path: Path) -> None:
    rows = "".join(f"a film of day {n},{'ab'[n % 2]},{'xyz'[n % 3]}\n" for n in range(60))
    (tmp_path / "a.csv").write_text(f"text,kind,team\n{rows}")
    opening = texts_of(tmp_path / "a.csv", tmp_path / "c", Columns(text=("text",)))
    said = list(opening)
    assert [event for event in said if isinstance(event, Note)] == []


def test_random_bytes_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(np.random.default_rng(0).bytes(5_000))
    with pytest.raises(CorpusError, match="is not text"):
        outcome(texts_of(tmp_path / "a.txt", tmp_path))


ORDER = 'label,aside,id,note\n' + "".join(
    f'{label},"a remark, number {n}, longer than the note itself",{n},"the film of day {n}, a {label} one"\n'
    for n, label in enumerate(["good", "bad", "odd"] * 7))


def test_a_table_without_a_name_is_one_by_its_content(tmp_path: Path) -> None:
    """As it comes through a pipe: the cells hold commas, and the longest column is not the model's."""
    (tmp_path / "standard input").write_text(ORDER)
    texts = list(outcome(texts_of(tmp_path / "standard input", tmp_path / "c", NOTE)))
    assert [one.row for one in texts] == list(range(21))
    assert texts[1].text == "the film of day 1, a bad one"
    with pytest.raises(ColumnsWantedError):
        outcome(texts_of(tmp_path / "standard input", tmp_path / "c", Columns(text=("body",))))


def test_the_names_of_the_model_s_columns_tell_a_heading(tmp_path: Path) -> None:
    """Unquoted commas leave the rows uneven; a table of one column has no delimiter at all."""
    (tmp_path / "uneven").write_text("id,note\n1,a film\n2,a film, bad\n3,so, so, long\n4,a, b, c, d\n5,fine\n")
    texts = list(outcome(texts_of(tmp_path / "uneven", tmp_path / "c", NOTE)))
    assert [one.text for one in texts] == ["a film", "a film, bad", "so, so, long", "a, b, c, d", "fine"]
    (tmp_path / "single").write_text("note\na film\na bad film\nanother one, really\n")
    texts = list(outcome(texts_of(tmp_path / "single", tmp_path / "c", NOTE)))
    assert [one.text for one in texts] == ["a film", "a bad film", "another one, really"]


def test_a_text_file_is_one_text_unless_it_shows_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("note\n\nA film, seen today, was fine.\nAnother, seen later, was not.\n")
    assert [one.row for one in outcome(texts_of(tmp_path / "a.txt", tmp_path / "c", NOTE))] == [None]
    (tmp_path / "b.txt").write_text("".join(f"a film of day {n}, seen twice;{label}\n"
                                            for n, label in enumerate(["good", "bad"] * 10)))
    columns = Columns(text=("column 1",), label=("column 2",))
    texts = list(outcome(texts_of(tmp_path / "b.txt", tmp_path / "c", columns)))
    assert (len(texts), texts[3].text) == (20, "a film of day 3, seen twice")


def test_a_text_file_is_looked_at_once_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Path] = []

    def look(path: Path, *given: object, **named: object) -> Preview:
        looks.append(path)
        return preview(path, *given, **named)

    monkeypatch.setattr(sources, "preview", look)
    (tmp_path / "a.txt").write_text("note\tlabel\n" + "a film\tgood\nanother\tbad\n" * 4)
    assert len(list(outcome(texts_of(tmp_path / "a.txt", tmp_path / "c", NOTE)))) == 8
    (tmp_path / "b.txt").write_text("A film, seen today, was fine.\nAnother, seen later, was not.\n")
    assert len(list(outcome(texts_of(tmp_path / "b.txt", tmp_path / "c", NOTE)))) == 1
    assert looks == [tmp_path / "a.txt", tmp_path / "b.txt"]


REVIEW = "Review, five stars\n\nI loved this phone, the battery lasts, and the screen is bright.\n"


@pytest.mark.parametrize("text", [
    REVIEW, "note,label\na film,good\n", "Note, and more\na film, good\na film, bad\na film, fine\n",
    "".join(f"{name};What {name} says of the film of day {n}.\n" for n in range(9) for name in ("Anna", "Ben")),
    "note;label\nThe film was fine; I liked it; really.\nIt was long.\nWe left; then it rained.\nSo it was.\n",
])
def test_prose_with_the_name_of_a_column_in_its_first_line_is_one_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    for roles in (NOTE, Columns(text=("review",))):
        assert [one.text for one in outcome(texts_of(tmp_path / "a.txt", tmp_path / "c", roles))] == [text]


def test_a_text_file_with_even_rows_under_the_wanted_names_is_a_table(tmp_path: Path) -> None:
    rows = [("1", "a film"), ("2", '"it was long"), he said'), ("3", "another, really")]
    (tmp_path / "a.txt").write_text("id\tnote\n" + "".join("\t".join(row) + "\n" for row in rows))
    texts = outcome(texts_of(tmp_path / "a.txt", tmp_path / "c", NOTE))
    assert [one.text for one in texts] == [text for _, text in rows]


def test_a_named_column_may_be_in_another_case(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Id,Review\n1,a good film\n2,a bad film\n")
    texts = outcome(texts_of(tmp_path / "a.csv", tmp_path / "c", text=("review",)))
    assert [one.text for one in texts] == ["a good film", "a bad film"]
    (tmp_path / "lines").write_text(REVIEW)
    found = outcome(texts_of(tmp_path / "lines", tmp_path / "c", Columns(text=("review",))))
    assert next(found).text.startswith("Review, five stars")


SECOND = Columns(text=("column 2",), label=("column 1",))
SAID = ["The film of this day was long and dull, so we left.", "We liked the room and the view of the lake."]


@pytest.mark.parametrize("row", ["{text}\t{name}", "{n}\t2024-03-0{n}\t{text}", "{text}\t{label}"])
def test_a_place_in_a_table_without_a_heading_is_no_name(tmp_path: Path, row: str) -> None:
    rows = [row.format(text=f"{SAID[n % 2]} {n}", name=("Anna", "Bert")[n % 2], label=("good", "bad")[n % 2], n=n)
            for n in range(1, 9)]
    (tmp_path / "a.tsv").write_text("\n".join(rows))
    with pytest.raises(ColumnsWantedError, match=r"'column 2', and that is a place only.*--text COLUMN"):
        outcome(texts_of(tmp_path / "a.tsv", tmp_path / "c", SECOND))
    column = f"column {1 + row.split(chr(9)).index('{text}')}"
    found = list(outcome(texts_of(tmp_path / "a.tsv", tmp_path / "c", SECOND, (column,))))
    assert found[0].text.startswith(SAID[1])


@pytest.mark.parametrize("row", [
    "{n}\t{label}\t{text}", "K-{n}\t{label}\t{text}", "2024-03-{n}\t{label}\t{text}",
    "{name} Smith\t{label}\t{text}", "{name}.smith@example.org\t{label}\t{text}",
])
def test_the_labels_in_their_place_do_not_make_texts_of_numbers_and_names(tmp_path: Path, row: str) -> None:
    rows = [row.format(text=f"{SAID[n % 2]} {n}", name=("Anna", "Bert")[n % 2], label=("good", "bad")[n * 7 % 3 % 2],
                       n=n) for n in range(10, 40)]
    (tmp_path / "a.tsv").write_text("\n".join(rows))
    for read in (texts_of, open_table):
        with pytest.raises(ColumnsWantedError, match=r"'column 1', and that is a place only.*--text COLUMN"):
            outcome(read(tmp_path / "a.tsv", tmp_path / "c", PLACES))


@pytest.mark.parametrize(("row", "roles"), [
    ("{label}\t{text}", SECOND), ("{text}\t{label}\t" + 3 * "{text} and so on and on; ", PLACES),
    ("{text}\t{label}\t{n}", PLACES), ("{n}\t{text}", SECOND), ("{label}\t{text}\t{name}", SECOND),
    # The longer text is not what the model reads, but the labels stand where it knows them.
    ("{label}\t{text}\t" + 3 * "{text} and so on and on; ", SECOND),
    ("{n}\t{text}\t{label}", Columns(text=("column 2",), label=("column 3",))),
])
def test_a_table_of_the_same_form_needs_no_heading(tmp_path: Path, row: str, roles: Columns) -> None:
    rows = [row.format(text=f"{SAID[n % 2]} {n}", name=("Anna", "Bert")[n % 2], label=("good", "bad")[n * 7 % 3 % 2],
                       n=n) for n in range(1, 30)]
    (tmp_path / "a.tsv").write_text("\n".join(rows))
    found = list(outcome(texts_of(tmp_path / "a.tsv", tmp_path / "c", roles)))
    assert [one.text for one in found] == [f"{SAID[n % 2]} {n}" for n in range(1, 30)]


def test_tables_of_a_folder_are_read_as_one_where_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    for part in (1, 2):
        rows = "".join(f"{n},a film of day {n}\n" for n in range(4 * part, 4 * part + 4))
        (tmp_path / "t" / f"part{part}.csv").write_text(f"id,note\n{rows}")
    with pytest.raises(CorpusError, match="'shards'"):
        outcome(texts_of(tmp_path / "t", tmp_path / "c", NOTE))
    found = outcome(texts_of(tmp_path / "t", tmp_path / "c", NOTE, kind="shards"))
    assert [one.text for one in found] == [f"a film of day {n}" for n in range(4, 12)]


def test_blank_rows_of_a_sheet_keep_their_places(tmp_path: Path) -> None:
    placed(tmp_path / "a.xlsx", {
        "A1": "id", "B1": "note", "A3": "1", "B3": "a good film", "A4": "2", "B4": "a bad film", "A7": "3",
        "B7": "a film",
    })
    found = [(one.row, one.text) for one in outcome(texts_of(tmp_path / "a.xlsx", tmp_path / "c", NOTE))]
    assert found == [(0, ""), (1, "a good film"), (2, "a bad film"), (3, ""), (4, ""), (5, "a film")]


def test_blank_lines_of_a_table_of_one_column_keep_their_places(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('note\na good film\n\n"a bad, bad film"\n\n\na film\n\n')
    found = [(one.row, one.text) for one in outcome(texts_of(tmp_path / "a.csv", tmp_path / "c", NOTE))]
    assert found == [(0, "a good film"), (1, ""), (2, "a bad, bad film"), (3, ""), (4, ""), (5, "a film")]


def test_a_text_of_a_folder_bears_the_name_of_its_file(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.txt"):
        path = tmp_path / "texts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"A film that {name} tells of.")
    found = [(one.row, one.file, one.text) for one in outcome(texts_of(tmp_path / "texts", tmp_path / "c", NOTE))]
    assert found == [(n, name, f"A film that {name} tells of.") for n, name in enumerate(("a.txt", "b.txt", "c.txt"))]


@pytest.mark.parametrize("name", ["a.srt", "a.txt"])
def test_records_are_no_single_text_to_be_answered(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("1\n00:00:01,000 --> 00:00:04,000\nGood morning.\n\n" * 9)
    with pytest.raises(CorpusError, match=r"subtitles.*plain text"):
        outcome(texts_of(path, tmp_path / "cache", NOTE))


@pytest.mark.parametrize(("first", "told"), [("Ok", "'Ok', is read as a text"), ("ok lar", "'ok lar'.* read as a doc")])
def test_the_first_of_several_texts_alone_is_answered(tmp_path: Path, first: str, told: str) -> None:
    lines = [first, *(f"Nobody said a word of what went on there on day {n}" for n in range(9))]
    (tmp_path / "a.csv").write_text("".join(f'"{line}"\n' for line in lines))
    events: list[Event] = []
    assert [one.text for one in outcome(texts_of(tmp_path / "a.csv", tmp_path / "c", NOTE), events.append)] == lines
    assert any(re.search(told, event.text) for event in events if isinstance(event, Note))
    (tmp_path / "b.csv").write_text("".join(f'"{line}"\n' for line in ("Note", *lines)))
    assert [one.text for one in outcome(texts_of(tmp_path / "b.csv", tmp_path / "c", NOTE))] == lines
