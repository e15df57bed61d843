"""Weights trained with fastai, turned into a bundle: nothing in them is run, and nothing but words and numbers is read.

Takes the language models of fastai 1 and 2 (``lstm_fwd.pth`` with ``itos_wt103.pkl``, say) and encoders saved alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import WeightsError, from_reference_names, transfer_embedding
from ulmengine.tokens import Vocabulary
from ulmengine.tokens.wordwise import WordTokenizer

from .archive import ModelError
from .bundle import save_bundle
from .unpickle import read_vocabulary, read_weights

_LAYER = re.compile(r"encoder\.layers\.(\d+)\.weight_hh")
# What fastai fills a vocabulary up with to a multiple of eight.
_FILLER = "xxfake"
_BPTT = 72


def import_reference(
    weights: Path | str,
    vocabulary: Path | str,
    target: Path | str,
    *,
    direction: Literal["forward", "backward"] = "forward",
    title: str = "",
    dtype: Literal["float32", "float16"] = "float32",
) -> None:
    """Turn fastai's ``weights`` (.pth) and ``vocabulary`` (.pkl) into a language-model bundle at ``target``.

    The special tokens are moved to where this program has them; a special token that the vocabulary lacks starts at
    the mean row, as an unseen word does.

    :raises ModelError: a file cannot be read, holds something else, or the two do not belong together.
    """
    source = Path(weights)
    words = read_vocabulary(Path(vocabulary))
    state = _language_model(read_weights(source), source)
    state, tokens = with_own_specials(state, words, source)
    sizes = sizes_of(state, source)
    model = ModelConfig(
        preset="custom", embedding_size=sizes.embedding, hidden_size=sizes.hidden, layers=sizes.layers,
        direction=direction, dropout=DropoutConfig(),
    )
    save_bundle(
        target, kind="language_model", state=state, sizes=sizes, model=model, bptt=_BPTT, dtype=dtype,
        tokenizer=WordTokenizer(tokens).to_json(),
        card={"title": title or source.stem, "summary": "A language model trained with fastai.",
              "origin": {"weights": source.name, "vocabulary": Path(vocabulary).name}},
    )


def sizes_of(state: Mapping[str, Tensor], path: Path) -> Sizes:
    """Widths and depth that follow from the shapes of ``state``.

    :raises ModelError: the layers do not fit on one another.
    """
    numbers = sorted(int(match[1]) for name in state if (match := _LAYER.fullmatch(name)))
    embedding = state["encoder.embedding.weight"].shape[1]
    widths = [state[f"encoder.layers.{number}.weight_hh"].shape[1] for number in numbers]
    if not numbers or numbers != list(range(len(numbers))) or widths[-1] != embedding or len(set(widths[:-1])) > 1:
        raise ModelError(f"{path}: its layers ({widths}) are not those of an AWD-LSTM over {embedding} features")
    return Sizes(embedding, widths[0], len(widths))


def with_own_specials(
    state: Mapping[str, Tensor], words: Sequence[str], path: Path
) -> tuple[dict[str, Tensor], Vocabulary]:
    """``state`` with its embedding and decoder bias in the order of this program's vocabulary of ``words``.

    :raises ModelError: the embedding has fewer rows than there are words.
    """
    rows = state["encoder.embedding.weight"].shape[0]
    if not len(words) <= rows < len(words) + 8:
        raise ModelError(f"{path}: the weights are for {rows:,} words, the vocabulary has {len(words):,}; "
                         "choose the two files that belong together")
    new = Vocabulary.with_specials(word for word in words if word != _FILLER)
    rows_of = {word: row for row, word in reversed(list(enumerate(words)))}  # of a word given twice the first row
    mapping = np.array([rows_of.get(word, -1) for word in new.tokens], dtype=np.int64)
    embedding, bias = transfer_embedding(state["encoder.embedding.weight"], state["decoder.bias"], mapping)
    return {**state, "encoder.embedding.weight": embedding, "decoder.bias": cast(Tensor, bias)}, new


def _language_model(raw: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    try:
        state = from_reference_names(raw)
    except WeightsError as error:
        raise ModelError(f"{path}: {error}") from error
    if "encoder.embedding.weight" not in state:
        raise ModelError(f"{path}: holds no word embedding; choose the .pth file of a fastai language model")
    rows = state["encoder.embedding.weight"].shape[0]
    kept = {name: value for name, value in state.items() if name.startswith(("encoder.", "decoder."))}
    return {"decoder.bias": torch.zeros(rows), **kept}
