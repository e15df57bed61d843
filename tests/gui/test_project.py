"""A project: changes, undo, the file on disk."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.project import FILE, Project, ProjectError
from studio.settings import Settings
from studio.shell import Notice, Shell
from ulmengine.config import ConfigError, CorpusConfig, RunConfig
from ulmengine.record.relabelled import read_journal

from .fakes import FakeRun


def on_disk(project: Project) -> dict[str, object]:
    return tomllib.loads((project.folder / FILE).read_text(encoding="utf-8"))


def test_a_new_project_stands_on_disk_and_opens_again(tmp_path: Path, qtbot: QtBot) -> None:
    made = Project.create(tmp_path / "reviews")
    assert made.name == "reviews"
    again = Project.open(tmp_path / "reviews")
    assert again.config == made.config
    assert again.runs == tmp_path / "reviews" / "runs"
    assert again.cache == tmp_path / "reviews" / "cache"


def test_a_change_is_told_and_saved_at_once(project: Project, qtbot: QtBot) -> None:
    with qtbot.waitSignal(project.changed) as told:
        project.change({"classifier.lr": 0.02, "language_model.epochs": 7}, "Use these")
    assert told.args == [project.config]
    assert project.config.classifier.lr == 0.02
    assert on_disk(project)["language_model"]["epochs"] == 7  # type: ignore[index]
    assert project.undo.undoText() == "Use these"


def test_several_settings_changed_together_are_one_step(project: Project) -> None:
    before = project.config
    project.change({"classifier.lr": 0.02, "model.preset": "tiny", "corpus.text_columns": ("title", "body")})
    assert project.config.corpus.text_columns == ("title", "body")
    assert project.undo.count() == 1
    project.undo.undo()
    assert project.config == before
    project.undo.redo()
    assert project.config.model.preset == "tiny"


def test_a_slider_being_dragged_is_one_step_and_all_of_it_reaches_the_disk(project: Project, qtbot: QtBot) -> None:
    for value in (0.02, 0.03, 0.04):
        project.change({"classifier.lr": value})
    assert project.undo.count() == 1
    qtbot.waitUntil(lambda: on_disk(project)["classifier"]["lr"] == 0.04, timeout=3_000)  # type: ignore[index]
    project.undo.undo()
    assert project.config.classifier.lr == RunConfig().classifier.lr
    project.close()
    assert on_disk(project)["classifier"]["lr"] == RunConfig().classifier.lr  # type: ignore[index]


def test_changes_of_different_settings_are_different_steps(project: Project) -> None:
    project.change({"classifier.lr": 0.02})
    project.change({"language_model.lr": 0.02})
    assert project.undo.count() == 2
    assert project.undo.undoText() == "Change Peak learning rate"


def test_what_does_not_differ_is_no_step(project: Project) -> None:
    project.change({"classifier.lr": project.config.classifier.lr})
    assert project.undo.count() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"classifier.lr": 11.0}, "classifier.lr"),
        ({"classifier.speed": 1}, "no setting called 'classifier.speed'"),
        ({"classifier": 1}, "no setting called 'classifier'"),
        ({"model.preset": "huge"}, "model.preset"),
    ],
)
def test_a_value_that_is_not_permitted_changes_nothing(
    project: Project, change: dict[str, object], words: str
) -> None:
    before = project.config
    with pytest.raises(ConfigError, match=words):
        project.change(change)
    assert project.config is before
    assert project.undo.count() == 0


def test_a_run_gets_absolute_paths(project: Project, tmp_path: Path) -> None:
    project.change({"corpus.path": "texts.csv", "corpus.test_path": str(tmp_path / "test.csv")})
    corpus = project.run_config().corpus
    assert corpus.path == str(project.folder / "texts.csv")
    assert corpus.test_path == str(tmp_path / "test.csv")
    assert corpus.unlabelled_path == ""


def test_run_folders_are_new_and_sort_by_time(project: Project) -> None:
    first = project.new_run_folder()
    first.mkdir(parents=True)
    second = project.new_run_folder()
    assert second != first
    assert second.parent == first.parent == project.runs


def test_opening_what_is_no_project_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="holds no project"):
        Project.open(tmp_path)
    (tmp_path / FILE).write_text("classifier = 3", encoding="utf-8")
    with pytest.raises(ProjectError, match="classifier"):
        Project.open(tmp_path)
    with pytest.raises(ProjectError, match="holds a project already"):
        Project.create(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_made(project: Project, tmp_path: Path) -> None:
    old, link = tmp_path / "\udcfcbung", tmp_path / "link"
    link.symlink_to(old)
    for folder in (old, old / "reviews", link / "reviews"):
        with pytest.raises(ProjectError, match="is not UTF-8"):
            Project.create(folder)
    with pytest.raises(ProjectError, match="is not UTF-8"):
        Project.create(tmp_path / "new", RunConfig(corpus=CorpusConfig(path=str(old))))
    assert not (tmp_path / "new").exists()
    assert not old.exists()
    before = project.config
    with pytest.raises(ConfigError, match=r"corpus\.path"):
        project.change({"corpus.path": str(old)})
    assert project.config == before
    old.mkdir()
    shutil.copy(project.folder / FILE, old)
    with pytest.raises(ProjectError, match="is not UTF-8"):
        Project.open(old)


def test_a_file_that_cannot_be_written_is_told(project: Project, qtbot: QtBot) -> None:
    shutil.rmtree(project.folder)
    with qtbot.waitSignal(project.saveFailed) as told:
        project.change({"classifier.lr": 0.02})
    assert FILE in told.args[0]
    project.folder.mkdir()
    project.close()
    assert on_disk(project)["classifier"]["lr"] == 0.02  # type: ignore[index]


def test_shell_opens_remembers_and_closes_projects(shell: Shell, settings: Settings, tmp_path: Path) -> None:
    heard: list[object] = []
    shell.projectChanged.connect(heard.append)
    assert shell.new_project(tmp_path / "one")
    one = shell.project
    assert shell.new_project(tmp_path / "two")
    assert settings.values.recent == (str(tmp_path / "two"), str(tmp_path / "one"))
    assert heard == [one, None, shell.project]
    assert shell.open_project(tmp_path / "one")
    assert settings.values.recent[0] == str(tmp_path / "one")


def test_a_project_that_cannot_be_opened_is_news_and_the_old_one_stays(
    shell: Shell, project: Project, tmp_path: Path
) -> None:
    news: list[Notice] = []
    shell.noticed.connect(news.append)
    assert not shell.open_project(tmp_path / "nowhere")
    assert shell.project is project
    assert [notice.level for notice in news] == ["error"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_a_name_that_is_not_utf_8_is_news_with_the_name(shell: Shell, tmp_path: Path) -> None:
    news: list[Notice] = []
    shell.noticed.connect(news.append)
    assert not shell.open_project(tmp_path / "\udcfcbung")
    assert not shell.new_project_of([tmp_path / "\udcfcbung"])
    assert [notice.level for notice in news] == ["error", "error"]
    assert all(r"\udcfcbung" in notice.text and "is not UTF-8" in notice.text for notice in news)


def test_no_other_project_while_a_run_is_alive(
    shell: Shell, project: Project, run: FakeRun, tmp_path: Path
) -> None:
    assert shell.starter.start()
    assert run.folder is not None
    assert run.folder.parent == project.runs
    assert not shell.starter.start()
    assert not shell.new_project(tmp_path / "other")
    assert shell.project is project
    run.stop()
    from ulmengine.plan.control import Move

    run.move(Move.CLOSED)
    assert shell.new_project(tmp_path / "other")


def test_new_projects_begin_with_the_persons_device(shell: Shell, settings: Settings, tmp_path: Path) -> None:
    settings.change(device="cpu", precision="float32", threads=2)
    assert shell.new_project(tmp_path / "new")
    assert shell.project is not None
    compute = shell.project.config.compute
    assert (compute.device, compute.precision, compute.threads) == ("cpu", "float32", 2)


def test_a_file_emptied_while_the_project_is_open_takes_no_setting_away(project: Project) -> None:
    project.change({"classifier.lr": 0.02})
    project.save()
    (project.folder / FILE).write_text("", encoding="utf-8")
    project._look_at_file()
    assert project.config.classifier.lr == 0.02
    project.change({"language_model.epochs": 7})
    project.save()
    assert on_disk(project)["classifier"]["lr"] == 0.02  # type: ignore[index]


def test_a_label_of_another_file_is_put_right_whatever_the_journal_tells_of_the_one_before(project: Project) -> None:
    key, path = "main:01", project.folder / "labels.jsonl"
    project.correct_label(key, ("Billing",), ("Delivery",), False, "wrong", of_file=True)
    project.change({"corpus.path": "v2.csv", "corpus.relabelled": ()})  # in which it is as it was corrected
    assert project.correct_label(key, ("Delivery",), ("Billing",), False, "after all", of_file=True)
    assert project.config.corpus.relabelled == (f"{key}=Billing",)
    assert read_journal(path)[-1].why == "after all"
    count = len(read_journal(path))
    assert not project.correct_label(key, ("Billing",), ("Billing",), False, "once more", of_file=True)
    assert len(read_journal(path)) == count
    project.close()
    again = Project(project.folder, project.config, project)
    assert again.labels.given(key) == ("Delivery",)
    again.take_labels_back([key])
    assert [(one.before, one.to, one.why) for one in read_journal(path)[-2:]] == [
        (("Delivery",), ("Billing",), "after all"), (("Billing",), ("Delivery",), "taken back")]
    assert again.correct_label(key, ("Delivery",), ("Other",), False, "third")
    assert again.correct_label(key, ("Other",), ("Delivery",), False)  # no correction any more
    assert again.config.corpus.relabelled == ()
    again.close()


def test_a_correction_that_changes_nothing_takes_no_reason_from_the_next(project: Project) -> None:
    key, path = "main:01", project.folder / "labels.jsonl"
    assert not project.correct_label(key, ("Billing",), ("Billing",), False, "no change")
    project.change({"corpus.relabelled": (f"{key}=Delivery",)})
    assert read_journal(path)[-1].why == ""
    project.take_labels_back([key])
    assert read_journal(path)[-1].why == "taken back"


def test_the_journal_knows_the_labels_of_the_file_after_a_new_start(project: Project) -> None:
    key, bare = "main:01", "main:02"  # the file gives the second one none
    project.correct_label(key, ("Billing",), ("Delivery",), False, "read again")
    project.correct_label(bare, (), ("Delivery",), False)
    project.close()
    again = Project(project.folder, project.config, project)
    again.take_labels_back([key])
    again.undo.undo()
    again.change({"corpus.relabelled": ()})  # as another corpus does
    again.undo.undo()
    again.correct_label(bare, ("Delivery",), ("Billing",), False)
    again.correct_label(key, ("Delivery",), ("Billing",), False)  # the label of the file needs no correction
    assert again.config.corpus.relabelled == (f"{bare}=Billing",)
    journal = read_journal(project.folder / "labels.jsonl")
    right, wrong = ("Billing",), ("Delivery",)
    assert [(one.before, one.to) for one in journal if one.document == key] == [
        (right, wrong), (wrong, right), (right, wrong), (wrong, right), (right, wrong), (wrong, right)]
    assert [(one.before, one.to) for one in journal if one.document == bare] == [
        ((), wrong), (wrong, ()), ((), wrong), (wrong, right)]
    again.close()
