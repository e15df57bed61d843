"""From files to documents: read, audited, split."""

from .audit import audit
from .documents import Documents
from .errors import CorpusError
from .findings import Alternative, Finding, repaired
from .inspect import inspect
from .opening import open_corpus
from .understood import Preview, Understood, preview

__all__ = [
    "Alternative", "CorpusError", "Documents", "Finding", "Preview", "Understood", "audit", "inspect", "open_corpus",
    "preview", "repaired",
]
