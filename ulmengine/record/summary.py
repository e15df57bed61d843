"""A run's result in one object, read from its event log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ulmengine import events as ev

from .folder import RunFolder


def summary(folder: RunFolder) -> dict[str, Any]:
    """What the run in ``folder`` came to, as plain values for JSON.

    ``type`` is the kind of the last word ("finished", "stopped", "failed" or "interrupted"); ``stages`` lists name,
    unfrozen groups, epochs, train and validation loss, accuracy (None for a language model), metrics and seconds.
    ``accuracy`` is the network's, ``saved_accuracy`` that of the model as saved, word counts included where it answers
    with them.
    """
    result: dict[str, Any] = {
        "type": "interrupted", "stages": [], "accuracy": None, "baseline_accuracy": None, "model": None,
        "seconds": 0.0, "saved_accuracy": None,
    }
    for event in folder.events(ev.StageEnded, ev.Evaluated, ev.Finished, ev.Stopped, ev.Failed):
        match event:
            case ev.StageEnded():
                result["stages"].append(_stage(event))
            case ev.Evaluated():
                accuracy, interval = event.saved
                result |= {**asdict(event), "saved_accuracy": accuracy, "saved_interval": interval}
                del result["refit"]
            case ev.Finished():
                result |= {"type": "finished", "model": event.model, "seconds": event.seconds}
            case ev.Stopped() | ev.Failed():
                result["type"] = event.kind
    return {**result, "folder": str(folder.path)}


def _stage(event: ev.StageEnded) -> dict[str, Any]:
    return {
        "name": event.name, "unfrozen_groups": event.unfrozen, "epochs": event.epochs,
        "train_loss": event.train_loss, "valid_loss": event.valid_loss,
        "accuracy": event.metrics.get("accuracy"), "metrics": event.metrics, "seconds": event.seconds,
        "skipped": event.skipped,
    }
