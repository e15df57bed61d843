"""Commands of those who make the shipped models: experiments on known corpora, and teach."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .output import ProgressView, say, say_json


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    tried = commands.add_parser("experiments", help="what the program reaches on known corpora, beside word counts")
    tried.add_argument("experiment", type=Path, metavar="FILE.toml", help="as resources/experiments/usual.toml")
    tried.add_argument("--data", type=Path, required=True, help="the folder with the corpora's files")
    tried.add_argument("--out", type=Path, required=True, help="folder of the runs; what has finished there is kept")
    tried.add_argument("--part", choices=("validation", "test"), default="validation",
                       help="test: on test documents, by which nothing may be chosen (default: validation)")
    tried.add_argument("--only", default="", metavar="NAME", help="this corpus alone")
    tried.add_argument("--json", action="store_true", help="a line of JSON for every run instead of the table")
    tried.set_defaults(command=run_experiments)

    taught = commands.add_parser(
        "teach", help="lead a language model's encoder towards the vectors that a teacher gives to passages",
        description="PASSAGES.parquet has the columns text and vector (lists of one length), made beforehand by a "
                    "sentence encoder of your choice. The model may be used, and given away, without the teacher.",
    )
    taught.add_argument("model", type=Path, metavar="MODEL.ulmfit")
    taught.add_argument("passages", type=Path, metavar="PASSAGES.parquet")
    taught.add_argument("--out", type=Path, required=True, metavar="FILE.ulmfit")
    taught.add_argument("--epochs", type=float, default=2.0, help="passes over the passages (default: 2)")
    taught.add_argument("--lr", type=float, default=2.5e-3, help="peak learning rate (default: 0.0025)")
    taught.add_argument("--teacher", default="", metavar="NAME", help="named in the model's card")
    taught.set_defaults(command=run_teach)


def run_experiments(options: argparse.Namespace) -> int:
    """``experiments``: every run of an experiment, and a table of them."""
    from ulmengine.bench.experiments import read_experiment, run_experiment, table

    rows = []
    for row in run_experiment(
        read_experiment(options.experiment), options.data, options.out, options.part, options.only
    ):
        rows.append(row)
        if options.json:
            say_json(asdict(row))
        else:
            say(f"{row.corpus}, {row.labels:,} labels, draw {row.draw}: network {row.network:.3f}, word counts "
                f"{row.counts:.3f}, as shipped {row.shipped:.3f}")
    if not options.json:
        say(table(rows))
    return 0


def run_teach(options: argparse.Namespace) -> int:
    """``teach``: a language model whose encoder knows what a teacher knows."""
    import numpy as np
    import polars as pl
    import torch

    from ulmengine.models import load_bundle, save_bundle
    from ulmengine.nets import precision_for
    from ulmengine.training.teaching import Lesson, teach

    bundle = load_bundle(options.model)
    about = bundle.description
    if about.kind != "language_model" or about.directions != ("forward",):
        raise ValueError(f"{options.model}: only a language model that reads forwards can be taught")
    try:
        frame = pl.read_parquet(options.passages, columns=["text", "vector"])
        vectors = np.stack(frame["vector"].to_list()).astype(np.float32)
    except (OSError, pl.exceptions.PolarsError, ValueError) as error:
        raise ValueError(f"{options.passages}: needs the columns text and vector, all vectors of one length "
                         f"({error})") from error
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    passages = [np.asarray(bundle.tokenizer.encode(text), dtype=np.int32) for text in frame["text"]]
    model = bundle.language_models()["forward"]
    steps = teach(model.encoder, passages, vectors, Lesson(epochs=options.epochs, lr=options.lr),
                  precision_for(torch.device("cpu"), "auto"))
    with ProgressView() as view:
        while True:
            try:
                view.show(next(steps))
            except StopIteration as end:
                cosine = float(end.value)
                break
    card = {**about.card, "taught": f"{len(passages):,} passages, {options.epochs:g} epochs"
            f"{', by ' + options.teacher if options.teacher else ''}; mean cosine {cosine:.3f} on passages held back"}
    save_bundle(
        options.out, kind="language_model", state=model.state_dict(), tokenizer=bundle.tokenizer_json,
        sizes=about.sizes, model=about.model, bptt=about.bptt, softmax=about.softmax, card=card, dtype="float16",
    )
    say(f"mean cosine {cosine:.4f}; {options.out}")
    return 0
