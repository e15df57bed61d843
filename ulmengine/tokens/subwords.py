"""Subword tokenisers: byte-pair encoding and unigram, learnt from the corpus, for any script.

Built on the ``tokenizers`` library. Text goes through the same rules as for words, so that capitals and repetitions
are tokens of their own here too. It is cut into runs of letters, of digits and of other signs, and no piece reaches
over the end of one; a run begins with ``▁`` where a space stood before it (Kudo & Richardson 2018, 1808.06226). BPE as
in Sennrich et al. 2016 (1508.07909), unigram as in Kudo 2018 (1804.10959).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer as Backend

from .characters import NEWLINE, SPACE, cut_runs
from .detokenise import undo_marks
from .rules import piece_rules
from .specials import SPECIALS, UNK_TOKEN, TokensError
from .tokenizer import LONGEST_REMEMBERED, MOST_REMEMBERED, Tokenizer
from .vocabulary import Vocabulary


class SubwordTokenizer(Tokenizer):
    """Pieces of words.

    :param kind: "bpe" or "unigram".
    :param state: the ``tokenizers`` library's own description, as JSON text.
    :raises TokensError: the description cannot be read.
    """

    def __init__(self, kind: str, state: str, *, lower: bool = True) -> None:
        try:
            self._backend = Backend.from_str(state)
        except Exception as error:  # the library raises plain Exception
            raise TokensError(f"The description of the subword tokeniser is damaged: {error}.") from error
        self._backend.encode_special_tokens = True  # text written like a special token is text
        ids = self._backend.get_vocab()
        if sorted(ids.values()) != list(range(len(ids))):
            raise TokensError("The description of the subword tokeniser is damaged: its tokens are not numbered from 0 "
                              "without a gap.")
        super().__init__(Vocabulary(tuple(sorted(ids, key=lambda token: ids[token]))), lower=lower)
        self.kind = kind
        self._runs: dict[str, tuple[int, ...]] = {
            token: (self.vocabulary.index(token),) for token in (*SPECIALS, NEWLINE)
        }

    def cut(self, piece: str) -> list[str]:
        """The runs of the text between two spaces."""
        return cut_runs(piece_rules(piece, lower=self.lower))

    def ids_of(self, parts: Sequence[str]) -> list[int]:
        ids: list[int] = []
        for run in parts:
            ids += self._runs.get(run) or self._run_ids(run)
        return ids

    def _run_ids(self, run: str) -> tuple[int, ...]:
        ids = tuple(self._backend.encode(run, add_special_tokens=False).ids)
        if len(run) <= LONGEST_REMEMBERED and len(self._runs) < MOST_REMEMBERED:
            self._runs[run] = ids
        return ids

    def piece_tokens(self, piece: str) -> list[str]:
        """The pieces of the text between two spaces; a character never seen is ``xxunk``."""
        return [self.vocabulary.tokens[index] for index in self.ids_of(self.cut(piece))]

    def decode(self, ids: Sequence[int]) -> str:
        words = undo_marks(_whole_words([self.vocabulary.tokens[index] for index in ids]))
        return " ".join(words).replace(f" {NEWLINE} ", NEWLINE).replace(f"{NEWLINE} ", NEWLINE).strip(" ")

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "version": 1, "lower": self.lower, "state": json.loads(self._backend.to_str())}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SubwordTokenizer:
        """The tokeniser described by :meth:`to_json`."""
        return cls(str(values["kind"]), json.dumps(values["state"]), lower=bool(values["lower"]))


def _whole_words(tokens: Iterable[str]) -> list[str]:
    words: list[str] = []
    for token in tokens:
        if token == NEWLINE or (token in SPECIALS and token != UNK_TOKEN):
            words.append(token)
        elif token.startswith(SPACE) or not words or words[-1] in (*SPECIALS, NEWLINE):
            words.append(token.removeprefix(SPACE))
        else:
            words[-1] += token
    return [word for word in words if word]
