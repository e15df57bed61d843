"""What is told of one model: its card, and the lines of Python that use it."""

from __future__ import annotations

import re

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QTextBrowser, QWidget

from studio import theme
from studio.pages.parts.quantities import size_words
from studio.theme import Type
from studio.widgets import Button, Tabs
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from ulmengine.models import ModelFile, facts, onnx_snippet, render_card, snippet

INDENT = 20
"""Px by which a list stands further in."""


class AboutModel(Tabs):
    """Nothing in a card is fetched or opened: it may come from anywhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = QTextBrowser(openLinks=False)
        self.card.setAccessibleName(self.tr("Card of the model"))
        self.code = QPlainTextEdit(readOnly=True)
        self.code.setFont(theme.current().fixed_font(Type.SMALL))
        self.code.setAccessibleName(self.tr("Python that uses the model"))
        self.copy = Button(self.tr("Copy"), "copy", "quiet")
        self.copy.clicked.connect(self._copy)
        python = in_column((self.code, 1), in_row(self.copy, STRETCH), gap=-1, margins=(0, theme.S, 0, 0))
        self.addTab(self.card, self.tr("Card"))
        self.addTab(as_widget(python), self.tr("Python"))

    def show_model(self, entry: ModelFile | None) -> None:
        """Tell of this one."""
        if entry is None:
            self.card.clear()
            self.code.clear()
            return
        about = entry.description
        if about is None:
            self.card.setPlainText(entry.problem)
            self.code.clear()
            return
        origin = {"file": str(entry.path), "size": size_words(entry.bytes)}
        # Words of a card are shown as they stand, also where they look like HTML.
        text = render_card(about.card, {**facts(about), **origin}).replace("&", "&amp;").replace("<", "&lt;")
        self.card.document().setIndentWidth(INDENT)
        self.card.setMarkdown(re.sub(r"^(#+ )", r"##\1", text, flags=re.MULTILINE))  # no larger than the page's heading
        code = snippet(entry.path, about)
        if about.kind == "classifier":
            code += "\n\n# after Export, ONNX:\n\n" + onnx_snippet(entry.path.with_suffix(".onnx"),
                                                                     counted=about.blend is not None)
        self.code.setPlainText(code)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.toPlainText())
