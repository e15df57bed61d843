"""What has been found out about a corpus and others need to know: kept beside the corpus' copies."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ulmengine.config import RunConfig
from ulmengine.disk import read_json, whole
from ulmengine.models import models_folder, starting_model
from ulmengine.plan import StagePlan

FILE = "corpus-facts.json"
ALL_LABELS = "all labels"
EPOCH = 100
"""Batches of an epoch while they are not known: the corpus has not been read."""


@dataclass(frozen=True)
class CorpusFacts:
    """Numbers of a corpus. ``key`` says for which settings they hold.

    ``classes``: labels. ``vocabulary``: tokens its vocabulary will have, about. ``train``, ``others``, ``held``:
    documents to train the classifier on, further ones for the language model, those for validation. ``tokens``: mean a
    document; ``limited``: the same with longer documents counted up to the document limit. ``shares``: of the words,
    those that each language model knows, by its path, 0 to 1. ``stamp``: of the files as they were then
    (:func:`ulmengine.corpus.corpus_stamp`); empty: an earlier version of the program found them out. ``hindrance``: why
    no classifier can be trained on it, as :func:`ulmengine.runs.checks.start_problems` tells it (kind, text, advice,
    remedy); empty where nothing is known to speak against it.
    """

    key: str
    classes: int
    vocabulary: int
    train: int
    others: int
    tokens: float
    limited: float
    held: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    stamp: str = ""
    hindrance: dict[str, Any] = field(default_factory=dict)

    def save(self, cache: Path) -> None:
        """Write the facts into ``cache``; a folder that cannot be written costs the estimates, nothing else."""
        with suppress(OSError):
            cache.mkdir(exist_ok=True)  # in a project that is there: one that was moved away is not made anew
            with whole(cache / FILE) as beside:
                beside.write_text(json.dumps(asdict(self)), encoding="utf-8")


def batches_an_epoch(config: RunConfig, facts: CorpusFacts) -> dict[str, int]:
    """Batches of an epoch of the "language_model" and the "classifier", and of a stage that learns from all labels
    (:data:`ALL_LABELS`), as the run will cut them (about, where only a part of the documents was counted)."""
    language, documents = config.language_model, config.classifier
    tokens = facts.tokens * (facts.train + facts.others)
    rows = max(1, min(language.batch_size, int(tokens) // language.bptt))
    found = {"language_model": max(1, math.ceil(tokens / rows / language.bptt))}
    if facts.classes:
        for name, count in (("classifier", facts.train), (ALL_LABELS, facts.train + facts.held)):
            left = count % documents.batch_size
            batches = count // documents.batch_size + (1 if left > 1 or count == left else 0)  # none of one document
            if config.tokens.batch_tokens:
                batches = max(batches, math.ceil(facts.limited * count / config.tokens.batch_tokens))
            found[name] = max(1, batches)
    return found


def steps_of(plan: StagePlan, batches: Mapping[str, int]) -> int:
    """Optimizer steps of a stage, with the ``batches`` that :func:`batches_an_epoch` gives, or as if there were
    :data:`EPOCH` of them."""
    return plan.steps(batches.get(ALL_LABELS if plan.refit else plan.task, EPOCH))


def start_of(config: RunConfig, facts: CorpusFacts | None, base: Path | None = None) -> Path | None:
    """The language model that a run of ``config``, in the folder ``base``, will start from, by what is known of its
    corpus; None: from scratch. Without ``facts`` the corpus is taken to have labels, and words that the shipped model
    knows."""
    shares = {} if facts is None else {Path(path): share for path, share in facts.shares.items()}
    return starting_model(config, shares, models_folder() if facts is None or facts.classes else None, base)


def facts_key(config: RunConfig) -> str:
    """The settings on which the facts depend, of a description as a run has it: every path absolute."""
    part = RunConfig(corpus=config.corpus, tokens=config.tokens, seed=config.seed)
    return hashlib.blake2b(part.model_dump_json().encode(), digest_size=12).hexdigest()


def forget_facts(cache: Path) -> None:
    """Nothing is known of the corpus any more."""
    with suppress(OSError):
        (cache / FILE).unlink(missing_ok=True)


def known_facts(config: RunConfig, cache: Path) -> CorpusFacts | None:
    """The facts in ``cache`` if they hold for ``config``, a description as a run has it."""
    try:
        facts = CorpusFacts(**read_json(cache / FILE))
    except (OSError, ValueError, TypeError):
        return None
    return facts if facts.key == facts_key(config) else None
