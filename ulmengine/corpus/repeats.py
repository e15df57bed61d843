"""Findings that need no look at the texts: repeats, contradictions, classes, columns, losses."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from ulmengine.config import NONE

from .cells import named_in
from .documents import Documents
from .errors import some_of
from .findings import Alternative, Finding, Rows, documents_are
from .likeness import plain_names, visible_name
from .missing import may_name_none
from .split import EMPTY, TEST, UNLABELLED, VALIDATION

RARE = 10
"""A label with fewer documents than this is hardly learnt."""
FEWEST = 3
"""Documents that a class needs: one to learn from, one to choose the best epoch by, one to be measured on."""
_TOLD = 8
"""Columns or labels that are told one by one."""
_COUNTS = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five"}
_LATIN = re.compile("[a-z]")
_SIGN = re.compile(r"[-\u2013\u2014?./_*#]+")


def repeat_findings(documents: Documents, kept: Rows) -> list[Finding]:
    """Exact repeats, contradicting labels, and texts on both sides of the split. ``kept``: rows not left out."""
    filled = kept[documents.hashes[kept] != EMPTY]
    hashes = documents.hashes[filled]
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    found = []
    overlap = documents.overlap
    again = np.setdiff1d(filled, filled[first])
    again = np.setdiff1d(again, overlap)
    clash = _contradicting(documents, filled, group)
    copies = np.setdiff1d(again, clash)
    if len(copies):
        why = documents_are(len(copies), "repeats", "repeat") + (
            " the text of an earlier one (but for case and spaces). Copies count several times in training and in "
            "every result; they are kept in the same part."
        )
        found.append(Finding("duplicate", "Repeated texts", why, len(copies), copies, copies))
    if len(clash):
        told = documents_are(len(clash), "has", "have") + " the same text as another with a different label"
        if _each_once(documents, filled, clash):
            why = (f"{told}, and no text stands twice with the same one: these may be several labels of one text, a "
                   "row for each. If not, at least one of the labels is wrong, and the network cannot learn both.")
            found.append(Finding("conflict", "Several labels of one text?", why, len(clash), clash, advice="If they "
                                 "are, set 'Rows of one text' to together, which makes one document of them.",
                                 alternatives=(Alternative("corpus.same_text", "together"),)))
        else:
            why = (f"{told}. At least one of the labels is wrong or the text does not decide it; the network cannot "
                   "learn both.")
            found.append(Finding("conflict", "Same text, different labels", why, len(clash), clash,
                                 _outvoted(documents, clash)))
    if len(overlap):
        held = np.isin(documents.parts, (TEST, VALIDATION))
        copies_held = int(np.isin(documents.hashes[held], documents.hashes[overlap]).sum())
        why = documents_are(len(overlap), "outside of the validation and test parts has", "outside of the validation "
                            "and test parts have") + (
            f" the text of one of {copies_held:,} documents inside them. Learning from the answers makes a result look "
            "better than it is, so they are left out of training already."
        )
        found.append(Finding("overlap", "Training texts in the test", why, len(overlap), overlap, overlap))
    return found


def _each_once(documents: Documents, rows: Rows, clash: Rows) -> bool:
    """Whether the contradicting rows ``clash`` are rather several labels of their texts: many texts have some, and of
    all ``rows`` hardly any repeats a text with its label, as those of several people or of copies do."""
    if documents.multi_label:
        return False
    pairs = np.stack([documents.hashes[rows], documents.all_targets[rows].astype(np.uint64)], axis=1)
    again = len(rows) - len(np.unique(pairs, axis=0))
    texts = len(np.unique(documents.hashes[rows]))
    return again <= 0.02 * len(clash) and len(np.unique(documents.hashes[clash])) >= max(5, 0.2 * texts)


def _contradicting(documents: Documents, rows: Rows, group: np.ndarray) -> Rows:
    """Labelled rows whose text also stands with another label."""
    targets = documents.all_targets[rows]
    if not documents.labels:
        return np.zeros(0, dtype=np.int64)
    if documents.multi_label:
        _, codes = np.unique(targets, axis=0, return_inverse=True)
        codes = codes.reshape(-1)
        bears = targets.any(axis=1)
    else:
        codes, bears = targets, targets >= 0
    groups = int(group.max(initial=-1)) + 1
    least = np.full(groups, np.iinfo(np.int64).max)
    most = np.full(groups, -1, dtype=np.int64)
    np.minimum.at(least, group[bears], codes[bears])
    np.maximum.at(most, group[bears], codes[bears])
    return np.asarray(rows[bears & (least < most)[group]])


def _outvoted(documents: Documents, rows: Rows) -> Rows:
    """Of contradicting rows those that a repair leaves out: all but one bearer of the commonest label; all in a tie."""
    targets = documents.all_targets[rows]
    codes = np.unique(targets, axis=0, return_inverse=True)[1].reshape(-1) if documents.multi_label else targets
    drop = []
    texts = documents.hashes[rows]
    order = np.argsort(texts, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(texts[order])) + 1):
        values, counts = np.unique(codes[members], return_counts=True)
        winners = values[counts == counts.max()]
        keep = members[codes[members] == winners[0]][:1] if len(winners) == 1 else members[:0]
        drop.extend(np.setdiff1d(members, keep).tolist())
    return np.asarray(rows[np.sort(np.array(drop, dtype=np.int64))])


def class_findings(documents: Documents) -> list[Finding]:
    """A single class, and classes too rare to learn."""
    if not documents.labels:
        return []
    kept = np.flatnonzero(documents.parts >= 0)
    counts = documents.label_counts(kept)
    found = []
    if same := same_labels(documents):
        several = len(same) > 1
        names = f"the same {len(same):,} labels: {some_of(same, _TOLD)}" if several else f"the label '{same[0]}'"
        found.append(Finding(
            "one_class", "Only one set of labels" if several else "Only one label",
            f"Every labelled document bears {names}. There is nothing to tell apart.", int(counts.max()),
            advice="Choose another label column, or add documents with other labels.",
        ))
    found += _lopsided(documents, counts) + unseen_labels(documents)
    found += _doubtful_names(documents, kept, counts)
    counts = documents.to_learn()
    found += _tiny(documents, kept, counts)
    rare = np.flatnonzero((counts > 0) & (counts < RARE))
    if len(rare) and len(documents.labels) > 1:
        rows = kept[documents.bearing(rare, kept)]
        names = some_of([f"{documents.labels[place]} ({counts[place]})" for place in rare], _TOLD)
        beside = " outside of the test part" if documents.test_given else ""
        its = "its" if len(rare) == 1 else "their"
        why = (f"{len(rare)} of {len(documents.labels)} labels {_have(rare)} fewer than {RARE} documents{beside}: "
               f"{names}. Hardly anything can be learnt about {'it' if len(rare) == 1 else 'them'}"
               f"{'' if documents.test_given else f', and {its} results are chance'}.")
        found.append(Finding("rare_class", "Rare labels", why, len(rare), rows, rows,
                             "Add documents with these labels, or leave the labels out."))
    return found


def same_labels(documents: Documents) -> tuple[str, ...]:
    """The labels that every labelled document bears, where all bear the same ones and no others; none elsewhere."""
    targets = documents.all_targets[(documents.parts >= 0) & (documents.parts != UNLABELLED)]
    if not len(targets) or not documents.labels or bool((targets != targets[0]).any()):
        return ()
    places = np.flatnonzero(targets[0]) if documents.multi_label else targets[:1]
    return tuple(documents.labels[place] for place in places if place >= 0)


def _have(labels: np.ndarray) -> str:
    return "has" if len(labels) == 1 else "have"


def _tiny(documents: Documents, kept: Rows, counts: np.ndarray) -> list[Finding]:
    """Classes with too few documents for training to begin; the repair leaves out who bears no other one."""
    tiny = np.flatnonzero((counts > 0) & (counts < FEWEST))
    if not len(tiny) or len(documents.labels) < 2:
        return []
    others = np.setdiff1d(np.flatnonzero(documents.label_counts(kept)), tiny)
    mask = documents.bearing(tiny, kept)
    alone = mask & ~documents.bearing(others, kept)
    names = some_of([f"{visible_name(documents.labels[place])} ({counts[place]})" for place in tiny], _TOLD)
    one, apart = len(tiny) == 1, documents.test_given
    return [Finding(
        "tiny_class", "Labels with too few documents", f"{len(tiny):,} of {len(documents.labels):,} labels "
        f"{_have(tiny)} fewer than {FEWEST} documents{' outside of the test part' if apart else ''}: {names}. "
        f"{'It' if one else 'They'} can {'hardly be learnt' if apart else 'be neither learnt nor measured'}, and "
        f"training does not begin with {'it' if one else 'them'}.{at_the_edge(documents)}", len(tiny), kept[mask],
        kept[alone],
        f"Add documents, put such labels together, or set the fewest documents of a class to {FEWEST}, which leaves "
        "them out.",
    )]


def at_the_edge(documents: Documents) -> str:
    """A sentence about a class whose only document is the first row of the table, and one about that of the last: those
    may be a second heading and a sum; "" where there is none."""
    alone = np.flatnonzero(documents.label_counts() == 1)
    if not len(alone) or not documents.pieces:
        return ""
    last = documents.pieces[0].table.rows - 1
    told = [f" The only document that bears '{documents.labels[place]}' is the {where} row of the table: is it "
            f"{what} rather than a document, delete it in the file."
            for row, where, what in ((0, "first", "a second heading"), (last, "last", "a sum or a remark"))
            for place in alone if documents.bearing(np.array([place]), np.array([row]))[0]]
    return "".join(told)


def _lopsided(documents: Documents, counts: np.ndarray) -> list[Finding]:
    """One label that nearly all documents bear."""
    most, whole = int(counts.max(initial=0)), int(counts.sum())
    if documents.multi_label or int((counts > 0).sum()) < 2 or whole < 20 or most < 0.95 * whole:
        return []
    name = documents.labels[int(counts.argmax())]
    return [Finding(
        "lopsided", "Nearly all have one label", f"{most:,} of {whole:,} labelled documents bear the label '{name}'. "
        f"Who always answers '{name}' is right in {most / whole:.1%}; a result says little beside that.", most,
        advice="Look at the macro F1 rather than the accuracy, and whether the right column is the label.",
    )]


def unseen_labels(documents: Documents) -> list[Finding]:
    """Labels that stand in held-back parts alone: nothing can be learnt about them."""
    held, train = np.flatnonzero(np.isin(documents.parts, (TEST, VALIDATION))), documents.rows("train")
    places = np.flatnonzero((documents.label_counts(held) > 0) & (documents.label_counts(train) == 0))
    if not len(places) or not len(train):
        return []
    rows = held[documents.bearing(places, held)]
    names = some_of([visible_name(documents.labels[place]) for place in places], _TOLD)
    return [Finding(
        "unseen_label", "Labels without a training document", f"{documents_are(len(rows), 'bears', 'bear')} a label "
        f"that no training document has: {names}. Nothing can be learnt about it, and each of these documents counts "
        "as a mistake.", len(rows), rows, rows,
        "Add training documents with these labels; or, if they are other spellings of known ones, write them alike.",
    )]


def size_findings(kept: Rows) -> list[Finding]:
    """A corpus of a single document."""
    if len(kept) != 1:
        return []
    return [Finding(
        "one_document", "Only one document", "The whole source is read as one document. If it holds many, the file was "
        "read in another shape than it has.", 1, kept,
        advice="Look at what was understood: format, delimiter, and where one document ends.",
    )]


def _doubtful_names(documents: Documents, kept: Rows, counts: np.ndarray) -> list[Finding]:
    """Labels that differ in spelling alone, and labels that say that there is none."""
    alike: dict[str, list[int]] = {}
    places = np.flatnonzero(counts).tolist()
    for place, name in zip(places, plain_names([documents.labels[place] for place in places]), strict=True):
        alike.setdefault(name, []).append(place)
    twice = {name: group for name, group in alike.items() if name and len(group) > 1}
    empty = [place for place in places if may_name_none(documents.labels[place])]
    signs = [place for place in places if not any(map(str.isalnum, documents.labels[place]))]
    # "+" and "-" are two, and both names; so are "*" and "**" without others.
    if all(_SIGN.fullmatch(documents.labels[place]) for place in signs) and (
            len(signs) == 1 or len(places) - len(signs) > 1):
        empty += signs
    found = []
    for kind, title, places, names, why, advice in (
        ("label_spelling", "One label spelled in several ways", [place for group in twice.values() for place in group],
         "; ".join(" and ".join(visible_name(documents.labels[place], latin=_LATIN.search(name) is not None)
                                for place in group) for name, group in list(twice.items())[:5]),
         "bear a label that another one differs from in its spelling alone", "Write them alike in the file."),
        ("label_missing", "Labels that may mean none", empty,
         ", ".join(f"'{documents.labels[place]}'" for place in empty),
         "bear a label that may only say that none was given",
         "If it is no class of its own, empty these cells in the file."),
    ):
        if places:
            rows = kept[documents.bearing(places, kept)]
            found.append(Finding(kind, title, f"{documents_are(len(rows), why.replace('bear', 'bears', 1), why)}: "
                                 f"{names}. Each is learnt as a class of its own.", len(rows), rows, advice=advice))
    return found


def doubt_findings(documents: Documents) -> list[Finding]:
    """What the guess of the label left open, as long as nobody has chosen."""
    understood, taken, found = documents.understood, documents.understood.label_columns, []
    if "label_doubt" in understood.reasons:
        own = " and ".join(map(repr, taken)) if len(taken) < 4 else f"{len(taken)} columns"
        table = documents.pieces[0].table
        counts = {own: len(documents.labels)} if taken else {}
        counts |= {repr(name): _classes(table.column(name)) for name in understood.rivals}
        told = [f"{name} ({count:,} class{'es' * (count != 1)})" for name, count in counts.items()]
        ways = [Alternative("corpus.label_columns", (name,)) for name in understood.rivals]
        if taken:
            ways.append(Alternative("corpus.label_columns", taken, taken=True))
        if understood.rivals:
            columns = f"{_COUNTS[len(told)]} column{'s' * (len(told) > 1)} could be the label: "
            listed = " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))
            here = (f"{own} {'is' if len(taken) == 1 else 'are'} taken." if taken else "None is taken. If the texts "
                    "have a label, choose its column.")
            why = f"{columns}{listed}. {here}"
        else:  # this one or none, or none that could be read
            why = understood.reasons["label_doubt"]
            ways += [Alternative("corpus.label_columns", (NONE,))] * bool(taken)
        found.append(Finding("label_doubt", "The label is not certain", why, len(told) or 1, alternatives=tuple(ways)))
    if understood.other_delimiter:
        found.append(Finding("delimiter_doubt", "One label a cell, or several?", understood.reasons["delimiter_doubt"],
                             1, alternatives=(Alternative("corpus.label_delimiter", understood.other_delimiter),
                                              Alternative("corpus.label_delimiter", NONE, taken=True))))
    return found


def _classes(column: pl.Series) -> int:
    """How many labels a column would give."""
    cells = column.drop_nulls().str.strip_chars().unique().to_list()
    return len({name for names in named_in(cells).values() for name in names})


def column_findings(documents: Documents) -> list[Finding]:
    """Columns of the main source that hold the same value in every row."""
    table = documents.pieces[0].table
    used = {*documents.understood.text_columns, *documents.understood.label_columns}
    open_columns = {name: "" for name in table.columns if name not in used}
    if table.rows < 2:
        return []
    values: dict[str, str] = {}
    for number in range(len(table.groups())):
        if not open_columns:
            break
        frame = table.read_group(number, list(open_columns))
        for name in list(open_columns):
            column = frame[name].fill_null("")
            first = values.setdefault(name, str(column[0]))
            if not bool((column == first).all()):
                del open_columns[name]
    if not open_columns:
        return []
    told = [f"'{name}' holds '{values[name][:60]}'" if values[name] else f"'{name}' is empty" for name in open_columns]
    if len(told) == 1:
        title = f"Column '{next(iter(open_columns))}' says nothing"
        why = f"The column {told[0]} in every row. It is not used; if it"
    else:
        title = f"{len(told):,} columns say nothing"
        more = f"; so it is with {len(told) - _TOLD:,} more" if len(told) > _TOLD else ""
        why = f"In every row {', '.join(told[:_TOLD])}{more}. They are not used; if one"
    return [Finding("constant_column", title, f"{why} should hold the text or the label, the file may have been read "
                    "wrongly.", table.rows, advice="Look at the preview: are delimiter and sheet right?")]


def loss_findings(documents: Documents) -> list[Finding]:
    """What reading lost or had to mend."""
    found = []
    if len(documents.ragged):
        rows = np.intersect1d(documents.ragged, np.flatnonzero(documents.parts >= 0)).astype(np.int64)
        why = documents_are(len(rows), "comes", "come") + (
            " from a row with too few or too many cells. What was missing is empty, what was too much has been put "
            "into the text."
        )
        found += [Finding("ragged", "Uneven rows", why, len(rows), rows, rows)] if len(rows) else []
    if documents.undecodable:
        found.append(Finding(
            "undecodable", "Unreadable bytes", f"{documents.undecodable:,} bytes are not text in the encoding and "
            "stand as \ufffd in the documents.", documents.undecodable, advice="Choose another encoding for the file.",
        ))
    if documents.skipped:
        found.append(Finding(
            "skipped", "Rows left away", f"{documents.skipped:,} rows or files could not be read at all.",
            documents.skipped, advice="Look at the file at the places named in the notes.",
        ))
    return found
