"""From files to documents: read, audited, split."""

from .audit import audit, inspect
from .documents import Documents
from .errors import CorpusError
from .findings import Alternative, Finding, repaired
from .opening import corpus_stamp, open_corpus
from .understood import Preview, Understood, preview

__all__ = [
    "Alternative", "CorpusError", "Documents", "Finding", "Preview", "Understood", "audit", "corpus_stamp", "inspect",
    "open_corpus", "preview", "repaired",
]
