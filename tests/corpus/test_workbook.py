"""Workbooks, written here by hand: both kinds are zip archives of XML."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, limits, preview

Sheet = list[list[str | float]]


def write_xlsx(path: Path, sheets: dict[str, Sheet]) -> Path:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
                        for n in range(1, len(sheets) + 1))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
                         'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                         f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
                         f"{overrides}</Types>")
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
                         f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        names = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets>'
                         "</workbook>")
        links = "".join(f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
                        for n in range(1, len(sheets) + 1))
        archive.writestr("xl/_rels/workbook.xml.rels",
                         f'<Relationships xmlns="{package}/relationships">{links}</Relationships>')
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join("<row>" + "".join(_xlsx_cell(cell) for cell in row) + "</row>" for row in rows)
            archive.writestr(f"xl/worksheets/sheet{number}.xml",
                             f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>')
    return path


def _xlsx_cell(cell: str | float) -> str:
    if isinstance(cell, str):
        return f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' if cell else "<c/>"
    return f"<c><v>{cell}</v></c>"


def write_ods(path: Path, sheets: dict[str, Sheet]) -> Path:
    name = "urn:oasis:names:tc:opendocument:xmlns"
    tables = "".join(
        f'<table:table table:name="{escape(title)}">' + "".join(
            "<table:table-row>" + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
                for cell in row
            ) + "</table:table-row>" for row in rows) + "</table:table>"
        for title, rows in sheets.items())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{name}:manifest:1.0"/>')
        archive.writestr("content.xml", f'<office:document-content xmlns:office="{name}:office:1.0" '
                         f'xmlns:table="{name}:table:1.0" xmlns:text="{name}:text:1.0"><office:body>'
                         f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>")
    return path


DATA: Sheet = [["text", "label"], ["good film", "pos"], ["bad film", "neg"]]


def test_the_first_sheet_with_data_is_read(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"empty": [], "reviews": DATA, "other": [["x"], ["y"]]})
    shown = preview(path)
    assert (shown.understood.sheet, shown.understood.sheets) == ("reviews", ("empty", "reviews", "other"))
    assert shown.columns == ("text", "label")
    assert everything(opened(path)) == ["good film", "bad film"]


def test_a_sheet_can_be_chosen(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"one": DATA, "two": [["text"], ["another text"], ["and one more text"]]})
    assert preview(path, CorpusConfig(sheet="two")).rows == (("another text",), ("and one more text",))
    with pytest.raises(CorpusError, match=r"no sheet 'three'.*one, two"):
        preview(path, CorpusConfig(sheet="three"))


def test_numbers_are_written_as_people_do(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"s": [["text", "stars"], ["good film", 5.0], ["bad film", 1.5]]})
    assert [row[1] for row in preview(path).rows] == ["5", "1.5"]


def test_open_document(tmp_path: Path) -> None:
    path = write_ods(tmp_path / "a.ods", {"s": DATA})
    documents = opened(path)
    assert documents.understood.format == "excel"
    assert labels_in_order(documents) == ["pos", "neg"]


def test_a_workbook_without_data_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no sheet with data"):
        preview(write_xlsx(tmp_path / "a.xlsx", {"one": [], "two": []}))


def test_a_broken_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(CorpusError, match="workbook"):
        preview(path)


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"one": DATA})
    monkeypatch.setattr(limits, "MAX_WORKBOOK", 1_000)
    with pytest.raises(CorpusError, match="Save the sheet as CSV"):
        preview(path)
