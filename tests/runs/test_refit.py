"""In the end the classifier learns from the validation documents too; what is told of them is from before."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ulmengine import events as ev
from ulmengine.cli import main
from ulmengine.config import with_settings
from ulmengine.corpus import open_corpus
from ulmengine.events import outcome
from ulmengine.inference import Baseline, PredictionsError
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder
from ulmengine.record.phrases import in_words
from ulmengine.runs import Run
from ulmengine.runs.batches import ALL_LABELLED, document_batches
from ulmengine.runs.measured import measure_again, open_measured
from ulmengine.runs.prepare import prepare
from ulmengine.runs.smaller import measured_on_its_run
from ulmengine.training.session import Session
from ulmengine.training.tensors import copy_of, learning

from .made import tiny_config, tiny_run, write_corpus


def finished(folder: RunFolder, **how: object) -> RunFolder:
    assert isinstance(list(Run(folder).events(**how))[-1], ev.Finished)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("refit")


@pytest.fixture(scope="module")
def plain(place: Path) -> RunFolder:
    return finished(tiny_run(place / "plain"))


@pytest.fixture(scope="module")
def refit(place: Path) -> RunFolder:
    return finished(tiny_run(place / "refit", "classifier.refit=2"))


def weights(folder: RunFolder) -> dict[str, torch.Tensor]:
    return load_bundle(folder.model_path).state


def alike(one: RunFolder, other: RunFolder) -> bool:
    ours, theirs = weights(one), weights(other)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_last_stage_reads_all_labelled_documents_once_an_epoch(place: Path) -> None:
    config = tiny_config(write_corpus(place / "some.csv"))
    prepared = outcome(prepare(config, place / "cache"))
    batches = document_batches(prepared, "forward", ALL_LABELLED)
    assert batches is not None
    held = prepared.documents.count("validation")
    seen = np.concatenate([batch.indices for batch in batches.epoch(0)])
    assert held > 0
    assert sorted(seen.tolist()) == list(range(prepared.documents.count("train") + held))
    last = next(batch for batch in batches.epoch(0) if batch.indices.max() >= prepared.documents.count("train"))
    row = int(last.indices.argmax())
    number = int(last.indices[row]) - prepared.documents.count("train")
    own = prepared.stores["validation"][number]
    assert last.tokens[row, : len(own)].tolist() == own.tolist()
    assert last.targets is not None
    assert last.targets[row] == prepared.documents.targets("validation")[number]


def test_what_is_told_of_the_validation_documents_is_from_before(plain: RunFolder, refit: RunFolder) -> None:
    stages = list(refit.events(ev.StageStarted))
    assert [stage.refit for stage in stages] == [False, False, False, True]
    assert stages[-1].name == "classifier: all labels"
    started = next(refit.events(ev.RunStarted))
    assert isinstance(started, ev.RunStarted)
    assert [stage["steps"] for stage in started.stages] == [stage.steps for stage in stages]
    one, other = open_measured(plain).kept, open_measured(refit).kept
    assert one.part("validation").uncalibrated() == pytest.approx(other.part("validation").uncalibrated(), abs=1e-12)
    assert not np.allclose(one.part("test").uncalibrated(), other.part("test").uncalibrated())
    assert open_measured(plain).record["temperature"] == open_measured(refit).record["temperature"]
    assert not alike(plain, refit)
    assert (open_measured(refit).record["refit"], open_measured(plain).record["refit"]) == (True, False)
    about, before = load_bundle(refit.model_path).description, load_bundle(plain.model_path).description
    assert (about.refit, before.refit) == (True, False)
    assert "learnt from the 8 validation documents too" in about.card["summary"]


def test_the_model_is_half_way_between_before_and_after(plain: RunFolder, refit: RunFolder) -> None:
    run = Run(refit)
    end = run.checkpoints.end_of(3)
    before = run.checkpoints.end_of(2)
    assert end is not None
    assert before is not None
    after, then = (run.checkpoints.load(info.name).weights() for info in (end, before))
    saved = weights(refit)
    for name, value in after.items():
        if value.is_floating_point():
            wanted = ((then[name] + value) / 2).half()
            torch.testing.assert_close(saved[f"forward.{name}"].half(), wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("direction", ["forward", pytest.param("both", marks=pytest.mark.slow)])
def test_taken_up_anywhere_it_ends_as_one_that_was_never_interrupted(place: Path, direction: str) -> None:
    more = ("classifier.refit=1", f"model.direction={direction}", "classifier.epochs=[1]")
    whole = finished(tiny_run(place / f"whole-{direction}", *more))
    steps = list(whole.events(ev.Step))
    begun = [event.total for event in steps if event.step == 1][1:]  # of the stages after the first
    for total in (*begun, *(at + 2 for at in begun), steps[-1].total):
        folder = tiny_run(place / f"{direction}-{total}", *more)
        run = Run(folder).events()
        for event in run:
            if isinstance(event, ev.Step) and event.total == total:
                break
        run.close()
        finished(folder, resume=True)
        assert alike(whole, folder), total
        assert (open_measured(folder).kept.uncalibrated() == open_measured(whole).kept.uncalibrated()).all(), total


def stopped(folder: RunFolder, stage: int) -> RunFolder:
    """Put down after the second step of ``stage``."""
    run = Run(folder).events()
    next(event for event in run if isinstance(event, ev.Step) and (event.stage, event.step) == (stage, 2))
    run.close()
    return folder


@pytest.mark.parametrize("harm", ["weights", "record", "start"])
def test_without_the_end_of_the_stage_before_it_goes_on_all_the_same(place: Path, refit: RunFolder, harm: str) -> None:
    folder = stopped(tiny_run(place / f"harmed-{harm}", "classifier.refit=2"), 3)
    end = Run(folder).checkpoints.end_of(2)
    assert end is not None
    shared = next(entry["file"] for key, entry in end.files.items() if key.startswith("start"))
    name = {"weights": f"{end.name}.safetensors", "record": f"{end.name}.json", "start": shared}[harm]
    path = folder.checkpoints / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    finished(folder, resume=True)
    assert alike(refit, folder)
    assert (open_measured(folder).kept.uncalibrated() == open_measured(refit).kept.uncalibrated()).all()


def test_a_run_of_an_earlier_version_takes_the_weights_before_from_the_end_of_the_stage_before(
    place: Path, refit: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It kept what moves of the beginning of a stage, and not the running means of the head."""
    with monkeypatch.context() as before:
        before.setattr(Session, "_kept_tensors", lambda self: copy_of(learning(self.groups)))
        folder = stopped(tiny_run(place / "earlier", "classifier.refit=2"), 3)
    shutil.copytree(folder.path, place / "earlier-harmed")
    finished(folder, resume=True)
    assert alike(refit, folder)
    harmed = RunFolder(place / "earlier-harmed")
    (harmed.checkpoints / "000003-stage.safetensors").write_bytes(b"short")
    last = list(Run(harmed).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert "'classifier: all layers' is missing or damaged" in last.title
    assert "go back to 000002-stage (step" in last.title


def test_what_cannot_go_on_gives_nothing_up(place: Path) -> None:
    """The forward half of the model is nowhere but at the end of its last stage."""
    more = ("model.direction=both", "language_model.epochs=0", "classifier.epochs=[1]")
    folder = stopped(tiny_run(place / "halves", *more), 1)
    first, second = Run(folder).checkpoints.all()
    (folder.checkpoints / f"{first.name}.safetensors").write_bytes(b"short")
    log = folder.log_path.read_bytes()
    for how in ({"resume": True}, {"checkpoint": second.name}):
        last = list(Run(folder).events(**how))[-1]  # type: ignore[arg-type]
        assert isinstance(last, ev.Failed)
        assert "go back to start" in last.title
        assert [info.name for info in Run(folder).checkpoints.all()] == [first.name, second.name]
        assert folder.log_path.read_bytes() == log


def test_after_the_last_stage_nothing_is_averaged_twice(place: Path, refit: RunFolder) -> None:
    """Killed as it measured: taken up from the last checkpoint, it ends the same."""
    shutil.copytree(refit.path, place / "measuring")
    folder = RunFolder(place / "measuring")
    text = folder.log_path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = next(number for number, line in enumerate(text) if '"evaluated"' in line)
    folder.log_path.write_text("".join(text[:kept]), encoding="utf-8")
    folder.model_path.unlink()
    finished(folder, resume=True)
    assert alike(refit, folder)


def test_finishing_early_leaves_it_out(place: Path, plain: RunFolder) -> None:
    folder = tiny_run(place / "early", "classifier.refit=2")
    begun = [event.total for event in plain.events(ev.Step)][-1]
    control = iter([False] * (begun - 1) + [True] + [False] * 1_000)
    said = list(Run(folder, finish=lambda: next(control)).events())
    note = next(event.text for event in said if isinstance(event, ev.Note) and "Finished early" in event.text)
    assert "Left out: classifier: all labels." in note
    assert not load_bundle(folder.model_path).description.refit


def test_without_validation_documents_there_is_no_such_stage(place: Path) -> None:
    folder = finished(tiny_run(place / "none", "classifier.refit=2", "corpus.split.validation=0.0"))
    assert not any(event.refit for event in folder.events(ev.StageStarted))
    assert not load_bundle(folder.model_path).description.refit


def test_measured_again_it_is_asked_about_the_test_documents_alone(place: Path, refit: RunFolder) -> None:
    """What was kept of the validation documents stays as long as it is sound."""
    shutil.copytree(refit.path, place / "again")
    folder = RunFolder(place / "again")
    first = open_measured(folder)
    again = outcome(measure_again(folder, place / "cache"))
    assert again.record["refit"]
    assert again.kept.part("test").given["network"] == pytest.approx(first.kept.part("test").given["network"], abs=1e-4)
    for who, values in again.kept.part("validation").given.items():
        assert (values == first.kept.part("validation").given[who]).all()
    (folder.path / "predictions.parquet").unlink()
    again = outcome(measure_again(folder, place / "cache"))
    assert set(again.record["parts"]) == {"test"}


def test_the_baseline_learns_from_as_many_documents_as_the_network(plain: RunFolder, refit: RunFolder) -> None:
    one, other = open_measured(plain).kept, open_measured(refit).kept
    assert (one.part("validation").given["baseline"] == other.part("validation").given["baseline"]).all()
    documents = outcome(open_corpus(refit.config().corpus, refit.cache, seed=refit.config().seed))
    texts = [*documents.texts("train"), *documents.texts("validation")]
    targets = np.concatenate([documents.targets("train"), documents.targets("validation")])
    wanted = Baseline(texts, targets, 2).probabilities(documents.texts("test"))
    assert other.part("test").given["baseline"] == pytest.approx(wanted, abs=1e-12)
    assert one.part("test").given["baseline"] != pytest.approx(wanted, abs=1e-6)


def test_a_model_that_has_learnt_from_all_that_was_held_back_cannot_be_measured_again(place: Path) -> None:
    folder = finished(tiny_run(place / "all", "classifier.refit=1", "corpus.split.test=0.0"))
    assert open_measured(folder).part == "validation"
    [told] = list(folder.events(ev.Evaluated))
    assert told.before_refit
    assert "before it learnt from them" in in_words(told)
    assert "before it learnt from them" in str(load_bundle(folder.model_path).description.card["accuracy"])
    with pytest.raises(PredictionsError, match="has learnt from the validation documents"):
        outcome(measure_again(folder, place / "cache"))


def test_a_smaller_model_is_compared_on_documents_that_it_has_not_learnt_from(refit: RunFolder) -> None:
    assert outcome(measured_on_its_run(load_bundle(refit.model_path))).part == "test"


def stopped_in(folder: RunFolder, stage: int) -> RunFolder:
    """The run in ``folder``, put down at the second step of ``stage``."""
    run = Run(folder).events()
    for event in run:
        if isinstance(event, ev.Step) and (event.stage, event.step) == (stage, 2):
            break
    run.close()
    return folder


def test_a_run_begun_before_there_was_this_stage_goes_on_without_it(place: Path, plain: RunFolder) -> None:
    folder = stopped_in(tiny_run(place / "old"), 1)
    path = folder.path / "config.toml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert any(line.startswith("refit") for line in lines)
    path.write_text("".join(line for line in lines if not line.startswith("refit")), encoding="utf-8")
    finished(folder, resume=True)
    assert alike(plain, folder)


@pytest.mark.parametrize(("epochs", "other"), [("[1, 1, 1]", "[1, 1, 1, 1]"), ("[1, 1, 1, 1]", "[1, 1, 1]")])
def test_no_other_stage_is_taken_for_it(place: Path, epochs: str, other: str) -> None:
    """With a network of one layer the last stages all train everything: only what they read tells them apart."""
    folder = tiny_run(place / f"taken-{len(epochs)}", f"classifier.epochs={epochs}", "classifier.refit=1")
    stopped_in(folder, 4)
    changed = with_settings(folder.config(), [f"classifier.epochs={other}"])
    last = list(Run(folder, config=changed).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert "a stage which has begun" in last.title


def test_it_can_be_given_up_before_it_begins(place: Path, plain: RunFolder) -> None:
    folder = stopped_in(tiny_run(place / "given-up", "classifier.refit=2"), 2)
    changed = with_settings(folder.config(), ["classifier.refit=0"])
    assert isinstance(list(Run(folder, config=changed).events(resume=True))[-1], ev.Finished)
    assert alike(plain, folder)


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_cut_short_nothing_of_it_is_kept(place: Path, direction: str) -> None:
    more = (f"model.direction={direction}", "classifier.epochs=[1]")
    whole = finished(tiny_run(place / f"uncut-{direction}", *more))
    folder = tiny_run(place / f"cut-{direction}", *more, "classifier.refit=1")
    run = Run(folder, skip=lambda: cut)
    cut, said = False, []
    for event in run.events():
        said.append(event)
        cut = isinstance(event, ev.Step) and stages_begun(said)[-1].refit
    assert isinstance(said[-1], ev.Finished)
    assert sum(stage.refit for stage in stages_begun(said)) == (2 if direction == "both" else 1)
    assert not load_bundle(folder.model_path).description.refit
    # The backward network is trained with other random numbers after a further stage.
    ours, theirs = weights(folder), weights(whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if name.startswith("forward."))


def stages_begun(said: list[ev.Event]) -> list[ev.StageStarted]:
    return [event for event in said if isinstance(event, ev.StageStarted)]


def test_a_lost_log_does_not_hide_it(place: Path, refit: RunFolder) -> None:
    folder = stopped_in(tiny_run(place / "lost", "classifier.refit=2"), 3)
    folder.log_path.unlink()
    finished(folder, resume=True)
    assert open_measured(folder).record["refit"]
    assert alike(refit, folder)


def test_a_comparison_on_validation_documents_says_whose_answers_these_are(
    plain: RunFolder, refit: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(plain.path), str(refit.path), "--part", "validation"]) == 0
    assert "before they learnt from these documents" in capsys.readouterr().out
    assert main(["compare", str(plain.path), str(refit.path), "--part", "test"]) == 0
    assert "before they learnt" not in capsys.readouterr().out
