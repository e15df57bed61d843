"""Figures and verdicts as a person says them."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from studio.pages.parts.quantities import large
from studio.plots.history import RunHistory
from studio.words import figure, rate, short_name, state_words, words
from ulmengine import events as ev
from ulmengine.plan.control import RunState
from ulmengine.plan.stages import StagePlan

_tr = QCoreApplication.translate


def percent(share: float) -> str:
    """``share`` with one decimal: 87.4%."""
    return f"{share:.1%}"


def interval(low: float, high: float) -> str:
    """A 95% interval: 81.0 to 93.0%."""
    return _tr("TrainWords", "{low} to {high}").format(low=f"{100 * low:.1f}", high=f"{high:.1%}")


def metrics_words(metrics: dict[str, float]) -> str:
    """The figure that matters: accuracy for a classifier, perplexity for a language model."""
    if "accuracy" in metrics:
        return _tr("TrainWords", "accuracy {value}").format(value=percent(metrics["accuracy"]))
    if "perplexity" in metrics:
        return _tr("TrainWords", "perplexity {value}").format(value=figure(metrics["perplexity"]))
    return _tr("TrainWords", "loss {value}").format(value=figure(metrics.get("valid_loss")))


def epochs_words(count: int) -> str:
    """1 epoch, 4 epochs."""
    if count == 1:
        return _tr("TrainWords", "1 epoch")
    return _tr("TrainWords", "{count} epochs").format(count=count)


def plan_words(plan: StagePlan) -> str:
    """Epochs and rate of a stage that is to come."""
    return f"{epochs_words(plan.epochs)}  ·  " + _tr("TrainWords", "up to {rate}").format(rate=rate(plan.peak))


def plan_name(plan: StagePlan) -> str:
    """The stage in a word or two."""
    name = short_name(plan)
    if plan.direction == "backward":
        name += _tr("TrainWords", " (backward)")
    return name[:1].upper() + name[1:]


def verdict(result: ev.Evaluated) -> str:
    """What the saved model is worth beside the simple baseline, told as it is."""
    if result.too_few:
        return _tr("TrainWords", "Too few documents ({count}) to say who is better: the saved model is right in "
                   "{share}, the simple baseline in {baseline}.").format(
                       count=result.documents, share=percent(result.saved[0]),
                       baseline=percent(result.baseline_accuracy))
    text = _verdict_of_both(result) if result.has_blend else _verdict(result)
    if result.before_refit:
        text += " " + _tr("TrainWords", "These are the answers of the network before it learnt from these documents "
                          "too.")
    if result.majority:
        text += " " + _tr("TrainWords", "Always answering {label} would be right in {share}.").format(
            label=result.majority, share=percent(result.majority_accuracy))
    return text


def _verdict_of_both(result: ev.Evaluated) -> str:
    """Where network and word counts answer together: what each of them adds, as far as the documents tell."""
    text = _tr("TrainWords", "The saved model answers with network and word counts together: right in {share}.")
    points, (low, high) = 100 * (result.accuracy - result.baseline_accuracy), result.difference_interval
    if result.blend_accuracy <= result.baseline_accuracy:
        text += " " + _beside_better_counts(result)
    elif low == high == 0:
        text += " " + _tr("TrainWords", "Alone each of the two is right on the very same ones of these {count} "
                          "documents.")
    elif not math.isfinite(low) or low <= 0 <= high:
        text += " " + _tr("TrainWords", "Which of the two is better alone is not certain: the network by {points} "
                          "points, somewhere between {low} and {high}.") if math.isfinite(low) else ""
    elif points > 0:
        text += " " + _tr("TrainWords", "Alone the network is better than the word counts by {points} points ({low} to "
                          "{high}): more than chance explains.")
    else:
        text += " " + _tr("TrainWords", "Alone the word counts are better than the network by {off} points ({least} to "
                          "{most}): more than chance explains.")
    return text.format(share=percent(result.blend_accuracy), points=f"{points:+.1f}", low=f"{100 * low:+.1f}",
                       high=f"{100 * high:+.1f}", off=f"{-points:.1f}", least=f"{-100 * high:.1f}",
                       most=f"{-100 * low:.1f}", count=f"{result.documents:,}")


def _beside_better_counts(result: ev.Evaluated) -> str:
    """Where the word counts alone are right as often as the saved model or more often: whether that says anything."""
    off, (low, high) = 100 * (result.baseline_accuracy - result.blend_accuracy), result.saved_difference_interval
    told = math.isfinite(low)
    worse = high < 0 if told else result.blend_interval[1] < result.baseline_interval[0]
    if not worse and result.difference_interval[1] < 0:  # it is the counts that hold it up
        off, (low, high) = 100 * (result.baseline_accuracy - result.accuracy), result.difference_interval
        text = _tr("TrainWords", "The word counts alone do as well, and better than the network by {off} points "
                   "({least} to {most}):")
        worse = True
    elif worse and told:
        text = _tr("TrainWords", "The word counts alone are better by {off} points ({least} to {most}):")
    elif worse:
        text = _tr("TrainWords", "The word counts alone are better by {off} points:")
    elif result.blend_accuracy == 1:
        text = _tr("TrainWords", "The word counts alone are right in all of them too: these {count} documents do not "
                   "tell the two apart.")
    elif low == high == 0:
        text = _tr("TrainWords", "The word counts alone are right on the very same ones of these {count} documents.")
    elif told:
        text = _tr("TrainWords", "The word counts alone are right in {plain}: these {count} documents do not tell the "
                   "two apart (the difference is somewhere between {low} and {high} points).")
    else:
        text = _tr("TrainWords", "The word counts alone are right in {plain}: these {count} documents do not tell the "
                   "two apart.")
    if worse:
        text += " " + _tr("TrainWords", "on this corpus the network has not earned its keep. More epochs, more "
                          "unlabelled text or a larger pretrained model may change that.")
    return text.format(off=f"{off:.1f}", least=f"{-100 * high:.1f}", most=f"{-100 * low:.1f}", low=f"{100 * low:+.1f}",
                       high=f"{100 * high:+.1f}", plain=percent(result.baseline_accuracy),
                       count=f"{result.documents:,}")


def _verdict(result: ev.Evaluated) -> str:
    """Of a network that answers alone: by the difference on the same documents; a run from before that was measured
    tells the two intervals."""
    points = 100 * (result.accuracy - result.baseline_accuracy)
    low, high = result.difference_interval
    if low == high == 0:
        return _tr("TrainWords", "The network and the simple baseline are right on the very same ones of these {count} "
                   "documents, which do not tell the two apart. The baseline is quicker and easier to explain.").format(
                       count=f"{result.documents:,}")
    if math.isfinite(low) and low <= 0 <= high and abs(points) < 0.05:
        return _tr("TrainWords", "On these {count} documents the network is right as often as the simple baseline, "
                   "which is quicker and easier to explain ({low} to {high} points).").format(
                       low=f"{100 * low:+.1f}", high=f"{100 * high:+.1f}", count=f"{result.documents:,}")
    if math.isfinite(low) and low <= 0 <= high:
        return _tr("TrainWords", "On these {count} documents the difference from the simple baseline may be chance: "
                   "{points} points, somewhere between {low} and {high}. The baseline is quicker and easier to "
                   "explain.").format(points=f"{points:+.1f}", low=f"{100 * low:+.1f}", high=f"{100 * high:+.1f}",
                                      count=f"{result.documents:,}")
    if math.isfinite(low) and points > 0:
        return _tr("TrainWords", "The network is better than the simple baseline by {points} points ({low} to {high}): "
                   "more than chance explains.").format(points=f"{points:.1f}", low=f"{100 * low:.1f}",
                                                        high=f"{100 * high:.1f}")
    apart = result.interval[0] > result.baseline_interval[1] or result.interval[1] < result.baseline_interval[0]
    if abs(points) < 0.05:
        text = _tr("TrainWords", "The network and the simple baseline are equally good on these documents. "
                   "The baseline is quicker and easier to explain.")
    elif points < 0 and (apart or math.isfinite(low)):
        text = _tr("TrainWords", "The simple baseline is better by {points} points: on this corpus the network has not "
                   "earned its keep. More epochs, more unlabelled text or a larger pretrained model may change that.")
    elif apart:
        text = _tr("TrainWords", "The network is better than the simple baseline by {points} points, more than chance "
                   "explains.")
    elif points < 0:
        text = _tr("TrainWords", "The simple baseline is ahead of the network by {points} points, but with {count} "
                   "documents the two intervals overlap: it may be chance.")
    else:
        text = _tr("TrainWords", "The network is ahead of the simple baseline by {points} points, but with {count} "
                   "documents the two intervals overlap: it may be chance.")
    return text.format(points=f"{abs(points):.1f}", count=f"{result.documents:,}")


def standing_words(name: str, state: RunState, history: RunHistory, active: bool, *, barred: bool = False) -> list[str]:
    """How a run stands, in a line: its name, state, step, size, device; then in ever shorter ones. ``barred``: state,
    step and what is done between two steps are told by the run bar, and the buttons leave little room."""
    parts = [name] if barred else [name, state_words(state)]
    if history.progress is not None and active and not barred:
        parts.append(progress_words(history.progress))
    elif history.total and not barred:
        parts.append(_tr("TrainWords", "step {step}").format(step=f"{history.total:,}"))
    lines = ["  ·  ".join(parts[:count]) for count in range(len(parts), 0, -1)]
    if history.started is None:
        return lines
    whole, size = _tr("TrainWords", "{count} parameters on {device}"), _tr("TrainWords", "{count} parameters")
    count, device = large(history.started.parameters), history.started.device
    return [*(f"{lines[0]}  ·  {told.format(count=count, device=device)}" for told in (whole, size)), *lines]


def progress_words(progress: ev.Progress) -> str:
    """What is being done besides training, and how far it is."""
    task, unit = words(progress.task), words(progress.unit) if progress.unit else ""
    if progress.total > 0:
        return f"{task} {progress.done / progress.total:.0%}"
    return f"{task} {progress.done:,.0f} {unit}".rstrip() if progress.done else task
