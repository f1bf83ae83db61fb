"""What each genre plays with, at what tempo and with what feel: the tables from which a band is made.

Each role of an ensemble names its usual instruments, the most usual first; the rng draws one, the first twice
as often as the others. An empty role is not cast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from generation.studio.idioms import IDIOMS

# Felt beats a minute within which a genre is at home, from slow to fast.
TEMPO_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {genre: (idiom.tempo[0], idiom.tempo[2]) for genre, idiom in IDIOMS.items()}
)


@dataclass(frozen=True)
class Ensemble:
    """Who plays what in a genre: for each role the instruments to draw from, and the feel of its time.

    `swing8` and `swing16` are where the second half of a beat (half beat) falls, .5 straight, .667 triplets;
    `push_ms` is how late (or, below 0, early) backbeat and chords are, `tight` whether machines play.
    """

    lead: tuple[str, ...]
    harmony: tuple[str, ...]
    pad: tuple[str, ...]
    bass: tuple[str, ...]
    riff: tuple[str, ...]
    counter: tuple[str, ...]
    drums: tuple[str, ...]
    swing8: float = 0.5
    swing16: float = 0.5
    push_ms: float = 0.0
    tight: bool = False
    gains: Mapping[str, float] = field(default_factory=dict)  # decibels to add, by role


ENSEMBLES: Mapping[str, Ensemble] = MappingProxyType(
    {
        "rock": Ensemble(
            lead=("overdriven guitar", "electric guitar", "voice"),
            harmony=("overdriven guitar", "electric guitar"),
            pad=("rock organ",),
            bass=("picked bass", "bass guitar"),
            riff=("electric guitar", "muted guitar"),
            counter=("electric guitar", "rock organ"),
            drums=("drum kit", "room drums"),
        ),
        "pop": Ensemble(
            lead=("voice", "synth lead", "piano", "electric guitar"),
            harmony=("piano", "acoustic guitar", "electric piano"),
            pad=("strings", "warm pad"),
            bass=("bass guitar", "synth bass"),
            riff=("synth pluck", "electric guitar"),
            counter=("bells", "electric guitar", "strings"),
            drums=("drum kit", "room drums"),
        ),
        "edm": Ensemble(
            lead=("synth lead", "square lead"),
            harmony=("poly synth",),
            pad=("sweep pad", "warm pad"),
            bass=("synth bass",),
            riff=("synth arpeggio", "synth pluck"),
            counter=("synth pluck",),
            drums=("electronic drums",),
            tight=True,
            gains={"harmony": 2.0, "drums": 1.0},
        ),
        "techno": Ensemble(
            lead=("square lead", "synth pluck"),
            harmony=("synth brass", "poly synth"),
            pad=("sweep pad", "choir pad"),
            bass=("synth bass",),
            riff=("synth arpeggio", "square lead"),
            counter=(),
            drums=("808 drums", "electronic drums"),
            tight=True,
            gains={"drums": -2.0, "pad": 2.0, "harmony": 2.0, "riff": 3.0},
        ),
        "hip hop": Ensemble(
            lead=("electric piano", "flute", "synth lead", "muted trumpet"),
            harmony=("electric piano", "piano"),
            pad=("strings", "choir pad"),
            bass=("sub bass",),
            riff=("vibraphone", "harp", "nylon guitar"),
            counter=("bells", "flute"),
            drums=("808 drums",),
            swing16=0.56,
            push_ms=4.0,
            gains={"drums": 2.0, "bass": 3.0},
        ),
        "jazz": Ensemble(
            lead=("saxophone", "trumpet", "piano", "vibraphone", "clarinet"),
            harmony=("piano", "jazz guitar"),
            pad=(),
            bass=("upright bass",),
            riff=(),
            counter=("trombone", "muted trumpet", "tenor saxophone"),
            drums=("jazz drums",),
            swing8=0.655,
            gains={"bass": 2.0, "drums": 6.0, "harmony": 2.0},
        ),
        "blues": Ensemble(
            lead=("electric guitar", "harmonica", "overdriven guitar", "tenor saxophone"),
            harmony=("piano", "electric guitar"),
            pad=("organ",),
            bass=("bass guitar", "upright bass"),
            riff=("overdriven guitar", "brass section"),
            counter=("harmonica", "tenor saxophone"),
            drums=("room drums", "drum kit"),
            swing8=0.655,
            push_ms=2.0,
        ),
        "classical": Ensemble(
            lead=("violin", "flute", "oboe", "clarinet", "cello", "piano"),
            harmony=("strings", "piano", "harp", "pizzicato strings"),
            pad=("strings",),
            bass=("cello", "double bass"),
            riff=(),
            counter=("viola", "clarinet", "bassoon", "french horn"),
            drums=(),
            gains={"bass": 1.0},
        ),
        "ambient": Ensemble(
            lead=("atmosphere", "synth bell", "piano", "pan flute"),
            harmony=("synth bell", "harp", "electric piano"),
            pad=("warm pad", "choir pad", "sweep pad"),
            bass=("sub bass", "fretless bass"),
            riff=(),
            counter=("bells", "celesta", "vibraphone"),
            drums=(),
            gains={"pad": 5.0, "bass": -2.0},
        ),
        "folk": Ensemble(
            lead=("fiddle", "recorder", "acoustic guitar", "accordion", "mandolin"),
            harmony=("acoustic guitar",),
            pad=("accordion",),
            bass=("upright bass",),
            riff=("mandolin", "dulcimer"),
            counter=("recorder", "fiddle", "cello"),
            drums=("brush drums",),
            gains={"drums": -4.0, "harmony": 2.0},
        ),
        "country": Ensemble(
            lead=("fiddle", "electric guitar", "harmonica", "acoustic guitar", "banjo"),
            harmony=("acoustic guitar",),
            pad=("organ", "strings"),
            bass=("bass guitar", "upright bass"),
            riff=("banjo",),
            counter=("electric guitar", "fiddle"),
            drums=("brush drums", "room drums"),
            push_ms=-1.0,
            gains={"drums": -1.0, "riff": 2.0},
        ),
        "metal": Ensemble(
            lead=("distorted guitar", "overdriven guitar"),
            harmony=("distorted guitar",),
            pad=("choir", "church organ"),
            bass=("picked bass",),
            riff=("distorted guitar",),
            counter=("overdriven guitar",),
            drums=("power drums",),
            push_ms=-1.0,
            gains={"harmony": 3.0, "riff": 3.0, "drums": -1.0, "pad": 3.0, "bass": 2.0},
        ),
        "latin": Ensemble(
            lead=("trumpet", "flute", "nylon guitar", "saxophone"),
            harmony=("piano",),
            pad=(),
            bass=("upright bass", "bass guitar"),
            riff=("brass section", "marimba"),
            counter=("trombone", "flute"),
            drums=("latin percussion",),
            gains={"harmony": 3.0, "drums": -1.0, "bass": 1.0},
        ),
        "reggae": Ensemble(
            lead=("trombone", "saxophone", "rock organ", "harmonica"),
            harmony=("electric guitar", "organ"),
            pad=(),
            bass=("bass guitar", "fretless bass"),
            riff=("rock organ", "clavinet"),
            counter=("trombone", "brass section"),
            drums=("drum kit", "room drums"),
            push_ms=4.0,
            swing16=0.56,
            gains={"bass": 3.0, "harmony": 2.0},
        ),
        "funk": Ensemble(
            lead=("saxophone", "brass section", "clavinet", "trumpet", "electric piano"),
            harmony=("electric guitar", "muted guitar"),
            pad=("rock organ",),
            bass=("slap bass", "bass guitar"),
            riff=("clavinet", "muted guitar"),
            counter=("brass section",),
            drums=("drum kit", "room drums"),
            swing16=0.53,
            push_ms=1.0,
            gains={"bass": 2.0, "riff": 1.0},
        ),
        "chiptune": Ensemble(
            lead=("square lead",),
            harmony=("pulse wave",),
            pad=(),
            bass=("triangle wave",),
            riff=("pulse wave",),
            counter=("square lead",),
            drums=("noise drums",),
            tight=True,
        ),
    }
)

# Decibels and place by role: the lead in front in the middle, pads far behind.
ROLE_GAIN_DB: Mapping[str, float] = MappingProxyType(
    {
        "lead": 3.0,
        "counter": -3.0,
        "riff": -4.5,
        "harmony": -4.0,
        "pad": -9.0,
        "bass": 0.0,
        "drums": 0.0,
        "effect": -4.0,
    }
)
ROLE_PAN: Mapping[str, float] = MappingProxyType(
    {
        "lead": 0.0,
        "counter": 0.45,
        "riff": 0.35,
        "harmony": -0.35,
        "pad": 0.1,
        "bass": 0.0,
        "drums": 0.0,
        "effect": 0.2,
    }
)
