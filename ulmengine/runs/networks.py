"""The networks of a run, made from what was prepared."""

from __future__ import annotations

import torch

from ulmengine.models import ModelError
from ulmengine.nets import AWDLSTM, LanguageModel, Loss, TextClassifier, classifier_loss, transfer_embedding
from ulmengine.tokens import vocabulary_transfer

from .checks import class_counts
from .prepare import Prepared


def new_language_model(prepared: Prepared, direction: str) -> LanguageModel:
    """A language model for the corpus' vocabulary, with the pretrained weights where there are any.

    Words are moved by name, new ones start at the mean row (1801.06146, 3.1; fastai).
    """
    model = _untrained(prepared)
    weights = pretrained_weights(prepared, direction)
    if weights is None:
        return model
    own = model.state_dict()
    # The clusters of an adaptive softmax are cut by the size of the vocabulary: another number of them begins anew.
    fitting = {name: value for name, value in weights.items() if name in own and value.shape == own[name].shape}
    if missing := [name for name in weights if name.startswith("encoder.") and name not in fitting]:
        assert prepared.pretrained is not None
        raise ModelError(f"{prepared.pretrained.path}: the weights do not fit the network ({missing[0]})")
    model.load_state_dict(own | fitting)
    # The vocabulary begins with the words of the corpus; those behind them only the pretrained model has seen.
    model.decoder.words = 1 + max(int(store.ids.max(initial=0)) for store in prepared.language_model_stores())
    return model


def pretrained_weights(prepared: Prepared, direction: str) -> dict[str, torch.Tensor] | None:
    """The weights that a language model of the corpus' vocabulary begins with; None where there are none."""
    bundle = prepared.pretrained
    if bundle is None or direction not in bundle.description.directions:
        return None
    weights = bundle.weights(direction)
    mapping = vocabulary_transfer(bundle.tokenizer.vocabulary, prepared.tokenizer.vocabulary)
    rows, bias = transfer_embedding(weights["encoder.embedding.weight"], weights.get("decoder.bias"), mapping)
    weights["encoder.embedding.weight"] = rows
    if bias is not None:
        weights["decoder.bias"] = bias
    return weights


def new_classifier(prepared: Prepared, encoder: AWDLSTM) -> TextClassifier:
    """A new head for the corpus' labels on ``encoder``."""
    config = prepared.config
    return TextClassifier(
        encoder, len(prepared.documents.labels), config.model, bptt=config.classifier.bptt,
        max_tokens=config.tokens.max_tokens,
    )


def training_loss(prepared: Prepared) -> Loss:
    """The classifier's loss, weighted by the training documents of each label if set."""
    counts = torch.as_tensor(class_counts(prepared.documents, "train"))
    return classifier_loss(prepared.config.classifier, counts, prepared.documents.multi_label)


def parameter_count(prepared: Prepared) -> int:
    """Numbers in the language model of one direction, counted without making it."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in _untrained(prepared).parameters())


def _untrained(prepared: Prepared) -> LanguageModel:
    config = prepared.config
    return LanguageModel(
        len(prepared.tokenizer.vocabulary), prepared.sizes, config.model.dropout,
        softmax=config.language_model.softmax, skip_connections=config.model.skip_connections,
    )
