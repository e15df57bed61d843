"""From a source, whatever its format, to frames of strings.

``source`` opens a file, the one file in an archive, or a tree of many. ``reading.Look`` is its beginning, which each
format of the one table in ``formats`` is given in turn: its *plan* answers with a ``Reading`` where it recognises the
source, and that bears what was found and the function that reads the rows by it (``Reading.read``). So nothing is
looked for twice, and what only one format needs stands in its module alone. Lines, values and cells become frames in
``frames``; what was lost on the way is counted in ``Faults``.
"""
