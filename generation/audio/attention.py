"""What the denoiser listened to: how its cross-attention is shared among the words of a prompt, over time.

A track that was made is made once more, from the same noise and conditions, while every cross-attention is
watched (nothing is changed, so the samples are the same). Of the evaluation that hears everything, shares
are averaged over layers, heads and the late steps, in which a track gets its detail; word pieces are joined
to the words that they are of. Shares are of the attention of one moment: with all else that is in the context
(`denoiser.CONTEXT`, the marks around a text) those of the words sum to 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from generation.audio.denoiser import Denoiser
    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.request import Generation, Request

LATE = 500.0
"""Timesteps up to this one, of 1000 (noise) .. 0 (clean), are late; where no step is, all count."""
MARKS = "marks"


@dataclass(frozen=True)
class Attention:
    """Of whom the denoiser took notice, and when.

    Attributes
    ----------
    words : tuple of str
        Of the prompt, in order, each as often as it is there; without the punctuation around them.
    shares : float array, shape (n_words, n_moments)
    others : mapping of str to float array, shape (n_moments,)
        The same of tags, of key and tempo and of a style, where they are told; of the timestep, and of the
        marks around the text.
    moment_s : float
        How long a moment lasts.
    """

    words: tuple[str, ...]
    shares: np.ndarray
    others: Mapping[str, np.ndarray]
    moment_s: float


def check_request(request: Request) -> None:
    """Refuse what has no words, or more than one prompt or window.

    Raises
    ------
    ValueError
    """
    if not (request.prompt or request.genre):
        raise ValueError("there is no prompt whose words could be listened to")
    if request.guidance_scale == 0:
        raise ValueError("with a guidance of 0 no word is listened to")
    for name, value in (
        ("an edit", request.edit),
        ("a section", request.sections),
        ("a blend", request.blend),
    ):
        if value:
            raise ValueError(f"attention is of one prompt and one window from noise, and this has {name}")


def attention_of(pipe: SongspacePipeline, made: Generation, seed: int) -> Attention:
    """Return what was listened to in the take of this seed.

    Raises
    ------
    ValueError
        As `check_request`; or the text encoder reads the prompt in another way than when it was made.
    """
    from generation.audio.denoiser import CONTEXT
    from generation.audio.wanted import wishes_of

    check_request(made.request)
    told = made.told
    n_steps = int(made.settings["num_inference_steps"])
    request = replace(made.request, seed=seed, n_takes=1, num_inference_steps=n_steps)
    with watched(pipe.denoiser) as seen:
        pipe.generate(request, told=told)
    shares = seen.mean()  # (N, M)
    text = wishes_of(request).text
    spans = pipe.text_encoder.spans(text)[: told.conditions.tokens.shape[1]]
    if len(spans) != int(told.conditions.token_mask[0].sum()):
        raise ValueError("the words of this track were read by another text encoder")
    first = len(CONTEXT)
    words, rows = words_of(text, spans)
    of_words = shares[first : first + len(spans)]
    joined = np.stack([of_words[pieces].sum(axis=0) for pieces in rows])
    is_told = {
        "time": True,
        "tags": bool(told.conditions.has_tags[0].any()),
        "key and tempo": bool((told.conditions.has_tempo | told.conditions.has_tonic)[0]),
        "style": bool(told.conditions.has_style[0]),
    }
    others = {name: shares[row] for row, name in enumerate(CONTEXT) if is_told[name]}
    inside = {piece for pieces in rows for piece in pieces}
    outside = [piece for piece in range(len(spans)) if piece not in inside]
    if outside:
        others[MARKS] = of_words[outside].sum(axis=0)
    config = pipe.denoiser.config
    return Attention(words, joined, others, int(config.patch) / float(config.frames_per_second))


def words_of(text: str, spans: Sequence[tuple[int, int]]) -> tuple[tuple[str, ...], list[list[int]]]:
    """Return the words of a text, and of each the tokens that are pieces of it; those that no token is of are
    left out.

    >>> words_of("slow trio,", [(0, 0), (0, 4), (5, 8), (8, 9), (9, 10), (0, 0)])
    (('slow', 'trio'), [[1], [2, 3, 4]])
    """
    words, rows = [], []
    for found in re.finditer(r"\S+", text):
        start, end = found.span()
        pieces = [row for row, (at, to) in enumerate(spans) if start <= at < to <= end]
        plain = re.sub(r"^\W+|[^\w#♯♭]+$", "", found.group())
        if pieces and plain:
            words.append(plain)
            rows.append(pieces)
    return tuple(words), rows


class _Seen:
    """Shares of one evaluation, summed over layers and late steps."""

    def __init__(self) -> None:
        self._sum: torch.Tensor | None = None
        self._count = 0
        self._is_late = False

    def begin(self, timestep: float) -> None:
        """Begin a step; what was seen before the first late one is forgotten."""
        is_late = timestep <= LATE
        if is_late and not self._is_late:
            self._sum, self._count = None, 0
        self._is_late = is_late

    def add(self, shares: torch.Tensor) -> None:
        """Add those of a layer, (B, H, M, N); its first row hears everything (`guidance.evaluations`)."""
        one = shares[0].mean(0).double()
        self._sum = one if self._sum is None else self._sum + one
        self._count += 1

    def mean(self) -> np.ndarray:
        """The mean, shape (N, M)."""
        if self._sum is None:
            raise ValueError("no block of this denoiser attends to words")
        return np.asarray((self._sum / self._count).T.cpu().numpy())


@contextmanager
def watched(denoiser: Denoiser) -> Iterator[_Seen]:
    """Watch every cross-attention of a denoiser, which computes what it would without."""
    from generation.audio.denoiser import CrossAttention

    seen = _Seen()

    def begin(_module: Any, args: tuple[Any, ...]) -> None:
        seen.begin(float(args[1].flatten()[0]))

    def attend(module: Any, args: tuple[Any, ...], _output: Any) -> None:
        seen.add(module.shares(*args))

    hooks = [denoiser.register_forward_pre_hook(begin)]
    for module in denoiser.modules():
        if isinstance(module, CrossAttention):
            hooks.append(module.register_forward_hook(attend))
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
