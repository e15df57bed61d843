"""Weights trained with fastai, turned into a bundle: nothing in them is run, and nothing but words and numbers is read.

Takes the language models of fastai 1 and 2 (``lstm_fwd.pth`` with ``itos_wt103.pkl``, say), encoders saved alone,
text classifiers saved by ``learn.save``, and whole Learners of ``learn.export()`` (``export.pkl``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import WeightsError, from_reference_names, transfer_embedding
from ulmengine.tokens import Vocabulary
from ulmengine.tokens.wordwise import WordTokenizer

from .archive import ModelError
from .bundle import check_numbers, save_bundle
from .unpickle import Learner, is_export, read_learner, read_vocabulary, read_weights

_LAYER = re.compile(r"encoder\.layers\.(\d+)\.weight_hh")
# What fastai writes for a space within a token, which white space alone has: two ends of lines with one between them.
_SPACE = "▁"
# What fastai fills a vocabulary up with to a multiple of eight.
_FILLER = "xxfake"
# fastai reads 72 tokens at once, and pools the last 20 such chunks of a document.
_BPTT, _MAX_TOKENS = 72, 20 * 72
_FIRST, _LAST = "head.blocks.0.linear.weight", "head.blocks.1.linear.weight"


def import_reference(
    weights: Path | str,
    vocabulary: Path | str | None,
    target: Path | str,
    *,
    direction: Literal["forward", "backward"] = "forward",
    backward: Path | str | None = None,
    labels: Sequence[str] = (),
    title: str = "",
) -> None:
    """Turn fastai's ``weights`` (.pth, or .pkl of ``learn.export()``) and ``vocabulary`` (.pkl) into a bundle.

    Weights with a head become a classifier, others a language model. The special tokens are moved to where this
    program has them; a special token that the vocabulary lacks starts at the mean row, as an unseen word does.

    :param vocabulary: None: an exported Learner brings its own.
    :param direction: which way the network of ``weights`` reads.
    :param backward: a backward network over the same vocabulary; the bundle then reads both ways.
    :param labels: a classifier's, in the order of ``dls.vocab[1]``; empty: those that the vocabulary's file brings.
    :raises ModelError: a file cannot be read, holds something else, or the files do not belong together.
    """
    source = Path(weights)
    files: dict[str, Path] = {direction: source}
    if backward is not None:
        files = {"forward": source, "backward": Path(backward)}
    learnt = {name: read_foreign(path, vocabulary) for name, path in files.items()}
    first = next(iter(learnt.values()))
    if any(one.words != first.words or one.labels != first.labels for one in learnt.values()):
        raise ModelError(f"{backward}: has other words or labels than {source.name}; choose two networks that belong "
                         "together")
    read = {name: with_own_specials(_network(one.state, files[name]), one.words, files[name])
            for name, one in learnt.items()}
    for name, (state, _) in read.items():
        check_numbers({key: value.float() for key, value in state.items()}, files[name])
    shapes = {name: _shape(state, files[name]) for name, (state, _) in read.items()}
    if len(set(shapes.values())) > 1:
        raise ModelError(f"{backward}: its layers are not as wide as those of {source.name}, or it has another kind of "
                         "head; choose two networks that belong together")
    shape, (_, tokens) = next(iter(shapes.values())), next(iter(read.values()))
    model = ModelConfig(
        preset="custom", embedding_size=shape.sizes.embedding, hidden_size=shape.sizes.hidden,
        layers=shape.sizes.layers, direction=direction if backward is None else "both", dropout=DropoutConfig(),
    )
    about: dict[str, Any] = {"kind": "language_model"}
    if shape.classes:
        model = model.model_copy(update={"head_hidden": shape.head})
        about = {"kind": "classifier", "labels": _labels(labels or first.labels, shape.classes, source),
                 "max_tokens": first.max_tokens or _MAX_TOKENS, "multi_label": first.multi_label}
    save_bundle(
        target, sizes=shape.sizes, model=model, bptt=first.bptt or _BPTT,
        tokenizer=WordTokenizer(tokens).to_json(),
        state={f"{name}.{key}": value for name, (state, _) in read.items() for key, value in state.items()}, **about,
        card={"title": title or source.stem,
              "summary": f"A {'text classifier' if shape.classes else 'language model'} trained with fastai.",
              "origin": {"weights": ", ".join(path.name for path in files.values()),
                         "vocabulary": source.name if vocabulary is None else Path(vocabulary).name}},
    )


def read_foreign(weights: Path, vocabulary: Path | str | None) -> Learner:
    """What fastai's file ``weights`` holds, with the words of ``vocabulary`` where that is given.

    :raises ModelError: as :func:`import_reference`.
    """
    if is_export(weights):
        found = read_learner(weights)
        if vocabulary is None:
            return found
        words, labels = read_vocabulary(Path(vocabulary))
        return replace(found, words=words, labels=labels or found.labels)
    if vocabulary is None:
        raise ModelError(f"{weights}: give the vocabulary (.pkl) that came with the weights as well")
    words, labels = read_vocabulary(Path(vocabulary))
    return Learner(read_weights(weights), words, labels, False, 0, 0)


class _Shape(NamedTuple):
    """What must be alike in two networks of one model; ``head`` and ``classes`` are 0 without a head."""

    sizes: Sizes
    head: int
    classes: int


def _shape(state: Mapping[str, Tensor], path: Path) -> _Shape:
    head, classes = (int(state[name].shape[0]) if name in state else 0 for name in (_FIRST, _LAST))
    return _Shape(sizes_of(state, path), head, classes)


def classes_of(weights: Path | str) -> int:
    """How many classes the network in ``weights`` tells apart; 0 for a language model.

    :raises ModelError: as :func:`import_reference`.
    """
    source = Path(weights)
    raw = read_learner(source).state if is_export(source) else read_weights(source)
    state = _network(raw, source)
    return int(state[_LAST].shape[0]) if _LAST in state else 0


def labels_of(weights: Path | str, vocabulary: Path | str | None) -> tuple[str, ...]:
    """The names of the labels that fastai's two files bring, in the order of the scores; empty where they bring none.

    :raises ModelError: as :func:`import_reference`.
    """
    source = Path(weights)
    found = read_learner(source).labels if is_export(source) else []
    given = read_vocabulary(Path(vocabulary))[1] if vocabulary is not None else []
    return tuple(given or found)


def _labels(labels: Sequence[str], classes: int, path: Path) -> tuple[str, ...]:
    if len(labels) != classes or len(set(labels)) != classes:
        given = f"{len(set(labels))} different ones were given" if labels else "none are given"
        raise ModelError(f"{path}: the classifier tells {classes} labels apart, and {given}; give them in the order "
                         "of fastai's dls.vocab[1]")
    return tuple(labels)


def sizes_of(state: Mapping[str, Tensor], path: Path) -> Sizes:
    """Widths and depth that follow from the shapes of ``state``.

    :raises ModelError: the layers do not fit on one another.
    """
    numbers = sorted(int(match[1]) for name in state if (match := _LAYER.fullmatch(name)))
    embedding = state["encoder.embedding.weight"].shape[1]
    widths = [state[f"encoder.layers.{number}.weight_hh"].shape[1] for number in numbers]
    if not numbers or numbers != list(range(len(numbers))) or widths[-1] != embedding or len(set(widths[:-1])) > 1:
        raise ModelError(f"{path}: its layers ({widths}) are not those of an AWD-LSTM over {embedding} features")
    return Sizes(embedding, widths[0], len(widths))


def with_own_specials(
    state: Mapping[str, Tensor], words: Sequence[str], path: Path
) -> tuple[dict[str, Tensor], Vocabulary]:
    """``state`` with its embedding and decoder bias in the order of this program's vocabulary of ``words``.

    :raises ModelError: the embedding has fewer rows than there are words.
    """
    rows = state["encoder.embedding.weight"].shape[0]
    if not len(words) <= rows < len(words) + 8:
        raise ModelError(f"{path}: the weights are for {rows:,} words, the vocabulary has {len(words):,}; "
                         "choose the two files that belong together")
    words = [word.replace(_SPACE, " ") if any(sign.isspace() for sign in word) else word for word in words]
    new = Vocabulary.with_specials(word for word in words if word != _FILLER)
    rows_of = {word: row for row, word in reversed(list(enumerate(words)))}  # of a word given twice the first row
    mapping = np.array([rows_of.get(word, -1) for word in new.tokens], dtype=np.int64)
    embedding, bias = transfer_embedding(state["encoder.embedding.weight"], state.get("decoder.bias"), mapping)
    moved = {**state, "encoder.embedding.weight": embedding}
    return ({**moved, "decoder.bias": bias} if bias is not None else moved), new


def _network(raw: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The weights of ``raw`` under the names used here; a language model's with its decoder's bias."""
    try:
        state = from_reference_names(raw)
    except WeightsError as error:
        raise ModelError(f"{path}: {error}") from error
    if "encoder.embedding.weight" not in state:
        raise ModelError(f"{path}: holds no word embedding; choose the .pth file of a fastai model")
    if _LAST in state and _FIRST in state:
        return state
    kept = {name: value for name, value in state.items() if name.startswith(("encoder.", "decoder."))}
    return {"decoder.bias": torch.zeros(state["encoder.embedding.weight"].shape[0]), **kept}
