"""What turns gradients into steps: PyTorch's optimizers with one rate a layer group, and NT-ASGD's averaging."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ulmengine.config import OptimizerConfig
from ulmengine.nets import LayerGroup
from ulmengine.nets.kernels.native import multiply_all

from .tensors import below, copy_of, learning


class LayerOptimizer:
    """An optimizer over all layer groups of a network.

    A frozen group has no gradients: its weights do not move, do not decay, and its state stays as it is, so that a
    stage that unfreezes one group more leaves what the others have gathered. Biases and norms (one-dimensional
    weights) do not decay.

    - ``adamw``: 1711.05101, fused where PyTorch can. ``adam``: 1412.6980 as 1801.06146 used it, without decay.
    - ``sgd``: momentum ``beta1``, decay apart from the gradient.
    - ``nt_asgd``: plain SGD; averaging begins at the non-monotone trigger (1708.02182, algorithm 1).
    """

    def __init__(self, groups: Sequence[LayerGroup], config: OptimizerConfig) -> None:
        self.groups = tuple(groups)
        self.config = config
        self._parameters = [p for group in self.groups for p in group.parameters.values()]
        self._owners: list[int] = []
        self._optimizer = self._make()
        self.averages = Averages(self.groups, config.nonmonotone) if config.kind == "nt_asgd" else None

    def belongs_to(self, groups: Sequence[LayerGroup]) -> bool:
        """Whether this optimizer moves exactly the weights of ``groups``."""
        theirs = [p for group in groups for p in group.parameters.values()]
        return len(theirs) == len(self._parameters) and all(
            a is b for a, b in zip(theirs, self._parameters, strict=True)
        )

    def begin_stage(self) -> None:
        """What the groups have gathered goes on; averaging is one training's alone and begins anew."""
        if self.averages is not None:
            self.averages.restart()

    def set_rates(self, rates: Sequence[float]) -> None:
        """Set the rate of every layer group, embedding first."""
        for own, group in zip(self._owners, self._optimizer.param_groups, strict=True):
            group["lr"] = rates[own]

    def step(self, scaler: torch.amp.GradScaler | None = None) -> None:
        """Move the weights by their gradients; with a ``scaler`` a step with overflown gradients is left out."""
        if scaler is None:
            self._optimizer.step()
        else:
            scaler.step(self._optimizer)
        if self.averages is not None and isinstance(self._optimizer, DecayingSGD) and self._optimizer.took_step():
            self.averages.add()

    def unscale(self, scaler: torch.amp.GradScaler) -> None:
        """Divide the gradients by the loss scale, so that they can be measured and clipped."""
        scaler.unscale_(self._optimizer)

    def zero_grad(self) -> None:
        """Drop all gradients."""
        self._optimizer.zero_grad(set_to_none=True)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the network holds the averaged weights if there are any (NT-ASGD after its trigger)."""
        if self.averages is None or not self.averages.running:
            yield
            return
        self.averages.swap()
        try:
            yield
        finally:
            self.averages.swap()

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The optimizer's state as tensors and plain values, to be stored."""
        tensors = pack_state(self._optimizer)
        values: dict[str, Any] = {"kind": self.config.kind}
        if self.averages is not None:
            means, values["averages"] = self.averages.pack()
            tensors |= {f"mean.{name}": mean for name, mean in means.items()}
        return tensors, values

    def unpack(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Take over a state made by :meth:`pack`; that of another kind of optimizer means nothing to this one."""
        if values["kind"] != self.config.kind:
            return
        unpack_state(self._optimizer, {name: t for name, t in tensors.items() if not name.startswith("mean.")})
        if self.averages is not None:
            self.averages.unpack(below("mean.", tensors), values["averages"])

    def _make(self) -> torch.optim.Optimizer:
        config, decays = self.config, self.config.kind != "adam"
        param_groups: list[dict[str, Any]] = []
        for own, group in enumerate(self.groups):
            for matrices in (True, False):
                params = [p for p in group.parameters.values() if (p.ndim > 1) is matrices]
                if params:
                    decay = config.weight_decay if decays and matrices else 0.0
                    param_groups.append({"params": params, "weight_decay": decay})
                    self._owners.append(own)
        if config.kind in ("adamw", "adam"):
            fused = all(p.device.type in ("cpu", "cuda") and p.is_floating_point() for p in self._parameters)
            return torch.optim.AdamW(param_groups, lr=1.0, betas=(config.beta1, config.beta2), eps=config.eps,
                                     fused=fused)
        momentum = config.beta1 if config.kind == "sgd" else 0.0
        return DecayingSGD(param_groups, lr=1.0, momentum=momentum)


def pack_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What ``optimizer`` has gathered, by the number of each weight and what it is: "0.exp_avg"."""
    return {f"{number}.{key}": value for number, state in optimizer.state_dict()["state"].items()
            for key, value in state.items() if isinstance(value, Tensor)}


def unpack_state(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give ``optimizer`` what :func:`pack_state` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


class DecayingSGD(torch.optim.SGD):
    """SGD with the decay apart from the gradient. It is part of the step, so that a loss scale leaves out both."""

    def __init__(self, param_groups: list[dict[str, Any]], *, lr: float, momentum: float) -> None:
        self._decays = [float(group["weight_decay"]) for group in param_groups]
        super().__init__([{**group, "weight_decay": 0.0} for group in param_groups], lr=lr, momentum=momentum)
        self._stepped = False

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Decay what has a gradient, then move it."""
        for group, decay in zip(self.param_groups, self._decays, strict=True):
            weights = [p for p in group["params"] if p.grad is not None]
            if weights and decay:
                multiply_all(weights, 1 - group["lr"] * decay)
        self._stepped = True
        return super().step(closure)

    def took_step(self) -> bool:
        """Whether there was a step since this was last asked."""
        stepped, self._stepped = self._stepped, False
        return stepped


class Averages:
    """NT-ASGD: the mean of all weights since validation stopped getting better (1708.02182, algorithm 1).

    :param patience: the paper's n. Averaging begins when a validation loss is worse than the best of all checks
        but the last n before it.
    """

    def __init__(self, groups: Sequence[LayerGroup], patience: int) -> None:
        self._groups = tuple(groups)
        self._patience = patience
        self._losses: list[float] = []
        self._means: dict[str, Tensor] = {}
        self._count = 0

    @property
    def running(self) -> bool:
        """Whether averaging has begun."""
        return self._count > 0

    def restart(self) -> None:
        """Forget losses and means: a stage starts from the best weights of the one before, and more groups learn."""
        self._losses, self._means, self._count = [], {}, 0

    @torch.no_grad()
    def check(self, loss: float) -> bool:
        """Note a validation ``loss``; True if averaging begins with the weights as they are now."""
        earlier = self._losses[: max(0, len(self._losses) - self._patience)]
        begins = not self.running and bool(earlier) and loss > min(earlier)
        self._losses.append(loss if math.isfinite(loss) else math.inf)  # one that is no number is the worst of all
        if begins:
            self._means = copy_of(learning(self._groups))
            self._count = 1
        return begins

    @torch.no_grad()
    def add(self) -> None:
        """Take the weights after a step into the mean."""
        if not self.running:
            return
        self._count += 1
        for name, parameter in learning(self._groups):
            self._means[name].lerp_(parameter, 1 / self._count)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights and their means exactly, in place; twice is nothing."""
        for group in self._groups:
            for name, parameter in group.parameters.items():
                if name in self._means:
                    held = parameter.detach().clone()
                    parameter.copy_(self._means[name])
                    self._means[name].copy_(held)

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """As tensors and plain values, to be stored."""
        return dict(self._means), {"losses": list(self._losses), "count": self._count}

    def unpack(self, means: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Take over what :meth:`pack` gave."""
        places = {name: p for group in self._groups for name, p in group.parameters.items()}
        self._means = {name: mean.to(places[name].device) for name, mean in means.items()}
        self._losses, self._count = list(values["losses"]), int(values["count"])


def clip_gradients(parameters: Sequence[nn.Parameter], clip: float) -> Tensor:
    """Shorten all gradients together to the length ``clip`` (0: leave them as they are); returns what it was before."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    # Reading the norm costs nothing on the CPU and often saves a pass over all gradients; elsewhere it would wait.
    if clip and (norm.device.type != "cpu" or norm > clip):
        torch.nn.utils.clip_grads_with_norm_(parameters, clip, norm)
    return norm
