"""The built-in sample: messages to an imaginary shop's help desk, written for this project."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ulmengine.config import RunConfig, load


class SampleMissingError(RuntimeError):
    """The installed program lacks its sample files."""


def sample_folder() -> Path:
    """Where the sample's files lie.

    :raises SampleMissingError: the installation is incomplete.
    """
    folder = Path(str(resources.files("resources"))) / "samples" / "helpdesk"
    if not (folder / "sample.toml").is_file():
        raise SampleMissingError(f"the built-in sample is missing ({folder}); install the program anew")
    return folder


def sample_config() -> RunConfig:
    """The sample's description, with absolute paths to its files."""
    folder = sample_folder()
    config = load(folder / "sample.toml")
    corpus = config.corpus.model_copy(update={
        "path": str(folder / "messages.csv"), "unlabelled_path": str(folder / "unlabelled.txt"),
    })
    return config.model_copy(update={"corpus": corpus})


def sample_texts(most: int) -> list[str]:
    """The first ``most`` of the sample's unlabelled messages."""
    with (sample_folder() / "unlabelled.txt").open(encoding="utf-8") as file:
        return [line.strip() for line, _ in zip(file, range(most), strict=False)]
