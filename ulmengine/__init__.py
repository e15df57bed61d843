"""The ULMFiT engine: from labelled texts to a classifier, without a window.

A run is a generator of events (``for event in run``); it is described by one :class:`ulmengine.config.RunConfig`
and lives in one folder. See ``ulmengine.runs`` for the way in and ``python -m ulmengine --help`` for the command line.
"""

__version__ = "0.1.0"

APP = "ulmfit-studio"
"""What the folders of a person's data, settings and cache are called."""
