"""The AWD-LSTM encoder (Merity, Keskar & Socher 2017, arXiv 1708.02182) as ULMFiT uses it (1801.06146)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ulmengine.config import DropoutConfig, Sizes
from ulmengine.tokens import PAD

from .dropout import locked_mask, word_mask
from .kernels.layer_pass import LayerState, PassWeights
from .kernels.layout import Layout
from .kernels.workspace import Workspace
from .lstm import LSTMLayer

State = tuple[LayerState, ...]  # hidden and cell state of every layer, each (batch, that layer's width)


def detach(state: State) -> State:
    """``state`` cut off from the graph that made it: truncated back-propagation through time."""
    return tuple((h.detach(), c.detach()) for h, c in state)


def first_rows(state: State, count: int) -> State:
    """``state`` of the first ``count`` rows."""
    return tuple((h[:count], c[:count]) for h, c in state)


@dataclass(frozen=True)
class Draw:
    """What is random in one pass, drawn once: the dropped words, the locked masks and the dropped weights."""

    words: Tensor | None  # (vocabulary,)
    between: tuple[Tensor | None, ...]  # before each layer: (batch, that layer's inputs)
    weights: tuple[PassWeights, ...]

    def rows(self, which: Tensor | slice) -> Draw:
        """The same draw for some rows of the batch."""
        between = tuple(None if mask is None else mask[which] for mask in self.between)
        return Draw(self.words, between, self.weights)


class Encoded(NamedTuple):
    """What the encoder makes of a batch: last layer's hidden states (N, embedding) in ``layout``, and the state."""

    hidden: Tensor
    layout: Layout
    state: State


class AWDLSTM(nn.Module):
    """Embedding and a stack of LSTM layers, each dropout in its place.

    The last layer is as wide as the embedding, so that its matrix can serve as the decoder's too.

    :param vocabulary: number of tokens.
    :param skip_connections: add a layer's (undropped) input to its output where the widths agree.
    """

    def __init__(
        self, vocabulary: int, sizes: Sizes, dropout: DropoutConfig, *, skip_connections: bool = False
    ) -> None:
        super().__init__()
        self.sizes, self.skip_connections = sizes, skip_connections
        self.set_dropout(dropout)
        rows = torch.empty(vocabulary, sizes.embedding).uniform_(-0.1, 0.1)  # 1708.02182, 5
        # Given to it: its own draw, where shapes alone are asked for, imports the compiler of torch.
        self.embedding: nn.Embedding = nn.Embedding.from_pretrained(
            rows, freeze=False, padding_idx=PAD)
        self.layers = nn.ModuleList(
            LSTMLayer(inputs, hidden, dropout.effective("weight"), dropout.effective("input_weight"))
            for inputs, hidden in sizes.widths
        )
        workspace = Workspace()
        for layer in self._layers():
            layer.workspace = workspace
        self._fixed: Draw | None = None

    def set_dropout(self, dropout: DropoutConfig) -> None:
        """Change what is dropped from the next pass on."""
        self.word_p = dropout.effective("embedding")
        self.input_p, self.hidden_p = dropout.effective("input"), dropout.effective("hidden")
        for layer in getattr(self, "layers", ()):
            layer.weight_drop = dropout.effective("weight")
            layer.input_weight_drop = dropout.effective("input_weight")

    @property
    def vocabulary(self) -> int:
        return self.embedding.num_embeddings

    @property
    def device(self) -> torch.device:
        return self.embedding.weight.device

    def zero_state(self, batch: int) -> State:
        """The state of ``batch`` rows of which nothing is read yet."""
        return tuple(layer.zero_state(batch) for layer in self._layers())

    def draw(self, batch: int) -> Draw:
        """Draw all masks for a pass over ``batch`` rows; nothing is dropped in evaluation."""
        if self._fixed is not None and not self.training:
            return self._fixed
        p = (self.input_p, *[self.hidden_p] * (self.sizes.layers - 1)) if self.training else (0.0,) * self.sizes.layers
        between = tuple(
            locked_mask(batch, layer.inputs, share, self.device)
            for layer, share in zip(self._layers(), p, strict=True)
        )
        words = word_mask(self.vocabulary, self.word_p if self.training else 0.0, self.device)
        return Draw(words, between, tuple(layer.draw() for layer in self._layers()))

    @contextmanager
    def fixed(self) -> Iterator[None]:
        """While this lasts, neither weights nor precision change: evaluation makes ready once what it multiplies.

        To be entered in evaluation; in training it does nothing.
        """
        if not self.training:
            self._fixed = self.draw(0)
        try:
            yield
        finally:
            self._fixed = None

    def forward(
        self,
        tokens: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        draw: Draw | None = None,
        vectors: Tensor | None = None,
    ) -> Encoded:
        """Read ``tokens`` (batch, time) on from ``state``.

        :param lengths: (batch,) real tokens of each row, sorted from the longest down; absent: all of them.
        :param draw: masks drawn earlier for the same pass; absent: fresh ones.
        :param vectors: what :meth:`embed` gave for the tokens, (N, embedding), if that was done already.

        Frozen layers below the first one that learns record nothing for a backward pass.
        """
        batch, time = tokens.shape
        layout = Layout.equal(batch, time, tokens.device) if lengths is None else Layout.of(lengths, tokens.device)
        once = draw is None
        draw = draw or self.draw(layout.batch)
        learns = torch.is_grad_enabled() and self.embedding.weight.requires_grad
        with torch.set_grad_enabled(learns):
            x = self.embed(layout.pack(tokens), draw.words) if vectors is None else vectors
        states = []
        for index, layer in enumerate(self._layers()):
            before = None if state is None else state[index]
            learns = learns or self._learns(layer, before)
            with torch.set_grad_enabled(learns):
                out, after = layer(x, layout, before, draw.weights[index], draw.between[index])
                x = out + x if self.skip_connections and out.shape == x.shape else out
            if once and draw is not self._fixed:
                draw.weights[index].forget_forward()
            states.append(after)
        return Encoded(x, layout, tuple(states))

    def embed(self, tokens: Tensor, words: Tensor | None) -> Tensor:
        """Vectors of ``tokens`` (N,), with the dropped ``words`` (vocabulary,) zeroed: (N, embedding).

        Only the rows that are looked up are multiplied; the matrix itself is never copied.
        """
        vectors: Tensor = self.embedding(tokens)
        return vectors if words is None else vectors * words[tokens].unsqueeze(1)

    def _layers(self) -> list[LSTMLayer]:
        return [layer for layer in self.layers if isinstance(layer, LSTMLayer)]

    @staticmethod
    def _learns(layer: LSTMLayer, state: LayerState | None) -> bool:
        """Whether ``layer`` or the ``state`` it starts from wants a gradient."""
        if not torch.is_grad_enabled():
            return False
        return any(p.requires_grad for p in layer.parameters()) or (state is not None and state[0].requires_grad)
