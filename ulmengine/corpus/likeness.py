"""When two texts count as the same."""

from __future__ import annotations

import hashlib
import unicodedata


def normalised(text: str) -> str:
    """``text`` as it is compared with others: case, width of characters and white space make no difference."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def text_hash(text: str) -> int:
    """64 bits that stand for the normalised text."""
    digest = hashlib.blake2b(normalised(text).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
