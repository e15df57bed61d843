from __future__ import annotations

import threading
import time

from studio.engine.mailbox import Mailbox
from ulmengine.events import Progress, Step


def test_items_come_in_order_and_once() -> None:
    box = Mailbox()
    for n in range(10):
        box.put(n)
    assert box.take(4) == [0, 1, 2, 3]
    assert box.take() == [4, 5, 6, 7, 8, 9]
    assert box.take() == []


def test_progress_of_one_task_overtakes_itself_and_nothing_else_does() -> None:
    box = Mailbox()
    step = Step(0, 1, 1, 1, 1.0, (0.1,), 1.0, 10, 0.1)
    first, second, third = (Progress("read", n, 3) for n in (1, 2, 3))
    other = Progress("x", 1, 1)
    for item in (first, second, step, step, third, other):
        box.put(item)
    assert box.take() == [second, step, step, third, other]


def test_a_full_mailbox_makes_the_engine_wait_and_loses_nothing() -> None:
    box = Mailbox(capacity=5)
    thread = threading.Thread(target=_fill, args=(box, 100))
    thread.start()
    time.sleep(0.05)
    assert len(box) == 5
    got: list[int] = []
    while len(got) < 100:
        got += box.take(3)
    thread.join(5)
    assert got == list(range(100))


def test_a_released_mailbox_never_waits() -> None:
    box = Mailbox(capacity=1)
    thread = threading.Thread(target=_fill, args=(box, 10))
    thread.start()
    box.release()
    thread.join(5)
    assert not thread.is_alive()
    assert box.take() == list(range(10))


def test_a_put_that_may_not_wait_goes_beyond_the_bound() -> None:
    box = Mailbox(capacity=1)
    box.put("event")
    box.put("state", wait=False)
    assert box.take() == ["event", "state"]


def _fill(box: Mailbox, count: int) -> None:
    for n in range(count):
        box.put(n)
