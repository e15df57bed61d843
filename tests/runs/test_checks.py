"""What stops a run before it begins, and what is said."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from ulmengine.config import CorpusConfig, RunConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import Event, Note
from ulmengine.plan.errors import TrainingError
from ulmengine.runs.checks import check_start, start_problems


def documents(tmp_path: Path, labels: list[str], **split: float) -> Documents:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"text number {n} of them,{label}\n" for n, label in enumerate(labels)))
    work: Generator[Event, None, Documents] = open_corpus(CorpusConfig(
        path=str(path), text_columns=("text",), label_columns=("label",), split=split or {"test": 0.2},  # type: ignore[arg-type]
    ), tmp_path / "cache")
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def kinds(found: Documents, config: RunConfig | None = None) -> list[tuple[str, bool]]:
    return [(problem.kind, problem.stops) for problem in start_problems(config or RunConfig(), found)]


def test_two_classes_are_no_problem(tmp_path: Path) -> None:
    assert kinds(documents(tmp_path, ["a", "b"] * 20)) == []


def test_one_label_stops(tmp_path: Path) -> None:
    one = documents(tmp_path, ["a"] * 20)
    assert kinds(one) == [("one_label", True)]
    with pytest.raises(TrainingError, match="same label, a: there is nothing to tell apart"):
        list(check_start(RunConfig(), one))
    language = RunConfig(classifier={"epochs": (0,)})  # type: ignore[arg-type]
    assert kinds(one, language) == []


def test_a_class_of_two_documents_is_said(tmp_path: Path) -> None:
    found = documents(tmp_path, ["a", "b"] * 20 + ["c"] * 2)
    assert kinds(found) == [("rare_class", False)]
    [note] = list(check_start(RunConfig(), found))
    assert isinstance(note, Note)
    assert "Fewer than 3 documents bear c:" in note.text
    assert kinds(documents(tmp_path, ["a"] * 20 + ["b", "b"]))[0] == ("too_few", True)


def test_nothing_to_measure_on_is_said(tmp_path: Path) -> None:
    assert kinds(documents(tmp_path, ["a", "b"] * 20, validation=0.0, test=0.0)) == [("unmeasured", False)]
