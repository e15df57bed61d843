"""How large a network is, reckoned before it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from studio.facts import CorpusFacts, start_of
from ulmengine.config import ModelConfig, RunConfig, Sizes
from ulmengine.models import ModelError, describe_bundle, pretrained_path
from ulmengine.plan.usual import activation_bytes, readings

BYTES_A_PARAMETER = 16
"""float32 weight, gradient and the two moments of Adam; SGD needs 4 to 8 less."""


@dataclass(frozen=True)
class Network:
    """What a picture and an estimate need to know.

    ``vocabulary`` and ``classes`` are None where no corpus has said them yet. ``pretrained``: the name of the model
    that a run starts from, "" for none; ``problem``: why the chosen one cannot be used. ``known``: the share of the
    corpus' words that the model knows which was not chosen by itself, because that is too little.
    """

    sizes: Sizes
    model: ModelConfig
    vocabulary: int | None = None
    classes: int | None = None
    pretrained: str = ""
    problem: str = ""
    known: float | None = None


@dataclass(frozen=True)
class Parameters:
    """Numbers that are learnt, by part."""

    embedding: int
    layers: tuple[int, ...]
    decoder: int
    head: int

    @property
    def encoder(self) -> int:
        """What the language model and the classifier share."""
        return self.embedding + sum(self.layers)

    @property
    def language_model(self) -> int:
        """The decoder's matrix is the embedding's; only its bias is its own."""
        return self.encoder + self.decoder

    @property
    def classifier(self) -> int:
        """Encoder and head."""
        return self.encoder + self.head


def parameters_of(network: Network, vocabulary: int, classes: int) -> Parameters:
    """The parameters of a network with so many tokens and classes."""
    embedding, width = network.sizes.embedding, network.model.head_hidden
    # a layer: four gates, each from its inputs and from its own state, with two biases as PyTorch has it
    layers = tuple(4 * outputs * (inputs + outputs + 2) for inputs, outputs in network.sizes.widths)
    pooled = network.model.pooled(embedding)
    attention = embedding if network.model.pooling == "attention" else 0
    # two blocks: batch norm's scale and shift, then a matrix without bias; or one, whose matrix has a bias
    blocks = pooled * width + 2 * width + width * classes if width else pooled * classes + classes
    head = attention + 2 * pooled + blocks
    return Parameters(vocabulary * embedding, layers, vocabulary, head)


def memory_of(network: Network, config: RunConfig, facts: CorpusFacts | None) -> dict[str, int]:
    """Bytes while training, about: "language_model" and "classifier". The larger counts, they follow one another."""
    vocabulary, classes = vocabulary_of(network, config), network.classes or 2
    counts = parameters_of(network, vocabulary, classes)
    language = config.language_model
    tokens = language.batch_size * language.bptt
    # scores of a chunk of tokens over the whole vocabulary and their gradient
    scores = 2 * 4 * vocabulary * min(tokens, 512)
    length = min(config.tokens.max_tokens, round(3 * facts.tokens) if facts else config.tokens.max_tokens)
    documents = config.classifier.batch_size * max(length, 1)
    if config.tokens.batch_tokens:
        documents = min(documents, max(length, config.tokens.batch_tokens))
    documents *= readings(config)
    return {
        "language_model": BYTES_A_PARAMETER * counts.language_model + activation_bytes(network.sizes, tokens) + scores,
        "classifier": (directions_of(config) * BYTES_A_PARAMETER * counts.classifier
                       + activation_bytes(network.sizes, documents)),
    }


def directions_of(config: RunConfig) -> int:
    """How many networks a run of ``config`` trains: one for each direction."""
    return 2 if config.model.direction == "both" else 1


def vocabulary_of(network: Network, config: RunConfig) -> int:
    """The corpus' own number of tokens if it is known, else the most it can be."""
    return network.vocabulary or config.tokens.vocab_size


def network_of(config: RunConfig, facts: CorpusFacts | None, base: Path) -> Network:
    """The network that a run of ``config`` trains; a pretrained model brings its own size."""
    path = start_of(config, facts, base)
    vocabulary, classes = (facts.vocabulary, facts.classes or None) if facts else (None, None)
    plain = Network(config.model.sizes(), config.model, vocabulary, classes)
    if path is None:
        refused = pretrained_path(config, base)
        return replace(plain, known=facts.shares.get(str(refused))) if facts and refused else plain
    try:
        found = describe_bundle(path)
    except ModelError as error:
        return Network(plain.sizes, plain.model, vocabulary, classes, path.stem, str(error))
    if found.tokenizer != "word":
        vocabulary = found.vocabulary
    elif vocabulary is not None:  # a run keeps the words of the pretrained model behind those of the corpus
        vocabulary = min(config.tokens.vocab_size, max(vocabulary, found.vocabulary))
    return Network(Sizes(*found.sizes), config.model, vocabulary, classes, found.title or path.stem)
