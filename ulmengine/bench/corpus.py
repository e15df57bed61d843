"""How fast a large table is looked at and imported, and how much memory that takes."""

from __future__ import annotations

import csv
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from ulmengine.config import CorpusConfig
from ulmengine.corpus import open_corpus, preview
from ulmengine.events import outcome

from .measure import BenchError, BenchTask, ours, peak_rss_mb

TABLE = "reviews.csv"
_BLOCK = 4_000_000
"""Characters that are written at once."""
_SYLLABLES = (
    "ba", "cor", "den", "fil", "gra", "hol", "in", "jun", "kel", "lor", "man", "nes", "or", "pre", "qui", "ran", "sto",
    "ter", "un", "ver", "wes", "ya", "zo", "th",
)


def bench_corpus(megabytes: int = 200) -> dict[str, Any]:
    """Look at and import a CSV of ``megabytes`` that is made for it in a temporary folder.

    :returns: ``megabytes``, ``rows``; ``preview_s``: the first look in a fresh process, and ``preview_again_s``: the
        median of five more; ``import_s``, ``import_mb_per_s`` and ``import_rss_mb``: the most resident memory above
        that at the start, all in MiB; ``copy_mb``: the project's own copy on disk; ``reopen_s``: opened once more.
    :raises BenchError: the measuring process failed.
    :raises OSError: there is no room for the table.
    """
    with tempfile.TemporaryDirectory(prefix="bench-corpus-") as name:
        place = Path(name)
        written = write_table(place / TABLE, megabytes)
        figures = ours({"work": "corpus", "folder": name})
    if figures["rows"] != written:
        raise BenchError(f"{written:,} rows were written and {figures['rows']:,} read")
    return {"megabytes": megabytes, **figures}


def write_table(path: Path, megabytes: int) -> int:
    """A CSV of ``megabytes`` (of 1,000,000 bytes) with a label, a text of about 1,300 characters, stars and a number.

    The texts hold commas, quotes and line breaks, no two are alike, and the same file is made every time.

    :returns: the number of rows below the heading.
    """
    chance = random.Random(0)
    words = sorted({"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(30_000)})
    sentences = [" ".join(chance.choices(words, k=chance.randint(5, 25))) + chance.choice((".", ",", "!", ' "so"'))
                 for _ in range(20_000)]
    wanted, rows = megabytes * 1_000_000, 0
    with path.open("w", encoding="utf-8", newline="", buffering=_BLOCK) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("label", "text", "stars", "id"))
        while file.tell() < wanted:
            for _ in range(50):
                text = chance.choice((" ", "\n")).join(chance.choices(sentences, k=chance.randint(4, 20)))
                stars = chance.randint(1, 10)
                writer.writerow(("pos" if stars > 5 else "neg", f"{text} {rows}", stars, rows))
                rows += 1
    return rows


def measured(task: BenchTask) -> dict[str, Any]:
    """The figures of the table in the ``task``'s folder, in this process; its copy is made there too."""
    source, cache = Path(task["folder"], TABLE), Path(task["folder"], "cache")
    config = CorpusConfig(path=str(source))
    looks = [_seconds(lambda: preview(source, config)) for _ in range(6)]
    start = psutil.Process().memory_info().rss / 2**20
    began = time.perf_counter()
    documents = outcome(open_corpus(config, cache))
    seconds = time.perf_counter() - began
    above = peak_rss_mb() - start
    reopened = _seconds(lambda: outcome(open_corpus(config, cache)))
    size = source.stat().st_size / 1e6
    return {
        "rows": len(documents.parts), "preview_s": round(looks[0], 3),
        "preview_again_s": round(sorted(looks[1:])[2], 3), "import_s": round(seconds, 2),
        "import_mb_per_s": round(size / seconds, 1), "start_rss_mb": round(start, 1),
        "import_rss_mb": round(above, 1),
        "copy_mb": round(sum(file.stat().st_size for file in cache.rglob("*") if file.is_file()) / 1e6, 1),
        "reopen_s": round(reopened, 3),
    }


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
