"""The end of a run: calibrate, measure beside the baseline, save the model."""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping
from itertools import islice

import numpy as np
from torch import Tensor, nn

from ulmengine import inference
from ulmengine.events import Evaluated, Event, ModelSaved, Note, Progress
from ulmengine.inference.calibrate import Floats
from ulmengine.inference.predictions import MEASURED_PARTS
from ulmengine.models import Columns, as_stored, save_bundle
from ulmengine.nets import LanguageModel, TextClassifier
from ulmengine.record.folder import RunFolder
from ulmengine.record.listing import unusual
from ulmengine.record.phrases import corrected_words, value_words

from .batches import document_batches, read_documents
from .checks import class_counts
from .measured import evaluated, keep_measured, labels_without_training, majority_label, measure_parts
from .own_texts import language_of
from .prepare import Prepared

_ASKED = 100
"""So many texts are asked for their language."""
Classifiers = Mapping[str, TextClassifier]


def finalize_classifier(
    folder: RunFolder, prepared: Prepared, classifiers: Classifiers, early: str = "", *,
    before_refit: Mapping[str, Mapping[str, Tensor]] | None = None,
) -> Generator[Event, None, Evaluated | None]:
    """Calibrate on the validation part, measure on the test part (or, without one, on validation), save the bundle.

    :param classifiers: the trained network of each direction. :param early: how the run has ended before its time.
    :param before_refit: the weights that each direction had before it learnt from the validation documents, if it has:
        they answer these.
    :returns: the result; None where nothing was held back to measure on.
    """
    documents, config = prepared.documents, prepared.config
    for model in classifiers.values():
        as_stored(model)  # what is measured is what the file will hold
    scores = {}
    for part in MEASURED_PARTS:
        asked = classifiers if part != "validation" or not before_refit else _earlier(classifiers, before_refit)
        found = yield from _scores(prepared, asked, part)
        if found is not None:
            scores[part] = found
    temperature = 1.0 if "validation" not in scores else inference.fit_temperature(
        scores["validation"], documents.targets("validation"), multi_label=documents.multi_label
    )
    blend, counts = yield from _blend(prepared, scores, temperature)
    kept, result = (yield from measure_parts(
        documents, scores, temperature, blend=blend, counts=counts, refit=bool(before_refit))), None
    if kept is None:
        yield Note("No documents were held back, so the result cannot be measured.", "warning")
    else:
        yield Progress("Working out the intervals", 0, 0)
        result = evaluated(keep_measured(
            folder, kept, majority_label(documents), config.seed, refit=bool(before_refit),
            unseen=labels_without_training(documents)))
        yield result
    folder.refuse_if_gone()
    save_bundle(
        folder.model_path, kind="classifier", state=_state(classifiers), tokenizer=prepared.tokenizer.to_json(),
        sizes=prepared.sizes, model=config.model, labels=documents.labels, multi_label=documents.multi_label,
        temperature=temperature, max_tokens=config.tokens.max_tokens, bptt=config.classifier.bptt,
        card={**_card(prepared, result, bool(before_refit)), **({"training": early} if early else {})},
        dtype="float16", counts=None if blend is None else blend.pack(),
        columns=Columns.of(documents.understood), refit=bool(before_refit),
    )
    yield ModelSaved(str(folder.model_path))
    return result


def _blend(
    prepared: Prepared, scores: Mapping[str, np.ndarray], temperature: float
) -> Generator[Event, None, tuple[inference.Blend | None, Floats | None]]:
    """Network and counts together, whose counts are taken of all labelled documents but the test ones; None where the
    network had best answer alone, or there is no validation part to ask. And what the counts of the training documents
    alone say of the validation documents, by which the weight of each was found."""
    if "validation" not in scores:
        return None, None
    documents = prepared.documents
    middle = inference.FROM_SCRATCH if prepared.pretrained is None else inference.TRANSFERRED
    yield Progress("Fitting the word counts", 0, 0)
    texts, targets, classes = list(documents.texts("train")), documents.targets("train"), len(documents.labels)
    held, truth = list(documents.texts("validation")), documents.targets("validation")
    counting, multi = inference.counts_beside(texts, targets, classes), documents.multi_label
    counting.sharpness = inference.sharpness_of(counting.probabilities(held), truth, multi_label=multi)
    counts = counting.probabilities(held)
    network = inference.probabilities(scores["validation"], temperature, multi_label=multi)
    weight = inference.fit_weight(network, counts, truth, multi_label=multi, middle=middle)
    if weight is None:
        return None, None
    yield Progress("Fitting the word counts", 0, 0)
    arrays, about = inference.counts_beside(
        texts + held, np.concatenate([targets, truth]), classes, counting.sharpness).pack()
    if sum(map(len, (about["terms"] or []) + about.get("parts", []))) > inference.MOST_CHARACTERS:
        yield Note("The words of these texts are too long for a model's file to hold them, so the network answers "
                   "alone.")
        return None, None
    return inference.Blend.unpack(weight, arrays, about), counts


def finalize_language_model(
    folder: RunFolder, prepared: Prepared, models: Mapping[str, LanguageModel],
    perplexities: Mapping[str, float],
) -> Generator[Event, None, None]:
    """Save a language model that no classifier follows. ``perplexities``: of the network of each direction."""
    documents, config = prepared.documents, prepared.config
    card = {
        "title": config.name, "summary": f"A language model of the texts of {documents.understood.path.name}.",
        "texts": documents.count("train") + documents.count("unlabelled"),
        "tokens": prepared.language_model_tokens,
    }
    if perplexities:
        each = [f"{perplexities[one]:.2f} {one}" if len(models) > 1 else f"{perplexities[one]:.2f}"
                for one in models if one in perplexities]
        card["validation perplexity"] = (f"{', '.join(each)} on {prepared.stores['validation'].tokens:,} "
                                         f"tokens of {documents.count('validation'):,} texts held back")
    folder.refuse_if_gone()
    save_bundle(
        folder.model_path, kind="language_model", state=_state(models), tokenizer=prepared.tokenizer.to_json(),
        sizes=prepared.sizes, model=config.model, bptt=config.language_model.bptt,
        softmax=config.language_model.softmax, card=card, dtype="float16",
    )
    yield ModelSaved(str(folder.model_path))


def _state(models: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    return {f"{direction}.{name}": value for direction, model in models.items()
            for name, value in model.state_dict().items()}


def _earlier(classifiers: Classifiers, weights: Mapping[str, Mapping[str, Tensor]]) -> Classifiers:
    """The networks as they were with ``weights``; those of a direction without any as they are."""
    found = dict(classifiers)
    for direction, values in weights.items():
        if direction in found:
            found[direction] = copy.deepcopy(found[direction])
            found[direction].load_state_dict(values)
            as_stored(found[direction])
    return found


def _scores(prepared: Prepared, classifiers: Classifiers, part: str) -> Generator[Event, None, np.ndarray | None]:
    """Scores (documents, classes) of ``part`` in the documents' own order, both directions averaged."""
    every: list[np.ndarray] = []
    count = prepared.documents.count(part)
    if not count:
        return None
    for direction, model in classifiers.items():
        batches = document_batches(prepared, direction, part)
        assert batches is not None
        scores = np.zeros((count, model.classes))
        yield from read_documents(model, model, batches, np.arange(count), scores, f"Measuring on {part}")
        every.append(scores)
    return inference.average(every, multi_label=prepared.documents.multi_label)


def _card(prepared: Prepared, result: Evaluated | None, refit: bool) -> dict[str, object]:
    documents = prepared.documents
    held = f" In the end it learnt from the {documents.count('validation'):,} validation documents too."
    card: dict[str, object] = {
        "title": prepared.config.name,
        "summary": f"Trained on {documents.count('train'):,} labelled and {documents.count('unlabelled'):,} "
                   f"unlabelled documents of {documents.understood.path.name}.{held if refit else ''}",
        "labels and documents": dict(zip(documents.labels, class_counts(documents, "train").tolist(), strict=True)),
    }
    if result is not None:
        accuracy, (low, high) = result.saved
        corrected = corrected_words(result.relabelled, result.part).format(n=f"{result.relabelled:,}")
        card["accuracy"] = (f"{accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result.documents:,} "
                            f"{result.part} documents{f' ({corrected})' if corrected else ''}"
                            f"{', before it learnt from them' if result.before_refit else ''}")
        if result.has_blend:
            card["accuracy of the network alone, without the word counts"] = f"{result.accuracy:.1%}"
        card["TF-IDF + logistic regression on the same documents"] = f"{result.baseline_accuracy:.1%}"
    return card | _origin(prepared)


def _origin(prepared: Prepared) -> dict[str, object]:
    """Where a classifier comes from: its language as far as that can be told, what it began with, how it has learnt."""
    texts, early = islice(prepared.documents.texts("train"), _ASKED), prepared.pretrained
    before = {} if early is None else early.description.card
    licence = f"; that of the language model it started from: {before['licence']}" if before.get("licence") else ""
    # A path on this machine says nothing elsewhere.
    settings = {name: value_words(value) for name, value in unusual(prepared.config).items()
                if name != "model.pretrained"}
    return {
        "language": str(before.get("language") or language_of(text[:1_000] for text in texts) or "not stated"),
        "started from": "nothing: learnt from scratch" if early is None else
                        early.description.title or "a language model without a name",
        **({"settings that are not as usual": settings} if settings else {}),
        "licence": f"not stated; mind that of the texts{licence}",
    }
