"""The commands that read what runs were measured at."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.runs.made import tiny_run
from ulmengine import events as ev
from ulmengine.cli import main
from ulmengine.inference.evaluate import document_losses
from ulmengine.record import RunFolder
from ulmengine.runs import Run
from ulmengine.runs.measured import keep_measured, open_measured


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, RunFolder]:
    """Two runs of one corpus and split; the second one learns longer."""
    home = tmp_path_factory.mktemp("results")
    first = tiny_run(home / "first", "corpus.split.test=0.4", "language_model.epochs=0", "classifier.epochs=[1]")
    second = tiny_run(home / "second", "corpus.split.test=0.4", "language_model.epochs=0", "classifier.epochs=[4, 4]",
                      "classifier.lr=0.03")
    for run in (first, second):
        assert isinstance(list(Run(run).events())[-1], ev.Finished)
    return first, second


def _right(run: RunFolder) -> dict[str, bool]:
    table = pl.read_parquet(run.path / "predictions.parquet").filter(pl.col("part") == "test")
    who = "blend" if "blend.fruit" in table.columns else "network"  # how the saved model answers
    said = table.select(pl.when(pl.col(f"{who}.fruit") >= pl.col(f"{who}.tool")).then(pl.lit("fruit"))
                        .otherwise(pl.lit("tool")))
    return dict(zip(table["document"], (said.to_series() == table["label"]).to_list(), strict=True))


def test_compare_counts_what_was_mended_and_broken(
    two: tuple[RunFolder, RunFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(two[0].path), str(two[1].path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    first, second = _right(two[0]), _right(two[1])
    assert set(found["mended_documents"]) == {key for key in first if second[key] and not first[key]}
    assert set(found["broken_documents"]) == {key for key in first if first[key] and not second[key]}
    assert found["difference"] == pytest.approx((sum(second.values()) - sum(first.values())) / len(first), abs=1e-9)
    assert found["low"] <= found["difference"] <= found["high"]
    assert main(["compare", str(two[0].path), str(two[1].path), "--part", "validation"]) == 0
    assert "validation documents" in capsys.readouterr().out
    assert main(["compare", str(two[0].path), str(two[0].path)]) == 0
    assert "difference +0.0 points: both are right in the same documents" in capsys.readouterr().out


def test_a_run_that_kept_nothing_names_the_command_that_helps(
    two: tuple[RunFolder, RunFolder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    shutil.copytree(two[0].path, old)
    (old / "predictions.parquet").unlink()
    (old / "evaluation.json").unlink()
    assert main(["compare", str(old), str(two[1].path)]) == 1
    assert f"python -m ulmengine measure {old}" in capsys.readouterr().err
    assert main(["measure", str(old)]) == 0
    assert "accuracy" in capsys.readouterr().out
    assert main(["compare", str(old), str(two[1].path)]) == 0


def test_runs_that_are_right_alike_are_said_to_be_so_and_called_apart(
    two: tuple[RunFolder, RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for place in ("a", "b"):
        shutil.copytree(two[0].path, tmp_path / place / "run")
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "a/run", "b/run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{Path('a/run')}: right in")
    assert said[1].startswith(f"{Path('b/run')}: right in")
    assert said[2].endswith("both are right in the same documents")
    assert "may be chance" not in said[2]


def test_a_list_of_runs_tells_the_perplexity_where_there_is_no_accuracy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_run(tmp_path / "language")
    with folder.open_log() as log:
        log.append(ev.StageEnded(0, "language model", 1, 1, 4.0, 3.95, {"valid_loss": 3.95, "perplexity": 51.9}, 1.0))
        log.append(ev.Finished(None, None, "model.ulmfit", 1.0))
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == ["language", "finished", "1", "stage", "perplexity", "51.9"]


def test_a_list_of_runs_tells_each_setting_that_cannot_be_used_on_a_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for count, name in enumerate(("well", "one", "two")):
        folder = tiny_run(tmp_path / name)
        with folder.config_path.open("a", encoding="utf-8") as file:
            file.write("".join(f"[strange{number}]\n" for number in range(count)))
    assert main(["runs", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out.split() == ["well", "new", "0", "stages"]
    assert len(said.err.splitlines()) == 3
    assert said.err.count("there is no such setting") == 3
    assert "\\n" not in said.err.replace(str(tmp_path), "")


def test_one_document_is_told_of_as_one(
    two: tuple[RunFolder, RunFolder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(two[0].path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    kept = open_measured(folder).kept
    targets = kept.targets.copy()
    place = int(np.flatnonzero(kept.parts == "test")[0])
    targets[place] = 1 - targets[place]
    other = dataclasses.replace(kept, targets=targets)
    losses = document_losses(other.given["network"], other.truth(), False)
    keep_measured(folder, dataclasses.replace(other, losses=losses), "fruit", 0)
    assert main(["compare", str(folder.path), str(two[1].path)]) == 0
    assert "1 document left out: it bears another label in the other run" in capsys.readouterr().out.splitlines()
    keep_measured(folder, kept.take(np.arange(len(kept)) != place), "fruit", 0)
    assert main(["compare", str(folder.path), str(two[1].path)]) == 0
    assert f"1 document that only {two[1].path.name} was measured on" in capsys.readouterr().out.splitlines()
