"""Titles for songs, invented from words that suit a genre and a mood."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_MOOD_WORDS: Mapping[str, tuple[str, str]] = {
    # Adjectives; nouns.
    "happy": (
        "Golden Bright Sunny Easy Lucky Sweet Yellow Laughing Open Merry",
        "Morning Summer Sunshine Holiday Picnic Balloon Parade Kite Smile Lemonade Garden Sunday",
    ),
    "sad": (
        "Lonely Broken Grey Empty Fading Last Quiet Lost Bitter Forgotten",
        "Rain Goodbye November Letter Station Tears Window Farewell Ashes Harbour Photograph Winter",
    ),
    "calm": (
        "Still Gentle Soft Slow Silent Pale Drifting Resting Mild Clear",
        "Lake Evening Meadow Snow Breath Shore Willow Hours Harbour Lantern Dew Valley",
    ),
    "energetic": (
        "Wild Burning Electric Loud Restless Running Flying Neon Rapid Reckless",
        "Lightning Engine Fever Thunder Rocket Highway Wire Riot Pulse Turbine Sprint Flame",
    ),
    "dark": (
        "Black Hollow Buried Cold Midnight Iron Crooked Nameless Drowned Haunted",
        "Crow Cellar Grave Shadow Tunnel Eclipse Mirror Cathedral Wolf Ruin Smoke Abyss",
    ),
    "dreamy": (
        "Floating Velvet Silver Distant Blue Sleeping Hazy Weightless Pearl Misty",
        "Moon Cloud Star Tide Dream Aurora Orbit Feather Lullaby Galaxy Fog Mirage",
    ),
    "tense": (
        "Narrow Sharp Hidden Ticking Watching Tight Nervous Trembling Cracked Bated",
        "Clock Corner Signal Alibi Stairwell Razor Border Pursuit Verdict Fuse Ledge Whisper",
    ),
    "romantic": (
        "Tender Warm Crimson Secret Scarlet Dancing Faithful Moonlit Breathless Dear",
        "Kiss Rose Heart Embrace Candle Letter Waltz Perfume Promise Serenade Balcony Eyes",
    ),
}
_GENRE_NOUNS: Mapping[str, str] = {
    "rock": "Radio City Road Rebel Stone Amplifier Garage Heartbreak",
    "pop": "Love Tonight Boulevard Glitter Weekend Telephone Crush Dancefloor",
    "edm": "Skyline Laser Horizon Strobe Altitude Gravity Wave Festival",
    "techno": "Circuit Warehouse Module Basement Concrete Sequence Voltage Reactor",
    "hip hop": "Block Corner Hustle Crown Subway Mixtape Rooftop Ledger",
    "jazz": "Avenue Cocktail Blues Taxi Club Autumn Stroll Ballroom",
    "blues": "Train River Whiskey Crossroad Levee Porch Mule Delta",
    "classical": "Minuet Nocturne Pavane Intermezzo Elegy Rondo Arietta Bagatelle",
    "ambient": "Glacier Field Current Atmosphere Tundra Signal Horizon Moss",
    "folk": "Miller Heather Lass Mountain Harvest Sailor Lark Hearth",
    "country": "Truck Prairie Fence Whippoorwill Saddle Porch Creek Tennessee",
    "metal": "Throne Blade Serpent Fury Inferno Hammer Legion Doom",
    "latin": "Havana Fiesta Plaza Palma Carnaval Luna Malecon Bolero",
    "reggae": "Island Roots Mango Lion Zion Breeze Kingston Yard",
    "funk": "Groove Strut Platform Pocket Disco Shuffle Bassline Sneaker",
    "chiptune": "Pixel Level Dungeon Joystick Cartridge Dragon Castle Sprite",
}
_PLACES = "Lisbon Memphis Oslo Kyoto Galway Tangier Vienna Reno Marseille Dakar Bergen Quito".split()
_VERBS = "Follow Leave Remember Chase Hold Forget Carry Find Light Cross".split()
_TIMES = "Before Dawn;After Midnight;at Noon;in April;until Tomorrow;by Night;in the Rain;Tonight".split(";")
_PATTERNS = (
    "{adjective} {noun}",
    "{adjective} {genre}",
    "The {adjective} {genre}",
    "{noun} and {genre}",
    "{genre} of the {noun}",
    "{verb} the {noun}",
    "{verb} the {adjective} {genre}",
    "{noun} in {place}",
    "{genre} {time}",
    "{adjective} {noun} {time}",
    "My {adjective} {genre}",
    "No More {genre}",
    "{adjective} {adjective2} {noun}",
    "Where the {noun} Was",
)
_FORMAL = (
    "{genre} No. {number} ({adjective})",
    "{genre} for the {noun}",
    "{adjective} {genre}",
    "{genre} in {place}",
)


def invent_title(genre: str, mood: str, rng: np.random.Generator) -> str:
    """Invent a title in title case."""
    adjectives, nouns = (words.split() for words in _MOOD_WORDS[mood])
    patterns = _FORMAL if genre == "classical" and rng.random() < 0.6 else _PATTERNS

    def pick(words: tuple[str, ...] | list[str]) -> str:
        return words[int(rng.integers(len(words)))]

    adjective = pick(adjectives)
    title = pick(patterns).format(
        adjective=adjective,
        adjective2=pick([word for word in adjectives if word != adjective]),
        noun=pick(nouns),
        genre=pick(_GENRE_NOUNS[genre].split()),
        verb=pick(_VERBS),
        place=pick(_PLACES),
        time=pick(_TIMES),
        number=int(rng.integers(1, 25)),
    )
    return title[0].upper() + title[1:]
