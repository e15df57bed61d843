"""The watchdog's arithmetic, with a clock that the test turns."""

from __future__ import annotations

from studio.engine.pulse import Beat, Pulse, Silence
from ulmengine import events as ev
from ulmengine.plan.control import RunState


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def step(number: int) -> ev.Step:
    return ev.Step(0, 1, number, number, 1.0, (0.1,), 1.0, 10, 0.1)


def watch(pulse: Pulse, clock: Clock, seconds: float) -> Beat:
    """Look ten times a second."""
    beat = pulse.beat()
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        beat = pulse.beat()
    return beat


def test_a_machine_that_slept_heard_no_silence() -> None:
    clock = Clock()
    silence = Silence(clock)
    clock.now += 8 * 3_600
    assert silence.look() <= 1.0
    for _ in range(20):
        clock.now += 0.5
        silence.look()
    assert 10.0 <= silence.seconds <= 11.0
    silence.broken()
    assert silence.look() == 0.0


def test_a_step_that_does_not_end_is_seen() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    pulse.saw(step(1))
    assert not watch(pulse, clock, 119).hangs(120, 1_800)
    assert watch(pulse, clock, 2).hangs(120, 1_800)


def test_long_steps_are_given_their_time() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    pulse.saw(step(1))
    watch(pulse, clock, 30)
    pulse.saw(step(2))
    assert not watch(pulse, clock, 599).hangs(120, 1_800)  # twenty times 30 seconds
    assert watch(pulse, clock, 2).hangs(120, 1_800)


def test_other_work_has_the_longer_patience() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    assert not watch(pulse, clock, 1_000).hangs(120, 1_800)
    pulse.saw(step(1))
    pulse.saw(ev.EpochEnded(0, 1, 1, 1.0, {}, True, 1.0))
    assert not watch(pulse, clock, 1_000).hangs(120, 1_800)
    assert watch(pulse, clock, 801).hangs(120, 1_800)


def test_a_loop_that_is_held_does_not_hang() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    pulse.saw(step(1))
    pulse.entered(RunState.PAUSED)
    assert watch(pulse, clock, 10_000).silent == 0
    pulse.entered(RunState.RUNNING)
    assert not watch(pulse, clock, 100).hangs(120, 1_800)
    assert watch(pulse, clock, 21).hangs(120, 1_800)
