"""Who plays when: the arrangement of a band over a form, so that sections differ to the ear.

Verses are thinner, choruses full; an intro lets players in one after the other, a break sends drums and bass
away, the last bar belongs to one chord that all hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from generation.studio.band.bars import Bar

# Machines' music starts with its beat; song's music with its chords.
_BEAT_FIRST = ("techno", "edm", "hip hop", "funk", "metal", "chiptune")
# Genres that drum at all times but in breaks.
_DRIVEN = (
    "rock", "pop", "edm", "techno", "hip hop", "country", "metal", "latin", "reggae", "funk", "chiptune",
    "blues", "jazz",
)  # fmt: skip
# Genres whose riff is the music; elsewhere it is for choruses, intros and solos.
_RIFFING = ("techno", "metal", "funk", "chiptune", "country", "latin", "reggae", "edm")
# Genres whose pad is the music.
_FLOATING = ("ambient", "techno")


def activity(bars: Sequence[Bar], role: str, genre: str, *, sparse: bool = False) -> list[float]:
    """Return how much a role of a genre plays in each bar: 0 rests, up to .5 the least, 1 as the energy says.

    `sparse` bands (three players, or those a listener asked for) let nobody rest outside intros and breaks.
    """
    return [_share(bar, role, genre, sparse) for bar in bars]


def _share(bar: Bar, role: str, genre: str, sparse: bool) -> float:
    if bar.final:
        return 1.0
    rule = _RULES.get(bar.kind)
    if rule is not None:
        return rule(bar, role, genre)
    return _song(bar, role, genre, sparse)


def _song(bar: Bar, role: str, genre: str, sparse: bool) -> float:
    """Verse, prechorus, chorus, bridge, solo."""
    full = bar.kind in ("chorus", "solo")
    if role == "drums":
        if genre not in _DRIVEN:
            return 1.0 if bar.energy >= 0.35 else 0.0
        return 1.0 if bar.energy >= 0.25 else 0.4
    if role == "pad":
        return 1.0 if genre in _FLOATING or bar.kind in ("prechorus", "chorus", "bridge") else 0.0
    if role == "riff":
        always = sparse or (genre in _RIFFING and bar.energy >= 0.35)
        later = bar.kind == "verse" and bar.place >= bar.of // 2 and bar.energy >= 0.5
        return 1.0 if always or full or later else 0.0
    if role == "counter":
        return 1.0 if sparse or bar.kind in ("verse", "chorus", "bridge") else 0.0
    if role == "harmony" and bar.kind == "bridge" and not sparse:
        return 0.5
    return 1.0


def _intro(bar: Bar, role: str, genre: str) -> float:
    """Players come in one after the other, all being there by the last bar."""
    share = bar.place / max(bar.of, 1)
    if bar.of < 2:
        return 1.0 if role in ("harmony", "drums") else 0.5
    if genre in _BEAT_FIRST:
        enters = {"drums": 0.0, "riff": 0.25, "bass": 0.5, "harmony": 0.5, "pad": 0.25, "counter": 2.0}
    else:
        enters = {"harmony": 0.0, "pad": 0.0, "riff": 0.25, "bass": 0.5, "drums": 0.5, "counter": 2.0}
    if genre == "ambient" and role == "drums":
        return 0.0
    if share < enters.get(role, 0.0):
        return 0.0
    return 0.5 if role in ("drums", "harmony") and share < 0.5 else 1.0


def _break(bar: Bar, role: str, genre: str) -> float:
    """No drums, no bass until the last bars; chords or the riff alone."""
    if role == "drums":
        # A light beat leads back in, in the second half of a long break of machines' music.
        return 0.4 if genre in _BEAT_FIRST and bar.of >= 4 and bar.place >= bar.of * 3 // 4 else 0.0
    if role == "bass":
        return 0.5 if bar.place >= bar.of // 2 else 0.0
    if role == "riff":
        return 0.5 if genre in _RIFFING else 0.0
    return 0.0 if role == "counter" else 0.5 if role == "harmony" else 1.0


def _outro(bar: Bar, role: str, genre: str) -> float:
    """As the song, with ornaments gone in its second half."""
    late = bar.place >= bar.of / 2
    if role in ("riff", "counter"):
        return 0.0 if late or role == "counter" else 1.0
    if role == "drums" and genre not in _DRIVEN:
        return 0.5 if bar.energy >= 0.35 else 0.0
    return 0.5 if late and role in ("drums", "harmony") and genre not in ("techno", "edm") else 1.0


_RULES: Mapping[str, Callable[[Bar, str, str], float]] = MappingProxyType(
    {"intro": _intro, "break": _break, "outro": _outro}
)
