"""The opened corpus: streaming, random access, the cache, memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.helpers import everything, opened, table, with_events
from ulmengine.config import CorpusConfig
from ulmengine.corpus import limits, open_corpus
from ulmengine.corpus.likeness import normalised
from ulmengine.events import Note, Progress, outcome


def rows(count: int) -> list[list[str]]:
    return [[f"document number {n} with some words", "abc"[n % 3]] for n in range(count)]


def test_streaming_and_random_access_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHUNK_ROWS", 700)
    documents = opened(table(tmp_path / "a.csv", rows(5_000)))
    assert len(documents.pieces[0].table.groups()) > 5
    for part in ("train", "validation", "test"):
        streamed = list(documents.texts(part))
        assert len(streamed) == documents.count(part) == len(documents.targets(part))
        for index in (0, 7, len(streamed) - 1):
            row = int(documents.rows(part)[index])
            assert streamed[index] == documents.text_of(row) == f"document number {row} with some words"
            assert documents.labels[documents.targets(part)[index]] == "abc"[row % 3]
    with pytest.raises(IndexError):
        documents.text_of(5_000)


def test_the_second_opening_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path / "a.csv", rows(2_000))
    first, events = with_events(open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache"))
    assert any(isinstance(event, Progress) for event in events)
    monkeypatch.setattr("ulmengine.corpus.importing.recognise", None)
    again, events = with_events(open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache"))
    assert events == []
    assert again.fingerprint == first.fingerprint
    assert np.array_equal(again.parts, first.parts)
    assert list(again.texts("train")) == list(first.texts("train"))


def test_another_choice_of_columns_needs_no_second_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path / "a.csv", [[f"text {n}", "a", f"another {n}"] for n in range(20)], ["text", "label", "note"])
    opened(path)
    monkeypatch.setattr("ulmengine.corpus.importing.recognise", None)
    assert opened(path, text_columns=("note",)).text_of(0) == "another 0"


def test_a_changed_file_is_read_again_and_has_another_fingerprint(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", rows(100))
    first = opened(path)
    table(path, rows(101))
    second = opened(path)
    assert len(everything(second)) == 101
    assert first.fingerprint != second.fingerprint


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", rows(100))
    first = opened(path)
    os.utime(path, (1, 1))
    (tmp_path / "elsewhere").mkdir()
    moved = table(tmp_path / "elsewhere" / "b.csv", rows(100))
    assert opened(path).fingerprint == opened(moved).fingerprint == first.fingerprint
    for change in ({"drop_rows": (3,)}, {"seed": 1}, {"text_columns": ("label",), "label_columns": ("label",)}):
        assert opened(path, **change).fingerprint != first.fingerprint


def test_notes_are_said_as_warnings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\ngood film,a\nonly text\n")
    documents, events = with_events(open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache"))
    assert [event.text for event in events if isinstance(event, Note)] == list(documents.notes)
    assert "1 row had too few" in documents.notes[0]


def test_what_counts_as_the_same_text() -> None:
    assert normalised("  Ｆull\u00a0Width\n STRASSE ") == normalised("full width straße") == "full width strasse"
    assert normalised("\u200b") == normalised("\u2060 \ufe0f\x00\u2800") == ""


def test_rows_left_out_that_are_not_there_do_no_harm(tmp_path: Path) -> None:
    assert len(everything(opened(table(tmp_path / "a.csv", rows(10)), drop_rows=(3, 3, 99)))) == 9


@pytest.mark.slow
def test_an_import_takes_far_less_memory_than_the_file(tmp_path: Path) -> None:
    import psutil

    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("text,label\n")
        for n in range(150_000):
            file.write(f'"{n} ' + "some words of a review, as they come " * 35 + f'",{n % 2}\n')
    assert path.stat().st_size > 190_000_000
    work = open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache")
    process = psutil.Process()
    start = process.memory_info().rss
    rss: list[int] = []
    documents = outcome(work, lambda _: rss.append(process.memory_info().rss))
    assert max(rss) - start < 400 << 20
    assert with_events(open_corpus(CorpusConfig(path=str(path)), tmp_path / "cache"))[1] == []  # it is not read again
    assert documents.count("train") > 100_000


def test_uneven_rows_are_mended_for_the_text_column_in_force(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("note,label,text\nx,pos,a long good text about a film\ny,neg,one, two, three\n")
    by_guess = opened(path)
    assert by_guess.understood.text_columns == ("text",)
    assert by_guess.pieces[0].table.cells(1, ["note", "label", "text"]) == ("y", "neg", "one, two, three")
    other = opened(path, text_columns=("note",))
    assert other.pieces[0].table.cells(1, ["note", "label", "text"]) == ("y,neg,one", " two", " three")
    again = opened(path, text_columns=("text",))
    assert again.pieces[0].table.folder == by_guess.pieces[0].table.folder


def test_even_rows_are_read_once_whatever_the_text_column(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", rows(5))
    folders = {opened(path, text_columns=(name,)).pieces[0].table.folder for name in ("text", "label")}
    assert len(folders) == 1


def test_copies_that_are_not_used_for_a_month_are_removed(tmp_path: Path) -> None:
    first, second = table(tmp_path / "a.csv", rows(5)), table(tmp_path / "b.csv", rows(6))
    old = opened(first).pieces[0].table.folder
    os.utime(old, (time.time() - 40 * 86_400,) * 2)
    opened(first)  # used: stays
    opened(second)
    assert old.is_dir()
    os.utime(old, (time.time() - 40 * 86_400,) * 2)
    opened(table(tmp_path / "c.csv", rows(7)))
    assert not old.exists()
    assert len(everything(opened(first))) == 5
