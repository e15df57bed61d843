"""ULMFiT as a classifier of scikit-learn: ``UlmfitClassifier().fit(texts, labels).predict(more_texts)``.

It works in ``cross_val_score``, ``GridSearchCV`` and as the last step of a ``Pipeline``, and is saved as one file of
this program, without pickle.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import type_of_target, unique_labels

from ulmengine.config import RunConfig, with_settings
from ulmengine.disk import passing_folder
from ulmengine.events import Failed
from ulmengine.inference import Predictor
from ulmengine.models import Bundle, load_bundle, save_again
from ulmengine.record import RunFolder
from ulmengine.runs import Run

_CARD, _BLANK = "scikit-learn classes", "scikit-learn labels without letters"
_KINDS: dict[str, Callable[[str], object]] = {"int": int, "float": float, "bool": lambda text: text == "True"}


class UlmfitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fine-tunes a language model on the texts, then a classifier on the labels, unfreezing layer group by layer group.

    :param preset: "small", "paper" or "tiny"; a shipped pretrained model goes with the first.
    :param pretrained: "auto", "none" or the path of a language model.
    :param settings: any setting of a run as ``"key=value"``, for example ``"classifier.epochs=[1, 1, 4]"``.
    :param unlabelled: more texts of the kind, for the language model alone.
    :param validation: share of the training documents held back to choose the best epoch and to calibrate; in the end
        they are learnt from too.
    :param random_state: start of all random numbers; the same one gives the same model on one thread.
    :param device: "auto", "cpu", "cuda".
    :param keep: a folder for the run, which must not hold one yet; None: the run is removed when the model stands.

    After ``fit``: ``classes_`` (of each label column the name, where a text may have several), ``bundle_``,
    ``multi_label_``.
    """

    def __init__(
        self, *, preset: str = "small", pretrained: str = "auto", settings: Sequence[str] = (),
        unlabelled: Sequence[str] | None = None, validation: float = 0.1, random_state: int = 42, device: str = "auto",
        keep: str | Path | None = None,
    ) -> None:
        self.preset, self.pretrained, self.settings, self.unlabelled = preset, pretrained, settings, unlabelled
        self.validation, self.random_state, self.device, self.keep = validation, random_state, device, keep

    def fit(self, X: Iterable[str], y: Any) -> Self:  # noqa: N803 - scikit-learn's name
        """Train on the texts ``X`` with the labels ``y`` (n,), or (n, labels) of 0 and 1 where a text has several.

        :raises ValueError: no texts, labels that do not fit them, or a single label.
        :raises RuntimeError: the training failed; the message says why and what to try.
        """
        texts, targets = _texts(X), _targets(y)
        self.multi_label_ = type_of_target(targets) == "multilabel-indicator"
        if len(texts) != len(targets):
            raise ValueError(f"{len(texts)} texts do not go with {len(targets)} labels")
        self.classes_ = np.arange(targets.shape[1]) if self.multi_label_ else unique_labels(targets)
        if len(self.classes_) < 2:
            raise ValueError("there is only one label in y; a classifier needs at least two")
        self._names = _names(self.classes_)
        with passing_folder("run") as place, torch.random.fork_rng():
            folder = Path(self.keep) if self.keep is not None else place / "run"
            run = RunFolder.create(folder, self._config(texts, targets, place))
            for event in Run(run, cache=place / "cache").events():
                if isinstance(event, Failed):
                    raise RuntimeError(" ".join(part for part in (event.title, event.advice) if part))
            self._take(self._called_as_given(load_bundle(run.model_path)))
        return self

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float64]:  # noqa: N803
        """(n, classes) calibrated probabilities in the order of ``classes_``; a row adds up to 1 for single labels."""
        texts, predictor = _texts(X), self._ready()
        found = predictor.probabilities(texts)
        out = np.zeros((len(texts), len(self.classes_)))
        out[:, [self._names.index(label) for label in predictor.labels]] = found
        return out

    def predict(self, X: Iterable[str]) -> NDArray[Any]:  # noqa: N803
        """(n,) the likeliest label of each text; (n, labels) of 0 and 1 where a text may have several."""
        found = self.predict_proba(X)
        chosen: NDArray[Any] = (found >= 0.5).astype(int) if self.multi_label_ else self.classes_[found.argmax(1)]
        return chosen

    def save(self, path: str | Path) -> None:
        """Write the model as one ``.ulmfit`` file, which the Studio and the command line open too."""
        self._ready()
        kind = type(self.classes_.tolist()[0]).__name__
        blank = {name: label for name, label in zip(self._names, self.classes_.tolist(), strict=True)
                 if not str(label).strip()}
        save_again(self.bundle_, path, more={_CARD: kind, **({_BLANK: blank} if blank else {})})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A fitted classifier out of any text classifier of this program; its own labels are as they were.

        :raises ModelError: it cannot be read, or is a language model.
        """
        bundle = load_bundle(path)
        made = cls()
        kind = _KINDS.get(str(bundle.description.card.get(_CARD, "str")), str)
        made.multi_label_, made._names = bundle.multi_label, list(bundle.labels)
        blank = bundle.description.card.get(_BLANK, {})
        made.classes_ = np.array([kind(blank.get(label, label)) for label in bundle.labels])
        order = np.argsort(made.classes_, kind="stable")
        made.classes_, made._names = made.classes_[order], [made._names[place] for place in order]
        made._take(bundle)
        return made

    def _config(self, texts: Sequence[str], targets: NDArray[Any], folder: Path) -> RunConfig:
        column = "text" if "text" not in self._names else "the texts"
        frame = pl.DataFrame({column: texts})
        if self.multi_label_:
            labels = {name: targets[:, place].astype(int) for place, name in enumerate(self._names)}
        else:
            places = np.searchsorted(self.classes_, targets)
            labels = {f"{column} label": np.array(self._names, dtype=object)[places].tolist()}
        frame.with_columns(**{name: pl.Series(values) for name, values in labels.items()}).write_parquet(
            folder / "corpus.parquet"
        )
        config = with_settings(RunConfig(name="scikit-learn", seed=self.random_state), [
            f"model.preset={self.preset}", f"compute.device={self.device}", "corpus.split.method=stratified",
            f"corpus.split.validation={self.validation}", "corpus.split.test=0",
            f"corpus.split.unmeasured={str(not self.validation).lower()}", *self.settings,
        ])
        paths = {"path": str(folder / "corpus.parquet")}
        if self.unlabelled is not None and (more := _texts(self.unlabelled)):
            pl.DataFrame({column: more}).write_parquet(folder / "unlabelled.parquet")
            paths["unlabelled_path"] = str(folder / "unlabelled.parquet")
        corpus = config.corpus.model_copy(update={
            **paths, "text_columns": (column,), "label_columns": tuple(labels), "label_delimiter": "none",
        })
        return config.model_copy(update={
            "corpus": corpus, "model": config.model.model_copy(update={"pretrained": str(self.pretrained)}),
        })

    def _called_as_given(self, bundle: Bundle) -> Bundle:
        """``bundle`` with the labels as ``y`` had them; a corpus cannot hold all of them, and was given others."""
        names = [str(label) if str(label).strip() else name
                 for name, label in zip(self._names, self.classes_.tolist(), strict=True)]
        called = dict(zip(self._names, names, strict=True))
        self._names = names
        about = bundle.description.model_copy(update={"labels": tuple(called[label] for label in bundle.labels)})
        return dataclasses.replace(bundle, description=about)

    def _take(self, bundle: Bundle) -> None:
        self.bundle_ = bundle
        self._predictor: Predictor | None = Predictor(bundle, self.device)

    def _ready(self) -> Predictor:
        if not hasattr(self, "bundle_"):
            raise NotFittedError("this UlmfitClassifier has not learnt anything yet; call fit first, or load a model")
        if self._predictor is None:
            self._predictor = Predictor(self.bundle_, self.device)
        return self._predictor

    def __getstate__(self) -> dict[str, Any]:
        """For copies in other processes: without what is made anew there."""
        state = dict(super().__getstate__())
        if "bundle_" in state:
            state |= {"bundle_": dataclasses.replace(self.bundle_), "_predictor": None}
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.classifier_tags.multi_label = True
        return tags


def _texts(values: Iterable[str]) -> list[str]:
    """The texts as a list. :raises ValueError: something among them is no text, or there are none."""
    texts = [values] if isinstance(values, str) else list(np.asarray(values, dtype=object).tolist()
                                                           if isinstance(values, np.ndarray) else values)
    wrong = next((place for place, text in enumerate(texts) if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"X holds {texts[wrong]!r} at place {wrong}; every document must be a text")
    return [str(text) for text in texts]


def _targets(y: Any) -> NDArray[Any]:
    """``y`` as an array. :raises ValueError: it lists the labels of each text."""
    try:
        targets = np.asarray(y)
    except ValueError:  # lists of several lengths
        targets = None
    if targets is None or (targets.ndim == 1 and any(isinstance(one, (list, tuple, set)) for one in targets)) or (
        targets.ndim > 1 and targets.shape[1] > 1 and type_of_target(targets) != "multilabel-indicator"
    ):
        raise ValueError("y lists several labels for a text; give a matrix (n, labels) of 0 and 1 in its place, as "
                         "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y) makes it")
    return targets


def _names(classes: NDArray[Any]) -> list[str]:
    """A name for each class that a file can hold: its own, or a number where two would be written alike."""
    names = [str(label) for label in classes.tolist()]
    if len({name.strip() for name in names}) < len(names) or any(name != name.strip() or not name for name in names):
        return [f"class {number}" for number in range(len(names))]
    return names
