"""Whose run a restart by torchrun goes on with."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from ulmengine.cli.runs import _folder
from ulmengine.config import RunConfig
from ulmengine.runs import RunFolderError


def asked(**more: object) -> argparse.Namespace:
    return argparse.Namespace(**{"resume": False, "checkpoint": None, "take_over": False, "set": [], **more})


def torchrun(monkeypatch: pytest.MonkeyPatch, job: str, restarts: int) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", job)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", str(restarts))


def test_a_restart_goes_on_with_its_own_run_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchrun starts anew what has refused too: that must not take up the run it was refused for."""
    torchrun(monkeypatch, "first", 0)
    _folder(tmp_path, RunConfig(), asked())
    torchrun(monkeypatch, "first", 1)
    options = asked(checkpoint="000003-epoch")
    _folder(tmp_path, RunConfig(), options)
    assert (options.resume, options.checkpoint, options.take_over) == (True, None, True)
    for restarts in (0, 1, 2):
        torchrun(monkeypatch, "another", restarts)
        with pytest.raises(RunFolderError, match="holds a run already"):
            _folder(tmp_path, RunConfig(), asked())
    torchrun(monkeypatch, "another", 0)
    _folder(tmp_path, RunConfig(), asked(resume=True))
    torchrun(monkeypatch, "another", 1)
    _folder(tmp_path, RunConfig(), asked())


def test_without_torchrun_a_folder_belongs_to_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert _folder(tmp_path, RunConfig(), asked()).job == ""
