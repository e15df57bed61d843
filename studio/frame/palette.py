"""Ctrl+K: type a few letters, find any action and any setting."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsDropShadowEffect,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio import theme
from studio.theme import Type
from studio.widgets import Card, Label

from .matching import Entry, best

WIDTH = 600
ROW = 36
ROWS = 9
_ENTRY = Qt.ItemDataRole.UserRole + 1


class Palette(Card):
    """The search over the window; it goes when it is left, with Escape, or when something was chosen."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(margin=theme.M, parent=window)
        self._window = window
        self._entries: list[Entry] = []
        self._before: QWidget | None = None
        self.set_colors("panel", "outline")
        self.line = QLineEdit(placeholderText=self.tr("Find an action or a setting"))
        self.line.setAccessibleName(self.line.placeholderText())
        self.line.setMinimumHeight(36)
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)
        self.model = QStandardItemModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setProperty("bare", True)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setAccessibleName(self.tr("Found"))
        self.list.setMouseTracking(True)
        self.list.clicked.connect(self._chosen)
        self.nothing = Label(self.tr("Nothing fits. Try another word."), muted=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for part in (self.line, self.list, self.nothing):
            self.body.addWidget(part)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(32)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 90))
        self.setGraphicsEffect(shadow)
        window.installEventFilter(self)
        self.hide()

    def open(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._before = QApplication.focusWidget()
        self.line.clear()
        self._search("")
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_palette(self) -> None:
        """Go, and give the focus back."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        if watched is self.line:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._key(event):
                return True
            if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.underMouse():
                self._before = None
                self.close_palette()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        if event.key() in moves:
            row = self.list.currentIndex().row() + moves[Qt.Key(event.key())]
            self.list.setCurrentIndex(self.model.index(min(max(row, 0), self.model.rowCount() - 1), 0))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._chosen(self.list.currentIndex())
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.close_palette()
            return True
        return False

    @Slot(str)
    def _search(self, text: str) -> None:
        self.model.clear()
        for entry in best(text, self._entries):
            item = QStandardItem(entry.title)
            item.setData(entry, _ENTRY)
            item.setEnabled(entry.enabled)
            item.setAccessibleText(f"{entry.title}, {entry.detail}")
            self.model.appendRow(item)
        found = self.model.rowCount()
        self.list.setVisible(found > 0)
        self.nothing.setVisible(found == 0)
        self._place()
        if found:
            self.list.setCurrentIndex(self.model.index(0, 0))

    @Slot(QModelIndex)
    def _chosen(self, index: QModelIndex) -> None:
        entry = index.data(_ENTRY)
        if isinstance(entry, Entry) and entry.enabled:
            self.close_palette()
            entry.run()

    def _place(self) -> None:
        """As wide as the window has room for, and with as many rows."""
        room = self._window.size()
        width, top = min(WIDTH, room.width() - 2 * theme.XL), max(theme.XL, room.height() // 8)
        self.setFixedWidth(width)
        around = self.sizeHint().height() - self.list.height()
        fitting = (room.height() - theme.XL - top - around) // ROW
        self.list.setFixedHeight(ROW * max(1, min(self.model.rowCount(), ROWS, fitting)) + 4)
        if (layout := self.layout()) is not None:
            layout.activate()  # or the height that the rows before needed would still be the least
        self.adjustSize()
        self.move((room.width() - width) // 2, top)


class _Row(QStyledItemDelegate):
    """Icon, title, and on the right, muted, where it belongs."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(_ENTRY)
        if not isinstance(entry, Entry):
            return
        colors, current = theme.colors(), theme.current()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("accent_soft" if chosen else "hover"))
            painter.drawRoundedRect(rect, theme.CONTROL_RADIUS, theme.CONTROL_RADIUS)
        ink = "text" if entry.enabled else "disabled"
        painter.drawPixmap(rect.left() + theme.M, rect.center().y() - 8, current.pixmap(entry.icon, 16, "muted"))
        inner = rect.adjusted(theme.M + 16 + theme.M, 0, -theme.M, 0)
        painter.setFont(current.font())
        painter.setPen(colors.color(ink))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, entry.title)
        used = painter.fontMetrics().horizontalAdvance(entry.title) + theme.L
        painter.setFont(current.font(Type.SMALL))
        painter.setPen(colors.color("muted" if entry.enabled else "disabled"))
        beside = inner.adjusted(used, 0, 0, 0)
        text = painter.fontMetrics().elidedText(entry.detail, Qt.TextElideMode.ElideRight, max(0, beside.width()))
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()
