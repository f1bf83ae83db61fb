"""Spectrogram to sound: a few rounds of Griffin-Lim, corrected by a network in one pass.

After Vocos (Siuzdak, "Vocos: Closing the gap between time-domain and Fourier-based neural vocoders", ICLR
2024): ConvNeXt blocks at the rate of frames, and a head that gives magnitude and phase of every frequency,
from which the inverse Fourier transform makes the waveform; nothing is upsampled. Unlike there, the network
need not invent phases, which bands do not hold: it hears a first version (`griffin_lim`, a few rounds) and
corrects its magnitudes and phases, as in Masuyama et al., "Deep Griffin-Lim iteration" (ICASSP 2019). It
begins as that first version, so it starts where Griffin-Lim ends.

Shapes: B spectrograms of n_mels bands and T frames, F = n_fft // 2 + 1 frequencies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin

from generation.audio.convnext import Network
from generation.audio.griffin_lim import bands_to_envelope, griffin_lim, istft, stft
from generation.audio.spectrogram import SpectrogramConfig

_LOUDEST = 4.0
"""Most that a magnitude's logarithm is corrected by, up or down."""
_TINY = 1e-5


@dataclass(frozen=True)
class VocoderConfig:
    """Sizes, and how the first version is made."""

    n_mels: int = 80
    width: int = 256
    hidden: int = 512
    depth: int = 5
    rounds: int = 4
    phase_bins: int = 256


class Vocoder(ModelMixin, ConfigMixin):
    """Log-mel spectrogram to waveform.

    Parameters
    ----------
    rounds : int
        Of Griffin-Lim, in the first version.
    phase_bins : int
        The network hears how phases advance in so many frequencies, from the lowest on.
    """

    @register_to_config
    def __init__(
        self,
        n_mels: int = 80,
        width: int = 256,
        hidden: int = 512,
        depth: int = 5,
        rounds: int = 4,
        phase_bins: int = 256,
        sample_rate: int = 22_050,
        n_fft: int = 1536,
        hop_length: int = 256,
        fmin_hz: float = 30.0,
        fmax_hz: float = 11_025.0,
        corner_hz: float = 260.0,
    ) -> None:
        super().__init__()
        self.spectrogram = SpectrogramConfig(
            sample_rate, n_fft, hop_length, n_mels, fmin_hz, fmax_hz, corner_hz
        )
        self.rounds, self.phase_bins = rounds, phase_bins
        self.n_bins = n_fft // 2 + 1
        self.network = Network(
            n_mels + self.n_bins + 2 * phase_bins, 2 * self.n_bins, width=width, hidden=hidden, depth=depth
        )

    def forward(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Waveform (B, T * hop_length), float32, near -1 .. 1, of log-mel spectrograms (B, n_mels, T)."""
        T = log_mel.shape[-1]
        log_mel = log_mel.float()
        with torch.no_grad(), torch.autocast(log_mel.device.type, enabled=False):
            envelope = bands_to_envelope(log_mel, self.spectrogram)
            first = griffin_lim(log_mel, n_iterations=self.rounds, config=self.spectrogram)
            heard = stft(first, self.spectrogram)[..., :T]
            features = self._features(log_mel, envelope, heard)
        correction = self.network(features.to(self.network.enter.weight.dtype))
        with torch.autocast(log_mel.device.type, enabled=False):
            spectrum = corrected(envelope, heard, correction.float().transpose(1, 2))
            return istft(spectrum, T * self.spectrogram.hop_length, self.spectrogram)

    def _features(self, log_mel: torch.Tensor, envelope: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """What the network sees, shape (B, T, features): bands, magnitudes and how phases advance.

        Nothing of it changes when all phases are turned by one angle, nor when the clip is cut.
        """
        above = torch.log(heard.abs() + _TINY) - torch.log(envelope + _TINY)
        lowest = heard[:, : self.phase_bins]
        before = torch.cat([lowest[..., :1], lowest[..., :-1]], dim=-1)
        turn = lowest * before.conj()
        # A tone in the middle of bin k turns by so much from frame to frame.
        expected = 2 * torch.pi * self.spectrogram.hop_length / self.spectrogram.n_fft
        bins = torch.arange(lowest.shape[1], device=heard.device) * expected
        turn = turn * torch.polar(torch.ones_like(bins), -bins)[None, :, None]
        turn = turn / turn.abs().clamp_min(_TINY**2)
        parts = [log_mel / 2.5 + 1.5, above.clamp(-5, 5) / 2, turn.real, turn.imag]
        return torch.cat(parts, dim=1).transpose(1, 2)


def corrected(envelope: torch.Tensor, heard: torch.Tensor, correction: torch.Tensor) -> torch.Tensor:
    """Complex spectrum (B, F, T) with the magnitudes of the envelope and the phases heard, both corrected.

    Parameters
    ----------
    envelope : float tensor, shape (B, F, T)
        Magnitudes.
    heard : complex tensor, shape (B, F, T)
    correction : float tensor, shape (B, 2 F, T)
        To the logarithms of the magnitudes, then to the phases, radians; zeros leave both as they are.
    """
    louder, turned = correction.chunk(2, dim=1)
    magnitudes = envelope * torch.exp(_LOUDEST * torch.tanh(louder / _LOUDEST))
    return torch.polar(magnitudes, heard.angle() + turned)


def build_vocoder(config: VocoderConfig) -> Vocoder:
    """Build a new vocoder, which is its first version."""
    model: Vocoder = Vocoder(**asdict(config))
    return model
