"""The names by which the sample world's users go."""

from __future__ import annotations

import numpy as np

# fmt: off
FIRST = ("oda", "lino", "maude", "piet", "wanda", "femi", "greta", "tomasz", "yuki", "ines", "bruno",
    "salma", "otis", "linnea", "paco", "mireille", "hank", "zora", "elio", "britta", "kofi", "astrid",
    "nils", "dolores", "rufus", "amina", "theo", "pilar", "jorge", "saskia", "emeka", "ludo", "hedy",
    "marek", "noor", "sanne", "vito", "ilse", "ravi", "clotilde", "berta", "idris", "mabel", "enzo",
    "freya", "kenji")
SECOND = ("plays_loud", "on_vinyl", "b_sides", "upstairs", "hums_along", "night_bus", "kitchen_radio",
    "skips_intros", "at_the_disco", "tapehiss", "rewinds", "no_shuffle", "third_coffee", "on_tour", "bus9",
    "balcony", "flipside", "borrowed_amp", "sundays", "offbeat", "in_mono", "turned_up", "lost_cable",
    "one_more_song", "backseat_dj", "bicycle")
# fmt: on


def handles(n: int, *, rng: np.random.Generator) -> list[str]:
    """Draw n different handles such as `otis_kitchen_radio`; ValueError when there are not so many."""
    most = len(FIRST) * len(SECOND)
    if not 0 <= n <= most:
        raise ValueError(f"n_users must be from 0 to {most}, got {n}")
    picks = rng.permutation(most)[:n]
    return [f"{FIRST[pick // len(SECOND)]}_{SECOND[pick % len(SECOND)]}" for pick in picks]
