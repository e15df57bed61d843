"""The lines of a text source, decoded, one after another."""

from __future__ import annotations

from collections.abc import Iterator

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, Faults

from .encoding import TextDecoder
from .source import Stream


def without_padding(data: bytes) -> bytes:
    """``data`` without the NULs at its end with which programs fill a file up; a few may belong to a wide character."""
    bare = data.rstrip(b"\0")
    return bare if len(data) - len(bare) >= 8 else data


def text_blocks(
    stream: Stream, encoding: str, faults: Faults, most: int | None = None, *, small: bool = False
) -> Iterator[str]:
    """The text of ``stream`` in pieces of about a megabyte; ``small`` ones where only ``most`` bytes are wanted."""
    decoder = TextDecoder(encoding)
    block = limits.BLOCK_BYTES if most is None and not small else limits.SMALL_BLOCK
    left = most
    final = False
    held = b""  # NULs that are padding where nothing follows
    while not final:
        size = block if left is None else min(block, left)
        data = stream.read(size) if size else b""
        final = not data
        known = held + data
        bare = without_padding(known)
        held = known[len(bare) :] if not final else b""
        text = decoder.decode(bare, final and left != 0)
        faults.undecodable += decoder.undecodable
        decoder.undecodable = 0
        if left is not None:
            left -= len(data)
        if text:
            yield text


def text_lines(blocks: Iterator[str], name: str) -> Iterator[str]:
    r"""The lines of ``blocks`` with their ends; only "\n" and, in a file without any, "\r" end a line.

    :raises CorpusError: a line is longer than the limit.
    """
    rest = ""
    old_mac: bool | None = None
    number = 0
    for block in blocks:
        if old_mac is None:
            old_mac = "\n" not in block and "\r" in block.rstrip("\r")
        if old_mac:
            block = block.replace("\r", "\n")
        # Files put together bring their byte-order marks along; at the beginning of a line they are no text.
        text = rest + block
        lines = (text.replace("\n\ufeff", "\n") if "\ufeff" in text else text).split("\n")
        rest = lines.pop()
        for line in lines:
            yield line + "\n"
        number += len(lines)
        if len(rest) > limits.MAX_FIELD:
            raise CorpusError(
                f"Line {number + 1:,} of '{name}' is longer than {limits.MAX_FIELD:,} characters. A document or "
                "table row of that length is not read. Is it one long text? Put each document on a line of its own; is "
                "it another kind of file? Choose its format."
            )
    if rest:
        yield rest
