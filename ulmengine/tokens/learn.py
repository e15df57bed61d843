"""Learning a tokeniser from a corpus, and moving one to another corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from itertools import islice
from typing import Any

from ulmengine.config import TokenConfig
from ulmengine.events import Event, Progress, retold

from .counting import PieceCounter, cutter_from_json
from .pool import batched, own_share, shared
from .specials import SPECIALS, TokensError
from .tokenizer import Tokenizer
from .vocabulary import Vocabulary
from .wordwise import WordTokenizer
from .worker import unpack

Texts = Callable[[], Iterable[str]]

_TASK = "Learning the vocabulary"
_SAMPLE = 300
_PIECEWISE = re.compile(
    "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
)
_LETTER = re.compile(r"[^\W\d_]")


def learn_tokenizer(
    texts: Texts, config: TokenConfig, *, total: int = 0, workers: int = 0
) -> Generator[Event, None, Tokenizer]:
    """Learn what ``config`` asks for from the training texts.

    :param texts: gives the texts from the beginning each time it is called.
    :param total: how many they are, for the progress; 0 if unknown.
    :param workers: processes to use; 0: as many as pay.
    :raises TokensError: there is no text to learn from.
    """
    kind = choose_kind(texts()) if config.tokenizer == "auto" else config.tokenizer
    if kind == "word":
        cutter = WordTokenizer(Vocabulary(SPECIALS), lower=config.lower, backend=_backend(config, "own"))
        return (yield from _learn_words(cutter, texts, config, total, workers))
    from .learn_subwords import learn_pieces  # the tokenizers library is loaded only by those who use it
    from .subwords import SubwordTokenizer

    counts, cuts = yield from _count(texts(), {"runs": {"lower": config.lower}}, total, workers)
    yield Progress("Learning pieces of words", 0, 0)  # by a library that does not say how far it is
    learnt = SubwordTokenizer(kind, learn_pieces(kind, counts, size=config.vocab_size), lower=config.lower)
    learnt.remember(cuts)
    return learnt


def choose_kind(texts: Iterable[str]) -> str:
    """ "unigram" where most letters belong to a script written without spaces, or to Korean, whose words carry their
    endings so that most of them are rare; otherwise "word"."""
    sample = "".join(text[:2_000] for text in islice(texts, _SAMPLE))
    return "unigram" if 3 * len(_PIECEWISE.findall(sample)) > len(_LETTER.findall(sample)) else "word"


def is_piecewise(text: str) -> bool:
    """Whether ``text`` holds a letter of a script whose letters are syllables or words, or that is written without
    spaces."""
    return _PIECEWISE.search(text) is not None


def extend_vocabulary(
    old: Tokenizer, texts: Texts, config: TokenConfig, *, total: int = 0
) -> Generator[Event, None, Tokenizer]:
    """The tokeniser for a new corpus of a model that was trained with ``old``.

    Words: the same rules; the new corpus' own words, commonest first, and behind them all others that ``old`` knows, to
    be joined by name (:func:`vocabulary_transfer`). Subwords: ``old`` itself, whose pieces spell any text.
    """
    if not isinstance(old, WordTokenizer):
        return old
    backend = _backend(config, old.backend)
    if backend != old.backend:
        old = WordTokenizer(old.vocabulary, lower=old.lower, backend=backend)
    return (yield from _learn_words(old, texts, config, total, 0, known=old.vocabulary.tokens))


def _backend(config: TokenConfig, otherwise: str) -> str:
    return otherwise if config.backend == "auto" else config.backend


def _learn_words(
    cutter: WordTokenizer, texts: Texts, config: TokenConfig, total: int, workers: int, known: Sequence[str] = ()
) -> Generator[Event, None, Tokenizer]:
    counts, cuts = yield from _count(texts(), {"tokens": cutter.to_json()}, total, workers)
    if not counts:
        raise TokensError("There is no text to learn a vocabulary from: all documents are empty.")
    vocabulary = Vocabulary.from_counts(counts, size=config.vocab_size, min_frequency=config.min_frequency, known=known)
    learnt = WordTokenizer(vocabulary, lower=cutter.lower, backend=cutter.backend)
    learnt.remember(cuts)
    return learnt


def count_tokens(
    texts: Iterable[str], cutter: Tokenizer, *, total: int = 0, workers: int = 0
) -> Generator[Event, None, Counter[str]]:
    """How often each token stands in ``texts`` (``xxbos`` not counted), as ``cutter`` cuts them."""
    counts, _ = yield from _count(texts, {"tokens": cutter.to_json()}, total, workers)
    return counts


def _count(
    texts: Iterable[str], cutter: dict[str, Any], total: int, workers: int
) -> Generator[Event, None, tuple[Counter[str], dict[str, list[str]]]]:
    """The counts, and how pieces were cut, as far as this process did it."""
    batches, done = batched(texts), 0
    counter = PieceCounter(cutter_from_json(cutter))
    for batch in own_share(batches, workers):
        for text in batch:
            counter.add(text)
        done += len(batch)
        yield Progress(_TASK, done, total, "documents")

    def tell(answer: tuple[int, bytes]) -> tuple[Progress]:
        nonlocal done
        done += answer[0]
        return (Progress(_TASK, done, total, "documents"),)

    ends = yield from retold(shared({"task": "count", "cutter": cutter}, batches, workers), tell)
    counts = counter.result()
    for end in ends:
        counts.update(unpack(end))
    yield Progress(_TASK, done, total or done, "documents")
    return counts, counter.cuts
