"""What the English word tokeniser keeps together or takes apart against its general rules.

The pretrained English models were made with spaCy's English tokeniser (spacy.io, MIT licence), so the words that it
treats as exceptions are treated alike here; the tables say the same in another form.
"""

from __future__ import annotations

from itertools import product

_PERSONS = "i you he she it we they"
_ASKING = "who what when where why how there"
_ALL = f"{_PERSONS} {_ASKING} that this these those"
_VERBS = "ca could do does did had may might must need ought sha should wo would"

_ENDINGS: tuple[tuple[str, str], ...] = (
    ("'m", "i"),
    ("'m a", "i"),
    ("'ll", _ALL),
    ("'ll 've", _ALL),
    ("'d", _ALL),
    ("'d 've", _ALL),
    ("'ve", f"i you we they {_ASKING} these those could might must should would not"),
    ("'re", f"you we they {_ASKING} these those"),
    ("'s", f"he she it {_ASKING} that this"),
    ("n't", f"{_VERBS} ai are is was were have has dare"),
    ("n't 've", _VERBS),
)
"""Endings (their tokens) and the words they are taken off, written with the apostrophe or without."""

_REAL_WORDS = frozenset({"ill", "its", "hell", "shell", "shed", "were", "well", "whore"})
"""Not contractions, although they look like one without its apostrophe."""

_TAKEN_APART = "y'|all y|all how|'d|'y can|not gon|na got|ta let|'s c'm|on"
_KEPT_WITH_APOSTROPHE = "'s 're 'd 'll 'em 'nuff 'cause 'cos 'coz 'cuz 'bout ma'am o'clock ' ''"
_DROPPED_G = "doin goin nothin nuthin somethin lovin havin ol"
_KEPT = (
    "em ll nuff and/or w/o ‘s ‘S a.m. p.m. co. e.g. i.e. vs. v.s. E.g. E.G. I.e. I.E. N.C. N.D. N.H. N.J. N.M. N.Y. "
    "S.C. D.C. Ph.D."
)
_ABBREVIATIONS = (
    "Mt Ak Ala Apr Ariz Ark Aug Calif Colo Conn Dec Del Feb Fla Ga Ia Id Ill Ind Jan Jul Jun Kan Kans Ky La Mar Mass "
    "Mich Minn Miss Neb Nebr Nev Nov Oct Okla Ore Pa Sep Sept Tenn Va Wash Wis Adm Bros Co Corp Dr Gen Gov Inc Jr Ltd "
    "Md Messrs Mo Mont Mr Mrs Ms Prof Rep Rev Sen St"
)
_LONE_LETTERS = "abcdefghijklmnopqrstuvwxyzäöü"

_FACES = (
    # eyes, nose, mouths; and the same looking the other way
    (":", ("", "-"), ") )) ))) ( (( ((( ] } / | p P o O 0 * 3 > x X D"),
    (":'", ("", "-"), ") ("),
    ("=", ("",), ") ] ( / | 3 D ["),
    (";", ("", "-"), ") D"),
    ("8", ("", "-"), ") D"),
)
_MIRRORED = "(: (-: (= [: [-: [= (o: (-8 (; (-; ): )-: ]="
_OTHER_FACES = (
    ":o) >:( :1 :() >:o xD XD xDD XDD ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o "
    "o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*) (¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) "
    "¯\\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*>"
)
_SIGNS = ("\t", "\n", " ", "\xa0", "\\t", "\\n", "—", '\\")', "<space>", "C++")


def exceptions() -> dict[str, tuple[str, ...]]:
    """Strings that are cut in a way of their own, and their tokens."""
    table: dict[str, tuple[str, ...]] = {}
    times = product(map(str, range(1, 13)), ("a.m.", "am", "p.m.", "pm"))
    for tokens in (*_contractions(), *times):
        table["".join(tokens)] = tokens
    for whole in _whole():
        table[whole] = (whole,)
    for sign in "cfkCFK":
        table[f"°{sign}."] = ("°", sign, ".")
    curly = {text.replace("'", "’"): tuple(token.replace("'", "’") for token in tokens)
             for text, tokens in table.items() if "'" in text}
    return table | curly


def _contractions() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for ending, words in _ENDINGS:
        parts = tuple(ending.split())
        bare = tuple(part.replace("'", "") for part in parts)
        for word in words.split():
            found += [(form, *parts) for form in (word, word.title())]
            if word + "".join(bare) not in _REAL_WORDS:
                found += [(form, *bare) for form in (word, word.title())]
    for entry in _TAKEN_APART.split():
        parts = tuple(entry.split("|"))
        found += [parts] if parts[0].startswith("y") else [parts, (parts[0].capitalize(), *parts[1:])]
    return found


def _whole() -> list[str]:
    words = [*_KEPT_WITH_APOSTROPHE.split(), *_KEPT.split(), *_SIGNS, "'S", "'Cause", "'Cos", "'Coz", "'Cuz"]
    words += ["Ma'am", "O'clock"]
    words += [form + mark for word in _DROPPED_G.split() for form in (word, word.title()) for mark in ("", "'")]
    words += [f"{word}." for word in (*_ABBREVIATIONS.split(), *_LONE_LETTERS)]
    words += [eyes + nose + mouth for eyes, noses, mouths in _FACES for nose in noses for mouth in mouths.split()]
    return [*words, *_MIRRORED.split(), *_OTHER_FACES.split()]
