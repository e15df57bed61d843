"""A classifier made ready to answer on a processor: its weights packed for the products once, not with every pass.

For the gates, the inputs of all tokens are multiplied in one product and only the recurrent part step by step, so
that a short text reads each matrix once and its recurrent half once a token. The numbers are the network's own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.nets.awd_lstm import Draw, Encoded, State
from ulmengine.nets.bpt3c import read_documents
from ulmengine.nets.layout import Layout
from ulmengine.nets.lstm import LayerState, LSTMLayer
from ulmengine.nets.products import is_available, linear, pack

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
        network = self._network
        # Of an encoder the reading of documents needs no more than this one has.
        window = read_documents(
            self._encoder, tokens, lengths, network.bptt, network.max_tokens  # type: ignore[arg-type]
        )
        scores: Tensor = network.head(window.hidden, window.lengths)
        return scores


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
        layout = Layout.equal(batch, time, tokens.device) if lengths is None else Layout.of(lengths)
        x = self._encoder.embed(layout.pack(tokens), None)
        after: list[LayerState] = []
        for layer, before in zip(self._layers, state, strict=True):
            out, last = layer(x, layout, before)
            x = out + x if self._encoder.skip_connections and out.shape == x.shape else out
            after.append(last)
        return Encoded(x, layout, tuple(after))


class PackedLayer:
    """One LSTM layer. The rows of g are doubled, because tanh(x) = 2 sigmoid(2x) - 1 takes one call for all gates."""

    def __init__(self, layer: LSTMLayer, precision: torch.dtype) -> None:
        self.hidden, self.precision = layer.hidden, precision
        g = slice(2 * layer.hidden, 3 * layer.hidden)
        with torch.no_grad():
            ih, hh = layer.weight_ih.to(precision, copy=True), layer.weight_hh.to(precision, copy=True)
            bias = (layer.bias_ih + layer.bias_hh).to(precision)
            for values in (ih, hh, bias):
                values[g] *= 2
            self._ih, self._hh, self._bias = pack(ih, _ROWS), pack(hh, _ROWS), bias

    def __call__(self, x: Tensor, layout: Layout, state: LayerState) -> tuple[Tensor, LayerState]:
        """Read ``x`` (N, inputs) on from ``state``: hidden states (N, hidden) and each row's last state."""
        sizes = list(layout.sizes)
        pre = linear(x.to(self.precision), self._ih, self._bias).split_with_sizes(sizes)
        out = torch.empty(layout.tokens, self.hidden, dtype=self.precision)
        outs = out.split_with_sizes(sizes)
        # Rows that end earlier keep their last state behind those that go on.
        h, c = state[0].to(self.precision, copy=True), state[1].float().clone()
        for step, alive in enumerate(sizes):
            gates = linear(h[:alive], self._hh).float().add_(pre[step]).sigmoid_()
            i, f, s, o = gates.chunk(4, 1)
            cells = c[:alive]
            cells.mul_(f).addcmul_(i, s.mul_(2).sub_(1))
            squashed = torch.mul(cells, 2).sigmoid_().mul_(2).sub_(1)
            torch.mul(o, squashed, out=outs[step])
            h[:alive] = outs[step]
        return out, (h.float(), c)
