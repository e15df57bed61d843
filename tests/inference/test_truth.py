"""What the documents of a table bear, in the words of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.inference.test_sources import SAID
from ulmengine.events import Event, Note, outcome
from ulmengine.inference import InferenceError
from ulmengine.inference.sources import open_table
from ulmengine.inference.truth import Labelled, label_doubt, labelled
from ulmengine.models import Columns


def bears(tmp_path: Path, rows: list[str], labels: tuple[str, ...], multi: bool = False) -> Labelled:
    path = tmp_path / "labels.csv"
    path.write_text("text,label\n" + "".join(f"a film of day {n},{row}\n" for n, row in enumerate(rows)))
    return labelled(outcome(open_table(path, tmp_path / "cache", text=("text",), label=("label",))), labels, multi)


def test_labels_in_another_spelling_are_those_of_the_model(tmp_path: Path) -> None:
    found = bears(tmp_path, ["GOOD", "BAD", "good"], ("bad", "good"))
    assert found.targets.tolist() == [1, 0, 1]
    assert found.notes == ("'BAD' is read as 'bad'.", "'GOOD' is read as 'good'.")
    assert bears(tmp_path, ["1.0", "2.0", "1.0"], ("1", "2")).targets.tolist() == [0, 1, 0]


@pytest.mark.parametrize(("written", "labels"), [
    (("1", "0"), ("False", "True")), (("yes", "no"), ("False", "True")), (("TRUE", "FALSE"), ("0", "1")),
    (('"5,0"', '"1,0"'), ("1.0", "5.0")), (("y", "n"), ("no", "yes")),
])
def test_marks_and_numbers_are_understood_as_others_write_them(
    tmp_path: Path, written: tuple[str, str], labels: tuple[str, ...]
) -> None:
    assert bears(tmp_path, [*written, written[0]], labels).targets.tolist() == [1, 0, 1]


def test_marks_that_could_be_two_labels_are_none(tmp_path: Path) -> None:
    with pytest.raises(InferenceError, match="does not know the label 'yes'; it knows '1', 'True', 'x y'"):
        bears(tmp_path, ["yes"] * 3, ("1", "True", "x y"))


def test_a_dash_is_no_label(tmp_path: Path) -> None:
    found = bears(tmp_path, ["yes", "-", "no"], ("no", "yes"))
    assert (found.rows.tolist(), found.targets.tolist()) == ([0, 1], [1, 0])
    assert found.notes == ("1 of 3 documents bear no label and are left out.",)


def test_a_list_of_known_labels_is_these_for_a_model_of_several(tmp_path: Path) -> None:
    found = bears(tmp_path, ["joy", "Anger|fear", "joy|odd"], ("anger", "fear", "joy"), multi=True)
    np.testing.assert_array_equal(found.targets, [[0, 0, 1], [1, 1, 0]])
    assert found.rows.tolist() == [0, 1]
    assert found.notes == ("'Anger|fear' is read as 'anger', 'fear'.",
                           "The model does not know 'joy|odd': 1 of 3 documents are left out.")
    with pytest.raises(InferenceError, match=r"does not know the label 'bad\|good'"):
        bears(tmp_path, ["bad|good"] * 3, ("bad", "good"))


def marked(tmp_path: Path, table: str) -> tuple[Labelled, list[str]]:
    """A table of marks as a model of three labels, a column each, is measured on it; and what was said."""
    (tmp_path / "marks.csv").write_text(table)
    said: list[Event] = []
    roles = Columns(text=("text",), label=("joy", "odd", "ill"))
    documents = outcome(open_table(tmp_path / "marks.csv", tmp_path / "cache", roles), said.append)
    found = labelled(documents, ("ill", "joy", "odd"), multi_label=True)
    return found, [event.text for event in said if isinstance(event, Note)]


def test_a_label_without_its_column_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(InferenceError, match=r"marks.csv has no column 'ill'.*with 1 where"):
        marked(tmp_path, "text,joy,odd\na film,1,0\nthe film,0,1\nmy film,1,1\n")


def test_a_label_that_the_model_lacks_is_told(tmp_path: Path) -> None:
    table = "text,joy,odd,ill,sad\na film,1,0,0,1\nthe film,0,1,1,0\nmy film,1,1,0,1\n"
    found, said = marked(tmp_path, table)
    assert found.targets.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 1]]
    assert said == ["The model knows no label 'sad': what this column says is not measured."]


def test_a_named_label_column_may_be_in_another_case(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,Queue\na good film,x\na bad film,y\n")
    documents = outcome(open_table(tmp_path / "a.csv", tmp_path / "c", text=("text",), label=("queue",)))
    assert documents.labels == ("x", "y")


def test_an_unknown_label_leaves_out_its_documents_alone(tmp_path: Path) -> None:
    found = bears(tmp_path, ["good", "odd", "bad"], ("bad", "good"))
    assert (found.rows.tolist(), found.targets.tolist()) == ([0, 2], [1, 0])
    assert found.notes == ("The model does not know 'odd': 1 of 3 documents are left out.",)
    with pytest.raises(InferenceError, match="does not know the label"):
        bears(tmp_path, ["odd", "odd", "odd"], ("bad", "good"))
    # Two labels that differ by their case alone are no spelling of each other's third.
    with pytest.raises(InferenceError, match="does not know"):
        bears(tmp_path, ["GOOD", "GOOD", "GOOD"], ("Good", "good"))


def test_a_model_of_several_labels_is_measured_as_such(tmp_path: Path) -> None:
    found = bears(tmp_path, ["good", "bad", "good"], ("bad", "good", "long"), multi=True)
    np.testing.assert_array_equal(found.targets, [[0, 1, 0], [1, 0, 0], [0, 1, 0]])
    with pytest.raises(InferenceError, match="several labels, the model gives each document one"):
        _several(tmp_path)


def _several(tmp_path: Path) -> None:
    path = tmp_path / "several.csv"
    path.write_text("text,label\na film,good;bad\nthe film,bad\nmy film,good\n")
    roles = Columns(text=("text",), label=("label",), label_delimiter=";")
    labelled(outcome(open_table(path, tmp_path / "cache", roles)), ("bad", "good"), multi_label=False)


def test_documents_without_a_label_are_counted(tmp_path: Path) -> None:
    found = bears(tmp_path, ["good", "", "bad", ""], ("bad", "good"))
    assert found.targets.tolist() == [1, 0]
    assert found.notes == ("2 of 4 documents bear no label and are left out.",)


@pytest.mark.parametrize(("heading", "roles", "told"), [
    ("text,topic", Columns(text=("text",), label=("label",)), "read from 'topic', for there is no 'label'"),
    ("text,topic", None, "read from 'topic'. If"),
    ("text,label", Columns(text=("text",), label=("label",)), ""),
    ("text,LABEL", Columns(text=("text",), label=("label",)), ""),
    ("text,other", Columns(text=("text",)), "read from 'other'. If"),
])
def test_a_column_that_is_only_guessed_to_hold_the_labels_is_named(
    tmp_path: Path, heading: str, roles: Columns | None, told: str
) -> None:
    rows = "".join(f"{SAID[n % 2]} {n},{n % 2}\n".replace(", so", "; so") for n in range(12))
    (tmp_path / "a.csv").write_text(f"{heading}\n{rows}")
    documents = outcome(open_table(tmp_path / "a.csv", tmp_path / "c", roles))
    assert documents.labels == ("0", "1")
    assert (told in label_doubt(documents, roles)) if told else not label_doubt(documents, roles)
