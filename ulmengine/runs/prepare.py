"""From a corpus on disk to token stores: what a run needs before it can train."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np

from ulmengine.config import RunConfig, Sizes
from ulmengine.corpus import CorpusError, Documents, open_corpus
from ulmengine.corpus.repeats import unseen_labels
from ulmengine.corpus.split import PART_NAMES
from ulmengine.disk import read_json, whole
from ulmengine.events import Event, Note, Progress
from ulmengine.models import (
    Bundle,
    ModelError,
    ModelFile,
    load_bundle,
    own_candidates,
    pretrained_path,
    shipped_models,
    starting_model,
)
from ulmengine.plan import StagePlan, plan_stages
from ulmengine.tokens import (
    SPECIALS,
    Tokenizer,
    TokenStore,
    WordTokenizer,
    encode_texts,
    extend_vocabulary,
    learn_tokenizer,
    tokenizer_from_json,
)
from ulmengine.tokens.learn import is_piecewise
from ulmengine.tokens.specials import UNK_TOKEN

from .checks import check_start

_SAMPLE, _SAMPLE_CHARACTERS = 500, 2_000


@dataclass(frozen=True)
class Prepared:
    """The corpus of a run of ``config`` as the networks see it. ``stores``: one for each part that holds documents."""

    config: RunConfig
    documents: Documents
    tokenizer: Tokenizer
    stores: dict[str, TokenStore]
    pretrained: Bundle | None
    sizes: Sizes

    def language_model_stores(self) -> list[TokenStore]:
        """What a language model may read: training and unlabelled documents, never held-back ones."""
        return [self.stores[part] for part in ("train", "unlabelled") if part in self.stores]

    @property
    def language_model_tokens(self) -> int:
        """How many tokens those are."""
        return sum(store.tokens for store in self.language_model_stores())

    def plans(self) -> tuple[StagePlan, ...]:
        """The stages of the run."""
        return plan_stages(
            self.config, layers=self.sizes.layers, pretrained=self.pretrained is not None,
            classifier=bool(self.documents.labels), held=self.documents.count("validation") > 0,
        )


def prepare(
    config: RunConfig, cache: Path, *, begun: bool = False, kept: Path | None = None, began_with: str = ""
) -> Generator[Event, None, Prepared]:
    """Read the corpus, learn or extend the vocabulary, encode every part; all of it cached in ``cache`` by content.

    :param kept: the tokeniser that a run began with and goes on with, if it was kept there.
    :param begun: the run has trained already, so that whether it can begin is not asked.
    :param began_with: the fingerprint of the corpus that it began with.
    :raises CorpusError, TokensError, ModelError, TrainingError: what cannot be read, in the person's words.
    """
    documents = yield from open_corpus(config.corpus, cache, seed=config.seed, began_with=began_with)
    if not begun:
        check_start(config, documents)
    if any(config.classifier.epochs):
        for finding in unseen_labels(documents):
            yield Note(finding.why, "warning")
    if len(documents.relabelled):
        yield Note(_relabelled(documents))
    texts = partial(language_texts, documents)
    pretrained = yield from find_pretrained(config, texts())
    total = documents.count("train") + documents.count("unlabelled")
    if pretrained is None:
        tokenizer = yield from _learnt(config, documents, cache, kept, total)
    else:
        tokenizer = yield from extend_vocabulary(pretrained.tokenizer, texts, config.tokens, total=total)
    stores = {}
    for part in PART_NAMES:
        count = documents.count(part)
        if count:
            key = f"{documents.fingerprint}-{part}"
            stores[part] = yield from encode_texts(
                documents.texts(part), tokenizer, cache / "tokens", key=key, total=count
            )
    sizes = config.model.sizes() if pretrained is None else Sizes(*pretrained.description.sizes)
    return Prepared(config, documents, tokenizer, stores, pretrained, sizes)


def _learnt(
    config: RunConfig, documents: Documents, cache: Path, kept: Path | None, total: int
) -> Generator[Event, None, Tokenizer]:
    """The tokeniser of a run from scratch. Pieces of words come out a little otherwise each time that they are learnt,
    so those learnt once are used again: by a run that goes on, by its other processes, by the next run."""
    key = hashlib.sha256(f"{documents.fingerprint} {config.tokens.model_dump_json()}".encode()).hexdigest()[:20]
    cached = cache / "tokens" / f"tokenizer-{key}.json"
    for path in (kept, cached):
        with suppress(OSError, ValueError):  # missing or damaged: then they are learnt
            if path is not None:
                return tokenizer_from_json(read_json(path))
    learnt = yield from learn_tokenizer(partial(language_texts, documents), config.tokens, total=total)
    if not isinstance(learnt, WordTokenizer):
        cached.parent.mkdir(parents=True, exist_ok=True)
        keep_tokenizer(learnt, cached)
    return learnt


def keep_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write ``tokenizer`` down, whole or not at all."""
    with whole(path) as beside:
        beside.write_text(json.dumps(tokenizer.to_json(), ensure_ascii=False), encoding="utf-8")


def find_pretrained(config: RunConfig, texts: Iterable[str]) -> Generator[Event, None, Bundle | None]:
    """The language model to start from, if there is one, saying which or that there is none.

    :param texts: what is to be read: a model that is chosen by itself has to know most of their words.
    """
    chosen, path = config.model.pretrained, pretrained_path(config)
    if path is None:
        yield Note("The language model starts from scratch, as set." if chosen != "auto" else "No pretrained model is "
                   "shipped that fits these settings; the language model starts from scratch.")
        return None
    bundle = load_bundle(path)
    if chosen == "auto":
        name, known = bundle.description.title or path.stem, known_share(bundle.tokenizer, texts)
        if starting_model(config, {path: known}) is None:
            yield Note(f"The pretrained model {name} knows only {known:.0%} of the words of these texts, which is too "
                       "little to be of use; the language model starts from scratch. To start from it all the same, "
                       "set it as the pretrained model by its path.")
            return None
        yield Note(f"The language model starts from the pretrained model {name}.")
    yield from _tell_missing(bundle, config.model.direction)
    return bundle


def known_share(tokenizer: Tokenizer, texts: Iterable[str]) -> float:
    """The share of the running words of the first ``texts`` that ``tokenizer`` knows, 0 to 1; 1 for no words at all.

    What holds no letter does not count: commas are the same in most languages. Pieces of words spell whatever is
    written in their letters; a single letter is known only where it is a syllable or a word, as in Korean and Chinese.
    """
    known = words = 0
    whole_words = isinstance(tokenizer, WordTokenizer)
    for text in islice(texts, _SAMPLE):
        for token in tokenizer.tokens(text[:_SAMPLE_CHARACTERS]):
            letters = sum(map(str.isalpha, token))
            if token == UNK_TOKEN or (token not in SPECIALS and letters):
                words += 1
                known += token in tokenizer.vocabulary and token != UNK_TOKEN and (
                    whole_words or letters > 1 or is_piecewise(token))
    return known / words if words else 1.0


def known_shares(entries: Iterable[ModelFile], texts: Iterable[str]) -> Generator[Event, None, dict[Path, float]]:
    """:func:`known_share` of the language models ``entries``, by path; what cannot be read is left out."""
    sample = list(islice(texts, _SAMPLE))
    shares: dict[Path, float] = {}
    for entry in entries:
        yield Progress(f"Looking at {entry.name}", 0, 0)
        with suppress(ModelError):  # the Models page says what is wrong with it
            shares[entry.path] = known_share(tokenizer_of(entry.path), sample)
    return shares


def tokenizer_of(path: Path) -> Tokenizer:
    """What the model at ``path`` cuts texts with; it is opened once for as long as its file stays as it is.

    :raises ModelError: it cannot be read.
    """
    try:
        now = path.stat()
    except OSError:
        return load_bundle(path).tokenizer  # it says in its own words what is wrong
    return _tokenizer_of(path, now.st_size, now.st_mtime_ns)


@lru_cache(maxsize=8)
def _tokenizer_of(path: Path, *_state: int) -> Tokenizer:
    return load_bundle(path).tokenizer


def with_best_pretrained(config: RunConfig, cache: Path, own: Path) -> Generator[Event, None, RunConfig]:
    """``config`` with the best language model for its corpus as the pretrained one, where that is one of the person's
    own, in the folder ``own``; otherwise nothing is changed, and the run chooses as ever.

    It is settled before a run begins, so that a model which comes later changes nothing in it.
    """
    entries = own_candidates(config, own)
    if not entries:
        return config
    try:
        documents = yield from open_corpus(config.corpus, cache, seed=config.seed)
    except CorpusError:  # the run itself says what is wrong with it
        return config
    if not documents.labels:
        return config
    shipped = pretrained_path(config)
    shares = yield from known_shares(
        [*(entry for entry in shipped_models() if entry.path == shipped), *entries], language_texts(documents))
    best = starting_model(config, shares, own)
    if best in (None, shipped):
        return config
    name = next(entry.name for entry in entries if entry.path == best)
    yield Note(f"The language model starts from {name}, which knows {shares[best]:.0%} of the words of these texts.")
    return config.model_copy(update={"model": config.model.model_copy(update={"pretrained": str(best)})})


def _tell_missing(bundle: Bundle, direction: str) -> Generator[Event, None, None]:
    """Say which ``direction`` the model cannot start.

    :raises ModelError: it can start none that is wanted.
    """
    wanted = ("forward", "backward") if direction == "both" else (direction,)
    missing = [one for one in wanted if one not in bundle.description.directions]
    if len(missing) == len(wanted):
        raise ModelError(f"{bundle.path}: the model does not read {direction}; choose another one or direction")
    if missing:
        yield Note(f"The pretrained model does not read {missing[0]}: that network starts from scratch.", "warning")


def language_texts(documents: Documents) -> Iterable[str]:
    """What a language model reads: training and unlabelled texts, never held-back ones."""
    yield from documents.texts("train")
    yield from documents.texts("unlabelled")


def _relabelled(documents: Documents) -> str:
    """How many labels a person has corrected, and how many of those the result is measured on."""
    parts = ((part, int(np.isin(documents.rows(part), documents.relabelled).sum())) for part in PART_NAMES)
    told = ", ".join(f"{count:,} in {part}" for part, count in parts if count)
    return f"Labels corrected by a person: {len(documents.relabelled):,}{f' ({told})' if told else ''}."
