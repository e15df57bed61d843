"""What moves the weights: schedules, layer groups, optimizers, stages, control, range test, checkpoints.

Plans, schedules and control are pure Python; everything that needs PyTorch is imported when it is first asked for,
so that a preview or a command line starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .control import TRANSITIONS, ControlError, RunControl, RunState, Signal, commands, drive
from .errors import NanLoss, TrainingError
from .schedules import Schedule, build_schedule
from .stages import StagePlan, group_names, plan_stages

if TYPE_CHECKING:
    from .checkpoints import CheckpointError, CheckpointInfo, Checkpoints, saved_event
    from .context import Snapshot, StageResult, TrainContext
    from .loop import classifier_task, language_model_task, train_classifier, train_language_model
    from .range_curve import RangeResult, suggestions
    from .sweep import range_test

_LAZY = {
    "CheckpointError": "checkpoints", "CheckpointInfo": "checkpoints", "Checkpoints": "checkpoints",
    "saved_event": "checkpoints", "Snapshot": "context", "StageResult": "context", "TrainContext": "context",
    "train_classifier": "loop", "train_language_model": "loop", "classifier_task": "loop",
    "language_model_task": "loop", "RangeResult": "range_curve", "range_test": "sweep",
    "suggestions": "range_curve",
}

__all__ = [
    "TRANSITIONS", "CheckpointError", "CheckpointInfo", "Checkpoints", "ControlError", "NanLoss", "RangeResult",
    "RunControl", "RunState", "Schedule", "Signal", "Snapshot", "StagePlan", "StageResult", "TrainContext",
    "TrainingError", "build_schedule", "classifier_task", "commands", "drive", "group_names", "language_model_task",
    "plan_stages", "range_test", "saved_event", "suggestions", "train_classifier", "train_language_model",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LAZY[name]}", __name__), name)
