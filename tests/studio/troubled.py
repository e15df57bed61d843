"""Real runs in real trouble: no memory for a batch, weights that are no numbers. Made by name, for either host."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any
from unittest import mock

import psutil
import torch

from studio.engine.host import RunRequest
from studio.engine.training_run import training_run
from ulmengine.events import Event
from ulmengine.plan.control import RunControl
from ulmengine.training.session import Session

MIB = 1024 * 1024
ROOM = 4
"""Rows of a batch for which there is memory."""


def _troubled(
    request: RunRequest, control: RunControl, trouble: Callable[[Session], object]
) -> Generator[Event, None, object]:
    """The run that the studio makes; ``trouble`` comes before every step."""
    batches = Session.batches

    def troubled(session: Session) -> Iterator[list[Any]]:
        for together in batches(session):
            held = trouble(session)
            yield together
            del held

    with mock.patch.object(Session, "batches", troubled):
        return (yield from training_run(request, control))


def short_of_memory(request: RunRequest, control: RunControl) -> Generator[Event, None, object]:
    """In the classifier a step on more than four rows holds 256 MiB and asks for more than any machine has."""

    def trouble(session: Session) -> object:
        if session.plan.task != "classifier" or session.standing.step < 2:
            return None
        held = torch.ones(256 * MIB // 4)
        if session.plan.settings.batch_size > ROOM:
            held = torch.cat([held, torch.empty(2**50)])
        return held

    return (yield from _troubled(request, control, trouble))


def limited_memory(request: RunRequest, control: RunControl) -> Generator[Event, None, object]:
    """The same by the system's own limit: such a step has room for 440 MiB more, of which each row takes 80."""
    import resource

    assert sys.platform != "win32"

    def trouble(session: Session) -> object:
        if session.plan.task != "classifier" or session.standing.step < 2:
            return None
        usual = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + 440 * MIB, usual[1]))
        try:
            return torch.ones(session.plan.settings.batch_size * 80 * MIB // 4)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, usual)

    return (yield from _troubled(request, control, trouble))


def spoilt_weights(request: RunRequest, control: RunControl) -> Generator[Event, None, object]:
    """At the usual rate the weights are no numbers any more at the third step of the second classifier stage."""

    def trouble(session: Session) -> object:
        if session.plan.index == 2 and session.standing.step == 2 and session.plan.settings.lr > 0.002:
            with torch.no_grad():
                next(session.model.parameters()).fill_(float("nan"))
        return None

    return (yield from _troubled(request, control, trouble))
