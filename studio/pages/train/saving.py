"""The curves as a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.plots.export import save_table
from studio.plots.history import RunHistory
from studio.plots.run_plots import RunPlots
from studio.shell import Shell


def save_curves(shell: Shell, name: str, history: RunHistory, plots: RunPlots) -> None:
    """Ask where to, and save the curves of the run called ``name``: a picture, or for .csv the table of every step."""
    path = shell.ask.save_file(_tr("Save the curves"), Path.home() / f"{name}.png",
                               _tr("Picture (*.png);;Table of every step (*.csv)"))
    if path is None:
        return
    try:
        if path.suffix.lower() == ".csv":
            save_table(history, path)
        else:
            path = path if path.suffix else path.with_suffix(".png")
            plots.save_picture(path)
    except OSError as error:
        shell.toast(_tr("{file} could not be written: {why}").format(file=path, why=error.strerror or str(error)),
                    "error")
        return
    shell.toast(_tr("Saved as {file}.").format(file=path), "ok")


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainPage", text)
