"""`songspace generate`: pictures of finished takes, and of each step on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.cli.pictures import picture_to_write

if TYPE_CHECKING:
    from generation.audio.attention import Attention
    from generation.audio.backends import Backend
    from generation.audio.export import Exported
    from generation.audio.request import Callback, Generation, Request
    from service.pictures.spectrogram import Spectrogram


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
    from service.pictures.spectrogram import draw_sheet, draw_spectrogram

    clips = [_clip_of(one) for one in done]
    if len(clips) == 1:
        return draw_spectrogram(clips[0], format=format)
    return draw_sheet(clips, format=format)


def check_attention(request: Request) -> None:
    """Refuse `--attention` where there are no words to be listened to.

    Raises
    ------
    ValueError
        The message names the option.
    """
    from generation.audio.attention import check_request

    try:
        check_request(request)
    except ValueError as error:
        raise ValueError(f"--attention: {error}") from None


def listened(generator: Backend, made: Generation) -> Mapping[int, Attention]:
    """What was listened to in each take, by its seed; makes every take once more."""
    from generation.audio.attention import attention_of

    pipe: Any = generator
    return {track.seed: attention_of(pipe.pipeline, made, track.seed) for track in made.tracks}


def attention_drawn(one: Exported, heard: Attention, format: str) -> bytes:
    """Draw what was listened to in a take, over its spectrogram."""
    from service.pictures.prompt_attention import draw_attention

    return draw_attention(_clip_of(one), heard, format=format)


def _clip_of(one: Exported) -> Spectrogram:
    """The spectrogram of a finished take."""
    from generation.audio.spectrogram import SpectrogramConfig, log_mel
    from service.pictures.spectrogram import Spectrogram

    track, request = one.track, one.record.request
    config = SpectrogramConfig().at_rate(track.sample_rate)
    title = request.prompt or request.genre or "From noise"
    return Spectrogram(log_mel(track.waveform, config), config, title, f"seed {track.seed}")
