"""What is asked before a language model of a person's own texts is learnt: which texts, how large, how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QLineEdit, QWidget

from studio import theme
from studio.ask import Ask
from studio.pages.model.estimate import megabytes
from studio.pages.model.sizes import Network, parameters_of
from studio.pages.model.speed import measure_language_model
from studio.pages.parts.jobbar import Errand
from studio.settings import data_folder
from studio.theme import Type
from studio.widgets import (
    Button,
    CalmCombo,
    ElidedLabel,
    Label,
    NumberBox,
    Paragraph,
    PrimaryButton,
    Scale,
    SectionTitle,
    bring_into_view,
    keep_place,
    paths_in,
)
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row, resize_within_screen, scrolling
from studio.words import choice_words, time_words
from ulmengine.config import RunConfig
from ulmengine.config.run import ComputeConfig
from ulmengine.disk import bare_name
from ulmengine.runs.own_texts import ModelInfo, Survey, pretraining_config, survey

EPOCHS = Scale(1, 100, whole=True, usual=4)
_BYTES = 2  # of a weight in the file


def runs_folder() -> Path:
    """Where the runs lie that learn a person's own texts."""
    return data_folder() / "pretraining" / "runs"


@dataclass(frozen=True)
class Wanted:
    """What is to be begun."""

    folder: Path
    config: RunConfig
    about: ModelInfo


class PretrainDialog(QDialog):
    """Which texts, what the model is called, how large it becomes; and, before it is begun, how long it will take."""

    def __init__(self, ask: Ask, compute: ComputeConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ask, self.compute = ask, compute
        self.texts: Path | None = None
        self.found: Survey | None = None
        self.speeds: dict[str, float] = {}
        self.setWindowTitle(self.tr("Pretrain from texts"))
        self.setMinimumWidth(620)
        self.setAcceptDrops(True)
        self.work = Errand(self)
        self.place = ElidedLabel(self.tr("No texts chosen yet"), muted=True, mode=Qt.TextElideMode.ElideMiddle)
        self.file, self.tree = Button(self.tr("File…"), "file"), Button(self.tr("Folder…"), "folder")
        self.title, self.language, self.licence = QLineEdit(), QLineEdit(), QLineEdit()
        self.licence.setPlaceholderText(self.tr("as the texts allow: CC BY-SA 4.0, say"))
        self.size_box, self.epochs = CalmCombo(), NumberBox(EPOCHS)
        for key, text in (("paper", self.tr("as published, for a graphics card")),
                          ("small", self.tr("made for a laptop")), ("tiny", self.tr("for trying out"))):
            self.size_box.addItem(f"{choice_words(key)}: {text}", key)
        self.size_box.setCurrentIndex(1)
        self.epochs.set_value(EPOCHS.usual)
        self.refused = Paragraph("", Type.SMALL, lines=1)
        """Why a number that was typed does not count; its line is kept, so that no button moves."""
        self.told, self.cost = Paragraph(muted=False, lines=1), Paragraph(muted=False, lines=2)
        for part in (self.work.bar, self.work.bar.cancel):  # no button lands under the mouse
            keep_place(part)
        self.begin, self.leave = PrimaryButton(self.tr("Begin"), "play"), Button(self.tr("Cancel"))
        self._arrange()
        self._connect()
        self._show()

    def _arrange(self) -> None:
        title = SectionTitle(self.tr("Pretrain from texts"), self.tr(
            "A language model in any language, from texts without labels"))
        form = QFormLayout(horizontalSpacing=theme.M, verticalSpacing=theme.S)
        for text, field in ((self.tr("Title"), self.title), (self.tr("Language"), self.language),
                            (self.tr("Licence"), self.licence), (self.tr("Size"), self.size_box),
                            (self.tr("Epochs"), self.epochs)):
            label = Label(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            form.addRow(label, field)
        self.hint = Paragraph(self.tr(
            "A Wikipedia extract, a table or a folder of texts; a million words or more are worth it. It can be "
            "paused, stopped and gone on with in the bar at the bottom, and needs nothing from the net."), Type.SMALL)
        self.body = as_widget(in_column(
            in_row((self.place, 1), self.file, self.tree), form, self.refused, self.told, self.cost, self.work.bar,
            self.work.failure, self.hint, STRETCH, gap=theme.M))
        self.area = scrolling(self.body)
        in_column(title, (self.area, 1), in_row(STRETCH, self.leave, self.begin, gap=-1), inside=self, gap=theme.M,
                  margins=(theme.XL, theme.XL, theme.XL, theme.L))
        self._fit()

    def _fit(self) -> None:
        """Have room for all that is said, as far as the screen has."""
        inside = self.body.sizeHint() - self.area.sizeHint()
        resize_within_screen(self, self.size().expandedTo(self.sizeHint() + inside))

    @Slot()
    def _not_done(self) -> None:
        self._show()
        QTimer.singleShot(0, self, self._show_failure)  # once its lines are wrapped

    @Slot()
    def _show_failure(self) -> None:
        self._fit()
        bring_into_view(self.work.failure)

    def _connect(self) -> None:
        self.file.clicked.connect(self._choose_file)
        self.tree.clicked.connect(self._choose_folder)
        self.work.finished.connect(self._done)
        self.work.failed.connect(self._not_done)
        self.size_box.currentIndexChanged.connect(self._measure)
        self.epochs.edited.connect(self._show)
        self.epochs.edited.connect(self._epochs_taken)
        self.epochs.refused.connect(self.refused.setText)
        self.title.textChanged.connect(self._show)
        self.begin.clicked.connect(self.accept)
        self.leave.clicked.connect(self.reject)
        self.finished.connect(self.work.cancel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends what is typed into a field; it neither opens the first button's files nor begins the work."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not isinstance(self.focusWidget(), Button):
            event.accept()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Texts can be dropped here as well."""
        if paths_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.take(paths_in(event.mimeData())[0])

    @Slot()
    def _choose_file(self) -> None:
        paths = self.ask.open_files(self.tr("Choose the texts"), self._start(), self.tr("All files") + " (*)")
        if paths:
            self.take(paths[0])

    @Slot()
    def _choose_folder(self) -> None:
        folder = self.ask.folder(self.tr("Choose a folder of texts"), self._start())
        if folder is not None:
            self.take(folder)

    def _start(self) -> Path:
        return Path.home() if self.texts is None else self.texts.parent

    def take(self, texts: Path) -> None:
        """Look through ``texts`` in the background."""
        self.texts, self.found = texts, None
        self.speeds.clear()
        self.place.setText(str(texts))
        self.title.setText(bare_name(texts))
        cache = runs_folder().parent / "cache"
        self.work.begin(self.tr("Looking through the texts"), lambda: survey(texts, cache))
        self._show()

    @property
    def wanted(self) -> Wanted | None:
        """What is to be begun; None while that is not known."""
        title = self.title.text().strip()
        if self.texts is None or self.found is None or not title:
            return None
        about = ModelInfo(title, self.language.text().strip(), self.licence.text().strip())
        config = pretraining_config(self.texts.resolve(), about, self.found, size=self._key(),
                                    epochs=round(self.epochs.value()))
        stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
        return Wanted(runs_folder() / stamp, config.model_copy(update={"compute": self.compute}), about)

    @Slot(object)
    def _done(self, result: Survey | float) -> None:
        if isinstance(result, Survey):
            self.found = result
            if result.language and not self.language.text():
                self.language.setText(result.language)
            self._measure()
            return
        self.speeds[self._key()] = result
        self._show()

    @Slot()
    def _measure(self) -> None:
        """Measure how fast this machine learns a model of the chosen size; a second or a few."""
        wanted = self.wanted or self._unnamed()
        if wanted is not None and self._key() not in self.speeds:
            network, config = _network(wanted.config), wanted.config
            self.work.begin(self.tr("Measuring the speed"), lambda: measure_language_model(network, config))
        self._show()

    def _unnamed(self) -> Wanted | None:
        """The same where only the title is lacking, which no speed depends on."""
        if self.texts is None or self.found is None:
            return None
        config = pretraining_config(self.texts, ModelInfo(""), self.found, size=self._key())
        return Wanted(Path(), config, ModelInfo(""))

    def _key(self) -> str:
        return str(self.size_box.currentData())

    @Slot()
    def _epochs_taken(self) -> None:
        self.refused.setText("")

    @Slot()
    def _show(self) -> None:
        """What is known so far."""
        found, wanted = self.found, self.wanted
        self.told.setText("" if found is None else _told(found))
        self.cost.setText("" if found is None else self._cost(found))
        self.begin.setEnabled(wanted is not None)

    def _cost(self, found: Survey) -> str:
        wanted = self._unnamed()
        assert wanted is not None
        network = _network(wanted.config)
        size = megabytes(_BYTES * parameters_of(network, found.vocabulary, 2).language_model)
        told = self.tr("The model takes up to {size}.").format(size=size)
        speed = self.speeds.get(self._key())
        if speed is None:
            return told
        seconds = found.tokens * self.epochs.value() / speed
        return self.tr("About {time}, as fast as this machine was just now ({speed} tokens a second).").format(
            time=time_words(seconds), speed=f"{speed:,.0f}") + " " + told


def _network(config: RunConfig) -> Network:
    return Network(config.model.sizes(), config.model, config.tokens.vocab_size)


def _told(found: Survey) -> str:
    """What the texts hold, in a sentence or two."""
    how = _tr("cut into words") if found.kind == "word" else _tr("cut into pieces of words, as suits their script")
    return _tr("{texts} texts, about {tokens} tokens, {how}.").format(
        texts=f"{found.documents:,}", tokens=f"{float(f'{found.tokens:.2g}'):,.0f}", how=how)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Pretraining", text)
