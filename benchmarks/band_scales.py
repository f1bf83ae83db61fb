"""What kind of bands keeps a piece's key: `python -m benchmarks.band_scales [--clips N]`.

Studio clips go through several kinds of spectrogram, whose bands are then made wrong by some decibels as a
codec makes them wrong, and back (pseudo-inverse, 16 rounds of Griffin-Lim, so no network is in between); key,
tempo and the distance of spectra are measured again. What is lost here no codec brings back.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from benchmarks.control import draw_asked, mono
from benchmarks.studio_truth import is_tempo, key_in, share, tempo_of
from generation.audio.griffin_lim import griffin_lim
from generation.audio.spectrogram import SpectrogramConfig, log_mel
from generation.audio.stft_distance import stft_distance

SAMPLE_RATE = 22_050
KINDS = (
    SpectrogramConfig(n_fft=1024, corner_hz=1000.0),
    SpectrogramConfig(n_fft=2048, corner_hz=1000.0),
    SpectrogramConfig(),
    SpectrogramConfig(n_fft=2048, corner_hz=180.0),
    SpectrogramConfig(n_fft=2048, n_mels=96, corner_hz=240.0),
)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--clips", type=int, default=36)
    parser.add_argument("--seed", type=int, default=90_210)
    parser.add_argument(
        "--wrong", type=float, default=0.25, help="standard deviation of bands' errors, nepers"
    )
    given = parser.parse_args()
    pairs = [(asked, mono(clip)) for asked, clip in draw_asked(given.seed, given.clips) if asked.key]
    true = share([key_in(sound, SAMPLE_RATE) == asked.key for asked, sound in pairs])
    print("| bands | corner, Hz | window | key | tempo | distance of spectra |\n|---|---|---|---|---|---|")
    print(f"| none | | | {true} | | |", flush=True)
    for kind in KINDS:
        rng, keys, tempos, far = np.random.default_rng(given.seed), [], [], []
        for asked, sound in pairs:
            bands = log_mel(sound, kind)
            bands = bands + rng.normal(0, given.wrong, bands.shape).astype(np.float32)
            heard = griffin_lim(torch.from_numpy(bands)[None], n_iterations=16, config=kind)[:, : len(sound)]
            far.append(float(stft_distance(heard, torch.from_numpy(sound[: heard.shape[1]])[None])))
            keys.append(key_in(heard[0].numpy(), SAMPLE_RATE) == asked.key)
            if asked.has_drums:
                tempos.append(is_tempo(tempo_of(heard[0].numpy(), SAMPLE_RATE), asked.tempo_bpm))
        print(
            f"| {kind.n_mels} | {kind.corner_hz:g} | {kind.n_fft:,} | {share(keys)} | {share(tempos)}"
            f" | {np.mean(far):.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
