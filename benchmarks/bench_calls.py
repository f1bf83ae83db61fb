"""What single calls cost that every request or every row pays for.

Reading a prompt, a recording's key, the features of listens. A prompt of ten thousand characters that repeat
one unit is read beside one of a thousand: ten times the text should take about ten times as long, whatever
the unit. Times are processor time, the least of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from generation.prompt import parse_prompt
from pipelines.recording_key import recording_keys
from recsys.repeat import History, listen_features

UNITS = ("a ", "a minor ", "no ", "120 bpm ", "!", "x", "as techno ", "1:30:", " ", "♭b ")
RUNS = 7


def least_s(call: Callable[[], object], runs: int = RUNS) -> float:
    """Seconds of the processor that `call` takes at best."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def prompts() -> None:
    """Print how long long prompts take."""
    print(f"{'prompt of':12}{'1,000 chars ms':>16}{'10,000 chars ms':>17}{'growth':>8}")
    for unit in UNITS:
        short, long = ((unit * length)[:length] for length in (1_000, 10_000))
        little, much = (
            least_s(lambda text=short: parse_prompt(text)),
            least_s(lambda text=long: parse_prompt(text)),
        )
        print(f"{unit!r:12}{1e3 * little:>16.2f}{1e3 * much:>17.2f}{much / little:>8.1f}")


def keys(n: int = 100_000) -> None:
    """Print how long the keys of `n` recordings take."""
    titles = [f"Song {i} (feat. Artist {i}) - Live at Wembley / 2011 Remaster" for i in range(n)]
    seconds = least_s(lambda: recording_keys(titles, ["X"] * n), runs=1)
    print(f"{n:,} recording keys: {seconds:.2f} s, {n / seconds:,.0f} a second")


def features(n: int = 1_000) -> None:
    """Print how long the features of `n` candidates take."""
    rng = np.random.default_rng(0)
    history = History(rng.integers(0, 2000, 1000), np.sort(rng.uniform(0, 400, 1000))[::-1], np.ones(1000))
    artists, candidates = rng.integers(0, 900, 70_000), rng.permutation(70_000)[:n]
    seconds = least_s(
        lambda: listen_features(history, candidates, artists=artists, half_life_days=60.0), runs=20
    )
    print(f"features of 1,000 listens for {n:,} candidates: {1e3 * seconds:.2f} ms")


if __name__ == "__main__":
    prompts()
    keys()
    features()
