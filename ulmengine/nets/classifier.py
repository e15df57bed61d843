"""The text classifier: encoder of a language model, BPT3C over the document, and a head."""

from __future__ import annotations

from torch import Tensor, nn

from ulmengine.config import ModelConfig

from .awd_lstm import AWDLSTM, Draw
from .bpt3c import read_documents
from .head import Head


class TextClassifier(nn.Module):
    """Scores documents of any length.

    :param encoder: usually a fine-tuned language model's; it is used, not copied, and takes on ``model``'s dropouts.
    :param bptt: tokens read at once; ``max_tokens``: how many at the end of a document are pooled and learnt from.
    """

    def __init__(
        self, encoder: AWDLSTM, classes: int, model: ModelConfig, *, bptt: int = 70, max_tokens: int = 1440
    ) -> None:
        super().__init__()
        encoder.set_dropout(model.dropout)
        self.encoder = encoder
        self.head = Head(encoder.sizes.embedding, classes, model)
        self.classes, self.bptt, self.max_tokens = classes, bptt, max_tokens

    def forward(self, tokens: Tensor, lengths: Tensor, draw: Draw | None = None) -> Tensor:
        """Scores (batch, classes), float32, of right-padded ``tokens`` (batch, time) of these ``lengths`` (batch,).

        :param draw: what the encoder has drawn or made ready before; absent: it draws afresh.
        :raises ValueError: the rows are not sorted by length from the longest down, or one is empty.
        """
        windows = read_documents(self.encoder, tokens, lengths, self.bptt, self.max_tokens, draw)
        scores: Tensor = self.head(windows.pieces, windows.lengths)
        return scores[windows.back]

    def pooled(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """What the head scores: the pooled states (batch, features), float32; arguments as of :meth:`forward`."""
        windows = read_documents(self.encoder, tokens, lengths, self.bptt, self.max_tokens)
        states: Tensor = self.head.pool(windows.pieces, windows.lengths)
        return states[windows.back]
