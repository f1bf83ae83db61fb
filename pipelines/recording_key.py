"""The recording key: what the versions of one song by one artist have in common.

A list that people browse should hold a song once, not as album take, remaster and radio edit. Two songs with
the same non-empty key are versions of one another. The key is text, `artist|title`, folded and freed from
what tells versions apart:

- **Gone** are live, remaster, demo, acoustic, instrumental, edit, mix, mono and stereo, deluxe and bonus
  marks, guests ("feat. X", "w/ X", in brackets "with X"), translations and re-recordings ("Spanish Version",
  "Taylor's Version"), film sources ('From "Frozen"'), and remixes, also those by others ("X Remix"): whoever
  wants one of them has heard the song. They count only in brackets or after a dash with spaces, so "Live
  Forever" and "Remix to Ignition" stay.
- **Kept** are parts that make another song: "Pt. 2", "Reprise", "Interlude", "Medley", and brackets that
  belong to the title, "(I Can't Get No) Satisfaction".
- **Artist**: the first of "A; B" and of "A feat. B", without a leading "the". "A & B" and "A, B" are not cut,
  for nobody can tell "Simon & Garfunkel" and "Tyler, The Creator" from two guests.
- **Folding**: NFKC, case, accents on Latin letters only (a Cyrillic or Japanese mark makes another letter),
  "&" is "and", apostrophes vanish, other punctuation is a space.

The key "" means "never merge": it is given where title or artist is missing or says nothing ("Unknown
Artist").
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_MAX_LENGTH = 400  # Characters; a database index refuses much longer ones.

_UNKNOWN_ARTISTS = frozenset(
    [
        "",
        "unknown",
        "unknown artist",
        "artist unknown",
        "various",
        "various artists",
        "va",
        "no artist",
        "n a",
    ]
)

# Letters that carry no separate accent to drop, and signs with one usual spelling.
_SIGNS = str.maketrans(
    {
        "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th",
        "‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "【": "[", "】": "]", "〔": "[", "〕": "]", "{": "[", "}": "]", "〈": "[", "〉": "]",
    }
)  # fmt: skip

_YEAR = r"(?:19|20)\d\d"
_FEAT = r"(?:feat|ft|featuring|feauring)\b\.?|w/"

# Words after "with" that make it part of the title: "(With You)".
_NO_GUEST = r"(?:me|you|u|us|him|her|them|it|myself|yourself|love|no|or|out|my|your|a|an|this|that)\b"

# A qualifier that begins so is a version whatever follows.
_VERSION_HEAD = re.compile(
    rf"""(?:{_FEAT})\s*\S
    | (?:with|con|avec)\s(?!{_NO_GUEST})\S
    | (?:duet\swith|featured\sin|hosted\sby|inspired\sby|originally\s(?:performed\s)?by|as\sheard\sin)\b
    | (?:prod|produced|re-?mix(?:ed)?|mixed|reworked|reimagined|edited|remastered|arr|arranged)\.?\sby\b
    | (?:prod|arr)\.\s*\S
    | (?:recorded\s)?live(?:\s(?:version|recording|session|performance))?
      \s(?:at|in|from|on|for|@|en|au|aux|na|no|em|w/|with|{_YEAR}|'?\d\d\b|a\sl'|bei|im|aus)\b
    | live(?:@|:|,|/|\s-)
    | (?:ao|en|dal|in)\s(?:vivo|directo|direto|concierto|concert)\b
    | (?:unplugged|acoustic|recorded|demo|session|remaster(?:ed)?|remix|version|versao)
      \s(?:at|in|from|on|for|en|em|de)\b
    | (?:theme\s|music\s)?(?:from|de|aus)\s[^"]*"
    | from\sthe\svault\b
    | from\s.*\b(?:soundtrack|motion\spicture|ost|film|movie|musical|series|video\sgame)\b
    """,
    re.VERBOSE,
)

# A qualifier that ends so is a version whatever comes before: "Taylor's Version", "Joe Gibbs Dub", "Take 2".
_VERSION_TAIL = re.compile(
    rf"""(?:^|[\s\-])
    (?:versions?|ver|versao|versione|edits?|mix|mixes|megamix|re-?mix|remixes|rmx|remixed|remasters?
    |remastered|remastering|remasterizado|remasterisee?|rework|reworked|reimagined|demos?|dub|dubplate|bootleg|vip|flip
    |mashup|re-?edit|re-?fix|sessions?|edition|recording|unplugged|instrumental|acoustic|acapella|a\scappella
    |bonus\strack|bonus\sbeats|soundtrack|rendition|arrangement|outtake|mono|stereo|cover|performance)
    (?:\s+(?:{_YEAR}|\#?\d{{1,2}}|no\.?\s?\d+|i{{1,3}}|[ab]))?$""",
    re.VERBOSE,
)
_NO_VERSION = re.compile(
    r"(?:^|\s)(?:in the mix|(?:run|take|break|for) (?:for )?cover|(?:on|the) recording)$"
)
# A guest or a rival somewhere within, and what East Asian titles say of the film that a song comes from.
_VERSION_WITHIN = re.compile(
    r"\s(?:feat\.|ft\.|featuring|vs\.?)\s|主題曲|主题曲|片頭曲|片头曲|片尾曲|插曲|主題歌"
)

# Words of which a qualifier may consist; one at least must be strong.
_STRONG = frozenset(
    """live remaster remastered remastering version ver edit mix remix rmx mono stereo demo acoustic
    unplugged deluxe expanded anniversary bonus explicit clean extended instrumental karaoke
    alternate outtake official soundtrack ost rerecorded re-recorded recording acapella cappella
    slowed nightcore uncensored uncut edited remixed reworked reimagined unreleased original mixed
    singles acustico acustica akustik acoustique vivo directo direto remasterizado reverb rehearsal
    session sessions stripped ライブ ライヴ リミックス リマスター バージョン ヴァージョン
    リマスタリング 라이브 현장 现场 現場 现场版 現場版 live版 伴奏
    концертная ремикс ремастер версия демо акустика remezcla""".split()
)
_WEAK = frozenset(
    """the a an of in at and by for from on new single album radio club dance main full long short video
    audio lyric lyrics digital digitally hd hq inch vinyl lp ep cd studio bbc mtv kexp npr spotify
    itunes apple amazon take track disc motion picture tv film movie size piano string strings
    orchestral orchestra symphonic special limited collectors collector's super edition sped up
    speed hour first early alternative rough home re day music festival concert tour show us uk usa
    ao en dal tape january february march april may june july august september october november
    december""".split()
)
_NUMBER = re.compile(r"(?:\d+(?:st|nd|rd|th|s|-?bit|-?inch|\"|'')?|'?\d\d|#\d+)$")

_DASH_TAIL = re.compile(r"^(?P<rest>.*\S)\s+-+\s*(?P<qualifier>[^\s-].*)$", re.DOTALL)
_BRACKETS = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]|[(\[]([^()\[\]]*)$")
_BARE_FEAT = re.compile(r"(?<=\S)\s+(?:(?:feat|ft)\b\.?|featuring\b|w/)\s*\S.*$", re.DOTALL)
_BARE_REMASTER = re.compile(
    rf"(?<=\S)\s+(?:remaster(?:ed)?\ {_YEAR}|{_YEAR}\ (?:digital\ )?remaster(?:ed)?)$"
)
_ARTIST_GUEST = re.compile(
    r"(?<=\S)\s*[(\[]?(?:(?<=[\s(\[])(?:feat|ft)\b\.?|(?<=[\s(\[])featuring\b|(?<=[\s(\[])w/).*$"
)
_PARTS = re.compile(r"\s*[/;,|+&]\s*|\s+-\s+")


def recording_key(title: str, artist: str) -> str:
    """Return the key that all versions of this song share, or "" when it must never be merged with another.

    Examples
    --------
    >>> recording_key("Under Pressure (feat. David Bowie) - Live at Wembley / Remastered 2011", "Queen")
    'queen|under pressure'
    >>> recording_key("Live and Let Die", "Wings")
    'wings|live and let die'
    """
    artist_part = _artist_key(artist)
    title_part = _title_key(title)
    if not artist_part or not title_part:
        return ""
    return _shorten(f"{artist_part}|{title_part}")


def recording_keys(titles: Iterable[str], artists: Iterable[str]) -> list[str]:
    """Return `recording_key` of each pair; repeated titles and artists are worked out once."""
    return [recording_key(title, artist) for title, artist in zip(titles, artists, strict=True)]


@lru_cache(maxsize=1 << 17)
def _title_key(title: str) -> str:
    return _letters(_without_versions(_fold(title)))


@lru_cache(maxsize=1 << 16)
def _artist_key(artist: str) -> str:
    folded = _fold(artist).split(";")[0].strip()
    name = _letters(_ARTIST_GUEST.sub("", folded))
    if name.startswith("the "):
        name = name.removeprefix("the ")
    elif name.endswith(" the") and folded.endswith(", the"):
        name = name.removesuffix(" the")
    return "" if name in _UNKNOWN_ARTISTS else name


def _without_versions(title: str) -> str:
    """Take version marks off a folded title, one at a time from the right; never all of it."""
    while True:
        shorter = _one_mark_less(title)
        if shorter == title:
            return title
        title = shorter


def _one_mark_less(title: str) -> str:
    dash = _DASH_TAIL.match(title)
    if dash and (_is_version(dash["qualifier"]) or dash["qualifier"].endswith(" live")):
        return dash["rest"]
    for bare in (_BARE_FEAT, _BARE_REMASTER):
        rest = bare.sub("", title)
        if rest != title and rest.strip():
            return rest.strip()
    for bracket in reversed(list(_BRACKETS.finditer(title))):
        qualifier = next((group for group in bracket.groups() if group is not None), "")
        rest = f"{title[: bracket.start()]} {title[bracket.end() :]}".strip()
        if rest and _is_version(qualifier):
            return rest
    return title


@lru_cache(maxsize=1 << 14)
def _is_version(qualifier: str) -> bool:
    text = " ".join(qualifier.split()).strip(" .:;,-*!")
    if _NO_VERSION.search(text):
        return False
    if not text or _VERSION_HEAD.match(text) or _VERSION_WITHIN.search(text) or _VERSION_TAIL.search(text):
        return True
    parts = [part for part in _PARTS.split(text) if part]
    if len(parts) > 1 and any(map(_is_version, parts)):
        return all(_is_version(part) or _is_filling(part) for part in parts)
    return _is_filling(text) and any(word in _STRONG for word in _words(text))


def _is_filling(text: str) -> bool:
    """Say whether every word goes with versions, though none need make one: "December 1971"."""
    return all(word in _STRONG or word in _WEAK or _NUMBER.match(word) for word in _words(text))


def _words(text: str) -> list[str]:
    return text.replace(".", " ").replace("/", " ").replace(",", " ").split()


def _fold(text: str) -> str:
    """Return text in NFKC, lower case, Latin letters without accents, one kind of quote, dash and bracket."""
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if text.isascii():
        return text
    text = text.translate(_SIGNS)
    kept: list[str] = []
    base_is_latin = False
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.combining(char):
            if base_is_latin:
                continue
        else:
            base_is_latin = char.isascii() or (
                char.isalpha() and unicodedata.name(char, "").startswith("LATIN")
            )
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


class _Letters(dict[int, str]):
    """Translation table: letters, digits and their marks stay, apostrophes vanish, all else is a space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        stays = char.isalnum() or unicodedata.category(char).startswith("M")
        self[code] = char if stays else "" if char == "'" else " and " if char == "&" else " "
        return self[code]


_LETTERS = _Letters()


def _letters(folded: str) -> str:
    """Return the letters and digits, one space between words; where there are none ("÷"), the text itself."""
    words = folded.translate(_LETTERS).split()
    return " ".join(words) if words else folded.replace("|", "/").strip()


def _shorten(key: str) -> str:
    if len(key) <= _MAX_LENGTH:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{key[: _MAX_LENGTH - 33]} {digest}"
