"""One piece of work, done and measured in this process.

``python -m ulmengine.bench.worker '{"work": ...}'`` writes one line of JSON (:func:`ulmengine.bench.measure.ours`).
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

WORKS = {
    "lm": ("lm", "train"), "validate": ("lm", "validate"), "classifier": ("classifier", "train"),
    "predict": ("predict", "bulk"), "save": ("save", "save"), "corpus": ("corpus", "measured"),
}
"""Module and function of each; no other is loaded, whose memory would be measured too."""


def main() -> None:
    """Do the work described on the command line and write the result."""
    task = json.loads(sys.argv[1])
    module, function = WORKS[task["work"]]
    work = getattr(import_module(f".{module}", __package__), function)
    if task.get("threads"):
        import torch

        torch.set_num_threads(task["threads"])
        torch.manual_seed(0)
    sys.stdout.write(json.dumps(work(task)) + "\n")


if __name__ == "__main__":
    main()
