"""The language model: AWD-LSTM encoder, decoder tied to the embedding, and its regularised loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ulmengine.config import DropoutConfig, Sizes
from ulmengine.tokens import IGNORED

from .adaptive import AdaptiveDecoder
from .awd_lstm import AWDLSTM, Encoded, State, detach
from .decoder import Decoder
from .dropout import locked_mask
from .sampled_softmax import SampledDecoder


@dataclass(frozen=True)
class LanguageModelLoss:
    """``total`` is what is minimised, with its graph; the rest is for the record.

    ``cross_entropy``: mean over the targets that count, nats, detached. ``state``: to go on from, detached.
    ``counted``: number of those targets, a tensor that stays on the device.
    """

    total: Tensor
    cross_entropy: Tensor
    counted: Tensor
    state: State

    @property
    def tokens(self) -> int:
        """Number of targets that count (on a GPU this waits for the device)."""
        return int(self.counted)


class LanguageModel(nn.Module):
    """Predicts each next token. Decoder and embedding are one matrix (1708.02182, 4.5); the bias is the decoder's own.

    :param softmax: "full" is exact; "adaptive" and "sampled" train faster on large vocabularies.
    """

    def __init__(
        self,
        vocabulary: int,
        sizes: Sizes,
        dropout: DropoutConfig,
        *,
        softmax: str = "full",
        skip_connections: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = AWDLSTM(vocabulary, sizes, dropout, skip_connections=skip_connections)
        self.decoder = make_decoder(softmax, vocabulary, sizes.embedding)
        self.output_p = dropout.effective("output")

    def set_dropout(self, dropout: DropoutConfig) -> None:
        """Change what is dropped from the next pass on."""
        self.encoder.set_dropout(dropout)
        self.output_p = dropout.effective("output")

    @contextmanager
    def fixed(self) -> Iterator[None]:
        """While this lasts, neither weights nor precision change: evaluation makes ready once what it multiplies."""
        with self.encoder.fixed(), self.decoder.fixed(self.encoder.embedding.weight):
            yield

    def loss(
        self, inputs: Tensor, targets: Tensor, state: State | None, *, alpha: float = 2.0, beta: float = 1.0
    ) -> LanguageModelLoss:
        """Cross entropy of ``targets`` given ``inputs``, both (batch, time), read on from ``state``.

        In training, ``alpha`` times the mean square of the dropped output (AR) and ``beta`` times the mean squared
        change of the raw output over time (TAR) are added (1708.02182, 4.6). Evaluation is the cross entropy alone.
        """
        encoded = self.encoder(inputs, state)
        dropped = self._drop(encoded)
        places = encoded.layout.pack(targets)
        counted = (places != IGNORED).sum()
        summed = self.decoder.loss(dropped, self.encoder.embedding.weight, places)
        total = summed / counted.clamp(min=1)
        cross_entropy = total.detach()
        if self.training:
            total = total + activation_regularisation(dropped, alpha) + temporal_regularisation(encoded, beta)
        return LanguageModelLoss(total, cross_entropy, counted, detach(encoded.state))

    def logits(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Scores of every next token, (batch, time, vocabulary), and the state after ``inputs`` (batch, time)."""
        encoded = self.encoder(inputs, state)
        scores = self.decoder.scores(self._drop(encoded), self.encoder.embedding.weight)
        return encoded.layout.unpack(scores), detach(encoded.state)

    def next_scores(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Scores of the one token after ``tokens`` (batch, time): (batch, vocabulary), and the state for going on."""
        encoded = self.encoder(tokens, state)
        last = encoded.layout.unpack(self._drop(encoded))[:, -1]
        return self.decoder.scores(last, self.encoder.embedding.weight), detach(encoded.state)

    def _drop(self, encoded: Encoded) -> Tensor:
        if not self.training:
            return encoded.hidden
        hidden = encoded.hidden
        mask = locked_mask(encoded.layout.batch, hidden.shape[1], self.output_p, hidden.device)
        return encoded.layout.scale_rows(hidden, mask)


def make_decoder(softmax: str, vocabulary: int, features: int) -> Decoder:
    """The decoder called ``softmax``: "full", "adaptive" or "sampled".

    :raises ValueError: another name.
    """
    if softmax == "full":
        return Decoder(vocabulary)
    if softmax == "sampled":
        return SampledDecoder(vocabulary)
    if softmax == "adaptive":
        return AdaptiveDecoder(vocabulary, features)
    raise ValueError(f"there is no softmax called {softmax!r}; choose full, adaptive or sampled")


def activation_regularisation(dropped: Tensor, alpha: float) -> Tensor:
    """AR: ``alpha`` times the mean square of the last layer's dropped output (N, features)."""
    return alpha * dropped.float().square().mean() if alpha else dropped.new_zeros((), dtype=torch.float32)


def temporal_regularisation(encoded: Encoded, beta: float) -> Tensor:
    """TAR: ``beta`` times the mean squared change of the last layer's raw output from step to step."""
    if not beta or encoded.layout.time < 2:
        return encoded.hidden.new_zeros((), dtype=torch.float32)
    hidden = encoded.layout.unpack(encoded.hidden).float()
    return beta * (hidden[:, 1:] - hidden[:, :-1]).square().mean()
