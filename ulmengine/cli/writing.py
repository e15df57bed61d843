"""The command that lets a language model write: generate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import say, say_json


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    generate = commands.add_parser("generate", help="let a language model write on from a text")
    generate.add_argument("model", type=Path, metavar="MODEL")
    generate.add_argument("prompt", metavar="TEXT", nargs="?", default="", help="what to go on from")
    generate.add_argument("--length", type=int, default=40, metavar="N", help="tokens to write (default 40)")
    generate.add_argument("--temperature", type=float, default=0.8, metavar="T",
                          help="0 always takes the likeliest word; higher is bolder (default 0.8)")
    generate.add_argument("--top-k", type=int, default=40, metavar="N",
                          help="draw among so many of the likeliest words, 0: among all (default 40)")
    generate.add_argument("--seed", type=int, default=0, metavar="N", help="the same one gives the same text")
    generate.add_argument("--direction", choices=("forward", "backward"), default="",
                          help="the network that writes; a backward one writes what stands before the text")
    generate.add_argument("--json", action="store_true")
    generate.set_defaults(command=run_generate)


def run_generate(options: argparse.Namespace) -> int:
    """``generate``: what the language model writes, without what it was given."""
    from ulmengine.inference import generate_text
    from ulmengine.models import load_bundle

    text = generate_text(
        load_bundle(options.model), options.prompt, length=options.length, temperature=options.temperature,
        top_k=options.top_k, seed=options.seed, direction=options.direction,
    )
    if options.json:
        say_json({"prompt": options.prompt, "text": text})
    else:
        say(text)
    return 0
