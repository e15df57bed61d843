"""What the palette finds: the frame's actions, those of pages, recent projects, settings, paragraphs of the help."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction

from studio.fields import all_fields
from studio.shell import Shell
from studio.words import words

from .commands import section_words
from .help import help_entries
from .matching import Entry
from .stack import PageStack


def found_by_palette(
    frame: Iterable[QAction], pages: PageStack, shell: Shell, *, do: Callable[[str, str], None],
    opened: Callable[[Path], None], setting: Callable[[str], None], topic: Callable[[str, str], None],
) -> list[Entry]:
    """Everything there is to be found.

    :param frame: the window's own actions. :param do: does what the page of this key offers under this name.
    :param opened: opens a recent project. :param setting: shows the setting of this name. :param topic: shows the help
        of the page of this key from this heading on.
    """
    actions = [*frame, *(action for page in pages.made() for action in page.actions())]
    entries = [
        Entry(action.text().replace("&", ""), section_words(action), action.trigger,
              str(action.property("icon_name") or "chevron-right"), enabled=action.isEnabled())
        for action in actions
    ]
    entries += [
        Entry(text, entry.words(), partial(do, entry.key, text), entry.icon)
        for entry in pages.entries if not pages.is_made(entry.key) for text in entry.offered()
        if shell.project is not None or not entry.of_project
    ]
    entries += [
        Entry(_tr("Open {project}").format(project=Path(path).name), path, partial(opened, Path(path)), "folder")
        for path in shell.settings.values.recent
    ]
    if shell.project is not None:
        entries += [
            Entry(words(field.label), " / ".join(map(words, field.sections)) or _tr("Run"),
                  partial(setting, field.name), "settings", f"{field.name} {words(field.help)}")
            for field in all_fields().values() if field.name != "version"
        ]
    return [*entries, *help_entries(pages.entries, _tr("Help"), topic)]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Palette", text)
