"""The label's ambient artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Slow Harbour Authority",
        {"ambient": 0.97, "vocal": 0.02},
        (
            Album(
                "Tide Tables",
                2005,
                (
                    "High Water, 04:12 ~",
                    "Fog Signal, Two Long",
                    "Buoy 9",
                    "Rope Drying",
                    "Low Water, 10:37 ~",
                ),
            ),
            Album(
                "Dredging",
                2011,
                (
                    "Silt ~",
                    "Pilot Boat, Asleep ~",
                    "The Crane Dreams of Herons",
                    "Ballast",
                    "Buoy 9 (Live in the Dry Dock)",
                ),
            ),
        ),
    ),
    Artist(
        "Frieda Lichtenfeld",
        {"ambient": 0.95, "synth": 0.95, "electronic": 0.92, "tempo": 0.35},
        (
            Album(
                "Zimmertemperatur",
                1977,
                (
                    "Zimmertemperatur",
                    "Staub im Gegenlicht ~",
                    "Nach dem Anruf ~",
                    "Die Heizung singt",
                    "Einundzwanzig Grad",
                ),
            ),
            Album(
                "Feldweg",
                1981,
                (
                    "Feldweg",
                    "Strommast mit Krähen",
                    "Milch ~",
                    "Weiter hinten ist es stiller ~",
                    "Staub im Gegenlicht (Remastered 2017) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Moss Radio",
        {"ambient": 0.92, "folk": 0.5, "guitar": 0.65, "synth": 0.25, "electronic": 0.3},
        (
            Album(
                "Reception Is Better by the Pond",
                2013,
                (
                    "Reception Is Better by the Pond",
                    "A Fern Tries Again",
                    "Snail Commute ~",
                    "Weather for Toads",
                    "Underside of a Leaf ~",
                ),
            ),
            Album(
                "Lichen Hours",
                2018,
                (
                    "Lichen Hours ~",
                    "Beaver, Off the Clock",
                    "Root Directory",
                    "Owl Frequency",
                    "Hymn for a Wet Log",
                ),
            ),
        ),
    ),
    Artist(
        "The Department of Long Weekends",
        {"ambient": 0.88, "edm": 0.5, "electronic": 0.92, "cheerful": 0.65, "tempo": 0.4, "drums": 0.35},
        (
            Album(
                "Out of Office",
                2015,
                (
                    "Out of Office",
                    "Friday, 4:59 p.m. ^",
                    "Hammock Protocol ~",
                    "Printer at Rest",
                    "Unread (1,204)",
                ),
            ),
            Album(
                "Automatic Reply",
                2019,
                (
                    "Automatic Reply",
                    "Meeting Cancelled ^",
                    "Screensaver Sea ~",
                    "The Fern in Accounts Got Promoted",
                    "Sunrise on Standby",
                ),
            ),
        ),
    ),
    Artist(
        "Yuge Ensemble",
        {"ambient": 0.94, "classical": 0.35, "piano": 0.65, "synth": 0.45, "electronic": 0.4},
        (
            Album(
                "Sentō",
                1986,
                (
                    "Sentō, Asa Goji ~",
                    "湯気",
                    "Kiiroi Oke",
                    "Mount Fuji in Bathroom Tiles",
                    "Getabako, Number 42",
                ),
            ),
            Album(
                "Yubune",
                1989,
                (
                    "Yubune ~",
                    "Milk Afterwards",
                    "Nureta Tenugui",
                    "雪見風呂 ~",
                    "湯気 (Live at Matsunoyu)",
                ),
            ),
        ),
    ),
    Artist(
        "Interstellar Knitting Circle",
        {"ambient": 0.9, "classical": 0.55, "strings": 0.85, "electronic": 0.55},
        (
            Album(
                "Purl Nebula",
                2010,
                (
                    "Cast On",
                    "Purl Nebula",
                    "Dropped Stitch, Dropped Orbit",
                    "A Scarf Around Saturn ~",
                    "Woolgathering at Light Speed",
                ),
            ),
            Album(
                "Second Sock",
                2016,
                (
                    "Pattern for a Cold Moon ~",
                    "Unravel Me Gently",
                    "Adagio for Yarn and Vacuum",
                    "Second Sock",
                    "Grandmother Is a Red Giant ~",
                ),
            ),
        ),
    ),
)
