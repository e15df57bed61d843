"""Names of weights here and in the reference implementation (fastai), so that weights move both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_LSTM = re.compile(r"rnns\.(\d+)\.(?:module\.)?(weight_ih|weight_hh|bias_ih|bias_hh)_l0(_raw)?")
_HEAD = re.compile(r"layers\.(\d+)\.(\d+)\.(\w+)")


class WeightsError(ValueError):
    """Weights that do not belong to an AWD-LSTM as this program knows it."""


def from_reference_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a fastai language model, classifier or encoder under the names used here.

    Copies that fastai keeps twice (the embedding in ``encoder_dp`` and in the tied decoder, the dropped recurrent
    matrix) are left out.

    :raises WeightsError: a name that no AWD-LSTM of fastai 2 has.
    """
    raw = {int(match[1]) for name in state if (match := _LSTM.search(name)) and match[3]}
    renamed: dict[str, Tensor] = {}
    for name, values in state.items():
        ours = _from_reference(name, raw)
        if ours:
            renamed[ours] = values
    return renamed


def _from_reference(name: str, raw: set[int]) -> str:
    """The name used here, empty for a copy that is not needed; ``raw``: layers whose undropped matrix is there."""
    short = re.sub(r"^0\.(module\.)?", "", name)
    if short == "encoder.weight":
        return "encoder.embedding.weight"
    if short in ("encoder_dp.emb.weight", "1.decoder.weight"):
        return ""
    if short == "1.decoder.bias":
        return "decoder.bias"
    if match := _LSTM.fullmatch(short):
        layer, kind = int(match[1]), match[2]
        is_dropped_copy = kind == "weight_hh" and not match[3] and layer in raw
        return "" if is_dropped_copy else f"encoder.layers.{layer}.{kind}"
    if match := _HEAD.fullmatch(short.removeprefix("1.")):
        part = "norm" if match[2] == "0" else "linear"
        return f"head.blocks.{match[1]}.{part}.{match[3]}"
    raise WeightsError(f"the weight {name!r} belongs to no AWD-LSTM language model or classifier of fastai 2")
