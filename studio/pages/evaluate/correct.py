"""The labels of an evaluated part's documents as they stand now, and how one of them is put right."""

from __future__ import annotations

from collections.abc import Collection

from studio.labels import key_of, labels_of
from studio.project import Project

from .answers import Answers


class Corrections:
    """The labels of a part's documents as they are now: those of the run, or what they were corrected to since."""

    def __init__(self, project: Project, answers: Answers, known: Collection[str]) -> None:
        """:param known: the corrections (records) that the run learnt and measured with."""
        self._project, self._answers, self._kept = project, answers, answers.kept
        self._known = {key_of(record) for record in known}

    def now(self, position: int) -> tuple[str, ...]:
        """What the document of one answer bears."""
        kept = self._kept
        key = str(kept.keys[position])
        for record in self._project.config.corpus.relabelled:
            if key_of(record) == key:
                return labels_of(record, kept.multi_label)
        return self._answers.given_to(position)

    def since(self) -> dict[str, str]:
        """Documents of the part that were corrected since the run, by their keys, with their labels in words."""
        corrected = {key_of(record): ", ".join(labels_of(record, self._kept.multi_label))
                     for record in self._project.config.corpus.relabelled}
        return {str(key): corrected[key] for key in self._kept.keys if key in corrected and key not in self._known}

    def correct(self, position: int, labels: tuple[str, ...], why: str) -> None:
        """Give the document other labels, as a step that can be undone."""
        kept = self._kept
        self._project.correct_label(str(kept.keys[position]), self.now(position), labels, kept.multi_label, why)
