"""The command that measures: bench."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

from .files import read_texts
from .output import complain, say, say_json


def add_commands(commands: Any) -> None:
    """Add this group's command to the parser's ``commands``."""
    bench = commands.add_parser("bench", help="measure speed and memory, beside the reference (fastai) if wanted")
    bench.add_argument("work", choices=("lm", "classifier", "predict", "save", "tokenize", "corpus", "quality"))
    bench.add_argument("--preset", choices=("paper", "small", "tiny"), default="paper")
    bench.add_argument("--vocab", type=int, default=30_000, metavar="N")
    bench.add_argument("--batch", type=int, metavar="N",
                       help="default: 64 rows (lm, save), 32 documents (classifier), 64 of the reference's (predict)")
    bench.add_argument("--seq", type=int, default=72, metavar="N", help="tokens read at once")
    bench.add_argument("--steps", type=int, metavar="N",
                       help="measured steps; default: 3 (lm, classifier), 5 and as many saves (save)")
    bench.add_argument("--documents", type=int, metavar="N",
                       help="default: 1,000 (predict), 2,000 to learn from and as many to measure on (quality)")
    bench.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="cpu",
                       help="on what both compute (lm, classifier, predict, save); auto: as a run chooses")
    bench.add_argument("--precision", choices=("auto", "float32", "bfloat16", "float16"), default="auto",
                       help="of our products; float16 on a graphics card only")
    bench.add_argument("--softmax", choices=("full", "adaptive", "sampled"), default="full", help="(lm)")
    bench.add_argument("--validate", action="store_true", help="measure validation instead of training (lm)")
    bench.add_argument("--threads", type=int, default=0, metavar="N")
    bench.add_argument("--texts", type=Path, metavar="FILE",
                       help="corpus to cut into tokens (tokenize), to answer with --model (predict) or to learn the "
                            "language from (quality)")
    bench.add_argument("--held-out", type=Path, metavar="FILE", help="texts whose perplexity is taken (quality)")
    bench.add_argument("--labelled", type=Path, metavar="FILE", help="corpus of the classifier (quality)")
    bench.add_argument("--seeds", type=int, default=3, metavar="N", help="(quality)")
    bench.add_argument("--agreement", action="store_true",
                       help="compare the labels in this precision with those in float32 (predict)")
    bench.add_argument("--model", type=Path, metavar="FILE",
                       help="compare them of this classifier, on --documents of the --texts (predict)")
    bench.add_argument("--megabytes", type=int, default=200, metavar="N", help="size of the table (corpus)")
    bench.add_argument("--reference", action="store_true", help="measure fastai in the same run, if it is installed")
    bench.add_argument("--reference-python", metavar="PYTHON", help="the Python in which fastai is installed")
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(command=run_bench)


def run_bench(options: argparse.Namespace) -> int:
    """``bench``: figures of one kind of work; says so where the reference is not there to be measured."""
    python = options.reference_python
    if options.reference and python is None:
        if importlib.util.find_spec("fastai") is None:
            complain("the reference (fastai) is not installed here; install it, or name a Python that has it with "
                     "--reference-python; measuring without it")
        else:
            python = sys.executable
    figures = _measure(options, python)
    if options.reference and python is None:
        figures |= {"reference": None, "ratio": None}
    if options.json:
        say_json(figures)
    else:
        _show(figures)
    return 0


def _measure(options: argparse.Namespace, python: str | None) -> dict[str, Any]:
    common = {"preset": options.preset, "vocab": options.vocab, "seq": options.seq, "threads": options.threads,
              "precision": options.precision, "device": options.device}
    match options.work:
        case "lm":
            from ulmengine.bench.lm import bench_lm

            return bench_lm(python, **common, batch=options.batch or 64, steps=options.steps or 3,
                            softmax=options.softmax, validate=options.validate)
        case "classifier":
            from ulmengine.bench.classifier import bench_classifier

            return bench_classifier(python, **common, batch=options.batch or 32, steps=options.steps or 3)
        case "predict":
            from ulmengine.bench.predict import bench_predict

            return bench_predict(
                python, **common, batch=options.batch or 64, documents=options.documents or 1_000,
                agreement=options.agreement, model=options.model, texts=options.texts,
            )
        case "save":
            from ulmengine.bench.save import bench_save

            return bench_save(**common, batch=options.batch or 64, saves=options.steps or 5)
        case "corpus":
            from ulmengine.bench.corpus import bench_corpus

            return bench_corpus(options.megabytes)
        case "quality":
            from ulmengine.bench.quality import bench_quality

            missing = [name for name in ("texts", "held_out", "labelled") if getattr(options, name) is None]
            if missing:
                names = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
                raise ValueError(f"bench quality needs three corpora; name with {names} FILE what is missing")
            return bench_quality(
                options.texts, options.held_out, options.labelled, python, documents=options.documents or 2_000,
                seeds=options.seeds, threads=options.threads, told=complain,
            )
    from ulmengine.bench.tokenize import bench_tokenize

    if options.texts is None:
        raise ValueError("bench tokenize needs texts: name a corpus of 5,000 or more documents with --texts FILE")
    return bench_tokenize(list(read_texts(options.texts)), python)


def _show(figures: dict[str, Any], indent: str = "") -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            say(f"{indent}{name}:")
            _show(value, indent + "  ")
        else:
            say(f"{indent}{name:18} {value:,.3f}" if isinstance(value, float) else f"{indent}{name:18} {value}")
