"""Records as a program in Python prints them, a line each, and tables in SQL."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from tests.corpus.test_dialects import made
from ulmengine.corpus import CorpusError, preview
from ulmengine.corpus.errors import RecordsError
from ulmengine.corpus.readers.literals import are_literals

ROWS = [(f"It's {text} \\d \"so\" {text}" if n % 3 else text, label) for n, (text, label) in enumerate(made())]


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.py", "a"])
@pytest.mark.parametrize("as_record", [
    lambda text, label: repr({"text": text, "label": label}), lambda text, label: repr((text, label)),
    lambda text, label: repr([label, text]), lambda text, label: repr({"text": text, "n": None, "label": label}),
])
def test_records_as_python_prints_them(tmp_path: Path, name: str, as_record: object) -> None:
    assert callable(as_record)
    path = tmp_path / name
    path.write_text("".join(f"{as_record(text, label)}\n" for text, label in ROWS))
    documents = opened(path)
    assert everything(documents) == [text for text, _ in ROWS]
    assert labels_in_order(documents) == [label for _, label in ROWS]
    assert "as a record in the form in which Python prints it" in "".join(documents.notes)
    assert len(opened(path, format="lines").parts) == len(ROWS)


@pytest.mark.parametrize("missing", ["nan", "inf", "-inf", "NaT"])
@pytest.mark.parametrize("form", ["{{'text': {text!r}, 'label': {label}, 'n': {missing}}}", "({label}, {text!r})"])
def test_a_missing_value_is_none(tmp_path: Path, missing: str, form: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(form.format(text=f"nan, inf: {text}", label=missing if n % 7 in (0, 5) else repr(label),
                                        missing=missing) + "\n" for n, (text, label) in enumerate(ROWS)))
    documents = opened(path)
    assert everything(documents) == [f"nan, inf: {text}" for text, _ in ROWS]
    assert labels_in_order(documents) == [label for n, (_, label) in enumerate(ROWS) if n % 7 not in (0, 5)]
    assert documents.labels == tuple(sorted({label for _, label in ROWS}))


def test_the_halves_of_a_character_are_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{{u'text': u'{n} was so \\ud83d\\ude00 \\xe9\\ud83d', u'label': u'{'ab'[n % 2]}'}}\n"
                            for n in range(30)))
    documents = opened(path)
    assert everything(documents) == [f"{n} was so \U0001f600 \xe9\ufffd" for n in range(30)]
    assert documents.undecodable == 30


@pytest.mark.parametrize("second", ["Then it was {n} and late", "第{n}天很好", "No, {n}."])
def test_lists_of_sentences_are_texts_of_several(tmp_path: Path, second: str) -> None:
    sentences = [(f"That was day {n}", second.format(n=n)) for n in range(40)]
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{list(pair)!r}\n" for pair in sentences))
    assert everything(opened(path)) == list(map("\n".join, sentences))


@pytest.mark.parametrize("mark", ["class{n}", "so so {few}", "{n}.5", "很好{few}"])
def test_lists_of_a_sentence_and_a_mark_are_records(mark: str) -> None:
    assert are_literals([repr((f"That was day {n}", mark.format(n=n, few=n % 3))) for n in range(40)])


@pytest.mark.parametrize("value", ["Foo.bar", "open('x')", "nano"])
def test_why_a_line_is_no_value_is_said_in_words(tmp_path: Path, value: str) -> None:
    lines = [repr({"text": text, "label": label}) for text, label in ROWS]
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*lines, f"{{'text': {value}, 'label': 1}}"]) + "\n")
    assert "(it holds a name or a call in place of a value)" in "".join(opened(path).notes)


def test_a_line_that_is_no_record_is_skipped_and_told(tmp_path: Path) -> None:
    lines = [repr({"text": text, "label": label}) for text, label in ROWS]
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*lines, lines[0][:-9], "{" * 5_000, *lines[:2]]) + "\n")
    documents = opened(path)
    assert (len(documents.parts), documents.skipped) == (62, 2)
    assert "Line 61 of 'a.txt' is not a value as Python writes it" in "".join(documents.notes)


@pytest.mark.parametrize("line", [
    "(laughs) That was day {n}, and no other.", "('{n}')", "({n}, {n})", "{{{n}}} of the {{list}}", "[{n}] It was so",
    "{{'text': open('x{n}')}}", "('It was so', __import__('os'))", "({n}) It was so", "(so it was, {n})",
])
def test_what_only_looks_like_a_value_stays_a_line(tmp_path: Path, line: str) -> None:
    lines = [line.format(n=n) for n in range(30)]
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n")
    assert everything(opened(path)) == lines


def test_json_lines_stay_json(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    assert preview(path).understood.format == "jsonl"


def test_long_and_deep_lines_are_no_values_and_take_no_time() -> None:
    pairs, text = "(1, 'a b'), " * 90_000, "x " * 600_000
    lines = "(" * 100_000 + ")" * 100_000, f"[{pairs}]", f"{{'a b': '{text}', 'b': 1}}"
    start = time.perf_counter()
    assert not any(are_literals([f"{line}\n"] * 3) for line in lines)
    assert time.perf_counter() - start < 5


def test_a_list_of_python_under_the_name_of_json_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(repr([{"text": text, "label": label} for text, label in ROWS]))
    with pytest.raises(CorpusError, match=r"as Python prints it: write it with json\.dump"):
        opened(path)


@pytest.mark.parametrize("above", [
    "", "-- all of it\nCREATE TABLE t (id INT,\n  body TEXT);\nINSERT INTO `t` (`id`) VALUES (0);\n",
    "SET NAMES utf8;\n\n",
])
def test_a_table_in_sql_is_refused_by_name(tmp_path: Path, above: str) -> None:
    path = tmp_path / "a.txt"
    rows = ",\n".join(f"({n},'{text}','{label}')" for n, (text, label) in enumerate(made()))
    path.write_text(f"{above}INSERT INTO t VALUES\n{rows};\n")
    with pytest.raises(RecordsError, match="a table of a database in SQL"):
        opened(path)
    assert len(opened(path, format="lines").parts) >= 61


@pytest.mark.parametrize("form", [
    "INSERT INTO t VALUES ({n},'{text}','{label}');\n", "REPLACE INTO t VALUES ({n},'{text}','{label}')\nGO\n",
    "insert into t (a, b)\nvalues ({n}, '{text}');\n-- {n} in all\n",
    "INSERT INTO t VALUES ({n},\n'{text}\n\nso {n}');\n",
    "INSERT INTO t VALUES\n({n},'It\\'s {text}'),\n({n},\"It's so\");\n",
    "INSERT INTO t VALUES ({n},'it''s :) , {text}');\nCREATE TABLE t{n} (\n  id INT,\n  body TEXT\n) ENGINE=InnoDB;\n",
])
@pytest.mark.parametrize("count", [3, 2_000])
def test_statements_of_a_dump_are_refused_however_they_stand(tmp_path: Path, form: str, count: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(form.format(n=n, text=text, label=label) for n, (text, label) in enumerate(made(count))))
    with pytest.raises(RecordsError, match="a table of a database in SQL"):
        opened(path)


INSERTS = [f"INSERT INTO users VALUES ({n}, 'it was {n}'){';' * (n % 2)}" for n in range(60)]


@pytest.mark.parametrize("mark", ["\t", "\t ", ","])
@pytest.mark.parametrize("other", ["SELECT a FROM t WHERE x = {n}", "' OR {n} = {n} --", "INSERT INTO t VALUES ({n})"])
def test_labelled_statements_are_texts(tmp_path: Path, other: str, mark: str) -> None:
    texts = [other.format(n=n) if n % 3 == 1 else text for n, text in enumerate(INSERTS)]
    quoted = [f'"{text}"' if mark == "," and n else text for n, text in enumerate(texts)]
    path = tmp_path / "a.tsv"
    path.write_text("".join(f"{text}{mark}{'bad' if n % 2 else 'good'}\n" for n, text in enumerate(quoted)))
    if mark == ",":
        path = path.rename(tmp_path / "a.csv")
        path.write_text(path.read_text().replace(quoted[0], f'"{quoted[0]}"'))
    documents = opened(path)
    assert (everything(documents), documents.labels) == (texts, ("bad", "good"))


def test_statements_of_many_kinds_are_lines(tmp_path: Path) -> None:
    lines = [f"SELECT * FROM t WHERE a = {n}" if n % 4 == 3 else text for n, text in enumerate(INSERTS)]
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n")
    assert everything(opened(path)) == lines


@pytest.mark.parametrize("first", ["Insert into your life values (those that matter).", "-- Set the table; use it",
                                   "INSERT INTO the machine a coin", "Use SQL; it says INSERT INTO t VALUES (1)"])
def test_words_of_sql_are_words(tmp_path: Path, first: str) -> None:
    lines = [first, *(text for text, _ in made())]
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n")
    assert everything(opened(path)) == lines
