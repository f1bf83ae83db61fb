"""The label's EDM artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "DJ Hausmeister",
        {"edm": 0.96, "vocal": 0.2},
        (
            Album(
                "Schlüsselbund",
                2013,
                (
                    "Kehrwoche ^",
                    "Klingel bei Kowalski",
                    "Hinterhof im Viervierteltakt",
                    "Heizungskeller",
                    "Wer war zuletzt im Waschraum?",
                ),
            ),
            Album(
                "Bitte nicht auf dem Flur tanzen",
                2016,
                (
                    "Bitte nicht auf dem Flur tanzen ^",
                    "Sperrmüll",
                    "Sicherung raus",
                    "Aufzug nach Ibiza ^",
                    "Kehrwoche (Radio Edit) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Kilo Lima",
        {"edm": 0.95, "pop": 0.4, "vocal": 0.6, "cheerful": 0.75},
        (
            Album(
                "Runway 27",
                2015,
                (
                    "Cabin Pressure",
                    "Emergency Exit Row ^",
                    "Lost Luggage Anthem ^",
                    "Crosswind",
                    "Baggage Claim at Sunrise ~",
                ),
            ),
            Album(
                "Holding Pattern",
                2018,
                (
                    "Holding Pattern",
                    "Mayday in Mallorca ^",
                    "Seat 14C (feat. Ines Fairweather) ^",
                    "Red-Eye ~",
                    "Cabin Pressure (Live at Runway 27)",
                ),
            ),
        ),
    ),
    Artist(
        "Velcro Disco",
        {"edm": 0.88, "pop": 0.55, "cheerful": 0.85, "guitar": 0.3},
        (
            Album(
                "Stick",
                2006,
                (
                    "Shoes Off, Lights On ^",
                    "Robots Need Aunts",
                    "Static Cling ^",
                    "Carpet Burn Boogie ^",
                    "Magnet School",
                ),
            ),
            Album(
                "Rip",
                2009,
                (
                    "Rip ^",
                    "Peel Here",
                    "Zip Me Up, Grandpa",
                    "Tear-Off Calendar",
                    "Hook and Loop ^",
                ),
            ),
        ),
    ),
    Artist(
        "Anna Log & Digi Tal",
        {"edm": 0.94, "vocal": 0.12, "cheerful": 0.3},
        (
            Album(
                "Two Turntables, One Divorce",
                2010,
                (
                    "Irreconcilable Frequencies",
                    "You Keep the Dog, I Keep the Drop ^",
                    "Counselling at 128 BPM",
                    "Separate Subwoofers",
                    "Amicable ~",
                ),
            ),
            Album(
                "Custody of the Records",
                2014,
                (
                    "Custody of the Records",
                    "Every Other Weekender ^",
                    "Alimony Acid",
                    "Who Gets the Strobe?",
                    "You Keep the Dog, I Keep the Drop (Extended Mix) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Pluto Was Framed",
        {"edm": 0.9, "ambient": 0.5, "vocal": 0.15, "strings": 0.3, "cheerful": 0.45},
        (
            Album(
                "Ninth Planet Sound System",
                2007,
                (
                    "Exhibit A Major",
                    "Orbit, Your Honour",
                    "Justice for Charon ~",
                    "Kuiper Belt Buckle ^",
                    "Cold Case",
                ),
            ),
            Album(
                "Appeal Denied",
                2011,
                (
                    "Appeal Denied",
                    "Neptune Did It ^",
                    "Character Witness",
                    "A Jury of Larger Bodies ~",
                    "Exhibit A Major (Remastered 2021)",
                ),
            ),
        ),
    ),
    Artist(
        "Tropic of Cancelled",
        {"edm": 0.88, "latin": 0.5, "cheerful": 0.9, "brass": 0.3, "guitar": 0.3},
        (
            Album(
                "All-Inclusive",
                2017,
                (
                    "Wristband ^",
                    "Deckchair Diplomacy ~",
                    "Flamingo, Deflating",
                    "Sunburnt in the Shape of Belgium",
                    "Last Call at the Swim-Up Bar",
                ),
            ),
            Album(
                "The Buffet Closes at Nine",
                2020,
                (
                    "The Buffet Closes at Nine ^",
                    "Mango Tax",
                    "Piña, No Colada",
                    "My Towel Was Here First",
                    "Chancla Voladora (feat. Los Tíos del Barrio) ^",
                ),
            ),
        ),
    ),
)
