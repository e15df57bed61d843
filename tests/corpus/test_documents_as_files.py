"""Mails, pages, XML and folders of them: read by a parser as what they are, or refused by name."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from tests.corpus.test_tree import pack
from ulmengine.corpus import CorpusError, Documents, preview

ROWS = made()
BY_LABEL = {name: [text for text, label in ROWS if label == name] for name in ("good", "bad", "mid")}


def tree(root: Path, files: dict[str, str]) -> Documents:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return opened(root)


def counted(documents: Documents) -> dict[str, int]:
    given = labels_in_order(documents)
    return {name: given.count(name) for name in documents.labels}


@pytest.mark.parametrize("name", [
    "{n:05}.{hash}", "{n}.{hash}", "15{n}.M2P3.host:2,S", "{n}.", "{n}", "{n}.txt", "msg{n}",
])
def test_mails_by_the_names_that_mail_programs_give(tmp_path: Path, name: str) -> None:
    files = {f"box/{label}/" + name.format(n=n, hash=hashlib.md5(b"%d" % n).hexdigest()): text
             for n, (text, label) in enumerate(ROWS)}
    cmds = {f"box/{label}/cmds": "mv 00001 00002" for label in BY_LABEL} if not name.endswith("txt") else {}
    documents = tree(tmp_path, files | cmds)
    assert counted(documents) == {"bad": 20, "good": 20, "mid": 20}
    assert sorted(everything(documents)) == sorted(text for text, _ in ROWS)


def test_the_folders_of_a_maildir_itself_are_no_labels(tmp_path: Path) -> None:
    documents = tree(tmp_path / "m", {
        f"{label}/" + (f"cur/16000000{n}.M{n}P1.host:2,S" if n % 2 else f"new/16000000{n}.M{n}P1.host"): mail(n, text)
        for n, (text, label) in enumerate(ROWS)})
    assert counted(documents) == {"bad": 20, "good": 20, "mid": 20}


@pytest.mark.parametrize("files", [
    {"pos.txt": "good", "neg.txt": "bad"}, {"txt/positive.txt": "good", "txt/negative.txt": "bad", "README": ""},
    {"rt-polarity.pos": "good", "rt-polarity.neg": "bad"}, {"spam.txt": "good", "ham.txt": "bad"},
])
def test_files_named_like_labels_hold_a_document_a_line(tmp_path: Path, files: dict[str, str]) -> None:
    made_of = {name: "\n".join(BY_LABEL.get(label, ["about the data"])) + "\n" for name, label in files.items()}
    documents = tree(tmp_path / "c", made_of)
    assert sorted(everything(documents)) == sorted(BY_LABEL["good"] + BY_LABEL["bad"])
    assert sorted(counted(documents).values()) == [20, 20]
    assert any("each line is read as a document" in note for note in documents.notes)


@pytest.mark.parametrize("name", ["{part}/{label}.txt", "{part}_{label}.txt", "{label}-{part}.txt"])
def test_files_named_like_labels_and_parts(tmp_path: Path, name: str) -> None:
    files = {name.format(part=part, label=pole): "\n".join(BY_LABEL[label][cut])
             for part, cut in (("train", slice(0, 14)), ("test", slice(14, 20)))
             for pole, label in (("pos", "good"), ("neg", "bad"))}
    documents = tree(tmp_path / "c", files)
    assert documents.labels == ("neg", "pos")
    assert (documents.count("test"), documents.count("train") + documents.count("validation")) == (12, 28)


def test_whole_reviews_in_two_files_are_two_documents(tmp_path: Path) -> None:
    documents = tree(tmp_path / "c", {"pos.txt": "One long review.\nIts end.\n", "neg.txt": "Another one.\n"})
    assert len(documents.parts) == 2


@pytest.mark.parametrize("names", [("training", "nutrition", "recovery"), ("train", "plane", "car")])
def test_a_class_may_be_called_like_a_part(tmp_path: Path, names: tuple[str, ...]) -> None:
    called = dict(zip(BY_LABEL, names, strict=True))
    documents = tree(tmp_path / "c", {f"{called[label]}/{n}.txt": text for n, (text, label) in enumerate(ROWS)})
    assert counted(documents) == dict.fromkeys(sorted(names), 20)


def test_parts_stay_parts_where_they_hold_folders_or_stand_together(tmp_path: Path) -> None:
    files = {f"{'train' if n % 2 else 'test'}/{label}/{n}.txt": text for n, (text, label) in enumerate(ROWS)}
    documents = tree(tmp_path / "c", files)
    assert documents.labels == ("bad", "good", "mid")
    assert documents.count("test") == 30


def mail(n: int, text: str) -> str:
    return (f"From: one@example.invalid\nSubject: note {n}\nDate: Mon, 29 Jul 2002 11:28:02 +0000\nMIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{text}\n")


@pytest.mark.parametrize("name", ["a.mbox", "Inbox"])
def test_a_mailbox_is_its_mails(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("".join(f"From one@example.invalid Mon Jul 29 11:28:{n:02} 2002\n{mail(n, text)}\n"
                            for n, (text, _) in enumerate(ROWS)))
    documents = opened(path)
    assert documents.understood.format == "mbox"
    assert documents.text_of(7) == f"xxfld 1 note 7 xxfld 2 {ROWS[7][0]}"
    assert len(documents.parts) == 60


def test_the_labels_of_gmail_are_those_that_a_person_gave(tmp_path: Path) -> None:
    given = ["Inbox,Unread,work", 'Opened,"work, home",Inbox', "Inbox,Category Personal,Opened", "Spam", "work,later"]
    path = tmp_path / "a.mbox"
    path.write_text("".join(f"From one@example.invalid Mon Jul 29 11:28:{n:02} 2002\n"
                            f"X-Gmail-Labels: {given[n % 5]}\n{mail(n, text)}\n" for n, (text, _) in enumerate(ROWS)))
    documents = opened(path)
    assert documents.labels == ("Inbox", "Spam", "later", "work", "work, home")
    assert any("Gmail" in note for note in documents.notes)


def test_a_mail_is_decoded(tmp_path: Path) -> None:
    body = base64.b64encode("<p>Schön &amp; <b>gut</b></p><script>x()</script>".encode()).decode()
    path = tmp_path / "a.eml"
    path.write_text("From: a@example.invalid\nSubject: =?utf-8?q?h=C3=A9?=\nMIME-Version: 1.0\n"
                    f"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{body}\n")
    assert opened(path).text_of(0) == "xxfld 1 hé xxfld 2 Schön & gut"


@pytest.mark.parametrize("name", ["{n:05}.{hash}", "{n}", "{n}.txt"])
@pytest.mark.parametrize("packed", ["", "tar"])
def test_files_that_begin_as_mails_are_read_as_mails(tmp_path: Path, name: str, packed: str) -> None:
    for n, (text, label) in enumerate(ROWS):
        path = tmp_path / "m" / label / name.format(n=n, hash=hashlib.md5(b"%d" % n).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("From one@example.invalid  Mon Jul 29 11:28:02 2002\n" * (n % 2) + mail(n, text))
    documents = opened(pack(tmp_path / "m", packed) if packed else tmp_path / "m")
    assert sorted(everything(documents)) == sorted(f"note {n}\n\n{text}" for n, (text, _) in enumerate(ROWS))
    assert counted(documents) == {"bad": 20, "good": 20, "mid": 20}
    assert "begin as mails do" in documents.understood.reasons["format"]


def test_texts_with_a_colon_are_no_mails(tmp_path: Path) -> None:
    files = {f"{label}/{n}.txt": f"Note: {text}\n\nSubject: {text}" for n, (text, label) in enumerate(ROWS)}
    assert sorted(everything(tree(tmp_path / "t", files))) == sorted(files.values())


def test_folders_of_mails_and_pages(tmp_path: Path) -> None:
    documents = tree(tmp_path / "m", {f"{k}/{n}.eml": mail(n, t) for n, (t, k) in enumerate(ROWS)})
    assert f"note 0\n\n{ROWS[0][0]}" in everything(documents)
    pages = {f"{k}/{n}.html": f"<html><head><title>x</title></head><body><p>{t}</p></body></html>"
             for n, (t, k) in enumerate(ROWS)}
    assert sorted(everything(tree(tmp_path / "h", pages))) == sorted(text for text, _ in ROWS)


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


@pytest.mark.parametrize(("name", "start"), [
    ("dump.sql", "CREATE TABLE t (text text, label varchar(9));"), ("dump.sql", "-- a dump\nDROP TABLE t;"),
    ("dump", "-- MySQL dump 10.13  Distrib 8.0.36\n--"), ("a.txt", "--\n-- PostgreSQL database dump\n--\n"),
    ("dump", "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19"), ("a.txt", "-- phpMyAdmin SQL Dump"),
    ("a.dump", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t (text);"),
])
def test_a_dump_of_a_database_is_refused_by_name(tmp_path: Path, name: str, start: str) -> None:
    path = tmp_path / name
    path.write_text(f"{start}\n" + "".join(f"INSERT INTO t VALUES ('the {n}th film','good');\n" for n in range(20)))
    with pytest.raises(CorpusError, match=r"a dump of a database.* as CSV"):
        preview(path)


@pytest.mark.parametrize(("name", "line"), [
    ("a.txt", "CREATE TABLE t (text text, n int)"), ("a.txt", "-- MySQL is what the {n}th question is about"),
    ("a.csv", '"SELECT * FROM t WHERE n = {n}",query'),
])
def test_texts_about_databases_are_texts(tmp_path: Path, name: str, line: str) -> None:
    path = tmp_path / name
    path.write_text("".join(f"{line.format(n=n)}\n" for n in range(20)))
    assert len(preview(path).rows) == 20


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


@pytest.mark.parametrize(("name", "data", "what"), [
    ("a.arff", b"% c\n@RELATION x\n@DATA\n'a b',good\n", "ARFF"),
    ("a.txt", b"@relation x\n@data\n'a b',good\n", "ARFF"),
    ("a.csv", b"\x80\x04\x95\x10\0", "pickle"), ("a.txt", b"1 1:0.5 2:0.25 3:1\n" * 5, "SVMlight"),
    ("a.txt", b"-1 qid:1 1:0.5 2:0.25 3:1 # the first\n" * 5, "SVMlight"), ("a.svm", b"1 1:0.5\n", "SVMlight"),
    ("nlu.yml", b'version: "3.1"\n\nnlu:\n- intent: greet\n  examples: |\n    - hello\n', r"Rasa.*convert"),
    ("nlu.yml", b'# ours\nversion: "3.1"\n# texts\nnlu:\n# first\n- intent: greet\n  examples: |\n    - hello\n',
     r"Rasa.*--data 'nlu.yml'"),
    ("all.yaml", b'version: "2.0"\r\nintents:\r\n  - greet\r\nnlu:\r\n  - intent: greet\r\n', r"Rasa.*convert"),
    ("nlu.md", b"## intent:greet\n- hello\n- hi there\n\n## intent:bye\n- see you\n", r"Rasa.*convert"),
    ("a.tsv", b"#FORMAT=WebAnno TSV 3.3\n\n\n#Text=One film.\n1-1\t0-3\tOne\tgood[0]\t\n", r"WebAnno.*words are"),
    ("a.txt", b"-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nis VBZ B-VP O\nan DT B-NP O\nold JJ B-NP O\n", r"CoNLL.*CSV"),
    ("a.tsv", b"We\tO\nmet\tO\nAnn\tB-PER\nLee\tI-PER\n\nThe\tO\n", r"CoNLL.*CSV"),
    ("a.spacy", b"x\x9c\xebX^\x96ZT\x9c\x99\x9f" * 9, r"spaCy.*JSON lines"),
    ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900), r"mail of Outlook.*as CSV"),
    ("a.conllu", b"# text = a\n", "CoNLL"),
    ("a.txt", b"1 1.0 doc0|text A film.\n-1 1.0 doc1|text A play.\n1 0.5 |text A song.\n", r"Vowpal Wabbit.*CSV"),
    ("a.vw", b"1 '0| A film.\n-1 '1| A play.\n1 '2| A song.\n", r"Vowpal Wabbit.*CSV"),
    ("a.yaml", b"- text: One film.\n  label: good\n", r"YAML.*JSON"),
    ("piped", b"- text: One film.\n  label: good\n- text: Two films.\n  label: bad\n", r"YAML.*JSON"),
])
def test_what_is_not_read_is_refused_by_name(tmp_path: Path, name: str, data: bytes, what: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorpusError, match=what):
        opened(path)


@pytest.mark.parametrize(("name", "data", "what"), [
    ("a.dta", b"<stata_dta><header><release>119" + bytes(90), "Stata.*CSV"),
    ("a.dta", b"\x72\2\1\0" + b"a\0" * 45, "Stata.*CSV"), ("a.xpt", b"HEADER RECORD*******LIBV8   HEADER", "SAS.*CSV"),
    ("a.rds", b"X\n\0\0\0\3\0\4" + bytes(90), r"of R.*write\.csv"),
    ("a.RData", b"RDX3\nX\n" + bytes(90), r"of R.*write\.csv"),
    ("a.orc", b"ORC\n\6\x12\4" + bytes(90), "ORC.*Parquet"),
    ("a.duckdb", b"o*\x90Xfg,\\DUCK\x43\0" + bytes(90), "DuckDB.*CSV"),
    ("a.zst", b"\x28\xb5\x2f\xfd" + bytes(90), "zstd"), ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(90), "7-Zip"),
    ("a.pdf", b"%PDF-1.7\n" + bytes(90), "pdftotext"),
    ("a.sas7bdat", bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf" + bytes(90), "SAS.*CSV"),
])
def test_files_of_other_programs_are_refused_with_advice(tmp_path: Path, name: str, data: bytes, what: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorpusError, match=what):
        opened(path)


RECORDS = {
    "a.ris": "TY  - JOUR\r\nAU  - Smith, Anna\r\nTI  - A study\r\nER  - \r\n\r\n",
    "a.bib": "% mine\n@article{smith0,\n  title = {A study},\n}\n\n",
    "a.nbib": "\nPMID- 30000000\nOWN - NLM\nTI  - A study\nAB  - What was seen.\n",
    "a.srt": "1\n00:00:01,000 --> 00:00:04,000\nGood morning.\n\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:04.000\nGood morning.\n\n",
    "tweets.js": 'window.YTD.tweets.part0 = [\n {\n  "tweet": {"full_text": "Good morning"}\n }\n]\n',
    "data.py": "data = [\n    ('One film', 'good'),\n    ('Two films', 'bad'),\n    ('A play', 'good'),\n]\n",
    "sap.lst": f"01.03.2024      Report      Page 1\n{'-' * 60}\n|Notif.|Code|Text|\n{'-' * 60}\n|200|OK|Well|\n",
    "spool.lst": "ID       COMMENTS       CLASS\n-------- -------------- -----\n       0 Good morning   A\n",
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("suffix", ["", ".txt"])
def test_records_are_refused_by_name_and_read_as_lines_where_that_is_set(
    tmp_path: Path, name: str, suffix: str
) -> None:
    path = tmp_path / (name + suffix)
    path.write_text(RECORDS[name] * 9)
    with pytest.raises(CorpusError, match=r"not read here\. .*set the format to 'lines'"):
        opened(path)
    assert len(opened(path, format="lines").parts) > 9


@pytest.mark.parametrize("first", [
    "WEBVTT is a format for subtitles", "@article was what he wrote {twice}", "TY  - and then nothing",
    "ORC is no man.",
    "PMID- is what stands first", "1\n2\n3", "00:00:01 --> that is when it began",
    "window.YTD is an object",
    "data = [1, 2, 3]", "---------- | ----------", "X\nmarks the spot", "RDX3 is an explosive", "- - -  - -",
])
def test_texts_about_such_records_are_texts(tmp_path: Path, first: str) -> None:
    path = tmp_path / "a.txt"
    lines = [*first.split("\n"), *(text for text, _ in ROWS)]
    path.write_text("\n".join(lines) + "\n")
    assert everything(opened(path)) == lines


def test_a_table_with_dates_before_a_bar_is_no_file_of_vowpal_wabbit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{n % 28 + 1} 03 2024|{text}|{label}\n" for n, (text, label) in enumerate(ROWS)))
    assert opened(path).labels == ("bad", "good", "mid")


@pytest.mark.parametrize(("name", "members", "what"), [
    ("a.docx", ("[Content_Types].xml", "word/document.xml"), "Word document.*as CSV"),
    ("a.ulmfit", ("model.json", "tokenizer.json", "card.md", "weights.safetensors"), "trained model.*page Models"),
])
def test_an_archive_that_is_no_corpus_is_refused_by_name(
    tmp_path: Path, name: str, members: tuple[str, ...], what: str
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    with pytest.raises(CorpusError, match=what):
        opened(tmp_path / name)


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


@pytest.mark.parametrize("suffix", [".md", ".txt"])
def test_bullets_with_colons_are_lines_of_prose(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("- Pros: a good film\n  Cons: too long\n- Pros: a fine one\n  Cons: too loud\n")
    assert "Pros: a good film" in everything(opened(path))[0]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_headers_with_bytes_beyond_ascii_are_read_in_the_encoding_of_the_mail(tmp_path: Path, encoding: str) -> None:
    mail = ("From: Jörg <a@example.org>\nTo: b@example.org\nSubject: Größe und\n Preise\n\n"
            "Die Maße für das Gehäuse hängen aus.\n")
    (tmp_path / "a.eml").write_bytes(mail.encode(encoding))
    shown = preview(tmp_path / "a.eml")
    found = dict(zip(shown.columns, shown.rows[0], strict=True))
    assert (found["subject"], found["text"]) == ("Größe und Preise", "Die Maße für das Gehäuse hängen aus.")
    assert found["from"].startswith("Jörg")
