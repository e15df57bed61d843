"""One piece of work, done and measured in this process.

``python -m ulmengine.bench.work '{"work": ...}'`` writes one line of JSON (:func:`ulmengine.bench.measure.ours`).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import torch

from . import classifier, lm, predict
from .measure import BenchTask


def main() -> None:
    """Do the work described on the command line and write the result."""
    task = json.loads(sys.argv[1])
    if task["threads"]:
        torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    works = {
        "lm": lm.train, "validate": lm.validate, "classifier": classifier.train, "predict": predict.bulk, "save": _save,
    }
    sys.stdout.write(json.dumps(works[task["work"]](task)) + "\n")


def _save(task: BenchTask) -> dict[str, Any]:
    from .save import save  # what it needs would count in the other works' memory

    return save(task)


if __name__ == "__main__":
    main()
