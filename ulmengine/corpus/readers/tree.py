"""Folders of documents: the aclImdb layout (train/pos/*.txt, train/unsup), a folder a label, or just files, perhaps
beside a table that has a row for each of them. The same inside a zip or tar archive.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus.column_names import PART_WORDS, part_in
from ulmengine.corpus.errors import CorpusError, Faults, some_of
from ulmengine.corpus.guess import Hints
from ulmengine.counting import counted
from ulmengine.events import Event

from . import lists
from .encoding import TextDecoder, detect, is_binary, known_encoding, without_end
from .frames import frames_of
from .front_matter import fields_above
from .layout import (
    DESCRIPTIONS,
    PORTION,
    TreeLayout,
    find_layout,
    is_about,
    is_table,
    layout_reason,
    left_aside,
    polar_layout,
    worded_layout,
)
from .mail import begins_as_mail, mail_text
from .markup import html_text
from .reading import Look, Pass, Reading, encoding_notes
from .shards import Recognise, named_tables
from .source import Source
from .tree_files import files_of, read_tree, walk_files
from .turns import with_turns

_UNREAD = {
    **dict.fromkeys((".doc", ".docx", ".docm", ".odt", ".pages"), "Word documents"), ".pdf": "PDF documents",
    ".rtf": "rich-text documents", ".epub": "e-books", ".msg": "mails of Outlook",
    **dict.fromkeys((".ppt", ".pptx", ".odp"), "presentations"), ".xml": "XML files", ".tex": "LaTeX files",
    **dict.fromkeys((".sgm", ".sgml"), "SGML files"), **dict.fromkeys((".srt", ".vtt"), "subtitles"),
}
"""Documents of other programs, of which a folder may be full."""
_LARGEST_TABLE = 64 << 20
_LISTING = re.compile(r"(?:\w+[-_.])?(?:cats?|categor(?:y|ies)|labels?|class(?:es)?|targets?|annotations?|gold|truth)"
                      r"(?:\.(?:txt|text|lst|list|dat))?", re.IGNORECASE)
"""What a text is called that names the labels of the files beside it, as NLTK's cats.txt."""
_MOST_LABELS = 60
_TAKEN = {"text", "file", "part"}
_KEYS: tuple[Callable[[PurePosixPath], str], ...] = (
    PurePosixPath.as_posix, lambda path: "/".join(path.parts[1:]), lambda path: path.name, lambda path: path.stem)
"""What a table calls a file by: its place in the folder or in the one in it, its name, that without the suffix."""


def plan(recognised: Recognise, look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a folder or archive, and of the table beside its texts. :raises CorpusError: no documents."""
    if not look.source.is_tree:
        return None
    beside_them = _list_beside(look)
    found = _rows_of(*beside_them[1:]) if beside_them else None
    listed = (beside_them[0], *found) if beside_them and found else None
    reading, layout = _plan(look, listed[0] if listed else "")
    if beside_them and not listed:
        reading = replace(reading, notes=(*reading.notes, *_told_in_part(*beside_them)))
    files, _ = look.files
    if listed is None or layout.lines:
        tables = [name for name in files if is_table(name) and not is_about(name)]
        if look.source.compression or (layout.labelled and layout.word is None) or layout.lines or len(tables) != 1 or (
                files[tables[0]] > _LARGEST_TABLE):
            return reading
        try:
            piece = recognised(look.source.path / tables[0], CorpusConfig())
            frames = list(map(with_turns, piece.read(piece, Pass())))
        except CorpusError:
            return reading  # what lies beside the texts need not be readable
        found = _rows_of(layout.documents(files), pl.concat(frames, how="diagonal")) if frames else None
        if found is None:
            return reading
        listed = (tables[0], *found)
    beside, columns, cells = listed
    fields = None if layout.fields is None else tuple(name for name in layout.fields if name not in columns)
    layout = replace(layout, labelled=False, word=None, fields=fields)  # a table says it sooner than names do
    reasons = {**reading.reasons, "format": f"a folder of texts, and for each of them a row of '{beside}'"}
    return replace(reading, read=partial(_told_chunks, layout, beside, columns, cells), hints=Hints(),
                   columns=("text", *columns, *layout.columns[1:]), reasons=reasons)


def _list_beside(look: Look) -> tuple[str, list[str], pl.DataFrame] | None:
    """The one file that is called like a list of labels and is one, the other files in folders that name no labels, and
    what it holds; None where there is none."""
    files, complete = look.files
    listings = [name for name in files if _LISTING.fullmatch(PurePosixPath(name).name)]
    if not complete or len(listings) != 1 or files[listings[0]] > _LARGEST_TABLE:
        return None
    names = [name for name in files if name != listings[0]]
    layout = find_layout(names)
    documents = [] if layout.labelled else layout.documents(names)
    table = _listing(next((data or b"" for _, data in read_tree(look.source, listings)), b"")) if documents else None
    return (listings[0], documents, table) if table is not None else None


def _told_in_part(beside: str, documents: Sequence[str], table: pl.DataFrame) -> tuple[str, ...]:
    """A sentence where a list says the labels of most ``documents``, but not once of each."""
    called = set(table["name"].to_list())
    known = sum(any(key(PurePosixPath(name)) in called for key in _KEYS) for name in documents)
    return (f"'{beside}' seems to say the labels of {known:,} of {len(documents):,} files and is not read: each must "
            "have one line in it.",) if known >= 0.5 * len(documents) else ()


def _listing(data: bytes) -> pl.DataFrame | None:
    """The table that a text is of which each line begins with the name of a file: behind a tab, a comma or a semicolon
    its label, behind spaces its labels; None where it is none."""
    lines = [line.strip() for line in decoded(data, "utf-8", False, Faults()).split("\n") if line.strip()]
    mark = next((mark for mark in "\t;," if lines and all(line.count(mark) == 1 for line in lines)), "")
    rows = [[cell.strip() for cell in (line.split(mark) if mark else line.split())] for line in lines]
    if not rows or any(len(row) < 2 or len(row) > _MOST_LABELS for row in rows):
        return None
    several = any(len(row) > 2 for row in rows)
    labels = [json.dumps(row[1:], ensure_ascii=False) if several else row[1] for row in rows]
    return pl.DataFrame({"name": [row[0] for row in rows], "label": labels})


def _plan(look: Look, aside: str = "") -> tuple[Reading, TreeLayout]:
    """Plan the reading of a folder or archive, but for the file ``aside``. :raises CorpusError: no documents in it."""
    source = look.source
    encoding = known_encoding(look.config.encoding) if look.config.encoding else ""
    files, complete = look.files
    names = [name for name in files if name != aside]
    asked = look.config.format == "folder"  # a person says that each file is one document
    layout = (polar_layout(names) if look.heads and not asked else None) or find_layout(names)
    if layout.lines and not all(_are_lines(look.heads[name]) for name in layout.documents(names)):
        layout = find_layout(names)
    documents = layout.documents(names)
    tables = [name for name in names if is_table(name) and PurePosixPath(name).name.lower() not in DESCRIPTIONS]
    notes: tuple[str, ...] = ()
    as_set = lists.as_lists(layout)  # and that each line is one
    if not layout.labelled and look.config.format == "lines" and as_set.documents(names):
        layout, documents = as_set, as_set.documents(names)
    elif documents and not layout.labelled and look.heads and not asked:
        if found_lists := lists.named_lists(look, layout, documents):
            layout = found_lists
        elif 2 * len(unnamed := list(lists.tables_in(look, documents))) >= len(documents):
            raise _no_documents(source, names, [*unnamed, *tables], asking=True)
        elif unnamed:
            are = "may be tables, and each is" if len(unnamed) > 1 else "may be a table, and is"
            notes = (f"{some_of(unnamed, 3)} {are} read as one document, like the other files.",)
        else:
            notes = lists.unlabelled_note(look, documents)
    if not documents or (tables and len(documents) <= 3 and not layout.labelled):
        raise _no_documents(source, names, tables, lists.texts_in(look))
    texts = [data for _, data in read_tree(source, documents[:200], 1 << 18) if data]
    mails = sum(map(begins_as_mail, texts))
    layout = replace(layout, mails=not layout.lines and mails > 0 and mails >= 0.8 * len(texts))
    found = detect(b"".join(texts), whole=True)
    reason = layout_reason(layout)
    layout, sure = worded_layout(layout, documents)
    if not layout.lines:
        shown = [decoded(text, encoding or found.name, bool(encoding), Faults()).strip() for text in texts]
        layout = replace(layout, fields=fields_above(shown, layout.columns))
    portions = _portions(layout, documents) if complete else ()
    hints = Hints(aside=("label",), reason="by its name", doubt=(
        f"The folders are called like portions of a whole ({', '.join(portions[:4])}) and read as no labels. If they "
        "are the labels, choose 'label' as the label column.")) if portions else _word_hints(layout, documents, sure)
    reason = layout_reason(layout)
    if not complete:
        reason += f"; judged by its first {len(names):,} files, the rest is looked at when it is read"
    return Reading(
        source, "folder", partial(_chunks, layout), encoding or found.name, columns=layout.columns,
        rows=len(documents) if complete and not layout.lines else None,
        settle=None if complete or layout.lines else partial(_settled, layout),
        notes=(*_layout_note(layout, documents), *notes, *(() if encoding else encoding_notes(source, found))),
        reasons={"format": reason, "encoding": "as set" if encoding else found.reason}, hints=hints,
    ), layout


def _portions(layout: TreeLayout, documents: Sequence[str]) -> tuple[str, ...]:
    """The folders of labels that are called like portions of a whole and hold about as many ``documents`` each: part1,
    part2, ... or fold_1, ...; none where they are not."""
    placed = (layout.place(name) for name in documents) if layout.labelled and not layout.lines else ()
    sizes = Counter(found[0] for found in placed if found is not None and found[0])
    alike = len(sizes) > 1 and max(sizes.values()) <= 1.5 * min(sizes.values())
    return tuple(sizes) if alike and all(PORTION.fullmatch(PurePosixPath(name).name) for name in sizes) else ()


def _word_hints(layout: TreeLayout, documents: Sequence[str], sure: bool) -> Hints:
    """What is to be said where a word in each file's name may be its label; ``sure``: it is read as one."""
    if layout.word is None:
        return Hints()
    words = list(dict.fromkeys(map(layout.word, (PurePosixPath(name).stem for name in documents))))
    told = f"In the name of each file stands one of {len(words)} words ({some_of(words, 4)})"
    if sure:
        return Hints(label=("label",), reason="a word in each file's name", doubt=(
            f"{told}, which is read as its label. If it is none, set the label column to 'none'."))
    return Hints(aside=("label",), reason="by its name", doubt=(
        f"{told}, which is read as no label. If it is the label, choose 'label' as the label column."))


def _are_lines(head: Look) -> bool:
    """Whether a file holds many lines of a sentence or so."""
    lines = [line for line in head.lines if line.strip()]
    return len(lines) >= 5 and sum(map(len, lines)) <= 1_000 * len(lines)


def _layout_note(layout: TreeLayout, names: Sequence[str]) -> tuple[str, ...]:
    told = [f"The folders called like portions of a whole or by a time ({some_of(layout.portions, 4)}) are passed "
            "over: what stands beside them in the path is the label."] if layout.portions else []
    told += [f"The folder '{name}' is read as a label, as those beside it are. If it is a part of the corpus, put its "
             f"texts into a folder for each label, as in {name}/LABEL/1.txt."
             for name in layout.classes if PART_WORDS[name.lower()] != "train"]
    if layout.fields:
        told.append("What stands between two lines of --- above each text is no part of it, and read as columns: "
                    f"{some_of(layout.fields, 6)}.")
    if not layout.lines:
        return tuple(told)
    return (f"{len(names)} files are named like labels ({', '.join(names[:4])}): each line is read as a document with "
            "that label. If each file is one document, set the format to 'folder'.",)


def _settled(first: TreeLayout, reading: Reading, task: str) -> Generator[Event, None, Reading]:
    """``reading`` by the names of all files of a tar, of which it knows only the first; yields how far the ``task`` is.

    The folders that name the labels may come one after another: the first ones need not show that there are others.
    """
    files: dict[str, int] = {}
    yield from walk_files(reading.source, files, task)
    layout = replace(find_layout(list(files)), mails=first.mails, fields=first.fields)
    layout, _ = worded_layout(layout, layout.documents(files)) if first.word is not None else (layout, False)
    return replace(reading, read=partial(_chunks, layout), settle=None, columns=layout.columns,
                   rows=len(layout.documents(files)), reasons={**reading.reasons, "format": layout_reason(layout)})


def _no_documents(
    source: Source, names: Sequence[str], tables: Sequence[str], texts: Sequence[str] = (), *, asking: bool = False
) -> CorpusError:
    """What to do with a tree without documents; ``texts``: files that hold lines of text under other names.
    ``asking``: the files are not called tables, and may be texts after all."""
    path = source.path
    if files := tables or texts:
        advice = {
            "": "Choose one of them as the corpus; a second one can be its test file.",
            "zip-tree": f"Set the file in the archive (corpus.member) to one of them, for example {files[0]}; or "
            "unpack the archive, and a second file can be the test file.",
        }.get(source.compression, "Unpack the archive and choose one of them.")
    if tables:
        alike = len({PurePosixPath(name).suffix.lower() for name in tables}) == 1 < len(tables)
        if named_tables(dict.fromkeys(names, 1)):
            advice += (" If they are pieces of one table, or each holds the texts of one label, set the format to "
                       "'shards': they are then read as one table, whose column 'file' holds what each is called.")
        elif alike and not any(part_in(PurePosixPath(name).stem) for name in tables):
            advice += (" If they are pieces of one table, join them into one file first; if each holds the texts of "
                       "one label, with a column that says which.")
        if asking:
            advice += " If each of them is one text, set the format to 'folder'."
        return CorpusError(f"'{path.name}' holds tables ({some_of(tables, 5)}) rather than one text a file. {advice}")
    if texts:
        return CorpusError(f"'{path.name}' holds no .txt files with one text each, but {some_of(texts, 5)}. {advice}")
    kinds = Counter(_UNREAD.get(PurePosixPath(name).suffix.lower(), "") for name in names)
    what = max(kinds, key=lambda kind: kinds[kind], default="")
    advice = (f"The {what} in it are not read: save the text of each as a .txt file under the same name, and open the "
              "folder of these." if what else
              "A folder is read as one document a .txt file, best in a folder for each label, as in train/pos/1.txt.")
    return CorpusError(f"'{path.name}' holds no texts. {advice}")


def _chunks(layout: TreeLayout, reading: Reading, going: Pass, beside: str = "") -> Iterator[pl.DataFrame]:
    """The documents of a tree as frames; a file that vanished, may not be read or is binary is counted as skipped.

    :param beside: a table that is read otherwise.
    """
    faults, most = going.faults, going.most
    digest = hashlib.blake2b(digest_size=16)
    forced = reading.reasons["encoding"] == "as set"
    links: list[str] = []
    names = [] if reading.source.compression == "tar" else list(files_of(reading.source)[0])
    documents = [name for name in layout.documents(names) if name != beside]
    others = [name for name in names if layout.place(name) is None]
    going.unit = "documents"
    going.size = len(documents) if reading.rows is None else reading.rows
    lost: list[str] = []

    def rows() -> Iterator[list[str]]:
        for name, data in read_tree(reading.source, documents, most, links):
            if layout.place(name) is None or name == beside:
                others.append(name)
                continue
            going.position += 1
            if data is None or (is_binary(data[:65_536]) and not forced):
                lost.append(name)
                continue
            digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + data)
            going.given += len(data)
            text = _parsed(name, data, layout.mails, reading.encoding, forced, faults)
            for one in (line for line in text.split("\n") if line.strip()) if layout.lines else (text,):
                row = layout.row(name, one.strip() if layout.lines else one)
                if row is not None:
                    yield row
            if most is not None and going.given > most:
                return

    yield from frames_of(rows(), layout.columns, faults)
    faults.skipped += len(lost)
    if lost:
        faults.notes.append(f"{len(lost):,} files could not be read as text, the first of them {lost[0]}.")
    if links:
        passed = counted(len(links), "link was passed over", "links were passed over")
        faults.notes.append(f"{passed} (for example {links[0]}): of an archive only the files themselves are read. "
                            "Unpack it and open the folder to read what the links lead to.")
    faults.notes += left_aside([name for name in others if name != beside], layout)
    going.digest = digest.hexdigest()


def _parsed(name: str, data: bytes, mails: bool, encoding: str, forced: bool, faults: Faults) -> str:
    """One file's text: of a mail its subject and body, of a page what can be read on it."""
    if name.lower().endswith(".eml") or (mails and begins_as_mail(data)):
        return mail_text(data)
    text = decoded(data, encoding, forced, faults).strip()
    return html_text(text) if name.lower().endswith((".html", ".htm")) else text


def decoded(data: bytes, encoding: str, forced: bool, faults: Faults) -> str:
    """One file's text: UTF-8 where it is valid, otherwise in the tree's encoding or one of its own."""
    if not forced:
        try:
            text = data.decode("utf-8-sig")
            if "\0" not in text:
                return without_end(text.replace("\r\n", "\n"))
        except UnicodeDecodeError:
            pass
        if encoding == "utf-8" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = detect(data, whole=True).name
    decoder = TextDecoder(encoding)
    text = decoder.decode(data, final=True)
    faults.undecodable += decoder.undecodable
    return text.replace("\r\n", "\n")


def _rows_of(
    documents: Sequence[str], table: pl.DataFrame
) -> tuple[tuple[str, ...], dict[str, tuple[str | None, ...]]] | None:
    """The columns of ``table`` besides that which names the files, and each document's cells; None where not every
    document has one row, or the table has texts of its own."""
    for name in table.columns:
        called = [PurePosixPath((cell or "").strip().replace("\\", "/")).as_posix() for cell in table[name].to_list()]
        for key in _KEYS:
            keys = {document: key(PurePosixPath(document)) for document in documents}
            wanted = set(keys.values())
            rows = [row for row, cell in enumerate(called) if cell in wanted]
            others = [column for column in table.columns if column != name]
            if len(rows) == len(wanted) == len(documents) and others and not _TAKEN & set(others):
                cells = dict(zip((called[row] for row in rows), table.select(others)[rows].rows(), strict=True))
                if len(cells) == len(wanted):
                    return tuple(others), {document: cells[own] for document, own in keys.items()}
    return None


def _told_chunks(
    layout: TreeLayout, table: str, columns: Sequence[str], cells: dict[str, tuple[str | None, ...]], reading: Reading,
    going: Pass,
) -> Iterator[pl.DataFrame]:
    """The documents of a folder as frames, with what the ``table`` beside them says of each."""
    for frame in _chunks(layout, reading, going, beside=table):
        rows = [cells[name] for name in frame["file"].to_list()]
        told = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        yield frame.with_columns(told.get_columns()).select(reading.columns)
    if going.digest:
        text = "\n".join(f"{name}\0{own}" for name, own in sorted(cells.items()))
        going.digest = hashlib.blake2b(f"{going.digest}\n{text}".encode("utf-8", "surrogateescape"),
                                       digest_size=16).hexdigest()
