"""From a source, whatever its format, to frames of strings: one table of formats, one module a kind of format."""
