"""The label's rock artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "The Tuesday Furnace",
        {"rock": 0.95, "guitar": 0.92},
        (
            Album(
                "Shift Work",
                1994,
                (
                    "Clock Me Out, Delilah ^",
                    "Forklift Romeo",
                    "Seven Bolts",
                    "Grease on the Rosary",
                    "The Foreman's Piano ~",
                ),
            ),
            Album(
                "Double Time, Half Pay",
                1997,
                (
                    "Overtime ^",
                    "Last Bus from the Foundry ~",
                    "Strike While She's Gone ^",
                    "My Father's Lunchbox ~",
                    "Overtime (Live in Sheffield) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Marmalade Riot",
        {"rock": 0.92, "pop": 0.45, "cheerful": 0.85, "tempo": 0.85},
        (
            Album(
                "Toast First, Ask Later",
                2004,
                (
                    "Kick Drum in the Laundry Room ^",
                    "I Broke Your Bass",
                    "Sorry About the Lawn ^",
                    "Two Chords and a Parking Ticket ^",
                    "Girl with the Loudest Bicycle",
                ),
            ),
            Album(
                "The Good Knives",
                2007,
                (
                    "The Good Knives",
                    "Rent Day",
                    "Teeth Like Piano Keys",
                    "He Only Dances When the Power's Out ^",
                    "Sorry About the Lawn (Acoustic) ~",
                ),
            ),
        ),
    ),
    Artist(
        "The Cathedral Engineers",
        {"rock": 0.9, "classical": 0.6, "strings": 0.6, "piano": 0.6, "tempo": 0.45},
        (
            Album(
                "A Treatise on Weather",
                1974,
                (
                    "Overture for Amplifiers and Rain",
                    "The Barometer Sings ~",
                    "Galileo's Landlady",
                    "Fugue for a Burning Theatre",
                    "Eleven Minutes of Hail",
                ),
            ),
            Album(
                "The Organist's Second Wife",
                1976,
                (
                    "The Organist's Second Wife",
                    "Bishop Takes Queen",
                    "All the King's Electricians ^",
                    "Requiem in Drop D",
                    "Galileo's Landlady (Remastered 2011)",
                ),
            ),
        ),
    ),
    Artist(
        "Polaroid Veterans",
        {"rock": 0.9, "edm": 0.35, "guitar": 0.06, "synth": 0.95, "electronic": 0.85},
        (
            Album(
                "We Sold the Guitars",
                2009,
                (
                    "We Sold the Guitars ^",
                    "Patch Cable Sweetheart",
                    "Fourteen Oscillators",
                    "A Ghost Bought My Drum Machine",
                    "Stadium for One ~",
                ),
            ),
            Album(
                "Voltage for Beginners",
                2012,
                (
                    "Fuse Box Serenade ~",
                    "Kilowatt ^",
                    "Nobody Plugs In Like You",
                    "Goodbye, Amplifier Street",
                    "Fourteen Oscillators (Live at the Power Station)",
                ),
            ),
        ),
    ),
    Artist(
        "Low Tide Parliament",
        {"rock": 0.88, "folk": 0.35, "calm": 0.55, "tempo": 0.42},
        (
            Album(
                "Minutes of the Last Meeting",
                2011,
                (
                    "The Lighthouse Keeper's Expenses ~",
                    "Objection from the Gulls ^",
                    "A Show of Hands",
                    "Sandbar Etiquette ~",
                    "Speaker of the Shallows",
                ),
            ),
            Album(
                "Motion to Adjourn",
                2015,
                (
                    "Motion to Adjourn",
                    "Barnacle Love Song ~",
                    "All Those in Favour of Drowning",
                    "The Honourable Member for the Deep End ^",
                    "A Show of Hands (Remastered 2023)",
                ),
            ),
        ),
    ),
    Artist(
        "Kapitän Kaktus",
        {"rock": 0.94, "metal": 0.3, "cheerful": 0.7},
        (
            Album(
                "Rückwärts durch die Wüste",
                1999,
                (
                    "Mein Kamel heißt Volker ^",
                    "Sand im Getriebe",
                    "Rückwärts durch die Wüste",
                    "Du bist mein Stau auf der A7",
                    "Fata Morgana mit Pommes ^",
                ),
            ),
            Album(
                "Stachel",
                2002,
                (
                    "Stachel",
                    "Kein Regen seit Regensburg",
                    "Letzte Tankstelle vor dem Glück ~",
                    "Wer hat den Mond geparkt? ~",
                    "Mein Kamel heißt Volker (Live in Oberhausen) ^",
                ),
            ),
        ),
    ),
)
