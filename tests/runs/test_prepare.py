"""What a run makes of a corpus before it trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.helpers import with_events
from ulmengine.config import RunConfig, with_settings
from ulmengine.corpus import open_corpus
from ulmengine.events import Note, Progress, outcome
from ulmengine.models import pretrained_path
from ulmengine.runs.batches import document_batches
from ulmengine.runs.prepare import find_pretrained, known_share, prepare
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

from .made import tiny_config, write_corpus


def test_a_run_uses_the_copy_that_was_made_when_the_corpus_was_looked_at(tmp_path: Path) -> None:
    config, cache = tiny_config(write_corpus(tmp_path / "corpus.csv")), tmp_path / "cache"
    outcome(open_corpus(config.corpus, cache, seed=config.seed))
    _, events = with_events(prepare(config, cache))
    assert not any(event.task.startswith("Reading") for event in events if isinstance(event, Progress))
    assert len(list(cache.rglob("table.json"))) == 1


@pytest.mark.parametrize("budget", [0, 40])
def test_a_batch_holds_no_more_tokens_than_set(tmp_path: Path, budget: int) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"), f"tokens.batch_tokens={budget}")
    prepared = outcome(prepare(config, tmp_path / "cache"))
    batches = document_batches(prepared, "forward", "train")
    assert batches is not None
    sizes = [batch.tokens.numel() for batch in batches.epoch(0)]
    assert (max(sizes) <= 40) == bool(budget)
    assert sum(map(len, batches.batches(0))) == prepared.documents.count("train")


@pytest.mark.parametrize(("text", "model"), [
    ("the film was long but the story is good and the people in it are very funny", "english-small.ulmfit"),
    ("der Film war lang, aber die Geschichte ist gut und die Leute darin sind sehr lustig", ""),
    ("이 영화는 정말 재미있고 배우들의 연기도 아주 훌륭합니다", ""),
    ("这部电影很长，但是故事很好，里面的人非常有趣。", ""),
])
def test_a_model_is_chosen_by_itself_only_where_it_knows_the_words(text: str, model: str) -> None:
    found, events = with_events(find_pretrained(RunConfig(), [text] * 3))
    assert (found.path.name if found else "") == model
    assert any("knows only" in event.text for event in events if isinstance(event, Note)) is not bool(model)


def test_a_language_model_alone_starts_from_the_model_that_was_not_taught() -> None:
    alone = with_settings(RunConfig(), ["corpus.label_columns=['none']"])
    assert [path.name for path in map(pretrained_path, (alone, RunConfig())) if path] == [
        "english-small-untaught.ulmfit", "english-small.ulmfit"]


def test_words_without_letters_do_not_count_as_known() -> None:
    tokenizer = WordTokenizer(Vocabulary((*SPECIALS, ",", ".", "the", "5")))
    assert known_share(tokenizer, ["the, cat. 5", "the the"]) == 3 / 4
    assert known_share(tokenizer, ["., 5"]) == 1.0
