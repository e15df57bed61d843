"""What is understood of a table: its texts and its column of parts, with reasons; overrides; the estimate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.frames import LONG, NAMES, cells_of, frame, long
from tests.corpus.helpers import opened, table
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, Understood, preview
from ulmengine.corpus.documents import as_read, joined, stretches
from ulmengine.corpus.guess import guess_columns


def test_names_speak_first() -> None:
    guess = guess_columns(frame(id=["1", "2", "3"], label=["a", "b", "a"], rating=["1", "5", "3"], text=long(3)))
    assert (guess.text, guess.label) == (("text",), ("label",))
    assert "named like a text" in guess.reasons["text_columns"]
    assert "'label'" in guess.reasons["label_columns"]


def test_without_names_length_and_variety_speak() -> None:
    guess = guess_columns(frame(**{"column 1": ["ham", "spam"] * 20, "column 2": long(40), "column 3": [""] * 40}))
    assert (guess.text, guess.label) == (("column 2",), ("column 1",))


def test_a_title_is_read_before_the_text() -> None:
    guess = guess_columns(frame(label=["1", "2", "3"], title=["One thing", "Two things", "Three"], text=long(3)))
    assert guess.text == ("title", "text")


def test_codes_and_addresses_are_no_texts() -> None:
    codes = [f"R3T0UABTU20MP5,RN7WKKBCCZ0RZ,{n}ONL7KEE5O65I,R3T0UABTU20MP5" for n in range(9)]
    urls = [f"http://www.example.com/a/very/long/address/of/a/page/number/{n}.html" for n in range(9)]
    names = [f"Some Name {n}" for n in range(9)]
    guess = guess_columns(frame(category=["x", "y", "z"] * 3, name=names, a=codes, b=urls))
    assert (guess.text, guess.label) == (("name",), ("category",))


@pytest.mark.parametrize(("name", "cells"), [
    ("reaction", [f"{chr(0x1f600 + n)}{chr(0x1f610 + n)}" for n in range(60)]),
    ("url", [f"http://www.shop{n}.org/wiki/index.php?id={7 * n}" for n in range(60)]),
    ("url", [f"www.shop{n}.ru/login?x={n}" for n in range(60)]), ("number", [f"+49 170 {n:06}" for n in range(60)]),
])
def test_a_few_values_that_come_again_are_no_text_beside_cells_that_differ(name: str, cells: list[str]) -> None:
    guess = guess_columns(frame(**{name: cells}, type=["defacement", "benign"] * 30))
    assert (guess.text, guess.label) == ((name,), ("type",))
    assert "'type' holds 2 values" in guess.reasons["text_columns"]


@pytest.mark.parametrize(("name", "cells"), [
    ("id", [str(n) for n in range(60)]), ("date", [f"2024-03-{n % 30 + 1:02} 08:{n:02}" for n in range(60)]),
    ("amount", [f"{n}.50 \u20ac" for n in range(60)]),
])
def test_beside_numbers_times_and_keys_the_text_of_a_table_is_asked_for(
    tmp_path: Path, name: str, cells: list[str]
) -> None:
    rows = [[cell, ("defacement", "benign")[n % 2]] for n, cell in enumerate(cells)]
    path = table(tmp_path / "a.csv", rows, [name, "type"])
    with pytest.raises(CorpusError, match="Choose the text column"):
        opened(path)
    assert opened(path, text_columns=(name,)).labels == ("benign", "defacement")


@pytest.mark.parametrize(("columns", "text"), [
    ({"mood": ["happy", "sad"] * 30}, "mood"),  # nothing beside it
    ({"id": [str(n) for n in range(60)], "comment": ["good", "very bad"] * 30}, "comment"),
    ({"id": [str(n) for n in range(60)], "word": [f"the word {n // 2}" for n in range(60)]}, "word"),
    ({"worker": [f"w{n}" for n in range(60)], "said": [f"{LONG} {LONG}", f"{LONG}, or not {LONG}"] * 30}, "said"),
])
def test_texts_that_come_again_are_still_texts(columns: dict[str, list[str]], text: str) -> None:
    assert guess_columns(frame(**columns)).text == (text,)


def test_a_split_column_is_recognised_by_name_and_values() -> None:
    base = {"text": long(4), "label": ["a", "b", "a", "b"]}
    assert guess_columns(frame(**base, split=["train", "test", "train", "dev"])).split == "split"
    assert guess_columns(frame(**base, is_valid=["False", "True", "False", "False"])).split == "is_valid"
    assert guess_columns(frame(**base, set=["red", "blue", "red", "red"])).split == ""


def test_overrides_are_honoured_and_wrong_ones_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[LONG, "a", "short one"]], ["text", "label", "note"])
    twice = ("note", "text", "note")
    found = preview(path, CorpusConfig(text_columns=twice, label_columns=("label", "label"))).understood
    assert found.text_columns == ("note", "text")
    assert found.reasons["text_columns"] == "as set"
    with pytest.raises(CorpusError, match=r"no column 'body'\. Its columns are: text, label, note"):
        preview(path, CorpusConfig(text_columns=("body",)))
    with pytest.raises(CorpusError, match="no column 'body'"):
        opened(path, text_columns=("body",))


def test_several_text_columns_are_marked_as_fields(tmp_path: Path) -> None:
    rows = [["A title", "a", "The text."], ["", "b", "Only text."]]
    path = table(tmp_path / "a.csv", rows, ["title", "label", "text"])
    documents = opened(path)
    assert documents.text_of(0) == "xxfld 1 A title xxfld 2 The text."
    assert documents.text_of(1) == "xxfld 1  xxfld 2 Only text."


@pytest.mark.parametrize("cells", [("A title", "The text."), ("", "Only text."), ("Only a title", ""), ("a", "b", "c"),
                                   ("says xxfld 3 itself", "and xxfld 9 too"), ("two\nlines", "\u00e9 \U0001f600")])
def test_columns_are_read_without_their_marks(cells: tuple[str, ...]) -> None:
    text = joined(cells)
    assert as_read(text) == "  \u00b7  ".join(cells)
    assert as_read(text, "\n") == "\n".join(cells)
    assert tuple(text[start:end] for start, end in stretches(text)) == cells


@pytest.mark.parametrize("text", ["", "a plain text", "xxfld 1 is what the paper calls it", "see xxfld 1 a xxfld 2 b",
                                  "xxfld 2 b xxfld 1 a", "xxfld 1 a xxfld 3 c", "xxfld 1 a xxfld 2b", "a  \u00b7  b",
                                  "xxfld 1"])
def test_a_text_that_only_speaks_of_marks_is_read_as_it_is(text: str) -> None:
    assert as_read(text) == text
    assert stretches(text) == [(0, len(text))]


def test_the_number_of_rows_is_known_or_well_reckoned(tmp_path: Path) -> None:
    small = table(tmp_path / "small.csv", [[LONG + str(n), "ab"[n % 2]] for n in range(5_000)])
    assert preview(small).understood.rows == 5_000
    large = table(tmp_path / "large.csv", [[LONG * 3 + str(n), "ab"[n % 2]] for n in range(50_000)])
    assert preview(large).understood.rows == pytest.approx(50_000, rel=0.1)


def test_understood_survives_json(tmp_path: Path) -> None:
    found = preview(table(tmp_path / "a.csv", [[LONG, "a"]])).understood
    assert Understood.from_json(found.to_json()) == found


def test_none_switches_guesses_off(tmp_path: Path) -> None:
    labels = ["good", "very", "very good", "good"]
    rows = [[text, label] for text, label in zip(long(4), labels, strict=True)]
    path = table(tmp_path / "a.csv", rows)
    assert opened(path).multi_label
    whole = opened(path, label_delimiter="none")
    assert (whole.multi_label, whole.labels) == (False, ("good", "very", "very good"))
    bare = opened(path, label_columns=("none",))
    assert (bare.labels, bare.understood.label_columns, bare.count("train")) == ((), (), 0)
    assert preview(path, CorpusConfig(label_columns=("none",))).understood.reasons["label_columns"] == "as set"
    held = table(tmp_path / "test.csv", rows[:2])
    assert opened(path, label_columns=("none",), test_path=str(held)).labels == ()
    assert opened(path, label_delimiter="none", test_path=str(held)).labels == ("good", "very", "very good")


def test_a_column_may_be_called_none(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[text, "ab"[n % 2]] for n, text in enumerate(long(4))], ["text", "none"])
    assert opened(path, label_columns=("none",)).labels == ("a", "b")


@pytest.mark.parametrize("names", [
    ("premise", "hypothesis"), ("question1", "question2"), ("sentence1", "sentence2"), ("text_a", "text_b"),
    ("Sentence 1", "Sentence 2"), ("frage1", "frage2"), ("question", "sentence"), ("#1 String", "#2 String"),
    ("question", "answer"), ("pros", "cons"), ("Summary", "Description"), ("short_description", "description"),
])
@pytest.mark.parametrize("turned", [False, True])
def test_a_pair_of_texts_is_read_together(names: tuple[str, str], turned: bool) -> None:
    texts = {names[0]: long(60), names[1]: [f"another sentence of its own, and the number is {n}" for n in range(60)]}
    if turned:
        texts = dict(reversed(texts.items()))
    guess = guess_columns(frame(**texts, label=[NAMES[n % 3] for n in range(60)]))
    assert guess.text == names
    assert "pair of texts" in guess.reasons["text_columns"]


def test_what_was_said_of_a_ticket_later_is_not_its_text_and_is_told() -> None:
    later = [f"01/Feb/24 10:{n};we looked into it on day {n}, and the customer was told what there was to tell about it"
             for n in range(60)]
    columns = {"Summary": [f"problem {n} of ours" for n in range(60)], "Description": long(60), "Comment": later}
    guess = guess_columns(frame(**columns))
    assert guess.text == ("Summary", "Description")
    assert "'Comment' holds texts as well and is not read" in guess.reasons["text_doubt"]
    del columns["Summary"]
    assert guess_columns(frame(**columns)).text == ("Comment",)


def test_other_texts_are_named_until_someone_chooses(tmp_path: Path) -> None:
    answers = [f"what was bad is the delivery, {n} days late" for n in range(60)]
    rows = [[text, answer, text.upper(), answer if n < 9 else ""]
            for n, (text, answer) in enumerate(zip(long(60), answers, strict=True))]
    path = table(tmp_path / "a.csv", rows, ["Q1 good?", "Q2 bad?", "Q1 good? cleaned", "Q3 else?"])
    told = next(note for note in opened(path).notes if "not read" in note)
    assert told.startswith("Besides 'Q1 good?', 'Q2 bad?' holds texts as well")
    assert not any("not read" in note for note in opened(path, text_columns=("Q1 good?",)).notes)


@pytest.mark.parametrize("names", [("Positive", "Negative", "Neutral"), ("spam", "ham"), ("Sports", "Politics")])
def test_headings_that_may_be_the_classes_of_the_texts_below_are_told(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = [[f"{LONG}{n} of {name}" if n < 20 - place else "" for place, name in enumerate(names)] for n in range(20)]
    note, = opened(table(tmp_path / "a.csv", rows, list(names))).notes
    assert note.startswith("Besides " if names[0] == "Sports" else "Every column holds texts")
    assert all(repr(name) in note for name in names)
    assert "If each heading is the class" in note


@pytest.mark.parametrize("columns", [
    {"question": long(20), "reply": long(20)}, {"english": long(20), "text": long(20)},
    {"positive": [f"0.{n}" for n in range(20)], "negative": [f"0.{n}" for n in range(20)]},
    {"Positive": long(20), "Negative": long(20), "label": ["a", "b"] * 10}, {"Positive": long(20)},
    {"column 1": long(20), "column 2": long(20)}, {"yes": ["x", ""] * 10, "no": ["", "x"] * 10},
])
def test_other_tables_of_several_texts_have_no_classes_in_their_headings(columns: dict[str, list[str]]) -> None:
    assert "each heading" not in guess_columns(frame(**columns)).reasons.get("text_doubt", "")


@pytest.mark.parametrize(("read", "other", "form"), [
    ("text", "title_text", False), ("text", "question_context", False), ("text", "clean_text", True),
    ("text", "text_en", True), ("review", "reviewshort", True), ("review", "preview", False),
])
def test_a_column_that_is_only_called_alike_is_no_other_form_of_the_texts(read: str, other: str, form: bool) -> None:
    answers = [f"what was bad is the delivery, {n} days late" for n in range(60)]
    same = [f"{text} indeed" for text in long(60)] if other == "reviewshort" else answers
    guess = guess_columns(frame(**{read: long(60), other: same}))
    assert guess.text == (read,)
    assert ("text_doubt" in guess.reasons) != form


def test_an_answer_that_comes_with_the_label_is_no_text() -> None:
    intents = [f"intent {n % 40}" for n in range(60)]
    fixed = [f"the answer that we give to all of kind {n % 40}" for n in range(60)]
    guess = guess_columns(frame(question=long(60), answer=fixed, label=intents))
    assert (guess.text, guess.label) == (("question",), ("label",))
    assert "pair" not in guess.reasons["text_columns"]
    few = [f"the answer that we give to all of kind {n % 20}" for n in range(60)]
    assert guess_columns(frame(question=long(60), answer=few, kind=cells_of("a b c"))).text == ("question",)


def test_two_columns_of_which_one_holds_few_values_are_no_pair() -> None:
    guess = guess_columns(frame(text1=long(60), text2=[NAMES[n % 3] for n in range(60)]))
    assert (guess.text, guess.label) == (("text1",), ("text2",))


@pytest.mark.parametrize(("name", "train", "test"), [
    ("Set", "Training", "Prüfung"), ("conjunto", "entrenamiento", "prueba"), ("ensemble", "apprentissage", "test"),
    ("выборка", "обучение", "тест"), ("集合", "训练", "测试"), ("セット", "学習", "テスト"), ("구분", "훈련", "테스트"),
    ("phase", "train", "test"), ("Verwendung", "Training", "Validierung"),
])
def test_parts_are_understood_in_other_languages(tmp_path: Path, name: str, train: str, test: str) -> None:
    rows = [[text, NAMES[n % 3], test if n % 5 == 0 else train] for n, text in enumerate(long(60))]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "label", name]))
    assert documents.understood.split_column == name
    part = "validation" if test == "Validierung" else "test"
    assert documents.rows(part).tolist() == list(range(0, 60, 5))


@pytest.mark.parametrize(("phase", "split"), [("training test", "phase"), ("training rest", "")])
def test_values_of_parts_say_so_beside_a_label(phase: str, split: str) -> None:
    assert guess_columns(frame(text=long(60), phase=cells_of(phase), label=cells_of("good bad mid"))).split == split
