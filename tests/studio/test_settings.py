"""What the program remembers: bad values never keep it from starting."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from studio.settings import RECENT, Preferences, Settings


def test_what_is_changed_is_there_the_next_time(tmp_path: Path) -> None:
    first = Settings(tmp_path / "deep" / "settings.json")
    heard: list[Preferences] = []
    first.changed.connect(heard.append)
    first.change(theme="dark", threads=3)
    first.change(theme="dark")
    assert heard == [first.values]
    assert Settings(first.path).values == first.values


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "\x00\x01", "[" * 200_000])
def test_a_broken_file_gives_the_usual_values(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text, encoding="utf-8")
    assert Settings(tmp_path / "settings.json").values == Preferences()


def test_a_bad_value_alone_is_passed_over_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"theme": "pink", "threads": -1, "device": "cpu", "of_a_newer_version": 1}))
    with caplog.at_level(logging.WARNING):
        values = Settings(path).values
    assert (values.theme, values.threads, values.device) == ("system", 0, "cpu")
    assert "'pink'" in caplog.text


def test_recent_projects_are_in_order_without_repeats_and_not_too_many(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for number in range(RECENT + 3):
        settings.remember_project(tmp_path / str(number))
    settings.remember_project(tmp_path / "5")
    recent = settings.values.recent
    assert recent[0] == str(tmp_path / "5")
    assert len(recent) == len(set(recent)) == RECENT
    settings.forget_project(tmp_path / "5")
    assert str(tmp_path / "5") not in settings.values.recent


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("x")
    settings = Settings(tmp_path / "file" / "settings.json")
    settings.change(theme="dark")
    assert settings.values.theme == "dark"
    assert "could not be written" in caplog.text


@pytest.mark.parametrize("bad", ["\ud800", "a\udcfcb", "a\0b"])
def test_whatever_stands_in_a_name_settings_are_saved_and_it_can_be_looked_for(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"recent": [bad, str(tmp_path)], "pretrained": bad, "keys": {bad: bad}}))
    settings = Settings(path)
    settings.change(theme="dark")
    settings.remember_project(Path("/over") / bad)
    again = Settings(path).values
    assert again == settings.values
    assert again.theme == "dark"
    assert [Path(one).exists() for one in again.recent] == [False, False, True]
    assert not Path(again.pretrained).exists()


@pytest.mark.parametrize("name", ["\u00dcbung \u7df4\u7fd2", "\N{GRINNING FACE}", "\\ud800"])
def test_other_names_stay_as_they_are(tmp_path: Path, name: str) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.remember_project(tmp_path / name)
    assert Settings(settings.path).values.recent == (str(tmp_path / name),)
