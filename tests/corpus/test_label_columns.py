"""Which column is the label: by name, by values and by what stands beside it; doubts are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import polars as pl
import pytest

from tests.corpus.frames import LONG, NAMES, cells_of, frame, long
from tests.corpus.helpers import everything, opened, table
from ulmengine.config import CorpusConfig
from ulmengine.corpus import CorpusError, audit, preview
from ulmengine.corpus.column_sample import Sampled
from ulmengine.corpus.guess import guess_columns
from ulmengine.events import outcome


def test_texts_alone_have_no_label() -> None:
    assert guess_columns(frame(id=["1", "2", "3"], text=long(3))).label == ()


def test_a_column_with_far_too_many_values_is_no_label(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [[LONG, f"value {n}"] for n in range(10_001)], ["text", "key"])
    with pytest.raises(CorpusError, match="10,001 different values"):
        opened(path, label_columns=("key",))


@pytest.mark.parametrize(("text", "label", "beside"), [
    ("text", "kategorie", "team"), ("Nachricht", "Klasse", "Schicht"), ("Freitext", "Thema", "Kanal"),
    ("Bemerkung", "Bewertungsklasse", "Standort"), ("Freitext", "Einordnung (Anna)", "Kanal"),
    ("texte", "catégorie", "équipe"), ("commentaire", "Etiquette", "canal"), ("texto", "categoría", "equipo"),
    ("comentario", "Etiqueta", "turno"), ("testo", "etichetta", "squadra"), ("texto", "rótulo", "equipe"),
    ("tekst", "kategoria", "zmiana"), ("tekst", "categorie", "ploeg"), ("metin", "etiket", "vardiya"),
    ("текст", "категория", "смена"), ("текст", "метка", "смена"), ("文本", "标签", "渠道"), ("内容", "类别", "渠道"),
    ("本文", "ラベル", "店舗"), ("本文", "カテゴリ", "店舗"), ("텍스트", "라벨", "채널"), ("텍스트", "분류", "채널"),
    ("نص", "تصنيف", "فريق"), ("text", "情感标签", "渠道"), ("body", "ticket category", "shift"),
])
def test_a_column_named_like_a_label_in_any_language_wins(text: str, label: str, beside: str) -> None:
    guess = guess_columns(frame(**{
        beside: [("a", "b")[n % 7 % 2] for n in range(60)], text: long(60), label: [NAMES[n % 3] for n in range(60)],
    }))
    assert (guess.text, guess.label) == ((text,), (label,))
    assert f"'{label}'" in guess.reasons["label_columns"]
    assert "label_doubt" not in guess.reasons


def people(**columns: list[str]) -> pl.DataFrame:
    return frame(city=[("Rome", "Oslo")[n % 2] for n in range(60)], gender=[("m", "f")[n % 7 % 2] for n in range(60)],
                 age=[str(20 + n % 40) for n in range(60)], remark=long(60), **columns)


@pytest.mark.parametrize("name", ["code_final", "q7_code", "Kode", "type", "Produkt"])
def test_what_is_said_of_people_is_no_label_beside_a_code(name: str) -> None:
    assert guess_columns(people(**{name: [NAMES[n % 3] for n in range(60)]})).label == (name,)


@pytest.mark.parametrize("name", ["zip_code", "country code"])
def test_other_codes_are_no_labels_before_all_others(name: str) -> None:
    columns = {name: [NAMES[n % 3] for n in range(60)], "verdict": ["yes", "no"] * 30}
    assert guess_columns(people(**columns)).label == ("verdict",)


def test_where_two_columns_could_be_the_label_both_are_named(tmp_path: Path) -> None:
    rows = [[text, NAMES[n % 3], ("web", "app")[n % 2]] for n, text in enumerate(long(60))]
    path = table(tmp_path / "a.csv", rows, ["remark", "verdict", "channel"])
    note = next(note for note in opened(path).notes if "not certain" in note)
    assert "'verdict'" in note
    assert "'channel'" in note
    assert not any("not certain" in note for note in opened(path, label_columns=("verdict",)).notes)


def test_a_name_for_tags_that_are_mostly_lacking_does_not_win() -> None:
    guess = guess_columns(frame(text=long(60), Tags=["vip"] + [""] * 59, Product=[NAMES[n % 3] for n in range(60)]))
    assert guess.label == ("Product",)


def test_sentences_that_come_again_are_named_and_not_taken_for_the_label() -> None:
    told = [f"This customer is {name}, as far as the reader can tell from the comment alone" for name in NAMES]
    guess = guess_columns(frame(comment=long(60), assessment=[told[n % 3] for n in range(60)]))
    assert guess.label == ()
    assert "could be 'assessment' (3 values)" in guess.reasons["label_doubt"]
    guess = guess_columns(frame(comment=long(60), category=[told[n % 3] for n in range(60)]))
    assert guess.label == ("category",)
    assert "characters on average" in guess.reasons["label_columns"]


@pytest.mark.parametrize("values", [
    [f"https://www.example.com/archive/2024/reviews/{name}/index.html?page=1" for name in NAMES],
    ["1234 5678 9012 3456 7890 1234 5678 9012 3456 7890 1234 5678 9012 3456 7890", "0" * 70],
])
def test_addresses_and_numbers_that_come_again_are_no_label(values: list[str]) -> None:
    guess = guess_columns(frame(text=long(60), origin=[values[n % len(values)] for n in range(60)]))
    assert (guess.label, "label_doubt" in guess.reasons) == ((), False)


def test_where_no_column_is_a_label_the_nearest_is_named() -> None:
    guess = guess_columns(frame(text=long(60), remark=[f"{n} and some more words" for n in range(60)]))
    assert guess.label == ()
    assert "'remark' holds 60 different values in 60 rows" in guess.reasons["label_columns"]


@pytest.mark.parametrize("name", ["answer", "status", "is_active", "deleted"])
@pytest.mark.parametrize("values", ["open closed", "1 2", "0 1"])
def test_a_state_beside_a_text_is_the_label_in_doubt_where_nothing_else_is(name: str, values: str) -> None:
    columns = {"text": long(60), name: cells_of(values)}
    guess = guess_columns(frame(**columns))
    assert guess.label == (name,)
    assert "'none'" in guess.reasons["label_doubt"]
    assert guess_columns(frame(**columns, team=cells_of("a b c"))).label == ("team",)
    assert guess_columns(frame(**columns, user=cells_of("ann bob"))).label == (name,)


def test_states_of_yes_and_no_are_the_labels_in_doubt_and_others_are_named() -> None:
    guess = guess_columns(frame(text=long(60), escalated=cells_of("0 1"), reopened=cells_of("1 0 0")))
    assert (guess.label, guess.rivals) == (("escalated", "reopened"), ())
    assert "Whether 'escalated' (2 values) and 'reopened' (2 values) are the label" in guess.reasons["label_doubt"]
    guess = guess_columns(frame(text=long(60), status=cells_of("open closed"), is_vip=cells_of("no yes")))
    assert (guess.label, guess.rivals) == ((), ("status", "is_vip"))


@pytest.mark.parametrize("name", ["user", "agent", "annotator", "file", "version", "order", "project", "confidence"])
def test_persons_and_files_are_no_label_but_named(name: str) -> None:
    guess = guess_columns(frame(message=long(60), **{name: cells_of("ann bob")}))
    assert (guess.label, guess.rivals) == ((), (name,))
    assert f"could be '{name}' (2 values)" in guess.reasons["label_doubt"]
    assert guess_columns(frame(message=long(60), **{name: cells_of("1 2")})).rivals == ()


@pytest.mark.parametrize("wrap", [" ".join, lambda tags: json.dumps(list(tags))])
def test_a_value_for_every_word_is_no_label_of_the_text(wrap: Callable[[Sequence[str]], str]) -> None:
    tags = [[("O", "B", "I")[(n + word) % 3 if word % 4 == 0 else 0] for word in range(5 + n % 7)] for n in range(60)]
    table_of = pl.DataFrame({"text": [f"the words of sentence {n}, one after another" for n in range(60)],
                             "tags": [wrap(one) for one in tags]})
    assert guess_columns(table_of).label == ()
    several = pl.DataFrame({"text": table_of["text"], "tags": [wrap(("a", "b", "c")[:1 + n % 3]) for n in range(60)]})
    assert guess_columns(several).label == ("tags",)


@pytest.mark.parametrize(("columns", "label", "doubt"), [
    # a text and what stands beside it; the label; the other columns that a note names
    ({"department": "Sales HR IT", "note": "15 of seen checked"}, "department", ""),
    ({"department": "Sales HR IT", "note": "seen checked"}, "note", "department"),
    ({"departamento": "Ventas RH TI", "nota": "15 of visto bien"}, "departamento", ""),
    ({"decision": "accept reject", "annotation": "40 of unclear typo"}, "annotation", ""),
    ({"reason": "late broken refund", "agent_code": "A12 B34 C77 D01"}, "reason", "agent_code"),
    ({"type": "email sms", "is_spam": "0 1"}, "is_spam", "type"),
    ({"source": "web app", "toxic": "0 1"}, "toxic", "source"),
    ({"kind": "web app", "Is fraud?": "No Yes"}, "Is fraud?", "kind"),
    ({"spam?": "no yes"}, "spam?", ""),
    ({"Offense": "theft assault", "arrested": "No Yes", "armed": "No No Yes"}, "Offense", "arrested armed"),
    ({"rush": "N Y", "gift": "N N Y", "star_rating": "1 2 3 4 5"}, "star_rating", "rush gift"),
    ({"department": "Heart Brain Bone", "readmitted": "NO YES"}, "department", "readmitted"),
    ({"department": "Heart Brain Bone", "readmitted": "NO YES", "fraud": "no yes yes"}, "fraud",
     "department readmitted"),
    ({"remote": "0 1", "has_logo": "1 0 0", "has_questions": "0 1 1", "fraudulent": "0 0 1"}, "fraudulent",
     "remote has_logo has_questions"),
    ({"Abteilung": "Technik Vertrieb", "Erledigt": "ja nein"}, "Abteilung", ""),
    ({"group": "A B C", "made_sla": "TRUE FALSE"}, "group", ""),
    ({"rating": "20 of 1 2 3", "kind": "bug task"}, "rating", "kind"),
    ({"csat_rating": "20 of 1 2 3", "kind": "bug task"}, "kind", ""),
    ({"Classification": "I II III", "Kind": "firm mandated"}, "Classification", ""),
    ({"type": "email sms", "toxic": "0 1", "insult": "0 1 0"}, "toxic insult", "type"),
    ({"joy": "0 1", "anger": "1 0 0", "type": "web app"}, "joy anger", "type"),
    ({"Klasse": "7a 7b 8c", "Kategorie": "Lob Tadel Bitte Frage"}, "Kategorie", "Klasse"),
    ({"clase": "a b", "categoría": "queja elogio duda"}, "categoría", "clase"),
    ({"product": "phone tv laptop", "outcome": "late broken"}, "outcome", "product"),
    ({"product": "phone tv", "complaint": "late broken refund"}, "product", "complaint"),
    ({"type": "email web chat", "urgency": "low high"}, "urgency", "type"),
    ({"queue": "billing sales tech", "Ticket Priority": "low high"}, "queue", "Ticket Priority"),
    ({"Service": "IT RH Achats", "Priorité": "haute basse"}, "Service", "Priorité"),
    ({"type": "bug task wish", "queue": "a b c d", "priority": "low high", "language": "en de"}, "type",
     "queue priority language"),
    ({"language": "en de", "priority": "low high"}, "language", "priority"),
    ({"reason_for_leaving": "pay boss family", "voluntary": "yes no"}, "reason_for_leaving", "voluntary"),
    ({"product_category": "toys books", "star_rating": "1 2 3 4 5"}, "star_rating", "product_category"),
    ({"product_sentiment": "low high", "star_rating": "1 2 3 4 5"}, "product_sentiment", ""),
    ({"product_category": "toys books", "seller": "x y"}, "product_category", "seller"),
    ({"is_phishing": "0 1", "has_attachment": "1 0 0"}, "is_phishing", "has_attachment"),
    ({"phishing": "no yes", "opened": "yes no no"}, "phishing", ""),
    ({"act": "ask tell thank", "speaker": "A B"}, "act", "speaker"),
    ({"speaker": "A B"}, "speaker", ""),
    ({"drug": "x y z", "adverse_event": "0 1"}, "adverse_event", "drug"),
    ({"department": "Sales IT HR", "Attrition": "No Yes"}, "Attrition", "department"),
    ({"art": "oil ink", "style": "new old plain"}, "art", "style"),
    ({"channel": "web app", "code": "K1 K2 K3"}, "channel", "code"),
    ({"country": "it fr", "colour": "red white rose"}, "colour", "country"),
    ({"gender": "m f", "country": "de us fr"}, "gender", "country"),
    ({"category": "15 of good bad", "department": "Sales HR IT"}, "category", "department"),
    ({"Thema": "15 of Preis Service", "Kanal": "Web Laden"}, "Thema", "Kanal"),
    ({"tags": "15 of vip new", "product": "phone tv laptop"}, "product", ""),
    ({"language": "en de", "outcome": "good bad mixed"}, "language", "outcome"),
    ({"sentiment": "good bad", "topic": "price food staff"}, "sentiment", "topic"),
    ({"category": "price food staff", "rating": "1 2 3 4 5"}, "category", "rating"),
    ({"label": "good bad", "category": "price food staff"}, "label", ""),
    ({"class": "good bad", "type": "web app", "code": "K1 K2"}, "class", ""),
    ({"kategorie": "Lob Tadel", "team": "A B C"}, "kategorie", ""),
    ({"state": "open closed", "priority": "low high mid"}, "state", "priority"),
    ({"status": "open closed", "priority": "low high mid"}, "priority", ""),
    ({"rating": "1 2 3 4 5", "store": "Rome Oslo"}, "rating", ""),
    ({"phase": "training test"}, "phase", ""),
    ({"activity": "training evaluation"}, "activity", ""),
    ({"Menge": "0 1", "verdict": "good bad"}, "verdict", "Menge"),
    ({"genre": "fiction travel", "gold_label": "yes no maybe"}, "gold_label", "genre"),
    ({"emotion": "joy anger fear", "sentiment_class": "good bad"}, "emotion", "sentiment_class"),
    ({"score": "1 2 3", "class_name": "good bad"}, "score", "class_name"),
    ({"tags": "new old", "manual_category": "praise complaint"}, "manual_category", ""),
    ({"language": "en de", "label_name": "ham spam"}, "label_name", ""),
    ({"genre": "fiction", "gold_label": "yes no maybe"}, "gold_label", ""),
    ({"labels": "10 of ui", "kind": "bug story task"}, "kind", "labels"),
    ({"labels": "15 of ui api", "kind": "bug story task"}, "labels", ""),
    ({"labels": "6 of ui api", "kind": "bug story task", "topic": "6 of a b"}, "labels", "kind"),
    ({"target": "all", "category": "bug story task"}, "category", "target"),
    ({"label": "A", "dept": "x y"}, "dept", "label"),
    ({"label": "24 of a b", "language": "en de"}, "label", ""),
    ({"genre": "jazz rock", "record_label": "Sony EMI"}, "genre", "record_label"),
    ({"rating": "1 2 3", "shelf_label": "a b"}, "rating", "shelf_label"),
    ({"record_label": "Sony EMI", "majority_label": "a b c"}, "majority_label", "record_label"),
    ({"predicted_label": "neg pos", "human_label": "pos neg"}, "human_label", ""),
    ({"category": "x y", "pred_label": "y x x"}, "category", ""),
    ({"old_category": "a b", "queue": "x y z"}, "queue", "old_category"),
    ({"annotator1_label": "a b", "annotator2_label": "b a a"}, "annotator1_label", "annotator2_label"),
    ({"toxic": "0 1", "obscene": "0", "threat": "0"}, "toxic obscene threat", ""),
    ({"label_good": "1", "label_bad": "0"}, "label_good label_bad", ""),
    ({"target": "all"}, "target", ""),
    ({"priority": "low high urgent", "escalated": "Yes No No", "reopened": "Yes No", "is_vip": "No Yes"}, "priority",
     ""),
    ({"spam": "0 1", "ham": "1 0", "archived": "0 0 1"}, "spam ham", ""),
    ({"queue": "a b c", "gift": "0", "paid": "1"}, "queue", ""),
    ({"joy": "0 1", "anger": "1 0 0", "very_unclear": "True False"}, "joy anger", "very_unclear"),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0 0 1", "very_unclear": "True False"}, "joy anger fear", ""),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0 0 1", "forum": "news art"}, "joy anger fear", "forum"),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0"}, "joy anger fear", ""),
    ({"joy": "0 1", "anger": "1 0 0", "fear": "0 0 1", "AssignmentStatus": "Approved Submitted"}, "joy anger fear", ""),
    ({"gold_label": "0 1", "agreed": "1 0 0", "fear": "0 0 1"}, "gold_label", ""),
    ({"app": "A B C", "review_score": "-1 1"}, "review_score", "app"),
    ({"device": "pixel s9", "Star Rating": "1 2 3 4 5"}, "Star Rating", "device"),
    ({"outcome": "late broken", "risk_score": " ".join(map(str, range(12)))}, "outcome", "risk_score"),
    ({"asin": "B1 B2 B3", "overall": "1.0 5.0"}, "overall", ""),
    ({"Name": "Ann Bob", "Reason for contact": "refund question praise"}, "Reason for contact", "Name"),
    ({"*first name*?": "Ann Bob", "How likely?": "1 2 3 4 5"}, "How likely?", "*first name*?"),
    ({"type.name": "bug task", "state": "new old older"}, "type.name", "state"),
    ({"comment": "done ok", "queue": "billing sales tech"}, "queue", "comment"),
    ({"Target": "Atheism Climate Abortion", "Stance": "for against"}, "Stance", ""),
    ({"sentiment": "hateful normal", "group": "x y z", "target": "gender origin"}, "target", "sentiment group"),
    ({"sentiment": "hateful normal", "target": "0 1"}, "target", ""),
    ({"IsDeleted": "false", "IsClosed": "true false", "IsEscalated": "false true true", "Reason": "a b"}, "Reason", ""),
    ({"sentiments": "P N NEU", "topics": "a b c d"}, "sentiments", "topics"),
])
def test_ordinary_tables(columns: dict[str, str], label: str, doubt: str) -> None:
    guess = guess_columns(frame(text=long(60), **{name: cells_of(told) for name, told in columns.items()}))
    assert guess.label == tuple(name for name in columns if name in (label, *label.split()))
    assert guess.split == ""
    told = guess.reasons.get("label_doubt", "").partition("could be")[2]
    named = [name for name in columns if name in (doubt, *doubt.split())]
    assert [name for name in columns if f"'{name}'" in told] == named


COMPLAINTS = {
    "Date received": "", "Product": "Mortgage/Student loan/Credit card/Debt collection/Credit reporting/Payday loan",
    "Sub-product": "Kind A/Kind B/Kind C/Kind D/Kind E/Kind F/Kind G", "State": "CA/TX/NY", "Company": "A/B/C/D",
    "Issue": "Fees/Fraud/Late/Lost/Wrong/Rude/Slow/Sold", "Consumer complaint narrative": "",
    "Consumer consent provided?": "Consent provided/Consent not provided", "Timely response?": "Yes/Yes/Yes/No",
    "Company response to consumer": "Closed/Closed with explanation/Untimely response", "Submitted via": "Web/Phone",
    "Consumer disputed?": "No/No/Yes",
}
REQUESTS = {
    "Created Date": "", "Agency": "NYPD/HPD/DOT/DEP", "Complaint Type": "Noise/Heat/Parking/Street/Water/Rodent",
    "Location Type": "House/Street/Store", "Resolution Description": "", "Borough": "Bronx/Queens",
    "Open Data Channel Type": "PHONE/ONLINE",
}
JOBS = {
    "title": "Clerk/Cook/Nurse", "description": "", "telecommuting": "0/0/0/1", "has_company_logo": "1/0",
    "has_questions": "0/1", "employment_type": "Full-time/Part-time", "fraudulent": "0/0/0/0/1",
}
TICKETS = {
    "Ticket Type": "Technical issue/Refund request/Cancellation/Billing/Inquiry", "Ticket Description": "",
    "Ticket Status": "Open/Closed", "Ticket Priority": "Low/High", "Ticket Channel": "Email/Phone/Chat",
    "Product Purchased": "TV/Phone/Camera", "Customer Gender": "Male/Female",
}


@pytest.mark.parametrize(("columns", "text", "label", "rival"), [
    (COMPLAINTS, "Consumer complaint narrative", "Product", "Issue"),
    (REQUESTS, "Resolution Description", "Complaint Type", "Agency"),
    (JOBS, "description", "fraudulent", "employment_type"),
    (TICKETS, "Ticket Description", "Ticket Type", "Ticket Priority"),
])
def test_of_many_columns_beside_a_text_the_names_tell_which_the_label_is(
    columns: dict[str, str], text: str, label: str, rival: str
) -> None:
    """Headings of public tables: complaints to a bank's supervisor, requests to a city, adverts of jobs, tickets."""
    def cells(name: str, values: list[str]) -> list[str]:
        if name == text:
            return long(200)
        some = [f"0{1 + n % 9}/1{n % 9}/20{10 + n % 13}" for n in range(200)] if values == [""] else values
        return [some[n * n % 211 % len(some)] for n in range(200)]

    guess = guess_columns(frame(**{name: cells(name, values.split("/")) for name, values in columns.items()}))
    assert (guess.text[-1], guess.label) == (text, (label,))
    assert rival in guess.rivals
    assert "not certain" in guess.reasons["label_doubt"]


def test_a_label_of_one_value_in_the_beginning_of_a_table_may_be_sorted(tmp_path: Path) -> None:
    seen = frame(text=long(60), label=["good"] * 60, source=["web", "app"] * 30)
    guess = guess_columns(seen, whole=False)
    assert (guess.label, guess.rivals) == (("label",), ())
    guess = guess_columns(seen)
    assert (guess.label, guess.rivals) == (("source",), ("label",))
    page = "a sentence of quite a length about it " * 600  # 600 rows of it are more than is looked at
    rows = [[f"{n} {page}", "AB"[n // 300], ("web", "app")[n % 2]] for n in range(600)]
    found = preview(table(tmp_path / "a.csv", rows, ["text", "label", "source"])).understood
    assert (found.label_columns, found.rivals) == (("label",), ())


def test_what_a_person_chose_as_text_is_no_rival_of_the_label(tmp_path: Path) -> None:
    rows = [[text, "xyz"[n % 3], ("web", "app")[n % 2], "ab"[n % 4 % 2]] for n, text in enumerate(long(60))]
    path = table(tmp_path / "a.csv", rows, ["remark", "verdict", "channel", "kind"])
    found = preview(path, CorpusConfig(text_columns=("remark", "kind"))).understood
    assert (found.label_columns, found.rivals) == (("channel",), ("verdict",))
    assert "it could be 'verdict' as well" in found.reasons["label_doubt"]
    found = preview(path, CorpusConfig(text_columns=("remark", "kind", "verdict"))).understood
    assert (found.rivals, "label_doubt" in found.reasons) == ((), False)
    found = preview(path, CorpusConfig(text_columns=("remark", "channel"))).understood
    assert (found.label_columns, found.rivals) == ((), ("kind", "verdict"))
    assert "No column is read as the label, but it could be 'kind', 'verdict'." in found.reasons["label_doubt"]


@pytest.mark.parametrize("verdicts", [
    ("true", "mostly-true", "half-true", "barely-true", "false", "pants-fire"), ("wahr", "halb", "erfunden", "offen"),
])
def test_of_many_columns_without_names_the_label_is_the_one_most_like_one(
    tmp_path: Path, verdicts: tuple[str, ...]
) -> None:
    """As in LIAR: a number, the verdict, the statement, its subject, who said it, ... and how often who was wrong."""
    rows = [(f"{1000 + n * 7 % 120}.json", verdicts[n % len(verdicts)], f"Says that {text} for all of us",
             ("taxes", "jobs", "health", "guns", "crime", "schools", "energy")[n % 7], f"person {n % 50}",
             ("democrat", "republican", "none")[n % 3], str(n * 13 % 40), f"a speech in town {n}")
            for n, text in enumerate(long(120))]
    path = tmp_path / "train.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    found = preview(path).understood
    assert (found.text_columns, found.label_columns) == (("column 3",), ("column 2",))
    assert found.rivals == ("column 4", "column 6")
    card = next(one for one in outcome(audit(opened(path))) if one.kind == "label_doubt")
    assert [way.value for way in card.alternatives] == [*((name,) for name in found.rivals), ("column 2",)]


@pytest.mark.parametrize(("values", "told"), [
    ("0.33 0.67 1.0", "such as 0.33, 0.67"), ("1.0 2.0 3.0", ""), ("0 1 2", ""), ("1.5 a 2.5", ""),
])
def test_shares_that_are_read_as_classes_are_told(values: str, told: str) -> None:
    guess = guess_columns(frame(text=long(60), isHate=cells_of(values)))
    assert guess.label == ("isHate",)
    assert (told in guess.reasons["label_doubt"]) if told else "label_doubt" not in guess.reasons


def test_a_language_that_is_the_same_everywhere_is_no_label() -> None:
    assert guess_columns(frame(id=list(map(str, range(60))), language=["en"] * 60, text=long(60))).label == ()


def test_counts_and_times_with_their_units_are_no_label() -> None:
    counters = {name: [str(n % 3) for n in range(60)] for name in ("n_words", "duration_s", "lead_time_ms")}
    assert guess_columns(frame(text=long(60), **counters)).label == ()


def test_good_and_bad_go_before_a_flag_of_what_a_text_is() -> None:
    flag = [str(n % 7 % 2) for n in range(60)]
    guess = guess_columns(frame(review=long(60), mood=[NAMES[n % 3] for n in range(60)], helpful=flag))
    assert (guess.label, guess.rivals) == (("mood",), ("helpful",))


def test_a_language_beside_much_else_is_the_label_in_doubt_and_alone_without(tmp_path: Path) -> None:
    rows = [[text, f"{n}", ("en", "und")[n % 3 == 0], f"u{n % 60}", f"{n * 7 % 61}"] for n, text in enumerate(long(60))]
    path = table(tmp_path / "a.csv", rows, ["text", "id", "lang", "author_id", "like_count"])
    found = preview(path).understood
    assert found.label_columns == ("lang",)
    assert "says in which language each text is written" in found.reasons["label_doubt"]
    assert "label_doubt" not in preview(path, CorpusConfig(label_columns=("lang",))).understood.reasons
    for name, places in (("b", (0, 1, 2)), ("c", (0, 2))):
        head = [("text", "id", "lang")[place] for place in places]
        few = table(tmp_path / f"{name}.csv", [[row[place] for place in places] for row in rows], head)
        found = preview(few).understood
        assert (found.label_columns, "label_doubt" in found.reasons) == (("lang",), False)


@pytest.mark.parametrize(("cells", "offered"), [
    (["03/01/2024", "03/02/2024", "03/05/2024"], False), (["2024-03-01", "2024-03-02"], False),
    (["1.3.2024 10:15", "2.3.2024 10:20"], False), (["March", "April"], True), (["v1.2.3", "v1.3.0"], True),
    (["1/2", "2/3"], True), (["A/B/C", "B/C/D"], True),
])
def test_dates_are_not_offered_as_the_label(cells: list[str], offered: bool) -> None:
    guess = guess_columns(frame(text=long(60), product=["card", "loan", "debt"] * 20,
                                received=[cells[n % len(cells)] for n in range(60)]))
    assert ("received" in (*guess.label, *guess.rivals)) == offered


@pytest.mark.parametrize(("cells", "noted"), [
    ("1 1,5 3 4,5 5", True), ("1 1,5 2 2,5 3 3,5 4 4,5 5", True), ("1 1.5 3 4.5 5", True), ("1 2 3 4 5", False),
    ("1,0 2,0 3,0 4,0", False), ("a,5 b,5 c,5", False), ("1 2 3 1,2 2,3 1,3", False), ("1 2 5 1,2 2,5 1,5", False),
])
def test_numbers_with_a_fraction_are_noted_with_a_comma_too(cells: str, noted: bool) -> None:
    values = cells.split()
    guess = guess_columns(frame(text=long(60), stars=[values[n % len(values)] for n in range(60)]))
    assert ("a class of its own" in guess.reasons.get("label_doubt", "")) == noted


def test_names_of_files_that_are_only_counted_are_no_texts(tmp_path: Path) -> None:
    rows = [[f"doc{n}.txt", "AB"[n % 2]] for n in range(40)]
    with pytest.raises(CorpusError, match=r"'location' holds names of files.*open the folder.*choose this column"):
        opened(table(tmp_path / "a.csv", rows, ["location", "class"]))
    chosen = opened(tmp_path / "a.csv", text_columns=("location",))
    assert everything(chosen)[0] == "doc0.txt"


@pytest.mark.parametrize("names", [
    [f"{('invoice', 'letter to bank', 'contract', 'cv of Anna', 'offer')[n % 5]}_{'abcdefgh'[n % 8] * 2}_{n}.pdf"
     for n in range(40)],
    [f"www.shop-{'abcdefgh'[n % 8]}{n}.com/index.html see it" for n in range(40)],
    [f"Please read the file doc{n}.txt" for n in range(40)],
    [f"http://shop.example/page{n}.html" for n in range(40)],
])
def test_names_of_files_that_say_something_are_texts(tmp_path: Path, names: list[str]) -> None:
    path = table(tmp_path / "a.csv", [[name, "AB"[n % 2]] for n, name in enumerate(names)], ["location", "class"])
    assert everything(opened(path)) == names


WORDS = ("Anna", "Smith", "lives", "in", "London", "since", "May", ".")
MARKS = ("B-per", "I-per", "O", "O", "B-geo", "O", "B-tim", "O")


@pytest.mark.parametrize("numbers", ["first", "each", ""])
def test_a_table_of_words_with_marks_is_refused_by_name(tmp_path: Path, numbers: str) -> None:
    rows = [[f"Sentence: {n}" if numbers == "each" or not k else "", word, "NNP", mark]
            for n in range(1, 20) for k, (word, mark) in enumerate(zip(WORDS, MARKS, strict=True))]
    head = ["Sentence #", "Word", "POS", "Tag"]
    path = table(tmp_path / "a.csv", rows if numbers else [row[1:] for row in rows], head if numbers else head[1:])
    with pytest.raises(CorpusError, match=r"table of words.*CoNLL.*one row a document"):
        opened(path)


@pytest.mark.parametrize("rows", [
    [[f"{' '.join(WORDS)} {n}", "O" if n % 2 else "B-side"] for n in range(40)],
    [[WORDS[n % 7] + str(n), ("O", "A", "B", "AB")[n % 4]] for n in range(40)],
    [[WORDS[n % 7] + str(n), ("noun", "verb", "O")[n % 3]] for n in range(40)],
])
def test_texts_and_words_with_a_class_are_read(tmp_path: Path, rows: list[list[str]]) -> None:
    assert len(opened(table(tmp_path / "a.csv", rows)).parts) == 40


def test_values_that_a_feed_wraps_are_called_by_their_field(tmp_path: Path) -> None:
    def entry(n: int) -> dict[str, object]:
        return {"author": {"name": {"label": f"u{n}"}, "uri": {"label": "https://x"}, "label": ""},
                "updated": {"label": "2024-03-01"}, "im:rating": {"label": str(1 + n % 5)}, "id": {"label": str(n)},
                "im:version": {"label": "4.1"}, "im:voteSum": {"label": "0"},
                "content": {"label": long(60)[n], "attributes": {"type": "text"}}}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"feed": {"entry": [entry(n) for n in range(60)]}}))
    found = opened(path).understood
    assert (found.text_columns, found.label_columns, found.rivals) == (("content",), ("im:rating",), ())
    path = tmp_path / "b.json"
    path.write_text(json.dumps([{"text": text, "result": {"label": "ab"[n % 2]}, "annotator": {"label": "x"}}
                                for n, text in enumerate(long(60))]))
    assert opened(path).understood.label_columns == ("result.label",)


@pytest.mark.parametrize("name", ["Author", "author.name", "author_name", "user.screen_name", "from.name", "sender",
                                  "AuthorName"])
def test_who_wrote_a_text_is_the_label_in_doubt(name: str) -> None:
    columns = {"text": long(60), name: ["ann", "bob", "cy"] * 20}
    guess = guess_columns(pl.DataFrame(columns))
    assert guess.label == (name,)
    assert "says who wrote or said each text" in guess.reasons["label_doubt"]
    guess = guess_columns(pl.DataFrame({**columns, "label": ["good", "bad"] * 30}))
    assert (guess.label, "label_doubt" in guess.reasons) == (("label",), False)


@pytest.mark.parametrize("name", ["label", "authority", "genre", "user_type", "authored_category", "product.name"])
def test_other_names_are_no_persons(name: str) -> None:
    guess = guess_columns(pl.DataFrame({"text": long(60), name: ["one", "two", "three"] * 20}))
    assert (guess.label, "label_doubt" in guess.reasons) == ((name,), False)


@pytest.mark.parametrize("beside", ["label", "Kategorie", "id"])
def test_a_class_is_not_read_for_a_text_that_is_blank_everywhere(tmp_path: Path, beside: str) -> None:
    path = table(tmp_path / "a.csv", [[" ", "xyz"[n % 3]] for n in range(30)], ["text", beside])
    with pytest.raises(CorpusError, match="'text' is called like a text and blank in every row"):
        opened(path)


@pytest.mark.parametrize("name", ["notes", "title", "text_clean"])
def test_another_text_beside_a_blank_one_is_read(name: str) -> None:
    columns = {"text": [""] * 30, name: long(30), "label": ["x", "y", "z"] * 10}
    assert guess_columns(pl.DataFrame(columns)).text == (name,)


@pytest.mark.parametrize("name", ["Seconds to Label", "time_to_label", "needs label", "date of label", "label date",
                                  "n_labels", "label_count", "View Label", "annotation time"])
@pytest.mark.parametrize("other", ["sentiment", "topic", "annotation"])
def test_what_is_kept_of_labelling_is_no_label(name: str, other: str) -> None:
    columns = {"text": long(60), name: [str(3 + n % 7) for n in range(60)], other: ["good", "bad", "mid"] * 20}
    guess = guess_columns(frame(**columns))
    assert (guess.label, guess.rivals) == ((other,), ())
    del columns[other]
    assert guess_columns(frame(**columns)).label == ()


@pytest.mark.parametrize("name", ["gold label", "my_label", "type of class", "label_num", "sentiment label",
                                  "Label (manual)", "label_id", "Name of the category"])
def test_what_ends_or_begins_with_a_word_for_a_label_is_one(name: str) -> None:
    columns = {"text": long(60), name: ["good", "bad", "mid"] * 20, "flag": ["x", "y"] * 30}
    assert guess_columns(frame(**columns)).label == (name,)


def test_many_points_are_a_measure_beside_a_label_and_a_few_are_a_scale() -> None:
    points, groups = [str(n % 24 - 3) for n in range(90)], ["python", "cooking", "gaming"] * 30
    for name in ("score", "Bewertung", "rating"):
        assert guess_columns(frame(**{"body": long(90), name: points, "subreddit": groups})).label == ("subreddit",)
    stars = [str(n % 5 + 1) for n in range(90)]
    assert guess_columns(frame(body=long(90), score=stars, subreddit=groups)).label == ("score",)
    halves = [str(n % 21 / 2) for n in range(90)]
    assert guess_columns(frame(body=long(90), score=halves, user=long(90))).label == ("score",)
    words = [f"from {n % 24} on" for n in range(90)]
    assert guess_columns(frame(body=long(90), rating=words, subreddit=groups)).label == ("rating",)


@pytest.mark.parametrize("name", ["num_label", "n_class", "number class", "Num Label"])
def test_a_class_as_a_number_is_the_label(name: str) -> None:
    columns = {"text": long(60), name: ["0", "1"] * 30}
    assert guess_columns(frame(**columns)).label == (name,)
    columns["flag"] = ["x", "y", "y"] * 20
    assert guess_columns(frame(**columns)).label == (name,)


@pytest.mark.parametrize("name", ["url_label", "url class", "time_class", "class_time", "cost_class", "has_label",
                                  "without_label", "version_label"])
def test_what_may_be_kept_of_labelling_is_the_label_where_no_other_column_is(name: str) -> None:
    columns = {"text": long(60), name: ["0", "1"] * 30}
    guess = guess_columns(frame(**columns))
    assert (guess.label, guess.rivals) == ((name,), ())
    for other in ("sentiment", "my_label", "flag"):
        guess = guess_columns(frame(**columns, **{other: ["x", "y", "y"] * 20}))
        assert (guess.label, guess.rivals) == ((other,), ())


class _Placed(str):
    """A string that stands in a set where it is placed."""

    place: int

    def __new__(cls, value: str, place: int) -> Self:
        placed = super().__new__(cls, value)
        placed.place = place
        return placed

    def __hash__(self) -> int:
        return self.place


@pytest.mark.parametrize("order", [1, -1])
def test_what_a_column_of_many_values_is_does_not_hang_on_the_order_of_a_set(order: int) -> None:
    values = [f"{n}.5" for n in range(300)] + [f"Words of {n}" for n in range(300)]
    placed = frozenset(_Placed(value, place) for place, value in enumerate(values[::order]))
    column = Sampled("about", 600, 600, 9.0, 0.5, False, placed, 600)
    assert not column.may_be_read
