"""Classifying many texts, without a window and without a network: what is read, passed over, kept and written."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

from studio.models.predictions import LABEL, PredictionsModel
from studio.pages.classify import batch
from studio.pages.classify.batch import Answered, classify_all
from studio.pages.classify.stored import BatchResult, copied, export
from studio.pages.classify.texts import ColumnsFound, Skipped
from tests.corpus.test_workbook import placed
from ulmengine.corpus import CorpusError
from ulmengine.events import Event, Progress, outcome
from ulmengine.inference.predict import Prediction
from ulmengine.models import Columns

T = TypeVar("T")


class Shouting:
    """Takes a text with an exclamation mark for loud, as surely as it is long (up to 10 characters)."""

    labels = ("loud", "quiet")
    title = "Shouting"
    columns: Columns | None = None

    def __init__(self, *text_columns: str, breaks_at: str = "") -> None:
        self.text_columns = text_columns
        self.breaks_at = breaks_at
        self.lots: list[int] = []

    def predict(self, texts: list[str]) -> Iterator[Prediction]:
        self.lots.append(len(texts))
        for text in texts:
            if self.breaks_at and self.breaks_at in text:
                raise RuntimeError("the device is gone")
            label = "loud" if "!" in text else "quiet"
            sure = min(10, len(text)) / 10
            yield Prediction(label, (label,), {"loud": sure, "quiet": 1 - sure})


def end_of(work: Generator[Event, None, T], events: list[Event] | None = None) -> T:
    return outcome(work, [].append if events is None else events.append)


def classify(
    tmp_path: Path, *paths: Path, answering: Any = None, columns: tuple[str, ...] = (),
    events: list[Event] | None = None, stop: threading.Event | None = None,
) -> BatchResult:
    target = tmp_path / "answers.arrow"
    return end_of(classify_all(answering or Shouting(), paths, tmp_path / "cache", target,
                               stop or threading.Event(), columns), events)


def written(result: BatchResult, tmp_path: Path) -> list[tuple[str, str, str]]:
    end_of(export(result, tmp_path / "out.parquet", None))
    return pl.read_parquet(tmp_path / "out.parquet").select("source", "text", "label").rows()


def texts(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(f"text {number}" + "!" * (number % 2), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("heading", "learnt", "given"), [
    ("text,mood,team", Columns(text=("text",), label=("mood",)), ["loud", "quiet", ""] * 10),  # as the model learnt
    ("text,tone,team", Columns(text=("text",), label=("mood",)), [""] * 30),  # of teams it knows nothing
])
def test_the_given_label_is_of_the_kind_that_the_model_can_say(
    tmp_path: Path, heading: str, learnt: Columns, given: list[str]
) -> None:
    moods = ["loud", "quiet", "" if heading.startswith("text,mood") else "calm"]
    rows = [f"a text of its own {n},{moods[n % 3]},{('North', 'South', 'West', 'East')[n % 4]}" for n in range(30)]
    (tmp_path / "table.csv").write_text("\n".join([heading, *rows]), encoding="utf-8")
    answering = Shouting("text")
    answering.columns = learnt
    if heading == "text,tone,team":
        answering.labels = ("joy", "anger")  # type: ignore[assignment]
    result = classify(tmp_path, tmp_path / "table.csv", answering=answering)
    end_of(export(result, tmp_path / "out.parquet", None))
    assert pl.read_parquet(tmp_path / "out.parquet")["given_label"].to_list() == given


def test_a_place_in_a_table_without_a_heading_is_no_name(tmp_path: Path) -> None:
    """The model learnt from ``label,text``; of ``text,author`` a person has to say where the texts are."""
    answering = Shouting("column 2")
    answering.columns = Columns(text=("column 2",), label=("column 1",))
    rows = [f"a film of its own kind, and of day {n}!" for n in range(12)]
    (tmp_path / "same.tsv").write_text("\n".join(f"{'ab'[n % 2]}\t{row}" for n, row in enumerate(rows)))
    assert classify(tmp_path, tmp_path / "same.tsv", answering=answering).rows == 12
    (tmp_path / "other.tsv").write_text("\n".join(f"{row}\t{('Ann', 'Bo')[n % 2]}" for n, row in enumerate(rows)))
    events: list[Event] = []
    assert classify(tmp_path, tmp_path / "other.tsv", answering=answering, events=events).rows == 0
    assert [event.text_columns for event in events if isinstance(event, ColumnsFound)] == [()]
    for column, label in (("column 1", "loud"), ("column 2", "quiet")):  # as the person says
        result = classify(tmp_path, tmp_path / "other.tsv", answering=answering, columns=(column,))
        assert {row[2] for row in written(result, tmp_path)} == {label}


def test_blank_rows_of_a_sheet_keep_their_places(tmp_path: Path) -> None:
    placed(tmp_path / "a.xlsx", {
        "A1": "id", "B1": "note", "A2": "1", "B2": "a good film", "A5": "2", "B5": "a bad film!", "A6": "3",
    })
    events: list[Event] = []
    result = classify(tmp_path, tmp_path / "a.xlsx", answering=Shouting("note"), events=events)
    assert result.rows == 5
    assert [event.total for event in events if isinstance(event, Progress) and event.unit == "texts"] == [5]
    end_of(export(result, tmp_path / "out.parquet", None))
    assert pl.read_parquet(tmp_path / "out.parquet").select("source", "id", "note", "label").rows() == [
        ("a.xlsx:1", "1", "a good film", "quiet"), ("a.xlsx:2", None, None, ""), ("a.xlsx:3", None, None, ""),
        ("a.xlsx:4", "2", "a bad film!", "loud"), ("a.xlsx:5", "3", "", "")]


class Silent(Shouting):
    """Finds that none of several labels applies."""

    def predict(self, texts: list[str]) -> Iterator[Prediction]:
        return (Prediction("", (), {"loud": 0.2, "quiet": 0.25}) for _ in texts)


def test_no_label_is_as_sure_as_that_not_even_the_likeliest_applies(tmp_path: Path) -> None:
    end_of(export(classify(tmp_path, texts(tmp_path / "many", 2), answering=Silent()), tmp_path / "out.parquet", None))
    saved = pl.read_parquet(tmp_path / "out.parquet")
    assert saved.select("label", "confidence").rows() == [("", 0.75)] * 2


def test_a_file_that_cannot_be_read_does_not_end_the_others(tmp_path: Path) -> None:
    folder = texts(tmp_path / "many", 3)
    (folder / "001.txt").unlink()
    (folder / "001.txt").symlink_to(folder / "001.txt")  # reading it fails whoever reads: a link to itself
    (tmp_path / "empty.csv").write_bytes(b"")
    table = tmp_path / "table.csv"
    table.write_text("text\nquite a sentence!\nanother of them\n", encoding="utf-8")
    # A link to itself is no file for rglob; given by name it is met.
    events: list[Event] = []
    result = classify(tmp_path, folder, folder / "001.txt", tmp_path / "empty.csv", table, events=events)
    assert [one.name for one in result.skipped] == ["001.txt", "empty.csv"]
    assert all(one.why for one in result.skipped)
    assert [event for event in events if isinstance(event, Skipped)] == list(result.skipped)
    assert written(result, tmp_path) == [
        ("000.txt", "text 0", "quiet"), ("002.txt", "text 2", "quiet"),
        ("table.csv:1", "quite a sentence!", "loud"), ("table.csv:2", "another of them", "quiet"),
    ]
    assert result.whole


def test_where_nothing_can_be_read_that_is_the_failure(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"empty\.csv"):
        classify(tmp_path, tmp_path / "empty.csv")
    with pytest.raises(CorpusError, match="None of these 2 files"):
        classify(tmp_path, tmp_path / "empty.csv", tmp_path / "not-there.txt")
    assert not list(tmp_path.glob("answers.arrow*"))


def test_stopped_it_keeps_what_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_ONCE", 4)
    folder, stop = texts(tmp_path / "many", 10), threading.Event()
    work = classify_all(Shouting(), [folder], tmp_path / "cache", tmp_path / "answers.arrow",  # type: ignore[arg-type]
                        stop)
    assert isinstance(next(work), Answered)
    stop.set()
    result = end_of(work)
    assert (result.rows, result.whole) == (4, False)
    assert [source for source, _, _ in written(result, tmp_path)] == [f"00{n}.txt" for n in range(4)]


def test_stopped_before_the_first_answer_there_is_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    result = classify(tmp_path, texts(tmp_path / "many", 3), stop=stop)
    assert (result.rows, result.whole) == (0, False)
    assert not list(tmp_path.glob("answers.arrow*"))


def test_a_failure_of_the_model_keeps_what_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_ONCE", 4)
    folder = texts(tmp_path / "many", 10)
    with pytest.raises(RuntimeError, match="the device is gone"):
        classify(tmp_path, folder, answering=Shouting(breaks_at="text 9"))
    kept = BatchResult(tmp_path / "answers.arrow", 8, whole=False)
    assert [kept.text(row) for row in (0, 7)] == ["text 0", "text 7!"]
    with pytest.raises(IndexError):
        kept.text(8)


def test_given_up_it_leaves_no_file(tmp_path: Path) -> None:
    work = classify_all(Shouting(), [texts(tmp_path / "many", 3)], tmp_path / "cache",  # type: ignore[arg-type]
                        tmp_path / "answers.arrow", threading.Event())
    next(work)
    work.close()
    assert not list(tmp_path.glob("answers.arrow*"))


def test_a_lot_of_long_texts_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_ONCE_CHARACTERS", 20)
    answering = Shouting()
    classify(tmp_path, texts(tmp_path / "many", 7), answering=answering)  # of 6 or 7 characters each
    assert answering.lots == [4, 3]  # 6 + 7 + 6 are not yet 20


def tickets(path: Path) -> Path:
    rows = [f"a long enough story number {n} about the weather,what they asked {n}!,{'ab'[n % 2]}" for n in range(20)]
    path.write_text("\n".join(["story,question,topic", *rows]), encoding="utf-8")
    return path


def test_the_columns_the_model_learnt_from_are_read(tmp_path: Path) -> None:
    table = tickets(tmp_path / "tickets.csv")
    events: list[Event] = []
    learnt = classify(tmp_path, table, answering=Shouting("question"), events=events)
    assert written(learnt, tmp_path)[3][1] == "what they asked 3!"
    found = next(event for event in events if isinstance(event, ColumnsFound))
    assert (found.columns, found.text_columns) == (("story", "question", "topic"), ("question",))


def test_the_columns_chosen_come_before_those_learnt_from(tmp_path: Path) -> None:
    table = tickets(tmp_path / "tickets.csv")
    chosen = classify(tmp_path, table, answering=Shouting("question"), columns=("story",))
    assert written(chosen, tmp_path)[3][1] == "a long enough story number 3 about the weather"
    both = classify(tmp_path, table, answering=Shouting("story", "question"))
    assert written(both, tmp_path)[3][1] == (
        "a long enough story number 3 about the weather  ·  what they asked 3!")
    assert both.text(3) == (
        "xxfld 1 a long enough story number 3 about the weather xxfld 2 what they asked 3!")  # what the model was given
    assert "xxfld" not in end_of(copied(both, {3}))


@pytest.mark.parametrize("learnt", [("subject",), ()])
def test_a_table_without_those_columns_is_asked_about(tmp_path: Path, learnt: tuple[str, ...]) -> None:
    events: list[Event] = []
    table = tickets(tmp_path / "tickets.csv")
    assert classify(tmp_path, table, answering=Shouting(*learnt), events=events).rows == 0
    found = next(event for event in events if isinstance(event, ColumnsFound))
    assert (found.columns, found.text_columns) == (("story", "question", "topic"), ())
    assert classify(tmp_path, table, answering=Shouting(*learnt), columns=("question",)).rows == 20


def test_a_table_of_a_text_and_its_label_is_plain_to_a_model_that_names_no_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("said,kind\n" + "".join(f"what they said {n},{'ab'[n % 2]}\n" for n in range(20)))
    assert written(classify(tmp_path, path), tmp_path)[3][1] == "what they said 3"


def test_a_text_with_nothing_in_it_keeps_its_row_and_gets_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nhello!,loud\n,quiet\n  ,loud\nhey,quiet\n")
    events: list[Event] = []
    result = classify(tmp_path, path, events=events)
    rows = [row for event in events if isinstance(event, Answered) for row in event.rows]
    assert [(row.label, row.answered) for row in rows] == [("loud", True), ("", False), ("", False), ("quiet", True)]
    assert [source for source, _, _ in written(result, tmp_path)] == ["a.csv:1", "a.csv:2", "a.csv:3", "a.csv:4"]
    kept = pl.read_parquet(tmp_path / "out.parquet")
    assert kept["confidence"].null_count() == kept["p_loud"].null_count() == 2
    model = PredictionsModel()
    model.start(("loud", "quiet"))
    model.append(rows)
    assert [model.index(row, LABEL).data() for row in range(4)] == ["loud", "no text", "no text", "quiet"]
    assert model.labelled() == (2, 2)  # nothing was said of the others
    assert model.unanswered == 2
    model.set_filter(low=0.0, high=0.6)
    assert [int(row) for row in model.shown] == [0]  # 6 characters of 10; the last one is quiet by 7 of 10


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_file_is_decoded_as_it_was_written(tmp_path: Path, encoding: str) -> None:
    words = "café naïve déjà vu, où ça se fête"
    (tmp_path / "one.txt").write_bytes(words.encode(encoding))
    assert written(classify(tmp_path, tmp_path / "one.txt"), tmp_path) == [("one.txt", words, "quiet")]


def test_what_is_told_of_the_work_can_be_translated(tmp_path: Path, qapp: QApplication) -> None:
    class Loud(QTranslator):
        def isEmpty(self) -> bool:
            return False

        def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
            return source.upper().replace("{FILE}", "{file}")

    loud = Loud()
    qapp.installTranslator(loud)
    try:
        events: list[Event] = []
        result = classify(tmp_path, texts(tmp_path / "many", 3), events=events)
        end_of(export(result, tmp_path / "out.csv", None), events)
    finally:
        qapp.removeTranslator(loud)
    told = [(event.task, event.unit) for event in events if isinstance(event, Progress)]
    assert told == [("CLASSIFYING many", "TEXTS"), ("WRITING out.csv", "TEXTS")]


def test_an_export_keeps_the_columns_of_the_table_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    table = tmp_path / "tickets.csv"
    table.write_text(
        'number,text,label,=cost\n'
        '7,"=HYPERLINK(""http://x"",""win!"")",loud,-5\n'
        '8,@everybody listen,quiet,"-5,50"\n'
        '9,+1 from me!,loud,=1+1\n'
        '10,all is well,quiet,12\n', encoding="utf-8")
    (tmp_path / "alone.txt").write_text("-- not a table", encoding="utf-8")
    result = classify(tmp_path, table, tmp_path / "alone.txt", answering=Shouting("text"))
    end_of(export(result, tmp_path / "out.csv", None))
    written = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert written.columns == ["number", "text", "label", "'=cost", "source", "given_label", "predicted_label",
                               "confidence", "p_loud", "p_quiet"]
    assert written["number"].to_list() == ["7", "8", "9", "10", None]
    assert written["text"].to_list() == [
        "'=HYPERLINK(\"http://x\",\"win!\")", "'@everybody listen", "'+1 from me!", "all is well", "'-- not a table"]
    assert written["'=cost"].to_list() == ["-5", "-5,50", "'=1+1", "12", None]
    assert written["predicted_label"].to_list() == ["loud", "quiet", "loud", "quiet", "quiet"]
    end_of(export(result, tmp_path / "out.parquet", {0, 2}))
    kept = pl.read_parquet(tmp_path / "out.parquet")
    assert kept["text"].to_list() == ["=HYPERLINK(\"http://x\",\"win!\")", "+1 from me!"]  # no spreadsheet opens it
    assert kept["=cost"].to_list() == ["-5", "=1+1"]


def test_an_export_of_lone_texts_has_the_columns_it_always_had(tmp_path: Path) -> None:
    (tmp_path / "alone.txt").write_text("good day", encoding="utf-8")
    result = classify(tmp_path, tmp_path / "alone.txt")
    end_of(export(result, tmp_path / "out.csv", None))
    assert pl.read_csv(tmp_path / "out.csv").columns == [
        "source", "text", "given_label", "label", "confidence", "p_loud", "p_quiet"]


def test_a_text_file_that_shows_a_table_is_read_as_one(tmp_path: Path) -> None:
    rows = [f'"text {n}, and more{"!" * (n % 2)}",{n}' for n in range(12)]
    (tmp_path / "table.txt").write_text("\n".join(["text,number", *rows]), encoding="utf-8")
    result = classify(tmp_path, tmp_path / "table.txt", answering=Shouting("text"))
    assert [text for _, text, _ in written(result, tmp_path)] == [f"text {n}, and more{'!' * (n % 2)}"
                                                                  for n in range(12)]
