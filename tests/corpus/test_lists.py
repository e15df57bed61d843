"""Folders and archives of a few files of many lines each: tables, lists of a label, texts beside their labels."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from ulmengine.corpus import CorpusError, Documents, audit, preview
from ulmengine.events import outcome

THINGS = ("chair", "room at the back", "film", "hotel", "meal we had on Monday", "garden", "book")
SAID = ("was all that we hoped for", "broke", "is no more than usual", "could have been cheaper", "delighted us")


def texts(count: int, first: int = 0) -> list[str]:
    """Different sentences of different lengths."""
    return [f"The {THINGS[n % 7]} {SAID[n % 5]}{' and so on' * (n % 3)} on day {100 + n}."
            for n in range(first, first + count)]


def written(root: Path, files: dict[str, str], packed: str = "") -> Path:
    """``files`` in a folder, or in an archive of it."""
    for name, text in files.items():
        (root / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "set" / name).write_text(text, encoding="utf-8")
    if packed == "zip":
        with zipfile.ZipFile(root / "set.zip", "w") as archive:
            for name in files:
                archive.write(root / "set" / name, f"set/{name}")
        return root / "set.zip"
    if packed:
        with tarfile.open(root / "set.tar.gz", "w:gz") as tar:
            tar.add(root / "set", "set")
        return root / "set.tar.gz"
    return root / "set"


def counts(documents: Documents) -> dict[str, int]:
    labels = labels_in_order(documents)
    return {label: labels.count(label) for label in documents.labels}


def lines(rows: list[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize("packed", ["", "zip", "tar.gz"])
@pytest.mark.parametrize(("names", "suffix"), [
    (("pos", "neg", "neu", "q"), ".txt"), (("sports", "politics", "tech"), ".txt"), (("hoax", "valid"), ".txt"),
    (("positif", "negatif", "netral"), ""), (("joy", "disgust"), ".txt"),
])
def test_files_of_many_lines_are_called_by_their_label(
    tmp_path: Path, names: tuple[str, ...], suffix: str, packed: str
) -> None:
    files = {f"{name}{suffix}": lines(texts(40 + n, 100 * n)) for n, name in enumerate(names)}
    documents = opened(written(tmp_path, files | {"README.md": "about it\n", "LICENSE": "free\n"}, packed))
    assert counts(documents) == {name: 40 + n for n, name in sorted(enumerate(names), key=lambda one: one[1])}
    assert any("each line is read as a document" in note for note in documents.notes)


@pytest.mark.parametrize("packed", ["", "tar.gz"])
def test_subj_as_it_is_given_out(tmp_path: Path, packed: str) -> None:
    files = {"plot.tok.gt9.5000": lines(texts(30)), "quote.tok.gt9.5000": lines(texts(25, 50))}
    documents = opened(written(tmp_path, files | {"subjdata.README.1.0": "about\n"}, packed))
    assert counts(documents) == {"plot": 30, "quote": 25}


@pytest.mark.parametrize("files", [
    {"doc1.txt": lines(texts(60)), "doc2.txt": lines(texts(60, 60))},
    {"chapter_1.txt": lines(texts(60)), "chapter_2.txt": lines(texts(60, 60)), "chapter_3.txt": "The end.\n"},
    {"2024-01-01.log.txt": lines(texts(60)), "2024-01-02.log.txt": lines(texts(60, 60))},
    {"emma.txt": lines(["\n".join(" ".join(texts(9)).split(" on ")) + "\n"] * 12),
     "ulysses.txt": lines([f"{' '.join(texts(9))}\n"] * 50)},
    {"prologue.txt": lines(texts(6)), "epilogue.txt": lines(texts(9))},
    {"Ulysses.txt": lines(texts(60)), "Birches.txt": lines(texts(60, 60))},
    {"interview_anna.txt": lines(texts(60)), "interview_ben.txt": lines(texts(60, 60))},
    {"anna.txt": lines([f"I: {text}" for text in texts(60)]), "ben.txt": lines([f"B: {text}" for text in texts(60)])},
    {"Home.txt": lines([f"\t{text}" for text in texts(60)]), "Work.txt": lines([f"\t{text}" for text in texts(60)])},
    {**{f"Essay on {thing}.txt": " ".join(texts(20)) for thing in THINGS},
     "glossary.txt": lines([f"word{n}\t{text}" for n, text in enumerate(texts(30))])},
])
def test_chapters_logs_and_numbered_files_stay_documents(tmp_path: Path, files: dict[str, str]) -> None:
    documents = opened(written(tmp_path, files))
    assert (len(documents.parts), documents.labels) == (len(files), ())


@pytest.mark.parametrize("names", [("imdb_labelled.txt", "yelp_labelled.txt"), ("sports.txt", "politics.txt"),
                                   ("pos.txt", "neg.txt")])
def test_the_format_folder_means_a_document_a_file(tmp_path: Path, names: tuple[str, str]) -> None:
    rows = [f"{text}\t{n % 2}" if "labelled" in names[0] else text for n, text in enumerate(texts(60))]
    place = written(tmp_path, {name: lines(rows) for name in names})
    documents = opened(place, format="folder")
    assert (len(documents.parts), documents.labels) == (2, ())


@pytest.mark.parametrize("line", [
    "She ____ {text}", "Could not open C:\\Temp\\{n}.txt because {text}", "std::cout << {text}", "{text}:: {text}",
    "{text} ^_^ {text}", "{text} @united", "{text} write to anna{n}@gmail", "bob@host:~$ {text}",
])
def test_gaps_paths_prompts_and_names_part_no_label(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(lines([line.format(n=n, text=text[:-1]) for n, text in enumerate(texts(40))]))
    documents = opened(tmp_path / "a.txt")
    assert (len(documents.parts), documents.labels) == (40, ())


@pytest.mark.parametrize("numbers", ["123456", "21343124"], ids=["steps", "cups"])
def test_counts_before_a_line_are_no_labels(tmp_path: Path, numbers: str) -> None:
    rows = [f"{numbers[n % len(numbers)]} {text}" for n, text in enumerate(texts(60))]
    (tmp_path / "a.txt").write_text(lines(rows))
    assert opened(tmp_path / "a.txt").labels == ()


def test_prose_broken_into_lines_is_no_list_of_documents(tmp_path: Path) -> None:
    words = " ".join(texts(150)).replace(".", ",").split()
    broken, line = [], ""
    for word in words:
        if len(line) + 1 + len(word) > 66:
            broken.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    documents = opened(written(tmp_path, {"emma.txt": lines(broken[:60]), "persuasion.txt": lines(broken[60:120])}))
    assert (len(documents.parts), documents.labels) == (2, ())


@pytest.mark.parametrize("packed", ["", "zip", "tar.gz"])
@pytest.mark.parametrize("name", ["{}.txt", "cnews.{}.txt", "ratings_{}.txt", "{}"])
@pytest.mark.parametrize("row", ["{text}\t{label}", "{label}\t{text}", "{text};{label}", "__label__{label} {text}"])
def test_a_table_in_files_that_are_called_by_the_parts(tmp_path: Path, row: str, name: str, packed: str) -> None:
    files = {name.format(part): lines([row.format(text=text.replace(" and", ","), label=("good", "bad")[n % 2])
                                       for n, text in enumerate(texts(count, first))])
             for part, count, first in (("train", 40, 0), ("test", 24, 100), ("dev", 20, 200))}
    documents = opened(written(tmp_path, files | {"README.txt": "about it\n"}, packed))
    assert counts(documents) == {"bad": 42, "good": 42}
    assert (documents.count("train"), documents.count("validation"), documents.count("test")) == (40, 20, 24)


@pytest.mark.parametrize("row", ["{text};{label}", "{text}\t{label}", "__label__{label} {text}"])
def test_parts_of_a_few_lines_are_parts_of_the_table_for_training(tmp_path: Path, row: str) -> None:
    files = {f"{part}.txt": lines([row.format(text=text, label=("joy", "fear")[n % 2])
                                   for n, text in enumerate(texts(count, first))])
             for part, count, first in (("train", 60, 0), ("val", 6, 100), ("test", 4, 200))}
    documents = opened(written(tmp_path, files))
    assert (documents.count("train"), documents.count("validation"), documents.count("test")) == (60, 6, 4)
    assert counts(documents) == {"fear": 35, "joy": 35}


@pytest.mark.parametrize(("name", "beside"), [
    ("test.txt", "A few words; and more.\nNothing else here.\nThe end.\n"),
    ("val.txt", "How the parts were drawn.\nBy lot.\n"), ("notes.txt", "One text;joy\nAnother one;fear\n"),
    ("test.txt", "One line without any label\n"),
])
def test_what_is_cut_in_another_way_is_no_part_of_the_table(tmp_path: Path, name: str, beside: str) -> None:
    rows = [f"{text};{('joy', 'fear')[n % 2]}" for n, text in enumerate(texts(60))]
    with pytest.raises(CorpusError, match=r"holds tables \(train\.txt\)"):
        preview(written(tmp_path, {"train.txt": lines(rows), name: beside}))


def test_the_one_table_beside_a_readme_is_read(tmp_path: Path) -> None:
    rows = [f"{('ham', 'spam')[n % 2]}\t{text}" for n, text in enumerate(texts(30))]
    documents = opened(written(tmp_path, {"SMSSpamCollection": lines(rows), "readme": "A collection.\n"}))
    assert counts(documents) == {"ham": 15, "spam": 15}


@pytest.mark.parametrize(("packed", "advice"), [("", "Choose one of them"), ("zip", "corpus.member")])
def test_several_tables_that_are_called_texts_are_refused(tmp_path: Path, packed: str, advice: str) -> None:
    files = {f"{site}_labelled.txt": lines([f"{text}\t{n % 2}" for n, text in enumerate(texts(30))])
             for site in ("imdb", "yelp")}
    with pytest.raises(CorpusError, match=rf"holds tables .*_labelled\.txt.*{advice}"):
        preview(written(tmp_path, files, packed))


def test_files_under_other_names_are_named(tmp_path: Path) -> None:
    files = {name: lines([f"DESC:def What is the {thing}?" for thing in THINGS]) for name in ("a.label", "b.label")}
    with pytest.raises(CorpusError, match=r"a\.label, b\.label.*Choose one of them"):
        preview(written(tmp_path, files))


def test_a_few_lists_without_a_label_are_told_of(tmp_path: Path) -> None:
    files = {f"Sentences_{share}.txt": lines(texts(30)) for share in ("50Agree", "AllAgree", "text")}
    documents = opened(written(tmp_path, files))
    assert len(documents.parts) == 3
    assert any("hold many short lines" in note for note in documents.notes)


@pytest.mark.parametrize("packed", ["", "zip"])
@pytest.mark.parametrize("names", [("体育", "政治"), ("رياضة", "سياسة"), ("กีฬา", "การเมือง"), ("Sport", "Politik")])
def test_whether_files_are_lists_of_their_label_is_asked_where_names_do_not_tell(
    tmp_path: Path, names: tuple[str, str], packed: str
) -> None:
    """Where a script has no capitals, or writes each noun with one, names of people and chapters look like labels."""
    files = {f"{name}.txt": lines(texts(50, 50 * place)) for place, name in enumerate(names)}
    path = written(tmp_path, files, packed)
    documents = opened(path)
    assert len(documents.parts) == 2
    assert any("set the format to 'lines'" in note for note in documents.notes)
    answered = opened(path, format="lines")
    assert answered.labels == tuple(sorted(names))
    assert sorted(everything(answered)) == sorted(texts(100))
    assert answered.label_counts(answered.rows("train")).sum() == answered.count("train")


def test_lines_are_set_for_a_folder_in_which_no_file_lists_any(tmp_path: Path) -> None:
    mail = "From: a@b.org\nTo: c@d.org\nSubject: Monday\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\nWe meet at {}.\n"
    mails = written(tmp_path / "mails", {f"cur/{n}.host:2,S": mail.format(n) for n in range(10)})
    assert everything(opened(mails, format="lines"))[3] == "Monday\n\nWe meet at 3."
    table = {"data.csv": "text,label\nGood film,a\n", "README.md": "A table of films\nby us\n"}
    with pytest.raises(CorpusError, match=r"holds tables \(data\.csv\)"):
        opened(written(tmp_path / "table", table), format="lines")


LABELS = [str(n % 3) for n in range(30)]


@pytest.mark.parametrize("packed", ["", "zip", "tar.gz"])
@pytest.mark.parametrize(("names", "column"), [
    (("X.txt", "Y.txt"), "Y"), (("raw/title_Stack.txt", "raw/label_Stack.txt"), "label"),
    (("seq.in", "label"), "label"), (("text.txt", "labels.txt"), "labels"),
])
def test_texts_beside_their_labels(tmp_path: Path, names: tuple[str, str], column: str, packed: str) -> None:
    read = texts(30)
    read[4] = ""  # what is empty keeps its place
    files = {names[0]: lines(read), names[1]: "\n".join(LABELS), "readme.txt": "about\n"}
    documents = opened(written(tmp_path, files, packed))
    assert documents.understood.label_columns == (column,)
    assert labels_in_order(documents) == LABELS
    assert everything(documents) == read
    assert any("Line by line" in note for note in documents.notes)


@pytest.mark.parametrize("name", ["{part}_{what}.txt", "{part}/{what}.txt"])
def test_texts_and_labels_of_each_part_and_what_the_labels_are_called(tmp_path: Path, name: str) -> None:
    files = {"mapping.txt": "0\tanger\n1\tjoy\n2\tsadness\n"}
    for part, first, labels in (("train", 0, LABELS), ("val", 40, LABELS[:20]), ("test", 80, [])):
        files[name.format(part=part, what="text")] = lines(texts(len(labels) or 20, first))
        if labels:
            files[name.format(part=part, what="labels")] = lines(labels)
    documents = opened(written(tmp_path, files))
    assert counts(documents) == {"anger": 17, "joy": 17, "sadness": 16}
    assert documents.count("unlabelled") == 20
    assert documents.count("validation") == 20


def test_labels_of_another_length_are_none(tmp_path: Path) -> None:
    documents = opened(written(tmp_path, {"X.txt": lines(texts(30)), "Y.txt": lines(LABELS[:29])}))
    assert (len(documents.parts), documents.labels) == (2, ())


def test_what_tells_about_the_texts_is_none_of_a_label(tmp_path: Path) -> None:
    files = {f"{label}/{n}.txt": text for label in ("sport", "film") for n, text in enumerate(texts(9))}
    about = {f"{label}/{name}": "free\n" for label in ("sport", "film") for name in ("LICENSE.txt", "README", "cmds")}
    documents = opened(written(tmp_path, files | about))
    assert counts(documents) == {"film": 9, "sport": 9}
    assert any("6 files are called like a readme" in note for note in documents.notes)


def test_texts_that_are_all_readmes_are_texts(tmp_path: Path) -> None:
    files = {f"{label}/{n}_README.md": text for label in ("python", "rust") for n, text in enumerate(texts(9))}
    assert counts(opened(written(tmp_path, files))) == {"python": 9, "rust": 9}


def marked(tmp_path: Path, row: str, name: str = "a.txt", labels: tuple[str, ...] = ("pos", "neg")) -> Documents:
    """Thirty texts, each in a line of the form ``row`` with its label."""
    path = tmp_path / name
    path.write_text(lines([row.format(text=text, label=labels[n % 2], n=6551700932705387022 + n)
                           for n, text in enumerate(texts(30))]))
    return opened(path)


@pytest.mark.parametrize("row", [
    "{text}@{label}", "{label}::{text}", "{label} +++$+++ {text}", "{text} ||| {label}", "{n}_!_{label}_!_{text}_!_",
    "{n} ::: {label} ::: {text}", "{text}##{label}",
])
def test_a_mark_in_each_line_parts_label_and_text(tmp_path: Path, row: str) -> None:
    documents = marked(tmp_path, row)
    assert counts(documents) == {"neg": 15, "pos": 15}
    assert everything(documents) == texts(30)
    assert any("choose the format 'lines'" in note for note in documents.notes)


@pytest.mark.parametrize("labels", [("0", "1"), ("+1", "-1"), ("0", "4")])
@pytest.mark.parametrize("name", ["a.txt", "stsa.binary.train", "rt-polarity.all"])
def test_a_number_before_each_text_is_its_label(tmp_path: Path, name: str, labels: tuple[str, str]) -> None:
    documents = marked(tmp_path, "{label} {text}", name, labels)
    assert counts(documents) == dict.fromkeys(documents.labels, 15)
    assert set(documents.labels) == set(labels)
    assert everything(documents) == texts(30)
    assert any("the number at the beginning" in note for note in documents.notes)


@pytest.mark.parametrize("row", [
    "{text}", "{n} {text}", "See https://example.org/{label} where {text}", "{text} :)", "... {text} -- {label}!",
    "@{label} {text} @home", "1 {text}",
])
def test_lines_of_prose_with_signs_and_numbers_stay_lines(tmp_path: Path, row: str) -> None:
    documents = marked(tmp_path, row)
    assert (documents.understood.format, documents.labels) == ("lines", ())


def test_numbered_lines_stay_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(lines([f"{n + 1} {text}" for n, text in enumerate(texts(30))]))
    assert opened(tmp_path / "a.txt").understood.format == "lines"


def test_trees_of_words_and_abstracts_of_pubmed(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("(3 (2 It) (4 (2 -LRB-) (3 works)))\n(1 (2 No) (0 bad))\n" * 15)
    documents = opened(tmp_path / "train.txt")
    assert counts(documents) == {"1": 15, "3": 15}
    assert everything(documents)[:2] == ["It ( works", "No bad"]
    abstract = "OBJECTIVE\tWe ask .\nMETHODS\tWe do it .\nMETHODS\tAgain , @ % .\n\n"
    (tmp_path / "rct.txt").write_text("".join(f"###{n}\n{abstract}" for n in range(10)))
    documents = opened(tmp_path / "rct.txt")
    assert counts(documents) == {"METHODS": 20, "OBJECTIVE": 10}
    assert everything(documents)[:3] == ["We ask .", "We do it .", "Again , @ % ."]


def test_a_delimiter_that_is_set_makes_a_table_or_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(lines([f"{text}:{'ab'[n % 2]}" for n, text in enumerate(texts(20))]))
    assert opened(path).understood.format == "lines"
    assert counts(opened(path, delimiter=":")) == {"a": 10, "b": 10}
    for setting in ({"delimiter": "%"}, {"header": "yes"}):
        documents = opened(path, **setting)
        assert len(documents.parts) == 20
        assert any("Not used, though set" in note for note in documents.notes)
    path.write_text(lines([f"{'ab'[n % 2]}=>{text}" for n, text in enumerate(texts(20))]))
    assert counts(opened(path, delimiter="=>")) == {"a": 10, "b": 10}


def test_folders_called_like_portions_are_no_labels(tmp_path: Path) -> None:
    files = {f"bare/{fold}/{n}.txt": text for fold in ("part1", "part2", "part3") for n, text in enumerate(texts(9))}
    root = written(tmp_path, files)
    documents = opened(root)
    assert documents.labels == ()
    assert any("like portions of a whole (part1, part2, part3)" in note for note in documents.notes)
    found, = (one for one in outcome(audit(documents)) if one.kind == "label_doubt")
    assert [way.value for way in found.alternatives] == [("label",)]
    documents = opened(root, label_columns=("label",))
    assert documents.labels == ("part1", "part2", "part3")
    assert not any("portions" in note for note in documents.notes)


@pytest.mark.parametrize("fold", ["{label}/fold{n}/{name}", "fold{n}/{label}/{name}",
                                  "polar/{label}/truth/part_{n}/{name}"])
def test_portions_in_or_above_the_folders_of_labels_are_passed_over(tmp_path: Path, fold: str) -> None:
    files = {fold.format(label=label, n=n % 3 + 1, name=f"{n}.txt"): text
             for label in ("deceptive", "truthful") for n, text in enumerate(texts(9))}
    documents = opened(written(tmp_path, files))
    assert [label.split("/")[0] for label in documents.labels] == ["deceptive", "truthful"]
    assert set(counts(documents).values()) == {9}
    assert any("portions of a whole" in note for note in documents.notes)


@pytest.mark.parametrize(("name", "labels"), [
    ("{label}_{n:03}.txt", ("ham", "spam")), ("{n:03}.{label}.txt", ("ham", "spam")),
    ("doc{n:03}-{label}.txt", ("ham", "spam")), ("{label}{n}.txt", ("sport", "politics")),
    ("{n}.2003-12-18.farmer.{label}.txt", ("ham", "spam")), ("film-{label}-{n}.md", ("toxic", "not_toxic")),
])
@pytest.mark.parametrize("packed", ["", "tar.gz"])
def test_a_word_in_the_names_of_files_is_their_label(
    tmp_path: Path, name: str, labels: tuple[str, str], packed: str
) -> None:
    files = {name.format(label=labels[n % 2], n=n): text for n, text in enumerate(texts(20))}
    path = written(tmp_path, files, packed)
    documents = opened(path)
    assert counts(documents) == dict.fromkeys(sorted(labels), 10)
    found, = (one for one in outcome(audit(documents)) if one.kind == "label_doubt")
    assert "name of each file" in found.why
    assert [way.value for way in found.alternatives][-1] == ("none",)
    assert opened(path, label_columns=("none",)).labels == ()


@pytest.mark.parametrize(("name", "words"), [
    ("{word}_{n:03}.txt", ("jan", "feb")), ("{word}{n:03}.txt", ("chapter", "appendix")),
    ("{word}_{n:03}.txt", ("Anna", "Ben")), ("{n:03}_{word}.txt", ("en", "de")), ("{n}_{word}.txt", ("7", "2")),
    ("interview_{word}_{n}.txt", ("speaker", "letter")),
])
def test_what_dates_counts_or_names_files_is_only_told_of(tmp_path: Path, name: str, words: tuple[str, str]) -> None:
    files = {name.format(word=words[n % 2], n=n): text for n, text in enumerate(texts(20))}
    path = written(tmp_path, files)
    documents = opened(path)
    assert (documents.labels, len(documents.parts)) == ((), 20)
    assert any("which is read as no label" in note for note in documents.notes)
    assert counts(opened(path, label_columns=("label",))) == dict.fromkeys(sorted(words), 10)


@pytest.mark.parametrize("names", [
    [f"2024-03-{n:02}-post.txt" for n in range(1, 21)], [f"{n * 7919 % 65521:x}a.txt" for n in range(20)],
    [f"a {('good', 'bad')[n % 2]} day and a {thing} {n}.txt" for n, thing in enumerate(THINGS * 3)],
    [f"letter to Mr {letter}x {n}.txt" for n, letter in enumerate("ABCDEFGHIJ")],
    [f"{word}_{n}.txt" for word in ("one", "two") for n in range(3)],
])
def test_names_without_recurring_words_say_nothing(tmp_path: Path, names: list[str]) -> None:
    documents = opened(written(tmp_path, dict(zip(names, texts(len(names)), strict=True))))
    assert (documents.labels, len(documents.parts)) == ((), len(names))
    assert "label" not in documents.understood.columns


def test_words_in_the_names_of_files_tell_their_parts(tmp_path: Path) -> None:
    names = [f"{part}_{label}{n}.txt" for n in range(10) for part in ("train", "test") for label in ("pos", "neg")]
    files = dict(zip(names, texts(40), strict=True))
    documents = opened(written(tmp_path, files), validation=0.0)
    assert (documents.labels, documents.count("train"), documents.count("test")) == (("neg", "pos"), 20, 20)


def test_a_table_beside_the_files_says_their_labels_sooner_than_names(tmp_path: Path) -> None:
    files = {f"{('ham', 'spam')[n % 2]}_{n}.txt": text for n, text in enumerate(texts(20))}
    rows = [f"{name},{'abc'[n % 3]}" for n, name in enumerate(files)]
    documents = opened(written(tmp_path, {**files, "labels.csv": lines(["file,label", *rows])}))
    assert documents.labels == ("a", "b", "c")
    other = opened(written(tmp_path / "other", {**files, "labels.csv": lines(["page,count", "a,1", "b,2"])}))
    assert other.labels == ("ham", "spam")


@pytest.mark.parametrize("row", [
    "{label}: {text}", "[{label}] {text}", "({label}) - {text}", "{label} -> {text}", "{text} - {label}",
    "{text} [{label}]", "{text}\n{label}\n", "{label}\n{text}", "{text} ({label})",
])
def test_names_of_labels_in_or_between_the_lines(tmp_path: Path, row: str) -> None:
    documents = marked(tmp_path, row)
    assert counts(documents) == {"neg": 15, "pos": 15}
    assert everything(documents) == texts(30)
    assert any("choose the format 'lines'" in note for note in documents.notes)
    assert opened(tmp_path / "a.txt", format="lines").labels == ()


@pytest.mark.parametrize("heading", ["# {}", "[{}]", "== {} ==", "{}:", "## {} ##\n"])
def test_names_of_labels_as_headings(tmp_path: Path, heading: str) -> None:
    rows = "".join(f"{heading.format(label)}\n{lines(texts(12, 50 * n))}\n"
                   for n, label in enumerate(("joy", "anger", "joy")))
    (tmp_path / "a.txt").write_text(rows)
    documents = opened(tmp_path / "a.txt")
    assert counts(documents) == {"anger": 12, "joy": 24}
    assert everything(documents) == [*texts(12), *texts(12, 50), *texts(12, 100)]


@pytest.mark.parametrize("row", [
    "[{label}] {text}", "{label}: {text}", "{text} - {label}", "{text}\n{label}", "{label}\n{text}",
])
def test_what_may_be_labels_in_lines_is_told_of(tmp_path: Path, row: str) -> None:
    documents = marked(tmp_path, row, labels=("IDEA", "BUG"))
    assert documents.labels == ()
    note, = (note for note in documents.notes if "such as" in note)
    assert "'IDEA'" in note
    assert "two columns" in note


@pytest.mark.parametrize("row", [
    "{text}", "At 10:{n}: {text}", "{n}: {text}", "{text} (page {n})", "See also: {text}",
    "Human: {text}\nMachine: {text}", "{text}\nHallelujah", "Good: {text}", "{text} It is - all in all - good",
])
def test_lines_that_only_look_labelled_are_texts(tmp_path: Path, row: str) -> None:
    (tmp_path / "a.txt").write_text(lines([row.format(text=text, n=n) for n, text in enumerate(texts(40))]))
    documents = opened(tmp_path / "a.txt")
    assert (documents.understood.format, documents.labels) == ("lines", ())


def test_questions_and_answers_bear_no_labels(tmp_path: Path) -> None:
    documents = marked(tmp_path, "{label}: {text}", labels=("Q", "A"))
    assert (documents.understood.format, documents.labels) == ("lines", ())
    assert not any("such as" in note for note in documents.notes)


def test_a_list_of_what_speaks_for_and_against_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"pro:\n{lines(texts(4))}\ncon:\n{lines(texts(3, 50))}")
    assert opened(tmp_path / "a.txt").labels == ()
