"""The whole description of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from .corpus import CorpusConfig, TokenConfig
from .fields import Section, knob, section
from .model import ModelConfig
from .training import ClassifierConfig, LanguageModelConfig

_FILES = ("path", "test_path", "unlabelled_path")


class ComputeConfig(Section):
    """On what the run computes."""

    device: str = knob(
        "auto", label="Device",
        help="auto: an NVIDIA card where there is one, otherwise the processor. cpu, cuda, cuda:1, or, not yet tried "
        "with the whole method, mps and xpu.",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = knob(
        "auto", label="Precision",
        help="auto: bfloat16 where the device is fast at it, otherwise float32. Losses, norms and pooling sums are "
        "always float32.",
    )
    threads: int = knob(
        0, label="Threads", unit="threads", zero="all cores", ge=0, le=1_024,
        help="Processor threads for the arithmetic; 0: as many as there are cores. The same number gives the same "
        "bits.",
    )


class SavingConfig(Section):
    """What a run keeps on disk while it goes."""

    minutes: float = knob(
        5.0, label="Save every", unit="minutes", zero="at epochs only", ge=0.0, le=1_440.0,
        help="A checkpoint is written this often, besides the end of every epoch and stage; 0: only there.",
    )
    keep: int = knob(
        2, label="Checkpoints kept", unit="checkpoints", ge=1, le=100,
        help="The latest ones; the best and the end of each stage are kept as well.",
    )
    samples: bool = knob(
        True, label="Let the language model write", help="Show a few words it writes after every epoch."
    )
    tensorboard: bool = knob(
        False, label="Mirror to TensorBoard", advanced=True,
        help="Also write the figures for TensorBoard (needs the optional package tensorboard).",
    )


class RunConfig(Section):
    """One run, from the corpus to the evaluated classifier."""

    version: int = knob(1, label="Format version", unit="version", ge=1, le=1, advanced=True,
                        help="Version of this description; a newer one is refused with a clear word.")
    name: str = knob("run", label="Name", help="What the run is called in lists.")
    seed: int = knob(
        42, label="Seed", ge=0, le=2**31 - 1,
        help="Start of all random numbers. Same seed, same settings and same thread count: same result.",
    )
    corpus: CorpusConfig = section(CorpusConfig, label="Corpus", help="What is read.")
    tokens: TokenConfig = section(TokenConfig, label="Tokens", help="How text becomes numbers.")
    model: ModelConfig = section(ModelConfig, label="Model", help="The network.")
    language_model: LanguageModelConfig = section(
        LanguageModelConfig, label="Language model", help="Stage one: learn the corpus' language."
    )
    classifier: ClassifierConfig = section(
        ClassifierConfig, label="Classifier", help="Stage two: learn the labels, unfreezing group by group."
    )
    compute: ComputeConfig = section(ComputeConfig, label="Device", help="On what it runs.")
    saving: SavingConfig = section(SavingConfig, label="Saving", help="What is kept on disk.")


def located(name: str, base: Path) -> Path:
    """The file that a description in the folder ``base`` calls ``name``; ``~`` is the person's own folder."""
    return base / Path(name).expanduser()


def with_absolute_paths(config: RunConfig, base: Path) -> RunConfig:
    """``config``, which lies in the folder ``base``, without relative paths: as a run's frozen record needs it."""
    base = base.resolve()
    corpus = {name: str(located(value, base)) for name in _FILES if (value := getattr(config.corpus, name))}
    model = config.model
    if model.pretrained not in ("auto", "none", ""):
        model = model.model_copy(update={"pretrained": str(located(model.pretrained, base))})
    return config.model_copy(update={"corpus": config.corpus.model_copy(update=corpus), "model": model})
