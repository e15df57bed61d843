"""Cutting texts into tokens: a file for the command line, and the speed beside the reference's."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import psutil

from ulmengine.config import CorpusConfig, SplitConfig, TokenConfig
from ulmengine.corpus import open_corpus
from ulmengine.corpus.split import PART_NAMES
from ulmengine.disk import folders_of, whole
from ulmengine.events import Event, outcome, retold
from ulmengine.tokens import Tokenizer, TokenStore, Vocabulary, WordTokenizer, encode_texts, learn_tokenizer
from ulmengine.tokens.specials import SPECIALS

from .measure import BenchError, reference

_SPACE = "▁"


def tokenize_file(file: Path, out: Path, config: TokenConfig) -> Generator[Event, None, dict[str, Any]]:
    """Learn a tokeniser from all texts of ``file`` and encode them into ``out``.

    ``out`` holds ``tokenizer.json`` and a store for every part of the corpus below ``tokens``.

    :returns: ``documents``, ``tokens``, ``seconds`` and ``mb_per_s`` (of text, over the whole work from reading the
        file), ``peak_rss_mb`` (all processes together), ``vocabulary``, ``stores`` (part -> folder).
    :raises CorpusError, TokensError: the file cannot be read or holds no text.
    """
    start, peak, size = time.perf_counter(), _PeakMemory(), _Size()
    corpus = CorpusConfig(path=str(file.resolve()), split=SplitConfig(validation=0.0, test=0.0))
    with folders_of(out / "tokens"), tempfile.TemporaryDirectory(prefix=".reading-", dir=out) as cache:
        tokenizer, stores = yield from retold(_tokenized(corpus, Path(cache), out, config, size), peak.beside)
    with whole(out / "tokenizer.json") as beside:
        beside.write_text(json.dumps(tokenizer.to_json()), encoding="ascii")
    seconds = time.perf_counter() - start
    return {
        "documents": sum(map(len, stores.values())), "tokens": sum(store.tokens for store in stores.values()),
        "seconds": round(seconds, 3), "mb_per_s": round(size.bytes / 1e6 / seconds, 3),
        "peak_rss_mb": round(peak.bytes / 2**20, 1), "vocabulary": len(tokenizer.vocabulary),
        "stores": {part: str(out / "tokens" / store.fingerprint) for part, store in stores.items()},
    }


def _tokenized(
    corpus: CorpusConfig, cache: Path, out: Path, config: TokenConfig, size: _Size
) -> Generator[Event, None, tuple[Tokenizer, dict[str, TokenStore]]]:
    documents = yield from open_corpus(corpus, cache)
    counts = {part: documents.count(part) for part in PART_NAMES}

    def all_texts() -> Iterable[str]:
        return chain.from_iterable(documents.texts(part) for part in PART_NAMES if counts[part])

    tokenizer = yield from learn_tokenizer(all_texts, config, total=sum(counts.values()))
    stores: dict[str, TokenStore] = {}
    for part in PART_NAMES:
        if counts[part]:
            texts = size.counted(documents.texts(part))
            key = f"{documents.fingerprint}-{part}"
            stores[part] = yield from encode_texts(texts, tokenizer, out / "tokens", key=key, total=counts[part])
    return tokenizer, stores


def bench_tokenize(
    texts: Sequence[str], reference_python: str | None = None, *, vocab_size: int = 10_000, repeats: int = 2
) -> dict[str, Any]:
    """Documents a second of the word tokeniser and of BPE on all cores, beside the reference's in the same run.

    :param texts: documents, 5,000 or more; the same ones go to both.
    :param reference_python: a Python in which fastai and spaCy are installed; None: the reference is not measured.
    :param repeats: each measure is taken so often, ours and the reference's in turn, and the fastest kept.
    :returns: ``documents``, ``mb``; for ``word`` and ``bpe``: ``learn_s``, ``seconds`` and ``cpu_s`` of encoding,
        ``documents_per_s``, ``mb_per_s``, ``whole_documents_per_s`` (learning the vocabulary too). With the reference
        also ``reference`` (the same figures of its ``word`` and ``subword``), ``ratio`` (ours to the reference's
        documents a second; ``word_whole`` counts our learning, which the reference's figure does not hold;
        ``word_cpu`` and ``bpe_cpu`` compare processor time, which other work on the machine disturbs less) and
        ``identical``, the share of documents cut into the same words. Where it cannot be run, ``reference`` is
        ``None`` and ``reference_missing`` says why.
    """
    megabytes = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    ours: dict[str, list[dict[str, Any]]] = {"word": [], "bpe": []}
    theirs: dict[str, list[dict[str, Any]]] = {"word": [], "bpe": []}
    identical, missing = 0.0, ""
    with tempfile.TemporaryDirectory() as folder:
        task = {"folder": folder, "vocab_size": vocab_size, "workers": os.cpu_count() or 1}
        Path(folder, "texts.json").write_bytes(json.dumps(list(texts)).encode())
        for _ in range(repeats):
            for kind, size in (("word", 60_000), ("bpe", vocab_size)):
                config = TokenConfig.model_validate({"tokenizer": kind, "vocab_size": size})
                ours[kind].append(_measure(texts, config, megabytes))
                if reference_python is None or missing:
                    continue
                work = {**task, "work": "word" if kind == "word" else "subword"}
                try:
                    found = reference(reference_python, work)
                except BenchError as error:
                    missing = str(error)
                else:
                    speed = _speed(len(texts), megabytes, found["seconds"], found["cpu_s"])
                    theirs[kind].append({"learn_s": round(found["learn_s"], 3), **speed})
        if reference_python is not None and not missing:
            identical = _identical(texts, json.loads(Path(folder, "tokens.json").read_bytes()))
    figures: dict[str, Any] = {"documents": len(texts), "mb": round(megabytes, 2)}
    figures |= {kind: _fastest(measures) for kind, measures in ours.items()}
    if reference_python is None or missing:
        return {**figures, **({"reference": None, "reference_missing": missing} if missing else {})}
    word, subword = _fastest(theirs["word"]), _fastest(theirs["bpe"])
    figures["reference"] = {"word": word, "subword": subword}
    figures["identical"] = identical
    figures["ratio"] = {
        "word": round(word["seconds"] / figures["word"]["seconds"], 2),
        "word_whole": round(figures["word"]["whole_documents_per_s"] / word["documents_per_s"], 2),
        "word_cpu": round(word["cpu_s"] / figures["word"]["cpu_s"], 2),
        "bpe": round(subword["seconds"] / figures["bpe"]["seconds"], 2),
        "bpe_cpu": round(subword["cpu_s"] / figures["bpe"]["cpu_s"], 2),
    }
    return figures


def _measure(texts: Sequence[str], config: TokenConfig, megabytes: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        tokenizer = outcome(learn_tokenizer(lambda: texts, config, total=len(texts)))
        learnt, cpu = time.perf_counter(), sum(os.times()[:4])
        store = outcome(encode_texts(texts, tokenizer, Path(folder), key="bench", total=len(texts)))
        done, cpu = time.perf_counter(), sum(os.times()[:4]) - cpu
        tokens = store.tokens
        del store  # it is mapped from the folder that is removed now
    return {"learn_s": round(learnt - start, 3), "tokens": tokens,
            **_speed(len(texts), megabytes, done - learnt, cpu),
            "whole_documents_per_s": round(len(texts) / (done - start), 1)}


def _fastest(measures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return min(measures, key=lambda measure: float(measure["seconds"]))


def _speed(documents: int, megabytes: float, seconds: float, cpu: float) -> dict[str, float]:
    return {"seconds": round(seconds, 3), "cpu_s": round(cpu, 3), "documents_per_s": round(documents / seconds, 1),
            "mb_per_s": round(megabytes / seconds, 3)}


def _identical(texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> float:
    """The share of documents with the same words; the reference writes a space inside a token as ``▁``."""
    words = WordTokenizer(Vocabulary(SPECIALS))
    same = sum(
        [token.replace(" ", _SPACE) for token in words.tokens(text)] == list(theirs)
        for text, theirs in zip(texts, tokens, strict=True)
    )
    return same / max(1, len(texts))


class _Size:
    """Bytes of the texts that went by."""

    def __init__(self) -> None:
        self.bytes = 0

    def counted(self, texts: Iterable[str]) -> Iterable[str]:
        for text in texts:
            self.bytes += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
            yield text


class _PeakMemory:
    """The most resident memory that this process and its children were seen to have together."""

    def __init__(self) -> None:
        self.bytes = 0
        self._process = psutil.Process()
        self._look()

    def beside(self, event: Event) -> tuple[Event]:
        """Look again, if it is time; ``event`` as it is."""
        if time.monotonic() >= self._due:
            self._look()
        return (event,)

    def _look(self) -> None:
        self._due = time.monotonic() + 0.1
        total = 0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.Error:  # it has just ended
                continue
        self.bytes = max(self.bytes, total)
