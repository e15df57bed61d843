"""A few lines of Python that load a model and use it, for whoever wants it in a program of their own."""

from __future__ import annotations

from pathlib import Path

from .description import Description


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
