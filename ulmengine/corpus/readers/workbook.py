"""Workbooks: .xlsx, .xls, .xlsb and .ods: which of their sheets are the table, and what stands above and below it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus import limits
from ulmengine.corpus.column_names import PART_CELLS
from ulmengine.corpus.errors import CorpusError
from ulmengine.corpus.guess import Hints, guess_columns
from ulmengine.counting import counted, listed

from .below import second_heading
from .footer import footer_note, footer_rows
from .groups import with_groups
from .heading import above_heading, column_names, find_heading
from .reading import Look, Pass, Reading, refuse_wide
from .sheets import Sheet, read_sheets
from .source import Source

_MARKS = {b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "begins with the mark of an old Excel workbook",
          b"PK\x03\x04": "a zip archive with a workbook in it"}
_OTHERS = {
    ".msg": "a mail of Outlook. Save it as text in Outlook, or export the folder of mails as CSV.",
    **dict.fromkeys((".doc", ".dot"), "a Word document. Save its text as a .txt file, or its table as CSV."),
    **dict.fromkeys((".ppt", ".pps"), "a presentation. Save its text as a .txt file, or its table as CSV."),
}
"""What else begins with the mark of an old workbook."""
_HEAD_ROWS = 200
_NAMED = 6
_COMPARED = 200_000
"""Of all sheets together so many rows are compared."""
_SCANT = 20
"""A sheet of fewer rows beside one of ten times as many is a cover or a legend, whatever its columns look like."""
_SAME = 0.2
"""Sheets with a larger share of texts in common are no parts of one table: one repeats the other."""
_VERSIONS = frozenset(re.findall(r"\w+", """
    raw clean cleaned cleansed processed preprocessed edited corrected original orig backup bak copy old new previous
    current archive draft final version roh rohdaten bereinigt korrigiert sicherung kopie alt neu entwurf endfassung
    brut brute nettoyé sauvegarde copie ancien nouveau bruto limpio respaldo copia antiguo viejo nuevo grezzo pulito
    vecchio nuovo ruw kopi kopia stary nowy v template example vorlage muster beispiel modèle plantilla
"""))
"""Words in the names of sheets that hold the same documents once more, in another state."""
_OTHER_NAMES = frozenset(map(str.lower, (
    *calendar.month_name, *calendar.month_abbr, *calendar.day_name, *calendar.day_abbr, "sheet", "tabelle", "blatt",
    "feuille", "feuil", "hoja", "foglio", "planilha", "blad", "arkusz", "лист")))
"""Words by which sheets are told apart, not their documents."""


def plan(look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of a sheet of a workbook, known by its first bytes.

    :raises CorpusError: damaged, too large, no such sheet, or none with data.
    """
    reason = reason or next((why for mark, why in _MARKS.items() if look.sample.startswith(mark)), "")
    if not reason:
        return None
    source, config = look.source, look.config
    if source.suffix in _OTHERS:
        raise CorpusError(f"'{source.path.name}' is {_OTHERS[source.suffix]}")
    sheets = read_sheets(source)
    names = tuple(sheet.name for sheet in sheets)
    if config.sheet and config.sheet not in names:
        raise CorpusError(f"'{source.path.name}' has no sheet '{config.sheet}'. Its sheets are: {', '.join(names)}.")
    filled = [sheet for sheet in sheets if sheet.frame.height and sheet.frame.width]
    wanted = [sheet for sheet in filled if sheet.name == config.sheet] if config.sheet else filled
    if not wanted:
        raise CorpusError(
            f"The workbook '{source.path.name}' has no sheet with data in it (sheets: {', '.join(names)})."
        )
    heads = [_head(sheet, config) for sheet in wanted]
    most = max((one.body.height for one in heads if one.sheet.visible and one.worth), default=0)
    head = max(heads, key=lambda one: _place(one, 10 * one.body.height >= most))
    sheet = head.sheet
    refuse_wide(f"The sheet '{sheet.name}' of '{source.path.name}' has", sheet.frame.width,
                " Is there a stray cell far to the right? Delete it, or save the table as CSV.")
    alike = [one for one in heads if one.sheet.visible and _are_alike(one, head)] if sheet.visible else []
    together = _parts_of_one(alike, head)
    if len(together) > 1:
        return _joined(source, together, filled, names, reason)
    why, notes = _why(sheet, [one.sheet for one in heads if one.worth], filled, bool(config.sheet), len(sheets))
    notes += [*_skipped(head), *([head.doubt] if head.doubt else [])]
    return Reading(source, "excel", partial(_chunks, [head]), columns=head.columns, sheet=sheet.name, sheets=names,
                   notes=tuple(notes), reasons={"format": reason, "sheet": why, "header": head.why})


def _place(head: _Head, large: bool) -> tuple[bool, int, bool]:
    """Where a sheet stands among those that may be read: the highest comes first. ``large``: no other visible one with
    texts has more than ten times its rows."""
    return head.sheet.visible, head.worth if large or head.body.height >= _SCANT else 0, large


def _skipped(head: _Head) -> list[str]:
    """Sentences about the rows above the heading of a sheet, about those of a second one, and about those below a
    group's first, if any."""
    notes = [f"{counted(head.skip, 'row stands', 'rows stand')} above the heading of the sheet '{head.sheet.name}': "
             "left out, being no row of the table."] if head.skip else []
    notes += [head.second] * bool(head.second)
    return [*notes, head.grouped] if head.grouped else notes


def _joined(source: Source, found: list[_Head], filled: list[Sheet], names: tuple[str, ...], reason: str) -> Reading:
    """The plan of several sheets under the same heading: one table, in which a column more names the sheet."""
    own = [head.sheet.name for head in found]
    columns = found[0].columns
    parts = all(map(_part, own))
    added = column_names((*columns, "split" if parts else "sheet"), len(columns) + 1)[-1]
    is_label = not parts and all(map(_may_be_label, own)) and not guess_columns(
        pl.concat([_body(head, columns) for head in found])).label
    others = [sheet.name for sheet in filled if sheet.name not in own]
    told = (f"{_listed(own)} have the same heading and are read as one table; the column '{added}' names the sheet of "
            f"each row{', which is its label: if it is none, set the label to none' if is_label else ''}. "
            "To read one sheet alone, choose it.")
    notes = [f"The sheets {told}", *(note for head in found for note in _skipped(head))]
    if others:
        notes.append(f"Not read: {_listed(others)}.")
    hints = Hints(label=(added,), reason="the sheets are named by it, and no other column looks like a label")
    return Reading(
        source, "excel", partial(_chunks, found), columns=(*columns, added), sheet=_listed(own, ""), sheets=names,
        notes=tuple(notes), reasons={"format": reason, "sheet": "they have the same heading", "header": found[0].why},
        hints=hints if is_label else Hints(aside=() if parts else (added,), reason="it names the sheet"),
    )


def _parts_of_one(alike: list[_Head], best: _Head) -> list[_Head]:
    """Which of the sheets with the same heading are one table: those that are named as parts, or else those with texts
    of their own that are not named as a version of others; none without the ``best``, unless they are parts."""
    parts = [one for one in alike if _part(one.sheet.name)]
    if len({_part(one.sheet.name) for one in parts}) > 1:
        return _with_own_texts(parts)
    own = [one for one in alike if _VERSIONS.isdisjoint(_words(one.sheet.name))]
    own.sort(key=lambda one: one is not best)
    if len(own) < 2 or own[0] is not best:
        return []
    kept = _with_own_texts(own)
    return [one for one in alike if one in kept]


def _with_own_texts(found: list[_Head]) -> list[_Head]:
    """Those of the sheets whose texts hardly stand in one before."""
    columns = found[0].columns
    kept: list[_Head] = []
    seen: list[set[str]] = []
    for head in found:
        body = _body(head, columns, _COMPARED // len(found))
        own = guess_columns(body.head(_HEAD_ROWS)).text or columns
        cells = body.select(pl.concat_str(own, separator=" ", ignore_nulls=True).str.to_lowercase()
                            .str.replace_all(r"[^\p{L}\p{N}]+", "")).to_series()
        texts = {cell for cell in cells if cell}
        if all(len(texts & other) <= _SAME * min(len(texts), len(other)) for other in seen):
            kept.append(head)
            seen.append(texts)
    return kept


def _part(name: str) -> str:
    """The part of a corpus that a sheet's name says, in whatever language; "" for none."""
    return PART_CELLS.get(name.strip().lower(), "")


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", name.lower()))


def _may_be_label(name: str) -> bool:
    """Whether a sheet's name may be that of a class: not a number, such as a year, a month, or a part's."""
    return not re.search(r"\d", name) and (_OTHER_NAMES | PART_CELLS.keys()).isdisjoint(_words(name))


def _listed(names: Sequence[str], mark: str = "'") -> str:
    return listed([f"{mark}{name}{mark}" for name in names], _NAMED)


def _are_alike(one: _Head, other: _Head) -> bool:
    """Whether two sheets have a heading each, of the same names in any order."""
    names = sorted(map(_plain, one.columns))
    return one.named and other.named and len(set(names)) == len(names) and names == sorted(map(_plain, other.columns))


def _body(head: _Head, columns: Sequence[str], rows: int = _HEAD_ROWS) -> pl.DataFrame:
    """The first rows of a sheet under the names and in the order of ``columns``."""
    return _ordered(head.body.head(rows), head.columns, columns)


def _ordered(frame: pl.DataFrame, own: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    """``frame``, whose columns are called ``own``, in the order and under the names of ``columns``."""
    keys = list(map(_plain, own))
    places = range(len(columns)) if tuple(own) == tuple(columns) else [keys.index(_plain(name)) for name in columns]
    return pl.DataFrame({name: frame.to_series(place) for name, place in zip(columns, places, strict=True)})


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


@dataclass(frozen=True, eq=False)
class _Head:
    """How a sheet begins, its rows below the heading, a sentence about groups whose name stands in their first row
    alone, and what it is worth as a corpus: 2 with a text and a label column, 1 with a text."""

    sheet: Sheet
    skip: int
    second: str
    named: bool
    why: str
    doubt: str
    columns: tuple[str, ...]
    worth: int
    body: pl.DataFrame
    grouped: str


def _head(sheet: Sheet, config: CorpusConfig) -> _Head:
    frame = sheet.frame.head(_HEAD_ROWS)
    rows = [["" if cell is None else cell for cell in row] for row in frame.iter_rows()]
    skip = above_heading(rows) if config.header == "auto" else 0
    found = find_heading(rows[skip:], frame.width, config.header)
    columns = column_names(rows[skip] if found.named else [], frame.width)
    below, second = second_heading(rows[skip:]) if found.named else (0, "")
    named = sheet.frame.slice(skip + found.named + below)
    named.columns = list(columns)
    groups = with_groups(named)
    body = groups.frame
    first = body.head(_HEAD_ROWS)
    first.columns = list(columns)
    guess = guess_columns(first) if first.height else None
    worth = 0 if guess is None or not guess.text else 2 if guess.label else 1
    return _Head(sheet, skip, second, *found, columns, worth, body, groups.note(f" of the sheet '{sheet.name}'"))


def _why(sheet: Sheet, telling: list[Sheet], filled: list[Sheet], chosen: bool, count: int) -> tuple[str, list[str]]:
    """Why this sheet is read, and a note where there was a choice: others that hold texts are ``telling``."""
    if chosen:
        return "as set", []
    if count == 1:
        return "the only sheet", []
    others = [one for one in filled if one is not sheet]
    if not others:
        return "the only sheet with data", []
    first = sheet is filled[0]
    why = ("the first sheet with data" if first else "the first visible sheet that holds a text and a label, or by far "
           "the most rows")
    told = ", ".join(f"'{one.name}'" + ("" if one.visible else " (hidden)") for one in others[:_NAMED])
    if first and not any(one.visible for one in telling if one is not sheet):
        return why, []
    return why, [f"The sheet '{sheet.name}' is read. The workbook has others: {told}. Choose another "
                 "sheet if you mean that one."]


def _chunks(heads: Sequence[_Head], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of the planned sheets, every cell as a string; of several, the last column names the sheet."""
    going.digest = reading.source.digest()
    going.size = going.position = reading.source.path.stat().st_size
    start = 0
    for head in heads:
        frame = _ordered(head.body, head.columns, reading.columns[: len(head.columns)])
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
        filled = frame.filter(~blank)
        footer = footer_rows(filled, _behind_blank(blank))
        if footer:
            going.faults.notes.append(footer_note(filled.tail(footer)))
            filled = filled.head(-footer)
        places = (~blank).arg_true().head(filled.height)
        rows = int(places[-1]) + 1 if len(places) else 0
        going.faults.blank += (blank.head(rows).arg_true() + start).to_list()
        start += rows
        if len(heads) > 1:
            filled = filled.with_columns(pl.lit(head.sheet.name).alias(reading.columns[-1]))
        if filled.height:
            yield from filled.iter_slices(limits.CHUNK_ROWS)


def _behind_blank(blank: pl.Series) -> int:
    """How many filled rows stand behind the last ``blank`` ones between others; 0: there are none between."""
    filled = (~blank).arg_true()
    gaps = (filled.diff() > 1).arg_true()
    return len(filled) - int(gaps[-1]) if len(gaps) else 0
