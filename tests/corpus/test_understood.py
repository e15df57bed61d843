"""What is understood of a table: text, label and split columns, with reasons; labels; overrides; the estimate."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from tests.corpus.helpers import opened
from tests.corpus.test_split import table
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, Understood, preview
from ulmengine.corpus.cells import guess_label_delimiter, listed
from ulmengine.corpus.guess import guess_columns
from ulmengine.corpus.labels import read_labels
from ulmengine.corpus.ordering import in_order

LONG = "a sentence with quite a number of words in it, number "


def frame(**columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(columns)


def long(count: int) -> list[str]:
    return [LONG + str(n) for n in range(count)]


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


def test_one_hot_columns_are_several_labels() -> None:
    marks = {name: ["0", "1", "0", "1"] for name in ("toxic", "obscene", "threat")}
    guess = guess_columns(frame(id=["a", "b", "c", "d"], comment_text=long(4), **marks))
    assert guess.label == ("toxic", "obscene", "threat")


def test_a_split_column_is_recognised_by_name_and_values() -> None:
    base = {"text": long(4), "label": ["a", "b", "a", "b"]}
    assert guess_columns(frame(**base, split=["train", "test", "train", "dev"])).split == "split"
    assert guess_columns(frame(**base, is_valid=["False", "True", "False", "False"])).split == "is_valid"
    assert guess_columns(frame(**base, set=["red", "blue", "red", "red"])).split == ""


def test_texts_alone_have_no_label() -> None:
    assert guess_columns(frame(id=["1", "2", "3"], text=long(3))).label == ()


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
    path = table(tmp_path / "a.csv", [[LONG, "a", "b"]], ["text", "one", "two"])
    with pytest.raises(CorpusError, match="must hold 0 and 1, but 'one' holds 'a'"):
        opened(path, label_columns=("one", "two"))


def test_a_column_with_far_too_many_values_is_no_label(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[LONG, f"value {n}"] for n in range(10_001)], ["text", "key"])
    with pytest.raises(CorpusError, match="10,001 different values"):
        opened(path, label_columns=("key",))


def test_overrides_are_honoured_and_wrong_ones_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[LONG, "a", "short one"]], ["text", "label", "note"])
    found = preview(path, CorpusConfig(text_columns=("note", "text"), label_columns=("label",))).understood
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


def test_the_number_of_rows_is_known_or_well_reckoned(tmp_path: Path) -> None:
    small = table(tmp_path / "small.csv", [[LONG + str(n), "ab"[n % 2]] for n in range(5_000)])
    assert preview(small).understood.rows == 5_000
    large = table(tmp_path / "large.csv", [[LONG * 3 + str(n), "ab"[n % 2]] for n in range(50_000)])
    assert preview(large).understood.rows == pytest.approx(50_000, rel=0.1)


def test_understood_survives_json(tmp_path: Path) -> None:
    found = preview(table(tmp_path / "a.csv", [[LONG, "a"]])).understood
    assert Understood.from_json(found.to_json()) == found


def test_words_for_a_missing_value_are_no_labels(tmp_path: Path) -> None:
    rows = [[text, label] for text, label in zip(long(8), ["a", "b", "a", "b", "nan", "NaN", "NULL", "None"],
                                                 strict=True)]
    documents = opened(table(tmp_path / "a.csv", rows), label_columns=("label",))
    assert documents.labels == ("None", "a", "b")
    assert documents.rows("unlabelled").tolist() == [4, 5, 6]
    note, = documents.notes
    for word in ("'nan' (1)", "'NaN' (1)", "'NULL' (1)"):
        assert word in note


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


NAMES = ("good", "bad", "mid")


@pytest.mark.parametrize(("text", "label", "beside"), [
    ("text", "kategorie", "team"), ("Nachricht", "Klasse", "Schicht"), ("Freitext", "Thema", "Kanal"),
    ("Bemerkung", "Bewertungsklasse", "Standort"), ("Freitext", "Einordnung (Anna)", "Kanal"),
    ("texte", "catégorie", "équipe"), ("commentaire", "Etiquette", "canal"), ("texto", "categoría", "equipo"),
    ("comentario", "Etiqueta", "turno"), ("testo", "etichetta", "squadra"), ("texto", "rótulo", "equipe"),
    ("tekst", "kategoria", "zmiana"), ("tekst", "categorie", "ploeg"), ("metin", "etiket", "vardiya"),
    ("текст", "категория", "смена"), ("текст", "метка", "смена"), ("文本", "标签", "渠道"), ("内容", "类别", "渠道"),
    ("本文", "ラベル", "店舗"), ("本文", "カテゴリ", "店舗"), ("텍스트", "라벨", "채널"), ("텍스트", "분류", "채널"),
    ("نص", "تصنيف", "فريق"), ("text", "情感标签", "渠道"), ("body", "ticket category", "shift"),
])
def test_a_column_named_like_a_label_in_any_language_wins(text: str, label: str, beside: str) -> None:
    guess = guess_columns(frame(**{
        beside: [("a", "b")[n % 7 % 2] for n in range(60)], text: long(60), label: [NAMES[n % 3] for n in range(60)],
    }))
    assert (guess.text, guess.label) == ((text,), (label,))
    assert f"'{label}'" in guess.reasons["label_columns"]
    assert "label_doubt" not in guess.reasons


def people(**columns: list[str]) -> pl.DataFrame:
    return frame(city=[("Rome", "Oslo")[n % 2] for n in range(60)], gender=[("m", "f")[n % 7 % 2] for n in range(60)],
                 age=[str(20 + n % 40) for n in range(60)], remark=long(60), **columns)


@pytest.mark.parametrize("name", ["code_final", "q7_code", "Kode", "type", "Produkt"])
def test_what_is_said_of_people_is_no_label_beside_a_code(name: str) -> None:
    assert guess_columns(people(**{name: [NAMES[n % 3] for n in range(60)]})).label == (name,)


@pytest.mark.parametrize("name", ["zip_code", "country code"])
def test_other_codes_are_no_labels_before_all_others(name: str) -> None:
    columns = {name: [NAMES[n % 3] for n in range(60)], "verdict": ["yes", "no"] * 30}
    assert guess_columns(people(**columns)).label == ("verdict",)


def test_where_two_columns_could_be_the_label_both_are_named(tmp_path: Path) -> None:
    rows = [[text, NAMES[n % 3], ("web", "app")[n % 2]] for n, text in enumerate(long(60))]
    path = table(tmp_path / "a.csv", rows, ["remark", "verdict", "channel"])
    note = next(note for note in opened(path).notes if "not certain" in note)
    assert "'verdict'" in note
    assert "'channel'" in note
    assert not any("not certain" in note for note in opened(path, label_columns=("verdict",)).notes)


def test_a_name_for_tags_that_are_mostly_lacking_does_not_win() -> None:
    guess = guess_columns(frame(text=long(60), Tags=["vip"] + [""] * 59, Product=[NAMES[n % 3] for n in range(60)]))
    assert guess.label == ("Product",)


def test_sentences_that_come_again_are_named_and_not_taken_for_the_label() -> None:
    told = [f"This customer is {name}, as far as the reader can tell from the comment alone" for name in NAMES]
    guess = guess_columns(frame(comment=long(60), assessment=[told[n % 3] for n in range(60)]))
    assert guess.label == ()
    assert "could be 'assessment' (3 values)" in guess.reasons["label_doubt"]
    guess = guess_columns(frame(comment=long(60), category=[told[n % 3] for n in range(60)]))
    assert guess.label == ("category",)
    assert "characters on average" in guess.reasons["label_columns"]


@pytest.mark.parametrize("values", [
    [f"https://www.example.com/archive/2024/reviews/{name}/index.html?page=1" for name in NAMES],
    ["1234 5678 9012 3456 7890 1234 5678 9012 3456 7890 1234 5678 9012 3456 7890", "0" * 70],
])
def test_addresses_and_numbers_that_come_again_are_no_label(values: list[str]) -> None:
    guess = guess_columns(frame(text=long(60), origin=[values[n % len(values)] for n in range(60)]))
    assert (guess.label, "label_doubt" in guess.reasons) == ((), False)


def test_where_no_column_is_a_label_the_nearest_is_named() -> None:
    guess = guess_columns(frame(text=long(60), remark=[f"{n} and some more words" for n in range(60)]))
    assert guess.label == ()
    assert "'remark' holds 60 different values in 60 rows" in guess.reasons["label_columns"]


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


@pytest.mark.parametrize("names", [
    ("premise", "hypothesis"), ("question1", "question2"), ("sentence1", "sentence2"), ("text_a", "text_b"),
    ("Sentence 1", "Sentence 2"), ("frage1", "frage2"), ("question", "sentence"), ("#1 String", "#2 String"),
    ("question", "answer"), ("pros", "cons"), ("Summary", "Description"),
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


@pytest.mark.parametrize("name", ["answer", "status", "is_active", "deleted"])
@pytest.mark.parametrize("values", ["open closed", "1 2", "0 1"])
def test_a_state_beside_a_text_is_the_label_in_doubt_where_nothing_else_is(name: str, values: str) -> None:
    columns = {"text": long(60), name: cells_of(values)}
    guess = guess_columns(frame(**columns))
    assert guess.label == (name,)
    assert "'none'" in guess.reasons["label_doubt"]
    assert guess_columns(frame(**columns, team=cells_of("a b c"))).label == ("team",)
    assert guess_columns(frame(**columns, user=cells_of("ann bob"))).label == (name,)


def test_states_of_yes_and_no_are_the_labels_in_doubt_and_others_are_named() -> None:
    guess = guess_columns(frame(text=long(60), escalated=cells_of("0 1"), reopened=cells_of("1 0 0")))
    assert (guess.label, guess.rivals) == (("escalated", "reopened"), ())
    assert "Whether 'escalated' (2 values) and 'reopened' (2 values) are the label" in guess.reasons["label_doubt"]
    guess = guess_columns(frame(text=long(60), status=cells_of("open closed"), is_vip=cells_of("no yes")))
    assert (guess.label, guess.rivals) == ((), ("status", "is_vip"))


@pytest.mark.parametrize("name", ["user", "agent", "annotator", "file", "version", "order", "project", "confidence"])
def test_persons_and_files_are_no_label_but_named(name: str) -> None:
    guess = guess_columns(frame(message=long(60), **{name: cells_of("ann bob")}))
    assert (guess.label, guess.rivals) == ((), (name,))
    assert f"could be '{name}' (2 values)" in guess.reasons["label_doubt"]
    assert guess_columns(frame(message=long(60), **{name: cells_of("1 2")})).rivals == ()


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


@pytest.mark.parametrize("wrap", [" ".join, lambda tags: json.dumps(list(tags))])
def test_a_value_for_every_word_is_no_label_of_the_text(wrap: Callable[[Sequence[str]], str]) -> None:
    tags = [[("O", "B", "I")[(n + word) % 3 if word % 4 == 0 else 0] for word in range(5 + n % 7)] for n in range(60)]
    table_of = pl.DataFrame({"text": [f"the words of sentence {n}, one after another" for n in range(60)],
                             "tags": [wrap(one) for one in tags]})
    assert guess_columns(table_of).label == ()
    several = pl.DataFrame({"text": table_of["text"], "tags": [wrap(("a", "b", "c")[:1 + n % 3]) for n in range(60)]})
    assert guess_columns(several).label == ("tags",)


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


def cells_of(told: str) -> list[str]:
    """Sixty cells of the values in ``told``, in turn; "3 of" before them: all but three are empty."""
    some, _, values = told.rpartition(" of ")
    names = values.split()
    step = len(names) * 3 + 1  # so that two columns do not go in step
    cells = ["" if name == "_" else name for n in range(60) for name in [names[(n + n // step) % len(names)]]]
    return [cell if n < int(some) else "" for n, cell in enumerate(cells)] if some else cells


@pytest.mark.parametrize(("columns", "label", "doubt"), [
    # a text and what stands beside it; the label; the other columns that a note names
    ({"department": "Sales HR IT", "note": "15 of seen checked"}, "department", ""),
    ({"department": "Sales HR IT", "note": "seen checked"}, "note", "department"),
    ({"departamento": "Ventas RH TI", "nota": "15 of visto bien"}, "departamento", ""),
    ({"decision": "accept reject", "annotation": "40 of unclear typo"}, "annotation", ""),
    ({"reason": "late broken refund", "agent_code": "A12 B34 C77 D01"}, "reason", "agent_code"),
    ({"type": "email sms", "is_spam": "0 1"}, "type", "is_spam"),
    ({"type": "email sms", "toxic": "0 1", "insult": "0 1 0"}, "toxic insult", "type"),
    ({"joy": "0 1", "anger": "1 0 0", "type": "web app"}, "joy anger", "type"),
    ({"Klasse": "7a 7b 8c", "Kategorie": "Lob Tadel Bitte Frage"}, "Kategorie", "Klasse"),
    ({"clase": "a b", "categoría": "queja elogio duda"}, "categoría", "clase"),
    ({"product": "phone tv laptop", "outcome": "late broken"}, "outcome", "product"),
    ({"product": "phone tv", "complaint": "late broken refund"}, "product", "complaint"),
    ({"type": "email web chat", "urgency": "low high"}, "urgency", "type"),
    ({"art": "oil ink", "style": "new old plain"}, "art", "style"),
    ({"channel": "web app", "code": "K1 K2 K3"}, "channel", "code"),
    ({"country": "it fr", "colour": "red white rose"}, "colour", "country"),
    ({"gender": "m f", "country": "de us fr"}, "gender", "country"),
    ({"category": "15 of good bad", "department": "Sales HR IT"}, "category", "department"),
    ({"Thema": "15 of Preis Service", "Kanal": "Web Laden"}, "Thema", "Kanal"),
    ({"tags": "15 of vip new", "product": "phone tv laptop"}, "product", ""),
    ({"language": "en de", "outcome": "good bad mixed"}, "language", "outcome"),
    ({"sentiment": "good bad", "topic": "price food staff"}, "sentiment", "topic"),
    ({"category": "price food staff", "rating": "1 2 3 4 5"}, "category", "rating"),
    ({"label": "good bad", "category": "price food staff"}, "label", ""),
    ({"class": "good bad", "type": "web app", "code": "K1 K2"}, "class", ""),
    ({"kategorie": "Lob Tadel", "team": "A B C"}, "kategorie", ""),
    ({"state": "open closed", "priority": "low high mid"}, "state", "priority"),
    ({"status": "open closed", "priority": "low high mid"}, "priority", ""),
    ({"rating": "1 2 3 4 5", "store": "Rome Oslo"}, "rating", ""),
    ({"phase": "training test"}, "phase", ""),
    ({"activity": "training evaluation"}, "activity", ""),
    ({"Menge": "0 1", "verdict": "good bad"}, "verdict", "Menge"),
    ({"genre": "fiction travel", "gold_label": "yes no maybe"}, "gold_label", "genre"),
    ({"emotion": "joy anger fear", "sentiment_class": "good bad"}, "emotion", "sentiment_class"),
    ({"score": "1 2 3", "class_name": "good bad"}, "score", "class_name"),
    ({"tags": "new old", "manual_category": "praise complaint"}, "manual_category", ""),
    ({"language": "en de", "label_name": "ham spam"}, "label_name", ""),
    ({"genre": "fiction", "gold_label": "yes no maybe"}, "gold_label", ""),
    ({"labels": "10 of ui", "kind": "bug story task"}, "kind", "labels"),
    ({"labels": "15 of ui api", "kind": "bug story task"}, "labels", ""),
    ({"labels": "6 of ui api", "kind": "bug story task", "topic": "6 of a b"}, "labels", "kind"),
    ({"target": "all", "category": "bug story task"}, "category", "target"),
    ({"label": "A", "dept": "x y"}, "dept", "label"),
    ({"label": "24 of a b", "language": "en de"}, "label", ""),
    ({"genre": "jazz rock", "record_label": "Sony EMI"}, "genre", "record_label"),
    ({"rating": "1 2 3", "shelf_label": "a b"}, "rating", "shelf_label"),
    ({"record_label": "Sony EMI", "majority_label": "a b c"}, "majority_label", "record_label"),
    ({"predicted_label": "neg pos", "human_label": "pos neg"}, "human_label", ""),
    ({"category": "x y", "pred_label": "y x x"}, "category", ""),
    ({"old_category": "a b", "queue": "x y z"}, "queue", "old_category"),
    ({"annotator1_label": "a b", "annotator2_label": "b a a"}, "annotator1_label", "annotator2_label"),
    ({"toxic": "0 1", "obscene": "0", "threat": "0"}, "toxic obscene threat", ""),
    ({"label_good": "1", "label_bad": "0"}, "label_good label_bad", ""),
    ({"Labels": "ui api", "Labels (2)": "10 of legacy", "kind": "bug story task"}, "Labels", "kind"),
    ({"target": "all"}, "target", ""),
    ({"priority": "low high urgent", "escalated": "Yes No No", "reopened": "Yes No", "is_vip": "No Yes"}, "priority",
     ""),
    ({"spam": "0 1", "ham": "1 0", "archived": "0 0 1"}, "spam ham", ""),
    ({"queue": "a b c", "gift": "0", "paid": "1"}, "queue", ""),
    ({"joy": "0 1", "anger": "1 0 0", "very_unclear": "True False"}, "joy anger", "very_unclear"),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0 0 1", "very_unclear": "True False"}, "joy anger fear", ""),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0 0 1", "forum": "news art"}, "joy anger fear", "forum"),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0"}, "joy anger fear", ""),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0 0 1", "AssignmentStatus": "Approved Submitted"}, "joy anger fear", ""),
    ({"gold_label": "0 1", "agreed": "1 0 0", "fear": "0 0 1"}, "gold_label", ""),
    ({"app": "A B C", "review_score": "-1 1"}, "review_score", "app"),
    ({"device": "pixel s9", "Star Rating": "1 2 3 4 5"}, "Star Rating", "device"),
    ({"outcome": "late broken", "risk_score": " ".join(map(str, range(12)))}, "outcome", "risk_score"),
    ({"asin": "B1 B2 B3", "overall": "1.0 5.0"}, "overall", ""),
    ({"Name": "Ann Bob", "Reason for contact": "refund question praise"}, "Reason for contact", "Name"),
    ({"*first name*?": "Ann Bob", "How likely?": "1 2 3 4 5"}, "How likely?", "*first name*?"),
    ({"type.name": "bug task", "state": "new old older"}, "type.name", "state"),
    ({"comment": "done ok", "queue": "billing sales tech"}, "queue", "comment"),
])
def test_ordinary_tables(columns: dict[str, str], label: str, doubt: str) -> None:
    guess = guess_columns(frame(text=long(60), **{name: cells_of(told) for name, told in columns.items()}))
    assert guess.label == tuple(name for name in columns if name in (label, *label.split()))
    assert guess.split == ""
    told = guess.reasons.get("label_doubt", "").partition("could be")[2]
    named = [name for name in columns if name in (doubt, *doubt.split())]
    assert [name for name in columns if f"'{name}'" in told] == named


def test_a_label_of_one_value_in_the_beginning_of_a_table_may_be_sorted(tmp_path: Path) -> None:
    seen = frame(text=long(60), label=["good"] * 60, source=["web", "app"] * 30)
    guess = guess_columns(seen, whole=False)
    assert (guess.label, guess.rivals) == (("label",), ())
    guess = guess_columns(seen)
    assert (guess.label, guess.rivals) == (("source",), ("label",))
    page = "a sentence of quite a length about it " * 600  # 600 rows of it are more than is looked at
    rows = [[f"{n} {page}", "AB"[n // 300], ("web", "app")[n % 2]] for n in range(600)]
    found = preview(table(tmp_path / "a.csv", rows, ["text", "label", "source"])).understood
    assert (found.label_columns, found.rivals) == (("label",), ())


def test_what_a_person_chose_as_text_is_no_rival_of_the_label(tmp_path: Path) -> None:
    rows = [[text, NAMES[n % 3], ("web", "app")[n % 2], "ab"[n % 4 % 2]] for n, text in enumerate(long(60))]
    path = table(tmp_path / "a.csv", rows, ["remark", "verdict", "channel", "kind"])
    found = preview(path, CorpusConfig(text_columns=("remark", "kind"))).understood
    assert (found.label_columns, found.rivals) == (("channel",), ("verdict",))
    assert "it could be 'verdict' as well" in found.reasons["label_doubt"]
    found = preview(path, CorpusConfig(text_columns=("remark", "kind", "verdict"))).understood
    assert (found.rivals, "label_doubt" in found.reasons) == ((), False)
    found = preview(path, CorpusConfig(text_columns=("remark", "channel"))).understood
    assert (found.label_columns, found.rivals) == ((), ("kind", "verdict"))
    assert "No column is read as the label, but it could be 'kind', 'verdict'." in found.reasons["label_doubt"]


@pytest.mark.parametrize(("phase", "split"), [("training test", "phase"), ("training rest", "")])
def test_values_of_parts_say_so_beside_a_label(phase: str, split: str) -> None:
    assert guess_columns(frame(text=long(60), phase=cells_of(phase), label=cells_of("good bad mid"))).split == split
