"""Words for how many play, and for ensembles that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class EnsembleWord:
    """An ensemble: its name, how many play (None where the word does not say), who plays, who does not."""

    name: str
    size: int | None = None
    instruments: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


_SIZES = {
    "duo": 2,
    "duet": 2,
    "trio": 3,
    "quartet": 4,
    "quartett": 4,
    "quintet": 5,
    "sextet": 6,
    "septet": 7,
    "octet": 8,
    "nonet": 9,
    "two piece": 2,
    "three piece": 3,
    "four piece": 4,
    "five piece": 5,
    "power trio": 3,
}
# Enough of one to be heard as one.
_ORCHESTRA = EnsembleWord("orchestra", None, ("violin", "strings", "flute", "french horn", "cello"))
ENSEMBLES: Mapping[str, EnsembleWord] = MappingProxyType(
    {
        **{word: EnsembleWord(word.replace("duet", "duo"), size) for word, size in _SIZES.items()},
        "unaccompanied": EnsembleWord("solo", 1),
        "string quartet": EnsembleWord("string quartet", 4, ("violin", "viola", "cello"), ("drums",)),
        # A pianist with bass and drums, if nothing else is said: see VAGUE of `words.genres`.
        "piano trio": EnsembleWord("piano trio", 3, ("piano",)),
        "string trio": EnsembleWord("string trio", 3, ("violin", "viola", "cello"), ("drums",)),
        "string quintet": EnsembleWord(
            "string quintet", 5, ("violin", "viola", "cello", "double bass"), ("drums",)
        ),
        "brass quintet": EnsembleWord(
            "brass quintet", 5, ("trumpet", "french horn", "trombone", "tuba"), ("drums",)
        ),
        "wind quintet": EnsembleWord(
            "wind quintet", 5, ("flute", "oboe", "clarinet", "bassoon", "french horn"), ("drums",)
        ),
        "orchestra": _ORCHESTRA,
        "full orchestra": _ORCHESTRA,
        "symphony orchestra": _ORCHESTRA,
        "chamber orchestra": _ORCHESTRA,
        "philharmonic": _ORCHESTRA,
        "full band": EnsembleWord("band"),
        "big band": EnsembleWord("big band"),
        "marching band": EnsembleWord("marching band", None, ("brass section", "drums")),
        **dict.fromkeys(
            ("a cappella", "acappella", "a capella", "acapella", "a cappela"),
            EnsembleWord("a cappella", None, ("choir",), ("drums",)),
        ),
        "choir only": EnsembleWord("a cappella", None, ("choir",), ("drums",)),
        # Adjectives that only say what is not there.
        "instrumental": EnsembleWord("", None, (), ("voice",)),
        "instrumentals": EnsembleWord("", None, (), ("voice",)),
        "wordless instrumental": EnsembleWord("", None, (), ("voice",)),
        **dict.fromkeys(
            ("drumless", "beatless", "drum free", "drums free", "percussion free", "beat free"),
            EnsembleWord("", None, (), ("drums",)),
        ),
        **dict.fromkeys(("vocal free", "vocals free"), EnsembleWord("", None, (), ("voice",))),
        **dict.fromkeys(("guitarless", "guitar free"), EnsembleWord("", None, (), ("guitar",))),
        **dict.fromkeys(("bassless", "bass free"), EnsembleWord("", None, (), ("bass",))),
    }
)
