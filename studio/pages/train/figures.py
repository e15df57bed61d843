"""Four small plots: accuracy, perplexity, gradient norm, throughput, each with its newest figure."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.plots.history import RunHistory
from studio.plots.look import figure
from studio.plots.small_plot import SmallPlot, figures
from studio.theme import Type
from studio.widgets import ElidedLabel, Label

from .words import percent

HEIGHT = 70


class Figures(QWidget):
    """The small plots in two rows."""

    def __init__(self, history: RunHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots: list[SmallPlot] = []
        self.values: list[Label] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.M)
        grid.setVerticalSpacing(theme.S)
        for number, shown in enumerate(figures()):
            plot, value = SmallPlot(history, shown), Label("", Type.SMALL, numbers=True)
            plot.setFixedHeight(HEIGHT)
            head = QHBoxLayout()
            head.addWidget(ElidedLabel(shown.title, Type.SMALL, muted=True), 1)
            head.addWidget(value)
            cell = QVBoxLayout()
            cell.setSpacing(2)
            cell.addLayout(head)
            cell.addWidget(plot)
            grid.addLayout(cell, number // 2, number % 2)
            self.plots.append(plot)
            self.values.append(value)
        self.mark()

    def set_history(self, history: RunHistory) -> None:
        """Show another run."""
        for plot in self.plots:
            plot.set_history(history)
        self.mark()

    def mark(self) -> None:
        """The history has grown."""
        for plot, label in zip(self.plots, self.values, strict=True):
            plot.mark()
            value = plot.value()
            share = plot.shown.key == "accuracy" and value is not None
            label.setText(percent(value) if share and value is not None else figure(value))
