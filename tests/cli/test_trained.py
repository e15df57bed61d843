"""What the commands do with a run that has finished and with its model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.help import lines
from tests.runs.made import TINY, tiny_config, write_corpus
from ulmengine.cli import main
from ulmengine.config import load, save
from ulmengine.corpus import open_corpus
from ulmengine.events import outcome
from ulmengine.record import RunFolder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    save(tiny_config(write_corpus(folder / "corpus.csv")), folder / "c.toml")
    assert main(["train", str(folder / "c.toml"), "--out", str(folder / "run"), "--json"]) == 0
    return folder


def test_predict_answers_one_object_a_document_in_order(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("my old hammer", encoding="utf-8")
    (tmp_path / "b.txt").write_text("a nice apple today", encoding="utf-8")
    table = write_corpus(tmp_path / "table.csv", count=5)
    paths = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), str(table)]
    assert main(["predict", str(trained / "run" / "model.ulmfit"), *paths, "--json"]) == 0
    said = lines(capsys)
    assert [line["path"] for line in said] == [*paths[:2], *[str(table)] * 5]
    assert [line.get("row") for line in said] == [None, None, 0, 1, 2, 3, 4]
    for line in said:
        assert line["label"] == max(line["probabilities"], key=line["probabilities"].get)
        assert sum(line["probabilities"].values()) == pytest.approx(1.0)


def test_predict_leaves_no_row_out_that_training_would(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"the {text} in my box,{label},{part}" for part in ("train", "test") for text, label in (
        ("apple", "fruit"), ("saw", "tool"), (f"{part} plum", "fruit"), (f"{part} drill", "tool"),
    )]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["text,label,split", *rows]), encoding="utf-8")
    assert main(["predict", str(trained / "run" / "model.ulmfit"), str(table), "--json"]) == 0
    assert [line["row"] for line in lines(capsys)] == list(range(8))


def test_evaluate_measures_a_model_on_labelled_texts(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_corpus(tmp_path / "table.csv", count=20, seed=5)
    assert main(["evaluate", str(trained / "run" / "model.ulmfit"), str(table), "--json"]) == 0
    [result] = lines(capsys)
    assert result["documents"] == 20
    assert result["labels"] == ["fruit", "tool"]
    assert main(["evaluate", str(trained / "run" / "model.ulmfit"), str(table)]) == 0
    assert "20 documents; " in capsys.readouterr().err


def test_evaluate_says_how_many_documents_the_model_has_learnt_from(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RunFolder(trained / "run")
    config = folder.config()
    documents = outcome(open_corpus(config.corpus, folder.cache, seed=config.seed))
    texts = {part: list(documents.texts(part)) for part in ("train", "validation", "test")}

    def told(rows: list[str]) -> tuple[int, str]:
        table = tmp_path / "table.csv"
        table.write_text("text,label\n" + "".join(f"{text},{('fruit', 'tool')[n % 2]}\n"
                                                  for n, text in enumerate(rows)), encoding="utf-8")
        assert main(["evaluate", str(folder.model_path), str(table), "--json",
                     "--report", str(tmp_path / "r.html")]) == 0
        said = capsys.readouterr()
        return json.loads(said.out)["learnt"], said.err

    known, said = told(texts["train"][:6])
    assert (known, "6 of 6 documents were learnt from: this says nothing of new texts." in said) == (6, True)
    assert "6 of 6 documents were learnt from" in (tmp_path / "r.html").read_text(encoding="utf-8")
    # The saved word counts know the validation documents.
    known, said = told([*texts["validation"][:3], *texts["test"][:4]])
    assert (known, "3 of 7 documents were learnt from: on new texts" in said) == (3, True)
    known, said = told(texts["test"][:4])
    assert (known, "learnt from" in said) == (0, False)


def test_evaluate_leaves_out_and_names_a_label_that_the_model_does_not_know(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("text,label\n" + "a nice old plum,fruit\nthe big red car,car\nanother saw,tool\n" * 3)
    assert main(["evaluate", str(trained / "run" / "model.ulmfit"), str(table), "--json"]) == 0
    said = capsys.readouterr()
    assert "does not know 'car': 3 of 9 documents are left out" in said.err
    assert json.loads(said.out)["documents"] == 6
    table.write_text("text,label\n" + "the big red car,car\na blue bus,bus\n" * 3)
    assert main(["evaluate", str(trained / "run" / "model.ulmfit"), str(table)]) == 1
    assert "does not know the labels 'bus', 'car'; it knows 'fruit', 'tool'" in capsys.readouterr().err
    table.write_text("text,label\n" + "a nice old plum,fruit\n" * 3)
    assert main(["evaluate", str(trained / "run" / "model.ulmfit"), str(table)]) == 0
    figures = capsys.readouterr().out
    assert "accuracy" in figures
    assert "nan to nan" not in figures  # of one class alone there is no area under a curve


def test_a_finished_run_is_listed(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(trained), "--json"]) == 0
    [run] = lines(capsys)
    assert (run["name"], run["state"], len(run["stages"])) == ("run", "finished", 3)


def test_a_second_run_in_the_same_folder_needs_resume(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(trained / "c.toml"), "--out", str(trained / "run")]) == 1
    assert "--resume" in capsys.readouterr().err


def test_resuming_takes_what_may_change_and_says_what_it_does_not_use(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rate may change on the way; the vocabulary of a run may not, and what the file says anew is not used."""
    assert main(["branch", str(trained / "run"), "--out", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.endswith(f"--out {tmp_path / 'run'} --resume\n")
    config, out = str(tmp_path / "run" / "config.toml"), str(tmp_path / "run")
    assert main(["train", config, "--out", out]) == 1
    assert "--resume" in capsys.readouterr().err
    assert main(["train", config, "--out", out, "--resume", "--set", "tokens.vocab_size=50"]) == 1
    assert "tokens.vocab_size" in capsys.readouterr().err
    assert main(["train", config, "--out", out, "--resume", "--set", "classifier.lr=0.5"]) == 0
    assert "settings changed: classifier.lr 0.004 -> 0.5" in capsys.readouterr().err
    assert load(Path(config)).classifier.lr == 0.5
    assert main(["train", str(trained / "c.toml"), "--out", out, "--resume"]) == 0
    assert "not used: classifier.lr\n" in capsys.readouterr().err


def test_a_run_that_is_over_is_not_gone_on_with(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (trained / "run" / "events.jsonl").read_bytes()
    assert main(["train", str(trained / "c.toml"), "--out", str(trained / "run"), "--resume", "--json"]) == 0
    said = capsys.readouterr()
    assert "the run has finished already" in said.err
    assert "not used" not in said.err
    assert json.loads(said.out)["type"] == "finished"
    assert (trained / "run" / "events.jsonl").read_bytes() == before


def test_documents_that_cannot_be_measured_are_counted_on_the_page_and_in_json(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("text,label\na nice apple today,fruit\nmy old hammer,tool\nthe bright moon,planet\n"
                     "a plum in my box,\nthe old drill,tool\n", encoding="utf-8")
    page = tmp_path / "missing" / "folder" / "r.html"
    assert main(["evaluate", str(trained / "run" / "model.ulmfit"), str(table), "--json", "--report", str(page)]) == 0
    [result] = lines(capsys)
    assert result["left_out"] == {"no_label": 1, "unknown_label": 1, "empty": 0}
    assert len(result["notes"]) == 2
    assert ("2 of the 5 documents in the file were left out: 1 without a label, 1 with labels that the model does not "
            "know.") in page.read_text(encoding="utf-8")


def test_a_report_makes_its_folder_and_a_folder_in_place_of_a_model_names_the_model(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "missing" / "folder" / "z.html"
    assert main(["report", str(trained / "run"), "--out", str(page)]) == 0
    assert page.is_file()
    assert main(["predict", str(trained / "run"), str(trained / "corpus.csv")]) == 1
    assert f"{trained / 'run'} is a folder; its model is {trained / 'run' / 'model.ulmfit'}" in capsys.readouterr().err


def test_a_run_that_failed_says_why_in_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.csv").write_text("text,label\n" + "".join(f"a text {n},same\n" for n in range(20)))
    save(tiny_config(tmp_path / "one.csv"), tmp_path / "c.toml")
    assert main(["train", str(tmp_path / "c.toml"), "--out", str(tmp_path / "runs" / "run")]) == 1
    capsys.readouterr()
    assert main(["runs", str(tmp_path / "runs"), "--json"]) == 0
    [run] = lines(capsys)
    assert run["state"] == "failed"
    assert "there is nothing to tell apart" in run["problem"]
    assert main(["runs", str(tmp_path / "runs")]) == 0
    assert "there is nothing to tell apart" in capsys.readouterr().out


def test_a_run_goes_back_is_listed_and_carried_away(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["checkpoints", str(trained / "run"), "--json"]) == 0
    every = lines(capsys)
    assert all(entry["whole"] for entry in every)
    assert [entry["stage"] for entry in every if entry["finished"]] == [0, 1, 2]
    copy = tmp_path / "copy.zip"
    assert main(["export", str(trained / "run"), "--out", str(copy)]) == 0
    assert main(["import", str(copy), "--into", str(tmp_path / "runs")]) == 0
    out = tmp_path / "runs" / "copy"
    capsys.readouterr()
    first = next(entry["name"] for entry in every if entry["finished"])
    arguments = ["train", str(out / "config.toml"), "--out", str(out), "--checkpoint"]
    assert main([*arguments, "000099-epoch"]) == 1
    assert "missing or damaged" in capsys.readouterr().err
    assert main([*arguments, first, "--json"]) == 0
    said = lines(capsys)
    assert said[-1]["type"] == "finished"
    assert {event["stage"] for event in said if event["type"] == "step"} == {1, 2}


def test_a_run_begins_anew_and_is_finished_early(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["branch", str(trained / "run"), "--out", str(tmp_path / "run")]) == 0
    out = str(tmp_path / "run")
    arguments = ["train", str(tmp_path / "run" / "config.toml"), "--out", out]
    capsys.readouterr()
    assert main(["checkpoints", out]) == 0
    assert capsys.readouterr().out.startswith("start  the beginning of the run\n")
    assert main(["branch", out, "--checkpoint", "start", "--out", str(tmp_path / "other")]) == 1
    assert "nothing to branch off" in capsys.readouterr().err
    assert main([*arguments, "--checkpoint", "start", "--json"]) == 0
    said = lines(capsys)
    assert said[-1]["type"] == "finished"
    steps = [event["total"] for event in said if event["type"] == "step"]
    assert steps == list(range(1, len(steps) + 1))
    assert {event["stage"] for event in said if event["type"] == "step"} == {0, 1, 2}

    assert main(["checkpoints", out, "--json"]) == 0
    ends = {entry["stage"]: entry["name"] for entry in lines(capsys) if entry["finished"]}
    assert main([*arguments, "--checkpoint", ends[0], "--finish"]) == 1
    assert "no classifier to finish with" in capsys.readouterr().err
    assert main([*arguments, "--checkpoint", ends[1], "--finish", "--json"]) == 0
    said = lines(capsys)
    assert [stage["name"] for stage in said[-1]["stages"]] == ["language model", "classifier: head"]
    assert said[-1]["type"] == "finished"
    assert not any(event["type"] == "step" for event in said)
    assert main([*arguments, "--finish"]) == 0  # what was wished stays
    assert RunFolder(Path(out)).finishing
    assert main(["train", str(trained / "c.toml"), "--out", str(tmp_path / "none"), "--finish"]) == 1
    assert "holds no run that could be finished" in capsys.readouterr().err


def test_the_model_of_a_run_is_carried_away(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "new" / "fruit.ulmfit"
    assert main(["export", str(trained / "run"), "--out", str(model)]) == 0
    assert model.read_bytes() == (trained / "run" / "model.ulmfit").read_bytes()
    assert main(["export", str(trained / "run"), "--out", str(model)]) == 1
    assert "there already" in capsys.readouterr().err
    begun = RunFolder.create(tmp_path / "begun", load(trained / "c.toml"))
    assert main(["export", str(begun.path), "--out", str(tmp_path / "b.ulmfit")]) == 1
    assert "no model yet" in capsys.readouterr().err


def test_something_is_noted_about_a_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(trained / "run")
    assert main(["notes", run]) == 0
    assert "nothing has been noted" in capsys.readouterr().err
    for arguments, shown in (([], ""), (["too", "few", "epochs"], "too few epochs\n"), (["größer"], "größer\n")):
        assert main(["notes", run, *arguments]) == 0
        assert capsys.readouterr().out.endswith(shown)
    assert (trained / "run" / "notes.md").read_text(encoding="utf-8") == "too few epochs\ngrößer\n"


def test_a_pretrained_model_is_looked_for_beside_the_configuration(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tiny_config(trained / "corpus.csv", "model.pretrained=start.ulmfit"), tmp_path / "c.toml")
    assert main(["train", str(tmp_path / "c.toml"), "--out", str(tmp_path / "run")]) == 1
    assert str(tmp_path / "start.ulmfit") in capsys.readouterr().err


def test_find_lr_ends_with_suggestions(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-lr", str(trained / "c.toml"), "--json"]) == 0
    assert lines(capsys)[-1]["type"] == "range_ended"


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path, trained: Path) -> None:
    torchrun = Path(sys.executable).with_name("torchrun")
    out = tmp_path / "run"
    result = subprocess.run(
        [str(torchrun), "--standalone", "--nproc-per-node", "2", "-m", "ulmengine", "train", str(trained / "c.toml"),
         "--out", str(out), "--json"], capture_output=True, text=True, timeout=250, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert result.returncode == 0, result.stderr[-2000:]
    last = json.loads(result.stdout.splitlines()[-1])
    assert last["type"] == "finished"
    alone = [event for event in RunFolder(trained / "run").events() if type(event).__name__ == "Step"]
    together = [event for event in RunFolder(out).events() if type(event).__name__ == "Step"]
    assert len(alone) == len(together)
    assert [event.tokens for event in alone] == [event.tokens for event in together]  # type: ignore[attr-defined]


def test_a_corpus_is_learnt_with_the_usual_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_corpus(tmp_path / "corpus.csv", count=40)
    named = [f"--set={setting}" for setting in TINY]
    assert main(["train", str(table), "--json", *named]) == 0
    run = RunFolder.open(tmp_path / "corpus-run")
    assert run.config() == tiny_config(table).model_copy(update={"name": "corpus"})
    assert run.model_path.is_file()
    capsys.readouterr()
    assert main(["train", str(table), *named]) == 1
    assert "holds a run already; add --resume" in capsys.readouterr().err
    assert main(["train", str(run.path)]) == 1
    assert f"name its {run.config_path}" in capsys.readouterr().err
