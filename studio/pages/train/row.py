"""A row of buttons that keeps within its room: what has none waits in a menu. The focus stays where the work is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from studio import theme
from studio.widgets import OnePress


class FittingRow(QWidget):
    """Widgets side by side, of which some are wanted at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.S)
        self._widgets: tuple[QWidget, ...] = ()
        self._stand_ins: Mapping[QWidget, QAction] = {}
        self._leading: tuple[QWidget, ...] = ()
        self._one_place: tuple[QWidget, ...] = ()
        self._wanted: frozenset[QWidget] = frozenset()
        self._resting: frozenset[QWidget] = frozenset()
        self._rested: frozenset[QWidget] = frozenset()
        self._room = 0

    def fill(self, widgets: Sequence[QWidget], stand_ins: Mapping[QWidget, QAction],
             leading: Sequence[QWidget], one_place: Sequence[QWidget]) -> None:
        """Put ``widgets`` into the row.

        :param stand_ins: the entry of a menu that stands in for a widget which has no room; the first leaves first.
        :param leading: those to which the focus goes when the one that has it goes, the first that is there.
        :param one_place: neighbours of which one is shown at a time: all are as wide as the widest, so that what lies
            beside them stays where it is.
        """
        self._widgets, self._stand_ins, self._leading = tuple(widgets), stand_ins, tuple(leading)
        self._one_place = tuple(one_place)
        for widget in widgets:
            self._row.addWidget(widget)
        self._presses = OnePress(self, [widget for widget in widgets if isinstance(widget, QAbstractButton)])
        self.show_wanted(widgets)

    def show_wanted(self, wanted: Collection[QWidget], resting: Collection[QWidget] = ()) -> None:
        """Show these and no others, as far as there is room; those that are ``resting`` cannot be used."""
        self._wanted, self._resting = frozenset(wanted), frozenset(resting)
        self._fit()

    def is_wanted(self, widget: QWidget) -> bool:
        """Whether ``widget`` can be pressed, in the row or in the menu."""
        return widget in self._wanted and widget.isEnabled()

    def set_room(self, width: int) -> None:
        """Keep the row within ``width``, as far as widgets with a stand-in can leave it."""
        self._room = width
        self._fit()

    def _fit(self) -> None:
        widest = max((widget.sizeHint().width() for widget in self._one_place), default=0)
        for widget in self._one_place:
            widget.setMinimumWidth(widest)
        shown = self._fitting()
        for widget, action in self._stand_ins.items():
            action.setVisible(widget in self._wanted and widget not in shown)
            if widget in self._rested | self._resting:
                action.setEnabled(widget not in self._resting)
        for widget in (widget for widget in self._widgets if widget in shown):
            widget.setVisible(True)
        for widget in self._rested - self._resting:
            widget.setEnabled(True)
        self._keep_focus(shown - self._resting)
        for widget in self._widgets:
            widget.setVisible(widget in shown)
        for widget in self._resting:
            widget.setEnabled(False)
        self._rested = self._resting

    def _fitting(self) -> set[QWidget]:
        shown = set(self._wanted)
        width = sum(_width(widget) for widget in shown) + theme.S * (len(shown) - 1)
        for widget in self._stand_ins:
            if self._room and width > self._room and widget in shown:
                shown.remove(widget)
                width -= _width(widget) + theme.S
        return shown

    def _keep_focus(self, shown: set[QWidget]) -> None:
        """A widget that goes hands the focus to the leading one, or to the row until there is one again."""
        held = self.window().focusWidget()
        if held is not self and (held not in self._widgets or held in shown):
            return
        heir = next((widget for widget in self._leading if widget in shown), self)
        if heir is not held:
            heir.setFocus(Qt.FocusReason.OtherFocusReason)


def _width(widget: QWidget) -> int:
    return widget.sizeHint().expandedTo(widget.minimumSize()).width()
