"""What kind of bands keeps a piece's key: `python -m benchmarks.band_scales [--clips N]`.

Studio clips go through several kinds of spectrogram and back (pseudo-inverse, 24 rounds of Griffin-Lim, so no
network is in between), and key and tempo are measured again. What is lost here no codec brings back.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.control import draw_asked, mono
from benchmarks.studio_truth import is_tempo, key_in, share, tempo_of
from generation.audio.compiled_librosa import import_librosa

SAMPLE_RATE, HOP = 22_050, 256


def octave_bands(n_fft: int, n_bands: int, *, fmin_hz: float = 32.7, fmax_hz: float = 10_500.0) -> np.ndarray:
    """Triangles at equal steps of pitch, shape (n_bands, n_fft // 2 + 1), none narrower than a bin."""
    step = SAMPLE_RATE / n_fft
    bins = np.arange(n_fft // 2 + 1) * step
    centres = fmin_hz * (fmax_hz / fmin_hz) ** (np.arange(-1, n_bands + 1) / (n_bands - 1))
    rows = []
    for low, centre, high in zip(centres, centres[1:], centres[2:], strict=False):
        low, high = min(low, centre - step), max(high, centre + step)
        rows.append(
            np.clip(np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)), 0, None)
        )
    return np.array(rows)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--seed", type=int, default=90_210)
    given = parser.parse_args()
    librosa = import_librosa()

    def mel(n_fft: int, n_bands: int) -> np.ndarray:
        return np.asarray(
            librosa.filters.mel(sr=SAMPLE_RATE, n_fft=n_fft, n_mels=n_bands, fmin=30, fmax=SAMPLE_RATE / 2)
        )

    kinds = {
        "80 mel bands, window 1,024": (1024, mel(1024, 80)),
        "100 mel bands, window 2,048": (2048, mel(2048, 100)),
        "160 mel bands, window 2,048": (2048, mel(2048, 160)),
        "100 bands of equal pitch, window 2,048": (2048, octave_bands(2048, 100)),
    }
    pairs = [(asked, mono(clip)) for asked, clip in draw_asked(given.seed, given.clips) if asked.key]
    print("| spectrogram | key | tempo |\n|---|---|---|")
    print(f"| none | {share([key_in(sound, SAMPLE_RATE) == asked.key for asked, sound in pairs])} | |")
    for name, (n_fft, bands) in kinds.items():
        back, keys, tempos = np.linalg.pinv(bands), [], []
        for asked, sound in pairs:
            seen = bands @ np.abs(librosa.stft(sound, n_fft=n_fft, hop_length=HOP))
            magnitudes = np.maximum(back @ seen, 0).astype(np.float32)
            heard = librosa.griffinlim(magnitudes, n_iter=24, hop_length=HOP, n_fft=n_fft)
            keys.append(key_in(heard, SAMPLE_RATE) == asked.key)
            if asked.has_drums:
                tempos.append(is_tempo(tempo_of(heard, SAMPLE_RATE), asked.tempo_bpm))
        print(f"| {name} | {share(keys)} | {share(tempos)} |", flush=True)


if __name__ == "__main__":
    main()
