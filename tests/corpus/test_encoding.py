"""Encodings: found from a sample, decoded with every loss counted."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, preview
from ulmengine.corpus.readers.encoding import TextDecoder, detect, known_encoding

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
    decoder = TextDecoder(found.name)
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
    assert TextDecoder("utf-8").decode(codecs.BOM_UTF8 + b"abc", final=True) == "abc"


def test_plain_ascii_is_not_yet_sure_where_more_follows() -> None:
    assert not detect(b"only letters").sure
    assert detect(b"only letters", whole=True).sure


def test_a_character_cut_between_two_blocks_is_no_loss() -> None:
    decoder = TextDecoder("utf-8")
    data = "é€𝄞".encode()
    assert "".join(decoder.decode(bytes([byte])) for byte in data) + decoder.decode(b"", final=True) == "é€𝄞"
    assert decoder.undecodable == 0


def test_bad_bytes_and_nuls_are_counted_and_shown() -> None:
    decoder = TextDecoder("utf-8")
    assert decoder.decode(b"a\xffb\xfec\x00d", final=True) == "a\ufffdb\ufffdc\ufffdd"
    assert decoder.undecodable == 3


def test_a_replacement_character_of_the_file_itself_is_no_loss() -> None:
    decoder = TextDecoder("utf-8")
    assert decoder.decode("\ufffd".encode() + b" \xff", final=True) == "\ufffd \ufffd"
    assert decoder.undecodable == 1


def test_a_cut_last_character_is_counted() -> None:
    decoder = TextDecoder("utf-8")
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


TURKISH = "Film çok güzeldi, oyuncular harikaydı, herkese öneririm. Işıklar ve müzik şahaneydi, sağlık olsun.\n"
LITHUANIAN = "Filmas buvo labai geras, žymiai geriau nei tikėjausi šįkart. Ačiū už įspūdį.\n"
LATVIAN = "Šī filma bija ļoti laba, aktieri spēlēja lieliski, es to noteikti ieteiktu ikvienam. Ģimenei.\n"
ESTONIAN = "Film oli väga hea, näitlejad mängisid suurepäraselt, soovitan kõigile. Õhtu šokolaadiga.\n"
POLISH = "Film był bardzo dobry, aktorzy świetnie zagrali, gorąco polecam każdemu. Źle się skończył.\n"
VIETNAMESE = "Bô\u0323 phim râ\u0301t hay, diê\u0303n viên đóng râ\u0301t tô\u0301t và tôi muô\u0301n xem la\u0323i.\n"
HINDI = "यह फिल्म बहुत अच्छी थी, अभिनेताओं ने शानदार काम किया।\n"
HEBREW = "הסרט היה טוב מאוד, השחקנים שיחקו נהדר ואני ממליץ עליו לכולם.\n"


@pytest.mark.parametrize(("text", "written", "shown"), [
    (TURKISH, "cp1254", "cp1254"), (TURKISH, "iso8859-9", "cp1254"), (LITHUANIAN, "cp1257", "cp1257"),
    (LATVIAN, "cp1257", "cp1257"), (ESTONIAN, "cp1257", "cp1257"), (ESTONIAN, "cp1252", "cp1252"),
    (VIETNAMESE, "cp1258", "cp1258"), (POLISH, "iso8859-2", "iso8859-2"), (POLISH, "cp1250", "cp1250"),
    (FRENCH.replace("–", "-"), "mac-roman", "mac-roman"), (GERMAN, "cp850", "cp850"), (RUSSIAN, "koi8-r", "koi8-r"),
    (RUSSIAN, "cp866", "cp866"), ("“Это” – очень хороший фильм\n", "cp1251", "cp1251"),
    (JAPANESE, "iso2022_jp", "iso2022_jp"), (HEBREW, "cp1255", "cp1255"),
])
def test_encodings_before_unicode_by_the_letters_of_their_languages(text: str, written: str, shown: str) -> None:
    data = "".join(f'"{text.strip()} {n}",good\n' for n in range(20)).encode(written)
    found = detect(b"text,label\n" + data, whole=True)
    assert found.name == codecs.lookup(shown).name
    assert data.decode(found.name) == data.decode(written)


@pytest.mark.parametrize("written", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [
    FRENCH, RUSSIAN, CHINESE, JAPANESE, KOREAN, HINDI, HEBREW, TURKISH, "Only letters, so.\n",
])
def test_utf_16_without_a_mark_in_any_script(tmp_path: Path, text: str, written: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("text,label\n" + "".join(f'"{text.strip()}",good\n' for _ in range(20))).encode(written))
    documents = opened(path)
    assert documents.understood.encoding == codecs.lookup(written).name
    assert everything(documents) == [text.strip()] * 20


def test_binary_data_with_zeros_is_no_utf_16() -> None:
    assert not detect(bytes(range(256)) * 20).name.startswith("utf-16")
    assert not detect(b"\x00\x01\x02\x03" * 500).name.startswith("utf-16")


def test_lines_of_two_encodings_are_each_read_in_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    lines = [GERMAN.encode("utf-8" if n % 3 else "cp1252") for n in range(30)]
    path.write_bytes(b"".join(lines))
    documents = opened(path)
    assert documents.understood.encoding == "utf-8+cp1252"
    assert everything(documents) == [GERMAN.strip()] * 30
    assert documents.undecodable == 0
    assert known_encoding("utf-8+CP1252") == "utf-8+cp1252"


def test_a_file_filled_up_with_nuls_ends_before_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\none fine film,good\none dull film,bad\n" + bytes(4096))
    documents = opened(path)
    assert everything(documents) == ["one fine film", "one dull film"]
    assert documents.undecodable == 0


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
@pytest.mark.parametrize("end", [b"\x1a", b"\r\n\x1a", b"\r\n" + b"\x1a" * 100, b"\x1a" + bytes(100)])
def test_what_dos_writes_at_the_end_of_a_file_is_no_document(tmp_path: Path, name: str, end: bytes) -> None:
    path = tmp_path / name
    path.write_bytes("text,label\r\nein schöner Film,gut\r\nein öder Film,bad".encode("cp850") + end)
    documents = opened(path)
    assert everything(documents) == ["ein schöner Film", "ein öder Film"]
    assert labels_in_order(documents) == ["gut", "bad"]
    assert not any("rows" in note for note in documents.notes)
    assert documents.undecodable == 0


@pytest.mark.parametrize("written", ["utf-8", "cp1252", "utf-16"])
def test_what_dos_writes_at_the_end_of_texts_in_files_of_their_own_is_no_text(tmp_path: Path, written: str) -> None:
    for n in range(6):
        path = tmp_path / ("good", "bad")[n % 2] / f"{n}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"A schöner day {n}\r\n\x1a".encode(written))
    assert sorted(everything(opened(tmp_path))) == [f"A schöner day {n}" for n in range(6)]


@pytest.mark.parametrize(("text", "written"), [
    ("it was \x1a well, good\n" * 3, "utf-8"), ("\x1ait begins", "utf-8"), ("努力事业", "utf-16-le"),
    ("事业", "utf-16-be"), ("ends in a \x1a sign", "cp1252"),
])
def test_a_sign_of_the_end_within_a_text_stays(text: str, written: str) -> None:
    decoder, data = TextDecoder(written), text.encode(written)
    pieces = [decoder.decode(data[place : place + 1], place == len(data) - 1) for place in range(len(data))]
    assert "".join(pieces) == text
    assert decoder.undecodable == 0


def test_what_is_not_certain_is_told_with_a_line_of_each(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("žaš\nšaž\n".encode("cp1257") * 5)
    documents = opened(path)
    note = next(note for note in documents.notes if "not certain" in note)
    assert documents.understood.encoding in note
    assert note.count("would read") >= 1


PORTUGUESE = "Não gostei, a decepção foi péssima; você também não vai gostar, à noite é só ruído, coração.\n"
CATALAN = "L'habitació era bruta, no hi tornarem; és així, què més, país, qüestió, peça, això.\n"
ICELANDIC = "Herbergið var óhreint og morgunmaturinn hræðilegur, þetta gengur ekki, í alvöru.\n"


@pytest.mark.parametrize(("text", "written"), [
    (TURKISH, "cp857"), (TURKISH, "mac-turkish"), (TURKISH, "iso8859-3"), (LITHUANIAN, "cp775"), (LATVIAN, "cp775"),
    (LITHUANIAN, "iso8859-4"), (LATVIAN, "iso8859-4"), (ESTONIAN, "cp775"), (PORTUGUESE, "cp860"),
    (PORTUGUESE, "cp850"), (PORTUGUESE, "cp1252"), (ICELANDIC, "cp861"), (ICELANDIC, "cp850"), (ICELANDIC, "cp1252"),
    (POLISH, "mac-latin2"), (POLISH, "cp852"), (CZECH, "mac-latin2"), (CATALAN, "cp1252"),
])
def test_rarer_pages_are_known_by_the_letters_of_their_languages(text: str, written: str) -> None:
    data = "".join(f"{text.strip()} {n}\n" for n in range(10)).encode(written)
    assert data.decode(detect(data, whole=True).name) == data.decode(written)


@pytest.mark.parametrize("texts", [(GERMAN, FRENCH), (SPANISH, PORTUGUESE, CATALAN), (FRENCH, ICELANDIC, GERMAN)])
def test_several_languages_of_one_page_are_no_other_page(texts: tuple[str, ...]) -> None:
    found = detect("".join(texts * 5).encode("cp1252"), whole=True)
    assert found.name == "cp1252"
    assert not found.others or any(letter in "".join(texts) for letter in "ðþý")


@pytest.mark.parametrize("text", [
    GERMAN, FRENCH, SPANISH, PORTUGUESE, CATALAN, "Dëse Film ass schéin, mä d'Leit si béis\n",
])
def test_no_other_page_is_told_of_where_the_usual_one_fits(text: str) -> None:
    found = detect((text * 10).encode("cp1252"), whole=True)
    assert (found.name, found.others) == ("cp1252", ())


@pytest.mark.parametrize(("data", "shown"), [
    (b"Kh\xb8ch s\xb9n r\xcat t\xe8t, nh\xa9n vi\xaan th\xa9n thi\xd6n, \xae\xe5 \xa8n ngon\n", "iso8859-2"),
    (b"Kh\xe1ch s\xd5n r\xa4t t\xaft, nh\xe2n vi\xean th\xe2n thi\xaen, \xf0\xb0 \xe5n ngon\n", "cp1258"),
    ("L'œuvre coûte 20 €, cœur brisé\n".encode("iso8859-15"), "iso8859-15"),
    ((FRENCH.replace("–", "-") * 3 + "20 €\n").encode("iso8859-15"), "cp1252"),
])
def test_pages_that_none_fits_well_are_told_of(tmp_path: Path, data: bytes, shown: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data * 10)
    documents = opened(path)
    assert documents.understood.encoding == shown
    note = next(note for note in documents.notes if "not certain" in note)
    assert "would read" in note
    assert len({line for _, line in detect(data * 10, whole=True).others}) > 1
    assert "save the file as UTF-8" in note


@pytest.mark.parametrize(("text", "told"), [("žaš, šaž", True), (LITHUANIAN, False), ("no letter beyond", False)])
def test_of_texts_in_files_of_their_own_it_is_told_too(tmp_path: Path, text: str, told: bool) -> None:
    for n in range(6):
        path = tmp_path / ("good", "bad")[n % 2] / f"{n}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"{text} {n}\n".encode("cp1257"))
    assert any("not certain" in note for note in opened(tmp_path).notes) == told
    assert not any("not certain" in note for note in opened(tmp_path, encoding="cp1257").notes)


@pytest.mark.parametrize(("text", "written"), [("Nešvaru", "cp1257"), ("iyi değil, kötü", "cp1254")])
def test_the_right_page_is_among_those_that_are_told_of_where_little_tells(text: str, written: str) -> None:
    data = f"{text}\n".encode(written) * 5
    found = detect(data, whole=True)
    assert data.decode(written) in [data.decode(name) for name in (found.name, *(name for name, _ in found.others))]
    assert len({line for _, line in found.others}) == len(found.others) > 1


PLAIN = "The room was clean and quiet, the staff were helpful.\n" * 30


@pytest.mark.parametrize("line", [
    "It’s fine, I can’t complain", "“fine” – so they say", "• one point", "Acme™ is good…",
    "25° outside, it costs 20€", "Das Café schließt um 5 €", "a word—and another", "He said: “No…”",
    "pages 5–7", "L’œuvre est magnifique, Cœur brisé…", "À éviter, c’était nul", "20 €", "it cost £20",
    "„Schön“ – aber teuer", "10½ © Acme", "the ’90s",
])
@pytest.mark.parametrize("count", [1, 6])
def test_typographic_signs_of_windows_are_no_letters_of_dos(line: str, count: int) -> None:
    data = (PLAIN + f"{line},good\n" * count).encode("cp1252")
    found = detect(data, whole=True)
    assert data.decode(found.name) == data.decode("cp1252")


@pytest.mark.parametrize(("line", "written"), [
    ("Größe passt, müde Füße", "cp850"), ("Öl, Ärger und Übel", "cp850"),
    ("Très déçu, à éviter, où ça", "cp850"), ("El niño comió mañana según él", "cp850"),
    ("Zażółć gęślą jaźń", "cp852"), ("It’s “fine”, …", "mac-roman"),
])
@pytest.mark.parametrize("count", [1, 6])
def test_dos_and_old_macs_are_still_told_by_their_letters(line: str, written: str, count: int) -> None:
    data = (PLAIN + f"{line},good\n" * count).encode(written)
    found = detect(data, whole=True)
    assert data.decode(found.name) == data.decode(written)
    if count == 1 and sum(byte > 0x7F for byte in data) < 6:
        assert "cp1252" in [name for name, _ in found.others]  # by far the commonest, where little speaks for another


@pytest.mark.parametrize("texts", [
    ("とても良い商品でした。また買います", "配送が遅くて残念でした", "店員の態度が悪い"),
    ("味はいまいちです",),
])
@pytest.mark.parametrize("written", ["shift_jis", "euc_jp"])
def test_short_japanese_texts_are_known_by_their_kana(texts: tuple[str, ...], written: str) -> None:
    data = ("text,label\n" + "".join(f"{text},{n}\n" for n, text in enumerate(texts))).encode(written)
    assert detect(data, whole=True).name == written
