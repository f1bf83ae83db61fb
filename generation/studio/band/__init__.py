"""The band: everything that accompanies a melody, as each genre does it.

`lead_voice` says who has the melody and in which range it is to be written, `accompany` plays the rest, and
`humanise_part` gives the written lead the band's own swing and looseness.
"""

from __future__ import annotations

from generation.studio.band.accompany import accompany
from generation.studio.band.casting import LeadVoice, lead_voice
from generation.studio.band.ensembles import TEMPO_RANGES
from generation.studio.band.humanise import humanise_part, swing_of
from generation.studio.band.instruments import INSTRUMENTS, Instrument, find_instrument

__all__ = [
    "INSTRUMENTS",
    "TEMPO_RANGES",
    "Instrument",
    "LeadVoice",
    "accompany",
    "find_instrument",
    "humanise_part",
    "lead_voice",
    "swing_of",
]
