"""Who is working on a run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ulmengine.runs import RunBusyError, RunLock, owner_of


def test_a_live_process_of_this_machine_keeps_others_out(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock.json"):
        assert owner_of(tmp_path / "lock.json") == os.getpid()
        with pytest.raises(RunBusyError, match="of this machine"), RunLock(tmp_path / "lock.json"):
            pass
    assert not (tmp_path / "lock.json").exists()


def test_the_lock_of_another_machine_is_told_with_its_name_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    path.write_text(json.dumps({"pid": 7, "started": 0.0, "host": "cluster-12"}), encoding="utf-8")
    with pytest.raises(RunBusyError, match=r"process 7 of the machine cluster-12.*remove .*lock\.json"), RunLock(path):
        pass


def test_the_lock_of_a_dead_process_holds_nobody_back(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock.json"):
        lock = json.loads((tmp_path / "lock.json").read_text(encoding="utf-8"))
    lock["started"] -= 3600.0
    (tmp_path / "lock.json").write_text(json.dumps(lock), encoding="utf-8")
    with RunLock(tmp_path / "lock.json"):
        assert owner_of(tmp_path / "lock.json") == os.getpid()
