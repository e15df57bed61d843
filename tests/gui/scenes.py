"""Every page in its four states: empty, busy, full, failed. For the pictures and for the checks of what is shown.

The states are made by what makes them in the program: files that are opened, jobs that are under way, files that are
damaged. What trains is played: no scene needs a network to be trained.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.app import make_window
from studio.pages.base import Page
from studio.settings import Settings
from studio.window import MainWindow
from tests.gui.evaluate.help import LABELS, measured_run
from tests.gui.fakes import FakeRun, ScriptedAsk
from tests.models.made import MODEL, SIZES, TOKENS
from tests.studio.replay import script
from ulmengine.config import DropoutConfig, RunConfig
from ulmengine.events import Event, Failed, Finished, Progress, RangeEnded, RangePoint, StageEnded
from ulmengine.models import save_bundle
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder

STATES = ("empty", "busy", "full", "failed")
PATIENCE_S = 60.0
FAILED = Failed(
    "out_of_memory", "There was not enough memory on the device", "Everything up to step 40 is saved.",
    "Halve the batch size, or choose a smaller model.", "RuntimeError: out of memory",
)


@dataclass(frozen=True)
class Material:
    """What full pages are full of. ``project``: a folder with ``corpus.csv`` and ``runs``; ``is_real``: it is a project
    of its own, which is opened where it lies; ``text``: what Classify is asked."""

    project: Path
    config: RunConfig
    is_real: bool = False
    text: str = "The film was very good, and the story not bad at all."


def made_up(folder: Path) -> Material:
    """A corpus of 120 documents and two runs on it that have finished, without anything having been trained."""
    for number, name in enumerate(("2026-01-02-first", "2026-01-03-second")):
        run = measured_run(folder, 120, name, number).folder
        with run.open_log() as log:
            for event in script(run.config(), 6, baseline=.75):
                log.append(event)
        encoder = AWDLSTM(len(TOKENS.vocabulary), SIZES, DropoutConfig())
        network = TextClassifier(encoder, 3, MODEL, bptt=7, max_tokens=40)
        save_bundle(run.model_path, kind="classifier", state=network.state_dict(), tokenizer=TOKENS.to_json(),
                    sizes=SIZES, model=MODEL, labels=LABELS, max_tokens=40, bptt=7, card={"title": "Made of paper"})
    return Material(folder, run.config())


def waiting() -> Generator[Event, None, None]:
    """A piece of work that goes on until it is cancelled."""
    done = 40
    while True:
        yield Progress("reading the documents", done, 120, "documents")
        time.sleep(.02)


def until(reached: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Let the window work until ``reached``.

    :raises TimeoutError: it is not reached in that time.
    """
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError("the page did not come to rest")
        QTest.qWait(1)
        time.sleep(0.01)  # while Qt waits no other thread gets on with what it imports


def at_rest(window: QWidget, seconds: float = 5.0) -> None:
    """Let the window work until everything in it has kept its place for a while."""
    end, before, still = time.monotonic() + seconds, [], 0
    while still < 3 and time.monotonic() < end:
        QTest.qWait(15)
        now = [one.geometry() for one in window.findChildren(QWidget) if one.isVisible()]
        still, before = (still + 1 if now == before else 0), now


class Scene:
    """A window, shown, with a run that is played; everything of it is kept in ``folder``."""

    def __init__(self, folder: Path, material: Material) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.material = folder, material
        self.run, self.ask = FakeRun(), ScriptedAsk()
        self.window: MainWindow = make_window(
            Settings(folder / "settings.json"), self.ask, self.run)  # type: ignore[arg-type]
        self.window.show()
        self.shell = self.window.shell

    def close(self) -> None:
        """Close the window and let go of the project."""
        self.run.state = RunState.IDLE
        self.window.close()
        self.shell.close_project()
        self.window.deleteLater()

    def show(self, key: str, state: str) -> Page:
        """Bring the page called ``key`` into ``state``; gives it."""
        if key not in ("home", "models", "settings") or state in ("full", "busy", "failed"):
            config = self.material.config if state == "full" else RunConfig(name="New")
            if state == "full" and self.material.is_real:
                assert self.shell.open_project(self.material.project)
            else:
                if state == "full":
                    self.link(self.folder / "project")
                assert self.shell.new_project(self.folder / "project", config)
        self.window.go(key)
        page = self.window.pages.page(key)
        assert page is not None
        stage = globals().get(f"_{key}_{state}")
        if stage is not None:
            stage(self, page)
        QTest.qWait(60)
        return page

    def link(self, project: Path) -> None:
        """Put the runs of the material into ``project``."""
        shutil.copytree(self.material.project / "runs", project / "runs", dirs_exist_ok=True)

    def play(self, share: float, *last: Event) -> None:
        """Play a run up to ``share`` of what it says, and ``last`` after that."""
        assert self.shell.project is not None
        config = self.shell.project.run_config()
        folder = RunFolder.create(self.shell.project.runs / "2026-01-04", config)
        self.run.start(config, folder.path)
        said = [event for event in script(config, 12) if not isinstance(event, Finished)]
        self.run.enter(RunState.RUNNING)
        self.run.say(*said[: round(share * len(said))], *last)


def _corpus_full(scene: Scene, page: Any) -> None:
    until(lambda: not page.analysis.busy and page.analysis.corpus is not None and not page.document.reading)


def _read_corpus(scene: Scene) -> None:
    """Let the Corpus page find out what the other pages reckon with."""
    page: Any = scene.window.pages.page("corpus")
    _corpus_full(scene, page)


def _corpus_busy(scene: Scene, page: Any) -> None:
    scene.shell.project.change({"corpus.path": scene.material.config.corpus.path})
    until(lambda: not page.analysis.busy and page.analysis.preview is not None)
    page.analysis.began.emit("corpus")
    page.progress.show_events(list(_first(waiting(), 1)))


def _corpus_failed(scene: Scene, page: Any) -> None:
    broken = scene.folder / "broken.jsonl"
    broken.write_bytes(b'{"text": "cut sho')
    scene.shell.project.change({"corpus.path": str(broken)})
    until(lambda: not page.analysis.busy and page.failure.failure is not None)


def _model_full(scene: Scene, page: Any) -> None:
    _read_corpus(scene)
    page.follow()


def _model_busy(scene: Scene, page: Any) -> None:
    page.estimate.begin()
    page._slot.start(waiting)
    QTest.qWait(150)


def _model_failed(scene: Scene, page: Any) -> None:
    page._slot.failed.emit(FAILED)


def _sweep(last: int = 40) -> Generator[Event, None, str]:
    for n in range(1, last + 1):
        yield RangePoint(n, 40, 10 ** (-6 + .15 * n), 3 - .05 * n, 3 - .05 * n)
    while last < 40:
        time.sleep(.02)
        yield Progress("looking for a rate", last, 40, "steps")
    yield RangeEnded({"valley": .0031, "steepest": .0012}, False)
    return "result"


def _rates_full(scene: Scene, page: Any) -> None:
    _read_corpus(scene)
    page.activated()
    page.range.make = lambda *_: _sweep()
    page.range.begin()
    until(lambda: not page.range.running)


def _rates_busy(scene: Scene, page: Any) -> None:
    scene.shell.project.change({"corpus.path": scene.material.config.corpus.path})
    page.range.make = lambda *_: _sweep(20)
    page.range.begin()
    until(lambda: len(page.range.plot.points) == 20)


def _fails() -> Generator[Event, None, None]:
    yield Progress("looking for a rate", 0, 0)
    raise MemoryError


def _rates_failed(scene: Scene, page: Any) -> None:
    scene.shell.project.change({"corpus.path": scene.material.config.corpus.path})
    page.range.make = lambda *_: _fails()
    page.range.begin()
    until(lambda: page.range.failure.failure is not None)


def _train_busy(scene: Scene, page: Any) -> None:
    scene.play(.6)


def _train_full(scene: Scene, page: Any) -> None:
    scene.shell.show_newest_run()
    until(lambda: not scene.shell.shown.reading)


def _train_failed(scene: Scene, page: Any) -> None:
    scene.play(.4, FAILED)
    scene.run.failure = FAILED  # type: ignore[assignment]
    scene.run.enter(RunState.FAILED)


def _evaluate_full(scene: Scene, page: Any) -> None:
    until(lambda: page.subject is not None and page.texts is not None and not page.opening._asking.running)
    page.list.selectRow(0)
    until(lambda: not (page.reader._reading.running or page.reader._explaining.running
                       or page.reader._looking.running))


def _evaluate_busy(scene: Scene, page: Any) -> None:
    scene.link(scene.shell.project.folder)
    page.refresh()
    until(lambda: page.subject is not None)
    page._begin("⟦Measuring…⟧")
    page.opening._measuring.start(waiting)
    QTest.qWait(150)


def _evaluate_failed(scene: Scene, page: Any) -> None:
    scene.link(scene.shell.project.folder)
    for path in (scene.shell.project.folder / "runs").glob("*/predictions.parquet"):
        path.write_bytes(path.read_bytes()[:-40])
    page.refresh()
    until(lambda: page.failure.failure is not None)


def _classify_full(scene: Scene, page: Any) -> None:
    until(lambda: page.answering is not None)
    page.one.show_text(scene.material.text)
    until(lambda: page.one.answer is not None and not page.one.busy)


def _classify_busy(scene: Scene, page: Any) -> None:
    scene.link(scene.shell.project.folder)
    page.refresh()
    until(lambda: page.answering is not None)
    page.dropped([str(scene.material.config.corpus.path)])
    page.many._work.start(waiting)
    QTest.qWait(150)


def _classify_failed(scene: Scene, page: Any) -> None:
    broken = scene.folder / "broken.ulmfit"
    broken.write_bytes(b"PK" + bytes(100))
    page.dropped([str(broken)])
    until(lambda: page.failure.failure is not None)


def _runs_full(scene: Scene, page: Any) -> None:
    until(lambda: not page.slot.running)
    page.table.selectRow(0)


def _runs_busy(scene: Scene, page: Any) -> None:
    scene.link(scene.shell.project.folder)
    page.refresh()
    until(lambda: not page.slot.running)
    page.errand.begin("⟦Taking up run.zip…⟧", waiting)
    QTest.qWait(150)


def _runs_failed(scene: Scene, page: Any) -> None:
    broken = scene.folder / "run.zip"
    broken.write_bytes(b"PK" + bytes(100))
    page.take_up(broken)
    until(lambda: page.errand.failure.failure is not None)


def _models_empty(scene: Scene, page: Any) -> None:
    until(lambda: not page.slot.running)
    page.slot.finished.emit(())


def _models_full(scene: Scene, page: Any) -> None:
    page.refresh()
    until(lambda: not page.slot.running)


def _models_busy(scene: Scene, page: Any) -> None:
    until(lambda: not page.slot.running)
    page.errand.begin("⟦Reading…⟧", waiting)
    QTest.qWait(150)


def _models_failed(scene: Scene, page: Any) -> None:
    until(lambda: not page.slot.running)
    torch.save({"what": 1}, scene.folder / "broken.pth")
    (scene.folder / "words.pkl").write_bytes(b"cos\nsystem\n.")
    page.take([scene.folder / "broken.pth", scene.folder / "words.pkl"])
    until(lambda: page.errand.failure.failure is not None)


def _settings_busy(scene: Scene, page: Any) -> None:
    page.storage._counting.start(waiting)


def _settings_full(scene: Scene, page: Any) -> None:
    until(lambda: not page.storage._counting.running)


def _settings_failed(scene: Scene, page: Any) -> None:
    page.storage._counting.cancel()
    page.storage._counting.failed.emit(FAILED)


def _home_busy(scene: Scene, page: Any) -> None:
    scene.play(.6)
    page.refresh()


def _home_full(scene: Scene, page: Any) -> None:
    scene.shell.close_project()
    page.refresh()


def _home_failed(scene: Scene, page: Any) -> None:
    folder = RunFolder.create(scene.shell.project.runs / "2026-01-05", RunConfig(name="New"))
    with folder.open_log() as log:
        for event in script(folder.config(), 6):
            if isinstance(event, StageEnded):
                break
            log.append(event)
    scene.shell.close_project()
    page.refresh()


def _first(work: Generator[Event, None, Any], count: int) -> list[Event]:
    return [next(work) for _ in range(count)]
