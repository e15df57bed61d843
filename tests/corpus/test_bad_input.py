"""Bad input: a clear word or a counted, shown loss; the source untouched and nothing half-written left behind."""

from __future__ import annotations

import errno
import gzip
import os
import time
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pytest

from tests.corpus.helpers import everything, opened
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, limits, open_corpus, preview
from ulmengine.corpus.readers.source import Stream
from ulmengine.corpus.table import TableWriter
from ulmengine.events import outcome

TABLE = b"text,label\n" + b"good film,pos\nbad film,neg\n" * 2_000


def refused(path: Path, match: str) -> None:
    """Neither a preview nor an import of ``path`` works, both say ``match``, and no copy is left."""
    with pytest.raises(CorpusError, match=match):
        preview(path)
    with pytest.raises(CorpusError, match=match):
        opened(path)
    assert leftovers(path) == []


def leftovers(path: Path) -> list[str]:
    cache = path.parent / "cache"
    return sorted(os.listdir(cache)) if cache.exists() else []


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, data: bytes) -> None:
    refused(written(tmp_path, "a.csv", data), "empty|nothing but blank lines")


def test_a_header_without_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", b"text,label\n")
    assert preview(path).rows == ()
    with pytest.raises(CorpusError, match="no rows"):
        opened(path)
    assert leftovers(path) == []


@pytest.mark.parametrize(("data", "match"), [
    (bytes(range(256)) * 40, "binary file"), (b"%PDF-1.7 and so on", "PDF"), (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "pict"),
    (b"\x80\x04\x95" + bytes(200), "binary file"), (b"\x7fELF" + bytes(50), "program"),
])
def test_a_binary_file_named_csv(tmp_path: Path, data: bytes, match: str) -> None:
    refused(written(tmp_path, "a.csv", data), match)


def test_a_truncated_gz(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(60_000).hex().encode() + b"\n" + TABLE)
    path = written(tmp_path, "a.csv.gz", whole[: len(whole) // 2])
    refused(path, "cut short")


def test_a_gz_damaged_inside(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(TABLE))
    data[20:40] = bytes(20)
    refused(written(tmp_path, "a.csv.gz", bytes(data)), "damaged")


def test_a_gz_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BOMB_FLOOR", 1 << 20)
    path = written(tmp_path, "a.txt.gz", gzip.compress((b"a" * 99 + b"\n") * 100_000))
    with pytest.raises(CorpusError, match="decompression bomb"):
        opened(path)
    assert leftovers(path) == []


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    refused(path, "decompression bomb")


def test_a_zip_that_lies_about_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The declared size is small, the content is not: the count while unpacking stops it (or zip's own check does)."""
    monkeypatch.setattr(limits, "BOMB_FLOOR", 1 << 18)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"word\n" * 200_000)
    data = path.read_bytes()
    size = (1_000_000).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (1_000).to_bytes(4, "little")))
    refused(path, "decompression bomb|damaged")


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:\\evil.csv"])
def test_a_zip_with_names_that_lead_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, TABLE)
    refused(path, "points outside")


def test_a_zip_that_is_none(tmp_path: Path) -> None:
    refused(written(tmp_path, "a.zip", b"PK\x03\x04" + b"nothing" * 30), "damaged zip")


def test_an_empty_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w"):
        pass
    refused(tmp_path / "a.zip", "holds no files")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_a_single_endless_line(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FIELD", 3_000_000)
    path = written(tmp_path, name, b"word, " * 1_000_000)
    with pytest.raises(CorpusError, match=r"longer than 3,000,000 characters|columns"):
        opened(path)
    assert leftovers(path) == []


@pytest.mark.slow
def test_a_single_line_of_200_mb_needs_little_memory(tmp_path: Path) -> None:
    import psutil

    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"word " * 200_000)
    start = psutil.Process().memory_info().rss
    with pytest.raises(CorpusError, match="longer than"):
        opened(path)
    assert psutil.Process().memory_info().rss - start < 400 << 20


def test_nul_bytes_are_counted_and_shown(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", TABLE + b"with \0 in it,neg\n")
    documents = opened(path)
    assert documents.undecodable == 1
    assert documents.text_of(4_000) == "with \ufffd in it"


def test_mixed_encodings_lose_nothing_silently(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "größer und schöner\n".encode() * 50 + "für uns\n".encode("latin-1"))
    documents = opened(path)
    assert documents.undecodable == 1
    assert everything(documents)[-1] == "f\ufffdr uns"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    refused(tmp_path / "none.csv", "is not there")


def test_a_file_deleted_while_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", TABLE * 20)
    work = open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache")
    next(work)
    next(work)
    path.unlink()
    with pytest.raises(CorpusError, match="is not there"):
        outcome(work)
    assert leftovers(path) == []


def test_a_file_changed_while_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", TABLE * 20)
    work = open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache")
    next(work)
    next(work)
    with path.open("ab") as file:
        file.write(b"more,pos\n")
    with pytest.raises(CorpusError, match="changed while it was read"):
        outcome(work)
    assert leftovers(path) == []
    assert path.read_bytes() == TABLE * 20 + b"more,pos\n"


def test_a_document_of_a_folder_deleted_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "texts"
    root.mkdir()
    for number in range(5):
        (root / f"{number}.txt").write_text(f"text {number}")
    real = Path.open

    def vanishing(self: Path, *given: Any, **named: Any) -> Any:
        if self.name == "3.txt":
            raise FileNotFoundError(errno.ENOENT, "gone", str(self))
        return real(self, *given, **named)

    monkeypatch.setattr(Path, "open", vanishing)
    documents = opened(root)
    assert everything(documents) == ["text 0", "text 1", "text 2", "text 4"]
    assert documents.skipped == 1


@pytest.mark.parametrize("place", ["write", "finish"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    path = written(tmp_path, "a.csv", TABLE)

    def full(self: TableWriter, value: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(TableWriter, place, full)
        with pytest.raises(CorpusError, match="disk is full") as told:
            opened(path)
    assert isinstance(told.value.__cause__, OSError)
    assert told.value.__cause__.errno == errno.ENOSPC
    assert leftovers(path) == []
    assert path.read_bytes() == TABLE
    assert len(everything(opened(path))) == 4_000


def test_no_permission_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.csv", TABLE)
    path.chmod(0)
    if os.access(path, os.R_OK):  # a superuser may read everything: let the system's answer be played
        real = Path.open

        def forbidden(self: Path, *args: Any, **kwargs: Any) -> Any:
            if self == path:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Path, "open", forbidden)
    refused(path, "permission denied")


def test_a_device_that_fails_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.csv", TABLE)

    class Failing:
        def read(self, size: int) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

        def close(self) -> None:
            pass

    monkeypatch.setattr(Stream, "_unpacked", lambda _: Failing())
    refused(path, "could not be read")


def test_far_too_many_columns(tmp_path: Path) -> None:
    row = b",".join([b"x"] * 3_000) + b"\n"
    refused(written(tmp_path, "a.csv", row * 2), "columns")


def test_cancelling_an_import_leaves_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", TABLE * 20)
    work = open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache")
    while not leftovers(path):
        next(work)
    work.close()
    assert leftovers(path) == []


def test_what_a_killed_import_left_is_swept_away_a_day_later(tmp_path: Path) -> None:
    for name, age in ((".old", 100_000), ("tmp-old", 100_000), ("tmp-new", 10)):
        (tmp_path / "cache" / name).mkdir(parents=True)
        os.utime(tmp_path / "cache" / name, (time.time() - age,) * 2)
    path = written(tmp_path, "a.csv", TABLE)
    opened(path)
    assert [name for name in leftovers(path) if not name.startswith("table-")] == ["tmp-new"]


def test_a_damaged_copy_is_made_anew(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", TABLE)
    opened(path)
    (folder,) = (tmp_path / "cache").iterdir()
    record = folder / "table.json"
    whole = record.read_text()
    for damaged in ("{ not json", whole.replace('"digest": "', '"digest": "0'), whole.replace('"rows": ', '"rows": 1')):
        record.write_text(damaged)
        assert len(everything(opened(path))) == 4_000
        assert record.read_text() == whole


@pytest.mark.parametrize("content", [
    '{"text":"good film","label":"a","\\u0000":"1"}\n{"text":"bad film","label":"b","\\u0000":"2"}\n',
    '{"columns":["text","label\\u0000", "la\\u0000bel"],"data":[["good film","a","1"],["bad film","b","2"]]}',
    '[{"text":"good film","label":"a","more":{"\\u0000":"1"}},{"text":"bad film","label":"b","more":{"\\u0000":"2"}}]',
])
def test_names_of_columns_lose_what_no_copy_can_hold(tmp_path: Path, content: str) -> None:
    documents = opened(written(tmp_path, "a.json", content.encode()))
    assert list(documents.labels) == ["a", "b"]
    assert sorted(everything(documents)) == ["bad film", "good film"]


def test_a_frame_of_strings_only_is_written(tmp_path: Path) -> None:
    writer = TableWriter(tmp_path)
    writer.write(pl.DataFrame({"a": ["x", None]}))
    writer.finish({})
    assert writer.rows == 2


def test_a_project_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.csv", TABLE)

    def refuse(self: object, folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr("ulmengine.corpus.importing.TableWriter.__init__", refuse)
    with pytest.raises(CorpusError, match=r"copy of 'a\.csv' could not be written \(Permission denied: .*cache"):
        opened(path)


@pytest.mark.parametrize("cut", [True, False])
def test_damaged_hashes_are_made_anew(tmp_path: Path, cut: bool) -> None:
    path = written(tmp_path, "a.csv", TABLE)
    before = opened(path)
    kept, = before.pieces[0].table.folder.glob("hashes-*.npy")
    content = kept.read_bytes()
    kept.write_bytes(content[:50] if cut else content[:-12] + bytes([content[-12] ^ 1]) + content[-11:])
    assert opened(path).hashes.tolist() == before.hashes.tolist()


def test_a_disk_that_is_full_for_the_hashes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.csv", TABLE)

    def full(target: BinaryIO, *_: object, **__: object) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ulmengine.corpus.opening.np.save", full)
    with pytest.raises(CorpusError, match="disk is full"):
        opened(path)
    assert not list(tmp_path.rglob("hashes-*"))
