"""Texts to be answered, out of files: in which columns they stand, where each comes from, which labels they bear."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ulmengine.config import NONE, CorpusConfig, SplitConfig
from ulmengine.corpus import CorpusError, Documents, Understood, open_corpus, preview
from ulmengine.corpus.column_names import is_name_of_texts
from ulmengine.corpus.errors import RecordsError, os_failure
from ulmengine.corpus.likeness import shows_anything
from ulmengine.corpus.limits import SAMPLE_BYTES
from ulmengine.corpus.readers.encoding import TextDecoder, detect, refuse_binary
from ulmengine.corpus.readers.formats import look_at
from ulmengine.corpus.readers.mail import begins_as_mail, mail_text
from ulmengine.corpus.readers.pipes import as_file, came_through_pipe, is_pipe, known_as
from ulmengine.corpus.readers.source import find_source
from ulmengine.corpus.readers.tabular import cut_like_heading
from ulmengine.events import Event, Note, Progress
from ulmengine.models import Columns

from .errors import InferenceError
from .names import as_named, quoted
from .piped import LINES, PLACE, are_plain_lines, shown_by_lines
from .predict import Prediction, Predictor, windows

_FIELD = re.compile(r"xxfld \d+")
_WORDS = re.compile(r"(?:[^\W\d_]+[^\w\s]*\s\W*){2}[^\W\d_]|[^\W\d_]+ [a-zß-öø-ÿа-я]|[^\W\d_\0-\u0e00]{6}")
"""Words as in a text: three, two without the capital of a name, or signs of a script that writes without spaces."""
_MARKED = ("jsonl", "python", "fields", "fasttext", "trec", "trees", "scored", "sections", "marked", "pairs", "headed")
"""Formats in which each line is a row by its marks, whatever the file is called."""
_FEW, _FEW_NAMED = 5, 3
"""With fewer rows, cells may be those of one text by chance; so also under a heading that names the columns wanted."""
LONE_TEXTS = (".txt", ".text", ".md", ".eml", ".log")
"""A file that ends so is one document if it shows no table; anything else is read as a table or a corpus."""
LONG = 200_000
"""From so many characters on a text takes long enough for progress to be told."""


class ColumnsWantedError(InferenceError):
    """A table lacks the columns that the model reads, or has none of their names: a person has to say which hold the
    texts.

    :ivar wanted: the model's columns. :ivar columns: the table's.
    """

    def __init__(self, path: Path, wanted: tuple[str, ...], columns: tuple[str, ...]) -> None:
        self.path, self.wanted, self.columns = path, wanted, columns
        lacking = [name for name in wanted if not as_named((name,), columns)]
        without = f"neither {quoted(lacking, ' nor ')}" if len(lacking) == 2 else f"no {quoted(lacking)}"
        told = f"this table has {without}" if lacking else "that is a place only: here others look like texts"
        super().__init__(
            f"{known_as(path)}: the model reads the column{'s' if len(wanted) > 1 else ''} {quoted(wanted)}, and "
            f"{told}. Its columns are: {', '.join(columns[:30])}. "
            + ("Name the one with the texts: --text COLUMN" if len(wanted) == 1 else
               "Name those with the texts, in the order of the model's: " + " ".join(["--text COLUMN"] * len(wanted)))
            + (". If each line is a text: --format lines" if came_through_pipe(path) else "")
        )


@dataclass(frozen=True)
class Text:
    """One text. ``row``: of its table, from 0, whatever rows before it could not be read; None: all of a file.
    ``file``: of a folder or archive with a text a file, the one that it is, from there."""

    path: Path
    row: int | None
    text: str
    file: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read in it: it gets no answer."""
        return is_blank(self.text)


def is_blank(text: str) -> bool:
    """Whether there is nothing to read in ``text`` but marks of its columns."""
    return not shows_anything(_FIELD.sub("", text))


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


def text_columns(
    path: Path, found: Understood, roles: Columns | None, text: Sequence[str] = ()
) -> tuple[str, ...]:
    """The columns to read of the table ``found``; none: they have to be guessed.

    Those that are named come first, then those that the model learnt from. Only a table of a single column, and a
    model of which nothing is known, leave it to a guess.

    :raises ColumnsWantedError: the table lacks the model's columns.
    """
    if text or roles is None or len(found.columns) <= 1:
        return as_named(tuple(text), found.columns) or tuple(text)
    known = as_learnt(roles, found)
    if not known:
        raise ColumnsWantedError(path, roles.text, found.columns)
    return known


def as_learnt(roles: Columns, found: Understood) -> tuple[str, ...]:
    """The text columns that a model learnt from, as the table ``found`` spells them; nothing where one is missing. What
    stood at a place of a table without a heading stands there again where the texts seem to, or the labels beside
    something that is written in words, whatever else is longer."""
    known = as_named(roles.text, found.columns)
    if any(map(PLACE.fullmatch, known)) and not set(found.text_columns) <= set(known) and not (
            roles.label and roles.label == found.label_columns and _are_words(found, known)):
        return ()
    return known


def _are_words(found: Understood, names: tuple[str, ...]) -> bool:
    """Whether the first cells of these columns hold words as texts do: no numbers, names or codes of the rows."""
    seen = preview(found.path, CorpusConfig(format=found.format, delimiter=found.delimiter, sheet=found.sheet))
    columns = [[row[place] for row in seen.rows if row[place].strip()]
               for place, name in enumerate(seen.columns) if name in names]
    return len(columns) == len(names) and all(
        2 * sum(_WORDS.search(cell[:500]) is not None for cell in cells) >= len(cells) for cells in columns)


def open_table(
    path: Path, cache: Path, roles: Columns | None = None, *, text: Sequence[str] = (), label: Sequence[str] = (),
    kind: str = "", seen: tuple[CorpusConfig, Understood] | None = None,
) -> Generator[Event, None, Documents]:
    """The table at ``path`` with every row a document, also such as training would leave out; labelled ones "train".

    :param text: columns a person has named; ``label``: the same of the labels; ``kind``: the format to read it in.
    :param seen: what :func:`as_table` says of it, if that is known.
    :raises ColumnsWantedError: nobody has named the text columns, and the table lacks those of the model.
    :raises CorpusError: it cannot be read.
    """
    config, found = seen or as_table(path, _wanted(roles, text), kind)
    labels, delimiter = as_named(tuple(label), found.columns) or tuple(label), ""
    known = as_named(roles.label, found.columns) if roles is not None else ()
    if any(map(PLACE.fullmatch, known)) and known != found.label_columns:
        known = ()
    if not labels and roles is not None and known:
        labels, delimiter = known, roles.label_delimiter
        more = [name for name in found.label_columns if name not in known]
        if len(known) > 1 and more and set(known) < set(found.label_columns):
            yield Note(f"The model knows no label {quoted(more)}: what this column says is not measured."
                       if len(more) == 1 else
                       f"The model knows no labels {quoted(more)}: what these columns say is not measured.", "warning")
    # A file of a folder is a text, whatever the column was called that the model learnt from.
    named = roles is not None and (found.format != "folder" or bool(as_named(roles.text, found.columns)))
    config = config.model_copy(update={
        "text_columns": text_columns(path, found, roles if named else None, text), "label_columns": labels,
        "label_delimiter": delimiter,
    })
    return (yield from open_corpus(config, cache))


def as_table(path: Path, wanted: tuple[str, ...], kind: str = "") -> tuple[CorpusConfig, Understood]:
    """How the table at ``path`` is read for answers, and what is understood of it; ``wanted``: columns to be read.

    :raises CorpusError: it cannot be read.
    """
    config = CorpusConfig(path=os.path.realpath(path), format=kind,
                          split=SplitConfig(method="stratified", validation=0.0, test=0.0))
    seen = preview(path, config, rows=1)
    if not kind and (shown := shown_by_lines(seen, wanted)):
        config = config.model_copy(update=shown)
        seen = preview(path, config, rows=1)
    return config, seen.understood


def table_in(path: Path, wanted: tuple[str, ...], kind: str = "") -> tuple[CorpusConfig, Understood] | None:
    """As :func:`as_table`; None for a file that is one text, going by its name and, as far as it can be read, its rows.

    :raises CorpusError: what is a table by its name cannot be read.
    """
    if kind or path.is_dir() or not is_lone_text(path):
        return as_table(path, wanted, kind)
    if is_pipe(path):
        return None
    try:
        seen = as_table(path, wanted)
    except RecordsError:
        raise
    except CorpusError:
        return None  # what is wrong with it is told where it is read
    return seen if _holds_rows(path, *seen, wanted) else None


def texts_of(
    path: Path, cache: Path, roles: Columns | None = None, text: Sequence[str] = (), kind: str = ""
) -> Generator[Event, None, Iterator[Text]]:
    """The texts of a file: all of a text file, each row of a table, whatever it is called. What came through a pipe is
    a text a line where it shows no table, which is told, unless its format, ``kind``, is named.

    :raises ColumnsWantedError, CorpusError: as :func:`open_table`.
    """
    seen = table_in(path, _wanted(roles, text), kind)
    if seen is None:
        return iter([Text(path, None, read_text(path))])
    if not text and not seen[0].format and came_through_pipe(path) and are_plain_lines(path, seen[1], roles):
        if seen[1].format == "csv":
            yield Note(f"{known_as(path)}: each line is read as a text, though {seen[1].delimiter!r} cuts them all. If "
                       "it is a table without a heading, say so: --format csv")
        elif seen[1].rows != 1:
            yield Note(f"{known_as(path)}: each line is read as a text, the first one too. If that is the heading of a "
                       "table, say so: --format csv")
        config = seen[0].model_copy(update={"format": "lines"})
        seen = config, preview(path, config, rows=1).understood
    elif _may_begin_with_text(seen[1], _wanted(roles, text)):
        (name,) = seen[1].columns
        yield Note(f"{known_as(path)}: the first row, {name!r}, is read as a text. If that is the heading, give it the "
                   f"name of the model's column: {quoted(_wanted(roles, text))}")
        config = seen[0].model_copy(update={"header": "no"})
        seen = config, preview(path, config, rows=1).understood
    documents = yield from open_table(path, cache, roles, text=text, label=(NONE,), seen=seen)
    return _texts(path, documents)


def _may_begin_with_text(found: Understood, wanted: tuple[str, ...]) -> bool:
    """Whether the heading of a single column may be its first text, as it is none of the ``wanted`` names and is not
    called like a column of texts."""
    return len(found.columns) == 1 and "header_doubt" in found.reasons and bool(wanted) and not (
        as_named(wanted, found.columns) or found.columns == ("column 1",) or is_name_of_texts(found.columns[0]))


def _texts(path: Path, documents: Documents) -> Iterator[Text]:
    """All rows of a table in their order, blank ones too: an answer for each, so that both can be laid side by side."""
    texts = zip(documents.texts_of(np.arange(len(documents.parts))), _files(documents), strict=True)
    for row, is_document in zip(*rows_in_place(documents), strict=True):
        found, file = next(texts) if is_document else ("", "")
        yield Text(path, int(row), found, file)


def _files(documents: Documents) -> Sequence[str]:
    """The file of each row where these are a text a file, else "" for each."""
    table = documents.pieces[0].table
    if documents.understood.format in ("folder", "json_files") and "file" in table.columns:
        files: list[str] = table.column("file").fill_null("").to_list()
        if len(set(files)) == len(files):
            return files
    return [""] * len(documents.parts)


def _wanted(roles: Columns | None, text: Sequence[str]) -> tuple[str, ...]:
    """The columns to read: those a person has named, or else the model's."""
    return tuple(text) or (roles.text if roles is not None else ())


def _holds_rows(path: Path, config: CorpusConfig, found: Understood, wanted: tuple[str, ...]) -> bool:
    """Whether a file that by its name is one text holds many rows: these are even, and enough or under a heading."""
    if found.format in _MARKED:
        return bool(as_named(wanted, found.columns)) or (found.rows or 0) >= _FEW
    if found.format not in ("csv", *LINES):
        return False
    lines = look_at(find_source(path), CorpusConfig()).lines
    # A transcript, too, may be cut evenly by its semicolons: only tabs tell a table that lacks the columns wanted.
    tabbed = found.delimiter == "\t" and path.suffix.lower() in (".txt", ".text")
    return cut_like_heading(lines, wanted, _FEW_NAMED) or (
        not config.format and found.format == "csv" and (tabbed or bool(as_named(wanted, found.columns)))
        and cut_like_heading(lines, (), _FEW))


def rows_in_place(documents: Documents) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The rows of the table that ``documents`` are, in order: their numbers from 0, and whether each is a document,
    which a blank one is not. A row that could not be read is left out, and counted."""
    record = documents.pieces[0].table.record if documents.pieces else {}
    lost, blank = record.get("lost", []), record.get("blank", [])
    rows = np.delete(np.arange(len(documents.parts) + len(lost) + len(blank), dtype=np.int64), lost)
    return rows, ~np.isin(rows, blank)


def answer_texts(predictor: Predictor, texts: Iterable[Text]) -> Iterator[Progress | tuple[Text, Prediction | None]]:
    """Each text with its answer, in their order, and progress where one is long; an empty text has no answer."""
    for lot in windows(texts, length=lambda one: len(one.text)):
        asked = [one.text for one in lot if not one.is_empty]
        if any(len(text) > LONG for text in asked):
            yield Progress("Reading long texts", 0, sum(map(len, asked)), "characters")
        found = predictor.predict(asked)
        for one in lot:
            yield one, None if one.is_empty else next(found)
