"""Tempo from a waveform: how a spectrogram's onsets repeat, and a small network that weighs every tempo.

Onsets are the rises of log-compressed mel bands, of the low ones (kick, bass) and of all; of each the
autocorrelation is taken. A tempo T is described by what repeats after 1/4, 1/3, .. 4 of its beats and by T
itself; one network scores every tempo of the grid alike, and the shares are a softmax over the grid:

    score(T) = v . tanh(U f(T) + a),    p(T) = softmax over `TEMPOS`

After the comb filters of Scheirer ("Tempo and beat analysis of acoustic musical signals", JASA 1998), with
weights that are learned.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from generation.audio.regression import softmax
from generation.audio.spectrogram import SpectrogramConfig, log_mel

SAMPLE_RATE = 22_050
# Short windows, for onsets; the bands that the weights were trained on.
_CONFIG = SpectrogramConfig(n_fft=1024, hop_length=128, n_mels=80, corner_hz=1000.0)
FRAMES_PER_S = _CONFIG.sample_rate / _CONFIG.hop_length
TEMPOS: np.ndarray = 45.0 * 1.01 ** np.arange(169)
"""Beats a minute, 45 to 239, in steps of one per cent."""
_BEATS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0, 3.0, 4.0)
N_LAGS = int(np.ceil(_BEATS[-1] * 60 / TEMPOS[0] * FRAMES_PER_S)) + 2
N_FEATURES = 2 * len(_BEATS) + 2
_LOW_BANDS = 14
_USUAL_BPM = 110.0
WITHIN = 0.03


def repetitions(waveform: np.ndarray) -> np.ndarray:
    """How onsets repeat after every lag, of low bands and of all: float32 (2, `N_LAGS`), 1 at lag 0.

    `waveform` is mono at 22,050 Hz. What is shorter than a lag says nothing of it: 0; nor does silence.
    """
    mel = np.exp(log_mel(waveform, _CONFIG))
    loud = np.log1p(1000 * mel / max(float(np.quantile(mel, 0.99)), 1e-4))
    rises = np.maximum(np.diff(loud, axis=1, prepend=loud[:, :1]), 0)
    return np.stack([_autocorrelation(part.mean(0)) for part in (rises[:_LOW_BANDS], rises)])


def tempo_features(repeats: np.ndarray) -> np.ndarray:
    """What describes each tempo of the grid: (.., 2, N_LAGS) -> float64 (.., n_tempos, N_FEATURES)."""
    lags = 60 / TEMPOS[:, None] * np.array(_BEATS) * FRAMES_PER_S  # (n_tempos, beats)
    low = lags.astype(np.int64)
    share = lags - low
    found = repeats[..., low] * (1 - share) + repeats[..., low + 1] * share  # (.., 2, n_tempos, beats)
    found = np.moveaxis(found, -3, -2).reshape(*repeats.shape[:-2], len(TEMPOS), -1)
    pitch = np.log2(TEMPOS / _USUAL_BPM)
    known = np.broadcast_to(np.stack([pitch, pitch**2], axis=1), (*found.shape[:-1], 2))
    return np.concatenate([3 * found, known], axis=-1)


def tempo_shares(repeats: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """How likely each tempo of the grid is, shape (.., n_tempos), by the weights `U`, `a` and `v`."""
    hidden = np.tanh(tempo_features(repeats) @ weights["U"].T + weights["a"])
    return softmax(hidden @ weights["v"])


def tempo_evidence(shares: np.ndarray, bpm: float, prior: np.ndarray) -> float:
    """How much likelier a tempo is for what was heard than it is at large, in nats; its octaves count, too.

    `prior` (n_tempos,) is how often tempos are met. Counted are tempos within 3 % of the asked one, of its
    double and of its half, since who taps along may be in any of them.
    """
    near = np.zeros(len(TEMPOS), bool)
    for factor in (0.5, 1.0, 2.0):
        near |= np.abs(TEMPOS / (factor * bpm) - 1) <= WITHIN + 0.005
    if not near.any():
        return 0.0
    return float(np.log((shares[near].sum() + 1e-3) / (prior[near].sum() + 1e-3)))


def _autocorrelation(rises: np.ndarray) -> np.ndarray:
    """Of a series, less its moving mean, after each lag: float32 (N_LAGS,)."""
    n = len(rises)
    width = min(n, round(FRAMES_PER_S))
    ones = np.convolve(np.ones(n), np.ones(width), "same")
    x = rises - np.convolve(rises, np.ones(width), "same") / ones
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(x, size)
    product = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[: min(n, N_LAGS)]
    out = np.zeros(N_LAGS, np.float32)
    if product[0] > 1e-9:
        # Of few pairs no mean is taken: long lags of short clips fade out.
        out[: len(product)] = product / product[0] * (n / np.maximum(n - np.arange(len(product)), n / 4))
    return out
