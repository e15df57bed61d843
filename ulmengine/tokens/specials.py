"""The tokens that stand for no word of the text."""

from __future__ import annotations

SPECIALS: tuple[str, ...] = ("xxunk", "xxpad", "xxbos", "xxeos", "xxfld", "xxrep", "xxwrep", "xxup", "xxmaj")
"""In the order of the pretrained fastai models, at the head of every vocabulary."""

UNK, PAD, BOS, EOS = 0, 1, 2, 3
"""Their ids: unknown word, padding, beginning and end of a document."""

IGNORED = -100
"""In place of an id, the target of a position that is none; PyTorch's losses leave it out."""

UNK_TOKEN, PAD_TOKEN, BOS_TOKEN, EOS_TOKEN, FIELD, REPEAT, WORD_REPEAT, UPPER, CAPITAL = SPECIALS


class TokensError(ValueError):
    """Texts cannot be cut into tokens, or a tokeniser or store cannot be read; says what, where and what to try."""
