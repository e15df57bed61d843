"""What a run would take for the corpus at hand, and why: before it begins, without training anything."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from pathlib import Path

from ulmengine.config import RunConfig, Sizes
from ulmengine.corpus import open_corpus
from ulmengine.events import Event, Progress
from ulmengine.models import knows_enough, load_bundle, pretrained_path
from ulmengine.plan.usual import LEAST_KNOWN, CorpusSize, Usual, usual_settings
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer, choose_kind

from .prepare import known_share, language_texts, with_best_pretrained

_SAMPLE = 300


def explain(config: RunConfig, cache: Path, own: Path | None = None) -> Generator[Event, None, list[Usual]]:
    """The settings that the corpus decides, as a run takes them, and those of which another value is usual for it.

    :param own: the folder of the person's own models.
    :raises CorpusError: the corpus cannot be read.
    """
    documents = yield from open_corpus(config.corpus, cache, seed=config.seed)
    sample = list(islice(language_texts(documents), _SAMPLE))
    yield Progress("Looking at the texts", 0, 0)
    chosen = config if own is None else (yield from with_best_pretrained(config, cache, own))
    path, told = pretrained_path(chosen), "as set"
    bundle = None if path is None else load_bundle(path)
    if config.model.pretrained == "auto":
        told = "no model of this size and kind of tokens is shipped"
        if bundle is not None:
            known = known_share(bundle.tokenizer, language_texts(documents))
            told = f"it knows {known:.0%} of the words; {LEAST_KNOWN:.0%} are needed"
            bundle = bundle if knows_enough(known) else None
    cutter = WordTokenizer(Vocabulary(SPECIALS)) if bundle is None else bundle.tokenizer
    tokens = sum(len(cutter.tokens(text)) for text in sample) / max(1, len(sample))
    sizes = config.model.sizes() if bundle is None else Sizes(*bundle.description.sizes)
    name = "none: from scratch" if bundle is None else bundle.description.title or bundle.path.stem
    found = [Usual("model.pretrained", name, config.model.pretrained, told)]
    if config.tokens.tokenizer == "auto":
        kind, why = (bundle.description.tokenizer, "as the pretrained model has it") if bundle is not None \
            else (choose_kind(language_texts(documents)), "as suits the script")
        found.append(Usual("tokens.tokenizer", kind, "auto", why))
    size = CorpusSize(
        documents=documents.count("train") if documents.labels else 0,
        texts=documents.count("train") + documents.count("unlabelled"), tokens=tokens, pretrained=bundle is not None,
    )
    return [*found, *usual_settings(size, sizes, config)]
