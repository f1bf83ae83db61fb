"""What music is asked to be, and what it turned out to be: tempo, key, genre, lead instrument.

Asked: the truth about studio clips of songs that no training saw, put in words of our own. Obtained: the
tempo by `librosa.feature.tempo` (hop length 128), the key by Krumhansl-Schmuckler, genre and lead by the
shipped listener. Measured on the studio's own clip of the same truth, that is the estimator's rate, the most
that can be reached; measured on another's music it is chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.control_words import sentence
from benchmarks.studio_truth import is_tempo, key_in, tempo_of
from generation.audio.listener import Listener
from generation.audio.style_encoder import SAMPLE_RATE as STYLE_RATE
from generation.audio.style_encoder import StyleEncoder
from generation.studio.clips import Clip, render_clip
from generation.studio.render import SAMPLE_RATE
from generation.studio.sampling import CLIPS_PER_SONG, draw_song, split_of
from pipelines.features import KEYS

KINDS = ("tempo", "key", "genre", "lead")
_ALIKE = {
    "fiddle": "violin",
    "tenor saxophone": "saxophone",
    "soprano saxophone": "saxophone",
    "muted trumpet": "trumpet",
}


@dataclass(frozen=True)
class Asked:
    """A prompt and what it asks for; `key` and `lead` are "" where nothing is asked."""

    prompt: str
    genre: str
    tempo_bpm: float
    key: str
    lead: str
    has_drums: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Obtained:
    """What was heard."""

    tempo_bpm: float
    key: str
    genre: str
    lead: str


class Ear:
    """The estimators, loaded once."""

    def __init__(self) -> None:
        self._style, self._listener = StyleEncoder(threads=1), Listener()
        self.leads = frozenset(self._listener.config.leads) - {"", "other"}

    def hear(self, waveform: np.ndarray, sample_rate: int = SAMPLE_RATE) -> Obtained:
        """Measure a mono waveform."""
        import soxr

        at_16_khz = soxr.resample(waveform, sample_rate, STYLE_RATE)
        tags = self._listener.tags([self._style.hear(at_16_khz)])
        lead = next((name for name in tags.leads if name in self.leads), "")
        return Obtained(
            tempo_of(waveform, sample_rate), key_in(waveform, sample_rate), next(iter(tags.genres)), lead
        )


def hits(asked: Asked, obtained: Obtained, leads: frozenset[str]) -> dict[str, bool | None]:
    """Whether each wish was fulfilled; None where it was none, or cannot be told.

    Tempo counts where the genre's clip has drums; a lead counts where the listener knows the instrument, and
    saxophones, like trumpets, are one.
    """
    known = asked.lead in leads
    return {
        "tempo": is_tempo(obtained.tempo_bpm, asked.tempo_bpm) if asked.has_drums else None,
        "key": obtained.key == asked.key if asked.key else None,
        "genre": obtained.genre == asked.genre,
        "lead": _family(obtained.lead) == _family(asked.lead) if known else None,
    }


def draw_asked(seed: int, n: int) -> list[tuple[Asked, Clip]]:
    """Draw what to ask from clips of one genre each, a song each, with those clips."""
    rng, number = np.random.default_rng(seed), 0
    found: list[tuple[Asked, Clip]] = []
    while len(found) < n:
        # Songs of the generator's side of the split are in other seeds' training too.
        if len(draw_song(seed, number).genres) == 1 and split_of(seed, number) != "generator":
            clip = render_clip(seed, CLIPS_PER_SONG * number, seconds=10.0, captions=0)
            if clip.split != "generator":  # a tune's split is the tune's own
                found.append((asked_of(clip, rng), clip))
        number += 1
    return found


def asked_of(clip: Clip, rng: np.random.Generator) -> Asked:
    """Put the truth about a clip in words."""
    truth = clip.truth
    plain = truth.tonic is not None and truth.mode in ("major", "minor")
    key = f"{KEYS[truth.tonic]} {truth.mode}" if plain and truth.tonic is not None else ""
    genre, bpm = next(iter(truth.genres)), round(truth.tempo_bpm)
    prompt = sentence(genre, bpm, key, truth.lead, rng)
    return Asked(prompt, genre, float(bpm), key, truth.lead, truth.has_drums)


def rates(rows: Sequence[Mapping[str, bool | None]]) -> dict[str, list[bool]]:
    """Hits by kind of wish, those that were none left out."""
    return {kind: [bool(row[kind]) for row in rows if row[kind] is not None] for kind in KINDS}


def mono(clip: Clip) -> np.ndarray:
    """The clip's sound, float32 (n_samples,)."""
    return np.asarray(clip.rendered.waveform.mean(1), np.float32)


def _family(lead: str) -> str:
    return _ALIKE.get(lead, lead)
