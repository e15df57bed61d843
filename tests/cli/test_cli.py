"""The command line: what it prints, how it ends, and that it tells mistakes in plain sentences."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.cli.help import lines, start, wait_for_steps
from tests.runs.made import tiny_config, write_corpus
from ulmengine.cli import main
from ulmengine.cli.answers import read_texts
from ulmengine.cli.commands import add_commands
from ulmengine.cli.output import ProgressView, say_json
from ulmengine.config import loads, save
from ulmengine.events import TextWritten
from ulmengine.record import RunFolder

SMALL = ["--set", "model.preset=tiny", "--set", "language_model.epochs=1", "--set", "classifier.epochs=[1, 1]",
         "--set", "classifier.refit=1", "--set", "language_model.batch_size=256", "--set", "classifier.batch_size=128",
         "--set", "compute.threads=1", "--set", "model.pretrained=none"]


def test_the_sample_ends_with_its_result_as_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", "--out", str(tmp_path / "run"), "--json", *SMALL]) == 0
    said = lines(capsys)
    result = said[-1]
    assert result["type"] == "finished"
    assert [stage["name"] for stage in result["stages"]] == [
        "language model", "classifier: head", "classifier: all layers", "classifier: all labels",
    ]
    for stage in result["stages"]:
        assert {"unfrozen_groups", "epochs", "train_loss", "valid_loss", "accuracy", "seconds"} <= stage.keys()
    assert 0 <= result["accuracy"] <= 1
    assert 0.5 < result["baseline_accuracy"] < 0.95
    assert Path(result["model"]).is_file()
    assert result["seconds"] > 0
    assert {"run_started", "stage_started", "step", "epoch_ended"} <= {event["type"] for event in said[:-1]}


def test_brackets_in_a_text_are_shown_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressView() as view:
        view.show(TextWritten(0, 1, "a", "see [/quote] and [b]"))
    assert "see [/quote] and [b]" in capsys.readouterr().err


def test_a_figure_that_is_not_defined_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"valid_loss": float("nan"), "stages": [{"auc": float("inf")}], "accuracy": 0.5})
    assert lines(capsys) == [{"valid_loss": None, "stages": [{"auc": None}], "accuracy": 0.5}]


@pytest.mark.parametrize("label", [
    "caf\x92", "\x7f\x80\x9f", "a\x1b[31m\t\n\r\0", "café", "\\x92", "電影", "\u2028", '"',
])
def test_what_is_said_as_json_is_json_whatever_it_holds(capsys: pytest.CaptureFixture[str], label: str) -> None:
    say_json({"label": label, label: 1})
    said = capsys.readouterr().out
    assert json.loads(said) == {"label": label, label: 1}
    assert not set(said[:-1]) & {chr(code) for code in (*range(32), *range(127, 160))}
    assert label in said or not label.isprintable() or set(label) & {*'"\\'}  # other letters stay readable


def test_what_is_printed_is_utf_8_whatever_the_code_page(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("text,label\ngood day,яблоко\nwell then,木\n" * 5, encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    result = subprocess.run([sys.executable, "-m", "ulmengine", "inspect", str(corpus), "--json"],
                            capture_output=True, env=environment, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.decode("utf-8"))["labels"][-2:] == ["яблоко", "木"]


def test_config_prints_a_complete_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.csv")
    assert main(["config", str(corpus), "--preset", "paper"]) == 0
    text = capsys.readouterr().out
    config = loads(text)
    assert config.corpus.text_columns == ("text",)
    assert config.corpus.label_columns == ("label",)
    assert config.model.sizes() == (400, 1152, 3)
    # 1801.06146, 3.2 and 4.1
    assert (config.language_model.lr, config.language_model.factor) == (0.004, 2.6)
    assert not config.language_model.interpolate
    assert (config.classifier.lr, config.classifier.factor) == (0.01, 2.6)
    assert "# Peak learning rate (per step)" in text


def test_inspect_tells_what_a_file_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(write_corpus(tmp_path / "corpus.csv")), "--json"]) == 0
    [found] = lines(capsys)
    assert found["format"] == "csv"
    assert found["rows"] == 80
    assert found["text_columns"] == ["text"]
    assert found["label_columns"] == ["label"]
    assert found["labels"] == ["fruit", "tool"]
    assert {"encoding", "columns", "audit"} <= found.keys()


def test_tokenize_writes_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.csv")
    assert main(["tokenize", str(corpus), "--out", str(tmp_path / "out"), "--json"]) == 0
    [figures] = lines(capsys)
    assert figures["documents"] == 80
    assert figures["tokens"] > 80 * 5
    assert {"seconds", "mb_per_s", "peak_rss_mb"} <= figures.keys()


def test_tokenize_chooses_as_training_does_and_names_its_own_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("评论,标签\n" + "".join(f"第{n}次来，菜很好吃，服务也不错。,好\n" for n in range(60)), "utf-8")
    assert main(["tokenize", str(corpus), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads((tmp_path / "out" / "tokenizer.json").read_text())["kind"] == "unigram"
    assert main(["tokenize", str(corpus), "--out", str(tmp_path / "out"), "--vocab-size", "0"]) == 1
    assert "--set" not in capsys.readouterr().err


def test_doctor_lists_its_checks(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    assert any("torch" in check["name"].lower() for check in lines(capsys))


@pytest.mark.parametrize(("arguments", "word"), [
    (["train", "missing.toml"], "missing.toml"),
    (["predict", "missing.ulmfit", "x.txt"], "missing.ulmfit"),
    (["inspect", "missing.csv"], "missing.csv"),
    (["runs", "nowhere"], "nowhere"),
    (["sample", "--set", "classifier.rate=1"], "classifier.rate"),
])
def test_a_failure_is_one_plain_sentence_and_exit_code_1(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert word in error
    assert "Traceback" not in error


@pytest.mark.parametrize("arguments", [[], ["dance"], ["predict"], ["tokenize", "x.csv"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_stops_and_saves_and_resume_goes_on(tmp_path: Path) -> None:
    save(tiny_config(write_corpus(tmp_path / "c.csv"), "language_model.epochs=200"), tmp_path / "c.toml")
    folder = RunFolder(tmp_path / "run")
    with start("train", str(tmp_path / "c.toml"), "--out", str(folder.path)) as process:
        wait_for_steps(folder, 3)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=100)
    assert process.returncode == 1
    assert b"--resume" in error
    assert folder.state() == "stopped"
    before = sum(1 for _ in folder.events())
    with start("train", str(tmp_path / "c.toml"), "--out", str(folder.path), "--resume") as process:
        deadline = time.monotonic() + 100
        while sum(1 for _ in folder.events()) <= before and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
        process.communicate()
    assert folder.state() == "interrupted"
    assert sum(1 for _ in folder.events()) > before


@pytest.mark.parametrize("module", ["ulmengine.cli.main", "studio"])
@pytest.mark.parametrize(("own", "expected"), [({}, "2000"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")])
def test_how_threads_wait_is_told_before_torch_is_loaded(module: str, own: dict[str, str], expected: str) -> None:
    program = (
        f"import os, sys, {module}\n"
        "from ulmengine.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        f"assert str(os.environ.get('GOMP_SPINCOUNT')) == '{expected}' and 'torch' not in sys.modules\n"
    )
    told = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
    environment = {name: value for name, value in os.environ.items() if name not in told}
    subprocess.run([sys.executable, "-c", program], env={**environment, **own}, check=True)


@pytest.mark.parametrize(("encoding", "suffix"), [("cp1252", ".txt"), ("utf-16", ".txt"), ("utf-8", ".eml")])
def test_a_text_file_is_read_in_its_own_encoding(encoding: str, suffix: str, tmp_path: Path) -> None:
    text = "Le café était très bon, mais la clé est restée à l'hôtel.\nMerci à vous."
    path = tmp_path / f"letter{suffix}"
    path.write_bytes(text.encode(encoding))
    assert list(read_texts(path)) == [text]


def test_every_command_names_a_function_that_is_there() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    add_commands(commands)
    assert len(commands.choices) > 20
    for name, command in commands.choices.items():
        module, function = command.get_default("command")
        assert callable(getattr(import_module(f"ulmengine.cli.{module}"), function)), name


@pytest.mark.parametrize("command", [
    ["report", "run", "--out", "report.pdf"], ["evaluate", "m.ulmfit", "t.csv", "--report", "report.docx"],
    ["export", "run", "--onnx", "model.pb"], ["export", "run", "--int8", "model.onnx"],
    ["export", "run", "--out", "run.tar.gz"], ["export", "run", "--out", "model.onnx"],
    ["import-model", "export.pkl", "--out", "model.pth"], ["pretrain", "texts", "--model", "model.bin"],
])
def test_a_name_that_tells_of_another_kind_of_file_is_refused_before_anything_is_read(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:  # none of the files is there: nobody has looked for them
        main(command)
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert command[-1] in told
    assert {"report": ".html", "evaluate": ".html", "import-model": ".ulmfit", "pretrain": ".ulmfit"}.get(
        command[0], {"--onnx": ".onnx", "--int8": ".ulmfit", "--out": ".zip"}.get(command[-2], "")) in told


def _never(*_: Any) -> Any:
    raise AssertionError("the test must not begin")


@pytest.mark.parametrize(("name", "told"), [("rates.xyz", "known are png, svg"), ("no/rates.png", "no folder")])
def test_a_picture_that_cannot_be_written_is_refused_before_the_range_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    canvas = SimpleNamespace(get_supported_filetypes=lambda: {"svg": "", "png": ""})
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.figure",
                        SimpleNamespace(Figure=lambda **_: SimpleNamespace(canvas=canvas)))
    monkeypatch.setattr("ulmengine.cli.train.find_learning_rate", _never)
    save(tiny_config(write_corpus(tmp_path / "corpus.csv")), tmp_path / "c.toml")
    assert main(["find-lr", str(tmp_path / "c.toml"), "--plot", str(tmp_path / name)]) == 1
    assert told in capsys.readouterr().err


def test_a_picture_without_its_package_is_refused_before_the_range_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr("ulmengine.cli.train.find_learning_rate", _never)
    save(tiny_config(write_corpus(tmp_path / "corpus.csv")), tmp_path / "c.toml")
    assert main(["find-lr", str(tmp_path / "c.toml"), "--plot", str(tmp_path / "rates.png")]) == 1
    assert "pip install matplotlib" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no name has an end of a line in it there")
@pytest.mark.parametrize(("arguments", "told", "count"), [
    (["inspect", "no\nsuch.csv"], r"no\nsuch.csv", 1), (["inspect", "./a\nb/no.csv"], r"a\nb/no.csv", 1),
    (["checkpoints", "no\nrun"], r"no\nrun", 1), (["train", "no\nsuch.toml"], r"no\nsuch.toml", 1),
    (["train", "{}/two\nwrong.toml"], r"two\nwrong.toml", 2),
    (["inspect", "no such.csv"], "no such.csv", 1), (["train", "{}/two.toml"], "two.toml", 2),
    (["predict", "no.ulmfit", "\n"], "no.ulmfit", 1), (["inspect", r"no\nsuch.csv"], r"no\nsuch.csv", 1),
])
def test_a_name_makes_no_lines_of_an_error(
    arguments: list[str], told: str, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two wrong settings are still told on a line each."""
    for name in ("two\nwrong.toml", "two.toml"):
        (tmp_path / name).write_text("[model]\nlayers = 'x'\nhidden_size = 'y'\n")
    assert main([argument.format(tmp_path) for argument in arguments]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line]
    assert len(said) == count
    assert all(told in line for line in said)


def test_an_experiment_of_brackets_without_end_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = tmp_path / "deep.toml"
    deep.write_text("x = " + "[" * 100_000)
    assert main(["experiments", str(deep), "--data", str(tmp_path), "--out", str(tmp_path / "runs")]) == 1
    assert "nested too deeply" in capsys.readouterr().err
