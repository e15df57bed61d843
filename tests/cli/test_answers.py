"""What ``predict`` writes of its answers: where each text stands, and how sure the answer is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.models.made import save
from ulmengine.cli import answers, main
from ulmengine.cli.output import complain, say_text
from ulmengine.inference import Prediction
from ulmengine.inference.sources import Text
from ulmengine.models import Columns


@pytest.mark.parametrize(("labels", "shown"), [((), "\t0.875"), (("b",), "b\t0.750"), (("a", "b"), "a, b\t0.750")])
def test_the_certainty_is_that_of_the_answer(
    capsys: pytest.CaptureFixture[str], labels: tuple[str, ...], shown: str
) -> None:
    """Where no label applies the likeliest one has 0.125: that none does is sure, not doubtful."""
    values = {"a": 0.0625, "b": 0.125} if not labels else {"a": 0.5 if "a" in labels else 0.25, "b": 0.75}
    answers._say_answer(Text(Path("x.csv"), 3, "a film"), Prediction(", ".join(labels), labels, values), as_json=False)
    assert capsys.readouterr().out == f"x.csv\t3\t{shown}\n"


@pytest.mark.parametrize(("name", "shown"), [
    ("a\ngood.csv\t3\tgood\t0.9.csv", "a\\ngood.csv\\t3\\tgood\\t0.9.csv"),
    ("a\x1b[31m\r.csv", "a\\x1b[31m\\x0d.csv"),
    ("a b.csv", "a b.csv"), ("größe 電影 'x'.csv", "größe 電影 'x'.csv"), ("a\\n.csv", "a\\n.csv"),
])
def test_no_name_makes_a_line_or_a_column(capsys: pytest.CaptureFixture[str], name: str, shown: str) -> None:
    said = Prediction("b\tc", ("b\tc",), {"b\tc": 0.75})
    answers._say_answer(Text(Path(name), 3, "a\nfilm"), said, as_json=False)
    assert capsys.readouterr().out == f"{shown}\t3\tb\\tc\t0.750\n"
    answers._say_answer(Text(Path(name), 3, "a\nfilm"), said, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "path": name, "row": 3, "label": "b\tc", "probabilities": {"b\tc": 0.75}}
    complain(name)
    assert capsys.readouterr().err == f"{shown}\n"
    say_text("two\nlines")
    complain("two", "lines")
    assert (*capsys.readouterr(),) == ("two\nlines\n", "two\nlines\n")


def test_a_text_of_a_folder_is_named_as_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    text, said = Text(Path("texts"), 1, "a film", "new/b.txt"), Prediction("b", ("b",), {"a": 0.25, "b": 0.75})
    answers._say_answer(text, said, as_json=False)
    assert capsys.readouterr().out == f"{Path('texts/new/b.txt')}\tb\t0.750\n"
    answers._say_answer(text, said, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "path": "texts", "row": 1, "file": "new/b.txt", "label": "b", "probabilities": {"a": 0.25, "b": 0.75}}


def test_tables_of_a_folder_are_read_as_one_where_the_format_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(save(tmp_path / "m.ulmfit", columns=Columns(text=("note",), label=("kind",))))
    (tmp_path / "t").mkdir()
    for part in (1, 2):
        rows = "".join(f"a film of day {n},{('neg', 'pos')[n % 2]}\n" for n in range(6 * part, 6 * part + 6))
        (tmp_path / "t" / f"part{part}.csv").write_text(f"note,kind\n{rows}")
    folder = str(tmp_path / "t")
    for command in (["predict", model, folder], ["evaluate", model, folder], ["inspect", folder]):
        assert main(command) == 1
        assert "'shards'" in capsys.readouterr().err
        assert main([*command, "--format", "shards", "--json"]) == 0
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(told) == (12 if command[0] == "predict" else 1)
        assert told[-1].get("documents", told[-1].get("rows", 12)) == 12
