"""Prompts, and what each asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.prompt import Wanted, parse_prompt
from generation.studio.band.instruments import INSTRUMENTS
from generation.studio.piece import GENRES, MOODS
from generation.studio.score import MODES
from generation.words import genres, instruments, moods
from generation.words.ensembles import ENSEMBLES

SLOW, FAST = moods.SLOW, moods.FAST
# What a prompt says; what is not listed must be left open.
READINGS: list[tuple[str, dict[str, Any]]] = [
    ("slow jazz trio in F minor",
     {"genres": ["jazz"], "tempo_range": SLOW, "tonic": 5, "mode": "minor", "ensemble": "trio", "size": 3}),
    ("120 bpm techno with a pounding kick",
     {"genres": ["techno"], "tempo_bpm": 120, "instruments": ["drums"], "mood": "energetic"}),
    ("gentle folk guitar, about 90 beats per minute",
     {"genres": ["folk"], "mood": "calm", "loudness": "soft", "instruments": ["guitar"], "tempo_bpm": 90}),
    ("dreamy ambient pads, no drums",
     {"genres": ["ambient"], "mood": "dreamy", "instruments": ["pad"], "denied": ["drums"]}),
    ("an Irish reel arranged as techno", {"genres": ["techno"], "tune": "Irish reel"}),
    ("The Kesh jig as techno", {"genres": ["techno"], "tune": "The Kesh jig"}),
    ("a slow Irish reel as techno", {"genres": ["techno"], "tune": "slow Irish reel", "tempo_range": SLOW}),
    ("Greensleeves as a slow jazz waltz",
     {"genres": ["jazz"], "tune": "Greensleeves", "tempo_range": SLOW, "meter": "3/4"}),
    ("a techno version of Greensleeves in D dorian",
     {"genres": ["techno"], "tune": "Greensleeves", "tonic": 2, "mode": "dorian"}),
    ('metal cover of "The Rocky Road to Dublin", 150 bpm',
     {"genres": ["metal"], "tune": "The Rocky Road to Dublin", "tempo_bpm": 150}),
    ("St. Louis Blues in the style of reggae", {"genres": ["reggae"], "tune": "St. Louis Blues"}),
    ("jazz as well as techno", {"genres": ["jazz", "techno"]}),
    ("jazz as background music", {"genres": ["jazz"]}),
    ("in a minor mood", {"mode": "minor"}),
    ("in a minor", {"tonic": 9, "mode": "minor"}),
    ("IN A MINOR", {"tonic": 9, "mode": "minor"}),
    ("piano in a minor with drums", {"tonic": 9, "mode": "minor", "instruments": ["piano", "drums"]}),
    ("in A minor key feel", {"tonic": 9, "mode": "minor"}),
    ("a minor waltz", {"mode": "minor", "meter": "3/4"}),
    ("an A minor waltz", {"tonic": 9, "mode": "minor", "meter": "3/4"}),
    ("a minor inconvenience", {}),
    ("F# major", {"tonic": 6, "mode": "major"}),
    ("in H minor", {"tonic": 11, "mode": "minor"}),
    ("h-moll", {"tonic": 11, "mode": "minor"}),
    ("preparation H", {}),
    ("f sharp major", {"tonic": 6, "mode": "major"}),
    ("in Bb", {"tonic": 10, "mode": "major"}),
    ("b-flat minor", {"tonic": 10, "mode": "minor"}),
    ("B♭ minor", {"tonic": 10, "mode": "minor"}),
    ("A# minor", {"tonic": 10, "mode": "minor"}),
    ("key of G", {"tonic": 7, "mode": "major"}),
    ("in the key of e minor", {"tonic": 4, "mode": "minor"}),
    ("F#m, 90 bpm", {"tonic": 6, "mode": "minor", "tempo_bpm": 90}),
    ("Am", {"tonic": 9, "mode": "minor"}),
    ("c-moll", {"tonic": 0, "mode": "minor"}),
    ("h-Moll", {"tonic": 11, "mode": "minor"}),
    ("Es-Dur", {"tonic": 3, "mode": "major"}),
    ("sol mineur", {"tonic": 7, "mode": "minor"}),
    ("si bémol majeur", {"tonic": 10, "mode": "major"}),
    ("E natural minor", {"tonic": 4, "mode": "minor"}),
    ("C phrygian", {"tonic": 0, "mode": "phrygian"}),
    ("I am on the radio", {}),
    ("plan B in a nutshell", {}),
    ("turn it up to 60 dB", {}),
    ("feeling blue tonight", {"mood": "sad"}),
    ("a blue car in my house", {}),
    ("like a rock in my country", {}),
    ("a house track", {"genres": ["edm", "techno"], "tempo_bpm": 124}),
    ("country song with banjo", {"genres": ["country"], "instruments": ["banjo"]}),
    ("jazz with a touch of hip hop", {"genres": ["jazz", "hip hop"]}),
    ("hip-hop", {"genres": ["hip hop"]}),
    ("lo-fi beats", {"genres": ["hip hop"], "mood": "calm"}),
    ("sad lofi", {"genres": ["hip hop"], "mood": "sad"}),
    ("drum and bass", {"genres": ["edm"], "tempo_bpm": 174}),
    ("drum & bass at 170 bpm", {"genres": ["edm"], "tempo_bpm": 170}),
    ("slow dnb", {"genres": ["edm"], "tempo_range": SLOW}),
    ("bossa nova", {"genres": ["latin"]}),
    ("bluegrass", {"genres": ["country"]}),
    ("ska", {"genres": ["reggae"], "mood": "happy"}),
    ("8-bit video game music", {"genres": ["chiptune"]}),
    ("8bit", {"genres": ["chiptune"]}),
    ("baroque harpsichord", {"genres": ["classical"], "instruments": ["harpsichord"]}),
    ("disco", {"genres": ["funk", "pop"]}),
    ("rock'n'roll", {"genres": ["rock"]}),
    ("80s synth pop", {"genres": ["pop"]}),
    ("electronic music", {"genres": ["edm"]}),
    ("electronic ambient", {"genres": ["ambient"]}),
    ("not jazz, rock please", {"genres": ["rock"], "denied_genres": ["jazz"]}),
    ("not sad, energetic pop", {"genres": ["pop"], "mood": "energetic"}),
    ("don't make it sad", {}),
    ("not only jazz but funk", {"genres": ["jazz", "funk"]}),
    ("without guitar", {"denied": ["guitar"]}),
    ("without guitar and drums", {"denied": ["guitar", "drums"]}),
    ("no drums or bass", {"denied": ["drums", "bass"]}),
    ("no loud drums", {"denied": ["drums"]}),
    ("no vocals and a guitar", {"denied": ["voice"], "instruments": ["guitar"]}),
    ("no drums, solo piano", {"denied": ["drums"], "instruments": ["piano"], "ensemble": "solo", "size": 1}),
    ("no beat", {"denied": ["drums"]}),
    ("drumless", {"denied": ["drums"]}),
    ("instrumental funk", {"genres": ["funk"], "denied": ["voice"]}),
    ("no doubt, piano", {"instruments": ["piano"]}),
    ("solo piano", {"instruments": ["piano"], "ensemble": "solo", "size": 1}),
    ("a slow piano solo in C minor",
     {"instruments": ["piano"], "ensemble": "solo", "size": 1, "lead": "piano", "tempo_range": SLOW,
      "tonic": 0, "mode": "minor"}),
    ("rock with a guitar solo", {"genres": ["rock"], "instruments": ["guitar"], "lead": "guitar"}),
    ("anything but metal", {"denied_genres": ["metal"]}),
    ("any style other than rock or metal", {"denied_genres": ["rock", "metal"]}),
    ("70% rock 30% jazz", {"genres": ["rock", "jazz"]}),
    ("just piano", {"instruments": ["piano"], "size": 1}),
    ("saxophone quartet", {"instruments": ["saxophone"], "ensemble": "quartet", "size": 4}),
    ("string quartet",
     {"genres": ["classical"], "instruments": ["violin", "viola", "cello"], "denied": ["drums"],
                            "ensemble": "string quartet", "size": 4}),
    ("full orchestra", {"genres": ["classical"], "ensemble": "orchestra",
     "instruments": ["violin", "strings", "flute", "french horn", "cello"]}),
    ("a cappella", {"instruments": ["choir"], "denied": ["drums"], "ensemble": "a cappella"}),
    ("led by a saxophone", {"instruments": ["saxophone"], "lead": "saxophone"}),
    ("lead guitar and organ", {"instruments": ["guitar", "organ"], "lead": "guitar"}),
    ("with a flute melody", {"instruments": ["flute"], "lead": "flute"}),
    ("Rhodes and double bass", {"instruments": ["electric piano", "double bass"]}),
    ("at 90 beats per minute", {"tempo_bpm": 90}),
    ("the tempo is 115 beats a minute", {"tempo_bpm": 115}),
    ("bpm: 128", {"tempo_bpm": 128}),
    ("90-100 bpm", {"tempo_range": (90, 100)}),
    ("9999 bpm", {}),
    ("uptempo", {"tempo_range": (112, 220)}),
    ("fast and loud", {"tempo_range": FAST, "loudness": "loud"}),
    ("not too fast jazz", {"genres": ["jazz"], "tempo_range": (70, 116)}),
    ("largo", {"tempo_range": (40, 62)}),
    ("Allegro", {"tempo_range": (116, 168)}),
    ("jazz waltz at 140", {"genres": ["jazz"], "tempo_bpm": 140, "meter": "3/4"}),
    ("in 6/8", {"meter": "6/8"}),
    ("six-eight time", {"meter": "6/8"}),
    ("30 seconds of funk", {"genres": ["funk"], "duration_s": 30}),
    ("a 10-second techno loop", {"genres": ["techno"], "duration_s": 10}),
    ("two minutes", {"duration_s": 120}),
    ("one and a half minutes", {"duration_s": 90}),
    ("1:30 of reggae", {"genres": ["reggae"], "duration_s": 90}),
    ("techno with 808s", {"genres": ["techno"], "instruments": ["808 drums"]}),
    ("sparse piano, building up", {"instruments": ["piano"], "density": "sparse", "shape": "building"}),
    ("spooky", {"mood": "dark"}),
    ("", {}),
    ("xyzzy plugh 42 !!", {}),
]  # fmt: skip


def said(wanted: Wanted) -> dict[str, Any]:
    found = {
        name: value for name, value in vars(wanted).items() if name != "spans" and value not in (None, (), "")
    }
    if "genres" in found:
        found["genres"] = [name for name, _ in found["genres"]]
    return {name: list(value) if name in LISTS else value for name, value in found.items()}


LISTS = ("instruments", "denied", "denied_genres")


@pytest.mark.parametrize(("text", "meant"), READINGS, ids=[text or "nothing" for text, _ in READINGS])
def test_a_prompt_is_read_as_it_is_meant_and_no_further(text: str, meant: dict[str, Any]) -> None:
    assert said(parse_prompt(text)) == meant


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("jazz with a touch of hip hop", {"jazz": 0.74, "hip hop": 0.26}),
        ("70% rock, 30% country", {"rock": 0.7, "country": 0.3}),
        ("jazz and techno", {"jazz": 0.5, "techno": 0.5}),
        ("jazzy techno", {"techno": 0.71, "jazz": 0.29}),
        ("mostly folk with some metal", {"folk": 0.87, "metal": 0.13}),
    ],
)
def test_words_between_genres_weigh_them(text: str, weights: dict[str, float]) -> None:
    assert dict(parse_prompt(text).genres) == pytest.approx(weights, abs=0.01)


def test_spans_point_at_what_was_understood() -> None:
    text = "a Slow waltz in B-flat minor with no drums"
    spans = [(text[span.start : span.end], span.kind) for span in parse_prompt(text).spans]
    assert spans == [
        ("Slow", "tempo_range"),
        ("waltz", "meter"),
        ("B-flat minor", "key"),
        ("drums", "no instrument"),
    ]


def test_every_word_leads_to_a_name_that_exists() -> None:
    kinds = set(INSTRUMENTS) | set(instruments.KINDS)
    assert set(genres.WORDS) == set(GENRES)
    assert set(moods.MOODS) == set(MOODS)
    assert {name for mixed in genres.MIXED.values() for name in mixed} <= set(GENRES)
    assert set(instruments.WORDS) <= kinds
    assert {one for kind in instruments.KINDS.values() for one in kind} <= set(INSTRUMENTS)
    assert {one for word in ENSEMBLES.values() for one in (*word.instruments, *word.denied)} <= kinds


def test_every_instrument_of_the_band_is_found_by_its_name() -> None:
    assert [name for name in INSTRUMENTS if parse_prompt(name).instruments != (name,)] == []


def test_every_genre_and_mood_is_found_by_its_name() -> None:
    assert [name for name in GENRES if dict(parse_prompt(f"{name} music").genres) != {name: 1.0}] == []
    assert [name for name in MOODS if parse_prompt(name).mood != name] == []


ODD = st.text() | st.lists(st.sampled_from([text for text, _ in READINGS]) | st.text(max_size=4)).map(
    " ".join
)


@settings(max_examples=300, deadline=None)
@given(ODD)
def test_any_text_is_read(text: str) -> None:
    wanted = parse_prompt(text)
    assert all(0 <= span.start < span.end <= len(text) for span in wanted.spans)
    assert not wanted.genres or sum(weight for _, weight in wanted.genres) == pytest.approx(1)
    assert wanted.tonic in (None, *range(12))
    assert wanted.mode in (None, *MODES)
    assert Wanted().to_json().keys() == json.loads(json.dumps(wanted.to_json())).keys()


@pytest.mark.parametrize(
    "unit", ["a ", "a minor ", "no ", "120 bpm ", "!", "x", "as techno ", "1:30:", " ", "♭b "]
)
def test_ten_thousand_characters_of_one_unit_are_read(unit: str) -> None:
    # Where reading grew as a power of the length, this would not end; `make bench-calls` times it.
    text = (unit * 10_000)[:10_000]
    assert all(0 <= span.start < span.end <= len(text) for span in parse_prompt(text).spans)
