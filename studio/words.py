"""What the person reads for the engine's own words: settings, their choices, states, failures."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QTranslator

from ulmengine.plan.control import RunState
from ulmengine.record.phrases import corrected_words as corrected

from .fields import Field, all_fields, field

if TYPE_CHECKING:
    from ulmengine.plan.stages import StagePlan

    from .plots.history import StageRecord

_DOTTED = re.compile(r"(?<![\w./\\-])\w+(?:\.\w+)+(?![\w/\\-]|\.\w)")
"""What may be the dotted name of a setting in a sentence; not within a path or a longer name."""


def _mark(text: str) -> str:
    """Mark ``text`` for the translators; it is translated when it is shown."""
    return text


_CHOICES: dict[str, str] = {
    "auto": _mark("Automatic"),
    "none": _mark("None"),
    "stlr": _mark("Slanted triangular (STLR)"),
    "one_cycle": _mark("One cycle"),
    "clr": _mark("Cyclical (CLR)"),
    "sgdr": _mark("Warm restarts (SGDR)"),
    "constant": _mark("Constant"),
    "triangular": _mark("Triangular"),
    "triangular2": _mark("Triangular, halving"),
    "exp_range": _mark("Exponential range"),
    "adamw": "AdamW", "adam": "Adam", "sgd": "SGD", "nt_asgd": "NT-ASGD",
    "bpe": _mark("Pieces of words (BPE)"),
    "unigram": _mark("Pieces of words (unigram)"),
    "word": _mark("Whole words"),
    "paper": _mark("Paper"),
    "small": _mark("Small"),
    "tiny": _mark("Tiny"),
    "custom": _mark("Custom"),
    "forward": _mark("Forward"),
    "backward": _mark("Backward"),
    "both": _mark("Both, averaged"),
    "concat": _mark("Last, maximum and mean"),
    "attention": _mark("Attention"),
    "last": _mark("Last state alone"),
    "full": _mark("Full"),
    "adaptive": _mark("Adaptive"),
    "sampled": _mark("Sampled"),
    "cross_entropy": _mark("Cross entropy"),
    "focal": _mark("Focal"),
    "binary": _mark("Binary"),
    "balanced": _mark("Balanced"),
    "given": _mark("As given"),
    "stratified": _mark("Stratified"),
    "grouped": _mark("Grouped"),
    "time": _mark("By time"),
    "float32": "float32", "bfloat16": "bfloat16", "float16": "float16",
}

_STATES: dict[RunState, str] = {
    RunState.IDLE: _mark("No run"),
    RunState.NEW: _mark("Not begun"),
    RunState.STARTING: _mark("Starting"),
    RunState.RUNNING: _mark("Running"),
    RunState.PAUSING: _mark("Pausing"),
    RunState.PAUSED: _mark("Paused"),
    RunState.STOPPING: _mark("Stopping"),
    RunState.STOPPED: _mark("Stopped"),
    RunState.INTERRUPTED: _mark("Interrupted"),
    RunState.FAILED: _mark("Failed"),
    RunState.FINISHED: _mark("Finished"),
}

_DOTS: dict[RunState, str] = {
    RunState.STARTING: "busy", RunState.RUNNING: "busy", RunState.PAUSING: "busy", RunState.PAUSED: "ready",
    RunState.STOPPING: "busy", RunState.STOPPED: "ready", RunState.INTERRUPTED: "problem",
    RunState.FAILED: "problem", RunState.FINISHED: "done",
}


class English(QTranslator):
    """The plural of the program's own language: ``tr("%n setting(s)", "", n)`` says "1 setting", "2 settings"."""

    def isEmpty(self) -> bool:
        """It has something to say."""
        return False

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        """``source`` in the number ``n``; None: as it stands."""
        return source.replace("(s)", "" if n == 1 else "s") if n >= 0 and "(s)" in source else None


def words(text: str) -> str:
    """``text``, one of this module's or of the engine's own, in the person's language; the settings that it speaks of
    are called as forms call them."""
    # The name of a file may hold bytes that are no UTF-8, which Qt refuses.
    told = QCoreApplication.translate("Words", text.encode(errors="backslashreplace").decode())
    return _DOTTED.sub(_called, told) if "." in told else told


def _called(found: re.Match[str]) -> str:
    return f"“{setting_words(found[0])}”" if found[0] in all_fields() else found[0]


def setting_words(name: str) -> str:
    """What the setting with the dotted ``name`` is called, with where it stands: "Classifier / Peak rate"."""
    one = field(name)
    return " / ".join(QCoreApplication.translate("Words", text) for text in (*one.sections, one.label))


def corrected_words(count: int, part: str) -> str:
    """That a person has corrected ``count`` labels of ``part``, as every headline tells it; "" where none was."""
    return words(corrected(count, part)).format(n=f"{count:,}") if count else ""


def choice_words(choice: str) -> str:
    """What a form calls the value ``choice`` of a setting."""
    return words(_CHOICES.get(choice, choice.replace("_", " ").capitalize()))


def state_words(state: RunState) -> str:
    """What ``state`` is called wherever a run stands."""
    return words(_STATES[state])


def state_dot(state: RunState) -> str:
    """The kind of dot that stands for ``state``: "", "ready", "busy", "done" or "problem"."""
    return _DOTS.get(state, "")


def short_name(stage: StageRecord | StagePlan) -> str:
    """The stage in a word or two."""
    if stage.task != "classifier":
        return QCoreApplication.translate("Words", "language model")
    if stage.refit:
        return QCoreApplication.translate("Words", "all labels")
    if stage.unfrozen == len(stage.groups):
        return QCoreApplication.translate("Words", "all layers")
    if stage.unfrozen == 1:
        return QCoreApplication.translate("Words", "head")
    return f"+ {words(stage.groups[-stage.unfrozen])}"


def help_of(field: Field) -> str:
    """The whole help on a setting: its sentences, range and usual value."""
    parts = [words(field.help)]
    if field.low is not None and field.high is not None:
        span = QCoreApplication.translate("Words", "From {low} to {high}").format(
            low=f"{field.low:.10g}", high=f"{field.high:.10g}"
        )
        parts.append(f"{span} {words(field.unit)}".rstrip() + ".")
    return " ".join(parts)


def part_words(part: str) -> str:
    """On which documents a result was measured."""
    return {"test": QCoreApplication.translate("Words", "test documents"),
            "validation": QCoreApplication.translate("Words", "validation documents")}.get(part, part)


def time_words(seconds: float) -> str:
    """A span of time as a person says it: "8 s", "3 min", "2 h 10 min"."""
    if seconds < 59.5:
        return QCoreApplication.translate("Words", "{n} s").format(n=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 60:
        return QCoreApplication.translate("Words", "{n} min").format(n=minutes)
    return QCoreApplication.translate("Words", "{h} h {n} min").format(h=minutes // 60, n=minutes % 60)


def figure(value: float | None) -> str:
    """``value`` as a person writes it: three or four figures, no exponent below ten million."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 10_000_000:
        return f"{value:.1e}"
    if size >= 10_000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 0.01 or size == 0:
        return f"{value:.3f}" if size < 10 else f"{value:.1f}"
    return rate(value)


def rate(value: float) -> str:
    """A learning rate: 0.004, 1.2e-05."""
    return f"{value:.2g}"
