"""Token ids on disk: one long array and where each document begins, mapped into memory and never read whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ulmengine.disk import checksum, read_json, sweep, whole_folder
from ulmengine.events import Event, Progress

from .description import fingerprint
from .pool import batched, own_share, shared
from .specials import TokensError
from .tokenizer import Tokenizer
from .worker import pack_documents, unpack_documents

IDS, OFFSETS, ABOUT = "ids.bin", "offsets.bin", "store.json"
VERSION = 1
SMALL_VOCABULARY = 65_536
_TASK = "Making tokens"

Numbers = npt.NDArray[np.int32]


def id_type(vocabulary: int) -> np.dtype[Any]:
    """The smallest type that holds the ids of a vocabulary of that size: uint16 or int32."""
    return np.dtype("<u2") if vocabulary <= SMALL_VOCABULARY else np.dtype("<i4")


@dataclass(frozen=True)
class TokenStore:
    """The documents of one part of a corpus as ids.

    ``ids``: (tokens,) uint16 or int32, all documents one after another. ``offsets``: (documents + 1,) int64; document
    ``i`` is ``ids[offsets[i]:offsets[i + 1]]``. ``fingerprint``: the same for the same texts and tokeniser.
    """

    ids: npt.NDArray[Any]
    offsets: npt.NDArray[np.int64]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> npt.NDArray[Any]:
        """The ids of document ``index``; a view, not a copy."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no document {index}; there are {len(self)}.")
        index %= len(self)
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return (self[index] for index in range(len(self)))

    @property
    def tokens(self) -> int:
        """How many tokens all documents have together."""
        return int(self.offsets[-1])

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each document: (documents,) int64."""
        return np.diff(self.offsets)

    @classmethod
    def open(cls, folder: Path) -> TokenStore:
        """Open the store in ``folder``.

        :raises TokensError: there is none, or it is damaged or was written by another version.
        """
        try:
            about = read_json(folder / ABOUT)
            kind = np.dtype(str(about["dtype"]))
            if about["version"] != VERSION:
                raise TokensError(f"The tokens in {folder} were written by another version; they have to be made anew.")
            if about["checksums"] != {name: checksum(folder / name) for name in (IDS, OFFSETS)}:
                raise TokensError(f"The tokens in {folder} are damaged; they have to be made anew.")
            ids = _mapped(folder / IDS, kind, int(about["tokens"]))
            offsets = _mapped(folder / OFFSETS, np.dtype("<i8"), int(about["documents"]) + 1)
            return cls(ids, offsets, str(about["fingerprint"]))
        except TokensError:
            raise
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise TokensError(f"The tokens in {folder} cannot be read: {error}; they have to be made anew.") from error


def _mapped(path: Path, kind: np.dtype[Any], count: int) -> npt.NDArray[Any]:
    if path.stat().st_size != count * kind.itemsize:
        raise TokensError(f"{path} is not as long as it should be; the tokens have to be made anew.")
    if not count:
        return np.zeros(0, dtype=kind)  # nothing cannot be mapped
    return np.memmap(path, dtype=kind, mode="r", shape=(count,))


def encode_texts(
    texts: Iterable[str], tokenizer: Tokenizer, folder: Path, *, key: str, total: int = 0, workers: int = 0
) -> Generator[Event, None, TokenStore]:
    """Encode ``texts`` in order into a store below ``folder``, or open the one made before.

    :param key: what the texts are (a fingerprint of the corpus and the part); the tokeniser is added to it here.
    :param total: how many texts there are, for the progress; 0 if unknown.
    :param workers: processes to use; 0: as many as pay.
    :raises TokensError: the store cannot be written. Closing the generator leaves nothing behind.
    """
    name = hashlib.sha256(f"{VERSION}|{key}|{fingerprint(tokenizer.to_json())}".encode()).hexdigest()[:20]
    place = folder / name
    if place.exists():
        try:
            return TokenStore.open(place)
        except TokensError:
            shutil.rmtree(place, ignore_errors=True)
    sweep(folder.glob(".*"))  # those of other names, which nobody may ask for again
    try:
        with whole_folder(place, or_theirs=True) as beside:
            documents = _encoded(texts, tokenizer, workers)
            yield from _write(documents, beside, len(tokenizer.vocabulary), name, total)
    except OSError as error:
        raise TokensError(f"The tokens cannot be written to {folder}: {error.strerror}. Is the disk full?") from error
    return TokenStore.open(place)


def _encoded(
    texts: Iterable[str], tokenizer: Tokenizer, workers: int
) -> Generator[tuple[Numbers, Numbers], None, None]:
    """Lengths and ids of the documents of one batch after another."""
    batches = batched(texts)
    for batch in own_share(batches, workers):
        yield unpack_documents(pack_documents(map(tokenizer.packed, batch)))
    answers = shared({"task": "encode", "tokenizer": tokenizer.to_json()}, batches, workers)
    with closing(answers):
        for _, answer in answers:
            yield unpack_documents(answer)


def _write(
    documents: Generator[tuple[Numbers, Numbers], None, None], beside: Path, vocabulary: int, name: str, total: int
) -> Generator[Event, None, None]:
    kind = id_type(vocabulary)
    offset, count = 0, 0
    with (beside / IDS).open("wb") as ids_file, (beside / OFFSETS).open("wb") as offsets_file, closing(documents):
        offsets_file.write(np.int64(0).tobytes())
        for lengths, ids in documents:
            ids_file.write(ids.astype(kind).tobytes())
            offsets_file.write((offset + np.cumsum(lengths, dtype="<i8")).tobytes())
            offset += len(ids)
            count += len(lengths)
            yield Progress(_TASK, count, total, "documents")
    about = {"version": VERSION, "dtype": kind.str, "documents": count, "tokens": offset, "fingerprint": name,
             "checksums": {file: checksum(beside / file) for file in (IDS, OFFSETS)}}
    (beside / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    yield Progress(_TASK, count, total or count, "documents")
