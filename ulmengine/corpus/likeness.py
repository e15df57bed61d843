"""When two texts count as the same, and which names look alike and are not: letters of other scripts, signs without
width, differences in spelling alone."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence

from ftfy import fix_encoding

_TWINS = str.maketrans({
    # Cyrillic
    "а": "a", "с": "c", "е": "e", "о": "o", "р": "p", "х": "x", "у": "y", "і": "i", "ј": "j", "ѕ": "s", "һ": "h",
    "ԁ": "d", "ԛ": "q", "ԝ": "w", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "ё": "e", "ь": "b", "г": "r",
    # Greek
    "α": "a", "ο": "o", "ρ": "p", "ν": "v", "ι": "i", "κ": "k", "υ": "u", "χ": "x", "τ": "t", "ε": "e", "η": "n",
    "γ": "y", "ω": "w",
    # signs
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2019": "'",
    "\u2018": "'", "`": "'", "\u00b4": "'", "_": " ", "\u0131": "i", "\u0142": "l",
})
_CAPITALS = str.maketrans("\u0392\u0396\u0397\u039c\u039d\u03a5", "BZHMNY")
"""Greek capitals that look like another letter than their small ones do."""
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(map(chr, range(0xfe00, 0xfe10)))
"""Signs that count as letters or marks and show nothing: fillers, selectors of a variant, Braille without a dot."""
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,5});")
_INVISIBLE = frozenset(("Cf", "Cc", "Zs", "Zl", "Zp"))


def normalised(text: str) -> str:
    """``text`` as it is compared with others: case, width of characters and white space make no difference; "" where
    there is nothing to be seen in it."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split()) if shows_anything(text) else ""


def shows_anything(text: str) -> bool:
    """Whether there is a sign in ``text`` that can be seen: no space, no control, none without width."""
    return any(sign not in _UNSEEN and unicodedata.category(sign) not in _INVISIBLE for sign in text)


def text_hash(text: str) -> int:
    """64 bits that stand for the normalised text."""
    digest = hashlib.blake2b(normalised(text).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def plain_names(labels: Sequence[str]) -> list[str]:
    """Each of ``labels`` as it is compared with the others; one wholly in another script goes by its look where that
    is the name of another: "А" with a Cyrillic А is "a" beside a Latin one."""
    names = list(map(plain_name, labels))
    looks, known = [plain_name(label, latin=True) for label in labels], set(names)
    return [look if look in known else name for name, look in zip(names, looks, strict=True)]


def plain_name(label: str, *, latin: bool = False) -> str:
    """A label as it is compared with others: "Pos" is "pos", "1.0" is "1", "R&amp;D" is "R&D", "non-toxic" is "non
    toxic", "grÃ¶ÃŸe" is "größe", and "spаm" with a Cyrillic a is "spam".

    :param latin: also a word wholly in another script goes by its look, not only one with a Latin letter in it.
    """
    label = _ENTITY.sub(lambda found: html.unescape(found[0]), label)
    label = label if label.isascii() else fix_encoding(label)
    latin = latin or _has_latin(label)
    label = label.translate(_CAPITALS) if latin else label
    try:
        return f"{float(label):g}"
    except ValueError:
        pass
    shown = "".join(c for c in normalised(label) if unicodedata.category(c) not in ("Cf", "Cc", "Mn"))
    if latin:  # else a word wholly in another script, which is that script's own
        shown = unicodedata.normalize("NFD", shown.translate(_TWINS))
        shown = "".join(c for c in shown if unicodedata.category(c) != "Mn")
    return " ".join(_HYPHEN.sub(" ", shown).split()).strip(" .:;,!?'\"")


def _has_latin(label: str) -> bool:
    return any("a" <= c <= "z" for c in unicodedata.normalize("NFKC", label).lower())


def visible_name(label: str, *, latin: bool = False) -> str:
    """A label with the signs that cannot be seen, and the letters of another script, told.

    :param latin: it may be taken for a Latin word, even without a Latin letter in it.
    """
    shown = "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cf", "Cc", "Zs") and c != " " else c
                    for c in label)
    latin = latin or _has_latin(label)
    strange = [c for c in label if latin and not c.isascii() and c.isalpha()
               and (ord(c.lower()) in _TWINS or ord(c) in _CAPITALS)]
    told = ", ".join(dict.fromkeys(f"{c} is {unicodedata.name(c, 'unknown').lower()}" for c in strange))
    return f"'{shown}'" + (f" ({told})" if told else "")
