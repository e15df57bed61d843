"""A trained classifier as one ONNX file, which many programs run without this one.

The graph is written operator by operator from the weights: the networks, as they read a document step by step, and the
word counts that answer with them. It is checked against the :class:`.Predictor` on real texts before it is put where it
was asked for. Needs the optional packages ``onnx`` and, for the check, ``onnxruntime``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ulmengine import __version__
from ulmengine.disk import whole
from ulmengine.models import Bundle, ModelError
from ulmengine.models.bundle import Counts
from ulmengine.nets.pooling import LastPooling
from ulmengine.tokens import PAD, terms_from_json
from ulmengine.tokens.terms import terms_to_json
from ulmengine.training.batches import padded

from .baseline import units_of
from .predict import Predictor

if TYPE_CHECKING:
    from ulmengine.nets import TextClassifier

TOLERANCE = 1e-4
"""How far a probability may be from the original's."""
CHECKED_TEXTS = 200
"""So many texts are enough to check it on; more say nothing new."""
_OPSET, _IR = 17, 9
_LARGEST = 2 << 30  # of a file in the format's single part
_BATCH = 16
_LONE = re.compile("[\ud800-\udfff]")  # half of a character, which the format cannot hold
# The gates as this program has them, i f g o, in the order of the format: i o f c.
_GATES = (0, 3, 1, 2)


class OnnxMissingError(ModelError):
    """An optional package that writes or runs such files is not installed."""


class OnnxDiffersError(ModelError):
    """The written file does not answer as the original does; nothing was kept of it."""


@dataclass(frozen=True)
class OnnxCheck:
    """How the file answers beside the original: number of ``texts``, largest ``difference`` of a probability."""

    texts: int
    difference: float


def need_onnx() -> None:
    """Do nothing where the optional packages are installed.

    :raises OnnxMissingError: they are not.
    """
    lacking = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
    if lacking:
        raise OnnxMissingError(f"Exporting to ONNX needs {' and '.join(lacking)}, which "
                               f"{'is' if len(lacking) == 1 else 'are'} not installed: pip install ulmfit-studio[onnx]")


def export_onnx(bundle: Bundle, target: Path, texts: Sequence[str], *, overwrite: bool = False) -> OnnxCheck:
    """Write the classifier ``bundle`` to ``target``, once it has answered ``texts`` as the original does.

    Inputs of the file: ``tokens`` (batch, time) int64, right-padded with 1; ``lengths`` (batch,) int64, at least 1.
    Where word counts answer with the network also ``terms`` and, where parts of words are counted, ``parts``, both
    (batch, number) strings, filled up with "". Outputs: ``logits``, the network's, and ``probabilities``, the model's,
    (batch, classes) float32, the probabilities calibrated; beside word counts also ``network``, its probabilities.

    The metadata hold as JSON ``labels``, ``multi_label``, ``tokenizer``, which ``ulmengine.tokens.tokenizer_from_json``
    reads, and how ``terms`` and ``parts`` are cut, in words and for ``ulmengine.tokens.terms_from_json``; also the
    model's ``card``.

    :param texts: real ones, best of the kind the model is for; at least one. With halves of characters, which the
        format cannot hold, they are passed over.
    :param overwrite: take the place of what stands at ``target``, once the new file is whole.
    :raises OnnxMissingError: an optional package is not installed.
    :raises OnnxDiffersError: an answer is further than :data:`TOLERANCE` from the original's.
    :raises ModelError: a language model, something stands at ``target``, or it cannot be written.
    :raises InferenceError: the model itself cannot answer.
    """
    need_onnx()
    if target.exists() and not overwrite:
        raise ModelError(f"{target} is there already; choose another name")
    predictor = Predictor(bundle, "cpu", "float32")
    content = _content(bundle, predictor)
    check = _compare(content, bundle, predictor, texts)
    if not check.difference <= TOLERANCE:
        raise OnnxDiffersError(f"{target}: not written. The ONNX file's probabilities differ from the original's by "
                               f"up to {check.difference:.2g} on {check.texts:,} texts ({TOLERANCE:g} is allowed); "
                               "use the model itself instead")
    _write(target, content)
    return check


def _content(bundle: Bundle, predictor: Predictor) -> bytes:
    """The file: the networks of ``predictor``, the word counts, and what ``bundle`` says of them.

    :raises ModelError: too large for the format.
    """
    from onnx import TensorProto, checker, helper

    graph = _Graph()
    tokens, lengths = graph("Transpose", "tokens", perm=[1, 0]), "lengths"
    scores = [_classifier(graph, one, direction, tokens, lengths) for direction, one in predictor.networks.items()]
    graph("Identity", _averaged(graph, scores, bundle.multi_label), out="logits")
    tempered = graph("Div", "logits", graph.value(np.float32(bundle.temperature)))
    terms, outputs = _terms(bundle), ["logits", "probabilities"]
    if bundle.counts is None:
        _probabilities(graph, tempered, bundle.multi_label, out="probabilities")
    else:
        outputs.append(_probabilities(graph, tempered, bundle.multi_label, out="network"))
        counted = _probabilities(graph, _counts(graph, bundle.counts), bundle.multi_label)
        network, counts = (graph.value(np.float32(share)) for share in (bundle.counts[0], 1 - bundle.counts[0]))
        graph("Add", graph("Mul", "network", network), graph("Mul", counted, counts), out="probabilities")
    if sum(len(part.raw_data) for part in graph.values) + sum(node.ByteSize() for node in graph.nodes) >= _LARGEST:
        raise ModelError(f"{bundle.path}: the model is larger than the 2 GB that one ONNX file can hold")
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, "ulmfit",
            [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["batch", "time"]),
             helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
             *(helper.make_tensor_value_info(name, TensorProto.STRING, ["batch", f"number of {name}"])
               for name in terms)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", len(bundle.labels)])
             for name in outputs],
            graph.values,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR,
        producer_name="ULMFiT Studio", producer_version=__version__,
    )
    helper.set_model_props(made, {
        "title": bundle.description.title, "labels": json.dumps(bundle.labels, ensure_ascii=False),
        "multi_label": json.dumps(bundle.multi_label), "padding": str(PAD), "answers": _answers(bundle),
        "card": f"{bundle.card.rstrip()}\n\n## This file\n\n{_answers(bundle)}\n",
        "tokenizer": json.dumps(bundle.tokenizer_json, ensure_ascii=False),
        **{name: json.dumps(how, ensure_ascii=False) for name, how in terms.items()},
    })
    checker.check_model(made)
    content: bytes = made.SerializeToString()
    return content


def _terms(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """How the terms of each input of strings are cut."""
    if bundle.counts is None:
        return {}
    return {name: terms_to_json(units) for name, units in units_of(bundle.counts[2]).items()}


def _answers(bundle: Bundle) -> str:
    """Who answers in the file, in words."""
    blend = bundle.description.blend
    if blend is None:
        return "The file answers as the model does: its network is the whole of it."
    return (f"The file answers as the model does: with {blend:.0%} of the network and {1 - blend:.0%} of word counts. "
            "The output network is what the network alone answers.")


def _compare(content: bytes, bundle: Bundle, predictor: Predictor, texts: Sequence[str]) -> OnnxCheck:
    """Ask onnxruntime with the file's ``content`` and ``predictor`` for ``texts``.

    :raises ModelError: there are no texts, or none that can be written.
    """
    import onnxruntime

    texts = [text for text in texts if _LONE.search(text) is None]
    if not texts:
        raise ModelError("there are no texts to check the ONNX file on; give some")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    furthest = 0.0
    for chosen, inputs in _batches(bundle, texts):
        distance = np.abs(session.run(["probabilities"], inputs)[0] - predictor.probabilities(chosen))
        furthest = max(furthest, float(distance.max()) if np.isfinite(distance).all() else float("inf"))
    return OnnxCheck(len(texts), furthest)


def _batches(bundle: Bundle, texts: Sequence[str]) -> Iterator[tuple[list[str], dict[str, NDArray[Any]]]]:
    """``texts`` from the longest down, a batch at a time, and the file's inputs of them."""
    cutters = {name: terms_from_json(how) for name, how in _terms(bundle).items()}
    documents = sorted(((bundle.tokenizer.encode(text), text) for text in texts), key=lambda one: -len(one[0]))
    for start in range(0, len(documents), _BATCH):
        batch = documents[start : start + _BATCH]
        chosen = [text for _, text in batch]
        tokens, lengths = padded([document for document, _ in batch])
        yield chosen, {"tokens": tokens.numpy(), "lengths": lengths.numpy(),
                       **{name: _strings(cut, chosen) for name, cut in cutters.items()}}


def _strings(cut: Callable[[str], list[str]], texts: Sequence[str]) -> NDArray[np.object_]:
    """(texts, most terms of one), filled up with ""."""
    rows = [cut(text) for text in texts]
    width = max(map(len, rows))
    return np.array([[*row, *[""] * (width - len(row))] for row in rows], dtype=object)


class _Graph:
    """Nodes and constants of a graph that is being written; calling it adds a node and gives its output's name."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.values: list[Any] = []
        self._names = 0

    def __call__(self, kind: str, *inputs: str, out: str = "", outputs: int = 1, **attributes: Any) -> str:
        from onnx import helper

        name = out or self._name()
        self.nodes.append(helper.make_node(kind, list(inputs), [name, *[""] * (outputs - 1)], **attributes))
        return name

    def value(self, value: Tensor | NDArray[Any] | np.generic) -> str:
        """The name of a constant."""
        from onnx import numpy_helper

        array = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        name = self._name()
        self.values.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values: int) -> str:
        """The name of a list of whole numbers."""
        return self.value(np.array(values, dtype=np.int64))

    def _name(self) -> str:
        self._names += 1
        return f"v{self._names}"


def _classifier(graph: _Graph, network: TextClassifier, direction: str, tokens: str, lengths: str) -> str:
    """Scores (batch, classes) of ``tokens`` (time, batch) by one network."""
    if direction == "backward":
        tokens = graph("ReverseSequence", tokens, lengths, time_axis=0, batch_axis=1)
    encoder = network.encoder
    x = graph("Gather", graph.value(encoder.embedding.weight), tokens)
    short = graph("Cast", lengths, to=6)  # int32, as the operator wants it
    for layer in encoder.layers:
        read = _lstm(graph, layer, x, short)
        x = graph("Add", read, x) if encoder.skip_connections and layer.inputs == layer.hidden else read
    pooled = _pooled(graph, network, tokens, x, lengths)
    out = _block(graph, network.head.blocks[0], pooled)
    for block in network.head.blocks[1:]:
        out = _block(graph, block, graph("Relu", out))
    return out


def _lstm(graph: _Graph, layer: Any, x: str, lengths: str) -> str:
    """Hidden states (time, batch, hidden) of the documents in ``x`` (time, batch, inputs)."""
    ih, hh = (_reordered(weight).unsqueeze(0) for weight in (layer.weight_ih, layer.weight_hh))
    bias = torch.cat([_reordered(layer.bias_ih), _reordered(layer.bias_hh)]).unsqueeze(0)
    out = graph("LSTM", x, graph.value(ih), graph.value(hh), graph.value(bias), lengths, hidden_size=layer.hidden)
    return graph("Squeeze", out, graph.integers(1))  # of the operator's directions there is one


def _reordered(weight: Tensor) -> Tensor:
    parts = weight.detach().chunk(4)
    return torch.cat([parts[gate] for gate in _GATES])


def _pooled(graph: _Graph, network: TextClassifier, tokens: str, x: str, lengths: str) -> str:
    """What the head scores (batch, features), over the window of each document (``nets.bpt3c.window_starts``)."""
    one, chunk = graph.integers(1), graph.integers(network.bptt)
    ends = graph("Sub", lengths, one)
    time = graph("Squeeze", graph("Slice", graph("Shape", tokens), graph.integers(0), one), graph.integers(0))
    places = graph("Range", graph.value(np.int64(0)), time, graph.value(np.int64(1)))
    places = graph("Unsqueeze", places, one)
    zero, lowest = graph.value(np.float32(0)), graph.value(np.float32(-3e38))
    at_end = graph("Unsqueeze", graph("Equal", places, ends), graph.integers(2))
    last = graph("ReduceSum", graph("Where", at_end, x, zero), graph.integers(0), keepdims=0)
    if isinstance(network.head.pool, LastPooling):
        return last
    over = graph("Max", graph("Sub", lengths, graph.integers(network.max_tokens)), graph.integers(0))
    whole = graph("Div", graph("Add", over, graph.integers(network.bptt - 1)), chunk)
    start = graph("Mul", graph("Min", whole, graph("Div", ends, chunk)), chunk)
    inside = graph("And", graph("GreaterOrEqual", places, start), graph("Less", places, lengths))
    inside = graph("Unsqueeze", inside, graph.integers(2))  # (time, batch, 1)
    most = graph("ReduceMax", graph("Where", inside, x, lowest), axes=[0], keepdims=0)
    weight = getattr(network.head.pool, "weight", None)
    if weight is None:
        weights = graph("Cast", inside, to=1)
    else:
        scores = graph("MatMul", graph("Tanh", x), graph.value(weight.unsqueeze(1)))
        weights = graph("Softmax", graph("Where", inside, scores, lowest), axis=0)
    total = graph("ReduceSum", graph("Mul", graph("Where", inside, x, zero), weights), graph.integers(0), keepdims=0)
    count = graph("ReduceSum", weights, graph.integers(0), keepdims=0)
    return graph("Concat", last, most, graph("Div", total, count), axis=1)


def _block(graph: _Graph, block: Any, values: str) -> str:
    """Batch norm with its running statistics, then the linear layer."""
    norm = block.norm
    parts = [graph.value(part) for part in (norm.weight, norm.bias, norm.running_mean, norm.running_var)]
    normed = graph("BatchNormalization", values, *parts, epsilon=norm.eps)
    out = graph("MatMul", normed, graph.value(block.linear.weight.T))
    return out if block.linear.bias is None else graph("Add", out, graph.value(block.linear.bias))


def _averaged(graph: _Graph, scores: list[str], multi_label: bool) -> str:
    """Scores whose probabilities are the mean of those of all networks."""
    if len(scores) == 1:
        return scores[0]

    def together(parts: list[str]) -> str:
        stacked = graph("Concat", *(graph("Unsqueeze", part, graph.integers(0)) for part in parts), axis=0)
        return graph("ReduceLogSumExp", stacked, axes=[0], keepdims=0)

    if multi_label:
        no = together([graph("Neg", graph("Softplus", score)) for score in scores])
        yes = together([graph("Neg", graph("Softplus", graph("Neg", score))) for score in scores])
        return graph("Sub", yes, no)
    share = graph.value(np.float32(np.log(len(scores))))
    return graph("Sub", together([graph("LogSoftmax", score, axis=1) for score in scores]), share)


def _counts(graph: _Graph, counts: Counts) -> str:
    """Scores (batch, classes) of the word counts (:class:`.Baseline`) from the inputs of strings."""
    _, arrays, about = counts
    scores, begin = graph.value(arrays["bias"]), 0
    for name in units_of(about):
        end, one = begin + len(about[name]), graph.value(np.float32(1))
        occurs = graph("TfIdfVectorizer", name, mode="TF", pool_strings=about[name], ngram_counts=[0],
                       ngram_indexes=range(end - begin), min_gram_length=1, max_gram_length=1, max_skip_count=0)
        damped = graph("Add", graph("Log", graph("Max", occurs, one)), one)  # 1 + log of how often it occurs, if at all
        weighed = graph("Mul", graph("Mul", damped, graph("Min", occurs, one)), graph.value(arrays["idf"][begin:end]))
        length = graph("Max", graph("ReduceL2", weighed, axes=[1]), graph.value(np.float32(1e-9)))
        weight = graph.value(arrays["weight"][:, begin:end].T)
        scores = graph("Add", graph("MatMul", graph("Div", weighed, length), weight), scores)
        begin = end
    return graph("Mul", scores, graph.value(np.float32(about.get("sharpness", 1.0))))


def _probabilities(graph: _Graph, scores: str, multi_label: bool, out: str = "") -> str:
    return graph("Sigmoid", scores, out=out) if multi_label else graph("Softmax", scores, out=out, axis=-1)


def _write(target: Path, content: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error.strerror or error}") from error
