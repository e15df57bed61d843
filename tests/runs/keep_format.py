"""Keep what this version writes, for later versions to open: ``python -m tests.runs.keep_format tests/runs/data/NAME``.

To be run whenever one of a run's files gets a new format; what is kept of earlier formats stays as it is.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from tests.runs.made import tiny_run, write_corpus
from ulmengine import events as ev
from ulmengine.config import save
from ulmengine.record import change
from ulmengine.record.records import read_record, write_record
from ulmengine.runs import Run

SMALL = ("model.preset=custom", "model.embedding_size=6", "model.hidden_size=8", "model.layers=2",
         "model.head_hidden=4", "saving.keep=1", "classifier.epochs=[1]")


def main(target: Path) -> None:
    """A run that was stopped in its second stage, its lock, and the model that it would have become."""
    target.mkdir(parents=True)
    write_corpus(target / "corpus.csv", 24)
    folder = tiny_run(target / "run", *SMALL)
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.Step) and event.stage == 1)
    lock = json.loads((folder.path / "lock.json").read_bytes())
    events.close()
    folder.write_notes("stopped to be kept\n")
    whole = tiny_run(target / "whole", *SMALL)
    list(Run(whole).events())
    shutil.move(whole.model_path, target / "model.ulmfit")
    shutil.rmtree(whole.path)
    shutil.rmtree(folder.path / "cache")
    config = folder.config()
    change(folder, config.model_copy(update={"name": "kept"}))
    for path in (folder.config_path, folder.path / "config-1.toml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(str(target / "corpus.csv"), "corpus.csv"), encoding="utf-8")
    (folder.path / "lock.json").write_text(json.dumps(lock | {"host": "a machine that is gone"}), encoding="utf-8")
    environment = folder.path / "environment.json"
    write_record(environment, read_record(environment) | {"system": "Linux"})
    save(folder.config(), folder.config_path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
