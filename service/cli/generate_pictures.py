"""`songspace generate`: pictures of finished takes, and of each step on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from service.cli.pictures import picture_to_write

if TYPE_CHECKING:
    from generation.audio.export import Exported
    from generation.audio.request import Callback


def previews(folder: Path) -> Callback:
    """Return what draws each step into a folder, as take-1-step-001.png."""
    from generation.audio.request import Step
    from generation.audio.spectrogram import SpectrogramConfig
    from service.pictures.spectrogram import Spectrogram, draw_spectrogram

    folder.mkdir(parents=True, exist_ok=True)

    def draw(step: Step) -> None:
        if step.log_mel is None:
            raise ValueError("this backend's steps cannot be drawn: leave --preview out")
        note = f"step {step.number} of {step.n_steps}"
        clip = Spectrogram(step.log_mel(), SpectrogramConfig(), f"Take {step.take}", note)
        name = f"take-{step.take}-step-{step.number:03d}.png"
        with picture_to_write(folder / name) as write:
            write(lambda format: draw_spectrogram(clip, format=format))

    return draw


def drawn(done: Sequence[Exported], format: str) -> bytes:
    """Draw the spectrogram of a take, or a sheet of several."""
    from generation.audio.spectrogram import SpectrogramConfig, log_mel
    from service.pictures.spectrogram import Spectrogram, draw_sheet, draw_spectrogram

    clips = []
    for one in done:
        track, request = one.track, one.record.request
        scale = max(1, round(track.sample_rate / 22_050))
        config = SpectrogramConfig(
            sample_rate=track.sample_rate,
            n_fft=1024 * scale,
            hop_length=256 * scale,
            fmax_hz=min(11_025.0, track.sample_rate / 2),
        )
        title = request.prompt or request.genre or "From noise"
        clips.append(Spectrogram(log_mel(track.waveform, config), config, title, f"seed {track.seed}"))
    if len(clips) == 1:
        return draw_spectrogram(clips[0], format=format)
    return draw_sheet(clips, format=format)
