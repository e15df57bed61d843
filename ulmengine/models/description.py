"""What a bundle says of itself: everything about a trained model except its weights and its tokeniser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ulmengine.config import ModelConfig, Sizes
from ulmengine.disk import parsed

from .archive import MANIFEST, ModelError, read_archive

if TYPE_CHECKING:
    from ulmengine.corpus import Understood

FORMAT = 3
"""The newest that is read. Written is 1 where that says all, so that older programs open it; 2 has weights in int8, in
3 both directions share the rows of words."""
TABLES = ("csv", "jsonl", "json", "parquet", "excel")
"""Formats of a corpus whose columns have names."""
_WIDEST, _DEEPEST = 1 << 16, 64

Kind = Literal["classifier", "language_model"]
Direction = Literal["forward", "backward"]
Softmax = Literal["full", "adaptive", "sampled"]
Dtype = Literal["float32", "float16", "int8"]


class Columns(BaseModel):
    """Where the table that a classifier learnt from held what: ``text``, in order, and ``label``.

    ``label_delimiter``: between several labels in one cell.
    """

    model_config = ConfigDict(frozen=True)

    text: tuple[str, ...] = Field(min_length=1)
    label: tuple[str, ...] = ()
    label_delimiter: str = ""

    @staticmethod
    def of(understood: Understood) -> Columns | None:
        """Those of a table; None for a source of another kind, which has no columns."""
        if understood.format not in TABLES or not understood.text_columns:
            return None
        return Columns(text=understood.text_columns, label=understood.label_columns,
                       label_delimiter=understood.label_delimiter)


class Description(BaseModel):
    """The content of ``model.json``.

    ``temperature`` divides the classifier's logits before they become probabilities; ``max_tokens`` and ``bptt`` are
    those it was trained with; ``softmax`` is a language model's; ``vocabulary`` counts tokens, ``parameters`` numbers
    in the weights; ``blend`` is the weight of the network beside the word counts that answer with it, if there are any.
    ``columns``: of the table that it learnt from, absent where it was none or where an older program has saved it.
    ``refit``: in the end it has learnt from the validation documents too. ``one_embedding``: both directions have the
    same rows of words, which stand in the file once, with the first.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    format: int
    kind: Kind
    program: str
    created: str
    directions: tuple[Direction, ...] = Field(min_length=1, max_length=2)
    sizes: Sizes
    model: ModelConfig
    labels: tuple[str, ...]
    multi_label: bool
    temperature: float = Field(gt=0)
    max_tokens: int = Field(ge=1)
    bptt: int = Field(ge=1)
    softmax: Softmax = "full"
    dtype: Dtype
    vocabulary: int = Field(ge=1)
    tokenizer: str
    parameters: int = Field(ge=1)
    card: dict[str, Any]
    blend: float | None = Field(default=None, ge=0, le=1)
    columns: Columns | None = None
    refit: bool = False
    one_embedding: bool = False

    @model_validator(mode="after")
    def _labels_fit(self) -> Description:
        if self.kind == "classifier" and not self.labels:
            raise ValueError("a classifier needs labels")
        if self.kind == "language_model" and self.labels:
            raise ValueError("a language model has no labels")
        if min(self.sizes) < 1 or max(self.sizes) > _WIDEST or self.sizes.layers > _DEEPEST:
            raise ValueError(f"no network has the sizes {tuple(self.sizes)}")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label stands in it twice")
        if len(set(self.directions)) != len(self.directions):
            raise ValueError("a direction stands in it twice")
        if self.one_embedding and len(self.directions) < 2:
            raise ValueError("one direction alone shares no words")
        return self

    @property
    def title(self) -> str:
        """What the model is called in lists; empty if its maker gave it no title."""
        return str(self.card.get("title", ""))

    @property
    def imported(self) -> bool:
        """Whether its weights come from another program (:func:`~.reference.import_reference`)."""
        return "origin" in self.card


def read_description(content: bytes, path: Path) -> Description:
    """The description that ``content`` (JSON) holds; ``path`` names the model in errors.

    :raises ModelError: no JSON, another format, or values that do not fit together.
    """
    values = json_object(content, path)
    version = values.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise ModelError(f"{path}: the model was saved by a newer version of the program (format {version}, this "
                         f"one reads up to {FORMAT}); update the program to open it")
    try:
        return Description.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "model.json"
        raise ModelError(f"{path}: the model's description cannot be used ({where}: {first['msg']}); "
                         "save or download it again") from error


def json_object(content: bytes, path: Path) -> dict[str, Any]:
    """The JSON object in ``content``.

    :raises ModelError: it is none.
    """
    try:
        values = parsed(content)
    except ValueError as error:
        raise ModelError(f"{path}: the model's description is not readable; copy or download it again") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path}: the model's description is not what this program writes; choose another file")
    return values


def describe_bundle(path: Path | str) -> Description:
    """What the model at ``path`` says of itself, without reading its weights.

    :raises ModelError: as :func:`ulmengine.models.load_bundle`.
    """
    source = Path(path)
    return read_description(read_archive(source, (MANIFEST,))[MANIFEST], source)


def facts(description: Description) -> dict[str, Any]:
    """The lines of the card that follow from the model itself."""
    embedding, hidden, layers = description.sizes
    lines: dict[str, Any] = {
        "kind": description.kind.replace("_", " "), "direction": " and ".join(description.directions),
        "embedding / hidden / layers": f"{embedding} / {hidden} / {layers}",
        "vocabulary": description.vocabulary, "tokeniser": description.tokenizer,
        "parameters": description.parameters, "stored as": description.dtype,
    }
    if description.labels:
        lines |= {"labels": description.labels, "several labels a document": description.multi_label}
    return lines | {"made with": f"ULMFiT Studio {description.program}, {description.created}"}
