"""The layer stack: which groups learn and which are locked, at what rate, and how far each has moved."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.pages.parts.painted import Painted
from studio.plots.history import RunHistory
from studio.plots.rate_plot import color_of
from studio.theme import Type
from studio.words import rate
from ulmengine.plan.stages import StagePlan

ROW = 24
ICON = 14
HEADING = 20
NAME, RATE = 78, 54
GAP = 6


@dataclass(frozen=True)
class Layer:
    """A row of the stack.

    ``moved``: distance from where the stage's network started, relative to its length; ``before``: it is that of an
    earlier stage, because the stage in hand has none before its first epoch is over.
    """

    name: str
    learns: bool
    rate: float | None
    moved: float | None
    color: int
    before: bool = False


def layers_of(history: RunHistory, plans: tuple[StagePlan, ...]) -> list[Layer]:
    """The stack of the stage in hand, or of the first one planned; the last group on top."""
    stage = history.stage
    if stage is not None:
        groups, unfrozen = stage.groups, stage.unfrozen
    elif plans:
        groups, unfrozen = plans[0].groups, plans[0].unfrozen
    else:
        return []
    drift, before = moved_so_far(history, plans)
    last = history.last if stage is not None and history.last and history.last.stage == stage.index else None
    frozen = len(groups) - unfrozen
    rows = [
        Layer(name, n >= frozen, last.lrs[n - frozen] if last and frozen <= n < frozen + len(last.lrs) else None,
              drift.get(name), color_of(len(groups), n), before)
        for n, name in enumerate(groups)
    ]
    return list(reversed(rows))


def moved_so_far(history: RunHistory, plans: tuple[StagePlan, ...]) -> tuple[dict[str, float], bool]:
    """How far each group has moved in the newest stage that can tell, and whether that is an earlier one.

    The network that reads the other way is another one: its stages cannot tell.
    """
    directions = {plan.index: plan.direction for plan in plans}
    here = directions.get(history.stage.index) if history.stage is not None else None
    told = next((stage for stage in reversed(history.stages)
                 if stage.ends and directions.get(stage.index) == here), None)
    return (told.ends[-1].drift, told is not history.stage) if told is not None else ({}, False)


class LayerStack(Painted):
    """Rows of :class:`Layer`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.layers: list[Layer] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_layers([])

    def show_layers(self, layers: list[Layer]) -> None:
        """Show ``layers``, the topmost first."""
        if layers == self.layers and self.accessibleName():
            return
        grown = len(layers) != len(self.layers)
        self.layers = layers
        self.setAccessibleName(self.tr("Layers: {rows}").format(rows="; ".join(self._spoken(one) for one in layers)))
        self.setToolTip(self.tr("How far each layer moved in the stage before. This stage tells after its first epoch.")
                        if any(layer.before for layer in layers) else
                        self.tr("How far each layer has moved since this stage began, relative to its weights then"))
        if grown:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, HEADING + ROW * max(1, len(self.layers)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        widest = max((layer.moved or 0.0 for layer in self.layers), default=0.0)
        left, right = 22.0, float(self.width())
        name_room = max(NAME, self.width() * 0.28)
        middle = left + name_room + RATE
        painter.setFont(self.type(Type.SMALL))
        painter.setPen(self.color("muted"))
        painter.drawText(QRectF(middle - RATE, 0, RATE, HEADING), _RIGHT, self.tr("rate"))
        painter.drawText(QRectF(middle + 12, 0, right - middle - 12, HEADING), _LEFT, self._moved_words())
        for number, layer in enumerate(self.layers):
            top = HEADING + number * ROW
            icon = theme.current().pixmap("unlock" if layer.learns else "lock", ICON,
                                          "text" if layer.learns else "disabled")
            painter.drawPixmap(QPointF(0, top + (ROW - ICON) / 2), icon)
            painter.setFont(self.type(Type.BODY))
            painter.setPen(self.color("text" if layer.learns else "muted"))
            name = painter.fontMetrics().elidedText(layer.name, Qt.TextElideMode.ElideRight, int(name_room))
            painter.drawText(QRectF(left, top, name_room, ROW), _LEFT, name)
            painter.setFont(self.type(Type.SMALL, numbers=True))
            painter.setPen(self.color("muted"))
            painter.drawText(QRectF(middle - RATE, top, RATE, ROW), _RIGHT, self._rate_words(layer))
            self._bar(painter, layer, QRectF(middle + 12, top, right - middle - 12, ROW), widest)
        painter.end()

    def _bar(self, painter: QPainter, layer: Layer, box: QRectF, widest: float) -> None:
        words = max(48.0, GAP + max(painter.fontMetrics().horizontalAdvance(_share(one)) for one in self.layers))
        track = QRectF(box.left(), box.center().y() - 3, max(10.0, box.width() - words), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("sunken"))
        painter.drawRoundedRect(track, 3, 3)
        if layer.moved is None:
            return
        if widest > 0 and layer.moved > 0:
            filled = QRectF(track)
            filled.setWidth(max(4.0, track.width() * layer.moved / widest))
            painter.setBrush(self.color("muted" if layer.before else f"series{layer.color}"))
            painter.drawRoundedRect(filled, 3, 3)
        painter.setPen(self.color("muted"))
        painter.drawText(QRectF(track.right(), box.top(), words, box.height()), _RIGHT, _share(layer))

    def _moved_words(self) -> str:
        before = any(layer.before for layer in self.layers)
        return self.tr("moved before") if before else self.tr("moved")

    def _rate_words(self, layer: Layer) -> str:
        if not layer.learns:
            return self.tr("locked")
        return rate(layer.rate) if layer.rate is not None else ""

    def _spoken(self, layer: Layer) -> str:
        parts = [layer.name, self.tr("learns") if layer.learns else self.tr("locked")]
        if layer.learns and layer.rate is not None:
            parts.append(self.tr("rate {rate}").format(rate=rate(layer.rate)))
        if layer.moved is not None:
            words = self.tr("moved {share} percent in the stage before") if layer.before else \
                self.tr("moved {share} percent")
            parts.append(words.format(share=f"{100 * layer.moved:.1f}"))
        return ", ".join(parts)


def _share(layer: Layer) -> str:
    """How far it has moved, as it stands beside its bar."""
    moved = layer.moved or 0.0
    return f"{moved:.1%}" if moved < 10 else f"{moved:,.0%}"


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
