"""Folders of documents: what their paths say, what lies beside the texts, and what stands above each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, in_folders, labels_in_order, opened, pack
from tests.corpus.test_archives import TABLE
from ulmengine.corpus import CorpusError, preview
from ulmengine.corpus.readers import tree_files
from ulmengine.corpus.readers.layout import _told_parts, find_layout, is_about


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
    documents = opened(in_folders(tmp_path / "news", {"sport": 2, "politics": 2}))
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
    documents = opened(in_folders(tmp_path / "desk", {"dev": 5, "ops": 5}))
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


def test_the_folders_of_many_documents_are_gone_through_once() -> None:
    class Counted(list[tuple[str, ...]]):
        passes = 0

        def __iter__(self) -> Iterator[tuple[str, ...]]:
            self.passes += 1
            return super().__iter__()

    folders = Counted([("a-train", "x"), ("a-test", "x")] * 3)
    assert _told_parts(folders) == ("a-train", "a-test")
    assert folders.passes == 1


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
