"""A vocabulary that does not fit the texts is said, with the way out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.pages.corpus.jobs import Profile, remedy
from studio.pages.corpus.page import CorpusPage
from studio.shown.plan import planned
from tests.gui.corpus.help import opened, settle
from tests.gui.pages_help import FRUIT, Desk, write_csv
from tests.models.made import language_model, save
from ulmengine.config import TokenConfig
from ulmengine.events import outcome
from ulmengine.models import pretrained_path
from ulmengine.runs.explained import explain
from ulmengine.tokens import Tokenizer, coverage_of_counts, learn_tokenizer

KOREAN = tuple(
    ("긍정" if n % 2 else "부정",
     f"이 영화는 {adverb} {'재미있어서' if n % 2 else '지루해서'} {who} 좋아했습니다 {n}번째")
    for n, (adverb, who) in enumerate((a, w) for a in ("정말", "너무", "아주", "조금") for w in
                                      ("친구가", "동생이", "엄마가", "아빠가", "모두가", "내가", "누나가", "형이"))
)


def _words(texts: list[str]) -> Tokenizer:
    config = TokenConfig(tokenizer="word", vocab_size=50)
    return outcome(learn_tokenizer(lambda: iter(texts), config, total=len(texts)))


def _profile(share: float, *, pretrained: str, fitting: str = "word") -> Profile:


    tokenizer = _words(["known thing " * 4])
    known = round(100 * share)
    coverage = coverage_of_counts(Counter({"known": known, "other": 100 - known}), tokenizer.vocabulary)
    return Profile(np.ones(3, dtype=np.int64), 3, tokenizer, coverage, 10, pretrained, fitting)


def test_what_is_offered_goes_by_the_share_of_known_words_and_by_the_script() -> None:
    assert remedy(_profile(0.95, pretrained="English")) is None
    offered = remedy(_profile(0.16, pretrained="English"))
    assert offered is not None
    assert "16%" in offered.why
    assert offered.settings == {"model.pretrained": "none", "tokens.tokenizer": "unigram"}
    assert remedy(_profile(0.95, pretrained="")) is None
    for poor in (_profile(0.95, pretrained="", fitting="unigram"), _profile(0.4, pretrained="")):
        offered = remedy(poor)
        assert offered is not None
        assert offered.settings == {"tokens.tokenizer": "unigram"}


def test_one_click_mends_a_corpus_that_the_pretrained_model_does_not_know(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    dots: list[str] = []
    page.status.connect(dots.append)
    desk.project.change({"model.pretrained": str(pretrained_path(desk.project.config))})
    opened(qtbot, page, write_csv(tmp_path / "korean.csv", KOREAN))
    card = page.overview.remedy
    assert dots[-1] == "problem"
    assert not card.isHidden()
    qtbot.mouseClick(card.mend, Qt.MouseButton.LeftButton)
    settle(qtbot, page)
    assert desk.project.config.model.pretrained == "none"
    assert desk.project.config.tokens.tokenizer == "unigram"
    assert card.isHidden()
    assert dots[-1] == "done"


def test_a_script_without_a_model_is_cut_as_the_run_will_cut_it(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    """Chosen by itself, the run begins from scratch with pieces of words: nothing has to be mended."""
    dots: list[str] = []
    page.status.connect(dots.append)
    opened(qtbot, page, write_csv(tmp_path / "korean.csv", KOREAN))
    assert dots[-1] == "done"
    assert page.overview.remedy.isHidden()
    profile, facts, config = page.analysis.profile, desk.project.facts, desk.project.run_config()
    assert profile is not None
    assert facts is not None
    assert (profile.pretrained, profile.refused is None) == ("", False)
    told = {one.name: one.value for one in outcome(explain(config, desk.project.cache))}
    assert (told["model.pretrained"], told["tokens.tokenizer"]) == ("none: from scratch", "unigram")
    assert profile.tokenizer.to_json()["kind"] == "unigram"
    assert facts.vocabulary == len(profile.tokenizer.vocabulary)
    assert "so a run begins from scratch. Pieces of words are" in page.overview.coverage.told.text()


def test_what_a_model_knows_that_was_set_by_its_path_says_nothing_of_the_shipped_one(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    texts = [(label, "the film was good and the people in it are funny") for label in ("a", "b") * 20]
    foreign = save(tmp_path / "own.ulmfit", language_model().state_dict(), kind="language_model", labels=())
    desk.project.change({"model.pretrained": str(foreign)})
    opened(qtbot, page, write_csv(tmp_path / "english.csv", texts))
    assert page.analysis.profile is not None
    assert page.analysis.profile.coverage.share < 0.6
    desk.project.changed.disconnect(page.analysis.follow)  # as where the page was not made
    desk.project.change({"model.pretrained": "auto"})
    assert planned(desk.project.config, desk.project.folder, desk.project.facts)[0].pretrained


def test_a_corpus_that_fits_needs_no_remedy(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.overview.remedy.isHidden()
