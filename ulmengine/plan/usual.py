"""What is usual for a corpus: where its number, length or language of documents asks for other settings than the plain
ones, and why.

Only what was measured on validation documents, or follows from arithmetic, is a rule here (resources/experiments has
the figures). All else is as usual for any corpus.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ulmengine.config import ClassifierConfig, LanguageModelConfig, RunConfig, Sizes, value_of

HIGH_RATE = 0.1
"""No network of this kind learns at such a rate with Adam, whose steps are about as long as the rate."""
LEAST_KNOWN = 0.6
"""A pretrained model is of use where it knows this share of the words: English texts of any kind hold more that the
shipped model knows, texts of other languages far fewer."""
ROOM = 1_000_000_000
"""Bytes that what a batch of documents keeps for the way back may take."""
LONG = 3.0
"""The longest documents are taken to be so many times as long as the mean."""
_ROUND = 1_000
MANY_TOKENS, FEWER_EPOCHS = 50_000, 4
"""A pretrained language model that reads so many tokens an epoch is tuned in fewer epochs. (Yelp with 500 labels, some
75,000 tokens: 0.604 for 0.606 on validation.)"""

FEW_TOKENS = 100_000
"""A language model that begins from scratch on no more tokens an epoch takes too few steps with the plain settings.
(Seven runs on validation, 20,000 to 65,000 tokens: the network alone goes from 0.557 to 0.729 in the mean, most where
it had not begun to learn at all; with the word counts from 0.799 to 0.804.)"""
_SCRATCH = {"language_model.batch_size": 8, "language_model.lr": 0.008, "classifier.epochs": (12,)}


@dataclass(frozen=True)
class CorpusSize:
    """What the rules look at. ``documents``: labelled ones to train on; ``texts``: those of the language model.

    ``tokens``: the mean of a document. ``pretrained``: whether a language model is there to start from.
    """

    documents: int
    texts: int
    tokens: float
    pretrained: bool


@dataclass(frozen=True)
class Usual:
    """A setting (dotted ``name``) whose usual ``value`` for a corpus is not the ``plain`` one, and ``why``.

    ``doubtful``: with the plain one a run may well be in vain, and not only take longer.
    """

    name: str
    value: Any
    plain: Any
    why: str
    doubtful: bool = True


def usual_settings(size: CorpusSize, sizes: Sizes, config: RunConfig) -> tuple[Usual, ...]:
    """The settings that differ, of those that stand at their plain value in ``config``.

    :param sizes: of the network that is trained.
    """
    found = (*_much_text(size), *_little_text(size), *_long_documents(size, sizes, config))
    return tuple(one for one in found if value_of(config, one.name) == one.plain)


def usual_rate(part: LanguageModelConfig | ClassifierConfig) -> float | None:
    """The usual peak rate where that of ``part`` is far above it, else None."""
    return type(part)().lr if part.lr >= HIGH_RATE and part.optimizer.kind in ("adamw", "adam") else None


def activation_bytes(sizes: Sizes, tokens: int) -> int:
    """What a network keeps of ``tokens`` for the backward pass, about: the embedded token, and of every layer its four
    gates, cell and hidden state and dropped output, as float32."""
    return 4 * (2 * sizes.embedding + sum(7 * outputs + inputs for inputs, outputs in sizes.widths)) * tokens


def readings(config: RunConfig) -> int:
    """How often the classifier reads each document of a batch at once: twice where answers are to be consistent."""
    return 2 if config.classifier.consistency else 1


def _much_text(size: CorpusSize) -> Generator[Usual, None, None]:
    """Much text teaches its language in fewer passes."""
    tokens, plain = round(size.texts * size.tokens), RunConfig().language_model.epochs
    if size.pretrained and tokens >= MANY_TOKENS:
        yield Usual(
            "language_model.epochs", FEWER_EPOCHS, plain,
            f"of about {tokens:,} tokens the language model learns in {FEWER_EPOCHS} passes what serves the classifier "
            f"about as well as what it learns in {plain}, in less than half the time", doubtful=False,
        )


def _little_text(size: CorpusSize) -> Generator[Usual, None, None]:
    """A network that knows nothing needs more and larger steps than few texts bring, and no layer of it is to be kept
    as it is for a while."""
    tokens = round(size.texts * size.tokens)
    if not size.pretrained and 0 < tokens <= FEW_TOKENS:
        why = f"from scratch, about {tokens:,} tokens are too few for a network to learn by the plain settings"
        for name, value in _SCRATCH.items():
            yield Usual(name, value, value_of(RunConfig(), name), why)


def _long_documents(size: CorpusSize, sizes: Sizes, config: RunConfig) -> Generator[Usual, None, None]:
    """Long documents share a batch with fewer others, so that the memory holds."""
    longest = min(config.tokens.max_tokens, round(LONG * size.tokens))
    each = activation_bytes(sizes, readings(config))  # of a token
    needed = config.classifier.batch_size * longest * each
    if size.documents and needed > ROOM:
        fits = max(longest, ROOM // each // _ROUND * _ROUND)
        yield Usual(
            "tokens.batch_tokens", fits, RunConfig().tokens.batch_tokens,
            f"{config.classifier.batch_size} documents of {longest:,} tokens would keep about {needed / 1e9:.1f} GB "
            f"for the way back; {fits:,} tokens a batch keep {each * fits / 1e9:.1f} GB",
        )
