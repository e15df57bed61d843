"""A file as one text, in whatever encoding it was written."""

from __future__ import annotations

from pathlib import Path

from ulmengine.corpus.errors import os_failure
from ulmengine.corpus.limits import SAMPLE_BYTES
from ulmengine.corpus.readers.encoding import TextDecoder, detect, refuse_binary
from ulmengine.corpus.readers.mail import begins_as_mail, mail_text
from ulmengine.corpus.readers.pipes import as_file, is_pipe

LONE_TEXTS = (".txt", ".text", ".md", ".eml", ".log")
"""A file that ends so is one document if it shows no table; anything else is read as a table or a corpus."""


def is_lone_text(path: Path) -> bool:
    """Whether the file at ``path`` is one document, going by its name; what comes through a pipe always is."""
    return path.suffix.lower() in LONE_TEXTS or is_pipe(path)


def read_text(path: Path) -> str:
    """The text of the file at ``path``, in the encoding that it is found to have, of a mail subject and body; of "-"
    what standard input gives.

    :raises CorpusError: it cannot be read, or is no text.
    """
    try:
        with as_file(path) as there:
            name, data = Path(there.name), there.read_bytes()
    except OSError as error:
        raise os_failure(error, path) from error
    if begins_as_mail(data):  # as in a corpus of mails
        return mail_text(data)
    sample = data[:SAMPLE_BYTES]
    refuse_binary(sample, name, forced=False)
    return TextDecoder(detect(sample, whole=len(data) <= SAMPLE_BYTES).name).decode(data, True)
