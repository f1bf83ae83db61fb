"""The band: everything that accompanies a melody, as each genre does it."""

from __future__ import annotations

from generation.studio.band.casting import LeadVoice, lead_voice
from generation.studio.band.ensembles import TEMPO_RANGES
from generation.studio.band.instruments import INSTRUMENTS, Instrument, find_instrument

__all__ = [
    "INSTRUMENTS",
    "TEMPO_RANGES",
    "Instrument",
    "LeadVoice",
    "find_instrument",
    "lead_voice",
]
