"""What goes with a model for people: the page that says what it is and how good, and lines of Python to use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .description import Description

_FIRST = ("title", "summary")
_BEFORE = "accuracy with word counts, as this model answers"
"""Where cards of earlier versions tell it; their "accuracy" is the network's."""


def render_card(card: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Markdown of ``card`` (``title``, ``summary`` and any further headings) followed by the measured ``facts``.

    A nested mapping becomes a section with one line an entry, a list becomes bullets, all else a paragraph.
    """
    lines = [f"# {card.get('title') or 'Untitled model'}", ""]
    if card.get("summary"):
        lines += [str(card["summary"]), ""]
    for name, value in card.items():
        if name not in _FIRST:
            lines += _section(name, value)
    lines += _section("Facts", facts)
    return "\n".join(lines).rstrip() + "\n"


def accuracy_of(card: Mapping[str, Any]) -> str:
    """The accuracy that a model's ``card`` tells of it as it answers ("91.0%"), "" where it tells none."""
    told = card.get(_BEFORE) or card.get("accuracy") or ""
    return str(told).split(" ", 1)[0]


def _section(name: str, value: Any) -> list[str]:
    heading = f"## {name[:1].upper()}{name[1:].replace('_', ' ')}"
    if isinstance(value, Mapping):
        return [heading, "", *(f"- {key}: {_plain(item)}" for key, item in value.items()), ""]
    if isinstance(value, (list, tuple)):
        return [heading, "", *(f"- {_plain(item)}" for item in value), ""]
    return [heading, "", _plain(value), ""]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return str(value)


def snippet(path: Path, description: Description) -> str:
    """A whole program that answers with the model at ``path``: labels and probabilities, or text it writes."""
    name = str(path)
    if description.kind == "language_model":
        return (
            "from ulmengine.inference import generate_text\n"
            "from ulmengine.models import load_bundle\n"
            "\n"
            f"model = load_bundle({name!r})\n"
            'print(generate_text(model, "It was", length=40, temperature=0.8))\n'
        )
    return (
        "from ulmengine.inference import Predictor\n"
        "from ulmengine.models import load_bundle\n"
        "\n"
        f"predictor = Predictor(load_bundle({name!r}))\n"
        f"# labels: {', '.join(map(repr, description.labels[:12]))}{' ...' if len(description.labels) > 12 else ''}\n"
        'for prediction in predictor.predict(["the first text", "the second text"]):\n'
        "    print(prediction.label, prediction.probabilities)\n"
    )


def onnx_snippet(path: Path, *, counted: bool = False) -> str:
    """A whole program that answers with the exported ONNX file at ``path``; the tokeniser comes out of the file.

    :param counted: word counts answer with the network, and the file wants the terms that they count.
    """
    return (
        "import json\n"
        "\n"
        "import numpy as np\n"
        "import onnxruntime\n"
        f"from ulmengine.tokens import {'terms_from_json, ' if counted else ''}tokenizer_from_json\n"
        "\n"
        f"session = onnxruntime.InferenceSession({str(path)!r})\n"
        "about = session.get_modelmeta().custom_metadata_map\n"
        'labels, tokenizer = json.loads(about["labels"]), tokenizer_from_json(json.loads(about["tokenizer"]))\n'
        "\n"
        'text = "the first text"\n'
        "tokens = np.array([tokenizer.encode(text)])\n"
        'inputs = {"tokens": tokens, "lengths": np.array([tokens.shape[1]])}\n'
        + ('for name in {"terms", "parts"} & set(about):  # what the word counts count\n'
           "    cut = terms_from_json(json.loads(about[name]))\n"
           "    inputs[name] = np.array([cut(text)], dtype=object)\n" if counted else "")
        + '(shares,) = session.run(["probabilities"], inputs)[0]\n'
        "print(dict(zip(labels, shares.tolist(), strict=True)))\n"
    )
