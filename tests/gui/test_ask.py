"""The dialogs begin where the person expects them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog

from studio.ask import QtAsk
from studio.frame.dropping import fresh_folder


def test_a_new_project_is_asked_for_in_the_projects_folder_on_a_fresh_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a folder that is not there Qt would show the working directory, which is the program's own."""
    shown: list[tuple[Path, bool]] = []

    def dialog(parent: object, title: str, start: str, **more: Any) -> tuple[str, str]:
        shown.append((Path(start), Path(start).parent.is_dir()))
        return start, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", dialog)
    wanted = fresh_folder("My project")
    assert not wanted.parent.exists()
    assert QtAsk().new_folder("Name the new project", wanted) == wanted
    assert shown == [(wanted, True)]
    assert not wanted.exists()
