"""A language model is measured by the words that it predicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from ulmengine.cli import main
from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.models import load_bundle, save_bundle
from ulmengine.nets import LanguageModel
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

WORDS = (*SPECIALS, "red", "green", "blue", "the", "is", "and")
TEXTS = ("The red is green and the blue is red.", "Blue and green.", "the the is purple")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A language model of both directions, not trained."""
    torch.manual_seed(3)
    sizes = Sizes(6, 8, 2)
    networks = {way: LanguageModel(len(WORDS), sizes, DropoutConfig()) for way in ("forward", "backward")}
    save_bundle(
        tmp_path / "words.ulmfit", kind="language_model", sizes=sizes,
        state={f"{way}.{name}": value for way, network in networks.items()
               for name, value in network.state_dict().items()},
        tokenizer=WordTokenizer(Vocabulary(WORDS)).to_json(),
        model=ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, direction="both"),
    )
    return tmp_path / "words.ulmfit"


def test_every_word_is_predicted_once_both_ways(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts.csv").write_text("text\n" + "".join(f'"{text}"\n' for text in TEXTS), encoding="utf-8")
    assert main(["evaluate", str(model), str(tmp_path / "texts.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    bundle = load_bundle(model)
    ids = [token for text in TEXTS for token in bundle.tokenizer.encode(text)]
    assert found["tokens"] == len(ids)
    assert found["unknown"] == pytest.approx(ids.count(0) / len(ids))
    assert 0 < found["unknown"] < 0.5
    for way, network in bundle.language_models().items():
        read = torch.tensor(ids if way == "forward" else ids[::-1])
        with torch.no_grad():
            scores = network.logits(read.roll(1)[None])[0][0]
        expected = torch.nn.functional.cross_entropy(scores, read).exp()
        assert found["perplexity"][way] == pytest.approx(float(expected), rel=1e-4), way


def test_texts_are_read_in_the_format_that_is_named(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts.csv").write_text("text,topic\n" + "".join(f"{text},red\n" for text in TEXTS), encoding="utf-8")

    def tokens(*more: str) -> int:
        assert main(["evaluate", str(model), str(tmp_path / "texts.csv"), "--json", *more]) == 0
        return int(json.loads(capsys.readouterr().out)["tokens"])

    assert tokens() == tokens("--format", "csv") == tokens("--text", "text") < tokens("--format", "lines")


def test_what_is_for_classifiers_is_refused(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    assert main(["evaluate", str(model), str(tmp_path / "texts.txt"), "--label", "topic"]) == 1
    assert "for classifiers" in capsys.readouterr().err
    assert main(["evaluate", str(model), str(tmp_path / "texts.txt")]) == 0
    out = capsys.readouterr().out
    assert out.count("perplexity") == 2
    assert "backward" in out
