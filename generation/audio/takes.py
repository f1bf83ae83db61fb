"""Takes of a request, one after the other; what came out as no music is made again from another seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generation.audio.request import MOST_SEED, Callback, Generation, Request, Step, Track, tell
from generation.audio.soundness import UnsoundError

if TYPE_CHECKING:
    from generation.audio.backends import Backend

RETRIES = 3
"""How often one take is begun again."""


def make_takes(
    backend: Backend, request: Request, *, callback: Callback | None = None, retries: int = RETRIES
) -> Generation:
    """Make every take of a request, each as if it were asked for alone.

    Take k of seed s has the seed s + k; after the last seed, 2^31 - 1, comes 0. Silence, values that are not
    finite and clipped sound are refused (`soundness.check_sound`), and made again from the next seed that no
    take has. The seeds that were refused, with the reason, are in `settings["refused_seeds"]`.

    Raises
    ------
    UnsoundError
        Every try of a take was unsound; the message names the seeds.
    ValueError, Cancelled
        As the backend.
    """
    n_takes = request.n_takes
    following = request.seed + n_takes
    tracks: list[Track] = []
    refused: list[dict[str, object]] = []
    for take in range(n_takes):
        seed, tried = request.seed + take, list[int]()
        while True:
            seed %= MOST_SEED + 1
            tried.append(seed)
            watch = _watching(callback, take + 1, n_takes)
            try:
                made = backend.generate(replace(request, seed=seed, n_takes=1), callback=watch)
                break
            except UnsoundError as error:
                if len(tried) > retries:
                    seeds = ", ".join(map(str, tried))
                    raise UnsoundError(f"{error}, with each of the seeds {seeds}") from None
                refused.append({"seed": seed, "reason": str(error)})
                seed, following = following, following + 1
        tracks += made.tracks
    settings = {**made.settings, "refused_seeds": refused}
    return replace(made, tracks=tuple(tracks), request=request, settings=settings)


def _watching(callback: Callback | None, take: int, n_takes: int) -> Callback | None:
    """Who watches is told which of all takes it is."""
    if callback is None:
        return None

    def told(step: Step) -> None:
        tell(callback, replace(step, take=take, n_takes=n_takes))

    return told
