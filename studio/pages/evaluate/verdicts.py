"""The page's figures and verdicts as a person says them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from studio.pages.parts.quantities import counted
from studio.words import part_words, words
from ulmengine.inference.predictions import Who
from ulmengine.runs.measured import Measured, against_baseline, against_words, learnt_words

from .answers import Answers

_tr = QCoreApplication.translate


def who_words(who: Who) -> str:
    """Whose answers these are, in few letters."""
    return {"network": _tr("Evaluate", "Network"), "blend": _tr("Evaluate", "Network + counts"),
            "counts": _tr("Evaluate", "Word counts"), "baseline": _tr("Evaluate", "Baseline")}[who]


def who_help(who: Who) -> str:
    """Whose answers these are, in whole words."""
    return {"network": _tr("Evaluate", "The network alone"),
            "blend": _tr("Evaluate", "Network and word counts together, as the saved model answers"),
            "counts": _tr("Evaluate", "The counts of words and their parts that answer with the network, alone"),
            "baseline": _tr("Evaluate", "The simple word-count baseline that every run is measured beside")}[who]


def headline(measured: Measured, answers: Answers, part: str, table: str = "") -> str:
    """How good the answers are, and by how much they are better or worse than the simple baseline's; ``table``: on
    which table they were given, by which model, where it is not the run's own part."""
    right, kept = answers.right, answers.kept
    of = _tr("Evaluate", "documents of {table}").format(table=table) if table else part_words(part)
    said = _tr("Evaluate", "All labels right in {share} of the {count} {part}") if kept.multi_label else \
        _tr("Evaluate", "Right in {share} of the {count} {part}")
    text = said.format(share=f"{right.mean():.1%}", count=f"{len(kept):,}", part=of)
    paired = against_baseline(measured, part, answers.who)
    return f"{text}." if paired is None else f"{text}; {against(paired)}."


def against(paired: Mapping[str, Any]) -> str:
    """The difference from the word-count baseline on the same documents."""
    said, figures = against_words(paired)
    return words(said).format(**figures)


def below(measured: Measured, part: str, corrected: int, who: Who = "network") -> str:
    """What else is to be known of the figures: the commonest class, other measures, what was trained on.

    :param corrected: labels of this part that were corrected since the run.
    """
    found, record = measured.record["parts"][part], measured.record
    told = []
    learnt = record.get("learnt", {}).get(part, 0)
    if learnt:
        told.append(words(learnt_words(learnt, found["documents"])).format(
            n=f"{learnt:,}", all=f"{found['documents']:,}"))
    own = found[who]["metrics"]["accuracy"]
    told.append(_tr("Evaluate", "95% interval {low} to {high}.").format(low=f"{own['low']:.1%}",
                                                                        high=f"{own['high']:.1%}"))
    if who == "blend":
        for text, one in ((_tr("Evaluate", "Network alone: {share}."), "network"),
                          (_tr("Evaluate", "Its word counts alone: {share}."), "counts"),
                          (_tr("Evaluate", "Baseline: {share}."), "baseline")):
            if one in found:
                told.append(text.format(share=f"{found[one]['metrics']['accuracy']['value']:.1%}"))
    if record["majority"]:
        told.append(_tr("Evaluate", "Always answering {label}, the commonest: {share}.").format(
            label=record["majority"], share=f"{found['majority']:.1%}"))
    names = {"f1_macro": _tr("Evaluate", "Macro F1"), "mcc": _tr("Evaluate", "MCC"), "auc": _tr("Evaluate", "AUC")}
    metrics = found[who]["metrics"]
    told.append("  ·  ".join(f"{said} {metrics[name]['value']:.3f}" for name, said in names.items()
                             if metrics[name]["value"] is not None) + ".")
    if part == "validation":
        told.append(_tr("Evaluate", "The best epoch was chosen on these documents, so they flatter."))
        if record.get("refit"):
            told.append(_tr("Evaluate", "The answers are from before the network learnt from these documents too."))
    changed = record.get("relabelled", {}).get(part, 0)
    if changed:
        told.append(counted(changed, _tr("Evaluate", "1 label of these documents was corrected by a person."),
                             _tr("Evaluate", "{n} labels of these documents were corrected by a person.")))
    if corrected:
        told.append(counted(
            corrected, _tr("Evaluate", "1 label has been corrected since: the figures are by the labels of this run."),
            _tr("Evaluate", "{n} labels have been corrected since: the figures are by the labels of this run.")))
    return " ".join(told)


def learnt_since(measured: Measured, answers: Answers) -> str:
    """That the saved model, by which words are weighed, has learnt from the documents in view after it had answered
    them; "" where it has not. Its word counts are taken of the validation documents in any case."""
    if answers.kept.headline_part != "validation" or answers.who == "baseline":
        return ""
    if measured.record.get("refit"):
        return _tr("Evaluate", "Validation document: the saved model, which colours it, has learnt from it since.")
    if answers.who == "network":
        return ""
    return _tr("Evaluate", "Validation document: the saved word counts, which colour it, have learnt from it since.")


def calibration_words(who: Who, after: float, before: float) -> str:
    """The expected calibration error of the answers of ``who``, with and without the network's temperature where the
    network has a part in them."""
    if not math.isfinite(after):
        return ""
    if not math.isfinite(before):
        text = _tr("Evaluate", "{who}: expected calibration error {after}.")
    elif who == "blend":
        text = _tr("Evaluate", "{who}: expected calibration error {after}; with the network as it was before its "
                   "temperature {before} (dots).")
    else:
        text = _tr("Evaluate", "{who}: expected calibration error {after}; without the temperature {before} (dots).")
    return text.format(who=who_words(who), after=f"{100 * after:.1f} %", before=f"{100 * before:.1f} %")
