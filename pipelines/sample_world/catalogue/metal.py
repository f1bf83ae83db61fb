"""The label's metal artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Grievous Librarian",
        {"metal": 0.97, "rock": 0.4, "tempo": 0.88},
        (
            Album(
                "Overdue",
                2001,
                (
                    "Overdue",
                    "Dewey Decimator ^",
                    "Stamped in Blood",
                    "The Card Catalogue of the Damned",
                    "Hush ~",
                ),
            ),
            Album(
                "Silence Shall Be Enforced",
                2004,
                (
                    "Silence Shall Be Enforced",
                    "Return Slot to the Abyss ^",
                    "Microfiche Inferno ^",
                    "Reference Only, Never to Leave",
                    "Dewey Decimator (Live at the County Library) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Eisenpfau",
        {"metal": 0.95, "rock": 0.5},
        (
            Album(
                "Radschlag",
                1998,
                (
                    "Radschlag ^",
                    "Eitelkeit und Amboss",
                    "Rat der Krähen",
                    "Hundert Augen aus Chrom",
                    "Der Käfig steht offen",
                ),
            ),
            Album(
                "Gefieder aus Stahl",
                2002,
                (
                    "Gefieder aus Stahl",
                    "Rost ist nur Geduld ~",
                    "Gewittervogel ^",
                    "Die Henne lacht zuletzt",
                    "Radschlag (Remastered 2018) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Fjordwrath & the Sensible Shoes",
        {"metal": 0.93, "classical": 0.6, "strings": 0.75, "vocal": 0.9},
        (
            Album(
                "Waterproof Doom",
                2009,
                (
                    "Waterproof Doom",
                    "Thermos of the Gods ^",
                    "Hiking to Valhalla, Moderate Difficulty",
                    "Dress in Layers, Mortal",
                    "Blister",
                ),
            ),
            Album(
                "Packed Lunch at Ragnarök",
                2013,
                (
                    "Packed Lunch at Ragnarök",
                    "Valkyries' Quartet with Distortion",
                    "Sit Mat of Sorrow ~",
                    "The Forecast Lied ^",
                    "Waterproof Doom (Orchestral Version)",
                ),
            ),
        ),
    ),
    Artist(
        "Tar Pit Choir",
        {"metal": 0.92, "ambient": 0.35, "tempo": 0.1, "calm": 0.3, "drums": 0.6},
        (
            Album(
                "Sink",
                1996,
                (
                    "Sink",
                    "Slower Than Teeth",
                    "The Ooze Has Tenure",
                    "Nine Thousand Years of Tuesday",
                    "Bubbles Where You Stood ~",
                ),
            ),
            Album(
                "Mammoth, Patient",
                2000,
                (
                    "Mammoth, Patient ~",
                    "Femur",
                    "Sabretooth at Rest ~",
                    "Asphalt Vespers",
                    "Sink (Live at 40 BPM)",
                ),
            ),
        ),
    ),
    Artist(
        "Kernel Panic Attack",
        {"metal": 0.9, "edm": 0.55, "synth": 0.82, "electronic": 0.88, "guitar": 0.6},
        (
            Album(
                "Fatal Exception",
                2003,
                (
                    "Segmentation Fault ^",
                    "Root Access to My Rage",
                    "Fatal Exception",
                    "Stack Overflow Sermon",
                    "Fan Noise ~",
                ),
            ),
            Album(
                "Have You Tried Turning It Off",
                2006,
                (
                    "Have You Tried Turning It Off ^",
                    "404 Limbs Not Found ^",
                    "Deprecated God",
                    "Forced Reboot",
                    "Segmentation Fault (Live) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Ministerio de Ruido",
        {"metal": 0.94, "latin": 0.5, "tempo": 0.92},
        (
            Album(
                "Trámite infernal",
                1990,
                (
                    "Trámite infernal ^",
                    "Vuelva usted mañana ^",
                    "Sello de sangre",
                    "La fila no avanza",
                    "Fotocopia del diablo ^",
                ),
            ),
            Album(
                "Ventanilla 13",
                1993,
                (
                    "Ventanilla 13",
                    "Burócrata muerto ^",
                    "Cumbia del apocalipsis",
                    "Hora de almuerzo ~",
                    "Vuelva usted mañana (En vivo en Rosario) ^",
                ),
            ),
        ),
    ),
)
