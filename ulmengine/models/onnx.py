"""A trained classifier as one ONNX file, which many programs run without this one.

The graph is written operator by operator from the weights, as the networks read a document step by step. It is checked
against the networks on real texts before it is put where it was asked for. Needs the optional packages ``onnx`` and,
for the check, ``onnxruntime``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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
from ulmengine.tokens import PAD

from .archive import ModelError
from .bundle import Bundle

if TYPE_CHECKING:
    from ulmengine.nets import TextClassifier

TOLERANCE = 1e-4
"""How far a probability may be from the original's."""
_OPSET, _IR = 17, 9
_LARGEST = 2 << 30  # of a file in the format's single part
_BATCH = 16
# The gates as this program has them, i f g o, in the order of the format: i o f c.
_GATES = (0, 3, 1, 2)


class OnnxMissingError(ModelError):
    """An optional package that writes or runs such files is not installed."""


class OnnxDiffersError(ModelError):
    """The written network does not answer as the original does; nothing was kept of it."""


@dataclass(frozen=True)
class OnnxCheck:
    """How the file answers beside the original: number of ``texts``, largest ``difference`` of a probability.

    ``network_alone``: in the model itself word counts answer with the network, and they are not in the file.
    """

    texts: int
    difference: float
    network_alone: bool = False


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
    Outputs: ``logits`` and ``probabilities``, both (batch, classes) float32, the probabilities calibrated. Its metadata
    hold as JSON ``labels``, ``multi_label`` and ``tokenizer``, which ``ulmengine.tokens.tokenizer_from_json`` reads.

    Where word counts answer with the network, the file holds the network alone, is compared with that, and says so in
    its metadata (``answers``), which also hold the model's ``card``.

    :param texts: real ones, best of the kind the model is for; at least one.
    :param overwrite: take the place of what stands at ``target``, once the new file is whole.
    :raises OnnxMissingError: an optional package is not installed.
    :raises OnnxDiffersError: an answer is further than :data:`TOLERANCE` from the original's.
    :raises ModelError: a language model, something stands at ``target``, or it cannot be written.
    """
    need_onnx()
    if target.exists() and not overwrite:
        raise ModelError(f"{target} is there already; choose another name")
    networks = bundle.classifiers()
    content = onnx_bytes(bundle, networks)
    check = compare(content, bundle, networks, texts)
    if not check.difference <= TOLERANCE:
        raise OnnxDiffersError(f"{target}: not written. The ONNX network's probabilities differ from the original's by "
                               f"up to {check.difference:.2g} on {check.texts:,} texts ({TOLERANCE:g} is allowed); "
                               "use the model itself instead")
    _write(target, content)
    return check


def onnx_bytes(bundle: Bundle, networks: Mapping[str, TextClassifier]) -> bytes:
    """The content of the file: ``networks`` by direction and what ``bundle`` says of them.

    :raises ModelError: too large for the format.
    """
    from onnx import TensorProto, checker, helper

    graph = _Graph()
    tokens, lengths = graph("Transpose", "tokens", perm=[1, 0]), "lengths"
    scores = [_classifier(graph, network, direction, tokens, lengths) for direction, network in networks.items()]
    graph("Identity", _averaged(graph, scores, bundle.multi_label), out="logits")
    tempered = graph("Div", "logits", graph.value(np.float32(bundle.temperature)))
    if bundle.multi_label:
        graph("Sigmoid", tempered, out="probabilities")
    else:
        graph("Softmax", tempered, out="probabilities", axis=1)
    if sum(len(part.raw_data) for part in graph.values) >= _LARGEST:
        raise ModelError(f"{bundle.path}: the model is larger than the 2 GB that one ONNX file can hold")
    classes = len(bundle.labels)
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, "ulmfit",
            [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["batch", "time"]),
             helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", classes])
             for name in ("logits", "probabilities")],
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
    })
    checker.check_model(made)
    content: bytes = made.SerializeToString()
    return content


def _answers(bundle: Bundle) -> str:
    """Whose answer the file gives, in words."""
    blend = bundle.description.blend
    if blend is None:
        return "The file answers as the model does: its network is the whole of it."
    return (f"The file answers as the model's network alone does. The model itself answers with {blend:.0%} of the "
            f"network and {1 - blend:.0%} of word counts, which are not in this file: its probabilities, and now and "
            "then its label, are others.")


def compare(
    content: bytes, bundle: Bundle, networks: Mapping[str, TextClassifier], texts: Sequence[str]
) -> OnnxCheck:
    """Run the file's ``content`` by onnxruntime and the ``networks`` by PyTorch on ``texts``.

    :raises ModelError: there are no texts.
    """
    import onnxruntime

    if not texts:
        raise ModelError("there are no texts to check the ONNX file on; give some")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    furthest = 0.0
    for tokens, lengths in _batches(bundle, texts):
        found = session.run(["probabilities"], {"tokens": tokens, "lengths": lengths})[0]
        wanted = _probabilities(bundle, networks, torch.from_numpy(tokens), torch.from_numpy(lengths))
        distance = np.abs(found - wanted.numpy())
        furthest = max(furthest, float(distance.max()) if np.isfinite(distance).all() else float("inf"))
    return OnnxCheck(len(texts), furthest, bundle.counts is not None)


def _batches(bundle: Bundle, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Right-padded token ids and lengths, sorted from the longest document down."""
    documents = sorted((bundle.tokenizer.encode(text) for text in texts), key=len, reverse=True)
    for start in range(0, len(documents), _BATCH):
        batch = documents[start : start + _BATCH]
        tokens = np.full((len(batch), len(batch[0])), PAD, dtype=np.int64)
        for row, document in enumerate(batch):
            tokens[row, : len(document)] = document
        yield tokens, np.array([len(document) for document in batch])


@torch.no_grad()
def _probabilities(
    bundle: Bundle, networks: Mapping[str, TextClassifier], tokens: Tensor, lengths: Tensor
) -> Tensor:
    """(batch, classes): what the original answers, in float64 from the scores on."""
    scores = []
    for direction, network in networks.items():
        turned = tokens.clone()
        if direction == "backward":
            for row, length in enumerate(lengths.tolist()):
                turned[row, :length] = tokens[row, :length].flip(0)
        scores.append(network(turned, lengths).double())
    if bundle.multi_label:
        mean = torch.stack([score.sigmoid() for score in scores]).mean(0)
        logits = scores[0] if len(scores) == 1 else torch.logit(mean)
        return (logits / bundle.temperature).sigmoid()
    mean = torch.stack([score.softmax(1) for score in scores]).mean(0)
    return (mean.log() / bundle.temperature).softmax(1)


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
    """[last, max, mean] (batch, 3 * features) over the window of each document (``nets.bpt3c.window_starts``)."""
    one, chunk = graph.integers(1), graph.integers(network.bptt)
    over = graph("Max", graph("Sub", lengths, graph.integers(network.max_tokens)), graph.integers(0))
    whole = graph("Div", graph("Add", over, graph.integers(network.bptt - 1)), chunk)
    ends = graph("Sub", lengths, one)
    start = graph("Mul", graph("Min", whole, graph("Div", ends, chunk)), chunk)
    time = graph("Squeeze", graph("Slice", graph("Shape", tokens), graph.integers(0), one), graph.integers(0))
    places = graph("Range", graph.value(np.int64(0)), time, graph.value(np.int64(1)))
    places = graph("Unsqueeze", places, one)
    inside = graph("And", graph("GreaterOrEqual", places, start), graph("Less", places, lengths))
    inside = graph("Unsqueeze", inside, graph.integers(2))  # (time, batch, 1)
    at_end = graph("Unsqueeze", graph("Equal", places, ends), graph.integers(2))
    zero, lowest = graph.value(np.float32(0)), graph.value(np.float32(-3e38))
    last = graph("ReduceSum", graph("Where", at_end, x, zero), graph.integers(0), keepdims=0)
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


def _write(target: Path, content: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error.strerror or error}") from error
