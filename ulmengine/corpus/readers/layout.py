"""How the names of many files say what each is: its label, its part, or that it is no document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ulmengine.corpus.guess import PARTS

_ABOUT = re.compile(
    r"(read[-_ ]?me|licen[cs]e|copying|change(s|log)|authors|citation|notice|about|description)\b", re.IGNORECASE
)
DOCUMENT_SUFFIXES = ("", ".txt", ".text", ".md")
TABLE_SUFFIXES = (
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls", ".ods", ".gz", ".bz2", ".xz", ".zip",
)


@dataclass(frozen=True)
class Layout:
    """How the names of a tree say what a file is.

    :param skip: how many leading folders all files share.
    :param labelled: whether folders name labels; then a file that lies in none is no document.
    :param parts: whether folders name the parts.
    """

    skip: int = 0
    labelled: bool = False
    parts: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that a tree becomes."""
        return ("text", *(("label",) if self.labelled else ()), *(("part",) if self.parts else ()), "file")

    def place(self, name: str) -> tuple[str, str] | None:
        """(label, part) of the file ``name``, None where it is no document."""
        path = PurePosixPath(name)
        if path.suffix.lower() not in DOCUMENT_SUFFIXES and not _is_number(path.suffix[1:]):
            return None
        folders = path.parts[self.skip : -1]
        part = next((folder for folder in folders if folder.lower() in PARTS), "")
        own = [folder for folder in folders if folder.lower() not in PARTS]
        unlabelled = any(PARTS.get(folder.lower()) == "unlabelled" for folder in folders)
        if self.labelled and not own and not unlabelled:
            return None
        return ("", "unlabelled") if unlabelled else ("/".join(own), part)

    def row(self, name: str, text: str) -> list[str] | None:
        """The row of a document, None where ``name`` is none."""
        found = self.place(name)
        if found is None:
            return None
        label, part = found
        return [text, *((label,) if self.labelled else ()), *((part,) if self.parts else ()), name]


def find_layout(names: Sequence[str]) -> Layout:
    """The layout of a tree with the files ``names`` (with / between folders)."""
    folders = [PurePosixPath(name).parts[:-1] for name in names if Layout().place(name) is not None]
    if not folders:
        return Layout()
    skip = 0
    while all(len(parts) > skip for parts in folders) and len({parts[skip] for parts in folders}) == 1:
        if folders[0][skip].lower() in PARTS:
            break
        skip += 1
    rest = [parts[skip:] for parts in folders]
    labels = {part for parts in rest for part in parts if part.lower() not in PARTS}
    return Layout(skip, len(labels) > 0, any(part.lower() in PARTS for parts in rest for part in parts))


def _is_number(text: str) -> bool:
    """A file called 54.12 has no suffix, only a number (20 Newsgroups)."""
    return text.isdigit()


def layout_reason(layout: Layout) -> str:
    """What a layout was understood to be."""
    reason = "folders name the labels" if layout.labelled else "a folder of texts without labels"
    return reason + (" and the parts" if layout.parts else "")


def left_aside(names: Sequence[str], layout: Layout) -> list[str]:
    """A sentence about the files that are no documents, by what they are."""
    if not names:
        return []
    kinds = Counter(
        "outside of the folders that name the labels" if Layout().place(name) is not None and layout.labelled
        else PurePosixPath(name).suffix.lower() for name in names
    )
    shown = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(5)) + (", ..." if len(kinds) > 5 else "")
    files = "1 file is no document and was" if len(names) == 1 else f"{len(names):,} files are no documents and were"
    return [f"{files} left aside ({shown}; for example {names[0]}): a document is a .txt file or has no suffix"
            + (", in a folder named like its label." if layout.labelled else ".")]


def main_member(names: Sequence[str]) -> str:
    """The one file of an archive that is the corpus where the others only tell about it; "" where there is none."""
    telling = [name for name in names if _is_about(name)]
    others = [name for name in names if name not in telling]
    tables = [name for name in others if PurePosixPath(name).suffix.lower() in TABLE_SUFFIXES]
    documents = [name for name in others if name not in tables and Layout().place(name) is not None]
    if len(tables) == 1 and not find_layout(documents).labelled and len(documents) <= 3:
        return tables[0]
    return documents[0] if len(documents) == 1 and telling and not tables else ""


def _is_about(name: str) -> bool:
    """Whether a file tells about a corpus rather than being one."""
    path = PurePosixPath(name)
    return path.suffix.lower() in (".pdf", ".html", ".htm") or bool(_ABOUT.match(path.name))
