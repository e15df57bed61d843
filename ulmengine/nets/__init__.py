"""The networks: AWD-LSTM, language model, classifier, their dropouts and losses."""

from .awd_lstm import AWDLSTM, Draw, Encoded, State, detach
from .classifier import TextClassifier
from .device import DeviceError, available_devices, choose_device
from .generate import generate
from .groups import LayerGroup, freeze_to, layer_groups
from .kernels.chunked import chunked_cross_entropy
from .language_model import LanguageModel, LanguageModelLoss
from .losses import Loss, balanced_weights, classifier_loss, disagreement
from .precision import precision_for, set_precision
from .transfer import transfer_embedding
from .weight_names import WeightsError, from_reference_names

__all__ = [
    "AWDLSTM", "DeviceError", "Draw", "Encoded", "LanguageModel", "LanguageModelLoss", "LayerGroup", "Loss",
    "State", "TextClassifier", "WeightsError", "available_devices", "balanced_weights", "choose_device",
    "chunked_cross_entropy", "classifier_loss", "detach", "disagreement", "freeze_to", "from_reference_names",
    "generate", "layer_groups", "precision_for", "set_precision", "transfer_embedding",
]
