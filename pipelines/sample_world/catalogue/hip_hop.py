"""The label's hip hop artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Professor Pigeon",
        {"hip hop": 0.95, "jazz": 0.35, "brass": 0.35, "electronic": 0.4},
        (
            Album(
                "Breadcrumbs",
                1995,
                (
                    "Coo",
                    "Crumbs on the Chess Table",
                    "Park Bench Doctorate",
                    "Ledge Talk",
                    "Nobody Feeds Me but Rosa ~",
                ),
            ),
            Album(
                "Statues Fear Me",
                1998,
                (
                    "Statues Fear Me ^",
                    "Homing Instinct",
                    "Featherweight Title",
                    "Lullaby for a Street Sweeper ~",
                    "Park Bench Doctorate (Remastered 2018)",
                ),
            ),
        ),
    ),
    Artist(
        "Auntie Voltage",
        {"hip hop": 0.96, "tempo": 0.65, "drums": 0.9},
        (
            Album(
                "Church Hat",
                2014,
                (
                    "Church Hat ^",
                    "Don't Touch the Thermostat ^",
                    "Foil on the Macaroni",
                    "Who Raised You",
                    "Reading Glasses",
                ),
            ),
            Album(
                "Plastic on the Sofa",
                2019,
                (
                    "Plastic on the Sofa",
                    "Bring My Tupperware Back ^",
                    "Nephew Got a Podcast",
                    "Slippers on Marble ~",
                    "Don't Touch the Thermostat (feat. Professor Pigeon) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Kassette & Kleingeld",
        {"hip hop": 0.93, "pop": 0.35, "cheerful": 0.65},
        (
            Album(
                "Pfand",
                2003,
                (
                    "Pfandflaschenballade",
                    "Zwei Euro achtzig",
                    "Kiosk um vier ~",
                    "Oma hört Bass ^",
                    "Späti-Philosophie",
                ),
            ),
            Album(
                "Umsonst ist teuer",
                2008,
                (
                    "Umsonst ist teuer",
                    "Stimmt so",
                    "Ruf mich nicht an, schick 'n Brief",
                    "Nachtbus mit Fensterplatz ~",
                    "Oma hört Bass (Live im Hinterhof) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Small Claims",
        {"hip hop": 0.84, "jazz": 0.6, "calm": 0.8, "tempo": 0.3, "vocal": 0.15, "piano": 0.7},
        (
            Album(
                "Petty Cash",
                2016,
                (
                    "Tea Gone Cold ~",
                    "Receipts",
                    "Evidence Bag",
                    "Third Floor Walk-Up",
                    "Snooze Button Jurisprudence ~",
                ),
            ),
            Album(
                "Statute of Naps",
                2020,
                (
                    "Statute of Naps ~",
                    "Mumbled Objection",
                    "Blue Ink in the Margin",
                    "Joint Custody of a Houseplant",
                    "The Judge's Cardigan ~",
                ),
            ),
        ),
    ),
    Artist(
        "Tall Darius",
        {"hip hop": 0.95, "edm": 0.3, "electronic": 0.8, "synth": 0.65},
        (
            Album(
                "Six Foot Nine",
                2018,
                (
                    "Duck",
                    "Legroom ^",
                    "Ceiling Fan Problems ^",
                    "No, I Don't Play Basketball ^",
                    "Weather Up Here ~",
                ),
            ),
            Album(
                "Doorframes",
                2021,
                (
                    "Doorframes",
                    "Mama Marked the Wall ~",
                    "Custom Bed",
                    "Group Photo, Back Row",
                    "Legroom (feat. Auntie Voltage) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Las Comadres del Bloque",
        {"hip hop": 0.9, "latin": 0.7, "brass": 0.5, "cheerful": 0.75},
        (
            Album(
                "Chisme",
                2012,
                (
                    "Chisme ^",
                    "La vecina ya lo sabe",
                    "Ropa tendida",
                    "Tacones en la escalera ^",
                    "Mi abuela escribe mis rimas",
                ),
            ),
            Album(
                "Segundo piso",
                2017,
                (
                    "Segundo piso",
                    "Te vi en el mercado",
                    "Café con flow",
                    "Se fue la luz (y nos quedamos) ~",
                    "Chisme (Live) ^",
                ),
            ),
        ),
    ),
)
