"""The actions of the frame: one table, from which shortcuts, the palette and the list of keys are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from studio import theme

from .undoing import redo_keys, undo_keys


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
    ActionLine("take_tour", str(QT_TRANSLATE_NOOP("Commands", "Take the tour")), "", "flag", VIEW),
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
        theme.current().set_icon(action, line.icon)
        action.triggered.connect(getattr(owner, line.slot))
        made[line.slot] = action
    return made


def text_of(line: ActionLine) -> str:
    """What the action is called, in the person's language."""
    return _tr(line.text)


def keys_in_force(own: Mapping[str, str]) -> dict[str, str]:
    """The keys of every action of the table: a person's ``own``, else the usual ones."""
    return {line.slot: own.get(line.slot, line.keys) for line in TABLE}


def apply_keys(actions: Mapping[str, QAction], own: Mapping[str, str]) -> None:
    """Give the ``actions`` (by their slots) the keys that are in force."""
    for slot, keys in keys_in_force(own).items():
        if actions[slot].shortcut() != QKeySequence(keys):
            actions[slot].setShortcut(QKeySequence(keys))


def trouble_with(slot: str, keys: str, own: Mapping[str, str]) -> str:
    """Why the action cannot have these ``keys``, in words; "" where it can."""
    wanted = QKeySequence(keys)
    if wanted.isEmpty():
        return ""
    named = wanted.toString(QKeySequence.SequenceFormat.NativeText)
    for line in TABLE:
        if line.slot != slot and QKeySequence(keys_in_force(own)[line.slot]) == wanted:
            return _tr_with("{keys} is taken by “{action}”. Choose others, or give that action other keys first.",
                            keys=named, action=_tr(line.text))
    if any(wanted in QKeySequence.keyBindings(one) for one in _FIXED) or wanted in undo_keys() + redo_keys() or \
            wanted in [QKeySequence(f"Ctrl+{number}") for number in range(10)]:
        return _tr_with("{keys} has its meaning everywhere in the program already. Choose others.", keys=named)
    first = wanted[0]  # type: ignore[index]  # missing in PySide6's description of it
    plain = not first.keyboardModifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier |
                                             Qt.KeyboardModifier.MetaModifier)
    if plain and not Qt.Key.Key_F1 <= first.key() <= Qt.Key.Key_F35:
        return _tr_with("{keys} alone is needed for typing or moving. Choose keys with Ctrl or Alt, or a function key.",
                        keys=named)
    return ""


_STANDARD = QKeySequence.StandardKey
_FIXED = (_STANDARD.Cut, _STANDARD.Copy, _STANDARD.Paste, _STANDARD.SelectAll)


def _tr_with(text: str, **values: str) -> str:
    return _tr(text).format(**values)


def section_words(action: QAction) -> str:
    """Where ``action`` belongs, and its keys: what the palette shows beside it."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    section = _tr(str(action.property("section") or ""))
    return "   ".join(part for part in (section, keys) if part)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text) if text else ""
