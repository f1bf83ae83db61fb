"""How fast a track is made: `python -m benchmarks.bench_generate`, or `make bench-generate`.

Ten seconds of sound with the default steps: by a pipeline that is loaded, and as a fresh command, with the
peak of memory. Beside them, in the same run, the denoisers of AudioLDM 2 and Stable Audio Open at their
published sizes: weights do not matter to the clock, so they are made up; a few guided steps are timed and
multiplied by the pipelines' default number. What else those pipelines do (text encoders, decoders) is left
out, in their favour.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

SECONDS = 10.0
PROMPT = "slow jazz trio in F minor"
MIB = 2**20


def build_untrained(folder: Path, preset_name: str) -> Path:
    """Save a generator of a preset's size without training, for a tree that ships none."""
    from generation.audio.autoencoder import Autoencoder
    from generation.audio.denoiser import Denoiser
    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.presets import preset
    from generation.audio.shipped import save_generator
    from generation.audio.vocoder import Vocoder

    denoiser = Denoiser.of(preset(preset_name).denoiser)
    save_generator(SongspacePipeline.of(Autoencoder(), Vocoder(), denoiser), folder / "generator")
    return folder / "generator"


def time_loaded(weights: Path | None, *, runs: int) -> tuple[float, float]:
    """Seconds of a take by a loaded pipeline: median and worst."""
    from generation.audio.backends import load_backend
    from generation.audio.request import Request

    backend = load_backend(weights=weights)
    spent = []
    for seed in range(runs + 1):
        started = time.perf_counter()
        backend.generate(Request(PROMPT, seconds=SECONDS, seed=seed))
        spent.append(time.perf_counter() - started)
    # The first loads the text encoder.
    return float(np.median(spent[1:])), max(spent[1:])


def time_command(weights: Path | None) -> tuple[float, float]:
    """Seconds and peak memory, MiB, of a fresh `songspace generate`."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        if weights is not None:
            environment["SONGSPACE_GENERATOR"] = str(weights)
        line = ["-m", "service.cli.main", "generate", PROMPT, "--seconds", f"{SECONDS:g}", "--seed", "1"]
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, *line, "--out", str(Path(folder) / "x.flac")], check=True, env=environment
        )
        spent = time.perf_counter() - started
    return spent, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def made_up(build: Callable[[], Any]) -> Any:
    """Build a network with weights of one value each: a thousand million random numbers take a while."""
    with torch.device("meta"):
        network = build()
    network = network.to_empty(device="cpu").eval()
    with torch.no_grad():
        for values in [*network.parameters(), *network.buffers()]:
            values.fill_(0.01)
    return network


def audioldm2() -> tuple[Any, dict[str, Any]]:
    """The UNet of AudioLDM 2 (Liu et al., 2023), and a guided step of ten seconds."""
    from diffusers.pipelines.audioldm2.modeling_audioldm2 import AudioLDM2UNet2DConditionModel

    network = made_up(
        lambda: AudioLDM2UNet2DConditionModel(
            in_channels=8,
            out_channels=8,
            block_out_channels=(128, 256, 384, 640),
            down_block_types=("DownBlock2D", *["CrossAttnDownBlock2D"] * 3),
            up_block_types=(*["CrossAttnUpBlock2D"] * 3, "UpBlock2D"),
            cross_attention_dim=((None, 768, None, 1024),) * 4,
            attention_head_dim=8,
        )
    )
    return network, {
        "sample": torch.zeros(2, 8, 256, 16),
        "timestep": torch.tensor(500),
        "encoder_hidden_states": torch.zeros(2, 8, 768),
        "encoder_hidden_states_1": torch.zeros(2, 16, 1024),
    }


def stable_audio() -> tuple[Any, dict[str, Any]]:
    """The transformer of Stable Audio Open (Evans et al., 2024): it always makes its whole window of 47 s."""
    from diffusers import StableAudioDiTModel
    from diffusers.models.embeddings import get_1d_rotary_pos_embed

    network = made_up(StableAudioDiTModel)
    return network, {
        "hidden_states": torch.zeros(2, 64, 1024),
        "timestep": torch.tensor([500.0]),
        "encoder_hidden_states": torch.zeros(2, 130, 768),
        "global_hidden_states": torch.zeros(2, 1, 1536),
        "rotary_embedding": get_1d_rotary_pos_embed(32, 1025, use_real=True, repeat_interleave_real=False),
    }


PEERS: dict[str, tuple[Callable[[], tuple[Any, dict[str, Any]]], int]] = {
    "AudioLDM 2": (audioldm2, 200),
    "Stable Audio Open": (stable_audio, 100),
}


def time_peer(build: Callable[[], tuple[Any, dict[str, Any]]], steps: int) -> tuple[float, float]:
    """Millions of parameters, and seconds of a guided step: the median of a few."""
    network, arguments = build()
    spent = []
    with torch.inference_mode():
        for _ in range(steps):
            started = time.perf_counter()
            network(**arguments, return_dict=False)
            spent.append(time.perf_counter() - started)
    return sum(values.numel() for values in network.parameters()) / 1e6, float(np.median(spent))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--untrained", metavar="PRESET", help="an untrained one of this size instead")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-steps", type=int, default=2, help="0 leaves the peers out")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    os.environ["SONGSPACE_THREADS"] = str(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        weights = build_untrained(Path(folder), given.untrained) if given.untrained else given.weights
        command, peak = time_command(weights)
        median, worst = time_loaded(weights, runs=given.runs)
    print(f"{SECONDS:g} s of sound, {given.threads} threads\n")
    print("| what | parameters | a guided step, s | steps | ten seconds of sound, s |")
    print("|---|---|---|---|---|")
    print(f"| songspace, loaded: all of it | | | 25 | {median:.2f} (worst {worst:.2f}) |")
    print(f"| songspace, fresh command, peak {peak:,.0f} MiB | | | 25 | {command:.1f} |")
    for name, (build, n_steps) in PEERS.items() if given.peer_steps else ():
        millions, step = time_peer(build, given.peer_steps)
        print(
            f"| {name}, denoiser alone | {millions:,.0f}M | {step:.2f} | {n_steps} | {step * n_steps:,.0f} |"
        )


if __name__ == "__main__":
    main()
