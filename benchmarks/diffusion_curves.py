"""The generator's own curves, for docs/diffusion.md: `python -m benchmarks.diffusion_curves PART ...`.

    targets     small denoisers that learn alike but for what they predict, and one at a single noise level
    sizes       denoisers of several sizes: held-out loss against parameters and minutes
    steps       the trained generator in 1, 2, 5, 10, 25, 50 steps
    guidance    at several scales
    conditions  told one thing at a time
    scales      with words, tempo and key insisted on by scales of their own
    few         2 to 8 steps by every solver that fits: how far they end from many steps

Music that is made is measured as `bench_control` does (tempo, key, genre, lead), and as a set by the Frechet
distance to held-out music (`benchmarks.frechet`). `targets` and `sizes` train on prepared music: give
--music, a folder of `songspace train generator`, and --autoencoder. The rest needs --weights, or what ships.
`steps`, `guidance`, `conditions`, `scales` and `few` write their tables into docs/diffusion.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.control import KINDS, Asked, Ear, draw_asked, hits, mono, rates
from benchmarks.frechet import Space
from benchmarks.pages import DOCS, fill
from benchmarks.sampling_ways import PROMPTS, few_table, measure_few, measure_scales, scales_table
from generation.audio.conditioning import Conditions, conditions_of
from generation.audio.denoiser import Denoiser
from generation.audio.denoiser_config import DenoiserConfig
from generation.audio.spectrogram import log_mel
from generation.audio.training.denoising import MODEL, DenoisingConfig, held_out_losses, train_denoiser
from generation.audio.training.latents import LatentSet, load_latents
from generation.audio.training.noising import mix, signal_and_noise, unmix
from generation.audio.training.sampling import sample_latents
from generation.audio.wishes import wishes_of_prompt
from generation.text_encoder import TextEncoder
from generation.training.hardware import Hardware
from generation.training.run import Every, LoopConfig

SMALLER = DenoiserConfig(width=128, depth=4, heads=4)
SIZES = {
    "narrow": replace(SMALLER, width=64, depth=3, heads=2),
    "smaller": SMALLER,
    "middling": replace(SMALLER, width=192, depth=6, heads=6),
    "small": DenoiserConfig(),
}
TARGETS = {"noise": "epsilon", "image": "sample", "v": "v_prediction", "flow": "flow"}
LOG_SNR = (-4.0, -2.0, 0.0, 2.0, 4.0)
FIXED = "v, one noise level"
BATCH = 16
SAMPLED = ("steps", "guidance", "conditions", "scales", "few")
Decode = Callable[[torch.Tensor], torch.Tensor]


def clean_errors(model: Denoiser, held: LatentSet) -> dict[str, float]:
    """Mean squared error of the clean latent at signal-to-noise ratios that mean the same for all."""
    kind = str(model.config.prediction_type)
    batch = held.batch(0, 0, size=min(64, len(held)), crops=False)
    noise = torch.randn(batch.latent.shape, generator=torch.Generator().manual_seed(0))
    times = torch.arange(0, 1000.0)
    a, b = signal_and_noise(kind, times)
    ratios = 2 * (a.clamp_min(1e-6).log() - b.clamp_min(1e-6).log())
    found = {}
    with torch.inference_mode():
        for wanted in LOG_SNR:
            time_ = times[(ratios - wanted).abs().argmin()].expand(len(noise))
            noisy, _ = mix(kind, batch.latent, noise, time_)
            clean, _ = unmix(kind, noisy, model(noisy, time_, batch.conditions).float(), time_)
            found[f"{wanted:g}"] = float((clean - batch.latent).square().mean())
    return found


class Studio:
    """What is asked, and what real music of that truth is like."""

    def __init__(self, n: int, seed: int) -> None:
        pairs = draw_asked(seed, n)
        self.asked: list[Asked] = [asked for asked, _ in pairs]
        self.ear = Ear()
        sounds = [mono(clip) for _, clip in pairs]
        self.real = rates(
            [
                hits(one, self.ear.hear(sound), self.ear.leads)
                for one, sound in zip(self.asked, sounds, strict=True)
            ]
        )
        others = [mono(clip) for _, clip in draw_asked(seed + 1, max(n, 96))]
        self.space = Space([log_mel(sound) for sound in others])
        self.floor = self.space.distance([log_mel(sound) for sound in sounds])

    def conditions(self) -> Conditions:
        """Of the prompts, as the pipeline reads them, of ten seconds each."""
        wishes = [replace(wishes_of_prompt(one.prompt), seconds=10.0) for one in self.asked]
        return conditions_of(wishes, TextEncoder().tokens)

    def measure(self, sounds: Sequence[np.ndarray]) -> dict[str, Any]:
        """Shares of wishes that were fulfilled, and the distance of the set."""
        rows = [
            hits(one, self.ear.hear(sound), self.ear.leads)
            for one, sound in zip(self.asked, sounds, strict=True)
        ]
        shares: dict[str, Any] = {kind: float(np.mean(found)) for kind, found in rates(rows).items()}
        shares["distance"] = self.space.distance([log_mel(sound) for sound in sounds])
        return shares


def sounds_of(
    model: Denoiser,
    conditions: Conditions,
    decode: Decode,
    *,
    n_steps: int = 25,
    guidance: float = 3.0,
    channels: int,
    L: int = 108,
) -> list[np.ndarray]:
    """Sample a waveform a row."""
    kind, found = str(model.config.prediction_type), []
    for start in range(0, len(conditions), BATCH):
        rows = conditions.rows(torch.arange(start, min(start + BATCH, len(conditions))))
        latents = sample_latents(
            model, kind, rows, shape=(channels, L), n_steps=n_steps, guidance=guidance, seed=start
        )
        with torch.inference_mode():
            for latent in latents:
                # What a small model lets diverge is heard as noise, not as nothing: latents have variance 1.
                kept = latent.nan_to_num(0.0, 8.0, -8.0).clamp(-8, 8)
                found.append(decode(kept[None])[0].float().numpy()[:220_500])
    return found


def trained(
    given: argparse.Namespace, data: LatentSet, held: LatentSet, config: DenoiserConfig, name: str
) -> tuple[Denoiser, list[dict[str, float]]]:
    """Train one of the small denoisers; return it with its curve of held-out losses."""
    curve: list[dict[str, float]] = []
    config = replace(config, channels=data.latents.shape[1], frames_per_second=data.frames_per_second)
    batch = held.batch(0, 0, size=min(64, len(held)), crops=False)
    folder = given.out / name.replace(", ", "-").replace(" ", "-")
    started = time.perf_counter()

    def measure(step: int, models: Mapping[str, nn.Module]) -> None:
        spent = time.perf_counter() - started
        loss = held_out_losses(models[MODEL], config.prediction_type, batch)["held_out/told"]
        curve.append({"step": step, "seconds": spent, "told": loss})
        print(f"{name}: step {step}, {spent:.0f} s, held-out loss {loss:.4f}", flush=True)

    model, _ = train_denoiser(
        data,
        config,
        DenoisingConfig(fixed_timestep=500.0 if name == FIXED else None),
        LoopConfig(steps=given.steps, seed=given.seed, warmup_steps=min(100, given.steps // 4)),
        out=folder,
        resume=(folder / "training.pt").is_file(),
        hardware=Hardware(bf16=True),
        callbacks=[Every(given.every, measure)],
    )
    return model, curve


def main() -> None:
    """Run one part; print a table and keep the rows as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("part", choices=["targets", "sizes", *SAMPLED])
    parser.add_argument("--music", type=Path)
    parser.add_argument("--autoencoder", type=Path)
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--no-docs", action="store_true", help="print only")
    parser.add_argument("--steps", type=int, default=600, help="of each small training")
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("var/diffusion-curves"))
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    rows = training_part(given) if given.part in ("targets", "sizes") else sampling_part(given)
    (given.out / f"{given.part}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def training_part(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Train small denoisers and compare them."""
    from generation.audio.autoencoder import Autoencoder
    from pipelines.train_codec import load_part

    if given.music is None or given.autoencoder is None:
        raise SystemExit("error: this part trains: give --music and --autoencoder")
    autoencoder = load_part(Autoencoder, given.autoencoder)
    data = load_latents(given.music, autoencoder)
    held = load_latents(given.music, autoencoder, split="test")
    rows: list[dict[str, Any]] = []
    if given.part == "sizes":
        for name, config in SIZES.items():
            model, curve = trained(given, data, held, config, name)
            millions = sum(values.numel() for values in model.parameters()) / 1e6
            rows.append({"size": name, "parameters": millions, "curve": curve})
            print(rows[-1], flush=True)
        return rows
    runs = {name: replace(SMALLER, prediction_type=kind) for name, kind in TARGETS.items()}
    runs[FIXED] = replace(SMALLER, prediction_type="v_prediction")
    models = {name: trained(given, data, held, config, name)[0] for name, config in runs.items()}
    studio, channels = Studio(given.prompts, 90_210), data.latents.shape[1]
    print(f"real music: {shown(studio.real)}, distance {studio.floor:.2f}")
    for name, model in models.items():
        made = sounds_of(model, studio.conditions(), through_griffin_lim(autoencoder), channels=channels)
        rows.append({"target": name, "errors": clean_errors(model, held), **studio.measure(made)})
        print(rows[-1], flush=True)
    return rows


def sampling_part(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Sample from the trained generator in several ways."""
    from generation.audio.shipped import load_generator, load_shipped

    pipe = load_generator(given.weights) if given.weights else load_shipped()
    model, channels = pipe.denoiser.float(), int(pipe.autoencoder.config.channels)
    pipe.autoencoder.float()
    pipe.vocoder.float()

    def decode(latent: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(pipe.vocoder(pipe.autoencoder.decode(latent)))

    if given.part == "few":
        rows = measure_few(pipe, PROMPTS[: given.prompts])
        write(given, few_table(rows))
        return rows
    studio = Studio(given.prompts, 90_210)
    if given.part == "scales":
        rows = measure_scales(pipe, studio.asked, studio.measure)
        write(given, scales_table(rows))
        return rows
    told = studio.conditions()
    ways: dict[str, tuple[Conditions, int, float]] = {
        "steps": {f"{n}": (told, n, 3.0) for n in (1, 2, 5, 10, 25, 50)},
        "guidance": {f"{scale:g}": (told, 25, scale) for scale in (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)},
        "conditions": {
            "nothing": (told.without(), 25, 3.0),
            **{
                name: (told.only(*groups), 25, 3.0)
                for name, groups in {
                    "words": ("text",),
                    "tags": ("tags",),
                    "tempo": ("tempo", "bars"),
                    "key": ("key",),
                }.items()
            },
            "all": (told, 25, 3.0),
        },
    }[given.part]
    rows = [{given.part: "real", **{k: float(np.mean(v)) for k, v in studio.real.items()}}]
    rows[0]["distance"] = studio.floor
    print(rows[0])
    for name, (conditions, n_steps, guidance) in ways.items():
        started = time.perf_counter()
        made = sounds_of(model, conditions, decode, n_steps=n_steps, guidance=guidance, channels=channels)
        spent = (time.perf_counter() - started) / len(made)
        rows.append({given.part: name, "seconds_a_clip": spent, **studio.measure(made)})
        print(rows[-1], flush=True)
    write(given, curve_table(given.part, rows))
    return rows


def curve_table(part: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A row a way, real music last."""
    kinds = ("tempo", "genre", "key", "lead")
    lines = [f"| {part} | " + " | ".join(kinds) + " | distance |", "|---|---|---|---|---|---|"]
    for row in [*rows[1:], rows[0]]:
        name = "real clips" if row[part] == "real" else row[part]
        shares = " | ".join(f"{row[kind]:.2f}" for kind in kinds)
        lines.append(f"| {name} | {shares} | {row['distance']:,.0f} |")
    return "\n".join(lines)


def write(given: argparse.Namespace, table: str) -> None:
    """Print a table, and put it into its page."""
    print(f"\n{table}")
    if not given.no_docs:
        fill(DOCS / "diffusion.md", given.part, table)


def through_griffin_lim(autoencoder: Any) -> Decode:
    """Latents to sound without a vocoder."""
    from generation.audio.griffin_lim import griffin_lim

    # No music is louder; what diverged would be more than numbers hold.
    return lambda latent: torch.as_tensor(
        griffin_lim(autoencoder.decode(latent).clamp_max(5.0), n_iterations=32)
    )


def shown(shares: dict[str, list[bool]]) -> str:
    """Shares of hits in one line."""
    return ", ".join(f"{kind} {np.mean(shares[kind]):.2f}" for kind in KINDS)


if __name__ == "__main__":
    main()
