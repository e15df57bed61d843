"""Damaged files end in a sentence: never with fewer documents and no word, and never by taking the program along."""

from __future__ import annotations

import errno
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from ulmengine.corpus import CorpusError, cells
from ulmengine.corpus.readers import formats
from ulmengine.corpus.readers.reading import Look, Reading

ROWS = made(30)


def tar_of(path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for n, (text, label) in enumerate(ROWS):
            info = tarfile.TarInfo(f"train/{label}/{n}.txt")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tar.bz2", "w:bz2"),
                                            ("a.tar.xz", "w:xz")])
def test_a_whole_tar_is_read(tmp_path: Path, name: str, mode: str) -> None:
    assert len(everything(opened(tar_of(tmp_path / name, mode)))) == 30


@pytest.mark.parametrize("member", [1, 7, 29])
def test_a_broken_header_in_a_tar_is_no_end(tmp_path: Path, member: int) -> None:
    path = tar_of(tmp_path / "a.tar", "w")
    data = bytearray(path.read_bytes())
    data[1024 * member + 150] ^= 1  # each member has a header and a block of its own; here stands the checksum
    path.write_bytes(bytes(data))
    with pytest.raises(CorpusError, match="damaged tar archive"):
        opened(path)


@pytest.mark.parametrize("blocks", [2, 20, 21, 60])
def test_a_tar_cut_at_a_block_is_no_whole_one(tmp_path: Path, blocks: int) -> None:
    path = tar_of(tmp_path / "a.tar", "w")
    path.write_bytes(path.read_bytes()[: 512 * blocks])
    with pytest.raises(CorpusError, match="damaged tar archive"):
        opened(path)


@pytest.mark.parametrize("place", [-1, -5, 300])
def test_a_damaged_compressed_tar_is_told(tmp_path: Path, place: int) -> None:
    path = tar_of(tmp_path / "a.tar.gz", "w:gz")
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(bytes(data))
    with pytest.raises(CorpusError, match="damaged"):
        opened(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("start", [100, 400, 700])
def test_a_zip_without_some_bytes_of_its_middle_is_damaged(
    tmp_path: Path, method: int, single: bool, start: int
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        if single:
            archive.writestr("a.csv", "text,label\n" + "".join(f"{text},{label}\n" for text, label in made(200)))
        else:
            for n, (text, label) in enumerate(ROWS):
                archive.writestr(f"{label}/{n}.txt", text)
    data = path.read_bytes()
    assert len(everything(opened(path))) == (200 if single else 30)
    path.write_bytes(data[:start] + data[start + 256 :])
    with pytest.raises(CorpusError, match=r"'a\.zip' is a damaged zip archive"):
        opened(path)


def test_a_parquet_whose_text_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    offsets, data = pa.py_buffer(b"\0\0\0\0\4\0\0\0\7\0\0\0"), pa.py_buffer(b"\xff\xfeab\xc3(x")
    bad = pa.Array.from_buffers(pa.string(), 2, [None, offsets, data])
    pq.write_table(pa.table({"text": bad, "label": ["a", "b"]}), path)
    with pytest.raises(CorpusError, match="damaged"):
        opened(path)
    table = pa.table({"text": ["one", "two"]}).replace_schema_metadata({b"huggingface": b"\xff\xfe"})
    pq.write_table(table, path)
    with pytest.raises(CorpusError, match="damaged"):
        opened(path)


NO_MEMORY = r"'a\.csv' needs more memory than there is"


@pytest.mark.parametrize(("error", "told"), [
    (pl.exceptions.PanicException("called `unwrap()` on an `Err` value\nand much more"),
     r"'a.csv' cannot be read.*unwrap\(\)"),
    (MemoryError(), NO_MEMORY), (pa.lib.ArrowMemoryError("malloc of size 192 failed"), NO_MEMORY),
    (pl.exceptions.PanicException("OS can't spawn worker thread: Resource temporarily unavailable (os error 11)"),
     NO_MEMORY),
    (RuntimeError("can't start new thread"), NO_MEMORY),
    (OSError(errno.ENOMEM, "Cannot allocate memory"), NO_MEMORY),
])
def test_what_a_reader_fails_with_is_a_sentence_and_too_little_memory_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, told: str
) -> None:
    def fails(*_: object) -> Iterator[pl.DataFrame]:
        raise error
        yield

    plan = formats.FORMATS["csv"]

    def planned(look: Look, reason: str) -> Reading | None:
        reading = plan(look, reason)
        return reading and replace(reading, read=fails)

    monkeypatch.setitem(formats.FORMATS, "csv", planned)
    path = tmp_path / "a.csv"
    path.write_text("text,label\none,a\n")
    with pytest.raises(CorpusError, match=told):
        opened(path)


def test_structs_and_lists_in_parquet_are_read_as_json_is(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"doc": [{"text": t, "id": n} for n, (t, _) in enumerate(ROWS)],
                             "note": [{"label": k, "by": "me"} for _, k in ROWS]}), path)
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]


@pytest.mark.parametrize("feature", [
    {"names": ["bad", "good", "mid"], "_type": "ClassLabel"},
    {"feature": {"names": ["bad", "good", "mid"], "_type": "ClassLabel"}, "_type": "Sequence"},
    [{"names": ["bad", "good", "mid"], "_type": "ClassLabel"}],
])
def test_the_classes_of_hugging_face_have_their_names(tmp_path: Path, feature: object) -> None:
    codes = [["bad", "good", "mid"].index(label) for _, label in ROWS]
    codes[4] = -1
    single = isinstance(feature, dict) and "names" in feature
    info = json.dumps({"info": {"features": {"text": {"dtype": "string"}, "label": feature}}})
    table = pa.table({"text": [t for t, _ in ROWS], "label": codes if single else [[code] for code in codes]})
    path = tmp_path / "a.parquet"
    pq.write_table(table.replace_schema_metadata({b"huggingface": info.encode()}), path)
    documents = opened(path)
    assert documents.labels == ("bad", "good", "mid")
    assert documents.rows("unlabelled").tolist() == [4]
    assert labels_in_order(documents) == [label for n, (_, label) in enumerate(ROWS) if n != 4]


def test_a_parquet_file_that_may_not_be_read_is_called_neither_damaged_nor_by_its_path_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"text": ["one", "two"], "label": ["x", "y"]}).write_parquet(path)

    def refused(where: object, *_: object, **__: object) -> None:
        raise PermissionError(13, f"Failed to open local file '{where}'. Detail: [errno 13] Permission denied")

    monkeypatch.setattr("ulmengine.corpus.readers.columnar.pq.ParquetFile", refused)
    with pytest.raises(CorpusError, match="permission denied") as told:
        opened(path)
    assert "damaged" not in str(told.value)
    assert str(told.value).count("a.parquet") == 1


LONG = 300_000


@pytest.mark.parametrize(("name", "text", "rows"), [
    ("a.html", "<!DOCTYPE html><body><p>one</p>" + "<!--" * LONG, 1), ("a.html", "<html><p>one</p>" + "</" * LONG, 1),
    ("a.html", "<html><p>one</p>" + "<!" * LONG, 1), ("a.html", "<html><p>one</p><![ two ]><p>three</p>", 1),
    ("a.txt", "<!--x-->" * 60 + "one film\n", 1),
    ("a.txt", "%\n" + "\n" * 300 + "one film\n", 2),
    ("a.xml", "<c><d>one film</d><d>two films</d><d>three" + "<!--" * LONG, 2),
    ("a.json", json.dumps({f"{'1' * 40}{n}a": {"text": text, "label": label} for n, (text, label) in enumerate(ROWS)}),
     30),
    ("a.csv", "text,tags\n" + "".join(f"{text},a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r_s_t_u_v+ x_{n}\n"
                                     for n, (text, _) in enumerate(ROWS)), 30),
    ("a.csv", "text,user\n" + "".join(f"{text},{'so it goes on. ' * 700}{n}\n"
                                     for n, (text, _) in enumerate(ROWS)), 30),
    ("a.txt", f'<doc id="1" {"w" * LONG}>\none film\n</doc>\n<doc id="2">\ntwo films\n</doc>\n', 2),
])
def test_what_is_made_to_be_slow_is_read_as_others_are(tmp_path: Path, name: str, text: str, rows: int) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert len(opened(path).parts) == rows


@pytest.mark.parametrize("head", ["", "% a comment\n%\n\n  % another\n\n", "\n \n"])
def test_remarks_and_blank_lines_before_a_format_do_not_hide_it(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{head}@relation films\n@attribute text string\n@data\n'one film'\n")
    with pytest.raises(CorpusError, match="ARFF"):
        opened(path)
    path.write_text(head.replace("% a comment", "<!-- a comment -->").replace("%", "<!-- -->").replace("another", "")
                    + "<!DOCTYPE html><html><body><p>One film</p></body></html>")
    assert everything(opened(path)) == ["One film"]


@pytest.mark.parametrize(("tag", "is_dotted"), [
    ("a.b", True), ("a_b", True), ("a-b.c", True), ("a__b", True), ("a", False), ("_a", False), ("a_", False),
    ("a..b", False), ("___", True), ("a.b+", False), ("cs.LG", True), ("a._b", True),
])
def test_what_is_a_dotted_name(tag: str, is_dotted: bool) -> None:
    assert (cells._DOTTED.fullmatch(tag) is not None) == is_dotted
    assert (re.fullmatch(r"\w+(?:[._-]\w+)+", tag) is not None) == is_dotted
