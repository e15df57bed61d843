"""The declared limits of what is read; past them a file is refused instead of filling memory or disk."""

from __future__ import annotations

SAMPLE_BYTES = 1 << 20
"""How much of the beginning a preview looks at."""

BLOCK_BYTES = 1 << 20
"""How much is read at once."""

SMALL_BLOCK = 1 << 13
"""How much is read at once for a preview, which reckons the number of rows from how far it came."""

MAX_FIELD = 16_000_000
"""The longest line, cell or document, in characters."""

MAX_COLUMNS = 2_000
"""The most columns a table may have."""

MAX_CELLS = 2_000_000
"""The most cells that are held in memory at once; most of a table of very many columns are empty."""

BOMB_FLOOR = 256 << 20
"""A compressed file may always unpack to this many bytes ..."""

BOMB_RATIO = 200
"""... and beyond that to this many times its own size (text packs 3 to 20 times smaller, a bomb 1000 times)."""

MAX_MEMBERS = 2_000_000
"""The most files in an archive or a folder."""

MAX_WORKBOOK = 1 << 30
"""The largest unpacked workbook, in bytes; a workbook cannot be read in parts."""

CHUNK_ROWS = 20_000
CHUNK_CHARACTERS = 8_000_000
"""A table is handed on in pieces of at most so many rows and about so many characters."""
