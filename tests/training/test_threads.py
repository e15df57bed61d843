"""How many threads a run takes."""

from __future__ import annotations

import pytest
import torch

from ulmengine.config import ComputeConfig
from ulmengine.training.distributed import use_threads


def test_no_more_threads_are_used_than_the_process_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {3, 5}, raising=False)
    try:
        use_threads(ComputeConfig(threads=0))
        assert torch.get_num_threads() == 2
        use_threads(ComputeConfig(threads=1))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
