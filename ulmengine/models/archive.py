"""The one file a trained model lives in: a zip of known entries, the large ones deflated.

What they unpack to is bounded by the file's own size. Nothing is ever extracted to disk, nothing is unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from ulmengine.disk import refuse_endless, refuse_gaps, whole

SUFFIX = ".ulmfit"
MANIFEST, WEIGHTS, TOKENIZER, CARD = "model.json", "weights.safetensors", "tokenizer.json", "card.md"

# Largest size of each entry in bytes: far above what a model needs, far below what would fill a machine's memory.
LIMITS: dict[str, int] = {MANIFEST: 64 << 20, TOKENIZER: 256 << 20, CARD: 16 << 20, WEIGHTS: 16 << 30}
COUNTS = "counts.json"
OPTIONAL: dict[str, int] = {COUNTS: 64 << 20}
"""What a model may hold besides: the terms of the word counts that answer with its network."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_AS_THEY_ARE = (MANIFEST, CARD)
"""What is small and tells the time: deflated it would make a model that is trained once more a byte larger or less."""
_MOST_PACKED = 16
"""So many times its own size a file may unpack to: weights deflate by a tenth, a tokeniser or a card to a third."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ModelError(ValueError):
    """A model file that cannot be read or written; the message says which, why, and what to try."""

    cause = "files"


def write_archive(path: Path, entries: Mapping[str, bytes]) -> None:
    """Write ``entries`` (name -> content) as one file, whole or not at all.

    :raises ModelError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as beside, zipfile.ZipFile(beside, "w") as archive:
            for name, content in entries.items():
                method = zipfile.ZIP_STORED if name in _AS_THEY_ARE else zipfile.ZIP_DEFLATED
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, method)
    except OSError as error:
        raise ModelError(f"{path}: the model cannot be written ({error.strerror or error}); "
                         "free some space or choose another folder") from error


def read_archive(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The content of the entries ``names`` of the model at ``path``, optional ones where they are there; each is
    checked against its checksum.

    :raises ModelError: no such file, cut short, damaged, or no model of this program.
    """
    if path.is_dir():
        inside = path / "model.ulmfit"
        told = f"its model is {inside}" if inside.is_file() else "name a .ulmfit file"
        raise ModelError(f"{path} is a folder; {told}")
    try:
        refuse_endless(path)
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            _check(archive, path)
            return {name: _unpacked(archive, name) for name in names
                    if name not in OPTIONAL or name in archive.namelist()}
    except OSError as error:
        raise ModelError(f"{path}: the model cannot be read ({error.strerror or error})") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelError(_broken(path)) from error
    # zipfile says so of entries that claim encryption or a method it does not know in their local header.
    except (NotImplementedError, RuntimeError) as error:
        raise ModelError(_foreign(path, str(error))) from error


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    """The entry ``name``, of which no more is unpacked than its header claims: ZipFile.read() goes far beyond first."""
    with archive.open(name) as entry:
        return entry.read(archive.getinfo(name).file_size)


def _check(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    refuse_gaps(archive)
    names = [entry.filename for entry in entries]
    strange = sorted(set(names) - set(LIMITS) - set(OPTIONAL))
    if strange:
        raise ModelError(_foreign(path, f"it holds {strange[0]!r}, which has no place in a model"))
    missing = sorted(set(LIMITS) - set(names))
    if missing:
        raise ModelError(_foreign(path, f"{missing[0]} is missing"))
    if len(names) != len(set(names)):
        raise ModelError(_foreign(path, "an entry stands in it twice"))
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise ModelError(_foreign(path, "its entries are compressed in another way; it was packed again by another "
                                  "program"))
    for entry in entries:
        if entry.file_size > (LIMITS | OPTIONAL)[entry.filename]:
            raise ModelError(_foreign(path, f"{entry.filename} says it is {entry.file_size:,} bytes large"))
    if sum(entry.file_size for entry in entries) > _MOST_PACKED * path.stat().st_size:
        raise ModelError(_foreign(path, "its entries claim to be many times as large as the file"))


def _broken(path: Path) -> str:
    with path.open("rb") as file:
        begins_as_zip = file.read(2) == b"PK"
    if begins_as_zip:
        return f"{path}: the model is damaged or was cut short; copy or download it again"
    return _foreign(path, "it is a file of another kind")


def _foreign(path: Path, why: str) -> str:
    return f"{path}: this is not a model of ULMFiT Studio ({why}); choose a {SUFFIX} file"
