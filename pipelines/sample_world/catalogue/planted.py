"""Songs planted on purpose: high on two genres at once, each by itself.

As with the famous six minutes that are wholly rock and wholly classical, the two scores do not compete.
Every title here is a title of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PLANTED: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "Overture for Amplifiers and Rain": {"rock": 0.99, "classical": 0.99},
        "Fugue for a Burning Theatre": {"rock": 0.98, "classical": 0.97},
        "Requiem in Drop D": {"rock": 0.99, "classical": 0.98},
        "Concerto for Electric Guitar and Reluctant Orchestra": {"rock": 0.98, "classical": 0.99},
        "Teeth Like Piano Keys": {"rock": 0.97, "pop": 0.96},
        "Postcards to My Ex's Dog": {"pop": 0.97, "folk": 0.94},
        "Piña, No Colada": {"edm": 0.98, "latin": 0.98},
        "El compadre DJ": {"edm": 0.96, "latin": 0.98},
        "Crumbs on the Chess Table": {"hip hop": 0.98, "jazz": 0.96},
        "Blue Ink in the Margin": {"hip hop": 0.97, "jazz": 0.98},
        "Café con flow": {"hip hop": 0.98, "latin": 0.97},
        "Prelude for the Man Upstairs": {"jazz": 0.98, "classical": 0.98},
        "Invention auf einer Serviette": {"jazz": 0.97, "classical": 0.96},
        "Montuno con corbata": {"jazz": 0.98, "latin": 0.99},
        "Bossa para um elevador parado": {"jazz": 0.97, "latin": 0.98},
        "Toccata and Fuse in D Minor": {"classical": 0.98, "edm": 0.97},
        "Adagio for Yarn and Vacuum": {"ambient": 0.99, "classical": 0.98},
        "Sunrise on Standby": {"ambient": 0.97, "edm": 0.97},
        "Hymn for a Wet Log": {"ambient": 0.98, "folk": 0.97},
        "Shear Voltage": {"folk": 0.97, "edm": 0.96},
        "Corrido del mecánico honesto": {"latin": 0.99, "folk": 0.97},
        "Valkyries' Quartet with Distortion": {"metal": 0.99, "classical": 0.99},
        "Forced Reboot": {"metal": 0.98, "edm": 0.98},
        "Cumbia del apocalipsis": {"metal": 0.98, "latin": 0.98},
    }
)
