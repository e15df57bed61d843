"""A file is there whole or not at all, and nothing else in the program writes onto a final name."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from ulmengine import disk
from ulmengine.disk import (
    is_disk_full,
    is_out_of_memory,
    move,
    passing_folder,
    read_json,
    sweep,
    unused_path,
    whole,
    whole_folder,
)

from .test_architecture import ROOT, SOURCES

PARSED_ELSEWHERE = {
    "ulmengine/corpus/cells.py", "ulmengine/corpus/readers/jsonrows.py", "ulmengine/corpus/readers/json_files.py",
    # What the program has written itself, or its own child process.
    "ulmengine/corpus/readers/sheets.py", "ulmengine/bench/measure.py",
    "ulmengine/bench/quality_reference.py", "ulmengine/bench/reference.py", "ulmengine/bench/tokenize.py",
    "ulmengine/bench/worker.py", "ulmengine/tokens/subwords.py", "ulmengine/tokens/worker.py",
    "ulmengine/models/card.py", "studio/pages/classify/stored.py", "ulmengine/disk.py",
}
ELSEWHERE = {
    "ulmengine/corpus/readers/mail.py": 1,  # in a temporary folder
    "ulmengine/corpus/readers/sheets.py": 1,
    "ulmengine/corpus/readers/pipes.py": 1,
    "ulmengine/corpus/readers/tree_files.py": 1,
    "ulmengine/bench/corpus.py": 1,
    "ulmengine/bench/tokenize.py": 1,
    "ulmengine/bench/reference.py": 1,
    "ulmengine/bench/quality.py": 2,
    "ulmengine/sklearn.py": 2,  # in a temporary folder
    "studio/hooks.py": 1,  # held open for the moment of a crash
}


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with whole(path) as beside:
        beside.write_text("after")
        assert path.read_text() == "before"
        assert beside.parent == tmp_path
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), ValueError("no"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_one_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def fails() -> None:
        with whole(path) as beside:
            beside.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fails()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_written_is_nothing_changed(tmp_path: Path) -> None:
    with whole(tmp_path / "a.txt"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_may_write_the_same_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with whole(path) as one, whole(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # whose block ended last
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_goes_a_day_later(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in ("a.txt.0.part", "a.txt.1.part", "b.txt.0.part"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (0, time.time() - 100_000))
    with whole(tmp_path / "a.txt") as beside:
        beside.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "a.txt.1.part", "b.txt.0.part"]


def test_a_sweep_takes_old_files_and_folders_and_leaves_what_is_in_use(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}-folder").mkdir()
        (tmp_path / f"{name}-folder" / "inside").touch()
        (tmp_path / f"{name}-file").touch()
    for name in ("old-folder", "old-file"):
        os.utime(tmp_path / name, (0, time.time() - 200))
    sweep(tmp_path.iterdir(), 100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new-file", "new-folder"]


def test_a_folder_is_there_when_it_is_whole_and_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    fsync = os.fsync
    monkeypatch.setattr(disk.os, "fsync", lambda handle: synced.append(Path(f"/proc/self/fd/{handle}").resolve())
                        or fsync(handle))
    place = tmp_path / "new" / "run"
    with whole_folder(place) as beside:
        assert beside.name == "run"
        assert not any(beside.iterdir())
        (beside / "below").mkdir()
        (beside / "below" / "a.txt").write_text("a")
        (beside / "fixed").touch(0o400)
        assert not place.exists()
        assert [path.name[0] for path in place.parent.iterdir()] == ["."]
    assert (place / "below" / "a.txt").read_text() == "a"
    assert list(place.parent.iterdir()) == [place]
    if Path("/proc/self/fd").exists():
        assert set(synced) == {beside, beside / "below", beside / "below" / "a.txt", beside / "fixed", place.parent}


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), ValueError("no"), KeyboardInterrupt()])
def test_a_folder_that_fails_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def fails() -> None:
        with whole_folder(tmp_path / "run") as beside:
            (beside / "half").write_text("half")
            raise error

    with pytest.raises(type(error)):
        fails()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_may_be_the_current_one_or_a_link_to_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    with whole_folder(Path()) as made:
        (made / "a").write_text("one")
    assert (here / "a").read_text() == "one"
    try:
        (tmp_path / "link").symlink_to(there)
    except OSError:  # Windows allows that to few
        return
    with whole_folder(tmp_path / "link") as made:
        (made / "b").write_text("two")
    assert (there / "b").read_text() == "two"


def test_a_copy_that_may_not_be_written_is_whole_though_the_disk_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(handle: int) -> None:  # as Windows does for what is open to be read
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    with whole_folder(tmp_path / "made") as made:
        (made / "a").write_text("one")
        monkeypatch.setattr(os, "access", lambda *_: False)
        monkeypatch.setattr(os, "fsync", refused)
        monkeypatch.setattr("ulmengine.disk._names_to_disk", lambda *_: None)
    assert (tmp_path / "made" / "a").read_text() == "one"


def test_where_another_process_was_first_its_own_serves_if_that_is_meant(tmp_path: Path) -> None:
    def second(or_theirs: bool) -> None:
        with whole_folder(place, or_theirs=or_theirs) as beside:
            (beside / "ours").touch()

    place = tmp_path / "made"
    place.mkdir()
    second(False)  # an empty one is as good as none
    assert [path.name for path in place.iterdir()] == ["ours"]
    (place / "ours").rename(place / "theirs")
    second(True)
    with pytest.raises(OSError, match="made"):
        second(False)
    assert [path.name for path in place.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [place]


def test_half_a_folder_of_a_killed_process_goes_a_day_later_whatever_it_was_to_be(tmp_path: Path) -> None:
    new, half, others = "0123456789ab", "ba9876543210", (".b.part", ".b.0.part", ".c.0123456789AZ.part", "d.part")
    for name in (f".a.{half}.part", f".b.{half}.part", f".a.{new}.part", *others):
        (tmp_path / name).mkdir()
        if new not in name:
            os.utime(tmp_path / name, (0, time.time() - 100_000))
    with whole_folder(tmp_path / "a"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {f".a.{new}.part", "a", *others}


def test_a_passing_folder_goes_and_with_it_old_ones_of_processes_that_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, others = 99_999_999, ("ulmfit-sample-a1b2_c3", "ulmfit-corpus-99999999", "ulmfit-a-99999999-", "tmpa1b2c3")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = (f"ulmfit-mail-{os.getppid()}-old", f"ulmfit-mail-{gone}-new", *others)
    for name in (f"ulmfit-corpus-{gone}-old", *kept):
        (tmp_path / name).mkdir()
        if "new" not in name:
            os.utime(tmp_path / name, (0, time.time() - 100_000))
    with passing_folder("corpus") as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith(f"ulmfit-corpus-{os.getpid()}-")
        assert {path.name for path in tmp_path.iterdir()} == {*kept, folder.name}
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_an_unused_path_counts_up_before_the_suffix(tmp_path: Path) -> None:
    assert unused_path(tmp_path, "v1.2") == tmp_path / "v1.2"
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "v1.2-2").mkdir()
    assert unused_path(tmp_path, "v1.2") == tmp_path / "v1.2-3"
    (tmp_path / "m.x").touch()
    assert unused_path(tmp_path, "m", ".x", " ") == tmp_path / "m 2.x"


def test_a_file_that_another_program_holds_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where nobody may rename a file while a virus scanner looks at it."""
    made, left = tmp_path / "made", [2]
    made.touch()
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if left[0]:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "in use", str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(PermissionError):  # elsewhere it means what it says
        move(made, tmp_path / "final")
    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "name", "nt")
        move(made, tmp_path / "final")
    assert (tmp_path / "final").exists()


def test_a_full_disk_is_known_behind_another_error() -> None:
    error = ValueError("cannot be written")
    error.__cause__ = OSError(errno.EDQUOT, "quota")
    assert is_disk_full(error)
    assert not is_disk_full(OSError(errno.EIO, "broken"))


@pytest.mark.parametrize(("number", "name", "told"), [
    (errno.ENOSPC, None, "page.html"), (errno.ENOSPC, "other", "other"), (errno.EIO, None, None), (0, None, None),
])
def test_a_full_disk_is_told_with_the_file_that_was_to_be_written(
    number: int, name: str | None, told: str | None, tmp_path: Path
) -> None:
    with pytest.raises(OSError) as failed, whole(tmp_path / "page.html"):  # noqa: PT011 - its name is what counts
        raise OSError(number, "as it is", name)
    assert (failed.value.filename and Path(failed.value.filename).name) == told


def test_folders_that_were_made_for_nothing_go_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for place in (tmp_path / "a" / "b" / "c", tmp_path / "there" / "c"):
        with pytest.raises(ValueError, match="not now"), whole_folder(place):
            raise ValueError("not now")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    with whole_folder(tmp_path / "a" / "b" / "c"):
        pass
    assert (tmp_path / "a" / "b" / "c").is_dir()


@pytest.mark.parametrize(("text", "memory"), [
    ("could not create a primitive", True), ("could not create a primitive descriptor for a matmul primitive", False),
    ("could not create a primitive descriptor iterator", False), ("could not create a file", False),
    ("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory", True),
])
def test_memory_that_was_not_given_is_known_by_what_the_libraries_say(text: str, memory: bool) -> None:
    assert is_out_of_memory(RuntimeError(text)) is memory


def test_nothing_else_writes_onto_a_final_name() -> None:
    found = Counter(
        str(path.relative_to(ROOT)) for path in SOURCES if path.name != "disk.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if _writes(node)
    )
    assert dict(found) == ELSEWHERE


WRITERS = ("savefig", "write_parquet", "write_csv", "write_ipc", "ParquetWriter", "CSVWriter", "copyfile", "copytree",
           "np.save", "np.savez", "pq.write_table", "save_file")
"""Functions of libraries that write the file which their arguments name."""
OPENERS = ("open", "zipfile.ZipFile", "pa.OSFile")
"""Those that do if they are given a mode for it."""


def _writes(node: ast.AST) -> bool:
    """Whether ``node`` renames a file, or opens one for writing that is not ``beside``, nor in a folder called so."""
    if not isinstance(node, ast.Call) or not (node.args or node.keywords):
        return False  # a writer that is told no file gives what it would have written
    named, modes = ast.unparse(node.func), [
        arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if named in OPENERS or named in WRITERS or named.rpartition(".")[2] in WRITERS[:8]:
        whole_later = any("beside" in ast.unparse(arg) or ast.unparse(arg) == "file" for arg in node.args)
        return not whole_later and (named not in OPENERS or any(mode[:1] in ("w", "x") for mode in modes))
    if not isinstance(node.func, ast.Attribute):
        return False
    where, what = node.func.value, node.func.attr
    if isinstance(where, ast.Name) and where.id in ("os", "shutil") and what in ("replace", "rename", "move"):
        return True
    ours = not (isinstance(where, ast.Name) and where.id == "dataclasses")
    if ours and what in ("replace", "rename") and len(node.args) == 1 and not node.keywords:
        return not isinstance(node.args[0], ast.Dict | ast.Call)  # a text's has two, a table's takes names
    opened = what == "open" and any(mode[:1] in ("w", "x") for mode in modes)
    return (opened or what in ("write_text", "write_bytes")) and "beside" not in ast.unparse(where)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '{"a": 1', "", "\0\0"])
def test_what_is_no_json_or_nested_too_deeply_is_no_failure_of_the_program(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(("text", "value"), [
    ("[" * 200 + "]" * 200, None), ('"[[[["', "[[[["), ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
    ("\ufeff[1]", [1]), (json.dumps(["[" * 200_000]), ["[" * 200_000]),
])
def test_json_that_is_nested_or_long_as_usual_is_read(text: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    found = read_json(tmp_path / "a.json")
    assert found == value if value is not None else isinstance(found, list)


def test_json_is_parsed_where_endless_brackets_are_caught() -> None:
    """``json.loads`` itself ends with an error of the program's own where brackets stand in brackets without end."""
    parse = re.compile(r"json\.loads?\(")
    found = {str(path.relative_to(ROOT)) for path in SOURCES if parse.search(path.read_text(encoding="utf-8"))}
    assert found <= PARSED_ELSEWHERE
