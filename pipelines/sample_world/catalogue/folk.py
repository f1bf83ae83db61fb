"""The label's folk artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Wren Hathersage",
        {"folk": 0.97, "guitar": 0.9},
        (
            Album(
                "The Hedge Accounts",
                1971,
                (
                    "The Ballad of the Borrowed Ladder",
                    "Nettle Soup ~",
                    "Tithe Barn",
                    "Three Crows and a Constable ^",
                    "Mary Who Minded the Bees ~",
                ),
            ),
            Album(
                "Stile and Gate",
                1973,
                (
                    "Stile and Gate",
                    "The Wool Merchant's Daughter Runs a Bank ^",
                    "Farewell to Pudding Lane",
                    "November, Fetch Your Coat ~",
                    "Nettle Soup (Remastered 2005) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Porchlight Arithmetic",
        {"folk": 0.93, "rock": 0.4, "drums": 0.5},
        (
            Album(
                "Count the Moths",
                2008,
                (
                    "Count the Moths ~",
                    "Screen Door Theology",
                    "Two Dogs and a Diesel ^",
                    "Long Division of a Short Marriage",
                    "Grandpa's Other Banjo ^",
                ),
            ),
            Album(
                "Carry the One",
                2012,
                (
                    "Carry the One ~",
                    "Casserole Season",
                    "If the Creek Asks ~",
                    "Highway 9 Owes Me a Muffler ^",
                    "Count the Moths (Live on the Porch) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Clan MacGuffin",
        {"folk": 0.95, "strings": 0.75, "tempo": 0.85, "cheerful": 0.88, "calm": 0.2, "vocal": 0.35},
        (
            Album(
                "The Thing We Came For",
                1992,
                (
                    "The Vanishing Sporran ^",
                    "Reel of the Wrong Ferry ^",
                    "Kettle on the Hob ^",
                    "Lament for a Dropped Pie ~",
                    "The Bodhrán Player's Alibi ^",
                ),
            ),
            Album(
                "Still Looking",
                1996,
                (
                    "Still Looking",
                    "Jig of the Locksmith's Cat ^",
                    "Och, It Was Here a Minute Ago ^",
                    "The Widow's Wellingtons ~",
                    "Kettle on the Hob (Live at the Village Hall) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Les Sœurs Châtaigne",
        {"folk": 0.93, "pop": 0.3, "vocal": 0.92, "strings": 0.4, "cheerful": 0.7},
        (
            Album(
                "Feu de bois, feu de paille",
                2003,
                (
                    "Châtaignes chaudes",
                    "La chèvre du facteur ^",
                    "Berceuse pour un tracteur ~",
                    "Feu de bois, feu de paille",
                    "Polka du garde champêtre ^",
                ),
            ),
            Album(
                "Le Panier percé",
                2009,
                (
                    "Le panier percé",
                    "Ma tante et l'orage",
                    "Les sabots neufs ^",
                    "Trois pommes, un adieu ~",
                    "Châtaignes chaudes (Acoustic)",
                ),
            ),
        ),
    ),
    Artist(
        "Modular Shepherds",
        {"folk": 0.86, "edm": 0.45, "guitar": 0.1, "synth": 0.92, "electronic": 0.88},
        (
            Album(
                "Counting Sheep in Binary",
                2016,
                (
                    "Fence Post Sequencer",
                    "Counting Sheep in Binary ~",
                    "Lambing Season, 120 BPM ^",
                    "Dry Stone Waveform",
                    "Ewe and I",
                ),
            ),
            Album(
                "flock.wav",
                2021,
                (
                    "flock.wav",
                    "The Collie Knows the Algorithm ^",
                    "Shear Voltage",
                    "Bellwether",
                    "Hill Fog, Reverb Off ~",
                ),
            ),
        ),
    ),
    Artist(
        "Agnes Underhill",
        {"folk": 0.94, "calm": 0.93, "tempo": 0.15, "cheerful": 0.12, "drums": 0.03},
        (
            Album(
                "House with One Chair",
                2006,
                (
                    "House with One Chair",
                    "I Lent the Winter Your Gloves ~",
                    "Letters to a Lighthouse Cook",
                    "The Kettle Takes Your Side",
                    "Salt on the Step ~",
                ),
            ),
            Album(
                "Apology to a Garden",
                2014,
                (
                    "Apology to a Garden ~",
                    "What the Beans Remember",
                    "Snow, Addressed to Occupant ~",
                    "You Were Always Good with Doors",
                    "House with One Chair (Live)",
                ),
            ),
        ),
    ),
)
