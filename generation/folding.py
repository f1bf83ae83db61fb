"""Words as they are meant, whatever characters they are spelled with: for finding what somebody wants hidden.

Text is taken apart into words: letters without marks, of one case, Latin in the place of what looks like it,
without what cannot be seen (Unicode Technical Standard 39 calls this a skeleton; the table here is short). A
word may have more than one reading: "n4zi" is also "nazi", "naaazi" is also "nazi".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

_LOOKALIKES = MappingProxyType(
    str.maketrans(
        # Cyrillic, Greek
        "авекмнорстухіјѕԁԛԝһѵґ" + "αεηικνορτυχγω",
        "abekmhopctyxijsdqwhvr" + "aenikvoptuxyw",
    )
)
_LETTERS = MappingProxyType(
    str.maketrans(
        {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ß": "ss"}
    )
)
_DIGITS = MappingProxyType(str.maketrans("01345789@$", "oieastbgas"))
_JOINERS = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff'’‘`´]")
_WORD = re.compile(r"[^\W_]+(?:[@$](?=\w)[^\W_]*)*")
_RUN = re.compile(r"(.)\1{2,}")
# Scripts that set no spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def plain(text: str) -> str:
    """Return text in small letters without marks, as Latin where it looks so, and without the invisible.

    >>> plain("Motörhead, Beyoncé's ＲＯＣＫ")
    'motorhead, beyonces rock'
    """
    text = _JOINERS.sub("", unicodedata.normalize("NFKC", text).casefold()).translate(_LETTERS)
    parts = unicodedata.normalize("NFD", text)
    # Marks of kana are letters' own: without them they are others.
    kept = "".join(one for one in parts if not unicodedata.combining(one) or one in "\u3099\u309a")
    return unicodedata.normalize("NFC", kept).translate(_LOOKALIKES)


def words_of(text: str) -> list[str]:
    """Return the words of a text, plain; letters that stand alone one after another are one word.

    >>> words_of("T.a.y.l.o.r - Swift")
    ['taylor', 'swift']
    """
    found = _WORD.findall(plain(text))
    words: list[str] = []
    spelled = ""
    for word in [*found, ""]:
        if len(word) == 1 and word.isalpha():
            spelled += word
            continue
        if spelled:
            # "a b" are two words; three letters and more in a row are spelled.
            words += [spelled] if len(spelled) > 2 else list(spelled)
            spelled = ""
        if word:
            words.append(word)
    return words


@lru_cache(maxsize=4096)
def readings(word: str) -> frozenset[str]:
    """Return a plain word and what else it may be meant to be: digits as letters, and letters said once.

    >>> sorted(readings("n4zi"))
    ['n4zi', 'nazi']
    """
    found = {word}
    if any(letter.isalpha() for letter in word):
        found.add(word.translate(_DIGITS))
    return frozenset(found | {_RUN.sub(r"\1", one) for one in found})


def is_unspaced(text: str) -> bool:
    """Tell whether a text is of a script that sets no spaces between words."""
    return _UNSPACED.search(text) is not None
