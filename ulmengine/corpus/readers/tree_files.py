"""The files of a folder, or of a zip or tar archive that holds one."""

from __future__ import annotations

import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, os_failure, plain_reason
from ulmengine.disk import passing_folder
from ulmengine.events import Event, Progress

from .source import Source, Stream, is_junk, refuse_encrypted, refuse_unsafe, zip_members

PEEK_MEMBERS = 3_000
PEEK_BYTES = 16 << 20
_EVERY = 500
_PROJECT = "project.toml"
_KEPT = ("cache", "runs"), (_PROJECT, "labels.jsonl")
"""Folders and files that the program itself writes beside a project's file, at any time."""


def files_of(source: Source) -> tuple[dict[str, int], bool]:
    """The files of a folder or archive in the order they are read, each with its bytes, and whether these are all; a
    compressed tar is only looked at from its beginning."""
    if not source.compression:
        return {name: state.st_size for name, state in folder_files(source.path)}, True
    if source.compression == "zip-tree":
        return {member.filename: member.file_size for member in zip_members(source.path)}, True
    if not source.member:  # not compressed: from one header to the next without reading what lies between
        with _opened(source) as archive:
            return {member.name: member.size for member in _members(archive, source)}, True
    files: dict[str, int] = {}
    with source.open() as stream:
        for member in _members(_opened(source, stream), source):
            files[member.name] = member.size
            if len(files) >= PEEK_MEMBERS or stream.given > PEEK_BYTES:
                return files, False
    return files, True


def folder_files(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    """All files under a folder, sorted, with / between folders; hidden ones, links to folders and what a project
    keeps of its own are passed over.

    :raises CorpusError: more files than the limit.
    """
    count = 0
    for folder, folders, files in os.walk(path):
        kept_folders, kept_files = _KEPT if _PROJECT in files else ((), ())
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in kept_folders)
        for name in sorted({*files}.difference(kept_files)):
            full = Path(folder, name)
            if name.startswith(".") or not full.is_file():
                continue
            count += 1
            if count > limits.MAX_MEMBERS:
                raise CorpusError(
                    f"'{path.name}' holds more than {limits.MAX_MEMBERS:,} files. Choose a smaller folder."
                )
            yield full.relative_to(path).as_posix(), full.stat()


def walk_files(source: Source, files: dict[str, int], task: str = "") -> Iterator[Event]:
    """Gather all files of a tar in ``files``, each with its bytes; now and then how far the ``task`` is."""
    with source.open() as stream:
        for number, member in enumerate(_members(_opened(source, stream), source)):
            files[member.name] = member.size
            if number % _EVERY == 0:
                yield Progress(task, stream.position, stream.size, "bytes")


def heads_of(source: Source, names: Sequence[str], most: int) -> Iterator[tuple[str, bytes]]:
    """At most the first ``most`` bytes of each of the files ``names`` of a tree, none of one that cannot be read; of a
    tar in its own order."""
    for name, blocks in _contents(source, names, most):
        try:
            yield name, next(blocks, b"")
        except _UnreadableError:
            yield name, b""


def laid_down(source: Source, names: Sequence[str]) -> Generator[tuple[str, Path], None, None]:
    """Each of the files ``names`` of a tree in turn, as a file that can be read; of a tar in its own order.

    One out of an archive lies there only until the next is asked for.
    """
    if not source.compression:
        yield from ((name, source.path / name) for name in names)
        return
    with passing_folder("unpacked") as folder:
        for name, blocks in _contents(source, names):
            path = folder / PurePosixPath(name).name
            with path.open("wb") as file:
                file.writelines(blocks)
            yield name, path
            path.unlink()


def read_tree(
    source: Source, names: Sequence[str], most: int | None = None, links: list[str] | None = None
) -> Iterator[tuple[str, bytes | None]]:
    """(name, content) of the files ``names`` of a tree, at most about ``most`` bytes; None for one that cannot be read,
    or is too long for a document. Of a tar in its own order, and all of it where there are no names.

    :param links: takes the names of links in a tar, which are passed over.
    """
    given = 0
    longest = 4 * limits.MAX_FIELD
    for name, blocks in _contents(source, names, links=links):
        try:
            read = b"".join(islice(blocks, longest // limits.BLOCK_BYTES + 1))
            data = read if len(read) <= longest else None
        except _UnreadableError:
            data = None
        yield name, data
        given += len(data or b"")
        if most is not None and given >= most:
            return


class _UnreadableError(CorpusError):
    """One file of a tree cannot be read; the others may."""


def _contents(
    source: Source, names: Sequence[str], block: int = limits.BLOCK_BYTES, links: list[str] | None = None
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each of the files ``names`` of a tree with its content; of a tar in its own order, and all of it where there are
    no names."""
    if source.compression == "tar":
        wanted = set(names)
        with source.open() as stream:
            archive = _opened(source, stream)
            for member in _members(archive, source, links):
                if not names or member.name in wanted:
                    wanted.discard(member.name)
                    yield member.name, _blocks(partial(archive.extractfile, member), source, block)
                if names and not wanted:  # what lies behind the last of them is not unpacked
                    return
            while stream.read():  # what follows tells whether the compressed stream is whole
                pass
    elif source.compression:
        try:
            with zipfile.ZipFile(source.path) as packed:
                for name in names:
                    refuse_encrypted(packed.getinfo(name), source.path)
                    yield name, _blocks(partial(packed.open, name), source, block)
        except OSError as error:
            raise os_failure(error, source.path) from error
    else:
        for name in names:
            yield name, _blocks(partial(_at, source.path / name), source, block)


def _at(path: Path) -> IO[bytes]:
    return path.open("rb")


def _blocks(opened: Callable[[], IO[bytes] | None], source: Source, block: int) -> Iterator[bytes]:
    """:raises _UnreadableError: the file is gone, may not be read, or is damaged in its archive."""
    try:
        with opened() or io.BytesIO() as file:
            while data := file.read(block):
                yield data
    except tarfile.TarError as error:
        raise _damaged(source, error) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError) as error:
        if source.compression and isinstance(error, OSError) and error.errno is not None:
            raise os_failure(error, source.path) from error  # bz2 reports damage as a bare OSError
        raise _UnreadableError(f"'{source.path.name}' is damaged and cannot be unpacked ({plain_reason(error)}). "
                               "Fetch it again.") from error


class _Member(tarfile.TarInfo):
    """A member whose header must be whole: ``tarfile`` itself takes a broken one for the end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """The next member; blocks of zeros alone are the end."""
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"at byte {archive.offset:,}: {error}") from error


class _Readable(io.RawIOBase):
    """A stream as ``tarfile`` wants it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size if size >= 0 else limits.BLOCK_BYTES)


def _opened(source: Source, stream: Stream | None = None) -> tarfile.TarFile:
    """A tar that is read in order from ``stream``, or without one from header to header."""
    try:
        if stream is None:
            return tarfile.open(source.path, "r:", tarinfo=_Member)
        return tarfile.open(fileobj=cast(io.BufferedReader, _Readable(stream)), mode="r|", tarinfo=_Member)
    except OSError as error:
        raise os_failure(error, source.path) from error
    except tarfile.TarError as error:
        raise _damaged(source, error) from error


def _members(archive: tarfile.TarFile, source: Source, links: list[str] | None = None) -> Iterator[tarfile.TarInfo]:
    """Plain files only: links, which ``links`` takes, and devices are no documents."""
    try:
        for number, member in enumerate(archive, 1):
            refuse_unsafe(member.name, source.path)
            if number > limits.MAX_MEMBERS:
                raise CorpusError(
                    f"The archive '{source.path.name}' holds more than {limits.MAX_MEMBERS:,} files, which is the most "
                    "that are read. Unpack it and choose a smaller folder."
                )
            if member.isfile() and not is_junk(member.name):
                yield member
            elif links is not None and (member.issym() or member.islnk()):
                links.append(member.name)
    except tarfile.TarError as error:
        raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> CorpusError:
    return CorpusError(f"'{source.path.name}' is a damaged tar archive, or cut short ({error}). Fetch it again.")
