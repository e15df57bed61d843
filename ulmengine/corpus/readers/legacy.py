"""Which of the encodings before Unicode a text is in: told by the letters that come out, language by language."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from charset_normalizer import from_bytes

_BEYOND = re.compile("[^\x00-\x7f]")
_KANA = re.compile("[\u3040-\u30ff]")
_EAST_ASIAN = {  # what is found -> the plain encoding to try first, so that the common name is shown
    "gb18030": "gbk", "cp932": "shift_jis", "cp949": "euc_kr", "big5hkscs": "big5", "cp950": "big5",
    "johab": "euc_kr", "gb2312": "gbk", "euc_jis_2004": "euc_jp", "shift_jis_2004": "shift_jis",
}
_USUAL = {"cp1125": "cp866", "koi8-t": "koi8-r", "kz1048": "cp1251", "ptcp154": "cp1251", "mac-iceland": "mac-roman"}
"""Rare relations of common encodings, which they share nearly all letters with."""

_CYRILLIC = ("cp1251", "koi8-r", "cp866")

_WEST = (
    "àâæçéèêëîïôœùûüÿ", "áéíñóúüïç", "äöüß", "ãõáàéíóúâêôç", "àèéìòóù", "æøåéö", "åäöéü", "áðéíóúýþæö", "äöõüšž",
    "ëïéèöüó", "àçèéíïòóúü", "äëéèêöü", "áðíóúýæø",
)
_ICELANDIC, _PORTUGUESE, _TURKISH = "áðéíóúýþæö", "ãõáàéíóúâêôç", "çğıöşüâîû"
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")
_CENTRAL = ("áčďéěíňóřšťúůýž", "ąćęłńóśźż", "áéíóöőúüű", "áäčďéíĺľňóôŕšťúýž", "ăâîşţ", "čćđšž", "ëç")
_LATIN = {  # encoding -> (what it is for, the letters beyond ASCII of each language), the likeliest first
    "cp1252": ("Western European", _WEST),
    "cp1250": ("Central European", _CENTRAL),
    "iso8859-2": ("Central European", _CENTRAL),
    "cp1254": ("Turkish", (_TURKISH,)),
    "cp1257": ("Baltic", _BALTIC),
    "cp1258": ("Vietnamese", ("ăâđêôơưàáãèéẽìíĩòóõùúũỳýỹ\u0300\u0301\u0303\u0309\u0323",)),
    "cp850": ("Western European, as DOS wrote it", _WEST),
    "cp852": ("Central European, as DOS wrote it", _CENTRAL),
    "mac-roman": ("Western European, as old Macs wrote it", _WEST),
    "iso8859-15": ("Western European (Latin-9)", _WEST),
    "iso8859-4": ("Baltic (Latin-4)", _BALTIC),
    "iso8859-3": ("South European (Latin-3)", (_TURKISH, "àċġħż", "ĉĝĥĵŝŭ")),
    "cp857": ("Turkish, as DOS wrote it", (_TURKISH,)),
    "cp775": ("Baltic, as DOS wrote it", _BALTIC),
    "cp860": ("Portuguese, as DOS wrote it", (_PORTUGUESE,)),
    "cp861": ("Icelandic, as DOS wrote it", (_ICELANDIC,)),
    "mac-turkish": ("Turkish, as old Macs wrote it", (_TURKISH,)),
    "mac-iceland": ("Icelandic, as old Macs wrote it", (_ICELANDIC,)),
    "mac-latin2": ("Central European, as old Macs wrote it", _CENTRAL),
}
_OFTEN = ("cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257", "cp1258")
_EDGE = 0.05
"""By so much a rarer encoding must fit better than the usual one."""
_LOW = 0.75
"""No text of a language that is known fits its own encoding less."""
_BEGINNING = 1 << 13
_FEW = 6
"""With so few characters beyond ASCII a rare encoding is never certain."""

_OPENING, _CLOSING = "\u201c\u2018\u201e\u201a\u00ab\u2039\u00bf\u00a1", "\u201d\u00bb\u203a"
_MONEY, _SIGNS = "\u20ac\u00a3\u00a5\u00a2", "\u00a9\u00ae\u00b0\u00a7\u00b1\u00b2\u00b3\u00b5\u00bc\u00bd\u00be\u00d7"


class Legacy(NamedTuple):
    """An encoding, why it was chosen, and others that fit nearly as well."""

    name: str
    reason: str
    others: tuple[str, ...] = ()


def legacy_encoding(high: bytes) -> Legacy:
    """The encoding of lines that hold bytes beyond ASCII and are not UTF-8."""
    best = from_bytes(high).best()
    found = codecs.lookup(best.encoding).name if best is not None else "cp1252"
    for name in ("euc_jp", "shift_jis", "cp932"):  # kana stand in no other encoding's usual characters
        japanese = _decoded(high, name)
        if japanese and len(_KANA.findall(japanese)) > 0.2 * sum(c > "\x7f" for c in japanese):
            return Legacy(name, "the characters read as Japanese kana")
    if _stand_alone(high) or (_in_latin_words(high) and max(_fits(high).values()) > 1 - _EDGE):
        return _latin(high)
    if found in _EAST_ASIAN or found in _EAST_ASIAN.values():
        plain = _EAST_ASIAN.get(found, found)
        return Legacy(plain if _decoded(high, plain) else found, "the characters fit this encoding best")
    if best is None or _is_latin(high.decode(found, "replace")) or _in_latin_words(high):
        return _latin(high)
    usual = _USUAL.get(found, found)
    same = usual == found or _decoded(high, usual) == _decoded(high, found)
    if not same and usual in _CYRILLIC:  # the commoner ones differ in which letters are small
        usual = max(_CYRILLIC, key=lambda name: sum("а" <= c <= "я" for c in _decoded(high, name)))
        same = bool(_decoded(high, usual))
    return Legacy(usual if same else found, "the letters fit this encoding best")


def _latin(high: bytes) -> Legacy:
    fits = _fits(high)
    best = max(fits, key=lambda name: fits[name] - (0 if name == "cp1252" else _EDGE))
    text = high.decode(best, "replace")
    few = sum(character > "\x7f" for character in text) < _FEW
    low = fits[best] < _LOW and not few
    read: dict[str, str] = {}  # what comes out -> the first encoding that gives it
    for name in sorted(fits, key=lambda name: -fits[name] * low):
        if low or (fits[name] > 0.6 and fits[name] >= fits[best] - _EDGE):
            read.setdefault(high.decode(name, "replace"), name)
    others = tuple(name for other, name in read.items() if other != text)
    if best == "cp1252":
        reason = "not UTF-8; the letters are Western European (Windows-1252, a superset of Latin-1)"
        doubtful = fits[best] < 0.9 or any(letter in text for letter in "ðþýÐÞÝ")
        return Legacy(best, reason, others if doubtful else tuple(name for name in others if fits[name] > fits[best]))
    if best not in _OFTEN and "cp1252" not in others and (few or fits["cp1252"] > 0.3):
        others = ("cp1252", *others)  # by far the commonest of them all
    fit = "fit none of the known encodings well; the nearest is" if low else "are"
    return Legacy(best, f"not UTF-8; the letters {fit} {_LATIN[best][0]}", others)


@lru_cache(1)
def _fits(data: bytes) -> dict[str, float]:
    """How well the encodings of Latin letters fit; those that do not fit the beginning are judged by it alone."""
    first = {name: _fit(data[:_BEGINNING], name, languages) for name, (_, languages) in _LATIN.items()}
    near = max(first.values()) - 0.3
    return {name: fit if fit < near and name != "cp1252" else _fit(data, name, _LATIN[name][1])
            for name, fit in first.items()}


def _fit(data: bytes, name: str, languages: tuple[str, ...]) -> float:
    """How many of the characters beyond ASCII stand where they belong, as a share: letters of one and the same language
    in words, quotation marks and dashes around them. Lines of several languages fit a little less."""
    fitting = total = each = 0
    whole: Counter[str] = Counter()
    for line in data.decode(name, "replace").split("\n"):
        letters: Counter[str] = Counter()
        for match in _BEYOND.finditer(line):
            place = match.start()
            letter, fits = _stands(line[place - 1 : place] or " ", match[0], line[place + 1 : place + 2] or " ")
            total += fits is not None
            if letter:
                letters[letter] += bool(fits)
            else:
                fitting += bool(fits)
        each += _most(letters, languages)
        whole += letters
    return (fitting + max(_most(whole, languages), each - 0.1 * total)) / max(1, total)


@lru_cache(1 << 14)
def _stands(before: str, character: str, after: str) -> tuple[str, bool | None]:
    """The letter that a character is, "" for none, and whether it stands where it belongs."""
    if (character.isalpha() and character not in "\u00aa\u00ba") or unicodedata.combining(character):
        return character.lower(), _is_in_case(before, character, after)
    return "", _mark_fits(before, character, after)


def _most(letters: Counter[str], languages: tuple[str, ...]) -> int:
    """How many letters are those of one language, at most."""
    return max(sum(n for c, n in letters.items() if c in own) for own in languages)


def _is_in_case(before: str, letter: str, after: str) -> bool:
    """Whether a letter stands in a word as letters do: no figure at its side, no capital behind a small one."""
    if before.isdigit() or after.isdigit():
        return False
    return not ((letter.isupper() and before.islower()) or (letter.islower() and after.isupper()))


def _mark_fits(before: str, mark: str, after: str) -> bool | None:
    """Whether a mark stands where it belongs; None where nothing can be told."""
    inside = before.isalpha() and after.isalpha()
    if mark == "\u2019":
        return before.isalnum() or after.isalnum()
    if mark in _OPENING:
        return not before.isalpha() and after != " "
    if mark in _CLOSING or mark == "\u2026":
        return not after.isalpha() or (not before.isalpha() and mark == "\u2026")
    if mark in "\u2013\u2014":  # from ... to, a word - a word, a word-a word
        return before.isalnum() == after.isalnum()
    if mark == "\u2022":
        return not before.isalnum()
    if mark == "\u2122":
        return before.isalnum() and not after.isalpha()
    if mark in _MONEY:
        free = mark in "\u20ac\u00a3" and not before.isalpha() and not after.isalpha()
        return before.isdigit() or after.isdigit() or free
    if mark in _SIGNS:
        return not inside
    if "\u2500" <= mark <= "\u259f" or mark in "\ufffd\u00a4" or unicodedata.category(mark) == "Cc":
        return False  # boxes of DOS, or nothing at all
    return False if inside or (mark in "\u00a8\u00b8\u00b9" and after.isalpha()) else None


def _is_latin(text: str) -> bool:
    """Whether the letters beyond ASCII are mostly Latin ones."""
    letters = [character for character in text if character > "\x7f" and character.isalpha()]
    return sum("\u00c0" <= character <= "\u024f" for character in letters) > 0.7 * len(letters)


def _stand_alone(data: bytes) -> bool:
    """Whether bytes beyond ASCII stand each by itself, as accents, dashes and currency signs do in Latin texts."""
    alone = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", data))
    high = sum(byte > 0x7F for byte in data)
    marks = len(re.findall(rb"[\x80\x82\x84\x85\x91-\x97\x99\xa0\xab\xbb]", data))
    return alone > 0.9 * high or (marks == high and len(re.findall(rb"[A-Za-z]", data)) > 2 * high)


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
