"""Networks out of a model's description and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ulmengine.nets import AWDLSTM, LanguageModel, TextClassifier

from .archive import ModelError
from .description import Description

Net = TypeVar("Net", bound=nn.Module)


def build_classifier(description: Description, weights: Mapping[str, Tensor], path: Path) -> TextClassifier:
    """A classifier with ``weights``, in evaluation mode on the CPU.

    :raises ModelError: the description is a language model's, or the weights do not fit it.
    """
    if description.kind != "classifier":
        raise ModelError(f"{path}: this is a language model and knows no labels; train a classifier with it first")

    def make() -> TextClassifier:
        model = description.model
        encoder = AWDLSTM(
            description.vocabulary, description.sizes, model.dropout, skip_connections=model.skip_connections
        )
        return TextClassifier(
            encoder, len(description.labels), model, bptt=description.bptt, max_tokens=description.max_tokens
        )

    return _filled(make, description, weights, path)


def build_language_model(description: Description, weights: Mapping[str, Tensor], path: Path) -> LanguageModel:
    """A language model with ``weights``, in evaluation mode on the CPU.

    :raises ModelError: the description is a classifier's, or the weights do not fit it.
    """
    if description.kind != "language_model":
        raise ModelError(f"{path}: this is a classifier; choose a language model")

    def make() -> LanguageModel:
        model = description.model
        return LanguageModel(
            description.vocabulary, description.sizes, model.dropout, softmax=description.softmax,
            skip_connections=model.skip_connections,
        )

    return _filled(make, description, weights, path)


def _filled(make: Callable[[], Net], description: Description, weights: Mapping[str, Tensor], path: Path) -> Net:
    """What ``make`` makes, with ``weights`` in it.

    No random number is drawn: the source is one for all threads, and a run that trains in another one counts on it.
    """
    given = {name: tuple(value.shape) for name, value in weights.items()}
    # Before any memory is taken: a description may claim more than its file holds.
    _compare(encoder_shapes(description), {name: given[name] for name in given if name.startswith("encoder.")}, path)
    with torch.device("meta"):  # shapes alone: nothing is set up that the weights would only overwrite
        network = make()
    places = network.state_dict()
    _compare({name: tuple(value.shape) for name, value in places.items()}, given, path)
    whole = [name for name, value in weights.items() if places[name].is_floating_point() > value.is_floating_point()]
    if whole:
        raise ModelError(f"{path}: the weights {whole[0]} are whole numbers, which no network has there; save or "
                         "download the model again")
    # Put in their places: to make room like shapes alone torch imports its compiler.
    network.load_state_dict({name: value.clone() for name, value in weights.items()}, assign=True)
    return network.eval()


def encoder_shapes(description: Description) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the encoder's weights that ``description`` asks for."""
    sizes = description.sizes
    shapes: dict[str, tuple[int, ...]] = {"encoder.embedding.weight": (description.vocabulary, sizes.embedding)}
    for number, (inputs, outputs) in enumerate(sizes.widths):
        name = f"encoder.layers.{number}."
        shapes |= {f"{name}weight_ih": (4 * outputs, inputs), f"{name}weight_hh": (4 * outputs, outputs),
                   f"{name}bias_ih": (4 * outputs,), f"{name}bias_hh": (4 * outputs,)}
    return shapes


def _compare(wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, tuple[int, ...]], path: Path) -> None:
    if wanted != given:
        name = min(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
        raise ModelError(f"{path}: the weights do not fit the model's description ({name}: {given.get(name, 'missing')}"
                         f", expected {wanted.get(name, 'none')}); save or download the model again")
