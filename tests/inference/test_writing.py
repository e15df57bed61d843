"""Text written by a model that was saved: from a person's words, by either direction, on the command line too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.models.made import MODEL, SIZES, TOKENS, save
from ulmengine.cli import main
from ulmengine.config import DropoutConfig
from ulmengine.inference import InferenceError, generate_text
from ulmengine.models import ModelError, load_bundle
from ulmengine.nets import LanguageModel
from ulmengine.tokens import BOS


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Both directions, each sure of its words."""
    state = {}
    for seed, direction in enumerate(("forward", "backward")):
        torch.manual_seed(seed)
        net = LanguageModel(len(TOKENS.vocabulary), SIZES, DropoutConfig())
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter)
        state |= {f"{direction}.{name}": value for name, value in net.state_dict().items()}
    return save(tmp_path / "m.ulmfit", state, kind="language_model", labels=(), model=MODEL)


def likeliest(path: Path, direction: str, read: list[int], length: int) -> list[int]:
    """Always the likeliest token, each from the whole text so far read anew; in the order of writing."""
    net, written = load_bundle(path).language_models()[direction], []
    for _ in range(length):
        scores = net.logits(torch.tensor([read + written]))[0][0, -1].detach()
        scores[:2] = -torch.inf
        written.append(int(scores.argmax()))
    return written


def test_the_likeliest_text_after_and_before_the_words(model: Path) -> None:
    bundle = load_bundle(model)
    good, bad, film = (TOKENS.vocabulary.index(word) for word in ("good", "bad", "film"))
    after = likeliest(model, "forward", [BOS, good, bad, film], 5)
    assert generate_text(bundle, "good bad film", length=5, temperature=0) == TOKENS.decode(after)
    before = likeliest(model, "backward", [BOS, film, bad, good], 5)
    text = generate_text(bundle, "good bad film", length=5, temperature=0, direction="backward")
    assert text == TOKENS.decode(before[::-1])
    alone = likeliest(model, "forward", [BOS], 5)
    assert generate_text(bundle, length=5, temperature=0) == TOKENS.decode(alone)


def test_a_seed_makes_it_repeatable(model: Path) -> None:
    bundle = load_bundle(model)
    texts = [generate_text(bundle, "good", length=30, temperature=3.0, seed=seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_what_cannot_write_is_told(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InferenceError, match="does not read sideways"):
        generate_text(load_bundle(model), direction="sideways")
    with pytest.raises(InferenceError, match="at least one token"):
        generate_text(load_bundle(model), length=0)
    with pytest.raises(ModelError, match="this is a classifier"):
        generate_text(load_bundle(save(tmp_path / "c.ulmfit")))


def test_the_command_line_writes_the_same(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = generate_text(load_bundle(model), "good film", length=6, seed=3)
    assert main(["generate", str(model), "good film", "--length", "6", "--seed", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"prompt": "good film", "text": expected}
    options = ["--length", "6", "--seed", "3"]
    for given in ([str(model), "good film", *options], [str(model), *options, "good film"],
                  [*options, str(model), "good film"], [str(model), *options, "--", "good film"]):
        assert main(["generate", *given]) == 0
        assert capsys.readouterr().out.rstrip("\n") == expected


def test_a_seed_of_too_many_digits_is_refused() -> None:
    with pytest.raises(InferenceError, match="at most 18 digits"):
        generate_text(None, "a", seed=10**19)  # type: ignore[arg-type]


@pytest.mark.parametrize("temperature", [-1.0, 1e-30, 1e30, float("nan"), float("inf")])
def test_odd_temperatures_are_refused(temperature: float) -> None:
    with pytest.raises(InferenceError, match="temperature is 0"):
        generate_text(None, "a", temperature=temperature)  # type: ignore[arg-type]
