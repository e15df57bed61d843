"""The settings of a schedule, only those that the chosen kind has."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from studio import theme
from studio.fields import all_fields
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Card, ConfigField
from ulmengine.config import RunConfig

COMMON = ("lr", "factor", "epochs")
ONLY = {
    "cut_frac": ("stlr",), "ratio": ("stlr", "clr", "sgdr"), "clr_mode": ("clr",), "cycles": ("clr", "sgdr"),
    "cycle_multiplier": ("sgdr",), "gamma": ("clr",), "pct_start": ("one_cycle",), "warmup": ("constant",),
}
"""Which kinds of schedule have a setting; "kind" itself always stands."""


class SettingsCard(Card):
    """A column of settings for the language model or the classifier."""

    def __init__(self, project: Project, shell: Shell, task: str, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.M, parent=parent)
        self.project = project
        self.shell = shell
        self.task = task
        self.fields: dict[str, ConfigField] = {}
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addWidget(self._area, 1)
        project.changed.connect(self._config_changed)
        self.set_task(task)

    def set_task(self, task: str) -> None:
        """Show the settings of ``task``."""
        self.task = task
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.S, 0)
        column.setSpacing(theme.M)
        self.fields = {}
        for name in self._names():
            row = ConfigField(self.project, name, compact=True)
            row.refused.connect(self._refused)
            column.addWidget(row)
            self.fields[name] = row
        column.addStretch(1)
        self._area.setWidget(inside)
        # The card's own surface shows through.
        inside.setAutoFillBackground(False)
        self._area.viewport().setAutoFillBackground(False)
        self._show_fitting(self.project.config)

    def _names(self) -> list[str]:
        own = [f"{self.task}.{name}" for name in (*COMMON, "stage_decay")]
        names = [f"{self.task}.schedule.kind", *own, *(f"{self.task}.schedule.{name}" for name in ONLY)]
        return [name for name in names if name in all_fields()]

    def _show_fitting(self, config: RunConfig) -> None:
        section = config.language_model if self.task == "language_model" else config.classifier
        for name, row in self.fields.items():
            kinds = ONLY.get(name.rpartition(".")[2])
            fits = kinds is None or section.schedule.kind in kinds
            if name.endswith(".gamma"):
                fits = fits and section.schedule.clr_mode == "exp_range"
            row.setVisible(fits)

    @Slot(object)
    def _config_changed(self, config: RunConfig) -> None:
        self._show_fitting(config)

    @Slot(str)
    def _refused(self, why: str) -> None:
        self.shell.toast(why, "warning")
