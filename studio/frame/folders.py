"""Folders shown in the desktop's own file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices

from studio.shell import Shell


def show_folder(shell: Shell, folder: Path) -> None:
    """Show ``folder``, or say where it is where the desktop cannot show it."""
    translate = QCoreApplication.translate
    if not folder.is_dir():
        shell.toast(translate("Folders", "{folder} is not there yet.").format(folder=folder), "warning")
    elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        shell.toast(translate("Folders", "No file manager answers here. The folder is {folder}").format(folder=folder),
                    "warning")
