"""Kept predictions: what is written comes back, a reader without us gets the same, anything else is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax

from ulmengine.inference import Predictions, PredictionsError, part_predictions, read_predictions, write_predictions
from ulmengine.inference.predictions import joined

LABELS = ("a.b", "c")
PROBABILITIES = np.array([[0.9, 0.1], [0.25, 0.75], [0.5, 0.5]])


def kept(**changes) -> Predictions:
    values = {
        "part": "test", "keys": ["main:01", "main:01:2", "test:ff"], "rows": np.array([4, 7, 0]),
        "targets": np.array([0, 0, 1]), "given": {"network": PROBABILITIES, "baseline": 1 - PROBABILITIES},
    } | changes
    return part_predictions(*values.values(), labels=LABELS, multi_label=False, corpus="f00", temperature=2.0)


def test_written_and_read_again_it_is_the_same(tmp_path: Path):
    both = joined([kept(), kept(part="validation", keys=["main:2", "main:3", "main:4"])])
    write_predictions(tmp_path / "p.parquet", both)
    again = read_predictions(tmp_path / "p.parquet")
    assert (again.labels, again.corpus, again.temperature) == (LABELS, "f00", 2.0)
    assert again.keys.tolist() == both.keys.tolist()
    assert again.part("validation").rows.tolist() == [4, 7, 0]
    assert (again.given["network"] == both.given["network"]).all()
    assert (again.losses == both.losses).all()
    assert again.headline_part == "test"
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]


def test_the_table_says_what_its_columns_are(tmp_path: Path):
    write_predictions(tmp_path / "p.parquet", kept())
    table = pl.read_parquet(tmp_path / "p.parquet")
    assert table.columns == ["document", "row", "part", "label", "network.a.b", "network.c", "baseline.a.b",
                             "baseline.c", "loss"]
    assert table["label"].to_list() == ["a.b", "a.b", "c"]
    assert table["loss"].to_list() == pytest.approx(-np.log([0.9, 0.25, 0.5]), rel=1e-12)


def test_several_labels_are_a_list(tmp_path: Path):
    many = part_predictions(
        "test", ["main:1", "main:2"], np.arange(2), np.array([[1, 1], [0, 0]]),
        {"network": np.array([[0.9, 0.6], [0.2, 0.7]])}, labels=LABELS, multi_label=True, corpus="",
        temperature=1.0,
    )
    write_predictions(tmp_path / "p.parquet", many)
    assert pl.read_parquet(tmp_path / "p.parquet")["label"].to_list() == [["a.b", "c"], []]
    again = read_predictions(tmp_path / "p.parquet")
    assert again.right().tolist() == [True, False]
    assert again.names(again.predicted()) == ["a.b, c", "c"]
    assert again.losses == pytest.approx([-np.log(0.9) - np.log(0.6), -np.log(0.8) - np.log(0.3)])


def test_without_its_temperature():
    scores = np.array([[2.0, -1.0], [0.5, 0.25]])
    one = part_predictions(
        "test", ["main:1", "main:2"], np.arange(2), np.array([0, 1]), {"network": softmax(scores / 3.0, axis=1)},
        labels=LABELS, multi_label=False, corpus="", temperature=3.0,
    )
    assert one.uncalibrated() == pytest.approx(softmax(scores, axis=1))


def _altered(table: pl.DataFrame, what: str) -> pl.DataFrame:
    return {
        "column": lambda: table.drop("network.c"),
        "number": lambda: table.with_columns(pl.lit(0.4).alias("network.a.b")),
        "loss": lambda: table.with_columns(pl.col("loss") * 1.001),
        "label": lambda: table.with_columns(pl.lit("z").alias("label")),
        "part": lambda: table.with_columns(pl.lit("train").alias("part")),
        "not a number": lambda: table.with_columns(pl.lit(float("nan")).alias("baseline.c")),
        "empty": lambda: table.clear(),
    }[what]()


@pytest.mark.parametrize("what", ["column", "number", "loss", "label", "part", "not a number", "empty"])
def test_an_altered_table_is_refused_in_words(tmp_path: Path, what: str):
    import pyarrow.parquet as pq

    path = tmp_path / "p.parquet"
    write_predictions(path, kept())
    about = pq.read_schema(path).metadata
    changed = _altered(pl.read_parquet(path), what).to_arrow()
    pq.write_table(changed.replace_schema_metadata({b"ulmfit": about[b"ulmfit"]}), path)
    with pytest.raises(PredictionsError, match="measure the run again"):
        read_predictions(path)


def test_what_is_no_table_of_predictions_is_refused_in_words(tmp_path: Path):
    path = tmp_path / "p.parquet"
    with pytest.raises(PredictionsError, match="kept no predictions"):
        read_predictions(path)
    path.write_bytes(bytes(10_000))
    with pytest.raises(PredictionsError, match="cannot be read"):
        read_predictions(path)
    pl.DataFrame({"document": ["x"]}).write_parquet(path)
    with pytest.raises(PredictionsError, match="no table of predictions"):
        read_predictions(path)
