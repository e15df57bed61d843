"""The benchmark of reading at a toy size: what it makes and reports, not how fast this machine is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ulmengine.bench import corpus
from ulmengine.bench.measure import BenchError
from ulmengine.cli import main


def test_the_table_is_as_large_as_asked_and_the_same_every_time(tmp_path: Path) -> None:
    rows = corpus.write_table(tmp_path / "a.csv", 1)
    assert corpus.write_table(tmp_path / "b.csv", 1) == rows
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert 1_000_000 <= (tmp_path / "a.csv").stat().st_size < 1_200_000
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == rows
    assert [int(row["id"]) for row in table] == list(range(rows))
    assert {row["label"] for row in table} == {"pos", "neg"}
    assert len({row["text"] for row in table}) == rows
    for mark in (",", '"', "\n"):
        assert sum(mark in row["text"] for row in table) > rows / 10


def test_the_command_measures_preview_import_and_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert main(["bench", "corpus", "--megabytes", "1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["rows"] == corpus.write_table(tmp_path / "again.csv", 1)
    assert figures["megabytes"] == 1
    for name in ("preview_s", "preview_again_s", "import_s", "import_mb_per_s", "import_rss_mb", "reopen_s"):
        assert figures[name] >= 0, name
    assert 0 < figures["copy_mb"] < 3
    assert [path.name for path in tmp_path.iterdir()] == ["again.csv"], "the table and its copy are removed"


def test_a_lost_row_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    write = corpus.write_table
    monkeypatch.setattr(corpus, "write_table", lambda path, size: write(path, size) + 1)
    with pytest.raises(BenchError, match="rows were written"):
        corpus.bench_corpus(1)
