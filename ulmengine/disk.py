"""How a file or a folder is written: whole, or not at all; and how what stands in one is read that may be anything."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

HELD_S = 2.0
"""Seconds for which a file that another program looks at is tried again; Windows lets nobody rename such a file."""
DAY_S = 86_400.0
LARGEST_JSON = 64 << 20
"""Bytes; a larger file of it was not written here, and memory is not to be filled with it."""
_PASSING = re.compile(r"ulmfit-[a-z]+-(\d{1,9})-\w+")
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory",
                  "alloc_failed", "memory allocation of", "can't spawn worker thread", "can't start new thread",
                  "failed to map segment")  # "alloc_failed": cuBLAS and cuDNN
_NO_PRIMITIVE = "could not create a primitive"
"""What oneDNN says where it gets no memory; of what it cannot do it says "… a primitive descriptor for …"."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a place beside ``path`` to write a file to; when the block ends it is at ``path``.

    It is on the disk then, whatever happens to the machine. If anything goes wrong, what stood at ``path`` still does
    and nothing is left beside it. A block that writes nothing changes nothing.

    :raises OSError: it cannot be written (disk full, say).
    """
    sweep(path.parent.glob(f"{glob.escape(path.name)}.*.part"))
    beside = path.with_name(f"{path.name}.{uuid4().hex[:12]}.part")  # its own: another process may write the same file
    try:
        yield beside
        if beside.exists():
            _to_disk(beside)
            move(beside, path)
    except OSError as error:
        if error.filename is None and is_disk_full(error):  # what writes does not say what
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def is_beside(path: Path) -> bool:
    """Whether ``path`` is, or lies in, what :func:`whole` or :func:`whole_folder` gives to write to."""
    return any(part.endswith(".part") for part in path.parts)


@contextmanager
def folders_of(place: Path) -> Iterator[None]:
    """Make the folders that ``place`` is to lie in; those that are made and stay empty go when the block ends."""
    missing = [folder for folder in place.parents if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with suppress(OSError):  # something stands in it
                folder.rmdir()


@contextmanager
def whole_folder(place: Path, *, or_theirs: bool = False) -> Iterator[Path]:
    """Give an empty folder to fill, hidden beside ``place`` and of the same name; when the block ends it is there.

    It is on the disk then, as it is. If anything goes wrong, nothing is left of it.

    :param or_theirs: where another process was first, its own serves.
    :raises OSError: it cannot be written, or something stands at ``place`` that is no empty folder.
    """
    place = place.resolve()  # "." has no name, and nothing can be put in the place of a link
    with folders_of(place), _beside(place) as beside:
        yield beside
        for folder, _, names in os.walk(beside):
            for name in names:
                _to_disk(Path(folder, name))
            _names_to_disk(Path(folder))
        with suppress(OSError):
            place.rmdir()  # an empty one may stand there, which Windows replaces by no other
        try:
            move(beside, place)
        except OSError:
            if not (or_theirs and place.exists()):
                raise


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """An empty hidden folder of the name of ``place`` on the same disk; what is left in it goes."""
    sweep(place.parent.glob(f".*.{'[0-9a-f]' * 12}.part"))
    around = place.with_name(f".{place.name}.{uuid4().hex[:12]}.part")
    beside = around / place.name
    try:
        beside.mkdir(parents=True)
        yield beside
    finally:
        shutil.rmtree(around, ignore_errors=True)


def refuse_gaps(archive: zipfile.ZipFile) -> None:
    """:raises zipfile.BadZipFile: its entries would begin before the file does; reading them is no valid argument."""
    if any(info.header_offset < 0 for info in archive.infolist()):
        raise zipfile.BadZipFile("some of its bytes are missing")


def refuse_link(path: str | Path) -> None:
    """:raises OSError: a link or a folder stands at ``path``, where a file is to be written."""
    place = Path(path)
    if place.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, and nothing is written through one; put in its place what it leads "
                                   "to, or remove it", str(path))
    if place.is_dir():
        raise OSError(errno.EISDIR, "it is a folder, and a file of that name is to be written; remove it", str(path))


def no_link(path: str, flags: int) -> int:
    """An ``opener`` of a file that is written where it stands: not what a link leads to that stands in its place."""
    refuse_link(path)
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _to_disk(path: Path) -> None:
    """Wait until the file ``path`` is on the disk."""
    writable = os.access(path, os.W_OK)
    with path.open("rb+" if writable else "rb") as file:
        try:
            os.fsync(file.fileno())
        except OSError:
            if writable:  # else it is Windows, which refuses this for a copy of what may not be written
                raise


def _names_to_disk(folder: Path) -> None:
    """Wait until what stands in ``folder`` is on the disk under its name, on systems that can be asked for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def move(source: Path, target: Path) -> None:
    """Rename a file (in place of what stands at ``target``) or a folder, and wait until the new name is on the disk."""
    deadline = time.monotonic() + HELD_S
    while True:
        try:
            source.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
        time.sleep(0.05)
    _names_to_disk(target.parent)


def unused_path(folder: Path, stem: str, suffix: str = "", sign: str = "-") -> Path:
    """A path in ``folder`` that nothing stands at yet: ``stem``, else with a number behind it and ``sign`` between."""
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists():
        path, number = folder / f"{stem}{sign}{number}{suffix}", number + 1
    return path


def file_stem(name: str, otherwise: str = "unnamed") -> str:
    """``name`` as a file may be called on every system; ``otherwise`` where nothing of it can stay."""
    return "".join(char if char.isalnum() or char in " -_." else "_" for char in name).strip(" .") or otherwise


def bare_name(path: Path) -> str:
    """What the file or folder at ``path`` is called without what tells its kind and how it is packed: of
    reviews.csv.gz reviews."""
    return path.name.split(".")[0] or path.name


def is_utf8(name: str | Path) -> bool:
    """Whether ``name`` can be written as UTF-8: on Linux that of a file may hold bytes which are none."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def passing_folder(what: str) -> Iterator[Path]:
    """Give an empty folder for ``what`` (a word in its name) that goes when the block ends; those of processes that
    were killed go a day later."""
    there = Path(tempfile.gettempdir()).glob("ulmfit-*")
    sweep(path for path in there if (made := _PASSING.fullmatch(path.name)) and not psutil.pid_exists(int(made[1])))
    with tempfile.TemporaryDirectory(prefix=f"ulmfit-{what}-{os.getpid()}-") as folder:
        yield Path(folder)


def sweep(left: Iterable[Path], seconds: float = DAY_S) -> None:
    """Remove the files and folders that nobody has touched for so long: what killed processes have ``left``, say."""
    for path in left:
        with suppress(OSError):  # another process may be sweeping as well
            if time.time() - path.stat().st_mtime > seconds:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


def checksum(path: Path) -> int:
    """CRC-32 of a file: finds what a disk has spoilt, quickly; it is no proof against a person."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found = zlib.crc32(block, found)
    return found


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    :raises OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_endless(path: Path) -> None:
    """See that ``path`` is no device and no pipe: reading those may never end.

    :raises OSError: it is one.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "a device or a pipe, which is no file: save what comes through it to one", path)


def read_json(path: Path) -> Any:
    """The JSON in the file ``path``, which may come from anywhere.

    :raises OSError: there is no such file. :raises ValueError: it is no JSON, too large, or nested too deeply.
    """
    if not path.is_file():  # a device or a pipe may never end
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        content = file.read(LARGEST_JSON + 1)
    if len(content) > LARGEST_JSON:
        raise ValueError(f"{path} is larger than any record")
    return parsed(content)


def parsed(content: str | bytes) -> Any:
    """The JSON ``content``. :raises ValueError: it is none, or nested too deeply."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_disk_full(error: BaseException | None) -> bool:
    """Whether ``error``, or what it was raised from, is the disk (or the person's share of it) being full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the system gave no more memory, or no thread, which needs some: each library says so in its own way."""
    text = str(error).lower()
    return (isinstance(error, MemoryError) or text.endswith(_NO_PRIMITIVE)
            or any(words in text for words in _OUT_OF_MEMORY))
