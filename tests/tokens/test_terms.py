"""Terms that word counts count, and their description in words, which whoever cuts them in another language follows."""

from __future__ import annotations

import json
import re

import pytest

from ulmengine.tokens import terms_from_json
from ulmengine.tokens.terms import CHARACTERS, PARTS, WORDS, terms_to_json


@pytest.mark.parametrize(("units", "text", "terms"), [
    (WORDS, "It's GOOD, good", ["it", "s", "good", "good", "it s", "s good", "good good"]),
    (WORDS, "हिन्दी", ["हिन्दी"]),  # vowel signs belong to the word
    (CHARACTERS, "Ab  \nC", ["a", "b", " ", "c", "ab", "b ", " c", "ab ", "b c"]),
    (PARTS, "I  no", [" i", "i ", " i ", " n", "no", "o ", " no", "no ", " no "]),
    (WORDS, "?", []), (PARTS, " ", []), (CHARACTERS, "", []),
])
def test_terms(units, text, terms):
    told = json.loads(json.dumps(terms_to_json(units)))
    assert sorted(terms_from_json(told)(text)) == sorted(terms)


def test_the_description_of_words_is_enough_to_cut_them():
    told = terms_to_json(WORDS)
    words = re.findall(told["token_pattern"], "Ein Öl-Bild, 2 m".lower())
    assert words == ["ein", "öl", "bild", "2", "m"]
    assert "token_pattern" in told["how"]


def test_terms_of_a_later_version_are_refused():
    with pytest.raises(ValueError, match="unknown kind"):
        terms_from_json({"analyzer": "syllables"})
