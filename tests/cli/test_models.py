"""Commands around models: listed, taken up, given to other programs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import platformdirs
import pytest
import torch

from tests.models.made import save
from tests.models.test_reference import WORDS, classifier_weights
from ulmengine.cli import main
from ulmengine.inference import onnx
from ulmengine.models import load_bundle


def test_models_lists_what_is_there_and_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "a.ulmfit", card={"title": "Reviews"})
    (tmp_path / "b.ulmfit").write_bytes(b"PK")
    assert main(["models", str(tmp_path), "--json"]) == 0
    own = [entry for entry in map(json.loads, capsys.readouterr().out.splitlines()) if not entry["shipped"]]
    assert [entry["name"] for entry in own] == ["Reviews", "b"]
    assert own[0]["labels"] == ["neg", "pos"]
    assert "damaged" in own[1]["problem"]
    assert main(["models", str(tmp_path / "nowhere")]) == 1


def test_import_model_takes_weights_of_fastai(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda _name: tmp_path)
    torch.save(classifier_weights(), tmp_path / "w.pth")
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(WORDS))
    command = ["import-model", str(tmp_path / "w.pth"), str(tmp_path / "v.pkl"), "--title", "Old one"]
    assert main(command) == 1
    assert "3 labels apart" in capsys.readouterr().err
    assert main([*command, "--label", "x", "--label", "y", "--label", "z"]) == 0
    made = Path(capsys.readouterr().out.strip())
    assert made == tmp_path / "models" / "Old one.ulmfit"
    assert load_bundle(made).labels == ("x", "y", "z")
    assert main(["import-model", str(tmp_path / "w.pth")]) == 1
    assert "vocabulary" in capsys.readouterr().err
    assert main(["import-model", str(made)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "models" / "Old one 2.ulmfit")


def test_a_snippet_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "it's.ulmfit")
    assert main(["export", str(path), "--snippet"]) == 0
    exec(compile(capsys.readouterr().out, "snippet", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert all(line.split()[0] in ("neg", "pos") for line in printed)


def test_export_to_onnx_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx, "find_spec", {}.get)
    assert main(["export", str(save(tmp_path / "a.ulmfit")), "--onnx", str(tmp_path / "a.onnx")]) == 1
    assert "pip install ulmfit-studio[onnx]" in capsys.readouterr().err
    assert not (tmp_path / "a.onnx").exists()


def test_export_to_onnx_checks_on_texts_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "t.csv").write_text("text\ngood film of the year\nbad bad film of the year\n", encoding="utf-8")
    assert main(["export", str(save(tmp_path / "a.ulmfit")), "--onnx", str(tmp_path / "a.onnx"),
                 "--texts", str(tmp_path / "t.csv")]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "a.onnx")
    assert "answers 2 texts" in said.err
    assert main(["export", str(tmp_path), "--onnx", str(tmp_path / "b.onnx")]) == 1
    assert "holds no run" in capsys.readouterr().err
