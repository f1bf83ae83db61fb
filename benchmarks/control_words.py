"""What a studio clip is, in sentences of our own: none of them is one that training captions are made of.

Captions are phrases put together from parts (`generation.studio.caption`). These are whole sentences, as
people ask somebody for music, with the same facts in them: genre, tempo, key and lead instrument, those that
there are. Whatever is said, `generation.prompt` reads tempo, key and genre of it (tests/benchmarks).
"""

from __future__ import annotations

import numpy as np

WITH_LEAD: tuple[str, ...] = (
    "{genre} at {bpm} bpm in {key}, {lead} up front",
    "I need a {genre} track, {bpm} BPM, in {key}, with {lead} on the melody",
    "{lead} leading a {genre} tune, {key}, {bpm} beats per minute",
    "now some {genre} please, with {lead} playing the tune, {bpm} bpm, key of {key}",
    "We open our podcast with {genre}; could it have {lead} on the melody, in {key}, at {bpm} bpm?",
    "my band plays {genre} at {bpm} beats per minute in {key} and our {lead} has the melody",
    "For the credits: {genre}, {key}, {bpm} BPM, and {lead} singing over it all",
    "it should be {genre}, it should run at {bpm} bpm, it should be in {key}, and I want to hear {lead}",
    "How would {lead} sound over {genre} in {key}? Try {bpm} bpm.",
    "Background for a cooking video. {genre}, {bpm} bpm, {key}, {lead} in front.",
    "Let the {lead} shine: {genre} in {key} at {bpm} bpm",
    "{bpm} bpm. {key}. {genre}. Solo: {lead}.",
    "Our dance class warms up to {genre} at {bpm} bpm; this time in {key}, {lead} taking the lead",
    "remember that {genre} song with the {lead}? like that, {bpm} bpm, in {key}",
    "Could somebody play me {genre} on {lead}? In {key}, please, around {bpm} bpm.",
    "{genre} for a rainy drive, {lead} carrying the tune in {key}, {bpm} beats per minute",
)
WITHOUT_LEAD: tuple[str, ...] = (
    "{genre} at {bpm} bpm in {key}",
    "I need a {genre} track, {bpm} BPM, in {key}",
    "We are short of {genre} in {key} for tonight's set, {bpm} bpm would fit",
    "Background for a cooking video. {genre}, {bpm} bpm, {key}.",
    "My thesis needs ten seconds of {genre}, {bpm} beats per minute, in {key}",
    "do you know a good {genre} song? I would like it at {bpm} bpm and in {key}",
    "For the waiting room: {genre}, {key}, {bpm} BPM",
    "what the scene wants is {genre}, {bpm} bpm, in {key}",
)
# How the key is left out of a sentence, where a clip has none that is major or minor.
_KEYLESS = (
    "; this time in {key},", "; could it have", ", key of {key}", ", it should be in {key}", " and in {key}",
    " in {key}?", "In {key}, please, around", ", in {key}", " in {key}", ", {key}", " {key}.",
)  # fmt: skip
_INSTEAD = {
    "; this time in {key},": ";", "; could it have": "; could it have", " in {key}?": "?",
    "In {key}, please, around": "Around",
}  # fmt: skip


def sentence(genre: str, bpm: int, key: str, lead: str, rng: np.random.Generator) -> str:
    """Ask for a genre, a tempo, a key ("Bb minor") and a lead; "" of the last two is not spoken of."""
    frames = WITH_LEAD if lead else WITHOUT_LEAD
    return worded(frames[int(rng.integers(len(frames)))], genre, bpm, spelled(key, rng), lead)


def worded(frame: str, genre: str, bpm: int, key: str, lead: str) -> str:
    """Put facts into a sentence, or take the key out of it."""
    if not key:
        for part in _KEYLESS:
            frame = frame.replace(part, _INSTEAD.get(part, ""))
    said = frame.format(genre=genre, bpm=bpm, key=key, lead=lead).strip()
    return said[:1].upper() + said[1:] if frame[:1].isupper() else said


def spelled(key: str, rng: np.random.Generator) -> str:
    """Spell a key in one of the ways in which people do: "Bb minor", "B flat minor", "B-flat minor"."""
    note, _, mode = key.partition(" ")
    if len(note) < 2:
        return key
    word = "flat" if note[1] == "b" else "sharp"
    return str(rng.choice([key, f"{note[0]} {word} {mode}", f"{note[0]}-{word} {mode}"]))
