"""The answer of the simplest sensible method on the same split: TF-IDF and logistic regression.

Shown beside every result, because a person needs to know whether the network earned its keep. With parts of words
counted as well it is what answers together with a network (:mod:`ulmengine.inference.blend`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ulmengine.tokens.terms import CHARACTERS, PARTS, WORDS

from .align import UNSPACED
from .calibrate import Floats, probabilities
from .errors import InferenceError

if TYPE_CHECKING:  # scikit-learn takes seconds to import: only who counts words waits for it
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

# Inverse strength of the L2 penalty. TF-IDF rows have length 1, so scikit-learn's default of 1 holds back too much.
STRENGTH = 10.0
MAX_FEATURES = 200_000
_PROBE = 200
_PROBE_CHARACTERS = 1_000
_SHARPEST = 1e6
"""Far above what is fitted (:func:`.blend.sharpness_of`); scores multiplied by far more are no numbers any more."""
_MOST_READ = 5_000_000  # characters: beyond, parts of words take minutes to count, and words alone are many enough


class Baseline:
    """A TF-IDF + logistic-regression classifier. Deterministic: the same texts give the same numbers.

    Words and pairs of words are counted, or runs of one to three characters where words have no spaces between them.

    :ivar sharpness: by which the scores are multiplied: 1 as they were learnt; see :func:`.blend.sharpness_of`.
    """

    sharpness = 1.0

    def __init__(
        self, texts: Sequence[str], targets: NDArray[np.generic], classes: int, *, most_terms: int = MAX_FEATURES,
        parts: bool = False,
    ) -> None:
        """Learn from ``texts``.

        :param targets: (texts,) class numbers below ``classes``, or (texts, classes) of 0 and 1 for several labels.
        :param most_terms: of the words and pairs (or runs of characters) so many are counted, the commonest.
        :param parts: count runs of two to four characters of a word too, at most as many, where words have spaces
            between them: forms of one word, compounds and typing errors have them in common.
        :raises InferenceError: no texts, or shapes that do not fit.
        """
        values = np.asarray(targets)
        if not len(texts):
            raise InferenceError("the baseline has no training documents; give the corpus a training part")
        if len(values) != len(texts) or (values.ndim == 2 and values.shape[1] != classes):
            raise InferenceError(f"{values.shape} labels do not fit {len(texts)} texts and {classes} classes")
        self.classes = classes
        self.multi_label = values.ndim == 2
        self._vectorizers, features = _count(texts, most_terms, parts)
        terms = 0 if features is None else features.shape[1]
        self._weight, self._bias = np.zeros((classes, terms)), np.zeros(classes)
        if not self.multi_label:
            self._weight, self._bias = _fit(features, values, classes)
            return
        for label, column in enumerate(values.T):
            weight, bias = _fit(features, column, 2)
            # of two classes the difference of the scores is the log-odds of the second
            self._weight[label], self._bias[label] = weight[1] - weight[0], bias[1] - bias[0]

    def probabilities(self, texts: Iterable[str]) -> Floats:
        """(texts, classes) probabilities."""
        given = list(texts)
        if not given:
            return np.zeros((0, self.classes))
        scores = np.tile(self._bias, (len(given), 1))
        begin = 0
        for vectorizer in self._vectorizers:
            end = begin + len(vectorizer.vocabulary_)
            scores += vectorizer.transform(given).astype(np.float64) @ self._weight[:, begin:end].T
            begin = end
        return probabilities(scores * self.sharpness, multi_label=self.multi_label)

    def contributions(self, text: str, spans: Sequence[tuple[int, int]]) -> Floats:
        """(spans, classes) how much the characters from start to end of each of the ``spans`` of ``text`` add to the
        scores. What reaches over two neighbours is shared between them; what reaches over more is nobody's."""
        from sklearn.feature_extraction.text import CountVectorizer

        found = np.zeros((len(spans), self.classes))
        pieces = [text[start:end] for start, end in spans]
        pairs = [text[left[0] : right[1]] for left, right in pairwise(spans)]
        begin = 0
        for vectorizer in self._vectorizers if spans else ():
            end = begin + len(vectorizer.vocabulary_)
            whole, how_often = vectorizer.transform([text]), CountVectorizer.transform(vectorizer, [text])
            worth = np.zeros(end - begin)  # of one occurrence of a term
            worth[how_often.indices] = np.asarray(whole[0, how_often.indices].todense()).ravel() / how_often.data
            scores = (self._weight[:, begin:end] * worth).T
            alone = CountVectorizer.transform(vectorizer, pieces) @ scores
            found += alone
            if pairs:
                between = (CountVectorizer.transform(vectorizer, pairs) @ scores - alone[:-1] - alone[1:]) / 2
                found[:-1] += between
                found[1:] += between
            begin = end
        return found * self.sharpness

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """All that is needed to answer again: arrays (the weights in half precision), and plain values of JSON."""
        bias = np.maximum(self._bias, np.finfo(np.float32).min)
        arrays: dict[str, NDArray[Any]] = {"weight": self._weight.astype(np.float16), "bias": bias.astype(np.float32)}
        about: dict[str, Any] = {"multi_label": self.multi_label, "terms": None, "sharpness": self.sharpness}
        for name, vectorizer in zip(("terms", "parts"), self._vectorizers, strict=False):
            about[name] = vectorizer.get_feature_names_out().tolist()
        if self._vectorizers:
            about["units"] = self._vectorizers[0].analyzer
            arrays["idf"] = np.concatenate([one.idf_ for one in self._vectorizers]).astype(np.float32)
        return arrays, about

    @classmethod
    def unpack(cls, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> Baseline:
        """What :meth:`pack` gave, answering the same up to half precision.

        :raises InferenceError: arrays and values that do not fit together.
        """
        made = cls.__new__(cls)
        try:
            made._weight = np.asarray(arrays["weight"], dtype=np.float64)
            made._bias = np.asarray(arrays["bias"], dtype=np.float64)
            made.classes, made.multi_label = len(made._bias), about["multi_label"]
            made.sharpness = about.get("sharpness", 1.0)
            if not isinstance(made.multi_label, bool):
                raise ValueError(f"multi_label is {made.multi_label!r}")
            if not isinstance(made.sharpness, (int, float)) or not 0 < made.sharpness <= _SHARPEST:
                raise ValueError(f"a sharpness of {made.sharpness!r}")
            idf, made._vectorizers = np.asarray(arrays.get("idf", ()), dtype=np.float64), []
            begin = 0
            for name, units in units_of(about).items():
                terms = about[name]
                if not isinstance(terms, list) or len({term for term in terms if isinstance(term, str)}) < len(terms):
                    raise ValueError(f"{name} are not texts that differ")
                made._vectorizers.append(_known(units, terms, idf[begin : begin + len(terms)]))
                begin += len(terms)
            if made._weight.shape != (made.classes, begin) or not np.isfinite(made._weight).all():
                raise ValueError(f"weights of {made._weight.shape}")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else error
            raise InferenceError(f"the model's word counts cannot be used ({why}); save or download the model again"
                                 ) from error
        return made


def units_of(about: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """How what is counted is cut, by its name in the values that :meth:`Baseline.pack` gave: none, "terms", or these
    and "parts"; the columns of the weights in this order."""
    units = {"terms": CHARACTERS if about.get("units") == "char" else WORDS, "parts": PARTS}
    known = {"terms": about["terms"], "parts": about.get("parts")}
    return {name: units[name] for name, terms in known.items() if terms is not None}


def written_without_spaces(texts: Iterable[str]) -> bool:
    """Whether most letters of the beginnings of the first ``texts`` belong to scripts without spaces between words."""
    letters = "".join(filter(str.isalpha, chain.from_iterable(
        text[:_PROBE_CHARACTERS] for text in islice(texts, _PROBE))))
    return 2 * len(re.findall(f"[{UNSPACED}]", letters)) > len(letters)


def vectorize(texts: Sequence[str], most: int = MAX_FEATURES) -> tuple[TfidfVectorizer | None, csr_matrix | None]:
    """A TF-IDF of at most so many words and pairs of words (characters in scripts without spaces), and ``texts`` in it,
    rows of length 1; None where there is no word at all."""
    # Asked beforehand, because the vectorizer has no way to say "no words at all" but an error about its options.
    if not any(any(char.isalnum() for char in text) for text in texts):
        return None, None
    return _counted(CHARACTERS if written_without_spaces(texts) else WORDS, texts, most)


def _count(texts: Sequence[str], most: int, parts: bool) -> tuple[list[TfidfVectorizer], csr_matrix | None]:
    """What is counted, and all of it in ``texts``: words, and ``parts`` of them where that is asked and sensible."""
    words, features = vectorize(texts, most)
    if words is None:
        return [], None
    if not parts or words.analyzer == "char" or sum(map(len, texts)) > _MOST_READ:
        return [words], features
    from scipy.sparse import hstack

    pieces, counted = _counted(PARTS, texts, most)
    return [words, pieces], hstack([features, counted], format="csr")


def _counted(units: dict[str, Any], texts: Sequence[str], most: int) -> tuple[TfidfVectorizer, csr_matrix]:
    vectorizer = _vectorizer(units, 2 if len(texts) >= 1_000 else 1, most)
    try:
        return vectorizer, vectorizer.fit_transform(texts)
    except ValueError:  # every word stands in one document only
        vectorizer.set_params(min_df=1)
        return vectorizer, vectorizer.fit_transform(texts)


def _vectorizer(units: dict[str, Any], rarest: int, most: int) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(**units, sublinear_tf=True, min_df=rarest, max_features=most, dtype=np.float32)


def _known(units: dict[str, Any], terms: Sequence[str], idf: NDArray[np.float64]) -> TfidfVectorizer:
    """One that counts just these ``terms``, weighed by ``idf``."""
    vectorizer = _vectorizer(units, 1, len(terms))
    vectorizer.set_params(vocabulary={term: place for place, term in enumerate(terms)})
    vectorizer.idf_ = idf
    return vectorizer


def _fit(features: csr_matrix | None, targets: NDArray[np.generic], classes: int) -> tuple[Floats, Floats]:
    """Weights (classes, terms) and biases (classes,) whose soft-max are the probabilities.

    A class that was never seen has none. Where all documents agree, or hold no words, each class keeps its share.
    """
    values = targets.astype(np.int64)
    seen = np.unique(values)
    if features is None or len(seen) == 1:
        share = np.bincount(values, minlength=classes) + 1.0
        return np.zeros((classes, 0 if features is None else features.shape[1])), np.log(share / share.sum())
    from sklearn.linear_model import LogisticRegression

    return scores_of(LogisticRegression(C=STRENGTH, max_iter=5_000, tol=1e-5).fit(features, values), classes)


def scores_of(fitted: LogisticRegression, classes: int) -> tuple[Floats, Floats]:
    """Weights (classes, features) and biases (classes,) of a regression; that of a class it never saw is -inf."""
    seen = fitted.classes_
    # Of two classes the library keeps the difference alone.
    signs = np.array([[-0.5], [0.5]]) if len(seen) == 2 else np.ones((len(seen), 1))
    weight, bias = np.zeros((classes, fitted.coef_.shape[1])), np.full(classes, -np.inf)
    weight[seen], bias[seen] = signs * fitted.coef_, signs[:, 0] * fitted.intercept_
    return weight, bias
