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
