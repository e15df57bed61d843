"""The answer of the simplest sensible method on the same split: TF-IDF and logistic regression.

Shown beside every result, because a person needs to know whether the network earned its keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from .errors import InferenceError

Floats = NDArray[np.float64]

# Inverse strength of the L2 penalty. TF-IDF rows have length 1, so scikit-learn's default of 1 holds back too much.
STRENGTH = 10.0
MAX_FEATURES = 200_000
# Scripts written without spaces: Thai to Myanmar, Khmer, kana, Han.
_UNSPACED = ((0x0E00, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
# A word: letters, digits, and the vowel signs and accents that \\w leaves out (Devanagari to Sinhala, Arabic, Hebrew).
_WORD = r"(?:\w|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u200c\u200d])+"
_PROBE = 200
_PROBE_CHARACTERS = 1_000


class Baseline:
    """A TF-IDF + logistic-regression classifier. Deterministic: the same texts give the same numbers.

    Words and pairs of words are counted, or runs of one to three characters where words have no spaces between them.
    """

    def __init__(self, texts: Sequence[str], targets: NDArray[np.generic], classes: int) -> None:
        """Learn from ``texts``.

        :param targets: (texts,) class numbers below ``classes``, or (texts, classes) of 0 and 1 for several labels.
        :raises InferenceError: no texts, or shapes that do not fit.
        """
        values = np.asarray(targets)
        if not len(texts):
            raise InferenceError("the baseline has no training documents; give the corpus a training part")
        if len(values) != len(texts) or (values.ndim == 2 and values.shape[1] != classes):
            raise InferenceError(f"{values.shape} labels do not fit {len(texts)} texts and {classes} classes")
        self.classes = classes
        self.multi_label = values.ndim == 2
        self._vectorizer, features = _vectorize(texts)
        columns = list(values.T) if self.multi_label else [values]
        self._models = [_fit(features, column) for column in columns]

    def probabilities(self, texts: Iterable[str]) -> Floats:
        """(texts, classes) probabilities."""
        given = list(texts)
        if not given:
            return np.zeros((0, self.classes))
        features = None if self._vectorizer is None else self._vectorizer.transform(given)
        if self.multi_label:
            return np.stack([_spread(one, features, len(given), 2)[:, 1] for one in self._models], axis=1)
        return _spread(self._models[0], features, len(given), self.classes)


def baseline(
    train_texts: Iterable[str], train_targets: NDArray[np.generic], texts: Iterable[str], labels: Sequence[str]
) -> Floats:
    """(texts, labels) probabilities of a :class:`Baseline` trained on ``train_texts``.

    :raises InferenceError: no training documents, or shapes that do not fit.
    """
    return Baseline(list(train_texts), train_targets, len(labels)).probabilities(texts)


def written_without_spaces(texts: Iterable[str]) -> bool:
    """Whether most letters of the beginnings of the first ``texts`` belong to scripts without spaces between words."""
    letters = unspaced = 0
    for text, _ in zip(texts, range(_PROBE), strict=False):
        for char in text[:_PROBE_CHARACTERS]:
            if char.isalpha():
                letters += 1
                unspaced += any(low <= ord(char) <= high for low, high in _UNSPACED)
    return 2 * unspaced > letters


class _Constant:
    """What is left to say where all training documents agree: each class with its smoothed share."""

    def __init__(self, classes: NDArray[np.int64], count: int) -> None:
        self.classes_ = classes
        self.count = count


def _vectorize(texts: Sequence[str]) -> tuple[TfidfVectorizer | None, csr_matrix | None]:
    rarest = 2 if len(texts) >= 1_000 else 1
    if written_without_spaces(texts):
        vectorizer = TfidfVectorizer(
            analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=rarest, max_features=MAX_FEATURES,
            dtype=np.float32,
        )
    else:
        vectorizer = TfidfVectorizer(
            token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True, min_df=rarest,
            max_features=MAX_FEATURES, dtype=np.float32,
        )
    # Asked beforehand, because the vectorizer has no way to say "no words at all" but an error about its options.
    if not any(any(char.isalnum() for char in text) for text in texts):
        return None, None
    try:
        return vectorizer, vectorizer.fit_transform(texts)
    except ValueError:  # every word stands in one document only
        vectorizer.set_params(min_df=1)
        return vectorizer, vectorizer.fit_transform(texts)


def _fit(features: csr_matrix | None, targets: NDArray[np.generic]) -> LogisticRegression | _Constant:
    values = targets.astype(np.int64)
    classes = np.unique(values)
    if features is None or len(classes) == 1:
        return _Constant(values, len(values))
    model = LogisticRegression(C=STRENGTH, max_iter=5_000, tol=1e-5)
    model.fit(features, values)
    return model


def _spread(model: LogisticRegression | _Constant, features: csr_matrix | None, count: int, classes: int) -> Floats:
    """(count, classes): the model's probabilities, 0 for classes it has never seen."""
    if isinstance(model, _Constant) or features is None:
        seen = np.bincount(model.classes_, minlength=classes) + 1.0
        return np.tile(seen / seen.sum(), (count, 1))
    result = np.zeros((count, classes))
    result[:, model.classes_] = model.predict_proba(features)
    return result
