"""One setting of the project on the screen: label, editor, unit, and a way back to the usual value."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.fields import field
from studio.project import Project
from studio.theme import Type
from studio.words import help_of, words
from ulmengine.config import ConfigError, RunConfig

from .buttons import IconButton
from .cells import keep_place
from .editors import make_editor
from .in_view import focus_in_view
from .layouts import in_column, in_row
from .text_labels import ElidedLabel, Label, Paragraph

LABEL_WIDTH = 196
UNIT_WIDTH = 104


class ConfigField(QWidget):
    """Shows and changes the setting called ``name`` (dotted) of ``project``, and follows it.

    ``compact`` puts the label above the editor, for narrow columns.
    """

    def __init__(
        self, project: Project, name: str, *, compact: bool = False, label: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.project = project
        self.name = name
        self.field = field(name)
        self.editor = make_editor(self.field)
        self.label = ElidedLabel(label or words(self.field.label), Type.BODY)
        self.unit = ElidedLabel(words(self.field.counted(None)), Type.SMALL, muted=True)
        self.reset = IconButton("reset", self.tr("Back to the usual value"))
        keep_place(self.reset)
        self.said = Paragraph("", Type.SMALL, muted=False)
        self.said.hide()
        self._published: Any = None
        self.published = Label("", Type.SMALL, muted=True)
        self.published.hide()
        if compact:
            self.unit.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            top = in_row((self.label, 1), self.unit, self.reset)
            in_column(top, self.editor, self.published, self.said, inside=self, gap=2)
        else:
            self.label.setFixedWidth(LABEL_WIDTH)
            self.unit.setFixedWidth(UNIT_WIDTH)
            row = in_row(self.label, (self.editor, 1), self.unit, self.reset, gap=theme.M)
            in_column(row, self.published, self.said, inside=self, gap=2)
        self._name_controls()
        self.editor.edited.connect(self._edited)
        self.editor.refused.connect(self._say)
        self.reset.clicked.connect(self._reset)
        project.changed.connect(self._config_changed)
        self._show(project.value(name))

    def _name_controls(self) -> None:
        text, help_text = self.label.text(), help_of(self.field)
        unit = words(self.field.counted(None))
        if unit:
            text = f"{text} ({unit})"
        for widget in self.editor.controls():
            widget.setAccessibleName(text)
            widget.setAccessibleDescription(help_text)
            widget.setToolTip(_wrapped(help_text))
        self.label.set_help(_wrapped(help_text))
        self.reset.setAccessibleName(self.tr("{setting}: back to the usual value").format(setting=text))
        self.setFocusProxy(self.editor.controls()[0])

    def flash(self) -> None:
        """Take the focus in view, for a person who came here by searching."""
        focus_in_view(self.editor.controls()[0], self)

    @Slot(str)
    def _say(self, why: str) -> None:
        """Say below the editor what was not taken, until something else is."""
        self.said.setText(why)
        self.said.setVisible(bool(why))
        if why:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, why))

    @Slot(object)
    def _edited(self, value: Any) -> None:
        self._say("")
        try:
            self.project.change({self.name: value})
        except ConfigError as error:
            self._show(self.project.value(self.name))
            # Without what stands before the field anyway: where it is written, its name and what was entered.
            why = str(error).partition(f"{self.name} = ")[2].partition(": ")[2] or str(error)
            self._say(self.tr("Not taken: {why}.").format(why=why))

    @Slot()
    def _reset(self) -> None:
        self._edited(self.field.default)
        self.editor.controls()[0].setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _config_changed(self, config: RunConfig) -> None:
        del config
        self._say("")
        self._show(self.project.value(self.name))

    def _show(self, value: Any) -> None:
        self.editor.set_value(value)
        if self.field.zero:
            self.unit.setText(words(self.field.counted(value)))
        self.reset.setVisible(value != self.field.default)
        self.published.setVisible(self._published is not None and value != self._published)

    def set_published(self, value: float | bool) -> None:
        """Say below the editor that ``value`` was published, wherever another one is set."""
        self._published = value
        told = {True: self.tr("on"), False: self.tr("off")}[value] if isinstance(value, bool) else f"{value:g}"
        self.published.setText(self.tr("published: {value}").format(value=told))
        self._show(self.project.value(self.name))

    def show_in_force(self, value: Any) -> None:
        """Show ``value`` in place of the setting's own, which does not count as things are."""
        self.editor.set_value(value)
        if self.field.zero:
            self.unit.setText(words(self.field.counted(value)))
        self.reset.hide()


def _wrapped(text: str) -> str:
    """``text`` as rich text, which a tooltip wraps."""
    return f"<p>{escape(text)}</p>"
