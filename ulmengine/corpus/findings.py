"""What an audit finds, and how a finding is repaired and taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ulmengine.config import CorpusConfig
from ulmengine.counting import counted

Rows = npt.NDArray[np.int64]


def _no_rows() -> Rows:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Alternative:
    """One way to settle what is not certain: a setting (its dotted name) and its value.

    :param taken: the program has read the source so already.
    """

    setting: str
    value: tuple[str, ...] | str
    taken: bool = False


@dataclass(frozen=True)
class Finding:
    """Something that may spoil a result.

    :param kind: "empty", "duplicate", ...; stable, for programs.
    :param title: a short name. ``why``: how many, and why it matters. ``advice``: what to do where leaving rows out is
        not the answer.
    :param count: how many documents (or columns, bytes) it concerns.
    :param rows: the source rows, int64, ascending.
    :param repair: the source rows that a repair leaves out; empty where it cannot help.
    :param alternatives: the ways to settle it, where a person only has to choose one.
    :param records: how ``CorpusConfig.drop_rows`` records these rows.
    """

    kind: str
    title: str
    why: str
    count: int
    rows: Rows = field(default_factory=_no_rows)
    repair: Rows = field(default_factory=_no_rows)
    advice: str = ""
    alternatives: tuple[Alternative, ...] = ()
    records: tuple[str, ...] = ()

    def to_json(self, most: int = 100) -> dict[str, Any]:
        """As plain JSON values with at most ``most`` rows."""
        return {
            "kind": self.kind, "title": self.title, "why": self.why, "count": self.count,
            "rows": self.rows[:most].tolist(), "repair": len(self.repair), "advice": self.advice,
        }


def repaired(config: CorpusConfig, finding: Finding) -> CorpusConfig:
    """``config`` with the finding's repair recorded; the source itself is never changed."""
    records = dict.fromkeys((*config.drop_rows, *finding.records))
    return config.model_copy(update={"drop_rows": tuple(records)})


def documents_are(count: int, one: str, many: str) -> str:
    """ "1 document <one>" or "12 documents <many>"."""
    return counted(count, f"document {one}", f"documents {many}")
