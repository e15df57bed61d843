"""The text rules and the word tokeniser, against outputs of the reference and cases worked out by hand."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer
from ulmengine.tokens.rules import fix_html, piece_rules, replace_repeats, replace_word_repeats
from ulmengine.tokens.specials import BOS_TOKEN
from ulmengine.tokens.word_splitter import word_splitter

from .helpers import data

CASES = json.loads(data("text_rules.json").read_text("utf-8"))
WORDS = WordTokenizer(Vocabulary(SPECIALS))


def apply_rules(text: str) -> str:
    """All rules on one document, with ``xxbos`` before it: the plain definition that the fast way must agree with."""
    return f"{BOS_TOKEN} {piece_rules(replace_word_repeats(replace_repeats(fix_html(text))), lower=True).strip()}"


def test_special_tokens_are_those_of_the_reference() -> None:
    assert list(SPECIALS) == CASES["special"]


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["text"][:20])
def test_rules_and_tokens_agree_with_the_reference(case: dict[str, object]) -> None:
    assert apply_rules(str(case["text"])) == case["after_pre_rules"]
    assert WORDS.tokens(str(case["text"])) == case["tokens"]


def test_without_lowering_capitals_stay_and_are_not_marked() -> None:
    kept = WordTokenizer(Vocabulary(SPECIALS), lower=False)
    assert kept.tokens("Mr. Smith DIDN'T say NOOOO") == [
        "xxbos", "Mr.", "Smith", "DIDN'T", "say", "N", "xxrep", "4", "O",
    ]
    assert kept.tokens("Don't") == ["xxbos", "Do", "n't"]


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        ("great:)", ["great", ":)"]),  # a face is put together again after its signs were peeled off
        ("x:):):)", ["x", ":)", ":", ")", ":", ")"]),  # but only the first of several side by side, as spaCy does
        ("10pm", ["10", "pm"]),
        ("5km", ["5", "km"]),
        ("£5", ["£", "5"]),
        ("vitamin-a.", ["vitamin", "-", "a."]),
        ("(http://a-b.org/x?y=1),", ["(", "http://a-b.org/x?y=1", ")", ","]),
        ("me@home.example.org.", ["me@home.example.org", "."]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("cannot", ["can", "not"]),
        ("dogs'", ["dogs", "'"]),
        ("dog’s", ["dog", "’s"]),
        ("and/or", ["and/or"]),
        ("end.the", ["end.the"]),  # looks like an address
        ("one,two", ["one", ",", "two"]),
        ("1,000", ["1,000"]),
        ("a=b", ["a", "=", "b"]),
        ("so…what", ["so", "…", "what"]),
        ("唉……", ["唉", "……"]),
    ],
)
def test_words_of_a_chunk(chunk: str, words: list[str]) -> None:
    assert word_splitter().split(chunk) == words


def test_a_very_long_chunk_takes_linear_time() -> None:
    assert word_splitter().split("ab?!" * 100_000) == ["ab", "?", "!"] * 100_000


PARTS = [
    *"aAbB1.,!?'’-/#\\(): \t\n…&;😀ßİ\x85", "no ", "&amp;", "<br />", " @-@ ", "xxmaj ", "Really", "YES ", "...",
]
TEXT = st.lists(st.sampled_from(PARTS), max_size=40).map("".join)


def plain_tokens(text: str) -> list[str]:
    """The definition, slowly: rules on the whole text, then spaCy's reading of white space: the one space after a
    word belongs to the word, all other white space is a token."""
    tokens: list[str] = []
    for run in re.findall(r"\s+|\S+", apply_rules(text)):
        if not run.isspace():
            tokens += word_splitter().split(run)
        elif run.removeprefix(" "):
            tokens.append(run.removeprefix(" "))
    return tokens


@given(TEXT)
def test_the_fast_way_agrees_with_the_plain_one(text: str) -> None:
    assert WORDS.tokens(text) == plain_tokens(text)


@given(TEXT)
def test_no_character_is_lost(text: str) -> None:
    tokens = WORDS.tokens(text)
    assert tokens[0] == "xxbos"
    assert re.sub(r"\s", "", "".join(tokens)) == re.sub(r"\s", "", apply_rules(text))


def test_remembered_pieces_give_the_same_ids() -> None:
    tokenizer = WordTokenizer(Vocabulary((*SPECIALS, "no", "way", ",")))
    first = tokenizer.encode("No way, no WAY, way out")
    assert first == tokenizer.encode("No way, no WAY, way out")
    # xxbos xxmaj no way , no xxup way , way <unknown>
    assert first == [2, 8, 9, 10, 11, 9, 7, 10, 11, 10, 0]
