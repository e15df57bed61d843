"""Text on the screen that never pushes the layout about."""

from __future__ import annotations

from bisect import bisect_left
from html import escape

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio import theme
from studio.theme import Type

from .layouts import in_column


class Label(QLabel):
    """One line of text in a step of the type scale; ``muted`` for what is said beside."""

    def __init__(
        self, text: str = "", step: Type = Type.BODY, *, muted: bool = False, numbers: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        theme.set_type(self, step, numbers=numbers)
        if muted:
            self.setForegroundRole(QPalette.ColorRole.PlaceholderText)


class IconLabel(QLabel):
    """An icon of ``size`` px, in today's colours."""

    def __init__(self, name: str, size: int, color: str = "text") -> None:
        super().__init__()
        self._size = size
        self.set_icon(name, color)
        theme.current().changed.connect(self._draw)

    def set_icon(self, name: str, color: str) -> None:
        self._name, self._color = name, color
        self._draw()

    @Slot()
    def _draw(self) -> None:
        self.setPixmap(theme.current().pixmap(self._name, self._size, self._color))


class ElidedLabel(QWidget):
    """One line that gives way when there is no room: cut in the middle or at the end, whole in the tooltip."""

    def __init__(
        self, text: str = "", step: Type = Type.BODY, *, muted: bool = False, numbers: bool = False,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text = text
        self._help = ""
        self._mode = mode
        self.alignment = Qt.AlignmentFlag.AlignLeft
        theme.set_type(self, step, numbers=numbers)
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.WindowText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._hint()
            self.update()

    def set_help(self, text: str) -> None:
        """Say ``text`` (HTML) when the mouse rests on the label, below the whole text where that is cut."""
        self._help = text
        self._hint()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(min(metrics.horizontalAdvance(self._text) + 2, metrics.averageCharWidth() * 4), metrics.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment | Qt.AlignmentFlag.AlignVCenter, self._shown())
        painter.end()

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self._text, self._mode, self.width())

    def _hint(self) -> None:
        whole = self._text if self._shown() != self._text else ""
        self.setToolTip(f"<p><b>{escape(whole)}</b></p>{self._help}" if whole and self._help else whole or self._help)


class FittingLabel(ElidedLabel):
    """One line that says less where there is less room: the first of several wordings that fits; all in the tooltip."""

    def __init__(self, step: Type = Type.BODY, *, muted: bool = False, numbers: bool = False) -> None:
        super().__init__("", step, muted=muted, numbers=numbers)
        self._shorter: tuple[str, ...] = ()

    def set_wordings(self, *texts: str) -> None:
        """Say the first of ``texts`` that fits, the last if none does."""
        whole, *shorter = texts or ("",)
        if tuple(shorter) != self._shorter:
            self._shorter = tuple(shorter)
            self.update()
        self.setText(whole)
        self._hint()

    def least(self) -> int:
        """Px that the shortest wording needs."""
        return min(self.fontMetrics().horizontalAdvance(text) for text in (self._text, *self._shorter)) + 2

    def shown(self) -> str:
        """What is to be read."""
        return self._shown()

    def _shown(self) -> str:
        metrics, texts = self.fontMetrics(), (self._text, *self._shorter)
        # Not by their advances, which are rounded: what just fits by these may be cut all the same.
        shown = [metrics.elidedText(text, self._mode, self.width()) for text in texts]
        return next((one for one, text in zip(shown, texts, strict=True) if one == text), shown[-1])


class Paragraph(QWidget):
    """Several lines, wrapped to the width. It fixes its own height, so no layout has to ask for it twice."""

    def __init__(
        self, text: str = "", step: Type = Type.BODY, *, muted: bool = True,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, lines: int = 0, parent: QWidget | None = None,
    ) -> None:
        """``lines``: room for so many is kept in any case, so that nothing moves when the text changes."""
        super().__init__(parent)
        self._text = text
        self._lines = lines
        self.alignment = alignment
        theme.set_type(self, step)
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.WindowText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        self.setFixedHeight(self._height(400))

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self._fit()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment | Qt.TextFlag.TextWordWrap, self._text)
        painter.end()

    def _fit(self) -> None:
        height = self._height(max(1, self.width()))
        if height != self.height():
            self.setFixedHeight(height)

    def _height(self, width: int) -> int:
        least = self._lines * self.fontMetrics().lineSpacing()
        if not self._text:
            return least
        flags = int(Qt.TextFlag.TextWordWrap) | int(self.alignment)
        return max(least, self.fontMetrics().boundingRect(QRect(0, 0, width, 100_000), flags, self._text).height())


class Readout(Paragraph):
    """What is to be said below a plot; in its place, without moving anything, what the cursor reads there."""

    def __init__(self) -> None:
        super().__init__("", Type.SMALL, lines=2)
        theme.set_type(self, Type.SMALL, numbers=True)
        self.reading = ""

    def read(self, text: str) -> None:
        """Show ``text`` as long as the cursor is there; an empty one shows again what was said."""
        self.reading = text
        self.setAccessibleName(text or self.text())
        self._hint()
        self.update()

    def shown(self) -> str:
        """What there is room for of the reading; dots where that is not all."""
        flags, room = Qt.TextFlag.TextWordWrap, QRect(0, 0, max(1, self.width()), 100_000)

        def is_cut(length: int) -> bool:
            text = self.reading if length == len(self.reading) else f"{self.reading[:length].rstrip()}…"
            return self.fontMetrics().boundingRect(room, flags, text).height() > self.height()

        if not is_cut(len(self.reading)):
            return self.reading
        return f"{self.reading[: max(0, bisect_left(range(len(self.reading)), True, key=is_cut) - 1)].rstrip()}…"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint()

    def _hint(self) -> None:
        self.setToolTip("" if self.shown() == self.reading else self.reading)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.reading:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, self.shown())
        painter.end()


class SectionTitle(QWidget):
    """A heading with, perhaps, one muted sentence below it.

    ``page``: the larger one at the top of a page. ``shorter``: said where there is no room for all of ``text``;
    ``less_below``: the same of ``below``.
    """

    def __init__(
        self, text: str, below: str = "", *, page: bool = False, shorter: str = "", less_below: str = "",
        parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.heading = FittingLabel(Type.TITLE if page else Type.HEADING)
        self.heading.set_wordings(*filter(None, (text, shorter)))
        self.below = FittingLabel(muted=True)
        self.below.set_wordings(*filter(None, (below, less_below)))
        in_column(self.heading, self.below, inside=self, gap=theme.XS)
        self.below.setVisible(bool(below))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        self.heading.setText(text)

    def set_below(self, text: str, *shorter: str) -> None:
        """Change the sentence below; an empty one is not shown. ``shorter``: said where there is no room for it."""
        self.below.set_wordings(text, *shorter)
        self.below.setVisible(bool(text))
