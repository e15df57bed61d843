"""Workbooks: .xlsx, .xls, .xlsb and .ods."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO

import fastexcel
import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError

from .heading import column_names, has_header
from .reading import Look, Pass, Reading
from .source import Source


def recognise(look: Look) -> str:
    """By its first bytes."""
    if look.sample.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "begins with the mark of an old Excel workbook"
    return "a zip archive with a workbook in it" if look.sample.startswith(b"PK\x03\x04") else ""


def plan(look: Look, reason: str) -> Reading:
    """Plan the reading of a sheet. :raises CorpusError: damaged, too large, no such sheet, or none with data."""
    source, config = look.source, look.config
    book, _ = _opened(source)
    sheets = tuple(book.sheet_names)
    if config.sheet and config.sheet not in sheets:
        raise CorpusError(
            f"'{source.path.name}' has no sheet '{config.sheet}'. Its sheets are: {', '.join(sheets)}."
        )
    wanted = (config.sheet,) if config.sheet else sheets
    for sheet in wanted:
        head = _load(book, sheet, source, rows=200)
        if head.height and head.width:
            break
    else:
        raise CorpusError(
            f"The workbook '{source.path.name}' has no sheet with data in it (sheets: {', '.join(sheets)})."
        )
    rows = [["" if cell is None else cell for cell in row] for row in head.iter_rows()]
    named, why = has_header(rows, head.width) if config.header == "auto" else (config.header == "yes", "as set")
    columns = column_names(rows[0] if named else [], head.width)
    sheet_reason = "as set" if config.sheet else "the only sheet" if len(sheets) == 1 else "the first sheet with data"
    return Reading(source, "excel", columns=columns, sheet=sheet, sheets=sheets, named=named,
                   reasons={"format": reason, "sheet": sheet_reason, "header": why})


def chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of the planned sheet, every cell as a string."""
    book, going.digest = _opened(reading.source)
    going.size = reading.source.path.stat().st_size
    frame = _load(book, reading.sheet, reading.source)
    frame.columns = list(reading.columns)[: frame.width]
    if reading.named:
        frame = frame.slice(1)
    going.position = going.size
    filled = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    if filled.height:
        yield from filled.iter_slices(limits.CHUNK_ROWS)


def _opened(source: Source) -> tuple[fastexcel.ExcelReader, str]:
    """The workbook and the hash of its bytes."""
    data = BytesIO()
    with source.open() as stream:
        while block := stream.read():
            data.write(block)
            if data.tell() > limits.MAX_WORKBOOK:
                raise _too_large(source)
        digest = stream.digest
    _refuse_large_parts(data, source)
    try:
        return fastexcel.read_excel(data.getvalue()), digest
    except fastexcel.FastExcelError as error:
        raise CorpusError(
            f"'{source.path.name}' cannot be read as a workbook ({_first_line(error)}). Is it complete and not "
            "protected by a password? Saving it again as .xlsx or .csv often helps."
        ) from error


def _refuse_large_parts(data: BytesIO, source: Source) -> None:
    """:raises CorpusError: the sheets inside (a workbook is a zip archive) would unpack past the limit."""
    if not zipfile.is_zipfile(data):
        return
    with zipfile.ZipFile(data) as archive:
        if sum(info.file_size for info in archive.infolist()) > limits.MAX_WORKBOOK:
            raise _too_large(source)


def _too_large(source: Source) -> CorpusError:
    return CorpusError(
        f"The workbook '{source.path.name}' unpacks to more than {limits.MAX_WORKBOOK >> 20} MB. Save the sheet as "
        "CSV; "
        "a CSV of any size is read."
    )


def _load(book: fastexcel.ExcelReader, sheet: str, source: Source, rows: int | None = None) -> pl.DataFrame:
    """A sheet without its header taken off, all cells strings."""
    try:
        return book.load_sheet(sheet, header_row=None, n_rows=rows, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise CorpusError(
            f"The sheet '{sheet}' of '{source.path.name}' cannot be read ({_first_line(error)})."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
