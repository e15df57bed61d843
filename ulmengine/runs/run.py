"""A whole run as a generator of events: corpus, language model, classifier stage by stage, result, saved model."""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ulmengine import events as ev
from ulmengine.config import RunConfig
from ulmengine.disk import is_disk_full
from ulmengine.nets import choose_device, precision_for
from ulmengine.plan import plan_stages
from ulmengine.plan.divergence import Divergence, watched
from ulmengine.plan.errors import CannotBeginError
from ulmengine.record import saved_event
from ulmengine.record.changes import change, changed_since, check_change, times_changed
from ulmengine.record.checkpoints import CheckpointInfo
from ulmengine.record.failures import cannot_save, describe, remedy
from ulmengine.record.folder import START, RunFolder, RunFolderError, RunFolderGoneError, last_event
from ulmengine.record.lock import RunBusyError
from ulmengine.record.log import EventLog
from ulmengine.record.phrases import in_words
from ulmengine.training import Checkpoints, Snapshot, TrainContext
from ulmengine.training.distributed import World, use_threads
from ulmengine.training.session import RETRY_S

from .batches import rows_read, steps_of
from .checks import start_notes
from .early_finish import EarlyFinish
from .finalize import finalize_classifier, finalize_language_model
from .mirror import MirrorError, TensorBoardMirror
from .networks import parameter_count
from .origin import began_with, check_texts, compare_machine, machine, remember
from .prepare import Prepared, prepare
from .stages import Stages


class LearntLostError(RunFolderError):
    """The run has learnt something, and nothing that it could go on from is there any more."""


class Run:
    """One run in its folder.

    ``for event in run.events():`` is the whole protocol. Not asking for the next event pauses it, closing the
    generator stops it after saving, and whatever goes wrong arrives as a last event :class:`~ulmengine.events.Failed`.

    :param cache: where prepared corpora lie; None: in the project of the run, or in the run's own folder.
    :param skip: asked after every step whether the stage in hand is to end there.
    :param finish: asked, in the process that writes, after every step whether the run is to finish with the stage in
        hand (:class:`EarlyFinish`).
    :param world: the processes that train together; number 0 alone writes the folder. None: this one alone.
    :param config: settings to go on with instead of the folder's own, which they replace once the run can go on so.
    :param take_over: the run is known to be nobody's any more, whatever a lock of another machine says.
    """

    def __init__(
        self, folder: RunFolder, *, cache: Path | None = None, skip: Callable[[], bool] | None = None,
        finish: Callable[[], bool] | None = None, world: World | None = None, take_over: bool = False,
        config: RunConfig | None = None,
    ) -> None:
        self.folder, self._config = folder, config
        self._lock = folder.lock(take_over=take_over)
        self.checkpoints = Checkpoints(folder.checkpoints)
        self._cache = cache or folder.cache
        self._skip, self._finish_asked, self._world = skip, finish, world
        self._early = EarlyFinish()
        self._total = 0
        self._repeating = False
        self._log_is_ours = True  # False: it still is as the run was left, and may have to stay so
        self._closing = False
        self._ctx: TrainContext | None = None
        self._unwritten: ev.Event | None = None
        self._log: EventLog | None = None
        self._task: str | None = None
        self._rows: int | None = None
        self._warning = ""
        self._watch = Divergence()
        self._unsaid: tuple[ev.Event, ...] = ()

    def events(
        self, *, resume: bool = False, checkpoint: str | None = None, finish: bool = False
    ) -> Generator[ev.Event, None, None]:
        """The run's events from the beginning.

        :param resume: go on from the latest checkpoint that is whole; without one the run starts afresh.
        :param checkpoint: go back to this checkpoint (:data:`~ulmengine.record.START`: to the beginning) and go on
            from there; what came after it is given up, once it is certain that the run can go on.
        :param finish: take no further step: end with what has been learnt up to there (:class:`EarlyFinish`).
        :raises RunBusyError: another process is working on the run.
        :raises RunFolderError: on closing, when what was learnt since the last checkpoint cannot be saved.
        """
        if self._world is not None and not self._world.writes:
            yield from self._work(self._find(resume, checkpoint, finish), None)
            return
        failed, self._closing, self._watch = None, False, Divergence()
        with self._lock:
            log: EventLog | None = None
            try:
                start = self._find(resume, checkpoint, finish)
                self._repeating = start is not None
                self._log_is_ours = start is None and last_event(self.folder.log_path) is None
                self._total = 0 if start is None else self.checkpoints.info(start).total
                log = self._log = self.folder.open_log(keep=0 if self._log_is_ours else None)
                yield from self._logged(watched(self._work(start, log), self._watch), log)
            except GeneratorExit:
                if log is not None and self._log_is_ours:
                    self._log_stop(log)
                raise
            except RunBusyError:
                raise  # the folder is another process' now: not a word into it
            except Exception as error:
                found = error if self.folder.path.is_dir() else RunFolderGoneError(self.folder.path)
                failed = replace(describe(found, kept=self._kept()), remedy=self._remedy(found))
            finally:
                if log is not None and failed is None:
                    log.close()
            if failed is not None:
                if isinstance(found, LearntLostError):
                    log = self._log_of_lost(failed)
                self._log_failure(log, failed)
                if self._closing:
                    raise RunFolderError(f"The run could not be saved when it stopped: {failed.title}. {failed.kept}")
                yield failed

    def put_down(self) -> ev.SaveFailed | None:
        """Save what was learnt since the last checkpoint, in the thread that asks for the events and between two of
        them, so that closing the generator can lose nothing; what to say where it cannot be saved for now."""
        try:
            if self._unwritten is not None and self._log is not None:
                self._append(self._log)
            if self._ctx is not None and self._ctx.put_down is not None:
                self._ctx.put_down()
        except OSError as error:
            return cannot_save(error, self.folder.path, stopping=True)
        return None

    def last_words(self) -> tuple[ev.Event, ...]:
        """What a run that was closed had still to say, such as the end of the epoch that was saved last. It stands in
        its log, until the run goes on and says it in its place."""
        return self._unsaid

    def _find(self, resume: bool, checkpoint: str | None, finish: bool) -> str | None:
        """The checkpoint to go on from; None: the run begins."""
        kept = resume and checkpoint is None and self.folder.finishing
        self._early = EarlyFinish(self._finish_asked, wanted=finish, kept=kept)
        if checkpoint == START:
            return None
        if checkpoint is not None:
            # Before the newer ones are given up for it.
            if not (self.checkpoints.verify(checkpoint) and self.checkpoints.leads_on(checkpoint, self._stages())):
                raise RunFolderError(f"the checkpoint {checkpoint} is missing or damaged; go back to another one")
            return self._last_learnt(self.checkpoints.info(checkpoint)) if finish else checkpoint
        if not resume:
            return None
        latest = self.checkpoints.latest_of(self._stages())
        if latest is not None:
            damaged = self.checkpoints.damaged_after(latest.name)
            if damaged:
                self._warning = (f"The newest checkpoint ({damaged}) is damaged; the run goes on from {latest.name}, "
                                 f"step {latest.total:,}.")
            return self._last_learnt(latest) if self._early.wanted else latest.name
        unusable = self.checkpoints.why_unusable()
        if unusable:
            # Starting afresh would empty the log and remove weights that another version, or a backup, can still use.
            raise LearntLostError(
                f"the run cannot go on: {unusable}. Its log and files are as they were; start a new run, or copy this "
                "folder back from a backup"
            )
        if any(self.folder.checkpoints.glob("*.safetensors")):
            if any(self.folder.events(ev.Checkpointed)):
                raise LearntLostError(f"the run cannot go on: the records of its checkpoints (*.json) are gone from "
                                      f"{self.folder.checkpoints}; copy them back from a backup, or start a new run")
            self._warning = "The run had ended before its first checkpoint was whole, so it begins afresh."
        if isinstance(last_event(self.folder.log_path), ev.Finished):
            raise RunFolderError(
                f"the run has finished, and its checkpoints are not there, so there is nothing to go on from; "
                f"--checkpoint {START} trains it anew"
            )
        return None

    def _stages(self) -> int:
        """How many stages the run has at most, as its description says."""
        return len(plan_stages(self.folder.config(), pretrained=False))

    def _last_learnt(self, latest: CheckpointInfo) -> str:
        """Where to finish from: a stage in which no step was taken yet has nothing to end with, the one before has."""
        before = self.checkpoints.end_of(latest.stage - 1)
        if before is None or before.total != latest.total or not self.checkpoints.leads_on(before.name, self._stages()):
            return latest.name
        return before.name

    def _logged(self, work: Generator[ev.Event, None, None], log: EventLog) -> Generator[ev.Event, None, None]:
        """Write each event down before it is said. Words of progress, and what a resumption repeats, are only said.

        As long as the log still holds what came before, they wait.
        """
        mirror, begun, finishing = None, False, False
        waiting: deque[ev.Event] = deque()
        try:
            for event in work:
                if self._log_is_ours and not begun:
                    # Not before it is certain that the run can begin: what it repeats is given up there too.
                    (mirror, note), begun = self._mirror(), True
                    if note is not None:
                        yield note
                if mirror is not None:
                    mirror.show(event)
                if isinstance(event, ev.Step):
                    self._total = event.total
                elif isinstance(event, ev.StageStarted):
                    self._task = event.task
                repeated = self._repeating and isinstance(event, ev.Note | ev.RunStarted | ev.StageStarted)
                if not repeated and not isinstance(event, ev.Progress | ev.SaveFailed):
                    waiting.append(event)
                while self._log_is_ours and waiting:
                    yield from self._write_down(waiting.popleft(), log)
                if finishing is not self._early.logged and not isinstance(event, ev.RunStarted):
                    finishing = self._early.logged  # written down when it was heard, said as soon as the run speaks
                    yield from self._say(ev.Finishing(finishing))
                yield from self._say(event)
        except GeneratorExit:
            self._closing = True
            raise
        finally:
            work.close()
            if mirror is not None:
                mirror.close()

    def _say(self, event: ev.Event) -> Generator[ev.Event, None, None]:
        self.folder.append_text(in_words(event))
        yield event

    def _write_down(self, event: ev.Event, log: EventLog) -> Generator[ev.Event, None, None]:
        """Add ``event`` to the log; while the disk is full, or the folder gone, that is said, and tried again with
        every next event."""
        self._lock.check()
        self._unwritten = event
        while self._unwritten is not None:
            told = None
            try:
                self._append(log)
            except OSError as error:
                told = cannot_save(error, self.folder.path)
                if told is None:
                    raise
            if told is None:
                return
            try:
                yield told
            except GeneratorExit:
                with suppress(OSError):
                    self._append(log)
                raise
            time.sleep(RETRY_S)

    def _append(self, log: EventLog) -> None:
        """Write the event in hand down. :raises OSError: the disk is full, or the folder gone: an open file is written
        to wherever it has been moved, and nobody would find it there."""
        if not self.folder.path.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.folder.path))
        if self._unwritten is not None:
            log.append(self._unwritten)
            self._unwritten = None

    def _log_stop(self, log: EventLog) -> None:
        """Everything is saved by now; for want of these words alone nobody is to hear of a failure."""
        self._unsaid = () if self._ctx is None else self._ctx.unsaid
        steps = [event.total for event in self._unsaid if isinstance(event, ev.Step)]
        try:
            for event in (*self._unsaid, ev.Stopped(max(steps, default=self._total))):
                log.append(event)
        except OSError as error:
            if not is_disk_full(error):
                raise

    def _mirror(self) -> tuple[TensorBoardMirror | None, ev.Note | None]:
        if not self.folder.config().saving.tensorboard:
            return None, None
        try:
            return TensorBoardMirror(self.folder.path / "tensorboard", self._total), None
        except MirrorError as error:
            return None, ev.Note(str(error), "warning")

    def _work(self, start: str | None, log: EventLog | None) -> Generator[ev.Event, None, None]:
        began = time.monotonic()
        config = self.folder.config() if self._config is None else self._config
        check_change(self.folder, config)
        use_threads(config.compute)
        device = choose_device(config.compute.device)
        precision = precision_for(device, config.compute.precision)
        torch.manual_seed(config.seed)
        prepared = yield from self._prepare(config)
        self._rows = rows_read(config, prepared.language_model_tokens)
        plans = prepared.plans()
        if not plans:
            raise CannotBeginError("Nothing is to be trained: every stage has 0 epochs.",
                                   "Give at least one stage an epoch.", cause="settings")
        if start is None:
            yield from start_notes(config)
        snapshot = None if start is None else self.checkpoints.load(start)
        in_vain = self._early.check(plans, snapshot)
        ctx = TrainContext(
            device=device, precision=precision, minutes=config.saving.minutes, skip=self._skip,
            end_at_once=self._early.wanted,
            checkpoint=None if log is None else partial(self._save, config, log),
            world=self._world, folder=self.folder.path,
        )
        self._ctx = ctx
        stages = Stages(prepared, plans, ctx, self.checkpoints, self._early)
        if snapshot is not None:
            stages.bring_back(snapshot)
        here, told = machine(device, precision, prepared.documents.fingerprint, self._world), ""
        lost: list[ev.LogLost] = []
        if log is not None:
            if snapshot is not None:
                told = compare_machine(self.folder, here, snapshot.total)
            # Only now is it certain that the run can go on; until here nothing of what came before is given up.
            change(self.folder, config)
            lost = self._give_up(start, log)
            self.checkpoints.prune(config.saving.keep)
            # A loss grows or not beside what the whole run has seen, and not beside what it was taken up with.
            for event in self.folder.events(ev.StageStarted, ev.Step, ev.Diverging):
                self._watch.saw(event)
                if isinstance(event, ev.Step):
                    began -= event.seconds  # what it took before it was stopped counts too
            if start is None:
                remember(self.folder, prepared, here)
        self._repeating = start is not None and not lost
        yield ev.RunStarted(
            config.name, str(device), str(precision).removeprefix("torch."), parameter_count(prepared),
            tuple({**plan.describe(), "steps": steps} for plan, steps in
                  zip(plans, steps_of(prepared, plans), strict=True)), start is not None,
        )
        yield from lost
        if self._warning:
            yield ev.Note(self._warning, "warning")
        if told:
            yield ev.Note(told)
        if in_vain:
            yield ev.Note(in_vain, "warning")
        if start is not None:
            yield from self._say_again(start, not lost)
        self._repeating = False
        yield from stages.events(snapshot)
        if log is not None:
            yield from self._finalize(prepared, stages, began)

    def _prepare(self, config: RunConfig) -> Generator[ev.Event, None, Prepared]:
        """Of several processes the first one fills the cache, the others read it."""
        world = self._world
        if world is not None and not world.writes:
            world.barrier()
        prepared = yield from prepare(
            config, self._cache, begun=self._repeating, kept=self.folder.tokenizer_path if self._repeating else None,
            began_with=began_with(self.folder) if self._repeating else "",
        )
        if world is not None and world.writes:
            world.barrier()
        if self._repeating:
            check_texts(self.folder, prepared)
        return prepared

    def _give_up(self, start: str | None, log: EventLog) -> list[ev.LogLost]:
        """Let go of the checkpoints and of the log after ``start``, of all where the run begins anew.

        :returns: what the log lacks of the time up to there, because somebody has cut, removed or damaged it.
        """
        lost: list[ev.LogLost] = []
        if start is not None:
            self.checkpoints.drop_after(start)
            info = self.checkpoints.info(start)
            length = int(info.extra["log"])
            is_cut = log.length < length
            log.cut(length)
            lost = self._lost(info.total if is_cut else 0)
        else:
            self.checkpoints.drop_all()
            if not self._log_is_ours:
                log.clear()
        self._log_is_ours = True
        self._early.begin(log, self.folder.finishing)
        return lost

    def _lost(self, total: int) -> list[ev.LogLost]:
        """The steps that the log lacks, as far as it has not said so, also those up to ``total`` at its end."""
        said, lacking, last = list[ev.LogLost](), list[ev.LogLost](), 0
        for event in self.folder.events(ev.Step, ev.LogLost):
            if isinstance(event, ev.LogLost):
                said.append(event)
            elif isinstance(event, ev.Step):
                if event.total > last + 1:
                    lacking.append(ev.LogLost(last, event.total - 1))
                last = event.total
        known = [gap for gap in lacking if any(one.after <= gap.after and gap.total <= one.total for one in said)]
        return [gap for gap in lacking if gap not in known] + [ev.LogLost(last, total)] * bool(total)

    def _finalize(self, prepared: Prepared, stages: Stages, began: float) -> Generator[ev.Event, None, None]:
        result, early = None, ""
        if self._early.wanted and not stages.left_out and not stages.asked:
            self._early.take_back()  # it came when the last stage was over
        elif self._early.wanted:
            cut = not stages.left_out and stages.plans[-1].refit
            both = prepared.config.model.direction == "both"
            early = self._early.outcome(stages.left_out, stages.classifiers, both, cut)
            yield ev.Note(early)
        if stages.classifiers:
            result = yield from finalize_classifier(
                self.folder, prepared, stages.classifiers, early, before_refit=stages.before_refit)
        else:
            yield from finalize_language_model(self.folder, prepared, stages.language_models, stages.perplexities)
        accuracy, plain = (None, None) if result is None else (result.accuracy, result.baseline_accuracy)
        yield ev.Finished(accuracy, plain, str(self.folder.model_path), round(time.monotonic() - began, 3))

    def _save(self, config: RunConfig, log: EventLog, snapshot: Snapshot) -> ev.Event:
        self._lock.check()
        began = time.monotonic()
        log.sync()
        info = self.checkpoints.save(snapshot, {
            "log": log.length, "changes": times_changed(self.folder),
            "seconds": snapshot.values["standing"]["seconds"],
        })
        if snapshot.reason != "stop":  # it may be stopped to go back to one that would be removed now
            self.checkpoints.prune(config.saving.keep)
        return saved_event(info, round(time.monotonic() - began, 3))

    def _say_again(self, start: str, logged: bool) -> Generator[ev.Event, None, None]:
        """Tell a consumer that comes in half-way which stage is in hand, and of the checkpoint it goes on from.

        The checkpoint's own word is written down once more: its log position does not include it. One that was made
        by stopping would not exist in a run that was never stopped.
        """
        info = self.checkpoints.info(start)
        self._repeating = False
        if info.reason != "stop":
            yield saved_event(info, 0.0)
        changed = changed_since(self.folder, int(info.extra.get("changes", 0)))
        if changed:
            told = "; ".join(f"{name} {values}" for name, values in changed.items())
            yield ev.Note(f"Settings changed: {told}.", settings=tuple(changed))
            warnings = start_notes(self.folder.config())
            yield from (note for note in warnings if not changed.keys().isdisjoint(note.settings))
        self._repeating = logged
        begun = list(self.folder.events(ev.StageStarted))  # at once: what is said is written down behind them
        yield from [event for event in begun if event.index == info.stage and not info.finished][-1:]

    def _remedy(self, error: BaseException) -> dict[str, Any]:
        try:
            config = self._config or self.folder.config()
        except (ValueError, OSError):  # the run's description itself is what is wrong, or is gone
            return {}
        return remedy(error, config, self._task, self._rows)

    def _kept(self) -> str:
        if not self.folder.path.is_dir():
            return "What was saved is in it, wherever it is now."
        latest = self.checkpoints.latest()
        if latest is None:
            if self.checkpoints.why_unusable() or any(self.folder.events(ev.Checkpointed)):
                return ""  # what was saved is damaged, or gone
            return "Nothing had been trained long enough to be saved."
        return f"Everything up to step {latest.total:,} is saved (checkpoint {latest.name})."

    def _log_of_lost(self, failed: ev.Failed) -> EventLog | None:
        """The log of a run that nothing is left of to go on from: it has failed from now on, as whoever opens it is to
        read; not one that has finished before. None where that stands there, or cannot be written."""
        last = last_event(self.folder.log_path)
        if isinstance(last, ev.Finished) or (isinstance(last, ev.Failed) and last.title == failed.title):
            return None
        try:
            log = self.folder.open_log()
        except (OSError, ValueError):
            return None
        self._log_is_ours = True
        return log

    def _log_failure(self, log: EventLog | None, failed: ev.Failed) -> None:
        try:
            if log is not None and self._log_is_ours:
                log.append(failed)
            self.folder.append_text(f"{failed.title}\n{failed.details}")
        except OSError as error:
            # A full disk must not hide the failure that it is told with.
            if not is_disk_full(error):
                raise
        finally:
            if log is not None:
                with suppress(OSError):
                    log.close()
