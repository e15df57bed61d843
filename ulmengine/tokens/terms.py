"""What word counts count of a text: words and pairs of them, runs of characters, or parts of words.

Cut by scikit-learn's analysers, which the counts themselves (:mod:`ulmengine.inference.baseline`) are made with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# A word: letters, digits, and the vowel signs and accents that \\w leaves out (Devanagari to Sinhala, Arabic, Hebrew).
_WORD = r"(?:\w|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u200c\u200d])+"
WORDS: dict[str, Any] = {"analyzer": "word", "token_pattern": _WORD, "ngram_range": (1, 2)}
CHARACTERS: dict[str, Any] = {"analyzer": "char", "ngram_range": (1, 3)}
PARTS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 4)}
# For whoever cuts them in another language.
_HOW = {
    "word": r"Put the text in lower case. Its words are the matches of the regular expression 'token_pattern', from "
            r"left to right, \w being any letter or digit of Unicode and the underscore. Terms are all words, and any "
            "two words that follow each other, joined by one space.",
    "char": "Put the text in lower case and one space for each two or more characters of white space together. Terms "
            "are all runs of one, two and three characters (code points), those with spaces in them too.",
    "char_wb": "Put the text in lower case, split it at white space, and put a space before and behind each piece. "
               "Terms are all runs of two, three and four characters (code points) of each of these.",
}
_MANY = ("Each term is given as often as it occurs, whether it is known or not; beside a text with more terms one with "
         "fewer is filled up with empty strings.")


def terms_to_json(units: Mapping[str, Any]) -> dict[str, Any]:
    """One of the above with ``how`` in words: what :func:`terms_from_json` and people read."""
    return {**units, "how": f"{_HOW[units['analyzer']]} {_MANY}"}


def terms_from_json(values: Mapping[str, Any]) -> Callable[[str], list[str]]:
    """A function that gives all terms of a text, each as often as it occurs.

    :raises ValueError: no terms that this version of the program knows.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    for units in (WORDS, CHARACTERS, PARTS):
        if units["analyzer"] == values.get("analyzer"):
            cut: Callable[[str], list[str]] = CountVectorizer(**units).build_analyzer()
            return cut
    raise ValueError(f"terms of an unknown kind ({values.get('analyzer')})")
