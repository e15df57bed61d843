"""How the names of many files say what each is: its label, its part, or that it is no document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath

from ulmengine.corpus.column_names import PART_WORDS, POLES, part_in, parts_of
from ulmengine.corpus.errors import some_of
from ulmengine.corpus.ordering import is_date
from ulmengine.counting import counted

from .front_matter import front_matter

_HASH = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)
_MAILDIR = re.compile(r":2,[A-Za-z]*$|/new/\d{9,}\.[^/]+\.[^/]+(?<!\.txt)$")
"""A mail in a Maildir: one that was seen in its folder cur, or one that was not in new."""
_ABOUT = re.compile(
    r"(read[-_ ]?me|licen[cs]e|copying|change(s|log)|authors|citation|notice|about|description)\b"
    r"|.*[\W_]read[-_]?me(?![^\W_])", re.IGNORECASE
)
_README = re.compile(r"^read[-_ ]?me(?![^\W_])|[\W_]read[-_]?me(?![^\W_])", re.IGNORECASE)
_CALLED = "called like a readme"
PORTION = re.compile(r"(?:part|fold|split|chunk|batch|subset|portion|cv)[-_ ]?\d+", re.IGNORECASE)
_DATED = re.compile(r"(?:19|20)\d\d(?:[-_.]?\d\d){0,2}|(?:page|seite|year|month|week|day)[-_ ]?\d+", re.IGNORECASE)
_GRADED = re.compile(r"\D*\d+[-_](\d\d?)")
_LETTERS = re.compile(r"[^\W\d_]+")
_LEAST_WORDED, _MOST_WORDS = 8, 20
"""Files that show that a word in their names is their label, at least; labels that such words are, at most."""
_NO_LABELS = frozenset(re.findall(r"\w+", """
    chapter part section page appendix preface scene act book volume vol issue img image scan screenshot dsc photo note
    notes file doc document text txt draft version copy day month week year session turn interview speaker participant
    person user letter mail email message kapitel teil seite band abschnitt chapitre partie tome capitulo parte kopie
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec januar februar märz mai juni juli oktober dezember okt dez monday tuesday wednesday thursday
    friday saturday sunday mon tue wed thu fri sat sun english german french spanish italian portuguese dutch russian
    chinese japanese korean arabic spring summer autumn fall winter
"""))
"""Words in the names of files that count, date or name what a file is, and not what its text is."""
_LEAFLETS = ("license", "licence", "copying", "changelog", "authors", "citation", "notice", "cmds")
DESCRIPTIONS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""What Hugging Face writes beside the files of a data set."""
DOCUMENT_SUFFIXES = ("", ".txt", ".text", ".md")
PARSED_SUFFIXES = (".html", ".htm", ".eml")
"""Documents where most files of a tree are such; read by a parser."""

TABLE_SUFFIXES = (
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".ods",
    ".gz", ".bz2", ".xz", ".zip",
)


@dataclass(frozen=True)
class TreeLayout:
    """How the names of a tree say what a file is.

    :param skip: how many leading folders all files share.
    :param labelled: whether folders name labels; then a file that lies in none is no document.
    :param parts: whether folders name the parts.
    :param shape: how the names of most documents end ("number", ".html", ...), so that others are none; "": any way.
    :param classes: folders named like a part that are classes beside others, such as "training" beside "nutrition".
    :param told: folders of which a word tells the part, as 20news-bydate-train beside 20news-bydate-test.
    :param lines: each line of a file is a document, labelled by the file's name: pos.txt and neg.txt.
    :param stems: the whole name before the suffix is that label, where ``lines``: sports.txt and politics.txt.
    :param mails: most files begin with the headers of a mail, whatever they are called, and are read as mails.
    :param leaflets: files called like a readme are documents too: most are called so.
    :param portions: folders such as fold1 in which, or above which, the folders of labels lie; they are passed over.
    :param word: finds the label in a file's name, where a word in it is the label: ham_001.txt.
    :param fields: what stands above the texts between lines of ---: of these it makes columns; None: nothing does.
    :param word_part: a word in a file's name tells its part: train_001.txt.
    """

    skip: int = 0
    labelled: bool = False
    parts: bool = False
    shape: str = ""
    classes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    lines: bool = False
    stems: bool = False
    mails: bool = False
    leaflets: bool = False
    portions: tuple[str, ...] = ()
    word: Callable[[str], str] | None = None
    word_part: bool = False
    fields: tuple[str, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that a tree becomes."""
        told = (*(("label",) if self.labelled else ()), *(("part",) if self.parts else ()))
        return ("text", *(self.fields or ()), *told, "file")

    def place(self, name: str) -> tuple[str, str] | None:
        """(label, part) of the file ``name``, None where it is no document."""
        path = PurePosixPath(name)
        if is_leaflet(path) and not self.leaflets:
            return None
        if self.lines:
            return _named(path, self.told, self.stems)
        shape = _shape(path)
        if shape not in (*DOCUMENT_SUFFIXES, "number", self.shape) or (self.shape and shape != self.shape):
            return None
        folders = _folders(path)[self.skip :]
        parts = [part_in(folder) if folder in self.told else folder for folder in folders if self.is_part(folder)]
        part = next(iter(parts), _word_part(path.stem) if self.word_part else "")
        own = [folder for folder in folders if not self.is_part(folder) and folder not in self.portions]
        if self.word is not None and part != "unlabelled":
            return self.word(path.stem), part
        unlabelled = any(PART_WORDS.get(one.lower()) == "unlabelled" for one in parts)
        if self.labelled and not own and not unlabelled:
            return None
        return ("", "unlabelled") if unlabelled else ("/".join(own), part)

    def documents(self, names: Iterable[str]) -> list[str]:
        """Those of the files ``names`` that are documents."""
        return [name for name in names if self.place(name) is not None]

    def is_part(self, folder: str) -> bool:
        """Whether a folder of this name is a part of the corpus."""
        return folder in self.told or (folder.lower() in PART_WORDS and folder not in self.classes)

    def row(self, name: str, text: str) -> list[str] | None:
        """The row of a document, None where ``name`` is none."""
        above = front_matter(text) if self.fields is not None else None
        told, text = above if above is not None else ({}, text)
        found = self.place(name)
        if found is None:
            return None
        label, part = found
        cells = (told.get(field, "") for field in self.fields or ())
        return [text, *cells, *((label,) if self.labelled else ()), *((part,) if self.parts else ()), name]


def _folders(path: PurePosixPath) -> tuple[str, ...]:
    """The folders above a file that were named by a person: cur and new are a Maildir's own."""
    own = path.parts[-2:-1] in (("cur",), ("new",)) and _MAILDIR.search(path.as_posix())
    return path.parts[: -2 if own else -1]


def _shape(path: PurePosixPath) -> str:
    """How a name ends: its suffix, or "number" where that is a number or a hash, as mails and 20 Newsgroups have it."""
    suffix = path.suffix.lower()
    if suffix[1:].isdigit() or _HASH.fullmatch(suffix[1:]) or _MAILDIR.search(path.as_posix()):
        return "number"
    return "number" if not suffix and any(c.isdigit() for c in path.name) else suffix


def _named(path: PurePosixPath, told: Sequence[str], stems: bool = False) -> tuple[str, str] | None:
    """(label, part) that a file's name and the folders above it tell, as pos.txt, test_neg.txt, rt-polarity.pos or
    train/ham.txt do; ``stems``: the whole name before the suffix is the label."""
    words = [] if stems else re.split(r"[\W_]+", path.name.lower())
    label = next((word for word in words if word in POLES), "")
    if stems and path.suffix.lower() in DOCUMENT_SUFFIXES:
        label = path.stem
    above = (part_in(name) if name in told else name.lower() for name in path.parts[:-1])
    part = next((word for word in (*words, *above) if PART_WORDS.get(word, "unlabelled") != "unlabelled"), "")
    return (label, part) if label else None


def polar_layout(names: Sequence[str]) -> TreeLayout | None:
    """The layout of a few files, each of which is named like the label of the texts on its lines."""
    files = [path for path in map(PurePosixPath, names) if not is_leaflet(path) and not is_about(path.as_posix())]
    poles = [{word for word in re.split(r"[\W_]+", path.name.lower()) if word in POLES} for path in files]
    if not 2 <= len(files) <= 12 or not all(len(words) == 1 for words in poles) or len(set(map(min, poles))) < 2:
        return None
    folders = {path.parts[:-1] for path in files}
    told = _told_parts([path.parts for path in files if path.parts[1:]])
    if len(folders) > 1 and not told and not all(any(name.lower() in PART_WORDS for name in parts)
                                                 for parts in folders):
        return None
    counted = len({path.suffix for path in files}) == 1  # quote.tok.gt9.5000 beside plot.tok.gt9.5000
    if not {_shape(path) for path in files} <= {"", ".txt", ".text", *(f".{word}" for word in POLES),
                                                *(("number",) if counted else ())}:
        return None
    parts = any((_named(path, told) or ("", ""))[1] for path in files)
    return TreeLayout(0, labelled=True, parts=parts, told=told, lines=True)


def find_layout(names: Sequence[str]) -> TreeLayout:
    """The layout of a tree with the files ``names`` (with / between folders)."""
    shape = _common_shape(names)
    documents = TreeLayout(shape=shape, leaflets=True).documents(names)
    own = [name for name in documents if not is_leaflet(PurePosixPath(name))]
    leaflets = 2 * len(own) < len(documents)
    folders = [_folders(PurePosixPath(name)) for name in (documents if leaflets else own)]
    if not folders:
        return TreeLayout()
    skip = 0
    while all(len(parts) > skip for parts in folders) and len({parts[skip] for parts in folders}) == 1:
        if folders[0][skip].lower() in PART_WORDS:
            break
        skip += 1
    rest = [parts[skip:] for parts in folders]
    layout = TreeLayout(skip, shape=shape, classes=_classes_named_like_parts(rest), told=_told_parts(rest),
                        leaflets=leaflets)
    within = {part for parts in rest for part in parts}
    layout = replace(layout, portions=_portions(rest, within, layout))
    return replace(layout, labelled=not all(map(layout.is_part, within)), parts=any(map(layout.is_part, within)))


def _portions(folders: Sequence[tuple[str, ...]], within: Collection[str], layout: TreeLayout) -> tuple[str, ...]:
    """Folders called like portions of a whole, each document in one, or by a time, beside others in each path that name
    its label; () where there are none."""
    dated = {name for name in within if _DATED.fullmatch(name) or (re.search(r"\d", name) and is_date(name))}
    dated |= {name for name in within if dated and (re.fullmatch(r"\d{1,2}", name) or is_date(name))}
    beside: dict[tuple[str, ...], set[str]] = {}
    for parts in set(folders):
        for place, name in enumerate(parts):
            beside.setdefault(parts[:place], set()).add(name)
    if any(names & dated and not all(name in dated or layout.is_part(name) for name in names)
           for names in beside.values()):
        dated = set()  # "1984" beside "Emma"
    portions = dated | set(filter(PORTION.fullmatch, within))
    left = {tuple(one for one in parts if not layout.is_part(one) and one not in portions)
            for parts in folders if parts}
    if () in left or not (len(left) > 1 if dated else all(map(portions.intersection, folders))):
        return ()
    return tuple(sorted(portions))


def worded_layout(layout: TreeLayout, documents: Sequence[str]) -> tuple[TreeLayout, bool]:
    """``layout``, whose folders name no labels, with those that a word in each of the names of its ``documents`` is,
    besides a counter, and whether they are labels rather than what counts, dates or names the files; with the parts
    that words tell. ``layout`` itself where words tell nothing."""
    stems = [PurePosixPath(name).stem for name in documents]
    if layout.labelled or layout.lines or len(stems) < _LEAST_WORDED:
        return layout, False
    told = {_word_part(stem) for stem in stems}
    if not layout.parts and "" not in told and "train" in told and len(told) > 1:
        layout = replace(layout, parts=True, word_part=True)
    poles = Counter(map(_pole, stems))
    if "" not in poles and 2 <= len(poles) <= _MOST_WORDS and min(poles.values()) > 1:
        return replace(layout, labelled=True, word=_pole), True
    grades = Counter(map(_grade, stems))
    if "" not in grades and 2 <= len(grades) <= 10 and len(stems) >= 4 * len(grades):
        return replace(layout, labelled=True, word=_grade), False
    common = frozenset[str].intersection(*(frozenset(_LETTERS.findall(stem)) for stem in stems))
    word = partial(_words_but, common)
    words = Counter(map(word, stems))
    if "" in words or not 2 <= len(words) <= _MOST_WORDS or len(stems) < 4 * len(words) or min(words.values()) < 2 or (
            not all(any(letter.isdigit() for letter in stem) for stem in stems)):
        return layout, False
    sure = all(one == one.lower() and len(one) > 2 and count >= 5 and not {*_LETTERS.findall(one)} & _NO_LABELS
               for one, count in words.items())
    return replace(layout, labelled=True, word=word), sure


def _pole(stem: str) -> str:
    """The one name of a label that begins or ends a file's name, with a "not" before it; "" where there is none, or
    another."""
    words = _LETTERS.findall(stem)
    places = [place for place, word in enumerate(words) if word.lower() in POLES]
    if len(places) != 1:
        return ""
    first = places[0] - (places[0] > 0 and words[places[0] - 1].lower() in ("not", "non"))
    edge = first == 0 or places[0] == len(words) - 1 or words[first - 1].lower() in PART_WORDS
    return "_".join(words[first : places[0] + 1]) if edge else ""


def _grade(stem: str) -> str:
    """The short number behind the counter in a file's name, as IMDb's ratings stand: 7 in 1043_7; "" for none."""
    match = _GRADED.fullmatch(stem)
    return match[1] if match else ""


def _words_but(common: frozenset[str], stem: str) -> str:
    """The words of a file's name without those that are ``common`` to all and those that tell the part."""
    return "_".join(word for word in _LETTERS.findall(stem) if word not in common and word.lower() not in PART_WORDS)


def _word_part(stem: str) -> str:
    """The part that a word of a file's name tells; "" for none."""
    return next((PART_WORDS[word] for word in map(str.lower, _LETTERS.findall(stem)) if word in PART_WORDS), "")


def _common_shape(names: Sequence[str]) -> str:
    """How the names of nearly all documents end where that tells them from a few others; "" where any will do."""
    shapes = Counter(_shape(PurePosixPath(name)) for name in names)
    known = {one: count for one, count in shapes.items() if one in ("number", *DOCUMENT_SUFFIXES, *PARSED_SUFFIXES)}
    best = max(known, key=lambda shape: known[shape], default="")
    rest = sum(known.values()) - known.get(best, 0)
    few = best == "number" and known[best] >= 10 and rest <= 0.2 * known[best]
    return best if best in PARSED_SUFFIXES or few else ""


def _classes_named_like_parts(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """A folder called "training" with texts right in it beside others with texts is a class, not a part; one called
    "test" or "dev" beside others, of hardly more texts, most of which are not called as labels are everywhere."""
    top = Counter(parts[0] for parts in folders if parts)
    named = [name for name in top if PART_WORDS.get(name.lower(), "unlabelled") != "unlabelled"]
    deeper = any(len(parts) > 1 and parts[0] in named for parts in folders)
    if len(named) != 1 or len(top) < 2 or deeper:
        return ()
    name = named[0].lower()
    count = top.pop(named[0])
    poles = 2 * sum(other.lower() in POLES or other.isdigit() for other in top) >= len(top)
    plain = not poles and name not in ("val", "eval")  # which no class is called
    alike = plain and 2 * count <= 3 * max(top.values())
    return tuple(named) if alike or PART_WORDS[name] == "train" else ()


def _told_parts(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Folders beside each other of which one word each tells the part, that for training among them."""
    inside: dict[str, set[str]] = {}
    for parts in folders:  # one for each document: once only
        if parts:
            inside.setdefault(parts[0], set()).update(parts[1:2])
    told = parts_of(inside)
    return tuple(told) if "train" in told.values() and len(set(told.values())) > 1 else ()


def layout_reason(layout: TreeLayout) -> str:
    """What a layout was understood to be."""
    reason = "folders name the labels" if layout.labelled else "a folder of texts without labels"
    if layout.fields and not layout.labelled:
        reason = "a folder of texts, and above each its fields"
    if layout.lines:
        reason = "each line of a file is a document, and the files' names are the labels"
    if layout.word is not None:
        reason = "a word in each file's name is the label"
    if layout.portions:
        reason += f", but for {some_of(layout.portions, 3)}"
    if layout.classes:
        reason += f", '{layout.classes[0]}' among them"
    reason += " and the parts" if layout.parts else ""
    return reason + ("; the files begin as mails do: their subject and text are read" if layout.mails else "")


def left_aside(names: Sequence[str], layout: TreeLayout) -> list[str]:
    """A sentence about the files that are no documents, by what they are."""
    if layout.lines:  # one that only tells about the others is none of them by its name alone
        names = [name for name in names if not is_about(name)]
    if not names:
        return []
    if layout.lines:
        files = counted(len(names), "file was", "files were")
        return [f"{files} left aside, as no label stands in the name (for example {names[0]})."]
    kinds = Counter(
        _CALLED if is_leaflet(PurePosixPath(name)) and not layout.leaflets
        else "named in another way than the documents" if layout.shape and _shape(PurePosixPath(name)) in ("", "number")
        else "outside of the folders that name the labels"
        if TreeLayout(leaflets=True).place(name) is not None and layout.labelled
        else PurePosixPath(name).suffix.lower() for name in names
    )
    shown = some_of([f"{count:,} {kind}" for kind, count in kinds.most_common()], 5)
    tables = [name for name in names if is_table(name)]
    if not layout.labelled and len(tables) == 1:
        return [f"'{tables[0]}' is a table beside the texts and was not read. If it holds their labels, write text and "
                "label into one table, or put each text into a folder named like its label."]
    if set(kinds) == {_CALLED}:
        files = counted(len(names), "file is", "files are")
        return [f"{files} {_CALLED} or licence and no document: left aside (for example {names[0]})."]
    files = counted(len(names), "file is no document and was", "files are no documents and were")
    return [f"{files} left aside ({shown}; for example {names[0]}): a document is a .txt file or has no suffix"
            + (", in a folder named like its label." if layout.labelled and layout.word is None else ".")]


def main_member(names: Sequence[str]) -> str:
    """The one file of an archive that is the corpus where the others only tell about it; "" where there is none."""
    telling = [name for name in names if is_about(name)]
    others = [name for name in names if name not in telling]
    tables = [name for name in others if is_table(name)]
    documents = TreeLayout().documents(name for name in others if name not in tables)
    if len(tables) == 1 and not find_layout(documents).labelled and len(documents) <= 3:
        return tables[0]
    return documents[0] if len(documents) == len(others) == 1 and telling else ""


def is_table(name: str) -> bool:
    """Whether a file is called like a table, or like what a table may be packed in."""
    return PurePosixPath(name).suffix.lower() in TABLE_SUFFIXES


def is_leaflet(path: PurePosixPath) -> bool:
    """Whether a file is called like what lies beside a corpus, even among its documents: README, LICENSE.txt, cmds."""
    return path.stem.lower() in _LEAFLETS or _README.search(path.name) is not None


def is_about(name: str) -> bool:
    """Whether a file tells about a corpus rather than being one."""
    path = PurePosixPath(name)
    return (path.suffix.lower() in (".pdf", ".html", ".htm") or path.name.lower() in DESCRIPTIONS
            or bool(_ABOUT.match(path.name)))
