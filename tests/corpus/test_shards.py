"""One table in several files of a folder, and folders of which that only seems so."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from ulmengine.corpus import CorpusError, limits, preview
from ulmengine.corpus.readers.shards import shards_in

ROWS = made()
NAMES = ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001-ab12")
PIECES = (ROWS[:25], ROWS[25:45], ROWS[45:])


def write(path: Path, rows: list[tuple[str, str]], header: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
    match path.name.split(".", 1)[1]:
        case "csv":
            frame.write_csv(path, include_header=header)
        case "csv.gz":
            path.write_bytes(gzip.compress(frame.write_csv(include_header=header).encode()))
        case "json" | "jsonl":
            frame.write_ndjson(path)
        case "arrow":
            with path.open("wb") as file, pa.ipc.new_stream(file, (table := frame.to_arrow()).schema) as out:
                out.write_table(table)
        case _:
            frame.write_parquet(path)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet", "arrow", "snappy.parquet"])
def test_counted_files_are_one_table_and_their_names_tell_the_parts(tmp_path: Path, kind: str) -> None:
    for name, rows in zip(NAMES, PIECES, strict=True):
        write(tmp_path / "films" / "data" / f"{name}.{kind}", rows)
    (tmp_path / "films" / "README.md").write_text("about the data")
    (tmp_path / "films" / "dataset_infos.json").write_text("{}")
    documents = opened(tmp_path / "films", validation=0.0)
    assert documents.understood.format == "shards"
    assert sorted(everything(documents)) == sorted(text for text, _ in ROWS)
    assert sorted(documents.texts("test")) == sorted(text for text, _ in ROWS[45:])
    known = dict(ROWS)
    for part in ("train", "test"):
        for text, target in zip(documents.texts(part), documents.targets(part), strict=True):
            assert documents.labels[target] == known[text]


def test_a_data_set_that_hugging_face_saved(tmp_path: Path) -> None:
    for part, rows in (("train", ROWS[:45]), ("test", ROWS[45:])):
        write(tmp_path / "films" / part / "data-00000-of-00001.arrow", rows)
        for name in ("state.json", "dataset_info.json"):
            (tmp_path / "films" / part / name).write_text(json.dumps({"_split": part}))
    (tmp_path / "films" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    documents = opened(tmp_path / "films", validation=0.0)
    assert (documents.count("train"), documents.count("test")) == (45, 15)
    one = opened(tmp_path / "films" / "train")
    assert everything(one) == [text for text, _ in ROWS[:45]]
    assert "split" not in one.understood.columns


@pytest.mark.parametrize("header", [True, False])
def test_the_pieces_of_spark(tmp_path: Path, header: bool) -> None:
    for number, rows in enumerate(PIECES):
        write(tmp_path / "out" / f"part-{number:05}-5c1e-c000.csv", rows, header)
    (tmp_path / "out" / "_SUCCESS").write_text("")
    (tmp_path / "out" / ".part-00000-5c1e-c000.csv.crc").write_bytes(b"crc\0")
    documents = opened(tmp_path / "out")
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]


def test_the_folders_of_hive_are_a_column(tmp_path: Path) -> None:
    labels = ("good", "bad", "__HIVE_DEFAULT_PARTITION__")
    for label, rows in zip(labels, PIECES, strict=True):
        place = tmp_path / "out" / f"label={label}" / "0000.parquet"
        place.parent.mkdir(parents=True)
        pl.DataFrame({"text": [text for text, _ in rows]}).write_parquet(place)
    documents = opened(tmp_path / "out")
    assert documents.understood.label_columns == ("label",)
    assert documents.labels == ("bad", "good")
    assert len(documents.rows("unlabelled")) == 15


def test_uneven_rows_are_counted_in_the_place_of_the_whole(tmp_path: Path) -> None:
    for number in range(2):
        path = tmp_path / "out" / f"part-{number:05}.csv"
        write(path, ROWS[:30])
        path.write_text(path.read_text() + ("a last text\n" if number else ""))
    assert opened(tmp_path / "out").ragged.tolist() == [60]


def test_pieces_with_other_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "out" / "part-00000.csv", ROWS)
    (tmp_path / "out" / "part-00001.csv").write_text("name,town\nAnn,Oslo\nBen,Rome\nEve,Bern\n")
    with pytest.raises(CorpusError, match=r"part-00001\.csv.* other columns \(name, town\)"):
        opened(tmp_path / "out")


def test_a_preview_reads_no_more_pieces_than_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SAMPLE_BYTES", 1_000)
    for number in range(3):
        write(tmp_path / "out" / f"part-{number:05}.csv", [(f"{text} {n}", k) for n in range(20) for text, k in ROWS])
    (tmp_path / "out" / "part-00002.csv").write_text("name,town\nAnn,Oslo\n")
    assert len(preview(tmp_path / "out", rows=50).rows) == 50


@pytest.mark.parametrize("names", [
    ("tickets_2024-01.csv", "tickets_2024-02.csv"), ("billing.csv", "tech.csv"), ("train.csv", "test.csv"),
    ("part-00000.csv", "notes.csv"), ("part-00000.csv", "part-00001.parquet"), ("part-1.csv", "part-2.csv"),
    ("films-00000-of-00001.csv", "books-00000-of-00001.csv"), ("train-00000-of-00001.csv", "all-00000-of-00001.csv"),
])
def test_other_tables_are_not_joined(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        write(tmp_path / "out" / name, ROWS[:10])
    assert shards_in(tmp_path / "out") == []
    with pytest.raises(CorpusError, match="Choose one of them") as told:
        preview(tmp_path / "out")
    alike = len({Path(name).suffix for name in names}) == 1
    assert ("join them" in str(told.value)) == (alike and "train" not in names[0])


def test_texts_named_like_pieces_are_texts(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for number, (text, _) in enumerate(ROWS):
        (tmp_path / "out" / f"part-{number:05}.txt").write_text(text)
    assert everything(opened(tmp_path / "out")) == [text for text, _ in ROWS]
