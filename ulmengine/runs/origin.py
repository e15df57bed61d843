"""What a run was made of and on: remembered when it begins, looked at again when it goes on."""

from __future__ import annotations

from typing import Any

import torch

from ulmengine.disk import sha256
from ulmengine.models import shipped_models
from ulmengine.record.folder import RunFolder, RunFolderError, environment
from ulmengine.record.records import read_record, write_record
from ulmengine.tokens import WordTokenizer, fingerprint
from ulmengine.training.distributed import World

from .prepare import Prepared, keep_tokenizer

# What decides the last bits of a result, in a person's words.
_BITS = {"torch": "PyTorch", "device": "device", "precision": "precision", "threads": "threads",
         "processes": "processes", "processor": "processor"}


class CorpusChangedError(RunFolderError):
    """The corpus, or what its words are turned into, is not what the run began with."""

    cause = "corpus_changed"


class ProgramChangedError(RunFolderError):
    """What the run began with and the program brings, such as its own pretrained model, is not what it was."""

    cause = "program_changed"


def remember(folder: RunFolder, prepared: Prepared, values: dict[str, Any]) -> None:
    """Write down with which texts, vocabulary and pretrained model the run in ``folder`` begins, and on what
    (``values`` from :func:`machine`)."""
    write_record(folder.path / "environment.json", values)
    write_record(folder.path / "corpus.json", _texts(prepared))
    if prepared.pretrained is None and not isinstance(prepared.tokenizer, WordTokenizer):
        keep_tokenizer(prepared.tokenizer, folder.tokenizer_path)  # not learnt twice alike
    else:
        folder.tokenizer_path.unlink(missing_ok=True)


def check_texts(folder: RunFolder, prepared: Prepared) -> None:
    """Refuse to go on with others: the trained weights mean the words by their numbers.

    :raises CorpusChangedError: a person has changed them.
    :raises ProgramChangedError: the program has been changed since.
    """
    was, now = _remembered(folder), _texts(prepared)
    if began_with(folder) not in ("", now["corpus"]):
        raise CorpusChangedError("The corpus has changed since this run began, so it cannot go on exactly")
    if was.get("pretrained", now["pretrained"]) != now["pretrained"]:
        if _is_own(folder, prepared):
            raise ProgramChangedError("The program's own pretrained model has been changed by an update since this run "
                                      "began, so the run cannot go on")
        raise CorpusChangedError("The pretrained model is not the one that this run began with, so it cannot go on")
    if was.get("vocabulary", now["vocabulary"]) != now["vocabulary"]:
        raise ProgramChangedError("This version of the program makes another vocabulary of the corpus than the one "
                                  "this run began with, so it cannot go on")


def began_with(folder: RunFolder) -> str:
    """The fingerprint of the corpus that the run in ``folder`` began with; "" where it has not said."""
    return str(_remembered(folder).get("corpus", ""))


def compare_machine(folder: RunFolder, values: dict[str, Any], total: int) -> str:
    """Add to the record of the run in ``folder`` on what else it goes on after step ``total``.

    :returns: a sentence where the last bits may differ for it, otherwise nothing.
    """
    path = folder.path / "environment.json"
    record = read_record(path)
    later = record.pop("later", [])
    was = {name: value for entry in [record, *later] for name, value in entry.items()}
    changed = {name: value for name, value in values.items() if was.get(name, value) != value}
    if changed or not record.keys() >= values.keys():
        entry = [{"after_step": total, **changed}] if changed else []
        write_record(path, {**values, **record, "later": [*later, *entry]})
    told = [f"{_BITS[name]} {was[name]} before, {changed[name]} now" for name in _BITS if name in changed]
    return f"The last bits may differ from a run that was never interrupted: {'; '.join(told)}." if told else ""


def machine(device: torch.device, precision: torch.dtype, corpus: str, world: World | None) -> dict[str, Any]:
    """Versions, machine, device, precision, threads and processes, and the fingerprint of the corpus."""
    values = environment() | {
        "device": str(device), "precision": str(precision).removeprefix("torch."), "threads": torch.get_num_threads(),
        "processes": 1 if world is None else world.size, "corpus": corpus,
    }
    if device.type == "cuda":
        values |= {"card": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
    return values


def _texts(prepared: Prepared) -> dict[str, Any]:
    return {"corpus": prepared.documents.fingerprint, "vocabulary": fingerprint(prepared.tokenizer.to_json()),
            "pretrained": "" if prepared.pretrained is None else sha256(prepared.pretrained.path)}


def _is_own(folder: RunFolder, prepared: Prepared) -> bool:
    """Whether the pretrained model of the run in ``folder`` is one that the program brings."""
    if folder.config().model.pretrained == "auto":  # a person's own is set by its path when a run begins
        return True
    return prepared.pretrained is not None and prepared.pretrained.path.resolve() in {
        entry.path.resolve() for entry in shipped_models()}


def _remembered(folder: RunFolder) -> dict[str, Any]:
    record = read_record(folder.path / "corpus.json")
    early = folder.path / "corpus.txt"  # before there was a record, the fingerprint stood alone
    if not record and early.exists():
        return {"corpus": early.read_text(encoding="utf-8")}
    return record
