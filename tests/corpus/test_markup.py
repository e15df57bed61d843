"""Pages, XML and SGML: a text, a table, or a document for each element; damaged ones say so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from ulmengine.corpus import CorpusError

ROWS = made()


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.htm"])
def test_a_page_is_one_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("<!DOCTYPE html>\n<html><head><style>p {}</style></head><body>\n<h1>A title</h1>\n"
                    "<p>One &eacute; <i>line</i></p><p>Two</p></body></html>\n")
    assert everything(opened(path)) == ["A title\nOne é line\nTwo"]


@pytest.mark.parametrize(("head", "each", "foot"), [
    ('<?xml version="1.0"?>\n<reviews>\n', '<review id="{n}" label="{k}"><text>{t}</text></review>\n', "</reviews>"),
    ("<corpus><meta><name>c</name></meta><docs>", "<doc><class>{k}</class><body><![CDATA[{t}]]></body></doc>",
     "</docs></corpus>"),
    ("<data>\n", '<s polarity="{k}">{t}</s>\n', "</data>"),
    ("<sentences>\n", '<sentence id="{n}"><text>{t}</text><Opinions><Opinion polarity="{k}"/></Opinions></sentence>\n',
     "</sentences>"),
    ("<items>", '<item><body>{t}</body><meta source="x"><tags><tag label="{k}"/></tags></meta></item>', "</items>"),
    ('<!DOCTYPE lewis SYSTEM "lewis.dtd">\n', '<REUTERS TOPICS="YES" NEWID="{n}">\n<TOPICS><D>{k}</D></TOPICS>\n'
     "<PLACES></PLACES>\n<TEXT>&#2;\n<BODY>{t}\n</BODY></TEXT>\n</REUTERS>\n", ""),
])
@pytest.mark.parametrize("name", ["a.xml", "a.sgm", "a.dat"])
def test_xml_and_sgml_are_their_records(tmp_path: Path, name: str, head: str, each: str, foot: str) -> None:
    path = tmp_path / name
    path.write_text(head + "".join(each.format(n=n, t=t, k=k) for n, (t, k) in enumerate(ROWS)) + foot)
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]


def test_xml_whose_texts_are_attributes_is_its_elements(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_text('<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(
        f'  <row Id="{n}" PostTypeId="1" Score="{n % 4}" Body="&lt;p&gt;{t}" Tags="&lt;{k}&gt;&lt;c#&gt;" />\n'
        for n, (t, k) in enumerate(ROWS)) + "</posts>\n")
    documents = opened(path)
    assert documents.understood.columns == ("id", "posttypeid", "score", "body", "tags")
    assert len(documents.parts) == 60
    assert documents.labels == ("bad", "c#", "good", "mid")


ARTICLE = (
    '<PubmedArticle><MedlineCitation Status="{s}"><PMID Version="1">30{n}</PMID><Article><Journal><JournalIssue>'
    "<PubDate><Year>2024</Year></PubDate></JournalIssue><Title>J Test</Title></Journal><ArticleTitle>Study {n} of CO"
    '<sub>2</sub> in <i>vivo</i>.</ArticleTitle><Abstract><AbstractText Label="BACKGROUND">So much is known of {n}.'
    '</AbstractText><AbstractText Label="METHODS">We looked at CO<sub>2</sub> again.</AbstractText>{c}</Abstract>'
    '<PublicationTypeList><PublicationType UI="D1">Journal Article</PublicationType>{r}</PublicationTypeList></Article>'
    '<MeshHeadingList><MeshHeading><DescriptorName UI="D2">{m}</DescriptorName><QualifierName>genetics</QualifierName>'
    "</MeshHeading></MeshHeadingList></MedlineCitation></PubmedArticle>\n"
)


def test_articles_of_pubmed_are_title_and_abstract_and_no_section_is_their_label(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text('<?xml version="1.0" ?>\n<PubmedArticleSet>\n' + "".join(ARTICLE.format(
        n=n, s=("MEDLINE", "Publisher")[n % 2], m=("Humans", "Mice")[n % 2],
        c="<CopyrightInformation>(c) us</CopyrightInformation>" * (n % 3 == 0),
        r="<PublicationType>Review</PublicationType>" * (n % 4 == 0)) for n in range(40)) + "</PubmedArticleSet>\n")
    documents = opened(path)
    assert (documents.labels, documents.understood.text_columns) == ((), ("title", "abstract"))
    assert documents.text_of(3) == (
        "xxfld 1 Study 3 of CO2 in vivo. xxfld 2 So much is known of 3.\nWe looked at CO2 again.")
    assert documents.understood.rivals == ("publication types", "mesh")
    assert any("'publication types'" in note for note in documents.notes)
    chosen = opened(path, label_columns=("publication types",))
    assert (chosen.labels, chosen.multi_label) == (("Journal Article", "Review"), True)


@pytest.mark.parametrize(("each", "label"), [
    ('<doc n="{n}"><text><p kind="intro">We asked for {n} rooms.</p><p kind="end">It was late.</p></text></doc>', ()),
    ('<doc n="{n}"><text kind="{k}">We asked for {n} rooms and it was late.</text></doc>', ("text.kind",)),
    ('<doc n="{n}"><text><p kind="a">We asked for {n} rooms.</p><p kind="a">Late.</p></text><topic>{k}</topic></doc>',
     ("topic",)),
    ('<doc n="{n}" kind="{k}"><text>We <b>asked</b> for {n} rooms</text></doc>', ("kind",)),
])
def test_what_parts_of_the_text_are_called_is_no_label(tmp_path: Path, each: str, label: tuple[str, ...]) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<docs>\n" + "".join(each.format(n=n, k="ab"[n % 2]) + "\n" for n in range(40)) + "</docs>\n")
    documents = opened(path)
    assert documents.understood.label_columns == label
    assert documents.text_of(7).startswith("We asked for 7 rooms")


CORPUS = "<corpus>\n" + "".join(f"<doc label='{k}'><text>{t}</text></doc>\n" for t, k in ROWS) + "</corpus>\n"
DOC = CORPUS[: CORPUS.index(ROWS[20][0])].rindex("<doc")  # where the 21st begins


@pytest.mark.parametrize("head", ['<?xml version="1.0"?>\n', ""])
@pytest.mark.parametrize(("broken", "count", "told"), [
    (CORPUS[:DOC] + CORPUS[DOC:].replace("</doc>", "<.doc>", 1), 20, "after its document 20: <doc> on line"),
    (CORPUS[: DOC + 30], 20, "after its document 20: <doc> on line"),
    (CORPUS[:DOC], 20, "ends before its end, after 20 documents: <corpus> has none"),
    (CORPUS.replace("</corpus>", ""), 60, "ends before its end, after 60 documents: <corpus> has none"),
    (CORPUS[:DOC] + CORPUS[DOC:].replace("</text>", "<.text>", 1), 60, "may be damaged: 1 tag ends.*</doc> on line"),
    (CORPUS[:DOC] + CORPUS[DOC:].replace("<text>", "text>", 1), 60, "may be damaged: 1 tag ends.*</text> on line"),
    (CORPUS[:DOC] + CORPUS[DOC:].replace("<doc", "doc", 1), 59, "may be damaged: 1 tag ends.*</doc> on line"),
])
def test_xml_that_is_cut_or_damaged_says_so(tmp_path: Path, head: str, broken: str, count: int, told: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(head + broken)
    documents = opened(path)
    assert len(everything(documents)) == count
    assert documents.skipped == (told.startswith("after"))
    assert re.search(f"'a.xml'.*{told}", "\n".join(documents.notes))


@pytest.mark.parametrize("text", [
    CORPUS, '<?xml version="1.0"?>\n' + CORPUS, CORPUS.replace("<corpus>", "").replace("</corpus>", ""),
    CORPUS.replace("the", "the<br>"), '<?xml version="1.0"?>\n' + CORPUS.replace("the", "the<br/>"),
    CORPUS.replace("<text>", "<text><p>").upper(), CORPUS.replace("<text>", "<id>7<text>"),
    CORPUS.replace("<text>", "<note/><text>"), f"<!-- <doc> -->\n{CORPUS}",
])
def test_xml_and_sgml_with_their_usual_freedoms_go_without_a_word(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text)
    documents = opened(path)
    assert len(everything(documents)) == 60
    assert not documents.skipped
    assert not any("a.xml" in note for note in documents.notes)


def test_elements_of_xml_that_are_called_like_tags_of_html_hold_their_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.rss"
    path.write_text('<?xml version="1.0"?>\n<rss><channel>\n' + "".join(
        f"<item><title>Part {n}</title><link>http://a.example/{n}</link><source>Here</source><description>{t}"
        f"</description><category>{k}</category></item>\n" for n, (t, k) in enumerate(ROWS)) + "</channel></rss>")
    documents = opened(path)
    assert documents.understood.columns == ("title", "link", "source", "description", "category")
    assert documents.understood.text_columns[-1:] == ("description",)
    assert labels_in_order(documents) == [k for _, k in ROWS]


def test_xml_without_records_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<?xml version='1.0'?>\n<letter><from>me</from><body>One text.</body></letter>\n")
    with pytest.raises(CorpusError, match="XML or SGML"):
        opened(path)


def page(rows: list[str], around: str = "{}") -> str:
    return around.format(f"<table border=1>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")


NAMES = "<th>comment</th><th>topic</th>"


@pytest.mark.parametrize("name", ["a.html", "a.xls"])
@pytest.mark.parametrize("around", ["<!DOCTYPE html><html><head><title>t</title></head><body>{}</body></html>", "{}"])
def test_a_page_that_is_a_table_is_read_as_one(tmp_path: Path, name: str, around: str) -> None:
    path = tmp_path / name
    path.write_text(page([NAMES, *(f"<td>{text}<br>&amp; more</td>\n<td>{label}" for text, label in ROWS)], around))
    documents = opened(path)
    assert everything(documents) == [f"{text}\n& more" for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]
    whole = opened(path, format="html")  # a person may say that the page is one document
    assert len(everything(whole)) == 1


def test_a_page_whose_table_has_no_end_says_so_and_other_tags_may_lack_theirs(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    whole = page([NAMES, *(f"<td>{text}</td><td>{label}</td>" for text, label in ROWS)],
                 "<!DOCTYPE html><html><body>{}</body></html>")
    cut = whole[: whole.index(ROWS[20][0])]
    for text, count in ((cut, 20), (whole.replace("</table>", ""), 60), (whole.replace("</table>", "<.table>"), 60)):
        path.write_text(text)
        documents = opened(path)
        assert len([one for one in everything(documents) if one]) == count
        assert any("'a.html' ends before its table does" in note for note in documents.notes)
    for tags in (("</td>",), ("</td>", "</tr>"), ("</body>", "</html>"), ("</td>", "</tr>", "</body>", "</html>")):
        text = whole
        for tag in tags:
            text = text.replace(tag, "")
        path.write_text(text)
        documents = opened(path)
        assert everything(documents) == [text for text, _ in ROWS]
        assert not any("a.html" in note for note in documents.notes)


def test_a_sum_below_the_table_of_a_page_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    rows = [f"<td>{text}</td><td>{label}</td>" for text, label in ROWS]
    path.write_text(page([NAMES, *rows, f"<td>Total</td><td>{len(ROWS)}</td>"]))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert any("at the end" in note for note in documents.notes)


def test_cells_that_reach_over_others_hold_for_them(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    rows = ["<td rowspan=3>good</td><td>one film</td>", "<td>two films</td>", "<td>three films</td>",
            "<td>bad</td><td>a dull film", "<td colspan=2>the end</td>"]
    path.write_text(page(["<th>topic</th><th>comment</th>", *rows]))
    documents = opened(path)
    assert everything(documents)[:4] == ["one film", "two films", "three films", "a dull film"]
    assert labels_in_order(documents)[:4] == ["good", "good", "good", "bad"]


def test_a_page_with_a_table_in_it_stays_a_document(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    told = "<p>" + "The story of the film is long. " * 20 + "</p>"
    path.write_text(page([NAMES, "<td>one film</td><td>good</td>", "<td>two films</td><td>bad</td>"],
                         f"<html><body>{told}{{}}</body></html>"))
    assert len(everything(opened(path))) == 1
    # Tables that only lay a page out: one in a cell of another.
    path.write_text(page(["<td>menu</td><td>" + page(["<td>a long story</td>"]) + told + "</td>"],
                         "<html><body>{}</body></html>"))
    assert len(everything(opened(path))) == 1


def test_a_workbook_saved_as_xml_is_its_sheet(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "<Row>" + "".join(cells) + "</Row>"

    def cell(text: str, more: str = "") -> str:
        return f'<Cell{more}><Data ss:Type="String">{text}</Data></Cell>'

    head = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    names = " ".join(f'{one}="urn:schemas-microsoft-com:office:spreadsheet"' for one in ("xmlns", "xmlns:ss"))
    body = [row(cell("id"), cell("comment"), cell("topic")),
            *(row(cell(text, ' ss:Index="2"'), cell(label)) for text, label in ROWS)]
    for name in ("a.xml", "a.xls"):
        (tmp_path / name).write_text(f'{head}<Workbook {names}><Worksheet ss:Name="S"><Table>{"".join(body)}</Table>'
                                     "</Worksheet></Workbook>")
        documents = opened(tmp_path / name)
        assert everything(documents) == [text for text, _ in ROWS]
        assert labels_in_order(documents) == [label for _, label in ROWS]
