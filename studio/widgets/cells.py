"""Parts side by side where there is room for them, and one of several in the same place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QGridLayout, QSizePolicy, QSplitter, QStackedWidget, QWidget

from studio import theme


def keep_place(part: QWidget) -> None:
    """Keep the room of ``part`` also while it is hidden, so that nothing moves when it comes and goes."""
    policy = part.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    part.setSizePolicy(policy)


class Cells(QWidget):
    """Widgets in a grid whose columns are at least ``least`` px wide: what does not fit beside goes below."""

    def __init__(self, least: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least = least
        self._parts: list[QWidget] = []
        self._shown: list[QWidget] = []
        self._wide = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.M)
        self._grid.setVerticalSpacing(theme.S)
        self._grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, part: QWidget) -> None:
        part.setParent(self)
        self._parts.append(part)
        self.arrange()

    def set_shown(self, part: QWidget, shown: bool) -> None:
        """Show ``part``, or leave its place to the next."""
        part.setVisible(shown)
        self.arrange()

    @property
    def columns(self) -> int:
        """How many stand side by side now."""
        return self._wide

    def minimumSizeHint(self) -> QSize:
        """As narrow as one column: what stands beside now can stand below."""
        return QSize(self._narrowest(), self._grid.minimumSize().height())

    def arrange(self) -> None:
        shown = [part for part in self._parts if not part.isHidden()]
        gap = self._grid.horizontalSpacing()
        columns = max(1, min(len(shown), (self.width() + gap) // (self._narrowest() + gap)))
        if columns == self._wide and shown == self._shown:
            return
        for part in self._shown:
            self._grid.removeWidget(part)
        for column in range(max(columns, self._wide)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._wide, self._shown = columns, shown
        for place, part in enumerate(shown):
            self._grid.addWidget(part, place // columns, place % columns)
        self.updateGeometry()

    def _narrowest(self) -> int:
        """What a column has at least: no button is cut."""
        buttons = (part.minimumSizeHint().width() for part in self._parts if isinstance(part, QAbstractButton))
        return max(self._least, *buttons, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()


class _Arranging(QWidget):
    """Arranges its parts anew whenever its own size or theirs change."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        raise NotImplementedError


class Beside(_Arranging):
    """Two parts side by side; the second goes below the first where both do not fit, for that width only."""

    def __init__(
        self, first: QWidget, second: QWidget, gap: int = theme.S, parent: QWidget | None = None, *,
        first_grows: bool = False,
    ) -> None:
        """``first_grows``: what is left of the width is the first one's, not the second one's."""
        super().__init__(parent)
        self._parts = (first, second)
        self._gap = gap
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(gap)
        self._row.setSizeConstraint(QBoxLayout.SizeConstraint.SetNoConstraint)
        self._row.addWidget(first, int(first_grows))
        self._row.addWidget(second, int(not first_grows))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider part."""
        widths = [part.minimumSizeHint().expandedTo(part.minimumSize()).width() for part in self._parts]
        return QSize(max(widths), self._row.minimumSize().height())

    def _arrange(self) -> None:
        widths = [part.minimumSizeHint().expandedTo(part.minimumSize()).width()
                  for part in self._parts if not part.isHidden()]
        fits = sum(widths) + self._gap * (len(widths) - 1) <= self.width()
        wanted = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if self._row.direction() != wanted:
            self._row.setDirection(wanted)
            self.updateGeometry()


class Turning(QSplitter):
    """Two parts side by side with a handle between them; below one another where both do not fit."""

    def __init__(self, first: QWidget, second: QWidget, sizes: tuple[int, int], parent: QWidget | None = None) -> None:
        """``sizes``: how the width is shared at first."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._beside = list(sizes)
        self.setHandleWidth(theme.M)
        self.addWidget(first)
        self.addWidget(second)
        self.setSizes(self._beside)
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._moved)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider part."""
        least = [part.minimumSizeHint().expandedTo(part.minimumSize()) for part in self._shown()]
        heights = [part.height() for part in least]
        turned = self.orientation() == Qt.Orientation.Vertical
        height = sum(heights) + self.handleWidth() * (len(heights) - 1) if turned else max(heights, default=0)
        return QSize(max((part.width() for part in least), default=0), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._turn()
        return super().event(event)

    @Slot()
    def _moved(self) -> None:
        """The person has shared the width anew."""
        if self.orientation() == Qt.Orientation.Horizontal:
            self._beside = self.sizes()

    def _shown(self) -> list[QWidget]:
        parts = (self.widget(place) for place in range(self.count()))
        return [part for part in parts if part is not None and not part.isHidden()]

    def _turn(self) -> None:
        widths = [part.minimumSizeHint().expandedTo(part.minimumSize()).width() for part in self._shown()]
        fits = sum(widths) + self.handleWidth() * (len(widths) - 1) <= self.width()
        wanted = Qt.Orientation.Horizontal if fits else Qt.Orientation.Vertical
        if self.orientation() == wanted:
            return
        self.setOrientation(wanted)
        if fits:
            self.setSizes(self._beside)
        self.updateGeometry()


class Lines(_Arranging):
    """Widgets one after another, in as many lines as they need at this width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def add(self, part: QWidget) -> None:
        part.setParent(self)
        part.show()
        self.parts.append(part)
        self._arrange()

    def clear(self) -> None:
        """Take all away, and let go of them."""
        for part in self.parts:
            part.hide()
            part.deleteLater()
        self.parts = []
        self._arrange()

    def sizeHint(self) -> QSize:
        """All in one line."""
        sizes = [part.sizeHint() for part in self._shown()]
        width = sum(size.width() for size in sizes) + theme.S * (len(sizes) - 1)
        return QSize(max(0, width), max(self._height(), max((size.height() for size in sizes), default=0)))

    def minimumSizeHint(self) -> QSize:
        """As narrow as the widest can be, as high as it is now."""
        widths = (min(part.sizeHint().width(), part.minimumSizeHint().width()) for part in self._shown())
        return QSize(max(widths, default=0), self.sizeHint().height())

    def _shown(self) -> list[QWidget]:
        return [part for part in self.parts if not part.isHidden()]

    def _places(self) -> list[QRect]:
        """Where each part that is to be seen stands."""
        places: list[QRect] = []
        x = y = below = 0
        for part in self._shown():
            size = part.sizeHint()
            size.setWidth(min(size.width(), max(part.minimumSizeHint().width(), self.width())))
            if x and x + size.width() > self.width():
                x, y = 0, below + theme.S
            places.append(QRect(x, y, size.width(), size.height()))
            x, below = x + size.width() + theme.S, max(below, y + size.height())
        return places

    def _height(self) -> int:
        return max((place.bottom() + 1 for place in self._places()), default=0)

    def _arrange(self) -> None:
        for part, place in zip(self._shown(), self._places(), strict=True):
            part.setGeometry(place)
        self.updateGeometry()


class Stacked(QStackedWidget):
    """Needs the room of the part in view, not of the largest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        """What the part in view needs."""
        part = self.currentWidget()
        return part.minimumSizeHint().expandedTo(part.minimumSize()) if part is not None else QSize()
