"""A classifier made ready to answer on a processor: its weights packed for the products once, not with every pass.

The reading is the step-by-step LSTM of the networks themselves, and so are the numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.nets.awd_lstm import Draw, Encoded, State
from ulmengine.nets.kernels import steps
from ulmengine.nets.kernels.layout import Layout
from ulmengine.nets.kernels.packed import Packed
from ulmengine.nets.kernels.products import is_available
from ulmengine.nets.kernels.workspace import Workspace
from ulmengine.nets.lstm import LayerState, LSTMLayer

# The packing is made for about so many rows; it serves any number.
_ROWS = 16


def can_pack(network: TextClassifier, precision: torch.dtype) -> bool:
    """Whether ``network`` can be packed: on a processor, with a build of PyTorch that has the packed products."""
    return network.encoder.device.type == "cpu" and is_available() and precision != torch.float16


class PackedClassifier:
    """Answers as ``network`` does in evaluation, in the ``precision`` of the products. Later training is not seen."""

    def __init__(self, network: TextClassifier, precision: torch.dtype) -> None:
        self._network = network
        self._encoder = PackedEncoder(network.encoder, precision)

    def __call__(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Scores (batch, classes), float32; arguments as of :class:`ulmengine.nets.TextClassifier`."""
        # Of an encoder the reading of documents needs no more than this one has.
        return self._network.scores(self._encoder, tokens, lengths)  # type: ignore[arg-type]


class PackedEncoder:
    """The encoder's reading, without dropout and without gradients."""

    def __init__(self, encoder: AWDLSTM, precision: torch.dtype) -> None:
        self._encoder = encoder
        layers = [layer for layer in encoder.layers if isinstance(layer, LSTMLayer)]
        self._layers = [PackedLayer(layer, precision) for layer in layers]
        self._nothing = Draw(None, (None,) * len(layers), ())

    def draw(self, batch: int) -> Draw:
        """Nothing is dropped, whatever the ``batch``."""
        del batch
        return self._nothing

    def zero_state(self, batch: int) -> State:
        """As :meth:`ulmengine.nets.AWDLSTM.zero_state`."""
        return self._encoder.zero_state(batch)

    def __call__(
        self, tokens: Tensor, state: State, lengths: Tensor | None = None, draw: Draw | None = None
    ) -> Encoded:
        """As :meth:`ulmengine.nets.AWDLSTM.forward`; ``draw`` holds nothing."""
        del draw
        batch, time = tokens.shape
        layout = Layout.equal(batch, time, tokens.device) if lengths is None else Layout.of(lengths, tokens.device)
        x = self._encoder.embed(layout.pack(tokens), None)
        after: list[LayerState] = []
        for layer, before in zip(self._layers, state, strict=True):
            out, last = layer(x, layout, before)
            x = out + x if self._encoder.skip_connections and out.shape == x.shape else out
            after.append(last)
        return Encoded(x, layout, tuple(after))


class PackedLayer:
    """One LSTM layer, step by step, with the weights packed for good."""

    def __init__(self, layer: LSTMLayer, precision: torch.dtype) -> None:
        with torch.no_grad():
            bias = layer.bias_ih + layer.bias_hh
            self._packed = Packed(layer.weight_ih, layer.weight_hh, bias, (None, None), precision, _ROWS, Workspace())
            for use in ("inputs", "state"):
                self._packed.weight(use)

    def __call__(self, x: Tensor, layout: Layout, state: LayerState) -> tuple[Tensor, LayerState]:
        """Read ``x`` (N, inputs) on from ``state``: hidden states (N, hidden) and each row's last state."""
        out, h, c = steps.run(x, state, None, layout, self._packed)
        return out, (h, c)
