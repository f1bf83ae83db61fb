"""The label's jazz artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "The Odessa Plum Quintet",
        {"jazz": 0.97, "brass": 0.9, "vocal": 0.04},
        (
            Album(
                "Plum Assignment",
                1959,
                (
                    "Plum Assignment ^",
                    "Blues for a Borrowed Hat",
                    "Five Chairs, Four Men",
                    "Mrs. Alder's Stairs",
                    "Fruit Cellar ~",
                ),
            ),
            Album(
                "Stones and All",
                1961,
                (
                    "Stones and All",
                    "Jam Before Noon ^",
                    "What the Trumpet Owes ~",
                    "Odessa After Rain ~",
                    "Blues for a Borrowed Hat (Live at the Ferry Room)",
                ),
            ),
        ),
    ),
    Artist(
        "Lula Vantongeren",
        {"jazz": 0.92, "pop": 0.4, "vocal": 0.97, "calm": 0.7, "strings": 0.4},
        (
            Album(
                "Gin and Semicolons",
                1956,
                (
                    "Gin and Semicolons ~",
                    "He Left Me for a Saxophone",
                    "Kiss Me in Parentheses ~",
                    "I Knew You When You Had Hair ^",
                    "The Elevator Boy Knows",
                ),
            ),
            Album(
                "My Second-Best Dress",
                1958,
                (
                    "My Second-Best Dress ~",
                    "Too Old to Elope ^",
                    "Lipstick on the Metronome",
                    "Autumn Owes Me Money ~",
                    "Gin and Semicolons (Remastered 2006) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Trio Unwohl",
        {"jazz": 0.92, "classical": 0.5, "piano": 0.97, "brass": 0.05, "vocal": 0.03, "calm": 0.85},
        (
            Album(
                "Leise, bitte",
                1988,
                (
                    "Leise, bitte ~",
                    "Der Bassist kommt später",
                    "Siebenachtel Kaffee",
                    "Prelude for the Man Upstairs",
                    "Umweg über Es-Dur ~",
                ),
            ),
            Album(
                "Schnee auf Klaviertasten",
                1993,
                (
                    "Schnee auf Klaviertasten ~",
                    "Besenarbeit",
                    "Invention auf einer Serviette",
                    "Vier Takte Schweigen ~",
                    "Siebenachtel Kaffee (Live in Graz)",
                ),
            ),
        ),
    ),
    Artist(
        "Brass Kitchen",
        {
            "jazz": 0.88,
            "hip hop": 0.3,
            "brass": 0.98,
            "tempo": 0.75,
            "cheerful": 0.9,
            "calm": 0.15,
            "drums": 0.85,
        },
        (
            Album(
                "Second Helping",
                1973,
                (
                    "Gumbo Arithmetic ^",
                    "Hot Pan ^",
                    "Waitress, There's a Trombone in My Soup ^",
                    "Dishwasher Stomp ^",
                    "Salt to Taste ~",
                ),
            ),
            Album(
                "Grease Fire",
                1975,
                (
                    "Grease Fire ^",
                    "Somebody Cut the Onions ~",
                    "Sunday Shift",
                    "The Sous-Chef's Revenge ^",
                    "Hot Pan (Live) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Okello Brandt",
        {"jazz": 0.9, "ambient": 0.4, "synth": 0.88, "electronic": 0.75, "brass": 0.3, "piano": 0.3},
        (
            Album(
                "Songs for My Mother's Radio",
                1976,
                (
                    "Songs for My Mother's Radio ~",
                    "Transistor Hymn",
                    "Heron with a Ring Modulator",
                    "Nile Standard Time",
                    "Solder ~",
                ),
            ),
            Album(
                "Lake Circuits",
                1979,
                (
                    "Lake Circuits",
                    "Papyrus Boogie ^",
                    "Dust on the Tape Head ~",
                    "The Fisherman's Oscillator",
                    "Nile Standard Time (Remastered 2019)",
                ),
            ),
        ),
    ),
    Artist(
        "Café Tres Patas",
        {"jazz": 0.88, "latin": 0.8, "cheerful": 0.75, "drums": 0.7},
        (
            Album(
                "La mesa coja",
                1964,
                (
                    "La mesa coja ^",
                    "Bolero para un mosquito ~",
                    "El contrabajo de don Anselmo",
                    "Cha-cha-chá de la gotera ^",
                    "Hielo, limón y paciencia",
                ),
            ),
            Album(
                "Propina",
                1966,
                (
                    "Propina ^",
                    "Montuno con corbata",
                    "Siesta en clave ~",
                    "El último en apagar la luz ~",
                    "La mesa coja (En vivo) ^",
                ),
            ),
        ),
    ),
)
