"""Runs as a list: results, what is unusual, titles and tags, put aside and brought back; files that are no runs."""

from __future__ import annotations

import json
import math
import os
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from studio.models.run_table import result_words
from tests.runs.made import tiny_config
from ulmengine.cli import main
from ulmengine.config import RunConfig
from ulmengine.events import (
    EpochEnded,
    Evaluated,
    Finished,
    RangeEnded,
    RunStarted,
    StageEnded,
    StageStarted,
    Stopped,
    outcome,
)
from ulmengine.record import (
    EventLog,
    RunFolder,
    RunFolderError,
    RunMarks,
    copies,
    delete_run,
    export_run,
    find_runs,
    import_run,
    list_runs,
    read_about,
    restore_run,
    run_line,
    unusual,
    write_about,
)
from ulmengine.record.phrases import in_words
from ulmengine.record.records import write_record

GIGABYTE = 1 << 30


def made(folder: Path, accuracy: float = .8, *settings: str, blend: float = math.nan) -> RunFolder:
    """A run that has finished, without anything having been trained."""
    run = RunFolder.create(folder, tiny_config(Path("/nowhere/corpus.csv"), *settings))
    with run.open_log() as log:
        log.append(StageEnded(0, "language model", 1, 1, 3.0, 2.5, {"perplexity": 12.5}, 4.0))
        log.append(StageEnded(1, "classifier: head", 1, 1, .6, .5, {"accuracy": accuracy}, 6.0))
        log.append(Evaluated("test", 50, accuracy, (.7, .9), {}, .75, (.6, .8), blend_accuracy=blend,
                             blend_interval=(blend - .1, blend + .05)))
        log.append(Finished(accuracy, .75, str(run.model_path), 12.0))
    return run


def listed(*folders: Path):
    return outcome(list_runs(folders))


def test_the_result_of_a_run_is_that_of_the_model_as_saved(tmp_path: Path) -> None:
    alone, both = run_line(made(tmp_path / "a")), run_line(made(tmp_path / "b", blend=.85))
    assert (alone.accuracy, alone.network, alone.interval) == (.8, None, (.7, .9))
    assert (both.accuracy, both.network, both.baseline) == (.85, .8, .75)
    assert run_line(made(tmp_path / "c", blend=.8)).network == .8  # as good as both together
    assert both.interval == pytest.approx((.75, .9))


def test_labels_that_a_person_has_corrected_are_told_with_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made(tmp_path / "a")
    with run.open_log() as log:
        log.append(Evaluated("test", 50, .8, (.7, .9), {}, .75, (.6, .8), relabelled=2))
    assert run_line(run).relabelled == 2
    assert main(["runs", str(tmp_path)]) == 0
    assert "on test documents (2 test labels corrected)" in capsys.readouterr().out


def test_a_run_of_an_earlier_version_tells_corrected_labels_too(tmp_path: Path) -> None:
    run = made(tmp_path / "a")  # its log does not say
    write_record(run.path / "evaluation.json", {"relabelled": {"validation": 7, "test": 2}})
    assert run_line(run).relabelled == 2
    write_record(run.path / "evaluation.json", {"parts": {}})
    assert run_line(run).relabelled == 0


def test_a_line_says_what_the_run_came_to_and_what_sets_it_apart(tmp_path):
    run = made(tmp_path / "r", .8, "classifier.lr=0.02", "corpus.split.test=0.2", "compute.threads=2")
    run.write_notes("good one\n")
    line = run_line(run)
    assert (line.name, line.state, line.accuracy, line.baseline, line.part) == ("r", "finished", .8, .75, "test")
    assert (line.interval, line.perplexity, line.seconds, line.corpus) == ((.7, .9), 12.5, 12.0, "corpus.csv")
    assert line.notes == "good one\n"
    assert not line.has_model
    assert line.differs["classifier.lr"] == .02
    assert line.differs["corpus.split.test"] == .2
    assert not {"corpus.path", "compute.threads", "name", "saving.minutes"} & line.differs.keys()
    assert unusual(RunConfig(name="x")) == {}


def test_a_run_stopped_in_its_classifier_tells_its_accuracy_so_far(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "a", tiny_config(Path("/nowhere.csv")))
    with run.open_log() as log:
        log.append(StageEnded(0, "language model", 3, 1, 6.1, 6.1, {"perplexity": 459.7}, 2.0))
        log.append(StageEnded(1, "classifier: head", 1, 1, 0.8, 0.7, {"accuracy": 0.711}, 2.0))
    line = run_line(run)
    assert line.reached == 0.711
    assert result_words(line) == "71.1% so far"
    assert result_words(replace(line, accuracy=0.8)) == "80.0%"
    assert result_words(replace(line, reached=None)) == "perplexity 459.7"
    assert result_words(replace(line, reached=None, perplexity=None)) == ""


def test_a_run_stopped_within_a_stage_tells_the_epoch_that_is_kept_and_all_its_time(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "a", tiny_config(Path("/nowhere.csv")))
    started = StageStarted(2, "classifier: all layers", ("a", "b"), 2, 5, 50)
    with run.open_log() as log:
        log.append(StageEnded(0, "language model", 3, 1, 6.1, 6.1, {"perplexity": 459.7}, 2.0))
        log.append(StageEnded(1, "classifier: head", 1, 1, 0.8, 0.7, {"accuracy": 0.719}, 2.0))
        log.append(started)
        log.append(EpochEnded(2, 1, 10, 0.5, {"accuracy": 0.812}, True, 3.0))
        log.append(started)  # gone on with
        log.append(EpochEnded(2, 2, 20, 0.4, {"accuracy": 0.806}, False, 4.0))
        log.append(Stopped(25))
    line = run_line(run)
    assert (line.reached, result_words(line), line.seconds) == (0.812, "81.2% so far", 11.0)


def test_a_language_model_in_hand_tells_its_perplexity_so_far(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "a", tiny_config(Path("/nowhere.csv")))
    with run.open_log() as log:
        log.append(StageStarted(0, "language model", ("a", "b"), 2, 5, 50))
        log.append(EpochEnded(0, 1, 10, 5.0, {"perplexity": 120.5}, True, 3.0))
    assert (result_words(run_line(run)), run_line(run).seconds) == ("perplexity 120.5", 3.0)


def test_title_tags_and_archive_are_kept_beside_the_record(tmp_path):
    run = made(tmp_path / "r")
    write_about(run, RunMarks("Second try", ("draft", "long"), True))
    line = run_line(RunFolder(run.path))
    assert (line.name, line.about) == ("Second try", RunMarks("Second try", ("draft", "long"), True))
    assert run.config().name == "tiny"
    (run.path / "about.json").write_text("{", encoding="utf-8")
    assert read_about(run) == RunMarks()


def test_runs_of_several_folders_newest_first_each_once(tmp_path):
    for place, name in (("a", "one"), ("a", "two"), ("b", "three")):
        made(tmp_path / place / name)
    for name, moment in (("a/one", 100.0), ("a/two", 300.0), ("b/three", 200.0)):
        path = tmp_path / name / "events.jsonl"
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text("".join(json.dumps({**line, "at": moment} if "at" in line else line,
                                           separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    (tmp_path / "b" / "broken").mkdir()
    (tmp_path / "b" / "broken" / "config.toml").write_text("version = 7\n", encoding="utf-8")
    found = listed(tmp_path / "a", tmp_path / "b", tmp_path / "a" / "two", tmp_path / "gone")
    assert [line.folder.name for line in found if not line.problem] == ["two", "three", "one"]
    broken = next(line for line in found if line.problem)
    assert broken.state is None
    assert "newer version" in broken.problem


def test_a_deleted_run_waits_and_comes_back(tmp_path):
    made(tmp_path / "r")
    waiting = delete_run(tmp_path / "r")
    assert listed(tmp_path) == []
    made(tmp_path / "r", .6)
    assert restore_run(waiting) == tmp_path / "r 2"
    assert sorted(line.accuracy for line in listed(tmp_path)) == [.6, .8]


def test_a_run_that_is_trained_is_not_deleted(tmp_path):
    run = made(tmp_path / "r")
    with run.lock(), pytest.raises(RunFolderError, match="being trained"):
        delete_run(run.path)
    assert run.config_path.is_file()


@pytest.mark.parametrize("kind", ["copy", "copy.zip"])
def test_an_imported_run_is_as_old_as_it_is_and_bears_a_name_of_its_own(tmp_path, kind):
    runs = tmp_path / "runs"
    first, second = made(runs / "2026-01-01-100000"), made(runs / "2026-01-01-110000")
    write_about(first, RunMarks("First try", ("tag",)))
    first.model_path.write_bytes(b"x")
    os.utime(first.model_path, (1_600_000_000, 1_600_000_000))
    target = export_run(first, tmp_path / kind)
    copies = [import_run(target, runs, name) for name in ("zz", "zz-2")]
    assert [read_about(one) for one in copies] == [RunMarks(f"First try {n}", ("tag",)) for n in (2, 3)]
    assert copies[0].model_path.stat().st_mtime == pytest.approx(1_600_000_000, abs=2)
    assert [run.path.name for run in find_runs(runs)] == ["zz", "zz-2", first.path.name, second.path.name]
    assert [line.folder.name for line in listed(runs)] == [second.path.name, first.path.name, "zz", "zz-2"]
    elsewhere = import_run(target, tmp_path / "elsewhere")
    assert read_about(elsewhere).title == "First try"


def test_a_run_is_as_old_as_its_beginning_and_a_branch_as_its_own(tmp_path):
    for name in ("b", "a", "c"):
        made(tmp_path / name)
        time.sleep(.01)
    RunFolder.create(tmp_path / "0", tiny_config(Path("/nowhere/corpus.csv")))  # not begun yet
    assert [run.path.name for run in find_runs(tmp_path)] == ["b", "a", "c", "0"]
    write_record(tmp_path / "b" / "branch.json", {"at": time.time() + 1})
    (tmp_path / "a" / "branch.json").write_text("{}", encoding="utf-8")  # from before the moment was kept
    os.utime(tmp_path / "a" / "branch.json", (1_600_000_000, 1_600_000_000))
    assert [run.path.name for run in find_runs(tmp_path)] == ["a", "c", "0", "b"]


def zeros(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_two_gigabytes_of_zeros_are_no_run(tmp_path):
    with pytest.raises(RunFolderError, match="no run that was exported"):
        import_run(zeros(tmp_path / "run.zip", 2 * GIGABYTE), tmp_path / "runs")
    run = made(tmp_path / "r")
    for name in ("events.jsonl", "notes.md", "about.json", "config.toml"):
        zeros(run.path / name, 2 * GIGABYTE)
        line = run_line(run)
        assert len(line.notes) <= 1 << 20
    assert line.state is None
    assert "more than 268 MB" in line.problem


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path, monkeypatch):
    exported = export_run(made(tmp_path / "r"), tmp_path / "r.zip")
    with zipfile.ZipFile(exported, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("weights.bin", bytes(65 << 20))
    with pytest.raises(RunFolderError, match="unpack to"):
        import_run(exported, tmp_path / "runs")
    monkeypatch.setattr(copies, "FLOOR", 1 << 30)
    assert import_run(exported, tmp_path / "runs").config().name == "tiny"
    monkeypatch.setattr(copies, "MOST_FILES", 2)
    with pytest.raises(RunFolderError, match="more than any run"):
        import_run(exported, tmp_path / "others")
    assert not (tmp_path / "others").exists()


def test_a_line_without_end_ends_the_reading(tmp_path):
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append(Finished(.5, .5, "m", 1.0))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + 40 * (1 << 20))
    run = RunFolder(tmp_path)
    assert [type(event) for event in run.events()] == [Finished]


def test_the_command_tells_title_tags_and_what_is_unusual(tmp_path, capsys):
    write_about(made(tmp_path / "a", .8, "classifier.lr=0.02"), RunMarks("Second", ("x",)))
    made(tmp_path / "b").config_path.write_text("seed = 'x'\n", encoding="utf-8")
    assert main(["runs", str(tmp_path), "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["name"], first["title"], first["tags"], first["accuracy"]) == ("a", "Second", ["x"], .8)
    assert first["differs"]["classifier.lr"] == .02
    assert (second["state"], second["accuracy"]) == ("unreadable", .8)
    assert "seed" in second["problem"]
    assert main(["runs", str(tmp_path)]) == 0
    assert "seed" in capsys.readouterr().err


def test_one_stage_and_one_document_are_told_as_one() -> None:
    begun = in_words(RunStarted("x", "cpu", "float32", 10, ({"name": "classifier"},), False))
    assert begun == "x starts on cpu (float32), 10 parameters, 1 stage"
    assert "on 1 test document;" in in_words(Evaluated("test", 1, 1.0, (.2, 1), {}, .75, (.6, .8)))


def test_a_range_test_that_tells_no_rate_says_so() -> None:
    assert in_words(RangeEnded({"valley": 0.001}, True)) == "valley 1.00e-03"
    assert "no rate can be told" in in_words(RangeEnded({}, True))
