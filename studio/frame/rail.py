"""The rail on the left: the steps of the method, each with a dot that says how it stands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QWidget

from studio import theme
from studio.pages import PageEntry
from studio.theme import Type
from studio.widgets import Button, ElidedLabel, IconLabel, Label, paint_dot
from studio.widgets.dot import dot_words
from studio.widgets.layouts import STRETCH, in_column, in_row

ITEM_HEIGHT, LEAST_HEIGHT = 38, 24
"""Px of an item, and in a window with little room."""


class RailItem(QAbstractButton):
    """One step: icon, name, dot."""

    def __init__(self, entry: PageEntry, shortcut: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.dot = ""
        self.setText(entry.words())
        self.setCheckable(True)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(shortcut)
        self.set_dot("")
        theme.current().changed.connect(self.update)

    def set_dot(self, kind: str) -> None:
        """How the step stands: see :data:`studio.widgets.dot.KINDS`."""
        self.dot = kind
        words = dot_words(kind)
        self.setAccessibleName(f"{self.text()}, {words}" if words else self.text())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.RAIL_WIDTH - 2 * theme.M, ITEM_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, current = theme.colors(), theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        fill = "accent_soft" if self.isChecked() else "hover" if self.underMouse() and self.isEnabled() else ""
        if fill or self.hasFocus():
            painter.setPen(QPen(colors.color("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(fill) if fill else QColor(0, 0, 0, 0))
            painter.drawRoundedRect(box, theme.CONTROL_RADIUS, theme.CONTROL_RADIUS)
        ink = "accent" if self.isChecked() else "text" if self.isEnabled() else "disabled"
        top = (self.height() - theme.ICON) // 2
        painter.drawPixmap(theme.M, top, current.pixmap(self.entry.icon, theme.ICON, ink))
        painter.setPen(colors.color(ink))
        painter.setFont(current.font(Type.STRONG if self.isChecked() else Type.BODY))
        left = theme.M + theme.ICON + theme.M
        words = QRectF(left, 0, self.width() - left - theme.XL, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
        paint_dot(painter, self.dot, QPointF(self.width() - theme.L, self.height() / 2))
        painter.end()


class Rail(QWidget):
    """The program's name, the open project, the search, the steps; Settings at the foot."""

    wanted = Signal(str)
    """The person wants the page with this key."""
    searched = Signal()

    def __init__(self, entries: tuple[PageEntry, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(theme.RAIL_WIDTH)
        self.items: dict[str, RailItem] = {}
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(self._clicked)
        self.search = Button(self.tr("Search"), "search", "search")
        self.search.setToolTip(self.tr("Find any action or setting (Ctrl+K)"))
        self.search.setIconSize(QSize(16, 16))
        hint = Label(QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText), Type.SMALL, muted=True)
        hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        in_row(STRETCH, hint, inside=self.search, margins=(0, 0, theme.S, 0))
        self.search.clicked.connect(self.searched)
        self.project = ElidedLabel(self.tr("No project"), Type.SMALL, muted=True)
        names = in_column(ElidedLabel("ULMFiT Studio", Type.STRONG), self.project, gap=0)
        logo = IconLabel("app", 22, "accent")
        head = in_row((logo, 0, Qt.AlignmentFlag.AlignTop), (names, 1), margins=(theme.XS, 0, 0, 0))
        column = in_column(head, theme.M, self.search, theme.M, inside=self, gap=2,
                           margins=(theme.M, theme.L, theme.M, theme.M))
        for number, entry in enumerate(entries, 1):
            if entry.key == "settings":
                column.addStretch(1)
            item = RailItem(entry, f"Ctrl+{number % 10}")
            self.items[entry.key] = item
            self._group.addButton(item)
            column.addWidget(item)
        if "settings" not in self.items:
            column.addStretch(1)
        theme.current().changed.connect(self.update)

    def show_project(self, name: str, folder: str) -> None:
        """Write the open project's ``name`` below the program's."""
        self.project.setText(name or self.tr("No project"))
        self.project.setToolTip(folder)

    def select(self, key: str) -> None:
        """Mark the page that is shown; the focus, if it is on the mark of another one, comes along."""
        self.items[key].setChecked(True)
        for name, item in self.items.items():  # Tab comes to the page that is shown, the arrow keys go on from there
            item.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name == key else Qt.FocusPolicy.ClickFocus)
        focus = self.window().focusWidget()
        if isinstance(focus, RailItem) and focus is not self.items[key]:
            self.items[key].setFocus(Qt.FocusReason.OtherFocusReason)

    def set_dot(self, key: str, kind: str) -> None:
        """Show how the page with ``key`` stands."""
        if key in self.items:
            self.items[key].set_dot(kind)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colors().color("panel"))
        painter.setPen(theme.colors().color("border"))
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
        painter.end()

    @Slot(QAbstractButton)
    def _clicked(self, button: QAbstractButton) -> None:
        if isinstance(button, RailItem):
            self.wanted.emit(button.entry.key)
