"""What was understood of a file, each part with its reason and open to correction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.fields import field
from studio.widgets import Cells, Label
from studio.widgets.layouts import as_widget, in_column
from studio.words import words
from ulmengine.config import NONE, CorpusConfig
from ulmengine.corpus import Understood
from ulmengine.corpus.readers.formats import FORMAT_NAMES
from ulmengine.corpus.readers.heading import column_names

from .choices import ChoiceBox, ColumnsBox

ENCODINGS = (
    "utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "iso8859-2", "cp1251", "koi8-r", "gbk", "gb18030", "big5",
    "shift_jis", "euc_jp", "euc_kr", "cp1254", "cp1257", "cp1258", "cp850", "utf-16-le", "utf-16-be",
)
DELIMITERS = (",", ";", "\t", "|")
LEAST = 138
"""Px that a list is wide at least: "Auto: utf-8" can be read in it."""
_DELIMITED = ("csv",)
_WITH_HEADER = ("csv", "excel")
_BINARY = ("parquet", "arrow", "excel")


class UnderstoodBar(Cells):
    """Format, encoding, delimiter, sheet, text and label columns of the file at hand."""

    corrected = Signal(object)
    """The person's correction: dotted setting names -> values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(LEAST, parent)
        self._cells: dict[str, QWidget] = {}
        self.format = self._combo("format", "corpus.format")
        self.encoding = self._combo("encoding", "corpus.encoding", typed=True)
        self.delimiter = self._combo("delimiter", "corpus.delimiter", typed=True)
        self.header = self._combo("header", "corpus.header")
        self.sheet = self._combo("sheet", "corpus.sheet")
        self.text = self._columns("text_columns", "corpus.text_columns")
        self.label = self._columns("label_columns", "corpus.label_columns", self.tr("No label"))
        self.label_delimiter = self._combo("label_delimiter", "corpus.label_delimiter", typed=True)

    def show_understood(self, found: Understood | None, config: CorpusConfig) -> None:
        """Show what was understood; ``config`` says which of it was set by hand."""
        columns = found.columns if found else ()
        reasons = found.reasons if found else {}
        kind = found.format if found else config.format
        self._fill(self.format, "format", FORMAT_NAMES, config.format, kind, reasons)
        self._fill(self.encoding, "encoding", ENCODINGS, config.encoding, found.encoding if found else "", reasons)
        self._fill(self.delimiter, "delimiter", DELIMITERS, config.delimiter, found.delimiter if found else "",
                   reasons, delimiter_words)
        self._fill(self.header, "header", ("yes", "no"), config.header.replace("auto", ""), _header_of(found), reasons,
                   yes_or_no)
        sheets = found.sheets if found else ()
        self._fill(self.sheet, "sheet", sheets, config.sheet, found.sheet if found else "", reasons)
        self._fill(self.label_delimiter, "label_delimiter", (NONE, *DELIMITERS, " "), config.label_delimiter,
                   (found.label_delimiter or NONE) if found else "", reasons, delimiter_words)
        self.text.show_columns(columns, found.text_columns if found else (), by_hand=bool(config.text_columns))
        self.label.show_columns(columns, found.label_columns if found else (), by_hand=bool(config.label_columns))
        self._explain(self.text, "corpus.text_columns", reasons.get("text_columns", ""))
        self._explain(self.label, "corpus.label_columns", reasons.get("label_columns", ""))
        self._show_column("encoding", kind not in _BINARY)
        self._show_column("delimiter", kind in _DELIMITED or bool(config.delimiter))
        self._show_column("header", kind in _WITH_HEADER)
        self._show_column("sheet", len(sheets) > 1 or bool(config.sheet))
        one = bool(found and len(found.label_columns) == 1)
        self._show_column("label_delimiter", one or bool(config.label_delimiter))

    def _combo(self, key: str, name: str, *, typed: bool = False) -> ChoiceBox:
        box = ChoiceBox(name, typed=typed)
        box.chosen.connect(self._set)
        self._place(key, name, box)
        return box

    def _columns(self, key: str, name: str, none: str = "") -> ColumnsBox:
        button = ColumnsBox(words(field(name).label), none)
        button.setObjectName(name)
        button.chosen.connect(self._chosen)
        self._place(key, name, button)
        return button

    def _place(self, key: str, name: str, widget: QWidget) -> None:
        label = Label(words(field(name).label), theme.Type.SMALL, muted=True)
        label.setBuddy(widget)
        label.setObjectName(f"{key}-caption")
        widget.setAccessibleName(words(field(name).label))
        cell = self._cells[key] = as_widget(in_column(label, widget, gap=2))
        self.add(cell)

    def _show_column(self, key: str, shown: bool) -> None:
        getattr(self, key.removesuffix("_columns")).setVisible(shown)
        self.set_shown(self._cells[key], shown)

    def _fill(
        self, box: ChoiceBox, key: str, choices: Sequence[str], wanted: str, in_force: str, reasons: dict[str, str],
        called: Callable[[str], str] = str,
    ) -> None:
        box.fill(choices, wanted, in_force, called)
        self._explain(box, box.objectName(), reasons.get(key, ""))

    def _explain(self, widget: QWidget, name: str, reason: str) -> None:
        tip = words(field(name).help)
        if reason:
            tip = self.tr("Why: {reason}.").format(reason=words(reason).rstrip(".")) + "\n" + tip
        widget.setToolTip(tip)
        widget.setAccessibleDescription(words(reason))

    @Slot(str)
    def _set(self, value: str) -> None:
        box = self.sender()
        if isinstance(box, ChoiceBox):
            name = box.objectName()
            self.corrected.emit({name: value or ("auto" if name == "corpus.header" else "")})

    @Slot(object)
    def _chosen(self, names: tuple[str, ...]) -> None:
        button = self.sender()
        if isinstance(button, ColumnsBox):
            self.corrected.emit({button.objectName(): names})


def _header_of(found: Understood | None) -> str:
    """Whether the first row was taken for names; where it was not, every column has only a number."""
    if found is None or not found.columns:
        return ""
    return "no" if found.columns == column_names((), len(found.columns)) else "yes"


def yes_or_no(value: str) -> str:
    """Whether the first row names the columns."""
    yes = QCoreApplication.translate("UnderstoodBar", "row 1")
    return yes if value == "yes" else QCoreApplication.translate("UnderstoodBar", "none")


def delimiter_words(delimiter: str) -> str:
    """A delimiter as a person calls it."""
    names = {
        NONE: QCoreApplication.translate("UnderstoodBar", "none"),
        ",": QCoreApplication.translate("UnderstoodBar", "comma  ,"),
        ";": QCoreApplication.translate("UnderstoodBar", "semicolon  ;"),
        "\t": QCoreApplication.translate("UnderstoodBar", "tab"),
        "|": QCoreApplication.translate("UnderstoodBar", "bar  |"),
        " ": QCoreApplication.translate("UnderstoodBar", "space"),
        "\n": QCoreApplication.translate("UnderstoodBar", "line break"),
        "><": "<a><b>",
    }
    return names.get(delimiter, delimiter.strip() or delimiter)
