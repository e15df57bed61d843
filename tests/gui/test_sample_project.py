"""The sample's project finds its files again when the program has moved."""

from __future__ import annotations

from pathlib import Path

from studio.settings import data_folder
from studio.shell import Shell
from ulmengine.plan.sample import sample_folder


def test_a_sample_made_by_a_program_that_is_gone_reads_the_files_of_this_one(shell: Shell) -> None:
    assert shell.open_sample()
    assert shell.project is not None
    old = Path("/gone/ulmfit/resources/samples/helpdesk")
    shell.project.change({"corpus.path": str(old / "messages.csv"),
                          "corpus.unlabelled_path": str(old / "unlabelled.txt"), "classifier.lr": 0.02})
    shell.close_project()
    assert shell.open_sample()
    corpus = shell.project.config.corpus
    assert Path(corpus.path) == sample_folder() / "messages.csv"
    assert Path(corpus.unlabelled_path) == sample_folder() / "unlabelled.txt"
    assert shell.project.config.classifier.lr == 0.02
    assert not shell.project.undo.canUndo()
    assert (data_folder() / "sample").is_dir()


def test_another_corpus_in_the_samples_project_is_left_alone(shell: Shell) -> None:
    assert shell.open_sample()
    assert shell.project is not None
    shell.project.change({"corpus.path": "/home/ann/tickets.csv"})
    shell.close_project()
    assert shell.open_sample()
    assert shell.project.config.corpus.path == "/home/ann/tickets.csv"


def test_a_project_opened_again_has_the_change_of_a_moment_ago(shell: Shell, tmp_path: Path) -> None:
    assert shell.new_project(tmp_path / "one")
    assert shell.project is not None
    shell.project.change({"classifier.lr": 0.02})
    shell.project.change({"classifier.lr": 0.03})  # not yet written: the file is written at most every moment
    assert shell.open_project(tmp_path / "one")
    assert shell.project.config.classifier.lr == 0.03
