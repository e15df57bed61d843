"""What a path in a description means: one that is relative begins at the description's own folder."""

from __future__ import annotations

from pathlib import Path

from .run import RunConfig

_FILES = ("path", "test_path", "unlabelled_path")


def located(name: str, base: Path) -> Path:
    """The file that a description in the folder ``base`` calls ``name``; ``~`` is the person's own folder."""
    return base / Path(name).expanduser()


def with_absolute_paths(config: RunConfig, base: Path) -> RunConfig:
    """``config``, which lies in the folder ``base``, as a run's frozen record needs it."""
    base = base.resolve()
    corpus = {name: str(located(value, base)) for name in _FILES if (value := getattr(config.corpus, name))}
    model = config.model
    if model.pretrained not in ("auto", "none", ""):
        model = model.model_copy(update={"pretrained": str(located(model.pretrained, base))})
    return config.model_copy(update={"corpus": config.corpus.model_copy(update=corpus), "model": model})
