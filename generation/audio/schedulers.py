"""Samplers by name: diffusers' schedulers, set up for what a denoiser predicts.

A denoiser was trained on one of two ways of mixing a clean latent x with noise n, at timestep t of 0..1000:

    v_prediction, epsilon, sample:  signal x + noise n,   signal^2 = abar_t, noise^2 = 1 - abar_t
    flow:                           (1 - s) x + s n,      s = t / 1000 (a straight line)

and predicts of it:  v = signal n - noise x;  epsilon = n;  sample = x;  flow = n - x.

The first keeps the variance. Each scheduler solves the same differential equation from noise to latent; they
differ in how well few steps follow it. Sources: DDIM (Song et al., ICLR 2021), DPM-Solver++ (Lu et al.,
2022), Euler and Heun (Karras et al., NeurIPS 2022), UniPC (Zhao et al., NeurIPS 2023), flow matching (Lipman
et al., ICLR 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

PREDICTIONS = ("flow", "v_prediction", "epsilon", "sample")
DEFAULT = "dpm++"
TRAIN_TIMESTEPS = 1000

# As in training (training/noising.py): the cosine of Nichol & Dhariwal, 2021. Steps begin at its last one,
# pure noise ("trailing": Lin et al., WACV 2024); but not for epsilon, from which x comes by a division by the
# signal, of which next to nothing is left there.
_PRESERVING: Mapping[str, Any] = MappingProxyType(
    {"num_train_timesteps": TRAIN_TIMESTEPS, "beta_schedule": "squaredcos_cap_v2"}
)
_SPACING: Mapping[str, str] = MappingProxyType(
    {"v_prediction": "trailing", "sample": "trailing", "epsilon": "leading"}
)
_FLOW_SIGMAS: Mapping[str, Any] = MappingProxyType(
    {
        "num_train_timesteps": TRAIN_TIMESTEPS,
        "use_flow_sigmas": True,
        "flow_shift": 1.0,
        "prediction_type": "flow_prediction",
    }
)
# Name -> class of diffusers and its settings beyond the above, for each way of mixing.
_VARIANCE_PRESERVING: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "dpm++": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
        "ddim": ("DDIMScheduler", {"clip_sample": False, "set_alpha_to_one": True}),
        "euler": ("EulerDiscreteScheduler", {}),
        "unipc": ("UniPCMultistepScheduler", {}),
    }
)
_FLOW: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "dpm++": (
            "DPMSolverMultistepScheduler",
            {**_FLOW_SIGMAS, "algorithm_type": "dpmsolver++", "solver_order": 2},
        ),
        "flow-euler": (
            "FlowMatchEulerDiscreteScheduler",
            {"num_train_timesteps": TRAIN_TIMESTEPS, "shift": 1.0},
        ),
        "flow-heun": (
            "FlowMatchHeunDiscreteScheduler",
            {"num_train_timesteps": TRAIN_TIMESTEPS, "shift": 1.0},
        ),
        "unipc": ("UniPCMultistepScheduler", _FLOW_SIGMAS),
    }
)
NAMES = tuple(dict.fromkeys([*_VARIANCE_PRESERVING, *_FLOW]))


def fitting(prediction_type: str) -> tuple[str, ...]:
    """Return the names of the schedulers that can sample a denoiser of this kind.

    Raises
    ------
    ValueError
        A kind that is none of `PREDICTIONS`.
    """
    if prediction_type not in PREDICTIONS:
        raise ValueError(f"a denoiser predicts one of {', '.join(PREDICTIONS)}, got {prediction_type!r}")
    return tuple(_FLOW if prediction_type == "flow" else _VARIANCE_PRESERVING)


def make_scheduler(name: str = DEFAULT, *, prediction_type: str) -> Any:
    """Make a scheduler of diffusers.

    Parameters
    ----------
    name : str
        One of `fitting(prediction_type)`.
    prediction_type : str
        What the denoiser predicts: one of `PREDICTIONS`.

    Raises
    ------
    ValueError
        A name that is not known, or that does not fit.
    """
    import diffusers

    known = fitting(prediction_type)
    if name not in known:
        why = f"does not fit a denoiser that predicts {prediction_type}" if name in NAMES else "is not known"
        raise ValueError(f"scheduler {name!r} {why}: expected one of {', '.join(known)}")
    if prediction_type == "flow":
        kind, settings = _FLOW[name]
        return getattr(diffusers, kind)(**settings)
    kind, settings = _VARIANCE_PRESERVING[name]
    return getattr(diffusers, kind)(
        **_PRESERVING,
        **settings,
        prediction_type=prediction_type,
        timestep_spacing=_SPACING[prediction_type],
    )


def clean_latent(scheduler: Any, prediction_type: str, noisy: Any, predicted: Any, timestep: Any) -> Any:
    """Return what a prediction says that the clean latent is.

    Parameters
    ----------
    scheduler
        One of those above.
    noisy, predicted : tensors of one shape
        What the denoiser was given (after `scale_model_input`), and what it answered.
    timestep : scalar tensor
        From 0 to 1000, whole or not.
    """
    time = float(timestep)
    if prediction_type == "flow":
        return noisy - (time / TRAIN_TIMESTEPS) * predicted
    if prediction_type == "sample":
        return predicted
    signal, noise = signal_and_noise(scheduler, time)
    if prediction_type == "v_prediction":
        return signal * noisy - noise * predicted
    return (noisy - noise * predicted) / max(signal, 1e-4)


def signal_and_noise(scheduler: Any, time: float) -> tuple[float, float]:
    """Return sqrt(abar_t) and sqrt(1 - abar_t), between whole timesteps by interpolation."""
    import numpy as np

    kept = scheduler.alphas_cumprod.double().numpy()
    share = float(np.interp(time, np.arange(len(kept)), kept))
    return share**0.5, (1 - share) ** 0.5


def prediction_of(scheduler: Any, prediction_type: str, noisy: Any, clean: Any, timestep: Any) -> Any:
    """Return the prediction that says that this is the clean latent: undoes `clean_latent`."""
    time = float(timestep)
    if prediction_type == "flow":
        return (noisy - clean) / max(time / TRAIN_TIMESTEPS, 1e-4)
    if prediction_type == "sample":
        return clean
    signal, noise = signal_and_noise(scheduler, time)
    epsilon = (noisy - signal * clean) / max(noise, 1e-4)
    return signal * epsilon - noise * clean if prediction_type == "v_prediction" else epsilon


def noised(scheduler: Any, prediction_type: str, clean: Any, noise: Any, timestep: Any) -> Any:
    """Return the mixture of a clean latent and noise that a scheduler expects at one of its timesteps."""
    time = float(timestep)
    if prediction_type == "flow":
        share = time / TRAIN_TIMESTEPS
        return (1 - share) * clean + share * noise
    signal, share = signal_and_noise(scheduler, time)
    if type(scheduler).__name__.startswith("Euler"):  # it leaves the signal as it is and lets the noise grow
        return clean + share / max(signal, 1e-4) * noise
    return signal * clean + share * noise


def start_within(scheduler: Any, n_steps: int, strength: float) -> int:
    """Place a scheduler whose timesteps are set where a strength of noise is left; return that row of them.

    At least one step is gone; at strength 1 all are.
    """
    order = int(getattr(scheduler, "order", 1))
    first = (n_steps - min(max(1, round(n_steps * strength)), n_steps)) * order
    if first and hasattr(scheduler, "set_begin_index"):  # DDIM finds its place by the timestep
        scheduler.set_begin_index(first)
    return first
