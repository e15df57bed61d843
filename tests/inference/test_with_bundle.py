"""A bundle at work: what was saved answers as the network did before."""

from __future__ import annotations

import pytest

from tests.inference.made import MODEL, Made, network, tokenizer
from ulmengine.config import Sizes
from ulmengine.inference import Predictor, explain_by_gradient
from ulmengine.models import load_bundle, save_bundle

TEXTS = ["a good film", "the story was very bad and not good", "", "unheard words"]


@pytest.mark.parametrize(("dtype", "near"), [("float32", 1e-6), ("float16", 2e-2)])
def test_predictions_survive_saving(tmp_path, dtype, near):
    one, other = network(seed=1), network(seed=2)
    state = {f"{name}.{key}": value for name, net in (("forward", one), ("backward", other))
             for key, value in net.state_dict().items()}
    save_bundle(
        tmp_path / "m.ulmfit", kind="classifier", state=state, tokenizer=tokenizer().to_json(), sizes=Sizes(6, 8, 2),
        model=MODEL, labels=("neg", "pos"), temperature=1.7, max_tokens=40, bptt=7, dtype=dtype,
    )
    before = Predictor(Made({"forward": one, "backward": other}, temperature=1.7), "cpu", "float32")
    after = Predictor(load_bundle(tmp_path / "m.ulmfit"), "cpu", "float32")
    assert after.probabilities(TEXTS) == pytest.approx(before.probabilities(TEXTS), abs=near)
    assert len(explain_by_gradient(after, TEXTS[1]).words) == 8
