"""What a classifier loses when its weights are kept in eight bits: measured before it is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from ulmengine.events import Event, Progress
from ulmengine.inference import Predictor
from ulmengine.inference.calibrate import alike, chosen
from ulmengine.models import Bundle, ModelError, int8
from ulmengine.plan import sample_texts

from .measured import as_known, documents_of

MOST = 5_000
"""So many documents are asked about; more say nothing new."""
_SAMPLE = 200


@dataclass(frozen=True)
class Cost:
    """How a model with int8 weights answers beside the original.

    ``part``: of which documents of its run, empty for other texts; ``before`` and ``after``: share answered right
    (of several labels a document all of them), None where nobody knows what is right; ``changed``: texts answered
    otherwise; ``furthest``: largest difference of a probability; ``sizes``: bytes of both files, about; ``alone``: the
    network was asked without the word counts that answer with it.
    """

    part: str
    documents: int
    before: float | None
    after: float | None
    changed: int
    furthest: float
    sizes: tuple[int, int]
    alone: bool = False


def check_can_be_smaller(bundle: Bundle) -> None:
    """See that ``bundle`` can be kept in eight bits.

    :raises ModelError: a language model, or one that is in int8 already.
    """
    if bundle.description.kind != "classifier":
        raise ModelError(f"{bundle.path}: this is a language model; only a classifier can be kept in eight bits, "
                         "because the answers that it gives then are compared")
    if bundle.description.dtype == "int8":
        raise ModelError(f"{bundle.path}: its weights are in eight bits already")


def rounded(bundle: Bundle) -> Bundle:
    """The classifier as it will be when it has been saved as int8 and opened again.

    :raises ModelError: as :func:`check_can_be_smaller`.
    """
    check_can_be_smaller(bundle)
    return dataclasses.replace(bundle, state=int8.dequantised(int8.quantised(bundle.state), bundle.path))


def measured(
    bundle: Bundle, texts: Sequence[str], targets: NDArray[np.generic] | None, part: str = "", *, alone: bool = False
) -> Generator[Event, None, Cost]:
    """Ask ``bundle`` and its :func:`rounded` twin about ``texts``, as a person would (with the word counts, if any).

    :param targets: (texts,) class numbers or (texts, classes) of 0 and 1; None where nobody knows them.
    :param alone: the network alone, without the counts.
    """
    found = []
    for name, one in (("the model", bundle), ("the smaller model", rounded(bundle))):
        yield Progress(f"Asking {name}", 0, 0)
        said = Predictor(one, "cpu", "float32").answers(texts)
        found.append(said["blend" if "blend" in said and not alone else "network"])
    answers = [chosen(shares, bundle.multi_label) for shares in found]
    before, after = None, None
    if targets is not None:
        before, after = (float(alike(one, targets).mean()) for one in answers)
    changed = int((~alike(answers[0], answers[1])).sum())
    return Cost(part, len(texts), before, after, changed, float(np.abs(found[0] - found[1]).max()), _sizes(bundle),
                alone)


def measured_on_its_run(bundle: Bundle) -> Generator[Event, None, Cost]:
    """:func:`measured` on documents of the run that the model lies in, which it has not learnt from: those of
    validation, or of test where its network or its word counts have learnt from the former too. Where only the counts
    have, and there are no test documents, the network is asked alone. Where there is none (any more), on texts of the
    built-in sample, of which nobody knows what is right.

    :raises ModelError: as :func:`check_can_be_smaller`.
    """
    check_can_be_smaller(bundle)
    yield Progress("Reading the documents", 0, 0)
    documents = yield from documents_of(bundle.path)
    # Counts that answer with a network are taken of the validation documents too, once these have fitted their weight.
    refit, counts = bundle.description.refit, bundle.counts is not None
    unseen = ("test",) if refit else ("test", "validation") if counts else ("validation", "test")
    part = next((name for name in unseen if documents is not None and documents.count(name)), "")
    if documents is None or not part or any(name not in bundle.labels for name in documents.labels):
        return (yield from measured(bundle, sample_texts(_SAMPLE), None))
    given = as_known(documents, part, bundle.labels)[:MOST]
    texts = list(islice(documents.texts(part), MOST))
    return (yield from measured(bundle, texts, given, part, alone=counts and part == "validation"))


def _sizes(bundle: Bundle) -> tuple[int, int]:
    """Bytes of the model's file and, nearly, of that with int8 weights."""
    now, each = bundle.path.stat().st_size, 2 if bundle.description.dtype == "float16" else 4
    stored = int8.quantised(bundle.state)
    saved = sum(value.numel() * (each - 1) - 4 * len(value) for value in stored.values() if value.dtype == torch.int8)
    return now, now - saved
