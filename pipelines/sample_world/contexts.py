"""What people make playlists for, and what they then call them.

A context names the axes it is about; the others are left at indifference. Names are as people type them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.sample_world import model as m
from pipelines.sample_world.model import Floats


@dataclass(frozen=True)
class Context:
    """One occasion: the axes it is about, each from 0 to 1, and names for its playlists."""

    wants: Mapping[str, float]
    names: tuple[str, ...]

    def target(self) -> Floats:
        """Return the context as a point of truth space, with 0 for other genres and .5 for other
        attributes.
        """
        rest = [0.0] * len(m.GENRES) + [0.5] * len(m.ATTRIBUTES)
        return np.array([self.wants.get(name, other) for name, other in zip(m.AXES, rest, strict=True)])


CONTEXTS: tuple[Context, ...] = (
    # Rock.
    Context(
        {"rock": 0.95, "guitar": 0.95},
        ("guitars, plural", "dad was right", "three chords is plenty", "Garage Door Open", "amps to eleven"),
    ),
    Context(
        {"rock": 0.9, "calm": 0.75, "tempo": 0.25},
        ("slow rock for slow roads", "lighters, not phones", "grown-up rock", "rainy windscreen rock"),
    ),
    Context(
        {"rock": 0.92, "tempo": 0.9, "cheerful": 0.8},
        ("air guitar emergencies", "loud & happy", "jump on the bed", "driving too fast (don't)"),
    ),
    Context(
        {"rock": 0.9, "synth": 0.95, "guitar": 0.05},
        ("rock but make it synths", "no guitars were harmed", "keytar appreciation society", "plugged in"),
    ),
    Context(
        {"rock": 0.95, "classical": 0.95},
        ("rock goes to the opera", "amps and orchestras", "overtures with distortion", "cape required"),
    ),
    # Pop.
    Context(
        {"pop": 0.95, "cheerful": 0.9},
        (
            "sugar rush",
            "singing in traffic",
            "Happy Happy Happy",
            "songs my dentist likes",
            "hairbrush microphone",
        ),
    ),
    Context(
        {"pop": 0.92, "calm": 0.8, "cheerful": 0.2},
        ("crying on public transport", "he's not worth it", "breakup, week one", "soft pop soft socks"),
    ),
    Context(
        {"pop": 0.92, "synth": 0.85, "electronic": 0.85},
        ("shiny things", "glitter & circuits", "synthpop saturday", "lip gloss and lasers"),
    ),
    Context(
        {"pop": 0.88, "guitar": 0.85},
        ("summer, windows down", "jangle", "beach towel mix", "indie-ish pop-ish"),
    ),
    Context(
        {"pop": 0.9, "brass": 0.75, "tempo": 0.8},
        ("kitchen disco", "dancing with the mop", "wedding, after the speeches", "Aunties on the floor"),
    ),
    # EDM.
    Context(
        {"edm": 0.96, "tempo": 0.92},
        ("gym, no mercy", "LEG DAY", "one more rep", "Warehouse, 3am", "bass first questions later"),
    ),
    Context(
        {"edm": 0.92, "cheerful": 0.9, "vocal": 0.7},
        ("pre-party", "hands up", "festival 2026!!!", "sunscreen & strobes"),
    ),
    Context(
        {"edm": 0.9, "vocal": 0.1},
        ("coding with the lights off", "no words just kick drum", "deadline techno", "spreadsheet rave"),
    ),
    Context(
        {"edm": 0.85, "ambient": 0.85},
        ("after the club, before the bus", "sunrise set", "comedown cushions", "slow lasers"),
    ),
    Context(
        {"edm": 0.9, "latin": 0.9},
        ("pool party politics", "playa y bajo", "hot sand hot beats", "sin protector solar"),
    ),
    # Hip hop.
    Context(
        {"hip hop": 0.95},
        (
            "bars",
            "headphones on hood up",
            "walk like you mean it",
            "boom bap breakfast",
            "rhymes for the bus",
        ),
    ),
    Context(
        {"hip hop": 0.92, "jazz": 0.8, "calm": 0.85},
        ("beats to procrastinate to", "lo-fi homework", "study (actually napping)", "tea & tape hiss"),
    ),
    Context(
        {"hip hop": 0.95, "tempo": 0.75, "cheerful": 0.75},
        ("confidence", "main character at the supermarket", "strut", "deadlift & dreams"),
    ),
    Context(
        {"hip hop": 0.95, "electronic": 0.85, "synth": 0.75},
        ("808s and deadlines", "trap tuesday", "car test", "low end theory homework"),
    ),
    Context(
        {"hip hop": 0.92, "latin": 0.9},
        ("rimas y ritmo", "barrio boombox", "flow del bueno", "perreo con letra"),
    ),
    # Jazz.
    Context(
        {"jazz": 0.96, "brass": 0.85},
        ("hats indoors", "trumpets mostly", "smoky but non-smoking", "hard bop, soft chair"),
    ),
    Context(
        {"jazz": 0.93, "calm": 0.88, "piano": 0.85},
        ("dinner, candles, no phones", "quiet jazz for loud neighbours", "Sunday paper", "piano after ten"),
    ),
    Context(
        {"jazz": 0.92, "vocal": 0.95, "calm": 0.75},
        ("torch songs", "she sings, I wash up", "martini, please", "old dance halls"),
    ),
    Context(
        {"jazz": 0.9, "tempo": 0.8, "cheerful": 0.88},
        ("cooking with brass", "jazz that makes you run late", "second line saturday", "onions & trombones"),
    ),
    Context(
        {"jazz": 0.92, "latin": 0.92},
        ("mambo homework", "rum and ninth chords", "son y swing", "ceiling fan, white suit"),
    ),
    Context(
        {"jazz": 0.92, "synth": 0.9, "electronic": 0.8},
        ("jazz from the year 3000", "wires & saxophones", "cosmic stuff", "synths that swing"),
    ),
    Context(
        {"jazz": 0.93, "classical": 0.93, "piano": 0.9},
        ("black keys white keys", "bach had rhythm", "piano, both hands", "chamber jazz"),
    ),
    # Classical.
    Context(
        {"classical": 0.95, "strings": 0.93, "calm": 0.88},
        ("rainy sunday strings", "violins & drizzle", "cello weather", "reading by the window"),
    ),
    Context(
        {"classical": 0.95, "piano": 0.95, "calm": 0.9},
        ("piano for thinking", "Klavier am Abend", "keys, snow, tea", "baby please sleep"),
    ),
    Context(
        {"classical": 0.96, "brass": 0.75, "tempo": 0.75},
        ("conducting in the shower", "BIG orchestra", "timpani!!", "vacuuming to symphonies"),
    ),
    Context(
        {"classical": 0.93, "vocal": 0.9},
        ("choir practice", "goosebumps in stereo", "candle wax", "voices under stone"),
    ),
    Context(
        {"classical": 0.9, "synth": 0.93, "electronic": 0.9},
        ("bach to the future", "switched on", "wigs & wires", "baroque but electric"),
    ),
    # Ambient.
    Context(
        {"ambient": 0.96, "calm": 0.96},
        ("sleep", "zzz", "noise for nap", "3am and awake", "lie on the floor"),
    ),
    Context(
        {"ambient": 0.93, "synth": 0.93},
        ("slow synths", "planetarium", "modular fog", "space, economy class"),
    ),
    Context(
        {"ambient": 0.93, "guitar": 0.7, "folk": 0.7},
        ("forest floor", "gentle, outdoors", "campfire without people", "moss"),
    ),
    Context(
        {"ambient": 0.92, "classical": 0.9, "strings": 0.85},
        ("string haze", "yoga (mostly lying down)", "cathedral for one", "long bows"),
    ),
    Context(
        {"ambient": 0.9, "piano": 0.8, "calm": 0.95},
        ("bath", "massage but cheap", "steam", "deep breath, hold it"),
    ),
    # Folk.
    Context(
        {"folk": 0.96, "guitar": 0.93},
        ("wool sweater", "one guitar one voice", "cabin, no wifi", "tea & fingerpicking"),
    ),
    Context(
        {"folk": 0.93, "tempo": 0.9, "cheerful": 0.9},
        ("pub, 11pm", "jigs for washing dishes", "barn dance emergency", "stomp clap stomp"),
    ),
    Context(
        {"folk": 0.93, "calm": 0.95, "cheerful": 0.12},
        ("sad banjos", "november", "wistful, thanks for asking", "train window, grey sky"),
    ),
    Context(
        {"folk": 0.88, "rock": 0.8},
        ("long drive west", "gravel road", "truck radio", "boots by the door"),
    ),
    Context(
        {"folk": 0.88, "synth": 0.92, "electronic": 0.88},
        ("sheep dreams electric", "folktronica or whatever", "hay & hard drives", "meadow.exe"),
    ),
    Context(
        {"folk": 0.9, "vocal": 0.93, "cheerful": 0.75},
        ("harmonies!", "sing it from the tractor", "choir of cousins", "Marché du samedi"),
    ),
    # Metal.
    Context(
        {"metal": 0.96, "tempo": 0.93},
        ("commute rage", "inbox zero", "MOSH (carefully)", "neck pain", "deadlift, growl, repeat"),
    ),
    Context(
        {"metal": 0.95, "tempo": 0.12},
        ("doom & gloom & soup", "slow heavy", "heavier than a piano", "geological time"),
    ),
    Context(
        {"metal": 0.94, "classical": 0.92, "strings": 0.8},
        ("orchestra of pain", "violins with armour", "symphonic stuff", "dragons, mostly"),
    ),
    Context(
        {"metal": 0.93, "synth": 0.88, "electronic": 0.88},
        ("angry robots", "server room mosh pit", "industrial estate", "ctrl alt defeat"),
    ),
    Context(
        {"metal": 0.93, "rock": 0.85, "guitar": 0.96},
        ("riffs", "denim vest", "headbang at the red light", "guitar solos only please"),
    ),
    # Latin.
    Context(
        {"latin": 0.96, "tempo": 0.85, "brass": 0.88},
        ("salsa hasta las tres", "pies descalzos", "la sala es pista", "trompetas y sudor"),
    ),
    Context(
        {"latin": 0.94, "calm": 0.9, "guitar": 0.88},
        ("boleros pa' llorar", "guitarra y vino", "abuela's favourites", "siesta"),
    ),
    Context(
        {"latin": 0.95, "cheerful": 0.95},
        ("asado del domingo", "fiesta en la cocina", "cumbia & carbón", "tíos bailando"),
    ),
    Context(
        {"latin": 0.9, "synth": 0.93, "electronic": 0.9},
        ("cumbia digital", "santos y sintes", "latin but robots", "enchufado"),
    ),
    Context(
        {"latin": 0.92, "folk": 0.88, "strings": 0.75},
        ("rancheras & regrets", "carretera", "mariachi on the patio", "caballo, camión, corazón"),
    ),
    Context(
        {"latin": 0.9, "jazz": 0.88, "calm": 0.8},
        ("bossa on the balcony", "hammock in lisbon", "água de coco", "elevator but classy"),
    ),
    # No genre in particular.
    Context(
        {"calm": 0.95, "tempo": 0.1, "drums": 0.05},
        ("shhh", "quiet please", "nobody move", "Sunday, slowly", "for the cat"),
    ),
    Context(
        {"tempo": 0.95, "drums": 0.95},
        ("run!!", "10k, regret at 7", "spin class", "faster"),
    ),
    Context(
        {"cheerful": 0.96, "tempo": 0.75},
        ("good mood only", "breakfast", "first day of spring", "moving house, be nice"),
    ),
    Context(
        {"cheerful": 0.08, "calm": 0.6},
        ("brooding", "bad day", "windows & sighing", "leave me alone mix"),
    ),
    Context(
        {"synth": 0.96, "electronic": 0.95},
        ("knobs", "synths synths synths", "all the cables", "bleep"),
    ),
    Context(
        {"guitar": 0.96, "electronic": 0.04},
        ("six strings", "real wood", "things with frets", "unplug everything"),
    ),
    Context(
        {"piano": 0.96},
        ("88 keys", "piano, any kind", "Klavier!", "songs I'm trying to learn"),
    ),
    Context(
        {"strings": 0.95},
        ("bows", "violin kids", "string section appreciation", "anything with a cello"),
    ),
    Context(
        {"brass": 0.96, "cheerful": 0.8},
        ("horns up", "brass brass brass", "marching to the fridge", "trombone!"),
    ),
    Context(
        {"vocal": 0.04, "calm": 0.75},
        ("no lyrics while I write", "thesis", "focus (please)", "wordless"),
    ),
)

# For what a person likes, without an occasion, and for an artist's fans; {} is a genre or an artist.
PERSONAL_NAMES = (
    "mine",
    "on repeat",
    "2026 so far",
    "never skip",
    "keepers",
    "just {}",
    "{}, basically",
    "my {} phase",
)
ARTIST_NAMES = (
    "{} & friends",
    "{} rabbit hole",
    "if you like {}",
    "mostly {}",
    "{} and similar",
    "started with {}",
)
TWO_INTEREST_NAMES = ("{} / {}", "half {} half {}", "{} but also {}", "{} vs {}", "from {} to {}")
COPY_NAMES = ("{}", "{} (copy)", "{} 2", "{}, my version", "{} (edit)", "{} - old", "better {}")
SERIES_SUFFIXES = ("", "", "", "", "", " II", " vol. 2", " (again)", " 2025", " 2026", " ♥", "!", " part 3")
