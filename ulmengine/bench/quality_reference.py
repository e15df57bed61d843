"""The reference (fastai) trained on the same ids at the same budget, run as a script by a Python that has it.

``python quality_reference.py '{"folder": ...}'`` writes one line of JSON: ``perplexity`` of the language model,
``accuracy`` of the classifier on the test documents, ``language_model_seconds``. Nothing of this package is imported.

Every layer group learns at the same rate: with so small an encoder the reference's published factor loses a tenth of
the accuracy.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch


def main() -> None:
    """Read the task from the command line, do it, write the result."""
    task = json.loads(sys.argv[1])
    import fastai.callback.schedule  # noqa: F401 - gives the learners fit_one_cycle
    from fastai.torch_core import set_seed

    torch.set_num_threads(task["threads"])
    set_seed(task["seed"], reproducible=True)
    sys.stdout.write("\n" + json.dumps(train(task)) + "\n")


def train(task: dict[str, Any]) -> dict[str, float]:
    """Language model and classifier; only the first one's epochs, each with its validation, are timed, as ours are."""
    folder = Path(task["folder"])
    texts, documents = np.load(folder / "language.npz"), np.load(folder / "classifier.npz")
    learner = language_learner(texts, task["vocabulary"], task, task["language_model"])
    began = time.perf_counter()
    learner.fit_one_cycle(task["language_model"]["epochs"], task["language_model"]["lr"])
    seconds = time.perf_counter() - began
    loss = float(learner.validate()[0])
    tuned = language_learner(documents, task["words"], task, task["tuning"])
    move_words(learner.model, tuned.model, np.load(folder / "mapping.npy"))
    tuned.fit_one_cycle(task["tuning"]["epochs"], task["tuning"]["lr"])
    return {"perplexity": float(np.exp(loss)), "accuracy": classify(documents, tuned.model, task),
            "language_model_seconds": seconds}


def split(ids: Any, part: str) -> list[Any]:
    """The documents of ``part`` as tensors of ids."""
    from fastai.text.data import TensorText

    array, offsets = ids[f"{part}_ids"], ids[f"{part}_offsets"]
    return [TensorText(torch.from_numpy(array[start:end].copy())) for start, end in pairwise(offsets)]


def language_learner(ids: Any, words: int, task: dict[str, Any], budget: dict[str, Any]) -> Any:
    """A language model on the parts "train" and "validation"."""
    from fastai.data.core import DataLoaders
    from fastai.losses import CrossEntropyLossFlat
    from fastai.text.data import LMDataLoader
    from fastai.text.learner import LMLearner
    from fastai.text.models.awdlstm import AWD_LSTM, awd_lstm_lm_config, awd_lstm_lm_split
    from fastai.text.models.core import get_language_model

    loaders = [
        LMDataLoader([(text,) for text in split(ids, part)], bs=budget["batch"], seq_len=budget["bptt"],
                     shuffle=part == "train", num_workers=0)
        for part in ("train", "validation")
    ]
    config = {**awd_lstm_lm_config, **task["sizes"], **budget["dropout"]}
    model = get_language_model(AWD_LSTM, words, config=config).to(task["device"])
    return LMLearner(DataLoaders(*loaders, device=torch.device(task["device"])), model,
                     loss_func=CrossEntropyLossFlat(), splitter=awd_lstm_lm_split,
                     path=task["folder"]).remove_cbs(silent())


def silent() -> list[Any]:
    """What writes progress to the screen, which nobody looks at."""
    from fastai.callback.progress import ProgressCallback

    return [ProgressCallback]


def move_words(old: Any, new: Any, mapping: Any) -> None:
    """Weights of ``old`` into ``new``; rows of the words by ``mapping`` (new word -> old one, -1: the mean row)."""
    state, mapping = old.state_dict(), torch.from_numpy(mapping)
    for name in ("0.encoder.weight", "0.encoder_dp.emb.weight", "1.decoder.weight", "1.decoder.bias"):
        value = state[name]
        moved = value.mean(0, keepdim=True).repeat(len(mapping), *[1] * (value.dim() - 1))
        moved[mapping >= 0] = value[mapping[mapping >= 0]]
        state[name] = moved
    new.load_state_dict(state)


def classify(ids: Any, language_model: Any, task: dict[str, Any]) -> float:
    """Train the classifier group by group and return its accuracy on the part "test"."""
    from fastai.data.core import DataLoaders
    from fastai.losses import CrossEntropyLossFlat
    from fastai.metrics import accuracy
    from fastai.text.learner import TextLearner
    from fastai.text.models.awdlstm import AWD_LSTM, awd_lstm_clas_config, awd_lstm_clas_split
    from fastai.text.models.core import get_text_classifier

    budget = task["classifier"]
    parts = [documents_loader(ids, part, budget["batch"]) for part in ("train", "validation", "test")]
    config = {**awd_lstm_clas_config, **task["sizes"], **budget["dropout"]}
    model = get_text_classifier(AWD_LSTM, task["words"], task["classes"], config=config,
                                lin_ftrs=[task["head_width"]], ps=[budget["head_p"]]).to(task["device"])
    model[0].module.load_state_dict(language_model[0].state_dict())
    learner = TextLearner(DataLoaders(*parts, device=torch.device(task["device"])), model,
                          loss_func=CrossEntropyLossFlat(), metrics=accuracy,
                          splitter=awd_lstm_clas_split, path=task["folder"]).remove_cbs(silent())
    groups = len(awd_lstm_clas_split(model))
    for number, epochs in enumerate(budget["epochs"], start=1):
        learner.freeze_to(-groups if number == len(budget["epochs"]) else -number)
        if epochs:
            learner.fit_one_cycle(epochs, budget["lr"])
    return float(learner.validate(dl=parts[-1])[1])


def documents_loader(ids: Any, part: str, batch: int) -> Any:
    """Batches of documents of like length, padded in front by whole chunks."""
    from fastai.text.data import SortedDL, pad_input_chunk

    targets = ids[f"{part}_targets"]
    items = [(text, torch.tensor(int(target))) for text, target in zip(split(ids, part), targets, strict=True)]
    return SortedDL(items, res=[len(text) for text, _ in items], bs=batch, shuffle=part == "train", num_workers=0,
                    before_batch=lambda samples: pad_input_chunk(samples, pad_idx=1, seq_len=72))


if __name__ == "__main__":
    main()
