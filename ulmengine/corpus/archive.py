"""What may be unpacked: safe names, declared sizes."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from . import limits
from .errors import CorpusError, told

JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def zip_members(path: Path) -> list[zipfile.ZipInfo]:
    """The files of a zip archive, in its own order, without folders and the litter of file managers.

    :raises CorpusError: damaged, empty, a name that leads out of the archive, or a declared size past the limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not is_junk(info.filename)]
    except zipfile.BadZipFile as error:
        raise CorpusError(f"'{path.name}' is a damaged zip archive ({error}). Fetch it again.") from error
    except OSError as error:
        raise told(error, path) from error
    if not members:
        raise CorpusError(f"The archive '{path.name}' holds no files.")
    if len(members) > limits.MAX_MEMBERS:
        raise CorpusError(
            f"The archive '{path.name}' holds {len(members):,} files; at most {limits.MAX_MEMBERS:,} are read."
        )
    for member in members:
        refuse_unsafe(member.filename, path)
    refuse_bomb(sum(member.file_size for member in members), path)
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


def refuse_bomb(declared: int, path: Path) -> None:
    """:raises CorpusError: ``declared`` unpacked bytes are out of proportion to the archive's own size."""
    size = path.stat().st_size
    if declared > max(limits.BOMB_FLOOR, limits.BOMB_RATIO * size):
        raise CorpusError(
            f"The archive '{path.name}' ({size / 2**20:.1f} MB) says that it unpacks to {declared / 2**30:.1f} GB, "
            "more "
            f"than {limits.BOMB_RATIO} times its size: it looks like a decompression bomb and is not read. If it is "
            "genuine, unpack it yourself and open the unpacked file."
        )
