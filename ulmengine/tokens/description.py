"""A tokeniser's description: how one is read back from it, and what it is known by."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .specials import TokensError
from .tokenizer import Tokenizer
from .wordwise import WordTokenizer


def tokenizer_from_json(values: dict[str, Any]) -> Tokenizer:
    """The tokeniser that ``to_json`` described.

    :raises TokensError: the description is damaged, or was written by a newer version.
    """
    kind = values.get("kind") if isinstance(values, dict) else None
    try:
        if kind == "word":
            return WordTokenizer.from_json(values)
        if kind in ("bpe", "unigram"):
            from .subwords import SubwordTokenizer  # the tokenizers library is loaded only by those who use it

            return SubwordTokenizer.from_json(values)
    except (KeyError, TypeError, AttributeError) as error:
        raise TokensError(f"The description of the tokeniser is damaged: {error}.") from error
    raise TokensError(f"This version knows no tokeniser of the kind {kind!r}; open the model with a newer version.")


def fingerprint(values: dict[str, Any]) -> str:
    """The same 20 hexadecimal digits for the same tokeniser on any machine."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
