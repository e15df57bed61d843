"""Labels that a person has corrected: they follow the text, move nobody else, and are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ulmengine.corpus import CorpusError
from ulmengine.corpus.repairs import records_of, rows_named
from ulmengine.record.relabelled import correction, read_journal, write_down

from .helpers import opened


def corpus(path: Path, before: int = 0) -> Path:
    lines = ["text,label", *(f"something before {n},good" for n in range(before)),
             *(f"text number {n},{('good', 'bad')[n % 2]}" for n in range(40))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_corrected_label_is_used_and_moves_no_other_document(tmp_path: Path) -> None:
    path = corpus(tmp_path / "a.csv")
    plain = opened(path)
    [key] = records_of(np.array([7]), plain.pieces, plain.hashes)
    changed = opened(path, relabelled=(correction(key, ["good"], False),))
    assert plain.labels[plain.all_targets[7]] == "bad"
    assert changed.labels[changed.all_targets[7]] == "good"
    assert (np.delete(plain.all_targets, 7) == np.delete(changed.all_targets, 7)).all()
    assert (plain.parts == changed.parts).all()
    assert changed.relabelled.tolist() == [7]
    assert changed.fingerprint != plain.fingerprint


def test_it_follows_its_text_to_another_row(tmp_path: Path) -> None:
    plain = opened(corpus(tmp_path / "a.csv"))
    [key] = records_of(np.array([7]), plain.pieces, plain.hashes)
    moved = opened(corpus(tmp_path / "b.csv", before=3), relabelled=(f"{key}=good",))
    assert moved.relabelled.tolist() == [10]
    assert rows_named([key, "main:0123"], moved.pieces, moved.hashes).tolist() == [10, -1]


def test_one_whose_document_is_gone_is_told(tmp_path: Path) -> None:
    documents = opened(corpus(tmp_path / "a.csv"), relabelled=("main:00000000000000aa=good",))
    assert any("whose label was corrected is no longer there" in note for note in documents.notes)
    assert not len(documents.relabelled)


def test_a_new_label_and_several_labels(tmp_path: Path) -> None:
    plain = opened(corpus(tmp_path / "a.csv"))
    [key] = records_of(np.array([0]), plain.pieces, plain.hashes)
    assert opened(tmp_path / "a.csv", relabelled=(f"{key}=so-so",)).labels == ("bad", "good", "so-so")
    many = tmp_path / "m.csv"
    many.write_text("text,label\n" + "".join(f"text number {n},{('x;y', 'y')[n % 2]}\n" for n in range(20)),
                    encoding="utf-8")
    before = opened(many, label_delimiter=";")
    [key] = records_of(np.array([1]), before.pieces, before.hashes)
    after = opened(many, label_delimiter=";", relabelled=(correction(key, ["x"], True),))
    assert before.all_targets[1].tolist() == [0, 1]
    assert after.all_targets[1].tolist() == [1, 0]


def test_what_is_no_correction_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no corrected label"):
        opened(corpus(tmp_path / "a.csv"), relabelled=("good",))


def test_the_journal_keeps_every_step_and_survives_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    write_down(path, [("main:01", ["a"], ["b"])], "read again")
    write_down(path, [("main:01", ["b"], ["a"])], "undone")
    path.write_text(path.read_text(encoding="utf-8") + '{"document": "ma', encoding="utf-8")
    assert [(one.document, one.before, one.to, one.why) for one in read_journal(path)] == [
        ("main:01", ("a",), ("b",), "read again"), ("main:01", ("b",), ("a",), "undone")]
    assert read_journal(tmp_path / "none.jsonl") == []


def key_of(path: Path, row: int, **settings: str) -> str:
    plain = opened(path, **settings)
    return records_of(np.array([row]), plain.pieces, plain.hashes)[0]


def test_a_label_whose_last_document_is_corrected_away_is_no_class(tmp_path: Path) -> None:
    path = corpus(tmp_path / "a.csv")
    with path.open("a", encoding="utf-8") as file:
        file.write("the last one,Bad\n")
    plain, key = opened(path), key_of(path, 40)
    changed = opened(path, relabelled=(f"{key}=bad",))
    assert plain.labels == ("Bad", "bad", "good")
    assert changed.labels == ("bad", "good")
    assert changed.label_counts().tolist() == [21, 20]
    assert (changed.parts == plain.parts).all()  # divided by the labels as given
    assert "No document bears 'Bad' any more: that is no class of a model now." in changed.notes
    assert opened(path).labels == plain.labels  # taken back


def test_so_is_one_whose_documents_are_all_left_out(tmp_path: Path) -> None:
    path = corpus(tmp_path / "a.csv")
    with path.open("a", encoding="utf-8") as file:
        file.write("the last one,odd\nmore of it,odd\n")
    keys = tuple(key_of(path, row) for row in (40, 41))
    assert opened(path, drop_rows=keys[:1]).labels == ("bad", "good", "odd")
    assert opened(path, drop_rows=keys).labels == ("bad", "good")


def test_so_is_one_of_several_labels(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("text,label\nthe only one,x;z\n" + "".join(f"text {n},{('x;y', 'y')[n % 2]}\n" for n in range(20)),
                    encoding="utf-8")
    key = key_of(path, 0, label_delimiter=";")
    changed = opened(path, label_delimiter=";", relabelled=(correction(key, ["x"], True),))
    assert changed.labels == ("x", "y")
    assert changed.all_targets[0].tolist() == [1, 0]


def test_classes_that_a_document_still_bears_or_none_ever_bore_stay(tmp_path: Path) -> None:
    path, held = corpus(tmp_path / "a.csv"), tmp_path / "test.csv"
    held.write_text("text,label\nso bright it was,moon\n", encoding="utf-8")
    key = key_of(path, 7)
    with_test = opened(path, test_path=str(held), relabelled=(f"{key}=good",))
    assert with_test.labels == ("bad", "good", "moon")  # in the test file alone
    columns = tmp_path / "columns.csv"
    columns.write_text("text,sun,rain,snow\n" + "".join(f"day number {n},{n % 2},{1 - n % 2},0\n" for n in range(20)),
                       encoding="utf-8")
    names = {"text_columns": ("text",), "label_columns": ("sun", "rain", "snow")}
    plain = opened(columns, **names)
    [first] = records_of(np.array([0]), plain.pieces, plain.hashes)
    assert opened(columns, relabelled=(f"{first}=sun",), **names).labels == ("rain", "snow", "sun")
