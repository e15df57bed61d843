"""Records in blocks of lines, a field a line behind its name; and what is written like that and is none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from ulmengine.corpus import CorpusError, preview

ROWS = made()
AMAZON = ("product/productId: B00{n}\nreview/userId: A{n}\nreview/profileName: Ann {n}\nreview/helpfulness: 1/1\n"
          "review/score: {score}.0\nreview/time: 130386{n}\nreview/summary: All: in all\nreview/text: {text}\n")


def blocks(form: str, between: str = "\n") -> str:
    return between.join(form.format(n=100 + n, text=text, label=label, score=1 + n % 5)
                        for n, (text, label) in enumerate(ROWS))


@pytest.mark.parametrize("between", ["\n", "\n\n", "----\n", "\n=====\n\n", "***\n"])
@pytest.mark.parametrize("form", [
    "Review: {text}\nSentiment: {label}\n", "text: {text}\nlabel: {label}\n",
    "id: {n}\nlabel : {label}\ncomment: {text}\n",
    "Text: {text}\nTopic: {label}\nSource: https://x.org/{n}\n",
    "Case: {n}\nLabel: {label}\nTold: {text}\n", "Kommentar: {text}\nBewertung: {label}\n",
])
def test_blocks_with_the_same_names_are_a_table(tmp_path: Path, form: str, between: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(blocks(form, between))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]
    assert "Each block of lines is read as a row" in "".join(documents.notes)
    assert len(opened(path, format="lines").parts) >= 120


def test_reviews_as_amazon_s_were_collected(tmp_path: Path) -> None:
    path = tmp_path / "finefoods.txt"
    path.write_text(blocks(AMAZON))
    found = preview(path).understood
    assert (found.text_columns, found.label_columns, found.rows) == (("review/text",), ("review/score",), 60)


def test_a_text_goes_on_in_the_next_line_and_behind_a_blank_one(tmp_path: Path) -> None:
    text = blocks("label: {label}\ntext: {text}\n").replace(" on day 130", ".\nIt said: never.\n\nlabel it so")
    path = tmp_path / "a.txt"
    path.write_text(text)
    documents = opened(path)
    assert len(documents.parts) == 60
    assert everything(documents)[30].endswith(".\nIt said: never.\n\nlabel it so.")


@pytest.mark.parametrize("form", [
    "Anna: {text}\nBen: I see, {label}.\nAnna: {text}\n", "Anna: {text}\nBen: Yes\n",
    "Question: {text}\nAnswer: {text}\n",
    "positive: {text}\nnegative: {text}\n",
    "From: a{n}@x.org\nSubject: day {n}\nDate: 2020-01-01\n\n{text}\n\n{text}\n",
    "Roses are red: {label}\nViolets are {n}\n", "{text}\nnote: {label}\n", "Time {n}:30 it was\nand so: {text}\n",
    "Interviewer: {text}\nAnna: {text}\nBen: Yes.\n", "ROMEO: {text}\nNURSE: Madam!\nJULIET: {text}\n",
    "Agent: {text}\nCustomer: {text}\nAgent2: {label}\n",
    "Background: {text}\nMethods: {text}\nYear: {n}\nConclusion: so {text}\n",
    "Cake {n}\nTake: flour\nBake: {n} minutes\n\n{text}\n", "good: {text}\n", "title: {text}\n",
])
def test_other_blocks_with_colons_stay_as_they_are(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(blocks(form))
    assert preview(path).understood.format != "fields"


def test_words_under_names_that_nobody_knows_are_a_table_beside_a_number(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(blocks("Age: {n}\nDay: 2020-01-{n}\nDream: {text}\n"))
    found = preview(path).understood
    assert (found.format, found.text_columns, found.rows) == ("fields", ("Dream",), 60)


@pytest.mark.parametrize("left", ["product/productId", "review/time", "review/score", "review/text"])
def test_a_record_that_lacks_a_field_is_a_row_all_the_same(tmp_path: Path, left: str) -> None:
    records = blocks(AMAZON, "\n\n\n").split("\n\n\n")
    for n in range(7, 60, 20):
        records[n] = "\n".join(line for line in records[n].splitlines() if not line.startswith(f"{left}:")) + "\n"
    path = tmp_path / "a.txt"
    path.write_text("\n".join(records))
    documents = opened(path, text_columns=("review/summary",))
    assert everything(documents) == ["All: in all"] * 60


def test_a_field_of_few_records_is_a_column_where_its_name_begins_like_the_others(tmp_path: Path) -> None:
    records = [f"review/score: {1 + n % 5}.0\nreview/text: It was so of day {n}.\n" for n in range(2_000)]
    records[1_500] += "review/vine: Y\n"
    records[1_600] += "Note: Y\n"
    path = tmp_path / "a.txt"
    path.write_text("\n".join(records))
    documents = opened(path)
    assert everything(documents) == [f"It was so of day {n}." + "\nNote: Y" * (n == 1_600) for n in range(2_000)]
    assert documents.understood.columns == ("review/score", "review/text", "review/vine")


def test_a_text_of_very_many_lines_takes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(blocks("label: {label}\ntext: {text}\n") + "\nlabel: good\ntext:" + " and so it was\n" * 200_000)
    start = time.perf_counter()
    assert len(opened(path).parts) == 61
    assert time.perf_counter() - start < 20


def test_a_table_stays_a_table_and_a_format_that_is_set_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"note: {text},{label}\n" for text, label in ROWS))
    assert preview(path).understood.format == "csv"
    with pytest.raises(CorpusError, match="no blocks of lines"):
        opened(path, format="fields")
