"""Which columns hold the texts, the labels and the parts: guesses, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice

import polars as pl

from .candidates import ChosenLabel, choose_label, label_doubt
from .cells import ANGLED, is_number, is_plural, is_unnamed, label_delimiters, listed, strings
from .column_names import (
    LANGUAGE_NAMES,
    PART_CELLS,
    PLAIN_SPLIT_NAMES,
    PLAIN_TEXT_NAMES,
    POLES,
    SPLIT_NAMES,
    TEXT_NAMES,
    TICKET_NAMES,
    TITLE_NAMES,
    Nearness,
    is_label_name,
    key_of,
    second_of_pair,
)
from .column_sample import Sampled, look
from .errors import CorpusError

_FORMS = frozenset((
    "clean", "cleaned", "raw", "orig", "original", "processed", "preprocessed", "normalized", "normalised", "lemma",
    "lemmas", "lemmatized", "lemmatised", "stem", "stemmed", "token", "tokens", "tokenized", "tokenised", "tok",
    "translated", "translation", "lower", "lowercase", "nostop", "stopwords", "final", "parsed", "html", "eng",
))
"""What other forms of a text are called by."""
_FILE = re.compile(
    r"(?!\w+://)\S+\.(?:txt|text|md|html?|xml|json|pdf|docx?|rtf|odt|eml|msg|jpe?g|png|wav|mp3)", re.IGNORECASE)
_IOB = re.compile(r"O|[BIESLU]-[\w-]+")
_COUNT = re.compile(r"\d+|(?<![^\W_])[\da-f]{8,}(?![^\W_])")
LABEL_STUDIO_ASIDE = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement")
_NUMBERED = re.compile(r"(.*[^\W\d_])[ _.-]*(?:\(\d\d?\)|\d\d?)")
_ORDINAL = re.compile(
    r"(?:primary|secondary|tertiary|first|second|third|1st|2nd|3rd|erste[rs]?|zweite[rs]?|dritte[rs]?|primär\w*|"
    r"sekundär\w*|premi(?:er|ère)|deuxième|seconde?|troisième|primer[oa]?|segund[oa]|tercer[oa]?|prim[oa]|terz[oa])"
    r"[ _.-]+(?=\w)", re.IGNORECASE)
"""What says in front of a name that it is one of several columns of that name."""
_PLACE = re.compile(r"column (\d+)")
_TRUTH = frozenset({"0", "1", "true", "false", "0.0", "1.0"})


@dataclass(frozen=True)
class Hints:
    """What a source itself says of its columns: the texts, the labels, those that are only ``aside`` (a labelling
    tool's bookkeeping), and why; ``doubt``: why the labels may be none, or what is aside may be one; ``rivals``: other
    answers, any of which may be the label."""

    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    reason: str = ""
    doubt: str = ""
    rivals: tuple[str, ...] = ()


@dataclass
class Guess:
    """The guessed columns and, under the same names, why.

    ``rivals``: columns that could be the label as well, or where there is none. ``other_delimiter``: what may stand
    between several labels, though each cell is read as one.
    """

    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    label_delimiter: str = ""
    split: str = ""
    rivals: tuple[str, ...] = ()
    other_delimiter: str = ""
    reasons: dict[str, str] = field(default_factory=dict)


def guess_columns(frame: pl.DataFrame, hints: Hints | None = None, whole: bool = True) -> Guess:
    """Guess from ``frame``, the ``whole`` of a table or its first rows, all columns strings; what the source itself
    says comes first."""
    hints = hints if hints is not None and hints.reason else _tool_hints(frame.columns)
    seen = [look(frame[name]) for name in frame.columns]
    guess = Guess()
    guess.split = _split_column(seen, guess)
    free = [c for c in seen if c.name != guess.split and c.filled and c.name not in hints.aside]
    there = {column.name for column in seen if column.filled}
    guess.text = tuple(name for name in hints.text if name in frame.columns)
    if guess.text:
        guess.reasons["text_columns"] = hints.reason
    else:
        _guess_text([column for column in free if column.name not in hints.label], guess)
        _refuse_for_blank(seen if whole else [], guess)
    rest = [column for column in free if column.name not in guess.text]
    parts = [column.name for column in rest if _tells_of_parts(frame, guess.text[-1:], column.name)]
    unnamed = [column.name for column in rest if column.unnamed]
    guess.label = tuple(name for name in hints.label if name in there and name not in (*guess.text, *unnamed))
    if guess.label:
        guess.reasons["label_columns"] = hints.reason
        others = [c for c in rest if c.name in hints.rivals and c.recurs and c.names > 1]
        guess.rivals = tuple(c.name for c in others)
        doubt = hints.doubt or label_doubt(guess.label, [f"'{c.name}' ({c.names} values)" for c in others])
        guess.reasons |= {"label_doubt": doubt} if doubt else {}
    else:
        able = [column for column in rest if column.name not in (*parts, *unnamed)]
        chosen = choose_label(able, frame.height, whole, _beside(frame.columns, guess.text))
        spread, sure = _spread(frame, chosen.columns, able)
        if spread:
            named = f"{', '.join(map(repr, spread[:-1]))} and {spread[-1]!r}"
            why = f"{named} bear one name, repeated or numbered: what stands in any of them is a label of the text"
            others = [c for c in rest if c.name in chosen.rivals and c.name not in spread]
            doubt = label_doubt(spread, [f"'{c.name}' ({c.names} values)" for c in others]) if sure else (
                f"What stands in any of {named} is read as a label of the text. If it is the first one alone, choose "
                f"'{spread[0]}' as the label column.")
            chosen = ChosenLabel(spread, why, tuple(c.name for c in others), doubt)
        else:
            chosen = _with_others_of_its_name(chosen, able)
        guess.label, guess.rivals = chosen.columns, chosen.rivals
        told = {"label_columns": chosen.why, "label_doubt": chosen.doubt}
        aside = [c for c in seen if c.name in hints.aside and (c.names > 1 or not whole) and not c.aside]
        if hints.doubt and aside and not chosen.columns:
            guess.rivals, told["label_doubt"] = tuple(c.name for c in aside[:4]), hints.doubt
        elif parts and not chosen.columns:
            guess.rivals, told["label_doubt"] = tuple(parts[:1]), _parts_told(parts[0])
        guess.reasons |= {key: why for key, why in told.items() if why}
    for name in unnamed:
        if name in hints.label or is_label_name(key_of(name)):
            guess.reasons["label_doubt"] = _unnamed_told(frame[name], guess)
    if len(guess.text) == 2 and _answers(frame, guess.text[1], guess.label):
        guess.text = guess.text[:1]
        guess.reasons["text_columns"] = guess.reasons["text_columns"].partition(";")[0]
    _doubt_text(frame, [column for column in rest if column.name not in (*parts, *unnamed)], guess)
    if len(guess.label) == 1:
        guess.label_delimiter, guess.other_delimiter = label_delimiters(frame[guess.label[0]])
        _doubt_shares(next(column for column in seen if column.name == guess.label[0]), guess)
        _doubt_delimiter(frame[guess.label[0]], guess)
        if guess.label_delimiter == ANGLED:
            guess.reasons["label_delimiter"] = "cells hold tags written <a><b>"
        elif guess.label_delimiter:
            guess.reasons["label_delimiter"] = "cells hold several values that also stand alone or come again"
    return guess


def _spread(frame: pl.DataFrame, label: tuple[str, ...], rest: list[Sampled]) -> tuple[tuple[str, ...], bool]:
    """The columns over which the labels of a text are spread, of which ``label`` is one, and whether that is sure; ()
    where they are not.

    They bear one name, repeated or numbered, hold the same words, no row a word twice, and fill from the first on. Two
    people's labels agree in many rows, levels of one class hold other words each, of which each goes with one above it,
    and but two columns of other words each are rather two questions.
    """
    base = _without_number(label[0]) if len(label) == 1 else ""
    group = [c for c in rest if base and _without_number(c.name) == base and c.called != Nearness.SAID]
    if len(group) < 2 or label[0] not in {c.name for c in group} or any(c.marks or c.letters <= 0.5 for c in group):
        return (), False
    names = tuple(c.name for c in group)
    cells = [[(cell or "").strip() for cell in row] for row in frame.select(names).rows()]
    filled = [[cell for cell in row if cell] for row in cells if any(row)]
    several = [row for row in filled if len(row) > 1]
    twice = sum(len(set(row)) < len(row) for row in several)
    packed = sum(all(row[: len([cell for cell in row if cell])]) for row in cells if any(row))
    repeated = names[1] == f"{names[0]} (2)"
    short = repeated or any(len(row) < len(names) for row in filled)
    later = [(place, cell) for row in cells for place, cell in enumerate(row[1:], 1) if cell]
    held = [{row[place] for row in cells} for place in range(len(names))]
    again = sum(any(cell in held[other] for other in range(len(names)) if other != place) for place, cell in later)
    shared = 2 * again >= len(later) or (repeated and is_plural(names[0]))  # "Labels" itself says that it is several
    if not (short and 50 * twice <= len(several) > 0):
        return (), False
    if shared and packed >= 0.95 * len(filled):
        return names, _ORDINAL.match(names[0]) is None
    above: dict[str, set[str]] = {}
    for row in cells:
        for cell in row[1:]:
            above.setdefault(cell, set()).add(row[0])
    crossed = 2 * sum(len(above[cell] - {""}) > 1 for _, cell in later) > len(later)
    return (names, False) if crossed and not shared and len(names) > 2 and is_label_name(base) else ((), False)


def _with_others_of_its_name(chosen: ChosenLabel, rest: list[Sampled]) -> ChosenLabel:
    """The ``chosen`` label with those columns as its rivals that bear its name behind another number, as a secondary
    topic does, or stand next to it without a name, in however few rows they are filled."""
    name = chosen.columns[0] if len(chosen.columns) == 1 else ""
    base, place = _without_number(name), _PLACE.fullmatch(name)
    if not place and not _ORDINAL.match(name):
        return chosen
    others = [c for c in rest if c.recurs and not c.marks and c.letters > 0.5 and c.called != Nearness.SAID and (
        c.name == f"column {int(place[1]) + 1}" if place else _without_number(c.name) == base)]
    others = [c for c in others if c.name not in (name, *chosen.rivals)]
    rivals = [c for c in rest if c.name in chosen.rivals] + others
    return replace(chosen, rivals=tuple(c.name for c in rivals), doubt=label_doubt(
        chosen.columns, [f"'{c.name}' ({c.names} values)" for c in rivals])) if others else chosen


def _without_number(name: str) -> str:
    """What a column is called, without the number of one of several: Labels (2), tag_1, second topic; "" where it has
    no name."""
    found = _NUMBERED.fullmatch(name.strip())
    base = _ORDINAL.sub("", (found[1] if found else name.strip()).lower())
    return "" if base == "column" else base


def _tells_of_parts(frame: pl.DataFrame, text: tuple[str, ...], name: str) -> bool:
    """Whether a column tells something of each sentence or word of the ``text``, not of the whole: it holds as many
    values, or stands at the parts of the text, as the name of a section does in XML."""
    if not text:
        return False
    both = ((one, other) for one, other in zip(frame[text[0]], frame[name], strict=True) if None not in (one, other))
    told = [(strings(one), len(one.split()), listed(other)) for one, other in islice(both, 200)]
    if name.startswith(f"{text[0]}."):
        several = sum(values is not None or (one is not None and len(one) > 1) for one, _, values in told)
        return several > 0.1 * len(told)
    sizes = [(words if one is None else len(one), len(values)) for one, words, values in told if values is not None]
    even = all(own == other for own, other in sizes) and len({own for own, _ in sizes}) > 1
    return even and len(sizes) > max(4, 0.8 * len(told))


def _parts_told(name: str) -> str:
    return (f"No column is read as the label: '{name}' tells something of each part of a text (its words or its "
            "sentences), not of the whole. If these parts are to be classified, write each of them with its label "
            "into a row of its own.")


def _unnamed_told(column: pl.Series, guess: Guess) -> str:
    shown = next(cell for cell in column.drop_nulls() if is_unnamed(cell.strip()))[:80]
    doubt = guess.reasons.get("label_doubt", "")
    return f"{doubt} " * bool(doubt) + (
        f"'{column.name}' is not read as the label: its cells hold objects such as {shown!r}, and it is not clear "
        "which of their values is the class. Write the name of the class alone into these cells.")


def refuse_marked_words(frame: pl.DataFrame, name: str) -> None:
    """:raises CorpusError: each row of ``frame`` is one word with its mark, as in a table for finding names."""
    for column in frame.columns:
        marks = [cell.strip() for cell in frame[column].drop_nulls().to_list() if cell.strip()]
        if len(marks) < 8 or not all(map(_IOB.fullmatch, marks)) or len(set(marks)) < 2 or "O" not in marks:
            continue
        for other in frame.columns:
            words = [cell for cell in frame[other].drop_nulls().to_list() if cell.strip()]
            if other != column and len(words) >= 0.9 * len(marks) and sum(
                    not any(map(str.isspace, word.strip())) for word in words) >= 0.95 * len(words):
                raise CorpusError(
                    f"'{name}' is a table of words ('{other}') with a mark each ('{column}', as in CoNLL), in which "
                    "words are marked and not whole texts, which is not read here. Write the text of each document "
                    "and its class into a table (CSV), one row a document.")


def _beside(columns: list[str], text: tuple[str, ...]) -> list[str]:
    """The columns at the side of the ``text``, of a table that does not name its columns; none of another."""
    if not text or any(name != f"column {place}" for place, name in enumerate(columns, 1)):
        return []
    first, last = columns.index(text[0]), columns.index(text[-1])
    return [*columns[max(0, first - 1) : first], *columns[last + 1 : last + 2]]


def _doubt_shares(column: Sampled, guess: Guess) -> None:
    """Say that numbers with a fraction, as of people who agree, are read as classes."""
    shown = sorted(column.values)[:60]
    if len(shown) < 3 or not all(map(is_number, shown)):
        return
    parted = [value for value in shown if not float(value.replace(",", ".")).is_integer()]
    if not parted or guess.label_delimiter == "," or guess.other_delimiter == ",":
        return
    told = ", ".join(parted[:3])
    doubt = guess.reasons.get("label_doubt", "")
    guess.reasons["label_doubt"] = f"{doubt} " * bool(doubt) + (
        f"'{column.name}' holds numbers such as {told}, and each of the {column.names} is read as a class of its own. "
        "If they are shares or means, write into the file which class each of them is to be."
        + " If they are several labels each, set the label delimiter to ','." * ("," in told.replace(", ", "")))


def _doubt_delimiter(column: pl.Series, guess: Guess) -> None:
    """Say how a cell was read that may hold several labels."""
    delimiter = guess.label_delimiter or guess.other_delimiter
    if not delimiter or delimiter == ANGLED:
        return
    shown = repr(next(cell for cell in column.drop_nulls() if delimiter in cell)[:80])
    mark = "a line break" if delimiter == "\n" else repr(delimiter)
    guess.reasons["delimiter_doubt"] = (
        f"Cells of '{column.name}' such as {shown} are read as several labels with {mark} between them. If such a cell "
        "is one label, set the label delimiter to 'none'." if guess.label_delimiter else
        f"Cells of '{column.name}' such as {shown} are read as one label each. If they hold several labels, set the "
        f"label delimiter to {mark}."
    )


def _doubt_text(frame: pl.DataFrame, rest: list[Sampled], guess: Guess) -> None:
    """Name the columns of ``rest`` that hold texts as well and are not read; other forms of what is read are none."""
    read = guess.text
    long = [c for c in rest if c.filled > 0.3 * frame.height and c.name not in guess.label and c.is_prose
            and c.length > 30 and c.distinct > 0.5 * c.filled]
    others = [repr(c.name) for c in long if not any(_is_form(frame, c.key, name) for name in read)]
    classes = _columns_of_classes(frame, rest, guess)
    told = []
    if classes and all(key_of(name) in POLES for name in classes):
        told = [f"Every column holds texts ({', '.join(map(repr, classes))}), and only those in {read[0]!r} are read, "
                "without a label."]
    elif others and read:
        what = "holds texts as well and is" if len(others) == 1 else "hold texts as well and are"
        told = [f"Besides {' and '.join(map(repr, guess.text))}, {', '.join(others[:4])} {what} not read. If a "
                "document is all of this, choose these columns too as text columns."]
    if classes and told:
        told.append("If each heading is the class of the texts below it, put all texts below each other in one column "
                    "of the file, and the class of each beside it in a second one, called label.")
    if told:
        guess.reasons["text_doubt"] = " ".join(told)


def _columns_of_classes(frame: pl.DataFrame, rest: list[Sampled], guess: Guess) -> tuple[str, ...]:
    """The columns of a table that holds nothing but texts, below the names of their classes as it seems: ``Positive``,
    ``Negative``; () of another table."""
    if len(guess.text) != 1 or guess.label or guess.split or guess.rivals or guess.text[0] not in frame.columns:
        return ()
    read = look(frame[guess.text[0]])
    columns = {c.name: c for c in (read, *rest)}
    names = tuple(name for name in frame.columns if frame[name].str.strip_chars().fill_null("").ne("").any())
    if len(names) < 2 or any(name not in columns for name in names):
        return ()
    found = [columns[name] for name in names]
    own = all(c.is_prose and not c.marks and 2 * c.distinct > c.filled for c in found)
    texts = all(c.key in POLES for c in found) or all(c.length > 30 for c in found)
    known = any(c.key in TEXT_NAMES | TITLE_NAMES | LANGUAGE_NAMES or "?" in c.name or not _without_number(c.name)
                for c in found)
    return names if own and texts and not known else ()


def _is_form(frame: pl.DataFrame, key: str, read: str) -> bool:
    """Whether a column called ``key`` is another form of the texts in that called ``read``, as clean_text and text_en
    are: called after it, with a word for such a form or mostly the same words in each row."""
    own = key_of(read)
    if own not in key:
        return False
    if any(word in _FORMS or len(word) == 2 for word in key.replace(own, "_").split("_")):
        return True
    name = next(column for column in frame.columns if key_of(column) == key)
    pairs = [(set(one.lower().split()), set(other.lower().split()))
             for one, other in frame.select(name, read).drop_nulls().head(50).rows()]
    same = [len(one & other) / max(len(one), len(other)) for one, other in pairs if one and other]
    return sum(same) > 0.6 * len(same)


def _tool_hints(columns: list[str]) -> Hints:
    """What the names of the columns of a labelling tool's table say."""
    names = set(columns)
    if {"annotation_id", "lead_time"} <= names:
        return Hints(aside=LABEL_STUDIO_ASIDE, reason="as Label Studio exports it")
    if {"Labeled Data", "Seconds to Label"} <= names:
        return Hints(aside=("Seconds to Label", "Agreement", "Created By"), reason="as Labelbox exports it")
    asked = [name for name in columns if name.endswith(".responses")]
    if asked:
        aside = tuple(name for name in columns if ".suggestion" in name or ".responses." in name)
        return Hints(label=(asked[0],), aside=(*aside, "id", "status", "_server_id"), reason="as Argilla exports it")
    if {"_task_hash", "_input_hash"} & names and {"accept", "answer"} <= names:
        return Hints(text=("text",), label=("accept",), aside=("answer",), reason="as Prodigy exports it")
    return Hints()


def _split_column(seen: list[Sampled], guess: Guess) -> str:
    for column in seen:
        values = {value.lower() for value in column.values}
        if column.key in SPLIT_NAMES and values and values <= set(PART_CELLS) | (
            _TRUTH if column.key in PLAIN_SPLIT_NAMES else set()
        ):
            guess.reasons["split_column"] = f"named '{column.name}' and holds {', '.join(sorted(values)[:4])}"
            return column.name
    if not any(is_label_name(column.key) for column in seen):  # it may be the label itself
        return ""
    for column in seen:  # under another name, where its values are those of parts and of nothing else
        if column.distinct > 8:
            continue
        parts = {PART_CELLS.get(value.lower(), "") for value in column.values}
        if "" not in parts and "train" in parts and len(parts) > 1 and not is_label_name(column.key):
            guess.reasons["split_column"] = f"holds {', '.join(sorted(column.values)[:4])}"
            return column.name
    return ""


def _guess_text(seen: list[Sampled], guess: Guess) -> None:
    """The column with the most prose in it; a title beside it is read too."""
    if not seen:
        return
    subjects, bodies, comments = TICKET_NAMES
    keys = {column.key for column in seen}
    later = comments if keys & subjects and keys & bodies else frozenset()

    def weight(column: Sampled) -> float:
        if column.key in later:
            known = 0.3
        elif column.key in PLAIN_TEXT_NAMES:
            known = 4.0
        else:
            known = 1.5 if column.key in TEXT_NAMES - TITLE_NAMES else 0.5 if is_label_name(column.key) else 1.0
        varied = min(1.0, 0.1 + column.distinct / max(1, column.filled))
        prose = 0.1 if column.letters < 0.5 or column.coded else 1.0  # numbers, addresses and codes have no words
        beside = 0.2 if column.aside else 1.0
        records = sum(value[:2] in ("[{", '{"', "[[") for value in sorted(column.values)[:50])
        listing = 0.3 if column.names != column.distinct else 1.0
        if column.running and column.key not in TEXT_NAMES:  # answers or options beside what was asked
            listing = 0.6
        if records > 25 or records == len(column.values):
            listing = 0.02
        return min(column.length, 400.0) * known * varied * prose * beside * listing

    best = max(seen, key=weight)
    others = [c for c in seen if 2 * c.distinct > c.filled > 0.5 * best.filled]
    if best.recurs and others:  # a class, beside what it is a class of
        able = [c for c in others if c.may_be_read]
        guess.text = (max(able, key=weight).name,) if able else ()
        guess.reasons["text_columns"] = (f"{'differs from row to row' if able else 'no column looks like text'}, and "
                                         f"'{best.name}' holds {best.distinct} values again and again")
        return
    named = best.key in TEXT_NAMES
    if len(seen) > 1 and best.length < 2 and not named:
        return
    if _are_counted_files(best):
        guess.reasons["text_columns"] = f"'{best.name}' holds names of files"
        guess.reasons["text_doubt"] = (
            f"'{best.name}' holds names of files, and the texts stand in these. Put the files and this table into one "
            "folder and open the folder; if the names themselves are the texts, choose this column.")
        return
    guess.text = (best.name,)
    length = f"the longest texts ({best.length:.0f} characters on average)"
    guess.reasons["text_columns"] = f"named like a text and {length}" if named else length
    pair = _pair_of(best, seen)
    if pair:
        guess.text = tuple(column.name for column in pair)
        names = " and ".join(f"'{column.name}'" for column in pair)
        guess.reasons["text_columns"] += f"; {names} are read together, as a pair of texts"
        return
    titles = [c for c in seen if c.key in TITLE_NAMES and c.name != best.name and c.distinct > 0.5 * c.filled
              and c.filled > 0.2 * best.filled]
    if titles and best.key in TEXT_NAMES:
        guess.text = (titles[0].name, best.name)
        guess.reasons["text_columns"] += f"; with its {titles[0].key} before it"


def _refuse_for_blank(seen: list[Sampled], guess: Guess) -> None:
    """Take back a text that is but a class or bookkeeping, where a column that is called like a text is blank, and say
    so where there is none."""
    blank = [c.name for c in seen if not c.filled and c.key in TEXT_NAMES]
    taken = [c for c in seen if guess.text == (c.name,) and c.key not in TEXT_NAMES]
    if blank and (not guess.text or (taken and (
            is_label_name(taken[0].key) or taken[0].aside or taken[0].recurs))):
        guess.text = ()
        guess.reasons["text_columns"] = f"'{blank[0]}' is blank in every row"
        guess.reasons["text_doubt"] = (f"'{blank[0]}' is called like a text and blank in every row. Fill it, or "
                                       "choose the text column yourself.")


def _are_counted_files(column: Sampled) -> bool:
    """Whether all that a column holds are names of files which only count them, and say nothing: doc17.txt."""
    files = [_FILE.fullmatch(value) for value in column.values]
    if not files or not all(files) or column.distinct < 0.9 * column.filled:
        return False
    kinds = {_COUNT.sub("0", value.lower()) for value in column.values}
    return len(kinds) <= max(1, 0.1 * len(files))


def _pair_of(best: Sampled, seen: list[Sampled]) -> tuple[Sampled, ...]:
    """The pair of texts that ``best`` is one of; nothing where it stands alone. Of a question the answer is none of
    its text where one answer serves many: it would tell the label."""
    prose = [c for c in seen if c.is_prose and c.distinct > 0.2 * c.filled]
    for first in prose:
        second = next((c for c in prose if c.key in second_of_pair(first.key)), None)
        if second is not None and best in (first, second):
            return (first, second) if second.distinct > 0.5 * first.distinct else ()
    return ()


def _answers(frame: pl.DataFrame, second: str, label: tuple[str, ...]) -> bool:
    """Whether the ``second`` text is the same wherever the label is, as a fixed answer to every question of a kind."""
    if not label:
        return False
    kinds = frame.drop_nulls([*label, second]).group_by(label).agg(pl.col(second).n_unique(), pl.len())
    return bool((kinds[second] == 1).all()) and bool((kinds["len"] > 1).any())
