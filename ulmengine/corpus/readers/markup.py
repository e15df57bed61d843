"""Markup as what it is: HTML a text, XML and SGML a document for each element that comes again and again.

Python's own lenient ``html.parser`` reads all three: it knows no external entities and expands none.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, Faults
from ulmengine.corpus.guess import Hints
from ulmengine.counting import counted

from .footer import without_footer
from .frames import frames_of, frames_of_records
from .grids import Grid, Markup, grid_of, grid_rows
from .reading import Look, Pass, Reading, plan_text, refuse_no_text

HTML_SUFFIXES = (".html", ".htm", ".xhtml")
XML_SUFFIXES = (".xml", ".sgm", ".sgml", ".tei", ".rss", ".atom")
_UNSEEN = ("script", "style", "head", "template", "noscript")
_BREAKS = frozenset((
    "p", "br", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "section",
    "article", "blockquote", "pre", "hr", "dt", "dd",
))
_VOID = frozenset((
    "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr",
))
_INLINE = frozenset((
    "i", "b", "u", "em", "strong", "sub", "sup", "italic", "bold", "underline", "small", "mark", "span",
))
_HTML = re.compile(r"\s*(?:<!--(?:(?!-->).)*+-->\s*)*+(?:<!doctype\s+html|<html[\s>]|<table[\s>])",
                   re.IGNORECASE | re.DOTALL)
_XML = re.compile(r"\s*<(?:\?xml\s|!doctype\s+(?!html)|[a-z][\w.:-]*(?:\s[^<>]*)?>\s*<[a-z])", re.IGNORECASE)
_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_MOST_DEEP = 60
_PUBMED = "pubmedarticle"


class _Text(Markup):
    """The text of a page, with a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Begin an element."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End one."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BREAKS:
            self.parts.append("\n")
        if tag == "head" or (tag == "body" and self._unseen):
            self._unseen = 0

    def handle_data(self, data: str) -> None:
        """What can be read on the page."""
        if not self._unseen:
            self.parts.append(data)


def html_text(page: str) -> str:
    """The text of an HTML page without its tags, scripts and styles."""
    parser = _Text()
    parser.feed(page)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _told(look: Look, suffixes: Sequence[str], begins: re.Pattern[str], what: str) -> str:
    """Why it is markup: its name, or its first tags; "" where it is none."""
    if look.source.suffix in suffixes:
        return f"the file's name ends in {look.source.suffix}"
    return f"begins as {what} does" if begins.match(look.start[:2_000]) else ""


def plan_html(look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of a page: one document, or the rows of the table that it consists of.

    A page whose format a person has set is one document. :raises CorpusError: it is no text.
    """
    reason = reason or _told(look, HTML_SUFFIXES, _HTML, "a page of HTML")
    if not reason:
        return None
    refuse_no_text(look)
    grid = None if look.config.format else grid_of("".join(look.lines), look.config.header)
    if grid is not None:
        return _as_grid("html", look, reason, grid, "it consists of a table, each row of which is a document")
    return replace(plan_text("html", look, reason, _page, whole=True), columns=("text",), rows=1)


def _as_grid(kind: str, look: Look, reason: str, grid: Grid, what: str) -> Reading:
    def frames(blocks: Iterator[str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
        rows = grid_rows(blocks, grid, going.faults, reading.source.path.name, cut=going.most is not None)
        return without_footer(frames_of(rows, grid.columns, going.faults), going)

    reading = plan_text(kind, look, f"{reason}; {what}", frames)
    notes = (*reading.notes, *([grid.second] if grid.second else []))
    if grid.others:
        kind = "sheet" if grid.sheet else "table"
        more = counted(grid.others, f"more {kind} of", f"more {kind}s of")
        notes = (*notes, f"The largest {kind} of '{reading.source.path.name}' is read; it holds {more} several rows. "
                         "Save the one that you mean as CSV if it is another.")
    return replace(reading, columns=grid.columns, reasons={**reading.reasons, "header": grid.why}, notes=notes)


def _page(blocks: Iterator[str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """A page as one document."""
    parts, size = [], 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size > limits.MAX_FIELD:
            raise CorpusError(f"'{reading.source.path.name}' is longer than {limits.MAX_FIELD:,} characters.")
    yield from frames_of(iter([[html_text("".join(parts))]]), reading.columns, going.faults)


def _records(parser: _Records, blocks: Iterator[str], name: str, going: Pass) -> Iterator[dict[str, str | None]]:
    """The attributes and elements of each element that ``parser`` gathers as columns."""
    for block in blocks:
        parser.feed(block)
        yield from map(_record, parser.done)
        parser.done.clear()
        if len(parser.rawdata) > limits.MAX_FIELD:
            raise CorpusError(f"'{name}' has a tag without its end: it is damaged.")
    parser.close()
    yield from map(_record, parser.done)
    if going.most is None:
        parser.tell(name, going.faults)


@dataclass
class _Element:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    place: int = 0
    """How many pieces of its parent's text stand before it."""
    text: list[str] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)


class _Records(Markup):
    """Gathers the elements called ``name`` as they end; without a name it only counts elements by their depth.

    :param void: the elements that have no end. :param strict: all others must have one, not only most.
    """

    def __init__(self, name: str = "", void: frozenset[str] = _VOID, *, strict: bool = False) -> None:
        super().__init__()
        self._void, self._strict = void, strict
        self.counts: Counter[tuple[int, str]] = Counter()
        self.letters: Counter[str] = Counter()
        self.said: Counter[str] = Counter()  # letters of attributes that are more than a word
        self.done: list[_Element] = []
        self._count = 0  # of the elements gathered
        self._begun = 0  # the line on which the one in hand begins
        self._around: list[str] | None = None  # the elements that the first of them stands in
        self._uneven = 0  # how many ends are not those of the innermost element
        self._first = ""  # the first of them
        self._deepest = 0
        self._name = name
        self._path: list[str] = []
        self._open: list[_Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element, inside a record or as one."""
        if not self._name:
            self.counts[len(self._path), tag] += 1
            self.said[tag] += sum(len(value) for _, value in attrs if value and " " in value)
        if tag not in self._void and len(self._path) < _MOST_DEEP:
            self._path.append(tag)
            self._deepest = max(self._deepest, len(self._path))
        if self._name and (self._open or tag == self._name):
            if not self._open:
                self._begun = self.getpos()[0]
                self._around = self._path[:-1] if self._around is None else self._around
            place = len(self._open[-1].text) if self._open else 0
            element = _Element(tag, {name: value or "" for name, value in attrs}, place)
            if self._open:
                self._open[-1].children.append(element)
            if tag not in self._void and len(self._open) < _MOST_DEEP:
                self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """End the innermost element of that name, and those left open within it."""
        if tag not in self._void and self._path[-1:] != [tag]:
            self._first = self._first or f"</{tag}> on line {self.getpos()[0]:,}"
            self._uneven += 1
        if tag in self._path:
            while self._path.pop() != tag:
                pass
        if tag in (element.name for element in self._open):
            while self._open:
                element = self._open.pop()
                if element.name == tag:
                    break
            if not self._open:
                self._count += 1
                self.done.append(element)

    def handle_data(self, data: str) -> None:
        """Text of the innermost element."""
        if self._open:
            self._open[-1].text.append(data)
        elif not self._name and data.strip():
            for name in set(self._path):
                self.letters[name] += len(data.strip())

    def unknown_decl(self, data: str) -> None:
        """A CDATA section is text as it stands."""
        if data.startswith("CDATA["):
            self.handle_data(data[6:])

    def tell(self, name: str, faults: Faults) -> None:
        """Note where the source ``name``, which has been read to its end, is broken, if it is."""
        if self._open:
            faults.skipped += 1
            faults.notes.append(f"'{name}' is broken after its document {self._count:,}: <{self._name}> on line "
                                f"{self._begun:,} has no end. What follows was not read.")
        elif self._around and self._path[: len(self._around)] == self._around:
            faults.notes.append(f"'{name}' ends before its end, after {counted(self._count, 'document', 'documents')}: "
                                f"<{self._around[0]}> has none. It may be cut short.")
        elif 0 < self._uneven < (math.inf if self._strict else 0.1 * self._count) and self._deepest < _MOST_DEEP:
            told = counted(self._uneven, "tag ends", "tags end")
            faults.notes.append(f"'{name}' may be damaged: {told} what has not begun, or not the innermost: first "
                                f"{self._first}. Its documents were read as well as possible.")


def plan_xml(look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of XML or SGML. :raises CorpusError: no element comes again and again."""
    reason = reason or _told(look, XML_SUFFIXES, _XML, "XML")
    if not reason:
        return None
    refuse_no_text(look)
    if _SPREADSHEET in look.start[:4_000]:
        grid = grid_of("".join(look.lines), look.config.header, sheet=True)
        if grid is None:
            raise CorpusError(f"'{look.source.path.name}' is a workbook that was saved as XML, without a sheet of "
                              "texts. Save the sheet as CSV.")
        return _as_grid("xml", look, reason, grid, "a workbook that was saved as XML")
    text = "".join(look.lines)
    ended = {name.lower() for name in re.findall(r"</([A-Za-z]+)>", text)}
    void = _VOID - ended  # the <link> of a feed and others called like tags of HTML are no such tags
    counter = _Records(void=void)
    counter.feed(text)
    again = [(depth, -count, name) for (depth, name), count in counter.counts.items() if count > 1]
    many = [one for one in again if counter.letters[one[2]]] or [one for one in again if counter.said[one[2]]]
    if not many:
        raise CorpusError(
            f"'{look.source.path.name}' is XML or SGML, but no element of it comes again and again as documents do. "
            "Save its texts as a table (CSV), or as one .txt file a document."
        )
    name = min(many)[2]

    def frames(blocks: Iterator[str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
        parser = _Records(name, void, strict=look.start.startswith("<?xml"))
        return frames_of_records(_records(parser, blocks, reading.source.path.name, going), going.faults)

    reading = plan_text("xml", look, f"{reason}; each <{name}> is a document", frames)
    if name == _PUBMED:
        return replace(reading, hints=Hints(
            text=("title", "abstract"), aside=("publication types", "mesh", "keywords", "journal", "year", "language"),
            reason="title and abstract of each article", doubt=(
                "No column is read as the label. PubMed says of each article of which 'publication types' it is and "
                "which headings ('mesh') and 'keywords' it bears: if one of these is what the texts are to be sorted "
                "by, choose it as the label column.")))
    if name == "row" and " PostTypeId=" in look.start:  # whose scores are not what they are about
        return replace(reading, hints=Hints(label=("tags",), reason="as Stack Exchange dumps its posts"))
    return reading


def _article(element: _Element) -> dict[str, str | None]:
    """An article as PubMed gives it out; the parts of its abstract a line each, without the names of their sections,
    which are the same in most."""
    return {
        "title": _cell([" ".join(_whole(one).split()) for one in _all(element, "articletitle")][:1]),
        "abstract": "\n".join(filter(None, map(_whole, _all(element, "abstracttext")))) or None,
        **{name: _cell(list(dict.fromkeys(_whole(one) for one in _all(element, tag)))) for name, tag in (
            ("publication types", "publicationtype"), ("mesh", "descriptorname"), ("keywords", "keyword"))},
        "journal": _cell([_whole(one) for journal in _all(element, "journal") for one in _all(journal, "title")][:1]),
        "year": _cell([_whole(one) for date in _all(element, "pubdate") for one in _all(date, "year")][:1]),
        "language": _cell([_whole(one) for one in _all(element, "language")][:1]),
        "pmid": _cell([_whole(one) for one in _all(element, "pmid")][:1]),
    }


def _all(element: _Element, name: str) -> list[_Element]:
    """The elements called ``name`` within."""
    found = [child for child in element.children if child.name == name]
    return found + [one for child in element.children for one in _all(child, name)]


def _record(element: _Element) -> dict[str, str | None]:
    if element.name == _PUBMED:
        return _article(element)
    cells: dict[str, list[str]] = {}
    _gather(element, "", cells, 3)
    for name, value in element.attributes.items():
        cells[name if name not in cells else f"{name} (attribute)"] = [value]
    own = _plain(element.text)
    if own:
        cells.setdefault("text", []).insert(0, own)
    return {name: _cell(values) for name, values in cells.items()}


def _gather(element: _Element, prefix: str, cells: dict[str, list[str]], depth: int) -> None:
    """The texts of the elements within, each under the names that lead to it; a list of likes is a list."""
    for child in element.children:
        name = f"{prefix}{child.name}"
        own = _plain(child.text)
        if own and child.children and _is_worded(child):
            child = replace(child, text=[_whole(child)], children=[])
            own = _plain(child.text)
        alike = len({grand.name for grand in child.children}) == 1 and not own
        as_list = bool(child.children) and (alike or not depth)
        if as_list:
            cells.setdefault(name, []).extend(_whole(grand) for grand in child.children)
        elif own or not child.children:
            cells.setdefault(name, []).append(own or child.attributes.get("value", ""))
        for attribute, value in child.attributes.items():
            cells.setdefault(f"{name}.{attribute}", []).append(value)
        if as_list:
            _gather_attributes(child, f"{name}.", cells)
        else:
            _gather(child, f"{name}.", cells, depth - 1)


def _gather_attributes(element: _Element, prefix: str, cells: dict[str, list[str]]) -> None:
    """What the elements within say by their attributes alone, each under the names that lead to it."""
    for child in element.children:
        for attribute, value in child.attributes.items():
            cells.setdefault(f"{prefix}{child.name}.{attribute}", []).append(value)
        _gather_attributes(child, f"{prefix}{child.name}.", cells)


def _whole(element: _Element) -> str:
    """All text within; that of elements between the words of a text stands in its place: CO<sub>2</sub>."""
    if not _plain(element.text):
        return " ".join(filter(None, map(_whole, element.children)))
    parts, done = [], 0
    for child in element.children:
        parts += [*element.text[done : child.place], _whole(child)]
        done = child.place
    return _plain([*parts, *element.text[done:]])


def _is_worded(element: _Element) -> bool:
    """Whether all elements within one only set off some of its words, as <i> and <sup> do."""
    return all(child.name in _INLINE and _is_worded(child) for child in element.children)


def _plain(parts: list[str]) -> str:
    return "".join(parts).strip()


def _cell(values: list[str]) -> str | None:
    filled = [value for value in values if value]
    if not filled:
        return None
    return filled[0] if len(filled) == 1 else json.dumps(filled, ensure_ascii=False)
