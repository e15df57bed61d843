"""What stops a run before it begins, and how it can begin all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ulmengine.cli import main
from ulmengine.config import CorpusConfig, RunConfig, load, with_settings
from ulmengine.corpus import Documents, audit, open_corpus
from ulmengine.corpus.repairs import records_of
from ulmengine.events import Failed, Finished, Note, outcome
from ulmengine.models import load_bundle
from ulmengine.plan.errors import CannotBeginError
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.record.changes import check_change
from ulmengine.runs import Run
from ulmengine.runs.checks import check_start, start_problems
from ulmengine.runs.measured import measure_again
from ulmengine.runs.report import write_report

from .made import tiny_config, tiny_run, write_corpus


def documents(tmp_path: Path, labels: list[str], settings: dict[str, Any] | None = None, **split: float) -> Documents:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"text number {n} of them,{label}\n" for n, label in enumerate(labels)))
    return outcome(open_corpus(CorpusConfig(
        path=str(path), text_columns=("text",), label_columns=("label",), split=split or {"test": 0.2},  # type: ignore[arg-type]
        **(settings or {}),
    ), tmp_path / "cache"))


def kinds(found: Documents, config: RunConfig | None = None) -> list[str]:
    return [problem.kind for problem in start_problems(config or RunConfig(), found)]


def with_a_rare_class(path: Path, count: int = 2) -> Path:
    write_corpus(path)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"a rare kind of thing {number},odd\n" for number in range(count))
    return path


def test_two_classes_are_no_problem(tmp_path: Path) -> None:
    assert kinds(documents(tmp_path, ["a", "b"] * 20)) == []


def test_one_label_stops(tmp_path: Path) -> None:
    one = documents(tmp_path, ["a"] * 20)
    assert kinds(one) == ["one_label"]
    with pytest.raises(CannotBeginError, match="same label, a: there is nothing to tell apart"):
        check_start(RunConfig(), one)
    language = RunConfig(classifier={"epochs": (0,)})  # type: ignore[arg-type]
    assert kinds(one, language) == []


def test_the_same_labels_on_every_document_stop(tmp_path: Path) -> None:
    same = documents(tmp_path, ["a|b"] * 20, {"label_delimiter": "|"})
    assert same.multi_label
    assert kinds(same) == ["one_label"]
    with pytest.raises(CannotBeginError, match="same labels, a, b: there is nothing to tell apart"):
        check_start(RunConfig(), same)
    found = {one.kind: one for one in outcome(audit(same))}
    assert found["one_class"].title == "Only one set of labels"
    assert kinds(documents(tmp_path, ["a|b"] * 19 + ["a"] * 4, {"label_delimiter": "|"})) == []
    assert kinds(documents(tmp_path, ["a|b", "a|b|c"] * 10, {"label_delimiter": "|"})) == []
    assert kinds(documents(tmp_path, ['["a"]', '["a"]', "[]"] * 10 + ['["a", "b"]'] * 9)) == []


@pytest.mark.parametrize(("labels", "told"), [
    (["Class", *["a", "b"] * 20], "bears 'Class' is the first row of the table: is it a second heading"),
    ([*["a", "b"] * 20, "60"], "bears '60' is the last row of the table: is it a sum"),
    (["a", "Class", *["a", "b"] * 20], ""), ([*["a", "b"] * 20, "c", "a"], ""), (["c", *["a", "b"] * 20, "c"], ""),
])
def test_a_class_of_one_document_at_the_edge_of_a_table_is_told_to_be_perhaps_none(
    tmp_path: Path, labels: list[str], told: str
) -> None:
    problem, = start_problems(RunConfig(), documents(tmp_path, labels))
    assert problem.kind == "rare_class"
    assert told in problem.text
    assert bool(told) == ("row of the table" in problem.text)


def test_a_class_of_two_documents_stops(tmp_path: Path) -> None:
    found = documents(tmp_path, ["a", "b"] * 20 + ["c"] * 2)
    assert kinds(found) == ["rare_class"]
    with pytest.raises(CannotBeginError, match=r"Fewer than 3 documents bear the label c \(2\)") as told:
        check_start(RunConfig(), found)
    assert told.value.remedy == {"corpus.min_per_class": 3}
    assert kinds(documents(tmp_path, ["a", "b"] * 20 + ["c"] * 3)) == []
    assert kinds(documents(tmp_path, ["a"] * 20 + ["b", "b"]))[0] == "too_few"


def test_nothing_to_measure_on_stops_unless_it_is_wanted_so(tmp_path: Path) -> None:
    found = documents(tmp_path, ["a", "b"] * 20, validation=0.0, test=0.0)
    assert kinds(found) == ["unmeasured"]
    assert kinds(found, with_settings(RunConfig(), ["corpus.split.unmeasured=true"])) == []


def test_of_copies_of_one_text_none_is_held_back_and_that_is_why(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"text {'ab'[n % 2]} of them,{'xy'[n % 2]}\n" for n in range(60)))
    config = RunConfig(corpus=CorpusConfig(path=str(path)))
    found = outcome(open_corpus(config.corpus, tmp_path / "cache"))
    problem = next(problem for problem in start_problems(config, found) if problem.kind == "unmeasured")
    assert "60 documents with 2 different texts" in problem.text
    assert "share" not in problem.advice
    config = with_settings(config, ["corpus.split.validation=0", "corpus.split.test=0"])
    problem = next(problem for problem in start_problems(config, found) if problem.kind == "unmeasured")
    assert problem.advice.startswith("Set a validation or test share")


def test_small_classes_can_be_left_out(tmp_path: Path) -> None:
    labels = ["a", "b"] * 20 + ["c"] * 2 + ["d"]
    found = documents(tmp_path, labels, {"min_per_class": 3})
    assert found.labels == ("a", "b")
    assert sum(found.count(part) for part in ("train", "validation", "test", "unlabelled")) == 40
    assert found.all_targets[:4].tolist() == [0, 1, 0, 1]
    assert found.notes == ("Left out, as set, because they have too few documents: c, d (3 documents).",)
    assert kinds(found) == []
    repaired = documents(tmp_path, labels, {"min_per_class": 3, "drop_rows": (42,)})
    assert "c, d (2 documents)." in " ".join(repaired.notes)  # the third a repair has left out
    assert found.fingerprint != documents(tmp_path, labels).fingerprint


def with_a_test_file(tmp_path: Path, train: list[str], test: list[str], **settings: Any) -> Documents:
    for name, labels in (("train", train), ("test", test)):
        (tmp_path / f"{name}.csv").write_text(
            "text,label\n" + "".join(f"{name} text {n} of them,{label}\n" for n, label in enumerate(labels)))
    return outcome(open_corpus(CorpusConfig(
        path=str(tmp_path / "train.csv"), test_path=str(tmp_path / "test.csv"), text_columns=("text",),
        label_columns=("label",), **settings), tmp_path / "cache"))


def test_documents_of_a_test_file_are_none_to_learn_from(tmp_path: Path) -> None:
    train, test = ["a", "b"] * 20 + ["c"] * 2 + ["d"] * 3, ["a", "b"] * 4 + ["c"] * 5 + ["d"]
    found = with_a_test_file(tmp_path, train, test)
    assert found.to_learn().tolist() == [20, 20, 2, 3]
    (problem,) = start_problems(RunConfig(), found)
    assert problem.text == ("Fewer than 3 documents outside of the test part bear the label c (2): that can hardly be "
                            "learnt.")
    left_out = with_a_test_file(tmp_path, train, test, min_per_class=3)
    assert left_out.labels == ("a", "b", "d")
    assert left_out.count("test") == 9  # eight of a and b, one of d
    assert start_problems(RunConfig(), left_out) == []


def test_a_split_column_gives_a_test_part_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [("train", label) for label in ["a", "b"] * 20 + ["c"] * 2]
    rows += [("test", label) for label in ["a", "b"] * 4 + ["c"] * 5]
    path.write_text("text,label,split\n" + "".join(
        f"text number {n} of them,{label},{part}\n" for n, (part, label) in enumerate(rows)))
    found = outcome(open_corpus(CorpusConfig(
        path=str(path), text_columns=("text",), label_columns=("label",), min_per_class=3,
        split={"method": "given", "column": "split"}), tmp_path / "cache"))  # type: ignore[arg-type]
    assert found.labels == ("a", "b")
    assert found.count("test") == 8


def test_labels_of_the_test_file_alone_are_said_and_stand_in_the_report(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.csv"
    write_corpus(corpus)
    held = tmp_path / "held.csv"
    held.write_text("text,label\na fine day at the sea,fruit\na cold night out there,moon\nso bright it was,moon\n")
    folder = tiny_run(tmp_path / "run", "language_model.epochs=0", "classifier.epochs=[1]",
                      f'corpus.test_path="{held}"')
    said = list(Run(folder).events())
    assert isinstance(said[-1], Finished)
    warnings = [event.text for event in said if isinstance(event, Note) and event.level == "warning"]
    assert ("2 documents bear a label that no training document has: 'moon'. Nothing can be learnt about it, and each "
            "of these documents counts as a mistake.") in warnings
    outcome(write_report(folder, tmp_path / "report.html"))
    assert ("No training document bears the label moon: nothing could be learnt about it, and each document here that "
            "bears it counts as a mistake.") in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_of_several_labels_the_small_one_alone_is_left_out(tmp_path: Path) -> None:
    found = documents(tmp_path, ["a;b", "a", "b", "a;c", "c"] + ["a", "b"] * 4,
                      {"min_per_class": 3, "label_delimiter": ";"})
    assert found.labels == ("a", "b")
    assert found.all_targets[:4].tolist() == [[1, 1], [1, 0], [0, 1], [1, 0]]
    assert found.parts[4] == -1  # it bears nothing else


def test_a_run_that_could_not_begin_goes_on_with_what_was_advised(tmp_path: Path) -> None:
    with_a_rare_class(tmp_path / "corpus.csv")
    folder = tiny_run(tmp_path / "run", "language_model.epochs=0", "classifier.epochs=[1]")
    failed = list(Run(folder).events())[-1]
    assert isinstance(failed, Failed)
    assert (failed.cause, failed.remedy) == ("data", {"corpus.min_per_class": 3})
    after = with_settings(folder.config(), ["corpus.min_per_class=3"])
    assert isinstance(list(Run(RunFolder.open(folder.path), config=after).events(resume=True))[-1], Finished)
    assert load(folder.config_path).corpus.min_per_class == 3
    with pytest.raises(RunFolderError, match=r"cannot change corpus\.min_per_class"):
        check_change(folder, with_settings(folder.config(), ["corpus.min_per_class=2"]))


def test_a_run_that_has_trained_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_rare_class(tmp_path / "corpus.csv")
    folder = tiny_run(tmp_path / "run", "language_model.epochs=0", "classifier.epochs=[1, 1]")
    with monkeypatch.context() as earlier:
        earlier.setattr("ulmengine.runs.prepare.check_start", lambda *_: None)  # as before there was such a check
        events = Run(folder).events()
        while next(events).kind != "stage_ended":
            pass
        events.close()
    assert isinstance(list(Run(RunFolder.open(folder.path)).events(resume=True))[-1], Finished)


def test_a_run_that_learnt_a_class_without_documents_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_a_rare_class(tmp_path / "corpus.csv", 1)
    with path.open("a", encoding="utf-8") as file:
        file.write("what is left of it,odd\n")
    plain = outcome(open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache"))
    changes = [f"{key}=tool" for key in records_of(np.array([80, 81]), plain.pieces, plain.hashes)]
    folder = tiny_run(tmp_path / "run", "language_model.epochs=0", "classifier.epochs=[1, 1]",
                      f"corpus.relabelled={changes}")
    with monkeypatch.context() as earlier:
        earlier.setattr("ulmengine.corpus.opening.without_bearers",
                        lambda _given, _now, classes, _dropped: np.zeros(classes, dtype=bool))
        events = Run(folder).events()
        while next(events).kind != "stage_ended":
            pass
        events.close()
    assert isinstance(list(Run(RunFolder.open(folder.path)).events(resume=True))[-1], Finished)
    assert load_bundle(folder.model_path).labels == ("fruit", "odd", "tool")
    assert outcome(measure_again(folder, folder.cache)).kept.labels == ("fruit", "odd", "tool")
    anew = RunFolder.create(tmp_path / "anew", folder.config())
    assert isinstance(list(Run(anew).events())[-1], Finished)
    assert load_bundle(anew.model_path).labels == ("fruit", "tool")


def test_the_command_line_says_how_to_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ulmengine.config import save

    config = tiny_config(with_a_rare_class(tmp_path / "corpus.csv"), "language_model.epochs=0", "classifier.epochs=[1]")
    save(config, tmp_path / "run.toml")
    assert main(["train", str(tmp_path / "run.toml"), "--out", str(tmp_path / "run")]) == 1
    told = capsys.readouterr().err
    assert "Fewer than 3 documents bear the label odd (2)" in told
    command = next(line for line in told.splitlines() if "--resume" in line)
    assert command.endswith("--resume --set corpus.min_per_class=3")
    assert main(command.split()[3:]) == 0
