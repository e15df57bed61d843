"""A language model of a person's own texts: what is to be known before, the run that makes it, the card it gets.

The run is one like any other, of a corpus without labels. What a person says of it (title, language, licence) lies in
its folder, so that it can be stopped and gone on with anywhere and still ends as a model with a card.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from ulmengine.config import NONE, CorpusConfig, RunConfig, TokenConfig, refuse_undecodable
from ulmengine.config.corpus import SplitConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import Event, Progress
from ulmengine.models import SUFFIX, free_path, load_bundle, save_again
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, RunMarks, write_about
from ulmengine.record.records import read_record, write_record
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer, choose_kind

RECORD = "texts.json"
HELD_BACK = 0.05
"""Share of the texts by which the perplexity is measured."""
_PARTS = ("train", "unlabelled", "validation")  # where there are no labels most are of the second
_SAMPLE, _SAMPLE_CHARACTERS = 300, 2_000
_STEP = 1_000  # documents between two words of progress
# About so many characters a piece in Chinese, Japanese and Korean, and a vocabulary that such texts can fill.
_A_PIECE, _LEAST_PIECES, _MOST_PIECES, _CHARACTERS_A_ENTRY = 1.7, 2_000, 20_000, 100
# Scripts that (nearly) one language alone is written in, by the first word of a letter's name in Unicode.
_LANGUAGES = {
    "HANGUL": "Korean", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "CJK": "Chinese", "THAI": "Thai",
    "GREEK": "Greek", "HEBREW": "Hebrew", "ARMENIAN": "Armenian", "GEORGIAN": "Georgian", "KHMER": "Khmer",
    "LAO": "Lao", "TAMIL": "Tamil", "TELUGU": "Telugu", "KANNADA": "Kannada", "MALAYALAM": "Malayalam",
    "GUJARATI": "Gujarati", "SINHALA": "Sinhala", "MYANMAR": "Burmese",
}
_KANA = 0.1  # Japanese is mostly written in Chinese characters; so much kana among the letters tells it apart


@dataclass(frozen=True)
class Survey:
    """What texts hold, before anything is learnt from them.

    ``kind``: of tokens that suit their script, "word" or "unigram". ``tokens``: about how many.
    ``vocabulary``: the most entries that it is worth having. ``language``: as the script tells it, "" where it cannot.
    """

    documents: int
    characters: int
    tokens: int
    kind: Literal["word", "unigram"]
    vocabulary: int
    language: str


@dataclass(frozen=True)
class ModelInfo:
    """What a person says of the model that is to be made."""

    title: str
    language: str = ""
    licence: str = ""


def corpus_of(texts: Path) -> CorpusConfig:
    """How texts are read from which a language model alone is made: no labels, and no test part."""
    split = SplitConfig(method="stratified", validation=HELD_BACK, test=0.0)
    return CorpusConfig(path=str(texts), label_columns=(NONE,), split=split)


def survey(texts: Path, cache: Path) -> Generator[Event, None, Survey]:
    """Look through ``texts`` (a file, an archive or a folder); the copy made in ``cache`` serves the run as well.

    :raises CorpusError: they cannot be read, or there are none. :raises ConfigError: their name is not UTF-8.
    """
    config = RunConfig(corpus=corpus_of(texts))
    refuse_undecodable(config, str(texts))
    documents = yield from open_corpus(config.corpus, cache, seed=config.seed)
    total = sum(map(documents.count, _PARTS))
    characters = read = 0
    for text in _texts(documents):
        characters, read = characters + len(text), read + 1
        if read % _STEP == 0:
            yield Progress("Looking through the texts", read, total, "documents")
    sample = [text[:_SAMPLE_CHARACTERS] for text in islice(_texts(documents), _SAMPLE)]
    kind: Literal["word", "unigram"] = "word" if choose_kind(sample) == "word" else "unigram"
    seen = max(1, sum(map(len, sample)))
    if kind == "word":
        cutter = WordTokenizer(Vocabulary(SPECIALS))
        tokens, vocabulary = sum(len(cutter.tokens(text)) for text in sample), RunConfig().tokens.vocab_size
    else:
        tokens = round(seen / _A_PIECE)
        vocabulary = min(_MOST_PIECES, max(_LEAST_PIECES, characters // _CHARACTERS_A_ENTRY))
    return Survey(total, characters, round(tokens / seen * characters), kind, vocabulary, language_of(sample))


def language_of(texts: Iterable[str]) -> str:
    """The language whose script most letters are of; "" where several languages share it."""
    letters = Counter(unicodedata.name(letter, "").split(" ")[0] for text in texts for letter in text
                      if letter.isalpha())
    total = sum(letters.values())
    if not total:
        return ""
    if letters["HIRAGANA"] + letters["KATAKANA"] > _KANA * total:
        return "Japanese"
    script, count = letters.most_common(1)[0]
    return _LANGUAGES.get(script, "") if 2 * count > total else ""


def pretraining_config(
    texts: Path, about: ModelInfo, found: Survey, *, size: str = "small", epochs: int = 4
) -> RunConfig:
    """The run that learns a language model of ``texts`` from scratch."""
    base = RunConfig(name=about.title, corpus=corpus_of(texts))
    return base.model_copy(update={
        "tokens": TokenConfig(tokenizer=found.kind, vocab_size=found.vocabulary),
        "model": base.model.model_validate({"preset": size, "pretrained": "none"}),
        "language_model": base.language_model.model_copy(update={"epochs": epochs}),
        "classifier": base.classifier.model_copy(update={"epochs": (0,)}),
    })


def begin_pretraining(path: Path, config: RunConfig, about: ModelInfo) -> RunFolder:
    """Make the run's folder, with what is said of its model, by whose title the run is called.

    :raises RunFolderError: a run stands there already, or the folder cannot be written.
    """
    folder = RunFolder.create(path, config)
    write_record(path / RECORD, asdict(about))
    write_about(folder, RunMarks(about.title))
    return folder


def about_of(folder: RunFolder) -> ModelInfo | None:
    """What is said of the model of the run in ``folder``; None where it is not one of a person's own texts."""
    record = read_record(folder.path / RECORD)
    return ModelInfo(*(str(record.get(name, "")) for name in ("title", "language", "licence"))) if record else None


def published(folder: RunFolder) -> Path | None:
    """Where the model of the run in ``folder`` was put, whatever has become of it; None where it was not yet."""
    path = str(read_record(folder.path / RECORD).get("model", ""))
    return Path(path) if path else None


def waits_to_be_published(folder: RunFolder) -> bool:
    """Whether the run in ``folder`` has made a model of a person's own texts that is not among the others yet."""
    return about_of(folder) is not None and folder.state() is RunState.FINISHED and published(folder) is None


def publish(folder: RunFolder, place: Path) -> Path:
    """Put the finished model among others, with a card that says what the person has said of it.

    :param place: a folder of models, where it gets a free name; or the file itself.
    :raises ModelError: there is no model, or it cannot be written.
    """
    about, bundle = about_of(folder) or ModelInfo(folder.config().name), load_bundle(folder.model_path)
    target = place if place.suffix == SUFFIX else free_path(place, about.title)
    said = {"title": about.title, "language": about.language or "not stated",
            "licence": about.licence or "not stated; mind that of the texts", "date": bundle.description.created[:10]}
    save_again(bundle, target, more=said)
    write_record(folder.path / RECORD, {**asdict(about), "model": str(target.absolute())})
    return target


def _texts(documents: Documents) -> Iterable[str]:
    for part in _PARTS:
        yield from documents.texts(part)
