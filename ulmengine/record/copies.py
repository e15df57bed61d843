"""Copies of a run: to carry away, a folder or one file, and as a new run that begins where another one once stood."""

from __future__ import annotations

import lzma
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ulmengine.config import RunConfig
from ulmengine.counting import amount
from ulmengine.disk import is_utf8, refuse_gaps, whole, whole_folder

from .changes import check_branched, check_stages, keep_old
from .checkpoints import CheckpointFolder, CheckpointInfo
from .folder import BRANCH, IMPORTED, START, RunFolder, RunFolderError, find_runs, making
from .listing import read_about, run_name, write_about
from .lock import PAUSED
from .records import write_record

README = "README.txt"
_LEFT_OUT = ("lock.json", PAUSED, "cache", "tensorboard", "checkpoints-given-up")

MOST_FILES = 20_000
MOST_TIMES, FLOOR = 20, 64 << 20
"""A run's file may unpack to so many times its size, and to so many bytes in any case: weights hardly get smaller by
packing, so that more is no run."""


def export_run(source: RunFolder, target: Path, *, checkpoints: bool = True) -> Path:
    """Copy the run in ``source`` to ``target``: one file if that ends in ``.zip``, otherwise a folder.

    With it goes a text with the exact commands. The corpus does not go along: the run names where it was.

    :param checkpoints: take them along, so that the copy can go on; without them it can be looked at and used.
    :raises RunFolderError: something stands at ``target``, it cannot be written, or a link stands in the run; for a ZIP
        also a name that is not UTF-8.
    """
    if target.suffix.lower() == ".zip":
        # Weights do not get smaller by packing, so nothing is packed and the copy is as fast as the disk.
        with making(target), whole(target) as beside, zipfile.ZipFile(
            beside, "w", zipfile.ZIP_STORED, strict_timestamps=False
        ) as file:
            for path, name in _files(source, checkpoints):
                if not is_utf8(name):
                    raise RunFolderError(f"the name of {path} is not UTF-8, and a ZIP file takes no other; rename it, "
                                         "or copy the run to a folder")
                file.write(path, name)
            file.writestr(README, commands(source, checkpoints))
        return target
    with making(target), whole_folder(target) as beside:
        _copy(_files(source, checkpoints), beside)
        (beside / README).write_text(commands(source, checkpoints), encoding="utf-8")
    return target


def export_model(source: RunFolder, target: Path) -> Path:
    """Copy the finished model of the run in ``source`` to the file ``target``.

    :raises RunFolderError: there is none, something stands at ``target``, or it cannot be written.
    """
    if not source.model_path.is_file():
        raise RunFolderError(f"the run in {source.path} has no model yet; let it finish first")
    with making(target), whole(target) as beside:
        shutil.copyfile(source.model_path, beside)
    return target


def import_run(path: Path, into: Path, name: str = "") -> RunFolder:
    """Take a run that was exported, one file or a folder, up as a run in the folder ``into``. It stays as old as it is;
    a name that a person has given it gets a number where another run bears it.

    :param name: of its folder there; absent: that of ``path``.
    :raises RunFolderError: it is no exported run, one of that name is there already, or it cannot be written.
    """
    target = into / (name or (path.stem if path.is_file() else path.name))
    if not path.is_file():
        RunFolder.open(path)  # before anything of another folder is copied
    if target.exists():
        raise RunFolderError(f"{target} is there already; rename one of the two")
    try:
        with whole_folder(target) as beside:
            if path.is_file():
                _unpack(path, beside)
            else:
                files = list(_files(RunFolder(path), leave=_LEFT_OUT))
                total = sum(file.stat().st_size for file, _ in files)
                _check_size(path, len(files), total, beside.parent)
                _copy(files, beside)
            _name_apart(RunFolder(beside), target.name, find_runs(into))
            write_record(beside / IMPORTED, {"from": str(path.absolute())})
    except zipfile.BadZipFile as error:
        raise RunFolderError(f"{path} is no run that was exported as one file, or it is damaged ({error}); export it "
                             "again") from error
    # Of entries: damaged, said to be encrypted, or packed by a method that is not known here.
    except (OSError, EOFError, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RunFolderError(f"{path} cannot be taken up: {why}") from error
    return RunFolder.open(target)


def commands(source: RunFolder, checkpoints: bool) -> str:
    """What can be done with the run, as commands to be typed in its folder; only with ``checkpoints`` can it go on."""
    name = source.config().name
    again = "python -m ulmengine train config.toml --out again"
    together = again.replace("python", "torchrun --nproc-per-node 4", 1)
    return "\n".join([
        f"{name}: a run of ULMFiT Studio", "",
        "In this folder, with the program installed (pip install . in its own folder):", "",
        "the same run from its beginning", f"    {again}",
        "the same on four cards of one machine", f"    {together}",
        *(("this run, from its last checkpoint on", "    python -m ulmengine train config.toml --out . --resume")
          if checkpoints else ()),
        "what it has learnt, on texts of your own", "    python -m ulmengine predict model.ulmfit FILE --json", "",
        f"The corpus is not in this folder. The run read it from {source.config().corpus.path};",
        "where it lies elsewhere, add --set corpus.path=FILE.", "",
    ])


def _files(
    source: RunFolder, checkpoints: bool = True, leave: Sequence[str] = (*_LEFT_OUT, README)
) -> Iterator[tuple[Path, str]]:
    """Every file of the run that goes along, with its name inside it; what to ``leave`` stands directly in its folder.

    :raises RunFolderError: a link, a device or a pipe is among them: it may lead anywhere, or never end.
    """
    leave = (*leave, *(() if checkpoints else ("checkpoints",)))
    for folder, below, names in os.walk(source.path):
        here = Path(folder).relative_to(source.path)
        if here == Path():
            below[:], names = ([name for name in every if name not in leave] for every in (below, names))
        below.sort()
        for name in sorted((*below, *names)):
            place = Path(folder) / name
            if name not in below and (name.endswith(".part") or name.startswith(".tmp")):
                continue
            if place.is_symlink() or (place.exists() and not (place.is_file() or place.is_dir())):
                raise RunFolderError(f"{place} is a link, a device or a pipe, and a copy takes none along; put in its "
                                     "place what it leads to, or remove it")
            if name not in below:
                yield place, (here / name).as_posix()


def _copy(files: Iterable[tuple[Path, str]], beside: Path) -> None:
    for path, name in files:
        (beside / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, beside / name, follow_symlinks=False)
        _date(beside / name, path.stat().st_mtime)


def _unpack(path: Path, made: Path) -> None:
    with zipfile.ZipFile(path) as file:
        entries, packed = file.infolist(), path.stat().st_size
        refuse_gaps(file)
        total = sum(entry.file_size for entry in entries)
        if total > max(FLOOR, MOST_TIMES * packed):
            raise RunFolderError(f"{path} would unpack to {amount(total)}, {total / max(1, packed):,.0f} times "
                                 "its size, which no run does; it is not taken up")
        _check_size(path, len(entries), total, made.parent)
        for info in entries:
            place = (made / info.filename).resolve()
            if not place.is_relative_to(made.resolve()):
                raise RunFolderError(f"{path} holds a name that leads out of its folder ({info.filename})")
        if PurePosixPath("config.toml") not in [PurePosixPath(one.filename) for one in entries if not one.is_dir()]:
            raise RunFolderError(f"{path} holds no run (config.toml is missing)")
        try:
            file.extractall(made)
        except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
            raise zipfile.BadZipFile("it holds a file and a folder of one name") from error
        for name in _LEFT_OUT:  # however it is written inside
            shutil.rmtree(made / name, ignore_errors=True)
            (made / name).unlink(missing_ok=True)
        for info in entries:
            if not info.is_dir():
                with suppress(ValueError, OverflowError):
                    _date(made / info.filename, time.mktime((*info.date_time, 0, 0, -1)))


def _date(path: Path, moment: float) -> None:
    """A copy is as old as the file itself: a model from before is no newer one."""
    with suppress(OSError):
        os.utime(path, (moment, moment))


def _name_apart(run: RunFolder, folder: str, others: Sequence[RunFolder]) -> None:
    """Give ``run``, that will stand in ``folder``, a number where one of the ``others`` bears its name."""
    about, taken = read_about(run), {run_name(other).casefold() for other in others}
    name, number = about.title or folder, 2
    while name.casefold() in taken:
        name, number = f"{about.title or folder} {number}", number + 1
    if name != (about.title or folder):
        write_about(run, replace(about, title=name))


def _check_size(path: Path, files: int, total: int, into: Path) -> None:
    """Refuse what would fill the disk before anything of it is written. ``total``: bytes of so many ``files``."""
    if files > MOST_FILES:
        raise RunFolderError(f"{path} holds {files:,} files, more than any run has; it is not taken up")
    free = shutil.disk_usage(into).free
    if total > free:
        raise RunFolderError(f"{path} needs {amount(total)}, and {amount(free)} are free in {into.parent}; free some "
                             "space or choose another folder")


def branch(source: RunFolder, checkpoint: str, target: Path, config: RunConfig | None = None) -> RunFolder:
    """Make a run at ``target`` that goes on from a checkpoint of ``source``, which stays as it is.

    Resumed without other settings it ends with the same bits as ``source`` would have. ``branch.json`` tells where it
    came from.

    :param config: its own settings; absent: those of ``source``.
    :raises RunFolderError: the checkpoint is missing or damaged, something stands at ``target``, a setting cannot
        differ, or the disk cannot take it.
    """
    if checkpoint == START:
        raise RunFolderError("at its beginning a run has nothing to branch off; start a new run with its config.toml")
    checkpoints = CheckpointFolder(source.checkpoints)
    if not checkpoints.verify(checkpoint):
        raise RunFolderError(f"the checkpoint {checkpoint} is missing or damaged; branch off another one")
    info = checkpoints.info(checkpoint)
    before = source.config()
    changed = check_branched(before, config or before)
    check_stages(before, config or before, info.stage)
    with making(target), whole_folder(target) as place:
        beside = RunFolder(place)
        beside.begin(config or before)
        _copy_up_to(source, beside, info, checkpoints)
        if changed:
            keep_old(beside, before)
        write_record(beside.path / BRANCH, {
            "folder": str(source.path.resolve()), "name": before.name, "checkpoint": checkpoint, "total": info.total,
            "changed": changed, "at": time.time(),
        })
    folder = RunFolder(target)
    told = "; ".join(f"{name} {what}" for name, what in changed.items())
    folder.append_text(f"branched off {before.name} ({source.path}) at step {info.total:,}{': ' if told else ''}{told}")
    return folder


def _copy_up_to(source: RunFolder, beside: RunFolder, info: CheckpointInfo, checkpoints: CheckpointFolder) -> None:
    """The log up to the checkpoint, the checkpoint, and the ends of earlier stages, whose networks it needs."""
    for pattern in ("corpus.json", "corpus.txt", "tokenizer.json", "environment.json", "config-*.toml"):
        for path in source.path.glob(pattern):
            if path.is_file():  # no device
                shutil.copyfile(path, beside.path / path.name)
    if source.log_path.is_file():  # without it a run goes on as well
        with source.log_path.open("rb") as log, beside.log_path.open("wb") as copy:
            copy.write(log.read(min(info.extra.get("log", 0), source.log_path.stat().st_size)))
    wanted = [
        other for other in checkpoints.all()
        if other.name == info.name or (other.finished and other.stage < info.stage and other.sequence < info.sequence)
    ]
    for name in {entry["file"] for other in wanted for entry in other.files.values()}:
        if (source.checkpoints / name).is_file():  # what is lost of an earlier stage may not be needed
            shutil.copyfile(source.checkpoints / name, beside.checkpoints / name)
    for other in wanted:  # the records last: without its record a checkpoint does not exist
        shutil.copyfile(source.checkpoints / f"{other.name}.json", beside.checkpoints / f"{other.name}.json")
