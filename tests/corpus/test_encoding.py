"""Encodings: found from a sample, decoded with every loss counted."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, opened
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, preview
from ulmengine.corpus.readers.encoding import Decoder, detect, known_encoding

FRENCH = "Le café était très bon, mais la pièce n'était pas « drôle » – ça va, garçon. Où est-il ?\n"
SPANISH = "El señor comió mañana en la esquina; ¿qué pasó después? ¡Qué lástima!\n"
GERMAN = "Das ist ein schöner Film über große Gefühle, für alle, die gern ins Kino gehen.\n"
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. Tento film se mi velmi líbil, herci byli skvělí.\n"
RUSSIAN = "Это был очень хороший фильм, мне понравилось всё, кроме конца.\n"
CHINESE = "距离川沙公路较近,但是公交指示不对,建议用别的路线.房间较为简单.\n"
TAIWANESE = "這部電影非常好看，我很喜歡，演員的表現也很精彩。\n"
JAPANESE = "処理に時間がかかりました。とても良い映画でした。カタカナも。\n"
KOREAN = "처음엔 대충봤지만 고딩때본게 기억이난다 재밌게봤다 황당한데.\n"


@pytest.mark.parametrize(("text", "written"), [
    (FRENCH, "cp1252"), (SPANISH, "latin-1"), (GERMAN, "cp1252"), (CZECH, "cp1250"), (RUSSIAN, "cp1251"),
    (CHINESE, "gbk"), (TAIWANESE, "big5"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (KOREAN, "euc_kr"),
    (FRENCH, "utf-8"), (KOREAN, "utf-8"), (FRENCH, "utf-16"), (GERMAN, "utf-16-le"), (GERMAN, "utf-16-be"),
    (CHINESE, "utf-16"), (FRENCH, "utf-8-sig"), (FRENCH, "utf-32"),
])
def test_a_detected_encoding_gives_the_text_back(text: str, written: str) -> None:
    found = detect((text * 20).encode(written))
    decoder = Decoder(found.name)
    assert decoder.decode((text * 20).encode(written), final=True) == text * 20
    assert decoder.undecodable == 0


@pytest.mark.parametrize(("text", "written", "shown"), [
    (CHINESE, "gbk", "gbk"), (JAPANESE, "shift_jis", "shift_jis"), (KOREAN, "euc_kr", "euc_kr"),
    (SPANISH, "latin-1", "cp1252"), (FRENCH, "utf-16", "utf-16"),
])
def test_the_common_name_is_shown(text: str, written: str, shown: str) -> None:
    assert detect((text * 20).encode(written)).name == shown


def test_a_mark_is_the_reason_and_is_no_part_of_the_text() -> None:
    found = detect(codecs.BOM_UTF8 + b"abc")
    assert (found.name, found.reason) == ("utf-8", "byte-order mark")
    assert Decoder("utf-8").decode(codecs.BOM_UTF8 + b"abc", final=True) == "abc"


def test_plain_ascii_is_not_yet_sure_where_more_follows() -> None:
    assert not detect(b"only letters").sure
    assert detect(b"only letters", whole=True).sure


def test_a_character_cut_between_two_blocks_is_no_loss() -> None:
    decoder = Decoder("utf-8")
    data = "é€𝄞".encode()
    assert "".join(decoder.decode(bytes([byte])) for byte in data) + decoder.decode(b"", final=True) == "é€𝄞"
    assert decoder.undecodable == 0


def test_bad_bytes_and_nuls_are_counted_and_shown() -> None:
    decoder = Decoder("utf-8")
    assert decoder.decode(b"a\xffb\xfec\x00d", final=True) == "a\ufffdb\ufffdc\ufffdd"
    assert decoder.undecodable == 3


def test_a_replacement_character_of_the_file_itself_is_no_loss() -> None:
    decoder = Decoder("utf-8")
    assert decoder.decode("\ufffd".encode() + b" \xff", final=True) == "\ufffd \ufffd"
    assert decoder.undecodable == 1


def test_a_cut_last_character_is_counted() -> None:
    decoder = Decoder("utf-8")
    decoder.decode("ab€".encode()[:-1])
    assert decoder.decode(b"", final=True) == "\ufffd"
    assert decoder.undecodable == 1


def test_mostly_utf8_with_a_few_foreign_bytes_stays_utf8(tmp_path: Path) -> None:
    path = tmp_path / "mixed.txt"
    path.write_bytes((KOREAN * 50).encode() + "café\n".encode("latin-1") + GERMAN.encode())
    documents = opened(path)
    assert documents.understood.encoding == "utf-8"
    assert documents.undecodable == 1
    assert everything(documents)[50] == "caf\ufffd"
    assert any("1 byte" in note for note in documents.notes)


def test_bytes_beyond_ascii_far_behind_the_sample_are_found_on_import(tmp_path: Path) -> None:
    path = tmp_path / "late.txt"
    path.write_bytes(b"plain words only\n" * 100_000 + FRENCH.encode("cp1252"))
    assert preview(path).understood.encoding == "utf-8"
    documents = opened(path)
    assert documents.understood.encoding == "cp1252"
    assert documents.undecodable == 0
    assert documents.text_of(100_000) == FRENCH.strip()


def test_an_encoding_that_is_set_is_used(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes("text,label\nжизнь,1\nсмерть,0\n".encode("koi8-r"))
    shown = preview(path, CorpusConfig(encoding="KOI8-R"))
    assert shown.rows[0] == ("жизнь", "1")
    assert shown.understood.reasons["encoding"] == "as set"


@pytest.mark.parametrize("name", ["no-such", "rot13", "base64"])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(CorpusError, match="encoding"):
        known_encoding(name)
