"""Layer groups: what discriminative rates and gradual unfreezing (1801.06146, 3.2 and 3.3) count in."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from .classifier import TextClassifier
from .language_model import LanguageModel


class LayerGroup(NamedTuple):
    """Weights that share a learning rate. ``parameters``: by their names in the network."""

    name: str
    parameters: dict[str, nn.Parameter]


def layer_groups(model: LanguageModel | TextClassifier) -> tuple[LayerGroup, ...]:
    """The parameters of ``model`` in groups from the first layer to the last, each parameter exactly once.

    Classifier: ``embedding``, ``layer 1`` ... ``layer n``, ``head``. Language model: ``layer 1`` ... ``layer n``,
    ``decoder``; there the embedding is the decoder's matrix and belongs, as in fastai, to the last group.
    """
    encoder, names = model.encoder, {parameter: name for name, parameter in model.named_parameters()}

    def group(name: str, *modules: nn.Module) -> LayerGroup:
        return LayerGroup(name, {names[one]: one for module in modules for one in module.parameters()})

    layers = [group(f"layer {n}", layer) for n, layer in enumerate(encoder.layers, start=1)]
    if isinstance(model, LanguageModel):
        return *layers, group("decoder", encoder.embedding, model.decoder)
    return group("embedding", encoder.embedding), *layers, group("head", model.head)


def freeze_to(model: LanguageModel | TextClassifier, unfrozen: int) -> None:
    """Let only the last ``unfrozen`` groups learn; the others record nothing for the backward pass.

    Their dropouts stay on in training, as in fastai: the groups above learn on the same noise as later. A frozen
    parameter's gradient is removed, so that no optimizer moves or decays it.

    :raises ValueError: ``unfrozen`` is not between 1 and the number of groups.
    """
    groups = layer_groups(model)
    if not 1 <= unfrozen <= len(groups):
        raise ValueError(f"between 1 and {len(groups)} layer groups can be unfrozen, not {unfrozen}")
    for index, group in enumerate(groups):
        learns = index >= len(groups) - unfrozen
        for parameter in group.parameters.values():
            parameter.requires_grad_(learns)
            if not learns:
                parameter.grad = None
