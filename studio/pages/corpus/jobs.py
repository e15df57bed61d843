"""What the Corpus page has done in the background: generators of events, without any widget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from studio.facts import CorpusFacts, facts_key
from studio.models.document_table import Snippets, balance, make_snippets
from studio.pages.parts.quantities import counted
from studio.words import words
from ulmengine.config import CorpusConfig, RunConfig, TokenConfig, located
from ulmengine.corpus import CorpusError, Documents, Preview, corpus_stamp, open_corpus, preview
from ulmengine.corpus.documents import as_read
from ulmengine.corpus.split import PART_NAMES
from ulmengine.events import Event, Progress
from ulmengine.models import (
    describe_bundle,
    knows_enough,
    language_models,
    models_folder,
    pretrained_path,
    starting_model,
)
from ulmengine.runs.checks import start_problems
from ulmengine.runs.prepare import known_share, known_shares, language_texts, tokenizer_of
from ulmengine.tokens import (
    SPECIALS,
    Coverage,
    Tokenizer,
    WordTokenizer,
    choose_kind,
    coverage_of_counts,
    learn_tokenizer,
)

SAMPLE = 5_000
"""Documents that are cut into tokens for the picture of the lengths; of a larger corpus a random choice."""
_BATCH = 100
FAMILIAR = 0.6
"""A vocabulary learnt from the texts that holds a smaller share of their running words hardly fits them."""

LONGEST = 100_000
"""Characters of a document that are shown: more than anyone reads here, few enough to be laid out at once."""


@dataclass(frozen=True)
class Opened:
    """An imported corpus with what the page shows of it at once. ``hindrance``: as :class:`CorpusFacts` has it."""

    documents: Documents
    snippets: Snippets
    counts: dict[str, int]
    balance: tuple[tuple[str, int], ...]
    hindrance: dict[str, Any]


def summary(opened: Opened) -> str:
    """The corpus in a line: documents, labels, and what is to be noted of it."""
    bare = opened.counts["unlabelled"] if opened.documents.labels else 0
    told = [counted(sum(opened.counts.values()) - bare, _tr("1 document"), _tr("{n} documents"))]
    if bare:
        told.append(counted(bare, _tr("1 more without label"), _tr("{n} more without label")))
    if opened.documents.labels:
        told.append(counted(len(opened.documents.labels), _tr("1 label"), _tr("{n} labels")))
    else:
        told.append(_tr("no labels: only a language model can be trained"))
    return "  ·  ".join([*told, *map(words, opened.documents.notes)])


@dataclass(frozen=True)
class Profile:
    """How a corpus looks in tokens.

    ``lengths``: int64 tokens of each sampled document. ``documents``: how many there are in all. ``vocabulary``:
    tokens that a run's vocabulary would have, about. ``pretrained``: the name of the model whose vocabulary
    ``coverage`` is about; empty where the vocabulary was learnt from the sample. ``fitting``: the kind of tokeniser
    that suits the script, "word" or "unigram". ``shares``: of the running words, those that each language model knows
    which there is, by its path. ``refused``: the name and share of the one that a run would start from if it knew more.
    """

    lengths: npt.NDArray[np.int64]
    documents: int
    tokenizer: Tokenizer
    coverage: Coverage
    vocabulary: int
    pretrained: str = ""
    fitting: str = "word"
    shares: dict[str, float] = field(default_factory=dict)
    refused: tuple[str, float] | None = None

    @property
    def sampled(self) -> bool:
        """Whether not all documents were looked at."""
        return len(self.lengths) < self.documents


@dataclass(frozen=True)
class Remedy:
    """What is wrong with how the texts are cut, in words, and the settings that mend it."""

    why: str
    button: str
    settings: dict[str, str]


def remedy(profile: Profile) -> Remedy | None:
    """What to do about a vocabulary that hardly fits the texts; None where it fits."""
    known, pieces = profile.coverage.share, _tr("Learn pieces of words")
    if profile.pretrained and not knows_enough(known):
        return Remedy(
            _tr("{model} knows only {share} of the words: it has learnt another language, or texts of quite another "
                "kind, and would begin with next to nothing.").format(model=profile.pretrained, share=f"{known:.0%}"),
            pieces, {"model.pretrained": "none", "tokens.tokenizer": "unigram"})
    if profile.pretrained or not isinstance(profile.tokenizer, WordTokenizer):
        return None
    if profile.fitting != "word":
        return Remedy(
            _tr("These texts have no spaces between their words, so that whole clauses count as words."),
            pieces, {"tokens.tokenizer": profile.fitting})
    if known < FAMILIAR:
        return Remedy(
            _tr("Only {share} of the words are common enough for a place in the vocabulary; the rest would be read as "
                "unknown.").format(share=f"{known:.0%}"),
            pieces, {"tokens.tokenizer": "unigram"})
    return None


@dataclass(frozen=True)
class Seen:
    """A document as it is shown: the first :data:`LONGEST` of its ``characters`` and the tokens of these.

    ``tokens`` is None where there was nothing yet to cut it with; ``unknown`` of them the vocabulary lacks.
    """

    text: str
    characters: int
    tokens: tuple[str, ...] | None = None
    unknown: int = 0


def read_document(documents: Documents, row: int, tokenizer: Tokenizer | None) -> Generator[Event, None, Seen]:
    """One document from the copy on disk, cut into tokens: a long one takes a while."""
    yield Progress("Reading the document", 0, 0)
    whole = documents.text_of(row)
    read = as_read(whole)
    text = read[:LONGEST]
    if tokenizer is None:
        return Seen(text, len(read))
    yield Progress("Cutting into tokens", 0, 0)
    tokens = tuple(tokenizer.tokens(whole[:LONGEST]))
    return Seen(text, len(read), tokens, sum(token not in tokenizer.vocabulary for token in tokens))


def read_preview(config: CorpusConfig, base: Path) -> Generator[Event, None, Preview]:
    """The beginning of the corpus as it will be read."""
    path = located(config.path, base)
    yield Progress("Looking at the file", 0, 0)
    return preview(path, config)


def read_stamp(config: CorpusConfig, base: Path) -> Generator[Event, None, str]:
    """A cheap fingerprint of the corpus' files as they are now; empty where one is gone."""
    yield Progress("Looking at the file", 0, 0)
    try:
        return corpus_stamp(config, base)
    except CorpusError:
        return ""


def read_corpus(config: RunConfig, cache: Path, base: Path) -> Generator[Event, None, Opened]:
    """All of the corpus; what was imported before is there at once.

    :raises CorpusError: it cannot be read, or the project's folder is gone.
    """
    if not base.is_dir():
        raise CorpusError(f"The project's folder is gone from {base}. Put it back, or open it where it is now.")
    documents = yield from open_corpus(config.corpus, cache, seed=config.seed, base=base)
    snippets = yield from make_snippets(documents)
    # Of a classifier, whether or not one is wanted now: the epochs may be set anew without reading the corpus again.
    problems = start_problems(RunConfig(corpus=config.corpus), documents)
    return Opened(documents, snippets, {part: documents.count(part) for part in PART_NAMES}, balance(documents),
                  asdict(problems[0]) if problems else {})


def read_profile(documents: Documents, config: RunConfig, base: Path) -> Generator[Event, None, Profile]:
    """Cut a sample into tokens as a run will: lengths, and how much of it the vocabulary of the model knows that the
    run starts from, or one that is learnt from the sample where it starts from scratch."""
    rows = _sample_rows(documents, config.seed)
    texts = list(documents.texts_of(rows))
    known, name = None, ""
    shares = yield from known_shares(language_models(models_folder()), language_texts(documents))
    pretrained = starting_model(config, shares, models_folder() if documents.labels else None, base)
    shipped = pretrained_path(config, base)
    refused = None
    if pretrained is None and shipped is not None:
        refused = describe_bundle(shipped).title or shipped.stem, shares[shipped]
    if pretrained is not None:
        known, name = tokenizer_of(pretrained), describe_bundle(pretrained).title or pretrained.stem
    tokenizer = known or (yield from learn_tokenizer(lambda: iter(texts), config.tokens, total=len(texts)))
    lengths = np.zeros(len(texts), dtype=np.int64)
    counts: Counter[str] = Counter()
    for start in range(0, len(texts), _BATCH):
        for place, tokens in enumerate(map(tokenizer.tokens, texts[start : start + _BATCH]), start):
            lengths[place] = len(tokens)
            counts.update(tokens)
        yield Progress("Cutting into tokens", start, len(texts), "documents")
    kept = int((documents.parts >= 0).sum())
    coverage = coverage_of_counts(counts, tokenizer.vocabulary)
    if known is not None:  # by what the run itself goes when it decides whether to start from the model
        share = shares.get(pretrained) if pretrained is not None else None
        coverage = replace(coverage, share=known_share(known, language_texts(documents)) if share is None else share)
    return Profile(lengths, kept, tokenizer, coverage, _vocabulary(counts, tokenizer, config.tokens), name,
                   choose_kind(texts), {str(path): share for path, share in shares.items()}, refused)


def _vocabulary(counts: Counter[str], tokenizer: Tokenizer, config: TokenConfig) -> int:
    """Words: as many as are seen often enough. Pieces of words: the tokeniser's own."""
    if not isinstance(tokenizer, WordTokenizer):
        return len(tokenizer.vocabulary)
    often = sum(count >= config.min_frequency for token, count in counts.items() if token not in SPECIALS)
    return min(config.vocab_size, often + len(SPECIALS))


def facts_of(corpus: Opened, profile: Profile, config: RunConfig) -> CorpusFacts:
    """What the Model page reckons with."""
    lengths = profile.lengths
    limited = np.minimum(lengths, config.tokens.max_tokens)
    return CorpusFacts(
        key=facts_key(config), classes=len(corpus.documents.labels), vocabulary=profile.vocabulary,
        train=corpus.counts["train"], others=corpus.counts["unlabelled"],
        held=corpus.counts["validation"],
        tokens=float(lengths.mean()) if len(lengths) else 0.0, limited=float(limited.mean()) if len(lengths) else 0.0,
        shares=profile.shares, stamp=corpus.documents.stamp,
        hindrance=corpus.hindrance,
    )


def _sample_rows(documents: Documents, seed: int) -> npt.NDArray[np.int64]:
    kept = np.flatnonzero(documents.parts >= 0).astype(np.int64)
    if len(kept) <= SAMPLE:
        return kept
    return np.sort(np.random.default_rng(seed).choice(kept, SAMPLE, replace=False))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Corpus", text)
