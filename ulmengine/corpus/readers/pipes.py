"""What can be read only once, such as standard input or a named pipe, laid down as a file that can be read again."""

from __future__ import annotations

import os
import select
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ulmengine.corpus.errors import CorpusError, os_failure
from ulmengine.disk import passing_folder

PATIENCE = 15.0
"""Seconds to wait for the first byte of a pipe into which nobody may be writing."""

_BLOCK = 1 << 20
_PIPED = "piped"


def is_pipe(path: Path) -> bool:
    """Whether ``path`` is "-" or leads to a pipe, as /dev/stdin and <(...) do."""
    if str(path) == "-":
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or (stat.S_ISCHR(mode) and str(path) == "/dev/stdin")


def known_as(path: Path | str) -> str:
    """``path`` as a person knows it: what came through a pipe by its name, without the place where it was laid down."""
    path = Path(path)
    return path.name if came_through_pipe(path) else str(path)


def came_through_pipe(path: Path) -> bool:
    """Whether ``path`` is a file that :func:`as_file` has laid down."""
    return path.parent.name.startswith(f"ulmfit-{_PIPED}-") and path.parent.parent == Path(tempfile.gettempdir())


@contextmanager
def as_file(path: Path) -> Iterator[Path]:
    """``path`` itself, or a temporary file with all that comes out of the pipe.

    :raises CorpusError: nothing comes, or it cannot be read.
    """
    if not is_pipe(path):
        yield path
        return
    with passing_folder(_PIPED) as folder:
        name = "standard input" if str(path) == "-" or path.name == "stdin" else path.name
        target = folder / name
        try:
            with target.open("wb") as file:
                _copy(path, file)
        except OSError as error:
            raise os_failure(error, path) from error
        yield target


def _copy(path: Path, file: BinaryIO) -> None:
    if str(path) == "-" or path.name == "stdin":
        while data := sys.stdin.buffer.read(_BLOCK):
            file.write(data)
        return
    # Opened so, a pipe without a writer does not hold us until there is one.
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(number, "rb", buffering=0) as pipe:
        if not select.select([pipe], [], [], PATIENCE)[0]:
            raise CorpusError(f"Nothing comes out of the pipe '{path}': nobody writes. Start what writes first.")
        os.set_blocking(number, True)
        while data := pipe.read(_BLOCK):
            file.write(data)
