"""The batches of which the tasks learn, made of stores of token ids."""

from .document_batches import DocumentBatch, DocumentBatches
from .stream import LanguageModelStream, StreamBatch

__all__ = ["DocumentBatch", "DocumentBatches", "LanguageModelStream", "StreamBatch"]
