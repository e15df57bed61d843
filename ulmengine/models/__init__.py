"""Trained models at rest: one file each, the catalogue of them, and the import of foreign weights.

What reads or writes weights needs PyTorch and is imported when first asked for; what models say of themselves is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ulmengine.lazy import names_of

from .archive import SUFFIX, ModelError
from .card import onnx_snippet, render_card, snippet
from .catalogue import (
    TRASH,
    ModelFile,
    add_model,
    copy_model,
    delete_model,
    free_path,
    knows_enough,
    language_models,
    models_folder,
    own_candidates,
    own_models,
    pretrained_path,
    restore_model,
    run_models,
    shipped_models,
    starting_model,
)
from .description import FORMAT, TABLES, Columns, Description, describe_bundle, facts

if TYPE_CHECKING:
    from .bundle import Bundle, as_stored, load_bundle, save_again, save_bundle
    from .reference import classes_of, import_reference, labels_of
    from .unpickle import is_export

__all__ = [
    "FORMAT", "SUFFIX", "TABLES", "TRASH", "Bundle", "Columns", "Description", "ModelError", "ModelFile",
    "add_model", "as_stored", "classes_of", "copy_model", "delete_model", "describe_bundle", "facts", "free_path",
    "import_reference", "is_export", "knows_enough", "labels_of", "language_models", "load_bundle", "models_folder",
    "onnx_snippet", "own_candidates", "own_models", "pretrained_path", "render_card", "restore_model", "run_models",
    "save_again", "save_bundle", "shipped_models", "snippet", "starting_model",
]

__getattr__ = names_of(__name__, {
    "bundle": ("Bundle", "as_stored", "load_bundle", "save_again", "save_bundle"),
    "reference": ("classes_of", "import_reference", "labels_of"),
    "unpickle": ("is_export",),
})
