"""The reference's tokenisers (fastai) on the same texts, run as a script by a Python that has it.

Nothing of this package is imported. The last line written is one JSON object: ``seconds`` and ``cpu_s`` on all cores,
``learn_s`` of the subword model. Word tokens go to a file.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the task from the command line, do it, write the result."""
    task = json.loads(sys.argv[1])
    from fastai.text.core import tokenize_texts

    folder = Path(task["folder"])
    texts = json.loads((folder / "texts.json").read_bytes())
    start = time.perf_counter()
    tokenizer = subword_tokenizer(task, texts) if task["work"] == "subword" else None
    learnt, cpu = time.perf_counter(), sum(os.times()[:4])
    documents = tokenize_texts(texts, n_workers=task["workers"], tok=tokenizer)
    done, cpu = time.perf_counter(), sum(os.times()[:4]) - cpu
    if tokenizer is None:
        (folder / "tokens.json").write_bytes(json.dumps([list(document) for document in documents]).encode())
    result = {"seconds": done - learnt, "cpu_s": cpu, "learn_s": learnt - start}
    sys.stdout.write("\n" + json.dumps(result) + "\n")


def subword_tokenizer(task: dict[str, Any], texts: list[str]) -> Any:
    """The reference's subword model, learnt from the texts."""
    from fastai.text.core import SubwordTokenizer, defaults

    tokenizer = SubwordTokenizer(vocab_sz=task["vocab_size"], cache_dir=task["folder"])
    tokenizer.setup(texts, defaults.text_proc_rules)
    return tokenizer


if __name__ == "__main__":
    main()
