"""One sentence of what was heard: what is sure is said, what is likely is said to be, the rest is left out.

"A calm jazz piece with saxophone and upright bass, about 92 beats per minute, probably in F minor."
The words are those of captions, so that `generation.prompt` reads the sentence back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generation.studio import wording
from generation.studio.band.instruments import INSTRUMENTS
from generation.words.instruments import covers

SURE, LIKELY = 0.75, 0.5
"""From which probability on a thing is said, and from which on it is said to be likely."""
# Of a mixture: the lighter genre has at least this, and both together this.
_PART, _TOGETHER, _EVEN = 0.2, 0.75, 0.2
_MOST_NAMED = 4
_LAST = {"bass": 1, "drums": 2}


def sentence(
    *,
    genres: Mapping[str, float],
    moods: Mapping[str, float],
    leads: Mapping[str, float],
    instruments: Mapping[str, float],
    tempo: str = "",
    key: str = "",
) -> str:
    """Say what was heard, in one sentence.

    Parameters
    ----------
    genres, moods, leads, instruments : mapping of str to float
        Probabilities, the likeliest first, as of `generation.audio.listener.Tags`.
    tempo, key : str
        Phrases that follow ("about 92 beats per minute"); empty where nothing is known.
    """
    what, doubt = genre_words(genres)
    mood = next((name for name, share in moods.items() if share >= SURE), "")
    text = f"{mood} {what}".strip()
    text = f"{_article(text)} {text}"
    who = named(instruments, leads)
    if who:
        text += f"{',' if ' with ' in text else ''} with {_listed(who)}"
    text = ", ".join(part for part in (text, doubt, tempo, key) if part)
    return f"{text[0].upper()}{text[1:]}."


def genre_words(genres: Mapping[str, float]) -> tuple[str, str]:
    """Say what a piece is without an article, and what is only likely; the second may be empty.

    >>> genre_words({"jazz": 0.9, "funk": 0.05})
    ('jazz piece', '')
    >>> genre_words({"jazz": 0.6, "funk": 0.3})
    ('jazz piece with a touch of funk', '')
    >>> genre_words({"jazz": 0.45, "funk": 0.4})
    ('mix of jazz and funk', '')
    >>> genre_words({"jazz": 0.55, "funk": 0.1})
    ('piece of music', 'probably jazz')
    """
    ranked = [*genres.items(), ("", 0.0), ("", 0.0)]
    (first, most), (second, less) = ranked[:2]
    a, b = (wording.GENRES[name][0] if name else "" for name in (first, second))
    if most >= SURE:
        return f"{a} piece", ""
    if less >= _PART and most + less >= _TOGETHER:
        even = most - less < _EVEN
        return f"mix of {a} and {b}" if even else f"{a} piece with a touch of {b}", ""
    return "piece of music", f"probably {a}" if most >= LIKELY else ""


def named(instruments: Mapping[str, float], leads: Mapping[str, float]) -> list[str]:
    """Names of who is surely heard, at most four: the melody first, bass and drums last.

    A kind ("guitar") is named only where no member of it is, and of two names for one sound the likelier.
    """
    lead = next((name for name, share in leads.items() if share >= SURE and name in INSTRUMENTS), "")
    sure = [name for name, share in instruments.items() if share >= SURE and name != lead]
    ordered = [lead, *sure] if lead else sure
    found: list[str] = []
    for row, name in enumerate(ordered):
        members = [other for other in ordered if other != name and covers(name, other)]
        # "violin" is true of a fiddle and the other way round: the first of them stays.
        if all(covers(other, name) and ordered.index(other) > row for other in members):
            found.append(name)
    return sorted(found[:_MOST_NAMED], key=lambda name: (name != lead, _LAST.get(_family(name), 0)))


def _family(name: str) -> str:
    return INSTRUMENTS[name].family if name in INSTRUMENTS else name


def _article(phrase: str) -> str:
    return "an" if phrase[0].lower() in "aeio8" else "a"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
