"""Folders in archives, and compressed files; damaged ones, and those cut short."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, in_folders, labels_in_order, opened, pack, with_events
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, open_corpus, preview
from ulmengine.corpus.importing import import_table
from ulmengine.corpus.readers import tree_files
from ulmengine.corpus.readers.formats import recognise
from ulmengine.events import Progress, outcome

TABLE = b"text,label\ngood film,pos\nbad film,neg\n"


def _zip(path: Path) -> Path:
    target = path.with_suffix(".csv.zip")
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(path, "inner/table.csv")
        archive.writestr("__MACOSX/inner/._table.csv", b"\0\5\26\7")
    return target


def _stream(opener: Callable[..., object], suffix: str) -> Callable[[Path], Path]:
    def pack(path: Path) -> Path:
        target = path.with_name(path.name + suffix)
        with opener(target, "wb") as file:  # type: ignore[attr-defined]
            file.write(path.read_bytes())
        return target
    return pack


@pytest.mark.parametrize("pack", [
    _zip, _stream(gzip.open, ".gz"), _stream(bz2.open, ".bz2"), _stream(lzma.open, ".xz"), _stream(gzip.open, ".dat"),
], ids=["zip", "gz", "bz2", "xz", "gz by another name"])
def test_compressed_tables(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    plain = tmp_path / "plain" / "table.csv"
    plain.parent.mkdir()
    plain.write_bytes(TABLE)
    (tmp_path / "table.csv").write_bytes(TABLE)
    target = pack(plain) if pack is not _zip else _zip(tmp_path / "table.csv")
    documents = opened(target)
    assert documents.understood.format == "csv"
    assert everything(documents) == ["good film", "bad film"]
    assert labels_in_order(documents) == ["pos", "neg"]


def test_compressed_parquet(tmp_path: Path) -> None:
    import polars as pl

    plain = tmp_path / "a.parquet"
    pl.DataFrame({"text": ["good film", "bad film"]}).write_parquet(plain)
    target = tmp_path / "b.parquet.gz"
    with gzip.open(target, "wb") as file, plain.open("rb") as source:
        shutil.copyfileobj(source, file)
    assert everything(opened(target)) == ["good film", "bad film"]


def in_blocks(root: Path) -> Path:
    """Twelve documents of one label before two of another, as archives hold them."""
    return in_folders(root, {"ham": 12, "spam": 2})


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_labels_that_come_in_blocks_are_all_seen(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_files, "PEEK_MEMBERS", 4)
    documents, events = with_events(
        open_corpus(CorpusConfig(path=str(pack(in_blocks(tmp_path / "enron1"), kind))), tmp_path / "cache")
    )
    assert documents.labels == ("ham", "spam")
    assert labels_in_order(documents) == ["ham"] * 12 + ["spam"] * 2
    last = [event for event in events if isinstance(event, Progress) and event.task.startswith("Reading")][-1]
    assert (last.done, last.total, last.unit) == (14, 14, "documents")


def test_only_the_wanted_files_of_a_tar_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(in_blocks(tmp_path / "enron1"), "tar.gz")
    seen: list[str] = []
    plain = tree_files._members

    def watched(*given: object) -> object:
        for member in plain(*given):  # type: ignore[arg-type]
            seen.append(member.name)
            yield member

    monkeypatch.setattr(tree_files, "PEEK_MEMBERS", 3)
    monkeypatch.setattr(tree_files, "_members", watched)
    assert recognise(path, CorpusConfig()).rows is None
    assert len(seen) == 3 + 3  # their names, and then what they hold


@pytest.mark.parametrize("kind", ["", "zip", "tar.gz"])
def test_files_that_are_no_documents_are_counted_and_named(tmp_path: Path, kind: str) -> None:
    root = in_blocks(tmp_path / "mail")
    (root / "ham" / "x.html").write_text("<p>page</p>")
    (root / "ham" / "y.html").write_text("<p>page</p>")
    (root / "loose.txt").write_text("in no folder")
    table = outcome(import_table(pack(root, kind) if kind else root, CorpusConfig(), tmp_path / "cache"))
    assert table.rows == 14
    note, = table.record["notes"]
    assert note.startswith("3 files are no documents")
    assert "2 .html" in note
    assert "1 outside of the folders" in note


def spoil(path: Path, place: int) -> Path:
    """Overwrite a few bytes from ``place`` on."""
    data = bytearray(path.read_bytes())
    data[place : place + 16] = b"\xff" * 16
    path.write_bytes(bytes(data))
    return path


def test_a_damaged_member_of_a_zip_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "mail.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"ham/{number}.txt", f"letter number {number} " * 50)
            archive.writestr(f"spam/{number}.txt", f"offer number {number} " * 50)
        place = archive.getinfo("spam/1.txt").header_offset + 30 + len("spam/1.txt") + 4
    documents = opened(spoil(path, place))
    assert (len(everything(documents)), documents.skipped) == (5, 1)
    assert any("spam/1.txt" in note for note in documents.notes)


def test_a_tar_cut_short_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pack(in_blocks(tmp_path / "mail"), "tar")
    short = tmp_path / "short.tar.gz"
    short.write_bytes(gzip.compress(whole.read_bytes()[:-12_000]))
    whole.write_bytes(whole.read_bytes()[:-12_000])
    monkeypatch.setattr(tree_files, "PEEK_MEMBERS", 3)
    for path in (whole, short):
        with pytest.raises(CorpusError, match="cut short"):
            opened(path)


@pytest.mark.parametrize("kind", ["bz2", "xz"])
def test_a_compressed_table_cut_short_is_told(tmp_path: Path, kind: str) -> None:
    packer = {"bz2": bz2.compress, "xz": lzma.compress}[kind]
    path = tmp_path / f"a.csv.{kind}"
    path.write_bytes(packer(b"text,label\n" + b"".join(b"film %d,pos\n" % n for n in range(5_000)))[:-40])
    with pytest.raises(CorpusError, match=r"cut short|damaged"):
        opened(path)


def test_a_zip_whose_entry_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", TABLE)
    with pytest.raises(CorpusError, match="cannot be unpacked"):
        opened(spoil(path, 30))


def zipped(path: Path, **files: bytes) -> Path:
    """A zip archive of ``files``; "__" stands for the full stop before a suffix."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return path


SMS = "".join(f"{'spam' if n % 3 else 'ham'}\tletter number {n}\n" for n in range(12)).encode()


@pytest.mark.parametrize("files", [
    {"data__csv": TABLE, "README__txt": b"about it"}, {"data__csv": TABLE, "LICENSE": b"free", "readme__md": b"see"},
    {"data__csv": TABLE, "notes__txt": b"a note", "paper__pdf": b"%PDF"},
])
def test_the_one_table_of_a_zip_is_read(tmp_path: Path, files: dict[str, bytes]) -> None:
    documents = opened(zipped(tmp_path / "a.zip", **files))
    assert (documents.understood.format, labels_in_order(documents)) == ("csv", ["pos", "neg"])


def test_the_one_text_beside_a_readme_is_read(tmp_path: Path) -> None:
    documents = opened(zipped(tmp_path / "a.zip", SMSSpamCollection=SMS, readme=b"The SMS Spam Collection"))
    assert documents.labels == ("ham", "spam")
    assert len(everything(documents)) == 12


def test_one_of_several_tables_in_a_zip_can_be_chosen(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", train__csv=TABLE, test__csv=b"text,label\nfair film,pos\n")
    with pytest.raises(CorpusError, match=r"tables \(train.csv, test.csv\).*corpus\.member"):
        preview(path)
    assert everything(opened(path, member="test.csv")) == ["fair film"]
    assert everything(opened(path, member="train.csv")) == ["good film", "bad film"]
    with pytest.raises(CorpusError, match=r"no file called 'dev.csv': train.csv, test.csv"):
        preview(path, CorpusConfig(member="dev.csv"))


def test_an_archive_in_an_archive_is_named(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "b.zip", a__csv=TABLE).read_bytes()
    for name, data in (("a__csv__gz", gzip.compress(TABLE)), ("b__zip", inner)):
        with pytest.raises(CorpusError, match="an archive in an archive"):
            preview(zipped(tmp_path / "outer.zip", **{name: data}))


def test_links_in_an_archive_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    (tmp_path / "text").write_text("The text of a document.")
    with tarfile.open(path, "w:gz") as archive:
        for label in ("good", "bad"):
            archive.add(tmp_path / "text", f"c/{label}/1.txt")
            for number in (2, 3):
                link = tarfile.TarInfo(f"c/{label}/{number}.txt")
                link.type, link.linkname = tarfile.SYMTYPE, "1.txt"
                archive.addfile(link)
    documents = opened(path)
    assert len(everything(documents)) == 2
    assert any(note.startswith("4 links were passed over (for example c/good/2.txt)") for note in documents.notes)
