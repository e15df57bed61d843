"""Which of the encodings before Unicode a text is in: told by the letters that come out, language by language."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from typing import NamedTuple

from charset_normalizer import from_bytes

_KANA = re.compile("[\u3040-\u30ff]")
_EAST_ASIAN = {  # what is found -> the plain encoding to try first, so that the common name is shown
    "gb18030": "gbk", "cp932": "shift_jis", "cp949": "euc_kr", "big5hkscs": "big5", "cp950": "big5",
    "johab": "euc_kr", "gb2312": "gbk", "euc_jis_2004": "euc_jp", "shift_jis_2004": "shift_jis",
}
_USUAL = {"cp1125": "cp866", "koi8-t": "koi8-r", "kz1048": "cp1251", "ptcp154": "cp1251", "mac-iceland": "mac-roman"}
"""Rare relations of common encodings, which they share nearly all letters with."""

_WEST = (
    "àâæçéèêëîïôœùûüÿ", "áéíñóúüïç", "äöüß", "ãõáàéíóúâêôç", "àèéìòóù", "æøåéö", "åäöéü", "áðéíóúýþæö", "äöõüšž",
    "ëïéèöüó",
)
_CENTRAL = ("áčďéěíňóřšťúůýž", "ąćęłńóśźż", "áéíóöőúüű", "áäčďéíĺľňóôŕšťúýž", "ăâîşţ", "čćđšž", "ëç")
_LATIN = {  # encoding -> (what it is for, the letters beyond ASCII of each language), the likeliest first
    "cp1252": ("Western European", _WEST),
    "cp1250": ("Central European", _CENTRAL),
    "iso8859-2": ("Central European", _CENTRAL),
    "cp1254": ("Turkish", ("çğıöşüâîû",)),
    "cp1257": ("Baltic", ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")),
    "cp1258": ("Vietnamese", ("ăâđêôơưàáãèéẽìíĩòóõùúũỳýỹ\u0300\u0301\u0303\u0309\u0323",)),
    "cp850": ("Western European, as DOS wrote it", _WEST),
    "cp852": ("Central European, as DOS wrote it", _CENTRAL),
    "mac-roman": ("Western European, as old Macs wrote it", _WEST),
}
_EDGE = 0.05
"""By so much a rarer encoding must fit better than the usual one."""


class Legacy(NamedTuple):
    """An encoding, why it was chosen, and others that fit nearly as well."""

    name: str
    reason: str
    others: tuple[str, ...] = ()


def legacy_encoding(high: bytes) -> Legacy:
    """The encoding of lines that hold bytes beyond ASCII and are not UTF-8."""
    best = from_bytes(high).best()
    found = codecs.lookup(best.encoding).name if best is not None else "cp1252"
    japanese = _decoded(high, "euc_jp")
    if japanese and len(_KANA.findall(japanese)) > 0.2 * sum(c > "\x7f" for c in japanese):
        return Legacy("euc_jp", "the characters read as Japanese kana")
    if found in _EAST_ASIAN or found in _EAST_ASIAN.values():
        plain = _EAST_ASIAN.get(found, found)
        return Legacy(plain if _decoded(high, plain) else found, "the characters fit this encoding best")
    if best is None or _is_latin(high.decode(found, "replace")) or _in_latin_words(high):
        return _latin(high)
    usual = _USUAL.get(found, found)
    same = usual == found or _decoded(high, usual) == _decoded(high, found)
    return Legacy(usual if same else found, "the letters fit this encoding best")


def _latin(high: bytes) -> Legacy:
    fits = {name: _fit(high, name, languages) for name, (_, languages) in _LATIN.items()}
    best = max(fits, key=lambda name: fits[name] - (0 if name == "cp1252" else _EDGE))
    text = high.decode(best, "replace")
    others = tuple(name for name in fits if fits[name] > 0.6 and fits[name] >= fits[best] - _EDGE
                   and high.decode(name, "replace") != text)
    if best == "cp1252":
        reason = "not UTF-8; the letters are Western European (Windows-1252, a superset of Latin-1)"
        doubtful = fits[best] < 0.9 or any(letter in text for letter in "ðþýÐÞÝ")
        return Legacy(best, reason, others if doubtful else ())
    return Legacy(best, f"not UTF-8; the letters are {_LATIN[best][0]}", others)


def _fit(data: bytes, name: str, languages: tuple[str, ...]) -> float:
    """How many of the characters beyond ASCII in words are letters of one and the same language, as a share."""
    text = data.decode(name, "replace").lower()
    letters: Counter[str] = Counter()
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        inside = before.isalpha() and after.isalpha()
        if character > "\x7f" and (character.isalpha() or unicodedata.combining(character) or inside
                                   or character == "\ufffd" or unicodedata.category(character) == "Cc"):
            letters[character] += 1
    return max(sum(n for c, n in letters.items() if c in own) for own in languages) / max(1, letters.total())


def _is_latin(text: str) -> bool:
    """Whether the letters beyond ASCII are mostly Latin ones."""
    letters = [character for character in text if character > "\x7f" and character.isalpha()]
    return sum("\u00c0" <= character <= "\u024f" for character in letters) > 0.7 * len(letters)


def _in_latin_words(data: bytes) -> bool:
    """Whether bytes beyond ASCII mostly stand beside letters of ASCII, as accents do in Latin words."""
    high = re.findall(rb"(?:(?<=[A-Za-z])[\x80-\xff])|(?:[\x80-\xff](?=[A-Za-z]))", data)
    return len(high) > 0.6 * sum(byte > 0x7F for byte in data)


def _decoded(data: bytes, name: str) -> str:
    """``data`` decoded, or nothing where it is not valid; a character cut at the end of the sample is forgiven."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(data, final=False)
    except (UnicodeDecodeError, LookupError):
        return ""
