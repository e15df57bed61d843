"""How many of something, in words."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, one: str, many: str) -> str:
    """ "1 <one>", or "12 <many>"."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def listed(names: Sequence[str], most: int) -> str:
    """ "a, b, c", or of more than ``most`` names the first ones: "a, b and 7 more"."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def amount(size: float) -> str:
    """So many bytes in the unit in which they are some: "1.5 GB", "20.0 MB", "1,500 bytes"."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size:,.0f} bytes"
