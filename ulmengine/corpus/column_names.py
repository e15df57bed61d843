"""What columns and parts are called, in the larger languages of the world."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from enum import IntEnum


def _names(text: str) -> frozenset[str]:
    """The words of ``text``, each also without its accents, as people write them in headings."""
    words = text.split()
    return frozenset(words) | frozenset(map(_unaccented, words))


def _unaccented(word: str) -> str:
    """``word`` without its accents, where it is Latin."""
    if not any("a" <= letter <= "z" for letter in word):
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


PLAIN_TEXT_NAMES = _names("""
    text review sentence content body comment message tweet document utt
    nachricht kommentar inhalt satz dokument freitext rezension volltext
    texte commentaire contenu avis texto comentario mensaje contenido reseña oración
    testo commento messaggio contenuto frase recensione comentário mensagem conteúdo resenha
    tekst treść wiadomość komentarz recenzja bericht inhoud opmerking recensie innehåll meddelande recension
    indhold besked innhold melding anmeldelse teksti kommentti metin yorum mesaj içerik cümle szöveg vélemény üzenet
    zpráva komentář recenze obsah văn_bản nội_dung bình_luận teks isi pesan komentar ulasan
    текст комментарий сообщение отзыв содержание предложение повідомлення коментар відгук κείμενο σχόλιο μήνυμα
    文本 文字 正文 内容 评论 消息 句子 文章 留言 內容 評論 訊息 本文 テキスト コメント メッセージ レビュー 口コミ
    クチコミ 문장 텍스트 본문
    내용 리뷰 댓글 메시지 후기 نص النص تعليق رسالة مراجعة טקסט תגובה הודעה ข้อความ รีวิว ความคิดเห็น पाठ टिप्पणी संदेश
""")
TITLE_NAMES = _names("""
    title headline subject short_description
    titel überschrift betreff titre objet título asunto titolo oggetto assunto tytuł rubrik
    başlık otsikko заголовок 标题 標題 题目 タイトル 件名 제목
""")
TEXT_NAMES = PLAIN_TEXT_NAMES | _names("""
    texts reviews sentences contents comments messages tweets documents description article post question utterance
    abstract headline title short_description summary reviewtext review_text comment_text sms email transcript text_a
    sentence1 context phrase remark remarks
    texte nachrichten kommentare beschreibung artikel frage antwort anfrage anliegen beschwerde äußerung bemerkung
    anmerkung zusammenfassung beitrag stellungnahme begründung rückmeldung
    description résumé question réponse demande réclamation énoncé publication descripción pregunta respuesta queja
    reclamación opinión publicación descrizione domanda risposta reclamo opinione articolo descrição pergunta resposta
    reclamação opinião artigo artículo opis pytanie odpowiedź opinia beschrijving omschrijving vraag antwoord klacht
    beskrivning beskrivelse fråga spørgsmål svar omtale açıklama soru cevap şikayet popis dotaz odpověď leírás kérdés
    описание вопрос ответ жалоба статья обращение опис питання відповідь περιγραφή ερώτηση
    描述 问题 回答 投诉 摘要 說明 問題 説明 質問 回答 要約 記事 설명
    질문 답변 기사 وصف سؤال تغريدة תיאור שאלה deskripsi pertanyaan
    mô_tả câu_hỏi विवरण प्रश्न
""")
_SAID_NAMES = TEXT_NAMES | _names("""
    texts input inputs prompt prompts query feedback feedbacks response responses reply replies answer answers note
    notes narrative verbatim verbatims opinion opinions complaint complaints statement statements caption lyrics
    observation observations suggestion suggestions inquiry testimonial testimonials paragraph passage
    meinung meinungen kundenmeinung antworten reaktion reaktionen rückmeldungen stellungnahmen anmerkungen bemerkungen
    vorschläge wünsche beschwerden rezensionen eingabe zitat freitextfeld
    commentaires retour retours réponses remarques réclamations suggestions verbatims textes phrases
    comentarios respuestas opiniones observaciones sugerencias quejas reseñas textos mensajes
    commenti risposte opinioni osservazioni suggerimenti recensioni testi comentários respostas opiniões observações
    sugestões avaliações mensagens opmerkingen antwoorden reacties klachten teksten komentarze opinie odpowiedzi uwagi
    kommentarer svar omdömen yorumlar yorumu yorumları görüşler cevaplar
    комментарии отзывы ответы сообщения тексты мнение мнения замечания жалобы коментарі відгуки σχόλια κριτικές
    反馈 意见 建议 回复 留言 答案 评价内容 感想 意見 要望 回答 反馈内容 答复 피드백 의견 문의 소감 건의 답변 후기 댓글
    の声 تعليقات آراء תגובות टिप्पणियाँ
""")
"""Also what people answer in words, which names a column where it is the last word of its name."""
FIRST_LABEL_NAMES = ("label", "class", "labels", "classes", "stance", "target")
"""A column of just this name is the label unless it cannot be one."""
_FOREIGN_FIRST = _names("""
    klasse klassen zielklasse etikett étiquette étiquettes classe clase clases etiqueta etiquetas etichetta etichette
    rótulo etykieta klasa klass luokka etiket sınıf štítek třída címke osztály clasă nhãn kelas
    метка класс мітка клас ετικέτα κλάση 标签 类 標籤 标注 ラベル クラス 라벨 레이블 클래스
    تسمية تصنيف תווית ป้ายกำกับ लेबल वर्ग
""")
_USUAL_LABEL_NAMES = _names("sentiment category polarity v1") | _names("""
    kategorie kategorien stimmung polarität catégorie catégories polarité categoría categorías sentimiento polaridad
    categoria categorie sentimento polarità polaridade kategoria sentyment kategori känsla duygu kategória hangulat
    kategorija danh_mục cảm_xúc категория категории тональность категорія κατηγορία συναίσθημα
    类别 分类 情感 類別 分類 情緒 カテゴリ カテゴリー 感情 카테고리 분류 감성 감정
    فئة المشاعر קטגוריה סנטימנט หมวดหมู่ ประเภท श्रेणी भावना
""")
LANGUAGE_NAMES = _names("""
    language lang sprache langue idioma lingua język taal språk sprog kieli dil jazyk nyelv bahasa язык мова
    语言 言語 언어 لغة שפה
""")
WEAK_LABEL_NAMES = LANGUAGE_NAMES | {"tag", "tags"}
"""Of these a column that is mostly empty, or beside one that is named more plainly, is not the label."""
LABEL_NAMES = frozenset(FIRST_LABEL_NAMES) | _FOREIGN_FIRST | _USUAL_LABEL_NAMES | WEAK_LABEL_NAMES | _names("""
    categories targets rating stars star score topic topics classification intent spam y class_index gold annotation
    emotion genre overall sentiments
    thema themen bewertung absicht einordnung einstufung zuordnung kodierung codierung sterne schlagwort schlagworte
    schlagwörter stichwort emotionen
    thème thèmes intention émotion étoiles évaluation classement annotation tema temas intención emoción
    calificación puntuación valoración estrellas argomento intenzione emozione valutazione voto stelle intenção emoção
    avaliação estrelas temat intencja ocena emocja onderwerp beoordeling sentiment betyg ämne vurdering emne
    karakter konu niyet puan değerlendirme téma hodnocení értékelés aihe arvio chủ_đề ý_định đánh_giá topik peringkat
    тема темы намерение интент эмоция оценка рейтинг оцінка θέμα αξιολόγηση
    主题 话题 意图 情绪 评分 评级 星级 主題 話題 意圖 評分 トピック テーマ 意図 評価 주제
    의도 평점 별점 등급 موضوع نية تقييم נושא כוונה דירוג
    หัวข้อ विषय
""")
ABOUT_NAMES = _names("""
    name first_name last_name full_name firstname lastname fullname surname nickname vorname nachname prénom nom
    nombre apellido speaker interlocutor sprecher locuteur locutrice hablante interlocutore
    gender sex age city town country region province county district zip plz postcode nationality education
    income occupation religion ethnicity race birthday birthyear marital location place site branch store
    geschlecht alter stadt ort land bundesland kreis staat nationalität bildung einkommen beruf wohnort standort filiale
    sexe âge ville pays région département nationalité profession lieu sexo edad ciudad país provincia nacionalidad
    profesión género lugar sesso età città paese regione idade cidade estado gênero profissão płeć wiek miasto kraj
    geslacht leeftijd stad plaats kön ålder køn alder cinsiyet yaş şehir ülke
    пол возраст город страна регион область 性别 年龄 城市 省份 国家 地区 性別 年齢 年代 都市 都道府県 国 地域
    성별 나이 연령 도시 국가 지역
    الجنس العمر المدينة البلد
""")
"""What is asked of people and places beside a text."""
TOPIC_NAMES = _names("""
    product issue type reason department queue group team module component section area theme division service offense
    offence crime cause problem diagnosis disease specialty discipline
    produkt grund art typ abteilung bereich sparte ursache produit motif rubrique service cause producto motivo tipo
    departamento sección causa prodotto reparto settore produto departamento seção afdeling reden soort avdeling orsak
    продукт причина тип отдел раздел 产品 原因 类型 部门 產品 類型 部門 製品 理由 種類 부서 유형
""")
"""What texts of a desk are sorted by: of columns that no word for a label names, these sooner than yes and no."""
GRADE_NAMES = _names("""
    priority severity urgency impact priorität dringlichkeit schweregrad priorité urgence gravité prioridad urgencia
    gravedad priorità urgenza gravità prioridade urgência gravidade prioriteit prioritet приоритет 优先级 優先度
""")
"""How much a text of a desk presses: rather beside what it is about."""
VERDICT_NAMES = _names("""
    fraud fraudulent scam phishing toxicity hateful abusive abuse obscene insult threat harassment bullying
    cyberbullying racist sexist racism sexism sarcasm irony humor humour humorous clickbait propaganda misinformation
    rumor rumour malicious duplicate relevant helpful recommend recommended recommends urgent complaint disaster
    insincere suicidal nsfw sensitive adverse attrition churn churned betrug hasskommentar
""")
"""Words in the names of columns of yes and no that say what a text is, as names of labels do (:data:`POLES`)."""
POLES = frozenset((
    "pos", "neg", "positive", "negative", "positives", "negatives", "neutral", "good", "bad", "spam", "ham", "fake",
    "real", "true", "false", "yes", "no", "toxic", "clean", "hate", "offensive", "normal", "subjective", "objective",
    "subj", "obj", "quote", "plot", "sarcastic", "serious", "ironic", "human", "machine", "pro", "con", "happy", "sad",
    "angry", "joy", "anger", "fear", "love", "surprise", "sadness",
))
"""Names of labels wherever they stand: in cells, and as what a file or a list of many texts is called by."""
PLAIN_SPLIT_NAMES = _names("split is_valid is_validation is_test is_train set part partition subset fold dataset_split")
"""Of these a column may say with yes and no which part a row belongs to."""
SPLIT_NAMES = PLAIN_SPLIT_NAMES | _names("""
    teil teilmenge aufteilung menge datensatz partie ensemble jeu partición conjunto división insieme partizione
    partição divisão podział zbiór выборка набор 数据集 划分 集合 データセット 分割 세트 분할
""")
KNOWN_NAMES = LABEL_NAMES | TEXT_NAMES | SPLIT_NAMES
PART_WORDS = {
    "train": "train", "training": "train", "tr": "train",
    "valid": "validation", "validation": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
    "unsup": "unlabelled", "unlabelled": "unlabelled", "unlabeled": "unlabelled", "unsupervised": "unlabelled",
}
"""What folders and files of parts are called."""
_PART_CELLS = {
    "train": """trainieren lernen apprentissage entraînement entrenamiento addestramento allenamento treino treinamento
        trening szkolenie eğitim träning opplæring træning trénink обучение обучающая тренировка тренировочная
        训练 训练集 訓練 学習 学習用 훈련 학습 تدريب""",
    "validation": """publictest validierung validación validazione convalida validação walidacja doğrulama validering
        validatie validace validálás валидация валидационная проверочная 验证 验证集 検証 検証用 검증 تحقق""",
    "test": """privatetest prüfung essai prueba prova teste testowy testowanie testowe testi тест тестовая тестирование
        测试 测试集 測試 テスト 評価用 테스트 평가 اختبار""",
}
PART_CELLS = PART_WORDS | {word: part for part, words in _PART_CELLS.items() for word in _names(words)}
"""What cells say of parts, in other languages too: a folder of such a name is more likely a class."""
PAIRS = (
    ("premise", "hypothesis"), ("text", "hypothesis"), ("claim", "evidence"), ("question", "sentence"),
    ("question", "passage"), ("query", "passage"), ("text", "text_pair"), ("sentence", "sentence_pair"),
    ("question", "answer"), ("pros", "cons"), ("summary", "description"), ("zusammenfassung", "beschreibung"),
    ("short_description", "description"),
)
"""Two texts of which a label speaks together, under the names of known collections."""

_EXTRA = _names("einordnung einstufung zuordnung kodierung codierung topic intent thema тема 主题 トピック 주제")
TICKET_NAMES = (frozenset(["summary", "subject", "zusammenfassung", "betreff"]),
                frozenset(["description", "beschreibung"]),
                frozenset(["comment", "comments", "kommentar", "kommentare"]))
"""What a ticket is called, what it is about, and what was said of it later: the first two are its text."""

_FIRST_OF_TWO = re.compile(r"(.*?)_?(1|a|one|first)")
_FIRST_BEFORE = re.compile(r"(#?)1(_(?:string|text|sentence|question))")
_SECOND = {"1": "2", "a": "b", "one": "two", "first": "second"}
_WORD = re.compile(r"[^\W_]+")
_OF = re.compile(r"_(?:of|for|de|du|des|del|della|do|da)_")
_OF_WORDS = _names("of on about for from to der des von zu zum zur über ihrer ihres de du sur votre vos del della di "
                   "su da do van over")
_SAYING = _names("i it this that is was did no not ich dies ist war je ce est yo es")
"""Words of a sentence, and of no name."""
_ALSO_VERBS = _names("text message comment review post question email answer reply note query caption input sms tweet")
"""Of these a sentence may begin with one."""
_MARK_BEHIND = re.compile(r"\s*[\[(][\w ]+[\])]$")
_MOST_WORDS, _MOST_SIGNS = 5, 8
"""Words of a name, and signs of one in a script without spaces."""
_WARES = _names("product item article brand shop store app produkt artikel produit producto artículo prodotto produto")
_CATEGORY = _names("category kategorie catégorie categoría categoria kategori")
_PLAIN_POLES = frozenset(("yes", "no", "true", "false", "pro", "con", "good", "clean", "normal", "real"))
_SCALES = ("rating", "score", "stars")
SCALE_NAMES = _names("""
    rating score star stars bewertung sterne calificación puntuación valoración estrellas voto stelle avaliação estrelas
    ocena beoordeling betyg vurdering puan hodnocení értékelés arvio peringkat оценка рейтинг оцінка
    评分 评级 星级 評分 評価 평점 별점 등급 דירוג
""")
"""Of these a column of many numbers is a measure: points that others gave, say."""
_PLAIN_LABEL_NAMES = ("gold_label", "true_label", "final_label", "majority_label", "class_label", "classlabel",
                      "label_name", "label_text")
_SAID = re.compile(r"(?:pred|predicted|prediction|model|old|annotator|coder|rater)\d*")
_TO_LABEL = ("to", "per", "before", "until", "since", "needs", "need", "view", "skip")
_COUNTS = ("number", "num", "n")
_OF_LABELLING = (
    "date", "time", "timestamp", "seconds", "minutes", "hours", "duration", "cost", "count", "by", "at", "annotator",
    "version", "url", "link",
)
_WHETHER = ("has", "have", "without")
_LABELLING = frozenset((
    "label", "labels", "labeling", "labelling", "labeled", "labelled", "annotation", "annotate"))
_PERSON = re.compile(
    r"(^|[_. ])((author|sender|speaker|writer|poster|from|user|autor|autorin|absender|verfasser|sprecher|auteur|"
    r"expéditeur|remitente|mittente|autore|remetente|автор|отправитель|作者|发件人|投稿者|送信者)([_. ]?name)?|"
    r"screen_?name|nick_?name|display_?name)$")
"""Names of who wrote or said a text."""
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ASIDE = re.compile(
    r"(^|[_. ])(id|ids|uuid|guid|hash|index|idx|row|order|number|nr|no|rank|count|counts|num|n|page|line|offset|time|"
    r"timestamp|date|datetime|created|updated|modified|created_at|updated_at|completed_at|lead_time|duration|annotator|"
    r"annotators|annotation_id|annotated_by|completed_by|worker|user|username|reviewer|agent|url|uri|link|file|"
    r"filename|path|version|session|project|task|batch|confidence|probability|length|tokens|"
    r"seed|author_id|ground_truth|asin|isbn|sku|ean|upc|gtin)(_(ms|s|secs?|seconds|mins?|minutes|h|hours|days|kb))?$|"
    r"^(n|num|number_of)_|^_|^unnamed"
)
"""Names of what is kept beside a text and is no class: numbers of rows, times, persons, codes of wares, a labelling
tool's bookkeeping."""
_GERMAN = ("kategorie", "klasse")


def part_in(name: str) -> str:
    """The part that a word of a name tells of, as in "oos_val", "20news-bydate-train" or "testset"; "" where none."""
    words = (word.removesuffix("set").removesuffix("data") for word in _WORD.findall(name.lower()))
    return next((PART_WORDS[word] for word in words if word in PART_WORDS), "")


def parts_of(inside: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The parts that names beside each other tell of, one word in each: they are called alike besides, or hold things
    of the same names ``inside``; {} where they are rather classes, as "test-cricket" and "train-travel"."""
    told = {name: part_in(name) for name in inside}
    if not told or not all(told.values()):
        return {}
    held = [set(things) for name, things in inside.items() if told[name] != "unlabelled"]
    alike = len({without_part(name) for name in inside}) == 1
    return told if alike or (held and set.intersection(*held)) else {}


def without_part(name: str) -> str:
    """What is left of a name, in small letters, without the words that tell of a part."""
    return "".join(word for word in re.split(r"([^\W_]+)", name.lower()) if not part_in(word))


def key_of(name: str) -> str:
    """A column's name as it is looked up: small letters, "_" between words, of "a.b" the last part, "spam?" as spam."""
    key = unicodedata.normalize("NFC", name).strip(" \t?:*").lower().rsplit(".", 1)[-1]
    return key.replace(" ", "_").replace("-", "_")


def in_words(name: str) -> str:
    """The key of a column's name with "_" between words that only a capital parts: IsClosed."""
    return key_of(_CAPITAL.sub("_", name))


def is_aside_name(name: str) -> bool:
    """Whether a column is called like what is kept beside a text."""
    return _ASIDE.search(in_words(name)) is not None


def is_person_name(name: str) -> bool:
    """Whether a column is called like who wrote or said a text."""
    return _PERSON.search(_CAPITAL.sub("_", name.strip()).lower()) is not None


class Nearness(IntEnum):
    """How near a column is to being the label: that with the lowest is taken."""

    FIRST = 0
    """Called label or class, nothing else."""
    PLAIN = 1
    """Called gold_label or class_label: of several labels it is the one that counts."""
    USUAL = 2
    KNOWN = 3
    MARKS = 4
    """Columns of yes and no, one a label."""
    PARTLY = 5
    """A word for a label begins or ends its name."""
    SCALE = 6
    """Called star_rating or review_score."""
    WEAK = 7
    """Called tags, language or product_category."""
    FEW = 8
    """Holds a few values that come again."""
    SAID = 9
    """Called predicted_label or annotator1_label: what a model, or one of several people, took it for."""
    BARE = 10
    """Called like a label, but holds one value, or tags or ratings in few rows; or called time_class or has_label."""
    ABOUT = 11
    """Says something of a person or a place."""


def called_like_label(key: str) -> Nearness | None:
    """What a column's name says of it as a label; None where it says nothing."""
    for names, near in ((frozenset(FIRST_LABEL_NAMES), Nearness.FIRST), (_USUAL_LABEL_NAMES, Nearness.USUAL),
                            (WEAK_LABEL_NAMES, Nearness.WEAK), (LABEL_NAMES, Nearness.KNOWN)):
        if key in names:
            return near
    words = _WORD.findall(key)
    if "_".join(words).removesuffix("s") in _PLAIN_LABEL_NAMES:
        return Nearness.PLAIN
    if len(words) == 2 and words[0] in _WARES and words[1] in _CATEGORY:
        return Nearness.WEAK
    if _is_partly(key, words):
        if len(words) > 1 and _may_be_about_labelling(words):
            return Nearness.BARE
        return Nearness.SAID if any(map(_SAID.fullmatch, words)) else Nearness.PARTLY
    return Nearness.SCALE if words and words[-1] in _SCALES else None


def is_about_labelling(key: str) -> bool:
    """Whether a column is called like what is kept of labelling a text: seconds to label, needs_label, label_date."""
    words = _WORD.findall(key)
    if len(words) < 2:
        return False
    if words[0] in _LABELLING and words[-1] in _OF_LABELLING:
        return True
    of = words[0] in _OF_LABELLING and words[1] == "of"
    several = words[0] in _COUNTS and words[-1] in ("labels", "classes")  # num_label is a class as a number
    return words[-1] in _LABELLING.union(FIRST_LABEL_NAMES) and (words[-2] in _TO_LABEL or of or several)


def _may_be_about_labelling(words: list[str]) -> bool:
    """Whether a column's name of ``words`` may say what is kept of labelling a text, and a class of it as well:
    time_class, has_label."""
    return (words[-1] in FIRST_LABEL_NAMES and (words[0] in _OF_LABELLING or words[-2] in _WHETHER)) or (
        words[0] in FIRST_LABEL_NAMES and words[-1] in _OF_LABELLING)


def _is_partly(key: str, words: list[str]) -> bool:
    """Whether a word for a label begins or ends the name ``key`` of ``words``."""
    if is_about_labelling(key):
        return False
    plain = (frozenset(FIRST_LABEL_NAMES) | _FOREIGN_FIRST | _USUAL_LABEL_NAMES) - {"v1", "classes"}
    if words and (words[0] in plain - {"labels"} or words[-1] in plain or words[0] in _EXTRA):
        return True
    if any(word.endswith(_GERMAN) for word in words):
        return True
    return any(not word.isascii() and len(word) > 1 and key.endswith(word) for word in plain if _unspaced(word))


def is_label_name(key: str) -> bool:
    """Whether a column is called like a label, or its name begins or ends with a word for one."""
    return called_like_label(key) not in (None, Nearness.SCALE)


def _unspaced(word: str) -> bool:
    """Whether a word is of a script that writes no spaces between words."""
    return any("\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" for letter in word)


def is_about_name(key: str) -> bool:
    """Whether a column is called like what is asked of people and places."""
    words = _WORD.findall(key)
    return key in ABOUT_NAMES or (bool(words) and words[-1] in ABOUT_NAMES - {"name"}) or (
        "_".join(words[-2:]) in ABOUT_NAMES)


def is_topic_name(key: str) -> bool:
    """Whether a column is called like what texts of a desk are sorted by, and not after a place or a way to a desk."""
    words = _WORD.findall(_OF.split(key)[0])  # the reason of reason_for_leaving
    return bool(words) and words[-1] in TOPIC_NAMES and not (
        set(words) & {"channel", "contact", "location", "file", "content", "media", "mime", "user", "account"})


def is_grade_name(key: str) -> bool:
    """Whether a column is called like what says how much a text presses: ticket_priority."""
    return not GRADE_NAMES.isdisjoint(_WORD.findall(key)[-1:])


def is_verdict_name(key: str) -> bool:
    """Whether a column of yes and no is called by what a text is: is_fraud, toxic."""
    return not (VERDICT_NAMES | (POLES - _PLAIN_POLES)).isdisjoint(_WORD.findall(key))


def is_name_of_texts(name: str) -> bool:
    """Whether ``name``, of a few words, is made of one for texts: customer feedback, Meinung der Kunden, 用户评论."""
    name = _MARK_BEHIND.sub("", unicodedata.normalize("NFC", name))
    words = _WORD.findall(name.lower())
    if not words or len(words) > _MOST_WORDS or not _SAYING.isdisjoint(words) or re.search(r"[^\w\s./()&-]", name):
        return False
    begun = words[1] in _OF_WORDS if len(words) > 2 else words[0] not in _ALSO_VERBS
    if words[-1] in _SAID_NAMES or (begun and words[0] in _SAID_NAMES):
        return True
    least = 2 if _unspaced(name) else 5
    compound = len(words) == 1 and any(len(one) >= least and name.lower().endswith(one) for one in _SAID_NAMES)
    return compound and (least > 2 or len(name) <= _MOST_SIGNS)


def second_of_pair(key: str) -> tuple[str, ...]:
    """The names that the second of two texts may have whose first is called ``key``."""
    known = tuple(second for first, second in PAIRS if first == key)
    if before := _FIRST_BEFORE.fullmatch(key):
        return (f"{before[1]}2{before[2]}",)
    numbered = _FIRST_OF_TWO.fullmatch(key)
    if numbered is None or (numbered[1] not in TEXT_NAMES and key not in TEXT_NAMES):
        return known
    return (*known, key[: numbered.start(2)] + _SECOND[numbered[2]])
