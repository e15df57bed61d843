"""What the network makes of the training documents is kept where it can be."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ulmengine.events import outcome
from ulmengine.runs.features import FEATURES, training_features


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "model.ulmfit").write_bytes(b"a model")
    asked: list[str] = []

    def pooled(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.ones((len(texts), 3), dtype=np.float32)

    documents: Any = SimpleNamespace(fingerprint="f", count=lambda _: 2, texts=lambda _: ["one", "two"])
    predictor: Any = SimpleNamespace(pooled=pooled)
    for place in (tmp_path / "gone", tmp_path, tmp_path):
        folder: Any = SimpleNamespace(path=place, model_path=tmp_path / "model.ulmfit")
        found = outcome(training_features(folder, predictor, documents))
        assert (found.dtype, found.tolist()) == (np.float16, [[1, 1, 1]] * 2)
    assert asked == ["one", "two"] * 2  # the third time they were read
    assert (tmp_path / FEATURES).is_file()
