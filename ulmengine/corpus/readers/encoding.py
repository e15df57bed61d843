"""Which encoding a file has, found from a sample; and decoding that counts what it cannot decode."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import NamedTuple

from charset_normalizer import from_bytes

from ulmengine.corpus.errors import CorpusError

BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
BAD = "\ufffd"
_KANA = re.compile("[\u3040-\u30ff]")
_ALPHABETS = tuple(map(frozenset, (
    "àâæçéèêëîïôœùûüÿ", "áéíñóúüïç", "äöüß", "ãõáàéíóúâêôç", "àèéìòóù", "æøåéö", "åäöéü", "áðéíóúýþæö",
    "áčďéěíňóřšťúůýž", "ąćęłńóśźż", "áéíóöőúüű", "áäčďéíĺľňóôŕšťúýž", "ăâîșşțţ", "čćđšž",
)))
"""The letters beyond ASCII of languages in the Latin script, West European first."""
_EAST_ASIAN = {  # what is found -> the plain encoding to try first, so that the common name is shown
    "gb18030": "gbk", "cp932": "shift_jis", "cp949": "euc_kr", "big5hkscs": "big5", "cp950": "big5",
    "johab": "euc_kr", "gb2312": "gbk", "euc_jis_2004": "euc_jp", "shift_jis_2004": "shift_jis",
}


class Encoding(NamedTuple):
    """An encoding's Python name and why it was chosen. ``sure`` is False when the sample was plain ASCII."""

    name: str
    reason: str
    sure: bool = True


def known_encoding(name: str) -> str:
    """Python's name of the encoding a person called ``name``. :raises CorpusError: there is none."""
    try:
        found = codecs.lookup(name.strip())
    except LookupError as error:
        raise CorpusError(
            f"There is no text encoding called '{name}'. Try utf-8, cp1252, utf-16, gbk, shift_jis or euc_kr."
        ) from error
    if not found._is_text_encoding:
        raise CorpusError(f"'{name}' is not an encoding of text. Try utf-8 or cp1252.")
    return found.name


def detect(sample: bytes, *, whole: bool = False) -> Encoding:
    """The encoding of a file that begins with ``sample`` (``whole``: nothing follows)."""
    for bom, name in BOMS:
        if sample.startswith(bom):
            return Encoding(name, "byte-order mark")
    wide = _without_mark(sample)
    if wide:
        return Encoding(wide, "every other byte is zero, as in UTF-16 without a byte-order mark")
    high = b"".join(line for line in sample.splitlines(keepends=True) if not line.isascii())[: 1 << 16]
    if not high:
        return Encoding("utf-8", "plain ASCII so far", sure=whole)
    wrong, right = _utf8_errors(sample, whole)
    if not wrong:
        return Encoding("utf-8", "all bytes are valid UTF-8")
    if right > 4 * wrong:
        return Encoding("utf-8", f"nearly all bytes are valid UTF-8; {wrong} in the sample are not")
    return _legacy(high)


def _without_mark(sample: bytes) -> str:
    """UTF-16 without a mark: in Western text one of each two bytes is zero, always on the same side."""
    part = sample[:4096]
    if len(part) < 4:
        return ""
    even, odd = part[0::2].count(0), part[1::2].count(0)
    half = len(part) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _utf8_errors(sample: bytes, whole: bool) -> tuple[int, int]:
    """How many places of ``sample`` are not UTF-8, and how many characters beyond ASCII are."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(sample, final=whole)
    wrong = text.count(BAD) - sample.count(BAD.encode())
    right = sum(1 for character in text if character > "\x7f") - wrong
    return wrong, right


def _legacy(high: bytes) -> Encoding:
    """The encoding of lines that hold bytes beyond ASCII and are not UTF-8."""
    best = from_bytes(high).best()
    found = codecs.lookup(best.encoding).name if best is not None else "cp1252"
    japanese = _decoded(high, "euc_jp")
    if japanese and len(_KANA.findall(japanese)) > 0.2 * sum(c > "\x7f" for c in japanese):
        return Encoding("euc_jp", "the characters read as Japanese kana")
    if found in _EAST_ASIAN or found in _EAST_ASIAN.values():
        plain = _EAST_ASIAN.get(found, found)
        return Encoding(plain if _decoded(high, plain) else found, "the characters fit this encoding best")
    if _is_latin(found):
        best_fit = max(("cp1252", "cp1250", "iso8859-2"), key=lambda name: _fit(high, name))
        if best_fit != "cp1252" and _fit(high, best_fit) > _fit(high, "cp1252") + 0.05:
            return Encoding(best_fit, "not UTF-8; the letters are those of a Central European language")
        return Encoding("cp1252", "not UTF-8; the letters are Western European (Windows-1252, a superset of Latin-1)")
    return Encoding(found, "the letters fit this encoding best")


def _fit(data: bytes, name: str) -> float:
    """How many of the letters beyond ASCII belong to one and the same language, as a share, if ``data`` is ``name``."""
    letters = Counter(c for c in data.decode(name, "replace").lower() if c > "\x7f" and (c.isalpha() or c == BAD))
    return max(sum(n for c, n in letters.items() if c in own) for own in _ALPHABETS) / max(1, letters.total())


def _decoded(data: bytes, name: str) -> str:
    """``data`` decoded, or nothing where it is not valid; a character cut at the end of the sample is forgiven."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(data, final=False)
    except (UnicodeDecodeError, LookupError):
        return ""


def _is_latin(name: str) -> bool:
    """Whether an encoding's letters are mostly Latin: there cp1252 is by far the likeliest."""
    upper = bytes(range(0xC0, 0x100)).decode(name, "replace")
    return sum("\u00c0" <= c <= "\u024f" for c in upper) > 32 or name in ("cp437", "cp850", "cp858", "hp-roman8")


class Decoder:
    """Bytes to text in pieces; what cannot be decoded becomes U+FFFD and is counted in ``undecodable``.

    A NUL has no business in text (it ends strings in other programs): it is replaced and counted too.
    """

    def __init__(self, encoding: str) -> None:
        self.undecodable = 0
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._first = True

    def decode(self, data: bytes, final: bool = False) -> str:
        """The text of the next ``data``; ``final`` with the last of it."""
        state = self._decoder.getstate()
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self._decoder.setstate(state)
            self._decoder.errors = "replace"
            text = self._decoder.decode(data, final)
            self._decoder.errors = "strict"
            self.undecodable += max(0, text.count(BAD) - self._genuine(data))
        if self._first and text:
            text = text.removeprefix("\ufeff")
            self._first = False
        if "\0" in text:
            self.undecodable += text.count("\0")
            text = text.replace("\0", BAD)
        return text

    def _genuine(self, data: bytes) -> int:
        """How many U+FFFD stand in the file itself."""
        return data.count(BAD.encode()) if self._encoding == "utf-8" else 0
