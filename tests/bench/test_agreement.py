"""Whether two precisions agree: what is compared, and on which documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bench.test_networks import DOCUMENTS
from tests.inference.made import MODEL, network, tokenizer
from ulmengine.bench import agreement as ag
from ulmengine.bench import predict
from ulmengine.cli import main
from ulmengine.config import Sizes
from ulmengine.inference import Predictor
from ulmengine.models import load_bundle, save_bundle

ROWS = [
    ("pos", "a good film"), ("neg", "the story was very bad"), ("neg", "not good ."), ("pos", "a very good story !"),
    ("neg", "bad and bad"), ("pos", "the film was good and not bad"),
]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A classifier that has made up its mind, with its labels in another order than the table's."""
    state = {f"forward.{name}": value for name, value in network(seed=1).state_dict().items()}
    path = tmp_path / "m.ulmfit"
    save_bundle(path, kind="classifier", state=state, tokenizer=tokenizer().to_json(), sizes=Sizes(6, 8, 2),
                model=MODEL, labels=("pos", "neg"), max_tokens=40, bptt=7)
    return path


def table(path: Path, rows: list[tuple[str, str]], copies: int = 4) -> Path:
    lines = [f"{label},{text} {'the ' * number}" for number in range(copies) for label, text in rows]
    path.write_text("\n".join(["label,text", *lines]) + "\n", encoding="utf-8")
    return path


TASK = {**DOCUMENTS, "precision": "bfloat16"}


def test_labels_and_probabilities_are_compared() -> None:
    exact, fast = np.array([[.9, .1], [.4, .6], [.51, .49]]), np.array([[.8, .2], [.3, .7], [.49, .51]])
    figures = ag.compared(exact, fast, multi_label=False, truth=np.array([0, 1, 1]))
    assert figures == {
        "documents": 3, "equal_labels": pytest.approx(2 / 3), "largest_difference": pytest.approx(.1),
        "accuracy_float32": pytest.approx(2 / 3), "accuracy": 1.0, "accuracy_points": pytest.approx(100 / 3),
    }


def test_several_labels_are_equal_when_all_are() -> None:
    exact, fast = np.array([[.9, .6], [.4, .6]]), np.array([[.9, .4], [.4, .6]])
    figures = ag.compared(exact, fast, multi_label=True, truth=np.array([[1, 1], [0, 1]]))
    assert (figures["equal_labels"], figures["accuracy_float32"], figures["accuracy"]) == (.5, 1.0, .5)
    assert figures["accuracy_points"] == -50


def test_without_a_model_a_random_network_is_asked() -> None:
    figures = ag.agreement(TASK)
    assert (figures["documents"], figures["precision"]) == (6, "bfloat16")
    assert 0 < figures["largest_difference"] < .1, "the precisions differ, but not by much"
    assert ag.agreement({**TASK, "precision": "float32"})["largest_difference"] == 0


def test_a_model_is_asked_as_it_is_used(model: Path, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ROWS)
    figures = ag.agreement(TASK, model, file)
    assert figures["documents"] == 24
    texts, truth, _ = ag.read(file, load_bundle(model), 1000)
    assert truth is not None
    said = [prediction.label for prediction in Predictor(load_bundle(model), "cpu", "float32").predict(texts)]
    right = np.mean([label == ("pos", "neg")[number] for label, number in zip(said, truth, strict=True)])
    assert figures["accuracy_float32"] == pytest.approx(right)
    assert [("pos", "neg")[number] for number in truth[:6]] == [label for label, _ in ROWS]


def test_some_of_many_documents_are_spread_over_the_file(model: Path, tmp_path: Path) -> None:
    texts, truth, _ = ag.read(table(tmp_path / "t.csv", ROWS), load_bundle(model), 3)
    assert len(texts) == 3
    assert truth is not None
    assert len(truth) == 3
    assert (texts[0].startswith("a good film"), texts[2].startswith("the film was good and")) == (True, True)


def test_labels_that_the_model_does_not_know_give_no_accuracy(model: Path, tmp_path: Path) -> None:
    figures = ag.agreement(TASK, model, table(tmp_path / "t.csv", [("odd", "a film"), ("pos", "the story")]))
    assert figures["accuracy_missing"] == "the model does not know the label odd"
    assert "accuracy" not in figures
    assert figures["documents"] == 8


def test_a_plain_text_has_no_labels(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("text\n" + "\n".join(f"{text}, {'very ' * n}" for n, (_, text) in enumerate(ROWS)) + "\n",
                    encoding="utf-8")
    figures = ag.agreement(TASK, model, file)
    assert figures["documents"] == 6
    assert "no such labels" in figures["accuracy_missing"]


@pytest.mark.parametrize("given", [["--model", "m.ulmfit"], ["--texts", "t.csv"]])
def test_one_without_the_other_is_said_before_anything_is_measured(
    given: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "with_reference", lambda *_: pytest.fail("measured"))
    assert main(["bench", "predict", "--preset", "tiny", *given]) == 1
    assert "name both" in capsys.readouterr().err


def test_a_language_model_gives_no_labels(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from ulmengine.models import shipped_models

    file = table(tmp_path / "t.csv", ROWS)
    with pytest.raises(ValueError, match="is a language model"):
        ag.agreement(TASK, shipped_models()[0].path, file)


def test_the_command_reports_it_only_when_asked(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"done": 1, "seconds": 1.0, "step_ms": 1.0, "peak_rss_mb": 1.0}
    monkeypatch.setattr(predict, "with_reference", lambda *_: figures)
    run = ["bench", "predict", "--preset", "tiny", "--vocab", "60", "--batch", "4", "--documents", "8", "--json"]

    def said(*more: str) -> Any:
        assert main([*run, *more]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    assert "agreement" not in said()
    assert said("--agreement", "--precision", "bfloat16")["agreement"]["documents"] == 8
    labelled = said("--model", str(model), "--texts", str(table(tmp_path / "t.csv", ROWS)))["agreement"]
    assert labelled["documents"] == 8
    assert labelled["accuracy_points"] == pytest.approx(100 * (labelled["accuracy"] - labelled["accuracy_float32"]))
