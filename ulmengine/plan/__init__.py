"""What is going to happen: schedules, layer groups, stages, who may move a run. Pure Python, without PyTorch."""

from .control import TRANSITIONS, ControlError, Move, RunControl, RunState, commands, drive
from .errors import NanLossError, TrainingError
from .sample import SampleMissingError, sample_config, sample_folder, sample_texts
from .schedules import Schedule, build_schedule
from .stages import StagePlan, group_names, plan_stages

__all__ = [
    "TRANSITIONS", "ControlError", "Move", "NanLossError", "RunControl", "RunState", "SampleMissingError", "Schedule",
    "StagePlan", "TrainingError", "build_schedule", "commands", "drive", "group_names", "plan_stages", "sample_config",
    "sample_folder", "sample_texts",
]
