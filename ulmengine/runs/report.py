"""A run as one page of HTML that needs nothing else: no file beside it, no program, nothing from the network."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ulmengine.config import RunConfig, difference, dumps
from ulmengine.corpus import CorpusError, open_corpus
from ulmengine.corpus.documents import as_read
from ulmengine.counting import counted, listed
from ulmengine.disk import folders_of, whole
from ulmengine.events import EpochEnded, Event, Progress, StageEnded, Step
from ulmengine.inference import Predictions, curves
from ulmengine.inference.calibrate import Floats
from ulmengine.inference.evaluate import document_losses
from ulmengine.record.folder import RunFolder, writing
from ulmengine.record.listing import run_name
from ulmengine.record.phrases import corrected_words, value_words
from ulmengine.record.records import read_record

from .measured import Measured, against_baseline, against_words, corpus_rows, learnt_words, open_measured
from .pictures import Polyline, confusion_table, line_picture, smoothed

WORST = 20
"""Mistakes that are shown with their texts."""
_SHOWN = 1_200
_CURVES = 12
_LISTED = 40
"""Labels that a sentence lists."""

_STYLE = """
:root{--ink:#1a1e27;--soft:#566072;--line:#dee2ea;--one:#0072b2;--two:#d55e00;--ground:#fff;--sunken:#f4f5f8}
@media(prefers-color-scheme:dark){:root{--ink:#e7e9ee;--soft:#a3abb9;--line:#31353c;--one:#56b4e9;--two:#e69f00;
--ground:#1e1f22;--sunken:#131417}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:860px;margin:2rem auto;
padding:0 1rem}h1{font-size:1.6em;line-height:1.25}h2{margin-top:2em;font-size:1.2em}p.soft,td.soft,figcaption{
color:var(--soft)}table{border-collapse:collapse;margin:.6em 0;font-variant-numeric:tabular-nums}th,td{padding:.25em
.7em;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}.matrix td{text-align:right;border:2px solid
var(--ground)}.matrix .good{background:color-mix(in srgb,var(--one) calc(var(--share)*60%),transparent)}.matrix .bad{
background:color-mix(in srgb,var(--two) calc(var(--share)*60%),transparent)}pre{background:var(--sunken);padding:.8em;
overflow:auto;border-radius:6px;white-space:pre-wrap}blockquote{margin:.4em 0 1.4em;padding:.6em .9em;background:
var(--sunken);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}figure{margin:1em 0;display:inline-block}
svg{max-width:100%;height:auto}svg text{font-size:11px;fill:var(--soft)}svg .end{text-anchor:end}svg .mid{
text-anchor:middle}svg .grid{stroke:var(--line)}svg polyline,svg path{fill:none}svg .first{stroke:var(--one);
stroke-width:2}svg .second{stroke:var(--two);stroke-width:2;stroke-dasharray:6 3}svg .faint{stroke:var(--soft);
stroke-dasharray:3 3}
"""


def write_report(folder: RunFolder, path: Path, cache: Path | None = None) -> Generator[Event, None, Path]:
    """Write the report of the run in ``folder`` to ``path``.

    :param cache: where its prepared corpus lies; where the run says it, if absent.
    :returns: ``path``.
    :raises PredictionsError: the run has kept no answers. :raises RunFolderError: the file cannot be written.
    """
    yield Progress("Writing the report", 0, 0)
    measured = open_measured(folder)
    config = folder.config()
    texts, missing = yield from _worst_texts(measured, config, cache or folder.cache)
    _write(path, render(measured, config, texts, missing))
    return path


def render(measured: Measured, config: RunConfig, texts: dict[int, str], missing: str = "") -> str:
    """The page. ``texts``: those of the worst mistakes by position in the part; ``missing``: why they are not there."""
    folder, part = measured.folder, measured.part
    found = measured.record["parts"][part]
    kept = measured.kept.part(part)
    sections = [
        _headline(measured, config, found, part), _asked(config), _data(measured, config, folder),
        _curves(folder), _results(measured, found, f"Results on the {part} documents"), _classes(found),
        _pictures(kept, found), _mistakes(kept, texts, missing), _limits(measured, found, part),
        _again(folder, config),
    ]
    return _page(f"{run_name(folder)}: report", sections)


def write_file_report(path: Path, model: Path, source: Path, measured: Measured, texts: Sequence[str]) -> None:
    """Write to ``path`` what the ``model`` answered to the labelled documents of the file ``source``.

    :param measured: all of the part "test"; ``texts``: of the same documents.
    :raises RunFolderError: the file cannot be written.
    """
    kept, found = measured.kept, measured.record["parts"]["test"]
    own = found[kept.saved]["metrics"]["accuracy"]
    head = (f"<p class=soft>Model {escape(model.name)}, file {escape(source.name)}</p><h1>Right in "
            f"{own['value']:.1%} of {_documents(found['documents'])}.</h1>")
    learnt = int(measured.record.get("learnt", {}).get("test", 0))
    if learnt:
        told = learnt_words(learnt, len(kept)).format(n=f"{learnt:,}", all=f"{len(kept):,}")
        head += f"<p>{escape(told)}</p>"
    out = measured.record.get("left_out", {})
    if total := sum(out.values()):
        causes = {"no_label": "without a label", "unknown_label": "with labels that the model does not know",
                  "empty": "without a text"}
        told = ", ".join(f"{out[name]:,} {words}" for name, words in causes.items() if out.get(name))
        head += (f"<p>{total:,} of the {total + len(kept):,} documents in the file {'was' if total == 1 else 'were'} "
                 f"left out: {told}.</p>")
    wrong = {int(place): texts[place] for place in worst(measured)}
    sections = [head, _results(measured, found, "Results"), _classes(found), _pictures(kept, found),
                _mistakes(kept, wrong, ""), _limits(measured, found, "test")]
    _write(path, _page(f"{model.stem} on {source.name}", sections))


def _write(path: Path, page: str) -> None:
    with writing(path), folders_of(path), whole(path) as beside:
        beside.write_text(page, encoding="utf-8", errors="backslashreplace")  # a file's name may hold other bytes


def _page(title: str, sections: Sequence[str]) -> str:
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width"><meta http-equiv="Content-Security-Policy" '
            f"content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{escape(title)}</title>"
            f"<style>{_STYLE}</style></head><body>{''.join(sections)}</body></html>\n")


def worst(measured: Measured) -> np.ndarray:
    """Positions, in the headline's part, of the wrong answers with the largest losses."""
    kept = measured.kept.part(measured.part)
    order = np.argsort(-_losses(kept), kind="stable")
    return np.asarray(order[~kept.right(kept.saved)[order]][:WORST])


def _losses(kept: Predictions) -> Floats:
    """(n,) nats of the saved model's answers."""
    return kept.losses if kept.saved == "network" else document_losses(
        kept.given[kept.saved], kept.truth(), kept.multi_label)


def _worst_texts(
    measured: Measured, config: RunConfig, cache: Path
) -> Generator[Event, None, tuple[dict[int, str], str]]:
    positions = worst(measured)
    try:
        documents = yield from open_corpus(config.corpus, cache, seed=config.seed)
        rows = corpus_rows(measured.kept.part(measured.part).take(positions), documents)
        return {int(place): documents.text_of(int(row)) for place, row in zip(positions, rows, strict=True)
                if row >= 0}, ""
    except (CorpusError, OSError) as error:
        return {}, f"The texts are not shown, for the corpus cannot be read here: {error}"


def _headline(measured: Measured, config: RunConfig, found: dict[str, Any], part: str) -> str:
    own = found[measured.kept.saved]["metrics"]["accuracy"]
    text = f"Right in {own['value']:.1%} of the {_documents(found['documents'], part)}"
    changed = int(measured.record.get("relabelled", {}).get(part, 0))
    if changed:
        text += f" ({corrected_words(changed, part).format(n=f'{changed:,}')})"
    paired = against_baseline(measured, part)
    if paired is not None:
        said, values = against_words(paired)
        text += f"; {said.format(**values)}"
    if measured.kept.saved == "blend":
        alone = found["network"]["metrics"]["accuracy"]["value"]
        text += f" (network and word counts together; network alone {alone:.1%})"
    return (f"<p class=soft>Run {escape(run_name(measured.folder))}, {escape(config.name)}</p>"
            f"<h1>{escape(text)}.</h1>")


def _asked(config: RunConfig) -> str:
    changed = difference(RunConfig(), config)
    rows = [(name, *map(value_words, values)) for name, values in changed.items()
            if not name.startswith("corpus.relabelled")]
    return ("<h2>What was asked</h2><p>Settings that differ from the usual ones; all others are the defaults.</p>"
            + _table(("setting", "usual", "here"), rows))


def _data(measured: Measured, config: RunConfig, folder: RunFolder) -> str:
    record = measured.record
    rows = [("corpus", Path(config.corpus.path).name), ("hash of the texts, labels and split", record["corpus"]),
            ("labels", ", ".join(record["labels"][:60]) + (" …" if len(record["labels"]) > 60 else "")),
            *((f"documents for {part}", f"{found['documents']:,}") for part, found in record["parts"].items()),
            ("commonest label in training", record["majority"] or "–")]
    corrected = sum(record.get("relabelled", {}).values())
    if config.corpus.relabelled:
        rows.append(("labels corrected by a person",
                     f"{len(config.corpus.relabelled):,}, {corrected:,} of them in what is measured here"))
    if config.corpus.drop_rows:
        rows.append(("documents left out by repairs", f"{len(config.corpus.drop_rows):,}"))
    machine = read_record(folder.path / "environment.json")
    rows += [(name, str(machine[name])) for name in ("device", "card", "precision") if name in machine]
    return "<h2>The data</h2>" + _table(("", ""), rows)


def _curves(folder: RunFolder) -> str:
    losses, rates, held = [], [], []
    stages: list[tuple[str, ...]] = []
    for event in folder.events(Step, EpochEnded, StageEnded):
        match event:
            case Step():
                losses.append((float(event.total), event.loss))
                rates.append((float(event.total), event.lrs[-1]))
            case EpochEnded():
                held.append((float(event.total), event.metrics.get("valid_loss", float("nan"))))
            case StageEnded():
                accuracy = event.metrics.get("accuracy")
                loss = f"{event.valid_loss:.3f}" if event.metrics else "–"
                stages.append((event.name, str(event.epochs), f"{event.train_loss:.3f}", loss,
                               "–" if accuracy is None else f"{accuracy:.1%}", f"{event.seconds:,.0f} s"))
    loss = line_picture("Loss by step", [Polyline("training, smoothed", smoothed(losses), "first"),
                                         Polyline("validation", held, "second")], "step", "loss")
    rate = line_picture("Learning rate by step", [Polyline("", rates, "first")], "step", "learning rate")
    return ("<h2>How it learnt</h2>" + "".join(f"<figure>{one}</figure>" for one in (loss, rate) if one)
            + _table(("stage", "epochs", "training loss", "validation loss", "validation accuracy", "time"), stages))


def _results(measured: Measured, found: dict[str, Any], heading: str) -> str:
    names = {"accuracy": "accuracy", "f1_macro": "macro F1", "f1_micro": "micro F1", "mcc": "MCC", "auc": "AUC (mean)",
             "average_precision": "average precision (mean)", "ece": "calibration error", "loss": "loss (nats)"}
    who = [name for name in ("network", "baseline", "counts", "blend") if name in found]
    rows = [(words, *(_estimate(found[one]["metrics"][name]) for one in who)) for name, words in names.items()]
    told = []
    if "majority" in found:
        told.append(f"Always answering {measured.record['majority']}: {found['majority']:.1%}.")
    told.append(f"Calibration error of the network without its temperature ({measured.record['temperature']:.3f}): "
                f"{found['ece_uncalibrated']:.4f}.")
    for other, paired in found["paired"].items():
        have = "have" if other == "counts" else "has"
        told.append(f"The network has {_documents(paired['mended'])} right that the {other} {have} wrong, and "
                    f"{paired['broken']:,} the other way round.")
    what = ["With 95 % intervals (bootstrap, and Wilson's where all or none are right)"]
    if "baseline" in who:
        what.append("the baseline counts words and pairs of words (TF-IDF + logistic regression)")
    if measured.kept.multi_label:
        what.append("a document is right, and counts for the accuracy, where it was given exactly its labels: all of "
                    "them and no other")
    if "blend" in who:
        what.append("blend is the mean of the network and of counts that know parts of words too")
    return (f"<h2>{heading}</h2><p class=soft>{'; '.join(what)}.</p>" + _table(("", *who), rows)
            + f"<p>{escape(' '.join(told))}</p>")


def _classes(found: dict[str, Any]) -> str:
    rows = [(one["label"], *(f"{one[name]:.3f} ({one[f'{name}_interval'][0]:.2f} to {one[f'{name}_interval'][1]:.2f})"
                             for name in ("precision", "recall", "f1")), f"{one['support']:,}")
            for one in found["blend" if "blend" in found else "network"]["classes"]]
    return "<h2>By class</h2>" + _table(("label", "precision", "recall", "F1", "support"), rows)


def _pictures(kept: Predictions, found: dict[str, Any]) -> str:
    parts = []
    if not kept.multi_label:
        table = confusion_table(kept.labels, found[kept.saved]["confusion"])
        parts.append(f"<h2>Confusion</h2>{table}" if table else "")
    drawn = []
    for number, label in enumerate(kept.labels[:_CURVES]):
        truth = kept.targets[:, number] if kept.multi_label else kept.targets == number
        one = curves(kept.given[kept.saved][:, number], truth)
        if one is not None:
            picture = line_picture(f"{label}: ROC and precision-recall", [
                Polyline("ROC", one.roc, "first"), Polyline("precision-recall", one.precision_recall, "second"),
                Polyline("", [(0, 0), (1, 1)], "faint")], "", "", square=(260, 220))
            drawn.append(f"<figure>{picture}<figcaption>{escape(label)}</figcaption></figure>")
    bins = [(one["confidence"], one["accuracy"]) for one in found[kept.saved]["calibration"] if one["count"]]
    reliable = line_picture("Calibration", [Polyline("", bins, "first"), Polyline("", [(0, 0), (1, 1)], "faint")],
                            "confidence", "right", square=(320, 280))
    return "".join(parts) + "<h2>Curves</h2>" + "".join(drawn) + (
        f"<h2>Calibration</h2><figure>{reliable}</figure>" if reliable else "")


def _mistakes(kept: Predictions, texts: dict[int, str], missing: str) -> str:
    if missing:
        return f"<h2>Worst mistakes</h2><p>{escape(missing)}</p>"
    losses = _losses(kept)
    order = sorted(texts, key=lambda place: -losses[place])
    told = ("First come those that gave least to the right answer; the share is that of what was said. Rows "
            "of the source are counted from 1." if order
            else "There are none.")
    parts = [f"<h2>Worst mistakes</h2><p>{told}</p>"]
    for place in order:
        one = np.array([place])
        given, said = kept.names(kept.targets[one])[0], kept.names(kept.predicted(kept.saved)[one])[0]
        text = as_read(texts[place], "\n").strip()
        parts.append(f"<p>Row {int(kept.rows[place]) + 1:,}: given <b>{escape(given or 'none')}</b>, said "
                     f"<b>{escape(said or 'none')}</b> ({kept.confidence(kept.saved)[place]:.0%})</p>"
                     f"<blockquote>{escape(text[:_SHOWN])}{'…' if len(text) > _SHOWN else ''}</blockquote>")
    return "".join(parts)


def _limits(measured: Measured, found: dict[str, Any], part: str) -> str:
    told = [f"The intervals speak of chance in the choice of the {_documents(found['documents'])} here, not of texts "
            "of another kind, time or source: measure anew on those."]
    if part == "validation":
        told.append("No test documents were held back. The best epoch was chosen on the documents measured here, so "
                    "the figures flatter.")
        if measured.record.get("refit"):
            told.append("The figures are those of the network before it learnt from these documents too; of the saved "
                        "model, which has, nothing is known.")
    unseen = [one["label"] for one in found["network"]["classes"]
              if one["support"] and one["label"] in measured.record.get("unseen", ())]
    if unseen:
        borne = "label" if len(unseen) == 1 else "labels"
        told.append(f"No training document bears the {borne} {listed(unseen, _LISTED)}: nothing could "
                    f"be learnt about {'it' if len(unseen) == 1 else 'them'}, and each document here that bears "
                    f"{'it' if len(unseen) == 1 else 'one of them'} counts as a mistake.")
    rare = [one["label"] for one in found["network"]["classes"] if one["support"] < 20]
    if rare:
        told.append(f"Fewer than 20 documents were there of: {listed(rare, _LISTED)}. Their figures are little more "
                    "than anecdotes.")
    paired = against_baseline(measured, part)
    if paired is not None and paired["verdict"] != "better":
        told.append("The word-count baseline is not beaten beyond chance: it is quicker, smaller and easier to "
                    "explain.")
    if sum(measured.record.get("relabelled", {}).values()):
        told.append("Some labels measured against were corrected by a person who may have seen the network's answers.")
    told += measured.record.get("notes", [])
    return "<h2>Limits</h2><ul>" + "".join(f"<li>{escape(one)}</li>" for one in told) + "</ul>"


def _documents(count: int, part: str = "") -> str:
    return counted(count, f"{part} document".lstrip(), f"{part} documents".lstrip())


def _again(folder: RunFolder, config: RunConfig) -> str:
    machine = read_record(folder.path / "environment.json")
    named = ("program", "python", "torch", "numpy", "scikit-learn", "tokenizers", "polars", "system",
             "processor", "cores")
    versions = [(name, str(machine[name])) for name in named if name in machine]
    command = "python -m ulmengine train config.toml --out run"
    return ("<h2>The same again</h2><p>Write the settings below into config.toml, then:</p>"
            f"<pre>{escape(command)}</pre><details><summary>config.toml</summary><pre>{escape(dumps(config))}</pre>"
            f"</details>{_table(('', ''), versions)}")


def _estimate(values: dict[str, Any]) -> str:
    if values["value"] is None:
        return "–"
    return f"{values['value']:.4f} ({values['low']:.4f} to {values['high']:.4f})"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in headings) if any(headings) else ""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>" if body else ""
