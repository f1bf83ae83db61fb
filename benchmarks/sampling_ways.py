"""Ways to sample the trained generator, for `benchmarks.diffusion_curves`.

    scales  how much is insisted on words, tempo and key, each by a scale of its own
    few     2 to 8 steps by every solver that fits, with step spacings of their own

Scales are measured as `bench_control` measures (tempo, key, genre, lead). Few steps are measured by how far
they end from where 50 steps of the default solver lead, from the same noise and by the same words: the mean
squared difference of the latents in units of their variance (0 the same), and
Frechet's distance between both sets of decoded spectrograms. That needs neither ears nor the vocoder.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from benchmarks.control import Asked
from benchmarks.frechet import Space
from generation.audio.conditioning import stack_conditions
from generation.audio.pipeline import SongspacePipeline
from generation.audio.request import Request
from generation.audio.sampler import Sampler
from generation.audio.schedulers import fitting, make_scheduler
from generation.audio.soundness import UnsoundError

STEPS = (2, 4, 6, 8)
MANY = 50
_BATCH = 8
PROMPTS = tuple(
    f"{genre} at {bpm} bpm in {key}"
    for genre, bpm, key in (
        ("jazz", 104, "F minor"),
        ("rock", 132, "E minor"),
        ("folk", 96, "G major"),
        ("techno", 128, "A minor"),
        ("classical", 88, "D major"),
        ("reggae", 76, "C major"),
        ("country", 110, "A major"),
        ("latin", 118, "D minor"),
        ("blues", 84, "E major"),
        ("metal", 150, "C# minor"),
        ("ambient", 70, "Bb major"),
        ("edm", 126, "F# minor"),
        ("hip hop", 92, "B minor"),
        ("funk", 106, "Eb major"),
        ("pop", 120, "C minor"),
        ("chiptune", 140, "Ab major"),
    )
)


@dataclass(frozen=True)
class Scales:
    """Guidance of words, of tempo and length, and of the key."""

    text: float
    structure: float
    key: float

    def of(self, request: Request) -> Request:
        """The same request at these scales."""
        return replace(
            request, guidance_scale=self.text, structure_guidance=self.structure, key_guidance=self.key
        )


SCALES: tuple[Scales, ...] = (
    Scales(3, 3, 3),
    Scales(2, 2, 2),
    Scales(3, 1, 3),
    Scales(3, 3, 6),
    Scales(2, 2, 5),
    Scales(2, 1, 5),
    Scales(2, 1, 8),
)


def measure_scales(
    pipe: SongspacePipeline,
    asked: Sequence[Asked],
    measure: Callable[[Sequence[np.ndarray]], dict[str, Any]],
    ways: Sequence[Scales] = SCALES,
) -> list[dict[str, Any]]:
    """Make every prompt at every scale; what was obeyed, and the mean of the four shares.

    Prints a row as soon as it is there.
    """
    rows = []
    for scales in ways:
        started = time.perf_counter()
        sounds = [
            made_of(pipe, scales.of(Request(one.prompt, seed=300 + number)))
            for number, one in enumerate(asked)
        ]
        spent = (time.perf_counter() - started) / len(asked)
        found = measure(sounds)
        mean = float(np.mean([value for name, value in found.items() if name != "distance"]))
        rows.append({"text": scales.text, "tempo_scale": scales.structure, "key_scale": scales.key}
                    | found | {"mean": mean, "seconds_a_clip": spent})  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def made_of(pipe: SongspacePipeline, request: Request, tries: int = 4) -> np.ndarray:
    """Make a track; what comes out as no music is made again from another seed.

    Raises
    ------
    UnsoundError
        None of the tries is music.
    """
    try:
        return pipe.generate(request).tracks[0].waveform
    except UnsoundError:
        if tries == 1:
            raise
        return made_of(pipe, replace(request, seed=request.seed + 1000), tries - 1)


def solvers(prediction_type: str) -> Mapping[str, Callable[[], Any]]:
    """Makers of schedulers by name: those that ship, and others of their family with other steps."""
    found: dict[str, Callable[[], Any]] = {
        name: (lambda name=name: make_scheduler(name, prediction_type=prediction_type))  # type: ignore[misc]
        for name in fitting(prediction_type)
    }

    def like(name: str, **changes: Any) -> Callable[[], Any]:
        def make() -> Any:
            known = make_scheduler(name, prediction_type=prediction_type)
            return type(known).from_config(known.config, **changes)

        return make

    found["dpm++, third order"] = like("dpm++", solver_order=3)
    found["dpm++, first order"] = like("dpm++", solver_order=1)
    found["dpm++, Heun's"] = like("dpm++", solver_type="heun")
    if prediction_type == "flow":
        # Steps closer together where there is much noise (Esser et al., ICML 2024), or where there is little.
        found |= {f"dpm++, shift {shift:g}": like("dpm++", flow_shift=shift) for shift in (0.5, 2.0, 3.0)}
        found["unipc, shift 2"] = like("unipc", flow_shift=2.0)
    else:
        found |= {
            f"dpm++, {spacing}": like("dpm++", timestep_spacing=spacing)
            for spacing in ("linspace", "leading")
        }
        found["dpm++, Karras's sigmas"] = like("dpm++", use_karras_sigmas=True)
    return found


class Together:
    """Prompts that are sampled together, from noise of their own seeds."""

    def __init__(self, pipe: SongspacePipeline, prompts: Sequence[str], seconds: float = 10.0) -> None:
        self.pipe = pipe
        requests = [Request(prompt, seconds=seconds, seed=300 + n) for n, prompt in enumerate(prompts)]
        self._tolds = [pipe.told_of(request) for request in requests]
        self._noises = [pipe.noise(seconds, request.seed) for request in requests]

    def sample(self, scheduler: Any, n_steps: int) -> tuple[torch.Tensor, int]:
        """Return all clean latents, (n, C, L), and how often the denoiser was asked for one."""
        sampler = Sampler(scheduler, self.pipe.prediction_type, n_steps)
        with torch.inference_mode():
            parts = [
                sampler.run(torch.cat(self._noises[at : at + _BATCH]), self._predictor(at), lambda _: None)
                for at in range(0, len(self._noises), _BATCH)
            ]
        return torch.cat(parts), sampler.steps()

    def _predictor(self, at: int) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        tolds = self._tolds[at : at + _BATCH]
        conditions = stack_conditions([told.conditions for told in tolds])
        weights = torch.cat([told.weights for told in tolds])[:, None, None]
        owners = torch.repeat_interleave(
            torch.arange(len(tolds)), torch.tensor([len(told.weights) for told in tolds])
        )

        def predict(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            times = timestep.to(torch.float32).expand(len(owners))
            answers = self.pipe.denoiser(noisy[owners], times, conditions) * weights
            return torch.zeros_like(noisy).index_add_(0, owners, answers)

        return predict

    def log_mels(self, latents: torch.Tensor) -> list[np.ndarray]:
        """Decoded spectrograms."""
        with torch.inference_mode():
            return [self.pipe.autoencoder.decode(one[None])[0].numpy() for one in latents]


def measure_few(
    pipe: SongspacePipeline, prompts: Sequence[str], steps: Sequence[int] = STEPS, seconds: float = 10.0
) -> list[dict[str, Any]]:
    """Sample in few steps by every solver; how far that ends from many steps. Prints rows as they come."""
    together = Together(pipe, prompts, seconds)
    many, _ = together.sample(pipe.scheduler, MANY)
    space, spread = Space(together.log_mels(many)), float(many.var())
    rows = []
    for name, make in solvers(pipe.prediction_type).items():
        for n_steps in steps:
            try:
                latents, asked = together.sample(make(), n_steps)
            except (ValueError, IndexError, NotImplementedError) as error:  # a solver that knows no so few
                print(f"{name} in {n_steps} steps: {error}", flush=True)
                continue
            error = float((latents - many).square().mean()) / spread
            distance = space.distance(together.log_mels(latents)) if np.isfinite(error) else float("inf")
            rows.append(
                {"solver": name, "steps": n_steps, "asked": asked, "error": error, "distance": distance}
            )
            print(rows[-1], flush=True)
    return rows


def few_table(rows: Sequence[Mapping[str, Any]], steps: Sequence[int] = STEPS) -> str:
    """A row a solver, best first: error and distance at each number of steps."""
    solvers_: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        solvers_.setdefault(str(row["solver"]), {})[int(row["steps"])] = row

    def cell(row: Mapping[str, Any] | None) -> str:
        if row is None or not np.isfinite(row["error"]):
            return "none"
        more = f" ({row['asked']} evaluations)" if row["asked"] != row["steps"] else ""
        return f"{row['error']:.2f} / {row['distance']:.1f}{more}"

    order = sorted(
        solvers_, key=lambda name: float(np.mean([row["error"] for row in solvers_[name].values()]))
    )
    lines = ["| solver | " + " | ".join(f"{n} steps" for n in steps) + " |", "|---" * (len(steps) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(cell(solvers_[name].get(n)) for n in steps) + " |" for name in order
    ]
    return "\n".join(lines)


def scales_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A row a way, in the order of measuring."""
    lines = [
        "| words | tempo and length | key | tempo obeyed | genre | key obeyed | lead | mean | distance |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        shares = " | ".join(f"{row[kind]:.2f}" for kind in ("tempo", "genre", "key", "lead", "mean"))
        scales = f"{row['text']:g} | {row['tempo_scale']:g} | {row['key_scale']:g}"
        lines.append(f"| {scales} | {shares} | {row['distance']:.0f} |")
    return "\n".join(lines)
