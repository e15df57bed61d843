"""Names of files and folders that are not UTF-8, as old disks and archives leave them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.cli.help import lines
from tests.corpus.test_workbook import write_xlsx
from tests.runs.made import TINY, tiny_config, write_corpus
from ulmengine.cli import main
from ulmengine.config import save
from ulmengine.corpus import inspect
from ulmengine.events import outcome
from ulmengine.record import RunFolder
from ulmengine.record.copies import import_run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
OLD = "\udcfcbung"  # what Python makes of the Latin-1 bytes of "übung"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / OLD).mkdir()
    return tmp_path / OLD


def everything(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_a_run_lies_in_a_folder_of_any_name_and_is_read_and_carried_away(
    old: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config, run, moved = old.parent / "config.toml", old / "run", old.parent / "moved"
    save(tiny_config(write_corpus(old.parent / "corpus.csv")), config)
    assert main(["train", str(config), "--out", str(run), "--json"]) == 0
    assert Path(lines(capfd)[-1]["model"]) == run / "model.ulmfit"
    page, file = old.parent / "page.html", shutil.copy(old.parent / "corpus.csv", old / f"{OLD}.csv")
    assert main(["measure", str(run)]) == 0
    assert main(["report", str(run), "--out", str(page)]) == 0
    assert main(["evaluate", str(run / "model.ulmfit"), str(file), "--report", str(page)]) == 0
    assert r"\udcfcbung.csv" in page.read_text(encoding="utf-8")
    assert main(["branch", str(run), "--out", str(moved)]) == 0
    assert json.loads((moved / "branch.json").read_text())["folder"] == str(run)
    packed = old / f"{OLD}.zip"
    assert main(["export", str(run), "--out", str(packed)]) == 0
    assert json.loads((import_run(packed, old.parent / "runs").path / "imported.json").read_text())["from"] == \
        str(packed)
    (run / f"{OLD}.txt").touch()
    assert main(["export", str(run), "--out", str(old.parent / "run.zip")]) == 1
    assert "is not UTF-8" in capfd.readouterr().err
    assert not (old.parent / "run.zip").exists()


def test_token_ids_lie_in_a_folder_of_any_name(old: Path) -> None:
    assert main(["tokenize", str(write_corpus(old / f"{OLD}.csv")), "--out", str(old / "tokens")]) == 0


@pytest.mark.parametrize("arguments", [
    ["train", "{old}/corpus.csv", "--out", "{new}"], ["train", "{old}/run.toml", "--out", "{new}"],
    ["train", "{old}/corpus.csv"], ["pretrain", "{old}/corpus.csv", "--out", "{new}"],
    ["train", "run.toml", "--out", "{new}", "--set", "corpus.path={old}/corpus.csv"],
    ["train", "run.toml", "--out", "{new}", "--set", f"name={OLD}"], ["find-lr", "{old}/corpus.csv"],
    ["train", "run.toml", "--out", "{new}", "--set", f"corpus.text_columns=text,{OLD}"],
    ["config", "{old}/corpus.csv"], ["config", f"{{old}}/{OLD}.csv"],
])
def test_a_description_refuses_a_name_that_it_cannot_hold_before_anything_is_made(
    arguments: list[str], old: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(old.parent)
    write_corpus(old / "corpus.csv")
    shutil.copy(old / "corpus.csv", old / f"{OLD}.csv")
    for place in (old, old.parent):
        (place / "run.toml").write_text("[corpus]\npath = 'corpus.csv'\n")
    before = everything(old.parent)
    assert main([one.format(old=old, new=old.parent / "new") for one in arguments]) == 1
    said = capfd.readouterr()
    assert not said.out
    assert "\n" not in said.err.strip()
    assert "is not UTF-8" in said.err
    assert everything(old.parent) == before


@pytest.mark.parametrize("name", ["Übung – 練習", "a\\udcfcb", "100 % \N{REPLACEMENT CHARACTER}"])
def test_other_names_are_written_in_a_description(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).mkdir()
    corpus = write_corpus(tmp_path / name / f"{name}.csv")
    settings = [part for setting in TINY for part in ("--set", setting)]
    assert main(["train", str(corpus), "--out", str(tmp_path / name / "run"), *settings]) == 0
    assert RunFolder.open(tmp_path / name / "run").config().corpus.path == str(corpus)


def test_tables_and_workbooks_of_any_name_are_read(old: Path) -> None:
    rows = [["text", "label"], *([f"a text of words {number}", "ab"[number % 2]] for number in range(20))]
    write_xlsx(old / f"{OLD}.xlsx", {"Sheet": rows})
    with (old / f"{OLD}.parquet").open("wb") as file:
        pl.DataFrame(rows[1:], schema=rows[0], orient="row").write_parquet(file)
    for path in old.iterdir():
        assert outcome(inspect(path))["rows"] == 20


def test_a_note_that_is_not_utf_8_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_config(tmp_path / "corpus.csv"))
    assert main(["notes", str(folder.path), "caf\udce9"]) == 0
    assert folder.notes() == "caf?\n"
