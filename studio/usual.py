"""What is usual for the corpus of a project where that is not the plain setting, and its words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from ulmengine.config import RunConfig, Sizes
from ulmengine.models import ModelError, describe_bundle
from ulmengine.plan.usual import CorpusSize, Usual, usual_settings

from .facts import CorpusFacts, start_of
from .fields import field
from .words import words

_TASKS = ("language_model.", "classifier.")


def usual_of(config: RunConfig, facts: CorpusFacts | None, base: Path) -> tuple[Usual, ...]:
    """What differs in ``config``, of a project in the folder ``base``, for the corpus of ``facts``; nothing where that
    is not known."""
    if facts is None:
        return ()
    path, sizes = start_of(config, facts, base), config.model.sizes()
    if path is not None:
        try:
            sizes = Sizes(*describe_bundle(path).sizes)
        except ModelError:  # of which the Model page says what is wrong
            return ()
    size = CorpusSize(documents=facts.train if facts.classes else 0, texts=facts.train + facts.others,
                      tokens=facts.tokens, pretrained=path is not None)
    return usual_settings(size, sizes, config)


def usual_words(one: Usual) -> str:
    """Which setting, and why, in a sentence or two."""
    told = QCoreApplication.translate("Usual", "Usual for this corpus: {setting} {value} instead of {plain}. {why}.")
    return told.format(setting=_called(one.name), value=_figure(one.value), plain=_figure(one.plain),
                       why=one.why[:1].upper() + one.why[1:])


def usual_change(found: tuple[Usual, ...]) -> str:
    """The settings with their values, in a line."""
    return ", ".join(f"{_called(one.name)} {_figure(one.value)}" for one in found)


def _called(name: str) -> str:
    """The setting called ``name`` in words; one of a task with the task, for both have epochs and rates."""
    mine = field(name)
    label = words(mine.label).lower()
    return f"{label} ({words(mine.sections[0]).lower()})" if name.startswith(_TASKS) else label


def _figure(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_figure, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
