"""Events in words: what the command line shows and what the log for people keeps."""

from __future__ import annotations

import math
from typing import Any

from ulmengine import events as ev
from ulmengine.counting import counted


def value_words(value: Any) -> str:
    """The ``value`` of a setting as a person writes it; a dash where there is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_words, value)) or "–"
    return "–" if value is None else str(value) or "–"


def corrected_words(count: int, part: str) -> str:
    """That a person has corrected ``count`` of the labels that the result on ``part`` is measured by, as every headline
    tells it: with the place ``{n}`` for a number; "" where none was."""
    if not count:
        return ""
    return f"1 {part} label corrected" if count == 1 else f"{{n}} {part} labels corrected"


def in_words(event: ev.Event) -> str:
    """One line about an event that is worth one, otherwise an empty string."""
    match event:
        case ev.RunStarted():
            begin = "goes on" if event.resumed else "starts"
            return (f"{event.name} {begin} on {event.device} ({event.precision}), "
                    f"{event.parameters:,} parameters, {counted(len(event.stages), 'stage', 'stages')}")
        case ev.Note():
            return f"{'warning: ' if event.level == 'warning' else ''}{event.text}"
        case ev.LogLost():
            return (f"warning: the run's log was cut, removed or damaged: it lacks what was said between the steps "
                    f"{event.after:,} and {event.total:,}; training itself goes on as if nothing had happened")
        case ev.Diverging():
            return (f"warning: the loss grows instead of falling: it is at {event.loss:.3g} at step {event.total:,}, "
                    f"after {event.began:.3g} at the beginning; a peak rate that is too high does this")
        case ev.SaveFailed():
            return f"{event.text} {event.advice}"
        case ev.EpochEnded():
            figures = "  ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
            best = "  *" if event.best and figures else ""
            return f"  epoch {event.epoch}: train_loss {event.train_loss:.4g}  {figures}{best}"
        case ev.StageEnded():
            skipped = " (ended early)" if event.skipped else ""
            held = math.isfinite(event.valid_loss)  # nothing is, where all documents are learnt from
            loss = f"valid_loss {event.valid_loss:.4f}" if held else f"train_loss {event.train_loss:.4f}"
            return f"{event.name}{skipped}: {loss} in {event.seconds:.1f} s"
        case ev.Finishing():
            return "finishes with the stage in hand" if event.wanted else "the wish to finish early is taken back"
        case ev.TextWritten():
            return f"  it writes: {event.text}"
        case ev.Evaluated():
            accuracy, (low, high) = event.saved
            before = ", before it learnt from them," if event.before_refit else ""
            corrected = corrected_words(event.relabelled, event.part).format(n=f"{event.relabelled:,}")
            measured = counted(event.documents, f"{event.part} document", f"{event.part} documents")
            return (f"accuracy {accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}) on {measured}"
                    f"{f' ({corrected})' if corrected else ''}{before}"
                    + (f", network and word counts together; network alone: {event.accuracy:.1%}" if event.has_blend
                       else "") + f"; TF-IDF + logistic regression: {event.baseline_accuracy:.1%}"
                    + _beside(event))
        case ev.ModelSaved():
            return f"model: {event.path}"
        case ev.RangeEnded():
            told = "  ".join(f"{rule} {rate:.2e}" for rule, rate in event.suggestions.items())
            return told or ("no rate can be told from this: the loss falls at none by more than chance, as where a "
                            "network begins near its best; the usual rate is as good a choice")
    return ""


def _beside(event: ev.Evaluated) -> str:
    """By how much the network is better or worse on the same documents, what the commonest label alone gives."""
    told = ""
    if math.isfinite(event.difference):
        low, high = event.difference_interval
        whose = "difference of the network" if event.has_blend else "difference"
        told = f"; {whose} {100 * event.difference:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
    if event.majority:
        told += f"; always {event.majority}: {event.majority_accuracy:.1%}"
    return told
