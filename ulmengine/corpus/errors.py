"""What goes wrong with a corpus, told in the person's words."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


class CorpusError(ValueError):
    """A corpus cannot be read or used; the message says what, where and what to try."""


class RecordsError(CorpusError):
    """A text is a list of records in a form that is known and not read: not one text either, whatever it is called."""


@dataclass
class Faults:
    """What a source lost or had mended on its way in; shown to the person.

    ``undecodable``: bytes that are not text in the encoding. ``skipped``: rows that could not be read at all.
    ``ragged``: rows with too few or too many cells, kept as well as possible. ``mended``: rows whose stray quotes were
    read as text. ``joined``: rows whose text was put together from several cells, as is usual in their source.
    ``headings``: rows that repeat the heading, left out. ``lost``: places of the rows that could not be read, among
    all rows from 0, where the reader knows them. ``blank``: the same of rows between others in which nothing stands:
    no documents, but who reads on counts them. ``after_blank``: the number of the first row behind the last blank
    line; 0: none. ``notes``: sentences for the person.
    """

    undecodable: int = 0
    skipped: int = 0
    mended: int = 0
    joined: int = 0
    headings: int = 0
    after_blank: int = 0
    lost: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    ragged: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def some_of(names: Sequence[str], most: int) -> str:
    """The first ``most`` of ``names``, and a sign that there are others."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def plain_reason(error: BaseException) -> str:
    """Why a reader gave up, in words that are no programmer's."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, NotImplementedError):
        return "it says that it was made in a way that is not known here"
    if isinstance(error, UnicodeError):
        return "it holds bytes that are no text"
    return str(error).split("\n", 1)[0][:200] or type(error).__name__


def memory_failure(path: Path) -> CorpusError:
    """There is no memory to read ``path``."""
    return CorpusError(
        f"'{path.name}' needs more memory than there is. Close other programs, or cut the file into smaller ones.")


def os_failure(error: OSError, path: Path, *, written: bool = False) -> CorpusError:
    """The failure of the operating system ``error`` on ``path`` in plain words.

    :param written: it is the project's own copy of ``path`` that could not be written.
    """
    name = path.name or str(path)
    if error.errno == errno.ENOMEM:
        return memory_failure(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return CorpusError(
            f"The disk is full: the copy of '{name}' could not be written. The file itself is untouched and the "
            "half-written copy has been removed. Free some space, or put the project on another disk, and open it "
            "again."
        )
    if written:
        return CorpusError(
            f"The project's copy of '{name}' could not be written ({error.strerror or error}"
            f"{f': {error.filename}' if error.filename else ''}). The file itself is untouched. Is the project's "
            "folder write-protected, or on a drive that is gone? Put the project where you may write."
        )
    if isinstance(error, FileNotFoundError):
        return CorpusError(f"'{path}' is not there. It may have been moved, renamed or deleted; choose the file again.")
    if isinstance(error, PermissionError):
        return CorpusError(
            f"'{path}' may not be read: permission denied. Ask its owner for read permission, or copy it to a folder "
            "of your own."
        )
    return CorpusError(
        f"'{path}' could not be read ({error.strerror or error}). If it lies on a network drive or a stick, check "
        "the connection and try again."
    )
