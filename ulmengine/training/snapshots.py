"""A stage in training written down as a snapshot, and taken up from one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from ulmengine.events import from_json, to_json
from ulmengine.plan.errors import TrainingError

from .context import Snapshot
from .progress import Best, Standing
from .random_state import RandomState
from .trees import put_together, take_apart

if TYPE_CHECKING:
    from .session import Session


def carried(session: Session, *, together: bool) -> Any:
    """What is carried from batch to batch, of all processes' rows. ``together``: all of them ask at this point.

    Where one process ends by itself the others' part is not known, and nothing is carried on.
    """
    world = session.ctx.world
    if world is None:
        return session.task.state()
    return world.whole_state(session.task.state()) if together else None


def take(session: Session, reason: str, carry: Any) -> Snapshot:
    """Everything, as it is now, with what was :func:`carried`. The tensors are the live ones."""
    tensors = {f"model.{name}": tensor for name, tensor in session.model.state_dict().items()}
    optimizer, optimizer_values = session.optimizer.pack()
    randoms, random_values = RandomState.capture().pack()
    state, form = take_apart(carry)
    tensors |= {f"optimizer.{name}": tensor for name, tensor in optimizer.items()}
    tensors |= {f"random.{name}": tensor for name, tensor in randoms.items()}
    tensors |= {f"state.{number}": tensor for number, tensor in enumerate(state)}
    standing = session.standing
    # At the end of an epoch the network is the best one's if that epoch was it; at the end of a stage it always is.
    best = standing.finished or (session.best.epoch == standing.epoch > 0 and standing.batch == 0)
    shared = {session.start_key: session.start} if session.start else {}
    if session.best.tensors and not standing.finished:
        shared[session.best.key] = session.best.tensors
    return Snapshot(
        reason, session.plan.index, session.ctx.total, best, standing.finished, tensors, shared, {
            "batches": [*_form(session), len(session.task)], "epoch": standing.epoch,
            "metrics": session.best.metrics, "standing": standing.pack(),
            "best": session.best.pack(), "start": session.start_key, "optimizer": optimizer_values,
            "random": random_values, "state": form, "outbox": [to_json(event) for event in session.outbox],
            "scaler": None if session.stepper.scaler is None else session.stepper.scaler.state_dict(),
        },
    )


def put_back(session: Session, snapshot: Snapshot) -> None:
    """Give ``session`` the state of ``snapshot``, the random states last.

    With the batch size halved and the accumulation doubled it goes on at the same optimizer step.

    :raises TrainingError: the snapshot is of another stage.
    """
    if snapshot.stage != session.plan.index:
        raise TrainingError(f"the checkpoint is of stage {snapshot.stage + 1}, not of stage {session.plan.index + 1}")
    values, device = snapshot.values, session.ctx.device
    session.model.load_state_dict(snapshot.weights())
    session.optimizer.unpack(_part(snapshot.tensors, "optimizer."), values["optimizer"])
    if session.stepper.scaler is not None and values["scaler"] is not None:
        session.stepper.scaler.load_state_dict(values["scaler"])
    state = _part(snapshot.tensors, "state.")
    session.standing = Standing.unpack(values["standing"])
    if values["batches"][:-1] == _form(session):
        carry = put_together([state[str(number)] for number in range(len(state))], values["state"])
        session.task.set_state(carry if session.ctx.world is None else session.ctx.world.own_state(carry))
    else:
        # Taken up with other batches (half as large, say, after memory ran out): the same share of the epoch is done;
        # what was carried from row to row has no place any more.
        session.standing.batch = round(session.standing.batch * len(session.task) / values["batches"][-1])
    session.best = Best.unpack(values["best"], snapshot.shared, device)
    session.start_key = values["start"]
    session.start = {name: t.to(device) for name, t in snapshot.shared.get(session.start_key, {}).items()}
    session.outbox.extend(from_json(event) for event in values["outbox"])
    session.ctx.total = snapshot.total
    RandomState.unpack(_part(snapshot.tensors, "random."), values["random"]).restore()


def _form(session: Session) -> list[int]:
    """What decides how the training part is cut into batches."""
    return [session.plan.settings.batch_size, session.plan.settings.bptt]


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
