"""The labels that a person has corrected: which are in force stands in the project's description, why in a journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ulmengine.disk import parsed
from ulmengine.record.relabelled import JOURNAL, LabelChange, read_journal, write_down

Labels = tuple[str, ...]
_TAKEN_BACK = "taken back"
"""Why a document has the labels of the file again, as the journal tells it."""


def key_of(record: str) -> str:
    """The document that a corrected label is of."""
    return record.partition("=")[0]


def labels_of(record: str, multi_label: bool) -> Labels:
    """The corrected labels themselves; what cannot be understood is shown as it stands."""
    value = record.partition("=")[2]
    if not multi_label:
        return (value,)
    try:
        return tuple(map(str, parsed(value)))
    except (ValueError, TypeError):
        return (value,)


class LabelBook:
    """Writes every change of the corrected labels into the project's journal, an undo like a correction.

    The journal tells when and why and what stood there before; it is never needed to know what is in force.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self._given: dict[str, Labels] = {}
        self._why: dict[str, str] = {}

    def remember(self, key: str, before: Sequence[str], *, of_file: bool) -> None:
        """The document ``key`` bears the labels ``before`` and is about to get others. ``of_file``: they stand in the
        corpus' file as it is now, whatever the journal tells of the one that was there before."""
        if of_file or self.given(key) is None:
            self._given[key] = tuple(before)

    def explain(self, key: str, why: str | None) -> None:
        """The next change of the document ``key`` is made for the reason ``why``; None: it is not made."""
        if why is None:
            self._why.pop(key, None)
        else:
            self._why[key] = why

    def given(self, key: str) -> Labels | None:
        """The labels of the document in the corpus' file, None where they are not known."""
        if key not in self._given:
            self._recall(read_journal(self.path))
        return self._given.get(key)

    def write_down(self, before: Iterable[str], now: Iterable[str]) -> None:
        """The corrections in force were ``before`` and are ``now``: note the difference.

        :raises OSError: the journal cannot be written.
        """
        old, new = ({key_of(record): record.partition("=")[2] for record in records} for records in (before, now))
        changed = [key for key in (*new, *(key for key in old if key not in new)) if old.get(key) != new.get(key)]
        # What is done again, or comes back as a later step is undone, is so for the reason that it was first done for.
        journal = read_journal(self.path) if changed else []
        self._recall(journal)
        known = {(one.document, one.to): one.why for one in journal}
        lines: dict[str, list[tuple[str, Labels, Labels]]] = {}
        for key in changed:
            to = self._labels(key, new)
            why = _TAKEN_BACK if key not in new else known.get((key, to), "")
            lines.setdefault(self._why.pop(key, why), []).append((key, self._labels(key, old), to))
        for why, changes in lines.items():
            write_down(self.path, changes, why)

    def reasons(self) -> dict[str, tuple[str, str]]:
        """(when, why) of each document's newest line in the journal."""
        return {one.document: (one.when, one.why) for one in read_journal(self.path)}

    def _recall(self, journal: Iterable[LabelChange]) -> None:
        """Take the labels of the file, where they are not known already, from the newest correction of each document
        that none was in force before: the file may have been another one when an earlier correction was made."""
        given: dict[str, Labels] = {}
        corrected = set()
        for one in journal:
            if one.document in corrected:
                if one.why == _TAKEN_BACK or one.to == given[one.document]:
                    corrected.discard(one.document)
            elif one.why != _TAKEN_BACK:
                corrected.add(one.document)
                given[one.document] = one.before
        self._given = given | self._given

    def _labels(self, key: str, values: dict[str, str]) -> Labels:
        if key not in values:
            return self._given.get(key, ())
        value = values[key]
        return labels_of(f"{key}={value}", value.startswith("["))
