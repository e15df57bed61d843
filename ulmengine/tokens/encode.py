"""Texts to a store of token ids: streamed, cached by content and settings."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ulmengine.disk import checksum, sweep, whole_folder
from ulmengine.events import Event, Progress

from .description import fingerprint
from .pool import batched, own_share, shared
from .specials import TokensError
from .store import ABOUT, IDS, OFFSETS, VERSION, TokenStore, id_type
from .tokenizer import Tokenizer
from .worker import pack_documents, unpack_documents

_TASK = "Making tokens"

Lengths = npt.NDArray[np.int32]


def encode_texts(
    texts: Iterable[str], tokenizer: Tokenizer, folder: Path, *, key: str, total: int = 0, workers: int = 0
) -> Generator[Event, None, TokenStore]:
    """Encode ``texts`` in order into a store below ``folder``, or open the one made before.

    :param key: what the texts are (a fingerprint of the corpus and the part); the tokeniser is added to it here.
    :param total: how many texts there are, for the progress; 0 if unknown.
    :param workers: processes to use; 0: as many as pay.
    :raises TokensError: the store cannot be written.

    Closing the generator leaves nothing behind.
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
) -> Generator[tuple[Lengths, Lengths], None, None]:
    """Lengths and ids of the documents of one batch after another."""
    batches = batched(texts)
    for batch in own_share(batches, workers):
        yield unpack_documents(pack_documents(map(tokenizer.packed, batch)))
    answers = shared({"task": "encode", "tokenizer": tokenizer.to_json()}, batches, workers)
    with closing(answers):
        for _, answer in answers:
            yield unpack_documents(answer)


def _write(
    documents: Generator[tuple[Lengths, Lengths], None, None], beside: Path, vocabulary: int, name: str, total: int
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
