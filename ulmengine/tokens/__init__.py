"""Texts to token ids and back.

Everything is imported when first asked for, so that a process that only cuts texts into tokens loads neither the run's
description nor what learns pieces of words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ulmengine.lazy import names_of

if TYPE_CHECKING:
    from .description import fingerprint, tokenizer_from_json
    from .detokenise import readable
    from .learn import choose_kind, count_tokens, extend_vocabulary, learn_tokenizer
    from .specials import BOS, EOS, IGNORED, PAD, SPECIALS, UNK, TokensError
    from .store import TokenStore, encode_texts
    from .subwords import SubwordTokenizer
    from .terms import terms_from_json
    from .tokenizer import Tokenizer
    from .vocabulary import Coverage, Vocabulary, coverage_of_counts, vocabulary_transfer
    from .wordwise import WordTokenizer

__all__ = [
    "BOS", "EOS", "IGNORED", "PAD", "SPECIALS", "UNK", "Coverage", "SubwordTokenizer", "TokenStore", "Tokenizer",
    "TokensError", "Vocabulary", "WordTokenizer", "choose_kind", "count_tokens", "coverage_of_counts", "encode_texts",
    "extend_vocabulary", "fingerprint", "learn_tokenizer", "readable", "terms_from_json", "tokenizer_from_json",
    "vocabulary_transfer",
]

_WHERE = {
    "detokenise": ("readable",),
    "learn": ("choose_kind", "count_tokens", "extend_vocabulary", "learn_tokenizer"),
    "specials": ("BOS", "EOS", "IGNORED", "PAD", "SPECIALS", "UNK", "TokensError"),
    "store": ("TokenStore", "encode_texts"),
    "subwords": ("SubwordTokenizer",),
    "terms": ("terms_from_json",),
    "description": ("fingerprint", "tokenizer_from_json"),
    "tokenizer": ("Tokenizer",),
    "vocabulary": ("Coverage", "Vocabulary", "coverage_of_counts", "vocabulary_transfer"),
    "wordwise": ("WordTokenizer",),
}

__getattr__ = names_of(__name__, _WHERE)
