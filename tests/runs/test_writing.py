"""What a run's language model writes: on from a document's opening, or backwards from its end."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from ulmengine import events as ev
from ulmengine.config import DropoutConfig, RunConfig
from ulmengine.events import outcome
from ulmengine.inference.writing import write_on
from ulmengine.nets import LanguageModel
from ulmengine.runs import Run
from ulmengine.runs.prepare import Prepared, prepare
from ulmengine.runs.stages import writer
from ulmengine.tokens import BOS

from .made import tiny_config, tiny_run, write_corpus


class Chain(LanguageModel):
    """After each token always the same other one; keeps what it was given to read."""

    def __init__(self, vocabulary: int, after: dict[int, int], config: RunConfig) -> None:
        super().__init__(vocabulary, config.model.sizes(), DropoutConfig())
        self.after, self.read = after, list[list[int]]()

    def next_scores(self, tokens: Tensor, state: object = None) -> tuple[Tensor, None]:  # type: ignore[override]
        self.read.append(tokens[0].tolist())
        scores = torch.full((1, self.encoder.vocabulary), -1e4)
        scores[0, self.after[self.read[-1][-1]]] = 1e4
        return scores, None


def prepared_run(tmp_path: Path) -> Prepared:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"))
    return outcome(prepare(config, tmp_path / "cache"))


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_document_is_given_in_the_order_in_which_the_network_reads(tmp_path: Path, direction: str) -> None:
    """A circle of three words, each the one after the other for a network of this direction."""
    prepared = prepared_run(tmp_path)
    words, text = prepared.tokenizer.vocabulary, next(iter(prepared.documents.texts("validation"))).split()
    circle = [words.index(word) for word in ("apple", "pear", "plum")]
    after = dict.fromkeys(range(len(words)), circle[0]) | dict(zip(circle, (*circle[1:], circle[0]), strict=True))
    net = Chain(len(words), after, prepared.config)
    prompt, written = writer(prepared, direction)(net)
    backward = direction == "backward"
    shown = [word if word in words else "<unk>" for word in text]
    expected = text[-1:-4:-1] if backward else text[:3]
    assert net.read[0] == [BOS, *(words.index(word) for word in expected)]
    start = circle.index(after[net.read[0][-1]])
    chain = [("apple", "pear", "plum")[(start + n) % 3] for n in range(40)]
    if backward:
        assert prompt == ""
        assert written.split() == [*reversed(chain), "…", *shown[-3:]]
    else:
        assert (prompt.split(), written.split()) == (shown[:3], chain)


def test_what_a_backward_network_writes_is_turned_round() -> None:
    config = RunConfig()
    net = Chain(20, {2: 9, 11: 12, 12: 13, 13: 14}, config)
    source = torch.Generator()
    assert write_on(net, [10, 11], 3, backward=False, generator=source) == [12, 13, 14]
    assert write_on(net, [11, 10], 3, backward=True, generator=source) == [14, 13, 12]
    assert [read for read in net.read if len(read) > 1] == [[2, 10, 11], [2, 10, 11]]


def test_each_direction_of_a_run_writes_in_its_own_way(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "model.direction=both", "classifier.epochs=[0]")
    said = [event for event in Run(folder).events() if isinstance(event, ev.TextWritten)]
    assert [bool(event.prompt) for event in said] == [True, False]
    assert [" … " in event.text for event in said] == [False, True]
