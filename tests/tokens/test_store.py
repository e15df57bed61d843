"""Token stores: right, cached, atomic, the same from several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.corpus.helpers import with_events
from ulmengine.tokens import SPECIALS, TokensError, TokenStore, Vocabulary, WordTokenizer, count_tokens, encode_texts
from ulmengine.tokens.store import id_type

from .helpers import TEXTS, store_of

WORDS = WordTokenizer(Vocabulary((*SPECIALS, "film", "the", "a", "bad", ".", ",", "it", "\n\n")))


def texts_that_must_not_be_read() -> Iterator[str]:
    yield pytest.fail("the texts were read again")


def test_a_store_holds_every_document(tmp_path: Path) -> None:
    store, events = with_events(encode_texts(TEXTS, WORDS, tmp_path, key="k", total=len(TEXTS)))
    assert len(store) == len(TEXTS)
    assert [document.tolist() for document in store] == [WORDS.encode(text) for text in TEXTS]
    assert store.tokens == sum(len(WORDS.encode(text)) for text in TEXTS)
    assert store.lengths.tolist() == [len(WORDS.encode(text)) for text in TEXTS]
    assert store.ids.dtype == np.uint16
    assert isinstance(store.ids, np.memmap)
    assert getattr(events[-1], "done", 0) == len(TEXTS)
    with pytest.raises(IndexError):
        store[len(TEXTS)]


def test_the_second_opening_reads_no_text(tmp_path: Path) -> None:
    first, _ = with_events(encode_texts(TEXTS, WORDS, tmp_path, key="k"))
    second, events = with_events(encode_texts(texts_that_must_not_be_read(), WORDS, tmp_path, key="k"))
    assert events == []
    assert second.fingerprint == first.fingerprint
    np.testing.assert_array_equal(first.ids, second.ids)


def test_other_texts_or_another_tokeniser_make_another_store(tmp_path: Path) -> None:
    other = WordTokenizer(Vocabulary((*SPECIALS, "film")))
    stores = [with_events(encode_texts(TEXTS, tokenizer, tmp_path, key=key))[0]
              for tokenizer, key in ((WORDS, "a"), (WORDS, "b"), (other, "a"))]
    assert len({store.fingerprint for store in stores}) == 3


def test_no_documents_and_empty_documents(tmp_path: Path) -> None:
    nothing, _ = with_events(encode_texts([], WORDS, tmp_path, key="nothing"))
    assert (len(nothing), nothing.tokens) == (0, 0)
    empty, _ = with_events(encode_texts(["", ""], WORDS, tmp_path, key="empty"))
    assert [document.tolist() for document in empty] == [[2], [2]]


def test_closing_leaves_nothing_behind(tmp_path: Path) -> None:
    steps = encode_texts(iter(["the film " * 50_000] * 20), WORDS, tmp_path, key="k")
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_is_made_anew(tmp_path: Path) -> None:
    with_events(encode_texts(TEXTS, WORDS, tmp_path, key="k"))
    (place,) = tmp_path.iterdir()
    (place / "ids.bin").write_bytes(b"short")
    with pytest.raises(TokensError, match="made anew"):
        TokenStore.open(place)
    store, _ = with_events(encode_texts(TEXTS, WORDS, tmp_path, key="k"))
    assert store[1].tolist() == WORDS.encode(TEXTS[1])


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    with_events(encode_texts(TEXTS, WORDS, tmp_path, key="k"))
    (place,) = tmp_path.iterdir()
    about = json.loads((place / "store.json").read_text("utf-8"))
    (place / "store.json").write_text(json.dumps(about | {"version": 99}), "utf-8")
    with pytest.raises(TokensError, match="another version"):
        TokenStore.open(place)


def test_ids_are_as_small_as_the_vocabulary_allows() -> None:
    assert id_type(65_536) == np.uint16
    assert id_type(65_537) == np.int32


def test_a_text_with_half_a_character_is_no_error(tmp_path: Path) -> None:
    store, _ = with_events(encode_texts(["the \ud83d film"], WORDS, tmp_path, key="k"))
    assert store[0].tolist() == [2, 10, 0, 9]


def test_several_processes_give_the_same_and_leave_nothing(tmp_path: Path) -> None:
    texts = [f"{text} \ud83d {number}" for number in range(3_000) for text in TEXTS]  # about 700,000 characters
    alone, _ = with_events(encode_texts(texts, WORDS, tmp_path / "alone", key="k", workers=1))
    together, events = with_events(encode_texts(texts, WORDS, tmp_path / "together", key="k", workers=2))
    np.testing.assert_array_equal(alone.ids, together.ids)
    np.testing.assert_array_equal(alone.offsets, together.offsets)
    assert len(events) > 2
    counts = [with_events(count_tokens(texts, WORDS, workers=workers))[0] for workers in (1, 2)]
    assert counts[0] == counts[1]
    assert_nothing_left()


def test_a_large_corpus_goes_on_in_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first texts are encoded here, the rest elsewhere; nothing shows where the one ends."""
    texts = [f"{text} {number}" for number in range(1_200) for text in TEXTS]
    alone, _ = with_events(encode_texts(texts, WORDS, tmp_path / "alone", key="k", workers=1))
    counts, _ = with_events(count_tokens(texts, WORDS, workers=1))
    for name in ("SMALL_CORPUS", "SMALL_CORPUS_FEW_CORES"):
        monkeypatch.setattr(f"ulmengine.tokens.pool.{name}", 50_000)
    monkeypatch.setattr("ulmengine.tokens.pool.cores", lambda: 2)
    mixed, _ = with_events(encode_texts(texts, WORDS, tmp_path / "mixed", key="k"))
    np.testing.assert_array_equal(alone.ids, mixed.ids)
    assert with_events(count_tokens(texts, WORDS))[0] == counts
    assert_nothing_left()


def test_closing_ends_the_processes(tmp_path: Path) -> None:
    endless = (text for _ in iter(int, 1) for text in TEXTS)
    steps = encode_texts(endless, WORDS, tmp_path, key="k", workers=2)
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []
    assert_nothing_left()


def assert_nothing_left() -> None:
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tokens")]
    assert not [child for child in psutil.Process().children() if "ulmengine.tokens.worker" in child.cmdline()]


def test_a_worker_loads_neither_torch_nor_a_window_system() -> None:
    heavy = "'torch', 'PySide6', 'pydantic', 'tokenizers'"
    code = f"import sys, ulmengine.tokens.worker; print([name for name in ({heavy}) if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_store_in_memory_serves_as_well() -> None:
    store = store_of([[2, 9], [2]])
    assert store[-1].tolist() == [2]
    assert store.tokens == 3


def test_what_a_killed_program_left_half_written_is_removed(tmp_path: Path) -> None:
    old, young = tmp_path / ".abc-1", tmp_path / ".abc-2"
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (time.time() - 100_000,) * 2)
    with_events(encode_texts(TEXTS, WORDS, tmp_path, key="k"))
    assert (old.exists(), young.exists()) == (False, True)
