"""Whether the first row of a table is its heading or a document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.helpers import everything, opened
from tests.corpus.test_dialects import LABELS, THINGS, Rows, check, joined, made


def test_a_short_sentence_is_no_heading(tmp_path: Path) -> None:
    texts = ["Terrible!", *(text for text, _ in made())]
    path = tmp_path / "a.csv"
    path.write_text("".join(f'"{text}"\n' for text in texts))
    assert everything(opened(path)) == texts


QUESTION = "Please describe your experience with the delivery, the product and our support. Write as much as you like!"


@pytest.mark.parametrize("heading", [
    (QUESTION, "How was it, all in all? Choose one."), ("Your words", "How was it, all in all? Choose one."),
    (QUESTION, "Verdict (please choose one of the three)"),
])
def test_long_questions_are_a_heading(tmp_path: Path, heading: tuple[str, str]) -> None:
    rows = made()
    quoted = [(f'"{text}"', f'"{label}"') for text, label in rows]
    check(tmp_path, "a.csv", ",".join(f'"{name}"' for name in heading) + "\n" + joined(quoted, ","), rows)


@pytest.mark.parametrize("other", ["{0}", "2024/03/0{1} 10:{0}:11 AM GMT+1", "{0}.0{1}.2024"])
def test_words_over_numbers_and_dates_are_a_heading_however_long(tmp_path: Path, other: str) -> None:
    rows = made()
    lines = "".join(f'"{other.format(10 + n % 20, 1 + n % 9)}","{text}",{label}\n'
                    for n, (text, label) in enumerate(rows))
    check(tmp_path, "a.csv", f'"When or how often was it that you asked?","{QUESTION}",Verdict\n{lines}', rows)


def test_a_long_first_row_of_data_is_no_heading(tmp_path: Path) -> None:
    rows = [(f"{QUESTION} And this is more of the same, as it was the first time", "good"), *made()]
    check(tmp_path, "a.csv", joined([(f'"{text}"', label) for text, label in rows], ","), rows)
    numbered = "".join(f'{n},"{text}",{label}\n' for n, (text, label) in enumerate(rows))
    check(tmp_path, "b.csv", numbered, rows)


@pytest.mark.parametrize("first", ["unknown", "n/a", "no rating", "missing"])
@pytest.mark.parametrize("other", ["{}", "2020-01-{}"])
def test_a_first_text_beside_words_for_no_number_is_a_text(tmp_path: Path, first: str, other: str) -> None:
    texts = [f"{text} It was the same as every year, and nobody said a word of it." for text, _ in made(28)]
    lines = [f'"{text}",{first if n == 0 else other.format(10 + n % 18)}\n' for n, text in enumerate(texts)]
    path = tmp_path / "a.csv"
    path.write_text("".join(lines))
    assert everything(opened(path)) == texts


def saying(rows: Rows, *names: str) -> Rows:
    """``rows`` whose three labels are called otherwise."""
    return [(text, names[LABELS.index(label)]) for text, label in rows]


@pytest.mark.parametrize("heading", [
    ("message", "spam"), ("Review", "Positive"), ("title", "bug"), ("comments", "hate"), ("Satz", "ironie"),
    ("my own words", "toxic"),
])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_column_may_be_called_by_one_of_its_values(
    tmp_path: Path, heading: tuple[str, str], order: tuple[int, int]
) -> None:
    rows = saying(made(), heading[1], "none", "other")
    for mark, name in ((",", "a.csv"), ("\t", "a.tsv")):
        check(tmp_path, name, joined([heading], mark, order) + joined(rows, mark, order), rows)


def test_several_columns_beside_one_that_is_called_by_its_value(tmp_path: Path) -> None:
    rows = saying(made(), "hate", "none", "offensive")
    lines = "".join(f"{text}\tgender\t{bool(n % 5)}\t{label}\n" for n, (text, label) in enumerate(rows))
    path = tmp_path / "a.tsv"
    path.write_text("comments\tbias\tcontain_gender_bias\thate\n" + lines)
    assert opened(path, label_columns=("hate",)).labels == ("hate", "none", "offensive")


@pytest.mark.parametrize("first", ["Good film", "ok", "A meal?"])
def test_a_short_first_text_among_others_is_no_heading(tmp_path: Path, first: str) -> None:
    rows = [(first, "good"), *made(), ("Bad", "bad"), ("So so", "mid")]
    check(tmp_path, "a.csv", joined(rows, ","), rows)


def test_what_the_first_row_is_read_as_is_said_where_it_may_be_the_other(tmp_path: Path) -> None:
    rows = saying(made(), "irony", "none", "other")
    path = tmp_path / "a.csv"
    path.write_text("my words,irony\n" + joined(rows, ","))
    assert any("'my words', 'irony') is read as the heading" in note for note in opened(path).notes)
    assert len(opened(path, header="no").parts) == 61
    path.write_text("my words,irony\n" + joined([*rows, ("So so", "other")], ","))
    (note,) = [note for note in opened(path).notes if "first row" in note]
    assert "'my words', 'irony') is read as a document" in note
    assert len(opened(path).parts) == 62
    assert not any("first row" in note for note in opened(path, header="yes").notes)


@pytest.mark.parametrize("first", [
    "Q{n:03},{text}", "K-{n},{text}", "{text},agent{n}", "user{n}@x.org,{text}", "{n:02}.03.2024,{text}",
    "{text},https://x.org/{n}", "{n:02}abc{n:02}f,{text}", "B0{n:02}XKCD{n:02},{text}", "{text},mail {n}.txt",
])
def test_a_first_row_with_a_number_like_those_below_is_no_heading(tmp_path: Path, first: str) -> None:
    texts = [f"Where is my {THINGS[n % 7]} of day {n}?".removesuffix("?" * (n % 2)) for n in range(60)]
    path = tmp_path / "a.csv"
    path.write_text("".join(first.format(n=n, text=text) + "\n" for n, text in enumerate(texts)))
    documents = opened(path)
    assert everything(documents) == texts
    assert not any("first row" in note for note in documents.notes)


@pytest.mark.parametrize("first", ["Bad service,neutral", "neutral,Fine"])
def test_a_first_row_whose_label_comes_but_once_is_no_heading(tmp_path: Path, first: str) -> None:
    order = (1, 0) if first.startswith("neutral") else (0, 1)
    cells = first.split(",")
    rows = [(cells[order[0]], cells[order[1]]), *(row for row in made() if row[1] != "mid")]
    path = tmp_path / "a.csv"
    path.write_text(joined(rows, ",", order))
    assert everything(opened(path)) == [text for text, _ in rows]


def test_two_columns_of_sentences_have_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("Go.\tVa !\n" + "".join(f"{text}\tLa {n}e chambre, elle va bien !\n"
                                            for n, (text, _) in enumerate(made())))
    assert len(opened(path).parts) == 61


@pytest.mark.parametrize(("heading", "told"), [
    ("Please describe your stay.,Verdict", True), ("Please describe your stay.,mood", True),
    ("What did you like?,Mood of the day", False), ("v1,Q2", False), ("col0,col1", False),
    ("Bem.,mood", False), ("words,fake", False), ("words,Positive", False), ("FIELD-01,mood", False),
])
def test_a_heading_that_is_hardly_like_its_rows_stays_one(tmp_path: Path, heading: str, told: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_text(heading + "\n" + joined(made(), ","))
    documents = opened(path)
    assert documents.understood.columns == tuple(heading.split(","))
    assert any("is read as the heading, though it ends" in note for note in documents.notes) == told


@pytest.mark.parametrize("heading", ["TICKET-ID,mood", "ORDER-NUM,mood", "CASE-KEY,MOOD-KIND", "@user,mood"])
def test_a_heading_in_capitals_over_codes_stays_one(tmp_path: Path, heading: str) -> None:
    path, name = tmp_path / "a.csv", heading.partition(",")[0]
    form = "@user{}" if name[0] == "@" else f"{name[:3]}-{{:0{len(name) - 4}}}"
    path.write_text(heading + "\n" + "".join(f"{form.format(n)},{text}\n" for n, (text, _) in enumerate(made())))
    assert opened(path).understood.columns == tuple(heading.split(","))


LONG = [f"{text} It was the same as every year and nobody said a word of it." for text, _ in made()]
SHORT = [f"{THINGS[n % 7]} {n} was {'so so' * (n % 2) or 'fine'}" for n in range(30)]
CHINESE = [f"酒店{n}的房间很干净,早餐也不错.下次还会再来,推荐给大家" for n in range(30)]


@pytest.mark.parametrize("texts", [LONG, SHORT, CHINESE])
@pytest.mark.parametrize("heading", [
    "text", "Bewertung", "评论", "리뷰", "comment text", "review_body", "ReviewText", "customer_feedback", "user_said",
    "Kundenmeinung", "用户评论", "Response:", "текст отзыва", "texte libre", "Statement (en)",
])
def test_the_name_of_a_single_column_is_its_heading(tmp_path: Path, heading: str, texts: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(f'"{text}"' for text in (heading, *texts)) + "\n")
    documents = opened(path)
    assert everything(documents) == texts
    assert not any("first row" in note for note in documents.notes)


@pytest.mark.parametrize("texts", [LONG, CHINESE])
@pytest.mark.parametrize("first", [
    "ok lar", "Convey my regards to him", "I liked this review", "精彩", "눈물 펑펑", "놀랍다", "价格不太好.其他还不错",
    "Going, going, gone", "Text me later", "no comment", ":", "*", "* *",
])
def test_a_short_first_text_of_a_single_column_is_no_heading(tmp_path: Path, first: str, texts: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f'"{text}"\n' for text in (first, *texts)))
    assert everything(opened(path)) == [first, *texts]


@pytest.mark.parametrize(("first", "named"), [
    ("Verbatims on the trip", True), ("Horrible", True), ("Customer feedback", True), ("고객 의견", True),
    ("Nice text", True), ("Bad notes", True), ("iPhone", True), ("YouTube", True), ("well.done", True),
    ("ok lar", False), ("What did you like?", False),
])
def test_what_the_first_cell_of_a_single_column_is_read_as_is_said_where_it_may_be_either(
    tmp_path: Path, first: str, named: bool
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f'"{text}"\n' for text in (first, *LONG)))
    documents = opened(path)
    (note,) = [note for note in documents.notes if "first row" in note]
    assert f"('{first}') is read as {'the heading' if named else 'a document'}" in note
    assert len(documents.parts) == len(LONG) + (not named)
    assert everything(opened(path, header="no" if named else "yes")) == [first, *LONG][not named :]


def with_commas(texts: list[str], mark: str) -> list[str]:
    """``texts`` of which some hold a comma or two, with or without a space behind it."""
    return [text.replace(" was ", f" was{mark}" * (n % 3 > 0) or " was ", 1).replace(" and ", f"{mark}", n % 4)
            for n, text in enumerate(texts)]


@pytest.mark.parametrize("mark", [",", ", ", " , "])
@pytest.mark.parametrize("first", ["Well, yes, why not, I say", "Late again,as ever", "Nothing to add"])
def test_the_commas_of_plain_lines_part_no_columns(tmp_path: Path, first: str, mark: str) -> None:
    lines = [first, *with_commas(LONG, mark)]
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    assert everything(opened(path)) == lines


@pytest.mark.parametrize("form", [
    "{label},{text}", "{text},{label}", "{text},0", "{n},{text}", "c{n},{text}", "Ann {n},{text}",
    "id,text\n{n},{text}", "who,said\nc {n},{text}",
])
def test_texts_with_commas_in_a_table_stay_in_their_columns(tmp_path: Path, form: str) -> None:
    heading, _, row = form.rpartition("\n")
    lines = [row.format(label=LABELS[n % 3], text=text, n=n) for n, text in enumerate(with_commas(LONG, ", "))]
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{line}\n" for line in filter(None, (heading, *lines))))
    assert len(opened(path).understood.columns) == 2
