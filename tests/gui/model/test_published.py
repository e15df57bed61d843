"""The published values: marked where something else is set, one click away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.pages.model.page import ModelPage
from studio.pages.rates.settings_card import SettingsCard
from studio.project import Project
from studio.shell import Shell


def test_the_published_dropouts_are_one_click_away(project: Project, shell: Shell, qtbot: QtBot) -> None:
    page = ModelPage(project, shell)
    qtbot.addWidget(page)
    # 1801.06146, 4.1: 0.4 to the input and to the pooled states, 0.05 to the embedding, 0.3 between layers, 0.5 to the
    # recurrent weights, 0.1 to the output; here all are halved, as the reference does.
    embedding, given = page.dropout.fields["model.dropout.embedding"], page.dropout.fields["model.dropout.input"]
    assert embedding.published.text() == "published: 0.05"
    assert not embedding.published.isHidden()
    assert given.published.isHidden()
    qtbot.mouseClick(page.published, Qt.MouseButton.LeftButton)
    dropout = project.config.model.dropout
    assert (dropout.input, dropout.weight, dropout.embedding, dropout.hidden, dropout.output, dropout.pooled,
            dropout.multiplier) == (0.4, 0.5, 0.05, 0.3, 0.1, 0.4, 0.5)
    assert dropout.effective("embedding") == 0.025
    assert embedding.published.isHidden()
    assert not page.published.isEnabled()
    project.undo.undo()
    assert page.published.isEnabled()
    assert project.config.model.dropout.embedding == 0.2


def test_the_published_rates_are_those_of_the_task_in_hand(project: Project, shell: Shell, qtbot: QtBot) -> None:
    card = SettingsCard(project, shell, "classifier")
    qtbot.addWidget(card)
    assert card.fields["classifier.factor"].published.text() == "published: 2.6"
    qtbot.mouseClick(card.published, Qt.MouseButton.LeftButton)
    assert (project.config.classifier.lr, project.config.classifier.factor) == (0.01, 2.6)
    before = project.config.language_model
    card.set_task("language_model")
    assert card.published.isEnabled()
    assert project.config.language_model == before
    qtbot.mouseClick(card.published, Qt.MouseButton.LeftButton)
    assert (project.config.language_model.lr, project.config.language_model.factor) == (0.004, 2.6)
    assert not project.config.language_model.interpolate
    told = card.fields["language_model.interpolate"].published
    assert told.isHidden()
    project.undo.undo()
    assert project.config.language_model.interpolate
    assert (told.isHidden(), told.text()) == (False, "published: off")


def test_the_size_in_force_stands_in_the_fields_that_cannot_be_changed(
    project: Project, shell: Shell, qtbot: QtBot
) -> None:
    project.change({"model.preset": "paper", "model.pretrained": "none"})
    page = ModelPage(project, shell)
    qtbot.addWidget(page)

    def shown() -> list[float]:
        rows = [page.form.fields[f"model.{name}"] for name in ("embedding_size", "hidden_size", "layers")]
        assert all(not row.isEnabled() for row in rows)
        return [row.editor.controls()[0].value() for row in rows]  # type: ignore[attr-defined]

    assert shown() == [400, 1152, 3]
    project.change({"model.dropout.input": 0.3})
    assert shown() == [400, 1152, 3]


def test_help_is_at_the_label_too(project: Project, shell: Shell, qtbot: QtBot) -> None:
    page = ModelPage(project, shell)
    qtbot.addWidget(page)
    page.resize(1_000, 700)
    page.show()
    page.side.setCurrentIndex(1)
    row = page.dropout.fields["model.dropout.hidden"]
    assert "hands to the next" in row.label.toolTip()
    row.label.resize(20, row.label.height())
    assert "Between layers" in row.label.toolTip()
    assert "hands to the next" in row.label.toolTip()
