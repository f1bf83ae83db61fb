"""Names of the catalogue inside a free prompt: "a slow song of Velvet Lantern in the style of Iron Choir".

Text and names are folded alike (db/text.py: no case, no accents, "&" is "and"), names are found as whole
words, and the longest come first. What is nothing but everyday words and words that prompts are made of
("Home", "Slow Jazz") is taken for words, unless it stands in quotation marks, or with capitals after "by",
"like", "of" and the like, or, as two everyday words and more, after "in the style of"; so is any word alone
without a capital or such a word before it. "TITLE by ARTIST" is that one song, and "not like ARTIST" says so.

What remains is the prompt without the names and the words that led to them; nothing, where only such words
as "a song" are left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.repositories import names as names_repository
from db.repositories.names import NamedArtist, NamedSong
from db.repositories.songs import popularity
from db.text import fold, storable
from pipelines.everyday_words import asked_words, everyday_words

MOST_WORDS = 12
_READ_CHARACTERS = 2_000
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&")
_QUOTES = "\"'“”„‘’«»`"
# Words that lead to a name, longest first, each with what may stand between.
_LEADS = (
    "in the style of", "in the manner of", "in the spirit of", "in the vein of", "in the way of",
    "with the style of", "in style of", "reminiscent of", "inspired by", "influenced by", "sounding like",
    "sounds like", "similar to", "a la", "something like", "songs of", "song of", "songs by", "song by",
    "music of", "music by", "track by", "tune by", "by", "like", "of", "from", "after", "meets",
    "crossed with", "mixed with", "unlike",
)  # fmt: skip
_SAYING = frozenset(
    "style manner spirit vein artist band singer group called named songs music inspired".split()
)
_DENIERS = frozenset("not no nothing never without unlike minus less".split())
_SMALL = frozenset("the a an and of in on to for at with by".split())
_BETWEEN = frozenset("the a an artist band singer group song track called named and".split())
# What is no wish of its own, where nothing else is left of a prompt.
_EMPTY = frozenset(
    "a an the and or of in by like as with to for from some something song songs track tune tunes music "
    "piece style manner artist band but please make me create generate play write new one that sounds "
    "sounding similar meets x between mix blend cross crossed mixed after vs".split()
)


def seems_to_name(prompt: str) -> bool:
    """Whether somebody seems to be named, judged by the words alone: "in the style of", "inspired by".

    >>> seems_to_name("techno in the Style of Iron Choir"), seems_to_name("techno by night")
    (True, False)
    """
    words = f" {' '.join(prompt.lower().split())} "
    return any(f" {lead} " in words for lead in _LEADS if " " in lead)


@dataclass(frozen=True)
class FoundName:
    """A name that stands in a prompt.

    Attributes
    ----------
    text : str
        As it stands there.
    kind : str
        "artist" or "song".
    name : str
        As the catalogue spells it; of a song "title - artist".
    number : int
        Id of the artist or the song.
    denied : bool
        Whether the prompt says "not like" it.
    """

    text: str
    kind: str
    name: str
    number: int
    denied: bool = False


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt's names, in their order, and its words without them; None where none are left."""

    words: str | None
    names: tuple[FoundName, ...] = ()


@dataclass(frozen=True)
class _Word:
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class _Span:
    first: int
    last: int  # inclusive
    found: NamedArtist | tuple[NamedSong, ...]
    is_sure: bool = False

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def read_names(session: Session, prompt: str) -> ReadPrompt:
    """Find the catalogue's names in a prompt."""
    text = unicodedata.normalize("NFC", prompt)
    words = _words(text[:_READ_CHARACTERS])
    if not words or not storable(text):
        return ReadPrompt(prompt)
    spans = _longest_first(_with_their_artists(_candidates(session, words), words), text, words)
    if not spans:
        return ReadPrompt(prompt)
    plays = popularity(session, _ids(spans))
    near = {span.found.key for span in spans if isinstance(span.found, NamedArtist)}
    names = tuple(_named(span, text, words, plays, near) for span in spans)
    return ReadPrompt(_rest(text, words, spans), names)


def _words(text: str) -> list[_Word]:
    return [
        _Word(key, match.start(), match.end())
        for match in _TOKEN.finditer(text)
        for key in fold(match[0]).split()
    ]


def _candidates(session: Session, words: Sequence[_Word]) -> list[_Span]:
    """Every run of words that is a name, by itself or with "the" before it."""
    runs: dict[str, list[tuple[int, int]]] = {}
    for first in range(len(words)):
        for last in range(first, min(first + MOST_WORDS, len(words))):
            runs.setdefault(" ".join(word.key for word in words[first : last + 1]), []).append((first, last))
    spans = []
    artists = names_repository.artists_named(session, [key for run in runs for key in (run, f"the {run}")])
    for key, artist in artists.items():
        bare = key.removeprefix("the ")
        for run in {key, bare}:
            if run == key or run not in artists:
                spans += [_Span(first, last, artist) for first, last in runs.get(run, ())]
    titled: dict[str, list[NamedSong]] = {}
    for song in names_repository.songs_titled_within(session, " ".join(word.key for word in words)):
        titled.setdefault(fold(song.title), []).append(song)
    for key, songs in titled.items():
        spans += [_Span(first, last, tuple(songs)) for first, last in runs.get(key, ())]
    return spans


def _longest_first(spans: Iterable[_Span], text: str, words: Sequence[_Word]) -> list[_Span]:
    """Spans that do not overlap: the longest first, an artist before a song, in the order of the text."""

    def length(span: _Span) -> tuple[int, int, bool, int]:
        characters = words[span.last].end - words[span.first].start
        return (-span.size, -characters, not isinstance(span.found, NamedArtist), span.first)

    taken: set[int] = set()
    kept = []
    for span in sorted(spans, key=length):
        places = set(range(span.first, span.last + 1))
        if not places & taken and _is_meant(span, text, words):
            taken |= places
            kept.append(span)
    return sorted(kept, key=lambda span: span.first)


def _is_meant(span: _Span, text: str, words: Sequence[_Word]) -> bool:
    """Whether words that may be a name are one."""
    if span.is_sure:
        return True
    keys = [word.key for word in words[span.first : span.last + 1]]
    start, end = words[span.first].start, words[span.last].end
    if text[max(start - 1, 0) : start] in tuple(_QUOTES) and text[end : end + 1] in tuple(_QUOTES):
        return True
    is_led = _lead(words, span.first) < span.first
    is_capital = _has_capitals(text, words[span.first : span.last + 1])
    if all(key in everyday_words() or len(key) < 2 or key.isdecimal() for key in keys):
        # "In the style of iron choir" says that it is one; in that of "slow jazz" it is a kind of music.
        is_said = len(keys) > 1 and _is_said(words, span.first) and not asked_words().issuperset(keys)
        return is_said or (is_capital and is_led)
    # A word by itself may be one that our lists do not have; at the beginning every word has a capital.
    return len(keys) > 1 or is_led or (is_capital and span.first > 0) or len(keys) == len(words)


def _is_said(words: Sequence[_Word], first: int) -> bool:
    """Whether the words before a name say that there is one."""
    before = [word.key for word in words[_lead(words, first) : first]]
    return bool(_SAYING.intersection(before))


def _has_capitals(text: str, words: Sequence[_Word]) -> bool:
    """Whether every word that would have one in a title has a capital, as the first always has."""
    return all(
        text[word.start].isupper() or text[word.start].isdecimal() or (number and word.key in _SMALL)
        for number, word in enumerate(words)
    )


def _lead(words: Sequence[_Word], first: int) -> int:
    """Where the words begin that lead to a name: `first` itself where there are none."""
    at = first
    while at > 0 and words[at - 1].key in _BETWEEN:
        at -= 1
    for lead in _LEADS:
        parts = lead.split()
        if [word.key for word in words[max(at - len(parts), 0) : at]] == parts:
            at -= len(parts)
            break
    else:
        at = first
    return at - 1 if at > 0 and words[at - 1].key in _DENIERS else at


def _with_their_artists(spans: Sequence[_Span], words: Sequence[_Word]) -> list[_Span]:
    """The spans, and each title with its artist behind it ("TITLE by ARTIST"): the song of that artist."""
    starts: dict[int, list[_Span]] = {}
    for span in spans:
        if isinstance(span.found, NamedArtist):
            starts.setdefault(span.first, []).append(span)
    joined = []
    for span in spans:
        if not isinstance(span.found, tuple) or span.last + 1 >= len(words):
            continue
        if words[span.last + 1].key not in ("by", "of", "from"):
            continue
        for artist in starts.get(span.last + 2, ()):
            assert isinstance(artist.found, NamedArtist)
            own = tuple(song for song in span.found if song.artist_key == artist.found.key)
            if own:
                joined.append(_Span(span.first, artist.last, own, is_sure=True))
    return [*spans, *joined]


def _named(
    span: _Span, text: str, words: Sequence[_Word], plays: Mapping[int, int], near: set[str]
) -> FoundName:
    said = text[words[span.first].start : words[span.last].end]
    lead = _lead(words, span.first)
    denied = words[lead].key in _DENIERS
    if isinstance(span.found, NamedArtist):
        return FoundName(said, "artist", span.found.name, span.found.artist_id, denied)
    # Of several songs of one title, that of an artist who is named too, else the most played.
    best = min(
        span.found, key=lambda song: (song.artist_key not in near, -plays.get(song.song_id, 0), song.song_id)
    )
    name = f"{best.title} - {best.artist}" if best.artist else best.title
    return FoundName(said, "song", name, best.song_id, denied)


def _rest(text: str, words: Sequence[_Word], spans: Sequence[_Span]) -> str | None:
    """The prompt without the names and what led to them."""
    parts, at = [], 0
    for span in spans:
        lead = _lead(words, span.first)
        start, end = words[lead].start, words[span.last].end
        while start > at and text[start - 1] in _QUOTES:
            start -= 1
        while end < len(text) and text[end] in _QUOTES:
            end += 1
        parts.append(text[at : max(start, at)])
        at = max(at, end)
    parts.append(text[at:])
    rest = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", " ".join(parts))).strip(" ,;:-&+")
    rest = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", rest)
    left = [key for word in _TOKEN.findall(rest) for key in fold(word).split()]
    return rest if any(key not in _EMPTY for key in left) else None


def _ids(spans: Iterable[_Span]) -> list[int]:
    return [song.song_id for span in spans if isinstance(span.found, tuple) for song in span.found]
