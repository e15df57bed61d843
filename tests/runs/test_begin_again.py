"""Going back to the beginning of a run: as never begun before, and only once it is certain that it can begin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.models import load_bundle
from ulmengine.record import START, RunFolder, export_run
from ulmengine.record.checkpoints import GIVEN_UP
from ulmengine.record.copies import README
from ulmengine.runs import Run
from ulmengine.training import Checkpoints

from .made import tiny_run, write_corpus
from .test_run import logged


def content(folder: RunFolder) -> dict[Path, bytes]:
    """Every file but the log for people, which only grows."""
    return {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file() and path.name != "log.txt"}


def put_down(folder: RunFolder, after: int, **more: bool | str) -> None:
    events = Run(folder).events(**more)  # type: ignore[arg-type]
    next(e for e in events if isinstance(e, ev.Step) and e.total == after)
    events.close()


@pytest.mark.parametrize("after", [0, 3, 14, 24])
def test_a_run_from_its_beginning_is_the_same_run_once_more(tmp_path: Path, after: int) -> None:
    """``after``: stopped at this step, in the first stage, the second or the third; 0: it was finished."""
    whole, folder = tiny_run(tmp_path / "whole"), tiny_run(tmp_path / "run")
    list(Run(whole).events())
    if after:
        put_down(folder, after)
    else:
        list(Run(folder).events())
    folder.write_notes("too few epochs")
    said = list(Run(folder).events(resume=True, checkpoint=START))
    assert isinstance(said[-1], ev.Finished)
    assert not next(e for e in said if isinstance(e, ev.RunStarted)).resumed
    assert logged(folder) == logged(whole)
    assert [info.name for info in Checkpoints(folder.checkpoints).all()] == [
        info.name for info in Checkpoints(whole.checkpoints).all()]
    ours, theirs = load_bundle(folder.model_path).state, load_bundle(whole.model_path).state
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert folder.notes() == "too few epochs"


def test_the_finished_model_stays_until_the_run_finishes_again(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    list(Run(folder).events())
    before = folder.model_path.read_bytes()
    put_down(folder, 3, checkpoint=START)
    assert folder.state() == "stopped"
    assert folder.model_path.read_bytes() == before
    assert not any(isinstance(e, ev.Evaluated | ev.Finished | ev.StageEnded) for e in folder.events())
    assert [info.total for info in Checkpoints(folder.checkpoints).all()] == [3]


@pytest.mark.parametrize("resume", [True, False])
def test_nothing_is_given_up_where_the_run_cannot_begin(tmp_path: Path, resume: bool) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    before = content(folder)
    corpus = (tmp_path / "corpus.csv").read_bytes()
    (tmp_path / "corpus.csv").unlink()
    failed = list(Run(folder).events(resume=resume, checkpoint=START if resume else None))[-1]
    assert isinstance(failed, ev.Failed)
    assert "is saved" in failed.kept
    assert content(folder) == before
    assert folder.state() == "stopped"
    (tmp_path / "corpus.csv").write_bytes(corpus)
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)


def test_nothing_is_given_up_by_stopping_before_the_run_has_begun(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    before = content(folder)
    events = Run(folder).events(checkpoint=START)
    assert isinstance(next(events), ev.Progress | ev.Note)
    events.close()
    assert content(folder) == before


def test_a_corpus_that_has_changed_is_read_as_it_is_now(tmp_path: Path) -> None:
    """Nothing that was learnt from the old one is left, so nothing can disagree with the new one."""
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    write_corpus(tmp_path / "corpus.csv", count=60, seed=9)
    put_down(folder, 3, checkpoint=START)
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)


def test_going_on_without_checkpoints_gives_nothing_up_where_the_run_cannot_begin(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 3)
    Checkpoints(folder.checkpoints).drop_all()
    (tmp_path / "corpus.csv").unlink()
    before = content(folder)
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Failed)
    assert content(folder) == before


def test_a_finished_run_whose_checkpoints_did_not_come_along_is_not_trained_again_by_going_on(tmp_path: Path) -> None:
    list(Run(tiny_run(tmp_path / "run")).events())
    folder = RunFolder.open(export_run(RunFolder.open(tmp_path / "run"), tmp_path / "copy", checkpoints=False))
    assert "--resume" not in (folder.path / README).read_text("utf-8")
    before = content(folder)
    refused = list(Run(folder).events(resume=True))[-1]
    assert isinstance(refused, ev.Failed)
    assert "--checkpoint start" in refused.title
    assert content(folder) == before
    assert isinstance(list(Run(folder).events(resume=True, checkpoint=START))[-1], ev.Finished)


@pytest.mark.parametrize("died", ["before the files went", "while the files went", "before the log was cleared"])
def test_a_process_that_dies_while_it_gives_up_leaves_a_run_that_can_go_on(
    tmp_path: Path, died: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    given_up = folder.checkpoints.with_name(f"checkpoints{GIVEN_UP}")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if died == "before the files went":
            patch.setattr("ulmengine.record.checkpoints.move", die)
        elif died == "while the files went":
            whole = shutil.rmtree
            patch.setattr(shutil, "rmtree", lambda path, **more: die() if given_up.exists() else whole(path, **more))
        else:
            patch.setattr("ulmengine.record.log.EventLog.clear", die)
        with pytest.raises(KeyboardInterrupt):
            list(Run(folder).events(resume=True, checkpoint=START))
    assert given_up.exists() is (died == "while the files went")
    assert not any(GIVEN_UP in str(path) for path in export_run(folder, tmp_path / "copy").rglob("*"))
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    assert [e.index for e in folder.events() if isinstance(e, ev.StageStarted)] == [0, 1, 2]
    assert not given_up.exists()


def test_checkpoints_that_another_program_holds_go_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)

    def held(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "rename", held)
    Checkpoints(folder.checkpoints).drop_all()
    assert not folder.checkpoints.exists()


def test_weights_without_a_record_never_were_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed between its first weights and their record leaves just that."""
    folder, whole = tiny_run(tmp_path / "run"), tiny_run(tmp_path / "whole")

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "_write_json", killed)
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # the dead clean nothing up
        with pytest.raises(KilledError):
            list(Run(folder).events())
    assert list(folder.checkpoints.glob("*.safetensors"))
    assert not list(folder.checkpoints.glob("*.json"))
    said = list(Run(folder, take_over=True).events(resume=True))
    assert isinstance(said[-1], ev.Finished)
    assert any(isinstance(e, ev.Note) and e.level == "warning" and "begins afresh" in e.text for e in said)
    list(Run(whole).events())
    ours, theirs = load_bundle(folder.model_path).state, load_bundle(whole.model_path).state
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_records_that_are_gone_from_a_run_that_had_some_are_asked_for(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    for path in folder.checkpoints.glob("*.json"):
        path.unlink()
    before = content(folder)
    failed = list(Run(folder).events(resume=True))[-1]
    assert isinstance(failed, ev.Failed)
    assert "records of its checkpoints" in failed.title
    after = content(folder)
    log = folder.path / "events.jsonl"
    told = after.pop(log)
    assert told.startswith(begun := before.pop(log))
    assert told[len(begun):].count(b"\n") == 1  # that it failed
    assert after == before


def test_settings_with_which_a_run_cannot_go_on_are_not_kept(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 3)
    before = content(folder)
    for settings, words in ((["compute.device=cuda:7"], "cuda"), (["corpus.path=/nowhere.csv"], "nowhere"),
                            (["tokens.vocab_size=50"], "tokens.vocab_size")):
        failed = list(Run(folder, config=with_settings(folder.config(), settings)).events(resume=True))[-1]
        assert isinstance(failed, ev.Failed)
        assert words in failed.title
        assert content(folder) == before
    events = Run(folder, config=with_settings(folder.config(), ["classifier.lr=0.5"])).events(resume=True)
    next(e for e in events if isinstance(e, ev.Step))
    events.close()
    assert folder.config().classifier.lr == 0.5
    assert (folder.path / "config-1.toml").exists()
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)


@pytest.mark.parametrize("kept", [0, 5, 12])
def test_a_run_whose_log_was_lost_or_cut_says_so_and_marks_what_is_missing(tmp_path: Path, kept: int) -> None:
    """``kept``: steps that the log still holds."""
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    lines = folder.log_path.read_bytes().splitlines(keepends=True)
    step = f'"total":{kept},'.encode()
    end = next((n for n, line in enumerate(lines) if line.startswith(b'{"type":"step"') and step in line), -1)
    folder.log_path.write_bytes(b"".join(lines[: end + 1]))
    said = list(Run(folder).events(resume=True))
    assert isinstance(said[-1], ev.Finished)
    lost = ev.LogLost(kept, 14)
    assert said.count(lost) == 1
    events = list(folder.events())
    assert events.count(lost) == 1
    begun = [e for e in events if isinstance(e, ev.RunStarted)]
    assert begun, "a reader of what is left knows the plan"
    assert "lacks what was said" in folder.text_log_path.read_text(encoding="utf-8")
    assert [e.total for e in events if isinstance(e, ev.Step)][: kept + 1] == [*range(1, kept + 1), 15]


@pytest.mark.parametrize("gaps", [[(5, 9)], [(5, 9), (11, 12)]])
def test_a_log_that_is_damaged_in_its_middle_is_told_of_once(tmp_path: Path, gaps: list[tuple[int, int]]) -> None:
    folder = tiny_run(tmp_path / "run")
    put_down(folder, 14)
    lines = folder.log_path.read_bytes().splitlines(keepends=True)
    steps = [n for n, line in enumerate(lines) if line.startswith(b'{"type":"step"')]
    for after, last in gaps:
        for n in range(steps[after], steps[last]):
            lines[n] = b"\0" * (len(lines[n]) - 1) + b"\n"
    folder.log_path.write_bytes(b"".join(lines))
    for stop in (18, 22):
        put_down(folder, stop, resume=True)
    assert list(folder.events(ev.LogLost)) == [ev.LogLost(*gap) for gap in gaps]


@pytest.mark.parametrize("spoilt", ["ids.bin", "offsets.bin", "part-0000.parquet", "cut"])
def test_a_cache_that_a_disk_has_spoilt_is_made_anew(tmp_path: Path, spoilt: str) -> None:
    """One byte is another one, or the end is missing: the run ends with the same weights."""
    folder, whole = tiny_run(tmp_path / "run"), tiny_run(tmp_path / "whole")
    list(Run(whole).events())
    put_down(folder, 3)
    path = next((folder.path / "cache").rglob("part-0000.parquet" if spoilt == "cut" else spoilt))
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] if spoilt == "cut" else
                     content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:])
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    made = next((folder.path / "cache").rglob(path.name))
    assert made.read_bytes() == content
    ours, theirs = load_bundle(folder.model_path).state, load_bundle(whole.model_path).state
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
