"""The report: one file, nothing fetched, texts escaped, figures as kept."""

from __future__ import annotations

import errno
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from ulmengine import events as ev
from ulmengine.events import outcome
from ulmengine.inference import Predictions, PredictionsError, part_predictions
from ulmengine.record import RunFolder, RunFolderError, in_words
from ulmengine.runs import Run
from ulmengine.runs.measured import Measured, evaluated, open_measured, record_of
from ulmengine.runs.pictures import Polyline, line_picture, smoothed
from ulmengine.runs.report import WORST, render, worst, write_file_report, write_report

from .made import tiny_run

MODEL = Path("m.ulmfit")
MEAN = '<script>alert("x")</script> & <img src=https://example.org/a.png>'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run on texts that would be live in a page if they were not escaped."""
    home = tmp_path_factory.mktemp("report")
    folder = tiny_run(home / "run", "corpus.split.test=0.5", "language_model.epochs=0", "classifier.epochs=[1]")
    corpus = home / "corpus.csv"
    lines = corpus.read_text(encoding="utf-8").splitlines()
    mean = MEAN.replace('"', '""')
    rows = [line.rpartition(",")[::2] for line in lines[1:]]
    other = {"fruit": "tool", "tool": "fruit"}  # every eighth label is wrong, so that there are mistakes to tell of
    corpus.write_text("\n".join([lines[0], *(f'"{text} {mean}",{label if number % 8 else other[label]}'
                                             for number, (text, label) in enumerate(rows))]) + "\n", encoding="utf-8")
    assert isinstance(list(Run(folder).events())[-1], ev.Finished)
    return folder


class _Page(HTMLParser):
    """What a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked_for: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked_for += [str(value) for name, value in attrs if name in ("src", "href", "data", "action", "poster")]


def test_the_page_fetches_nothing_and_runs_nothing(run: RunFolder, tmp_path: Path) -> None:
    path = outcome(write_report(run, tmp_path / "r.html"))
    text = path.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert not page.asked_for
    assert not {"script", "img", "link", "iframe", "object", "embed"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &lt;img" in text
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]


def test_it_tells_the_kept_figures_and_the_mistakes(run: RunFolder, tmp_path: Path) -> None:
    text = outcome(write_report(run, tmp_path / "r.html")).read_text(encoding="utf-8")
    measured = open_measured(run)
    found = measured.record["parts"]["test"]
    saved = measured.kept.saved
    assert f"{found[saved]['metrics']['accuracy']['value']:.1%} of the" in text
    assert f"{found['network']['metrics']['mcc']['value']:.4f} (" in text
    assert measured.record["corpus"] in text
    assert text.count("<blockquote>") == min(WORST, int((~measured.kept.part("test").right(saved)).sum()))
    assert "python -m ulmengine train" in text
    assert "model.preset" in text
    test = measured.kept.part("test")
    losses = -np.log(test.given[saved][np.arange(len(test)), test.targets])[worst(measured)]
    assert (losses[:-1] >= losses[1:]).all()
    for picture in re.findall(r"<svg.*?</svg>", text):
        ElementTree.fromstring(picture)


def test_settings_and_results_are_told_in_words(run: RunFolder, tmp_path: Path) -> None:
    config = run.config()
    columns = config.corpus.model_copy(update={"text_columns": ("title", "body")})
    found = open_measured(run)
    page = render(found, config.model_copy(update={"corpus": columns}), {})
    row = re.search(r"<tr><td>corpus.text_columns</td>(.*?)</tr>", page)
    assert row is not None
    assert row[1] == "<td>–</td><td>title, body</td>"
    assert "<td>classifier.epochs</td><td>" in page
    assert not re.search(r"<td>[(\[]", page)
    found.record["parts"]["test"]["paired"]["counts"] = {"mended": 2, "broken": 1}
    assert "2 documents right that the counts have wrong" in render(found, config, {})
    assert "right that the baseline has wrong" in render(found, config, {})


def test_test_labels_that_a_person_has_corrected_are_told_in_every_headline(run: RunFolder) -> None:
    found = open_measured(run)
    assert "corrected)" not in render(found, run.config(), {})
    found.record["relabelled"] = {"test": 1, "validation": 4}
    assert "test documents (1 test label corrected)" in render(found, run.config(), {})
    said = in_words(evaluated(found))
    assert re.search(r"on \d+ test documents \(1 test label corrected\)", said)


def test_without_its_corpus_the_texts_are_missing_and_that_is_said(run: RunFolder, tmp_path: Path) -> None:
    corpus = run.path.parent / "corpus.csv"
    away = corpus.rename(tmp_path / "away.csv")
    try:
        text = outcome(write_report(run, tmp_path / "r.html")).read_text(encoding="utf-8")
    finally:
        away.rename(corpus)
    assert "The texts are not shown" in text
    assert "<blockquote>" not in text


def test_a_full_disk_is_told_with_the_page_and_what_to_try(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunFolderError, match=r"page\.html cannot be written: No space left on device; free some space"):
        outcome(write_report(run, tmp_path / "new" / "page.html"))
    assert not list(tmp_path.iterdir())


def test_a_run_that_kept_nothing_is_refused_and_no_file_is_written(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    with pytest.raises(PredictionsError, match="kept no predictions"):
        outcome(write_report(folder, tmp_path / "r.html"))
    assert not (tmp_path / "r.html").exists()


def test_a_picture_passes_over_what_is_no_number() -> None:
    picture = line_picture("x", [Polyline("a<b", [(0, 0), (1, float("nan")), (2, 4)], "first")], "step", "loss")
    assert 'points="52.0,204.0 626.0,12.0"' in picture
    assert "a&lt;b" in picture
    assert line_picture("x", [Polyline("a", [], "first")], "", "") == ""
    assert smoothed([(0, 4.0), (1, 4.0)]) == [(0, pytest.approx(4.0)), (1, pytest.approx(4.0))]


def measured(kept: Predictions) -> Measured:
    return Measured(RunFolder(MODEL.parent), kept, record_of(kept))


def test_a_file_of_labelled_texts_has_its_page_too(tmp_path: Path) -> None:
    kept = part_predictions(
        "test", ["row:0", "row:1", "row:2"], np.arange(3), np.array([0, 1, 0]),
        {"network": np.array([[.9, .1], [.8, .2], [.6, .4]])}, labels=["a", "b"], multi_label=False, corpus="",
        temperature=1.0,
    )
    write_file_report(tmp_path / "r.html", MODEL, Path("new.csv"), measured(kept), ["first", MEAN, "third"])
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Right in 66.7% of 3 documents" in text
    assert text.count("<blockquote>") == 1
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
    assert "baseline" not in text  # nobody asked one
    assert "<h2>Results</h2>" in text  # the file is nobody's test documents


def test_the_page_tells_the_answers_that_the_saved_model_gives(tmp_path: Path) -> None:
    network, both = np.array([[.9, .1], [.8, .2], [.6, .4]]), np.array([[.9, .1], [.3, .7], [.6, .4]])
    kept = part_predictions(
        "test", ["row:0", "row:1", "row:2"], np.arange(3), np.array([0, 1, 0]),
        {"network": network, "blend": both}, labels=["a", "b"], multi_label=False, corpus="", temperature=1.0,
    )
    write_file_report(tmp_path / "r.html", MODEL, Path("new.csv"), measured(kept), list("abc"))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Right in 100.0% of 3 documents" in text
    assert "<blockquote>" not in text  # the network alone had one wrong


def test_several_labels_columns_and_single_documents_are_in_plain_words(tmp_path: Path) -> None:
    names = [f"label {n:02}" for n in range(42)]
    said = np.full((2, 42), .1)
    said[:, 0] = .9
    targets = np.zeros((2, 42), dtype=np.float32)
    targets[0, 0] = targets[1, 1] = 1
    kept = part_predictions("test", ["row:0", "row:1"], np.arange(2), targets, {"network": said}, labels=names,
                            multi_label=True, corpus="", temperature=1.0)
    write_file_report(tmp_path / "r.html", MODEL, Path("new.csv"), measured(kept),
                      ["first", "xxfld 1 the title xxfld 2 the body"])
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "exactly its labels: all of them and no other" in text
    assert "label 38, label 39 and 2 more. Their figures" in text
    assert "<blockquote>the title\nthe body</blockquote>" in text
    write_file_report(tmp_path / "r.html", MODEL, Path("new.csv"), measured(kept.take(np.arange(1))), ["first"])
    assert "Right in 100.0% of 1 document.<" in (tmp_path / "r.html").read_text(encoding="utf-8")
