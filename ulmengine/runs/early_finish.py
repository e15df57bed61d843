"""Finishing early: the stage in hand is the last one, and the run ends with the best weights so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ulmengine.disk import is_disk_full
from ulmengine.events import Finishing
from ulmengine.plan import StagePlan
from ulmengine.record.folder import RunFolderError
from ulmengine.record.log import EventLog
from ulmengine.training import Snapshot


class EarlyFinish:
    """The wish that a run ends with the stage in hand, with the weights of its best epoch.

    It needs a classifier that has learnt something: a run that ended with its language model would be over without the
    result that was asked for. Of two directions each one whose classifier has begun to learn is used.

    The wish is written into the run's log as soon as it is heard, so that a run that is killed while it finishes goes
    on finishing. Going back to a checkpoint takes it back.

    :param asked: says, once, whether a person wishes it while the run goes on.
    :param wanted: it is wished as the run is taken up. :param kept: the log says that it was wished before.
    :ivar wanted: the stage in hand is the last one. :ivar logged: what the log says of it.
    """

    def __init__(self, asked: Callable[[], bool] | None = None, *, wanted: bool = False, kept: bool = False) -> None:
        self._asked, self._wished, self._kept = asked, wanted, kept
        self.wanted, self.logged = wanted or kept, False
        self._log: EventLog | None = None

    def check(self, plans: Sequence[StagePlan], start: Snapshot | None) -> str:
        """See whether there is something to finish with at ``start``.

        :returns: why a wish that only the folder keeps is given up (the run was killed before anything of the
            classifier was saved); otherwise nothing.
        :raises RunFolderError: it is wished as the run is taken up, and there is nothing.
        """
        learnt = start is not None and start.total > 0 and any(
            plan.task == "classifier" for plan in plans[: start.stage + 1]
        )
        if start is not None and start.finished and start.stage == len(plans) - 1:
            self.wanted = self._kept  # nothing is left that could be left out
        if not self.wanted or learnt:
            return ""
        if self._wished:
            raise RunFolderError("the run has no classifier to finish with yet: up to there only its language model "
                                 "has been trained; train on, and finish it then")
        self.wanted = False
        return "The run was to finish early, but nothing of its classifier had been saved. So it trains on."

    def hear(self, trained: bool) -> bool:
        """Whether the stage in hand is the last one; asked after every step and between two stages.

        :param trained: there is a classifier that has learnt; before that a wish is passed over.
        """
        asked = self._asked is not None and self._asked()
        self.wanted = self.wanted or (asked and trained)
        try:
            self._write()
        except OSError as error:
            if not is_disk_full(error):  # then the checkpoint waits for room, and this is tried again
                raise
        return self.wanted

    def begin(self, log: EventLog, logged: bool) -> None:
        """From here on the run's ``log``, which last said ``logged``, says what is wanted."""
        self._log, self.logged = log, logged
        self._write()

    def take_back(self) -> None:
        """The wish came too late to change anything."""
        self.wanted = False
        self._write()

    def _write(self) -> None:
        if self._log is not None and self.logged is not self.wanted:
            self._log.append(Finishing(self.wanted))
            self.logged = self.wanted

    def outcome(
        self, left_out: Sequence[StagePlan], directions: Iterable[str], both: bool, cut_refit: bool = False
    ) -> str:
        """What came of it, in a sentence or two. ``both``: the run was to have both ``directions``; ``cut_refit``: the
        last stage was to learn from the validation documents too."""
        names = "; ".join(plan.name for plan in left_out)
        text = "Finished early, as asked. " + (f"Left out: {names}." if names else "The last stage was cut short.")
        text += " The classifier keeps what it was before it." if cut_refit else ""
        used = list(directions)
        if both and len(used) == 1:
            text += f" The model reads {used[0]} only: the other direction has no classifier yet."
        return text
