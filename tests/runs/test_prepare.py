"""What a run makes of a corpus before it trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.helpers import finish, with_events
from ulmengine.corpus import open_corpus
from ulmengine.events import Progress
from ulmengine.runs.batches import document_batches
from ulmengine.runs.prepare import prepare

from .made import tiny_config, write_corpus


def test_a_run_uses_the_copy_that_was_made_when_the_corpus_was_looked_at(tmp_path: Path) -> None:
    config, cache = tiny_config(write_corpus(tmp_path / "corpus.csv")), tmp_path / "cache"
    finish(open_corpus(config.corpus, cache, seed=config.seed))
    _, events = with_events(prepare(config, cache))
    assert not any(event.task.startswith("Reading") for event in events if isinstance(event, Progress))
    assert len(list(cache.rglob("table.json"))) == 1


@pytest.mark.parametrize("budget", [0, 40])
def test_a_batch_holds_no_more_tokens_than_set(tmp_path: Path, budget: int) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"), f"tokens.batch_tokens={budget}")
    prepared = finish(prepare(config, tmp_path / "cache"))
    batches = document_batches(config, prepared, "forward", "train")
    assert batches is not None
    sizes = [batch.tokens.numel() for batch in batches.epoch(0)]
    assert (max(sizes) <= 40) == bool(budget)
    assert sum(map(len, batches.batches(0))) == prepared.documents.count("train")
