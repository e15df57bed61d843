"""The Models page: listed with their cards, taken in, used, given away, put aside; nothing foreign is run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from studio.pages.models.foreign import sorted_out
from studio.pages.models.giving import cost_words
from studio.pages.models.page import ModelsPage
from tests.gui.pages_help import Desk
from tests.models.learners import exported, filled
from tests.models.made import MODEL, SIZES, TOKENS, language_model, save
from tests.models.test_reference import WORDS, Evil, classifier_weights, weights
from ulmengine.inference import onnx
from ulmengine.models import load_bundle, save_bundle
from ulmengine.record import RunFolder
from ulmengine.runs.smaller import Cost


@pytest.fixture
def page(desk: Desk, qtbot: QtBot) -> Callable[[], ModelsPage]:
    def make() -> ModelsPage:
        one = ModelsPage(desk.shell)
        qtbot.addWidget(one)
        one.resize(1060, 700)
        one.show()
        qtbot.waitUntil(lambda: bool(one.stack.currentIndex()), timeout=10_000)
        return one

    return make


def own(page: ModelsPage) -> list[str]:
    return [entry.name for entry in page.entries if not entry.shipped]


def pick(page: ModelsPage, name: str) -> None:
    page.table.pick([entry.name for entry in page.entries].index(name))


def settled(page: ModelsPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.errand.running and not page.slot.running, timeout=10_000)


def save_language_model(path: Path) -> Path:
    save_bundle(path, kind="language_model", state=language_model().state_dict(), tokenizer=TOKENS.to_json(),
                sizes=SIZES, model=MODEL, card={"title": "Own words"})
    return path


def test_models_of_runs_own_and_shipped_with_their_cards(page, desk):
    run = desk.project.runs / "2026-01-01"
    run.mkdir(parents=True)
    (run / "config.toml").write_text("version = 1\n", encoding="utf-8")
    save(run / "model.ulmfit", card={"title": "Trained", "accuracy": "91.0% (95 % interval 88.0% to 93.0%)"})
    (one_folder := page_folder(desk)).mkdir(parents=True)
    save(one_folder / "a.ulmfit", card={"title": "Mine <img src='http://x/y.png'>"})
    (one_folder / "broken.ulmfit").write_bytes(b"PK")
    one = page()
    assert own(one) == ["Trained", "Mine <img src='http://x/y.png'>", "broken"]
    rows = one.table.rows
    assert [rows.index(0, place).data() for place in (1, 2, 3, 5)] == [
        "Classifier, 2 labels", "forward", "91.0%", "This project"]
    assert rows.index(0, 0).data() == "Run 2026-01-01"  # as Classify and Evaluate call it
    pick(one, "Mine <img src='http://x/y.png'>")
    assert "<img src='http://x/y.png'>" in one.about.card.toPlainText()  # shown as it stands, not fetched
    assert "neg, pos" in one.about.card.toPlainText()
    pick(one, "broken")
    assert "damaged" in one.about.card.toPlainText()
    assert not one.buttons["use"].isEnabled()
    shipped = next(entry for entry in one.entries if entry.shipped)
    pick(one, shipped.name)
    assert not one.buttons["delete"].isVisible()


def page_folder(desk: Desk) -> Path:
    from studio.settings import data_folder

    return data_folder() / "models"


def test_weights_of_fastai_are_dropped_and_missing_labels_asked_for(page, desk, qtbot, tmp_path, monkeypatch):
    torch.save(classifier_weights(), tmp_path / "w.pth")
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(WORDS))
    one = page()

    def told(title: str, label: str, initial: str = "") -> str:
        assert "3 labels apart" in label
        return "x, y, z"

    monkeypatch.setattr(desk.answers, "text", told)
    assert one.dropped([str(tmp_path / "w.pth"), str(tmp_path / "v.pkl")])
    qtbot.waitUntil(lambda: own(one) == ["w"], timeout=10_000)
    assert one.current is not None
    assert load_bundle(one.current.path).labels == ("x", "y", "z")
    settled(one, qtbot)


def test_an_exported_learner_needs_nothing_else(page, desk, qtbot, tmp_path, monkeypatch):
    path = exported(tmp_path / "export.pkl", filled(monkeypatch), classifier_weights(), ["desc", "loc, here", "num"])
    one = page()
    assert one.dropped([str(path)])
    qtbot.waitUntil(lambda: own(one) == ["export"], timeout=10_000)
    assert one.current is not None
    assert load_bundle(one.current.path).labels == ("desc", "loc, here", "num")
    assert desk.answers.asked == []
    settled(one, qtbot)


def test_weights_alone_ask_for_their_vocabulary(page, desk, qtbot, tmp_path):
    torch.save(weights(), tmp_path / "lstm_bwd.pth")
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(WORDS))
    one = page()
    desk.answers.files = [tmp_path / "v.pkl"]
    assert one.dropped([str(tmp_path / "lstm_bwd.pth")])
    qtbot.waitUntil(lambda: own(one) == ["lstm_bwd"], timeout=10_000)
    assert one.current is not None
    assert load_bundle(one.current.path).description.directions == ("backward",)
    settled(one, qtbot)


@pytest.mark.parametrize(("names", "said"), [
    (("tickets.csv",), "tickets.csv is no model. Models of this program (.ulmfit)"),
    (("notes", "model.bin"), "notes, model.bin are no models. Models of"),
    (("w.pth", "tickets.csv"), "tickets.csv is no model."),
    (("v.pkl",), "A vocabulary alone is no model."),
])
def test_what_is_no_model_is_called_by_its_name_beside_what_can_be_imported(page, desk, tmp_path, names, said):
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(b"text,label\n")
    one, told = page(), []
    one.shell.noticed.connect(told.append)
    desk.answers.files = paths
    one.choose_import()
    [notice] = told
    assert notice.text.startswith(said)


def test_what_each_file_is_goes_by_its_name():
    found = sorted_out([Path("b_bwd.pth"), Path("v.pkl"), Path("a_fwd.pth"), Path("m.ulmfit")])
    assert (found.forward, found.backward) == (Path("a_fwd.pth"), Path("b_bwd.pth"))
    assert (found.vocabulary, found.models) == (Path("v.pkl"), (Path("m.ulmfit"),))
    found = sorted_out([Path("one.pth"), Path("two.pth")])
    assert (found.forward, found.backward) == (Path("one.pth"), Path("two.pth"))


def test_a_vocabulary_that_runs_code_is_refused_with_a_word(page, desk, qtbot, tmp_path):
    trap = tmp_path / "sprung"
    torch.save(weights(), tmp_path / "w.pth")
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(["the", Evil(trap)]))
    one = page()
    assert one.dropped([str(tmp_path / "w.pth"), str(tmp_path / "v.pkl")])
    qtbot.waitUntil(one.errand.failure.isVisible, timeout=10_000)
    assert "no plain vocabulary" in one.errand.failure.accessibleName()
    assert not trap.exists()
    assert own(one) == []
    assert not os.path.exists(page_folder(desk) / "w.ulmfit")
    settled(one, qtbot)


def test_deleting_is_undone_by_the_toast_and_by_the_key(page, desk, qtbot):
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    pick(one, "Mine")
    one.table.setFocus()
    qtbot.keyClick(one.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: own(one) == [], timeout=10_000)
    settled(one, qtbot)
    assert desk.shell.settings.values.deleted == (str(page_folder(desk) / ".deleted"),)
    assert desk.news[-1].action is not None
    desk.news[-1].action()
    qtbot.waitUntil(lambda: own(one) == ["Mine"], timeout=10_000)
    settled(one, qtbot)
    desk.shell.project = None  # without one it is the window's step
    pick(one, "Mine")
    one.delete()
    qtbot.waitUntil(lambda: own(one) == [], timeout=10_000)
    desk.shell.undo.undo()
    qtbot.waitUntil(lambda: own(one) == ["Mine"], timeout=10_000)
    settled(one, qtbot)


def test_where_another_window_has_the_say_a_runs_model_stays_and_a_persons_own_goes(page, desk, qtbot):
    run = RunFolder.create(desk.project.runs / "first", desk.project.config)
    save(run.model_path, card={"title": "Of the run"})
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    desk.project.set_read_only(True)
    for name in ("Of the run", "Mine"):
        pick(one, name)
        one.delete()
        settled(one, qtbot)
    assert run.model_path.is_file()
    assert not (page_folder(desk) / "a.ulmfit").exists()


def test_what_is_next_to_a_deleted_model_is_chosen_and_what_comes_back_too(page, desk, qtbot):
    page_folder(desk).mkdir(parents=True)
    for name in "abc":
        save(page_folder(desk) / f"{name}.ulmfit", card={"title": name})
    one = page()
    one.activateWindow()
    pick(one, "b")
    one.buttons["delete"].setFocus()
    one.buttons["delete"].click()
    assert one.focusWidget() is one.table  # not the button, which is for another model now
    settled(one, qtbot)
    assert one.current.name == "c"
    pick(one, "a")
    desk.project.undo.undo()
    settled(one, qtbot)
    assert one.current.name == "b"


def test_deleting_the_model_that_projects_start_from_says_so(page, desk, qtbot):
    page_folder(desk).mkdir(parents=True)
    path = save_language_model(page_folder(desk) / "own.ulmfit")
    one = page()
    pick(one, "Own words")
    one.make_default()
    one.use()
    one.delete()
    assert "New projects started from it" in desk.news[-1].text
    assert "This project starts from it" in desk.news[-1].text
    assert desk.news[-1].level == "warning"
    desk.news[-1].action()
    assert desk.shell.usual_config("new").model.pretrained == str(path)
    settled(one, qtbot)


def test_models_of_one_title_are_told_apart_and_taking_them_in_is_a_step(page, desk, qtbot, tmp_path):
    for folder in "xy":
        (tmp_path / folder).mkdir()
    first = save(tmp_path / "x" / "z.ulmfit", card={"title": "trec"})
    second = save(tmp_path / "y" / "a.ulmfit", card={"title": "trec"})
    one, undo = page(), desk.project.undo
    assert one.dropped([str(first)])
    settled(one, qtbot)
    assert one.dropped([str(second)])
    settled(one, qtbot)
    # the one that was there first keeps its name, though its file's name is the later one
    assert [one.names[entry.path] for entry in one.entries if not entry.shipped] == ["trec (2)", "trec"]
    assert [news.text for news in desk.news] == ["trec was taken in.", "trec (2) was taken in."]
    assert (undo.undoText(), desk.news[-1].undoes) == ("Take in trec (2)", True)
    undo.undo()
    settled(one, qtbot)
    assert own(one) == ["trec"]
    assert desk.shell.settings.values.deleted == (str(page_folder(desk) / ".deleted"),)
    undo.redo()
    settled(one, qtbot)
    assert own(one) == ["trec", "trec"]
    assert one.names[one.current.path] == "trec (2)"
    undo.undo()
    undo.undo()
    settled(one, qtbot)
    assert own(one) == []
    assert one.dropped([str(first), str(second)])
    settled(one, qtbot)
    assert desk.news[-1].text == "trec, trec (2) were taken in."


def test_a_language_model_becomes_that_of_new_projects(page, desk, qtbot, tmp_path):
    page_folder(desk).mkdir(parents=True)
    path = save_language_model(page_folder(desk) / "own.ulmfit")
    one = page()
    pick(one, "Own words")
    one.make_default()
    assert desk.shell.usual_config("new").model.pretrained == str(path)
    assert "for new projects" in one.table.rows.index(0, 5).data()
    one.use()
    assert desk.project.value("model.pretrained") == str(path)
    desk.project.undo.undo()
    assert desk.project.value("model.pretrained") == "auto"
    path.rename(tmp_path / "gone.ulmfit")
    assert desk.shell.usual_config("new").model.pretrained == "auto"
    settled(one, qtbot)


def test_the_model_of_new_projects_is_a_step_among_the_others(page, desk, qtbot):
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    path = save_language_model(page_folder(desk) / "own.ulmfit")
    one = page()
    undo = desk.project.undo
    pick(one, "Mine")
    one.delete()
    qtbot.waitUntil(lambda: own(one) == ["Own words"], timeout=10_000)
    pick(one, "Own words")
    one.make_default()
    assert desk.news[-1].undoes
    assert undo.undoText() == "Start new projects from Own words"
    undo.undo()
    assert desk.shell.settings.values.pretrained == ""
    assert own(one) == ["Own words"]  # what was deleted before stays so
    undo.redo()
    assert desk.shell.settings.values.pretrained == str(path)
    one.make_default()
    assert undo.undoText() == "Do not start new projects from Own words"
    desk.news[-1].action()
    assert desk.shell.settings.values.pretrained == str(path)
    settled(one, qtbot)


def test_a_model_that_cannot_be_deleted_is_told_and_no_step(page, desk, qtbot):
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    pick(one, "Mine")
    (page_folder(desk) / "a.ulmfit").unlink()
    one.delete()
    assert [news.level for news in desk.news] == ["error"]
    assert not desk.project.undo.canUndo()
    settled(one, qtbot)


def test_export_as_file_and_python(page, desk, qtbot, tmp_path):
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    pick(one, "Mine")
    desk.answers.saved = tmp_path / "out.ulmfit"
    one.giving.export()
    qtbot.waitUntil(lambda: (tmp_path / "out.ulmfit").is_file(), timeout=10_000)
    settled(one, qtbot)
    assert load_bundle(tmp_path / "out.ulmfit").labels == ("neg", "pos")
    one.about.copy.click()
    assert "load_bundle" in QGuiApplication.clipboard().text()


def test_eight_bits_are_measured_and_shown_before_they_are_kept(page, desk, qtbot, tmp_path, monkeypatch):
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    pick(one, "Mine")
    shown: list[str] = []

    def choose(title, text, choices, detail=""):
        shown.append(text)
        assert not (tmp_path / "small.ulmfit").exists()
        return "keep" if len(shown) > 1 else "cancel"

    proposed: list[str] = []

    def save_file(title, start, filters):
        proposed.append(start.name)
        return tmp_path / ("small.ulmfit" if len(proposed) == 1 else "plain.ulmfit")

    monkeypatch.setattr(desk.answers, "choose", choose)
    monkeypatch.setattr(desk.answers, "save_file", save_file)
    one.as_int8.trigger()
    qtbot.waitUntil(lambda: len(shown) == 1, timeout=120_000)
    qtbot.waitUntil(lambda: not one.errand.running and not one.slot.running, timeout=120_000)
    assert "Of 200 texts" in shown[0]
    assert "instead of" in shown[0]
    assert not (tmp_path / "small.ulmfit").exists()
    one.as_int8.trigger()
    qtbot.waitUntil((tmp_path / "small.ulmfit").is_file, timeout=120_000)
    qtbot.waitUntil(lambda: not one.errand.running and not one.slot.running, timeout=120_000)
    assert load_bundle(tmp_path / "small.ulmfit").description.dtype == "int8"
    int8 = proposed[-1]
    one.as_file.trigger()
    qtbot.waitUntil(lambda: len(proposed) == 2 and not one.errand.running and not one.slot.running, timeout=20_000)
    assert (int8, proposed[-1]) == ("Mine-int8.ulmfit", "Mine.ulmfit")


def test_eight_bits_that_cost_nothing_are_told_so():
    same, less = (cost_words(Cost("test", 40, .9, after, 1, .01, (4_000, 1_000))) for after in (.9, .875))
    assert same == "Right as often as before, in 90.00% of the 40 test documents; answered otherwise: 1."
    assert less.startswith("Right in 87.50% instead of 90.00% of the 40 test documents")
    assert "network alone" not in less
    assert "That is the network alone" in cost_words(
        Cost("validation", 40, .9, .9, 1, .01, (4_000, 1_000), alone=True))


def test_an_onnx_export_that_lacks_a_package_says_which(page, desk, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "find_spec", {}.get)
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    pick(one, "Mine")
    monkeypatch.setattr(desk.answers, "save_file", pytest.fail)
    one.giving.export_onnx()
    assert one.errand.failure.isVisible()
    assert "pip install" in one.errand.failure.accessibleName()
    settled(one, qtbot)


def test_an_onnx_file_is_offered_once_it_answers_alike(page, desk, qtbot, tmp_path):
    pytest.importorskip("onnxruntime")
    page_folder(desk).mkdir(parents=True)
    save(page_folder(desk) / "a.ulmfit", card={"title": "Mine"})
    one = page()
    pick(one, "Mine")
    desk.answers.saved = tmp_path / "out.onnx"
    one.giving.export_onnx()
    qtbot.waitUntil(lambda: bool(desk.news) or one.errand.failure.isVisible(), timeout=120_000)
    assert one.errand.failure.failure is None
    assert "200 texts" in desk.news[-1].text
    assert (tmp_path / "out.onnx").is_file()
    settled(one, qtbot)
