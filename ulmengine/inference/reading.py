"""A file as one text, in whatever encoding it was written."""

from __future__ import annotations

import os
import select
import stat
import sys
from pathlib import Path

from ulmengine.corpus.errors import CorpusError, told
from ulmengine.corpus.readers.binary import refuse_binary
from ulmengine.corpus.readers.encoding import Decoder, detect

LONE_TEXTS = (".txt", ".text", ".md", ".eml", ".log")
"""A file that ends so is one document; anything else is read as a table or a corpus."""
STDIN = "-"
PATIENCE_S = 10.0
"""So long a pipe may take until something is written into it."""
_SAMPLE_BYTES = 1 << 20


def is_lone_text(path: Path) -> bool:
    """Whether the file at ``path`` is one document, going by its name; what comes through a pipe always is."""
    return path.suffix.lower() in LONE_TEXTS or _is_pipe(path)


def read_text(path: Path) -> str:
    """The text of the file at ``path``, in the encoding that it is found to have; of "-" what standard input gives.

    :raises CorpusError: it cannot be read, or is no text.
    """
    try:
        if str(path) == STDIN:
            data = sys.stdin.buffer.read()
        else:
            data = _piped(path) if _is_pipe(path) else path.read_bytes()
    except OSError as error:
        raise told(error, path) from error
    sample = data[:_SAMPLE_BYTES]
    refuse_binary(sample, Path("standard input") if str(path) == STDIN else path, forced=False)
    return Decoder(detect(sample, whole=len(data) <= _SAMPLE_BYTES).name).decode(data, True)


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def _piped(path: Path) -> bytes:
    """All that comes through the pipe at ``path``.

    :raises CorpusError: nothing comes.
    """
    if not hasattr(os, "O_NONBLOCK"):
        return path.read_bytes()
    # Opened at once even if nobody writes: a plain opening would wait for ever.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        if stat.S_ISFIFO(os.fstat(pipe.fileno()).st_mode) and not select.select([pipe], [], [], PATIENCE_S)[0]:
            raise CorpusError(f"Nothing is written into '{path}', which is a pipe. Start what writes into it first.")
        os.set_blocking(pipe.fileno(), True)
        return pipe.read() or b""
