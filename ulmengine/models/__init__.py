"""Trained models at rest: one file each, the catalogue of them, and the import of foreign weights."""

from .archive import SUFFIX, ModelError
from .bundle import Bundle, describe_bundle, load_bundle, save_bundle
from .catalogue import Entry, add_model, delete_model, empty_trash, free_path, own_models, restore_model, shipped_models
from .description import FORMAT, Description
from .reference import import_reference

__all__ = [
    "FORMAT", "SUFFIX", "Bundle", "Description", "Entry", "ModelError", "add_model", "delete_model",
    "describe_bundle", "empty_trash", "free_path", "import_reference", "load_bundle", "own_models", "restore_model",
    "save_bundle", "shipped_models",
]
