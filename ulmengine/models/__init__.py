"""Trained models at rest: one file each, the catalogue of them, and the import of foreign weights."""

from .archive import SUFFIX, ModelError
from .bundle import Bundle, as_stored, describe_bundle, facts, load_bundle, save_bundle
from .card import render_card
from .catalogue import (
    TRASH,
    Entry,
    add_model,
    copy_model,
    delete_model,
    empty_trash,
    free_path,
    own_models,
    pretrained_path,
    restore_model,
    run_models,
    shipped_models,
)
from .description import FORMAT, Columns, Description
from .onnx import OnnxCheck, OnnxDiffersError, OnnxMissingError, export_onnx, missing_packages
from .reference import classes_of, import_reference
from .usage import onnx_snippet, snippet

__all__ = [
    "FORMAT", "SUFFIX", "TRASH", "Bundle", "Columns", "Description", "Entry", "ModelError", "OnnxCheck",
    "OnnxDiffersError", "OnnxMissingError", "add_model", "as_stored", "classes_of", "copy_model", "delete_model",
    "describe_bundle", "empty_trash", "export_onnx", "facts", "free_path", "import_reference", "load_bundle",
    "missing_packages", "onnx_snippet", "own_models", "pretrained_path", "render_card", "restore_model",
    "run_models", "save_bundle", "shipped_models", "snippet",
]
