"""How many of something, in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str) -> str:
    """ "1 <one>", or "12 <many>"."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"
