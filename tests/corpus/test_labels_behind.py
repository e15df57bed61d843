"""Labels of a text in several cells behind it, under no heading or under names that count them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, opened
from tests.corpus.test_dialects import made

SAID = (("good",), ("bad",), ("mid", "late"), ("good", "late"), ("bad", "good"), ("mid",))


def behind(
    texts: list[str], *, padded: bool = False, before: str = "", said: tuple[tuple[str, ...], ...] = SAID
) -> str:
    """Rows of a text and its labels, in quotes where it holds commas, as AutoML wants them."""
    rows = [(text, *said[n % 6]) for n, text in enumerate(texts)]
    written = io.StringIO()
    csv.writer(written).writerows(
        (*([before.split()[n % 2]] if before else []), *row, *([""] * (3 - len(row)) if padded else []))
        for n, row in enumerate(rows))
    return written.getvalue()


@pytest.mark.parametrize("comma", ["", ","])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("before", ["", "TRAIN TEST"])
def test_several_labels_in_cells_behind_a_text_without_heading(
    tmp_path: Path, before: str, padded: bool, comma: str
) -> None:
    texts = [text for text, _ in made(comma=comma)]
    path = tmp_path / "a.csv"
    said = (*SAID[:2], ("late", "mid"), *SAID[3:])
    path.write_text(behind(texts, padded=padded, before=before, said=said))
    documents = opened(path)
    assert everything(documents) == texts
    assert documents.labels == ("bad", "good", "late", "mid")
    assert documents.multi_label
    assert documents.targets("train").sum() + documents.targets("validation").sum() + documents.targets(
        "test").sum() == 10 * 9


def test_labels_that_never_come_first_are_labels_where_rows_are_as_long_as_they_are_many(tmp_path: Path) -> None:
    texts = [text for text, _ in made(comma=",")]
    path = tmp_path / "a.csv"
    path.write_text(behind(texts, said=(*SAID[:4], ("bad",), ("mid",))))
    assert opened(path).labels == ("bad", "good", "late", "mid")
    path.write_text(behind(texts, padded=True, said=(*SAID[:4], ("bad",), ("mid",))))
    assert opened(path).understood.rivals == ("column 3",)


@pytest.mark.parametrize("row", [
    "{text}, and more of it,{label}", "{label},{text}, and more,of it", "{text},{label},{note}", "{n},{text},{label}",
    "{text},{label},{label}", "{text},{n},{m}",
])
def test_what_stands_behind_texts_is_not_several_labels_elsewhere(tmp_path: Path, row: str) -> None:
    lines = []
    for n, (text, label) in enumerate(made()):
        note = f"Nobody was there at {n}" if n % 3 else ""
        lines.append(row.format(text=text, label=label, note=note, n=n, m=n % 7).rstrip(","))
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    documents = opened(path)
    assert not documents.multi_label
    assert not any("Behind each text" in note for note in documents.notes)


@pytest.mark.parametrize(("names", "second", "columns", "told"), [
    (("primary topic", "secondary topic"), "mid", 2, True), (("primary topic", "secondary topic"), "late", 1, True),
    (("First category", "Second category"), "mid", 2, True), (("topic", "mood"), "late", 1, False),
])
def test_a_second_topic_is_a_label_as_well_or_is_told_of(
    tmp_path: Path, names: tuple[str, str], second: str, columns: int, told: bool
) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{text},{label},{second if label != 'mid' and n % 4 == 0 else ''}" for n, (text, label) in enumerate(
        made())]
    path.write_text(f"text,{','.join(names)}\n" + "\n".join(lines) + "\n")
    understood = opened(path).understood
    assert understood.label_columns == names[:columns]
    assert (names[1] in understood.reasons.get("label_doubt", "")) == told
