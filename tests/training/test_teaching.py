"""An encoder is led towards vectors that a teacher made of the words of each passage."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.linear_model import Ridge

from ulmengine.cli import experiments, main
from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.events import Event, outcome
from ulmengine.models import load_bundle, save_bundle
from ulmengine.nets import LanguageModel
from ulmengine.plan.errors import TrainingError
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer
from ulmengine.training import teaching
from ulmengine.training.new_words import STRENGTH, add_words
from ulmengine.training.teaching import Lesson, Taught, teach

WORDS = 20


def lessons(count: int, width: int = 8) -> tuple[list[np.ndarray], np.ndarray]:
    """Passages of two to six words, and the mean of vectors that each word has, of length 1."""
    draw = np.random.default_rng(0)
    own = draw.normal(size=(WORDS, width))
    passages = [draw.integers(0, WORDS, draw.integers(2, 7)) for _ in range(count)]
    means = np.stack([own[passage].mean(0) for passage in passages])
    return [passage + len(SPECIALS) for passage in passages], means / np.linalg.norm(means, axis=1, keepdims=True)


def test_what_was_never_shown_is_understood_too() -> None:
    torch.manual_seed(0)
    model = LanguageModel(len(SPECIALS) + WORDS, Sizes(16, 24, 2), DropoutConfig())
    passages, vectors = lessons(800)
    lesson = Lesson(epochs=12, lr=1e-2, batch_size=32, held=200)
    assert outcome(teach(model, passages, vectors, Lesson(epochs=0.01, lr=1e-9, batch_size=32, held=200))).cosine < 0.5
    assert outcome(teach(model, passages, vectors, lesson)).cosine > 0.8


def test_what_word_comes_next_is_learnt_beside() -> None:
    passages = [np.array([number % WORDS, (number + 1) % WORDS, (number + 2) % WORDS]) + len(SPECIALS)
                for number in range(600)]
    vectors = np.random.default_rng(4).normal(size=(WORDS, 8))[np.arange(600) % WORDS]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    taught = []
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        model = LanguageModel(len(SPECIALS) + WORDS, Sizes(16, 24, 2), DropoutConfig(), softmax="sampled")
        lesson = Lesson(epochs=16, lr=1e-2, batch_size=32, held=100, language=weight)
        taught.append(outcome(teach(model, passages, vectors, lesson)))
    forgotten, kept = taught
    assert kept.perplexity < 3  # each word has one that follows
    assert forgotten.perplexity > 15
    assert min(forgotten.cosine, kept.cosine) > 0.9


def test_perplexity_is_that_of_the_words_after_the_first() -> None:
    torch.manual_seed(0)
    model = LanguageModel(len(SPECIALS) + WORDS, Sizes(6, 8, 1), DropoutConfig())
    draw = np.random.default_rng(2)
    passages = [draw.integers(0, WORDS, length) + len(SPECIALS) for length in (1, 75, 4, 9)] * 8  # one has two chunks
    taught = outcome(teach(model, passages, np.eye(32, 8) + 1e-3, Lesson(epochs=0.01, lr=0.0, batch_size=8, held=20)))
    nats = []
    with torch.no_grad():
        for passage in passages[:20]:
            scores = model.eval().logits(torch.from_numpy(passage[None]))[0][0].log_softmax(1)
            nats += [-float(scores[place, word]) for place, word in enumerate(passage[1:])]
    assert taught.perplexity == pytest.approx(np.exp(np.mean(nats)), rel=1e-4)


def test_a_map_begins_where_a_ridge_regression_leads() -> None:
    torch.manual_seed(0)
    model = LanguageModel(len(SPECIALS) + WORDS, Sizes(6, 8, 1), DropoutConfig())
    passages, vectors = lessons(400)
    reader = teaching._Reader(model, vectors.shape[1]).eval()
    teaching._begin_map(reader, np.arange(50, 400), passages, vectors, 32)
    with torch.no_grad():
        states = torch.cat([reader.read(torch.from_numpy(passage[None]), torch.tensor([len(passage)]))[1]
                            for passage in passages[50:]]).numpy().astype(float)
        tokens, lengths, targets = teaching._batch(np.arange(50), passages, vectors)
        mapped = reader(tokens, lengths, words=False)[0]
    ridge = Ridge(alpha=teaching._RIDGE).fit(states, vectors[50:])
    np.testing.assert_allclose(reader.map.weight.detach().numpy(), ridge.coef_, atol=2e-3)
    assert float(torch.nn.functional.cosine_similarity(mapped, targets).mean()) > 0.3


def test_what_does_not_fit_is_said() -> None:
    model = LanguageModel(len(SPECIALS) + WORDS, Sizes(4, 4, 1), DropoutConfig())
    passages, vectors = lessons(30)
    with pytest.raises(TrainingError, match="do not fit"):
        outcome(teach(model, passages[1:], vectors, Lesson()))
    with pytest.raises(TrainingError, match="too few"):
        outcome(teach(model, passages, vectors, Lesson()))


def test_the_command_gives_a_model_that_says_how_it_was_taught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*SPECIALS, "red", "green", "blue", "the", "is")
    model = LanguageModel(len(words), Sizes(6, 8, 2), DropoutConfig())
    save_bundle(tmp_path / "old.ulmfit", kind="language_model", state=model.state_dict(), sizes=Sizes(6, 8, 2),
                tokenizer=WordTokenizer(Vocabulary(words)).to_json(), card={"title": "Old"},
                model=ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2))
    draw = np.random.default_rng(1)
    frame = pl.DataFrame({
        "text": [f"the {draw.choice(['red', 'green', 'blue'])} is {number}" for number in range(2_200)],
        "vector": [draw.normal(size=5).tolist() for _ in range(2_200)],
    })
    frame.write_parquet(tmp_path / "passages.parquet")
    command = ["teach", str(tmp_path / "old.ulmfit"), str(tmp_path / "passages.parquet"), "--out",
               str(tmp_path / "made" / "new.ulmfit"), "--teacher", "a teacher", "--epochs", "1"]
    assert main(command) == 0
    about = load_bundle(tmp_path / "made" / "new.ulmfit").description
    assert about.kind == "language_model"
    assert about.title == "Old"
    assert str(about.card["taught"]).startswith("2,200 passages, 1 epochs, by a teacher; mean cosine ")
    once = str(tmp_path / "made" / "new.ulmfit")
    again = ["teach", once, *command[2:4], str(tmp_path / "twice.ulmfit"), *command[5:]]
    assert main(again) == 0
    twice = str(load_bundle(tmp_path / "twice.ulmfit").description.card["taught"])
    assert twice.startswith(str(about.card["taught"]) + "; then by 2,200 passages, ")
    assert main([*command, "--language", "-0.1"]) == 1
    assert "give 0 or more, not -0.1" in capsys.readouterr().err
    frame.select("text").write_parquet(tmp_path / "bare.parquet")
    assert main([*command[:2], str(tmp_path / "bare.parquet"), *command[3:]]) == 1
    assert "columns text and vector" in capsys.readouterr().err
    for spoilt, told in (({"text": None}, "rows without a text"), ({"vector": [float("nan")] * 5}, "no numbers")):
        pl.concat([frame, pl.DataFrame([{**frame.row(0, named=True), **spoilt}], schema=frame.schema)]
                  ).write_parquet(tmp_path / "spoilt.parquet")
        assert main([*command[:2], str(tmp_path / "spoilt.parquet"), *command[3:]]) == 1
        assert told in capsys.readouterr().err


def test_the_command_teaches_to_read_backwards_with_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[np.ndarray] = []

    def watched(model: LanguageModel, passages: list[np.ndarray], *rest: Any) -> Generator[Event, None, Taught]:
        read.append(passages[0])
        return teach(model, passages, *rest)

    monkeypatch.setattr(experiments, "teach", watched)
    words = (*SPECIALS, "red", "green", "blue", "the", "is")
    torch.manual_seed(0)
    old = LanguageModel(len(words), Sizes(6, 8, 2), DropoutConfig())
    save_bundle(tmp_path / "old.ulmfit", kind="language_model", state=old.state_dict(), sizes=Sizes(6, 8, 2),
                tokenizer=WordTokenizer(Vocabulary(words)).to_json(), card={"title": "Old", "taught": "forwards"},
                model=ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2), dtype="float16")
    draw = np.random.default_rng(1)
    colours = draw.integers(0, 3, 2_600)
    pl.DataFrame({"text": [f"the {['red', 'green', 'blue'][colour]} is" for colour in colours],
                  "vector": np.eye(3)[colours].tolist()}).write_parquet(tmp_path / "passages.parquet")

    def teach_by(model: str, out: str, *more: str) -> int:
        return main(["teach", str(tmp_path / model), str(tmp_path / "passages.parquet"), "--out", str(tmp_path / out),
                     "--epochs", "4", *more])

    assert teach_by("old.ulmfit", "both.ulmfit", "--backward", "--lr", "0.02") == 0
    tokens = load_bundle(tmp_path / "old.ulmfit").tokenizer.tokens
    assert [words[token] for token in read[0]] == tokens(f"the {['red', 'green', 'blue'][colours[0]]} is")[::-1]
    before, after = load_bundle(tmp_path / "old.ulmfit"), load_bundle(tmp_path / "both.ulmfit")
    assert after.description.directions == ("forward", "backward")
    assert after.description.model.direction == "both"
    for name, value in before.weights("forward").items():
        assert torch.equal(value, after.weights("forward")[name]), name
    backward = after.weights("backward")
    for name, stays in (("encoder.embedding.weight", True), ("encoder.layers.0.weight_hh", False)):
        assert torch.equal(backward[name], before.weights("forward")[name]) is stays, name
    assert after.description.card["taught"] == "forwards"
    assert "2,600 passages, 4 epochs; mean cosine 0." in str(after.description.card["read backwards"])
    # Once more it goes on from the backward weights; forwards it would spoil them.
    assert teach_by("both.ulmfit", "more.ulmfit", "--backward", "--lr", "1e-9") == 0
    torch.testing.assert_close(load_bundle(tmp_path / "more.ulmfit").weights("backward"), backward, atol=2e-3, rtol=0)
    card = load_bundle(tmp_path / "more.ulmfit").description.card
    assert str(card["read backwards"]).startswith(f"{after.description.card['read backwards']}; then taught by 2,600")
    assert teach_by("both.ulmfit", "spoilt.ulmfit") == 1
    assert "reads backwards too" in capsys.readouterr().err


def test_what_was_interrupted_ends_as_what_was_not(tmp_path: Path) -> None:
    passages, vectors = lessons(300)
    lesson = Lesson(epochs=1.5, lr=1e-2, batch_size=16, held=20)  # 17 batches an epoch, 26 steps

    def taught(keep: Path | None, until: int = 0) -> tuple[Taught | None, dict[str, torch.Tensor]]:
        torch.manual_seed(0)
        model = LanguageModel(len(SPECIALS) + WORDS, Sizes(16, 24, 2), DropoutConfig())
        steps = teach(model, passages, vectors, lesson, keep=keep)
        for _ in range(until):
            next(steps)
        if until:
            steps.close()
            return None, {}
        return outcome(steps), model.state_dict()

    cosine, weights = taught(None)
    keep = tmp_path / "new.teaching"
    for until in (5, 14):  # in the first epoch and in the second
        taught(keep, until)
    assert keep.exists()
    torch.manual_seed(99)  # whatever was drawn between
    again, found = taught(keep)
    assert again == cosine
    assert all(torch.equal(found[name], value) for name, value in weights.items())
    with pytest.raises(TrainingError, match="another model"):
        outcome(teach(LanguageModel(len(SPECIALS) + WORDS, Sizes(16, 24, 2), DropoutConfig()), passages, vectors,
                     Lesson(epochs=3, lr=1e-2, batch_size=16, held=20), keep=keep))
    keep.write_bytes(b"cut short")
    with pytest.raises(TrainingError, match="cannot be read"):
        taught(keep)
    with pytest.raises(OSError, match="new"):  # told as any other file that cannot be written
        taught(tmp_path / "nowhere" / "new.teaching", 5)


def test_the_rate_rises_stays_and_falls() -> None:
    shares = [teaching._share(step, 4_000) for step in range(4_000)]
    assert shares[0] == 1 / 300
    assert shares[299] == shares[999] == 1.0
    assert shares[2_500] == pytest.approx(0.5)  # half-way between a quarter and the end
    assert 0 <= shares[-1] < 1e-5


def test_every_passage_is_shown_once_an_epoch() -> None:
    passages, _ = lessons(130)
    lesson = Lesson(batch_size=10, held=30)
    shown = list(teaching._batches(np.arange(30, 130), passages, lesson, 0, 20))
    assert [step for step, _ in shown] == list(range(20))
    for epoch in (shown[:10], shown[10:]):
        assert sorted(np.concatenate([rows for _, rows in epoch])) == list(range(30, 130))
    assert [rows.tolist() for _, rows in teaching._batches(np.arange(30, 130), passages, lesson, 13, 20)] == \
        [rows.tolist() for _, rows in shown[13:]]


def test_new_words_begin_where_a_ridge_regression_of_the_known_ones_leads() -> None:
    draw = np.random.default_rng(3)
    known = [f"w{number}" for number in range(40)]
    tokenizer = WordTokenizer(Vocabulary((*SPECIALS, *known, "untold")))
    rows, bias = torch.randn(50, 6), torch.arange(50.0)
    words = [*known[::-1], "fresh", "xxmaj", "green", "Green", "two words", "fresh"]
    vectors = draw.normal(size=(len(words), 8))
    grown = add_words(tokenizer, rows, bias, words, vectors)
    assert grown.added == ("fresh", "green")
    assert grown.tokenizer.vocabulary.tokens == (*tokenizer.vocabulary.tokens, "fresh", "green")
    assert torch.equal(grown.rows[:50], rows)
    # the same by least squares of a system that is lengthened by the penalty
    x, y = vectors[:40], rows.numpy()[9:49][::-1].astype(float)
    long_x = np.concatenate([x - x.mean(0), np.sqrt(30.0) * np.eye(8)])
    long_y = np.concatenate([y - y.mean(0), np.zeros((8, 6))])
    slopes = np.linalg.lstsq(long_x, long_y, rcond=None)[0]
    for row, place in ((50, len(words) - 1), (51, words.index("green"))):  # of a word told twice, the last
        expected = (vectors[place] - x.mean(0)) @ slopes + y.mean(0)
        np.testing.assert_allclose(grown.rows[row].numpy(), expected, atol=1e-5)
    assert STRENGTH == 30.0
    assert grown.bias is not None
    assert grown.bias[50:].tolist() == [24.5, 24.5]
    with pytest.raises(TrainingError, match="too few of the words"):
        add_words(tokenizer, rows, bias, ["fresh", "green"], vectors[:2])


def test_the_command_teaches_words_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*SPECIALS, "red", "green", "blue", "the", "is")
    model = LanguageModel(len(words), Sizes(6, 8, 2), DropoutConfig())
    save_bundle(tmp_path / "old.ulmfit", kind="language_model", state=model.state_dict(), sizes=Sizes(6, 8, 2),
                tokenizer=WordTokenizer(Vocabulary(words)).to_json(), card={"title": "Old"},
                model=ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2))
    draw = np.random.default_rng(1)
    pl.DataFrame({"text": [f"the {draw.choice(['red', 'mauve'])} is {number}" for number in range(2_200)],
                  "vector": [draw.normal(size=5).tolist() for _ in range(2_200)]}
                 ).write_parquet(tmp_path / "passages.parquet")
    told = ["red", "green", "blue", "mauve", "the", "is"]
    pl.DataFrame({"word": told, "vector": [draw.normal(size=5).tolist() for _ in told]}
                 ).write_parquet(tmp_path / "words.parquet")

    def command(name: str, *more: str) -> list[str]:
        return ["teach", str(tmp_path / "old.ulmfit"), str(tmp_path / "passages.parquet"), "--words",
                str(tmp_path / "words.parquet"), "--out", str(tmp_path / name), "--epochs", "5", *more]

    assert main(command("whole.ulmfit")) == 0
    found = load_bundle(tmp_path / "whole.ulmfit")
    assert found.tokenizer.vocabulary.tokens == (*words, "mauve")
    assert str(found.description.card["words added"]).startswith("1; ")
    assert str(found.description.card["taught"]).startswith("2,200 passages and 6 words, 5 epochs; mean cosine ")
    assert not (tmp_path / "whole.ulmfit.teaching").exists()

    shown = teaching.Progress

    def stop_at_third(task: str, done: float, total: float, unit: str) -> object:
        if done == 4:
            raise KeyboardInterrupt
        return shown(task, done, total, unit)

    with monkeypatch.context() as patch:
        patch.setattr(teaching, "Progress", stop_at_third)
        patch.setattr(teaching, "SAVE_S", 0.0)
        assert main(command("cut.ulmfit")) == 1
    assert (tmp_path / "cut.ulmfit.teaching").exists()
    assert main(command("cut.ulmfit")) == 1
    assert "--resume" in capsys.readouterr().err
    assert main(command("cut.ulmfit", "--resume")) == 0
    again = load_bundle(tmp_path / "cut.ulmfit")
    assert all(torch.equal(again.state[name], value) for name, value in found.state.items())
