"""The label's latin artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Orquesta Plátano Maduro",
        {"latin": 0.97, "jazz": 0.4, "brass": 0.92, "tempo": 0.8},
        (
            Album(
                "Con cáscara y todo",
                1975,
                (
                    "Con cáscara y todo ^",
                    "El cartero baila solo ^",
                    "Mi suegra toca el güiro ^",
                    "La nevera vacía",
                    "Carta que no mandé ~",
                ),
            ),
            Album(
                "Doña Carmen cobra la renta",
                1978,
                (
                    "Doña Carmen cobra la renta ^",
                    "Ay, qué sudor ^",
                    "El semáforo de la esquina",
                    "Tres minutos de parqueo ^",
                    "El cartero baila solo (Remastered 2014) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Valentina Cuervo",
        {
            "latin": 0.92,
            "folk": 0.35,
            "guitar": 0.9,
            "calm": 0.88,
            "tempo": 0.2,
            "cheerful": 0.2,
            "brass": 0.1,
        },
        (
            Album(
                "Pañuelo prestado",
                1962,
                (
                    "Pañuelo prestado ~",
                    "Bolero de las seis y cuarto ~",
                    "Ni el perro me saluda",
                    "Luna de segunda mano ~",
                    "El espejo me debe años",
                ),
            ),
            Album(
                "Ceniza en la taza",
                1965,
                (
                    "Ceniza en la taza ~",
                    "Te quiero, pero en abril",
                    "La última silla del bar ~",
                    "Tu paraguas sigue aquí",
                    "Luna de segunda mano (En vivo) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Los Tíos del Barrio",
        {"latin": 0.94, "pop": 0.5, "cheerful": 0.95, "tempo": 0.78},
        (
            Album(
                "Parrillada",
                2011,
                (
                    "Parrillada ^",
                    "El tío que baila mejor ^",
                    "Carbón y cumbia ^",
                    "Llegó Rubén sin avisar",
                    "Silla de plástico ^",
                ),
            ),
            Album(
                "Otra ronda, la última",
                2016,
                (
                    "Otra ronda, la última ^",
                    "Bailando con el mantel ^",
                    "Se acabó el hielo",
                    "El compadre DJ",
                    "Parrillada (feat. Las Comadres del Bloque) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Grupo Sem Chapéu",
        {
            "latin": 0.88,
            "jazz": 0.62,
            "guitar": 0.85,
            "piano": 0.5,
            "calm": 0.75,
            "tempo": 0.35,
            "brass": 0.2,
        },
        (
            Album(
                "Varanda",
                1963,
                (
                    "Varanda ~",
                    "Choveu na feijoada",
                    "O gato do maestro ~",
                    "Samba do guarda-sol ^",
                    "Domingo sem sapato ~",
                ),
            ),
            Album(
                "Sombra e água de coco",
                1967,
                (
                    "Sombra e água de coco ~",
                    "Barquinho teimoso",
                    "Saudade, duas colheres de açúcar ~",
                    "Bossa para um elevador parado",
                    "Samba do guarda-sol (Ao vivo) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Cruz y Sintetizador",
        {"latin": 0.86, "edm": 0.55, "synth": 0.94, "electronic": 0.9, "guitar": 0.06, "brass": 0.1},
        (
            Album(
                "Procesión digital",
                2014,
                (
                    "Procesión digital",
                    "Ave María modular ~",
                    "Santo Cable ^",
                    "Peregrino a 110 BPM ^",
                    "Milagro USB ^",
                ),
            ),
            Album(
                "San Ramón del Wifi",
                2018,
                (
                    "San Ramón del Wifi ^",
                    "Vela eléctrica ~",
                    "Rosario de ceros y unos",
                    "Penitencia con autotune",
                    "Procesión digital (Live)",
                ),
            ),
        ),
    ),
    Artist(
        "Mariachi Llanta Ponchada",
        {"latin": 0.95, "folk": 0.55, "guitar": 0.8, "strings": 0.75, "brass": 0.88},
        (
            Album(
                "Kilómetro 40",
                1984,
                (
                    "Se nos ponchó el amor ^",
                    "El gato hidráulico",
                    "Kilómetro 40",
                    "Caballo sin frenos ^",
                    "Mi compadre la grúa ^",
                ),
            ),
            Album(
                "Refacción",
                1989,
                (
                    "Refacción",
                    "Serenata en el acotamiento ~",
                    "La mula tenía razón ^",
                    "Corrido del mecánico honesto",
                    "Se nos ponchó el amor (Acoustic) ~",
                ),
            ),
        ),
    ),
)
