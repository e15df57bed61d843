"""A trained model as one file that any studio opens: weights, tokeniser, labels, description and card."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as dump_tensors
from torch import Tensor

from ulmengine import __version__
from ulmengine.config import ModelConfig, Sizes
from ulmengine.nets import LanguageModel, TextClassifier
from ulmengine.tokens import Tokenizer, tokenizer_from_json

from . import networks
from .archive import CARD, COUNTS, MANIFEST, TOKENIZER, WEIGHTS, ModelError, read_archive, write_archive
from .card import render_card
from .description import Columns, Description, Dtype, Kind, Softmax, facts, json_object, read_description
from .int8 import dequantised, quantised

_DIRECTIONS, _COUNTS = ("forward", "backward"), "counts"
Counts = tuple[float, Mapping[str, np.ndarray[Any, Any]], Mapping[str, Any]]
"""Word counts as :meth:`ulmengine.inference.Baseline.pack` gives them, behind the weight of the network beside them."""
_NUMBERS = (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32)
_HALF_MAX = torch.finfo(torch.float16).max


@dataclass(frozen=True, eq=False)
class Bundle:
    """An opened model. ``state``: float32 weights on the CPU, named ``<direction>.<name in the network>``."""

    path: Path
    description: Description
    state: dict[str, Tensor]
    tokenizer_json: dict[str, Any]
    card: str
    counts_json: dict[str, Any] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the logits; empty for a language model."""
        return self.description.labels

    @property
    def multi_label(self) -> bool:
        """Whether a document may have several labels, or none."""
        return self.description.multi_label

    @property
    def columns(self) -> Columns | None:
        """Those of the table that it learnt from, if it was one and is known."""
        return self.description.columns

    @property
    def temperature(self) -> float:
        """What logits are divided by before they become probabilities."""
        return self.description.temperature

    @property
    def counts(self) -> Counts | None:
        """The word counts that answer with the networks, if the model has any."""
        if self.description.blend is None or self.counts_json is None:
            return None
        arrays = {name: value.numpy() for name, value in self.weights(_COUNTS).items()}
        return self.description.blend, arrays, self.counts_json

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokeniser the model was trained with.

        :raises ModelError: it cannot be made from what the file holds, or does not fit the weights.
        """
        try:
            tokenizer = tokenizer_from_json(self.tokenizer_json)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{self.path}: the model's tokeniser cannot be used ({error}); "
                             "save or download the model again") from error
        if len(tokenizer.vocabulary) != self.description.vocabulary:
            raise ModelError(f"{self.path}: the tokeniser has {len(tokenizer.vocabulary):,} tokens, the network "
                             f"{self.description.vocabulary:,}; save or download the model again")
        return tokenizer

    def weights(self, direction: str) -> dict[str, Tensor]:
        """The weights of one ``direction`` under the network's own names."""
        start = f"{direction}."
        return {name.removeprefix(start): value for name, value in self.state.items() if name.startswith(start)}

    def classifiers(self) -> dict[str, TextClassifier]:
        """A new network for each direction, in evaluation mode on the CPU.

        :raises ModelError: the bundle holds a language model, or its weights do not fit its description.
        """
        return {name: networks.build_classifier(self.description, self.weights(name), self.path)
                for name in self.description.directions}

    def language_models(self) -> dict[str, LanguageModel]:
        """A new language model for each direction, in evaluation mode on the CPU.

        :raises ModelError: the bundle holds a classifier, or its weights do not fit its description.
        """
        return {name: networks.build_language_model(self.description, self.weights(name), self.path)
                for name in self.description.directions}


def save_bundle(
    path: Path | str,
    *,
    kind: Kind,
    state: Mapping[str, Tensor],
    tokenizer: Mapping[str, Any],
    sizes: Sizes | Sequence[int],
    model: ModelConfig,
    labels: Sequence[str] = (),
    multi_label: bool = False,
    temperature: float = 1.0,
    max_tokens: int = 1_440,
    bptt: int = 70,
    softmax: Softmax = "full",
    card: Mapping[str, Any] | None = None,
    dtype: Dtype = "float32",
    counts: Counts | None = None,
    columns: Columns | None = None,
    refit: bool = False,
) -> None:
    """Write a model to ``path`` in one step: either all of it stands there afterwards, or what stood there before.

    :param state: weights under ``forward.`` and ``backward.``, or without a prefix for the one direction that
        ``model`` names. Every direction brings ``encoder.embedding.weight`` of (vocabulary, embedding).
    :param softmax: which one a language model was trained with.
    :param tokenizer: what ``Tokenizer.to_json()`` gives.
    :param card: ``title``, ``summary`` and any other headings; plain JSON values.
    :param columns: of the table whose texts and labels it learnt. :param refit: the validation documents too, in the
        end.
    :param dtype: float16 halves the file, int8 quarters it (:mod:`.int8`); vectors (biases, norms) stay float32.
    :param counts: the word counts that answer with a classifier's networks.
    :raises ModelError: values that do not fit together, or a place that cannot be written.
    """
    target = Path(path)
    named = _with_direction(state, model, target)
    words = named[_words(_directions(named)[0])].shape[0]
    weights, one_embedding = _words_once({name: _stored(value, dtype) for name, value in named.items()})
    values = {
        "format": 3 if one_embedding else 2 if dtype == "int8" else 1, "kind": kind, "program": __version__,
        "directions": _directions(named), "one_embedding": one_embedding,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "sizes": tuple(sizes), "model": model, "labels": tuple(labels), "multi_label": multi_label,
        "temperature": temperature, "max_tokens": max_tokens, "bptt": bptt, "softmax": softmax, "dtype": dtype,
        "vocabulary": words, "tokenizer": str(tokenizer.get("kind", "")), "card": dict(card or {}), "columns": columns,
        "refit": refit,
        "parameters": sum(value.numel() for value in weights.values() if value.is_floating_point()),
        "blend": None if counts is None else counts[0],
    }
    terms = {}
    if dtype == "int8":
        weights = quantised(weights)
    if counts is not None:
        weights |= {f"{_COUNTS}.{name}": torch.from_numpy(np.array(values)) for name, values in counts[1].items()}
        terms = {COUNTS: json.dumps(counts[2], ensure_ascii=False).encode()}
    try:
        description = Description.model_validate(values)
        tokens = json.dumps(tokenizer, ensure_ascii=False).encode()
        manifest = description.model_dump_json(indent=1).encode()
    except (ValidationError, TypeError, ValueError) as error:
        raise ModelError(f"{target}: the model cannot be saved: {error}") from error
    write_archive(target, {
        MANIFEST: manifest, TOKENIZER: tokens, CARD: render_card(description.card, facts(description)).encode(),
        WEIGHTS: dump_tensors(weights), **terms,
    })


def load_bundle(path: Path | str) -> Bundle:
    """Open the model at ``path``.

    :raises ModelError: missing, cut short, damaged, of another program, or of a newer version of this one.
    """
    source = Path(path)
    entries = read_archive(source, (MANIFEST, TOKENIZER, CARD, WEIGHTS, COUNTS))
    description = read_description(entries[MANIFEST], source)
    try:
        state = load_tensors(entries.pop(WEIGHTS))
    except KeyError as error:
        raise ModelError(f"{source}: the model's weights are numbers of a kind that this program does not know "
                         f"({error.args[0]}); save or download the model again") from error
    except (SafetensorError, ValueError, OverflowError, RuntimeError) as error:
        raise ModelError(f"{source}: the model's weights are damaged ({error}); copy or download it again") from error
    if description.dtype == "int8":
        state = dequantised(state, source)
    check_numbers(state, source)
    if description.one_embedding and (first := _words(description.directions[0])) in state:
        state.setdefault(_words(description.directions[1]), state[first])
    missing = [name for name in description.directions if _words(name) not in state]
    if missing:
        raise ModelError(f"{source}: the weights of the {missing[0]} network are missing; save the model again")
    if description.blend is not None and COUNTS not in entries:
        raise ModelError(f"{source}: the terms of the model's word counts are missing; copy or download it again")
    state = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    bundle = Bundle(
        source, description, state, json_object(entries[TOKENIZER], source), entries[CARD].decode("utf-8", "replace"),
        json_object(entries[COUNTS], source) if COUNTS in entries else None,
    )
    if bundle.tokenizer_json.get("backend") != "spacy":  # an optional package, which weights alone can do without
        _ = bundle.tokenizer  # refused now rather than with the first text
    return bundle


def check_numbers(state: Mapping[str, Tensor], path: Path) -> None:
    """:raises ModelError: a weight is of an unknown kind of number, or is none."""
    for name, value in state.items():
        if value.dtype not in _NUMBERS:
            raise ModelError(f"{path}: the weights {name} are numbers of a kind that this program does not use "
                             f"({value.dtype}); save or download the model again")
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise ModelError(f"{path}: some of the weights {name} are not numbers, so nothing can be read from the "
                             "model; take the model of an earlier checkpoint, or download it again")


def save_again(
    bundle: Bundle, path: Path | str, dtype: Dtype | None = None, more: Mapping[str, Any] | None = None
) -> None:
    """Write ``bundle`` to ``path``, with weights as ``dtype`` (None: as they were), and ``more`` in its card.

    :raises ModelError: the place cannot be written.
    """
    about = bundle.description
    networks = {name: value for name, value in bundle.state.items() if name.startswith(_DIRECTIONS)}
    save_bundle(
        path, kind=about.kind, state=networks, tokenizer=bundle.tokenizer_json, sizes=about.sizes, model=about.model,
        labels=about.labels, multi_label=about.multi_label, temperature=about.temperature, softmax=about.softmax,
        max_tokens=about.max_tokens, bptt=about.bptt, counts=_halved(bundle.counts), dtype=dtype or about.dtype,
        columns=about.columns, card={**about.card, **(more or {})}, refit=about.refit,
    )


def _halved(counts: Counts | None) -> Counts | None:
    """``counts`` with what came out of half precision in it again."""
    if counts is None:
        return None
    share, arrays, terms = counts
    kept = {}
    for name, values in arrays.items():
        with np.errstate(over="ignore"):
            half = values.astype(np.float16) if values.dtype == np.float32 else values
        kept[name] = half if np.array_equal(half.astype(values.dtype), values) else values
    return share, kept, terms


def _with_direction(state: Mapping[str, Tensor], model: ModelConfig, path: Path) -> dict[str, Tensor]:
    if not _directions(state):
        if model.direction == "both":
            raise ModelError(f"{path}: a model of both directions needs its weights under forward. and backward.")
        state = {f"{model.direction}.{name}": value for name, value in state.items()}
    for name in _directions(state):
        if _words(name) not in state:
            raise ModelError(f"{path}: the weights of the {name} network have no encoder.embedding.weight")
    return dict(state)


def _directions(state: Mapping[str, Tensor]) -> tuple[str, ...]:
    return tuple(name for name in _DIRECTIONS if any(key.startswith(f"{name}.") for key in state))


def _words(direction: str) -> str:
    """What the rows of words of ``direction`` are called."""
    return f"{direction}.encoder.embedding.weight"


def _words_once(weights: dict[str, Tensor]) -> tuple[dict[str, Tensor], bool]:
    """``weights`` without the second direction's rows of words where they are those of the first, and whether they are.

    A backward network that was begun from a forward one and kept its rows differs from it in a fifth of its numbers.
    """
    both = [name for name in map(_words, _DIRECTIONS) if name in weights]
    if len(both) < 2 or not torch.equal(*(weights[name] for name in both)):
        return weights, False
    return {name: value for name, value in weights.items() if name != both[1]}, True


def _stored(value: Tensor, dtype: str) -> Tensor:
    # A copy, because safetensors takes no two names for one piece of memory (a tied decoder, a view).
    plain = value.detach().to("cpu", copy=True).contiguous()
    if not plain.is_floating_point():
        return plain
    if dtype == "float16" and plain.dim() > 1 and float(plain.abs().max()) <= _HALF_MAX:
        return plain.half()
    return plain.float()


@torch.no_grad()
def as_stored(model: TextClassifier) -> None:
    """Round the weights of ``model`` to what a file of half precision holds of them."""
    for value in model.state_dict().values():
        value.copy_(_stored(value, "float16"))
