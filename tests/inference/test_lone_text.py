"""A file as one text."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from ulmengine.corpus import CorpusError
from ulmengine.inference.sources import is_lone_text, read_text

WORDS = "café naïve déjà vu, où ça se fête"


@pytest.mark.parametrize(("mark", "encoding"), [
    (b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"", "cp1252"),
])
def test_the_encoding_is_found(tmp_path, mark, encoding):
    (tmp_path / "a.txt").write_bytes(mark + WORDS.encode(encoding))
    assert read_text(tmp_path / "a.txt") == WORDS


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(CorpusError, match="is not there"):
        read_text(tmp_path / "nowhere.txt")
    with pytest.raises(CorpusError, match="could not be read"):
        read_text(tmp_path)


def test_a_long_text_is_read_whole(tmp_path):
    long = "déjà " * 300_000
    (tmp_path / "long.txt").write_bytes(long.encode())
    assert read_text(tmp_path / "long.txt") == long


def test_mails_and_logs_are_texts_and_tables_are_not(tmp_path):
    assert [is_lone_text(tmp_path / name) for name in ("a.TXT", "a.eml", "a.log", "a.md", "a.csv", "a.txt.gz")] == [
        True, True, True, True, False, False]


def test_of_a_mail_subject_and_body_are_read(tmp_path: Path) -> None:
    mail = "From: a@example.org\nTo: b@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nThe parcel is late.\n"
    for name in ("one.eml", "00001.7c53336b37003a9286aba55d2945844c.txt"):
        (tmp_path / name).write_text(mail, encoding="utf-8")
        assert read_text(tmp_path / name).split() == ["Grüße", "The", "parcel", "is", "late."]


def test_a_memo_with_bytes_beyond_ascii_in_its_headers_is_read(tmp_path: Path) -> None:
    memo = "From: a@example.org\nTo: b@example.org\nSubject: Größe\n\nDie Maße für das Gehäuse.\n"
    (tmp_path / "a.txt").write_bytes(memo.encode("cp1252"))
    assert read_text(tmp_path / "a.txt") == "Größe\n\nDie Maße für das Gehäuse."
