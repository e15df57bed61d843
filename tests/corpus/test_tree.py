"""Folders of documents, as they are and in archives; compressed files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened, with_events
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, open_corpus, preview
from ulmengine.corpus.importing import import_table
from ulmengine.corpus.readers import tree_files
from ulmengine.corpus.readers.formats import recognise
from ulmengine.corpus.readers.layout import _told_parts, find_layout, is_about
from ulmengine.events import Progress, outcome

TABLE = b"text,label\ngood film,pos\nbad film,neg\n"


def make_imdb(root: Path) -> Path:
    """A tiny aclImdb: two documents a label and part, three unlabelled, and its other files."""
    for part in ("train", "test"):
        for label in ("neg", "pos"):
            for number in range(2):
                path = root / part / label / f"{number}_7.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{part} {label} number {number}")
    (root / "train" / "unsup").mkdir()
    for number in range(3):
        (root / "train" / "unsup" / f"{number}_0.txt").write_text(f"unlabelled number {number}")
    (root / "imdb.vocab").write_text("the\nand\n")
    (root / "README").write_text("Large Movie Review Dataset")
    (root / "train" / "urls_pos.txt").write_text("http://example.org\n")
    return root


def pack(root: Path, kind: str) -> Path:
    target = root.parent / f"packed.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(root.parent))
    else:
        opener = {"tar": tarfile.TarFile.taropen, "tar.gz": tarfile.TarFile.gzopen, "tar.xz": tarfile.TarFile.xzopen}
        with opener[kind](target, "w") as tar:  # type: ignore[operator]
            tar.add(root, root.name)
    return target


@pytest.mark.parametrize("kind", ["", "zip", "tar", "tar.gz", "tar.xz"])
def test_the_layout_of_aclimdb(tmp_path: Path, kind: str) -> None:
    root = make_imdb(tmp_path / "aclImdb")
    documents = opened(pack(root, kind) if kind else root, validation=0.0)
    assert documents.understood.format == "folder"
    assert documents.labels == ("neg", "pos")
    assert {part: documents.count(part) for part in ("train", "validation", "test", "unlabelled")} == {
        "train": 4, "validation": 0, "test": 4, "unlabelled": 3,
    }
    assert sorted(documents.texts("train"))[0] == "train neg number 0"
    assert sorted(documents.texts("unlabelled"))[0] == "unlabelled number 0"
    for part in ("train", "test"):
        for text, target in zip(documents.texts(part), documents.targets(part), strict=True):
            assert text.split()[:2] == [part, documents.labels[target]]


def test_a_folder_a_label(tmp_path: Path) -> None:
    for label in ("sport", "politics"):
        (tmp_path / "news" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "news" / label / f"{number:03}.txt").write_text(f"{label} text {number}")
    documents = opened(tmp_path / "news")
    assert documents.labels == ("politics", "sport")
    assert labels_in_order(documents) == ["politics", "politics", "sport", "sport"]


def test_what_a_project_keeps_is_no_part_of_a_corpus_around_it(tmp_path: Path) -> None:
    for name in ("a/1.txt", "mine/project.toml", "mine/labels.jsonl", "mine/cache/x.json", "mine/runs/one/log.txt",
                 "mine/b/2.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("words", encoding="utf-8")
    assert [name for name, _ in tree_files.folder_files(tmp_path)] == ["a/1.txt", "mine/b/2.txt"]


@pytest.mark.parametrize("name", ["runs/1.txt", "cache/1.txt", "labels.jsonl", "b/labels.jsonl", "pyproject.toml"])
def test_the_same_names_where_no_project_is_are_files_as_others(tmp_path: Path, name: str) -> None:
    for one in (name, "mine/project.toml"):
        (tmp_path / one).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / one).write_text("words", encoding="utf-8")
    assert [one for one, _ in tree_files.folder_files(tmp_path)] == [name]


def test_a_folder_of_texts_has_no_labels(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    for number in range(5):
        (tmp_path / "texts" / f"{number}.txt").write_text(f"text number {number}\r\nline two\r\n")
    documents = opened(tmp_path / "texts")
    assert documents.labels == ()
    assert everything(documents)[4] == "text number 4\nline two"


def test_files_that_differ_in_encoding_are_each_read_in_their_own(tmp_path: Path) -> None:
    root = tmp_path / "texts"
    root.mkdir()
    (root / "a.txt").write_bytes("schön".encode())
    (root / "b.txt").write_bytes("für große Gefühle, schön".encode("cp1252"))
    (root / "c.txt").write_bytes("größer".encode("utf-16"))
    assert everything(opened(root)) == ["schön", "für große Gefühle, schön", "größer"]


def test_a_binary_file_among_the_texts_is_skipped_and_counted(tmp_path: Path) -> None:
    root = tmp_path / "texts"
    root.mkdir()
    (root / "a.txt").write_text("a text")
    (root / "b.txt").write_bytes(bytes(range(256)) * 20)
    documents = opened(root)
    assert everything(documents) == ["a text"]
    assert documents.skipped == 1
    assert any("b.txt" in note for note in documents.notes)


def test_a_folder_of_tables_says_which_to_choose(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.csv").write_bytes(TABLE)
    (tmp_path / "data" / "README.md").write_text("about the data")
    with pytest.raises(CorpusError, match=r"tables \(train.csv\)"):
        preview(tmp_path / "data")


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(CorpusError, match="holds no texts"):
        preview(tmp_path / "none")


@pytest.mark.parametrize(("train", "test"), [
    ("20news-bydate-train", "20news-bydate-test"), ("train_data", "test_data"), ("Training Set", "Test Set"),
    ("trainset", "testset"), ("corpus.train", "corpus.test"), ("train-2023", "eval-2024"), ("train", "test"),
])
@pytest.mark.parametrize("kind", ["", "tar.gz"])
def test_a_word_of_a_folders_name_tells_the_part(tmp_path: Path, train: str, test: str, kind: str) -> None:
    for part, count in ((train, 6), (test, 3)):
        for label in ("autos", "space"):
            (tmp_path / "news" / part / label).mkdir(parents=True)
            for number in range(count):
                (tmp_path / "news" / part / label / f"{number:03}.txt").write_text(f"{part} {label} text {number}")
    (tmp_path / "news" / "readme.txt").write_text("about the data")
    root = tmp_path / "news"
    documents = opened(pack(root, kind) if kind else root, validation=0.0)
    assert documents.labels == ("autos", "space")
    assert (documents.count("train"), documents.count("test")) == (12, 6)
    assert {text.split(" autos")[0].split(" space")[0] for text in documents.texts("test")} == {test}


@pytest.mark.parametrize("folders", [
    ("train-travel", "test-cricket"), ("train_data", "test_data", "weather"), ("dev", "val d'or", "tr"),
    ("test one", "test two"), ("trains", "tests"),
])
def test_folders_of_other_things_are_classes(folders: tuple[str, ...]) -> None:
    layout = find_layout([f"{folder}/{n}.txt" for folder in folders for n in range(5)])
    assert layout.labelled
    assert not layout.told


@pytest.mark.parametrize("folder", [
    "{label}/{year}", "{label}/{year}-0{month}", "{label}/{year}/0{month}", "{year}/{label}", "{label}/page-{month}",
    "{label}/{year}/March", "train/{label}/{year}", "{label}/Q{month} {year}",
])
def test_times_in_or_above_the_folders_of_labels_are_passed_over(folder: str) -> None:
    names = [f"{folder.format(label=label, year=year, month=month)}/{n}.txt" for label in ("kunden-lob", "kritik")
             for year in (2020, 2021, 2022) for month in (1, 2, 3) for n in range(2)]
    layout = find_layout(names)
    assert {(layout.place(name) or ("", ""))[0] for name in names} == {"kunden-lob", "kritik"}
    assert layout.portions


@pytest.mark.parametrize("folder", ["{year}", "news/{year}", "{label}/{stars}", "{label}/author{stars}", "{label}/may",
                                    "{label}/{label}-{year}", "{label}/{novel}"])
def test_other_folders_name_labels_though_they_count(folder: str) -> None:
    """Years alone are the labels, numbers below a class may be stars, and "may" is more than a month."""
    names = [f"{folder.format(label=label, year=year, stars=stars, novel=('1984', 'emma')[n])}/{n}.txt"
             for label in ("kunden-lob", "kritik")
             for year in (2020, 2021, 2022) for stars in (1, 2, 3) for n in range(2)]
    layout = find_layout(names)
    assert not layout.portions
    above = 1 if folder.startswith("news") else 0
    assert {(layout.place(name) or ("", ""))[0] for name in names} == {
        "/".join(name.split("/")[above:-1]) for name in names}


@pytest.mark.parametrize(("folders", "labels"), [
    ({"dev": 5, "ops": 5}, {"dev", "ops"}), ({"Test": 6, "pronunciation": 5, "grammar": 5},
                                             {"Test", "pronunciation", "grammar"}),
    ({"validation": 5, "login": 5, "billing": 9}, {"validation", "login", "billing"}),
    ({"test": 5, "pos": 5, "neg": 5}, {"pos", "neg"}), ({"test": 50, "sports": 10, "politics": 12},
                                                        {"sports", "politics"}),
    ({"dev": 5, "1": 5, "2": 5}, {"1", "2"}), ({"val": 5, "cats": 5, "dogs": 5}, {"cats", "dogs"}),
    ({"test": 5, "positive": 5, "negative": 5, "mixed": 5}, {"positive", "negative", "mixed"}),
    ({"train/a": 5, "train/b": 5, "test/a": 5}, {"a", "b"}),
    ({"unsup": 5, "sports": 5, "politics": 5}, {"sports", "politics", ""}),
])
def test_folders_called_like_parts_are_classes_beside_others(folders: dict[str, int], labels: set[str]) -> None:
    names = [f"{folder}/{n}.txt" for folder, count in folders.items() for n in range(count)]
    layout = find_layout(names)
    assert {layout.place(name)[0] for name in names if layout.place(name)} == labels  # type: ignore[index]


def test_a_class_called_like_a_part_is_told_of(tmp_path: Path) -> None:
    for folder in ("dev", "ops"):
        (tmp_path / "desk" / folder).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "desk" / folder / f"{number}.txt").write_text(f"what the {folder} of number {number} wrote")
    documents = opened(tmp_path / "desk")
    assert documents.labels == ("dev", "ops")
    assert any("The folder 'dev' is read as a label" in note for note in documents.notes)


def test_files_of_lines_lie_in_folders_of_which_a_word_tells_the_part(tmp_path: Path) -> None:
    for part, count in (("my-train", 12), ("my-test", 6)):
        (tmp_path / "mr" / part).mkdir(parents=True)
        for label in ("pos", "neg"):
            (tmp_path / "mr" / part / f"{label}.txt").write_text(
                "".join(f"a {label} sentence {n} of {part}\n" for n in range(count)))
    documents = opened(tmp_path / "mr", validation=0.0)
    assert documents.labels == ("neg", "pos")
    assert (documents.count("train"), documents.count("test")) == (24, 12)


@pytest.mark.parametrize("readme", ["rt-polaritydata.README.1.0.txt", "README", "about_readme.txt", "the-read-me.txt"])
def test_a_readme_beside_files_of_labels_is_no_corpus(tmp_path: Path, readme: str) -> None:
    (tmp_path / "rt").mkdir()
    for label in ("pos", "neg"):
        (tmp_path / "rt" / f"rt-polarity.{label}").write_text(
            "".join(f"a {label} sentence of film {n}\n" for n in range(20)))
    (tmp_path / "rt" / readme).write_text("".join(f"line {n} about the data\n" for n in range(30)))
    documents = opened(tmp_path / "rt")
    assert documents.labels == ("neg", "pos")
    assert len(everything(documents)) == 40
    assert not any(readme in note for note in documents.notes)


@pytest.mark.parametrize("name", ["readmeter.txt", "bread-me.txt", "already me.txt", "unreadme.txt"])
def test_a_text_whose_name_only_sounds_so_is_a_text(name: str) -> None:
    assert not is_about(name)


@pytest.mark.parametrize(("suffix", "what"), [(".docx", "Word documents"), (".odt", "Word documents"), (".pdf", "PDF"),
                                              (".xml", "XML files"), (".sgm", "SGML files")])
def test_a_folder_of_other_programs_documents_is_told_what_they_are(tmp_path: Path, suffix: str, what: str) -> None:
    for label in ("a", "b"):
        (tmp_path / "docs" / label).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "docs" / label / f"{number}{suffix}").write_bytes(b"PK\3\4")
    with pytest.raises(CorpusError, match=f"{what}.*\\.txt"):
        preview(tmp_path / "docs")


def beside_texts(root: Path, table: str, name: str = "labels.csv") -> Path:
    """Ten texts in files, and a table beside them."""
    (root / "docs").mkdir(parents=True)
    for number in range(10):
        (root / "docs" / f"d{number}.txt").write_text(f"text number {number}")
    (root / name).write_text(table)
    return root


@pytest.mark.parametrize("called", ["d{}.txt", "d{}", "docs/d{}.txt", "docs\\d{}.txt"])
@pytest.mark.parametrize("name", ["labels.csv", "docs/labels.csv"])
def test_a_table_beside_the_texts_says_their_labels(tmp_path: Path, called: str, name: str) -> None:
    rows = "".join(f"{called.format(n)},{('good', 'bad')[n % 2]},{n}\n" for n in (*range(9, -1, -1), 77))
    root = beside_texts(tmp_path / "news", f"filename,label,length\n{rows}", name)
    documents = opened(root)
    assert documents.understood.columns == ("text", "label", "length", "file")
    assert everything(documents) == [f"text number {n}" for n in range(10)]
    assert labels_in_order(documents) == [("good", "bad")[n % 2] for n in range(10)]
    assert not any(name in note for note in documents.notes)
    before = documents.fingerprint
    (root / name).write_text((root / name).read_text().replace("good", "fine"))
    assert opened(root).labels == ("bad", "fine")
    assert opened(root).fingerprint != before


@pytest.mark.parametrize("table", [
    "file,label\n" + "".join(f"d{n}.txt,good\n" for n in range(9)),  # one text has no row
    "file,label\n" + "".join(f"d{n}.txt,good\n" for n in (*range(10), 3)),  # one has two
    "file,note\n" + "".join(f"e{n}.txt,good\n" for n in range(10)),
    "file\n" + "".join(f"d{n}.txt\n" for n in range(10)), "nothing at all\n",
])
def test_another_table_beside_texts_is_told_of(tmp_path: Path, table: str) -> None:
    documents = opened(beside_texts(tmp_path / "news", table))
    assert (len(everything(documents)), documents.labels) == (10, ())
    note, = (note for note in documents.notes if "labels.csv" in note)
    assert "a folder named like its label" in note


@pytest.mark.parametrize("kind", ["", "zip", "tar.gz"])
@pytest.mark.parametrize(("name", "row", "labels"), [
    ("cats.txt", "docs/d{n}.txt {one}", {"good", "bad"}), ("labels.txt", "d{n}.txt\t{one} 1", {"good 1", "bad 1"}),
    ("docs/labels.txt", "d{n},{one}", {"good", "bad"}),
    ("cats.txt", "docs/d{n}.txt {one} both", {"good", "bad", "both"}),
])
def test_a_list_beside_the_texts_says_their_labels(
    tmp_path: Path, name: str, row: str, labels: set[str], kind: str
) -> None:
    rows = "".join(row.format(n=n, one=("good", "bad")[n % 2]) + "\n" for n in (*range(9, -1, -1), 77))
    root = beside_texts(tmp_path / "news", rows, name)
    documents = opened(pack(root, kind) if kind else root)
    assert everything(documents) == [f"text number {n}" for n in range(10)]
    assert set(documents.labels) == labels
    assert documents.multi_label == ("both" in row)
    assert documents.understood.rows == 10
    assert not any(name in note for note in documents.notes)


@pytest.mark.parametrize(("name", "row"), [
    ("labels.txt", "{n}\tgood"), ("cats.txt", "a text about cats"), ("notes.txt", "d{n}.txt good"),
    ("labels.txt", "d0.txt good"),
])
def test_another_list_beside_texts_is_a_text(tmp_path: Path, name: str, row: str) -> None:
    rows = "".join(row.format(n=n) + "\n" for n in range(10))
    documents = opened(beside_texts(tmp_path / "news", rows, f"docs/{name}"))
    assert (len(everything(documents)), documents.labels) == (11, ())


def test_a_list_that_does_not_say_the_label_of_each_text_is_told_of(tmp_path: Path) -> None:
    root = beside_texts(tmp_path / "news", "".join(f"d{n}.txt\tgood\n" for n in range(8)), "docs/labels.txt")
    documents = opened(root)
    assert documents.labels == ()
    assert any("labels of 8 of 10 files" in note for note in documents.notes)


def test_layout_of_numbered_files_without_suffix() -> None:
    layout = find_layout(["20news/sci.med/54.12", "20news/sci.med/100", "20news/rec.autos/7"])
    assert (layout.skip, layout.labelled, layout.parts) == (1, True, False)
    assert layout.place("20news/sci.med/54.12") == ("sci.med", "")


def _zip(path: Path) -> Path:
    target = path.with_suffix(".csv.zip")
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(path, "inner/table.csv")
        archive.writestr("__MACOSX/inner/._table.csv", b"\0\5\26\7")
    return target


def _stream(opener: Callable[..., object], suffix: str) -> Callable[[Path], Path]:
    def pack(path: Path) -> Path:
        target = path.with_name(path.name + suffix)
        with opener(target, "wb") as file:  # type: ignore[attr-defined]
            file.write(path.read_bytes())
        return target
    return pack


@pytest.mark.parametrize("pack", [
    _zip, _stream(gzip.open, ".gz"), _stream(bz2.open, ".bz2"), _stream(lzma.open, ".xz"), _stream(gzip.open, ".dat"),
], ids=["zip", "gz", "bz2", "xz", "gz by another name"])
def test_compressed_tables(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    plain = tmp_path / "plain" / "table.csv"
    plain.parent.mkdir()
    plain.write_bytes(TABLE)
    (tmp_path / "table.csv").write_bytes(TABLE)
    target = pack(plain) if pack is not _zip else _zip(tmp_path / "table.csv")
    documents = opened(target)
    assert documents.understood.format == "csv"
    assert everything(documents) == ["good film", "bad film"]
    assert labels_in_order(documents) == ["pos", "neg"]


def test_compressed_parquet(tmp_path: Path) -> None:
    import polars as pl

    plain = tmp_path / "a.parquet"
    pl.DataFrame({"text": ["good film", "bad film"]}).write_parquet(plain)
    target = tmp_path / "b.parquet.gz"
    with gzip.open(target, "wb") as file, plain.open("rb") as source:
        shutil.copyfileobj(source, file)
    assert everything(opened(target)) == ["good film", "bad film"]


def in_blocks(root: Path) -> Path:
    """Twelve documents of one label before two of another, as archives hold them."""
    for label, count in (("ham", 12), ("spam", 2)):
        (root / label).mkdir(parents=True)
        for number in range(count):
            (root / label / f"{number:02}.txt").write_text(f"{label} letter {number}")
    return root


def test_the_folders_of_many_documents_are_gone_through_once() -> None:
    class Counted(list[tuple[str, ...]]):
        passes = 0

        def __iter__(self) -> Iterator[tuple[str, ...]]:
            self.passes += 1
            return super().__iter__()

    folders = Counted([("a-train", "x"), ("a-test", "x")] * 3)
    assert _told_parts(folders) == ("a-train", "a-test")
    assert folders.passes == 1


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_labels_that_come_in_blocks_are_all_seen(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_files, "PEEK_MEMBERS", 4)
    documents, events = with_events(
        open_corpus(CorpusConfig(path=str(pack(in_blocks(tmp_path / "enron1"), kind))), tmp_path / "cache")
    )
    assert documents.labels == ("ham", "spam")
    assert labels_in_order(documents) == ["ham"] * 12 + ["spam"] * 2
    last = [event for event in events if isinstance(event, Progress) and event.task.startswith("Reading")][-1]
    assert (last.done, last.total, last.unit) == (14, 14, "documents")


def test_only_the_wanted_files_of_a_tar_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(in_blocks(tmp_path / "enron1"), "tar.gz")
    seen: list[str] = []
    plain = tree_files._members

    def watched(*given: object) -> object:
        for member in plain(*given):  # type: ignore[arg-type]
            seen.append(member.name)
            yield member

    monkeypatch.setattr(tree_files, "PEEK_MEMBERS", 3)
    monkeypatch.setattr(tree_files, "_members", watched)
    assert recognise(path, CorpusConfig()).rows is None
    assert len(seen) == 3 + 3  # their names, and then what they hold


@pytest.mark.parametrize("kind", ["", "zip", "tar.gz"])
def test_files_that_are_no_documents_are_counted_and_named(tmp_path: Path, kind: str) -> None:
    root = in_blocks(tmp_path / "mail")
    (root / "ham" / "x.html").write_text("<p>page</p>")
    (root / "ham" / "y.html").write_text("<p>page</p>")
    (root / "loose.txt").write_text("in no folder")
    table = outcome(import_table(pack(root, kind) if kind else root, CorpusConfig(), tmp_path / "cache"))
    assert table.rows == 14
    note, = table.record["notes"]
    assert note.startswith("3 files are no documents")
    assert "2 .html" in note
    assert "1 outside of the folders" in note


def spoil(path: Path, place: int) -> Path:
    """Overwrite a few bytes from ``place`` on."""
    data = bytearray(path.read_bytes())
    data[place : place + 16] = b"\xff" * 16
    path.write_bytes(bytes(data))
    return path


def test_a_damaged_member_of_a_zip_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "mail.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"ham/{number}.txt", f"letter number {number} " * 50)
            archive.writestr(f"spam/{number}.txt", f"offer number {number} " * 50)
        place = archive.getinfo("spam/1.txt").header_offset + 30 + len("spam/1.txt") + 4
    documents = opened(spoil(path, place))
    assert (len(everything(documents)), documents.skipped) == (5, 1)
    assert any("spam/1.txt" in note for note in documents.notes)


def test_a_tar_cut_short_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pack(in_blocks(tmp_path / "mail"), "tar")
    short = tmp_path / "short.tar.gz"
    short.write_bytes(gzip.compress(whole.read_bytes()[:-12_000]))
    whole.write_bytes(whole.read_bytes()[:-12_000])
    monkeypatch.setattr(tree_files, "PEEK_MEMBERS", 3)
    for path in (whole, short):
        with pytest.raises(CorpusError, match="cut short"):
            opened(path)


@pytest.mark.parametrize("kind", ["bz2", "xz"])
def test_a_compressed_table_cut_short_is_told(tmp_path: Path, kind: str) -> None:
    packer = {"bz2": bz2.compress, "xz": lzma.compress}[kind]
    path = tmp_path / f"a.csv.{kind}"
    path.write_bytes(packer(b"text,label\n" + b"".join(b"film %d,pos\n" % n for n in range(5_000)))[:-40])
    with pytest.raises(CorpusError, match=r"cut short|damaged"):
        opened(path)


def test_a_zip_whose_entry_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", TABLE)
    with pytest.raises(CorpusError, match="cannot be unpacked"):
        opened(spoil(path, 30))


def zipped(path: Path, **files: bytes) -> Path:
    """A zip archive of ``files``; "__" stands for the full stop before a suffix."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return path


SMS = "".join(f"{'spam' if n % 3 else 'ham'}\tletter number {n}\n" for n in range(12)).encode()


@pytest.mark.parametrize("files", [
    {"data__csv": TABLE, "README__txt": b"about it"}, {"data__csv": TABLE, "LICENSE": b"free", "readme__md": b"see"},
    {"data__csv": TABLE, "notes__txt": b"a note", "paper__pdf": b"%PDF"},
])
def test_the_one_table_of_a_zip_is_read(tmp_path: Path, files: dict[str, bytes]) -> None:
    documents = opened(zipped(tmp_path / "a.zip", **files))
    assert (documents.understood.format, labels_in_order(documents)) == ("csv", ["pos", "neg"])


def test_the_one_text_beside_a_readme_is_read(tmp_path: Path) -> None:
    documents = opened(zipped(tmp_path / "a.zip", SMSSpamCollection=SMS, readme=b"The SMS Spam Collection"))
    assert documents.labels == ("ham", "spam")
    assert len(everything(documents)) == 12


def test_one_of_several_tables_in_a_zip_can_be_chosen(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", train__csv=TABLE, test__csv=b"text,label\nfair film,pos\n")
    with pytest.raises(CorpusError, match=r"tables \(train.csv, test.csv\).*corpus\.member"):
        preview(path)
    assert everything(opened(path, member="test.csv")) == ["fair film"]
    assert everything(opened(path, member="train.csv")) == ["good film", "bad film"]
    with pytest.raises(CorpusError, match=r"no file called 'dev.csv': train.csv, test.csv"):
        preview(path, CorpusConfig(member="dev.csv"))


def test_an_archive_in_an_archive_is_named(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "b.zip", a__csv=TABLE).read_bytes()
    for name, data in (("a__csv__gz", gzip.compress(TABLE)), ("b__zip", inner)):
        with pytest.raises(CorpusError, match="an archive in an archive"):
            preview(zipped(tmp_path / "outer.zip", **{name: data}))


def test_links_in_an_archive_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    (tmp_path / "text").write_text("The text of a document.")
    with tarfile.open(path, "w:gz") as archive:
        for label in ("good", "bad"):
            archive.add(tmp_path / "text", f"c/{label}/1.txt")
            for number in (2, 3):
                link = tarfile.TarInfo(f"c/{label}/{number}.txt")
                link.type, link.linkname = tarfile.SYMTYPE, "1.txt"
                archive.addfile(link)
    documents = opened(path)
    assert len(everything(documents)) == 2
    assert any(note.startswith("4 links were passed over (for example c/good/2.txt)") for note in documents.notes)


POST = """---
title: "Post {n}"
category: {label}
tags:
  - {label}
  - day{n}
---

The {label} text number {n}
"""


@pytest.mark.parametrize("kind", ["", "tar.gz"])
@pytest.mark.parametrize("post", [
    POST,
    "+++\ntitle = 'Post {n}'\ncategory = '{label}'\ntags = ['{label}', 'day{n}']\n+++\nThe {label} text number {n}",
    POST.replace("tags:\n  - {label}\n  - day{n}", "tags: [{label}, 'day{n}']\n# a remark"),
])
def test_what_stands_above_the_posts_of_a_blog_is_no_text(tmp_path: Path, post: str, kind: str) -> None:
    (tmp_path / "blog").mkdir()
    for number in range(10):
        told = post.format(n=number, label=("sport", "film")[number % 2])
        (tmp_path / "blog" / f"2024-03-{number + 1:02}-post.md").write_text(told)
    documents = opened(pack(tmp_path / "blog", kind) if kind else tmp_path / "blog", text_columns=("text",))
    assert everything(documents) == [f"The {('sport', 'film')[n % 2]} text number {n}" for n in range(10)]
    assert documents.understood.label_columns == ("category",)
    assert labels_in_order(documents) == ["sport", "film"] * 5
    assert any("title, category, tags" in note for note in documents.notes)


@pytest.mark.parametrize(("text", "count"), [
    ("---\nA rule stands above this text, and below.\n---\nNumber {n}", 10), ("---\nNote: a rule alone {n}\n", 10),
    ("Note: {n}\n---\nand so on", 10), (POST.replace("{label}", "x"), 7),
])
def test_rules_in_texts_and_what_stands_above_a_few_are_text(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "texts").mkdir()
    for number in range(10):
        (tmp_path / "texts" / f"{number}.md").write_text(text.format(n=number) if number < count else f"Text {number}")
    documents = opened(tmp_path / "texts")
    assert everything(documents)[0] == text.format(n=0).strip()
    assert documents.understood.columns == ("text", "file")


def test_folders_name_the_labels_sooner_than_what_stands_above_the_posts(tmp_path: Path) -> None:
    for number in range(12):
        path = tmp_path / "blog" / ("good", "bad")[number % 2] / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(POST.format(n=number, label="abc"[number % 3]))
    documents = opened(tmp_path / "blog")
    assert documents.labels == ("bad", "good")
