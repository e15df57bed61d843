"""What moves the weights: the loop over a stage, optimizers, metrics, range test, checkpoints, several processes."""

from .checkpoints import Checkpoints
from .context import Snapshot, StageResult, TrainContext
from .loop import train_classifier, train_language_model
from .sweep import RangeResult, range_test, suggestions
from .tasks import classifier_task, language_model_task

__all__ = [
    "Checkpoints", "RangeResult", "Snapshot", "StageResult", "TrainContext", "classifier_task", "language_model_task",
    "range_test", "suggestions", "train_classifier", "train_language_model",
]
