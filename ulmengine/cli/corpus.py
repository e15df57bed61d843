"""Commands that look at a corpus, without PyTorch: inspect, tokenize, config."""

from __future__ import annotations

import argparse

from ulmengine.bench.tokenize import tokenize_file
from ulmengine.config import CorpusConfig, dumps, usual_for, validate, with_settings
from ulmengine.config.published import RATES
from ulmengine.corpus import inspect, preview
from ulmengine.corpus.readers.pipes import known_as

from .output import say, say_json, say_text, with_progress

PUBLISHED = (
    *(f"{name}={str(value).lower()}" for name, value in RATES.items()),
    "model.dropout.multiplier=1.0", "model.dropout.embedding=0.05", "model.head_hidden=50",
)
"""What stands in 1801.06146, 4.1, where it is not the default, which is for smaller networks and corpora."""


def run_inspect(options: argparse.Namespace) -> None:
    """``inspect``: format, columns, labels and the audit's findings."""
    found = with_progress(inspect(options.file, CorpusConfig(
        path=str(options.file.absolute()), member=options.member, format=options.format)))
    found["path"] = known_as(found["path"])
    if options.json:
        say_json(found)
        return
    for name, value in found.items():
        if name != "audit":
            say(f"{name:14} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for finding in found["audit"]:
        say(f"  {finding['count']:>7,} {finding['title']}: {finding['why']}")


def run_tokenize(options: argparse.Namespace) -> None:
    """``tokenize``: a store of token ids and the tokeniser beside it."""
    tokens = {"tokenizer": options.tokenizer, "vocab_size": options.vocab_size}
    config = validate({"tokens": tokens}, "tokenize").tokens
    figures = with_progress(tokenize_file(options.file, options.out, config))
    if options.json:
        say_json(figures)
    else:
        say(f"{figures['documents']:,} documents, {figures['tokens']:,} tokens in {figures['seconds']:.2f} s "
            f"({figures['mb_per_s']:.2f} MB/s), at most {figures['peak_rss_mb']:,.0f} MB")


def run_config(options: argparse.Namespace) -> None:
    """``config``: TOML for a corpus, with what was understood of it filled in."""
    settings = {"text_columns": tuple(options.text), "label_columns": tuple(options.label)}
    base = with_settings(usual_for(options.file), [
        f"model.preset={options.preset}", *(PUBLISHED if options.preset == "paper" else ()),
    ])
    wanted = base.corpus.model_copy(update=settings)
    understood = preview(options.file, wanted, rows=50).understood
    corpus = wanted.model_copy(update={
        "text_columns": understood.text_columns, "label_columns": understood.label_columns,
    })
    say_text(dumps(base.model_copy(update={"corpus": corpus}), comments=True).rstrip())
