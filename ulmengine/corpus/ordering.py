"""The order in which the names of classes stand: as people count, and dates in the order of time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import partial

Moment = tuple[int, ...]
Names = tuple[tuple[str, ...], ...]


def _unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _languages(text: str) -> tuple[Names, ...]:
    """The names in each line of ``text``, without accents; what may stand for one another has a / between."""
    return tuple(tuple(tuple(name.split("/")) for name in line.split())
                 for line in _unaccented(text).strip().splitlines())


_MONTHS = _languages("""
    january february march april may june july august september october november december
    januar/jänner februar/feber märz/maerz/mrz april mai juni juli august september oktober november dezember
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    januari februari maart/mrt april mei juni juli augustus september oktober november december
    styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
    январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
""")
_DAYS = _languages("""
    monday tuesday wednesday thursday friday saturday sunday
    montag/mo dienstag/di mittwoch/mi donnerstag/do freitag/fr samstag/sonnabend/sa sonntag/so
    lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miércoles jueves viernes sábado domingo
    lunedì martedì mercoledì giovedì venerdì sabato domenica
    segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo
    maandag/ma dinsdag/di woensdag/wo donderdag/do vrijdag/vr zaterdag/za zondag/zo
    poniedziałek wtorek środa czwartek piątek sobota niedziela
    понедельник/пн вторник/вт среда/ср четверг/чт пятница/пт суббота/сб воскресенье/вс
    понеділок/пн вівторок/вт середа/ср четвер/чт п'ятниця/пт субота/сб неділя/нд
    pazartesi salı çarşamba perşembe cuma cumartesi pazar
""")
_NUMERIC = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[./-](\d{4})")
_TERM = "(?:q|quarter|quartal|t|trimestre|h|half|hj|halbjahr|s|semester|semestre|kw|cw|w|week|woche|semaine|semana)"
_TERM_YEAR = re.compile(
    rf"(?:{_TERM}\s*(\d{{1,2}})|(\d{{1,2}})(?:st|nd|rd|th|er|e|o|\.)?\s*{_TERM})(?:[\s./-]*((?:19|20)\d\d)|[\s./'-]+(\d\d))")
_WORDS = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|er|o|\.)?[\s-]+(?:de\s+)?)?([^\W\d_]{3,12})\.?[\s,'-]+(?:del?\s+)?"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4}|\d{2})(?:\s*г\.?)?")


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Names sorted as people count (2 before 10), dates and their parts in the order of time."""
    plain = {name: _unaccented(name.strip()) for name in names}
    for moment in _MOMENTS:
        if len(plain) > 1 and all(moment(one) is not None for one in plain.values()):
            return tuple(sorted(plain, key=lambda name: (moment(plain[name]) or (), name)))
    return tuple(sorted(names, key=_counted))


def is_date(name: str) -> bool:
    """Whether a name is a date or a part of one, in words or as :func:`in_order` knows it."""
    return any(moment(_unaccented(name.strip())) is not None for moment in _MOMENTS)


def _counted(name: str) -> tuple[tuple[int, float, str], ...]:
    """A minus is one at the beginning alone: in 2024-01 it only parts."""
    pieces = re.findall(r"^-\d+(?:\.\d+)?|\d+(?:\.\d+)?|\D+", name) if re.search(r"\d", name) else [name]
    return tuple(
        (0, float(piece), piece) if re.fullmatch(r"-?\d+(?:\.\d+)?", piece) else (1, 0.0, piece) for piece in pieces
    )


def _among(names: Names, name: str) -> Moment | None:
    """The place among ``names`` of what is called so, or by three letters or more with which one of them begins."""
    bare = name.rstrip(".")
    exact = [place for place, words in enumerate(names) if bare in words]
    begun = [place for place, words in enumerate(names) if any(word.startswith(bare) for word in words)]
    found = exact or (begun if len(bare) > 2 else [])
    return (found[0],) if len(found) == 1 else None


def _term(name: str) -> Moment | None:
    """Q1 2020, H2/21, 3. Quartal 2020, KW 12 2020."""
    match = _TERM_YEAR.fullmatch(name)
    return (_year(match[3] or match[4]), int(match[1] or match[2])) if match else None


def _month_and_year(name: str) -> Moment | None:
    match = _MONTH_YEAR.fullmatch(name)
    return (int(match[2]), int(match[1])) if match and 1 <= int(match[1]) <= 12 else None


def _spelled(months: Names, name: str) -> Moment | None:
    """Jan 2020, Jan-20, 5 March 2021, March 5, 2021, 5. Mai 2021, 5 de mayo de 2021."""
    match = _WORDS.fullmatch(name)
    month = _among(months, match[2]) if match else None
    if match is None or month is None:
        return None
    return (_year(match[4]), *month, int(match[1] or match[3] or 0))


def _numeric(day: int, month: int, name: str) -> Moment | None:
    """A date in figures, of which that many is the ``day`` and that many the ``month``."""
    match = _NUMERIC.fullmatch(name)
    if match is None or not (1 <= int(match[day]) <= 31 and 1 <= int(match[month]) <= 12):
        return None
    return _year(match[3]), int(match[month]), int(match[day])


_day_first, _month_first = partial(_numeric, 1, 2), partial(_numeric, 2, 1)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


_MOMENTS: tuple[Callable[[str], Moment | None], ...] = (
    *(partial(_among, days) for days in _DAYS), *(partial(_among, months) for months in _MONTHS), _term,
    _month_and_year, *(partial(_spelled, months) for months in _MONTHS), _day_first, _month_first)
