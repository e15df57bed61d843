"""The values published for ULMFiT, where the program's own defaults (for smaller networks and corpora) differ."""

from __future__ import annotations

from typing import Final

RATES: Final[dict[str, float | bool]] = {
    "language_model.lr": 0.004, "language_model.factor": 2.6, "language_model.interpolate": False,
    "classifier.lr": 0.01, "classifier.factor": 2.6, "classifier.refit": 0,
}
"""Peak rates and discriminative factors, and what the published method does without: taking less than the tuned
language model, and learning from the validation documents at last (1801.06146, 3.2 and 4.1), by the names of their
settings."""

DROPOUTS: Final[dict[str, float]] = {
    "model.dropout.input": 0.4, "model.dropout.weight": 0.5, "model.dropout.embedding": 0.05,
    "model.dropout.hidden": 0.3, "model.dropout.output": 0.1, "model.dropout.pooled": 0.4,
    "model.dropout.multiplier": 0.5,
}
"""The ratios between the dropouts (1801.06146, 4.1) and the multiplier that the reference gives a classifier."""
