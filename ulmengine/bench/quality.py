"""How good the method is at an equal budget: the same texts, tokens, sizes, epochs and seeds for the reference and us.

First a language model is trained on the beginning of a corpus and its perplexity taken on held-out documents. From it
a classifier is trained on some labelled documents and measured on others, beside TF-IDF with logistic regression.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ulmengine.config import CorpusConfig, RunConfig, SplitConfig, with_settings
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import EpochEnded, Evaluated, Failed, StageEnded, outcome
from ulmengine.record import RunFolder
from ulmengine.runs import Run
from ulmengine.runs.prepare import Prepared, prepare
from ulmengine.tokens import Vocabulary, WordTokenizer, vocabulary_transfer
from ulmengine.tokens.pool import cores
from ulmengine.tokens.specials import SPECIALS

from . import measure
from .device import placed
from .measure import BenchError, dropouts_there, sizes_there, write_table

LANGUAGE_MODEL = (
    "tokens.vocab_size=10000", "tokens.tokenizer=word", "model.preset=custom", "model.embedding_size=100",
    "model.hidden_size=256", "model.layers=2", "model.pretrained=none", "language_model.epochs=1",
    "language_model.lr=0.005", "language_model.batch_size=64", "language_model.bptt=72",
    "language_model.schedule.kind=one_cycle", "classifier.epochs=[0]", "saving.samples=false",
    "model.dropout.multiplier=0.5", "model.dropout.embedding=0.05",
)
"""The budget of the language model, with small dropouts as it reads every text once; the rest is as set by default."""

Figures = dict[str, list[float]]  # a figure's name -> one for each seed
Told = Callable[[str], None]


def bench_quality(
    texts: Path, held_out: Path, labelled: Path, reference_python: str | None = None, *, tokens: int = 2_870_000,
    held_tokens: int = 200_000, documents: int = 2_000, seeds: int = 3, threads: int = 0, device: str = "cpu",
    precision: str = "auto", settings: Sequence[str] = (), told: Told = lambda _: None,
) -> dict[str, Any]:
    """Perplexity of a small language model and accuracy of the classifier made from it, seed by seed.

    :param texts: corpus of which the first ``tokens`` are learnt in one epoch; ``held_out``: another one, of which
        the first ``held_tokens`` are predicted.
    :param labelled: of it ``documents`` are drawn to train on and as many others to measure on, anew for each seed.
    :param reference_python: a Python in which fastai is installed; None: the reference is not trained.
    :param threads: of both; 0: as many as there are cores.
    :param device: one of :data:`ulmengine.bench.device.DEVICES`, for both.
    :param precision: of our products; the reference computes in float32.
    :param settings: of our classifier's run, ``key=value``, in place of the defaults.
    :param told: is told each figure as it comes.
    :returns: ``perplexity``, ``accuracy``, ``baseline_accuracy``, ``language_model_seconds``: a figure for each seed,
        their means under ``mean``; the ``device`` and our ``precision``; the same figures of the reference under
        ``reference``. Where it cannot be trained, that holds the seeds before or is ``None``, and
        ``reference_missing`` says why.
    :raises BenchError: one of our runs failed, the corpora are too small, or there is no such device.
    :raises ValueError: the device has no such precision.
    """
    place = placed(device, precision)
    compute = [f"compute.{name}={value}" for name, value in {**place, "threads": threads or cores()}.items()]
    ours: Figures = {}
    theirs: Figures = {}
    missing = ""

    def go_on_without(why: str) -> None:
        nonlocal missing
        missing = why
        told(f"going on without the reference: {why}")

    if reference_python is not None:
        try:
            measure.find_reference(reference_python)
        except BenchError as error:
            go_on_without(str(error))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        corpus = _language_corpus(work / "texts.csv", texts, held_out, tokens, held_tokens)
        for seed in range(seeds):
            here = work / str(seed)
            here.mkdir()
            _draw(labelled, here, documents, seed)
            language = _language_config(corpus, seed, compute)
            _add(ours, _run(here / "language", language, work / "cache"), told, f"seed {seed}, language model")
            config = _classifier_config(here, seed, [*compute, *settings])
            _add(ours, _run(here / "classifier", config, here / "cache"), told, f"seed {seed}, classifier")
            if reference_python is None or missing:
                continue
            task = _reference_task(here, language, work / "cache", config)
            try:  # which costs none of our figures
                found = measure.reference(reference_python, task, "quality_reference.py")
            except BenchError as error:
                go_on_without(f"seed {seed}: {error}")
            else:
                _add(theirs, found, told, f"seed {seed}, reference")
    result = {**ours, "mean": _means(ours), **place}
    if reference_python is not None:
        result["reference"] = {**theirs, "mean": _means(theirs)} if theirs else None
    return result | ({"reference_missing": missing} if missing else {})


def _language_corpus(path: Path, texts: Path, held_out: Path, tokens: int, held_tokens: int) -> Path:
    def rows(cache: Path) -> Iterator[tuple[str, str]]:
        for part, source, wanted in (("train", texts, tokens), ("validation", held_out, held_tokens)):
            documents = _documents(source, cache)
            every = chain(documents.texts("train"), documents.texts("unlabelled"))
            yield from ((text, part) for text in _so_many(every, wanted, source))

    with tempfile.TemporaryDirectory() as cache:
        write_table(path, ("text", "part"), rows(Path(cache)))
    return path


def _documents(path: Path, cache: Path, **settings: Any) -> Documents:
    config = CorpusConfig(path=str(path.resolve()), split=SplitConfig(validation=0.0, test=0.0), **settings)
    return outcome(open_corpus(config, cache))


def _so_many(texts: Iterable[str], tokens: int, source: Path) -> Iterator[str]:
    """The first documents that hold so many ``tokens`` together."""
    words = WordTokenizer(Vocabulary(SPECIALS))
    for text in texts:
        if tokens <= 0:
            return
        tokens -= len(words.tokens(text))
        yield text
    if tokens > 0:
        raise BenchError(f"{source} holds {tokens:,} tokens too few; ask for fewer, or name a larger corpus")


def _draw(labelled: Path, place: Path, count: int, seed: int) -> None:
    """``train.csv`` and ``test.csv`` of ``count`` documents each."""
    with tempfile.TemporaryDirectory() as cache:
        documents = _documents(labelled, Path(cache))
        if documents.multi_label or not documents.labels:
            raise BenchError(f"{labelled} must have one label for each document")
        names = [documents.labels[target] for target in documents.targets("train")]
        rows = list(zip(documents.texts("train"), names, strict=True))
    if len(rows) < 2 * count:
        raise BenchError(f"{labelled} has {len(rows):,} documents, {2 * count:,} are wanted; ask for fewer")
    random.Random(seed).shuffle(rows)
    write_table(place / "train.csv", ("text", "label"), rows[:count])
    write_table(place / "test.csv", ("text", "label"), rows[count : 2 * count])


def _language_config(corpus: Path, seed: int, compute: Sequence[str]) -> RunConfig:
    return with_settings(RunConfig(name="language model", seed=seed), [
        f"corpus.path='{corpus}'", "corpus.text_columns=['text']", "corpus.label_columns=['none']",
        "corpus.split.method=given", "corpus.split.column=part", *compute, *LANGUAGE_MODEL,
    ])


def _classifier_config(place: Path, seed: int, settings: Sequence[str]) -> RunConfig:
    return with_settings(RunConfig(name="classifier", seed=seed), [
        f"corpus.path='{place / 'train.csv'}'", f"corpus.test_path='{place / 'test.csv'}'",
        "corpus.text_columns=['text']", "corpus.label_columns=['label']", "model.preset=custom",
        f"model.pretrained='{place / 'language' / 'model.ulmfit'}'", "saving.samples=false",
        "classifier.refit=0", *settings,  # the reference does not learn from its validation documents
    ])


def _run(folder: Path, config: RunConfig, cache: Path) -> dict[str, float]:
    """The figures of a whole run."""
    found: dict[str, float] = {}
    for event in Run(RunFolder.create(folder, config), cache=cache).events():
        if isinstance(event, Failed):
            raise BenchError(f"{config.name}: {event.title}. {event.advice}")
        if isinstance(event, EpochEnded) and config.name == "language model":
            found["perplexity"] = event.metrics["perplexity"]
        elif isinstance(event, StageEnded) and config.name == "language model":
            found["language_model_seconds"] = event.seconds
        elif isinstance(event, Evaluated):
            found |= {"accuracy": event.accuracy, "baseline_accuracy": event.baseline_accuracy}
    return found


def _reference_task(place: Path, language_config: RunConfig, cache: Path, config: RunConfig) -> dict[str, Any]:
    """What the reference needs: our ids of every part, and the same sizes, epochs and peak rates."""
    language = outcome(prepare(language_config, cache))
    classifier = outcome(prepare(config, place / "cache"))
    _write_ids(place / "language.npz", language)
    _write_ids(place / "classifier.npz", classifier)
    mapping = vocabulary_transfer(language.tokenizer.vocabulary, classifier.tokenizer.vocabulary)
    np.save(place / "mapping.npy", np.asarray(mapping, dtype=np.int64))
    return {
        "folder": str(place), "seed": config.seed, "threads": config.compute.threads,
        "device": config.compute.device,
        "classes": len(classifier.documents.labels),
        "vocabulary": len(language.tokenizer.vocabulary), "words": len(classifier.tokenizer.vocabulary),
        "sizes": sizes_there(language.sizes),
        "head_width": config.model.head_hidden,
        "language_model": _budget(language_config), "tuning": _budget(config),
        "classifier": {"lr": config.classifier.lr, "batch": config.classifier.batch_size,
                       "epochs": list(config.classifier.epochs),
                       "dropout": dropouts_there(config.model.dropout, "pooled"),
                       "head_p": config.model.dropout.effective("head")},
    }


def _budget(config: RunConfig) -> dict[str, Any]:
    settings = config.language_model
    return {"lr": settings.lr, "batch": settings.batch_size, "bptt": settings.bptt, "epochs": settings.epochs,
            "dropout": dropouts_there(config.model.dropout, "output")}


def _write_ids(path: Path, prepared: Prepared) -> None:
    arrays: dict[str, Any] = {}
    stores = dict(prepared.stores)
    if "train" not in stores:
        stores["train"] = stores.pop("unlabelled")
    for part, store in stores.items():
        arrays |= {f"{part}_ids": store.ids.astype(np.int64), f"{part}_offsets": store.offsets}
        if prepared.documents.labels:
            arrays[f"{part}_targets"] = prepared.documents.targets(part)
    np.savez(path, **arrays)


def _add(figures: Figures, found: dict[str, float], told: Told, what: str) -> None:
    told(f"{what}: " + ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in found.items()))
    for name, value in found.items():
        figures.setdefault(name, []).append(round(value, 4))


def _means(figures: Figures) -> dict[str, float]:
    return {name: round(statistics.mean(values), 4) for name, values in figures.items()}
