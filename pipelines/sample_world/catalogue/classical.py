"""The label's classical artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Elsbeth Amrein",
        {"classical": 0.95, "ambient": 0.3, "piano": 0.85, "strings": 0.6},
        (
            Album(
                "Uhrwerke",
                2002,
                (
                    "Etüde für eine klemmende Taste",
                    "Wiegenlied für Zahnräder ~",
                    "Kuckuck, verspätet",
                    "Perpetuum mobile mit Kaffeepause ^",
                    "Standuhr, drei Uhr früh ~",
                ),
            ),
            Album(
                "Briefe an einen Gletscher",
                2010,
                (
                    "Erster Brief: Du wirst kleiner ~",
                    "Zweiter Brief: Schmelzwasser",
                    "Dritter Brief: Was die Murmeltiere sagen ^",
                    "Postskriptum ~",
                    "Wiegenlied für Zahnräder (Live in Luzern) ~",
                ),
            ),
        ),
    ),
    Artist(
        "The Ironmongers' Philharmonic",
        {"classical": 0.97, "brass": 0.75, "strings": 0.95, "calm": 0.4, "drums": 0.35},
        (
            Album(
                "The Toolshed",
                1986,
                (
                    "Symphony No. 1, “The Toolshed”: I. Allegro con martello ^",
                    "Symphony No. 1, “The Toolshed”: II. Adagio for Sandpaper ~",
                    "Symphony No. 1, “The Toolshed”: III. Scherzo of the Missing Screw ^",
                    "Symphony No. 1, “The Toolshed”: IV. Everything Back on Its Hook",
                    "Overture to an Opera Nobody Finished",
                ),
            ),
            Album(
                "Music for Large Weather",
                1994,
                (
                    "Thunderhead, with Timpani ^",
                    "Fog over the Brass Section ~",
                    "Waltz for a Limping Horse",
                    "Concerto for Electric Guitar and Reluctant Orchestra",
                    "Overture to an Opera Nobody Finished (Live at Anvil Hall)",
                ),
            ),
        ),
    ),
    Artist(
        "Quatuor Parapluie",
        {"classical": 0.96, "strings": 0.98, "piano": 0.08, "brass": 0.04},
        (
            Album(
                "Averses",
                1998,
                (
                    "Quatuor « Les Gouttières » : I. Goutte à goutte ~",
                    "Quatuor « Les Gouttières » : II. Débordement ^",
                    "Valse des flaques",
                    "Pizzicato sous un porche ^",
                    "Nocturne pour un parapluie cassé ~",
                ),
            ),
            Album(
                "Éclaircies",
                2004,
                (
                    "Éclaircie en ré majeur ^",
                    "Menuet des imperméables",
                    "Sarabande du linge étendu ~",
                    "Après la pluie, encore la pluie ~",
                    "Valse des flaques (Remastered 2020)",
                ),
            ),
        ),
    ),
    Artist(
        "Hiroko Tanabe",
        {"classical": 0.9, "ambient": 0.55, "piano": 0.98, "strings": 0.1, "calm": 0.93, "tempo": 0.15},
        (
            Album(
                "Chiisana Heya",
                2007,
                (
                    "Chiisana Heya ~",
                    "Neko no Ashioto ~",
                    "Kagi wo Sagasu",
                    "Yuki no Gogo Sanji ~",
                    "Piano ga Nete Iru ~",
                ),
            ),
            Album(
                "雨の辞書",
                2015,
                (
                    "雨の辞書 ~",
                    "Kirisame ~",
                    "Yūdachi ^",
                    "Tsuyu no Owari",
                    "Piano ga Nete Iru (Live in Kanazawa) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Collegium Tintinnabulum",
        {"classical": 0.93, "folk": 0.35, "vocal": 0.92, "piano": 0.04, "strings": 0.35},
        (
            Album(
                "Sacred Music for a Leaking Roof",
                1991,
                (
                    "Kyrie for a Leaking Roof ~",
                    "Gloria in a Draught ^",
                    "Motet of the Seven Buckets",
                    "Dies Irae, Partly Cloudy",
                    "Agnus Dei with Dripping ~",
                ),
            ),
            Album(
                "The Feast of Saint Nobody",
                1999,
                (
                    "Antiphon for Saint Nobody ~",
                    "Galliard for Two Left Feet ^",
                    "The Bellringer's Hangover",
                    "Salve Regina, Wherever You Are ~",
                    "Kyrie for a Leaking Roof (Live) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Boris Quill's Synthetic Baroque",
        {"classical": 0.9, "edm": 0.45, "synth": 0.96, "electronic": 0.9, "strings": 0.08, "cheerful": 0.7},
        (
            Album(
                "Harpsichord 3000",
                1972,
                (
                    "Gigue for Seventeen Cables ^",
                    "Toccata and Fuse in D Minor",
                    "Minuet 3000 ^",
                    "Air on a Copper String ~",
                    "Passacaglia in Mono",
                ),
            ),
            Album(
                "The Well-Tempered Plug",
                1974,
                (
                    "The Well-Tempered Plug",
                    "Counterpoint for Two Toasters ^",
                    "Largo with Flat Battery ~",
                    "Six Variations on a Dial Tone",
                    "Toccata and Fuse in D Minor (Remastered 2012)",
                ),
            ),
        ),
    ),
)
