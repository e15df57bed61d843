"""The audit: every kind of finding with its rows, and repairs that can be taken back."""

from __future__ import annotations

import json
import random
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.helpers import opened, table, with_events
from ulmengine.config import CorpusConfig
from ulmengine.corpus import Alternative, Documents, Finding, audit, inspect, open_corpus, repaired
from ulmengine.corpus.audit import shingles
from ulmengine.corpus.repairs import records_of
from ulmengine.events import Progress, outcome

WORDS = [
    "river", "stone", "window", "garden", "music", "paper", "silver", "winter", "summer", "bridge", "forest", "candle",
    "mirror", "pocket", "ladder", "violin", "harbour", "meadow", "thunder", "lantern", "saddle", "feather", "copper",
]


def prose(seed: int, length: int = 40) -> str:
    """A text that no other seed gives."""
    return " ".join(random.Random(seed).choices(WORDS, k=length)) + f" number{seed}"


def plain(count: int = 40) -> list[list[str]]:
    return [[prose(n), "ab"[n % 2]] for n in range(count)]


def found(documents: Documents, **settings: int) -> dict[str, Finding]:
    return {finding.kind: finding for finding in outcome(audit(documents, **settings))}


def audited(tmp_path: Path, rows: list[list[str]], header: list[str] | None = None) -> dict[str, Finding]:
    return found(opened(table(tmp_path / "a.csv", rows, header)))


def test_a_label_that_is_not_certain_can_be_settled(tmp_path: Path) -> None:
    rows = [[text, "xyz"[n % 3], "abcde"[n % 5]] for n, (text, _) in enumerate(plain(60))]
    path = table(tmp_path / "a.csv", rows, ["text", "assessor", "verdict"])
    one = found(opened(path))["label_doubt"]
    assert one.why == ("Two columns could be the label: 'assessor' (3 classes) and 'verdict' (5 classes). "
                       "'assessor' is taken.")
    assert one.alternatives == (Alternative("corpus.label_columns", ("verdict",)),
                                Alternative("corpus.label_columns", ("assessor",), taken=True))
    for chosen in (("assessor",), ("verdict",), ("none",)):
        assert "label_doubt" not in found(opened(path, label_columns=chosen))


def test_a_state_that_is_taken_for_the_label_can_be_settled(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[prose(n), "01"[n % 2]] for n in range(40)], ["text", "is_active"])
    one = found(opened(path))["label_doubt"]
    assert one.why.startswith("Whether 'is_active' (2 values) is the label is not certain")
    assert one.alternatives == (Alternative("corpus.label_columns", ("is_active",), taken=True),
                                Alternative("corpus.label_columns", ("none",)))
    for chosen in (("is_active",), ("none",)):
        assert "label_doubt" not in found(opened(path, label_columns=chosen))


def test_a_text_that_may_be_the_label_is_offered_where_there_is_none(tmp_path: Path) -> None:
    answers = [f"The {name} of the house is what people who answered here spoke of most of all" for name in WORDS[:4]]
    rows = [[prose(n), f"id{n}", answers[n % 4]] for n in range(40)]
    one = found(opened(table(tmp_path / "a.csv", rows, ["text", "id", "reply"])))["label_doubt"]
    assert one.why == ("One column could be the label: 'reply' (4 classes). None is taken. If the texts have a label, "
                       "choose its column.")
    assert one.alternatives == (Alternative("corpus.label_columns", ("reply",)),)


def test_cells_that_may_hold_several_labels_can_be_settled(tmp_path: Path) -> None:
    names = ["arts, music", "arts, film", "news, music", "news, film", "arts", "news"]
    path = table(tmp_path / "a.csv", [[prose(n), names[n % 6]] for n in range(48)], ["text", "label"])
    documents = opened(path)
    assert not documents.multi_label
    one = found(documents)["delimiter_doubt"]
    assert one.alternatives == (Alternative("corpus.label_delimiter", ","),
                                Alternative("corpus.label_delimiter", "none", taken=True))
    for chosen in (",", "none"):
        assert "delimiter_doubt" not in found(opened(path, label_delimiter=chosen))


def test_a_sound_corpus_has_no_findings(tmp_path: Path) -> None:
    assert audited(tmp_path, plain()) == {}


def test_empty_and_almost_empty_texts(tmp_path: Path) -> None:
    rows = [*plain(), ["", "a"], ["  ", "b"], [":)", "a"], ["ok", "b"], ["yes", "a"], ["\u200b", "a"],
            ["\u2060\u00ad \ufeff", "b"], ["\u3164", "b"]]
    findings = audited(tmp_path, rows)
    assert findings["empty"].rows.tolist() == [40, 41, 45, 46, 47]
    assert findings["near_empty"].rows.tolist() == [42, 43]
    assert "conflict" not in findings  # two empty texts with different labels contradict nobody


def test_two_syllables_or_characters_of_east_asia_are_a_word(tmp_path: Path) -> None:
    findings = audited(tmp_path, [*plain(), ["좋아", "a"], ["最高", "b"], ["すき", "a"], ["네", "b"], ["ok", "a"]])
    assert findings["near_empty"].rows.tolist() == [43, 44]


def test_repeats_and_contradictions(tmp_path: Path) -> None:
    rows = [*plain(), [prose(0).upper(), "a"], [prose(0), "a"], [prose(1), "a"], [prose(2), "b"], [prose(2), "b"]]
    findings = audited(tmp_path, rows)
    assert findings["duplicate"].rows.tolist() == [40, 41]
    assert findings["conflict"].rows.tolist() == [1, 2, 42, 43, 44]
    # Row 1 (b) against 42 (a) is a tie: both go. Of row 2 (a), 43 (b) and 44 (b) one b stays.
    assert findings["conflict"].repair.tolist() == [1, 2, 42, 44]


def test_several_labels_of_one_text_in_rows_of_their_own_are_told_and_read_together(tmp_path: Path) -> None:
    rows = [[prose(n), name] for n in range(30) for name in ("billing", "urgent", "praise")[: n % 3 + 1]]
    path = table(tmp_path / "a.csv", rows)
    finding = found(opened(path))["conflict"]
    assert "may be several labels of one text" in finding.why
    assert len(finding.repair) == 0
    assert [(one.setting, one.value) for one in finding.alternatives] == [("corpus.same_text", "together")]
    documents = opened(path, same_text="together", validation=0.0, test=0.0)
    assert (documents.multi_label, documents.count("train")) == (True, 30)
    assert documents.labels == ("billing", "praise", "urgent")
    assert documents.targets("train")[:3].tolist() == [[1, 0, 0], [1, 0, 1], [1, 1, 1]]
    assert "conflict" not in found(documents)
    assert documents.fingerprint != opened(path, validation=0.0, test=0.0).fingerprint


def test_rows_read_together_keep_repairs_and_texts_without_words_apart(tmp_path: Path) -> None:
    rows = [[prose(0), "a"], [prose(0), "b"], ["", "a"], ["", "b"], [prose(1), ""], [prose(1), "c"], [prose(2), "a"]]
    path = table(tmp_path / "a.csv", rows)
    first = records_of(np.array([0]), opened(path).pieces, opened(path).hashes)
    documents = opened(path, same_text="together", drop_rows=first, validation=0.0, test=0.0)
    assert documents.rows("train").tolist() == [1, 2, 3, 4, 6]
    assert documents.targets("train").tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("told", [
    {n: "ab"[: n % 2 + 1] for n in range(3)},  # a few texts among many
    {n: ("aab", "abb", "aaa")[n % 3] for n in range(20)},  # three people's labels
    {n: ("ab", "aa")[n % 2] for n in range(20)},  # two people's
])
def test_other_contradictions_are_no_several_labels_of_a_text(tmp_path: Path, told: dict[int, str]) -> None:
    rows = [[prose(100 + n), name] for n, names in told.items() for name in names]
    finding = audited(tmp_path, [*plain(), *rows])
    assert "At least one of the labels is wrong" in finding["conflict"].why
    assert finding["conflict"].alternatives == ()


def test_near_duplicates(tmp_path: Path) -> None:
    changed = prose(3, 100).replace("number3", "number3 indeed")
    rows = [[prose(n, 100), "ab"[n % 2]] for n in range(30)] + [[changed, "b"]]
    findings = audited(tmp_path, rows)
    assert findings["near_duplicate"].rows.tolist() == [30]
    assert "duplicate" not in findings


def test_near_duplicates_agree_with_the_exact_share_of_common_runs() -> None:
    """MinHash is an estimate; the runs themselves are compared here one by one."""
    one, other = prose(5, 60).split(), prose(5, 60).split()
    other[30] = "elsewhere"
    runs = [{tuple(text[n : n + 3]) for n in range(len(text) - 2)} for text in (one, other)]
    exact = len(runs[0] & runs[1]) / len(runs[0] | runs[1])
    codes = [set(shingles(text).tolist()) for text in (one, other)]
    assert len(codes[0] & codes[1]) / len(codes[0] | codes[1]) == pytest.approx(exact)


def test_texts_without_spaces_are_compared_by_their_letters(tmp_path: Path) -> None:
    text = "距离川沙公路较近但是公交指示不对如果是蔡陆线的话会非常麻烦建议用别的路线房间较为简单早餐太差"
    rows = [[text, "a"], [text + "的", "a"], ["商务大床房房间很大床有两米宽整体感觉经济实惠不错", "b"], *plain()]
    assert audited(tmp_path, rows)["near_duplicate"].rows.tolist() == [1]


def test_garbled_characters_and_markup(tmp_path: Path) -> None:
    rows = [*plain(), ["crème brûlée, señor, £5 — “fine”", "a"], ["crÃ¨me brÃ»lÃ©e was the best", "b"],
            ["a <br /> tag and more words", "a"], ["Tom &amp; Jerry are here", "b"], ["a < b and c > d & e", "a"]]
    findings = audited(tmp_path, rows)
    assert findings["mojibake"].rows.tolist() == [41]
    assert findings["markup"].rows.tolist() == [42, 43]


def test_over_long_texts(tmp_path: Path) -> None:
    documents = opened(table(tmp_path / "a.csv", [*plain(), [prose(99, 60), "a"], ["长" * 1200, "b"]]))
    assert found(documents, max_words=50)["too_long"].rows.tolist() == [40, 41]


def test_one_label_only(tmp_path: Path) -> None:
    findings = audited(tmp_path, [[text, "a"] for text, _ in plain()])
    assert findings["one_class"].count == 40
    assert len(findings["one_class"].repair) == 0


def test_rare_labels(tmp_path: Path) -> None:
    rows = [*plain(), *[[prose(100 + n), "rare"] for n in range(9)], *[[prose(200 + n), "just"] for n in range(10)]]
    finding = audited(tmp_path, rows)["rare_class"]
    assert finding.rows.tolist() == list(range(40, 49))
    assert "rare (9)" in finding.why
    assert finding.why.startswith("1 of ")
    assert "labels has fewer than 10 documents" in finding.why
    assert finding.why.endswith("learnt about it, and its results are chance.")


def test_constant_and_empty_columns(tmp_path: Path) -> None:
    rows = [[text, label, "2024", "", str(n)] for n, (text, label) in enumerate(plain())]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "label", "year", "", "n"]))
    finding = found(documents)["constant_column"]
    assert finding.title == "2 columns say nothing"
    assert finding.why.startswith("In every row 'year' holds '2024', 'column 4' is empty. They are not used")
    one = found(opened(table(tmp_path / "b.csv", [row[:3] for row in rows], ["text", "label", "year"])))
    assert one["constant_column"].title == "Column 'year' says nothing"


def test_many_constant_columns_are_one_finding(tmp_path: Path) -> None:
    rows = [[text, label, *["same"] * 11] for text, label in plain()]
    documents = opened(table(tmp_path / "a.csv", rows, ["text", "label", *(f"c{n}" for n in range(11))]))
    finding, = [one for one in outcome(audit(documents)) if one.kind == "constant_column"]
    assert finding.title == "11 columns say nothing"
    assert "'c7' holds 'same'; so it is with 3 more. They" in finding.why


def test_documents_of_several_empty_columns_are_empty(tmp_path: Path) -> None:
    rows = [[f"Problem {n}" if n % 5 else "", text if n % 5 else " ", label] for n, (text, label) in enumerate(plain())]
    documents = opened(table(tmp_path / "a.csv", rows, ["Subject", "Description", "label"]))
    assert documents.understood.text_columns == ("Subject", "Description")
    findings = found(documents)
    assert findings["empty"].rows.tolist() == list(range(0, 40, 5))
    assert "duplicate" not in findings


def test_a_label_in_its_own_text(tmp_path: Path) -> None:
    rows = [[prose(n) + (" Sports!" if n % 2 else ""), "sports" if n % 2 else "politics"] for n in range(40)]
    finding = audited(tmp_path, rows)["label_leak"]
    assert finding.rows.tolist() == list(range(1, 40, 2))
    assert finding.why.startswith("20 documents name their own label in the text (sports)")


def test_a_word_that_others_use_as_well_is_no_leak(tmp_path: Path) -> None:
    rows = [[prose(n) + " sports", "sports" if n % 2 else "politics"] for n in range(40)]
    assert "label_leak" not in audited(tmp_path, rows)


def test_overlap_of_training_and_test(tmp_path: Path) -> None:
    rows = [[prose(n % 35), "ab"[n % 35 % 2], "test" if n >= 30 else "train"] for n in range(40)]
    finding = audited(tmp_path, rows, ["text", "label", "split"])["overlap"]
    assert finding.rows.tolist() == [0, 1, 2, 3, 4]


def test_losses_of_reading_are_findings(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", plain())
    path.write_bytes(path.read_bytes() + b"only a text here\r\nbad \x00 byte,a\r\n")
    findings = found(opened(path))
    assert findings["ragged"].rows.tolist() == [40]
    assert findings["undecodable"].count == 1


def test_a_repair_is_recorded_and_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [*plain(), ["", "a"], [prose(0), "a"]])
    before = path.read_bytes()
    config = CorpusConfig(path=str(path), drop_rows=(5,))
    findings = found(outcome(open_corpus(config, tmp_path / "cache")))
    mended = repaired(repaired(config, findings["empty"]), findings["duplicate"])
    empty = f"main:{int.from_bytes(blake2b(b'', digest_size=8).digest(), 'little'):016x}"
    text = " ".join(prose(0).casefold().split())
    again = f"main:{int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), 'little'):016x}:2"
    assert mended.drop_rows == (5, empty, again)
    documents = outcome(open_corpus(mended, tmp_path / "cache"))
    assert found(documents) == {}
    assert sum(documents.count(part) for part in ("train", "validation", "test")) == 39
    assert path.read_bytes() == before


def test_several_labels_are_audited_too(tmp_path: Path) -> None:
    rows = [[prose(n), "1" if n % 2 else "0", "1" if n % 3 else "0", "1" if n < 4 else "0"] for n in range(60)]
    rows.append([prose(0), "1", "1", "1"])
    findings = audited(tmp_path, rows, ["text", "toxic", "rude", "threat"])
    assert findings["conflict"].rows.tolist() == [0, 60]
    assert findings["rare_class"].rows.tolist() == [0, 1, 2, 3, 60]


def test_progress_and_cancel(tmp_path: Path) -> None:
    documents = opened(table(tmp_path / "a.csv", plain(1200)))
    _, events = with_events(audit(documents, near_limit=0))
    assert [(e.done, e.total) for e in events if isinstance(e, Progress)] == [(500, 1200), (1000, 1200), (1200, 1200)]
    work = audit(documents)
    next(work)
    work.close()


def test_the_number_of_texts_compared_is_bounded_and_said(tmp_path: Path) -> None:
    copies = [[prose(n) + " again", "a"] for n in range(5)]
    documents = opened(table(tmp_path / "a.csv", [*plain(), *copies]))
    assert found(documents)["near_duplicate"].count == 5
    less = [[prose(0) + " again", "a"], *plain(), *copies]
    finding = found(opened(table(tmp_path / "b.csv", less)), near_limit=20)["near_duplicate"]
    assert finding.rows.tolist() == [1]
    assert "Only the first 20" in finding.why
    assert "near_duplicate" not in found(documents, near_limit=0)


def test_inspect_gives_plain_json(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [*plain(), ["", "a"]])
    result = outcome(inspect(path))
    again = json.loads(json.dumps(result))
    assert again == result
    expected = {
        "format": "csv", "encoding": "utf-8", "rows": 41, "columns": ["text", "label"], "text_columns": ["text"],
        "label_columns": ["label"], "labels": ["a", "b"],
    }
    assert {name: result[name] for name in expected} == expected
    assert result["label_counts"] == {"a": 21, "b": 20}
    assert [(item["kind"], item["count"], item["rows"]) for item in result["audit"]] == [("empty", 1, [40])]
    assert list(tmp_path.iterdir()) == [path]


def left_out(documents: Documents) -> list[str]:
    """The texts that repairs have left out."""
    return list(documents.texts_of(np.flatnonzero(documents.parts == -1)))


def test_a_repair_stays_with_its_documents(tmp_path: Path) -> None:
    rows = [*plain(), [prose(7), "b"], ["", "b"]]
    path, cache = table(tmp_path / "a.csv", rows), tmp_path / "cache"
    spare = table(tmp_path / "more.csv", [[prose(90), "a"], ["", "b"], [prose(7), "a"]])
    config = CorpusConfig(path=str(path), unlabelled_path=str(spare))
    for finding in found(outcome(open_corpus(config, cache))).values():
        if finding.kind in ("empty", "duplicate", "overlap"):
            config = repaired(config, finding)
    before = outcome(open_corpus(config, cache))
    assert sorted(left_out(before)) == ["", "", prose(7), prose(7)]

    held = table(tmp_path / "test.csv", [[prose(number), "ab"[number % 2]] for number in range(60, 75)])
    with_test = outcome(open_corpus(config.model_copy(update={"test_path": str(held)}), cache))
    assert sorted(left_out(with_test)) == ["", "", prose(7), prose(7)]

    table(path, [[prose(99), "a"], *rows])
    assert sorted(left_out(outcome(open_corpus(config, cache)))) == ["", "", prose(7), prose(7)]

    headless = outcome(open_corpus(config.model_copy(update={"header": "no"}), cache))
    assert sorted(left_out(headless)) == ["", "", prose(7), prose(7)]

    table(path, [*plain(), ["another text in its place, which no repair has seen", "a"]])
    changed = outcome(open_corpus(config, cache))
    assert sorted(left_out(changed)) == ["", prose(7)]
    assert any(note.startswith("2 documents that repairs left out are no longer there") for note in changed.notes)


def test_labels_that_differ_in_spelling_alone_or_mean_none(tmp_path: Path) -> None:
    labels = ["Pos", "pos", "1", "1.0", "None", "neg"]
    findings = audited(tmp_path, [[prose(n), labels[n % 6]] for n in range(120)])
    assert findings["label_spelling"].rows.tolist() == [n for n in range(120) if n % 6 < 4]
    assert "'1' and '1.0'" in findings["label_spelling"].why
    assert findings["label_missing"].rows.tolist() == list(range(4, 120, 6))


@pytest.mark.parametrize(("names", "asked"), [
    (["praise", "-"], "-"), (["praise", "?"], "?"), (["praise", "n/a"], "n/a"), (["praise", "NA"], "NA"),
    (["praise", "."], "."), (["praise", "unknown"], "unknown"), (["praise", "blame", "?"], "?"),
    (["+", "-"], ""), (["+", "-", "0"], ""), (["praise", "blame"], ""), (["\U0001f600", "\U0001f622"], ""),
])
def test_a_sign_or_word_for_nothing_beside_a_class_is_asked_about(tmp_path: Path, names: list[str], asked: str) -> None:
    findings = audited(tmp_path, [[prose(n), names[n % len(names)]] for n in range(120)])
    if not asked:
        assert "label_missing" not in findings
        return
    finding = findings["label_missing"]
    assert finding.rows.tolist() == [n for n in range(120) if names[n % len(names)] == asked]
    assert f"none was given: '{asked}'" in finding.why


@pytest.mark.parametrize("name", [
    "not labelled", "Unassigned", "No label", "(blank)", "-- select --", "[none]", "k.A.", "keine Angabe", "Sin datos",
    "non renseigné", "não informado", "non specificato", "не указано", "未标注", "未分類", "TBD", "Uncategorized",
    "keine", "unsup", "Aucune", "ninguno", "Nessuna", "geen",
])
def test_no_answer_in_other_words_is_asked_about(tmp_path: Path, name: str) -> None:
    names = ["praise", "blame", name]
    findings = audited(tmp_path, [[prose(n), names[n % 3]] for n in range(120)])
    assert findings["label_missing"].rows.tolist() == list(range(2, 120, 3))


@pytest.mark.parametrize("names", [
    ["select", "update", "delete"], ["other", "praise", "no"], ["blank", "photo", "drawing"], ["empty", "full"],
    ["neutral", "not happy", "happy"], ["*", "**", "***"], ["(a)", "(b)"], ["- none of these -", "praise"],
    ["kleine", "keiner da"], ["unsupervised", "supervised"], ["Ingenieur", "Brakel"], ["aucun doute", "praise"],
])
def test_names_that_only_look_like_no_answer_are_classes(tmp_path: Path, names: list[str]) -> None:
    assert "label_missing" not in audited(tmp_path, [[prose(n), names[n % len(names)]] for n in range(120)])


def test_signs_without_a_letter_are_no_spellings_of_each_other(tmp_path: Path) -> None:
    names = ["praise", "blame", ".", "?"]
    findings = audited(tmp_path, [[prose(n), names[n % 4]] for n in range(120)])
    assert "label_spelling" not in findings
    assert findings["label_missing"].rows.tolist() == [n for n in range(120) if n % 4 > 1]


def test_what_is_written_in_place_of_a_text_is_told_and_left_out_by_a_repair(tmp_path: Path) -> None:
    words = ["nan", "None", "#NAME?", "[deleted]", "[Removed]", "NULL"]
    kept = ["none of it works", "deleted", "null and void", "\U0001f600\U0001f44d", "no"]
    findings = audited(tmp_path, [*plain(), *([word, "a"] for word in words), *([word, "b"] for word in kept)])
    assert findings["no_text"].rows.tolist() == findings["no_text"].repair.tolist() == [40, 41, 42, 43, 44, 45]
    assert findings["near_empty"].rows.tolist() == [50]


def test_near_duplicates_on_both_sides_of_a_split_are_counted(tmp_path: Path) -> None:
    rows = []
    for number, (one, two) in enumerate([("train", "test"), ("validation", "train"), ("train", "train"),
                                         ("test", "validation"), ("test", "test")]):
        text = prose(number, 81)
        rows += [[text, "ab"[number % 2], one], [text.replace(f"number{number}", "other"), "ab"[number % 2], two]]
    finding = audited(tmp_path, rows, ["text", "label", "split"])["near_duplicate"]
    assert finding.rows.tolist() == [1, 3, 5, 7, 9]
    assert "agree): row 2 as row 1, row 4 as row 3, row 6 as row 5 and 2 more. 3 of them stand on" in finding.why
    alone = audited(tmp_path, rows[:2], ["text", "label", "split"])["near_duplicate"].why
    assert "1 of them stands on the other side of a validation or test split than the text it resembles" in alone


def test_texts_that_could_not_be_compared_are_told(tmp_path: Path) -> None:
    finding = found(opened(table(tmp_path / "a.csv", plain())), near_limit=30)["near_unknown"]
    assert finding.count == 10
    assert "first 30 different texts" in finding.why


@pytest.mark.parametrize("name", ["World News", "Sci-Tech", "rec_autos", "4 stars"])
def test_a_label_of_several_words_that_stands_in_its_texts(tmp_path: Path, name: str) -> None:
    words = name.replace("_", " ").lower()
    rows = [[f"{prose(n)} {words}" if n % 2 else prose(n), name if n % 2 else "other"] for n in range(40)]
    finding = audited(tmp_path, rows)["label_leak"]
    assert finding.rows.tolist() == list(range(1, 40, 2))
    assert name in finding.why


def test_of_contradicting_texts_one_of_the_commonest_label_stays(tmp_path: Path) -> None:
    rows = [[prose(n // 3), "aab"[n % 3] if n < 60 else "abc"[n % 3]] for n in range(90)]
    finding = audited(tmp_path, rows)["conflict"]
    assert finding.rows.tolist() == list(range(90))
    assert finding.repair.tolist() == [n for n in range(90) if n >= 60 or n % 3]
