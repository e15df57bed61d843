"""A failure as a card near its cause: what happened, what was kept, what to try, details to copy."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio import theme
from studio.theme import Type
from studio.words import words
from ulmengine.events import Failed

from .buttons import Button, IconButton
from .card import Card
from .cells import Lines
from .layouts import in_column, in_row
from .text_labels import IconLabel, Paragraph

DETAILS_HEIGHT = 180


class FailureCard(Card):
    """Hidden until :meth:`show_failure` is called."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.set_colors("error_soft", "error")
        self.failure: Failed | None = None
        self._title = Paragraph(step=Type.STRONG, muted=False)
        self._kept = Paragraph(muted=False)
        self._advice = Paragraph(muted=False)
        self._details = QPlainTextEdit(readOnly=True)
        self._details.setFont(theme.current().fixed_font(Type.SMALL))
        self._details.setFixedHeight(DETAILS_HEIGHT)
        self._details.setAccessibleName(self.tr("Technical details"))
        self._buttons = Lines()
        self._close = IconButton("close", self.tr("Close"))
        self._close.clicked.connect(self._dismiss)
        column = in_column(self._title, self._kept, self._advice, theme.XS, self._buttons, self._details)
        top = Qt.AlignmentFlag.AlignTop
        self.body.addLayout(in_row((IconLabel("warning", 20, "error"), 0, top), (column, 1), (self._close, 0, top),
                                   gap=theme.M))
        self.hide()

    def show_failure(self, failure: Failed, tries: list[tuple[str, Callable[[], None]]] | None = None) -> None:
        """Show ``failure``; ``tries``: buttons, each a text and what it does (the card closes afterwards)."""
        self.failure = failure
        title, kept, advice = (words(text) for text in (failure.title, failure.kept, failure.advice))
        self._title.setText(title)
        self._kept.setText(kept)
        self._kept.setVisible(bool(kept))
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice))
        self._details.setPlainText(failure.details)
        self._details.hide()
        self._fill_buttons(tries or [])
        self.setAccessibleName(f"{title}. {kept} {advice}")
        self.show()

    def clear(self) -> None:
        """The failure is of the past."""
        self.failure = None
        self.hide()

    def _fill_buttons(self, tries: list[tuple[str, Callable[[], None]]]) -> None:
        self._buttons.clear()
        for number, (text, action) in enumerate(tries):
            attempt = _TryButton(text, action, "primary" if number == 0 else "plain")
            attempt.tried.connect(self._dismiss)
            self._buttons.add(attempt)
        details = [(self.tr("Details"), "text", self._toggle)] if self._details.toPlainText() else []
        for text, icon, slot in (*details, (self.tr("Copy"), "copy", self._copy)):
            button = Button(text, icon, "quiet")
            button.clicked.connect(slot)
            self._buttons.add(button)
        before: QWidget = self._close
        for part in self._buttons.parts:  # made anew: Tab would come to them after the rest of the page
            QWidget.setTabOrder(before, part)
            before = part
        QWidget.setTabOrder(before, self._details)

    @Slot()
    def _dismiss(self) -> None:
        self.clear()
        self.dismissed.emit()

    @Slot()
    def _toggle(self) -> None:
        self._details.setVisible(not self._details.isVisibleTo(self))

    @Slot()
    def _copy(self) -> None:
        if self.failure is not None:
            parts = (self.failure.title, self.failure.kept, self.failure.advice, self.failure.details)
            QGuiApplication.clipboard().setText("\n\n".join(part for part in parts if part))


class _TryButton(Button):
    """A button that does ``action``, then says so."""

    tried = Signal()

    def __init__(self, text: str, action: Callable[[], None], role: str) -> None:
        super().__init__(text, role=role)
        self._action = action
        self.clicked.connect(self._do)

    @Slot()
    def _do(self) -> None:
        self._action()
        self.tried.emit()
