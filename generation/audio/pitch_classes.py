"""Key from a waveform: how strong each pitch class is in three registers, and a network that turns with it.

A spectrum of .37 s is folded to the twelve pitch classes in the registers of bass, middle and treble. What
speaks for a key on tonic t is what would speak for one on C, had all been played t semitones lower: so one
network hears the classes turned down by each t, and gives a score for each mode,

    score(t, mode) = V tanh(U turn(x, -t) + a) + b,    p(t, mode) = softmax over 12 tonics and all modes

which knows every key as soon as it knows one (weights are tied, as Krumhansl's profiles are).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from generation.audio.regression import softmax

SAMPLE_RATE = 22_050
_N_FFT, _HOP = 8192, 2048
_REGISTERS_HZ = ((55.0, 220.0), (220.0, 880.0), (880.0, 3520.0))
N_REGISTERS = len(_REGISTERS_HZ)
_A4_HZ, _A = 440.0, 9


def pitch_classes(waveform: np.ndarray) -> np.ndarray:
    """Shares of the pitch classes from C upwards in each register: float32 (3, 12); zeros of silence.

    `waveform` is mono at 22,050 Hz.
    """
    filled = np.pad(waveform, (0, max(0, _N_FFT - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(filled, _N_FFT)[::_HOP]
    loud = np.abs(np.fft.rfft(frames * np.hanning(_N_FFT).astype(np.float32), axis=1))
    # Peaks only: what lies between two partials has no pitch of its own.
    peaks = np.zeros_like(loud)
    middle = loud[:, 1:-1]
    peaks[:, 1:-1] = np.where((middle >= loud[:, :-2]) & (middle > loud[:, 2:]), middle, 0)
    powers = np.sqrt(peaks)
    out = np.zeros((N_REGISTERS, 12), np.float32)
    for register, (low_hz, high_hz) in enumerate(_REGISTERS_HZ):
        hz = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE)
        rows = np.flatnonzero((hz >= low_hz) & (hz < high_hz))
        semitones = 12 * np.log2(hz[rows] / _A4_HZ) + _A
        classes, off = np.round(semitones).astype(int) % 12, np.abs(semitones - np.round(semitones))
        folded = np.zeros((len(powers), 12))
        for number in range(12):
            here = classes == number
            folded[:, number] = powers[:, rows[here]] @ np.cos(np.pi * off[here])
        totals = folded.sum(1, keepdims=True)
        # Every moment counts by the root of its loudness, so that one loud chord is not the whole key.
        found = (folded / np.sqrt(np.maximum(totals, 1e-9))).sum(0)
        out[register] = found / found.sum() if found.sum() > 1e-6 else 0
    return out


def key_shares(classes: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """How likely each key is: (.., 3, 12) -> (.., 12, n_modes), by the weights `U`, `a`, `V` and `b`."""
    hidden = np.tanh(turned(classes) @ weights["U"].T + weights["a"])
    scores = hidden @ weights["V"].T + weights["b"]
    return softmax(scores.reshape(*scores.shape[:-2], -1)).reshape(scores.shape)


def turned(classes: np.ndarray) -> np.ndarray:
    """Pitch classes as they are above each tonic: (.., 3, 12) -> (.., 12, 36), about zero mean."""
    centred = 12 * classes - 1
    every = [np.roll(centred, -tonic, axis=-1) for tonic in range(12)]
    stacked = np.stack(every, axis=-3)
    return stacked.reshape(*stacked.shape[:-2], -1)
