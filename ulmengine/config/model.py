"""The networks: sizes and dropouts."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, NamedTuple

from .fields import Section, knob, section

Preset = Literal["paper", "small", "tiny", "custom"]


class Sizes(NamedTuple):
    """Widths of an AWD-LSTM."""

    embedding: int
    hidden: int
    layers: int

    @property
    def widths(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of every layer; the last is as wide as the embedding."""
        return list(pairwise([self.embedding, *[self.hidden] * (self.layers - 1), self.embedding]))


PRESETS: dict[str, Sizes] = {
    "paper": Sizes(400, 1152, 3),  # 1801.06146 section 4.1 has 1150; 1152 is the multiple of 8 that the reference uses
    "small": Sizes(128, 384, 2),
    "tiny": Sizes(32, 64, 2),
}


class DropoutConfig(Section):
    """The five dropouts of the AWD-LSTM and that of the head, each before the common multiplier."""

    multiplier: float = knob(
        0.7, label="Dropout multiplier", unit="times", zero="off", ge=0.0, le=2.0,
        help="Multiplies all the dropouts below. Less for much data, more for little; 0 switches them off.",
    )
    embedding: float = knob(
        0.2, label="Embedding", unit="probability", ge=0.0, le=0.9,
        help="Whole words are dropped from the embedding, the same ones through the whole pass (1708.02182, 4.3). "
        "0.05 was published (1801.06146, 4.1); with some thousand documents more keeps it from relying on single "
        "words.",
    )
    input: float = knob(
        0.4, label="Input", unit="probability", ge=0.0, le=0.9,
        help="Locked dropout on the embedded words: one mask for all time steps (1708.02182, 4.2).",
    )
    weight: float = knob(
        0.5, label="Recurrent weights", unit="probability", ge=0.0, le=0.9,
        help="DropConnect on the hidden-to-hidden matrices, one mask a pass (1708.02182, 2).",
    )
    hidden: float = knob(
        0.3, label="Between layers", unit="probability", ge=0.0, le=0.9,
        help="Locked dropout on what one LSTM layer hands to the next.",
    )
    output: float = knob(
        0.1, label="Output", unit="probability", ge=0.0, le=0.9,
        help="Locked dropout on what the last layer gives to the decoder (language model).",
    )
    pooled: float = knob(
        0.4, label="Pooled states", unit="probability", ge=0.0, le=0.9,
        help="Dropout on the pooled states that enter the classifier's head.",
    )
    head: float = knob(
        0.1, label="Head", unit="probability", ge=0.0, le=0.9, advanced=True,
        help="Dropout before the last linear layer of the head; not multiplied.",
    )
    input_weight: float = knob(
        0.0, label="Input weights", unit="probability", ge=0.0, le=0.9, advanced=True,
        help="DropConnect on the input-to-hidden matrices as well; 0 as published.",
    )

    def effective(self, name: str) -> float:
        """The probability in force for the dropout called ``name``: its ratio times the multiplier, at most 0.9."""
        ratio = float(getattr(self, name))
        return ratio if name == "head" else min(0.9, ratio * self.multiplier)


class ModelConfig(Section):
    """The network that is trained."""

    pretrained: str = knob(
        "auto", label="Pretrained model",
        help="auto: the shipped model that fits, if there is one. none: start from scratch. Otherwise the path of "
        "a model bundle.",
    )
    preset: Preset = knob(
        "small", label="Size",
        help="paper: 400/1152/3 as published. small: made for a laptop. tiny: for trying out. "
        "A pretrained model brings its own size.",
    )
    embedding_size: int = knob(
        128, label="Embedding size", unit="features", ge=4, le=4_096, advanced=True,
        help="Width of a word's vector; used with the preset custom.",
    )
    hidden_size: int = knob(
        384, label="Hidden size", unit="features", ge=4, le=8_192, advanced=True,
        help="Width of the inner LSTM layers; used with the preset custom.",
    )
    layers: int = knob(
        2, label="Layers", unit="layers", ge=1, le=8, advanced=True,
        help="How many LSTM layers lie on one another; used with the preset custom.",
    )
    direction: Literal["forward", "backward", "both"] = knob(
        "forward", label="Direction",
        help="Read the text forwards, backwards, or train both and average them: twice the time and nearly twice the "
        "file, for half a point to a point of the network's accuracy (in the paper and in our own trials).",
    )
    pooling: Literal["concat", "attention", "last"] = knob(
        "concat", label="Pooling",
        help="concat: last state, maximum and mean over the document (1801.06146, 3.3). attention: a learnt mean "
        "in place of the plain one. last: the last state alone.",
    )
    skip_connections: bool = knob(
        False, label="Skip connections", advanced=True,
        help="Add a layer's input to its output where the widths agree.",
    )
    head_hidden: int = knob(
        0, label="Head width", unit="features", zero="none", ge=0, le=4_096, advanced=True,
        help="Width of the classifier's hidden layer (50 in 1801.06146, 3.3). 0: none; the head is one linear layer "
        "and begins as logistic regression on what the encoder makes of the training documents, so that tuning starts "
        "from what it knows.",
    )
    dropout: DropoutConfig = section(DropoutConfig, label="Dropout", help="What is left out at random in training.")

    def sizes(self) -> Sizes:
        """Embedding width, hidden width and number of layers in force (before a pretrained model's own)."""
        if self.preset == "custom":
            return Sizes(self.embedding_size, self.hidden_size, self.layers)
        return PRESETS[self.preset]

    def pooled(self, features: int) -> int:
        """How many features a document has for the head, pooled from hidden states of so many."""
        return features if self.pooling == "last" else 3 * features
