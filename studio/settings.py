"""What the program remembers between two starts: appearance, recent projects, where the window stood."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, Signal

from ulmengine import APP
from ulmengine.disk import read_json, unused_path, whole

RECENT = 12
DISMISSED = 100

_NO_NAME = re.compile("[\0\ud800-\udfff]")
"""What no name of a file holds, and half characters, in which Python tells of bytes that are not UTF-8."""
Writable = Annotated[str, AfterValidator(lambda text: _NO_NAME.sub("\N{REPLACEMENT CHARACTER}", text))]
"""Text that the file of the preferences can hold, and a path that can be looked for, if in vain."""

_log = logging.getLogger(__name__)


class Preferences(BaseModel):
    """The values; a bad or unknown one in the file is passed over with a warning, never a reason not to start."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = 1
    theme: Literal["system", "light", "dark"] = "system"
    recent: tuple[Writable, ...] = ()
    dismissed: tuple[Writable, ...] = ()
    """Runs of which Home is not to say again that they did not come to their end."""
    deleted: tuple[Writable, ...] = ()
    """Where deleted projects, runs and models lie until the next start."""
    geometry: Writable = ""
    device: Writable = "auto"
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    threads: int = Field(default=0, ge=0, le=1_024)
    own_process: bool = False
    keep_awake: bool = True
    notify: bool = True
    pretrained: Writable = ""
    """The language model that new projects start from; "": the shipped one that fits."""
    keys: dict[Writable, Writable] = Field(default_factory=dict)
    """Keys that a person has given to actions of the window, by their names; "": none."""
    run_folders: tuple[Writable, ...] = ()
    """Folders of runs that the Runs page shows beside the project's own."""


class Settings(QObject):
    """The preferences on disk. Use :meth:`change`; ``values`` is what is in force."""

    changed = Signal(object)
    """The new :class:`Preferences`."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path or platformdirs.user_config_path(APP) / "settings.json"
        self.values = _read(self.path)

    def change(self, **values: Any) -> None:
        """Set ``values`` and write the file; a folder that cannot be written is not worth a failure.

        What another window of the program has set meanwhile stays.
        """
        new = Preferences.model_validate({**self._newest().model_dump(), **values})
        if new == self.values:
            return
        self.values = new
        try:
            _write(self.path, new)
        except OSError as error:
            _log.warning("%s could not be written: %s", self.path, error)
        self.changed.emit(new)

    def remember_project(self, folder: Path) -> None:
        """Put ``folder`` first among the recent projects."""
        others = [path for path in self._newest().recent if path != str(folder)]
        self.change(recent=(str(folder), *others)[:RECENT])

    def remember_deleted(self, aside: Path) -> None:
        """At the next start ``aside``, a hidden folder of what was deleted, goes for good."""
        if str(aside) not in self.values.deleted:
            self.change(deleted=(*self.values.deleted, str(aside)))

    def forget_project(self, folder: Path) -> None:
        """Take ``folder`` off the list; nothing on disk is touched."""
        self.change(recent=tuple(path for path in self._newest().recent if path != str(folder)))

    def dismiss_run(self, folder: Path) -> None:
        """Let Home say no more of the run in ``folder``."""
        self.change(dismissed=(str(folder), *self._newest().dismissed)[:DISMISSED])

    def _newest(self) -> Preferences:
        """What stands in the file now, if that can be read."""
        return _read(self.path) if self.path.is_file() else self.values


def data_folder() -> Path:
    """Where projects go unless the person says otherwise."""
    return platformdirs.user_data_path(APP)


def fresh_folder(name: str) -> Path:
    """A folder below the person's projects, called after ``name``, that does not exist yet."""
    stem = "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in name).strip(" -") or "project"
    return unused_path(data_folder() / "projects", stem)


def log_folder() -> Path:
    """Where the program's log and crash reports go."""
    return platformdirs.user_log_path(APP)


def _read(path: Path) -> Preferences:
    try:
        values = read_json(path)
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError) as error:
        _log.warning("%s could not be read: %s", path, error)
        return Preferences()
    good = {name: value for name, value in values.items() if _permitted(name, value)} \
        if isinstance(values, dict) else {}
    return Preferences.model_validate(good)


def _permitted(name: str, value: Any) -> bool:
    try:
        Preferences.model_validate({name: value})
    except ValidationError:
        _log.warning("setting %s = %r is not permitted and is passed over", name, value)
        return False
    return name in Preferences.model_fields


def _write(path: Path, values: Preferences) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as beside:
        beside.write_text(values.model_dump_json(indent=1), encoding="utf-8")
