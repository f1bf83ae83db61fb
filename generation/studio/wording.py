"""The words captions are made of, each true of what it stands under; `generation.words` reads them back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# A genre as an adjective before a noun; and as a noun without article.
GENRES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rock": ("rock",),
        "pop": ("pop",),
        "edm": ("EDM", "electronic dance", "dance music", "club music"),
        "techno": ("techno",),
        "hip hop": ("hip hop", "hip-hop"),
        "jazz": ("jazz",),
        "blues": ("blues",),
        "classical": ("classical",),
        "ambient": ("ambient",),
        "folk": ("folk",),
        "country": ("country",),
        "metal": ("metal", "heavy metal"),
        "latin": ("Latin",),
        "reggae": ("reggae",),
        "funk": ("funk",),
        "chiptune": ("chiptune", "8-bit", "video game", "8-bit chiptune", "retro game", "chip music"),
    }
)
MASS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rock": ("rock", "rock music"),
        "pop": ("pop", "pop music"),
        "edm": ("EDM", "electronic dance music", "dance music", "club music"),
        "techno": ("techno", "techno music"),
        "hip hop": ("hip hop", "hip-hop", "hip hop music", "hip hop beats"),
        "jazz": ("jazz", "jazz music"),
        "blues": ("blues", "blues music"),
        "classical": ("classical music",),
        "ambient": ("ambient", "ambient music"),
        "folk": ("folk", "folk music"),
        "country": ("country", "country music"),
        "metal": ("metal", "heavy metal", "metal music"),
        "latin": ("Latin music", "Latin"),
        "reggae": ("reggae", "reggae music"),
        "funk": ("funk", "funk music"),
        "chiptune": ("chiptune", "8-bit music", "chiptune music", "video game music", "8-bit game music"),
    }
)
# What a piece of a genre is called.
NOUNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rock": ("song", "track", "tune", "number", "anthem", "jam"),
        "pop": ("song", "track", "tune", "number"),
        "edm": ("track", "tune", "anthem", "number"),
        "techno": ("track", "tune", "groove", "loop"),
        "hip hop": ("beat", "track", "groove", "instrumental"),
        "jazz": ("tune", "piece", "number", "track"),
        "blues": ("tune", "number", "song", "jam"),
        "classical": ("piece", "composition", "work", "miniature"),
        "ambient": ("piece", "track", "soundscape"),
        "folk": ("tune", "song", "piece"),
        "country": ("song", "tune", "number"),
        "metal": ("track", "song", "anthem"),
        "latin": ("tune", "number", "song", "groove"),
        "reggae": ("tune", "song", "groove", "track"),
        "funk": ("groove", "jam", "tune", "track"),
        "chiptune": ("tune", "track", "theme"),
    }
)
PLAIN_NOUNS = ("piece", "track", "tune", "piece of music", "composition", "clip", "recording")
GROUPS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {2: ("duo",), 3: ("trio",), 4: ("quartet",), 5: ("quintet",), 6: ("sextet",)}
)
CHAMBER = frozenset(("jazz", "classical", "folk", "blues", "country", "latin"))
# The heavier and the lighter genre of a mixture.
TOUCHES = (
    "{a} with a touch of {b}",
    "{a} with a hint of {b}",
    "{a} with elements of {b}",
    "{b}-tinged {a}",
    "{b}-influenced {a}",
    "mostly {a} with some {b}",
    "{a} with a dash of {b}",
    "{a} with {b} influences",
)
EVENLY = (
    "{a} and {b}",
    "{a} meets {b}",
    "a mix of {a} and {b}",
    "{a} crossed with {b}",
    "a blend of {a} and {b}",
    "{a} mixed with {b}",
    "{a} / {b}",
)
COLOURS: Mapping[str, str] = MappingProxyType(
    {"jazz": "jazzy", "blues": "bluesy", "funk": "funky", "folk": "folky"}
)
MOODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "happy": (
            "happy",
            "cheerful",
            "joyful",
            "sunny",
            "upbeat",
            "merry",
            "playful",
            "feel-good",
            "carefree",
            "jolly",
        ),
        "sad": (
            "sad",
            "melancholy",
            "melancholic",
            "mournful",
            "wistful",
            "sorrowful",
            "gloomy",
            "bittersweet",
            "plaintive",
        ),
        "calm": (
            "calm",
            "relaxing",
            "peaceful",
            "serene",
            "mellow",
            "soothing",
            "laid-back",
            "tranquil",
            "chilled",
            "relaxed",
        ),
        "energetic": (
            "energetic",
            "lively",
            "driving",
            "vigorous",
            "high-energy",
            "powerful",
            "spirited",
            "rousing",
        ),
        "dark": (
            "dark",
            "brooding",
            "ominous",
            "sinister",
            "haunting",
            "eerie",
            "menacing",
            "bleak",
            "shadowy",
        ),
        "dreamy": ("dreamy", "ethereal", "hazy", "floating", "dreamlike", "spacey", "otherworldly", "misty"),
        "tense": ("tense", "suspenseful", "nervous", "anxious", "restless", "uneasy", "urgent", "edgy"),
        "romantic": (
            "romantic",
            "tender",
            "passionate",
            "sentimental",
            "sensual",
            "heartfelt",
            "intimate",
            "loving",
        ),
    }
)
PACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "very slow": ("very slow", "really slow", "slow", "extremely slow"),
        "slow": ("slow", "slow-paced", "leisurely", "slow-moving"),
        "mid-tempo": ("mid-tempo", "medium-tempo", "moderately paced", "midtempo"),
        "fast": ("fast", "quick", "uptempo", "fast-paced", "up-tempo", "brisk"),
        "very fast": ("very fast", "fast", "extremely fast", "breakneck", "super fast"),
    }
)
TEMPO_EXACT = ("{n} bpm", "{n} BPM", "{n} beats per minute", "{n} beats a minute", "{n}bpm", "tempo {n}")
TEMPO_ABOUT = (
    "about {n} bpm",
    "around {n} BPM",
    "about {n} beats per minute",
    "roughly {n} bpm",
    "around {n} beats a minute",
    "approximately {n} bpm",
)
LOUDNESS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"soft": ("soft", "quiet", "subdued", "softly played"), "loud": ("loud", "noisy", "thunderous")}
)
GENTLE = ("gentle", "delicate", "hushed")
DENSITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"sparse": ("sparse", "minimal", "stripped-back", "spare"), "busy": ("busy", "dense", "bustling")}
)
SHAPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "building": ("building up", "that builds up", "that grows", "with a crescendo", "that gets louder"),
        "fading": ("fading out", "that fades out", "that gets quieter", "dying away", "winding down"),
    }
)
POSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "opening": (
            "the opening of {x}",
            "the start of {x}",
            "the beginning of {x}",
            "the first bars of {x}",
        ),
        "middle": ("an excerpt from {x}", "the middle of {x}", "from the middle of {x}"),
        "ending": ("the end of {x}", "the ending of {x}", "the final bars of {x}", "the close of {x}"),
    }
)
SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "intro": ("the intro of {x}", "the introduction to {x}"),
        "verse": ("a verse of {x}", "the verse of {x}"),
        "chorus": ("the chorus of {x}", "the refrain of {x}"),
        "bridge": ("the bridge of {x}",),
        "outro": ("the outro of {x}", "the coda of {x}"),
    }
)
METERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "3/4": ("in 3/4", "in waltz time", "in three-four time", "in 3/4 time"),
        "6/8": ("in 6/8", "in six-eight", "in 6/8 time"),
        "4/4": ("in 4/4", "in 4/4 time", "in four-four"),
    }
)
NO_DRUMS = (
    "no drums",
    "without drums",
    "without any drums",
    "with no drums",
    "no percussion or drums",
    "but no drums",
)
NO_DRUMS_ADJECTIVES = ("drumless", "beatless", "drum-free")
NO_VOICE = ("no vocals", "without vocals", "no singing")
LEADS = (
    "led by {a}",
    "featuring {a}",
    "with {a} lead",
    "with {a} on the melody",
    "with the melody on {x}",
    "with a {x} melody",
    "led by the {x}",
    "with lead {x}",
)
WITH = ("with {x}", "with {x}", "played on {x}", "for {x}", "using {x}")
PLAYS = ("{x} playing {m}", "{m} played by {x}", "{x}, {m}", "{m} on {x}", "{m} with {x}")
ASKS = (
    "make {x}",
    "play {x}",
    "give me {x}",
    "compose {x}",
    "generate {x}",
    "I want {x}",
    "I'd like {x}",
    "please make {x}",
    "can you make {x}",
    "write {x}",
    "create {x}",
    "I'm looking for {x}",
    "something like {x}",
)
SAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "key": ("It is in {v}.", "The key is {v}.", "Key: {v}.", "It's in {v}."),
        "tempo": ("It runs at {v}.", "The tempo is {v}.", "It moves at {v}.", "Tempo: {v}."),
        "mood": ("It sounds {v}.", "The mood is {v}.", "It feels {v}.", "Mood: {v}."),
        "with": ("It is played on {v}.", "You can hear {v}.", "It has {v}.", "Instruments: {v}."),
        "no drums": ("There are no drums.", "It has no drums.", "No drums."),
        "meter": ("It is {v}.", "Meter: {v}."),
        "pace": ("It is {v}.", "The pace is {v}."),
    }
)
TUNES = (
    "{t} as {g}",
    "{t} arranged as {g}",
    "{g} version of {t}",
    "{g} arrangement of {t}",
    "{t} played as {g}",
    "{t} in the style of {g}",
    "{g} cover of {t}",
    "{t} set as {g}",
)
# Other words for instruments of the band; its own names are always used too.
INSTRUMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "piano": ("grand piano", "acoustic piano"),
        "electric piano": ("Rhodes piano", "e-piano"),
        "vibraphone": ("vibraphone",),
        "bells": ("chimes", "glockenspiel"),
        "rock organ": ("organ", "Hammond organ"),
        "church organ": ("pipe organ", "organ"),
        "bandoneon": ("accordion",),
        "nylon guitar": ("acoustic guitar", "guitar", "classical guitar", "nylon-string guitar"),
        "acoustic guitar": ("guitar", "steel-string guitar"),
        "jazz guitar": ("guitar", "electric guitar"),
        "electric guitar": ("guitar", "clean electric guitar"),
        "muted guitar": ("guitar", "palm-muted guitar", "electric guitar"),
        "overdriven guitar": ("electric guitar", "guitar", "crunchy guitar", "distorted guitar"),
        "distorted guitar": ("heavy guitar", "distorted electric guitar", "guitar", "electric guitar"),
        "upright bass": ("double bass", "acoustic bass", "bass"),
        "bass guitar": ("electric bass", "bass"),
        "picked bass": ("bass guitar", "bass", "electric bass"),
        "fretless bass": ("bass", "bass guitar"),
        "slap bass": ("bass", "bass guitar", "slapped bass"),
        "synth bass": ("bass", "bass synth"),
        "sub bass": ("bass", "deep bass", "808 bass"),
        "violin": ("strings",),
        "fiddle": ("violin",),
        "cello": ("violoncello",),
        "pizzicato strings": ("plucked strings", "strings"),
        "strings": ("string section", "orchestral strings", "string ensemble"),
        "synth strings": ("strings", "string machine"),
        "choir": ("voices", "choral voices"),
        "voice": ("vocals", "wordless voice"),
        "brass section": ("brass", "horn section", "horns"),
        "muted trumpet": ("trumpet",),
        "soprano saxophone": ("soprano sax", "saxophone", "sax"),
        "saxophone": ("sax", "alto sax"),
        "tenor saxophone": ("sax", "saxophone", "tenor sax"),
        "recorder": ("whistle", "tin whistle"),
        "pan flute": ("panpipes",),
        "square lead": ("synth lead", "square wave", "synth"),
        "pulse wave": ("synth", "pulse waves"),
        "triangle wave": ("triangle wave bass", "bass"),
        "synth lead": ("lead synth", "synth", "synthesizer"),
        "synth arpeggio": ("arpeggiated synth", "synth", "arpeggios"),
        "synth pluck": ("plucked synth", "synth"),
        "synth pad": ("pads", "synth pads", "pad"),
        "warm pad": ("pads", "warm pads", "synth pad", "synth"),
        "poly synth": ("synth chords", "synths", "synthesizer"),
        "choir pad": ("choir pads", "choir", "pads"),
        "sweep pad": ("sweeping pads", "pads", "synth pad"),
        "atmosphere": ("synth textures", "pads"),
        "steel drums": ("steel pans",),
        "drum kit": ("drums", "live drums", "drum set"),
        "room drums": ("drums", "drum kit", "drum set"),
        "power drums": ("drums", "heavy drums", "drum kit"),
        "electronic drums": ("drums", "drum machine", "programmed drums"),
        "808 drums": ("drums", "808s", "drum machine", "808 beat"),
        "jazz drums": ("drums", "swing drums", "drum kit"),
        "brush drums": ("brushes", "drums", "brushed drums"),
        "latin percussion": ("congas", "percussion", "drums", "bongos"),
        "noise drums": ("drums", "8-bit drums", "drum machine"),
    }
)
KEYS = (
    ("C",),
    ("C#", "Db"),
    ("D",),
    ("Eb", "D#"),
    ("E",),
    ("F",),
    ("F#", "Gb"),
    ("G",),
    ("Ab", "G#"),
    ("A",),
    ("Bb", "A#"),
    ("B",),
)
SIGNS = (("#", " sharp"), ("b", " flat"), ("b", "-flat"), ("#", "♯"), ("b", "♭"), ("#", "-sharp"))
