"""Commands that read files: inspect, tokenize, predict, evaluate."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ulmengine.config import CorpusConfig, RunConfig, with_settings

from .output import finish, say, say_json


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
                         help="a text file (one document) or a table (one document a row)")
    predict.add_argument("--json", action="store_true", help="one JSON object a document")
    predict.set_defaults(command=run_predict)

    evaluate = commands.add_parser("evaluate", help="measure a model on labelled texts")
    evaluate.add_argument("model", type=Path, metavar="MODEL")
    evaluate.add_argument("file", type=Path, metavar="FILE")
    evaluate.add_argument("--text", action="append", default=[], metavar="COL")
    evaluate.add_argument("--label", action="append", default=[], metavar="COL")
    evaluate.add_argument("--json", action="store_true")
    evaluate.set_defaults(command=run_evaluate)


def run_inspect(options: argparse.Namespace) -> int:
    """``inspect``: format, columns, labels and the audit's findings."""
    from ulmengine.corpus import inspect

    found = finish(inspect(options.file, CorpusConfig(path=str(options.file.absolute()), member=options.member)))
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
    from ulmengine.inference import Predictor
    from ulmengine.models import load_bundle

    predictor = Predictor(load_bundle(options.model))
    for path in options.files:
        for place, prediction in zip(_places(path), predictor.predict(read_texts(path)), strict=False):
            if options.json:
                say_json({**place, "label": _label(prediction.label), "probabilities": prediction.probabilities})
            else:
                best = max(prediction.probabilities.values())
                say("\t".join([*map(str, place.values()), str(_label(prediction.label)), f"{best:.3f}"]))
    return 0


def run_evaluate(options: argparse.Namespace) -> int:
    """``evaluate``: a model's figures on all labelled documents of a file."""
    import numpy as np

    from ulmengine.inference import Predictor, evaluate
    from ulmengine.models import load_bundle

    bundle = load_bundle(options.model)
    config = CorpusConfig(
        path=str(options.file.resolve()), text_columns=tuple(options.text), label_columns=tuple(options.label),
        split={"method": "stratified", "validation": 0.0, "test": 0.0},  # type: ignore[arg-type]
    )
    with tempfile.TemporaryDirectory() as cache:
        documents = _open(config, Path(cache))
        unknown = sorted(set(documents.labels) - set(bundle.labels))
        if unknown or not documents.labels:
            raise ValueError(
                f"{options.file}: the model does not know the label{'s' if len(unknown) > 1 else ''} "
                f"{', '.join(unknown)}; it knows {', '.join(bundle.labels)}" if unknown
                else f"{options.file}: no labels were found; name the column with --label"
            )
        predictor = Predictor(bundle)
        given = [list(p.probabilities.values()) for p in predictor.predict(documents.texts("train"))]
        places = [bundle.labels.index(label) for label in documents.labels]
        targets = documents.targets("train")
        if documents.multi_label:
            wide = np.zeros((len(targets), len(bundle.labels)), dtype=np.float32)
            wide[:, places] = targets
            targets = wide
        else:
            targets = np.asarray(places)[targets]
        result = evaluate(np.array(given), targets, bundle.labels, multi_label=documents.multi_label)
    if options.json:
        say_json(result.to_json())
        return 0
    for name, estimate in result.metrics.items():
        say(f"{name:20} {estimate.value:8.4f}   {estimate.low:.4f} to {estimate.high:.4f}")
    return 0


def _label(label: Any) -> Any:
    return list(label) if isinstance(label, tuple) else label


def _places(path: Path) -> Iterator[dict[str, Any]]:
    from ulmengine.inference.reading import is_lone_text

    if is_lone_text(path):
        yield {"path": str(path)}
        return
    row = 0
    while True:
        yield {"path": str(path), "row": row}
        row += 1


def read_texts(path: Path) -> Iterator[str]:
    """The documents of a file: all of a text file, or each row of a table."""
    from ulmengine.inference.reading import is_lone_text, read_text

    if is_lone_text(path):
        yield read_text(path)
        return
    # Whatever parts the table names, each row is a document to be answered, also one that training would leave out.
    split = {"method": "stratified", "validation": 0.0, "test": 0.0}
    config = CorpusConfig(path=str(path.resolve()), split=split)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as cache:
        documents = _open(config, Path(cache))
        import numpy as np

        yield from documents.texts_of(np.arange(len(documents.parts)))


def _open(config: CorpusConfig, cache: Path) -> Any:
    from ulmengine.corpus import open_corpus

    return finish(open_corpus(config, cache))
