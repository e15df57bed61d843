"""Settings: how the program looks, on what it computes, where things are."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QPushButton, QWidget

from studio import theme
from studio.engine.process_host import ProcessHost
from studio.engine.thread_host import ThreadHost
from studio.fields import field
from studio.frame.awake import can_hold
from studio.frame.tray import can_tell
from studio.pages.base import Page
from studio.project import Project
from studio.settings import Preferences
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import Button, Card, ConfigForm, ElidedLabel, SectionTitle, make_editor, section_names
from studio.widgets.config_field import LABEL_WIDTH, UNIT_WIDTH
from studio.widgets.layouts import in_row
from studio.words import help_of, words

from .keys import KeysCard
from .storage import StorageCard

_PREFERENCES = {"device": "compute.device", "precision": "compute.precision", "threads": "compute.threads"}


class SettingsPage(Page):
    """What holds for the program, and what of the open project is about the machine."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        body = self.scrolling()
        body.addWidget(SectionTitle(self.tr("Settings"), page=True))
        body.addWidget(self._appearance())
        body.addWidget(self._training())
        self.project_card = Card(self.tr("This project"),
                                 below=self.tr("Its name, on what its runs compute, and what they keep."))
        self.form: ConfigForm | None = None
        body.addWidget(self.project_card)
        self.defaults = self._defaults()
        body.addWidget(self.defaults)
        self.keys = KeysCard(shell)
        body.addWidget(self.keys)
        self.storage = StorageCard(shell)
        body.addWidget(self.storage)
        body.addStretch(1)
        shell.projectChanged.connect(self._project_changed)
        shell.settings.changed.connect(self._settings_changed)
        self._project_changed(shell.project)
        self._settings_changed(shell.settings.values)

    def activated(self) -> None:
        self.storage.count()

    def _appearance(self) -> Card:
        card = Card(self.tr("Appearance"))
        row = in_row()
        self._modes = QButtonGroup(self)
        for mode, text, icon in (("system", self.tr("As the system"), "settings"), ("light", self.tr("Light"), "sun"),
                                 ("dark", self.tr("Dark"), "moon")):
            button = Button(text, icon)
            button.setCheckable(True)
            button.setProperty("mode", mode)
            self._modes.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._modes.buttonClicked.connect(self._mode_chosen)
        card.body.addLayout(row)
        return card

    def _training(self) -> Card:
        card = Card(self.tr("Training"))
        self.own_process = QCheckBox(self.tr("Run training in its own process"))
        self.own_process.setToolTip(self.tr(
            "Starts a few seconds later; memory always comes back, and a device that fails takes no window with it."))
        self.own_process.setAccessibleDescription(self.own_process.toolTip())
        self.own_process.clicked.connect(self._own_process_chosen)
        card.body.addWidget(self.own_process)
        card.body.addWidget(ElidedLabel(self.own_process.toolTip(), Type.SMALL, muted=True))
        self.keep_awake = self._switch(
            card, "keep_awake", self.tr("Keep the computer awake while training"),
            self.tr("It does not fall asleep while a run is alive; the screen may go dark."),
            can_hold(), self.tr("This system has no means for it (on Linux: systemd-inhibit)."),
        )
        self.notify = self._switch(
            card, "notify", self.tr("Tell on the desktop when a run is over"),
            self.tr("Only while you look at another window."),
            can_tell(), self.tr("This desktop has neither a tray nor notify-send."),
        )
        return card

    def _switch(self, card: Card, name: str, text: str, told: str, possible: bool, why_not: str) -> QCheckBox:
        """A preference to be switched on and off, with what it does, or why it cannot be had here."""
        box = QCheckBox(text)
        box.setProperty("preference", name)
        box.setEnabled(possible)
        box.setAccessibleDescription(told if possible else why_not)
        box.clicked.connect(self._switched)
        card.body.addSpacing(theme.S)
        card.body.addWidget(box)
        card.body.addWidget(ElidedLabel(told if possible else why_not, Type.SMALL, muted=True))
        return box

    def _defaults(self) -> Card:
        card = Card(self.tr("New projects"), below=self.tr("What a new project begins with."))
        self.editors = {}
        self.units: dict[str, ElidedLabel] = {}
        for name, setting in _PREFERENCES.items():
            editor = make_editor(field(setting))
            editor.setProperty("preference", name)
            editor.edited.connect(self._preference_edited)
            editor.refused.connect(self.shell.toast_error)
            self.editors[name] = editor
            label = ElidedLabel(words(field(setting).label))
            label.setFixedWidth(LABEL_WIDTH)
            for control in editor.controls():
                control.setAccessibleName(self.tr("{setting} of new projects").format(setting=label.text()))
                control.setAccessibleDescription(help_of(field(setting)))
                control.setToolTip(help_of(field(setting)))
            row = in_row(label, (editor, 1), gap=theme.M)
            if field(setting).zero:
                self.units[name] = ElidedLabel("", Type.SMALL, muted=True)
                self.units[name].setFixedWidth(UNIT_WIDTH)
                row.addWidget(self.units[name])
            else:
                row.addSpacing(UNIT_WIDTH + theme.M)
            card.body.addLayout(row)
        return card

    @Slot(object)
    def _project_changed(self, project: Project | None) -> None:
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        self.project_card.setVisible(project is not None)
        if project is not None:
            self.form = ConfigForm(project, ["name", "seed", *section_names("compute."), *section_names("saving.")])
            self.project_card.body.addWidget(self.form)
            self._read_on()

    def _read_on(self) -> None:
        """Let Tab come to the cards below the form after it: Qt goes by when a widget got its parent."""
        for card in (self.defaults, self.keys, self.storage):
            place = self.body.indexOf(card)
            card.setParent(None)
            self.body.insertWidget(place, card)

    @Slot(object)
    def _settings_changed(self, values: Preferences) -> None:
        for button in self._modes.buttons():
            button.setChecked(button.property("mode") == values.theme)
        for name, editor in self.editors.items():
            editor.set_value(getattr(values, name))
            if name in self.units:
                self.units[name].setText(words(field(_PREFERENCES[name]).counted(getattr(values, name))))
        self.own_process.setChecked(values.own_process)
        self.keep_awake.setChecked(values.keep_awake and self.keep_awake.isEnabled())
        self.notify.setChecked(values.notify and self.notify.isEnabled())

    @Slot(QPushButton)
    def _mode_chosen(self, button: QPushButton) -> None:
        mode: theme.Mode = button.property("mode")
        self.shell.settings.change(theme=mode)
        theme.current().change(mode)

    @Slot(bool)
    def _switched(self, checked: bool) -> None:
        box = self.sender()
        if box is not None:
            self.shell.settings.change(**{str(box.property("preference")): checked})

    @Slot(bool)
    def _own_process_chosen(self, checked: bool) -> None:
        self.shell.settings.change(own_process=checked)
        self.shell.run.make_host = ProcessHost if checked else ThreadHost
        if self.shell.busy:
            self.shell.toast(self.tr("From the next run on."))

    @Slot(object)
    def _preference_edited(self, value: Any) -> None:
        editor = self.sender()
        if editor is not None:
            self.shell.settings.change(**{str(editor.property("preference")): value})
