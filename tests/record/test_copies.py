"""Runs that branch off, change on the way, and are carried away."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.runs.made import tiny_run
from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder, RunFolderError, change, export_run, import_run
from ulmengine.record.copies import _files, branch
from ulmengine.runs import Run
from ulmengine.training import Checkpoints


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tiny_run(tmp_path_factory.mktemp("whole") / "run")
    list(Run(folder).events())
    return folder


def timeless(folder: RunFolder) -> list[object]:
    told = []
    for line in folder.log_path.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        if values["type"] in ("step", "epoch_ended", "stage_ended", "stage_started"):
            told.append({k: v for k, v in values.items() if k not in ("at", "seconds")})
    return told


def same_weights(one: RunFolder, two: RunFolder) -> bool:
    first, second = load_bundle(one.model_path).state, load_bundle(two.model_path).state
    assert first.keys() == second.keys()
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_branch_without_changes_ends_with_the_same_bits(whole: RunFolder, tmp_path: Path, place: str) -> None:
    every = Checkpoints(whole.checkpoints).all()
    info = every[0 if place == "first" else -2]
    before = {path: path.read_bytes() for path in whole.path.rglob("*") if path.is_file()}
    made = branch(whole, info.name, tmp_path / "branch")
    assert json.loads((made.path / "branch.json").read_text())["checkpoint"] == info.name
    assert isinstance(list(Run(made).events(resume=True))[-1], ev.Finished)
    assert same_weights(made, whole)
    assert timeless(made) == timeless(whole)
    assert {path: path.read_bytes() for path in before} == before


def test_a_branch_does_without_the_end_of_a_stage_that_it_does_not_need(whole: RunFolder, tmp_path: Path) -> None:
    harmed = RunFolder(tmp_path / "harmed")
    shutil.copytree(whole.path, harmed.path)
    first, last = Checkpoints(harmed.checkpoints).all()[::2]
    (harmed.checkpoints / f"{first.name}.safetensors").unlink()
    made = branch(harmed, last.name, tmp_path / "branch")
    assert isinstance(list(Run(made).events(resume=True))[-1], ev.Finished)
    assert same_weights(made, whole)


def test_a_branch_may_differ_in_rates_and_not_in_its_words(whole: RunFolder, tmp_path: Path) -> None:
    name = Checkpoints(whole.checkpoints).all()[0].name
    with pytest.raises(RunFolderError, match=r"tokens\.vocab_size"):
        branch(whole, name, tmp_path / "refused", with_settings(whole.config(), ["tokens.vocab_size=50"]))
    assert not (tmp_path / "refused").exists()
    made = branch(whole, name, tmp_path / "branch", with_settings(whole.config(), ["classifier.lr=0.5"]))
    list(Run(made).events(resume=True))
    assert not same_weights(made, whole)
    rates = {event.lrs[-1] for event in made.events() if isinstance(event, ev.Step) and event.stage > 0}
    assert max(rates) > 0.2


def test_a_branch_is_there_when_it_is_whole(
    whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, last = tmp_path / "branch", Checkpoints(whole.checkpoints).all()[-1]

    def killed(*_: object) -> None:
        assert not target.exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ulmengine.record.copies.write_record", killed)
        with pytest.raises(KeyboardInterrupt):
            branch(whole, last.name, target)
    assert list(tmp_path.iterdir()) == []
    target.mkdir()  # an empty folder is as good as none
    assert branch(whole, last.name, target).path == target
    with pytest.raises(RunFolderError, match="is there already"):
        branch(whole, last.name, target)


def test_a_damaged_checkpoint_is_no_place_to_branch_off(whole: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="missing or damaged"):
        branch(whole, "000099-epoch", tmp_path / "branch")


def test_a_run_that_goes_on_may_change_its_rate_and_keeps_the_old_description(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    run = Run(folder).events()
    for event in run:
        if isinstance(event, ev.StageStarted) and event.index == 1:
            break
    run.close()
    old = folder.config().classifier.lr
    with pytest.raises(RunFolderError, match="seed"):
        change(folder, with_settings(folder.config(), ["seed=9"]))
    changed = change(folder, with_settings(folder.config(), ["classifier.lr=0.0625"]))
    assert changed == {"classifier.lr": f"{old} -> 0.0625"}
    assert RunFolder(folder.path).config().classifier.lr == 0.0625
    assert f"lr = {old}" in (folder.path / "config-1.toml").read_text(encoding="utf-8")
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)


@pytest.mark.parametrize("name", ["copy", "copy.zip"])
def test_what_was_exported_goes_on_where_it_is_taken_up(whole: RunFolder, tmp_path: Path, name: str) -> None:
    target = export_run(whole, tmp_path / name)
    names = set(zipfile.ZipFile(target).namelist()) if name.endswith(".zip") else {
        path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()
    }
    assert {"config.toml", "events.jsonl", "model.ulmfit", "README.txt"} <= names
    assert "lock.json" not in names
    taken = import_run(target, tmp_path / "runs")
    assert taken.state() == "finished"
    last = Checkpoints(taken.checkpoints).all()[-2]
    assert isinstance(list(Run(taken).events(checkpoint=last.name))[-1], ev.Finished)
    assert same_weights(taken, whole)
    with pytest.raises(RunFolderError, match="already"):
        import_run(target, tmp_path / "runs")


def harmed_copy(whole: RunFolder, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole.path, tmp_path / "harmed"))


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there, and pipes are no files")
@pytest.mark.parametrize("place", ["zz", "checkpoints/zz", "config-1.toml"])
@pytest.mark.parametrize("leads_to", ["/dev/zero", "/etc", ".", "nowhere", "events.jsonl", ""])
def test_no_copy_follows_a_link_or_reads_a_pipe(whole: RunFolder, tmp_path: Path, place: str, leads_to: str) -> None:
    harmed = harmed_copy(whole, tmp_path)
    if leads_to:
        (harmed / place).symlink_to(leads_to)
    else:
        os.mkfifo(harmed / place)
    told = rf"{place} is a link, a device or a pipe"
    with pytest.raises(RunFolderError, match=told):
        import_run(harmed, tmp_path / "runs")
    for name in ("a.zip", "a"):
        with pytest.raises(RunFolderError, match=told):
            export_run(RunFolder(harmed), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["harmed"]
    assert not list((tmp_path / "runs").glob("**/*"))


def test_what_is_being_written_beside_may_go_away_while_a_run_is_copied(whole: RunFolder, tmp_path: Path) -> None:
    harmed = harmed_copy(whole, tmp_path)
    (harmed / "zz.0123456789ab.part").write_text("half")
    files = _files(RunFolder(harmed))
    found = [next(files)]
    (harmed / "zz.0123456789ab.part").unlink()  # it has come to its own name
    found += files
    assert found == list(_files(RunFolder(harmed)))


def test_a_run_is_taken_up_with_all_that_stands_in_it(whole: RunFolder, tmp_path: Path) -> None:
    """Also where the folder is reached by a link, or what is left out is one; a folder in it is looked into."""
    harmed = harmed_copy(whole, tmp_path)
    (harmed / "notes").mkdir()
    (harmed / "notes" / "lock.json").write_text("mine")
    (harmed / "README.txt").write_text("read me")
    (harmed / "config-1.toml.0123456789ab.part").write_text("half")
    (harmed / "lock.json").write_text("{}")
    shutil.rmtree(harmed / "cache", ignore_errors=True)
    if sys.platform != "win32":
        (harmed / "cache").symlink_to("/tmp")
        (tmp_path / "link").symlink_to(harmed)
        harmed = tmp_path / "link"
    taken = import_run(harmed, tmp_path / "runs")
    kept = {path.relative_to(taken.path).as_posix() for path in taken.path.rglob("*") if path.is_file()}
    here = {path.relative_to(whole.path).as_posix() for path in whole.path.rglob("*") if path.is_file()}
    here = {name for name in here if not name.startswith(("cache/", "lock.json"))}
    assert kept == here | {"notes/lock.json", "README.txt", "imported.json"}


def test_a_folder_that_the_disk_has_no_room_for_is_refused(
    whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as little:
        little.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))
        with pytest.raises(RunFolderError, match="are free"):
            import_run(whole.path, tmp_path / "runs")
    monkeypatch.setattr("ulmengine.record.copies.MOST_FILES", 3)
    with pytest.raises(RunFolderError, match="more than any run has"):
        import_run(whole.path, tmp_path / "runs")
    with pytest.raises(RunFolderError, match="holds no run"):
        import_run(tmp_path, tmp_path / "runs")


@pytest.mark.parametrize("name", ["lock.json", "./lock.json", "lock.json/", "cache/table.json", "tensorboard/a"])
def test_a_run_taken_up_from_a_file_is_nobodys(whole: RunFolder, tmp_path: Path, name: str) -> None:
    target = export_run(whole, tmp_path / "copy.zip")
    lock = {"format": 1, "pid": 1, "started": 0, "host": "elsewhere", "token": "x"}
    with zipfile.ZipFile(target, "a") as file:
        file.writestr(zipfile.ZipInfo(name, (2107, 1, 1, 0, 0, 0)), "" if name.endswith("/") else json.dumps(lock))
    taken = import_run(target, tmp_path / "runs")
    assert taken.state() == "finished"
    assert not any((taken.path / left).exists() for left in ("lock.json", "cache", "tensorboard"))


def test_a_file_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as file:
        file.writestr("../evil.txt", "x")
    with pytest.raises(RunFolderError, match="leads out"):
        import_run(tmp_path / "evil.zip", tmp_path / "runs")
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize(("cut", "damaged"), [
    (lambda data: data[:5_000] + data[5_037:], True), (lambda data: data[11:], True),
    (lambda data: data[: len(data) // 2], True),
    (lambda data: data, False), (lambda data: b"#!/bin/sh\n" + data, False), (lambda data: data + b"\0" * 9, False),
], ids=["middle", "begin", "half", "as it is", "something before", "something behind"])
def test_a_file_without_some_of_its_bytes_is_called_damaged(
    whole: RunFolder, tmp_path: Path, cut: Callable[[bytes], bytes], damaged: bool
) -> None:
    target = export_run(whole, tmp_path / "copy.zip")
    target.write_bytes(cut(target.read_bytes()))
    if not damaged:
        assert import_run(target, tmp_path / "runs").state() == "finished"
        return
    with pytest.raises(RunFolderError, match="or it is damaged"):
        import_run(target, tmp_path / "runs")


@pytest.mark.parametrize(("names", "words"), [
    (["a.csv"], "holds no run"), (["run/config.toml"], "holds no run"), (["config.toml/"], "holds no run"),
    (["config.toml", "config.toml/x"], "or it is damaged"), (["config.toml/x", "config.toml"], "or it is damaged"),
    (["config.toml", "x" * 300], "cannot be taken up: File name too long"),
])
def test_a_file_that_is_no_run_is_told_of_by_its_own_name_and_leaves_no_folder(
    names: list[str], words: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        for name in names:
            file.writestr(name, "")
    with pytest.raises(RunFolderError, match=words) as told:
        import_run(tmp_path / "other.zip", tmp_path / "deep" / "runs")
    assert ".part" not in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["other.zip"]


@pytest.mark.parametrize(("free", "words"), [
    (20, "bytes, and 20 bytes are free in"), (1_500, "bytes, and 1,500 bytes are free in"),
])
def test_how_much_room_is_missing_is_told_in_units_of_which_there_are_some(
    free: int, words: str, whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "small.zip", "w") as file:
        file.writestr("config.toml", "#" * 5_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(RunFolderError, match=f"needs 5,000 {words}"):
        import_run(tmp_path / "small.zip", tmp_path / "runs")


def test_a_run_whose_log_is_gone_is_a_place_to_branch_off(whole: RunFolder, tmp_path: Path) -> None:
    harmed = RunFolder(tmp_path / "harmed")
    shutil.copytree(whole.path, harmed.path)
    harmed.log_path.unlink()
    made = branch(harmed, Checkpoints(harmed.checkpoints).all()[0].name, tmp_path / "branch")
    assert isinstance(list(Run(made).events(resume=True))[-1], ev.Finished)
    assert same_weights(made, whole)


@pytest.mark.parametrize(("number", "denied", "words"), [
    (errno.EACCES, "source", "corpus.json cannot be read: Permission denied"),
    (errno.EACCES, "target", "deep/branch cannot be written: Permission denied"),
    (errno.EACCES, "above", "deep/branch cannot be written: Permission denied"),
    (errno.ENOSPC, "source", "deep/branch cannot be written: No space left on device; free some space"),
])
def test_what_cannot_be_read_is_not_called_the_copy_that_cannot_be_written(
    number: int, denied: str, words: str, whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path, target: Path, **_: object) -> None:
        path = {"source": source, "target": target, "above": tmp_path}[denied]
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "copyfile", refused)
    with pytest.raises(RunFolderError, match=words):
        branch(whole, Checkpoints(whole.checkpoints).all()[0].name, Path("deep/branch"))
    assert not Path("deep").exists()


def test_what_is_not_there_is_no_run_and_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"gone\.zip holds no run"):
        import_run(tmp_path / "gone.zip", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
