"""An encoder is led towards vectors that a teacher made of the words of each passage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from tests.corpus.helpers import finish
from ulmengine.cli import main
from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.models import load_bundle, save_bundle
from ulmengine.nets import AWDLSTM, LanguageModel
from ulmengine.plan.errors import TrainingError
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer
from ulmengine.training.teaching import Lesson, teach

WORDS = 20


def lessons(count: int, width: int = 8) -> tuple[list[np.ndarray], np.ndarray]:
    """Passages of two to six words, and the mean of vectors that each word has, of length 1."""
    draw = np.random.default_rng(0)
    own = draw.normal(size=(WORDS, width))
    passages = [draw.integers(0, WORDS, draw.integers(2, 7)) for _ in range(count)]
    means = np.stack([own[passage].mean(0) for passage in passages])
    return [passage + len(SPECIALS) for passage in passages], means / np.linalg.norm(means, axis=1, keepdims=True)


def test_what_was_never_shown_is_understood_too() -> None:
    torch.manual_seed(0)
    encoder = AWDLSTM(len(SPECIALS) + WORDS, Sizes(16, 24, 2), DropoutConfig())
    passages, vectors = lessons(1_200)
    lesson = Lesson(epochs=12, lr=1e-2, batch_size=32, held=200)
    assert finish(teach(encoder, passages, vectors, Lesson(epochs=0.01, lr=1e-9, batch_size=32, held=200))) < 0.3
    assert finish(teach(encoder, passages, vectors, lesson)) > 0.8


def test_what_does_not_fit_is_said() -> None:
    encoder = AWDLSTM(len(SPECIALS) + WORDS, Sizes(4, 4, 1), DropoutConfig())
    passages, vectors = lessons(30)
    with pytest.raises(TrainingError, match="do not fit"):
        finish(teach(encoder, passages[1:], vectors, Lesson()))
    with pytest.raises(TrainingError, match="too few"):
        finish(teach(encoder, passages, vectors, Lesson()))


def test_the_command_gives_a_model_that_says_how_it_was_taught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*SPECIALS, "red", "green", "blue", "the", "is")
    model = LanguageModel(len(words), Sizes(6, 8, 2), DropoutConfig())
    save_bundle(tmp_path / "old.ulmfit", kind="language_model", state=model.state_dict(), sizes=Sizes(6, 8, 2),
                tokenizer=WordTokenizer(Vocabulary(words)).to_json(), card={"title": "Old"},
                model=ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2))
    draw = np.random.default_rng(1)
    frame = pl.DataFrame({
        "text": [f"the {draw.choice(['red', 'green', 'blue'])} is {number}" for number in range(2_200)],
        "vector": [draw.normal(size=5).tolist() for _ in range(2_200)],
    })
    frame.write_parquet(tmp_path / "passages.parquet")
    command = ["teach", str(tmp_path / "old.ulmfit"), str(tmp_path / "passages.parquet"), "--out",
               str(tmp_path / "new.ulmfit"), "--teacher", "a teacher", "--epochs", "1"]
    assert main(command) == 0
    about = load_bundle(tmp_path / "new.ulmfit").description
    assert about.kind == "language_model"
    assert about.title == "Old"
    assert str(about.card["taught"]).startswith("2,200 passages, 1 epochs, by a teacher; mean cosine ")
    frame.select("text").write_parquet(tmp_path / "bare.parquet")
    assert main([*command[:2], str(tmp_path / "bare.parquet"), *command[3:]]) == 1
    assert "columns text and vector" in capsys.readouterr().err
