"""Which command was meant, and how its end is told: 0 done, 1 failed with a plain sentence, 2 wrong usage."""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

from ulmengine import __version__
from ulmengine.disk import is_out_of_memory
from ulmengine.threads import wait_briefly

from .commands import add_commands
from .output import complain, on_one_line


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process' own) and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Redirected on Windows it would be in the local code page, which cannot write every text.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    wait_briefly()
    parser = _parser()
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        with ExitStack() as stack:
            _lay_down(options, stack)
            module, function = options.command
            return int(getattr(import_module(f".{module}", __package__), function)(options) or 0)
    except KeyboardInterrupt:
        complain("interrupted")
        return 1
    except BrokenPipeError:
        # The reader of our output went away (`... | head`); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        complain(*f"error: {_named_on_a_line(_sentence(error), sys.argv[1:] if argv is None else argv)}".split("\n"))
        return 1


def _lay_down(options: argparse.Namespace, stack: ExitStack) -> None:
    """Standard input ("-") and pipes become files for as long as the command runs."""
    if not any(isinstance(getattr(options, name, None), Path | list) for name in ("file", "files")):
        return
    from ulmengine.corpus.readers.pipes import as_file

    if isinstance(getattr(options, "file", None), Path):
        options.file = stack.enter_context(as_file(options.file))
    if isinstance(getattr(options, "files", None), list):
        options.files = [stack.enter_context(as_file(path)) for path in options.files]


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, RecursionError):  # which is a RuntimeError
        return "something in the file is nested too deeply (run again with --debug for the technical report)"
    if isinstance(error, (ValueError, RuntimeError)) and str(error):
        return str(error)
    if is_out_of_memory(error):
        return "there is not enough memory. Close other programs, or allow this one more"
    return f"{type(error).__name__}: {error} (run again with --debug for the technical report)"


def _named_on_a_line(text: str, argv: Sequence[str]) -> str:
    """``text`` without the ends of lines that stand in the names of ``argv``: those of its own part sentences."""
    for name in (name for given in argv for name in re.split("[/=]", given)):
        if "\n" in name and name.strip():
            text = text.replace(name, on_one_line(name))
    return text


class _InAnyOrder(argparse.ArgumentParser):
    """A command that is given its names before, between and behind its options."""

    _mixed = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[argparse.Namespace, list[str]]:  # type: ignore[override]
        """As of the base class, which this calls twice: for the options, then for what is left."""
        if self._mixed:
            return super().parse_known_args(args, namespace)
        self._mixed = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixed = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ulmengine", description="ULMFiT: from labelled texts to a classifier, without a window."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--debug", action="store_true", help="show the technical report of an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_InAnyOrder)
    add_commands(commands)
    return parser
