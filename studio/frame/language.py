"""The person's language: translations of the program's words and of Qt's own, where there are any."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator


def translations_folder() -> Path:
    """Where ``studio_<locale>.qm`` lies, made of the program by pyside6-lupdate and pyside6-lrelease."""
    return Path(str(resources.files("resources"))) / "translations"


def install_language(
    app: QCoreApplication, locale: QLocale | None = None, folder: Path | None = None
) -> list[QTranslator]:
    """Let ``app`` speak the language of ``locale`` (None: the system's) as far as there are files for it.

    :return: the translators in force, Qt's own words first; empty for a language without a file.
    """
    locale = locale or QLocale.system()
    places = (("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
              ("studio", str(folder or translations_folder())))
    installed = []
    for name, place in places:
        translator = QTranslator(app)
        if translator.load(locale, name, "_", place):
            app.installTranslator(translator)
            installed.append(translator)
        else:
            translator.deleteLater()
    return installed
