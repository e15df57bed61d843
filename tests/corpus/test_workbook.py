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
                if cell != "" else "<table:table-cell/>" for cell in row
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


def with_hidden(path: Path, name: str) -> Path:
    """The workbook with its sheet ``name`` hidden."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        f'name="{name}"'.encode(), f'name="{name}" state="hidden"'.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


def test_sheets_with_the_same_heading_are_one_table(tmp_path: Path) -> None:
    later: Sheet = [["Answers of 2024", ""], ["Label", "text"], ["neg", "a dull film"], ["pos", "a fine film"]]
    path = write_xlsx(tmp_path / "a.xlsx", {"2023": DATA, "2024": later, "codes": [["code", "of"], ["1", "a"]]})
    documents = opened(path)
    assert everything(documents) == ["good film", "bad film", "a dull film", "a fine film"]
    assert labels_in_order(documents) == ["pos", "neg", "neg", "pos"]
    assert (documents.understood.sheet, documents.understood.columns[-1]) == ("2023, 2024", "sheet")
    assert any("'2023', '2024' have the same heading" in note for note in documents.notes)
    assert any("Not read: 'codes'" in note for note in documents.notes)
    assert everything(opened(path, sheet="2024")) == ["a dull film", "a fine film"]


def test_a_sheet_for_each_class_names_the_label(tmp_path: Path) -> None:
    def of(name: str) -> Sheet:
        return [["id", "comment"], *([float(n), f"The film of day {n} was a {name} one."] for n in range(8))]

    documents = opened(write_xlsx(tmp_path / "a.xlsx", {name: of(name) for name in ("good", "bad")}))
    assert labels_in_order(documents) == ["good"] * 8 + ["bad"] * 8
    # Numbered sheets are no classes, and parts of a corpus are its split.
    numbered = opened(write_xlsx(tmp_path / "b.xlsx", {"Sheet1": of("good"), "Sheet2": of("bad")}))
    assert (numbered.labels, len(everything(numbered))) == ((), 16)
    parts = opened(write_xlsx(tmp_path / "c.xlsx", {"train": DATA, "Test": [*DATA[:1], ["a dull film", "neg"]]}))
    assert parts.understood.split_column == "split"
    assert list(parts.texts("test")) == ["a dull film"]


def days(*numbers: int, mark: str = ".") -> Sheet:
    return [["id", "comment"], *([float(n), f"The film of day {n} was a long one{mark}"] for n in numbers)]


@pytest.mark.parametrize("sheets", [
    {"Data": days(*range(20)), "Spare": days(*range(19, 0, -1), mark=" !")},  # in another order, hardly changed
    {"raw": days(*range(20)), "cleaned": days(*range(20, 40))},
    {"Data": days(*range(20)), "Data old": days(*range(20, 40))},
    {"all": days(*range(20)), "spring": days(*range(10)), "autumn": days(*range(10, 20))},
])
def test_a_sheet_that_repeats_another_or_is_a_version_of_it_is_not_added(
    tmp_path: Path, sheets: dict[str, Sheet]
) -> None:
    documents = opened(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert (len(everything(documents)), documents.labels) == (20, ())
    first, second = [*sheets][:2]
    assert any(f"'{first}' is read" in note and f"'{second}'" in note for note in documents.notes)


def test_sheets_that_are_named_as_parts_are_joined_alone(tmp_path: Path) -> None:
    sheets = {"train": days(*range(20)), "test": days(*range(20, 30)), "all": days(*range(30)),
              "train (2)": days(*range(20))}
    documents = opened(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert documents.count("test") == 10
    assert len(everything(documents)) == 30
    assert any("Not read: 'all', 'train (2)'" in note for note in documents.notes)
    foreign = {"обучение": days(*range(20)), "Prueba": days(*range(20, 30))}
    assert opened(write_xlsx(tmp_path / "b.xlsx", foreign)).count("test") == 10


def test_names_of_months_are_no_labels(tmp_path: Path) -> None:
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"May": days(*range(9)), "June": days(*range(9, 18))}))
    assert (len(everything(documents)), documents.labels, documents.understood.columns[-1]) == (18, (), "sheet")


def test_another_sheet_with_texts_is_told(tmp_path: Path) -> None:
    more: Sheet = [["remark"], *([f"The remark of day {n} is long enough."] for n in range(4))]
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"data": DATA, "more": more}))
    assert everything(documents) == ["good film", "bad film"]
    assert any("'more'. Choose" in note for note in documents.notes)


COVER: Sheet = [["Survey of 2024"], ["Made by the office"], ["Questions to the desk"]]
LISTS: Sheet = [["code", "meaning"], ["g", "The meaning of good in this survey"], ["b", "The meaning of bad here"]]


def test_a_hidden_sheet_is_passed_over(tmp_path: Path) -> None:
    path = with_hidden(write_xlsx(tmp_path / "a.xlsx", {"lists": LISTS, "reviews": DATA}), "lists")
    documents = opened(path)
    assert labels_in_order(documents) == ["pos", "neg"]
    assert any("'reviews'" in note and "'lists' (hidden)" in note for note in documents.notes)
    only = with_hidden(write_xlsx(tmp_path / "b.xlsx", {"reviews": DATA}), "reviews")
    assert labels_in_order(opened(only)) == ["pos", "neg"]


def test_a_cover_is_passed_over_for_the_sheet_with_text_and_label(tmp_path: Path) -> None:
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"about": COVER, "data": DATA}))
    assert everything(documents) == ["good film", "bad film"]
    assert any("'data'" in note and "'about'" in note for note in documents.notes)


def test_a_cover_with_a_few_facts_is_passed_over_for_the_sheet_with_by_far_the_most_rows(tmp_path: Path) -> None:
    cover: Sheet = [["Results of the survey"], ["Author", "A. Person"], ["Date", "2024-05-01"], ["See the answers"]]
    answers: Sheet = [["Comment", "Mood"], *([f"This was visit number {n}", ["good", "bad"][n % 2]] for n in range(40))]
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"Read me": cover, "Answers": answers}))
    assert documents.understood.sheet == "Answers"
    assert documents.labels == ("bad", "good")
    few = opened(write_xlsx(tmp_path / "b.xlsx", {"first": answers[:31], "second": [["Voice", "Tone"], *answers[1:]]}))
    assert few.understood.sheet == "first"


def test_a_sheet_with_labels_is_read_before_a_much_larger_one_without(tmp_path: Path) -> None:
    labelled: Sheet = [["Comment", "Mood"], *([f"A visit number {n}", ["good", "bad"][n % 2]] for n in range(20))]
    raw: Sheet = [["Text"], *([f"An unlabelled text of somebody else, number {n}"] for n in range(300))]
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"raw": raw, "labelled": labelled}))
    assert documents.understood.sheet == "labelled"


def test_rows_above_the_heading_of_a_sheet_are_no_data(tmp_path: Path) -> None:
    title: Sheet = [["Feedback 2024", ""], ["", ""]]
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"s": [*title, *DATA]}))
    assert documents.understood.columns == ("text", "label")
    assert everything(documents) == ["good film", "bad film"]


def placed(path: Path, cells: dict[str, str], rest: str = "") -> Path:
    """A workbook of one sheet with ``cells`` at their places, as Excel itself writes them."""
    write_xlsx(path, {"s": []})
    rows: dict[int, str] = {}
    for place, text in cells.items():
        row = int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        rows[row] = rows.get(row, "") + f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
    body = "".join(f'<row r="{row}">{text}</row>' for row, text in sorted(rows.items()))
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"<sheetData></sheetData>", f"<sheetData>{body}</sheetData>{rest}".encode())
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


def test_a_label_merged_over_several_rows_holds_for_each(tmp_path: Path) -> None:
    cells = {"B2": "label", "C2": "text", "B3": "good", "C3": "one fine film", "C4": "two fine films",
             "B5": "bad", "C5": "three dull films", "C6": "four dull films"}
    merged = '<mergeCells count="2"><mergeCell ref="B3:B4"/><mergeCell ref="B5:B6"/></mergeCells>'
    documents = opened(placed(tmp_path / "a.xlsx", cells, merged))
    assert labels_in_order(documents) == ["good", "good", "bad", "bad"]


def told_of(first: int, last: int, column: str = "B") -> dict[str, str]:
    return {f"{column}{row}": f"the {row}th film was seen with friends" for row in range(first, last + 1)}


@pytest.mark.parametrize(("cells", "merged", "labels"), [
    ({"A1": "label", "B1": "text", "A2": "good", "A5": "bad", **told_of(2, 7)},
     ("A2:A4", "A5:A7"), ["good"] * 3 + ["bad"] * 3),
    ({"A1": "A study of films", "A4": "label", "B4": "text", "A5": "good", "A8": "bad", **told_of(5, 10)},
     ("A1:B3", "A5:A7", "A8:A10"), ["good"] * 3 + ["bad"] * 3),
    ({"A1": "label", "B1": "text", "A3": "good", "A5": "bad", **told_of(3, 6)},
     ("A1:A2", "B1:B2", "A3:A4", "A5:A6"), ["good"] * 2 + ["bad"] * 2),
    ({"A1": "label", "B1": "text", "A2": "good", "A6": "bad", **told_of(2, 3), **told_of(5, 8)},  # the 4th row is empty
     ("A2:A5", "A6:A8"), ["good"] * 3 + ["bad"] * 3),
])
def test_merged_cells_hold_for_the_rows_in_which_anything_stands(
    tmp_path: Path, cells: dict[str, str], merged: tuple[str, ...], labels: list[str]
) -> None:
    rest = f"<mergeCells>{''.join(f'<mergeCell ref={one!r}/>' for one in merged)}</mergeCells>".replace("'", '"')
    documents = opened(placed(tmp_path / "a.xlsx", cells, rest))
    assert labels_in_order(documents) == labels


@pytest.mark.parametrize("rest", [
    '<mergeCells><mergeCell ref="A2:A5"/>' + '<mergeCell ref="A2:A100000"/>' * 3_000 + "</mergeCells>",
    f"<!-- {'<mergeCell a ' * 80_000} -->",
    f'<mergeCells><mergeCell ref="A2:A3"/></mergeCells><!-- {"<c a " * 200_000} -->',
    f'<mergeCells><mergeCell ref="A2:A3"/></mergeCells><!-- <c {" r=~A1~".replace("~", chr(34)) * 100_000} -->',
    f'<mergeCells><mergeCell ref="A2:A3"/></mergeCells><!-- <mergeCell {"ref=~A".replace("~", chr(34)) * 100_000} -->',
], ids=["overlapping", "merged", "cells", "one cell", "one merged"])
def test_a_sheet_made_to_be_slow_is_read_as_others_are(tmp_path: Path, rest: str) -> None:
    cells = {"A1": "label", "B1": "text", "A2": "good", "A4": "bad", **told_of(2, 30)}
    documents = opened(placed(tmp_path / "a.xlsx", {**cells, "A100000": "x", "B100000": "seen long after"}, rest))
    assert documents.labels == ("bad", "good", "x")
    assert len(everything(documents)) == 30


def test_a_workbook_of_far_too_many_sheets_is_refused_and_one_of_sixty_is_read(tmp_path: Path) -> None:
    sheets: dict[str, Sheet] = {f"week {n}": [["text", "label"], *([f"film {n} {row}", "good"] for row in range(5))]
                                for n in range(60)}
    assert len(everything(opened(write_xlsx(tmp_path / "a.xlsx", sheets)))) == 300
    path = write_xlsx(tmp_path / "b.xlsx", dict.fromkeys(map(str, range(501)), DATA))
    with pytest.raises(CorpusError, match="501 sheets; at most 500"):
        opened(path)


def test_a_label_in_the_first_row_of_each_group_alone_holds_for_the_group(tmp_path: Path) -> None:
    rows: Sheet = [[{0: "good", 12: "bad"}.get(n, ""), f"the {n}th film was seen"] for n in range(20)]
    documents = opened(write_xlsx(tmp_path / "a.xlsx", {"one": [["Mood", "Comment"], *rows]}))
    assert labels_in_order(documents) == ["good"] * 12 + ["bad"] * 8
    assert any("'Mood' stands only in the first row" in note and "18 rows" in note for note in documents.notes)


@pytest.mark.parametrize("given", [{0: "good", 1: "bad"}, {3: "good", 12: "bad"}, {0: "good", 8: "bad", 14: "good"}])
def test_a_few_labels_in_a_column_are_no_groups(tmp_path: Path, given: dict[int, str]) -> None:
    rows: Sheet = [[given.get(n, ""), f"the {n}th film was seen"] for n in range(20)]
    path = write_xlsx(tmp_path / "a.xlsx", {"one": [["label", "Comment"], *rows]})
    documents = opened(path, label_columns=("label",))
    assert len(documents.rows("unlabelled")) == 20 - len(given)


def test_a_stray_cell_in_the_last_corner_is_refused_not_fatal(tmp_path: Path) -> None:
    cells = {"A1": "label", "B1": "text", "A2": "good", "B2": "one fine film", "XFD1048576": "x"}
    path = placed(tmp_path / "a.xlsx", cells)
    with pytest.raises(CorpusError, match="stray cell"):
        opened(path)
    wide = placed(tmp_path / "b.xlsx", {**cells, "CZZ1": "x"} | {"XFD1048576": ""})
    with pytest.raises(CorpusError, match=r"stray cell|columns"):
        opened(wide)


def test_an_old_workbook_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 64)
    with pytest.raises(CorpusError, match=r"a\.xls") as told:
        opened(path)
    assert "error:" not in str(told.value)


def scored(count: int = 30) -> Sheet:
    rows: Sheet = [[f"the {n}th film was seen", ("good", "bad")[n % 2], n] for n in range(count)]
    return [["text", "label", "points"], *rows]


@pytest.mark.parametrize(("kind", "footer"), [
    ("xlsx", [["Total", "", 435]]), ("xlsx", [["Grand Total:", "", 435], ["Sum", 30, 870]]),
    ("xlsx", [["", "Summe", 435]]), ("xlsx", [["", "", ""], ["Source: the ministry of labour"]]),
    ("ods", [["", "", ""], ["Made by the office"], ["Total", 435]]),
    ("xlsx", [["", "", ""], ["Grand Totals (30 records)"], ["", "", ""], ["Confidential Information"],
              ["Generated By:  Ann Lee"], ["Acme Inc."]]),
])
def test_what_stands_below_a_sheet_is_no_row(tmp_path: Path, kind: str, footer: Sheet) -> None:
    write = write_xlsx if kind == "xlsx" else write_ods
    rows = [*scored(), *([*row, *[""] * (3 - len(row))] for row in footer)]
    path = write(tmp_path / f"a.{kind}", {"films": rows})
    documents = opened(path)
    assert everything(documents) == [row[0] for row in scored()[1:]]
    assert [note for note in documents.notes if "at the end" in note and "left out" in note] == list(documents.notes)


@pytest.mark.parametrize("end", [
    [["Total", "good", 3]], [["Total disaster", "", 435]], [["", "", ""], ["Not labelled yet."]],
    [["", "", ""], *[[f"a new text, the {n}th"] for n in range(3)]],
    [["", "", ""], ["I loved it so much"]], [["", "", ""], ["the 8th film was late"], ["a film was not seen"]],
])
def test_a_last_row_of_a_sheet_that_only_looks_like_a_sum_stays(tmp_path: Path, end: Sheet) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"films": [*scored(), *end]})
    assert everything(opened(path))[30:] == [row[0] for row in end if row[0]]


def test_each_of_several_sheets_may_end_with_a_sum(tmp_path: Path) -> None:
    sheets = {day: [*[[cell if place else f"{day}: {cell}" for place, cell in enumerate(row)] if number else row
                      for number, row in enumerate(scored(8))], ["Total", "", 28]] for day in ("Monday", "Tuesday")}
    documents = opened(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert everything(documents) == [row[0] for rows in sheets.values() for row in rows[1:-1]]
