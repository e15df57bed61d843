"""A file to tokens in one go, and the figures of the benchmark."""

from __future__ import annotations

import csv
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.corpus.helpers import with_events
from ulmengine.bench.tokenize import bench_tokenize, tokenize_file
from ulmengine.cli import main
from ulmengine.config import TokenConfig
from ulmengine.corpus import CorpusError
from ulmengine.events import outcome
from ulmengine.tokens import TokenStore, tokenizer_from_json

from .helpers import TEXTS


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "text"])
        writer.writerows([str(number % 2), f"{text} {number}"] for number, text in enumerate(TEXTS * 4))
    return path


def test_a_file_becomes_a_store_and_a_tokeniser(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    figures, events = with_events(tokenize_file(table, out, TokenConfig(vocab_size=200, min_frequency=1)))
    assert events
    assert figures["documents"] == 4 * len(TEXTS)
    tokenizer = tokenizer_from_json(json.loads((out / "tokenizer.json").read_text("utf-8")))
    stores = [TokenStore.open(Path(folder)) for folder in figures["stores"].values()]
    documents = sorted(document.tolist() for store in stores for document in store)
    expected = [tokenizer.encode(f"{text} {number}".strip()) for number, text in enumerate(TEXTS * 4)]
    assert documents == sorted(expected)
    assert figures["tokens"] == sum(map(len, expected))
    assert figures["seconds"] > 0
    assert figures["mb_per_s"] > 0
    assert figures["peak_rss_mb"] > 10
    assert sorted(path.name for path in out.iterdir()) == ["tokenizer.json", "tokens"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        with_events(tokenize_file(tmp_path / "none.csv", tmp_path / "out", TokenConfig()))


def test_figures_without_a_reference() -> None:
    figures = bench_tokenize(TEXTS * 5, vocab_size=100, repeats=1)
    assert figures["documents"] == 5 * len(TEXTS)
    assert figures["word"]["documents_per_s"] > 0
    assert figures["bpe"]["tokens"] > figures["documents"]
    assert "ratio" not in figures


@pytest.mark.skipif(find_spec("fastai") is not None, reason="this Python has the reference")
@pytest.mark.parametrize("python", [sys.executable, "/nowhere/python"])
def test_a_python_without_the_reference_is_named_and_our_figures_are_given(python: str) -> None:
    figures = bench_tokenize(TEXTS, python, vocab_size=100, repeats=1)
    assert figures["word"]["documents_per_s"] > 0
    assert figures["reference"] is None
    assert python in figures["reference_missing"]
    assert "ratio" not in figures


def test_a_vocabulary_that_is_too_small_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nsome words\nsome more\n")
    assert main(["tokenize", str(path), "--out", str(tmp_path / "out"), "--vocab-size", "10"]) == 1
    told = capsys.readouterr().err
    assert "vocab_size = 10: input should be greater than or equal to 50" in told
    assert len(told.strip().splitlines()) == 1


def test_a_file_that_cannot_be_read_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CorpusError):
        outcome(tokenize_file(tmp_path / "empty.csv", tmp_path / "new" / "out", TokenConfig()))
    assert [path.name for path in tmp_path.iterdir()] == ["empty.csv"]
