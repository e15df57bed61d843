"""The actions of the frame: one table, from which shortcuts, the palette and the list of keys are made."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence

from studio import theme


@dataclass(frozen=True)
class ActionLine:
    """One action: the name of the window's method that does it, its text, its keys, its icon."""

    slot: str
    text: str
    keys: str = ""
    icon: str = "chevron-right"
    section: str = ""


PROJECT = str(QT_TRANSLATE_NOOP("Commands", "Project"))
RUN = str(QT_TRANSLATE_NOOP("Commands", "Run"))
VIEW = str(QT_TRANSLATE_NOOP("Commands", "View"))

TABLE = (
    ActionLine("new_project", str(QT_TRANSLATE_NOOP("Commands", "New project")), "Ctrl+N", "plus", PROJECT),
    ActionLine("choose_project", str(QT_TRANSLATE_NOOP("Commands", "Open a project")), "Ctrl+O", "folder", PROJECT),
    ActionLine("open_sample", str(QT_TRANSLATE_NOOP("Commands", "Open the sample")), "", "sample", PROJECT),
    ActionLine("show_project_folder", str(QT_TRANSLATE_NOOP("Commands", "Show the project's folder")),
               "", "folder", PROJECT),
    ActionLine("close_project", str(QT_TRANSLATE_NOOP("Commands", "Close the project")), "Ctrl+W", "close", PROJECT),
    ActionLine("start_run", str(QT_TRANSLATE_NOOP("Commands", "Start training")), "Ctrl+R", "play", RUN),
    ActionLine("toggle_pause", str(QT_TRANSLATE_NOOP("Commands", "Pause or resume")), "Ctrl+P", "pause", RUN),
    ActionLine("stop_run", str(QT_TRANSLATE_NOOP("Commands", "Stop and save")), "Ctrl+.", "stop", RUN),
    ActionLine("open_palette", str(QT_TRANSLATE_NOOP("Commands", "Find an action or a setting")),
               "Ctrl+K", "search", VIEW),
    ActionLine("theme_system", str(QT_TRANSLATE_NOOP("Commands", "Appearance: as the system")), "", "settings", VIEW),
    ActionLine("theme_light", str(QT_TRANSLATE_NOOP("Commands", "Appearance: light")), "", "sun", VIEW),
    ActionLine("theme_dark", str(QT_TRANSLATE_NOOP("Commands", "Appearance: dark")), "", "moon", VIEW),
    ActionLine("toggle_full_screen", str(QT_TRANSLATE_NOOP("Commands", "Full screen")), "F11", "zoom-fit", VIEW),
    ActionLine("show_help", str(QT_TRANSLATE_NOOP("Commands", "Help for this page")), "F1", "help", VIEW),
    ActionLine("show_shortcuts", str(QT_TRANSLATE_NOOP("Commands", "Keyboard shortcuts")), "Ctrl+F1", "keyboard",
               VIEW),
    ActionLine("quit", str(QT_TRANSLATE_NOOP("Commands", "Quit")), "Ctrl+Q", "export", VIEW),
)


def make_actions(owner: QObject) -> dict[str, QAction]:
    """An action of ``owner`` for every line of the table: slot name -> action, already connected."""
    made: dict[str, QAction] = {}
    for line in TABLE:
        action = QAction(_tr(line.text), owner)
        action.setProperty("icon_name", line.icon)
        action.setProperty("section", line.section)
        if line.keys:
            action.setShortcut(QKeySequence(line.keys))
        theme.current().set_icon(action, line.icon)
        action.triggered.connect(getattr(owner, line.slot))
        made[line.slot] = action
    return made


def key_rows() -> list[tuple[str, str]]:
    """Every action that has keys, and the keys, in the person's language: for a list to be read."""
    return [(_tr(line.text), _native(line.keys)) for line in TABLE if line.keys]


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def section_words(action: QAction) -> str:
    """Where ``action`` belongs, and its keys: what the palette shows beside it."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    section = _tr(str(action.property("section") or ""))
    return "   ".join(part for part in (section, keys) if part)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text) if text else ""
