"""What the tests of the Classify page share: a classifier made by hand, runs that have finished, a wait for quiet."""

from __future__ import annotations

from pathlib import Path

import torch
from pytestqt.qtbot import QtBot

from studio.pages.classify.page import ClassifyPage
from studio.project import Project
from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.inference import Predictor
from ulmengine.models import load_bundle, save_bundle
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.record import RunFolder
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

WORDS = ("good", "bad", "film", "the", "a", "was", "not", "very", "story", ".", "!")
TEXTS = ("The good film was good!", "A bad story.", "not very good", "The film. The story! Bad, bad.")


def make_bundle(path: Path, seed: int = 0, labels: tuple[str, ...] = ("neg", "pos"), title: str = "") -> Path:
    """A classifier that has made up its mind without having learnt anything."""
    model = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, head_hidden=5)
    tokenizer = WordTokenizer(Vocabulary((*SPECIALS, *WORDS)))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        network = TextClassifier(AWDLSTM(len(tokenizer.vocabulary), Sizes(6, 8, 2), DropoutConfig()), len(labels),
                                 model, bptt=7, max_tokens=40)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.7)
    save_bundle(path, kind="classifier", state=network.state_dict(), tokenizer=tokenizer.to_json(),
                sizes=Sizes(6, 8, 2), model=model, labels=labels, max_tokens=40, bptt=7,
                card={"title": title} if title else {})
    return path


def settle(qtbot: QtBot, page: ClassifyPage) -> None:
    qtbot.waitUntil(lambda: not (page._slot.running or page._beside_slot.running or page.one.busy or page.many.busy),
                    timeout=20_000)


def hold(page: ClassifyPage, bundle: Path, qtbot: QtBot, *paths: Path) -> None:
    """Use ``bundle`` and classify ``paths`` with it."""
    page.dropped([str(bundle)])
    settle(qtbot, page)
    if paths:
        page.dropped([str(path) for path in paths])
        settle(qtbot, page)


def finished_run(project: Project, name: str, bundle: Path) -> Path:
    """The model of a run of ``project`` that has just finished."""
    run = RunFolder.create(project.runs / name, project.config)
    run.model_path.write_bytes(bundle.read_bytes())
    return run.model_path


def expected(bundle: Path, texts: list[str]) -> list[dict[str, float]]:
    return [one.probabilities for one in Predictor(load_bundle(bundle), "cpu").predict(texts)]
