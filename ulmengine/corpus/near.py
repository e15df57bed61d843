"""Texts that are nearly the same, found by MinHash (Broder 1997) with locality-sensitive hashing."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
from datasketch import MinHash, MinHashLSH

from .findings import Finding, documents_are
from .split import TEST, VALIDATION

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
        self._pairs: list[tuple[int, int]] = []  # a text and the earlier one that it nearly repeats
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
        near = [other for other in alike if self._signatures[other].jaccard(signature) >= THRESHOLD]
        if near:
            self._pairs.append((row, min(near)))
            return
        self._index.insert(row, signature, check_duplication=False)
        self._signatures[row] = signature

    def findings(self, parts: np.ndarray) -> list[Finding]:
        """One finding for all texts that nearly repeat an earlier one; or that not all could be compared.

        :param parts: the part of every row of the corpus.
        """
        short = f"Only the first {self._limit:,} different texts were compared" if self._left and self._limit else ""
        if not self._pairs:
            why = f"{short}, {self._left:,} more were not: there may be nearly equal ones among them."
            return [Finding("near_unknown", "Not all texts were compared", why, self._left)] if short else []
        pairs = np.array(self._pairs, dtype=np.int64)
        rows = pairs[:, 0]
        why = documents_are(len(rows), "is", "are") + (
            " nearly the same as an earlier one (four fifths of the runs of three words agree): "
            + ", ".join(f"row {row + 1:,} as row {other + 1:,}" for row, other in self._pairs[:3])
            + (f" and {len(rows) - 3:,} more." if len(rows) > 3 else ".")
        )
        apart = parts[pairs]
        astride = int(((apart[:, 0] != apart[:, 1]) & np.isin(apart, (VALIDATION, TEST)).any(axis=1)).sum())
        if astride:
            stand, them = ("stands", "it resembles") if astride == 1 else ("stand", "they resemble")
            why += (
                f" {astride:,} of them {stand} on the other side of a validation or test split than the text {them}, "
                "which makes the result look better than it is."
            )
        return [Finding("near_duplicate", "Nearly the same texts", f"{why} {short}{'.' if short else ''}".rstrip(),
                        len(rows), rows, rows)]
