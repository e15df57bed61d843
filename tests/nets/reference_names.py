"""The opposite way of :func:`ulmengine.nets.from_reference_names`, to compare weights with the reference's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from ulmengine.nets import WeightsError

_OURS = re.compile(r"encoder\.layers\.(\d+)\.(\w+)")


def to_reference_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a language model or classifier here under fastai's names, its copies included.

    :raises WeightsError: a part that fastai's networks do not have (attention pooling, another softmax).
    """
    prefix = "0.module." if any(name.startswith("head.") for name in state) else "0."
    renamed: dict[str, Tensor] = {}
    for name, values in state.items():
        if name == "encoder.embedding.weight":
            renamed |= {f"{prefix}encoder.weight": values, f"{prefix}encoder_dp.emb.weight": values}
            if "decoder.bias" in state:
                renamed["1.decoder.weight"] = values
        elif name == "decoder.bias":
            renamed["1.decoder.bias"] = values
        elif match := _OURS.fullmatch(name):
            kind = "weight_hh_l0_raw" if match[2] == "weight_hh" else f"module.{match[2]}_l0"
            renamed[f"{prefix}rnns.{match[1]}.{kind}"] = values
        elif match := re.fullmatch(r"head\.blocks\.(\d+)\.(norm|linear)\.(\w+)", name):
            # The linear layer stands after the batch norm and the dropout, which fastai leaves out at p = 0.
            renamed[f"1.layers.{match[1]}.{0 if match[2] == 'norm' else 2}.{match[3]}"] = values
        else:
            raise WeightsError(f"fastai's networks have no place for the weight {name!r}")
    return renamed
