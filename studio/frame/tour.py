"""A tour that does the real thing: opens the sample, trains on it, looks at what came of it. It can be left at any
time and begun again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QCheckBox, QWidget

from studio import theme
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import Button, Card, ElidedLabel, Label, Paragraph, PrimaryButton, SectionTitle
from studio.widgets.layouts import STRETCH, in_row
from ulmengine.plan.control import RunState

from .stack import PageStack

WIDTH = 400
_GAP = 12
WATCH_MS = 250
"""How often the part that is spoken of is looked for."""


@dataclass(frozen=True)
class Stop:
    """One stop: on which page, beside which part of it (names of attributes with dots; "": beside none), what is said.

    ``does``: the name of the method of :class:`Tour` that is carried out on arriving. ``waits``: for the run.
    """

    page: str
    part: str
    title: str
    text: str
    does: str = ""
    waits: bool = False
    done: str = ""
    """What is said instead where the run is done already."""


def stops(tr: Callable[[str], str]) -> tuple[Stop, ...]:
    """All of them, in order."""
    return (
        Stop("home", "", tr("A tour on real texts"), tr(
            "In some minutes you train a classifier that sorts 900 messages to a help desk. Nothing is prepared: what "
            "you see is the program at work. Leave at any time with Esc.")),
        Stop("corpus", "tables", tr("The texts"), tr(
            "A table with a text and its label in each row. Your own file is dropped on this page just so. Beside it: "
            "how many documents bear each label, how long they are, what is wrong with them."), "open_sample"),
        Stop("model", "picture", tr("The network"), tr(
            "It has read English before and is taught the language of these texts, then their labels. The pills are "
            "the dropouts that keep it from learning by heart; what is usual is set.")),
        Stop("rates", "schedule", tr("How fast it learns"), tr(
            "The learning rate rises, then falls slowly, stage by stage. The picture is the plan itself: what is drawn "
            "here is what will be done.")),
        Stop("train", "view", tr("The run"), tr(
            "The training is under way: the language model first, then the classifier, layer by layer. Go on looking "
            "around if you like; this tour goes on when the run is done."), "start_run", True, tr(
            "The run has been made: the language model first, then the classifier, layer by layer. Above stands how "
            "good it became; how far each layer moved, on the right.")),
        Stop("evaluate", "heading", tr("How good it is"), tr(
            "Measured on documents that it has never seen, beside a simple baseline. Pick a cell of the table below to "
            "read its mistakes; a wrong label can be corrected there.")),
        Stop("classify", "one.editor", tr("At work"), tr(
            "Type a message to the help desk, for example: “My parcel has not come”. The answer appears as you type. "
            "Whole tables are dropped here too.")),
        Stop("home", "", tr("That was the whole way"), tr(
            "Now with your own texts: drop a file on this page. F1 explains the page in view, Ctrl+K finds everything "
            "by its name.")),
    )


class Tour(QObject):
    """Goes from stop to stop in ``window``; there is nothing of it on the screen while it is not :attr:`under_way`."""

    ended = Signal()

    def __init__(self, window: QWidget, pages: PageStack, shell: Shell) -> None:
        super().__init__(window)
        self._window, self._pages, self._shell = window, pages, shell
        self.stops = stops(self.tr)
        self.place = -1
        self.card = TourCard(window)
        self.frame = TourFrame(window)
        self._placed: object = None
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._look)
        self._leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), window, self.end, enabled=False)
        self.card.forth.clicked.connect(self.forward)
        self.card.back.clicked.connect(self.backward)
        self.card.leave.clicked.connect(self.end)
        shell.run.stateChanged.connect(self._run_changed)

    @property
    def under_way(self) -> bool:
        """Whether a stop is shown."""
        return self.place >= 0

    @property
    def stop(self) -> Stop | None:
        """The stop that is shown."""
        return self.stops[self.place] if self.under_way else None

    @Slot()
    def begin(self) -> None:
        """Begin at the first stop, also in the middle of an earlier tour; not while another project's run is alive, in
        whose place the sample could not be opened."""
        if self._shell.busy and not self._has_sample and not self._shell.may_change_project():
            return
        self._leave.setEnabled(True)
        self._window.installEventFilter(self)
        self._watch.start()
        self._go_to(0)

    @Slot()
    def forward(self) -> None:
        """The next stop, or the end."""
        if self.place + 1 < len(self.stops):
            self._go_to(self.place + 1)
        else:
            self.end()

    @Slot()
    def backward(self) -> None:
        """The stop before."""
        if self.place > 0:
            self._go_to(self.place - 1)

    @Slot()
    def end(self) -> None:
        """Leave; what the tour has opened and begun stays."""
        if not self.under_way:
            return
        self.place = -1
        self._leave.setEnabled(False)
        self._window.removeEventFilter(self)
        self._watch.stop()
        self.card.hide()
        self.frame.hide()
        self.ended.emit()

    # What stops do on arriving

    def open_sample(self) -> bool:
        """Open the sample, unless it is open; False if that cannot be (which was said then)."""
        return self._has_sample or self._shell.open_sample()

    @property
    def _has_sample(self) -> bool:
        project = self._shell.project
        return project is not None and self._shell.is_sample(project)

    def start_run(self) -> bool:
        """Start the run, unless one is under way or a model is there already."""
        project, starter = self._shell.project, self._shell.starter
        read = project is None or not project.reading  # of the sample it is known that a run can begin on it
        return self._shell.busy or self._has_model() or (starter.begin() if read else starter.start())

    def _has_model(self) -> bool:
        project = self._shell.project
        return project is not None and any(run.model_path.is_file() for run in project.run_folders())

    def _go_to(self, place: int) -> None:
        stop = self.stops[place]
        self.place = place
        if stop.does and not getattr(self, stop.does)():
            self.end()
            return
        self._shell.go(stop.page)
        said = stop.done if stop.done and self._has_model() and not self._shell.busy else stop.text
        self.card.show_stop(stop, said, place, len(self.stops))
        self._tell_waiting()
        # Where there is no way on yet the card itself has the focus: Enter, which led here, must not lead out.
        on = self.card.forth if self.card.forth.isEnabled() else self.card
        on.setFocus(Qt.FocusReason.OtherFocusReason)
        self._put()

    @Slot(object)
    def _run_changed(self, state: RunState) -> None:
        stop = self.stop
        if stop is None or not stop.waits:
            return
        self._tell_waiting()
        if state is RunState.FINISHED:
            self.forward()

    def _tell_waiting(self) -> None:
        """Without a model there is nothing to be looked at further on."""
        waits = self.stop is not None and self.stop.waits and not self._has_model()
        self.card.forth.setEnabled(not waits)
        self.card.waiting.setVisible(waits)
        if not waits and self.card.hasFocus():
            self.card.forth.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window has another size now, or a part of the page another place."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._put()
        return False

    @Slot()
    def _look(self) -> None:
        """A part that was read meanwhile has come, or another page is in view: of neither the window is told."""
        if self._placed != self._where():
            self._put()

    def _where(self) -> object:
        stop = self.stop
        part = self._part(stop) if stop is not None else None
        return (self._pages.key, part is not None and (part.mapTo(self._window, QPoint(0, 0)), part.size()))

    def _put(self) -> None:
        """Frame the part that is spoken of, and put the card where it hides least."""
        stop = self.stop
        if stop is None:
            return
        self._placed = self._where()
        part, room = self._part(stop), self._window.rect()
        self.card.setFixedWidth(min(WIDTH, room.width() - 2 * _GAP))
        self.card.adjustSize()
        size = self.card.sizeHint().expandedTo(self.card.size())
        view = self._pages.parentWidget() or self._pages  # a small window scrolls the pages
        inner = QRect(view.mapTo(self._window, QPoint(0, 0)), view.size())
        spoken, here = QRect(), self._pages.key == stop.page  # else the person looks around meanwhile
        if part is not None and here:
            spoken = QRect(part.mapTo(self._window, QPoint(0, 0)), part.size()).intersected(inner)
            self.frame.setGeometry(spoken.adjusted(-4, -4, 4, 4))
        self.frame.setVisible(spoken.isValid())
        if part is None and here:
            corner = QPoint(room.center().x() - size.width() // 2, room.center().y() - size.height() // 2)
        else:
            corner = _least_hiding(_places(spoken, size, inner), size, spoken, self._weights())
        # The page may be narrower than the card.
        self.card.move(max(0, min(corner.x(), room.width() - size.width() - _GAP)),
                       max(0, min(corner.y(), room.height() - size.height() - _GAP)))
        self.card.show()
        self.frame.raise_()
        self.card.raise_()

    def _part(self, stop: Stop) -> QWidget | None:
        found: object = self._pages.page(stop.page)
        for name in stop.part.split(".") if stop.part else ():
            found = getattr(found, name, None)
        return found if stop.part and isinstance(found, QWidget) and found.isVisible() else None

    def _weights(self) -> list[tuple[QRect, int]]:
        """What is to be seen of the page, and how much it matters that it is: titles most, then what can be used."""
        page, found = self._pages.currentWidget(), list[tuple[QRect, int]]()
        for part in page.findChildren(QWidget) if page is not None else ():
            if not part.isVisible() or any(isinstance(child, QWidget) for child in part.children()):
                continue
            seen = part.visibleRegion().boundingRect().translated(part.mapTo(self._window, QPoint(0, 0)))
            if isinstance(part, (ElidedLabel, Label, QCheckBox)):  # wider than what is written in them
                seen.setWidth(min(seen.width(), part.sizeHint().width()))
            titled = isinstance(part.parentWidget(), SectionTitle)
            usable = part.isEnabled() and part.focusPolicy() != Qt.FocusPolicy.NoFocus
            found.append((seen, 4 if titled else 2 if usable else 1))
        return found


def _places(box: QRect, size: QSize, room: QRect) -> list[QPoint]:
    """Where a card of this ``size`` may stand in ``room``: right of ``box``, left, below, above, or in a corner."""
    width, height = size.width(), size.height()
    left, top = room.left() + _GAP, room.top() + _GAP
    right = max(left, room.right() - width - _GAP)
    bottom = max(top, room.bottom() - height - _GAP)
    places = [QPoint(right, bottom), QPoint(left, bottom), QPoint(right, top), QPoint(left, top),
              QPoint((left + right) // 2, bottom)]
    if box.isValid():
        x, y = max(left, min(box.left(), right)), max(top, min(box.top(), bottom))
        beside = (QPoint(box.right() + _GAP, y), QPoint(box.left() - _GAP - width, y),
                  QPoint(x, box.bottom() + _GAP), QPoint(x, box.top() - _GAP - height))
        places = [place for place in beside if left <= place.x() <= right and top <= place.y() <= bottom] + places
    return places


def _least_hiding(places: list[QPoint], size: QSize, box: QRect, seen: list[tuple[QRect, int]]) -> QPoint:
    """The first of ``places`` at which a card hides least of what is ``seen``, and of ``box``, which is spoken of."""
    def hidden(place: QPoint) -> int:
        card = QRect(place, size)
        return sum(weight * _area(card.intersected(part)) for part, weight in (*seen, (box, 1)))

    return min(places, key=hidden)


def _area(rect: QRect) -> int:
    return rect.width() * rect.height() if rect.isValid() else 0


class TourCard(Card):
    """What is said at a stop, and the ways on, back and out."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(parent=window)
        self.set_colors("panel", "accent")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading = ElidedLabel("", Type.HEADING)
        self.text = Paragraph("", muted=False)
        self.waiting = Paragraph(self.tr("The next stop opens when the run has made a model."), Type.SMALL)
        self.count = Label("", Type.SMALL, muted=True)
        self.leave = Button(self.tr("End the tour"), "close", "quiet")
        self.back = Button(self.tr("Back"), "chevron-left")
        self.forth = PrimaryButton(self.tr("Next"), "chevron-right")
        self.body.addWidget(self.heading)
        self.body.addWidget(self.text)
        self.body.addWidget(self.waiting)
        self.body.addLayout(in_row(self.count, STRETCH, self.leave, self.back, self.forth))
        self.hide()

    def show_stop(self, stop: Stop, said: str, place: int, count: int) -> None:
        """Say ``said`` at ``stop``."""
        self.heading.setText(stop.title)
        self.text.setText(said)
        self.count.setText(self.tr("{n} of {all}").format(n=place + 1, all=count))
        self.back.setEnabled(place > 0)
        last = place + 1 == count
        self.leave.setVisible(not last)
        self.forth.setText(self.tr("Done") if last else self.tr("Next"))
        self.forth.setAccessibleName(self.forth.text())
        self.forth.set_icon("check" if last else "chevron-right")
        self.setAccessibleName(f"{stop.title}. {said}")
        self.show()


class TourFrame(QWidget):
    """A frame around the part that is spoken of; the mouse goes through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colors().color("accent"), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), theme.RADIUS, theme.RADIUS)
        painter.end()
