"""A corpus as a run describes it: imported, labelled, repaired, split; and what that has to tell the person."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ulmengine.config import NONE, CorpusConfig, located
from ulmengine.counting import counted, listed
from ulmengine.disk import whole
from ulmengine.events import Event, Note, Progress

from . import split as cut
from .documents import Documents, Piece, frame_texts, stamped
from .errors import CorpusError, os_failure, some_of
from .importing import import_table, source_stamp
from .labels import RowLabels, as_targets, only, read_labels, unlabelled, without_bearers, without_small
from .likeness import text_hash
from .ordering import in_order
from .repairs import corrected_targets, corrections, recorded_rows, relabelled_rows
from .table import Table
from .understood import Understood, with_overrides

_NAMED = 8
"""Names that a sentence lists."""


def open_corpus(
    config: CorpusConfig, cache: Path, *, seed: int = 42, base: Path | None = None, began_with: str = ""
) -> Generator[Event, None, Documents]:
    """Open the corpus that ``config`` describes; its copy lies in ``cache`` and is made where it is missing.

    :param seed: of the split; the same seed and texts give the same parts.
    :param base: the folder that relative paths start from.
    :param began_with: the fingerprint of the corpus that a run began with; its classes are then as it had them.
    :raises CorpusError: a source cannot be read or does not hold what was set.
    """
    if not config.path:
        raise CorpusError("No corpus is chosen yet. Choose a file or folder with texts.")
    cache.mkdir(parents=True, exist_ok=True)
    pieces: list[Piece] = []
    for role, path in _sources(config, base):
        settings = config if role == "main" else _for_other_file(config, pieces[0].understood, role)
        table = yield from import_table(path, settings, cache)
        start = pieces[-1].start + pieces[-1].table.rows if pieces else 0
        pieces.append(Piece(table, _columns_of(table, settings, role), start, role))
    hashes = np.zeros(0, dtype=np.uint64)
    for piece in pieces:
        own = yield from _text_hashes(piece)
        hashes = np.concatenate([hashes, own])
    documents = _assemble(config, pieces, hashes, seed, began_with)
    for note in documents.notes:
        yield Note(note, "warning")
    return documents


def corpus_stamp(config: CorpusConfig, base: Path | None = None) -> str:
    """A cheap fingerprint of the files of the corpus as they are now: that of :attr:`Documents.stamp` as long as none
    was written to since. Of a folder every file is asked for its size and time.

    :raises CorpusError: one of them is gone.
    """
    return stamped([source_stamp(path) for _, path in _sources(config, base)])


def _sources(config: CorpusConfig, base: Path | None) -> list[tuple[str, Path]]:
    """What each source of the corpus is there for, and where it lies."""
    named = (("main", config.path), ("test", config.test_path), ("unlabelled", config.unlabelled_path))
    return [(role, located(name, base or Path())) for role, name in named if name]


def _for_other_file(config: CorpusConfig, main: Understood, role: str) -> CorpusConfig:
    """The settings for the test or unlabelled file: read by itself, but with the corpus' columns."""
    labels = (main.label_columns or (NONE,)) if role == "test" else ()
    return config.model_copy(update={
        "format": "", "encoding": "", "delimiter": "", "sheet": "", "header": "auto", "member": "",
        "text_columns": main.text_columns, "label_columns": labels, "label_delimiter": main.label_delimiter or NONE,
        "split": config.split.model_copy(update={"column": ""}),
    })


def _columns_of(table: Table, config: CorpusConfig, role: str) -> Understood:
    """What is understood of a table under ``config``; a further file without the corpus' columns has its own
    guessed."""
    found = table.understood
    if role != "main" and not set(config.text_columns) <= set(found.columns):
        config = config.model_copy(update={"text_columns": ()})
    if role != "main" and config.label_columns != (NONE,) and not set(config.label_columns) <= set(found.columns):
        config = config.model_copy(update={"label_columns": ()})
    found = with_overrides(found, config)
    if not found.text_columns:
        raise CorpusError(
            f"No column of '{found.path.name}' looks like text (columns: {', '.join(found.columns[:30])}). "
            + found.reasons.get("text_doubt", "Choose the text column yourself.")
        )
    return found


def _text_hashes(piece: Piece) -> Generator[Event, None, np.ndarray]:
    """A 64-bit hash of each normalised document, kept beside the table: uint64 (rows,)."""
    name = hashlib.blake2b(json.dumps(piece.text_columns).encode(), digest_size=8).hexdigest()
    path = piece.table.folder / f"hashes-{name}.npy"
    kept = _kept_hashes(path, piece.table.rows)
    if kept is not None:
        return kept
    hashes = np.zeros(piece.table.rows, dtype=np.uint64)
    done = 0
    for frame in piece.frames():
        for text in frame_texts(frame):
            hashes[done] = text_hash(text)
            done += 1
        yield Progress("Comparing texts", done, piece.table.rows, "documents")
    try:
        with whole(path) as beside, beside.open("wb") as file:
            np.save(file, np.append(hashes, _sum(hashes)), allow_pickle=False)
    except OSError as error:
        raise os_failure(error, piece.table.understood.path, written=True) from error
    return hashes


def _kept_hashes(path: Path, rows: int) -> np.ndarray | None:
    """The hashes kept in ``path``, behind which stands their sum; None where there are none, or they are spoilt."""
    try:
        kept = np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError):
        return None
    whole_ones = kept.shape == (rows + 1,) and kept.dtype == np.uint64 and kept[-1] == _sum(kept[:-1])
    return kept[:-1] if whole_ones else None


def _sum(hashes: np.ndarray) -> np.uint64:
    return np.uint64(zlib.crc32(hashes.tobytes()))


def _assemble(
    config: CorpusConfig, pieces: list[Piece], hashes: np.ndarray, seed: int, began_with: str
) -> Documents:
    labelled = _labels(pieces)
    together = config.same_text == "together"
    multi = together or any(one.multi for one in labelled)
    changed, lost = relabelled_rows(corrections(config.relabelled, multi), pieces, hashes)
    names = in_order({*(name for one in labelled for name in one.names), *(n for new in changed.values() for n in new)})
    targets = np.concatenate([as_targets(one, names, multi) for one in labelled])
    bears = np.concatenate([one.bears for one in labelled])
    dropped, gone = recorded_rows(config.drop_rows, pieces, hashes)
    if together:
        dropped = np.union1d(dropped, _put_together(pieces, hashes, dropped, targets, bears))
    bears[list(changed)] = True
    corrected = corrected_targets(targets, changed, names, multi)
    brought = np.concatenate([_brought(config, piece) for piece in pieces])
    test = brought == cut.TEST
    kept, small = without_small(corrected, len(names), dropped, config.min_per_class, test)
    # Earlier versions counted the test part too: what was kept of such a corpus is not of this one.
    anew = test.any() and not np.array_equal(
        kept, without_small(corrected, len(names), dropped, config.min_per_class, np.zeros_like(test))[0])
    dropped = np.union1d(dropped, small)
    left_out = tuple(name for name, keeps in zip(names, kept, strict=True) if not keeps)
    names = tuple(name for name, keeps in zip(names, kept, strict=True) if keeps)
    targets, corrected = only(targets, kept), only(corrected, kept)
    # Divided by the labels as given: a label that is corrected moves no other document into another part.
    parts, short = _parts(config, pieces[0], brought, bears, targets, multi, hashes, dropped, seed)
    fingerprint = _fingerprint(config, seed, pieces, left_out if anew else ())
    bare = without_bearers(targets, corrected, len(names), dropped)
    unborne = tuple(name for name, none in zip(names, bare, strict=True) if none)
    if unborne and began_with == fingerprint:
        unborne = ()  # an earlier version kept such classes, and what the run has learnt has places for them
    elif unborne:
        fingerprint = _fingerprint(config, seed, pieces, (*(left_out if anew else ()), *unborne))
        names, corrected = tuple(name for name in names if name not in unborne), only(corrected, ~bare)
    records = [piece.table.record for piece in pieces]
    ragged = [row + piece.start for piece in pieces for row in piece.table.record["ragged"]]
    undecodable = sum(record["undecodable"] for record in records)
    documents = Documents(
        labels=names, multi_label=multi, fingerprint=fingerprint,
        understood=replace(pieces[0].understood, undecodable=undecodable), undecodable=undecodable,
        skipped=sum(record["skipped"] for record in records), pieces=tuple(pieces), parts=parts, all_targets=corrected,
        hashes=hashes, ragged=np.array(ragged, dtype=np.int64),
        relabelled=np.array(sorted(changed), dtype=np.int64), test_given=bool(test.any()),
    )
    notes = [*_notes(documents, labelled, gone, lost), *short]
    if left_out:
        left = counted(len(small), "document", "documents")
        notes.append(f"Left out, as set, because they have too few documents: {listed(left_out, _NAMED)} ({left}).")
    if unborne:
        told = listed([f"'{name}'" for name in unborne], _NAMED)
        what = "that is no class" if len(unborne) == 1 else "those are no classes"
        notes.append(f"No document bears {told} any more: {what} of a model now.")
    return replace(documents, notes=tuple(notes))


def _labels(pieces: list[Piece]) -> list[RowLabels]:
    """The labels of every table; those of an unlabelled file are not looked at."""
    found: list[RowLabels] = []
    for piece in pieces:
        if piece.role == "unlabelled" or not piece.understood.label_columns:
            found.append(unlabelled(piece.table.rows))
        else:
            columns = list(map(piece.table.column, piece.understood.label_columns))
            known = found[0].names if found else ()
            found.append(read_labels(columns, piece.understood.label_delimiter, known))
    return found


def _put_together(
    pieces: list[Piece], hashes: np.ndarray, dropped: np.ndarray, targets: np.ndarray, bears: np.ndarray
) -> np.ndarray:
    """Give the first row of each text the labels of all rows of its file with this text, in ``targets`` and ``bears``;
    the numbers of the other rows, int64."""
    others = []
    for piece in pieces:
        rows = np.setdiff1d(np.arange(piece.start, piece.start + piece.table.rows, dtype=np.int64), dropped)
        rows = rows[hashes[rows] != cut.EMPTY]
        _, first, group = np.unique(hashes[rows], return_index=True, return_inverse=True)
        np.maximum.at(targets, rows[first][group], targets[rows])
        np.logical_or.at(bears, rows[first][group], bears[rows])
        others.append(np.setdiff1d(rows, rows[first]))
    return np.concatenate(others)


def _parts(
    config: CorpusConfig, main: Piece, brought: np.ndarray, bears: np.ndarray, targets: np.ndarray, multi: bool,
    hashes: np.ndarray, dropped: np.ndarray, seed: int,
) -> tuple[np.ndarray, list[str]]:
    """The part of every row of the corpus; sentences about shares that could not be kept."""
    parts = brought.copy()
    has_labels = bool(bears.any())
    if has_labels:
        parts[~bears & (parts != cut.DROPPED)] = cut.UNLABELLED
    parts[dropped] = cut.DROPPED
    if config.split.method == "given" and not np.isin(parts, (cut.VALIDATION, cut.TEST)).any():
        raise CorpusError(
            "The split is to be as given, but no column or file says which documents are for validation or test. "
            "Choose the split column or a test file, or split by label."
        )
    # What some rows bring with them is not held back of others.
    validation = 0.0 if (parts == cut.VALIDATION).any() else config.split.validation
    test = 0.0 if (parts == cut.TEST).any() or not has_labels else config.split.test
    kept = parts != cut.DROPPED
    if validation or test or not has_labels:
        parts[kept & (parts == cut.TRAIN)] = cut.OPEN  # a given training part lends the shares that were not given
    # A text that already stands in a given held-back part is never drawn again.
    parts[kept] = cut.keep_apart(parts[kept], hashes[kept])
    rows = np.flatnonzero(parts == cut.OPEN)
    strata = _strata(targets[rows], multi)
    drawn = _draw(config, main, rows, strata, hashes[rows], (validation, test), seed)
    parts[rows] = drawn if has_labels else np.where(drawn == cut.TRAIN, cut.UNLABELLED, drawn)
    parts[kept] = cut.keep_apart(parts[kept], hashes[kept])
    return parts, cut.missed_shares(config.split.method, drawn, (validation, test))


def _brought(config: CorpusConfig, piece: Piece) -> np.ndarray:
    """The part each row of one table brings with it, OPEN where it is still to be drawn."""
    column = piece.understood.split_column
    if piece.role == "main" and column and config.split.method in ("auto", "given"):
        return cut.given_parts(piece.table.column(column))
    part = {"test": cut.TEST, "unlabelled": cut.UNLABELLED}.get(piece.role, cut.OPEN)
    return np.full(piece.table.rows, part, dtype=np.int8)


def _strata(targets: np.ndarray, multi: bool) -> np.ndarray:
    """The class of each row; of several labels, each combination is a class of its own."""
    if not multi:
        return targets
    _, codes = np.unique(targets, axis=0, return_inverse=True)
    return codes.reshape(-1).astype(np.int64)


def _draw(
    config: CorpusConfig, main: Piece, rows: np.ndarray, strata: np.ndarray, hashes: np.ndarray,
    shares: tuple[float, float], seed: int,
) -> np.ndarray:
    """Draw the parts of the open rows (all of the main table) by the chosen method."""
    method = config.split.method
    hashes = cut.empties_apart(hashes)
    if method not in ("grouped", "time"):
        return cut.stratified(strata, hashes, shares, seed)
    if not config.split.column:
        raise CorpusError(f"Splitting by {'group' if method == 'grouped' else 'time'} needs a column. Choose it.")
    cells = main.table.column(main.understood.split_column)[rows]
    if method == "grouped":
        return cut.grouped(cells.fill_null("").to_list(), hashes, shares, seed)
    return cut.by_time(cut.moments_of(cells), hashes, shares)


def _fingerprint(config: CorpusConfig, seed: int, pieces: list[Piece], left_out: tuple[str, ...]) -> str:
    """Changes with the content of the files and with every setting that changes the documents."""
    columns = [(found.text_columns, found.label_columns, found.label_delimiter, found.split_column)
               for found in (piece.understood for piece in pieces)]
    lists = [name for found in (piece.understood for piece in pieces) for name in found.text_columns
             if name in found.lists]
    text = json.dumps([[piece.table.record["digest"] for piece in pieces], columns, sorted(map(str, config.drop_rows)),
                       config.split.model_dump(exclude={"unmeasured"}), seed,
                       *([config.relabelled] if config.relabelled else []),
                       *([config.same_text] if config.same_text != "apart" else []),
                       *([config.min_per_class] if config.min_per_class > 1 else []),
                       *([left_out] if left_out else []),
                       *([lists] if lists else [])])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _notes(documents: Documents, labelled: Sequence[RowLabels], gone: int, lost: int) -> list[str]:
    """What was lost or mended, in sentences. ``gone``: repairs that no document is left for; ``lost``: the same of
    corrected labels."""
    records = [piece.table.record for piece in documents.pieces]
    notes = [note for record in records for note in record["notes"]]
    mended = sum(record["mended"] for record in records)
    encoding = documents.understood.encoding or "text"
    notes += [counted(*told) for told in (
        (documents.undecodable, f"byte is not {encoding} and was replaced by \ufffd.",
         f"bytes are not {encoding} and were replaced by \ufffd."),
        (documents.skipped, "row could not be read and was skipped.", "rows could not be read and were skipped."),
        (len(documents.ragged), "row had too few or too many cells; it was mended as well as possible.",
         "rows had too few or too many cells; they were mended as well as possible."),
        (mended, "row had stray quotes, which were read as text.", "rows had stray quotes, which were read as text."),
        (len(documents.overlap), "document was left out: the same text stands in the validation or test part.",
         "documents were left out: the same text stands in the validation or test part."),
        (gone, "document that a repair left out is no longer there with the same text; that repair does nothing now.",
         "documents that repairs left out are no longer there with the same texts; those repairs do nothing now."),
        (lost, "document whose label was corrected is no longer there with the same text; that correction does nothing "
         "now.",
         "documents whose labels were corrected are no longer there with the same texts; those corrections do nothing "
         "now."),
    ) if told[0]]
    for table, found in ((piece.table, piece.understood) for piece in documents.pieces):
        # Of several columns of labels an empty cell says that this one does not apply.
        label = found.label_columns if len(found.label_columns) == 1 else ()
        lacking = {name: table.record["lacking"].get(name, 0) for name in (*found.text_columns, *label)}
        notes += [
            f"'{name}' is missing in {count:,} of {table.rows:,} rows of '{found.path.name}'."
            for name, count in lacking.items() if count
        ]
    for piece, labels in zip(documents.pieces, labelled, strict=True):
        notes += _label_notes(documents, piece, labels)
    return notes


def _label_notes(documents: Documents, piece: Piece, labels: RowLabels) -> list[str]:
    """What has no label where one would be expected."""
    found, rows = piece.understood, piece.table.rows
    doubts = ("text_doubt", "label_doubt", "delimiter_doubt") if piece.role == "main" else ()
    notes = [found.reasons[doubt] for doubt in doubts if doubt in found.reasons]
    for cells, told in (
        (labels.missing, "such a cell counts as not labelled. " + (
            "If none of the labels applies to such a document, [] in that cell of a table says so." if labels.multi else
            "If it is a class of yours, give it another name in the file.")),
        (labels.bare, "none of the labels applies to such a document. If it is one that was not labelled, empty the "
                      "cell in the file."),
        (labels.doubtful if piece.role == "main" else {},
         "as no cell of it is empty, this is read as the name of a class. If it says that a document has no label, "
         "empty these cells in the file."),
    ):
        words = [f"'{cell}' ({count:,})" if cell else f"nothing ({count:,})" for cell, count in cells.items()]
        if words:
            columns = ", ".join(found.label_columns)
            notes.append(f"'{columns}' of '{found.path.name}' holds {some_of(words, _NAMED)}: {told}")
    if labels.vector and piece.role == "main":
        last, shown = len(labels.names), labels.vector
        notes.append(f"Cells of '{found.label_columns[0]}' such as '{shown}' are read as marks of yes and no, one "
                     f"for each of {last} labels, which are named 1 to {last} by their places.")
    if piece.role == "test" and documents.labels:
        bare = int((~labels.bears).sum())
        if bare == rows:
            notes.append(
                f"The test file '{found.path.name}' has no labels that are understood: its texts are read like "
                "unlabelled ones and nothing can be measured on them. Its label column must be called "
                f"'{', '.join(documents.understood.label_columns)}' as in the corpus."
            )
        elif bare:
            notes.append(f"{bare:,} of {rows:,} rows of the test file '{found.path.name}' have no label and are "
                         "read like unlabelled texts.")
    return notes
