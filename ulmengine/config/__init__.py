"""One typed description of a run.

The form and its tooltips, the command line, the TOML file, the run's frozen record and the difference between two
runs are all made from these fields.
"""

from .corpus import NONE, CorpusConfig, SplitConfig, TokenConfig
from .fields import Section, bounds, declared, value_of
from .model import PRESETS, DropoutConfig, ModelConfig, Sizes
from .run import ComputeConfig, RunConfig, SavingConfig, located, with_absolute_paths
from .toml import (
    ConfigError,
    difference,
    dumps,
    load,
    loads,
    refuse_undecodable,
    save,
    usual_for,
    validate,
    with_settings,
)
from .training import ClassifierConfig, LanguageModelConfig, OptimizerConfig, ScheduleConfig, StageSettings

__all__ = [
    "NONE", "PRESETS", "ClassifierConfig", "ComputeConfig", "ConfigError", "CorpusConfig", "DropoutConfig",
    "LanguageModelConfig", "ModelConfig", "OptimizerConfig", "RunConfig", "SavingConfig", "ScheduleConfig",
    "Section", "Sizes", "SplitConfig", "StageSettings", "TokenConfig", "bounds", "declared", "difference", "dumps",
    "load", "loads", "located", "refuse_undecodable", "save", "usual_for", "validate", "value_of",
    "with_absolute_paths", "with_settings",
]
