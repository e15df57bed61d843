from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QSlider, QWidget
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.facts import CorpusFacts, facts_key, known_facts
from studio.pages.model.drawing import layer_boxes, plan_of
from studio.pages.model.page import ModelPage
from studio.pages.model.sizes import Network, network_of, parameters_of
from studio.pages.model.speed import Speed, measure_speed, seconds_of
from studio.project import Project
from studio.shell import Notice, Shell
from studio.window import MainWindow
from tests.gui.fakes import ScriptedAsk
from tests.models.made import language_model, save
from ulmengine.config import (
    ClassifierConfig,
    ComputeConfig,
    DropoutConfig,
    ModelConfig,
    OptimizerConfig,
    RunConfig,
    Sizes,
    with_settings,
)
from ulmengine.events import outcome
from ulmengine.models import load_bundle
from ulmengine.models.catalogue import pretrained_path
from ulmengine.nets import AWDLSTM, LanguageModel, TextClassifier
from ulmengine.tokens import SPECIALS
from ulmengine.training.optimizers import LayerOptimizer


@pytest.fixture
def page(project: Project, shell: Shell, qtbot: QtBot) -> ModelPage:
    page = ModelPage(project, shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    return page


def pills(page: ModelPage) -> dict[str, float]:
    return {pill.name: pill.value for pill in page.picture.plan.pills}


@pytest.mark.parametrize("pooling", ["concat", "attention", "last"])
@pytest.mark.parametrize("sizes", [Sizes(12, 20, 3), Sizes(8, 16, 1), Sizes(10, 10, 5)])
def test_parameters_are_those_of_the_networks(sizes: Sizes, pooling: str) -> None:
    model = ModelConfig(pooling=pooling, head_hidden=7)  # type: ignore[arg-type]
    counts = parameters_of(Network(sizes, model), vocabulary=31, classes=4)
    with torch.device("meta"):
        language = LanguageModel(31, sizes, DropoutConfig())
        classifier = TextClassifier(AWDLSTM(31, sizes, DropoutConfig()), 4, model)
    assert counts.language_model == len_of(language)
    assert counts.classifier == len_of(classifier)
    assert counts.layers == tuple(len_of(layer) for layer in language.encoder.layers)


def len_of(module: torch.nn.Module) -> int:
    return sum({id(p): p.numel() for p in module.parameters()}.values())


@pytest.mark.parametrize(("own", "most", "wanted"), [
    (5, 30_000, len(SPECIALS) + 3),  # what the model knows stays known, though the corpus shows less of it
    (50, 30_000, 50),
    (60, 50, 50),
])
def test_a_pretrained_model_brings_its_words(tmp_path: Path, own: int, most: int, wanted: int) -> None:
    path = save(tmp_path / "own.ulmfit", language_model().state_dict(), kind="language_model", labels=())
    config = with_settings(RunConfig(), [f"model.pretrained='{path}'", f"tokens.vocab_size={most}"])
    facts = CorpusFacts("", 2, own, 10, 0, 5.0, 5.0)
    assert network_of(config, facts, tmp_path).vocabulary == wanted
    assert network_of(config, None, tmp_path).vocabulary is None


def test_the_paper_network_has_the_known_number_of_parameters() -> None:
    # 60,000 words as in WikiText-103; LSTMs of 400-1152-1152-400, counted by hand:
    # 4*1152*(400+1152+2) + 4*1152*(1152+1152+2) + 4*400*(1152+400+2)
    counts = parameters_of(Network(Sizes(400, 1152, 3), ModelConfig(head_hidden=50)), 60_000, 2)
    assert counts.embedding == 24_000_000
    assert counts.layers == (7_160_832, 10_626_048, 2_486_400)
    # pooling 1200; batch norm 2400, matrix 1200*50, batch norm 100, matrix 50*2
    assert counts.head == 2_400 + 60_000 + 100 + 100


def test_a_slider_changes_the_number_in_the_picture_at_once(page: ModelPage, project: Project, qtbot: QtBot) -> None:
    assert pills(page)["input"] == pytest.approx(0.4 * 0.7)
    editor = page.dropout.fields["model.dropout.input"].editor
    slider = editor.controls()[1]
    slider.setValue(500)  # the middle of 0 .. 0.9
    assert pills(page)["input"] == pytest.approx(0.45 * 0.7)
    project.change({"model.dropout.multiplier": 1.0})
    assert pills(page)["input"] == pytest.approx(0.45)
    assert pills(page)["head"] == pytest.approx(0.1)
    project.undo.undo()
    assert pills(page)["input"] == pytest.approx(0.45 * 0.7)


def test_each_dropout_stands_where_it_acts(qtbot: QtBot) -> None:
    plan = plan_of(Network(Sizes(400, 1152, 3), ModelConfig()), 700)
    names = [pill.name for pill in plan.pills]
    assert names.count("weight") == 3
    assert names.count("hidden") == 2
    assert {name: names.count(name) for name in ("embedding", "input", "output", "pooled", "head")} == dict.fromkeys(
        ("embedding", "input", "output", "pooled", "head"), 1)
    boxes = {box.title: box.rect for box in plan.boxes}
    at = {pill.name: pill.anchor.y() for pill in plan.pills if pill.name != "hidden"}
    assert boxes["Embedding"].top() <= at["embedding"] <= boxes["Embedding"].bottom()
    assert boxes["Embedding"].bottom() < at["input"] < boxes["LSTM layer 1"].top()
    assert boxes["LSTM layer 3"].bottom() < at["output"] < boxes["Decoder, tied"].top()
    assert boxes["Pooling"].bottom() < at["pooled"] < boxes["Head"].top()
    assert all(pill.rect.left() >= 0 and pill.rect.right() <= 700 for pill in plan.pills)


def test_many_layers_share_a_box(qtbot: QtBot) -> None:
    rows = layer_boxes(Network(Sizes(400, 1152, 8), ModelConfig(skip_connections=True)))
    assert [row[0] for row in rows] == ["LSTM layer 1", "LSTM layers 2 to 7", "LSTM layer 8"]
    assert [row[2] for row in rows] == [False, True, False]


def test_a_click_on_a_dropout_leads_to_its_slider(page: ModelPage, qtbot: QtBot) -> None:
    with qtbot.waitExposed(page):
        page.show()
    page.resize(1096, 744)
    pill = next(pill for pill in page.picture.plan.pills if pill.name == "weight")
    qtbot.mouseClick(page.picture, Qt.MouseButton.LeftButton, pos=pill.rect.center().toPoint())
    assert page.side.currentIndex() == 1
    assert page.dropout.fields["model.dropout.weight"].isVisible()


@pytest.mark.parametrize(("name", "setting"), [("weight", 0.5 / 0.7), ("head", 0.5)])
def test_a_dropout_is_drawn_fuller_and_emptier_in_the_picture(
    page: ModelPage, project: Project, qtbot: QtBot, name: str, setting: float
) -> None:
    page.show()
    page.resize(1096, 744)
    before, steps = project.value(f"model.dropout.{name}"), project.undo.count()
    rect = next(pill for pill in page.picture.plan.pills if pill.name == name).rect
    left, y = rect.left(), rect.center().y()
    qtbot.mousePress(page.picture, Qt.MouseButton.LeftButton, pos=QPointF(left + 4, y).toPoint())
    assert isinstance(page.focusWidget(), QSlider)  # the arrow keys move it, and Ctrl+Z is the window's
    qtbot.mouseMove(page.picture, QPointF(left + 6, y).toPoint())
    assert project.value(f"model.dropout.{name}") == before  # a hand that trembles is no wish
    for share in (0.3, 0.5):
        move(page.picture, QPointF(left + share * rect.width(), y))
    assert project.value(f"model.dropout.{name}") == pytest.approx(setting, abs=0.01)
    assert pills(page)[name] == pytest.approx(0.5, abs=0.01)
    assert project.undo.count() == steps + 1
    move(page.picture, QPointF(left - 500, y))
    assert project.value(f"model.dropout.{name}") == 0
    move(page.picture, QPointF(left + 2 * rect.width(), y))
    assert project.value(f"model.dropout.{name}") == 0.9  # more cannot be set
    qtbot.mouseRelease(page.picture, Qt.MouseButton.LeftButton)
    move(page.picture, QPointF(left + 0.2 * rect.width(), y))
    assert project.value(f"model.dropout.{name}") == 0.9
    project.undo.undo()
    assert project.value(f"model.dropout.{name}") == before
    slider = page.dropout.fields[f"model.dropout.{name}"].editor.controls()
    assert page.focusWidget() in slider  # where the arrow keys go


def move(picture: QWidget, place: QPointF) -> None:
    """The mouse moves there; what it holds, it holds."""
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(picture, QMouseEvent(QEvent.Type.MouseMove, place, picture.mapToGlobal(place), left, left,
                                                Qt.KeyboardModifier.NoModifier))


def test_own_sizes_can_be_set_only_where_they_count(page: ModelPage, project: Project) -> None:
    assert not page.form.fields["model.hidden_size"].isEnabled()
    project.change({"model.preset": "custom", "model.hidden_size": 640})
    assert page.form.fields["model.hidden_size"].isEnabled()
    assert page.network.sizes.hidden == 640


def test_a_model_that_cannot_be_used_says_why(
    page: ModelPage, project: Project, ask: ScriptedAsk, tmp_path: Path
) -> None:
    ask.answers.append(tmp_path / "gone.ulmfit")
    page.pretrained.box.activated.emit(page.pretrained.box.count() - 1)
    assert project.config.model.pretrained == str(tmp_path / "gone.ulmfit")
    assert "gone.ulmfit" in page.pretrained.told.text()
    project.undo.undo()
    assert project.config.model.pretrained == "auto"


def test_facts_hold_for_their_settings_only(tmp_path: Path) -> None:
    config = RunConfig()
    facts = CorpusFacts(facts_key(config), 6, 8_000, 5_000, 0, 12.5, 12.5)
    facts.save(tmp_path)
    assert known_facts(config, tmp_path) == facts
    other = config.model_copy(update={"tokens": config.tokens.model_copy(update={"lower": False})})
    assert known_facts(other, tmp_path) is None
    pretrained = pretrained_path(config)
    assert pretrained is not None
    shipped = load_bundle(pretrained).description.vocabulary
    assert network_of(config, facts, tmp_path).vocabulary == shipped  # all words of the pretrained model are kept
    scratch = with_settings(config, ["model.pretrained=none"])
    assert network_of(scratch, facts, tmp_path).vocabulary == 8_000
    (tmp_path / "corpus-facts.json").write_text("[]")
    assert known_facts(config, tmp_path) is None


def test_the_time_is_reckoned_from_measured_tokens() -> None:
    config = RunConfig()  # 10 epochs of the language model, 1 + 1 + 1 + 6 of the classifier and 2 on all labels
    facts = CorpusFacts("", 2, 1_000, 800, 200, 50.0, 40.0, held=100)
    seconds = seconds_of(config, facts, Speed("cpu", 1_000.0, 500.0))
    assert seconds == {"language_model": 10 * 1_000 * 50 / 1_000, "classifier": (9 * 800 + 2 * 900) * 40 / 500}
    both = config.model_copy(update={"model": ModelConfig(direction="both")})
    assert seconds_of(both, facts, Speed("cpu", 1_000.0, 500.0))["classifier"] == 2 * seconds["classifier"]


def test_the_speed_is_measured_and_forgotten_with_another_network(
    page: ModelPage, project: Project, qtbot: QtBot
) -> None:
    project.change({"model.preset": "tiny", "tokens.vocab_size": 100, "language_model.batch_size": 2,
                    "classifier.batch_size": 2})
    page.measure()
    qtbot.waitUntil(lambda: not page._slot.running, timeout=20_000)
    assert page.speed is not None
    assert page.speed.language_model > 0
    project.change({"model.dropout.input": 0.1})
    assert page.speed is not None
    project.change({"model.preset": "small"})
    assert page.speed is None
    assert shutdown_jobs(10)


def test_the_effective_value_stands_beside_each_slider(page: ModelPage, project: Project) -> None:
    project.change({"model.dropout.multiplier": 0.8, "model.dropout.input": 0.4, "model.dropout.head": 0.15})
    assert page.dropout.fields["model.dropout.input"].unit.text() == "→ 0.32"
    assert page.dropout.fields["model.dropout.head"].unit.text() == "→ 0.15"  # not multiplied
    assert page.dropout.fields["model.dropout.multiplier"].unit.text() == "times"


def test_the_slider_in_use_is_marked_in_the_picture(page: ModelPage, qtbot: QtBot) -> None:
    with qtbot.waitExposed(page):
        page.show()
    page.side.setCurrentIndex(1)
    slider = page.dropout.fields["model.dropout.hidden"].editor.controls()[1]
    QApplication.sendEvent(slider, QFocusEvent(QEvent.Type.FocusIn))
    assert page.picture.lit == "hidden"
    page.picture.light("input")  # the mouse is over another one
    assert page.picture.lit == "input"
    page.picture.light("")
    assert page.picture.lit == "hidden"
    QApplication.sendEvent(slider, QFocusEvent(QEvent.Type.FocusOut))
    assert page.picture.lit == ""


def test_the_direction_is_told_and_counted(page: ModelPage, project: Project) -> None:
    assert page.direction.isHidden()
    one = page.estimate.parameters.value.text()
    project.change({"model.direction": "both"})
    assert "averaged" in page.direction.text()
    assert not page.direction.isHidden()
    assert float(page.estimate.parameters.value.text().split()[0]) == pytest.approx(2 * float(one.split()[0]), abs=0.1)
    project.change({"model.direction": "backward"})
    assert "last word to its first" in page.direction.text()
    assert page.estimate.parameters.value.text() == one


def test_the_speed_is_that_of_the_runs_own_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real = LayerOptimizer.step

    def step(self: LayerOptimizer, scaler: torch.amp.GradScaler | None = None) -> None:
        steps.append(self.config.kind)
        real(self, scaler)

    monkeypatch.setattr(LayerOptimizer, "step", step)
    model = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, head_hidden=5)
    config = RunConfig(model=model, compute=ComputeConfig(precision="bfloat16"))
    config = config.model_copy(update={"classifier": ClassifierConfig(optimizer=OptimizerConfig(kind="sgd"))})
    speed = outcome(measure_speed(Network(Sizes(6, 8, 2), model, 60, 3), config, None))
    assert (speed.device, speed.precision) == ("cpu", "bfloat16")
    assert steps == ["adamw"] * 4 + ["sgd"] * 4


def test_what_is_not_permitted_is_told(page: ModelPage, shell: Shell) -> None:
    heard: list[Notice] = []
    shell.noticed.connect(heard.append)
    page.form.fields["model.layers"]._edited(99)
    page.dropout.fields["model.dropout.input"]._edited(7.0)
    fields = page.form.fields["model.layers"], page.dropout.fields["model.dropout.input"]
    told = [field.said.text() for field in fields]
    assert [text.startswith("Not taken: input should be less than or equal to ") for text in told] == [True, True]
    assert heard == []  # once is enough
    assert page.actions() == page.actions()


def test_a_shipped_model_that_knows_few_of_the_words_is_not_started_from(page: ModelPage, project: Project) -> None:
    foreign = CorpusFacts(facts_key(project.run_config()), 2, 900, 400, 0, 30.0, 30.0,
                          shares={str(pretrained_path(project.run_config())): 0.12})
    foreign.save(project.cache)
    page.activated()
    assert page.network.pretrained == ""
    assert "knows only 12% of the words" in page.pretrained.told.text()


def test_what_is_usual_for_the_corpus_is_one_click_away(page: ModelPage, project: Project, qtbot: QtBot) -> None:
    project.change({"model.preset": "paper", "model.pretrained": "none"})
    CorpusFacts(facts_key(project.run_config()), 2, 900, 400, 0, 300.0, 300.0).save(project.cache)
    page.activated()
    assert not page.usual.isHidden()
    assert page.usual.told.text().startswith("Usual for this corpus: tokens a batch 11,000 instead of 0. 32 documents")
    before = page.estimate.memory.value.text()
    page.usual.use.click()
    assert project.config.tokens.batch_tokens == 11_000
    CorpusFacts(facts_key(project.run_config()), 2, 900, 400, 0, 300.0, 300.0).save(project.cache)
    page.activated()
    assert page.usual.isHidden()
    assert page.estimate.memory.value.text() != before
    project.undo.undo()
    assert project.config.tokens.batch_tokens == 0


def test_what_is_usual_for_much_text_says_of_which_epochs_it_speaks(page: ModelPage, project: Project) -> None:
    CorpusFacts(facts_key(project.run_config()), 2, 900, 5_000, 0, 30.0, 30.0).save(project.cache)
    page.activated()
    assert page.usual.told.text().startswith("Usual for this corpus: epochs (language model) 4 instead of 10. Of about")
    page.usual.use.click()
    assert project.config.language_model.epochs == 4
    assert page.usual.isHidden()


def test_at_150_percent_nothing_of_the_page_is_cut_off(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.setMinimumSize(100, 100)
    window.resize(853, 533)
    window.go("model")
    page = window.pages.page("model")
    assert isinstance(page, ModelPage)
    qtbot.wait(50)
    for area in page.findChildren(QScrollArea):
        if area.isVisible():
            assert area.widget().width() <= area.viewport().width()
            assert area.widget().minimumSizeHint().width() <= area.viewport().width()
    assert page.estimate.measure.isVisible()
    window.close()


@pytest.mark.parametrize("width", [1_280, 960])
def test_measuring_moves_nothing_and_takes_no_place_before(page: ModelPage, qtbot: QtBot, width: int) -> None:
    page.resize(width, 700)
    page.show()
    qtbot.wait(20)
    card = page.estimate
    inside = [part.geometry() for part in card.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
              if part.isVisible()]
    above, below = min(one.top() for one in inside), card.rect().bottom() - max(one.bottom() for one in inside)
    assert above == below  # no strip at its foot is kept for what is not there
    before = page.picture.mapTo(page, QPoint()), card.measure.mapTo(page, QPoint())
    card.begin()
    qtbot.wait(20)
    assert card.progress.bar.isVisible()
    assert card.progress.cancel.isVisible()
    assert not card.measure.isVisible()
    assert card.time.value.text() == "measuring…"
    assert (page.picture.mapTo(page, QPoint()), card.progress.mapTo(page, QPoint())) == before
    card.progress.cancel.click()
    qtbot.wait(20)
    assert card.time.value.text() == "not measured"
    assert (page.picture.mapTo(page, QPoint()), card.measure.mapTo(page, QPoint())) == before
