"""Texts that are nearly the same, found by MinHash (Broder 1997) with locality-sensitive hashing."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
from datasketch import MinHash, MinHashLSH

from .findings import Finding, documents_are

THRESHOLD = 0.8
PERMUTATIONS = 128
SHINGLE = 3
LEAST_SHINGLES = 6


def _same(value: int) -> int:
    return value


@lru_cache(maxsize=200_000)
def _code(piece: str) -> int:
    return zlib.crc32(piece.encode("utf-8", "surrogatepass"))


def shingles(words: list[str]) -> np.ndarray:
    """Hashes of the runs of three words in a text, uint32, each once; of three letters where there are few words."""
    letters = sum(map(len, words))
    pieces = words if letters < 8 * max(1, len(words)) else list("".join(words))
    if len(pieces) < SHINGLE + LEAST_SHINGLES - 1:
        return np.zeros(0, dtype=np.uint32)
    codes = np.array([_code(piece) for piece in pieces], dtype=np.uint32)
    with np.errstate(over="ignore"):
        mixed = codes[:-2] * np.uint32(0x9E3779B1) ^ codes[1:-1] * np.uint32(0x85EBCA77) ^ codes[2:]
        return np.unique(mixed * np.uint32(0xC2B2AE3D))


class NearDuplicates:
    """Compares each text with all before it; ``look`` takes documents in the order of their rows."""

    def __init__(self, limit: int) -> None:
        """``limit``: at most so many texts are compared, since all their signatures stay in memory."""
        self._limit = limit
        self._blank = MinHash(num_perm=PERMUTATIONS, hashfunc=_same)
        self._index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
        self._signatures: dict[int, MinHash] = {}
        self._rows: list[int] = []
        self._left = 0

    def look(self, row: int, words: list[str]) -> None:
        """Compare one document; of two alike the later is the finding."""
        if len(self._signatures) >= self._limit:
            self._left += 1
            return
        pieces = shingles(words)
        if not len(pieces):
            return
        signature = self._blank.copy()
        signature.update_batch(pieces.tolist())
        alike = self._index.query(signature)
        if any(self._signatures[other].jaccard(signature) >= THRESHOLD for other in alike):
            self._rows.append(row)
            return
        self._index.insert(row, signature, check_duplication=False)
        self._signatures[row] = signature

    def findings(self) -> list[Finding]:
        """One finding for all texts that nearly repeat an earlier one."""
        if not self._rows:
            return []
        rows = np.array(self._rows, dtype=np.int64)
        why = documents_are(len(rows), "is", "are") + (
            " nearly the same as an earlier one (four fifths of the runs of three words agree). Copies on both sides "
            "of "
            "a split make a result look better than it is."
        )
        if self._left and self._limit:
            why += f" Only the first {self._limit:,} different texts were compared."
        return [Finding("near_duplicate", "Nearly the same texts", why, len(rows), rows, rows)]
