"""The kinds of files that a dialog for a corpus shows."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

_SUFFIXES = (
    "csv", "tsv", "tab", "psv", "ssv", "txt", "text", "md", "label", "tokens", "json", "jsonl", "ndjson", "parquet",
    "arrow", "feather", "xlsx", "xlsm", "xlsb", "xls", "ods", "gz", "bz2", "xz", "zip", "tar", "tgz", "tbz2", "txz",
    "html", "htm", "xml", "sgm", "mbox", "eml",
)
"""Names' endings that the file dialog shows; any other file can be chosen under "All files"."""


def corpus_filters() -> str:
    """As Qt's dialogs take filters: files that are read as a corpus, and all."""
    kinds = " ".join(f"*.{suffix}" for suffix in _SUFFIXES)
    return QCoreApplication.translate("CorpusFilters", "Corpora ({kinds});;All files (*)").format(kinds=kinds)
