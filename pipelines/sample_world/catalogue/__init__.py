"""The written part of the sample world: sixty artists of one small label, genre by genre.

Every name here was written for Songspace; a likeness to a real artist, album or song is an accident.
"""

from __future__ import annotations

from pipelines.sample_world.catalogue import (
    ambient,
    classical,
    edm,
    folk,
    hip_hop,
    jazz,
    latin,
    metal,
    pop,
    rock,
)
from pipelines.sample_world.catalogue.planted import PLANTED
from pipelines.sample_world.catalogue.sheets import BRIGHT_MARK, QUIET_MARK, Album, Artist

ARTISTS: tuple[Artist, ...] = (
    *rock.ARTISTS,
    *pop.ARTISTS,
    *edm.ARTISTS,
    *hip_hop.ARTISTS,
    *jazz.ARTISTS,
    *classical.ARTISTS,
    *ambient.ARTISTS,
    *folk.ARTISTS,
    *metal.ARTISTS,
    *latin.ARTISTS,
)

__all__ = ["ARTISTS", "BRIGHT_MARK", "PLANTED", "QUIET_MARK", "Album", "Artist"]
