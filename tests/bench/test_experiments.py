"""Experiments: what is drawn, that a finished run is not made again, and the table."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.runs.made import write_corpus
from ulmengine.bench.experiments import RunResult, read_experiment, run_experiment, table
from ulmengine.bench.measure import BenchError
from ulmengine.cli import main
from ulmengine.config import ConfigError
from ulmengine.record import RunFolder

TINY = ("model.preset=tiny", "model.pretrained=none", "language_model.epochs=0", "classifier.epochs=[1]",
        "compute.threads=1", "tokens.min_frequency=1")


def experiment(path: Path, *, test: str = "", labels: int = 30, own: bool = False) -> Path:
    """``own``: the number of labels is the corpus' own, beside another for those that have none."""
    lines = [f"labels = [{9_999 if own else labels}]", "draws = 2", "most = 12",
             f"settings = {json.dumps(list(TINY))}", "[[corpora]]", 'name = "Small"', 'file = "corpus.csv"',
             'columns = { text_columns = ["text"], label_columns = ["label"] }']
    lines += [f'test = "{test}"'] if test else []
    lines += [f"labels = [{labels}]"] if own else []
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def cut_end(log: Path) -> None:
    """Take the log's last two lines away: that the model is saved, and that the run has finished."""
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-2]))


def texts(path: Path) -> set[str]:
    with path.open(encoding="utf-8") as file:
        return {row["text"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("part", ["validation", "test"])
def test_two_draws_are_run_once_and_never_learn_from_what_they_are_measured_on(
    tmp_path: Path, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_corpus(tmp_path / "corpus.csv", 90)
    command = ["experiments", str(experiment(tmp_path / "e.toml", own=part == "test")), "--data",
               str(tmp_path), "--out", str(tmp_path / "out"), "--part", part, "--json"]
    assert main(command) == 0
    first = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["corpus"], row["labels"], row["draw"], row["documents"]) for row in first] == [
        ("Small", 30, 0, 12), ("Small", 30, 1, 12)]
    folder = tmp_path / "out" / part / "documents"
    learnt = [texts(folder / f"Small-30-{draw}-train.csv") for draw in (0, 1)]
    measured = [texts(folder / f"Small-30-{draw}-measured.csv") for draw in (0, 1)]
    assert [len(some) for some in learnt] == [30, 30]
    assert learnt[0] != learnt[1]
    assert not any(own & held for own, held in zip(learnt, measured, strict=True))
    if part == "test":
        assert not (learnt[0] | learnt[1]) & measured[0]
    assert (measured[0] == measured[1]) is (part == "test")  # test documents are the same for every draw

    (tmp_path / "out" / part / "Small-30-1" / "model.ulmfit").unlink()  # as if stopped while it saved its model
    cut_end(tmp_path / "out" / part / "Small-30-1" / "events.jsonl")
    assert main(command) == 0
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [{**row, "seconds": 0} for row in again] == [{**row, "seconds": 0} for row in first]
    first = again

    logs = [(tmp_path / "out" / part / f"Small-30-{draw}" / "events.jsonl").stat().st_mtime_ns for draw in (0, 1)]
    assert main(command) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == first
    assert logs == [(tmp_path / "out" / part / f"Small-30-{draw}" / "events.jsonl").stat().st_mtime_ns
                    for draw in (0, 1)]


def test_a_test_file_is_what_is_measured_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_corpus(tmp_path / "corpus.csv", 60)
    write_corpus(tmp_path / "held.csv", 10, seed=5)
    path, out = experiment(tmp_path / "e.toml", test="held.csv"), tmp_path / "out"
    assert main(["experiments", str(path), "--data", str(tmp_path), "--out", str(out), "--part", "test"]) == 0
    assert "| Small | 30 | 2 | 10 |" in capsys.readouterr().out
    assert texts(tmp_path / "out/test/documents/Small-30-0-measured.csv") == texts(tmp_path / "held.csv")


def test_the_table_gives_means_and_gains() -> None:
    rows = [RunResult("A", 500, 0, 100, 0.8, 0.7, 0.9, 10, 7.0), RunResult("A", 500, 1, 100, 0.6, 0.7, None, 20, 8.0)]
    assert table(rows).splitlines()[2] == (
        # shipped: 0.9 and 0.6; their standard deviation is 0.3 / sqrt(2)
        "| A | 500 | 2 | 100 | 0.700 ± 0.141 | 0.700 ± 0.000 | 0.750 ± 0.212 | +5.0 | 15 | 7.5 |")


def test_what_cannot_be_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_experiment(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("labels = [3]\ncorpora = []")
    with pytest.raises(ConfigError, match="no experiment"):
        read_experiment(tmp_path / "bad.toml")
    small = read_experiment(experiment(tmp_path / "e.toml", labels=400))
    with pytest.raises(BenchError, match="missing"):
        list(run_experiment(small, tmp_path / "nowhere", tmp_path / "out", "test"))
    write_corpus(tmp_path / "corpus.csv", 60)
    with pytest.raises(BenchError, match="45 documents to learn from, not 400"):
        list(run_experiment(small, tmp_path, tmp_path / "out", "test"))


def test_the_experiments_of_the_program_can_be_read() -> None:
    folder = Path(__file__).parents[2] / "resources" / "experiments"
    found = [read_experiment(path) for path in sorted(folder.glob("*.toml"))]
    assert {corpus["name"] for one in found for corpus in one.corpora} >= {"TREC-6", "IMDb", "GermEval"}


def test_a_variant_is_run_beside_the_usual_settings_on_the_same_documents(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus.csv", 90)
    path = experiment(tmp_path / "e.toml")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1:3] = ["draws = 1", "most = 12"]
    lines.insert(lines.index("[[corpora]]"), '[variants]\n"no word at all" = ["classifier.lr=0.5"]\n')
    path.write_text("\n".join(lines), encoding="utf-8")
    rows = list(run_experiment(read_experiment(path), tmp_path, tmp_path / "out", "validation"))
    assert [(row.variant, row.documents) for row in rows] == [("", 12), ("no word at all", 12)]
    usual, other = (RunFolder(tmp_path / "out/validation" / name).config()
                    for name in ("Small-30-0", "Small-30-0-no-word-at-all"))
    assert (usual.classifier.lr, other.classifier.lr) == (0.004, 0.5)
    assert usual.corpus.path == other.corpus.path
    told = table(rows)
    assert "| Small | 30 | 1 | 12 |" in told
    assert "| Small, no word at all | 30 | 1 | 12 |" in told
