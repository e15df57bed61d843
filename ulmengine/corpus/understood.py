"""What was understood of a source, and a look at its first rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from ulmengine.config import NONE, CorpusConfig

from . import limits
from .candidates import label_doubt
from .cells import text_lists, with_lists
from .errors import CorpusError
from .guess import Guess, guess_columns, refuse_marked_words
from .readers.formats import chunks, recognise
from .readers.reading import Pass, Reading

PREVIEW_BYTES = 4 << 20
GUESS_ROWS = 1_000


@dataclass(frozen=True)
class Understood:
    """What was understood of a source, and why (``reasons``: field -> sentence). ``rows``: known, estimated or None.

    ``rivals``, ``other_delimiter``: as of :class:`~ulmengine.corpus.guess.Guess`. ``lists``: columns whose cells are
    lists of texts, and what stands between these where such a column is read as the text.
    """

    path: Path
    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    label_columns: tuple[str, ...] = ()
    label_delimiter: str = ""
    split_column: str = ""
    rivals: tuple[str, ...] = ()
    other_delimiter: str = ""
    lists: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    undecodable: int = 0
    reasons: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "path": str(self.path)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Understood:
        """The inverse of :meth:`to_json`."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists, "path": Path(values["path"])})


@dataclass(frozen=True)
class Preview:
    """The first rows of a source as they will be read."""

    understood: Understood
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def preview(path: Path, config: CorpusConfig | None = None, rows: int = 200) -> Preview:
    """Read only the beginning of ``path`` and say what is understood of it; overrides in ``config`` are honoured.

    :raises CorpusError: it cannot be read, or a column that was set is not there.
    """
    config = config or CorpusConfig()
    path = Path(path)
    reading = recognise(path, config)
    going = Pass(PREVIEW_BYTES)
    frame = first_frame(reading, going, max(rows, GUESS_ROWS))
    understood = understand(reading, frame, config, going)
    if understood.rows is None:
        understood = _with_estimate(understood, going, frame.height)
    shown = with_lists(frame.head(rows), {name: understood.lists[name] for name in understood.text_columns
                                          if name in understood.lists})
    cells = tuple(tuple(cell or "" for cell in row) for row in shown.iter_rows())
    return Preview(understood, tuple(frame.columns), cells)


def first_frame(reading: Reading, going: Pass, rows: int) -> pl.DataFrame:
    """The first ``rows`` rows (fewer where the first megabytes hold fewer)."""
    frames: list[pl.DataFrame] = []
    have = 0
    for frame in chunks(reading, going):
        frames.append(frame)
        have += frame.height
        if have >= rows and going.size > limits.SAMPLE_BYTES:  # a small file is read whole: its rows are then known
            break
    else:
        going.whole = bool(going.digest) and going.position >= going.size
    if not frames:
        return pl.DataFrame(schema=dict.fromkeys(reading.columns, pl.String))
    return pl.concat(frames, how="diagonal")


def understand(reading: Reading, frame: pl.DataFrame, config: CorpusConfig, going: Pass) -> Understood:
    """Put what is known of a source together; ``frame`` holds its first rows."""
    columns = tuple(frame.columns) or reading.columns
    hints = going.hints if going.said else reading.hints
    refuse_marked_words(frame, reading.source.path.name)
    guess = guess_columns(frame, hints, going.whole) if columns else Guess()
    if reading.format == "wiki":
        guess.text, guess.reasons["text_columns"] = ("text",), "the body of each article"
    lists = {name: found[1] for name in columns if (found := text_lists([c for c in frame[name] if c]))}
    reasons = {**reading.reasons, **guess.reasons}
    if guess.text:
        reasons["text_columns"] += lists_told(guess.text, lists)
    if going.said:
        reasons["format"] = f"{reasons['format']}; {going.said}"
    base = Understood(
        path=reading.source.path, format=reading.format, encoding=reading.encoding,
        delimiter=reading.dialect.delimiter if reading.dialect else "", sheet=reading.sheet, sheets=reading.sheets,
        columns=columns, text_columns=guess.text, label_columns=guess.label, label_delimiter=guess.label_delimiter,
        split_column=guess.split, rivals=guess.rivals, other_delimiter=guess.other_delimiter, lists=lists,
        rows=reading.rows,
        undecodable=going.faults.undecodable, reasons=reasons,
    )
    return with_overrides(base, config)


def with_overrides(found: Understood, config: CorpusConfig) -> Understood:
    """``found`` with what the person has set in place of what was guessed.

    :raises CorpusError: a column that was set is not in the source, or no column holds texts.
    """
    config = config.model_copy(update={  # a column that is named twice counts once
        name: tuple(dict.fromkeys(getattr(config, name))) for name in ("text_columns", "label_columns")})
    values: dict[str, Any] = {name: getattr(found, name) for name in ("text_columns", "label_columns", "split_column")}
    reasons = dict(found.reasons)
    for name in ("text_columns", "label_columns", "label_delimiter"):
        if getattr(config, name):
            values[name], reasons[name] = getattr(config, name), "as set"
    if config.text_columns:
        reasons["text_columns"] += lists_told(config.text_columns, found.lists)
        reasons.pop("text_doubt", None)
    if config.label_columns:
        values["rivals"] = ()
        reasons.pop("label_doubt", None)
    if config.label_columns or config.label_delimiter:
        values["other_delimiter"] = ""
        reasons.pop("delimiter_doubt", None)
    if config.label_delimiter == NONE:
        values["label_delimiter"] = ""
    if config.label_columns == (NONE,) and NONE not in found.columns:
        values["label_columns"], values["label_delimiter"] = (), ""
    if config.label_columns and not config.label_delimiter and config.label_columns != found.label_columns:
        values["label_delimiter"] = ""
    if config.split.column:
        values["split_column"], reasons["split_column"] = config.split.column, "as set"
    asked = (*values["text_columns"], *values["label_columns"], *filter(None, [values["split_column"]]))
    missing = [name for name in asked if name not in found.columns]
    if missing:
        raise CorpusError(
            f"'{found.path.name}' has no column '{missing[0]}'. Its columns are: {', '.join(found.columns[:30])}. "
            "Choose another column, or leave the choice empty to have it guessed."
        )
    if not config.label_columns:
        values["label_columns"] = tuple(n for n in values["label_columns"] if n not in values["text_columns"])
        rivals = tuple(n for n in found.rivals if n not in (*values["text_columns"], values["split_column"]))
        if (rivals, values["label_columns"]) != (found.rivals, found.label_columns):
            values["rivals"] = rivals
            reasons["label_doubt"] = label_doubt(values["label_columns"], list(map(repr, rivals)))
            if not rivals:
                del reasons["label_doubt"]
    return replace(found, **values, reasons=reasons)


def lists_told(columns: tuple[str, ...], lists: dict[str, str]) -> str:
    """How the lists in the text ``columns`` become texts; "" where they hold none."""
    how = {"\n": "texts, each read on a line of its own", " ": "words, read with blanks between them",
           "": "words, read without blanks between them"}
    return "".join(f"; the cells of '{name}' are lists of {how[lists[name]]}" for name in columns if name in lists)


def _with_estimate(found: Understood, going: Pass, seen: int) -> Understood:
    """``found`` with the number of rows reckoned from the share of the file that was read."""
    if not going.size:  # a compressed tar does not say how many files it holds
        return found
    if going.whole:
        rows = seen
    elif seen and 0 < going.position < going.size:  # a JSON object is read to its end before its first record
        rows = max(seen, round(seen * going.size / going.position))
    else:
        return found
    return replace(found, rows=rows)
