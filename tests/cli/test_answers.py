"""What ``predict`` writes of its answers: where each text stands, and how sure the answer is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ulmengine.cli import answers
from ulmengine.inference import Prediction
from ulmengine.inference.sources import Text


@pytest.mark.parametrize(("labels", "shown"), [((), "\t0.875"), (("b",), "b\t0.750"), (("a", "b"), "a, b\t0.750")])
def test_the_certainty_is_that_of_the_answer(
    capsys: pytest.CaptureFixture[str], labels: tuple[str, ...], shown: str
) -> None:
    """Where no label applies the likeliest one has 0.125: that none does is sure, not doubtful."""
    values = {"a": 0.0625, "b": 0.125} if not labels else {"a": 0.5 if "a" in labels else 0.25, "b": 0.75}
    answers._say_answer(Text(Path("x.csv"), 3, "a film"), Prediction(", ".join(labels), labels, values), as_json=False)
    assert capsys.readouterr().out == f"x.csv\t3\t{shown}\n"


def test_a_text_of_a_folder_is_named_as_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    text, said = Text(Path("texts"), 1, "a film", "new/b.txt"), Prediction("b", ("b",), {"a": 0.25, "b": 0.75})
    answers._say_answer(text, said, as_json=False)
    assert capsys.readouterr().out == f"{Path('texts/new/b.txt')}\tb\t0.750\n"
    answers._say_answer(text, said, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "path": "texts", "row": 1, "file": "new/b.txt", "label": "b", "probabilities": {"a": 0.25, "b": 0.75}}
