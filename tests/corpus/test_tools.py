"""What tools for labelling and training write: their answers are the labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_shapes import LABELS, PAIRS, RECORDS, ROWS, lines


def prodigy(n: int, text: str, **rest: Any) -> dict[str, Any]:
    return {"text": text, "_input_hash": n, "_task_hash": -n, "_timestamp": 1_700_000 + n, "answer": "accept", **rest}


def submitted(*answers: str | None) -> dict[str, Any]:
    states = ["submitted"] * (len(answers) - 1) + ["discarded"]
    return {"topic.responses": list(answers), "topic.responses.status": states, "topic.suggestion": "good"}


JSON_LINES: dict[str, list[Any]] = {
    "Prodigy's choice": [prodigy(n, t, accept=[k], options=[{"id": one, "text": one} for one in LABELS])
                         for n, (t, k) in enumerate(ROWS)],
    "Prodigy's choice by numbers": [
        prodigy(n, t, accept=[LABELS.index(k)], options=[{"id": p, "text": one} for p, one in enumerate(LABELS)])
        for n, (t, k) in enumerate(ROWS)],
    "Prodigy's labels": [prodigy(n, t, label=k) for n, (t, k) in enumerate(ROWS)],
    "Argilla's columns": [{"id": f"u{n}", "status": "completed", "review": t, **submitted(k, k, "good")}
                          for n, (t, k) in enumerate(ROWS)],
    "Argilla's records": [{"id": f"u{n}", "fields": {"review": t}, "suggestions": {"topic": {"value": "good"}},
                           "responses": {"topic": [{"value": k, "user_id": "u"}]}} for n, (t, k) in enumerate(ROWS)],
    "Argilla's feedback": [{"fields": {"review": t}, "suggestions": [], "external_id": f"{n}", "responses": [
        {"values": {"topic": {"value": k}}, "status": "submitted"}]} for n, (t, k) in enumerate(ROWS)],
    "Argilla before 2": [{"text": t, "inputs": {"text": t}, "prediction": [["good", 0.9]], "annotation": k,
                          "status": "Validated", "metrics": {}} for t, k in ROWS],
    "doccano": [{"id": n, "text": t, "label": [k], "Comments": []} for n, (t, k) in enumerate(ROWS)],
    "doccano's data": [{"id": n, "data": t, "label": [k]} for n, (t, k) in enumerate(ROWS)],
    "spaCy's cats": [{"text": t, "cats": {k: int(k == own) for k in LABELS}} for t, own in ROWS],
    "Ground Truth": [{"source": t, "job": 1, "job-metadata": {"class-name": k, "confidence": 0.9}} for t, k in ROWS],
    "Ground Truth of several": [{"source": t, "job": [LABELS.index(k)], "job-metadata": {
        "class-map": {str(LABELS.index(k)): k}, "confidence-map": {str(LABELS.index(k)): 0.9}}} for t, k in ROWS],
    "Labelbox": [{"data_row": {"id": f"d{n}", "row_data": t}, "projects": {"p": {"name": "p", "labels": [
        {"id": f"l{n}", "annotations": {"objects": [], "classifications": [
            {"name": "Mood", "value": "mood", "radio_answer": {"name": k, "value": k}}]}}]}}}
        for n, (t, k) in enumerate(ROWS)],
    "Labelbox's list": [{"data_row": {"row_data": t}, "projects": {"p": {"labels": [{"annotations": {
        "classifications": [{"name": "Mood", "checklist_answers": [{"name": k}]}]}}]}}} for t, k in ROWS],
    "Labelbox before": [{"ID": f"c{n}", "Labeled Data": t, "Label": {"objects": [], "classifications": [
        {"title": "mood", "value": "mood", "answer": {"title": k, "value": k}}]}, "Seconds to Label": n % 4}
        for n, (t, k) in enumerate(ROWS)],
    "Kili": [{"id": str(n), "content": t, "labels": [
        {"author": {"email": "a"}, "labelType": "DEFAULT", "jsonResponse": {"JOB": {"categories": [{"name": k}]}}},
        {"labelType": "PREDICTION", "jsonResponse": {"JOB": {"categories": [{"name": "good"}]}}}]}
        for n, (t, k) in enumerate(ROWS)],
    "LightTag": [{"example_id": f"e{n}", "content": t, "metadata": {}, "annotations": [], "classifications": [
        {"classname": k, "classification_id": f"c{n}", "annotated_by": [{"annotator": "a"}]}]}
        for n, (t, k) in enumerate(ROWS)],
    "a chat": [{"messages": [{"role": "system", "content": "Judge."}, {"role": "user", "content": t},
                             {"role": "assistant", "content": k}]} for t, k in ROWS],
    "a chat of a language": [{"language": ("en", "de")[n % 2], "messages": [
        {"role": "user", "content": t}, {"role": "assistant", "content": k}]} for n, (t, k) in enumerate(ROWS)],
    "ShareGPT": [{"id": n, "conversations": [
        {"from": "system", "value": "Judge."}, {"from": "human", "value": t}, {"from": "gpt", "value": k}]}
        for n, (t, k) in enumerate(ROWS)],
    "Gemini": [{"systemInstruction": {"role": "system", "parts": [{"text": "Judge."}]}, "contents": [
        {"role": "user", "parts": [{"text": t}]}, {"role": "model", "parts": [{"text": k}]}]} for t, k in ROWS],
    "Bedrock": [{"system": [{"text": "Judge."}], "messages": [
        {"role": "user", "content": [{"text": t}]}, {"role": "assistant", "content": [{"text": k}]}]} for t, k in ROWS],
    "a chat in parts": [{"messages": [{"role": "user", "content": [{"type": "text", "text": t}]},
                                      {"role": "assistant", "content": k}]} for t, k in ROWS],
    "prompt and completion": [{"prompt": t, "completion": f" {k}"} for t, k in ROWS],
    "pairs": PAIRS,
    "Vertex AI": [{"textContent": t, "classificationAnnotation": {"displayName": k},
                   "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "training"}} for t, k in ROWS],
    "lists of records": [RECORDS[:20], RECORDS[20:]],
}


@pytest.mark.parametrize("tool", JSON_LINES)
def test_the_answers_of_labelling_tools_are_the_labels(tmp_path: Path, tool: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(JSON_LINES[tool]))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]


def test_the_tool_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(JSON_LINES["Prodigy's choice"]))
    assert "Prodigy" in opened(path).understood.reasons["format"]


def test_what_was_not_answered_is_not_labelled(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    answers = ("accept", "ignore", "reject")
    path.write_text(lines([prodigy(n, t, accept=[k], answer=answers[n % 3]) for n, (t, k) in enumerate(ROWS)]))
    documents = opened(path)
    assert documents.labels == ("good",)  # every third row, which is always the same label
    assert documents.rows("unlabelled").tolist() == [n for n in range(60) if n % 3]
    path.write_text(lines([{"id": f"{n}", "status": "x", "text": t, **submitted(None)} for n, (t, _) in enumerate(ROWS)]
                          + [{"id": "z", "status": "x", "text": "the last text", **submitted("good", "bad")}]))
    assert opened(path).rows("unlabelled").tolist() == list(range(60))


def test_a_yes_or_no_question_has_two_answers(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines([prodigy(n, t, label="GOOD", answer="accept" if k == "good" else "reject")
                           for n, (t, k) in enumerate(ROWS)]))
    assert labels_in_order(opened(path)) == ["GOOD" if k == "good" else "not GOOD" for _, k in ROWS]


@pytest.mark.parametrize("mark", [",", "\t"])
def test_the_table_that_label_studio_exports(tmp_path: Path, mark: str) -> None:
    names = ["annotation_id", "annotator", "created_at", "id", "lead_time", "review", "verdict", "updated_at"]
    rows = [[str(n + 9), str(1 + n % 2), f"2024-0{1 + n % 3}-01", str(n), f"2.{n % 5}", f'"{t}"', k, "2024"]
            for n, (t, k) in enumerate(ROWS)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(mark.join(row) for row in [names, *rows]) + "\n")
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert documents.understood.label_columns == ("verdict",)


@pytest.mark.parametrize("form", ["{1} {0}", "{0} {1}", "{1}\t{0}", "{1} , {0}"])
def test_the_labels_of_fasttext_stand_at_either_end(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(form.format(t, f"__label__{k}") + "\n" for t, k in ROWS))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]


def test_passages_of_a_text_are_no_labels_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines([{"id": n, "text": t, "label": [[0, 3, "ART"]]} for n, (t, _) in enumerate(ROWS)]))
    assert opened(path).labels == ()


def test_several_choices_beside_single_ones_are_several_labels(tmp_path: Path) -> None:
    """Label Studio's short form writes a name where one was chosen, an object where several were."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([
        {"text": t, "id": n, "topics": {"choices": [k, "urgent"]} if n % 3 else k, "annotator": 1, "annotation_id": n,
         "created_at": "2024-01-01", "lead_time": 2.5 + n} for n, (t, k) in enumerate(ROWS)]))
    documents = opened(path)
    assert documents.understood.label_columns == ("topics",)
    assert documents.labels == tuple(sorted({*LABELS, "urgent"}))
    assert (documents.multi_label, len(documents.rows("unlabelled"))) == (True, 0)


def test_the_parts_that_vertex_names_are_the_split(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    use = ("training", "validation", "test")
    path.write_text(lines([
        {"textContent": t, "classificationAnnotation": {"displayName": k},
         "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": use[n % 3]}} for n, (t, k) in enumerate(ROWS)]))
    assert opened(path).rows("test").tolist() == list(range(2, 60, 3))


def asked(n: int, text: str, *answers: list[str], channel: str = "") -> dict[str, Any]:
    """A task of Label Studio that several people answered."""
    return {"id": n, "data": {"text": text}, "annotations": [{"result": [
        {"value": {"choices": names}, "from_name": "topic", "type": "choices"},
        *([{"value": {"choices": [channel]}, "from_name": "channel", "type": "choices"}] if channel else [])],
    } for names in answers]}


def test_answers_that_differ_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    votes = [[["good"], ["bad"]], [["good"], ["bad"], ["good"]], [["bad"], ["bad"]], [["bad", "mid"], ["mid", "bad"]]]
    path.write_text(json.dumps([asked(n, t, *votes[n % 4]) for n, (t, _) in enumerate(ROWS)]))
    documents = opened(path)
    told = "answers to 'topic' differ in 30 records: the commonest of each is read, and of equally common ones, in 15"
    assert [note for note in documents.notes if told in note]
    assert documents.labels == ("bad", "good", "mid")
    path.write_text(json.dumps([asked(n, t, [k], [k]) for n, (t, k) in enumerate(ROWS)]))
    assert opened(path).notes == ()


def test_the_answer_to_another_question_may_be_the_label(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([asked(n, t, [k], channel="web" if n % 3 else "mail") for n, (t, k) in enumerate(ROWS)]))
    understood = opened(path).understood
    assert (understood.label_columns, understood.rivals) == (("topic",), ("channel",))
    assert "it could be 'channel' (2 values) as well" in understood.reasons["label_doubt"]


@pytest.mark.parametrize("channel", ["web", "a remark on number {n}, as it came"])
def test_an_answer_that_is_always_the_same_or_another_is_no_label(tmp_path: Path, channel: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([asked(n, t, [k], channel=channel.format(n=n)) for n, (t, k) in enumerate(ROWS)]))
    assert "label_doubt" not in opened(path).understood.reasons


def tuned(text: str, *said: str) -> list[dict[str, str]]:
    """A conversation that begins with a text, in which user and assistant take turns."""
    return [{"role": ("user", "assistant")[n % 2], "content": one} for n, one in enumerate((text, *said))]


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_the_answer_that_a_chat_model_is_tuned_with_is_the_label_of_a_cell_too(tmp_path: Path, form: str) -> None:
    talks = [tuned(text, label) for text, label in ROWS]
    if form == "parquet":
        pl.DataFrame({"messages": talks}).write_parquet(tmp_path / "a.parquet")
    else:
        frame = pl.DataFrame({"messages": list(map(json.dumps, talks))})
        (frame.write_csv if form == "csv" else frame.write_ndjson)(tmp_path / f"a.{form}")
    documents = opened(tmp_path / f"a.{form}")
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
@pytest.mark.parametrize("said", [
    lambda n: ("Tell me more.", f"It is the {n}th of them, which was made in a year of much rain."),
    lambda n: (f"Answer {n}",), lambda _: ("Thanks.",), lambda n: ("yes" if n % 2 else "no", "Why?"),
    lambda n: ("It is done by opening the lid first and turning it after that.", "Thanks!", ("Bye!", "Gladly.")[n % 2]),
])
def test_conversations_with_answers_of_their_own_are_texts(
    tmp_path: Path, form: str, said: Callable[[int], tuple[str, ...]]
) -> None:
    talks = [tuned(text, *said(n)) for n, (text, _) in enumerate(ROWS)]
    frame, path = pl.DataFrame({"messages": talks}), tmp_path / f"a.{form}"
    (frame.write_parquet if form == "parquet" else frame.write_ndjson)(path)
    documents = opened(path)
    assert documents.labels == ()
    assert everything(documents) == ["\n".join(turn["content"] for turn in talk) for talk in talks]


def tuning_file(path: Path, talks: list[list[dict[str, str]]], **fields: list[Any]) -> Path:
    """Conversations with fields beside them, as a table where ``path`` is called so."""
    table = path.suffix == ".csv"
    beside = [{name: held[n % len(held)] for name, held in fields.items()} for n in range(len(talks))]
    rows = [{"messages": json.dumps(talk) if table else talk, **other}
            for talk, other in zip(talks, beside, strict=True)]
    if table:
        pl.DataFrame(rows).write_csv(path)
    else:
        path.write_text(lines(rows))
    return path


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(("name", "held"), [
    ("is_spam", [0, 1, 1]), ("verdict", ["a", "b", "b"]), ("csat", ["low", "mid", "top"]),
    ("channel", ["web", "phone"]),
    ("source", ["x", "y"]), ("domain", ["law", "med"]), ("outcome", ["won", "lost"]),
])
@pytest.mark.parametrize("said", [("Sure, I can help.", "Done, thanks!", "No problem."), ("I see", "ok", "No problem")])
def test_a_field_beside_conversations_is_their_label_before_what_is_answered(
    tmp_path: Path, form: str, name: str, held: list[Any], said: tuple[str, ...]
) -> None:
    talks = [tuned(text, said[n // 2 % 3]) for n, (text, _) in enumerate(ROWS)]
    documents = opened(tuning_file(tmp_path / f"a.{form}", talks, **{name: held}))
    assert documents.understood.label_columns == (name,)
    assert documents.labels == tuple(sorted(map(str, set(held))))
    assert everything(documents) == ["\n".join(turn["content"] for turn in talk) for talk in talks]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_short_talk_at_the_end_of_conversations_is_no_class(tmp_path: Path, form: str) -> None:
    said = ("Sure!", "I see", "ok", "No problem", "Thanks, bye")
    talks = [tuned(text, said[n % 5]) for n, (text, _) in enumerate(ROWS)]
    assert opened(tuning_file(tmp_path / f"a.{form}", talks, id=list(range(60)))).labels == ()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(("name", "held"), [
    ("id", list(range(60))), ("language", ["de", "en"]), ("model_version", ["1a", "2b"]), ("source", ["x"]),
    ("note", [f"Note {n}" for n in range(60)]), ("author", ["anna", "ben"]),
])
def test_what_a_class_as_the_answer_stands_beside_stays_a_column(
    tmp_path: Path, form: str, name: str, held: list[Any]
) -> None:
    talks = [tuned(text, label) for text, label in ROWS]
    documents = opened(tuning_file(tmp_path / f"a.{form}", talks, **{name: held}))
    assert labels_in_order(documents) == [label for _, label in ROWS]
    assert everything(documents) == [text for text, _ in ROWS]
    assert name in documents.understood.columns


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_later_conversation_in_which_the_model_says_more_is_a_text_without_label(tmp_path: Path, form: str) -> None:
    talks = [tuned(text, label) for text, label in ROWS] * 2
    longer = tuned("It came late.", "Let me ask you something about that order first, please.", "It was broken.", "bad")
    documents = opened(tuning_file(tmp_path / f"a.{form}", [*talks, *[longer] * 3]))
    assert everything(documents)[-3:] == ["\n".join(turn["content"] for turn in longer)] * 3
    assert documents.rows("unlabelled").tolist() == [120, 121, 122]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(("name", "told"), [("quality", True), ("language", False), ("model_version", False)])
def test_a_field_that_differs_only_later_is_told_beside_the_answers(
    tmp_path: Path, form: str, name: str, told: bool
) -> None:
    talks = [tuned(text, label) for text, label in ROWS] * 2
    documents = opened(tuning_file(tmp_path / f"a.{form}", talks, **{name: ["x"] * 60 + ["y"] * 60}))
    assert documents.understood.label_columns == ("label",)
    assert (f"it could be '{name}'" in "".join(documents.notes)) == told


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_names_of_labels_are_classes_with_a_stop_behind_them_too(tmp_path: Path, form: str) -> None:
    talks = [tuned(text, ("Positive.", "Negative.")[n % 2]) for n, (text, _) in enumerate(ROWS)]
    assert opened(tuning_file(tmp_path / f"a.{form}", talks)).labels == ("Negative.", "Positive.")
