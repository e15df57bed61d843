"""What is said of a run before it begins is what the run does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ulmengine.corpus import open_corpus
from ulmengine.events import outcome
from ulmengine.models import catalogue
from ulmengine.runs import explained, prepare
from ulmengine.runs.explained import explain
from ulmengine.runs.prepare import find_pretrained, language_texts

from .test_own_texts import GERMAN, labelled, own_model


@pytest.mark.parametrize(("unknown", "used"), [(450, True), (900, False)])
def test_the_pretrained_model_named_is_the_one_that_a_run_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unknown: int, used: bool
) -> None:
    """Of the first texts it knows half the words; how many a run looks at decides."""
    config = labelled(tmp_path / "c.csv", [f"der film q{chr(97 + number % 26)}x vielleicht" if number < unknown else
                                           " ".join(GERMAN[:6]) for number in range(900)])
    path = own_model(tmp_path / "own", GERMAN)
    for module in (catalogue, explained, prepare):
        monkeypatch.setattr(module, "pretrained_path", lambda *_: path)
    documents = outcome(open_corpus(config.corpus, tmp_path / "cache", seed=config.seed))
    assert (outcome(find_pretrained(config, language_texts(documents))) is not None) is used
    told = {one.name: one for one in outcome(explain(config, tmp_path / "cache"))}
    assert told["model.pretrained"].value == ("German" if used else "none: from scratch")
    assert told["tokens.tokenizer"].value == "word"
