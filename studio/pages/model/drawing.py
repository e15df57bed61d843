"""Where everything in the picture of the network stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QPointF, QRectF

from .sizes import Network

SHOWN_LAYERS = 4
"""Layers drawn one by one; of more, the middle ones share a box."""
_BOX, _GAP, _PILL = 46.0, 36.0, 24.0
_TOP = 10.0


@dataclass(frozen=True)
class Box:
    """A part of the network."""

    rect: QRectF
    title: str
    detail: str
    kind: str = "layer"


@dataclass(frozen=True)
class Pill:
    """A dropout where it acts: ``name`` is the setting's, ``anchor`` the place it is tied to."""

    rect: QRectF
    name: str
    title: str
    value: float
    anchor: QPointF


@dataclass
class Plan:
    """Everything to be painted."""

    boxes: list[Box] = field(default_factory=list)
    pills: list[Pill] = field(default_factory=list)
    arrows: list[tuple[QPointF, QPointF]] = field(default_factory=list)
    loops: list[QRectF] = field(default_factory=list)
    skips: list[tuple[QPointF, QPointF]] = field(default_factory=list)
    tie: tuple[QPointF, QPointF] | None = None
    height: float = 0.0


def plan_of(network: Network, width: float) -> Plan:
    """Lay the picture of ``network`` out in ``width`` px: words at the top, the answer at the bottom."""
    maker = _Placer(network, width)
    maker.stack()
    maker.branches()
    return maker.plan


def layer_boxes(network: Network) -> list[tuple[str, str, bool]]:
    """Title, widths and whether a skip connection passes by, of each box in the stack of LSTM layers."""
    translate = QCoreApplication.translate
    widths = network.sizes.widths
    skips = [network.model.skip_connections and inputs == outputs for inputs, outputs in widths]
    rows = [(translate("_Placer", "LSTM layer {n}").format(n=n), f"{inputs:,} → {outputs:,}", skip)
            for n, ((inputs, outputs), skip) in enumerate(zip(widths, skips, strict=True), 1)]
    if len(rows) <= SHOWN_LAYERS:
        return rows
    middle = translate("_Placer", "LSTM layers 2 to {n}").format(n=len(rows) - 1)
    return [rows[0], (middle, f"{widths[1][0]:,} → {widths[1][1]:,}", rows[1][2]), rows[-1]]


class _Placer:
    """Puts one thing below the other."""

    def __init__(self, network: Network, width: float) -> None:
        self.network, self.width = network, width
        self.box_width = min(260.0, width * 0.4)
        self.left = max(44.0, width * 0.5 - self.box_width - 20.0)
        self.y = _TOP
        self.plan = Plan()

    @staticmethod
    def tr(text: str) -> str:
        """``text`` in the person's language."""
        return QCoreApplication.translate("_Placer", text)

    @property
    def middle(self) -> float:
        return self.left + self.box_width / 2

    def stack(self) -> None:
        """Embedding and LSTM layers, with what is dropped before, in and between them."""
        sizes, vocabulary = self.network.sizes, self.network.vocabulary
        words = self.tr("{n} tokens").format(n=f"{vocabulary:,}") if vocabulary else self.tr("tokens")
        before = self._box(self.tr("Embedding"), f"{words} × {sizes.embedding:,}", "embedding")
        self._pill("embedding", self.tr("Embedding"), QPointF(before.right(), before.center().y()), before.center().y())
        rows = layer_boxes(self.network)
        for place, (title, detail, skip) in enumerate(rows):
            above = before
            before = self._after(above, "input" if place == 0 else "hidden",
                                 self.tr("Input") if place == 0 else self.tr("Between layers"), title, detail)
            loop = QRectF(before.right() - 1, before.top() + 9, 26, before.height() - 18)
            self.plan.loops.append(loop)
            across = loop.center().y()
            self._pill("weight", self.tr("Recurrent weights"), QPointF(loop.right(), across), across)
            if skip:
                x = before.left()
                self.plan.skips.append((QPointF(x, before.top() - 12), QPointF(x, before.bottom() + 12)))
        self.last = before

    def branches(self) -> None:
        """Left the decoder of the language model, right pooling and head of the classifier."""
        model, sizes = self.network.model, self.network.sizes
        width = (self.width - 3 * 20.0) / 2
        top = self.last.bottom() + _GAP + _PILL + 8
        left = QRectF(20.0, top, width, _BOX)
        right = QRectF(40.0 + width, top, width, _BOX)
        self.plan.boxes.append(Box(left, self.tr("Decoder, tied"), self.tr("next word (language model)"), "decoder"))
        pooled = {"concat": self.tr("last, maximum, mean"), "attention": self.tr("last, maximum, attention"),
                  "last": self.tr("last")}[model.pooling]
        into = f"{pooled} → {model.pooled(sizes.embedding):,}"
        self.plan.boxes.append(Box(right, self.tr("Pooling"), into, "head"))
        start = QPointF(self.middle, self.last.bottom())
        for box, name, title in ((left, "output", self.tr("Output")), (right, None, "")):
            end = QPointF(box.center().x(), box.top())
            self.plan.arrows.append((start, end))
            if name:
                half = QPointF((start.x() + end.x()) / 2, (start.y() + end.y()) / 2)
                self._pill_at(name, title, QRectF(left.left(), half.y() - _PILL / 2 - 4, 136, _PILL), half)
        below = QRectF(right.left(), right.bottom() + _GAP + 4, width, _BOX)
        self.plan.arrows.append((QPointF(right.center().x(), right.bottom()), QPointF(below.center().x(), below.top())))
        between = (right.bottom() + below.top()) / 2
        wide = min(160.0, max(width / 2 - 14, 118.0))
        self._pill_at("pooled", self.tr("Pooled"), QRectF(min(below.center().x() + 14, self.width - wide - 2),
                      between - _PILL / 2, wide, _PILL), QPointF(below.center().x(), between))
        classes = self.network.classes
        labels = self.tr("{n} labels").format(n=classes) if classes else self.tr("labels")
        shape = f"{model.head_hidden:,} → {labels}" if model.head_hidden else labels
        self.plan.boxes.append(Box(below, self.tr("Head"), shape, "head"))
        self._pill_at("head", self.tr("Head"), QRectF(below.left() - 160, below.center().y() - _PILL / 2, 120, _PILL),
                      QPointF(below.left(), below.center().y()))
        embedding = self.plan.boxes[0].rect
        self.plan.tie = (QPointF(left.left(), left.center().y()), QPointF(embedding.left(), embedding.center().y()))
        self.plan.height = below.bottom() + _TOP

    def _box(self, title: str, detail: str, kind: str = "layer") -> QRectF:
        rect = QRectF(self.left, self.y, self.box_width, _BOX)
        self.plan.boxes.append(Box(rect, title, detail, kind))
        self.y += _BOX + _GAP
        return rect

    def _after(self, above: QRectF, name: str, title: str, box_title: str, detail: str) -> QRectF:
        box = self._box(box_title, detail)
        self.plan.arrows.append((QPointF(self.middle, above.bottom()), QPointF(self.middle, box.top())))
        half = (above.bottom() + box.top()) / 2
        self._pill(name, title, QPointF(self.middle, half), half)
        return box

    def _pill(self, name: str, title: str, anchor: QPointF, y: float) -> None:
        left = self.left + self.box_width + 48
        self._pill_at(name, title, QRectF(left, y - _PILL / 2, min(210.0, self.width - left - 8), _PILL), anchor)

    def _pill_at(self, name: str, title: str, rect: QRectF, anchor: QPointF) -> None:
        value = self.network.model.dropout.effective(name)
        self.plan.pills.append(Pill(rect, name, title, value, anchor))
