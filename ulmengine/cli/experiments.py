"""Commands of those who make the shipped models: experiments on known corpora, and teach."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from ulmengine.bench.experiments import read_experiment, run_experiment, table
from ulmengine.disk import refuse_endless
from ulmengine.models import load_bundle, save_bundle
from ulmengine.models.networks import build_language_model
from ulmengine.nets import precision_for
from ulmengine.tokens import WordTokenizer
from ulmengine.training.new_words import add_words
from ulmengine.training.teaching import Lesson, teach

from .output import say, say_json, say_text, with_progress


def run_experiments(options: argparse.Namespace) -> None:
    """``experiments``: every run of an experiment, and a table of them."""
    rows = []
    for row in run_experiment(
        read_experiment(options.experiment), options.data, options.out, options.part, options.only
    ):
        rows.append(row)
        if options.json:
            say_json(asdict(row))
        else:
            named = f"{row.corpus}, {row.variant}" if row.variant else row.corpus
            say(f"{named}, {row.labels:,} labels, draw {row.draw}: network {row.network:.3f}, word counts "
                f"{row.counts:.3f}, as shipped {row.shipped:.3f}")
    if not options.json:
        say_text(table(rows))


def run_teach(options: argparse.Namespace) -> None:
    """``teach``: a language model whose encoder knows what a teacher knows."""
    bundle = load_bundle(options.model)
    about, tokenizer = bundle.description, bundle.tokenizer
    if about.kind != "language_model" or "forward" not in about.directions:
        raise ValueError(f"{options.model}: only a language model that reads forwards can be taught")
    if not options.backward and len(about.directions) > 1:
        raise ValueError(f"{options.model}: it reads backwards too, by the rows of words that teaching the other way "
                         "would change; give --backward, or a model that reads forwards alone")
    if options.backward and options.words is not None:
        raise ValueError("--backward keeps the words as they are: teach more --words first, forwards")
    if not options.language >= 0:
        raise ValueError(f"--language weighs a loss: give 0 or more, not {options.language:g}")
    options.out.parent.mkdir(parents=True, exist_ok=True)  # not when the first minutes are to be saved
    keep = options.out.with_name(f"{options.out.name}.teaching")
    if keep.exists() and not options.resume:
        raise ValueError(f"{keep} holds a teaching that was interrupted; add --resume to go on with it, or remove it")
    texts, vectors = _read_vectors(options.passages, "text")
    forward = bundle.weights("forward")
    weights = {**forward, **(bundle.weights("backward") if options.backward else {})}
    told = f"{len(texts):,} passages"
    if options.words is not None:
        if not isinstance(tokenizer, WordTokenizer) or about.softmax == "adaptive":
            raise ValueError(f"{options.model}: only a model of whole words, with a full softmax, takes more of them")
        words, of_words = _read_vectors(options.words, "word")
        grown = add_words(tokenizer, weights["encoder.embedding.weight"], weights.get("decoder.bias"), words, of_words)
        tokenizer, weights["encoder.embedding.weight"] = grown.tokenizer, grown.rows
        if grown.bias is not None:
            weights["decoder.bias"] = grown.bias
        texts, vectors = [*texts, *words], np.concatenate([vectors, of_words])
        told += f" and {len(words):,} words"
    step = -1 if options.backward else 1
    passages = [np.asarray(tokenizer.encode(text)[::step], dtype=np.int32) for text in texts]
    # Over all words most of the time would go into the softmax.
    softmax = "sampled" if about.softmax == "full" else about.softmax
    grown_about = about.model_copy(update={"vocabulary": len(tokenizer.vocabulary), "softmax": softmax})
    model = build_language_model(grown_about, weights, options.model)
    model.encoder.embedding.weight.requires_grad_(not options.backward)  # one set of rows for both directions
    precision = precision_for(torch.device("cpu"), "auto")
    lesson = Lesson(epochs=options.epochs, lr=options.lr, language=options.language)
    with closing(teach(model, passages, vectors, lesson, precision, keep)) as steps:
        taught = with_progress(steps)
    by = f", by {options.teacher}" if options.teacher else ""
    told += f", {options.epochs:g} epochs{by}; mean cosine {taught.cosine:.3f} and perplexity "
    told += f"{taught.perplexity:,.1f} on passages held back"
    state, settings, before = model.state_dict(), about.model, about.card.get("taught")
    card = {**about.card, "taught": f"{before}; then by {told}" if before else told}
    if options.backward:
        ways = {"forward": forward, "backward": state}
        state = {f"{way}.{name}": value for way, values in ways.items() for name, value in values.items()}
        settings = settings.model_copy(update={"direction": "both"})
        begun = "begun with the weights that read forwards, of which the rows of words stayed as they were"
        before = about.card.get("read backwards", "" if "backward" in about.directions else begun)
        card = {**about.card, "read backwards": f"{before}; then taught by {told}" if before else f"taught by {told}"}
    if options.words is not None:
        card["words added"] = (f"{len(grown.added):,}; their vectors began where those of the teacher lead, and were "
                               "taught with all others")
    save_bundle(
        options.out, kind="language_model", state=state, tokenizer=tokenizer.to_json(),
        sizes=about.sizes, model=settings, bptt=about.bptt, softmax=about.softmax, card=card, dtype="float16",
    )
    keep.unlink(missing_ok=True)
    say(f"mean cosine {taught.cosine:.4f}, perplexity {taught.perplexity:,.1f}; {options.out}")


def _read_vectors(path: Path, name: str) -> tuple[list[str], NDArray[np.float32]]:
    """Texts or words of a table, and the teacher's vectors of them, brought to the length 1."""
    try:
        refuse_endless(path)
        frame = pl.read_parquet(path, columns=[name, "vector"])
        vectors = np.stack(frame["vector"].to_list()).astype(np.float32)
    except (OSError, pl.exceptions.PolarsError, ValueError) as error:
        raise ValueError(f"{path}: needs the columns {name} and vector, all vectors of one length "
                         f"({error})") from error
    lacking = frame[name].null_count() or frame[name].dtype != pl.String
    if lacking or not np.isfinite(vectors).all():
        raise ValueError(f"{path}: {'there are rows without a ' + name if lacking else 'some vectors are no numbers'}; "
                         "take these rows out")
    return frame[name].to_list(), vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
