"""Pipes, devices and odd names: read as files, or refused in words."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.corpus.helpers import everything, opened
from ulmengine.cli.output import printable
from ulmengine.corpus import CorpusError
from ulmengine.corpus.readers import pipes
from ulmengine.inference.sources import read_text

TABLE = b"text,label\none fine film,good\none dull film,bad\n"
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of POSIX")


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TABLE)))
    with pipes.as_file(Path("-")) as path:
        assert path.read_bytes() == TABLE
    assert not path.exists()


@needs_pipes
def test_a_named_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(TABLE * 5_000,))
    writer.start()
    with pipes.as_file(fifo) as path:
        assert path.read_bytes() == TABLE * 5_000
    writer.join()


@needs_pipes
def test_a_pipe_without_a_writer_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="nobody writes"), pipes.as_file(tmp_path / "pipe"):
        pass
    with pytest.raises(CorpusError, match="pipe or device"):
        opened(tmp_path / "pipe")


def test_a_file_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE)
    with pipes.as_file(path) as same:
        assert same == path


def test_random_bytes_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bytes((n * n * 7 + n * 13) % 256 for n in range(1, 5_000)))
    with pytest.raises(CorpusError, match="not text"):
        opened(path)
    with pytest.raises(CorpusError, match="not text"):
        read_text(path)


def test_control_characters_are_written_out() -> None:
    assert printable("a\x1b[31mb\x9bc\r\td\n") == "a\\x1b[31mb\\x9bc\\x0d\td\n"


def test_deep_json_and_strange_archives_are_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(CorpusError) as error:
        opened(path)
    assert "recursion" not in str(error.value)
    lines = tmp_path / "b.jsonl"
    lines.write_text(json.dumps({"text": "one"}) + "\n" + '{"text": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    documents = opened(lines)
    assert everything(documents) == ["one"]
    assert any("nested too deeply" in note for note in documents.notes)
    archive = tmp_path / "c.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.csv", TABLE)
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 255  # the version that is needed to unpack it
    archive.write_bytes(bytes(data))
    with pytest.raises(CorpusError, match=r"not known here") as error:
        opened(archive)
    assert "25.5" not in str(error.value)
