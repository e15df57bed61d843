"""What a run remembers of its texts and its machine, and of what has been changed in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.made import tiny_run
from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.disk import sha256
from ulmengine.models import shipped_models
from ulmengine.record import RunFolder, RunFolderError, change, check_change, load_description, summary
from ulmengine.record.copies import branch
from ulmengine.record.log import EventLog
from ulmengine.record.records import read_record, write_record
from ulmengine.runs import Run
from ulmengine.training import Checkpoints


def begun(path: Path, steps: int = 3, *settings: str) -> RunFolder:
    """A run that was stopped after some steps."""
    folder = tiny_run(path, *settings)
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.Step) and event.total == steps)
    events.close()
    return folder


def first_step(folder: RunFolder) -> list[ev.Event]:
    """What the run says when it is taken up, to its first step."""
    said: list[ev.Event] = []
    events = Run(folder).events(resume=True)
    for event in events:
        said.append(event)
        if isinstance(event, ev.Step):
            break
    events.close()
    return said


def test_the_record_says_on_what_and_of_what_the_run_was_made(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    record = json.loads((folder.path / "environment.json").read_text())
    assert (record["format"], record["device"], record["precision"]) == (1, "cpu", "float32")
    assert (record["threads"], record["processes"]) == (1, 1)
    corpus = json.loads((folder.path / "corpus.json").read_text())
    assert corpus["format"] == 1
    assert corpus["corpus"] == record["corpus"] != ""
    assert corpus["vocabulary"]


@pytest.mark.parametrize(("part", "cause", "word"), [
    ("vocabulary", "program_changed", "vocabulary"), ("pretrained", "corpus_changed", "pretrained model"),
])
def test_a_run_does_not_go_on_with_other_words_or_another_model(
    tmp_path: Path, part: str, cause: str, word: str
) -> None:
    """The weights mean the words by their numbers: with others they would be trained into nonsense."""
    folder = begun(tmp_path / "run")
    path = folder.path / "corpus.json"
    write_record(path, read_record(path) | {part: "of another version"})
    before = folder.log_path.read_bytes()
    last = list(Run(folder).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert (last.cause, word in last.title) == (cause, True)
    assert folder.log_path.read_bytes() == before


@pytest.mark.parametrize("pretrained", ["auto", "of the program"])
def test_an_update_that_brought_another_model_is_told_as_one(tmp_path: Path, pretrained: str) -> None:
    """A person cannot bring back a file of the program: they are told to begin again instead."""
    shipped = next(model.path for model in shipped_models() if "untaught" not in model.path.name)
    chosen = "auto" if pretrained == "auto" else str(shipped)
    folder = begun(tmp_path / "run", 1, "model.preset=small", f"model.pretrained='{chosen}'",
                   "tokens.min_frequency=2")
    path = folder.path / "corpus.json"
    assert read_record(path)["pretrained"] == sha256(shipped)
    write_record(path, read_record(path) | {"pretrained": "of another version", "vocabulary": "another too"})
    last = list(Run(folder).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert last.cause == "program_changed"
    assert "changed by an update" in last.title
    assert "same settings" in last.advice


def test_a_run_from_before_a_setting_goes_on_as_it_began(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    assert folder.config().language_model.interpolate
    text = folder.config_path.read_text()
    folder.config_path.write_text(text.replace("interpolate = true\n", ""))
    assert not folder.config().language_model.interpolate
    assert not load_description(folder.config_path).language_model.interpolate
    assert check_change(folder, folder.config()) == {}
    assert isinstance(first_step(folder)[-1], ev.Step)
    other = tmp_path / "config.toml"  # a person's own, which names what is not as usual
    other.write_text("seed = 3\n")
    assert load_description(other).language_model.interpolate


def test_another_machine_is_remembered_and_told(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    path = folder.path / "environment.json"
    assert not any(isinstance(event, ev.Note) and "bits" in event.text for event in first_step(folder))
    write_record(path, read_record(path) | {"torch": "1.0", "cores": 999})
    log = folder.log_path.read_bytes()
    [told] = [event.text for event in first_step(folder) if isinstance(event, ev.Note) and "bits" in event.text]
    assert "PyTorch 1.0 before" in told
    assert told.encode() not in log + folder.log_path.read_bytes()
    record = read_record(path)
    assert record["torch"] == "1.0"
    assert [(entry["after_step"], entry["cores"] != 999) for entry in record["later"]] == [(4, True)]
    first_step(folder)
    assert len(read_record(path)["later"]) == 1


def test_the_log_says_from_where_on_other_settings_held(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    change(folder, with_settings(folder.config(), ["language_model.lr=0.005"]))
    first_step(folder)
    first_step(folder)
    told = [event for event in folder.events() if isinstance(event, ev.Step | ev.Note)]
    [place] = [number for number, event in enumerate(told) if isinstance(event, ev.Note) and "-> 0.005" in event.text]
    before, after = told[place - 1], told[place + 1]
    assert isinstance(before, ev.Step)
    assert isinstance(after, ev.Step)
    assert (before.total, after.total) == (3, 4)
    assert max(before.lrs) < max(after.lrs)


def test_a_branch_says_where_its_own_settings_begin(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    latest = Checkpoints(folder.checkpoints).latest()
    assert latest is not None
    made = branch(folder, latest.name, tmp_path / "branch", with_settings(folder.config(), ["language_model.lr=0.5"]))
    first_step(made)
    assert sum(isinstance(event, ev.Note) and "-> 0.5" in event.text for event in made.events()) == 1


def test_notes_are_kept(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    assert folder.notes() == ""
    folder.write_notes("Überlegt: größerer Wortschatz\n")
    assert RunFolder(folder.path).notes() == "Überlegt: größerer Wortschatz\n"


def test_nothing_is_added_to_a_log_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"type":"log","format":99}\n{"type":"stopped","total":4}\n')
    before = path.read_bytes()
    with pytest.raises(ValueError, match="newer version"):
        EventLog(path)
    assert path.read_bytes() == before


def test_of_a_long_log_only_what_is_asked_for_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_run(tmp_path / "run")
    with folder.open_log() as log:
        for total in range(1, 2_001):
            log.append(ev.Step(0, 1, total, total, 1.0, (0.1,), 0.5, 10, 0.01))
        log.append(ev.Stopped(2_000))
    looked_at = []
    loads = json.loads
    monkeypatch.setattr("ulmengine.record.log.json.loads", lambda line: looked_at.append(line) or loads(line))
    assert summary(folder)["type"] == "stopped"
    assert len(looked_at) < 10


@pytest.mark.parametrize(("epochs", "trained"), [(4, [1, 2, 3, 4]), (2, [1, 2]), (1, [1])])
def test_a_run_that_goes_on_may_train_longer_or_shorter(tmp_path: Path, epochs: int, trained: list[int]) -> None:
    folder = tiny_run(tmp_path / "run", "language_model.epochs=3", "classifier.epochs=[1]")
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.Checkpointed))  # the end of the first epoch
    events.close()
    change(folder, with_settings(folder.config(), [f"language_model.epochs={epochs}"]))
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    ended = [event for event in folder.events() if isinstance(event, ev.EpochEnded) and event.stage == 0]
    assert [event.epoch for event in ended] == trained
    [stage] = [event for event in folder.events() if isinstance(event, ev.StageEnded) and event.index == 0]
    assert stage.epochs == epochs
    assert [info.stage for info in Checkpoints(folder.checkpoints).all() if info.finished] == [0, 1]


def test_stages_that_have_begun_stay_the_same_ones(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    longer = with_settings(folder.config(), ["classifier.epochs=[1, 1, 1]"])
    without = with_settings(folder.config(), ["language_model.epochs=0"])
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.Step))
    events.close()
    with pytest.raises(RunFolderError, match="a stage which has begun"):
        change(folder, without)
    first = Checkpoints(folder.checkpoints).all()[-1].name
    assert branch(folder, first, tmp_path / "early", longer).config() == longer
    events = Run(folder).events(resume=True)
    next(event for event in events if isinstance(event, ev.Step) and event.stage == 2)
    events.close()
    with pytest.raises(RunFolderError, match="a stage which has begun"):
        change(folder, longer)
    with pytest.raises(RunFolderError, match="a stage which has begun"):
        branch(folder, Checkpoints(folder.checkpoints).all()[-1].name, tmp_path / "late", longer)
    assert not (tmp_path / "late").exists()
    assert RunFolder(folder.path).config().classifier.epochs == (1, 1)
