"""What stands in a cell or a text without a value: what programs write there, and what people do in their languages."""

from __future__ import annotations

import re

from .likeness import plain_name


def _listed(text: str) -> frozenset[str]:
    """What stands between the commas and line breaks of ``text``."""
    return frozenset(filter(None, map(str.strip, re.split("[,\n]", text))))


MISSING = _listed(r"""
    nan, NaN, NAN, NaT, NA, N/A, n/a, #N/A, <NA>, null, Null, NULL, <null>, <nil>, \N
    #VALUE!, #REF!, #NAME?, #DIV/0!, #NUM!, #NULL!, #NV, #WERT!, #BEZUG!, #ZAHL!, #VALEUR!, #NOM?, #NOMBRE?, #¡VALOR!
    #¡REF!, #VALORE!, #RIF!, #NOME?, #VALOR!
""")
"""What programs write for a cell without a value, databases as a backslash and N, sheets also where a formula failed.
"None" is not among them: it is the name of many a class."""

_NO_NAMES = _listed("""
    none, nil, null, nan, na, n/a, #n/a, <na>, missing, unknown, undefined, tbd, todo, to be determined, to be done
    unlabelled, unlabeled, not labelled, not labeled, no label, no labels, untagged, no tag, no tags, not tagged
    not available, not applicable, not specified, unspecified, not given, not provided, not set, not known, no data
    no value, no answer, no response, no category, no class, unassigned, not assigned, uncategorized, uncategorised
    not categorized, not categorised, unclassified, not classified, not annotated, unannotated, not coded, uncoded
    not rated, unrated, skip, skipped, select one, please select, please choose, choose one, unsup
    keine, keines, keins, aucun, aucune, ninguno, ninguna, nessuno, nessuna, nenhum, nenhuma, geen, ingen, inget, brak
    keine angabe, keine angaben, ohne angabe, k.a, k. a, nicht zugeordnet, nicht klassifiziert, nicht kategorisiert
    nicht angegeben, nicht vergeben, nicht bewertet, nicht verfugbar, ohne kategorie, keine kategorie, kein label
    keine antwort, ohne antwort, unbekannt, bitte wahlen, bitte auswahlen
    non renseigne, non renseignee, non precise, non classe, non attribue, non defini, inconnu, sans etiquette
    sans categorie, sans reponse, pas de reponse, non disponible, non applicable, aucune donnee, a definir
    sin datos, sin dato, sin etiqueta, sin categoria, sin clasificar, sin asignar, sin especificar, sin respuesta
    no especificado, no disponible, no aplica, no asignado, desconocido, por definir, n/d, s/d
    sem dados, sem etiqueta, sem rotulo, sem categoria, sem resposta, nao informado, nao classificado, nao atribuido
    nao especificado, nao disponivel, nao se aplica, desconhecido
    non specificato, non classificato, non assegnato, non definito, sconosciuto, senza etichetta, senza categoria
    nessun dato, nessuna etichetta, nessuna risposta, da definire
    niet ingevuld, niet opgegeven, niet toegewezen, niet beschikbaar, geen antwoord, geen label, geen categorie
    onbekend, n.v.t, ej angivet, uppgift saknas, okant, ikke angivet, ukendt
    brak danych, brak odpowiedzi, nieznany, nie dotyczy, bez kategorii, belirtilmemis, bilinmiyor, veri yok, etiketsiz
    нет данных, не указано, без ответа, неизвестно, без категории, без метки, не определено, не задано, нет ответа, н/д
    未标注, 未分类, 未知, 暂无, 不详, 無, 无, 不明, 未分類, 未設定, 該当なし, 無回答, 未回答, 없음, 미분류, 미정, 무응답
    غير محدد, غير معروف, لا يوجد
""")
"""Names of labels that may only say that there is none, as :func:`plain_name` has them."""
_IN_BRACKETS = _listed("""
    blank, empty, select, choose, pick, leer, auswahlen, vide, choisir, selectionner, vacio, seleccionar, seleccione
    vazio, selecione, vuoto, selezionare, leeg, kies, pusto, wybierz, пусто, выберите, 空, 空白, 空欄, 비어있음
""")
"""What is no name between brackets or dashes, and may be one without."""
_LONGEST = 100
_FRAME = re.compile(r"[(\[{<]+ *(.*?) *[)\]}>]+|[-\u2013\u2014_*.#]+ *(.*?) *[-\u2013\u2014_*.#]+")
_NO_TEXTS = frozenset(map(str.casefold, MISSING)) | _listed("""
    none, nil, undefined, no text, no content, <deleted>, [deleted by user], [removed by reddit]
    [deleted], [removed], [null], [none], [blank], [empty], [no text], [no content]
    (deleted), (removed), (null), (none), (blank), (empty), (no text), (no content)
""")


def may_name_none(label: str) -> bool:
    """Whether a label may only say that there is none: "unknown", "k. A.", "(blank)", "-- select --"."""
    framed = _FRAME.fullmatch(label.strip()) if len(label) < _LONGEST else None
    inner = plain_name(framed[1] or framed[2] or "") if framed else ""
    return plain_name(label) in _NO_NAMES or inner in _NO_NAMES | _IN_BRACKETS


def stands_for_none(text: str) -> bool:
    """Whether a normalised text is but what a program or a forum writes in place of one: "nan", "[deleted]"."""
    return text in _NO_TEXTS
