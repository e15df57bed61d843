"""Which encoding a file has, found from a sample; what is no text at all; and decoding that counts what it cannot
decode."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ulmengine.corpus.errors import CorpusError

from .legacy import legacy_encoding

BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
BAD = "\ufffd"
MIXED = "utf-8+"
"""Before the name of an encoding: lines in UTF-8 beside others in that one."""

_STATA = "Export the table as CSV in Stata first (export delimited)."
_FOREIGN = (
    (b"%PDF", "a PDF document", "Save its text as a .txt file first, for example with pdftotext."),
    (b"\x89PNG", "a picture", "Choose a file with texts."),
    (b"\xff\xd8\xff", "a picture", "Choose a file with texts."),
    (b"GIF8", "a picture", "Choose a file with texts."),
    (b"\x7fELF", "a program", "Choose a file with texts."),
    (b"SQLite format 3", "a SQLite database", "Export the table as CSV first."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first, for example with 7-Zip, and open what comes out of it."),
    (b"Rar!", "a RAR archive", "Unpack it first, and open what comes out of it."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "Unpack it first (zstd -d), and open what comes out of it."),
    (b"\x04\x22\x4d\x18", "an LZ4 file", "Unpack it first (lz4 -d), and open what comes out of it."),
    (b"FEA1", "a Feather file of the first version", "Save the table as Parquet first."),
    (b"PGDMP", "a dump of a PostgreSQL database", "Restore it, and export the table as CSV."),
    (b"{\\rtf", "a rich-text document", "Save it as a .txt file first."),
    (b"\x89HDF", "an HDF5 file", "Save the table as CSV or Parquet first."),
    (b"\x93NUMPY", "a NumPy array", "Save the table as CSV or Parquet first."),
    (b"Obj\x01", "an Avro file", "Save the table as CSV or Parquet first."),
    *((mark, "a Python pickle, a binary file which could run any program", "Save the table as CSV or Parquet first.")
      for mark in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")),
    (b"$FL2", "an SPSS file", "Save the table as CSV first."),
    (b"<stata_dta>", "a Stata file", _STATA),
    *((bytes((version, order, 1, 0)), "a Stata file", _STATA) for version in range(0x69, 0x74) for order in (1, 2)),
    (b"HEADER RECORD*******LIB", "a transport file of SAS (XPORT)", "Export the table as CSV in SAS (PROC EXPORT)."),
    (bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", "a SAS table", "Export the table as CSV in SAS (PROC EXPORT)."),
    *((mark, "a file of R with objects of any kind", "Save its table as CSV in R: write.csv(x, 'texts.csv').")
      for mark in (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"X\n\0\0\0\2", b"X\n\0\0\0\3")),
    (b"\0\1\0\0Standard ", "an Access database", "Export the table as CSV or Excel workbook first."),
    (b"MATLAB 5.0 MAT-file", "a file of MATLAB", "Save the table as CSV first (writetable)."),
)
"""How files begin that are no text, what they are, and what to do."""
_INSIDE = (
    (re.compile(rb".{8}DUCK", re.DOTALL), "a DuckDB database", "Export the table as CSV first (COPY ... TO 'x.csv')."),
    (re.compile(rb"ORC[\0-\x1f\x80-\xff]", re.DOTALL), "an ORC file", "Save the table as CSV or Parquet first."),
)
_CONTROLS = bytes({*range(0x00, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F} - {0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F})
_END = "\x1a"
_ISO_2022 = re.compile(rb"\x1b\$[@B]")


class Encoding(NamedTuple):
    """An encoding's name, as Python calls it (or "utf-8+..." for a mixed file), and why it was chosen.

    ``sure`` is False when the sample was plain ASCII. ``others``: encodings that fit nearly as well, each with the same
    line as it would read.
    """

    name: str
    reason: str
    sure: bool = True
    others: tuple[tuple[str, str], ...] = ()


def known_encoding(name: str) -> str:
    """Python's name of the encoding a person called ``name``. :raises CorpusError: there is none."""
    plain = name.strip()
    if plain.lower().startswith(MIXED):
        return MIXED + known_encoding(plain[len(MIXED) :])
    try:
        found = codecs.lookup(plain)
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
        return Encoding(wide, "every other byte is that of a script, as in UTF-16 without a byte-order mark")
    lines = [line for line in sample.splitlines(keepends=True) if not line.isascii()]
    if not lines:
        if _ISO_2022.search(sample):
            return Encoding("iso2022_jp", "switches to Japanese and back as ISO-2022-JP does")
        return Encoding("utf-8", "plain ASCII so far", sure=whole)
    wrong, right = _utf8_errors(sample, whole)
    if not wrong:
        return Encoding("utf-8", "all bytes are valid UTF-8")
    others = [line for line in lines if not _is_utf8(line)]
    mixed = len(lines) - len(others) >= 3 and len(others) >= 3 and len(others) > 0.05 * len(lines)
    if mixed and right > 0:
        found = _told(b"".join(others)[: 1 << 16])
        reason = f"{len(others):,} of the first {len(lines):,} lines beyond ASCII are not UTF-8, the others are"
        return Encoding(MIXED + found.name, reason, others=found.others)
    if right > 4 * wrong:
        return Encoding("utf-8", f"nearly all bytes are valid UTF-8; {wrong} in the sample are not")
    return _told(b"".join(lines)[: 1 << 16])


def _told(high: bytes) -> Encoding:
    """The encoding of lines that are not UTF-8, with a line as it would read in those that fit nearly as well."""
    found = legacy_encoding(high)
    names = (found.name, *found.others[:3])

    def read(line: bytes) -> list[str]:
        return [line.decode(name, "replace") for name in names]

    if len(names) == 1:
        return Encoding(found.name, found.reason)
    line = max(high.splitlines()[:500], key=lambda one: (len(set(read(one))), sum(byte > 0x7F for byte in one)))
    texts = read(line)
    place = next((n for n, letters in enumerate(zip(*texts, strict=False)) if len(set(letters)) > 1), 0)
    shown = (text[max(0, place - 12) : place + 28].strip() for text in texts)
    return Encoding(found.name, found.reason, others=tuple(zip(names, shown, strict=True)))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_mark(sample: bytes) -> str:
    """UTF-16 without a mark: some bytes are zero, and read as UTF-16 the text is one of few scripts."""
    part = sample[: 1 << 14]
    part = part[: len(part) // 2 * 2]
    if len(part) < 4 or part.count(0) < max(1, 0.003 * len(part)):
        return ""
    worth = {name: _plausible(part, name) for name in ("utf-16-le", "utf-16-be")}
    best = max(worth, key=lambda name: worth[name])
    return best if worth[best] > 0.9 else ""


def _plausible(data: bytes, name: str) -> float:
    """How much of ``data`` is text of the two commonest scripts in it, with the signs and spaces that go with it."""
    text = codecs.getincrementaldecoder(name)("replace").decode(data, False)
    counts = Counter(text)
    total = counts.total()
    good = sum(n for c, n in counts.items() if c in "\t\n\r" or " " <= c <= "~" or unicodedata.category(c)[0] in "PS")
    scripts: Counter[str] = Counter()
    for character, count in counts.items():
        if character > "~" and unicodedata.category(character)[0] in "LMN":
            scripts[unicodedata.name(character, "?").split()[0]] += count
    plain = sum(n for c, n in counts.items() if c in " \t\n\r,.")
    return (good + sum(n for _, n in scripts.most_common(3))) / max(1, total) if plain else 0.0


def _utf8_errors(sample: bytes, whole: bool) -> tuple[int, int]:
    """How many places of ``sample`` are not UTF-8, and how many characters beyond ASCII are."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(sample, final=whole)
    wrong = text.count(BAD) - sample.count(BAD.encode())
    right = sum(1 for character in text if character > "\x7f") - wrong
    return wrong, right


def refuse_binary(sample: bytes, path: Path, forced: bool) -> None:
    """:raises CorpusError: ``sample`` is no text (``forced``: the person has chosen an encoding; only marks count)."""
    known = ((what, advice) for mark, what, advice in _FOREIGN if sample.startswith(mark))
    for what, advice in (*known, *((what, advice) for form, what, advice in _INSIDE if form.match(sample))):
        raise CorpusError(f"'{path.name}' is {what}, whatever its name says. {advice}")
    if not forced and is_binary(sample):
        raise CorpusError(
            f"'{path.name}' is not text: many of its first bytes are control characters, so it is a binary file, "
            "whatever its name says. Choose a table or text file; if it is text in an unusual encoding, set the "
            "encoding."
        )


def is_binary(sample: bytes) -> bool:
    """More than one byte in fifty is a control character, and it is not UTF-16 or UTF-32."""
    if len(sample) - len(sample.translate(None, _CONTROLS)) <= max(3, 0.02 * len(sample)):
        return False
    return not detect(sample).name.startswith(("utf-16", "utf-32"))


def without_end(text: str) -> str:
    """``text`` without the signs of Ctrl+Z that DOS writes at the end of a file."""
    return text.rstrip(_END)


class TextDecoder:
    """Bytes to text in pieces; what cannot be decoded becomes U+FFFD and is counted in ``undecodable``.

    A NUL has no business in text (it ends strings in other programs): it is replaced and counted too. Signs of Ctrl+Z
    at its end are the end of a file, as DOS writes it, and no text.
    """

    def __init__(self, encoding: str) -> None:
        self.undecodable = 0
        self._encoding = encoding
        self._mixed = encoding.removeprefix(MIXED) if encoding.startswith(MIXED) else ""
        self._decoder = codecs.getincrementaldecoder("utf-8" if self._mixed else encoding)("strict")
        self._rest = b""
        self._ends = ""
        self._first = True

    def decode(self, data: bytes, final: bool = False) -> str:
        """The text of the next ``data``; ``final`` with the last of it."""
        text = self._ends + (self._by_line(data, final) if self._mixed else self._whole(data, final))
        bare = without_end(text)  # what ends a piece may stand within the whole
        text, self._ends = bare, text[len(bare) :]
        if self._first and text:
            text = text.removeprefix("\ufeff")
            self._first = False
        if "\0" in text:
            self.undecodable += text.count("\0")
            text = text.replace("\0", BAD)
        return text

    def _whole(self, data: bytes, final: bool) -> str:
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self._decoder.setstate(state)
            self._decoder.errors = "replace"
            text = self._decoder.decode(data, final)
            self._decoder.errors = "strict"
            genuine = data.count(BAD.encode()) if self._encoding == "utf-8" else 0  # that stand in the file itself
            self.undecodable += max(0, text.count(BAD) - genuine)
            return text

    def _by_line(self, data: bytes, final: bool) -> str:
        """Each line as UTF-8, or where it is none in the other encoding."""
        data = self._rest + data
        end = len(data) if final else data.rfind(b"\n") + 1
        data, self._rest = data[:end], data[end:]
        try:
            return data.decode()
        except UnicodeDecodeError:
            return "".join(map(self._line, data.splitlines(keepends=True)))

    def _line(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            text = line.decode(self._mixed, "replace")
            self.undecodable += text.count(BAD)
            return text
