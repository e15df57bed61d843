"""Records as labelling tools export them: the text, the answer that was given, and nothing of their bookkeeping."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from ulmengine.corpus.guess import LABEL_STUDIO_ASIDE, Hints
from ulmengine.counting import counted

from .records import Shaped
from .turns import TUNING, are_exchanges, chat, chat_hints, exchange

_CATS = ("cats", "categories", "labels", "label", "classes")
_ARGILLA_ASIDE = ("id", "status", "_server_id", "external_id", "metadata", "vectors", "inserted_at", "updated_at")
_ANSWERS = ("choices", "taxonomy", "rating", "number")
_ML_USE = "aiplatform.googleapis.com/ml_use"
_BINARY = (0, 1, 0.0, 1.0, True, False)


Read = Callable[[Any], list[Any]]
"""The documents of a record."""


class RecordReader(NamedTuple):
    """How records are read, what they say of the columns, and what is known once all are read."""

    read: Read
    hints: Hints
    later: Callable[[], Sequence[str]] = tuple


class Tool(NamedTuple):
    """A tool's export: its name, whether a record is of it, and how to read them, judged by the first of them.

    ``kind``: what its records are. ``agree``: whether the first of them together may be of it.
    """

    title: str
    fits: Callable[[Any], bool]
    reader: Callable[[Sequence[Any]], RecordReader]
    kind: type = dict
    agree: Callable[[Sequence[Any]], bool] = bool


def exported(first: Sequence[Any], others: Iterable[Any]) -> Shaped | None:
    """The documents in the records of a tool, told by the ``first`` of them; what is no such record stays as it is."""
    tool = next((tool for tool in TOOLS if all(isinstance(value, tool.kind) and tool.fits(value) for value in first)
                 and tool.agree(first)), None)
    if tool is None:
        return None
    read, hints, later = tool.reader(first)
    values = (read(value) if isinstance(value, tool.kind) else [value] for value in chain(first, others))
    reason = f"as {tool.title} exports it"
    return Shaped(chain.from_iterable(values), tool.title if tool.title.startswith("a ") else reason,
                  replace(hints, reason=reason), later=later)


def _each(document: Callable[[Any], Any], hints: Hints) -> Callable[[Sequence[Any]], RecordReader]:
    """The reader of records that are a document each."""
    return lambda _: RecordReader(lambda value: [document(value)], hints)


def _is_label_studio(value: dict[str, Any]) -> bool:
    given = (value.get(key) for key in ("annotations", "completions"))
    return isinstance(value.get("data"), dict) and any(isinstance(one, list) for one in given)


def _asked(
    texts: Callable[[Any], dict[str, Any]], votes: Callable[[Any], dict[str, list[Any]]]
) -> Callable[[Sequence[Any]], RecordReader]:
    """The reader of records with answers to questions beside their ``texts``, of all ``votes`` the commonest; the first
    question is the label, though others may be.

    A question that is called like a text has a column called otherwise.
    """
    def reader(values: Sequence[Any]) -> RecordReader:
        taken = {name for value in values for name in texts(value)}
        columns = {name: name if name not in taken else f"{name} (answer)" for value in values
                   for name in votes(value)}
        differing: Counter[str] = Counter()
        tied: Counter[str] = Counter()

        def read(value: Any) -> list[Any]:
            given = {}
            for name, answers in votes(value).items():
                given[name], most, next_most = _voted(answers)
                differing[name] += next_most > 0
                tied[name] += next_most == most > 0
            return [{**texts(value), **{columns.get(name, name): given.get(name) for name in (*columns, *given)}}]

        def told() -> list[str]:
            return [f"The answers to '{name}' differ in {counted(count, 'record', 'records')}: the commonest of each "
                    f"is read, and of equally common ones, in {tied[name]:,}, the first."
                    for name, count in differing.items() if count]

        questions = tuple(columns.values())
        return RecordReader(read, Hints(label=questions[:1], rivals=questions[1:]), told)

    return reader


def _within(value: dict[str, Any], key: str) -> dict[str, Any]:
    """The object that stands in a record under ``key``; an empty one where none does."""
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _choices(task: dict[str, Any]) -> dict[str, list[Any]]:
    """The answers to each question of a task, of those annotations that were not cancelled."""
    votes: dict[str, list[Any]] = {}
    given = task.get("annotations") or task.get("completions")
    for annotation in given if isinstance(given, list) else []:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled") or annotation.get("skipped"):
            continue
        for result in annotation.get("result") or []:
            value = result.get("value") if isinstance(result, dict) else None
            if not isinstance(value, dict) or "start" in value:  # a passage of the text, not the whole
                continue
            for kind in _ANSWERS:
                if kind in value:
                    votes.setdefault(str(result.get("from_name", "label")), []).append(_names(value[kind]))
    return votes


def _is_short_label_studio(value: dict[str, Any]) -> bool:
    """A task and its answers in one object, as the short form of JSON has it."""
    return {"annotation_id", "lead_time"} <= value.keys()


def _short_label_studio(values: Sequence[Any]) -> RecordReader:
    """A cell is a name where one was chosen and an object where several were."""
    def read(value: Any) -> list[Any]:
        return [{key: _alone(_names(_chosen(item))) if _chosen(item) is not None else item
                 for key, item in value.items()}]

    asked = [key for value in values for key, item in value.items() if _chosen(item) is not None]
    return RecordReader(read, Hints(label=tuple(asked[:1]), aside=LABEL_STUDIO_ASIDE))


def _chosen(item: Any) -> Any:
    """What an object of Label Studio says was chosen; None where it is no such object."""
    if not isinstance(item, dict):
        return None
    return next((item[kind] for kind in _ANSWERS if kind in item), None)


def _names(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [" / ".join(map(str, item)) if isinstance(item, list) else str(item) for item in items]


def _as_said(answer: Any) -> str:
    """An answer as it is compared with others: in which order several were chosen makes no difference."""
    return json.dumps(sorted(answer, key=str) if isinstance(answer, list) else answer)


def _voted(answers: Sequence[Any]) -> tuple[Any, int, int]:
    """The commonest of several annotators' answers, the first in a tie, how often it was given, and how often the next
    one; None without any."""
    if not answers:
        return None, 0, 0
    said = list(map(_as_said, answers))
    (best, most), *others = Counter(said).most_common(2)
    return _alone(answers[said.index(best)]), most, others[0][1] if others else 0


def _alone(answer: Any) -> Any:
    """One name of a list of one."""
    return answer[0] if isinstance(answer, list) and len(answer) == 1 else answer


def _is_prodigy(value: dict[str, Any]) -> bool:
    marks = {"_task_hash", "_input_hash", "accept", "options", "label"}
    return value.get("answer") in ("accept", "reject", "ignore") and not marks.isdisjoint(value)


def _with_names(chosen: list[Any], options: Any) -> list[Any]:
    """What was chosen of ``options`` by their ids: a number says nothing, and the option's text stands for it."""
    if not isinstance(options, list) or not all(isinstance(one, int) for one in chosen):
        return chosen
    texts = {one["id"]: one.get("text") for one in options if isinstance(one, dict) and isinstance(one.get("id"), int)}
    return [texts.get(one) or one for one in chosen]


def _prodigy(values: Sequence[Any]) -> RecordReader:
    asked = {str(value.get("label")) for value in values if value.get("label") is not None}

    def read(value: Any) -> list[Any]:
        answer, chosen = value.get("answer"), value.get("accept", value.get("label"))
        if isinstance(chosen, list):
            chosen = _alone(_with_names(chosen, value.get("options")))
        if answer == "reject" and "accept" not in value and len(asked) == 1:
            chosen = f"not {value.get('label')}"  # one question for all: the answer is yes or no
        elif answer != "accept":
            chosen = None
        return [{"text": value.get("text"), **_within(value, "meta"), "label": chosen}]

    return RecordReader(read, _TEXT_AND_LABEL)


def _is_argilla(value: dict[str, Any]) -> bool:
    """Argilla 2 (``label.responses``, or ``fields`` and ``responses``) and 1 (``annotation`` beside ``prediction``)."""
    if any(key.endswith(".responses") for key in value) or {"fields", "responses"} <= value.keys():
        return True
    return "annotation" in value and "prediction" in value and ("inputs" in value or "text" in value)


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    """The texts of an Argilla record."""
    for key in ("fields", "inputs"):
        if isinstance(value.get(key), dict) and value[key]:
            return dict(value[key])
    aside = (*_ARGILLA_ASIDE, "annotation", "prediction", "inputs", "annotation_agent", "prediction_agent", "metrics",
             "explanation", "multi_label", "event_timestamp")
    return {key: item for key, item in value.items()
            if key not in aside and ".responses" not in key and ".suggestion" not in key}


def _responses(value: dict[str, Any]) -> dict[str, list[Any]]:
    """The answers to each question of an Argilla record that were submitted."""
    if "annotation" in value:
        return {"label": [value["annotation"]]}
    if isinstance(value.get("responses"), dict):
        return {name: [one.get("value") if isinstance(one, dict) else one for one in given or []
                       if not isinstance(one, dict) or one.get("status") != "discarded"]
                for name, given in value["responses"].items()}
    if isinstance(value.get("responses"), list):
        votes: dict[str, list[Any]] = {}
        for response in value["responses"]:
            answers = response.get("values") if isinstance(response, dict) else None
            if isinstance(answers, dict) and response.get("status") != "discarded":
                for name, one in answers.items():
                    votes.setdefault(name, []).append(one.get("value") if isinstance(one, dict) else one)
        return votes
    found = {}
    for key, given in value.items():
        if key.endswith(".responses"):
            states = value.get(f"{key}.status") or []
            given = given if isinstance(given, list) else [] if given is None else [given]
            found[key.removesuffix(".responses")] = [
                one for n, one in enumerate(given) if n >= len(states) or states[n] != "discarded"]
    return found


def _is_doccano(value: dict[str, Any]) -> bool:
    """The class under ``label``, ``labels`` or in ``annotations``, beside an approver, comments or ``data``."""
    if "id" not in value or not ({"text", "data"} & value.keys()):
        return False
    marks = {"annotation_approver", "Comments", "comments", "meta"} & value.keys()
    old = isinstance(value.get("annotations"), list) and all(isinstance(one, dict) and "label" in one and "user" in one
                                                             for one in value["annotations"])
    return old or (isinstance(value.get("label", value.get("labels")), list) and ("data" in value or bool(marks)))


def _doccano(value: Any) -> Any:
    labels = value.get("label", value.get("labels"))
    if labels is None:
        labels = [one.get("label") for one in value.get("annotations") or [] if isinstance(one, dict)]
    if isinstance(labels, list) and any(isinstance(one, list | dict) for one in labels):
        labels = None  # passages of the text
    labels = None if labels == [] else labels
    return {"text": value.get("text", value.get("data")), **_within(value, "meta"), "label": labels}


def _is_spacy(value: list[Any]) -> bool:
    """A pair of a text and its annotations, as spaCy 2 was trained with."""
    return len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], dict)


def _spacy(value: Any) -> Any:
    if not _is_spacy(value):
        return value
    return {"text": value[0], **{key: item for key, item in _with_cats(value[1]).items() if key != "entities"}}


def _is_spacy_paragraphs(value: dict[str, Any]) -> bool:
    """A document of paragraphs with a weight for each label, as spaCy 2 wrote its training files."""
    parts = value.get("paragraphs")
    return isinstance(parts, list) and all(isinstance(part, dict) and ("raw" in part or "sentences" in part)
                                           for part in parts)


def _spacy_paragraphs(value: Any) -> list[Any]:
    documents = []
    for part in value["paragraphs"] if _is_spacy_paragraphs(value) else []:
        cats = [one for one in part.get("cats") or [] if isinstance(one, dict)]
        labels = [one.get("label") for one in cats if isinstance(one.get("value"), int | float) and one["value"] >= 0.5]
        documents.append({"text": part.get("raw") or _orths(part.get("sentences")), "label": labels or None})
    return documents


def _orths(sentences: Any) -> str:
    """The words of sentences of which no text was kept."""
    found = [token.get("orth") for sentence in sentences or [] if isinstance(sentence, dict)
             for token in sentence.get("tokens") or [] if isinstance(token, dict)]
    return " ".join(map(str, found))


def _is_vertex(value: dict[str, Any]) -> bool:
    """A text with the name of its class, as Vertex AI (once AutoML) exports and imports data sets."""
    marks = {"classificationAnnotation", "classificationAnnotations", "dataItemResourceLabels"}
    return "textContent" in value and not marks.isdisjoint(value)


def _vertex(value: Any) -> Any:
    answers = value.get("classificationAnnotations", [value.get("classificationAnnotation")])
    names = [one.get("displayName") for one in answers or [] if isinstance(one, dict)]
    names = [name for name in names if name]
    return {"text": value.get("textContent"), "label": (names[0] if len(names) == 1 else names or None),
            "split": _within(value, "dataItemResourceLabels").get(_ML_USE)}


def _has_cats(value: dict[str, Any]) -> bool:
    return any(_is_cats(value.get(key)) for key in _CATS)


def _is_cats(value: Any) -> bool:
    """A mark of 0 or 1 for each label."""
    return isinstance(value, dict) and len(value) > 0 and all(item in _BINARY for item in value.values())


def _with_cats(value: dict[str, Any]) -> dict[str, Any]:
    """A record whose marks of 0 and 1 are the list of its labels."""
    return {("label" if key == "cats" else key): [name for name, mark in item.items() if mark]
            if key in _CATS and _is_cats(item) else item for key, item in value.items()}


def _cats(values: Sequence[Any]) -> RecordReader:
    key = next(key for key in _CATS if _is_cats(values[0].get(key)))
    return RecordReader(lambda value: [_with_cats(value)], Hints(label=("label" if key == "cats" else key,)))


def _is_ground_truth(value: dict[str, Any]) -> bool:
    return "source" in value and bool(_ground_truth_labels(value))


def _ground_truth(value: Any) -> Any:
    return {"text": value.get("source"), "label": next(iter(_ground_truth_labels(value)), None)}


def _ground_truth_labels(value: dict[str, Any]) -> list[Any]:
    """The class that each job gave a text, or the list of several."""
    told = [_within(value, key) for key in value if key.endswith("-metadata")]
    return [one["class-name"] if "class-name" in one else list(_within(one, "class-map").values())
            for one in told if "class-name" in one or "class-map" in one]


def _is_labelbox(value: dict[str, Any]) -> bool:
    """Rows of the export with the projects that they stand in, or of the one before, with one label each."""
    new = "row_data" in _within(value, "data_row") and isinstance(value.get("projects"), dict)
    return new or ("Labeled Data" in value and "classifications" in _within(value, "Label"))


def _labelbox_answers(value: dict[str, Any]) -> dict[str, list[Any]]:
    """The answers to each question of a row of Labelbox."""
    labels = [one.get("annotations") for project in _within(value, "projects").values() if isinstance(project, dict)
              for one in project.get("labels") or [] if isinstance(one, dict)]
    votes: dict[str, list[Any]] = {}
    for label in [*labels, value.get("Label")]:
        for one in label.get("classifications") or [] if isinstance(label, dict) else []:
            given = next((one[key] for key in ("radio_answer", "checklist_answers", "answer", "answers")
                          if one.get(key)), None)
            names = [item.get("name", item.get("title")) for item in (given if isinstance(given, list) else [given])
                     if isinstance(item, dict)]
            if names:
                votes.setdefault(str(one.get("name", one.get("title"))), []).append(names)
    return votes


def _is_kili(value: dict[str, Any]) -> bool:
    labels = value.get("labels")
    return "content" in value and isinstance(labels, list) and all(
        isinstance(one, dict) and isinstance(one.get("jsonResponse"), dict) for one in labels)


def _kili_answers(value: dict[str, Any]) -> dict[str, list[Any]]:
    """The categories that people, no model, chose in each job of an asset of Kili."""
    votes: dict[str, list[Any]] = {}
    for label in value["labels"] if _is_kili(value) else []:
        for job, answer in label["jsonResponse"].items():
            chosen = answer.get("categories") if isinstance(answer, dict) else None
            if chosen and label.get("labelType") not in ("PREDICTION", "INFERENCE", "AUTOSAVE"):
                votes.setdefault(job, []).append([one.get("name") for one in chosen])
    return votes


def _is_lighttag(value: dict[str, Any]) -> bool:
    given = value.get("classifications")
    return {"example_id", "content"} <= value.keys() and isinstance(given, list) and all(
        isinstance(one, dict) and "classname" in one for one in given)


def _lighttag_answers(value: dict[str, Any]) -> dict[str, list[Any]]:
    """The classes that each annotator chose for an example of LightTag."""
    chosen: dict[str, list[Any]] = {}
    for one in value["classifications"] if _is_lighttag(value) else []:
        for who in one.get("annotated_by") or [None]:
            chosen.setdefault(str(who), []).append(one["classname"])
    return {"classification": list(chosen.values())}


_TEXT_AND_LABEL = Hints(("text",), ("label",))
TOOLS = (
    Tool("Label Studio", _is_label_studio, _asked(lambda task: _within(task, "data"), _choices)),
    Tool("Label Studio", _is_short_label_studio, _short_label_studio),
    Tool("Prodigy", _is_prodigy, _prodigy),
    Tool("Argilla", _is_argilla, _asked(_fields, _responses)),
    Tool("doccano", _is_doccano, _each(_doccano, _TEXT_AND_LABEL)),
    Tool("spaCy", _is_spacy, _each(_spacy, Hints(("text",))), list),
    Tool("spaCy", _is_spacy_paragraphs, lambda _: RecordReader(_spacy_paragraphs, _TEXT_AND_LABEL)),
    Tool("spaCy", _has_cats, _cats),
    Tool("Vertex AI", _is_vertex, _each(_vertex, _TEXT_AND_LABEL)),
    Tool("SageMaker Ground Truth", _is_ground_truth, _each(_ground_truth, _TEXT_AND_LABEL)),
    Tool("Labelbox", _is_labelbox, _asked(
        lambda row: {"text": row.get("Labeled Data", _within(row, "data_row").get("row_data"))}, _labelbox_answers)),
    Tool("Kili", _is_kili, _asked(lambda asset: {"text": asset.get("content")}, _kili_answers)),
    Tool("LightTag", _is_lighttag, _asked(lambda example: {"text": example.get("content")}, _lighttag_answers)),
    Tool(TUNING, lambda value: exchange(value) is not None,
         lambda first: RecordReader(lambda value: [chat(value)], chat_hints(first)), agree=are_exchanges),
)
