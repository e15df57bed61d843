"""Opening a source: plain or compressed, counted and guarded; what may be unpacked: safe names, declared sizes."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, os_failure, plain_reason, some_of
from ulmengine.disk import refuse_gaps

from .layout import main_member

MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
SUFFIXES = (".gz", ".bz2", ".xz", ".zip", ".gzip", ".lzma")
JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_AS_TEXT = "Save its text as a .txt file, or its table as CSV, first."
OTHER_MARKS = {
    "word/document.xml": f"a Word document. {_AS_TEXT}", "ppt/presentation.xml": f"a presentation. {_AS_TEXT}",
    "META-INF/container.xml": f"an e-book. {_AS_TEXT}",
    "Index/Document.iwa": "a document of Apple's Numbers, Pages or Keynote. Export it there as CSV, or as text, first.",
    "data.pkl": f"a Python archive, which could run any program. {_AS_TEXT}",
    "weights.safetensors": "a trained model and holds no texts. Choose the file with the texts; the model is taken up "
                           "on the page Models.",
}
"""A name within an archive that tells what the archive is, and what to do."""
WORKBOOK_MARKS = ("[Content_Types].xml", "mimetype", "content.xml")


@dataclass(frozen=True)
class Source:
    """One stream of bytes: a file, or the one file inside a compressed one.

    :param compression: "", "gzip", "bz2", "xz" or "zip"; "zip-tree" and "tar" for an archive of many files.
    :param member: the name inside a zip archive; the compression around a tar.
    :param name: the file's name without the suffix of its compression; says what kind of file it is.
    """

    path: Path
    compression: str = ""
    member: str = ""
    name: str = ""

    @property
    def suffix(self) -> str:
        """The last suffix of the (unpacked) name, in lower case."""
        return Path(self.name).suffix.lower()

    @property
    def is_tree(self) -> bool:
        """A folder, or an archive of many files."""
        return self.compression in ("zip-tree", "tar") or self.path.is_dir()

    def open(self) -> Stream:
        """Begin to read. :raises CorpusError: not there, no permission, not what its suffix says."""
        return Stream(self)

    def unpack(self, target: IO[bytes], most: int | None = None) -> None:
        """Write all (unpacked) bytes into ``target``, of more than ``most`` only the first."""
        with self.open() as stream:
            while (data := stream.read()) and (most is None or stream.given <= most + limits.BLOCK_BYTES):
                target.write(data)

    def digest(self) -> str:
        """Hash of all (unpacked) bytes, as :attr:`Stream.digest`."""
        with self.open() as stream:
            while stream.read():
                pass
            return stream.digest


def find_source(path: Path, member: str = "") -> Source:
    """Look at the first bytes of ``path`` and say how to open it.

    :param member: the file wanted of a zip archive.
    :raises CorpusError: no such file, no permission, empty, or an archive that cannot be opened.
    """
    if path.is_dir():
        return Source(path, "", "", path.name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CorpusError(
                f"'{path}' is no file but a pipe or device, which cannot be read twice. Write what comes out of it "
                "into a file, and choose that."
            )
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise os_failure(error, path) from error
    if not head:
        raise CorpusError(f"'{path.name}' is empty: it has no bytes at all. Choose a file with texts in it.")
    compression = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")
    if compression == "zip":
        return _in_zip(path, member)
    name = path.stem if compression and path.suffix.lower() in SUFFIXES else path.name
    source = Source(path, compression, "", name)
    if (compression or source.suffix == ".tar") and _is_tar(source):
        return Source(path, "tar", compression, name)
    return source


def _is_tar(source: Source) -> bool:
    with source.open() as stream:
        return stream.read(512)[257:262] == b"ustar"


def _in_zip(path: Path, wanted: str) -> Source:
    members = zip_members(path)
    names = [member.filename for member in members]
    other = next((what for mark, what in OTHER_MARKS.items() if mark in names), "")
    if other:
        raise CorpusError(f"'{path.name}' is {other}")
    if any(mark in names for mark in WORKBOOK_MARKS):
        return Source(path, "", "", path.name)  # .xlsx and .ods are zip archives themselves
    chosen = _wanted_member(path, names, wanted) if wanted else names[0] if len(names) == 1 else main_member(names)
    if Path(chosen).suffix.lower() in (*SUFFIXES, ".tar", ".tgz", ".7z", ".rar"):
        raise CorpusError(
            f"The archive '{path.name}' holds '{chosen}', an archive in an archive. Unpack '{path.name}' and open what "
            "comes out of it."
        )
    return Source(path, "zip", chosen, Path(chosen).name) if chosen else Source(path, "zip-tree", "", path.name)


def _wanted_member(path: Path, names: list[str], wanted: str) -> str:
    """The entry called ``wanted``, with or without its folders. :raises CorpusError: none, or several."""
    found = [name for name in names if name == wanted] or [name for name in names if Path(name).name == wanted]
    if len(found) == 1:
        return found[0]
    raise CorpusError(
        f"The archive '{path.name}' holds {'several files' if found else 'no file'} called '{wanted}': "
        f"{some_of(found or names, 10)}. Choose one of these as the file in the archive, or none."
    )


class Stream:
    """Bytes of a source in order: ``read`` unpacks, counts, hashes and stops a decompression bomb.

    ``position`` of ``size`` bytes of the file on disk have been consumed, which is what a progress bar shows.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.given = 0
        self._hash = hashlib.blake2b(digest_size=16)
        self._archive: zipfile.ZipFile | None = None
        try:
            self._raw: IO[bytes] = source.path.open("rb")
            self.size = source.path.stat().st_size
            self._file = self._unpacked()
        except OSError as error:
            raise os_failure(error, source.path) from error
        except (zipfile.BadZipFile, NotImplementedError) as error:
            self._raw.close()
            raise CorpusError(
                f"'{source.path.name}' cannot be unpacked here ({plain_reason(error)}). Fetch it again if it may be "
                "damaged; otherwise unpack it yourself and open the unpacked file."
            ) from error

    def _unpacked(self) -> IO[bytes]:
        kind = self.source.compression
        kind = self.source.member if kind == "tar" else kind
        if kind == "gzip":
            return cast(IO[bytes], gzip.GzipFile(fileobj=self._raw))
        if kind == "bz2":
            return cast(IO[bytes], bz2.BZ2File(self._raw))
        if kind == "xz":
            return cast(IO[bytes], lzma.LZMAFile(self._raw))
        if kind == "zip":
            self._archive = zipfile.ZipFile(self._raw)
            refuse_encrypted(self._archive.getinfo(self.source.member), self.source.path)
            return self._archive.open(self.source.member)
        return self._raw

    def read(self, size: int = limits.BLOCK_BYTES) -> bytes:
        """At most ``size`` bytes; empty at the end.

        :raises CorpusError: the file is cut short or damaged, cannot be read, or unpacks past the limits.
        """
        path = self.source.path
        try:
            data = self._file.read(size)
        except EOFError as error:
            raise CorpusError(
                f"'{path.name}' ends before its end: the compressed file is cut short, as after an interrupted "
                "download. Fetch it again."
            ) from error
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise os_failure(error, path) from error
            raise CorpusError(  # gzip and bz2 report damage as a bare OSError
                f"'{path.name}' is damaged and cannot be unpacked ({error}). Fetch it again."
            ) from error
        self.given += len(data)
        self._hash.update(data)
        if self.source.compression and self.given > max(limits.BOMB_FLOOR, limits.BOMB_RATIO * self.size):
            raise CorpusError(
                f"'{path.name}' unpacks to more than {limits.BOMB_RATIO} times its size "
                f"(over {self.given >> 20} MB out of {self.size / 2**20:.1f} MB): it looks like a decompression bomb "
                "and is not read. If it is genuine, unpack it yourself and open the unpacked file."
            )
        return data

    @property
    def position(self) -> int:
        """Bytes of the file on disk consumed so far."""
        return min(self.size, self._raw.tell())

    @property
    def digest(self) -> str:
        """Hash of the (unpacked) bytes read so far, in hexadecimal."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()
        if self._archive is not None:
            self._archive.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def zip_members(path: Path) -> list[zipfile.ZipInfo]:
    """The files of a zip archive, in its own order, without folders and the litter of file managers.

    :raises CorpusError: damaged, empty, a name that leads out of the archive, or a declared size past the limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_gaps(archive)
            members = [info for info in archive.infolist() if not info.is_dir() and not is_junk(info.filename)]
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise CorpusError(f"'{path.name}' is a damaged zip archive ({plain_reason(error)}). Fetch it again.") from error
    except OSError as error:
        raise os_failure(error, path) from error
    if not members:
        raise CorpusError(f"The archive '{path.name}' holds no files.")
    if len(members) > limits.MAX_MEMBERS:
        raise CorpusError(
            f"The archive '{path.name}' holds {len(members):,} files; at most {limits.MAX_MEMBERS:,} are read."
        )
    for member in members:
        refuse_unsafe(member.filename, path)
    declared, size = sum(member.file_size for member in members), path.stat().st_size
    if declared > max(limits.BOMB_FLOOR, limits.BOMB_RATIO * size):
        raise CorpusError(
            f"The archive '{path.name}' ({size / 2**20:.1f} MB) says that it unpacks to {declared / 2**30:.1f} GB, "
            f"more than {limits.BOMB_RATIO} times its size: it looks like a decompression bomb and is not read. If it "
            "is genuine, unpack it yourself and open the unpacked file."
        )
    return members


def is_junk(name: str) -> bool:
    """Whether an entry is litter of a file manager and no document."""
    return name.startswith(JUNK[0]) or PurePosixPath(name).name in JUNK[1:] or PurePosixPath(name).name[:2] == "._"


def refuse_unsafe(name: str, path: Path) -> None:
    """:raises CorpusError: ``name`` would lead out of the archive."""
    plain = name.replace("\\", "/")
    if plain.startswith("/") or ".." in plain.split("/") or plain[1:2] == ":" or "\0" in name:
        raise CorpusError(
            f"The archive '{path.name}' holds an entry named '{name}', which points outside of it. Such an archive "
            "is not opened. If you trust it, unpack it yourself and open the file or folder."
        )


def refuse_encrypted(member: zipfile.ZipInfo, path: Path) -> None:
    """:raises CorpusError: ``member`` is protected by a password."""
    if member.flag_bits & 1:
        raise CorpusError(f"The archive '{path.name}' is protected by a password. Unpack it and open the file.")
