"""What a page must not do: cut a text, leave a control without a name, lose the focus, speak only English.

Each function looks at what is visible in a widget and gives what is wrong, in words; an empty list where all is well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTranslator
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap, QTextDocument
from PySide6.QtGui import Qt as Rich
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QScrollBar,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTableView,
    QToolButton,
    QWidget,
)

from studio import theme
from studio.widgets import CalmCombo, ElidedLabel, Paragraph

LEAST_OF_A_CHOICE = 8
"""Letters that are seen of what is chosen in a list, at least."""
SLACK = 1
"""So many px a text may want more than it has: what a letter leans over its own width."""


def visible(widget: QWidget) -> Iterator[QWidget]:
    """``widget`` and what is shown in it, but for what Qt puts into its own controls."""
    for one in (widget, *widget.findChildren(QWidget)):
        if one.isVisible() and not one.objectName().startswith("qt_"):
            yield one


def called(widget: QWidget) -> str:
    """The widget as a fault names it."""
    text = getattr(widget, "text", None)
    words = text() if callable(text) and isinstance(widget, (QLabel, QAbstractButton, ElidedLabel)) else ""
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName() or words!r} " \
           f"in {type(widget.parentWidget()).__name__}"


# Clipped text


def clipped(page: QWidget) -> list[str]:
    """Texts that have less room than they need and are not cut on purpose, with the whole of them in a tooltip."""
    found = []
    for one in visible(page):
        lacking = max(_lacking(one), 0)
        if lacking > SLACK:
            found.append(f"{called(one)}: {lacking} px too narrow or low")
    return found


def _lacking(one: QWidget) -> int:
    for kind, look in _LOOKS:
        if isinstance(one, kind):
            return look(one)
    return 0


def _label(one: QLabel) -> int:
    text, room = one.text(), one.contentsRect()
    if not text:
        return 0
    if one.wordWrap():
        return one.heightForWidth(one.width()) - one.height()
    if Rich.mightBeRichText(text) and one.textFormat() != Qt.TextFormat.PlainText:
        document = QTextDocument()
        document.setDefaultFont(one.font())
        document.setHtml(text)
        return round(document.idealWidth()) - room.width()
    lines = text.split("\n")
    wide = max(one.fontMetrics().horizontalAdvance(line) for line in lines) - room.width()
    return max(wide, len(lines) * one.fontMetrics().height() - room.height())


def _paragraph(one: Paragraph) -> int:
    if not one.text():
        return 0
    flags = int(Qt.TextFlag.TextWordWrap) | int(one.alignment)
    needs = one.fontMetrics().boundingRect(QRect(0, 0, max(one.width(), 1), 100_000), flags, one.text())
    return max(needs.height() - one.height(), needs.width() - one.width())


def _elided(one: ElidedLabel) -> int:
    cut = one.fontMetrics().horizontalAdvance(one.text()) > one.width()
    if cut and one.text() not in _plain(one.toolTip()):
        return one.fontMetrics().horizontalAdvance(one.text()) - one.width()
    return one.fontMetrics().height() - one.height() if one.text() else 0


def _button(one: QAbstractButton) -> int:
    text = one.text().replace("&", "")
    if not text or (isinstance(one, QToolButton) and one.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly):
        return 0
    icon = 0 if one.icon().isNull() else one.iconSize().width() + 4
    needs = max(one.fontMetrics().horizontalAdvance(line) for line in text.split("\n")) + icon
    return needs - one.width()


def _combo(one: QComboBox) -> int:
    option = QStyleOptionComboBox()
    one.initStyleOption(option)
    room = one.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, one)
    wants = one.fontMetrics().horizontalAdvance(one.currentText())
    if isinstance(one, CalmCombo):  # says the whole of it when the mouse rests on it, and has dots in it
        wants = min(wants, one.fontMetrics().averageCharWidth() * LEAST_OF_A_CHOICE)
    return wants - room.width()


def _tabs(one: QTabBar) -> int:
    lacks = [one.fontMetrics().horizontalAdvance(one.tabText(n).replace("&", "")) - one.tabRect(n).width()
             for n in range(one.count()) if one.isTabVisible(n)]
    last = one.tabRect(one.count() - 1) if one.count() else QRect()
    beyond = 0 if one.usesScrollButtons() else last.right() - one.width()
    return max([*lacks, beyond], default=0)


def _header(one: QHeaderView) -> int:
    if one.orientation() != Qt.Orientation.Horizontal or one.model() is None:
        return 0
    lacks, model = [0], one.model()
    for section in range(one.count()):
        if one.isSectionHidden(section):
            continue
        text = str(model.headerData(section, one.orientation(), Qt.ItemDataRole.DisplayRole) or "")
        told = str(model.headerData(section, one.orientation(), Qt.ItemDataRole.ToolTipRole) or "")
        if text and text not in told:
            lacks.append(one.fontMetrics().horizontalAdvance(text) - one.sectionSize(section))
    return max(lacks)


def _line(one: QLineEdit) -> int:
    return one.fontMetrics().horizontalAdvance(one.placeholderText()) - one.contentsRect().width() \
        if one.placeholderText() and not one.text() else 0


_LOOKS: tuple[tuple[type[QWidget], Callable[..., int]], ...] = (
    (QLabel, _label), (Paragraph, _paragraph), (ElidedLabel, _elided), (QAbstractButton, _button), (QComboBox, _combo),
    (QTabBar, _tabs), (QHeaderView, _header), (QLineEdit, _line),
)


# Names


def controls(page: QWidget) -> list[QWidget]:
    """What Tab can reach on the page."""
    return [one for one in visible(page) if one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
            and one.focusProxy() is None and not isinstance(one, QScrollBar) and one is not page]


def unnamed(page: QWidget) -> list[str]:
    """Controls of which a screen reader can say nothing."""
    buddies = {label.buddy() for label in page.findChildren(QLabel) if label.buddy() is not None and label.text()}
    return [called(one) for one in controls(page) if not _name(one) and one not in buddies
            and not (_is_inner(one) and (_name(one.parentWidget()) or one.parentWidget() in buddies))]


def _name(one: QWidget) -> str:
    if one.accessibleName():
        return one.accessibleName()
    if isinstance(one, QAbstractButton):
        return one.text()
    if isinstance(one, QTabBar):
        return one.tabText(0)
    return one.title() if isinstance(one, QGroupBox) else ""


def _is_inner(one: QWidget) -> bool:
    return isinstance(one.parentWidget(), (QComboBox, QAbstractSpinBox))


# The way of the focus


def broken_tab_order(page: QWidget) -> list[str]:
    """Controls that Tab never reaches from the page's first, or reaches against the order of reading."""
    window = page.window()
    window.activateWindow()
    if not QTest.qWaitForWindowActive(window):
        return ["the window does not become active"]
    wanted = [one for one in controls(page) if not isinstance(one, QRadioButton) or one.isChecked()]
    if not wanted:
        return []
    wanted[0].setFocus(Qt.FocusReason.TabFocusReason)
    way: list[QWidget] = []
    for _ in range(len(wanted) + 80):  # those of the frame around the page lie on the way as well
        now = QApplication.focusWidget()
        if now is None or now in way:
            break
        way.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
    reached = set(way)
    found = [f"Tab never reaches {called(one)}" for one in wanted if one not in reached and not _shares(one, reached)]
    stretches = _stretches(way, page)
    for before, after in pairwise(stretches):
        found.append(f"Tab leaves the page between {called(before[-1])} and {called(after[0])}")
    for area in page.findChildren(QScrollArea):  # the walk has scrolled them
        area.verticalScrollBar().setValue(0)
    for before, after in pairwise(one for stretch in stretches for one in stretch):
        if _goes_back(_rect(before, page), _rect(after, page)):
            found.append(f"Tab jumps back from {called(before)} to {called(after)}")
    return found


def _stretches(way: list[QWidget], page: QWidget) -> list[list[QWidget]]:
    """What of the round lies on the page, cut where it leads through the frame."""
    mine = [page.isAncestorOf(one) for one in way]
    outside = mine.index(False) if False in mine else 0
    round_, stretches = [*way[outside:], *way[:outside]], [[]]
    for one in round_:
        if page.isAncestorOf(one):
            stretches[-1].append(one)
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _shares(one: QWidget, reached: set[QWidget]) -> bool:
    """Whether another button of the exclusive group that ``one`` is in takes the focus for all of them."""
    group = one.group() if isinstance(one, QAbstractButton) else None
    exclusive = isinstance(one, QAbstractButton) and (one.autoExclusive() or (group is not None and group.exclusive()))
    if not exclusive:
        return False
    others = group.buttons() if group is not None else one.parentWidget().findChildren(type(one))
    return any(other in reached for other in others)


def _rect(one: QWidget, page: QWidget) -> QRect:
    return QRect(one.mapTo(page, QPoint()), one.size())


def _goes_back(before: QRect, after: QRect) -> bool:
    """Whether ``after`` stands before ``before`` for who reads row by row, or column by column."""
    if after.bottom() <= before.top():
        return after.left() < before.right() - SLACK
    beside = before.top() <= after.center().y() <= before.bottom() and after.top() <= before.center().y()
    return beside and after.right() <= before.left() and after.top() >= before.top() - SLACK


# Other languages


class Brackets(QTranslator):
    """A language in which every text is put in brackets: what stands without them cannot be translated."""

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        return f"⟦{text}⟧" if text else ""

    def isEmpty(self) -> bool:
        return False


def texts(widget: QWidget) -> Iterator[str]:
    """Everything that ``widget`` and what is shown in it say to the eye and to a screen reader."""
    for one in visible(widget):
        if isinstance(one, (QLabel, ElidedLabel, Paragraph, QAbstractButton)):
            yield one.text()
        elif isinstance(one, QComboBox):
            yield from (one.itemText(n) for n in range(one.count()))
        elif isinstance(one, QTabBar):
            yield from (one.tabText(n) for n in range(one.count()))
        elif isinstance(one, QLineEdit):
            yield one.placeholderText()
        elif isinstance(one, QTableView) and one.model() is not None and one.horizontalHeader().isVisible():
            for section in range(one.model().columnCount()):
                yield str(one.model().headerData(section, Qt.Orientation.Horizontal) or "")
        yield one.accessibleName()
        yield _plain(one.toolTip())


def untranslated(page: QWidget, names: re.Pattern[str]) -> list[str]:
    """Words shown that went through no translator and are no ``names``; data are names too."""
    found = {text for text in texts(page) if re.search(r"[A-Za-z]{2}", text) and "⟦" not in text}
    return sorted(text for text in found if not names.fullmatch(text.strip()))


def _plain(text: str) -> str:
    """The text of a tooltip, without its marks."""
    if not Rich.mightBeRichText(text):
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


# Icons


def foreign_icons(widget: QWidget) -> list[str]:
    """Icons of what is shown that are drawn in no colour of the theme in force: of another theme, or of the system."""
    found = []
    for one in visible(widget):
        pictures: list[QPixmap] = []
        if isinstance(one, QAbstractButton) and not one.icon().isNull():
            mode = QIcon.Mode.Normal if one.isEnabled() else QIcon.Mode.Disabled
            pictures = [one.icon().pixmap(QSize(theme.ICON, theme.ICON), mode)]
        elif isinstance(one, QLabel) and not one.pixmap().isNull():
            pictures = [one.pixmap()]
        strange = {color for picture in pictures for color in _foreign(picture)}
        if strange:
            found.append(f"{called(one)}: {', '.join(sorted(strange))}")
    return found


NEUTRAL = "#7f8898"
"""Between the two themes: what the style sheet alone draws, which knows files and no colours of icons."""


def _foreign(picture: QPixmap) -> set[str]:
    """The colours of the picture's solid dots that are not the theme's."""
    colors = theme.colors()
    own = [QColor(value) for value in (*asdict(colors).values(), NEUTRAL) if isinstance(value, str)]
    image = picture.toImage().convertToFormat(QImage.Format.Format_ARGB32)
    dots = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    solid = [QColor.fromRgba(dot) for dot in dots if QColor.fromRgba(dot).alpha() > 200]
    return {dot.name() for dot in solid if not any(_near(dot, color) for color in own)}


def _near(one: QColor, other: QColor) -> bool:
    return all(abs(a - b) < 6 for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def squeezed(page: QWidget) -> list[str]:
    """What is narrower or lower than the least it asks for; what scrolls may be as small as it likes."""
    return [f"{called(one)}: {one.width()}x{one.height()}, needs {least.width()}x{least.height()}"
            for one in visible(page) if not isinstance(one, (QAbstractScrollArea, QScrollBar)) and one.layout()
            for least in (one.minimumSizeHint(),)
            if least.width() > one.width() + SLACK or least.height() > one.height() + SLACK]


def beyond(page: QWidget) -> list[str]:
    """What is wider than the room for it where nobody expects to scroll sideways, or cannot."""
    never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    inner = [one for one in visible(page) if isinstance(one, QScrollArea) and one.horizontalScrollBarPolicy() == never]
    return [f"{called(area)}: its content is {inside.width()} px wide, {area.viewport().width()} px are seen"
            for area in (*_areas_around(page), *inner) for inside in (area.widget(),)
            if inside is not None and inside.width() > area.viewport().width() + SLACK]


def _areas_around(page: QWidget) -> Iterator[QScrollArea]:
    above = page.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            yield above
        above = above.parentWidget()


def letters(box: QRectF) -> QRectF:
    """A label without the margin of 4 px that pyqtgraph puts around its text."""
    return box.adjusted(4, 4, -4, -4)
