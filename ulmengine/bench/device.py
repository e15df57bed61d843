"""On what a benchmark computes: which device that is, how it is waited for, and what it reaches."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import torch

from ulmengine.config import PRESETS
from ulmengine.nets import available_devices, choose_device, precision_for

from .measure import BenchError, BenchTask, nothing, sizes_there, timed

T = TypeVar("T")

DEVICES = ("auto", "cpu", "cuda", "mps")
PRODUCT = 8192
"""Rows and columns of the plain product that a graphics card's speed is held against."""


def network_task(preset: str, vocab: int, seq: int, device: str, precision: str, threads: int) -> BenchTask:
    """What both sides need to know to build the same network and to compute alike.

    :raises BenchError, ValueError: as :func:`placed`.
    """
    return {"preset": preset, "vocabulary": vocab, "time": seq, **placed(device, precision),
            "threads": threads or torch.get_num_threads(), "sizes": sizes_there(PRESETS[preset])}


def placed(device: str, precision: str) -> BenchTask:
    """What a task says of where and in which numbers it is computed: what "auto" stands for here.

    :raises BenchError: this machine has no such device. :raises ValueError: the device has no such precision.
    """
    found = find_device(device)
    return {"device": found.type, "precision": str(precision_for(found, precision)).removeprefix("torch.")}


def find_device(wanted: str) -> torch.device:
    """The device called ``wanted``, one of :data:`DEVICES`; "auto" chooses as a run does.

    :raises BenchError: this machine, or this build of PyTorch, does not have it.
    """
    present = [name for name in available_devices() if name in DEVICES]
    if wanted not in ("auto", *present):
        raise BenchError(f"There is no {wanted.upper()} device here; choose auto or {' or '.join(present)}")
    return choose_device(wanted)


def timed_on(device: torch.device, step: Callable[[T], int], batches: Iterable[T]) -> dict[str, Any]:
    """As :func:`ulmengine.bench.measure.timed`; a step is over when ``device`` has done it.

    On a graphics card also ``device_name`` and ``peak_device_mb``, the most memory that tensors have had there, MiB.
    """
    figures = timed(step, batches, waiting(device))
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / 2**20
        figures |= {"device_name": torch.cuda.get_device_name(device), "peak_device_mb": round(peak, 1)}
    return {**figures, "device": device.type}


def waiting(device: torch.device) -> Callable[[], object]:
    """What returns when ``device`` has done all it was asked for; a processor has when the call returns."""
    match device.type:
        case "cuda":
            return partial(torch.cuda.synchronize, device)
        case "mps":
            return torch.mps.synchronize
    return nothing


def mark(device: torch.device) -> Any:
    """The time; on a CUDA card a mark that the card sets when it comes there, so that nothing waits for it."""
    if device.type != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def median_ms(name: str, device: torch.device, parts: list[tuple[Any, Any]]) -> dict[str, float]:
    """``name``_ms: the median of what lies between two marks, the first pair left out; of cpu and cuda only."""
    if device.type not in ("cpu", "cuda"):
        return {}
    took = [a.elapsed_time(b) if device.type == "cuda" else 1000 * (b - a) for a, b in parts[1:] or parts]
    return {f"{name}_ms": round(statistics.median(took), 3)}


def reached(operations: float, seconds: float, device: torch.device, precision: torch.dtype) -> dict[str, float]:
    """``tflops``: 10^12 of the work's ``operations`` (see :mod:`ulmengine.bench.arithmetic`) a second.

    Beside a processor also ``product_tflops``, what one plain large product reaches there, and ``share_of_product``.
    """
    tflops = operations / seconds / 1e12
    figures = {"tflops": _rounded(tflops)}
    if device.type == "cpu":
        return figures
    product = product_tflops(device, precision)
    return {**figures, "product_tflops": _rounded(product), "share_of_product": _rounded(tflops / product)}


def product_tflops(device: torch.device, precision: torch.dtype, size: int = PRODUCT, repeats: int = 10) -> float:
    """10^12 operations a second of the product of two square matrices of ``size``; the median of ``repeats``."""
    left, right = (torch.randn(size, size, device=device, dtype=precision) for _ in range(2))
    out = torch.empty_like(left)

    def step(_: int) -> int:
        torch.mm(left, right, out=out)
        return 1

    figures = timed(step, range(repeats + 1), waiting(device))
    return float(2.0 * size**3 * figures["per_s"] / 1e12)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
