"""A file as one text, in whatever encoding it was written."""

from __future__ import annotations

from pathlib import Path

from ulmengine.corpus.errors import told
from ulmengine.corpus.readers.binary import refuse_binary
from ulmengine.corpus.readers.encoding import Decoder, detect

LONE_TEXTS = (".txt", ".text", ".md", ".eml", ".log")
"""A file that ends so is one document; anything else is read as a table or a corpus."""
_SAMPLE_BYTES = 1 << 20


def is_lone_text(path: Path) -> bool:
    """Whether the file at ``path`` is one document, going by its name."""
    return path.suffix.lower() in LONE_TEXTS


def read_text(path: Path) -> str:
    """The text of the file at ``path``, in the encoding that it is found to have.

    :raises CorpusError: it cannot be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise told(error, path) from error
    refuse_binary(data[:_SAMPLE_BYTES], path, False)
    return Decoder(detect(data[:_SAMPLE_BYTES], whole=len(data) <= _SAMPLE_BYTES).name).decode(data, True)
