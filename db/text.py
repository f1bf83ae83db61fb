"""Folding of titles and names, for searching and for telling whether two spellings are one name.

Folded text is lower case, without accents on letters, "&" as "and", words of letters and digits with one
space between them. Marks that make another letter in their script (the Japanese voicing mark) stay. Text
without any letter or digit ("!!!") folds to itself in lower case, so that such names stay apart.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

MAX_KEY = 400  # Characters of an indexed key: PostgreSQL refuses index rows of more than about 2,700 bytes.

_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['`\u2018\u2019\u02bc\u00b4]")
_OTHER = re.compile(r"[\W_]+")
# Letters that Unicode does not take apart.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "&": " and "}
)


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """Return text folded as the module says; "" for text of blanks."""
    lowered = text.casefold()
    if not lowered.isascii():
        lowered = unicodedata.normalize("NFKD", lowered).casefold()
        lowered = unicodedata.normalize("NFC", _ACCENTS.sub("", lowered))
    words = _OTHER.sub(" ", _APOSTROPHES.sub("", lowered.translate(_PLAIN))).strip()
    return words or " ".join(lowered.split())


def bounded(key: str) -> str:
    """Return key, or for one longer than `MAX_KEY` its beginning and a hash of the whole."""
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{key[: MAX_KEY - 33]}~{digest}"


def name_key(title: str, artist: str) -> str:
    """Return what two songs have in common whose artist and title are spelled alike; "" without a title."""
    return bounded(f"{fold(artist)}|{fold(title)}") if fold(title) else ""


def search_text(title: str, artist: str) -> str:
    """Return the folded words in which a song is found."""
    return f"{fold(title)} {fold(artist)}".strip()


def storable(text: str) -> bool:
    """Say whether every database can hold text: no NUL, no lone surrogate."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def cleaned(text: str) -> str:
    """Return text with what no database can hold replaced."""
    if storable(text):
        return text
    return text.replace("\x00", " ").encode("utf-8", "replace").decode()
