"""Foreign pipelines under our call: length, callbacks, seeds and errors are ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.audio.backends import BackendError, Foreign, Songspace, load_backend
from generation.audio.request import Cancelled, Request, Step
from tests.tiny_backends import tiny_audioldm2, tiny_stable_audio
from tests.tiny_generator import tiny_pipeline

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning"),
]
REQUEST = Request("jazz piano", seconds=1.0, seed=3, num_inference_steps=2)


@pytest.fixture(scope="module", params=["audioldm2", "stable-audio"])
def foreign(request: pytest.FixtureRequest) -> Foreign:
    make: dict[str, Callable[[], Any]] = {"audioldm2": tiny_audioldm2, "stable-audio": tiny_stable_audio}
    return Foreign(request.param, make[request.param](), "tiny")


def test_a_foreign_pipeline_answers_our_call(foreign: Foreign) -> None:
    made = foreign.generate(REQUEST)
    track = made.tracks[0]
    shape = {"audioldm2": (16_000,), "stable-audio": (8_000, 2)}[foreign.name]
    assert track.waveform.shape == shape
    assert track.seconds == 1.0
    assert np.abs(track.waveform).max() <= 0.98 + 1e-6


def test_take_k_is_the_one_take_of_a_seed_k_higher(foreign: Foreign) -> None:
    two = foreign.generate(Request("jazz piano", seconds=1.0, seed=2, n_takes=2, num_inference_steps=2))
    assert np.array_equal(two.tracks[1].waveform, foreign.generate(REQUEST).tracks[0].waveform)


def test_every_step_is_told(foreign: Foreign) -> None:
    steps: list[Step] = []
    foreign.generate(REQUEST, callback=steps.append)
    assert [(step.number, step.n_steps) for step in steps] == [(1, 2), (2, 2)]


def test_no_from_the_callback_stops_it(foreign: Foreign) -> None:
    with pytest.raises(Cancelled, match="step 1"):
        foreign.generate(REQUEST, callback=lambda step: False)


def test_without_a_prompt_it_is_asked_for_nothing(foreign: Foreign) -> None:
    made = foreign.generate(Request(seconds=1.0, num_inference_steps=2))
    assert made.settings["prompt"] == ""


def test_tempo_key_and_genre_go_into_the_words(foreign: Foreign) -> None:
    wishes = Request("piano", seconds=1.0, num_inference_steps=2, tempo_bpm=120, key="A minor", genre="jazz")
    assert foreign.generate(wishes).settings["prompt"] == "piano, jazz, 120 bpm, A minor"


def test_what_it_cannot_do_is_said(foreign: Foreign) -> None:
    with pytest.raises(ValueError, match="knows no style"):
        foreign.generate(Request("jazz", style=np.ones(200, np.float32)))
    with pytest.raises(ValueError, match="scheduler 'flow-heun' does not fit backend"):
        foreign.generate(Request("jazz", scheduler="flow-heun"))


def test_schedulers_are_swapped_where_they_fit() -> None:
    backend = Foreign("audioldm2", tiny_audioldm2(), "tiny")
    assert backend.generate(REQUEST).settings["scheduler"] == "DDIMScheduler"
    swapped = Request("jazz piano", seconds=1.0, num_inference_steps=2, scheduler="dpm++")
    assert backend.generate(swapped).settings["scheduler"] == "DPMSolverMultistepScheduler"
    assert backend.generate(REQUEST).settings["scheduler"] == "DDIMScheduler"


class OneCallbackOnly:
    """Records a call in the manner of StableAudio3Pipeline and AceStepPipeline."""

    def __init__(self) -> None:
        from diffusers import FlowMatchEulerDiscreteScheduler

        self.scheduler = FlowMatchEulerDiscreteScheduler()
        self.vae = type("Vae", (), {"config": type("Config", (), {"sampling_rate": 8000})})
        self.called: dict[str, Any] = {}

    def set_progress_bar_config(self, **_: Any) -> None:
        pass

    def __call__(self, *, callback_on_step_end: Callable[..., Any], **arguments: Any) -> Any:
        import torch

        self.called = arguments
        self.scheduler.set_timesteps(arguments["num_inference_steps"])
        for step, timestep in enumerate(self.scheduler.timesteps):
            callback_on_step_end(self, step, timestep, {})
        noise = torch.randn(1, 2, 8000, generator=arguments["generator"]) * 0.1
        return type("Output", (), {"audios": noise})


@pytest.mark.parametrize(
    ("name", "seconds"), [("stable-audio-3", "duration"), ("ace-step", "audio_duration")]
)
def test_the_other_spellings_are_hidden(name: str, seconds: str) -> None:
    pipeline, steps = OneCallbackOnly(), []
    backend = Foreign(name, pipeline, "fake")
    made = backend.generate(
        Request("jazz", seconds=1.0, tempo_bpm=90, num_inference_steps=2), callback=steps.append
    )
    assert made.tracks[0].waveform.shape == (8000, 2)
    assert pipeline.called[seconds] == 1.0
    assert pipeline.called.get("bpm", "in words") == {"stable-audio-3": "in words", "ace-step": 90}[name]
    assert len(steps) == 2


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("riffusion", "'riffusion' is not known: expected songspace, audioldm2:MODEL"),
        ("audioldm2:", "name the model"),
        ("audioldm2:nobody/has-this-one", r"cannot be loaded \('hf download nobody/has-this-one'"),
        ("stable-audio:/nowhere/at/all", "cannot be loaded"),
    ],
)
def test_a_backend_that_is_not_there_is_named(name: str, complaint: str) -> None:
    with pytest.raises(BackendError, match=complaint):
        load_backend(name)


def test_a_folder_says_what_it_holds(tmp_path: Path) -> None:
    tiny_audioldm2().save_pretrained(tmp_path / "theirs")
    tiny_pipeline().save_pretrained(tmp_path / "ours")
    theirs = load_backend(str(tmp_path / "theirs"))
    assert theirs.name == "audioldm2"
    assert theirs.generate(REQUEST).tracks[0].sample_rate == 16_000
    assert isinstance(load_backend(str(tmp_path / "ours")), Songspace)
    with pytest.raises(BackendError, match="holds a AudioLDM2Pipeline, no StableAudioPipeline"):
        load_backend(f"stable-audio:{tmp_path / 'theirs'}")


@pytest.mark.parametrize("index", [None, "{", '{"_class_name": "FluxPipeline"}', "[]"])
def test_a_folder_without_a_pipeline_that_we_run_is_refused(tmp_path: Path, index: str | None) -> None:
    if index is not None:
        (tmp_path / "model_index.json").write_text(index)
    with pytest.raises(BackendError, match=r"model_index\.json|FluxPipeline"):
        load_backend(str(tmp_path))
