"""Plain texts, TREC, fastText, wiki extracts, JSON, Parquet."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.corpus.helpers import everything, labels_in_order, opened
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, limits, preview
from ulmengine.corpus.readers.formats import recognise
from ulmengine.corpus.understood import PREVIEW_BYTES


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_trec(tmp_path: Path) -> None:
    path = written(tmp_path, "train.label", "DESC:manner How did serfdom leave Russia ?\nENTY:cremat What films ?\n"
                   "1#2 LOC:city कहाँ है ?\n")
    shown = preview(path)
    assert shown.understood.format == "trec"
    assert shown.columns == ("label", "fine", "text")
    assert shown.rows[0] == ("DESC", "manner", "How did serfdom leave Russia ?")
    documents = opened(path)
    assert labels_in_order(documents) == ["DESC", "ENTY", "LOC"]
    assert everything(documents)[2] == "कहाँ है ?"


def test_the_fine_labels_of_trec_can_be_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, "a.label", "DESC:manner How ?\nENTY:cremat What ?\n")
    assert opened(path, label_columns=("fine",)).labels == ("cremat", "manner")


def test_fasttext_with_several_labels(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "__label__a __label__b first text\n__label__a second text\n__label__b third\n")
    documents = opened(path)
    assert documents.understood.format == "fasttext"
    assert documents.multi_label
    assert documents.labels == ("a", "b")
    rows = documents.all_targets.tolist()
    assert rows == [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]


def test_lines_of_many_spaces_are_looked_through_once(tmp_path: Path) -> None:
    lines = "".join(f"text {n}{' ' * 30_000}goes on\n" for n in range(30))  # a minute, if from each of the spaces
    began = time.process_time()
    assert len(preview(written(tmp_path, "a.txt", lines)).rows) == 30
    assert time.process_time() - began < 15
    found = preview(written(tmp_path, "b.txt", "a text   __label__a\nanother \t __label__b __label__a \n"))
    assert [row[0] for row in found.rows] == ["a", '["b", "a"]']


def test_fasttext_with_one_label_each_is_single(tmp_path: Path) -> None:
    documents = opened(written(tmp_path, "a.txt", "__label__a first text\n__label__b second text\n"))
    assert not documents.multi_label
    assert everything(documents) == ["first text", "second text"]


def test_wiki_extract(tmp_path: Path) -> None:
    path = written(tmp_path, "wiki.txt", '<doc id="1" title="A &amp; B">\nFirst line.\nSecond.\n</doc>\n'
                   '<doc id="2" title="C">\nThird.\n</doc>\n')
    shown = preview(path)
    assert shown.rows == (("1", "A & B", "First line.\nSecond."), ("2", "C", "Third."))
    assert shown.understood.text_columns == ("text",)


def test_a_text_of_lines_and_one_of_blocks(tmp_path: Path) -> None:
    lines = written(tmp_path, "l.txt", "one\ntwo\nthree\n")
    blocks = written(tmp_path, "b.txt", "one\nmore\n\n\ntwo\nmore\n")
    assert (preview(lines).understood.format, preview(lines).rows) == ("lines", (("one",), ("two",), ("three",)))
    assert (preview(blocks).understood.format, preview(blocks).rows) == ("blocks", (("one\nmore",), ("two\nmore",)))
    assert preview(blocks, CorpusConfig(format="file")).rows == (("one\nmore\n\n\ntwo\nmore",),)
    assert len(preview(blocks, CorpusConfig(format="lines")).rows) == 4


def test_one_blank_line_in_a_long_list_makes_no_blocks(tmp_path: Path) -> None:
    path = written(tmp_path, "l.txt", "line\n" * 100 + "\n" + "line\n" * 100)
    assert len(preview(path).rows) == 200


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "l.txt", "one\u2028still one\x0b\x85\ntwo\r\nthree")
    assert everything(opened(path)) == ["one\u2028still one\x0b\x85", "two", "three"]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no format called 'docx'"):
        preview(written(tmp_path, "a.txt", "x\n"), CorpusConfig(format="docx"))


RECORDS = [{"text": "good film", "label": "pos"}, {"text": "bad film", "label": "neg"}]


@pytest.mark.parametrize(("name", "text"), [
    ("a.jsonl", "\n".join(map(json.dumps, RECORDS))),
    ("a.ndjson", "\n\n".join(map(json.dumps, RECORDS)) + "\n"),
    ("a.json", json.dumps(RECORDS)),
    ("b.json", json.dumps(RECORDS, indent=2)),
    ("c.json", json.dumps({"version": 1, "data": RECORDS})),
    ("d.json", json.dumps({"text": ["good film", "bad film"], "label": ["pos", "neg"]})),
    ("e.json", "\n".join(json.dumps(record, indent=1) for record in RECORDS)),
    ("f.json", json.dumps({"text": {"0": "good film", "1": "bad film"}, "label": {"0": "pos", "1": "neg"}})),
    ("g.json", "\n".join(map(json.dumps, RECORDS))),
    ("unnamed", json.dumps(RECORDS)),
])
def test_the_shapes_of_json(tmp_path: Path, name: str, text: str) -> None:
    documents = opened(written(tmp_path, name, text))
    assert everything(documents) == ["good film", "bad film"]
    assert labels_in_order(documents) == ["pos", "neg"]


def test_a_large_json_object_is_read_to_its_end(tmp_path: Path) -> None:
    records = [{"text": f"film {number} " + "good " * 150, "label": "ab"[number % 2]} for number in range(7_000)]
    path = written(tmp_path, "a.json", json.dumps({"version": 1, "data": records}))
    assert path.stat().st_size > PREVIEW_BYTES
    shown = preview(path)
    assert (shown.columns, shown.understood.text_columns, len(shown.rows)) == (("text", "label"), ("text",), 200)
    assert shown.understood.rows is None
    documents = opened(path)
    assert len(everything(documents)) == 7_000
    assert labels_in_order(documents) == ["a", "b"] * 3_500


def test_of_a_large_json_array_only_the_beginning_is_previewed(tmp_path: Path) -> None:
    records = [{"text": f"film {number} " + "good " * 15_000, "label": "a"} for number in range(200)]
    path = written(tmp_path, "a.json", json.dumps(records))
    shown = preview(path)
    assert 40 < len(shown.rows) < 80  # of 75 kB each in 4 MB
    assert shown.understood.rows is not None
    assert 180 < shown.understood.rows < 220


def test_a_json_array_on_one_very_long_line_is_streamed(tmp_path: Path) -> None:
    records = [{"text": f"document {n} " * 40, "label": str(n % 3)} for n in range(6_000)]
    documents = opened(written(tmp_path, "a.json", json.dumps(records)))
    assert documents.understood.rows == 6_000
    assert documents.text_of(5_999) == records[5_999]["text"]
    assert documents.labels == ("0", "1", "2")


def test_json_values_of_all_kinds(tmp_path: Path) -> None:
    record: dict[str, Any] = {"text": "words", "n": 5, "f": 0.5, "b": True, "none": None, "deep": {"a": {"b": "x"}},
                              "list": ["a", 1]}
    shown = preview(written(tmp_path, "a.jsonl", json.dumps(record) + "\n"))
    assert dict(zip(shown.columns, shown.rows[0], strict=True)) == {
        "text": "words", "n": "5", "f": "0.5", "b": "true", "none": "", "deep.a.b": "x", "list": '["a", 1]',
    }


def test_lists_of_labels_are_several_labels(tmp_path: Path) -> None:
    text = "\n".join(json.dumps({"text": t, "labels": labels}) for t, labels in
                     [("one text", ["a"]), ("two texts", ["a", "b"]), ("three texts", [])])
    documents = opened(written(tmp_path, "a.jsonl", text))
    assert documents.multi_label
    assert documents.all_targets.tolist() == [[1, 0], [1, 1], [0, 0]]


def test_words_with_tags_become_a_text(tmp_path: Path) -> None:
    shown = preview(written(tmp_path, "a.jsonl", '[["Def", 0], [".", 0]]\n[["A", 1], ["b", 0]]\n'))
    assert shown.rows == (("Def .", "0 0"), ("A b", "1 0"))


def test_broken_lines_of_json_are_skipped_and_counted(tmp_path: Path) -> None:
    documents = opened(written(tmp_path, "a.jsonl", '{"text": "one"}\n{"text": \n{"text": "two"}\nnonsense\n'))
    assert everything(documents) == ["one", "two"]
    assert documents.skipped == 2
    assert any("Line 2" in note for note in documents.notes)


def test_a_json_array_that_is_cut_short_keeps_what_was_there(tmp_path: Path) -> None:
    documents = opened(written(tmp_path, "a.json", json.dumps(RECORDS)[:-20]))
    assert everything(documents) == ["good film"]
    assert documents.skipped == 1


def test_a_key_that_vanishes_or_comes_later(tmp_path: Path) -> None:
    lines = [{"text": f"t{n}", "label": "a"} for n in range(1500)]
    lines += [{"text": f"t{n}", "late": "x"} for n in range(1500, 3000)]
    documents = opened(written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines))))
    assert documents.understood.columns == ("text", "label", "late")
    assert documents.count("unlabelled") == 1500
    assert documents.text_of(2999) == "t2999"
    assert any("'label' is missing in 1,500 of 3,000 rows" in note for note in documents.notes)


def test_half_a_surrogate_pair_is_counted(tmp_path: Path) -> None:
    documents = opened(written(tmp_path, "a.jsonl", '{"text": "a \\ud83d b"}\n'))
    assert everything(documents) == ["a \ufffd b"]
    assert documents.undecodable == 1


def test_what_is_not_json_at_all_is_refused(tmp_path: Path) -> None:
    for name in ("a.json", "a.jsonl"):
        with pytest.raises(CorpusError, match="JSON"):
            opened(written(tmp_path, name, "just words\nand more words\n"))


def test_parquet_of_all_kinds(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({
        "text": ["good film", "bad film"], "label": [1, 0], "score": [0.5, None], "ok": [True, False],
        "tags": [["a", "b"], []], "when": ["2024-01-02", "2024-01-03"],
    }).with_columns(pl.col("when").str.to_date()).write_parquet(path)
    shown = preview(path)
    assert shown.understood.rows == 2
    assert shown.rows[0] == ("good film", "1", "0.5", "true", '["a", "b"]', "2024-01-02")
    assert labels_in_order(opened(path)) == ["1", "0"]


def test_class_names_in_the_metadata_of_parquet_are_used(tmp_path: Path) -> None:
    info = {"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}
    table = pa.table({"text": ["good film", "bad film"], "label": [1, 0]})
    path = tmp_path / "a.parquet"
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(info)}), path)
    assert labels_in_order(opened(path)) == ["pos", "neg"]


def test_a_damaged_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"nothing like it" * 10 + b"PAR1")
    with pytest.raises(CorpusError, match="damaged Parquet"):
        preview(path)


def test_records_that_each_bring_new_fields_stay_within_the_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_COLUMNS", 50)
    records = [{"text": f"film {n}", "votes": {f"user{n}": n}} for n in range(300)]
    documents = opened(written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, records))), text_columns=("text",))
    table = documents.pieces[0].table
    assert len(table.columns) == 51
    assert table.cells(299, ["text", "further fields"]) == ("film 299", '{"votes.user299": "299"}')
    assert table.cells(3, ["votes.user3", "further fields"]) == ("3", "")
    assert any("more than 50 different fields" in note for note in documents.notes)


def test_the_turns_of_a_conversation_on_a_line_are_one_document(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "Over there."}]
    shown = preview(written(tmp_path, "a.jsonl", "\n".join([json.dumps(talk)] * 3)))
    assert (len(shown.rows), shown.columns) == (3, ("text",))


def test_broken_lines_among_lists_and_under_a_heading_keep_their_places(tmp_path: Path) -> None:
    row = {"text": "a film of some length", "label": "good"}
    lists = [json.dumps([row] * 3), "{broken", json.dumps([row])]
    headed = ['["text", "label"]', '["a film", "good"]', "[broken", '["two films", "bad"]', '["three", "bad"]']
    for lines, kept in ((lists, [0, 1, 2, 4]), (headed, [0, 2, 3])):
        documents = opened(written(tmp_path, "a.jsonl", "\n".join(lines) + "\n"))
        lost = documents.pieces[0].table.record["lost"]
        assert [row for row in range(len(kept) + 1) if row not in lost] == kept


@pytest.mark.parametrize("mark", [
    "[01/03/2021, 10:11:{n:02}] Anna:", "[2024-01-01 10:{n:02}:00]", "[{n}]", "[{n}, 7]", "[[Berlin]]", "[ ]", "[x]",
    '["note"]', "{{{n}}}", "[{n}] [2]", "[12:{n:02}] Ben:", "[-]", "[5, 6 July]", "[{n}]\n\n", "[{n}]\n",
])
def test_marks_in_brackets_before_texts_are_no_json(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.txt"
    rows = [f"{mark.format(n=n)} the film of{' that' * (n % 4)} day was as long as a winter" for n in range(1, 41)]
    path.write_text("\n".join(rows) + "\n")
    whole = preview(path)
    assert whole.understood.format in ("lines", "blocks")
    assert "".join(row[0] for row in whole.rows).count("as a winter") == 40


@pytest.mark.parametrize("text", [
    '[\n1,\n2]', '["good film",\n"bad film"]', '[["good film", 1],\n\n["bad film", 2]]', '[\n\n["good film", 1]]',
    '[{"text": "good film"}]\nthe end', '[{\n"text": "good film"}]', '{\n"a": {"text": "good film"}}', '[[]\n,[1]]',
    '["he said \\"good\\" of it, and of ' + "very " * 3_000 + 'much",\n"bad film"]', '[null,\n{"text": "a"}]',
    "[" + ", ".join(f'["good film", {n}.5]' for n in range(1_500)) + ",\n[\"bad film\", -1]]",
])
def test_json_by_any_name_is_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert recognise(path, CorpusConfig()).format == "json"


def test_what_is_said_in_turn_in_parquet_is_one_text(tmp_path: Path) -> None:
    turns = [[{"role": "user", "content": f"the {n}th film"}, {"role": "system", "content": None},
              {"role": "user", "content": "was it good"}] for n in range(20)]
    pl.DataFrame({"messages": turns, "spans": [[{"start": 1, "end": 2}]] * 20,
                  "label": ["good", "bad"] * 10}).write_parquet(tmp_path / "a.parquet")
    documents = opened(tmp_path / "a.parquet")
    assert documents.understood.text_columns == ("messages",)
    assert everything(documents) == [f"the {n}th film\nwas it good" for n in range(20)]
    assert json.loads(preview(tmp_path / "a.parquet").rows[0][1]) == [{"start": 1, "end": 2}]


def arrow(path: Path, kind: str, rows: int = 60) -> Path:
    """A table as Hugging Face saves it, with the names of its classes: a stream; or a file, as Feather is."""
    told = {"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}
    schema = pa.schema([("text", pa.string()), ("label", pa.int64()), ("by", pa.dictionary(pa.int8(), pa.string()))],
                       metadata={b"huggingface": json.dumps(told).encode()})
    table = pa.table({"text": [f"the {n}th film was seen" for n in range(rows)],
                      "label": [-1 if n == 7 else n % 2 for n in range(rows)],
                      "by": pa.array([f"user {n}" for n in range(rows)]).dictionary_encode()
                      .cast(pa.dictionary(pa.int8(), pa.string()))}, schema=schema)
    with path.open("wb") as file:
        maker = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
        options = pa.ipc.IpcWriteOptions(compression=None if kind == "stream" else "lz4")
        with maker(file, schema, options=options) as out:
            out.write_table(table, max_chunksize=25)
    return path


@pytest.mark.parametrize(("name", "kind"), [
    ("data-00000-of-00001.arrow", "stream"), ("a.feather", "file"), ("a.dat", "stream"), ("a.csv", "file"),
])
def test_arrow_is_read_with_the_names_of_its_classes(tmp_path: Path, name: str, kind: str) -> None:
    documents = opened(arrow(tmp_path / name, kind))
    assert documents.understood.format == "arrow"
    assert documents.understood.columns == ("text", "label", "by")
    assert everything(documents) == [f"the {n}th film was seen" for n in range(60)]
    assert labels_in_order(documents) == [("neg", "pos")[n % 2] for n in range(60) if n != 7]
    assert documents.rows("unlabelled").tolist() == [7]


def test_packed_arrow_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow.gz"
    path.write_bytes(gzip.compress(arrow(tmp_path / "a.arrow", "stream").read_bytes()))
    assert len(everything(opened(path))) == 60


@pytest.mark.parametrize("kind", ["stream", "file"])
def test_damaged_arrow_is_told(tmp_path: Path, kind: str) -> None:
    path = arrow(tmp_path / "a.arrow", kind)
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], whole[:60], whole[:40] + b"\xff" * 400 + whole[440:]):
        path.write_bytes(data)
        with pytest.raises(CorpusError, match=r"a\.arrow.* damaged"):
            opened(path)
