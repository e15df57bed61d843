"""Moving an embedding to another vocabulary."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def transfer_embedding(
    weights: Tensor, bias: Tensor | None, mapping: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[Tensor, Tensor | None]:
    """Rows for a new vocabulary: known words keep theirs, new words get the mean of all old rows (1801.06146; fastai).

    :param weights: (old vocabulary, features); ``bias``: (old vocabulary,) of the decoder, if there is one.
    :param mapping: (new vocabulary,) the old row of each new word, -1 where it had none.
    :returns: new tensors (new vocabulary, features) and (new vocabulary,).
    :raises ValueError: the mapping names a row that the old vocabulary does not have.
    """
    if mapping.size and int(mapping.max()) >= weights.shape[0]:
        raise ValueError(f"the vocabulary names row {int(mapping.max())}, but the model has {weights.shape[0]} only")
    places = torch.from_numpy(np.ascontiguousarray(mapping, dtype=np.int64)).to(weights.device)
    known = places >= 0
    rows = torch.where(known[:, None], weights[places.clamp(min=0)], weights.float().mean(0).to(weights.dtype))
    if bias is None:
        return rows, None
    return rows, torch.where(known, bias[places.clamp(min=0)], bias.float().mean().to(bias.dtype))
