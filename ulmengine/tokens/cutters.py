"""How text is cut for counting, before there is a vocabulary; described in JSON for other processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .description import tokenizer_from_json
from .rules import piece_rules
from .runs import cut_runs
from .tokenizer import PieceTokenizer

Cutter = Callable[[str], list[str]]

def run_cutter(*, lower: bool) -> Cutter:
    """Cuts a piece into the runs that subwords are learnt from."""
    return lambda piece: cut_runs(piece_rules(piece, lower=lower))


def cutter_from_json(values: dict[str, Any]) -> Cutter:
    """``{"runs": {"lower": true}}`` or ``{"tokens": tokenizer.to_json()}``."""
    if "runs" in values:
        return run_cutter(lower=bool(values["runs"]["lower"]))
    tokenizer = tokenizer_from_json(values["tokens"])
    assert isinstance(tokenizer, PieceTokenizer)
    return tokenizer.piece_tokens
