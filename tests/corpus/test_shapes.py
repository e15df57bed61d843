"""JSON of every shape: each becomes its texts with the answers given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from tests.corpus.test_workbook import write_xlsx
from ulmengine.corpus import audit, preview
from ulmengine.events import outcome

ROWS = made()
PAIRS = [list(row) for row in ROWS]
RECORDS = [{"text": text, "label": label} for text, label in ROWS]
LABELS = ("good", "bad", "mid")
TEXTS: dict[str, list[str]] = {name: [text for text, label in ROWS if label == name] for name in LABELS}
GROUPED = [(text, label) for label in LABELS for text in TEXTS[label]]
NUMBERED = {str(n): record for n, record in enumerate(RECORDS)}


def lines(values: list[Any]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def task(n: int, text: str, label: str, **data: Any) -> dict[str, Any]:
    """A task of Label Studio with an annotation that was cancelled and one that was not."""
    wrong = {"was_cancelled": True, "result": [{"value": {"choices": ["bad"]}, "from_name": "topic"}]}
    right = {"id": n, "was_cancelled": False, "completed_by": 1, "lead_time": 2.5 + n, "result": [
        {"value": {"choices": [label]}, "from_name": "topic", "to_name": "text", "type": "choices"},
        {"value": {"start": 1, "end": 4, "labels": ["NAME"]}, "from_name": "names", "type": "labels"},
    ]}
    return {"id": n, "annotations": [wrong, right], "data": {"review": text, **data}, "predictions": [], "meta": {},
            "total_annotations": 1, "comment_count": 0, "created_at": f"2024-02-{1 + n % 28:02}"}


SHAPES: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "names and rows apart": ({"columns": ["text", "label"], "index": list(range(60)), "data": PAIRS}, ROWS),
    "header and rows": ({"header": ["text", "label"], "rows": PAIRS}, ROWS),
    "schema and data": ({"schema": {"fields": [{"name": "text"}, {"name": "label"}]}, "data": RECORDS}, ROWS),
    "columns of objects": ({name: {n: r[name] for n, r in NUMBERED.items()} for name in ("text", "label")}, ROWS),
    "records by number": (NUMBERED, ROWS),
    "columns": ({"text": [t for t, _ in ROWS], "label": [label for _, label in ROWS]}, ROWS),
    "pairs": (PAIRS, ROWS),
    "rows under a heading": ([["text", "label"], *PAIRS], ROWS),
    "rows under a heading that is called by a value": ([["text", "good"], *PAIRS], ROWS),
    "a sheet's values": ({"range": "A1:B61", "values": [["text", "label"], *PAIRS]}, ROWS),
    "columns of objects under names of rows": ({name: {f"doc{n}": r[name] for n, r in NUMBERED.items()}
                                                for name in ("text", "label")}, ROWS),
    "texts and words under names of rows": ({name: {f"doc{n}": r[own] for n, r in NUMBERED.items()}
                                             for name, own in (("What was said", "text"), ("Of what", "label"))}, ROWS),
    "columns by part": ({f"{name}_{part}": [row[place] for row in rows] for part, rows in (
        ("train", ROWS[:30]), ("test", ROWS[30:])) for place, name in enumerate("xy")}, ROWS),
    "columns by part and names of classes": ({
        "train": [t for t, _ in ROWS[:40]], "test": [t for t, _ in ROWS[40:]], "classes": list(LABELS),
        "train_labels": [LABELS.index(k) for _, k in ROWS[:40]],
        "test_labels": [LABELS.index(k) for _, k in ROWS[40:]]}, ROWS),
    "parts within labels": ({k: {"train": v[:15], "test": v[15:]} for k, v in TEXTS.items()},
                            [(t, k) for cut in (slice(15), slice(15, None)) for k, v in TEXTS.items() for t in v[cut]]),
    "parts within languages": ({"en": {"train": RECORDS[:20], "dev": RECORDS[40:50]},
                                "de": {"train": RECORDS[20:40], "dev": RECORDS[50:]}}, ROWS),
    "pairs by part": ({"train": PAIRS[:40], "val": PAIRS[40:50], "test": PAIRS[50:]}, ROWS),
    "records by part": ({"train": RECORDS[:40], "dev": RECORDS[40:]}, ROWS),
    "records by named part": ({"trainset": RECORDS[:40], "test data": RECORDS[40:]}, ROWS),
    "parts with outliers": ({"oos_val": PAIRS[:5], "val": PAIRS[5:9], "train": PAIRS[9:50], "oos_test": PAIRS[50:]},
                            ROWS),
    "columns beside other things": ({"version": "1.0", "labels": ["good", "bad"], "texts": [t for t, _ in ROWS],
                                     "targets": [label for _, label in ROWS]}, ROWS),
    "columns and names of classes": ({"data": [t for t, _ in ROWS], "target": [LABELS.index(n) for _, n in ROWS],
                                      "target_names": list(LABELS), "DESCR": "x"}, ROWS),
    "texts under their labels": ([{label: text} for text, label in ROWS], ROWS),
    "answers beside by id": ({"documents": [{"id": n, "text": text} for n, (text, _) in enumerate(ROWS)],
                              "annotations": [{"id": n, "doc_id": 59 - n, "label": ROWS[59 - n][1]}
                                              for n in range(60)]}, ROWS),
    "answers beside in order": ({"documents": [{"text": text} for text, _ in ROWS],
                                 "annotations": [{"label": label} for _, label in ROWS]}, ROWS),
    "labels with texts": (TEXTS, GROUPED),
    "labels with texts of different number": ({k: v[: 20 - n] for n, (k, v) in enumerate(TEXTS.items())},
                                              [(t, k) for n, (k, v) in enumerate(TEXTS.items()) for t in v[: 20 - n]]),
    "texts with labels": (dict(ROWS), ROWS),
    "labels with records": ({k: [{"id": n, "text": t} for n, t in enumerate(v)] for k, v in TEXTS.items()}, GROUPED),
    "labels with records of different number": (
        {k: [{"id": n, "text": t} for n, t in enumerate(v[: 20 - 5 * place])]
         for place, (k, v) in enumerate(TEXTS.items())},
        [(t, k) for place, (k, v) in enumerate(TEXTS.items()) for t in v[: 20 - 5 * place]]),
    "labels with records and texts": ({k: v if k == "bad" else [{"text": t, "by": "me"} for t in v]
                                       for k, v in TEXTS.items()}, GROUPED),
    "labels with answers of a service": ({k: {"total": len(v), "items": [{"text": t} for t in v]}
                                          for k, v in TEXTS.items()}, GROUPED),
    "labels with utterances": ({k: [{"data": [{"text": t[:9]}, {"text": t[9:], "entity": "x"}]} for t in v]
                                for k, v in TEXTS.items()}, GROUPED),
    "stars with records": ({str(n): [{"id": f"d{n}", "text": t} for t in v] for n, v in enumerate(TEXTS.values())},
                           [(t, str(n)) for n, v in enumerate(TEXTS.values()) for t in v]),
    "years with records": ({"2022": RECORDS[:40], "2023": RECORDS[40:]}, ROWS),
    "pages": ({f"page{n}": {"next": n, "items": RECORDS[n : n + 20]} for n in (0, 20, 40)}, ROWS),
    "places with labelled records": ({"north": RECORDS[:40], "south": RECORDS[40:]}, ROWS),
    "intents": ({"intents": [{"tag": k, "patterns": v, "responses": ["as you like it"]} for k, v in TEXTS.items()]},
                GROUPED),
    "examples": ([{"intent": label, "examples": texts} for label, texts in TEXTS.items()], GROUPED),
    "records within topics": ([{"topic": k, "articles": [{"title": f"On it {n}", "body": t} for n, t in enumerate(v)]}
                               for k, v in TEXTS.items()], GROUPED),
    "paragraphs within titles": ({"version": "2", "data": [{"title": k, "paragraphs": [
        {"context": t, "qas": []} for t in v]} for k, v in TEXTS.items()]}, GROUPED),
    "items within titles": ([{"title": k, "items": [{"title": f"No. {n}", "text": t} for n, t in enumerate(v)]}
                             for k, v in TEXTS.items()], GROUPED),
    "labelled sentences within documents": ([{"id": n, "topic": f"it{n}", "sentences": RECORDS[n : n + 6]}
                                             for n in range(0, 60, 6)], ROWS),
    "utterances of Snips": ({"intents": {k: {"utterances": [{"data": [{"text": t[:9]}, {"text": t[9:], "entity": "x"}]}
                                                           for t in v]} for k, v in TEXTS.items()}, "entities": {}},
                            GROUPED),
    "Rasa": ({"rasa_nlu_data": {"common_examples": [{"text": t, "intent": k, "entities": []} for t, k in ROWS],
                                "lookup_tables": []}}, ROWS),
    "wrapped": ({"status": "ok", "result": {"total": 60, "items": RECORDS}}, ROWS),
    "hits": ({"took": 3, "hits": {"total": 60, "hits": [{"_id": n, "_source": r} for n, r in NUMBERED.items()]}}, ROWS),
    "nested": ([{"id": n, "content": {"body": t}, "note": {"label": k, "by": f"u{n % 2}"}}
                for n, (t, k) in enumerate(ROWS)], ROWS),
    "rows with features": ({"features": [{"name": "text", "type": {"dtype": "string"}},
                                         {"name": "label", "type": {"names": list(LABELS), "_type": "ClassLabel"}}],
                            "rows": [{"row_idx": n, "row": {"text": t, "label": LABELS.index(k)}}
                                     for n, (t, k) in enumerate(ROWS)]}, ROWS),
    "rows by name": ({f"d{n}": pair for n, pair in enumerate(PAIRS)}, ROWS),
    "text and annotations": ([[t, {"cats": {k: float(k == own) for k in LABELS}}] for t, own in ROWS], ROWS),
    "marks of labels": ([{"text": t, "labels": {k: int(k == own) for k in LABELS}} for t, own in ROWS], ROWS),
    "Label Studio": ([task(n, t, k) for n, (t, k) in enumerate(ROWS)], ROWS),
    "Label Studio before 1.0": ([{"id": n, "data": {"review": t}, "completions": [
        {"result": [{"value": {"choices": [k]}, "from_name": "topic"}]}]} for n, (t, k) in enumerate(ROWS)], ROWS),
    "Label Studio's short form": ([{"text": t, "id": n, "verdict": k, "annotator": 1 + n % 2, "annotation_id": n + 7,
                                    "created_at": "2024-01-01", "updated_at": "2024-01-02", "lead_time": 2.5 + n}
                                   for n, (t, k) in enumerate(ROWS)], ROWS),
    "Chatito": ({label: [[{"type": "Text", "value": t[:9]}, {"type": "Slot", "value": t[9:], "slot": "rest"}]
                         for t in texts] for label, texts in TEXTS.items()}, GROUPED),
    "spaCy 2": ([{"id": n, "paragraphs": [{"raw": t, "sentences": [], "cats": [
        {"label": k, "value": float(k == own)} for k in LABELS]}]} for n, (t, own) in enumerate(ROWS)], ROWS),
}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_json_is_its_documents(tmp_path: Path, shape: str, indent: int | None) -> None:
    value, rows = SHAPES[shape]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value, indent=indent))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in rows]
    assert labels_in_order(documents) == [label for _, label in rows]


@pytest.mark.parametrize(("other", "notes"), [
    ([{"id": n, "name": f"user {n}", "mail": f"u{n}@example.org"} for n in range(80)], 0),
    (["Read the whole text first.", "Then choose one of the labels."], 0),
    (["good", "bad", "mid", "odd", "none", "x"], 0),
    ([{"id": n, "question": f"what is the matter with number {n}", "asked": n, "open": True} for n in range(40)], 1),
])
def test_records_of_another_kind_are_no_label(tmp_path: Path, other: list[Any], notes: int) -> None:
    """Tables beside each other: the one with the texts is read, and others with texts are told of."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"tickets": RECORDS, "others": other}))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]
    assert [note for note in documents.notes if "40 under 'others'" in note] == list(documents.notes)
    assert len(documents.notes) == notes


def test_what_lists_hold_is_no_label(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    bare = [{"text": t} for t, _ in ROWS]
    path.write_text(json.dumps({"documents": bare, "queries": bare[:40]}))
    documents = opened(path)
    assert (everything(documents), documents.labels) == ([t for t, _ in ROWS], ())
    assert any("40 under 'queries'" in note for note in documents.notes)
    path.write_text(json.dumps({"films": bare, "tags": ["good", "bad", "mid", "odd", "long", "short"]}))
    documents = opened(path)
    assert (everything(documents), documents.labels) == ([t for t, _ in ROWS], ())


def lists(path: Path, value: dict[str, list[Any]]) -> tuple[list[str], tuple[str, ...], bool]:
    """The texts and labels of a file of lists by name, and whether it is said that the labels are not certain."""
    path.write_text(json.dumps(value))
    documents = opened(path)
    return everything(documents), documents.labels, "label_doubt" in documents.understood.reasons


@pytest.mark.parametrize("names", [("posts", "comments"), ("questions", "statements"), ("articles", "faq")])
def test_names_of_lists_are_labels_in_doubt(tmp_path: Path, names: tuple[str, str]) -> None:
    bare = [{"text": t} for t, _ in ROWS]
    value = {names[0]: bare[:40], names[1]: bare[40:]}
    assert lists(tmp_path / "a.json", value) == ([t for t, _ in ROWS], tuple(sorted(names)), True)
    found = {one.kind: one for one in outcome(audit(opened(tmp_path / "a.json")))}["label_doubt"]
    assert f"The names of the lists ('{names[0]}', '{names[1]}') are read as the labels" in found.why
    assert [one.value for one in found.alternatives] == [("label",), ("none",)]
    value = {"pos": bare[:40], "neg": bare[40:]}
    assert lists(tmp_path / "a.json", value) == ([t for t, _ in ROWS], ("neg", "pos"), False)


@pytest.mark.parametrize("name", ["user_{}", "doc{}", "{}", "page {}", "Ann {} Smith"])
def test_names_of_many_lists_of_few_records_are_no_labels(tmp_path: Path, name: str) -> None:
    value = {name.format(n): [{"text": t} for t, _ in ROWS[n * 3 : n * 3 + 3]] for n in range(20)}
    assert lists(tmp_path / "a.json", value) == ([t for t, _ in ROWS], (), False)


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: {"text": text}])
def test_a_list_that_is_called_unlabelled_is_no_class(tmp_path: Path, wrap: Callable[[str], Any]) -> None:
    given = [wrap(t) for t, _ in ROWS]
    value = {"pos": given[:20], "neg": given[20:40], "unsup": given[40:]}
    assert lists(tmp_path / "a.json", value) == ([t for t, _ in ROWS], ("neg", "pos"), False)
    assert opened(tmp_path / "a.json").count("unlabelled") == 20


@pytest.mark.parametrize(("names", "labels"), [
    (("test cricket", "train travel"), ("test cricket", "train travel")),
    (("Test reports", "Training plans", "Evaluation forms"), ("Evaluation forms", "Test reports", "Training plans")),
    (("training data", "test data"), ()), (("trainset", "testset"), ()),
])
def test_lists_called_by_a_word_for_parts_may_be_classes(
    tmp_path: Path, names: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    texts = {name: [t for t, _ in ROWS[n :: len(names)]] for n, name in enumerate(names)}
    assert lists(tmp_path / "a.json", texts)[1] == labels
    records = {name: [{"text": t, "label": one} for t, one in ROWS[n :: len(names)]] for n, name in enumerate(names)}
    assert lists(tmp_path / "a.json", records)[1] == ("bad", "good", "mid")


def test_columns_of_texts_are_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"question": [t for t, _ in ROWS], "answer": [t[::-1] for t, _ in ROWS]}))
    assert len(everything(opened(path))) == 60


def test_a_list_of_json_may_be_called_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(RECORDS, indent=1))
    assert labels_in_order(opened(path)) == [label for _, label in ROWS]


def test_an_intent_of_snips_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"AddToPlaylist": [
        {"data": [{"text": t[:9]}, {"text": t[9:], "entity": "rest"}]} for t, _ in ROWS]}))
    documents = opened(path)
    assert everything(documents) == [t for t, _ in ROWS]
    assert documents.labels == ("AddToPlaylist",)


def test_an_intent_of_dialogflow_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    says = [{"id": n, "data": [{"text": t[:9]}, {"text": t[9:], "alias": "x", "meta": "@sys.any"}], "count": 0}
            for n, (t, _) in enumerate(ROWS)]
    path.write_text(json.dumps({"id": "x", "name": "billing.refund", "auto": True, "userSays": says}))
    documents = opened(path)
    assert everything(documents) == [t for t, _ in ROWS]
    assert documents.labels == ("billing.refund",)
    path.write_text(json.dumps(says))  # as Dialogflow writes the utterances beside the intent
    assert everything(opened(path)) == [t for t, _ in ROWS]


def numpy_list(turns: list[dict[str, str]]) -> str:
    return "[" + "\n ".join(map(repr, turns)) + "]"


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "jsonl"])
@pytest.mark.parametrize(
    "written", [json.dumps, repr, numpy_list, lambda turns: json.dumps({"messages": turns, "id": 3})])
def test_what_is_said_in_turn_in_a_cell_is_one_text(
    tmp_path: Path, form: str, written: Callable[[list[dict[str, str]]], str]
) -> None:
    texts, labels = zip(*ROWS, strict=True)
    talks = [[{"role": "user", "content": text}, {"role": "assistant", "content": "Say 'more', \"please\"."}]
             for text in texts]
    frame = pl.DataFrame({"messages": [written(talk) for talk in talks], "label": labels})
    path = tmp_path / f"talks.{form}"
    match form:
        case "csv":
            frame.write_csv(path)
        case "parquet":
            frame.write_parquet(path)
        case "xlsx":
            write_xlsx(path, {"talks": [list(frame.columns), *map(list, frame.rows())]})
        case _:
            frame.write_ndjson(path)
    documents = opened(path)
    assert documents.understood.text_columns == ("messages",)
    assert everything(documents) == [f"{text}\nSay 'more', \"please\"." for text in texts]
    assert labels_in_order(documents) == list(labels)


@pytest.mark.parametrize("cell", [
    '[{"start": 0, "end": 4, "user": "ann"}]', '[{"user": "ann", "text": "a tag of one"}]', '{"role": "user"}',
    '[{"role": "user", "content": 3}]', "[{'role': 'user', ", '{"messages": "none", "role": "a"}',
])
def test_other_lists_in_cells_stay_as_they_are(tmp_path: Path, cell: str) -> None:
    frame = pl.DataFrame({"text": [text for text, _ in ROWS], "kept": [cell] * len(ROWS)})
    frame.write_csv(tmp_path / "a.csv")
    assert preview(tmp_path / "a.csv").rows[0][1] == cell


@pytest.mark.parametrize(("who", "what"), [("from", "text"), ("sender", "message"), ("role", "content")])
@pytest.mark.parametrize("form", ["{}", "[{}]", "{{\"conversations\": [{}]}}"])
def test_what_is_said_in_turn_is_one_text(tmp_path: Path, who: str, what: str, form: str) -> None:
    """A conversation under each record: its turns one a line, not the JSON that they are written in."""
    path = tmp_path / "a.json"
    records = [{"id": n, "messages": [{who: "a", what: t, "time": n}, {who: "b", what: None}, {who: "a", what: "why"}],
                "label": k} for n, (t, k) in enumerate(ROWS)]
    path.write_text(form.format(("\n" if form == "{}" else ", ").join(map(json.dumps, records))))
    documents = opened(path)
    assert everything(documents) == [f"{t}\nwhy" for t, _ in ROWS]
    assert labels_in_order(documents) == [k for _, k in ROWS]


def test_one_object_with_a_text_is_no_conversation(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": t, "likes": [{"user": "x", "text": "hey"}]} for t, _ in ROWS]))
    assert preview(path).rows[0] == (ROWS[0][0], '[{"user": "x", "text": "hey"}]')


def test_pieces_of_a_text_keep_their_sentences_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([
        {"id": n, "parts": [{"text": f"{t} It broke."}, {"text": "Service"}, {"text": "s, too"}]}
        for n, (t, _) in enumerate(ROWS)]))
    assert everything(opened(path))[0] == f"{ROWS[0][0]} It broke. Services, too"


def test_years_and_pages_are_no_labels(tmp_path: Path) -> None:
    bare = [{"text": t} for t, _ in ROWS]
    for names in (("2022", "2023"), ("page 1", "page 2")):
        assert lists(tmp_path / "a.json", dict(zip(names, (bare[:30], bare[30:]), strict=True)))[1] == ()
    assert lists(tmp_path / "a.json", {"1": bare[:30], "5": bare[30:]})[1:] == (("1", "5"), True)


def test_lists_of_other_objects_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    spans = [{"from": 0, "text": "good"}, {"from": 5, "text": "film"}]
    path.write_text(lines([{"text": t, "label": k, "spans": spans, "data": [{"text": "a", "score": 2}]}
                           for t, k in ROWS]))
    found = preview(path)
    assert [json.loads(found.rows[0][found.columns.index(name)]) for name in ("spans", "data")] == [
        spans, [{"text": "a", "score": 2}]]


@pytest.mark.parametrize("other", [3, None, True, ["so it is"]])
def test_a_list_of_objects_and_other_things_stays_as_it_is_written(tmp_path: Path, other: Any) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines([{"body": t, "label": k, "data": [{"text": "a"}, other]} for t, k in ROWS]))
    found = preview(path)
    assert json.loads(found.rows[0][found.columns.index("data")]) == [{"text": "a"}, other]


@pytest.mark.parametrize("value", [
    [{"topic": "good", "articles": [{"body": "a text of some words"}, "a text alone"]}, {"topic": "x", "articles": 3}],
    [{"topic": "good", "articles": [{"body": "a text of some words"}]}, {"topic": "bad", "articles": {"body": "none"}}],
])
def test_entries_of_which_some_hold_other_things_stay_as_they_are(tmp_path: Path, value: Any) -> None:
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert len(preview(tmp_path / "a.json").rows) == 2


@pytest.mark.parametrize("indent", [None, 2])
def test_lists_one_after_another_are_all_read(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "a.json"
    first, second = (json.dumps([{"text": t, "label": k} for t, k in rows], indent=indent)
                     for rows in (ROWS[:20], ROWS[20:]))
    path.write_text(f"{first}\n{second}\n")
    assert everything(opened(path)) == [t for t, _ in ROWS]
    path.write_text(f"{first}\nthe end")
    documents = opened(path)
    assert (len(everything(documents)), len(documents.notes)) == (20, 1)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_number_of_very_many_digits_stays_as_it_is_written(tmp_path: Path, name: str) -> None:
    rows = ['{"text": "a film", "n": 7, "label": "good"}', '{"n": ' + "9" * 5_000 + ', "text": "two", "label": "bad"}']
    path = tmp_path / name
    path.write_text("\n".join(rows) if name == "a.jsonl" else f"[{rows[1]}, {rows[0]}]")
    documents = opened(path)
    assert sorted(everything(documents)) == ["a film", "two"]
    assert not documents.skipped


def test_answers_that_may_belong_to_several_records_are_told_of(tmp_path: Path) -> None:
    value = {"documents": [{"id": n, "text": text} for n, (text, _) in enumerate(ROWS)],
             "annotations": [{"doc_id": n // 2, "label": ROWS[n][1]} for n in range(60)]}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    documents = opened(tmp_path / "a.json")
    assert len(everything(documents)) == 60
    assert documents.labels == ()
    assert any("60 under 'annotations'" in note for note in documents.notes)


@pytest.mark.parametrize("beside", [
    {"categories": [{"id": n, "category": f"kind {n}"} for n in range(5)]},
    {"people": [{"user_id": n, "category": f"group {n % 2}"} for n in range(5)]},
])
def test_the_few_records_of_another_thing_are_no_answers(tmp_path: Path, beside: dict[str, Any]) -> None:
    value = {"documents": [{"id": n, "text": text} for n, (text, _) in enumerate(ROWS)], **beside}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert opened(tmp_path / "a.json").labels == ()


def test_answers_to_half_of_the_records_are_joined(tmp_path: Path) -> None:
    value = {"documents": [{"id": n, "text": text} for n, (text, _) in enumerate(ROWS)],
             "annotations": [{"id": n, "label": ROWS[n][1]} for n in range(0, 60, 2)]}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert labels_in_order(opened(tmp_path / "a.json")) == [ROWS[n][1] for n in range(0, 60, 2)]


def test_words_beside_that_are_no_names_of_classes_are_not_taken_for_such(tmp_path: Path) -> None:
    value = {"texts": [text for text, _ in ROWS], "stars": [n % 3 for n in range(60)], "languages": ["de", "en", "fr"]}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert opened(tmp_path / "a.json").labels == ("0", "1", "2")


def test_names_of_texts_that_are_no_words_for_labels_are_in_doubt(tmp_path: Path) -> None:
    value = [{("user", "assistant")[n % 2]: text} for n, (text, _) in enumerate(ROWS)]
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    documents = opened(tmp_path / "a.json")
    assert documents.labels == ("assistant", "user")
    assert any("The names of the fields ('user', 'assistant')" in note for note in documents.notes)


def test_two_texts_one_after_the_other_are_no_labels(tmp_path: Path) -> None:
    value = [{("question", "answer")[n % 2]: text} for n, (text, _) in enumerate(ROWS)]
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert opened(tmp_path / "a.json").labels == ()


def test_marks_beside_texts_bear_the_names_that_stand_beside(tmp_path: Path) -> None:
    marks = [[1, 0], [0, 1], [1, 1]]
    value = {"texts": [text for text, _ in ROWS], "label_names": ["good", "late"],
             "labels": [marks[n % 3] for n in range(60)]}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    documents = opened(tmp_path / "a.json", validation=0.0, test=0.0)
    assert (documents.labels, documents.multi_label) == (("good", "late"), True)
    assert documents.targets("train")[:3].tolist() == [[1, 0], [0, 1], [1, 1]]


def test_columns_and_labels_by_part_give_the_parts(tmp_path: Path) -> None:
    texts, labels = [t for t, _ in ROWS], [k for _, k in ROWS]
    columns = {"train_texts": texts[:30], "train_labels": labels[:30], "test_texts": texts[30:]}
    for value in (columns, {**columns, "test_labels": labels[30:]}):
        (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
        documents = opened(tmp_path / "a.json")
        assert set(documents.rows("train").tolist()) < set(range(30))
        beside = "test" if "test_labels" in value else "unlabelled"
        assert documents.rows(beside).tolist() == list(range(30, 60))
    (tmp_path / "a.json").write_text(json.dumps({k: {"train": v[:15], "test": v[15:]} for k, v in TEXTS.items()}))
    assert opened(tmp_path / "a.json").count("test") == 15


@pytest.mark.parametrize(("beside", "columns"), [
    ({"train_loss": [0.3, 0.2], "test_loss": [0.4, 0.3]}, ("text", "label")),
    ({"test_score": list(range(60)), "train_of_thought": ["so it is, I think"] * 60},
     ("text", "label", "test_score", "train_of_thought")),
    ({"train_text": [t for t, _ in ROWS], "train_label": [k for _, k in ROWS]},
     ("text", "label", "train_text", "train_label")),
])
def test_lists_beside_that_speak_of_parts_make_none(
    tmp_path: Path, beside: dict[str, Any], columns: tuple[str, ...]
) -> None:
    value = {"text": [t for t, _ in ROWS], "label": [k for _, k in ROWS], **beside}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    found = preview(tmp_path / "a.json")
    assert (found.columns, len(found.rows)) == (columns, 60)


@pytest.mark.parametrize("entry", [
    lambda n, t, k: {"id": n, "label": k, "sentences": [{"text": t}, {"text": "Second of it here."}]},
    lambda n, t, k: {"title": f"T{n}", "category": k, "sections": [{"heading": "h", "body": t}] * 6},
    lambda n, t, k: {"id": n, "post": t, "label": k, "comments": [{"body": "I think so too, yes."}] * 6},
    lambda n, t, k: {"n": n, "title": t, "labels": [{"name": k, "description": "Something is not right"}]},
    lambda n, t, k: {"title": f"Berlin no {n}", "of": k, "sections": [{"heading": "h", "text": t}] * 6},
    lambda n, t, k: {"id": n, "tag": k, "turns": [{"speaker": "a", "text": t}, {"speaker": "b", "text": "well now"}]},
    lambda n, t, k: {"type": k, "at": t[-4:], "stages": [{"name": t, "kind": k}] * 6 if not n % 7 else []},
    lambda n, t, k: {"name": f"No. {n}", "tokens": [{"text": one, "tag": k} for one in t.split()]},
])
def test_records_within_a_document_make_no_others(tmp_path: Path, entry: Callable[[int, str, str], Any]) -> None:
    """Sentences, sections, comments, turns and words are pieces of a document, or stand beside its text."""
    (tmp_path / "a.json").write_text(json.dumps([entry(n, t, k) for n, (t, k) in enumerate(ROWS)]), encoding="utf-8")
    assert len(preview(tmp_path / "a.json").rows) == 60


@pytest.mark.parametrize("value", [
    {"a1": {"text": "it was a good film", "label": "good"}, "a2": {"text": "a bad one it was", "label": "bad"}},
    {"first": {"topic": "good", "what": "a good one, I think", "by": "me"},
     "second": {"topic": "bad", "what": "a bad one, I think", "by": "you"}},
    {"review": {"nr": "1", "body": "a good one, I think"}, "comment": {"nr": "2", "body": "a bad one, I think"}},
])
def test_records_under_their_names_are_no_columns(tmp_path: Path, value: dict[str, Any]) -> None:
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert [row[0] for row in preview(tmp_path / "a.json").rows] == list(value)


HEADER = {"type": "header", "version": "5.2.1", "comment": "Export to JSON plugin for PHPMyAdmin"}
USERS = {"type": "table", "name": "users", "database": "shop", "data": [{"id": "1", "name": "Ann"}, {"id": "2"}]}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("others", [[], [USERS], [{**USERS, "data": []}]])
def test_a_database_of_phpmyadmin_is_the_table_with_the_texts(
    tmp_path: Path, others: list[Any], indent: int | None
) -> None:
    table = {"type": "table", "name": "reviews", "database": "shop", "data": RECORDS}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([HEADER, {"type": "database", "name": "shop"}, *others, table], indent=indent))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]
    path.write_text(json.dumps([HEADER, *others, {**table, "data": RECORDS * 1_000}], indent=indent))
    assert preview(path).understood.text_columns == ("text",)


def test_other_entries_with_types_stay_documents(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"type": "table" if n % 2 else "header", "data": [], **one}
                                for n, one in enumerate(RECORDS)]))
    assert everything(opened(path)) == [text for text, _ in ROWS]
