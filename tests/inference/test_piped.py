"""What comes through a pipe: a text a line, or a table as it would be in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inference.test_sources import NOTE, PLACES
from ulmengine.disk import passing_folder
from ulmengine.events import Event, Note, outcome
from ulmengine.inference.sources import ColumnsWantedError, texts_of
from ulmengine.models import Columns


def piped(
    text: str, tmp_path: Path, roles: Columns | None = NOTE, kind: str = "", said: list[Event] | None = None
) -> list[tuple[int | None, str]]:
    """What is read of standard input that gives ``text``: row and text."""
    with passing_folder("piped") as folder:
        path = folder / "standard input"
        path.write_text(text)
        reading = texts_of(path, tmp_path / "c", roles, kind=kind)
        return [(one.row, one.text) for one in outcome(reading, [].append if said is None else said.append)]


@pytest.mark.parametrize("roles", [NOTE, None])
def test_standard_input_is_a_text_a_line_blank_ones_between_too(tmp_path: Path, roles: Columns | None) -> None:
    texts = [f"The film of day {n} was long." for n in range(40)]
    given = "\n".join([*texts[:20], "", *texts[20:]]) + "\n\n\n"
    assert piped(given, tmp_path, roles) == list(enumerate([*texts[:20], "", *texts[20:]]))


@pytest.mark.parametrize("mark", [", ", "\t", "; "])
def test_standard_input_without_a_heading_is_a_text_a_line_whatever_cuts_it(tmp_path: Path, mark: str) -> None:
    texts = [mark.join(("good food", "nice staff", f"number {n}")) for n in range(12)]
    assert piped("\n".join(texts), tmp_path) == list(enumerate(texts))
    texts = [mark.join(("good food", f"nice staff number {n}")) for n in range(12)]
    assert piped("\n".join(texts), tmp_path) == list(enumerate(texts))


def test_standard_input_under_a_heading_stays_a_table(tmp_path: Path) -> None:
    rows = "".join(f"{n},a film of day {n}\n" for n in range(6))
    assert piped("id,note\n" + rows, tmp_path) == [(n, f"a film of day {n}") for n in range(6)]
    with pytest.raises(ColumnsWantedError, match="id, text"):
        piped("id,text\n" + rows, tmp_path)
    lines = "".join(f'{{"note": "a film of day {n}"}}\n' for n in range(6))
    assert piped(lines, tmp_path) == [(n, f"a film of day {n}") for n in range(6)]


@pytest.mark.parametrize("mark", [",", ";", "|"])
def test_standard_input_that_is_a_table_without_a_heading_asks_as_a_file_does(tmp_path: Path, mark: str) -> None:
    rows = [mark.join((str(n), f"About day {n}", f"The film of day {n} was long and dull.")) for n in range(12)]
    for given in (rows, [f"{row}{mark}{'good' if n % 2 else 'bad'}" for n, row in enumerate(rows)]):
        text = "\n".join(given) + "\n"
        with pytest.raises(ColumnsWantedError, match=r"no 'note'.*column 3.*If each line is a text: --format lines"):
            piped(text, tmp_path)
        assert piped(text, tmp_path, kind="lines") == list(enumerate(given))
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(ColumnsWantedError, match="no 'note'"):
            outcome(texts_of(tmp_path / "a.csv", tmp_path / "c", NOTE))


@pytest.mark.parametrize("line", [
    "Yes, we liked day {n}", "It was 1,000 miles on day {n}", "Good; but long on day {n}", "good food\tnice staff, {n}",
])
def test_prose_that_marks_cut_evenly_is_a_text_a_line_and_said_to_be(tmp_path: Path, line: str) -> None:
    texts = [line.format(n=n) for n in range(12)]
    said: list[Event] = []
    assert piped("\n".join(texts), tmp_path, said=said) == list(enumerate(texts))
    (note,) = (event.text for event in said if isinstance(event, Note))
    assert "each line is read as a text, though" in note
    assert "--format csv" in note


@pytest.mark.parametrize("roles", [NOTE, None])
@pytest.mark.parametrize("name", ["text", "Kommentar", "REVIEW"])
def test_the_heading_of_a_single_column_is_none_of_its_texts(
    tmp_path: Path, roles: Columns | None, name: str
) -> None:
    texts = [f"The film of day {n} was long{', really' * (n % 2)}." for n in range(6)]
    assert piped("\n".join([name, *texts]), tmp_path, roles) == list(enumerate(texts))


@pytest.mark.parametrize("given", [
    ["text"], ["Great!", "The film was long.", "It was dull."], ["Text of the day", "A film", "Another"],
    ["Good, bad and ugly.", "text", "review"],
])
def test_a_first_line_that_is_no_name_of_a_column_is_a_text(tmp_path: Path, given: list[str]) -> None:
    assert piped("\n".join(given) + "\n", tmp_path) == list(enumerate(given))


QUOTED = [f'"We liked the room, the view and the soup of day {n}"' for n in range(12)]


@pytest.mark.parametrize("roles", [NOTE, PLACES])
@pytest.mark.parametrize(("name", "given"), [
    ("a.csv", ["Customer comment", *QUOTED]), ("a.csv", QUOTED), ("a.csv", ["remark", *QUOTED]),
    ("a.csv", ["remark", *(line.replace(",", "").strip('"') for line in QUOTED)]),
    ("a.csv", ["What guests say", *QUOTED[:6], "It was loud", "It was cold", *QUOTED[6:]]),
    ("a.csv", [*QUOTED[:4], '"It was ""fine"", he said"', "", '"It was', 'long, and dull"', *QUOTED[4:]]),
    ("a.jsonl", QUOTED), ("a.jsonl", ['"It was \\"fine\\", he said"', '"Caf\\u00e9, soup"', *QUOTED]),
])
def test_standard_input_is_read_as_a_file_of_a_single_column_is(
    tmp_path: Path, name: str, given: list[str], roles: Columns
) -> None:
    text = "\n".join(given) + "\n"
    (tmp_path / name).write_text(text)
    found = [(one.row, one.text) for one in outcome(texts_of(tmp_path / name, tmp_path / "c", roles))]
    said: list[Event] = []
    assert piped(text, tmp_path, roles, said=said) == found
    assert not any('"We' in text or "\\" in text for _, text in found)
    told = [event.text for event in said if isinstance(event, Note)]
    assert ["'Customer comment') is read as the heading" in text for text in told] == [True] * given[0].startswith("C")


@pytest.mark.parametrize("given", [
    ['"I want to go," said Tom.', '"No," she replied.', '"Because."', '"Oh."'], ["Tom:", '"I want to go home now."'],
    ["Thanks", "thank you so much for your help", "please call me back", "where is the order of my son"],
    ["It was fine", 'The "soup", though, was cold', '5" is too short', '"Never" is a long time'],
    ['"Well, no.', "We liked it.", 'It was long, and dull."'],
    ["It was loud.", '"Oh."', "It was dull.", "It was cold."],
    ["C:\\temp was full", "and so was D:\\temp", "\\o/"],
])
def test_lines_in_which_marks_stand_as_in_prose_stay_texts_which_is_told(tmp_path: Path, given: list[str]) -> None:
    said: list[Event] = []
    assert piped("\n".join(given) + "\n", tmp_path, said=said) == list(enumerate(given))
    (note,) = (event.text for event in said if isinstance(event, Note))
    assert "each line is read as a text" in note
    assert "--format csv" in note


def test_a_lone_line_of_standard_input_needs_no_word(tmp_path: Path) -> None:
    said: list[Event] = []
    assert piped("The room, and the soup, were fine.\n", tmp_path, said=said) == [
        (0, "The room, and the soup, were fine.")]
    assert [event for event in said if isinstance(event, Note)] == []
