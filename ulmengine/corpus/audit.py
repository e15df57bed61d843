"""What is wrong with a corpus: each finding with its rows, why it matters and a reversible repair; and all there is to
say about one file."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasketch import MinHash, MinHashLSH
from ftfy.badness import is_bad

from ulmengine.config import CorpusConfig
from ulmengine.disk import passing_folder
from ulmengine.events import Event, Progress

from .documents import Documents
from .findings import Finding, Rows, documents_are
from .likeness import normalised
from .missing import stands_for_none
from .opening import open_corpus
from .repairs import records_of
from .repeats import class_findings, column_findings, doubt_findings, loss_findings, repeat_findings, size_findings
from .split import PART_NAMES, TEST, VALIDATION

MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]{0,300})?/?>|&(?:[a-z]{2,8}|#\d{2,5});")
"""A tag or a character entity."""

_WORD = re.compile(r"\w+")
_NAME_WORD = re.compile(r"[^\W_]+")
_SYLLABLE = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
"""A letter that is a syllable or a word by itself (kana, Hangul, Han): it says as much as two of an alphabet."""
_PICTURE = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
"""An emoji: it says as much as a word."""
_EVERY = 500
THRESHOLD = 0.8
PERMUTATIONS = 128
SHINGLE = 3
LEAST_SHINGLES = 6


def audit(
    documents: Documents, *, max_words: int = 1_440, near_limit: int = 100_000
) -> Generator[Event, None, tuple[Finding, ...]]:
    """Look through all documents that no repair has left out. Closing the generator cancels.

    :param max_words: a longer document counts as over-long (the classifier's gradient sees only its end).
    :param near_limit: near duplicates are looked for among at most so many different texts; 0: not at all.
    """
    kept = np.flatnonzero(documents.parts >= 0).astype(np.int64)
    marks: dict[str, list[int]] = {}
    leaks = _Leaks(documents)
    near = NearDuplicates(near_limit)
    first = np.zeros(len(documents.parts), dtype=bool)
    first[kept[np.unique(documents.hashes[kept], return_index=True)[1]]] = True
    for done, (row, text) in enumerate(zip(kept.tolist(), documents.texts_of(kept), strict=True), 1):
        plain = normalised(text)
        words = _WORD.findall(plain)
        for kind in _marks_of(text, plain, words, max_words):
            marks.setdefault(kind, []).append(row)
        leaks.look(row, words)
        if first[row]:
            near.look(row, words)
        if done % _EVERY == 0 or done == len(kept):
            yield Progress("Looking for problems", done, len(kept), "documents")
    findings = [
        *_text_findings(marks, max_words), *repeat_findings(documents, kept), *near.findings(documents.parts),
        *size_findings(kept), *doubt_findings(documents), *class_findings(documents), *leaks.findings(),
        *column_findings(documents), *loss_findings(documents),
    ]
    return tuple(replace(one, records=records_of(one.repair, documents.pieces, documents.hashes)) for one in findings)


def inspect(path: Path | str, config: CorpusConfig | None = None) -> Generator[Event, None, dict[str, Any]]:
    """Read all of ``path`` and look for problems; returns plain JSON values.

    :raises CorpusError: it cannot be read.
    """
    config = (config or CorpusConfig()).model_copy(update={"path": str(path)})
    with passing_folder("corpus") as folder:
        documents = yield from open_corpus(config, folder)
        findings = yield from audit(documents)
    found = documents.understood.to_json()
    names = ("path", "format", "encoding", "delimiter", "sheet", "sheets", "rows", "columns", "text_columns",
             "label_columns", "label_delimiter", "split_column")
    return {
        **{name: list(found[name]) if isinstance(found[name], tuple) else found[name] for name in names},
        "labels": list(documents.labels),
        "label_counts": dict(zip(documents.labels, documents.label_counts().tolist(), strict=True)),
        "multi_label": documents.multi_label,
        "parts": {part: documents.count(part) for part in PART_NAMES},
        "undecodable": documents.undecodable,
        "skipped": documents.skipped,
        "reasons": found["reasons"],
        "notes": list(documents.notes),
        "audit": [finding.to_json() for finding in findings],
    }


def _marks_of(text: str, plain: str, words: list[str], max_words: int) -> Iterator[str]:
    """The kinds of problems that a text by itself shows."""
    letters = sum(map(len, words))
    if not plain:
        yield "empty"
    elif stands_for_none(plain):
        yield "no_text"
    elif letters + len(_SYLLABLE.findall(plain)) < 3 and not _PICTURE.search(plain):
        yield "near_empty"
    if not text.isascii() and is_bad(text):
        yield "mojibake"
    if ("<" in text or "&" in text) and MARKUP.search(text):
        yield "markup"
    # Scripts without spaces have few "words" of many letters; there, two letters count as one word.
    if max(len(words), letters // 12) > max_words:
        yield "too_long"


def _text_findings(marks: dict[str, list[int]], max_words: int) -> list[Finding]:
    """The findings about single texts."""
    found = []
    for kind, title, one, many, why, advice in (
        ("empty", "Empty texts", "has no text", "have no text",
         "Nothing can be learnt from them, but they count in every result.", ""),
        ("near_empty", "Almost empty texts", "has fewer than three letters", "have fewer than three letters",
         "They say next to nothing and are answered by chance.", ""),
        ("no_text", "Words in place of a text", "holds only what is written where there is no text (nan, [deleted])",
         "hold only what is written where there is no text (nan, [deleted])",
         "Nothing can be learnt from them, but they count in every result.",
         "If a person wrote it as an answer, as 'none' may be, leave it in."),
        ("mojibake", "Garbled characters", "holds letters garbled by a wrong encoding (like Ã© for é)",
         "hold letters garbled by a wrong encoding (like Ã© for é)",
         "Garbled words are unknown to a pretrained model.",
         "If most documents are garbled, choose another encoding for the file instead."),
        ("markup", "Leftover markup", "holds HTML tags or entities", "hold HTML tags or entities",
         "Tags become words of their own. The tokeniser's rules already clean <br />, &amp; and their like.",
         "Leave them in unless the tags say which label it is."),
        ("too_long", "Over-long texts", f"is longer than about {max_words:,} words",
         f"are longer than about {max_words:,} words",
         "The classifier learns from the end of such a document only.", "Raise the document limit, or leave them."),
    ):
        rows = np.array(marks.get(kind, []), dtype=np.int64)
        if len(rows):
            found.append(Finding(kind, title, f"{documents_are(len(rows), one, many)}. {why}", len(rows), rows, rows,
                                 advice))
    return found


class _Leaks:
    """Labels whose own name stands in most of their texts and hardly in others: the answer is written in the
    question."""

    def __init__(self, documents: Documents) -> None:
        self._labels = documents.labels
        self._targets = documents.all_targets
        self._multi = documents.multi_label
        self._phrases: dict[str, list[tuple[str, int]]] = {}  # by their first word
        for place, name in enumerate(documents.labels):
            words = _NAME_WORD.findall(normalised(name))
            if len(words) > 1 or (words and len(words[0]) > 2 and words[0].isalpha()):
                self._phrases.setdefault(words[0], []).append((f" {' '.join(words)} ", place))
        size = len(documents.labels)
        self._own = np.zeros(size, dtype=np.int64)
        self._others = np.zeros(size, dtype=np.int64)
        self._count = np.zeros(size, dtype=np.int64)
        self._rows: list[tuple[int, int]] = []

    def look(self, row: int, words: list[str]) -> None:
        """Count one document."""
        if not self._phrases:
            return
        mine = self._labels_of(row)
        self._count[mine] += 1
        begun = self._phrases.keys() & set(words)
        if not begun:
            return
        text = f" {' '.join(words)} "
        for place in (place for word in begun for phrase, place in self._phrases[word] if phrase in text):
            if place in mine:
                self._own[place] += 1
                self._rows.append((row, place))
            else:
                self._others[place] += 1

    def _labels_of(self, row: int) -> list[int]:
        target = self._targets[row]
        if self._multi:
            return [int(place) for place in np.flatnonzero(target)]
        return [int(target)] if target >= 0 else []

    def findings(self) -> list[Finding]:
        """One finding for all labels that leak."""
        rest = np.maximum(1, self._count.sum() - self._count)
        own_share = self._own / np.maximum(1, self._count)
        leaking = (self._own >= 5) & (own_share >= 0.5) & (self._others / rest <= 0.1 * own_share)
        if not leaking.any():
            return []
        rows: Rows = np.unique([row for row, place in self._rows if leaking[place]]).astype(np.int64)
        names = ", ".join(self._labels[place] for place in np.flatnonzero(leaking)[:5])
        why = (
            f"{documents_are(len(rows), 'names its', 'name their')} own label in the text ({names}), and other "
            "documents hardly ever do. The network would learn to look for these words instead of reading."
        )
        return [Finding("label_leak", "Label stands in the text", why, len(rows), rows,
                        advice="Take the words out of the texts, or choose another text column.")]


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
    """Texts that are nearly the same, by MinHash (Broder 1997) with locality-sensitive hashing.

    Each is compared with all before it; ``look`` takes documents in the order of their rows.
    """

    def __init__(self, limit: int) -> None:
        """``limit``: at most so many texts are compared, since all their signatures stay in memory."""
        self._limit = limit
        self._blank = MinHash(num_perm=PERMUTATIONS, hashfunc=int)
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
