"""Mails, files of labels and folders of documents: read as what they are; records of other programs refused by name."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened, pack
from tests.corpus.test_dialects import made
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
