"""One table in several files of a folder, and folders of which that only seems so."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
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


def packed(folder: Path, kind: str) -> Path:
    """``folder`` in an archive beside it, the files in another order than that of their names."""
    path = folder.parent / f"{folder.name}.{kind}"
    files = sorted((file for file in folder.rglob("*") if file.is_file()), reverse=kind == "zip")
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.relative_to(folder.parent))
    else:
        with tarfile.open(path, f"w:{kind.removeprefix('tar').removeprefix('.')}") as tar:
            for file in files:
                tar.add(file, f"./{file.relative_to(folder.parent)}")
    return path


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
@pytest.mark.parametrize("archive", ["zip", "tar", "tar.gz"])
def test_pieces_in_an_archive_are_one_table_as_in_a_folder(tmp_path: Path, archive: str, kind: str) -> None:
    folder = tmp_path / "films"
    for part, rows in (("train", ROWS[:45]), ("test", ROWS[45:])):
        for number in range(3):
            write(folder / part / f"part-{number:05}-5c1e.{kind}", rows[number::3])
        (folder / part / "_SUCCESS").write_text("")
        (folder / part / f".part-00000-5c1e.{kind}.crc").write_bytes(b"crc\0")
    (folder / "README.md").write_text("about the data")
    path = packed(folder, archive)
    documents, same = opened(path, validation=0.0), opened(folder, validation=0.0)
    assert documents.understood.format == "shards"
    assert documents.count("test") == 15
    for part in ("train", "test"):
        assert list(documents.texts(part)) == list(same.texts(part))
        assert documents.targets(part).tolist() == same.targets(part).tolist()
    seen = preview(path)
    assert len(seen.rows) == seen.understood.rows == 60


def test_of_a_packed_tar_all_names_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ulmengine.corpus.readers.tree_files.PEEK_MEMBERS", 2)
    for number in range(4):
        write(tmp_path / "out" / f"part-{number:05}.csv", ROWS[number::4])
    assert sorted(everything(opened(packed(tmp_path / "out", "tar.gz")))) == sorted(text for text, _ in ROWS)
    write(tmp_path / "other" / "part-00000.csv", ROWS)
    write(tmp_path / "other" / "part-00001.csv", ROWS)
    write(tmp_path / "other" / "towns.csv", ROWS)
    with pytest.raises(CorpusError, match="holds tables"):
        preview(packed(tmp_path / "other", "tar.gz"))


@pytest.mark.parametrize("archive", ["zip", "tar", "tar.gz"])
def test_a_damaged_archive_of_pieces_is_refused(tmp_path: Path, archive: str) -> None:
    for number in range(3):
        write(tmp_path / "out" / f"part-{number:05}.csv", [(f"{text} {n}", k) for n in range(20) for text, k in ROWS])
    path = packed(tmp_path / "out", archive)
    data = bytearray(path.read_bytes())
    if archive == "zip":
        data[len(data) // 2] ^= 0xFF
    path.write_bytes(data if archive == "zip" else data[: len(data) // 2])
    with pytest.raises(CorpusError, match=r"damaged|cut short"):
        opened(path)


def test_what_is_not_certain_of_the_first_piece_is_said(tmp_path: Path) -> None:
    for number in range(2):
        path = tmp_path / "out" / f"part-{number:05}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("A title above the table\ntext,label\n" + "".join(f"{t},{k}\n" for t, k in ROWS))
    documents = opened(tmp_path / "out")
    assert any("stands above the heading" in note for note in documents.notes)


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
    assert shards_in(dict.fromkeys(names, 1)) == []
    with pytest.raises(CorpusError, match="Choose one of them") as told:
        preview(tmp_path / "out")
    alike = len({Path(name).suffix for name in names}) == 1
    assert ("pieces of one table" in str(told.value)) == (alike and "train" not in names[0])


def test_texts_named_like_pieces_are_texts(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for number, (text, _) in enumerate(ROWS):
        (tmp_path / "out" / f"part-{number:05}.txt").write_text(text)
    assert everything(opened(tmp_path / "out")) == [text for text, _ in ROWS]


def of_one_label(root: Path, name: str, rows: list[tuple[str, str]], column: str = "topic") -> None:
    """A table of texts beside each of which stands what tells no label."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({"text": [text for text, _ in rows], column: (["news", "world"] * len(rows))[: len(rows)]})
    frame.write_csv(root / name) if name.endswith(".csv") else frame.write_ndjson(root / name)


@pytest.mark.parametrize("archive", ["", "zip", "tar.gz"])
@pytest.mark.parametrize(("names", "labels"), [
    (("True.csv", "Fake.csv"), ("Fake", "True")), (("reviews_pos.csv", "reviews_neg.csv"), ("neg", "pos")),
    (("spam/data.csv", "ham/data.csv"), ("ham", "spam")), (("toxic.jsonl", "not_toxic.jsonl"), ("not toxic", "toxic")),
])
def test_tables_that_are_called_by_their_label(
    tmp_path: Path, names: tuple[str, str], labels: tuple[str, str], archive: str
) -> None:
    for name, rows in zip(names, (ROWS[:40], ROWS[40:]), strict=True):
        of_one_label(tmp_path / "set", name, rows)
    (tmp_path / "set" / "README.md").write_text("about the data")
    documents = opened(packed(tmp_path / "set", archive) if archive else tmp_path / "set")
    assert documents.labels == labels
    assert documents.understood.label_columns == ("file",)
    assert sorted(everything(documents)) == sorted(text for text, _ in ROWS)
    first = next(label for label in reversed(labels) if label in names[0])
    assert labels_in_order(documents).count(first) == 40
    assert any("what each file is called" in note and "choose another label column" in note
               for note in documents.notes)


def test_tables_that_are_called_by_their_label_and_part(tmp_path: Path) -> None:
    for number, (part, label) in enumerate((part, label) for part in ("train", "test") for label in ("pos", "neg")):
        of_one_label(tmp_path / "set", f"{part}_{label}.csv", ROWS[15 * number : 15 * number + 15])
    documents = opened(tmp_path / "set", validation=0.0)
    assert (documents.labels, documents.count("train"), documents.count("test")) == (("neg", "pos"), 30, 30)


@pytest.mark.parametrize("names", [
    ("jan.csv", "feb.csv"), ("tickets_2023.csv", "tickets_2024.csv"), ("en.csv", "de.csv"), ("berlin.csv", "oslo.csv"),
    ("raw.csv", "clean.csv"), ("real_estate.csv", "true_crime.csv"), ("part1.csv", "part2.csv"),
    ("billing.csv", "tech.csv"),
])
def test_tables_of_months_towns_and_topics_are_asked_about(tmp_path: Path, names: tuple[str, str]) -> None:
    for name, rows in zip(names, (ROWS[:40], ROWS[40:]), strict=True):
        of_one_label(tmp_path / "set", name, rows)
    with pytest.raises(CorpusError, match="set the format to 'shards'"):
        preview(tmp_path / "set")
    documents = opened(tmp_path / "set", format="shards")
    assert len(documents.parts) == 60
    assert any("what each file is called" in note for note in documents.notes)
    labelled = opened(tmp_path / "set", format="shards", label_columns=("file",))
    assert [len(labels_in_order(labelled)), len(labelled.labels)] == [60, 2]


def test_tables_with_labels_or_other_columns_are_not_called_by_theirs(tmp_path: Path) -> None:
    for place, columns in (("labels", ("label", "label")), ("others", ("topic", "town"))):
        for name, column in zip(("good.csv", "bad.csv"), columns, strict=True):
            of_one_label(tmp_path / place, name, ROWS[:40], column)
        with pytest.raises(CorpusError, match="holds tables"):
            preview(tmp_path / place)
    documents = opened(tmp_path / "labels", format="shards")
    assert (documents.understood.label_columns, documents.labels) == (("label",), ("news", "world"))
    with pytest.raises(CorpusError, match="has other columns"):
        opened(tmp_path / "others", format="shards")


def in_json(root: Path, made: dict[str, object]) -> Path:
    for name, value in made.items():
        (root / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "set" / name).write_text(json.dumps(value))
    return root / "set"


@pytest.mark.parametrize("archive", ["", "zip", "tar.gz"])
@pytest.mark.parametrize("labelled", [True, False])
def test_json_files_of_one_record_each_are_a_corpus(tmp_path: Path, labelled: bool, archive: str) -> None:
    path = in_json(tmp_path, {
        f"{label}/doc{n}.json" if labelled else f"doc{n:02}.json":
            {"body": text, "meta": {"number": n}, "comments": [{"by": "Ann"}], **({} if labelled else {"topic": label})}
        for n, (text, label) in enumerate(ROWS)})
    (path / "README.md").write_text("about the data")
    documents = opened(packed(path, archive) if archive else path)
    assert documents.understood.label_columns == (("label",) if labelled else ("topic",))
    assert {"body", "meta.number", "file"} <= set(documents.understood.columns)
    known = dict(ROWS)
    assert labels_in_order(documents) == [known[text] for text in everything(documents)]
    assert len(documents.parts) == 60


def test_a_file_that_is_no_record_is_skipped_and_counted(tmp_path: Path) -> None:
    path = in_json(tmp_path, {f"doc{n:03}.json": {"text": text, "topic": label} for n, (text, label)
                              in enumerate(made(120))})
    (path / "doc001.json").write_text("{broken")
    documents = opened(path)
    assert (len(documents.parts), documents.skipped) == (119, 1)
    assert any("'doc001.json' is not one record" in note for note in documents.notes)


@pytest.mark.parametrize("made", [
    {f"day{n}.json": [{"text": text} for text, _ in ROWS] for n in range(8)},  # lists of records
    {f"day{n}.json": {"messages": [{"text": text} for text, _ in ROWS]} for n in range(8)},
    {"package.json": {"name": "a"}, "config.json": {"path": "/tmp"}, "index.json": {"a": 1}, "b.json": {"b": 1},
     "c.json": {"c": 1}, "d.json": {"d": 1}},
    {f"{n}.json": {"value": n, "unit": "km"} for n in range(8)}, {f"{n}.json": {"text": ROWS[n][0]} for n in range(3)},
])
def test_other_json_files_are_not_taken_for_records(tmp_path: Path, made: dict[str, object]) -> None:
    with pytest.raises(CorpusError, match="holds tables"):
        preview(in_json(tmp_path, made))


def two_tables(root: Path, rows: list[tuple[str, str]], labels: list[int], names: tuple[str, str]) -> Path:
    """The texts of ``rows`` in one table, and in another the labels of those with the numbers ``labels``."""
    (root / "set").mkdir()
    pl.DataFrame({"id": list(range(len(rows))), "text": [text for text, _ in rows]}).write_csv(root / "set" / names[0])
    pl.DataFrame({"id": labels, "verdict": [rows[n % len(rows)][1] for n in labels]}).write_csv(root / "set" / names[1])
    return root / "set"


@pytest.mark.parametrize("archive", ["", "zip"])
def test_texts_and_their_labels_in_two_tables_are_joined_by_their_id(tmp_path: Path, archive: str) -> None:
    path = two_tables(tmp_path, ROWS, [*range(59, 2, -1)], ("texts.csv", "labels.csv"))
    (path / "README.md").write_text("about the data")
    documents = opened(packed(path, archive) if archive else path)
    assert documents.understood.columns == ("id", "text", "verdict")
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS[3:]]
    assert any("belong together by the column 'id'" in note for note in documents.notes)
    before = documents.fingerprint
    table = pl.read_csv(path / "labels.csv").with_columns(pl.col("verdict").str.to_uppercase())
    table.write_csv(path / "labels.csv")
    if not archive:
        assert opened(path).fingerprint != before
        assert opened(path).labels == ("BAD", "GOOD", "MID")


@pytest.mark.parametrize(("labels", "names"), [
    ([*range(60), 5], ("texts.csv", "labels.csv")),  # one of them twice
    ([*range(30, 90)], ("texts.csv", "labels.csv")),  # of other texts
    ([*range(60)], ("test.csv", "labels.csv")), ([*range(60)], ("texts.csv", "sample_submission.csv")),
])
def test_tables_that_do_not_belong_together_row_by_row_are_not_joined(
    tmp_path: Path, labels: list[int], names: tuple[str, str]
) -> None:
    with pytest.raises(CorpusError, match="holds tables"):
        preview(two_tables(tmp_path, ROWS, labels, names))


@pytest.mark.parametrize("beside", [{}, {"gender": ["f", "m"] * 30}])
def test_tables_of_other_things_with_the_same_numbers_are_not_joined(
    tmp_path: Path, beside: dict[str, list[str]]
) -> None:
    path = two_tables(tmp_path, ROWS, [*range(60)], ("posts.csv", "labels.csv"))
    (path / "labels.csv").unlink()
    users = {"id": list(range(60)), "name": [f"Ann {n}" for n in range(60)], **beside}
    pl.DataFrame(users).write_csv(path / "users.csv")
    with pytest.raises(CorpusError, match="holds tables"):
        preview(path)
