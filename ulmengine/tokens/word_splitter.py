"""Cutting what stands between two white spaces into words, as spaCy's English tokeniser does.

The order of the work is spaCy's published one (spacy.io/usage/linguistic-features#how-tokenizer-works): an exception
is taken as it is; otherwise signs are peeled off both ends until nothing comes off any more or an exception is left;
then an address stays whole and anything else is cut at the signs inside it. Last, exceptions that the peeling has
taken apart are put together again.
"""

from __future__ import annotations

import re
from functools import cache

from .characters import letters, symbols
from .english import exceptions
from .specials import SPECIALS

LONGEST = 2_000
"""A longer chunk is no word in any language; it is cut plainly, in linear time."""

_ELLIPSES = r"\.\.+|…"
_PUNCTUATION = ",:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_CURRENCY = "$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿"
_UNITS = (
    "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa Pa "
    "mbar mb MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг м/с км/ч "
    "кПа Па мбар Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ"
)
_LONGEST_SUFFIX = max(map(len, _UNITS.split()))  # but for a run of full stops
_PLAIN = re.compile(r"\w+|[^\w\s]")


class WordSplitter:
    """Cuts chunks without white space into words; the words joined are the chunk."""

    def __init__(self) -> None:
        self._exceptions = exceptions() | {special: (special,) for special in SPECIALS}
        self._prefix = re.compile(_prefix_pattern())
        self._suffix = re.compile(_suffix_pattern())
        self._infix = re.compile(_infix_pattern())
        self._address = re.compile(_address_pattern())
        peeled = {tuple(self._cut(text, {})): text for text in self._exceptions}
        # Exceptions by the words they would be cut into if they were none, where those are several.
        self._peeled = {words: text for words, text in peeled.items() if len(words) > 1}
        self._longest = max(map(len, self._peeled))
        self._openers = frozenset(words[0] for words in self._peeled)

    def split(self, chunk: str) -> list[str]:
        """The words of ``chunk``, a text without white space."""
        known = self._exceptions.get(chunk)
        if known is not None:
            return list(known)
        if chunk.isalpha():
            return [chunk]  # no sign in it to cut at
        if len(chunk) > LONGEST:
            return _PLAIN.findall(chunk)
        words = self._cut(chunk, self._exceptions)
        return self._mend(words) if len(words) > 1 else words

    def _cut(self, chunk: str, known: dict[str, tuple[str, ...]]) -> list[str]:
        before, core, after = self._peel(chunk, known)
        if not core:
            middle: list[str] = []
        elif core in known:
            middle = list(known[core])
        elif core.isalpha() or ("." in core and self._address.match(core)):
            middle = [core]
        else:
            middle = self._inside(core)
        return before + middle + after[::-1]

    def _peel(self, core: str, known: dict[str, tuple[str, ...]]) -> tuple[list[str], str, list[str]]:
        """Signs before (in order), the rest, signs after (from the outside in)."""
        before: list[str] = []
        after: list[str] = []
        while core and core not in known and not core.isalpha():
            head = self._prefix.match(core)
            start = head.end() if head else 0
            if start and core[start:] in known:
                before.append(core[:start])
                return before, core[start:], after
            # looked for behind the prefix only, which a look-behind must not see
            tail = self._last(core[start:])
            end = start + tail.start() if tail else len(core)
            if tail and core[:end] in known:
                after.append(core[end:])
                return before, core[:end], after
            if not start and not tail:
                break
            if start:
                before.append(core[:start])
            if tail:
                after.append(core[end:])
            core = core[start:end]
        return before, core, after

    def _last(self, core: str) -> re.Match[str] | None:
        """The longest suffix; looked for from the first place on where one can begin."""
        first = 0 if core.endswith("..") else max(0, len(core) - _LONGEST_SUFFIX)
        return self._suffix.search(core, first)

    def _inside(self, core: str) -> list[str]:
        words: list[str] = []
        start = 0
        for sign in self._infix.finditer(core):
            if sign.start() == 0:
                continue
            if sign.start() != start:
                words.append(core[start : sign.start()])
            words.append(sign[0])
            start = sign.end()
        if start < len(core):
            words.append(core[start:])
        return words

    def _mend(self, words: list[str]) -> list[str]:
        """Put exceptions together that stand in ``words`` in pieces: longest first, then from the left.

        One whose first or last word belongs to an exception found before it, put together or not, is left as it is.
        """
        if self._openers.isdisjoint(words):
            return words
        found: dict[int, str] = {}
        seen: set[int] = set()
        for length in range(min(self._longest, len(words)), 1, -1):
            for start in range(len(words) - length + 1):
                text = self._peeled.get(tuple(words[start : start + length]))
                if text is not None:
                    if start not in seen and start + length - 1 not in seen:
                        found[start] = text
                    seen.update(range(start, start + length))
        return self._replaced(words, found) if found else words

    def _replaced(self, words: list[str], found: dict[int, str]) -> list[str]:
        mended: list[str] = []
        end = 0
        for start in sorted(found):
            mended += words[end:start]
            mended += self._exceptions[found[start]]
            end = start
            left = len(found[start])
            while left:
                left -= len(words[end])
                end += 1
        return mended + words[end:]


@cache
def word_splitter() -> WordSplitter:
    """The one splitter of a process; making it takes some ten milliseconds."""
    return WordSplitter()


def _prefix_pattern() -> str:
    single = re.escape(_PUNCTUATION + _QUOTES + _CURRENCY)
    return rf"[§%=—–]|\+(?![0-9])|{_ELLIPSES}|(?:US|C|A)\$|[{single}{symbols()}]"


def _suffix_pattern() -> str:
    single = re.escape(_PUNCTUATION + _QUOTES)
    before_stop = rf"0-9{letters('Ll')}%²+\-…|{single}"
    units = "|".join(sorted(map(re.escape, _UNITS.split()), key=len, reverse=True))
    capitals = letters("Lu")
    return (
        rf"(?:{_ELLIPSES}{{1,2}}|['’][sS]|[{single}—–{symbols()}]|(?<=[0-9])\+|(?<=[0-9])(?:{units}|(?:US|C|A)?\$|"
        rf"[{re.escape(_CURRENCY)}])|(?<=°[FfCcKk])\.|(?<=[{before_stop}])\.|(?<=[{capitals}][{capitals}])\.)\Z"
    )


def _infix_pattern() -> str:
    small, capital, letter, quotes = letters("Ll"), letters("Lu"), letters(), re.escape(_QUOTES)
    return (
        rf"{_ELLIPSES}|[{symbols()}]|(?<=[0-9])[+\-*^](?=[0-9-])|(?<=[{small}{quotes}])\.(?=[{capital}{quotes}])|"
        rf"(?<=[{letter}]),(?=[{letter}])|(?<=[{letter}0-9])(?:---|--|——|[-–—~])(?=[{letter}])|"
        rf"(?<=[{letter}0-9])[:<>=/](?=[{letter}])"
    )


def _address_pattern() -> str:
    """A web or mail address, or what looks like one: ``end.the`` as well, which spaCy keeps whole likewise."""
    sign = "A-Za-z0-9\u00a1-\uffff"
    domain = rf"(?:(?:[{sign}][{sign}_-]{{0,62}})?[{sign}]\.)+[{letters('Ll')}]{{2,63}}"
    private = (
        r"(?!(?:10|127)(?:\.\d{1,3}){3}|(?:169\.254|192\.168)(?:\.\d{1,3}){2}|"
        r"172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})"
    )
    number = r"(?:1?\d{1,2}|2[0-4]\d|25[0-5])"
    numbers = rf"{private}(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.{number}){{2}}\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
    return rf"(?:[\w+.-]{{2,}}://)?(?:\S+@)?(?:{numbers}|{domain})(?::\d{{2,5}})?(?:[/?#]\S*)?\Z"
