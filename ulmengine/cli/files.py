"""Commands that read files: inspect, tokenize, predict, evaluate."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ulmengine.config import CorpusConfig, RunConfig, with_settings
from ulmengine.events import Progress

from .output import ProgressView, complain, finish, say, say_json

if TYPE_CHECKING:
    from ulmengine.inference import Prediction
    from ulmengine.inference.sources import Text


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    inspect = commands.add_parser("inspect", help="what is in a file, and what is wrong with it")
    inspect.add_argument("file", type=Path, metavar="FILE", help="a file or folder; - reads standard input")
    inspect.add_argument("--member", default="", metavar="NAME", help="the file wanted of a zip archive")
    inspect.add_argument("--json", action="store_true")
    inspect.set_defaults(command=run_inspect)

    tokenize = commands.add_parser("tokenize", help="cut the texts of a file into tokens")
    tokenize.add_argument("file", type=Path, metavar="FILE")
    tokenize.add_argument("--out", type=Path, required=True, metavar="DIR")
    tokenize.add_argument("--tokenizer", choices=("word", "bpe", "unigram"), default="word")
    tokenize.add_argument("--vocab-size", type=int, default=30_000, metavar="N")
    tokenize.add_argument("--json", action="store_true")
    tokenize.set_defaults(command=run_tokenize)

    predict = commands.add_parser("predict", help="classify texts with a trained model")
    predict.add_argument("model", type=Path, metavar="MODEL")
    predict.add_argument("files", type=Path, nargs="+", metavar="FILE",
                         help="a text file (one document), a table (one document a row), or - for standard input")
    predict.add_argument("--text", action="append", default=[], metavar="COL",
                         help="a column with the texts (repeatable); otherwise those that the model learnt from")
    predict.add_argument("--json", action="store_true", help="one JSON object a document")
    predict.set_defaults(command=run_predict)

    evaluate = commands.add_parser("evaluate", help="measure a model on labelled texts")
    evaluate.add_argument("model", type=Path, metavar="MODEL")
    evaluate.add_argument("file", type=Path, metavar="FILE")
    evaluate.add_argument("--text", action="append", default=[], metavar="COL")
    evaluate.add_argument("--label", action="append", default=[], metavar="COL")
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--report", type=Path, metavar="FILE.html",
                          help="also write one self-contained page: figures, curves and the worst mistakes")
    evaluate.set_defaults(command=run_evaluate)


def run_inspect(options: argparse.Namespace) -> int:
    """``inspect``: format, columns, labels and the audit's findings."""
    from ulmengine.corpus import inspect
    from ulmengine.corpus.readers.pipes import known_as

    found = finish(inspect(options.file, CorpusConfig(path=str(options.file.absolute()), member=options.member)))
    found["path"] = known_as(found["path"])
    if options.json:
        say_json(found)
        return 0
    for name, value in found.items():
        if name != "audit":
            say(f"{name:14} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for finding in found["audit"]:
        say(f"  {finding['count']:>7,} {finding['title']}: {finding['why']}")
    return 0


def run_tokenize(options: argparse.Namespace) -> int:
    """``tokenize``: a store of token ids and the tokeniser beside it."""
    from ulmengine.bench.tokenize import tokenize_file

    wanted = [f"tokens.tokenizer={options.tokenizer}", f"tokens.vocab_size={options.vocab_size}"]
    config = with_settings(RunConfig(), wanted).tokens
    figures = finish(tokenize_file(options.file, options.out, config))
    if options.json:
        say_json(figures)
    else:
        say(f"{figures['documents']:,} documents, {figures['tokens']:,} tokens in {figures['seconds']:.2f} s "
            f"({figures['mb_per_s']:.2f} MB/s), at most {figures['peak_rss_mb']:,.0f} MB")
    return 0


def run_predict(options: argparse.Namespace) -> int:
    """``predict``: label and probabilities of every document, in the order of the files."""
    from ulmengine.corpus.readers.pipes import known_as
    from ulmengine.inference import Predictor
    from ulmengine.inference.sources import answers, texts_of
    from ulmengine.models import load_bundle

    bundle = load_bundle(options.model)
    predictor = Predictor(bundle)
    for path in options.files:
        asked = empty = 0
        with tempfile.TemporaryDirectory() as cache, ExitStack() as shown:
            texts = finish(texts_of(path, Path(cache), bundle.columns, tuple(options.text)))
            view = None
            for said in answers(predictor, texts):
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
    return 0


def _say_answer(text: Text, prediction: Prediction | None, *, as_json: bool) -> None:
    from ulmengine.corpus.readers.pipes import known_as

    place = {"path": known_as(text.path), **({} if text.row is None else {"row": text.row})}
    if as_json:
        say_json({**place, "label": prediction and prediction.label,
                  "probabilities": prediction and prediction.probabilities})
    else:
        answer = ("", "") if prediction is None else (prediction.label, f"{max(prediction.probabilities.values()):.3f}")
        say("\t".join([*map(str, place.values()), *answer]))


def run_evaluate(options: argparse.Namespace) -> int:
    """``evaluate``: a model's figures on all labelled documents of a file."""
    from ulmengine.corpus.readers.pipes import known_as
    from ulmengine.inference import Predictor
    from ulmengine.models import load_bundle
    from ulmengine.runs.report import write_file_report
    from ulmengine.runs.table import measure_table

    bundle = load_bundle(options.model)
    with tempfile.TemporaryDirectory() as cache:
        found = finish(measure_table(
            options.model, Predictor(bundle), options.file, Path(cache), bundle.columns, text=tuple(options.text),
            label=tuple(options.label),
        ))
        for note in found.notes:
            complain(f"{known_as(options.file)}: {note}")
        kept = found.measured.kept
        if options.report is not None:
            write_file_report(options.report, options.model, options.file, kept, found.texts())
    result = found.measured.record["parts"]["test"][kept.saved]
    if options.json:
        say_json(result)
        return 0
    for name, estimate in result["metrics"].items():
        value, low, high = (float("nan") if estimate[one] is None else estimate[one]
                            for one in ("value", "low", "high"))
        say(f"{name:20} {value:8.4f}   {low:.4f} to {high:.4f}")
    return 0


def read_texts(path: Path) -> Iterator[str]:
    """The documents of a file: all of a text file, or each row of a table."""
    from ulmengine.inference.sources import texts_of

    with tempfile.TemporaryDirectory() as cache:
        yield from (one.text for one in finish(texts_of(path, Path(cache))))
