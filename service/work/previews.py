"""The spectrogram that emerges while a track is made, as a small picture that is drawn in no time."""

from __future__ import annotations

import io

import numpy as np

MOST_FRAMES = 512
_SCALE = 2  # Dots a band.
_RANGE = 8.0  # 70 dB, in natural logarithms, as service/pictures/spectrogram.py has it.


def preview_png(log_mel: np.ndarray) -> bytes:
    """Draw a log-mel spectrogram, float array of shape (n_mels, n_frames), without axes, low bands below."""
    from matplotlib import colormaps
    from PIL import Image

    step = -(-log_mel.shape[1] // MOST_FRAMES)
    padded = np.pad(log_mel, ((0, 0), (0, -log_mel.shape[1] % step)), mode="edge")
    drawn = padded.reshape(len(log_mel), -1, step).max(axis=2)
    drawn = np.nan_to_num(drawn, nan=0.0, posinf=0.0, neginf=-1e9)
    shares = np.clip(1 + (drawn - drawn.max()) / _RANGE, 0, 1)
    pixels = colormaps["magma"](shares[::-1].repeat(_SCALE, axis=0), bytes=True)[..., :3]
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(content, "PNG", compress_level=3)
    return content.getvalue()
