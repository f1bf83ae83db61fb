"""Variation: the given sound, noised up to a strength, and denoised under the prompt.

Little noise hides the finest detail, much of it all but the course of loudness (Meng et al., "SDEdit", ICLR
2022): at a strength of .3 the same piece is played again, at .8 another one of its build.
"""

from __future__ import annotations

from generation.audio.edit.codec import decoded, encoded, frame_samples, sounded
from generation.audio.edit.edits import Variation
from generation.audio.edit.joining import resampled
from generation.audio.edit.take import Made, Take, heard_as
from generation.audio.soundness import finished


def vary(take: Take, edit: Variation) -> Made:
    """Make a variation: mono, at the generator's rate, as long as what was given."""
    import numpy as np

    pipe = take.pipe
    rate, size = pipe.sample_rate, frame_samples(pipe)
    mono = resampled(edit.given.mono, edit.given.sample_rate, rate)
    n_samples = round(edit.seconds * rate)
    L = -(-n_samples // size)
    latent = encoded(pipe, np.pad(mono, (0, max(0, L * size - len(mono))), mode="symmetric"))[..., :L]
    told = heard_as(take.told, edit.seconds)
    made = take.sampler.run(
        pipe.noise_of(L, take.seed),
        pipe.predictor(told),
        take.watch(take.sampler.steps(edit.strength)),
        start=latent,
        strength=edit.strength,
    )
    waveform = sounded(pipe, decoded(pipe, made))[:n_samples]
    return Made(finished(waveform, rate), rate)
