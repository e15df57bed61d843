"""The word tokeniser: fastai's rules and whole words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from .detokenise import readable
from .rules import piece_rules
from .specials import SPECIALS, TokensError
from .tokenizer import Tokenizer
from .vocabulary import Vocabulary
from .word_splitter import word_splitter

_RUNS = re.compile(r"\s+|\S+")


class WordTokenizer(Tokenizer):
    """Whole words after fastai's rules; a word that the vocabulary lacks is ``xxunk``.

    :param lower: write words in lower case, capitals as ``xxmaj`` and ``xxup``.
    :param backend: "own", or "spacy" for spaCy itself cutting the words (an optional package).
    :raises TokensError: the backend is unknown or not installed.
    """

    kind = "word"

    def __init__(self, vocabulary: Vocabulary, *, lower: bool = True, backend: str = "own") -> None:
        super().__init__(vocabulary, lower=lower)
        self.backend = backend
        self._split = _splitter(backend)

    def cut(self, piece: str) -> list[str]:
        """The words of the text between two spaces; white space other than single spaces is a token of its own."""
        text = piece_rules(piece, lower=self.lower).strip(" ")
        if text.isprintable():  # no white space but single spaces
            return [word for chunk in text.split(" ") for word in self._split(chunk)] if text else []
        words: list[str] = []
        for run in _RUNS.findall(text):
            if not run.isspace():
                words.extend(self._split(run))
            elif white := run.removeprefix(" ") if words else run:
                words.append(white)
        return words

    def piece_tokens(self, piece: str) -> list[str]:
        """The same: a word is a token."""
        return self.cut(piece)

    def ids_of(self, parts: Sequence[str]) -> list[int]:
        return [self.vocabulary.index(word) for word in parts]

    def decode(self, ids: Sequence[int]) -> str:
        return readable([self.vocabulary.tokens[index] for index in ids])

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "version": 1, "lower": self.lower, "backend": self.backend,
                "tokens": list(self.vocabulary.tokens)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> WordTokenizer:
        """The tokeniser described by :meth:`to_json`."""
        tokens = tuple(str(token) for token in values["tokens"])
        return cls(Vocabulary(tokens), lower=bool(values["lower"]), backend=str(values["backend"]))


def _splitter(backend: str) -> Callable[[str], list[str]]:
    if backend == "own":
        return word_splitter().split
    if backend != "spacy":
        raise TokensError(f"There is no word tokeniser called {backend!r}; choose own or spacy.")
    if find_spec("spacy") is None:
        raise TokensError("This tokeniser uses spaCy, which is not installed: install the extra ulmfit-studio[spacy].")
    import spacy
    from spacy.symbols import ORTH

    cut = spacy.blank("en").tokenizer
    for special in SPECIALS:
        cut.add_special_case(special, [{ORTH: special}])
    return lambda chunk: [word.text for word in cut(chunk)]
