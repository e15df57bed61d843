"""The row of buttons of the train page, shown and hidden as :class:`~studio.shown.Offers` says. It keeps within its
room: what has none waits in a menu. The focus stays where the work is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QMenu, QWidget

from studio import theme
from studio.shown.offers import Offers
from studio.widgets import Button, IconButton, OnePress, PrimaryButton
from studio.widgets.layouts import in_row

from .going_back import Point


class FittingRow(QWidget):
    """Widgets side by side, of which some are wanted at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = in_row(inside=self)
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

    def lead(self, away: Collection[QWidget]) -> None:
        """Let the focus, where it has come to one of these as the page was shown, be on the leading one."""
        if self.window().focusWidget() in away:
            heir = next((one for one in self._leading if one.isVisibleTo(self) and one.isEnabled()), self)
            heir.setFocus(Qt.FocusReason.OtherFocusReason)

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


class TrainButtons(FittingRow):
    """What can be asked of the run. Going back lists what there is when its menu opens."""

    stepWanted = Signal(str)
    """One "batch", "epoch" or "stage"."""
    goBackWanted = Signal(object)
    """A :class:`~studio.pages.train.going_back.Point`."""
    branchWanted = Signal(object)
    """The same, for a new run to begin there."""
    runChosen = Signal(object)
    """One of what :meth:`set_runs` was given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("What can be asked of the run"))
        self._finishes = False
        self._make_buttons()
        self._make_menus()
        leading = (self.resume, self.pause, self.start, self.anew)
        self.fill((self.between, self.back, self.step, self.next_stage, self.finish, self.anew, self.stop,
                   self.pause, self.resume, self.start, self.place, self.more), self._stand_ins_in(self.more_menu),
                  leading, one_place=(self.pause, self.resume, self.start, self.place))
        self._add_more()

    def _make_buttons(self) -> None:
        self.between = QCheckBox(self.tr("Pause between stages"))
        self.between.setToolTip(self.tr("Wait after each stage, so that the next can be looked at first"))
        self.start = PrimaryButton(self.tr("Start"), "play")
        self.resume = PrimaryButton(self.tr("Resume"), "play")
        self.pause = PrimaryButton(self.tr("Pause"), "pause")
        self.place = QWidget()  # where these stand, while a failure's card has the button to go on
        self.anew = Button(self.tr("Start a new run"), "repeat")
        self.next_stage = Button(self.tr("Next stage"), "next-stage")
        self.next_stage.setToolTip(self.tr("End this stage after the step in hand and go on with the next"))
        self.finish = Button(self.tr("Finish now"), "flag")
        self.stop = Button(self.tr("Stop"), "stop")
        self.stop.setToolTip(self.tr("Finish the step in hand, save, and stop. The run can go on later."))
        self.step = Button(self.tr("Step"), "step")
        self.back = IconButton("undo", self.tr("Go back to a checkpoint, or repeat a stage"))
        self.more = IconButton("more", self.tr("More: other runs, and this one as a file"), color="text")

    def _make_menus(self) -> None:
        self.step_menu = QMenu(self.tr("Step"), self)
        for size, text in (("batch", self.tr("One batch")), ("epoch", self.tr("To the end of the epoch")),
                           ("stage", self.tr("To the end of the stage"))):
            _add(self.step_menu, text, size, self.stepWanted)
        self.step.setMenu(self.step_menu)
        self.back_menu = QMenu(self.tr("Go back to a checkpoint, or repeat a stage"), self)
        self.more_menu = QMenu(self, toolTipsVisible=True)
        for button, menu in ((self.back, self.back_menu), (self.more, self.more_menu)):
            button.setMenu(menu)
            button.setPopupMode(button.ToolButtonPopupMode.InstantPopup)

    def _stand_ins_in(self, menu: QMenu) -> dict[QWidget, QAction]:
        """Entries of ``menu`` for the buttons that may be left without room; what is missed least leaves first."""
        between, finish = menu.addAction(self.between.text()), menu.addAction(self.finish.text())
        between.setCheckable(True)
        between.toggled.connect(self.between.setChecked)
        self.between.toggled.connect(between.setChecked)
        finish.triggered.connect(self.finish.click)
        step, back = menu.addMenu(self.step_menu), menu.addMenu(self.back_menu)
        next_stage = menu.addAction(self.next_stage.text())
        next_stage.triggered.connect(self.next_stage.click)
        self._finish_entry = finish
        return {self.between: between, self.finish: finish, self.step: step, self.back: back,
                self.next_stage: next_stage}

    def _add_more(self) -> None:
        self.more_menu.addSeparator()
        self.runs_menu = self.more_menu.addMenu(self.tr("Show another run"))
        self.open = self.more_menu.addAction(self.tr("Open a run folder…"))
        self.export = self.more_menu.addAction(self.tr("Export this run…"))
        self.import_run = self.more_menu.addAction(self.tr("Import a run…"))

    def show_offers(self, offered: Offers, *, own: bool, told: bool = False, complete: bool = False) -> None:
        """Show what is offered, hide the rest. One button is the primary one.

        While the run is alive all that can be asked of it keeps its place, whatever may be asked just then.

        :param own: this program is carrying the run out.
        :param told: a failure says already what to do. :param complete: the result is there, which has its own.
        """
        second = offered.start and (offered.resume or told or complete)
        self._offer_finish(offered)
        alive = own and not offered.start
        held = alive and offered.resume
        self._finishes = offered.finish or offered.too_early or (alive and self._finishes)
        wanted = {
            self.start: offered.start and not second, self.anew: second,
            self.resume: (held or (offered.start and offered.resume)) and not told,
            self.pause: alive and not held, self.place: held and told, self.stop: alive,
            self.next_stage: alive or offered.next_stage, self.finish: self._finishes,
            self.step: alive or offered.step, self.back: alive or offered.go_back, self.between: alive, self.more: True,
        }
        resting = {self.pause: not offered.pause, self.stop: not offered.stop, self.next_stage: not offered.next_stage,
                   self.step: not offered.step, self.back: not offered.go_back}
        self.show_wanted([button for button, yes in wanted.items() if yes],
                         [button for button, yes in resting.items() if yes and alive])

    def _offer_finish(self, offered: Offers) -> None:
        why = self.tr("There is no classifier to finish with yet: so far only the language model has learnt. "
                      "The classifier comes after it.") if offered.too_early else \
            self.tr("Finish now with the best weights so far: the stages that are left are not trained, the classifier "
                    "is measured and saved")
        for one in (self.finish, self._finish_entry):
            one.setEnabled(offered.finish)
            one.setToolTip(why)
        self.finish.setAccessibleDescription(why)

    @Slot()
    def open_back_menu(self) -> None:
        """List the checkpoints to go back to, below the buttons, whether theirs has room or not."""
        self.back_menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def set_points(self, points: list[Point]) -> None:
        """Fill the menu with ``points``, and with the same once more for a new run to be branched off there."""
        self.back_menu.clear()
        for point in points:
            _add(self.back_menu, str(point), point, self.goBackWanted)
        if points:
            self.back_menu.addSeparator()
            self.branch_menu = self.back_menu.addMenu(self.tr("Branch a new run from here"))
            for point in points:
                if point.place:
                    place = point.place[:1].upper() + point.place[1:]
                    _add(self.branch_menu, place, point, self.branchWanted)
        else:
            self.back_menu.addAction(self.tr("There is no checkpoint yet")).setEnabled(False)

    def set_runs(self, runs: list[tuple[str, object]]) -> None:
        """Fill the menu of the runs with ``runs``: what each is called, and what stands for it."""
        self.runs_menu.clear()
        for words, run in runs:
            _add(self.runs_menu, words, run, self.runChosen)
        if not runs:
            self.runs_menu.addAction(self.tr("There is no other run")).setEnabled(False)


def _add(menu: QMenu, text: str, value: object, wanted: SignalInstance) -> None:
    """An entry of ``menu`` that lets ``wanted`` say ``value``."""
    menu.addAction(text).triggered.connect(partial(_say, wanted, value))


def _say(wanted: SignalInstance, value: object, *_: object) -> None:
    wanted.emit(value)
