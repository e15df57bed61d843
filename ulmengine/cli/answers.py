"""Commands that ask a trained model: predict, evaluate, generate."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from ulmengine.corpus.readers.pipes import known_as
from ulmengine.counting import counted
from ulmengine.disk import passing_folder
from ulmengine.events import Progress
from ulmengine.inference import Prediction, Predictor, generate_text
from ulmengine.inference.sources import Text, answer_texts, texts_of
from ulmengine.models import Bundle, load_bundle
from ulmengine.runs.measured import learnt_words
from ulmengine.runs.perplexity import measure_language_model
from ulmengine.runs.report import write_file_report
from ulmengine.runs.table import measure_table

from .output import ProgressView, complain, say, say_json, say_text, with_progress


def run_predict(options: argparse.Namespace) -> None:
    """``predict``: label and probabilities of every document, in the order of the files."""
    bundle = load_bundle(options.model)
    predictor = Predictor(bundle)
    for path in options.files:
        asked = empty = 0
        with passing_folder("corpus") as cache, ExitStack() as shown:
            texts = with_progress(texts_of(path, cache, bundle.columns, tuple(options.text), options.format))
            view = None
            for said in answer_texts(predictor, texts):
                if isinstance(said, Progress):
                    view = view or shown.enter_context(ProgressView())
                    view.show(said)
                    continue
                shown.close()
                view = None
                _say_answer(*said, as_json=options.json)
                asked, empty = asked + 1, empty + (said[1] is None)
        if empty:
            are = "is" if empty == 1 else "are"
            complain(f"{known_as(path)}: {empty:,} of {asked:,} texts {are} empty and got no answer")


def _say_answer(text: Text, prediction: Prediction | None, *, as_json: bool) -> None:
    row = {} if text.row is None else {"row": text.row}
    if as_json:
        file = {"file": text.file} if text.file else {}
        say_json({"path": known_as(text.path), **row, **file, "label": prediction and prediction.label,
                  "probabilities": prediction and prediction.probabilities})
    else:
        place = [str(text.path / text.file)] if text.file else [known_as(text.path), *map(str, row.values())]
        answer = ("", "") if prediction is None else (prediction.label, f"{prediction.certainty:.3f}")
        say(*place, *answer)


def run_evaluate(options: argparse.Namespace) -> None:
    """``evaluate``: a classifier's figures on all labelled documents of a file; a language model's on any texts."""
    bundle = load_bundle(options.model)
    if bundle.description.kind == "language_model":
        _evaluate_language_model(bundle, options)
        return
    with passing_folder("corpus") as cache:
        found = with_progress(measure_table(
            options.model, Predictor(bundle), options.file, cache, bundle.columns, text=tuple(options.text),
            label=tuple(options.label), kind=options.format,
        ))
        for note in found.notes:
            complain(f"{known_as(options.file)}: {note}")
        kept = found.measured.kept
        learnt = found.measured.record.get("learnt", {}).get("test")
        if learnt:
            complain(f"{known_as(options.file)}: "
                     + learnt_words(learnt, len(kept)).format(n=f"{learnt:,}", all=f"{len(kept):,}"))
        if options.report is not None:
            write_file_report(options.report, options.model, options.file, found.measured, found.texts())
    result = found.measured.record["parts"]["test"][kept.saved]
    if options.json:
        record = found.measured.record
        say_json({**result, **({} if learnt is None else {"learnt": learnt}), "left_out": record["left_out"],
                  "notes": record["notes"]})
        return
    whose = "network and word counts together" if kept.saved == "blend" else "the network"
    complain(f"{counted(len(kept), 'document', 'documents')}; {whose}; each figure with its 95 % interval")
    for name, estimate in result["metrics"].items():
        if estimate["value"] is not None:  # where only one class is there, some figures have no meaning
            low, high = (float("nan") if estimate[end] is None else estimate[end] for end in ("low", "high"))
            say(f"{name:20} {estimate['value']:8.4f}   {low:.4f} to {high:.4f}")


def _evaluate_language_model(bundle: Bundle, options: argparse.Namespace) -> None:
    if options.label or options.report is not None:
        raise ValueError(f"{options.model}: a language model is measured by the words that it predicts: --label and "
                         "--report are for classifiers")
    with passing_folder("corpus") as cache:
        found = with_progress(measure_language_model(bundle, options.file, cache, options.text,
                                                     options.format))
    if options.json:
        say_json(asdict(found))
        return
    complain(f"{found.tokens:,} tokens, {found.unknown:.1%} of them unknown words")
    for direction, perplexity in found.perplexity.items():
        say(f"perplexity {direction:9} {perplexity:10.2f}")


def run_generate(options: argparse.Namespace) -> None:
    """``generate``: what the language model writes, without what it was given."""
    text = generate_text(
        load_bundle(options.model), options.prompt, length=options.length, temperature=options.temperature,
        top_k=options.top_k, seed=options.seed, direction=options.direction,
    )
    if options.json:
        say_json({"prompt": options.prompt, "text": text})
    else:
        say_text(text)


def read_texts(path: Path) -> Iterator[str]:
    """The documents of a file: all of a text file, or each row of a table."""
    with passing_folder("corpus") as cache:
        yield from (one.text for one in with_progress(texts_of(path, cache)))
