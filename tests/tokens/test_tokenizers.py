"""Learning tokenisers, writing them down, and text back from ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.corpus.helpers import with_events
from ulmengine.config import TokenConfig
from ulmengine.tokens import (
    SPECIALS,
    SubwordTokenizer,
    Tokenizer,
    TokensError,
    Vocabulary,
    WordTokenizer,
    choose_kind,
    extend_vocabulary,
    learn_tokenizer,
    readable,
    tokenizer_from_json,
    wordwise,
)
from ulmengine.tokens.learn_subwords import learn_pieces

from .helpers import TEXTS, drop

KINDS = ("word", "bpe", "unigram")


def learn(kind: str, texts: list[str], **settings: Any) -> Tokenizer:
    values: dict[str, Any] = {"tokenizer": kind, "vocab_size": 200, "min_frequency": 1, **settings}
    return with_events(learn_tokenizer(lambda: texts, TokenConfig.model_validate(values)))[0]


@pytest.fixture(scope="module", params=KINDS)
def learnt(request: pytest.FixtureRequest) -> Tokenizer:
    return learn(request.param, TEXTS * 10)


def test_vocabulary_begins_with_the_special_tokens(learnt: Tokenizer) -> None:
    assert learnt.vocabulary.tokens[:9] == SPECIALS
    assert len(learnt.vocabulary) <= 200


def test_every_document_begins_with_xxbos(learnt: Tokenizer) -> None:
    assert all(learnt.encode(text)[0] == 2 and learnt.tokens(text)[0] == "xxbos" for text in TEXTS)
    assert learnt.encode("") == [2]


def test_ids_are_those_of_the_tokens(learnt: Tokenizer) -> None:
    for text in TEXTS:
        assert learnt.encode(text) == [learnt.vocabulary.index(token) for token in learnt.tokens(text)]


def test_written_down_and_read_again_it_is_the_same(learnt: Tokenizer) -> None:
    again = tokenizer_from_json(json.loads(json.dumps(learnt.to_json())))
    assert again.kind == learnt.kind
    assert again.to_json() == learnt.to_json()
    assert [again.encode(text) for text in TEXTS] == [learnt.encode(text) for text in TEXTS]


def test_known_text_comes_back_readable(learnt: Tokenizer) -> None:
    """But for lone capitals and those beyond A to Z, which the rules lower without a mark."""
    back = [learnt.decode(learnt.encode(text)) for text in TEXTS]
    assert back[1].lower() == TEXTS[1].lower()
    assert back[3] == ""
    assert back[4].lower() == TEXTS[4].lower()
    assert "GREAT" in back[0]
    assert "!!!!" in back[0]


def test_pieces_of_a_word_join_to_the_word() -> None:
    for kind in ("bpe", "unigram"):
        tokenizer = learn(kind, ["lower lowest newer newest wider widest"] * 20)
        # a word never seen is spelt by pieces that were
        assert tokenizer.decode(tokenizer.encode("lowest wider newest")) == "lowest wider newest"
        assert 0 not in tokenizer.encode("wewest")
        assert tokenizer.tokens("lowest")[1].startswith("▁")
        assert "".join(tokenizer.tokens("wewest")[1:]) == "▁wewest"


def test_a_character_never_seen_is_unknown_not_lost() -> None:
    tokenizer = learn("bpe", ["abc abd"] * 5)
    assert tokenizer.tokens("ab東") == ["xxbos", "▁ab", "xxunk"]


def test_text_written_like_a_special_token_inside_a_word_is_text() -> None:
    tokenizer = learn("bpe", ["abxxbos cd"] * 5)
    assert 2 not in tokenizer.encode("abxxbos")[1:]


def test_any_script() -> None:
    """Chinese has no spaces: auto takes unigram, which finds the words that are repeated. Korean has rare words."""
    texts = ["酒店很好，服务很好。", "酒店不好，服务不好。", "我喜欢这个酒店"] * 20
    assert choose_kind(texts) == "unigram"
    tokenizer = learn("auto", texts)
    assert tokenizer.kind == "unigram"
    assert tokenizer.decode(tokenizer.encode("酒店很好")).replace(" ", "") == "酒店很好"
    assert choose_kind(["영화가 정말 재미있다", "별로였다"]) == "unigram"  # its words carry their endings
    assert choose_kind(TEXTS) == "word"


def test_more_characters_than_the_vocabulary_holds() -> None:
    texts = ["".join(chr(0x4E00 + (n * 7 + k) % 900) for k in range(30)) for n in range(60)]
    for kind in ("bpe", "unigram"):
        assert len(learn(kind, texts, vocab_size=100).vocabulary) <= 100


def test_bpe_merges_the_commonest_pair_first() -> None:
    """By hand (Sennrich et al. 2016): of ``▁ab`` x 5 and ``▁abc`` x 4, the pair that stands 9 times is merged first."""
    state = learn_pieces("bpe", {"▁ab": 5, "▁abc": 4}, size=16)
    merges = [tuple(merge) for merge in json.loads(state)["model"]["merges"]]
    assert set(merges[0]) in ({"▁", "a"}, {"a", "b"})
    assert len(merges[0][0] + merges[0][1]) == 2
    assert "▁ab" in json.loads(state)["model"]["vocab"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [[], ["", "  \n "]])
def test_nothing_to_learn_from_is_an_error(kind: str, texts: list[str]) -> None:
    with pytest.raises(TokensError, match="no text"):
        learn(kind, texts)


def test_extending_words_puts_the_new_corpus_words_before_the_others_that_are_known() -> None:
    old = learn("word", ["the cat sat"], lower=False)
    texts = ["a Dog sat", "a Dog and", "a Dog"]
    new, _ = with_events(extend_vocabulary(old, lambda: texts, TokenConfig(min_frequency=2)))
    # The old one's rules: capitals are kept. "sat" is known, so once is enough; for "and", which is new, it is not.
    assert new.vocabulary.tokens == (*SPECIALS, "Dog", "a", "sat", "cat", "the")


def test_a_smaller_vocabulary_keeps_what_the_corpus_holds() -> None:
    old = learn("word", ["the cat"] + [f"word{n}" for n in range(60)])
    texts = ["dog a dog", "dog", "mouse", "mouse", "the"]
    new, _ = with_events(extend_vocabulary(old, lambda: texts, TokenConfig(vocab_size=50)))
    assert new.vocabulary.tokens[: len(SPECIALS) + 4] == (*SPECIALS, "dog", "mouse", "the", "cat")
    assert len(new.vocabulary) == 50


def test_extending_subwords_keeps_the_pieces() -> None:
    old = learn("bpe", TEXTS * 5)
    assert with_events(extend_vocabulary(old, lambda: ["dog"], TokenConfig()))[0] is old


def test_learning_says_how_far_it_is() -> None:
    _, events = with_events(learn_tokenizer(lambda: TEXTS, TokenConfig(min_frequency=1), total=len(TEXTS)))
    last = events[-1]
    assert (getattr(last, "done", None), getattr(last, "total", None)) == (len(TEXTS), len(TEXTS))


@pytest.mark.parametrize("values", [{}, {"kind": "magic"}, {"kind": "word"}, {"kind": "bpe", "state": {}, "lower": 1}])
def test_a_damaged_description_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(TokensError):
        tokenizer_from_json(values)


def test_spacy_is_asked_for_only_where_it_is_installed() -> None:
    values = drop(WordTokenizer(Vocabulary(SPECIALS)).to_json(), "backend") | {"backend": "other"}
    with pytest.raises(TokensError, match="own or spacy"):
        tokenizer_from_json(values)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("xxbos xxmaj hello xxup world , it is xxup great xxrep 5 ! xxmaj bye", "Hello WORLD, it is GREAT!!!!! Bye"),
        ("xxwrep 3 no , it is n't", "no no no, it isn't"),
        ("xxfld 1 xxmaj title xxfld 2 some text", "Title\nsome text"),
        ("( see \" this \" and ' that ' )", "(see \"this\" and 'that')"),
        ("well - made , 5 % of $ 10", "well-made, 5% of $10"),
        ("the xxunk film", "the <unk> film"),
        ("one \n\n two", "one\n\ntwo"),
        ("xxrep xxmaj word xxup", "Word"),  # marks that a generated text left without their number or word
        ("xxrep 4 xxunk", "<unk><unk><unk><unk>"),
        ("xxpad xxpad xxeos", ""),
    ],
)
def test_readable_text(tokens: str, text: str) -> None:
    assert readable(tokens.split(" ")) == text


def test_spacy_backend_gives_the_same_words() -> None:
    pytest.importorskip("spacy")
    exact = WordTokenizer(Vocabulary(SPECIALS), backend="spacy")
    own = WordTokenizer(Vocabulary(SPECIALS))
    assert [exact.tokens(text) for text in TEXTS] == [own.tokens(text) for text in TEXTS]


def test_subword_kind_is_written_down() -> None:
    tokenizer = learn("unigram", TEXTS * 5)
    assert isinstance(tokenizer, SubwordTokenizer)
    assert tokenizer.to_json()["kind"] == "unigram"


def test_the_word_cutter_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def splitter(backend: str) -> Callable[[str], list[str]]:
        asked.append(backend)
        return list if backend == "spacy" else lambda chunk: [chunk]

    monkeypatch.setattr(wordwise, "_splitter", splitter)
    settings: dict[str, Any] = {"min_frequency": 1, "tokenizer": "word"}
    own, _ = with_events(learn_tokenizer(lambda: ["ab c"], TokenConfig(**settings)))
    exact, _ = with_events(learn_tokenizer(lambda: ["ab c"], TokenConfig(**settings, backend="spacy")))
    assert own.tokens("ab c") == ["xxbos", "ab", "c"]
    assert exact.tokens("ab c") == ["xxbos", "a", "b", "c"]
    kept, _ = with_events(extend_vocabulary(exact, lambda: ["ab"], TokenConfig(**settings)))
    changed, _ = with_events(extend_vocabulary(exact, lambda: ["ab"], TokenConfig(**settings, backend="own")))
    assert (kept.tokens("ab"), changed.tokens("ab")) == (["xxbos", "a", "b"], ["xxbos", "ab"])
