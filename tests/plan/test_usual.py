"""What is usual for a corpus follows from its documents."""

from __future__ import annotations

from ulmengine.config import PRESETS, RunConfig, with_settings
from ulmengine.plan.usual import CorpusSize, activation_bytes, usual_settings

PAPER = PRESETS["paper"]


def size(tokens: float, **other: object) -> CorpusSize:
    return CorpusSize(**{"documents": 5_000, "texts": 10, "tokens": tokens, "pretrained": True, **other})  # type: ignore[arg-type]


def test_what_a_token_keeps_of_a_network() -> None:
    # embedded and dropped 400; layers 400 -> 1152 -> 1152 -> 400, each its input and seven times its output
    kept = 2 * 400 + (400 + 7 * 1152) + (1152 + 7 * 1152) + (1152 + 7 * 400)
    assert activation_bytes(PAPER, 10) == 10 * 4 * kept


def test_long_documents_share_a_batch_with_fewer_where_memory_asks_for_it() -> None:
    found = usual_settings(size(300), PAPER, RunConfig())
    assert [(one.name, one.value, one.plain) for one in found] == [("tokens.batch_tokens", 11_000, 0)]
    assert "32 documents of 900 tokens would keep about 2.6 GB" in found[0].why
    assert activation_bytes(PAPER, 11_000) < 1e9 < activation_bytes(PAPER, 12_000)


def test_short_documents_and_small_networks_need_nothing_else() -> None:
    assert usual_settings(size(100), PAPER, RunConfig()) == ()
    assert usual_settings(size(2_000), PRESETS["small"], RunConfig()) == ()
    assert usual_settings(size(300, documents=0), PAPER, RunConfig()) == ()
    fewer = with_settings(RunConfig(), ["classifier.batch_size=8"])
    assert usual_settings(size(300), PAPER, fewer) == ()


def test_much_text_is_learnt_in_fewer_passes() -> None:
    small = PRESETS["small"]
    found = usual_settings(size(10, texts=5_000), small, RunConfig())
    assert [(one.name, one.value, one.plain) for one in found] == [("language_model.epochs", 4, 10)]
    assert "about 50,000 tokens" in found[0].why
    assert usual_settings(size(10, texts=4_999), small, RunConfig()) == ()


def test_little_text_from_scratch_is_read_in_fewer_rows_and_learnt_by_all_layers_at_once() -> None:
    small = PRESETS["small"]
    found = usual_settings(size(20, texts=5_000, pretrained=False), small, RunConfig())
    assert [(one.name, one.value, one.plain) for one in found] == [
        ("language_model.batch_size", 8, 32), ("language_model.lr", 0.008, 0.004),
        ("classifier.epochs", (12,), (1, 1, 1, 6)),
    ]
    assert "about 100,000 tokens" in found[0].why
    assert usual_settings(size(20, texts=5_001, pretrained=False), small, RunConfig()) == ()
    assert usual_settings(size(20, texts=0, pretrained=False), small, RunConfig()) == ()
    own = with_settings(RunConfig(), ["language_model.batch_size=16"])
    left = [one.name for one in usual_settings(size(20, texts=10, pretrained=False), small, own)]
    assert left == ["language_model.lr", "classifier.epochs"]


def test_what_a_person_has_set_is_left_alone() -> None:
    own = with_settings(RunConfig(), ["language_model.epochs=7", "tokens.batch_tokens=20_000"])
    assert usual_settings(size(300, texts=5_000), PAPER, own) == ()
