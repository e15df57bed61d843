"""``python -m tests.gui.screens OUT``: pictures of every page in every state, to be looked at.

Pages, states, appearance, size (in the window's own pixels) and scale can be picked; a picture is called
``<page>-<state>-<light or dark>-<width>x<height>-<scale>.png``. ``--runs DIR`` fills the full pages with the runs of a
project that was really trained, in place of those made up for the tests. ``--for-help`` makes the pictures of the help
instead, in 256 colours: each page when it is full, light and dark, called as the help's text calls it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

SIZES = ("1280x800", "1920x1080")
SCALES = ("1", "2")
THEMES = ("light", "dark")
STATES = ("empty", "busy", "full", "failed")


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures that are asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.gui.screens", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--page", action="append", default=[], metavar="KEY", help="only this page (repeatable)")
    parser.add_argument("--state", action="append", choices=STATES, default=[])
    parser.add_argument("--theme", action="append", choices=THEMES, default=[])
    parser.add_argument("--size", action="append", default=[], metavar="WxH")
    parser.add_argument("--scale", action="append", default=[], metavar="FACTOR")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="the project of a run that was trained")
    parser.add_argument("--text", help="what Classify is asked")
    parser.add_argument("--for-help", action="store_true", help="the pictures of the help")
    options = parser.parse_args(arguments)
    if options.for_help:
        options.state, options.size, options.scale = ["full"], ["1280x800"], ["1"]
    scales = options.scale or list(SCALES)
    if len(scales) > 1:  # Qt takes the factor when it starts
        rest = sys.argv[1:] if arguments is None else arguments
        return max(subprocess.run([sys.executable, "-m", "tests.gui.screens", *rest, "--scale", scale],
                                  check=False).returncode for scale in scales)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = scales[0]
    from studio.engine.job import leave, shutdown_jobs

    code = 1
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            _take(options, scales[0], Path(home))
            code = 0
        except Exception:  # a page that does not come to rest has work under way, of which Qt would make a crash
            traceback.print_exc()
        shutdown_jobs(10)
    return leave(code)


def _take(options: argparse.Namespace, scale: str, home: Path) -> None:
    import gc

    import platformdirs

    for name in ("config", "data", "cache", "log", "state"):
        setattr(platformdirs, f"user_{name}_path", lambda *_, name=name, **__: home / name)
    from PySide6.QtCore import QCoreApplication, QEvent

    from studio import theme
    from studio.app import make_application
    from studio.engine.job import shutdown_jobs
    from studio.frame.help import pictures
    from studio.pages import available
    from tests.gui.scenes import Material, Scene, at_rest, made_up
    from ulmengine.record import find_runs

    gc.disable()  # as in the program: Qt's objects are collected in the window's thread only
    app = make_application()
    material = made_up(home / "material") if options.runs is None else \
        Material(options.runs, find_runs(options.runs / "runs")[-1].config(), is_real=True)
    material = replace(material, text=options.text or material.text)
    options.out.mkdir(parents=True, exist_ok=True)
    pages = options.page or [entry.key for entry in available()]
    for mode in options.theme or THEMES:
        theme.apply_theme(app, mode)
        for key in pages:
            for state in options.state or STATES:
                scene = Scene(home / f"{mode}-{key}-{state}", material)
                scene.show(key, state)
                for size in options.size or SIZES:
                    width, height = map(int, size.split("x"))
                    scene.window.setMinimumSize(1, 1)  # none would be that of what is in it
                    scene.window.resize(width, height)
                    _settle()
                    at_rest(scene.window)
                    picture = scene.window.grab().toImage()
                    name = f"{key}-{state}-{mode}-{size}-{round(100 * float(scale))}.png"
                    if options.for_help:
                        light = pictures(key)[0].path
                        picture, name = _few_colors(picture), f"{light.stem}{'-dark' * (mode == 'dark')}.png"
                    if not picture.save(str(options.out / name)):
                        raise OSError(f"{options.out / name} cannot be written")
                scene.close()
                shutdown_jobs(10)
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
                gc.collect()


def _few_colors(picture: QImage) -> QImage:
    """In 256 colours, the commonest of every hue and then the commonest: as good as the same to the eye, and small."""
    import numpy as np
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage

    whole = picture.convertToFormat(QImage.Format.Format_RGB32)
    dots, counts = np.unique(np.frombuffer(whole.constBits(), np.uint32), return_counts=True)
    common = dots[np.argsort(-counts)]
    coarse = common & 0xE0E0E0  # so that a dot of its own colour keeps it
    first = np.sort(np.unique(coarse, return_index=True)[1])
    table = [int(color) for color in dict.fromkeys([*common[first], *common])][:256]
    plain = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    return whole.convertToFormat(QImage.Format.Format_Indexed8, table, plain)


def _settle() -> None:
    from PySide6.QtTest import QTest

    QTest.qWait(200)


if __name__ == "__main__":
    sys.exit(main())
