"""Texts that lie in lists: of paragraphs, of sentences, of words; and lists that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.corpus.helpers import everything, labels_in_order, opened, table
from ulmengine.corpus import audit, preview
from ulmengine.events import outcome

SAID = ("Our room was cold in the night", 'They said "no" to it, and it\'s late', "Good value for the money asked",
        "Never again will I buy it here", "The film is as long as the book")
NAMES = ("good", "bad", "mid")


def sentences(n: int) -> list[str]:
    """Two or three sentences that are others for each ``n``."""
    return [f"{SAID[(n + k) % 5]}, visit {n}." for k in range(2 + n % 2)]


def lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    return path


def written(path: Path, name: str, cells: list[Any]) -> Path:
    """``cells`` beside labels, as JSON lines, as a JSON list, as Parquet or as CSV, which holds Python's notation."""
    labels = [NAMES[n % 3] for n in range(len(cells))]
    records = [{"id": f"case-{n}", name: cell, "label": label}
               for n, (cell, label) in enumerate(zip(cells, labels, strict=True))]
    if path.suffix == ".jsonl":
        return lines(path, records)
    if path.suffix == ".json":
        path.write_text(json.dumps(records))
        return path
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: cells, "label": labels}), path)
        return path
    return table(path, [[str(cell), label] for cell, label in zip(cells, labels, strict=True)], [name, "label"])


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet", ".csv"])
@pytest.mark.parametrize("name", ["text", "paragraphs", "sentences", "facts"])
def test_a_list_of_sentences_is_a_text_a_line_each(tmp_path: Path, suffix: str, name: str) -> None:
    path = written(tmp_path / f"a{suffix}", name, [sentences(n) for n in range(40)])
    documents = opened(path)
    assert everything(documents) == ["\n".join(sentences(n)) for n in range(40)]
    assert labels_in_order(documents) == [NAMES[n % 3] for n in range(40)]
    assert documents.text_of(3) == "\n".join(sentences(3))
    assert "lists of texts, each read on a line of its own" in documents.understood.reasons["text_columns"]
    seen = preview(path)
    assert seen.rows[1][seen.columns.index(name)] == "\n".join(sentences(1))


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet", ".csv"])
def test_a_list_of_words_is_a_text_with_blanks(tmp_path: Path, suffix: str) -> None:
    words = [" ".join(sentences(n)) for n in range(40)]
    documents = opened(written(tmp_path / f"a{suffix}", "tokens", [text.split() for text in words]))
    assert everything(documents) == words
    assert "lists of words, read with blanks between them" in documents.understood.reasons["text_columns"]


def test_lists_as_numpy_prints_them_and_lists_of_lists_and_of_objects(tmp_path: Path) -> None:
    wanted = ["\n".join(sentences(n)) for n in range(40)]
    numpy = table(tmp_path / "a.csv", [[str(np.array(sentences(n))), NAMES[n % 3]] for n in range(40)])
    assert everything(opened(numpy)) == wanted
    nested = written(tmp_path / "b.jsonl", "sents", [[one.split() for one in sentences(n)] for n in range(40)])
    assert everything(opened(nested)) == wanted
    objects = [[{"id": k, "text": one} for k, one in enumerate(sentences(n))] for n in range(40)]
    assert everything(opened(written(tmp_path / "c.jsonl", "paragraphs", objects))) == wanted


def test_lists_in_chinese_have_no_blanks(tmp_path: Path) -> None:
    words = [["这家", "酒店", "的", "房间", str(n), "非常", "干净", "。"] for n in range(40)]
    assert everything(opened(written(tmp_path / "a.jsonl", "tokens", words)))[1] == "这家酒店的房间1非常干净。"
    texts = [[f"这家酒店的房间{n}非常干净。", "早餐也不错。"] for n in range(40)]
    assert everything(opened(written(tmp_path / "b.jsonl", "text", texts)))[1] == "\n".join(texts[1])


def test_an_empty_list_is_an_empty_text_and_plain_texts_between_stay(tmp_path: Path) -> None:
    cells: list[Any] = [sentences(n) if n % 3 else [] if n % 2 else f"Plain text number {n}." for n in range(40)]
    texts = everything(opened(written(tmp_path / "a.jsonl", "text", cells)))
    assert texts[:4] == ["Plain text number 0.", "\n".join(sentences(1)), "\n".join(sentences(2)), ""]


def test_a_column_that_a_person_chooses_is_read_so_too(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [
        {"text": f"{SAID[n % 5]} and {n} more words of it", "words": ["hotel", "sea", str(n)], "label": NAMES[n % 3]}
        for n in range(40)])
    assert everything(opened(path))[0] == f"{SAID[0]} and 0 more words of it"
    documents = opened(path, text_columns=("words",))
    assert everything(documents)[0] == "hotel sea 0"
    assert documents.understood.reasons["text_columns"] == (
        "as set; the cells of 'words' are lists of words, read with blanks between them")


def test_lists_that_are_labels_stay_labels(tmp_path: Path) -> None:
    tags = [["sea", "hotel", "late trains"][: 1 + n % 3] for n in range(40)]
    for name in ("labels", "tags", "genres"):
        documents = opened(lines(tmp_path / f"{name}.jsonl", [
            {"paragraphs": sentences(n), name: tags[n]} for n in range(40)]))
        assert (documents.labels, documents.multi_label) == (("hotel", "late trains", "sea"), True)
        assert everything(documents)[1] == "\n".join(sentences(1))
    long = ["Trade and commerce of the state", "Politics of the United States", "Law of the sea and of the air"]
    documents = opened(lines(tmp_path / "long.jsonl", [
        {"text": f"{SAID[n % 5]} {n}", "labels": long[: 1 + n % 3]} for n in range(40)]))
    assert set(documents.labels) == set(long)


@pytest.mark.parametrize("cells", [
    [f"[{SAID[n % 5]}, {n}]" if n % 2 else "[deleted]" for n in range(40)],
    [f'"{SAID[0]}, {n}"' if n % 2 else f'("{SAID[0]} {n}")' for n in range(40)],
    [f"[{n}] {SAID[n % 5]} [sic]" for n in range(40)],
    [(f"def f{n}(a):\n    return [a]", f"SELECT * FROM t{n}", f'["a{n}", "b"]', f'{{"k": {n}}}', f"<a>{n}</a>")[n % 5]
     for n in range(40)],
])
def test_texts_in_brackets_are_no_lists(tmp_path: Path, cells: list[str]) -> None:
    documents = opened(written(tmp_path / "a.jsonl", "text", cells))
    assert everything(documents) == cells
    assert "lists of" not in documents.understood.reasons["text_columns"]


def test_what_is_said_in_turn_and_answers_beside_a_question_stay_as_they_were(tmp_path: Path) -> None:
    turns = [[{"speaker": "a", "text": one} for one in sentences(n)] for n in range(40)]
    documents = opened(written(tmp_path / "a.jsonl", "turns", turns))
    assert everything(documents)[0] == "\n".join(sentences(0))
    assert "lists of" not in documents.understood.reasons["text_columns"]
    asked = opened(lines(tmp_path / "b.jsonl", [
        {"question": f"Why is it that {SAID[n % 5]} {n} times?", "answers": sentences(n), "label": NAMES[n % 3]}
        for n in range(40)]))
    assert asked.understood.text_columns == ("question",)


def test_messages_of_telegram_are_their_strings_and_the_texts_of_their_links(tmp_path: Path) -> None:
    messages: list[dict[str, Any]] = [{"id": 0, "type": "service", "title": "x", "text": "", "text_entities": []}]
    for n in range(1, 41):
        link = {"type": "link", "text": f"https://example.org/{n}"}
        text: Any = [f"{SAID[n % 5]} see ", link, " please"] if n % 3 == 0 else f"{SAID[n % 5]} {n}"
        text = [link] if n == 7 else text
        messages.append({"id": n, "type": "message", "from": ("Anna", "Ben")[n % 2], "text": text,
                         "text_entities": [{"type": "plain", "text": "a"}]})
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"name": "Support", "type": "private", "id": 1, "messages": messages}))
    documents = opened(path)
    assert documents.understood.text_columns == ("text",)
    assert [documents.text_of(n) for n in (3, 4, 7)] == [
        f"{SAID[3]} see https://example.org/3 please", f"{SAID[4]} 4", "https://example.org/7"]


@pytest.mark.parametrize("beside", [{"id": 0}, {"title": "Case 0"}, {"doc_key": "x0", "name": "a"}])
def test_sentences_of_a_labelled_document_are_not_documents_of_their_own(
    tmp_path: Path, beside: dict[str, Any]
) -> None:
    records = [{**{key: n if key == "id" else f"{value[:-1]}{n}" for key, value in beside.items()},
                "sentences": sentences(n), "label": NAMES[n % 3]} for n in range(40)]
    documents = opened(lines(tmp_path / "a.jsonl", records))
    assert [text.rpartition("xxfld 2 ")[2] for text in everything(documents)] == [
        "\n".join(sentences(n)) for n in range(40)]
    assert documents.labels == ("bad", "good", "mid")


def test_texts_under_the_name_of_their_label_are_documents_still(tmp_path: Path) -> None:
    records = [{"id": name, "sentences": [f"{SAID[n % 5]}, {name} {n}" for n in range(9)]} for name in NAMES]
    assert opened(lines(tmp_path / "a.jsonl", records)).labels == ("bad", "good", "mid")
    tagged = [{"id": n, "tag": name, "patterns": [f"{SAID[k % 5]}, {name} {k}" for k in range(9)]}
              for n, name in enumerate(NAMES)]
    assert len(opened(lines(tmp_path / "b.jsonl", tagged)).parts) == 27


@pytest.mark.parametrize(("text", "name"), [("tokens", "ner_tags"), ("tokens", "labels"), ("sentences", "labels"),
                                            ("text", "labels")])
def test_a_value_for_each_part_of_a_text_is_no_label_of_the_whole(tmp_path: Path, text: str, name: str) -> None:
    records: list[dict[str, Any]] = []
    for n in range(40):
        parts = sentences(n) if text == "sentences" else " ".join(sentences(n)).split()
        marks = [("O", "B-PER", "O", "B-LOC")[(n + k) % 4] for k in range(len(parts))]
        records.append({"id": str(n), text: " ".join(parts) if text == "text" else parts, name: marks})
    documents = opened(lines(tmp_path / "a.jsonl", records))
    assert documents.labels == ()
    assert any(f"'{name}' tells something of each part of a text" in note for note in documents.notes)
    assert "label_doubt" in {one.kind for one in outcome(audit(documents))}
