"""The pipeline: repeatable, saved bit for bit, any length, any fitting scheduler, cancelled within a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.audio.request import Cancelled, Step
from generation.audio.schedulers import fitting
from generation.audio.soundness import UnsoundError
from tests.tiny_generator import tiny_pipeline

# diffusers hands tensors to numpy in a way that numpy 2 dislikes.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def pipe() -> Any:
    return tiny_pipeline()


def made(pipe: Any, prompt: str | None = "slow jazz", **wishes: Any) -> np.ndarray:
    audio: np.ndarray = pipe(prompt, **({"seconds": 1.0, "num_inference_steps": 3} | wishes)).audios
    return audio


def test_the_same_seed_gives_the_same_samples_and_another_others(pipe: Any) -> None:
    assert np.array_equal(made(pipe, seed=3), made(pipe, seed=3))
    assert not np.array_equal(made(pipe, seed=3), made(pipe, seed=4))


def test_take_k_is_the_one_take_of_a_seed_k_higher(pipe: Any) -> None:
    assert np.array_equal(made(pipe, seed=3, n_takes=3)[2], made(pipe, seed=5)[0])


@pytest.mark.parametrize("seconds", [1.0, 1.234, 2.9])
def test_sound_is_cut_to_the_sample(pipe: Any, seconds: float) -> None:
    assert made(pipe, seconds=seconds).shape == (1, round(seconds * 22_050))


def test_ten_seconds_are_108_latent_frames(pipe: Any) -> None:
    assert pipe.latent_frames(10.0) == 108


def test_samples_are_float32_within_bounds_and_end_in_silence(pipe: Any) -> None:
    sound = made(pipe)[0]
    assert sound.dtype == np.float32
    assert 0.01 < np.abs(sound).max() <= 0.98 + 1e-6
    assert sound[0] == sound[-1] == 0


@pytest.mark.parametrize(
    "wishes",
    [
        {"prompt": "fast techno"},
        {"prompt": None},
        {"negative_prompt": "drums"},
        {"guidance_scale": 1.0},
        {"tempo_bpm": 171.0},
        {"key": "F# minor"},
        {"genre": "metal"},
        {"style": np.ones(200, np.float32)},
        {"tempo_bpm": 171.0, "structure_guidance": 0.5},
        {"style": np.ones(200, np.float32), "style_guidance": 8.0},
    ],
)
def test_every_wish_is_heard(pipe: Any, wishes: dict[str, Any]) -> None:
    plain = made(pipe, **{name: value for name, value in wishes.items() if not name.endswith("guidance")})
    other = made(pipe, **wishes)
    if not any(name.endswith("guidance") for name in wishes):
        plain = made(pipe)
    assert not np.array_equal(plain, other)


def test_a_flag_goes_before_the_words(pipe: Any) -> None:
    from generation.audio.request import Request
    from generation.audio.wanted import wishes_of

    wishes = wishes_of(Request("jazz at 90 bpm in C major", tempo_bpm=140, key="Am", genre="techno"))
    assert (wishes.tempo_bpm, wishes.tonic, wishes.mode) == (140, 9, "minor")
    assert wishes.text.startswith("techno, ")
    assert [name for name in wishes.tags if name.startswith("genre:")] == ["genre:techno"]


@pytest.mark.parametrize("name", fitting("flow"))
def test_schedulers_of_flows_sample_nearly_the_same(pipe: Any, name: str) -> None:
    one, other = (made(pipe, num_inference_steps=32, scheduler=kind)[0] for kind in ("dpm++", name))
    assert np.corrcoef(np.abs(one), np.abs(other))[0, 1] > 0.8


def test_a_scheduler_of_diffusers_can_be_put_in(pipe: Any) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler

    swapped = tiny_pipeline()
    swapped.scheduler = FlowMatchEulerDiscreteScheduler()
    assert np.array_equal(made(swapped), made(pipe, scheduler="flow-euler"))


def test_a_scheduler_that_does_not_fit_is_refused(pipe: Any) -> None:
    with pytest.raises(ValueError, match=r"'ddim' does not fit .* flow: expected one of dpm\+\+"):
        made(pipe, scheduler="ddim")


def test_a_saved_pipeline_is_the_same_bit_for_bit(pipe: Any, tmp_path: Path) -> None:
    from generation.audio.pipeline import SongspacePipeline

    pipe.save_pretrained(tmp_path)
    load: Any = SongspacePipeline.from_pretrained
    again = load(tmp_path, local_files_only=True, low_cpu_mem_usage=False)
    again.text_encoder = pipe.text_encoder
    assert again.fingerprint() == pipe.fingerprint()
    assert np.array_equal(made(again), made(pipe))


def test_plain_diffusers_loads_it(pipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers import DiffusionPipeline
    from diffusers.utils import dynamic_modules_utils

    monkeypatch.setattr(dynamic_modules_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    (tmp_path / "modules").mkdir()
    folder = str(tmp_path / "saved")
    pipe.save_pretrained(folder)
    load: Any = DiffusionPipeline.from_pretrained
    again = load(folder, custom_pipeline=folder, trust_remote_code=True, low_cpu_mem_usage=False)
    assert type(again).__name__ == "SongspacePipeline"
    assert again.fingerprint() == pipe.fingerprint()


def test_every_step_is_told_and_can_be_seen(pipe: Any) -> None:
    steps: list[Step] = []
    pictures: list[np.ndarray] = []

    def watch(step: Step) -> None:
        steps.append(step)
        assert step.log_mel is not None
        pictures.append(step.log_mel())

    made(pipe, n_takes=2, callback=watch)
    assert [(step.take, step.number) for step in steps] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert steps[-1].share_done == 1
    assert all(picture.shape == (80, 88) for picture in pictures)


def test_what_is_seen_last_is_what_is_heard(pipe: Any) -> None:
    import torch

    seen: list[Step] = []
    pipe("jazz", seconds=1.0, num_inference_steps=3, scheduler="flow-euler", callback=seen.append)
    assert seen[-1].log_mel is not None
    waveform = pipe.vocoder(torch.from_numpy(seen[-1].log_mel())[None])[0].detach().numpy()
    sound = pipe("jazz", seconds=1.0, num_inference_steps=3, scheduler="flow-euler").audios[0]
    assert np.corrcoef(waveform[: len(sound)], sound)[0, 1] > 0.99


def test_a_callback_that_says_no_stops_it_within_a_step(pipe: Any) -> None:
    told: list[int] = []

    def stop(step: Step) -> bool:
        told.append(step.number)
        return step.number < 2

    with pytest.raises(Cancelled, match="step 2 of 3"):
        made(pipe, callback=stop)
    assert told == [1, 2]


def test_what_a_callback_raises_comes_through(pipe: Any) -> None:
    def stop(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(pipe, callback=stop)


@pytest.mark.parametrize(("level", "complaint"), [(float("nan"), "not finite"), (-40.0, "silence")])
def test_what_is_no_sound_is_refused(level: float, complaint: str) -> None:
    broken = tiny_pipeline()
    broken.autoencoder.mel_mean.fill_(level)
    with pytest.raises(UnsoundError, match=complaint):
        made(broken)


def test_without_wishes_the_denoiser_is_asked_once_a_step(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    forward = pipe.denoiser.forward

    def counted(latent: Any, *rest: Any) -> Any:
        batches.append(len(latent))
        return forward(latent, *rest)

    monkeypatch.setattr(pipe.denoiser, "forward", counted)
    made(pipe, prompt=None)
    made(pipe, "jazz")
    made(pipe, "jazz", structure_guidance=1.5)
    assert batches == [1, 1, 1, 2, 2, 2, 3, 3, 3]
