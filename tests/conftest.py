"""What holds for every test."""

import os

import pytest
from hypothesis import HealthCheck, settings

from ulmengine.threads import wait_briefly

wait_briefly()
# What tests write need not outlive a power cut; the disk is waited for seventy times in a small run. A file that is
# closed or none is refused all the same.
os.fsync = os.fstat  # type: ignore[assignment]
# A busy machine is no fault: how long an example takes, and drawing it, says nothing of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # each worker has a core; PyTorch's threads would share them all


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What ``-n auto`` means: a worker a core, and no more than four, since each holds PyTorch and Qt in memory."""
    return min(4, os.cpu_count() or 1)
