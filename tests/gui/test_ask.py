"""The dialogs begin where the person expects them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from studio.ask import Choice, QtAsk
from studio.settings import fresh_folder


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


def test_what_changes_while_a_question_stands_is_told_as_it_is(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter(["3 steps", "5 steps", *["8 steps"] * 100])

    def stands(box: QMessageBox) -> None:
        assert box.informativeText() == "3 steps"
        qtbot.waitUntil(lambda: box.informativeText() == "8 steps", timeout=20_000)

    monkeypatch.setattr(QMessageBox, "exec", stands)
    assert QtAsk().choose("title", "text", [Choice("cancel", "Cancel", "cancel")], lambda: next(told)) == "cancel"


@pytest.mark.parametrize(("roles", "wanted"), [
    (("danger", "cancel"), "cancel"), (("default", "danger", "cancel"), "default"), (("plain", "cancel"), "cancel"),
])
def test_return_does_nothing_dangerous(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, roles: tuple[Any, ...], wanted: str
) -> None:
    held: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: held.append(box.defaultButton().text()))
    QtAsk().choose("title", "text", [Choice(role, role, role) for role in roles])
    assert held == [wanted]
