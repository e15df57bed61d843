"""Language models of a person's own texts: surveyed, learnt, given a card, and chosen where they know a corpus best."""

from __future__ import annotations

import csv
import json
import shutil
import unicodedata
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import platformdirs
import pytest

from tests.corpus.helpers import with_events
from tests.models.made import MODEL, SIZES
from ulmengine.cli import main, train
from ulmengine.config import DropoutConfig, RunConfig, save, with_settings
from ulmengine.events import Finished, Note, Step, outcome
from ulmengine.models import ModelError, load_bundle, pretrained_path, save_bundle
from ulmengine.nets import LanguageModel
from ulmengine.record import RunFolder, summary
from ulmengine.runs import Run
from ulmengine.runs import prepare as prepare_module
from ulmengine.runs.own_texts import (
    _LANGUAGES,
    ModelInfo,
    about_of,
    begin_pretraining,
    language_of,
    pretraining_config,
    published,
    survey,
    waits_to_be_published,
)
from ulmengine.runs.prepare import known_share, tokenizer_of, with_best_pretrained
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer, learn_tokenizer, tokenizer_from_json

from .made import tiny_config, tiny_run

GERMAN = ["der", "film", "war", "lang", "und", "die", "leute", "darin", "sind", "sehr", "lustig"]


def german_lines(count: int) -> list[str]:
    """Sentences of six words, no two alike: the last word of each is its own."""
    return [" ".join([*(GERMAN[(number + place * (1 + number % 3)) % len(GERMAN)] for place in range(5)),
                      f"q{chr(97 + number // 26)}x{chr(97 + number % 26)}"]) for number in range(count)]


def write_lines(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_texts_are_surveyed_before_anything_is_learnt(tmp_path: Path) -> None:
    lines = german_lines(200)
    found = outcome(survey(write_lines(tmp_path / "a.txt", lines), tmp_path / "cache"))
    assert found.documents == 200
    assert found.characters == sum(map(len, lines))
    assert found.tokens == pytest.approx(200 * 7, rel=0.01)  # six words and the beginning of the text
    assert (found.kind, found.vocabulary, found.language) == ("word", 30_000, "")


def test_scripts_without_spaces_are_cut_into_pieces(tmp_path: Path) -> None:
    lines = [f"这部电影很长，但是故事很好，里面的人非常有趣。{number}" for number in range(60)]
    found = outcome(survey(write_lines(tmp_path / "a.txt", lines), tmp_path / "cache"))
    assert (found.kind, found.vocabulary, found.language) == ("unigram", 2_000, "Chinese")


@pytest.mark.parametrize(("text", "language"), [
    ("이 영화는 재미있고 good", "Korean"), ("この映画はとても面白い。東京大学", "Japanese"),
    ("这部电影很长", "Chinese"), ("ภาพยนตร์", "Thai"), ("a film, un film, ein Film", ""), ("фильм", ""), ("123 !", ""),
])
def test_a_script_of_one_language_tells_it(text: str, language: str) -> None:
    assert language_of([text]) == language


def test_every_script_is_one_of_unicodes() -> None:
    scripts = {unicodedata.name(chr(number), "").split(" ")[0] for number in range(0x30000)}
    assert not set(_LANGUAGES) - scripts


def test_the_command_makes_a_model_with_a_card_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda _name: tmp_path)
    texts, run = write_lines(tmp_path / "german.txt", german_lines(200)), tmp_path / "run"
    command = ["pretrain", str(texts), "--out", str(run), "--title", "Filme", "--language", "German", "--licence",
               "CC0", "--size", "tiny", "--epochs", "1"]
    for setting in ("language_model.batch_size=4", "language_model.bptt=16", "compute.threads=1",
                    "compute.precision=float32"):
        command += ["--set", setting]
    assert main(command) == 0
    made = tmp_path / "models" / "Filme.ulmfit"
    bundle = load_bundle(made)
    card = bundle.description.card
    assert bundle.description.kind == "language_model"
    assert (card["title"], card["language"], card["licence"], card["texts"]) == ("Filme", "German", "CC0", 190)
    assert card["tokens"] == 190 * 7  # a twentieth of the 200 texts is held back
    assert "tokens of 10 texts held back" in str(card["validation perplexity"])
    assert card["date"] == bundle.description.created[:10]
    assert "licence" in bundle.card.lower()
    folder = RunFolder(run)
    assert published(folder) == made
    assert about_of(folder) is not None
    assert not waits_to_be_published(folder)
    for again in ([], ["--model", str(made)]):
        assert main([*command, "--resume", *again]) == 0
        assert f"the model stands at {made}" in capsys.readouterr().err
        assert list(made.parent.iterdir()) == [made]
    made.unlink()
    assert not waits_to_be_published(folder)  # it was deleted by the person
    assert main(command) == 1
    assert "--resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert made.exists()


def test_what_cannot_be_meant_is_refused_before_anything_is_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, out = write_lines(tmp_path / "german.txt", german_lines(200)), tmp_path / "run"
    there = tmp_path / "there.ulmfit"
    there.write_bytes(b"another model")
    command = ["pretrain", str(texts), "--out", str(out), "--size", "tiny", "--epochs", "1"]
    for more, told in ((["--model", str(there)], "is there already"), (["--finish"], "holds no run"),
                       (["--checkpoint", "a"], "holds no run")):
        assert main([*command, *more]) == 1
        assert told in capsys.readouterr().err
        assert not (out / "config.toml").exists()
    save(tiny_config(texts), tmp_path / "c.toml")
    assert main(["pretrain", str(tmp_path / "c.toml"), "--out", str(out), "--title", "Filme"]) == 1
    assert "--title is for a model of TEXTS" in capsys.readouterr().err
    monkeypatch.setattr(train, "started_by_torchrun", lambda: True)
    assert main(command) == 1
    assert "several processes need a CONFIG.toml" in capsys.readouterr().err
    assert there.read_bytes() == b"another model"


def test_what_goes_on_with_train_ends_among_the_models_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda _name: tmp_path)
    about = ModelInfo("Filme", "German", "CC0")
    texts = write_lines(tmp_path / "german.txt", german_lines(200))
    config = pretraining_config(texts, about, outcome(survey(texts, tmp_path / "cache")), size="tiny", epochs=1)
    folder = begin_pretraining(tmp_path / "run", with_settings(config, [
        "language_model.batch_size=4", "language_model.bptt=16", "compute.threads=1"]), about)
    run = Run(folder).events()
    next(event for event in run if isinstance(event, Step))
    run.close()
    # The command that a stopped run names.
    assert main(["train", str(folder.config_path), "--out", str(folder.path), "--resume"]) == 0
    made = tmp_path / "models" / "Filme.ulmfit"
    assert f"the model stands at {made}" in capsys.readouterr().err
    assert load_bundle(made).description.card["licence"] == "CC0"


def own_model(folder: Path, words: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = Vocabulary((*SPECIALS, *words))
    save_bundle(folder / "german.ulmfit", kind="language_model", tokenizer=WordTokenizer(vocabulary).to_json(),
                state=LanguageModel(len(vocabulary), SIZES, DropoutConfig()).state_dict(), sizes=SIZES, model=MODEL,
                card={"title": "German"})
    return folder / "german.ulmfit"


def labelled(path: Path, lines: list[str]) -> RunConfig:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([line, "ab"[number % 2]] for number, line in enumerate(lines))
    return with_settings(RunConfig(), [f"corpus.path='{path}'"])


def test_a_model_of_ones_own_is_chosen_where_it_knows_the_corpus_best(tmp_path: Path) -> None:
    own = tmp_path / "own"
    german = labelled(tmp_path / "german.csv", german_lines(60))
    cache = tmp_path / "cache"
    assert outcome(with_best_pretrained(german, cache, own)) == german  # there are no models yet
    path = own_model(own, [*GERMAN, *(line.split()[-1] for line in german_lines(60))])
    (own / "broken.ulmfit").write_bytes(b"PK")
    chosen, events = with_events(with_best_pretrained(german, cache, own))
    assert chosen.model.pretrained == str(path)
    assert pretrained_path(chosen) == path
    assert any("which knows 100%" in event.text for event in events if isinstance(event, Note))
    english = labelled(tmp_path / "english.csv", [f"the people in the film are very funny {n}" for n in range(60)])
    assert outcome(with_best_pretrained(english, cache, own)) == english
    words = ["the", "people", "in", "film", "are", "very", "funny", "zyqquux"]  # the last one is new to all
    for every, taken in ((25, False), (5, True)):
        lines = [" ".join("zyqquux" if number % every == 0 else words[number % 7]
                          for number in range(row, row + 100)) for row in range(60)]
        mixed = labelled(tmp_path / f"mixed{every}.csv", lines)
        small = own_model(tmp_path / "small", words)
        chosen = outcome(with_best_pretrained(mixed, cache, small.parent))
        assert (chosen.model.pretrained == str(small)) is taken
    set_already = with_settings(german, ["model.pretrained=none"])
    assert outcome(with_best_pretrained(set_already, cache, own)) == set_already
    missing = with_settings(german, ["corpus.path='nowhere.csv'"])
    assert outcome(with_best_pretrained(missing, cache, own)) == missing


def test_what_a_model_cuts_texts_with_is_read_once_as_long_as_its_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(prepare_module, "load_bundle", lambda path: (read.append(path), load_bundle(path))[1])
    path = own_model(tmp_path / "own", ["one", "two"])
    for _ in range(2):
        assert known_share(tokenizer_of(path), ["one two three four"]) == 0.5
    assert read == [path]
    own_model(tmp_path / "own", ["one", "two", "three", "four"])
    assert known_share(tokenizer_of(path), ["one two three four"]) == 1.0
    assert read == [path, path]
    path.unlink()
    with pytest.raises(ModelError):
        tokenizer_of(path)


def test_several_processes_begin_with_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda _name: tmp_path)
    path = own_model(tmp_path / "models", [*GERMAN, *(line.split()[-1] for line in german_lines(60))])
    save(labelled(tmp_path / "german.csv", german_lines(60)), tmp_path / "c.toml")
    first = SimpleNamespace(writes=True, any=bool, tell=lambda value: value)
    monkeypatch.setattr(train, "started_by_torchrun", lambda: True)
    monkeypatch.setattr(train, "join", lambda _device: nullcontext(first))
    monkeypatch.setattr(train, "_run", lambda *_: 0)
    assert main(["train", str(tmp_path / "c.toml"), "--out", str(tmp_path / "run")]) == 0
    assert RunFolder.open(tmp_path / "run").config().model.pretrained == str(path)


def test_single_letters_that_spell_a_word_are_not_known() -> None:
    class Letters:
        vocabulary = Vocabulary((*SPECIALS, *"abcd", "bad", "影"))

        def tokens(self, text: str) -> list[str]:
            return ["xxbos", *text.split()]

    share = known_share(Letters(), ["b a d", "bad 影", "xxunk"])  # type: ignore[arg-type]
    assert share == 2 / 6


def test_what_the_corpus_decides_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda _name: tmp_path)
    labelled(tmp_path / "german.csv", german_lines(60))
    (tmp_path / "run.toml").write_text("version = 1\n[corpus]\npath = 'german.csv'\n", encoding="utf-8")
    command = ["train", str(tmp_path / "run.toml"), "--explain-defaults"]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("model.pretrained = none: from scratch: it knows ")
    assert lines[1] == "tokens.tokenizer = word: as suits the script"
    assert [line.partition(": from scratch, about ")[0] for line in lines[2:]] == [
        "language_model.batch_size = 8 (plain: 32)", "language_model.lr = 0.008 (plain: 0.004)",
        "classifier.epochs = 12 (plain: 1,1,1,6)",
    ]
    own = [f"--set={line.split(' (')[0].replace(' ', '')}" for line in lines[2:]]  # as it is told, it can be given
    assert main([*command, *own]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Everything else is usual for any corpus."
    own_model(tmp_path / "models", [*GERMAN, *(line.split()[-1] for line in german_lines(60))])
    assert main([*command, "--set", "model.preset=paper", "--json"]) == 0
    assert '"value": "German"' in capsys.readouterr().out
    assert not (tmp_path / "run-run").exists()  # nothing was trained


def test_pieces_of_words_are_learnt_once_for_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[int] = []

    def learn(*arguments: object, **named: object) -> object:
        learnt.append(1)
        return learn_tokenizer(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(prepare_module, "learn_tokenizer", learn)
    run = tiny_run(tmp_path / "run", "tokens.tokenizer=unigram", "tokens.vocab_size=120", "classifier.epochs=[1]")
    events = Run(run, cache=tmp_path / "cache").events()
    while not isinstance(next(events), Step):
        pass
    events.close()
    shutil.rmtree(tmp_path / "cache")  # it has come to another machine, say
    last = list(Run(run, cache=tmp_path / "cache").events(resume=True))[-1]
    assert isinstance(last, Finished)
    assert len(learnt) == 1
    kept = tokenizer_from_json(json.loads(run.tokenizer_path.read_text(encoding="utf-8")))
    assert load_bundle(run.model_path).tokenizer.vocabulary == kept.vocabulary
    other = tiny_run(tmp_path / "other", "tokens.tokenizer=unigram", "tokens.vocab_size=120", "classifier.epochs=[1]")
    outcome(prepare_module.prepare(other.config(), tmp_path / "second"))
    outcome(prepare_module.prepare(other.config(), tmp_path / "second"))  # from the cache
    assert len(learnt) == 2


@pytest.mark.parametrize("stopped", [False, True])
def test_the_card_of_a_model_of_both_directions_tells_how_good_each_is(tmp_path: Path, stopped: bool) -> None:
    about = ModelInfo("Filme")
    texts = write_lines(tmp_path / "german.txt", german_lines(200))
    config = pretraining_config(texts, about, outcome(survey(texts, tmp_path / "cache")), size="tiny", epochs=1)
    folder = RunFolder.create(tmp_path / "run", with_settings(config, [
        "model.direction=both", "language_model.batch_size=4", "language_model.bptt=16", "compute.threads=1"]))
    if stopped:  # in the second direction, so that the first is known from its checkpoint alone
        run = Run(folder).events()
        next(event for event in run if isinstance(event, Step) and event.stage == 1)
        run.close()
    assert isinstance(list(Run(folder).events())[-1], Finished)
    forward, backward = (stage["metrics"]["perplexity"] for stage in summary(folder)["stages"])
    assert forward != backward
    told = str(load_bundle(folder.model_path).description.card["validation perplexity"])
    assert told.startswith(f"{forward:.2f} forward, {backward:.2f} backward on ")
