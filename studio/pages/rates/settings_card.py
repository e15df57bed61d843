"""The settings of one task: its schedule, and behind folds batches, optimizer and loss; only those that count."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio import theme
from studio.fields import all_fields
from studio.pages.parts.published import PublishedButton
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Card, ConfigField, Fold
from studio.widgets.layouts import in_column, scrolling
from ulmengine.config import RunConfig
from ulmengine.config.published import RATES

from .schedule_card import section_of

COMMON = ("lr", "factor", "epochs")
ONLY = {
    "cut_frac": ("stlr",), "ratio": ("stlr", "clr", "sgdr"), "clr_mode": ("clr",), "cycles": ("clr", "sgdr"),
    "cycle_multiplier": ("sgdr",), "gamma": ("clr",), "pct_start": ("one_cycle",), "warmup": ("constant",),
}
"""Which kinds of schedule have a setting; "kind" itself always stands."""

ONLY_OPTIMIZER = {
    "beta1": ("adamw", "adam", "sgd"), "beta2": ("adamw", "adam"), "eps": ("adamw", "adam"),
    "weight_decay": ("adamw", "sgd", "nt_asgd"), "nonmonotone": ("nt_asgd",),
}
"""Which optimizers have a setting."""

GROUPS = {
    "batches": ("batch_size", "bptt", "jitter", "early_stopping"),
    "optimizer": tuple(f"optimizer.{name}" for name in (
        "kind", "weight_decay", "clip", "accumulation", "beta1", "beta2", "eps", "nonmonotone")),
    "loss": ("class_weights", "consistency", "label_smoothing", "loss", "focal_gamma", "freeze_batch_norm", "alpha",
             "beta", "softmax"),
}
"""What stands behind each fold; a task has those of them that it knows."""
LATER_MS = 10
"""Before it is made, so that the page is painted in a turn of its own."""


class SettingsCard(Card):
    """A column of settings for the language model or the classifier."""

    def __init__(self, project: Project, shell: Shell, task: str, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.M, parent=parent)
        self.project = project
        self.shell = shell
        self.task = task
        self._fields: dict[str, ConfigField] = {}
        self._later: list[tuple[str, QVBoxLayout]] = []
        self.folds: dict[str, Fold] = {}
        self._open: set[str] = set()
        self._pretrained = True
        self._area = scrolling(QWidget())
        self.published = PublishedButton(project, RATES)
        self.body.addWidget(self.published, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._area, 1)
        project.changed.connect(self._show_fitting)
        self.set_task(task)

    def set_pretrained(self, pretrained: bool) -> None:
        """Whether the run's language model starts from trained weights. One that does not has no lower layers worth
        sparing: all of them learn at one rate, and there is no factor between them to be set. Nor has it weights of
        before, towards which the classifier could begin."""
        self._pretrained = pretrained
        self._show_fitting(self.project.config)

    def set_task(self, task: str) -> None:
        """Show the settings of ``task``; the folds stay as they are."""
        self._open |= {key for key, fold in self.folds.items() if fold.opened}
        self._open -= {key for key, fold in self.folds.items() if not fold.opened}
        self.task = task
        inside = QWidget()
        column = in_column(inside=inside, gap=theme.M, margins=(0, 0, theme.S, 0))
        self._fields, self.folds, self._later = {}, {}, []
        shape = (f"schedule.{name}" for name in ONLY)
        for name in self._known(("schedule.kind", *COMMON, "refit", "interpolate", "stage_decay", *shape)):
            self._add(name, column)
        titles = self._titles()
        for key, names in GROUPS.items():
            fold = self.folds[key] = Fold(titles[key])
            self._later += [(name, fold.body) for name in self._known(names)]
            fold.unfold(key in self._open)
            column.addWidget(fold)
        column.addStretch(1)
        self._area.setWidget(inside)
        # The card's own surface shows through.
        inside.setAutoFillBackground(False)
        self._area.viewport().setAutoFillBackground(False)
        self.published.mark(self._fields.values())
        self._show_fitting(self.project.config)
        QTimer.singleShot(LATER_MS, self, self._complete)  # the page is on the screen by then

    @property
    def fields(self) -> dict[str, ConfigField]:
        """The settings by their dotted names, those behind folds as well."""
        self._complete()
        return self._fields

    @Slot()
    def _complete(self) -> None:
        """Make what stands behind the folds."""
        if self._later:
            later, self._later = self._later, []
            for name, column in later:
                self._add(name, column)
            self.published.mark(self._fields.values())
            self._show_fitting(self.project.config)

    def show_setting(self, name: str) -> bool:
        """Bring the setting with the dotted ``name`` into view; False where the task, as it is set, has no use for
        it."""
        row = self.fields.get(name)
        if row is None or row.isHidden():
            return False
        for fold in self.folds.values():
            if fold.isAncestorOf(row):
                fold.unfold(True)
        row.flash()
        self._area.ensureWidgetVisible(row)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whoever goes through the settings with the tab key sees where they are."""
        if event.type() == QEvent.Type.FocusIn and isinstance(watched, QWidget):
            self._area.ensureWidgetVisible(watched)
        return super().eventFilter(watched, event)

    def _titles(self) -> dict[str, str]:
        return {"batches": self.tr("Batches"), "optimizer": self.tr("Optimizer"),
                "loss": self.tr("Loss and regularisation")}

    def _known(self, names: tuple[str, ...]) -> list[str]:
        whole = [f"{self.task}.{name}" for name in names]
        return [name for name in whole if name in all_fields()]

    def _add(self, name: str, column: QVBoxLayout) -> None:
        row = ConfigField(self.project, name, compact=True)
        for control in row.editor.controls():
            control.installEventFilter(self)
        column.addWidget(row)
        self._fields[name] = row

    @Slot(object)
    def _show_fitting(self, config: RunConfig) -> None:
        section = section_of(config, self.task)
        useless = set() if self._pretrained else {"language_model.factor", "language_model.interpolate"}
        if config.model.head_hidden:  # a head that does not begin as a regression
            useless.add("language_model.interpolate")
        for name, row in self._fields.items():
            row.setHidden(name in useless or not fits(section, name.partition(".")[2]))


def fits(section: Any, name: str) -> bool:
    """Whether the setting ``name`` (below the task) counts as the task is set."""
    part, _, last = name.rpartition(".")
    if part == "schedule":
        kind = section.schedule.kind
        return kind in ONLY.get(last, (kind,)) and (last != "gamma" or section.schedule.clr_mode == "exp_range")
    if part == "optimizer":
        kind = section.optimizer.kind
        return kind in ONLY_OPTIMIZER.get(last, (kind,))
    return last != "focal_gamma" or section.loss == "focal"
