"""What opening a corpus has to tell the person, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ulmengine.counting import counted, listed

from .documents import Documents, Piece
from .errors import some_of
from .labels import RowLabels

_NAMED = 8


def corpus_notes(documents: Documents, labelled: Sequence[RowLabels], gone: int, lost: int = 0) -> tuple[str, ...]:
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
        lacking = {name: table.record["lacking"].get(name, 0) for name in (*found.text_columns, *found.label_columns)}
        notes += [
            f"'{name}' is missing in {count:,} of {table.rows:,} rows of '{found.path.name}'."
            for name, count in lacking.items() if count
        ]
    for piece, labels in zip(documents.pieces, labelled, strict=True):
        notes += _label_notes(documents, piece, labels)
    return tuple(notes)


def small_notes(classes: Sequence[str], documents: int) -> list[str]:
    """Which ``classes`` were left out because they have too few documents, and with them how many documents."""
    if not classes:
        return []
    left = counted(documents, "document", "documents")
    return [f"Left out, as set, because they have too few documents: {listed(classes, _NAMED)} ({left})."]


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
