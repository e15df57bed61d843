"""Which settings of a run may still change once it has begun, and the record of what has."""

from __future__ import annotations

from collections.abc import Iterable

from ulmengine.config import RunConfig, difference, load, save
from ulmengine.events import RunStarted
from ulmengine.plan.stages import plan_stages

from .checkpoints import CheckpointFolder
from .folder import RunFolder, RunFolderError, writing
from .phrases import value_words

_STAGE = ("lr", "epochs", "refit", "batch_size", "early_stopping", "optimizer.accumulation", "optimizer.clip")
RESUMED = (
    "name", "corpus.path", "corpus.test_path", "corpus.unlabelled_path", "compute.", "saving.",
    *(f"{stage}.{name}" for stage in ("language_model", "classifier") for name in _STAGE),
)
"""What may change when a run goes on. Paths may: whether the same texts stand there is checked when they are read.
Epochs may as long as the stages that have begun stay the same ones, see :func:`check_stages`."""

FIXED = ("version", "seed", "corpus.", "tokens.", "model.", "optimizer.kind", "language_model.softmax")
"""What decides on texts, tokens or the shape of the networks, and so may not differ in a branch."""


def check_resumed(before: RunConfig, after: RunConfig) -> dict[str, str]:
    """What going on with ``after`` instead of ``before`` changes: name -> "old -> new".

    :raises RunFolderError: something among it cannot change in a run that has begun.
    """
    changed = difference(before, after)
    _refuse(name for name in changed if not name.startswith(RESUMED))
    return _told(changed)


def check_branched(before: RunConfig, after: RunConfig) -> dict[str, str]:
    """The same for a run that branches off another one: rates, epochs, dropouts, losses may differ.

    :raises RunFolderError: something among it must be as in the run it branches off.
    """
    changed = difference(before, after)
    _refuse(
        name for name in changed
        if not name.startswith(RESUMED) and not name.startswith("model.dropout.")
        and (name.startswith(FIXED) or name.endswith("optimizer.kind"))
    )
    return _told(changed)


def check_stages(before: RunConfig, after: RunConfig, stage: int) -> None:
    """See that the stages up to number ``stage`` (from 0), which has begun, train the same layers in the same order.

    :raises RunFolderError: they do not, so that no checkpoint fits them.
    """
    old, new = (
        [(plan.task, plan.direction, plan.unfrozen, plan.refit)
         for plan in plan_stages(config, pretrained=False)[: stage + 1]]
        for config in (before, after)
    )
    if old != new:
        raise RunFolderError("epochs may become more or fewer, but not so that a stage which has begun is left out, "
                             "added or trains other layers; branch off an earlier checkpoint, or start a new run")


def check_change(folder: RunFolder, after: RunConfig) -> dict[str, str]:
    """What going on with ``after`` changes in the run in ``folder``, as :func:`check_resumed`; nothing is written.

    A run that has never trained, as its log and its checkpoints tell, may change in everything.

    :raises RunFolderError: as :func:`check_resumed`, or a stage that has begun would be another one.
    """
    before = folder.config()
    if not any(folder.checkpoints.glob("*")) and not any(True for _ in folder.events(RunStarted)):
        return _told(difference(before, after))
    changed = check_resumed(before, after)
    if any(name.endswith(("epochs", "refit")) for name in changed):
        latest = CheckpointFolder(folder.checkpoints).latest()
        if latest is not None:
            check_stages(before, after, latest.stage)
    return changed


def change(folder: RunFolder, after: RunConfig) -> dict[str, str]:
    """Let the run in ``folder`` go on with ``after``; the description it had is kept as ``config-1.toml``, ``-2``, …

    :returns: what changed, as :func:`check_resumed`.
    :raises RunFolderError: as :func:`check_change`, or the folder cannot be written.
    """
    before, changed = folder.config(), check_change(folder, after)
    if not changed:
        return changed
    with writing(folder.path):
        keep_old(folder, before)
        save(after, folder.config_path, comments=True)
    folder.append_text("settings changed: " + "; ".join(f"{name} {told}" for name, told in changed.items()))
    return changed


def keep_old(folder: RunFolder, before: RunConfig) -> None:
    """Keep a description that the run in ``folder`` goes on without as its next ``config-1.toml``, ``-2``, …"""
    save(before, folder.path / f"config-{times_changed(folder) + 1}.toml", comments=True)


def times_changed(folder: RunFolder) -> int:
    """How often the settings of the run in ``folder`` have been changed; a checkpoint remembers how often before it."""
    number = 0
    while (folder.path / f"config-{number + 1}.toml").exists():
        number += 1
    return number


def changed_since(folder: RunFolder, times: int) -> dict[str, str]:
    """What has changed after the first ``times`` changes, as :func:`check_resumed`."""
    if times_changed(folder) <= times:
        return {}
    before = load(folder.path / f"config-{times + 1}.toml", frozen=True)
    return _told(difference(before, folder.config()))


def _refuse(names: Iterable[str]) -> None:
    refused = sorted(names)
    if refused:
        raise RunFolderError(
            f"a run that has begun cannot change {', '.join(refused)}; start a new run with it instead"
        )


def _told(changed: dict[str, tuple[object, object]]) -> dict[str, str]:
    return {name: f"{value_words(old)} -> {value_words(new)}" for name, (old, new) in changed.items()}
