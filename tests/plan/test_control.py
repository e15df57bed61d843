"""The states of a run: every transition, and driving a generator through them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator

import pytest

from ulmengine.events import EpochEnded, Event, Note, StageEnded, Step
from ulmengine.plan import TRANSITIONS, ControlError, Move, RunControl, RunState, commands, drive

S, G = RunState, Move

# Written out by hand from the ten states of a run that is controlled; everything that is not here must be refused.
EXPECTED = {
    (S.IDLE, G.START): S.STARTING,
    (S.STARTING, G.BEGUN): S.RUNNING,
    (S.STARTING, G.PAUSE): S.PAUSING,
    (S.STARTING, G.STOP): S.STOPPING,
    (S.STARTING, G.ENDED): S.FINISHED,
    (S.STARTING, G.BROKEN): S.FAILED,
    (S.STARTING, G.LOST): S.INTERRUPTED,
    (S.RUNNING, G.PAUSE): S.PAUSING,
    (S.RUNNING, G.STOP): S.STOPPING,
    (S.RUNNING, G.ENDED): S.FINISHED,
    (S.RUNNING, G.BROKEN): S.FAILED,
    (S.RUNNING, G.LOST): S.INTERRUPTED,
    (S.PAUSING, G.HELD): S.PAUSED,
    (S.PAUSING, G.RESUME): S.RUNNING,
    (S.PAUSING, G.STOP): S.STOPPING,
    (S.PAUSING, G.ENDED): S.FINISHED,
    (S.PAUSING, G.BROKEN): S.FAILED,
    (S.PAUSING, G.LOST): S.INTERRUPTED,
    (S.PAUSED, G.RESUME): S.RUNNING,
    (S.PAUSED, G.STEP): S.RUNNING,
    (S.PAUSED, G.STOP): S.STOPPING,
    (S.PAUSED, G.BROKEN): S.FAILED,
    (S.PAUSED, G.LOST): S.INTERRUPTED,
    (S.STOPPING, G.CLOSED): S.STOPPED,
    (S.STOPPING, G.UNSAVED): S.PAUSED,
    (S.STOPPING, G.ENDED): S.FINISHED,
    (S.STOPPING, G.BROKEN): S.FAILED,
    (S.STOPPING, G.LOST): S.INTERRUPTED,
    (S.STOPPED, G.START): S.STARTING,
    (S.INTERRUPTED, G.START): S.STARTING,
    (S.FAILED, G.START): S.STARTING,
    (S.FINISHED, G.START): S.STARTING,
}
WAY = {
    S.IDLE: [], S.STARTING: [G.START], S.RUNNING: [G.START, G.BEGUN], S.PAUSING: [G.START, G.PAUSE],
    S.PAUSED: [G.START, G.PAUSE, G.HELD], S.STOPPING: [G.START, G.STOP], S.STOPPED: [G.START, G.STOP, G.CLOSED],
    S.INTERRUPTED: [G.START, G.LOST], S.FAILED: [G.START, G.BROKEN], S.FINISHED: [G.START, G.ENDED],
}


@pytest.mark.parametrize(("state", "signal"), list(itertools.product(WAY, Move)))
def test_every_transition(state: RunState, signal: Move) -> None:
    heard: list[RunState] = []
    control = RunControl(heard.append)
    for step in WAY[state]:
        control.move(step)
    assert control.state is state
    heard.clear()
    if (state, signal) in EXPECTED:
        assert control.move(signal) is EXPECTED[state, signal]
        assert control.state is EXPECTED[state, signal]
        assert heard == [control.state]
    else:
        with pytest.raises(ControlError, match=str(state)):
            control.move(signal)
        assert control.state is state
        assert heard == []


def test_every_state_has_a_row_and_the_buttons_follow_from_it() -> None:
    assert set(TRANSITIONS) == set(RunState)
    assert set(WAY) == set(RunState) - {S.NEW}  # which a folder can be, but nothing that moves
    assert commands(S.NEW) == {G.START}
    assert commands(S.RUNNING) == {G.PAUSE, G.STOP}
    assert commands(S.PAUSED) == {G.RESUME, G.STEP, G.STOP}
    assert commands(S.STOPPING) == frozenset()
    assert commands(S.FAILED) == {G.START}


def step(number: int) -> Step:
    return Step(0, 1, number, number, 1.0, (0.1,), 1.0, 5, 0.0)


EPOCH = EpochEnded(0, 1, 2, 1.0, {}, True, 0.0)
STAGE = StageEnded(0, "stage", 1, 1, 1.0, 1.0, {}, 0.0)


class Work:
    """A generator that says steps, epochs and stages, and remembers how it ended."""

    def __init__(self, stages: int = 2) -> None:
        self.closed = False
        self.stages = stages

    def __call__(self) -> Generator[Event, None, str]:
        try:
            yield Note("begins")
            for _ in range(self.stages):
                for _ in range(2):
                    yield step(1)
                    yield step(2)
                    yield EPOCH
                yield STAGE
            return "done"
        finally:
            self.closed = True


def test_driving_to_the_end_returns_the_result() -> None:
    said: list[Event] = []
    control = RunControl()
    assert drive(Work()(), control, said.append) == "done"
    assert control.state is S.FINISHED
    assert len(said) == 1 + 2 * (2 * 3 + 1)


def test_stopping_closes_the_generator_after_the_event_in_hand() -> None:
    work, control, said = Work(), RunControl(), []

    def sink(event: Event) -> None:
        said.append(event)
        if isinstance(event, EpochEnded):
            control.stop()

    assert drive(work(), control, sink) is None
    assert control.state is S.STOPPED
    assert work.closed
    assert said[-1] is EPOCH
    assert len(said) == 4


@pytest.mark.parametrize(("size", "ends"), [("batch", Step), ("epoch", EpochEnded), ("stage", StageEnded)])
def test_stepping_pauses_after_what_was_asked_for(size: str, ends: type[Event]) -> None:
    said: list[Event] = []
    paused = threading.Semaphore(0)

    def changed(state: RunState) -> None:
        if state is S.PAUSED:
            paused.release()

    control = RunControl(changed)

    def sink(event: Event) -> None:
        said.append(event)
        if isinstance(event, Note):
            control.pause()

    thread = threading.Thread(target=drive, args=(Work()(), control, sink))
    thread.start()
    assert paused.acquire(timeout=5)
    assert len(said) == 1
    for count in (1, 2):
        control.step(size)  # type: ignore[arg-type]
        assert paused.acquire(timeout=5)
        assert sum(isinstance(event, ends) for event in said) == count
        assert isinstance(said[-1], ends)
    control.resume()
    thread.join(timeout=5)
    assert control.state is S.FINISHED


def test_a_paused_run_can_be_stopped() -> None:
    work, paused = Work(), threading.Event()
    control = RunControl(lambda state: paused.set() if state is S.PAUSED else None)
    thread = threading.Thread(target=drive, args=(work(), control, lambda _: pause(control)))
    thread.start()
    assert paused.wait(5)
    control.stop()
    thread.join(timeout=5)
    assert control.state is S.STOPPED
    assert work.closed


def pause(control: RunControl) -> None:
    if control.state is S.RUNNING or control.state is S.STARTING:
        control.pause()


def test_an_error_fails_the_run_and_a_second_interrupt_leaves_it_interrupted() -> None:
    for error, state in ((OSError("disk"), S.FAILED), (KeyboardInterrupt(), S.INTERRUPTED)):
        work, control = Work(), RunControl()

        def sink(event: Event, error: BaseException = error) -> None:
            raise error

        with pytest.raises(type(error)):
            drive(work(), control, sink)
        assert control.state is state
        assert work.closed


def test_a_run_can_be_started_again_after_it_was_stopped() -> None:
    control = RunControl()
    drive(Work()(), control, lambda _: control.stop() if control.state is S.STARTING else None)
    assert control.state is S.STOPPED
    assert drive(Work()(), control, lambda _: None) == "done"


def test_skipping_is_asked_once() -> None:
    control = RunControl()
    assert not control.take_skip()
    control.skip_stage()
    assert control.take_skip()
    assert not control.take_skip()


def test_finishing_is_asked_once_and_outlives_the_end_of_a_stage_but_not_of_the_run() -> None:
    control = RunControl()
    assert not control.take_finish()
    control.finish()
    control.saw(STAGE)
    assert control.take_finish()
    assert not control.take_finish()
    control.finish()
    control.move(Move.START)
    assert not control.take_finish()


def test_processes_that_train_together_stop_only_when_agreed() -> None:
    """A stop between two steps waits for the next step, where all processes hear of it."""
    asked: list[bool] = []
    control = RunControl()

    def agree(stop: bool) -> bool:
        asked.append(stop)
        return len(asked) == 3  # another process wants to stop at the third step

    said: list[Event] = []
    assert drive(Work()(), control, said.append, agree) is None
    assert control.state is S.STOPPED
    assert sum(isinstance(event, Step) for event in said) == 3
    assert asked == [False] * 3
    own = RunControl()
    said.clear()
    drive(Work()(), own, lambda event: (said.append(event), own.stop())[0] if isinstance(event, Note) else
          said.append(event), lambda stop: stop)
    assert [type(event) for event in said] == [Note, Step]


def test_a_stop_wished_for_in_a_signal_handler_is_never_lost() -> None:
    """Whatever state the wish finds: before the beginning, in a step, or while paused."""
    for pause in (False, True):
        control, seen = RunControl(), 0

        def numbers() -> Generator[Event, None, None]:
            for number in range(1_000):
                yield Note(str(number))

        def sink(event: Event, control: RunControl = control, pause: bool = pause) -> None:
            nonlocal seen
            seen += 1
            if seen == 3:
                if pause:
                    control.pause()
                    threading.Timer(0.05, control.ask_to_stop).start()
                else:
                    assert control.ask_to_stop()
                    assert not control.ask_to_stop()

        drive(numbers(), control, sink)
        assert (control.state, seen) == (RunState.STOPPED, 3)
    early = RunControl()
    early.ask_to_stop()
    drive(numbers(), early, sink)
    assert (early.state, seen) == (RunState.STOPPED, 3)
