"""The label's pop artists."""

from __future__ import annotations

from pipelines.sample_world.catalogue.sheets import Album, Artist

ARTISTS = (
    Artist(
        "Ines Fairweather",
        {"pop": 0.96, "cheerful": 0.8},
        (
            Album(
                "Forecast",
                2016,
                (
                    "Umbrella for Two and a Half ^",
                    "Left on Read Since Lisbon",
                    "Crush on the Weatherman ^",
                    "Sugar in the Small Print",
                    "Postcards to My Ex's Dog ~",
                ),
            ),
            Album(
                "Partly Sunny",
                2019,
                (
                    "Partly Sunny ^",
                    "I Only Cry in Duty Free ~",
                    "Hotter Than Your New Apartment ^",
                    "Texting You from the Wedding",
                    "Umbrella for Two and a Half (Acoustic) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Bubblegum Notary",
        {"pop": 0.93, "edm": 0.55, "synth": 0.85, "electronic": 0.8},
        (
            Album(
                "Signed, Sealed, Overdramatic",
                2018,
                (
                    "Sign Here, Kiss There ^",
                    "The Party of the First Part ^",
                    "Witnessed by Two Strangers",
                    "Clause Eleven",
                    "Initial Every Page",
                ),
            ),
            Album(
                "Void Where Prohibited",
                2021,
                (
                    "Notarize Me ^",
                    "In the Presence of My Mother",
                    "Void Where Prohibited",
                    "Love, Hereinafter ~",
                    "The Party of the First Part (Radio Edit) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Théo Marchepied",
        {"pop": 0.86, "folk": 0.45, "guitar": 0.65, "piano": 0.6, "electronic": 0.15, "calm": 0.55},
        (
            Album(
                "Le Dernier Métro du lundi",
                2008,
                (
                    "Mon voisin joue du tuba ^",
                    "Pluie fine sur la rue Monge ~",
                    "Trois sucres",
                    "Le Dernier Métro du lundi",
                    "Tu ronfles en la mineur ~",
                ),
            ),
            Album(
                "Petits Vélos",
                2013,
                (
                    "Petits vélos ^",
                    "La boulangère sait tout ^",
                    "Dimanche en pyjama ~",
                    "Un chat nommé Préfecture",
                    "Pluie fine sur la rue Monge (Live à Bruxelles) ~",
                ),
            ),
        ),
    ),
    Artist(
        "Paper Swimmers",
        {"pop": 0.88, "rock": 0.45, "guitar": 0.75, "calm": 0.5},
        (
            Album(
                "Chlorine Summers",
                2012,
                (
                    "Lane Four Forever",
                    "Wet Hair at the Bus Stop",
                    "Lifeguard, Off Duty ^",
                    "Towel Dry ~",
                    "August Smells Like You",
                ),
            ),
            Album(
                "The Deep End Is Closed",
                2017,
                (
                    "The Deep End Is Closed ~",
                    "Cannonball, Darling ^",
                    "Learning to Float ~",
                    "Goggles ^",
                    "Locker 212",
                ),
            ),
        ),
    ),
    Artist(
        "Moonpie Dynasty",
        {"pop": 0.92, "jazz": 0.3, "brass": 0.75, "strings": 0.55, "cheerful": 0.9, "tempo": 0.75},
        (
            Album(
                "Sequins at Breakfast",
                1978,
                (
                    "Sequins at Breakfast ^",
                    "Doris, Turn the Mirror Ball ^",
                    "Roller Rink Confidential ^",
                    "My Other Car Is a Horn Section ^",
                    "Cheque, Please, Chérie",
                ),
            ),
            Album(
                "Encore, Doris",
                1981,
                (
                    "Encore, Doris",
                    "Slow Dance for the Coat Check ~",
                    "Ten Feet Tall in Borrowed Platforms ^",
                    "The Last Disco in Delaware ~",
                    "Doris, Turn the Mirror Ball (Remastered 2009) ^",
                ),
            ),
        ),
    ),
    Artist(
        "Hoshi & the Vending Machines",
        {"pop": 0.94, "rock": 0.3, "synth": 0.6, "tempo": 0.75},
        (
            Album(
                "Atatakai / Tsumetai",
                2014,
                (
                    "自動販売機の恋 ^",
                    "Atatakai Kōhī, Tsumetai Kimi",
                    "Shinkansen de Naita ~",
                    "おつりはいらない ^",
                    "Karaage Girl ^",
                ),
            ),
            Album(
                "100円の宇宙",
                2018,
                (
                    "100円の宇宙",
                    "Kasa wo Wasureta",
                    "Ramune Taxi ^",
                    "夜行バスの窓 ~",
                    "自動販売機の恋 (Acoustic Version) ~",
                ),
            ),
        ),
    ),
)
