"""One call for every generator: our own pipeline, and those of diffusers for whoever has their weights.

    songspace                  the weights that ship, or those of SONGSPACE_GENERATOR
    audioldm2:MODEL            AudioLDM2Pipeline        (Liu et al., 2023)
    stable-audio:MODEL         StableAudioPipeline      (Evans et al., 2024)
    stable-audio-3:MODEL       StableAudio3Pipeline
    ace-step:MODEL             AceStepPipeline
    FOLDER                     whichever of these its model_index.json names

MODEL is a folder, or an id that is in the local cache of huggingface_hub: nothing is downloaded here. The
pipelines spell length in four ways and progress in two; what differs is one line of `SPELLINGS` each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from generation.audio.request import Callback, Generation, Request, Step, Track, tell
from generation.audio.shipped import load_generator, quiet_loading
from generation.audio.soundness import check_sound, finished

OWN = "songspace"
INDEX = "model_index.json"
# Our names of schedulers (schedulers.NAMES) that a foreign pipeline may be given instead of its own.
_SCHEDULERS = {
    "dpm++": "DPMSolverMultistepScheduler",
    "ddim": "DDIMScheduler",
    "euler": "EulerDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "unipc": "UniPCMultistepScheduler",
    "flow-euler": "FlowMatchEulerDiscreteScheduler",
    "flow-heun": "FlowMatchHeunDiscreteScheduler",
}


class BackendError(ValueError):
    """A backend that is not known, or whose model is not there or cannot be read."""


class Backend(Protocol):
    """Makes tracks. `name` says which it is, `model` which weights."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def model(self) -> str: ...  # noqa: D102

    def generate(self, request: Request, *, callback: Callback | None = None, told: Any = None) -> Generation:
        """Make what is asked for; `callback` is told each step, and `told` are conditions that were recorded.

        Raises
        ------
        ValueError
            A wish that this backend cannot take.
        Cancelled
            The callback says stop.
        UnsoundError
            What came out is no music.
        """


@dataclass(frozen=True)
class Spelling:
    """How one pipeline of diffusers names what all of them take.

    `legacy_callback` is `callback(step, timestep, latents)`, the other `callback_on_step_end(pipeline, step,
    timestep, tensors)`; who is `with_tempo_and_key` takes them as `bpm` and `keyscale`, others in the words.
    """

    pipeline: str
    seconds: str
    legacy_callback: bool
    negative_prompt: bool = True
    with_tempo_and_key: bool = False


SPELLINGS: Mapping[str, Spelling] = MappingProxyType(
    {
        "audioldm2": Spelling("AudioLDM2Pipeline", "audio_length_in_s", legacy_callback=True),
        "stable-audio": Spelling("StableAudioPipeline", "audio_end_in_s", legacy_callback=True),
        "stable-audio-3": Spelling("StableAudio3Pipeline", "duration", legacy_callback=False),
        "ace-step": Spelling(
            "AceStepPipeline",
            "audio_duration",
            legacy_callback=False,
            negative_prompt=False,
            with_tempo_and_key=True,
        ),
    }
)


def load_backend(name: str = OWN, *, weights: Path | None = None) -> Backend:
    """Load a generator by its name, see above; `weights` are those of `songspace`, by default what ships.

    Raises
    ------
    BackendError
        A name that is not known; a model that is not there, or is none.
    CheckpointError
        Our own weights are missing or damaged.
    """
    if name == OWN:
        return Songspace(load_generator(weights))
    kind, colon, model = name.partition(":")
    if colon and kind in SPELLINGS:
        return Foreign(kind, _load(kind, model), model)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        known = ", ".join([OWN, *(f"{kind}:MODEL" for kind in SPELLINGS)])
        raise BackendError(f"backend {name!r} is not known: expected {known}, or a folder with a pipeline")
    named = _pipeline_named(folder)
    if named == "SongspacePipeline":
        return Songspace(load_generator(folder))
    for kind, spelling in SPELLINGS.items():
        if spelling.pipeline == named:
            return Foreign(kind, _load(kind, str(folder)), str(folder))
    raise BackendError(f"{folder} holds a {named}, which no backend runs")


class Songspace:
    """Our own pipeline."""

    name = OWN

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline

    @property
    def model(self) -> str:
        """SHA-256 of the weights."""
        return str(self.pipeline.fingerprint())

    def generate(self, request: Request, *, callback: Callback | None = None, told: Any = None) -> Generation:
        """Make what is asked for."""
        made: Generation = self.pipeline.generate(request, callback=callback, told=told)
        return made


class Foreign:
    """A pipeline of diffusers under our call.

    Takes are made one by one, each from a generator of its own, so take k of seed s is seed s + k here too.
    """

    def __init__(self, name: str, pipeline: Any, model: str) -> None:
        self.name = name
        self.pipeline = pipeline
        self.model = model
        self._spelling = SPELLINGS[name]
        self._own_scheduler = pipeline.scheduler
        pipeline.set_progress_bar_config(disable=True)

    def generate(self, request: Request, *, callback: Callback | None = None, told: Any = None) -> Generation:
        """Make what is asked for."""
        import torch

        if told is not None:
            raise ValueError(f"backend {self.name} is asked with words, and takes no recorded conditions")
        arguments = self._arguments(request)
        self._choose_scheduler(request.scheduler)
        tracks = []
        for take in range(request.n_takes):
            seed = request.seed + take
            generator = torch.Generator("cpu").manual_seed(seed)
            watch = self._watch(callback, take + 1, request.n_takes)
            out = self.pipeline(**arguments, **watch, generator=generator)
            tracks.append(self._track(out.audios[0], request.seconds, seed))
        return Generation(
            tuple(tracks),
            request,
            backend=self.name,
            model=self.model,
            threads=torch.get_num_threads(),
            settings={"scheduler": type(self.pipeline.scheduler).__name__, "prompt": arguments["prompt"]},
        )

    def _arguments(self, request: Request) -> dict[str, Any]:
        """Return the arguments of the pipeline's call, generator and callback apart."""
        for name in ("style", "structure_guidance", "key_guidance", "style_guidance", "edit", "blend"):
            if getattr(request, name) is not None:
                raise ValueError(f"backend {self.name} knows no {name}")
        spelling = self._spelling
        words = [request.prompt, request.genre]
        arguments: dict[str, Any] = {spelling.seconds: float(request.seconds)}
        if spelling.with_tempo_and_key:
            arguments |= {"bpm": _rounded(request.tempo_bpm), "keyscale": request.key}
        else:
            words += [f"{request.tempo_bpm:g} bpm" if request.tempo_bpm else None, request.key]
        arguments["prompt"] = ", ".join(word for word in words if word)
        if request.negative_prompt is not None:
            if not spelling.negative_prompt:
                raise ValueError(f"backend {self.name} knows no negative prompt")
            arguments["negative_prompt"] = request.negative_prompt
        for name in ("num_inference_steps", "guidance_scale"):
            if getattr(request, name) is not None:
                arguments[name] = getattr(request, name)
        return arguments

    def _choose_scheduler(self, name: str | None) -> None:
        """Take another scheduler, from the configuration of the pipeline's own; None is its own."""
        self.pipeline.scheduler = self._own_scheduler
        if name is None:
            return
        own = self._own_scheduler
        wanted = next((kind for kind in own.compatibles if kind.__name__ == _SCHEDULERS.get(name)), None)
        if wanted is None:
            fits = [
                ours
                for ours, theirs in _SCHEDULERS.items()
                if theirs in {kind.__name__ for kind in own.compatibles}
            ]
            expected = ", ".join(fits) or "its own"
            raise ValueError(f"scheduler {name!r} does not fit backend {self.name}: expected {expected}")
        self.pipeline.scheduler = wanted.from_config(own.config)

    def _watch(self, callback: Callback | None, take: int, n_takes: int) -> dict[str, Any]:
        """Return the pipeline's own kind of callback, which tells ours; an exception ends the pipeline."""

        def told(step: int) -> None:
            n_steps = max(len(self.pipeline.scheduler.timesteps), step + 1)
            tell(callback, Step(step + 1, n_steps, take, n_takes))

        if self._spelling.legacy_callback:
            return {"callback": lambda step, _timestep, _latents: told(step), "callback_steps": 1}

        def at_end(_pipeline: Any, step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            told(step)
            return tensors

        return {"callback_on_step_end": at_end}

    def _track(self, audio: Any, seconds: float, seed: int) -> Track:
        """Make a track of samples or channels x samples, an array or a tensor."""
        found = np.asarray(audio.float().cpu() if hasattr(audio, "cpu") else audio, dtype=np.float32)
        sample_rate = self.sample_rate
        samples = found if found.ndim == 1 else np.ascontiguousarray(found.T)
        waveform = samples[: round(seconds * sample_rate)]
        check_sound(waveform, sample_rate)
        return Track(finished(waveform, sample_rate), sample_rate, seed)

    @property
    def sample_rate(self) -> int:
        """Samples a second, which the vocoder knows where there is one, else the autoencoder."""
        for part in ("vocoder", "vae"):
            config = getattr(getattr(self.pipeline, part, None), "config", None)
            for name in ("sampling_rate", "sample_rate"):
                if config is not None and getattr(config, name, None):
                    return int(getattr(config, name))
        raise BackendError(f"backend {self.name} does not say its sample rate")


def _load(kind: str, model: str) -> Any:
    import diffusers

    spelling = SPELLINGS[kind]
    if not model:
        raise BackendError(f"name the model: {kind}:FOLDER or {kind}:ID")
    if not hasattr(diffusers, spelling.pipeline):
        raise BackendError(f"{spelling.pipeline} is not in diffusers {diffusers.__version__}")
    folder = Path(model).expanduser()
    where = str(folder) if folder.is_dir() else model
    if folder.is_dir() and _pipeline_named(folder) != spelling.pipeline:
        raise BackendError(f"{folder} holds a {_pipeline_named(folder)}, no {spelling.pipeline}")
    load: Callable[..., Any] = getattr(diffusers, spelling.pipeline).from_pretrained
    try:
        with quiet_loading():
            return load(where, local_files_only=True, low_cpu_mem_usage=False)
    except (OSError, ValueError, TypeError, KeyError, ImportError, AttributeError, RuntimeError) as error:
        # huggingface_hub and each component's loader fail in ways of their own; none of them is ours to mend.
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        hint = "" if folder.is_dir() else f" ('hf download {model}' fetches it)"
        raise BackendError(f"{kind}: the model {model} cannot be loaded{hint}: {first[:200]}") from error


def _pipeline_named(folder: Path) -> str:
    """Return the class that a folder in diffusers' format says it holds."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        name = index["_class_name"]
    except FileNotFoundError:
        raise BackendError(f"{folder} holds no pipeline: there is no {INDEX}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BackendError(f"{folder / INDEX} is no index of a pipeline") from None
    # A pipeline of its own module is listed as [module, class].
    return str(name[-1] if isinstance(name, list) else name)


def _rounded(value: float | None) -> int | None:
    return round(value) if value is not None else None
