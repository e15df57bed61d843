"""Tokens back to the words on the page."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inference.made import tokenizer
from ulmengine.inference.align import word_spans


def words(text, tokens):
    return [(text[span.start:span.end], [tokens[position] for position in span.tokens])
            for span in word_spans(text, tokens)]


@pytest.mark.parametrize(("text", "tokens", "expected"), [
    ("Hello world", "xxbos xxmaj hello world", [("Hello", ["xxmaj", "hello"]), ("world", ["world"])]),
    ("It isn't OK", "xxbos xxmaj it is n't xxup ok",
     [("It", ["xxmaj", "it"]), ("isn't", ["is", "n't"]), ("OK", ["xxup", "ok"])]),
    ("so good!!!!", "xxbos so good xxrep 4 !", [("so", ["so"]), ("good", ["good"]), ("!!!!", ["xxrep", "4", "!"])]),
    ("no no no way", "xxbos xxwrep 3 no way", [("no no no", ["xxwrep", "3", "no"]), ("way", ["way"])]),
    ("and ... then", "xxbos and … then", [("and", ["and"]), ("...", ["…"]), ("then", ["then"])]),
    ("all all right", "xxbos all all right", [("all", ["all"]), ("all", ["all"]), ("right", ["right"])]),
    ("unhappily so", "xxbos ▁un happi ly ▁so", [("unhappily", ["▁un", "happi", "ly"]), ("so", ["▁so"])]),
    ("a zyx b", "xxbos ▁a xxunk ▁b", [("a", ["▁a"]), ("zyx", ["xxunk"]), ("b", ["▁b"])]),
    ("a zyx", "xxbos ▁a xxunk", [("a", ["▁a"]), ("zyx", ["xxunk"])]),
    ("服务很好", "xxbos ▁服务 很好", [("服务", ["▁服务"]), ("很好", ["很好"])]),
    ("costs 3.5km", "xxbos costs 3.5 km", [("costs", ["costs"]), ("3.5km", ["3.5", "km"])]),
    ("", "xxbos", []),
])
def test_words_and_their_tokens(text, tokens, expected):
    assert words(text, tokens.split(" ")) == expected


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_spans_are_in_order_apart_and_name_no_token_twice(text):
    tokens = tokenizer().tokens(text)
    spans = word_spans(text, tokens)
    named = [position for span in spans for position in span.tokens]
    assert len(named) == len(set(named))
    assert 0 not in named
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
