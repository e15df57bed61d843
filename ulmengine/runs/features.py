"""What a run's network makes of its training documents, kept in the run's folder: by it documents are likened."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ulmengine.corpus import Documents
from ulmengine.disk import sha256, whole
from ulmengine.events import Event, Progress
from ulmengine.inference import Predictor
from ulmengine.inference.predict import asked_in_windows
from ulmengine.record.folder import RunFolder

FEATURES = "features.safetensors"
_AT_ONCE = 128


def has_features(folder: RunFolder) -> bool:
    """Whether features are kept; :func:`training_features` finds out whether they still hold."""
    return (folder.path / FEATURES).is_file()


def training_features(
    folder: RunFolder, predictor: Predictor, documents: Documents
) -> Generator[Event, None, np.ndarray]:
    """Pooled states (documents, features), float16, of the training documents, in their order.

    Worked out once for a model and a corpus, and kept; a folder that cannot be written is no hindrance.

    :param predictor: of the run's model.
    """
    path = folder.path / FEATURES
    yield Progress("Opening the features", 0, 0)
    about = {"model": sha256(folder.model_path), "corpus": documents.fingerprint}
    kept = _read(path, about)
    if kept is not None and len(kept) == documents.count("train"):
        return kept
    found = yield from asked_in_windows(
        documents.texts("train"), lambda window: predictor.pooled(window).astype(np.float16),
        "Reading the training documents with the network", documents.count("train"), _AT_ONCE)
    features = np.concatenate(found) if found else np.zeros((0, 1), np.float16)
    try:
        with whole(path) as beside:
            # Not by the library's own hand, whose error of a full disk is no OSError.
            beside.write_bytes(save({"features": features}, metadata=about))
    except OSError:
        pass
    return features


def _read(path: Path, about: dict[str, str]) -> np.ndarray | None:
    try:
        with safe_open(path, framework="numpy") as file:
            if file.metadata() == about:
                return np.asarray(file.get_tensor("features"))
    except (OSError, SafetensorError):
        pass
    return None
