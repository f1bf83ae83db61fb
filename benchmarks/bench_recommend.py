"""How long a recommendation from a loaded release takes, and where the time goes; `continue` beside it.

    make bench-recommend           (ARGS='--home FOLDER' keeps the made-up world for the next time)
    make bench-recommend ARGS='--songs 1000000 --only-everybody'       everybody in batch, at size

The world is made up (recommend_world.py): 70,000 songs in the vocabulary, 500 new ones, 3,000 users with 50
to 400 listens, 20,000 lists, both rankers with their trees. Each user is asked for once, after a warm-up, in
one thread, with the database on disk. Beside it stands what `implicit` takes to answer the same users from
its matrix in memory (ALS, 128 factors, folded in): machines are noisy, and the ratio is less so.

Everybody in batch is `songspace recommend --all-users`: seconds of the CPU in one process, and by the clock
with worker processes, from the first block of each that is answered.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import scipy.sparse as sp

import pipelines.recommend as recommend
from benchmarks.recommend_world import SCHEME, Size, build_world
from db.repositories import listens as listens_repository
from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.continue_lists import Continuer
from pipelines.engine import Local
from pipelines.recommend import Recommender
from pipelines.recommend_batch import BLOCK, recommend_everybody
from pipelines.release import Release
from recsys.continuation import Continuation

WARM_UP = 20
BATCH, BATCH_K = 1_000, 100
# What each step is called, and where it is looked up.
STEPS: tuple[tuple[str, object, str], ...] = (
    ("asking: listens, feedback, profile, interests", recommend, "ask_as_user"),
    ("similar users", Recommender, "_played_alike"),
    ("candidates", recommend, "_candidates"),
    ("scores of the blend", Continuation, "score_candidates"),
    ("order by later listens", Recommender, "_by_later_listens"),
    ("new songs", recommend, "_newcomers"),
    ("bans and mutes", recommend, "_banned"),
    ("rules", recommend, "apply_rules"),
    ("reasons", recommend, "explain_list"),
    ("names", recommend, "name_lists"),
)


def main() -> None:
    """Make the world, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, help="folder that keeps the world; a temporary one by default")
    parser.add_argument("--songs", type=int, default=Size.songs)
    parser.add_argument("--users", type=int, default=300, help="users to ask for")
    parser.add_argument("--batch", type=int, default=BATCH, help="cases of `continue --batch`; 0 for none")
    parser.add_argument("--only-everybody", action="store_true", help="everybody in batch, and nothing else")
    parser.add_argument("--workers", type=int, default=2, help="processes for everybody in batch; 0 for none")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        home = arguments.home or Path(stack.enter_context(TemporaryDirectory()))
        started = time.perf_counter()
        factory, release = build_world(home, Size(songs=arguments.songs), seed=1)
        print(f"{release.n_songs:,} songs; the world took {time.perf_counter() - started:.0f} s")
        stack.enter_context(_one_thread())
        users = [f"{SCHEME}:user-{i}" for i in range(WARM_UP + arguments.users)]
        if not arguments.only_everybody:
            _recommending(release, factory, users)
        if arguments.batch and not arguments.only_everybody:
            _continuing(release, factory, home, arguments.batch)
        _everybody(release, factory, users)
        # The workers load the release themselves.
        del release
        if arguments.workers:
            _in_workers(factory, home, arguments.workers)


@contextmanager
def _one_thread() -> Iterator[None]:
    import faiss
    from threadpoolctl import threadpool_limits

    faiss.omp_set_num_threads(1)
    with threadpool_limits(limits=1):
        yield


def _recommending(release: Release, factory: SessionFactory, users: Sequence[str]) -> None:
    recommender = Recommender(release, factory)
    started = time.perf_counter()
    recommender.recommend(users[0])
    print(f"first answer, with all that is prepared for it: {time.perf_counter() - started:.1f} s\n")
    print(f"{'one recommendation, ms':<44} {'median':>8} {'p90':>8} {'p99':>8}")
    medians = {}
    for k in (10, 50):
        for explain in (True, False):
            label = f"k = {k}, {'with' if explain else 'without'} reasons"
            taken = _times(partial(recommender.recommend, k=k, explain=explain), users)
            medians[label] = _row(label, taken)
    peer = _row("implicit's ALS, folded in, k = 10", _times(_peer(release, factory, users), users))
    first = next(iter(medians.values()))
    print(f"\nours over implicit's: {first / peer:.2f}\n")
    _shares(recommender, users)


def _times(ask: Callable[[str], object], users: Sequence[str]) -> np.ndarray:
    taken = []
    for user in users:
        started = time.perf_counter()
        ask(user)
        taken.append(time.perf_counter() - started)
    return 1e3 * np.array(taken[WARM_UP:])


def _row(label: str, taken: np.ndarray) -> float:
    median, p90, p99 = np.quantile(taken, (0.5, 0.9, 0.99))
    print(f"{label:<44} {median:>8.1f} {p90:>8.1f} {p99:>8.1f}", flush=True)
    return float(median)


def _peer(release: Release, factory: SessionFactory, users: Sequence[str]) -> Callable[[str], object]:
    """What implicit does for the same users: no rules, no reasons, no database."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=release.parts.factors.songs.shape[1], num_threads=1)
    model.item_factors = release.parts.factors.songs
    model.user_factors = np.zeros((len(users), model.factors), np.float32)
    with factory() as session:
        listens = listens_repository.read_listens(session)
    kept = listens[listens["user_id"] <= len(users)]
    columns = release.rows(kept["song_id"].to_numpy(np.int64))
    ones = np.ones(len(kept), np.float32)
    shape = (len(users), release.n_songs)
    plays = sp.csr_matrix((ones, (kept["user_id"].to_numpy() - 1, columns)), shape=shape)
    number = {user: i for i, user in enumerate(users)}
    return lambda user: model.recommend(number[user], plays[number[user]], N=10, recalculate_user=True)


def _shares(recommender: Recommender, users: Sequence[str]) -> None:
    """Print what each step takes; steps do not contain each other."""
    taken = dict.fromkeys((label for label, _, _ in STEPS), 0.0)

    def timed(label: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return step(*args, **kwargs)
            finally:
                taken[label] += time.perf_counter() - started

        return run

    with ExitStack() as stack:
        for label, holder, name in STEPS:
            stack.enter_context(patch.object(holder, name, timed(label, getattr(holder, name))))
        total = float(_times(recommender.recommend, users).sum()) * len(users) / (len(users) - WARM_UP)
    print(f"{'step, k = 10 with reasons':<48} {'ms':>6} {'share':>6}")
    taken["the rest"] = total / 1e3 - sum(taken.values())
    for label, seconds in taken.items():
        print(f"{label:<48} {1e3 * seconds / len(users):>6.2f} {1e5 * seconds / total:>5.0f}%")


def _everybody(release: Release, factory: SessionFactory, users: Sequence[str]) -> None:
    """Print what users cost in blocks, and one by one, and whether the answers are the same."""
    with factory() as session:
        known = {one.ref: one.user_id for one in users_repository.list_users(session)}
    asked = [(known[user], user) for user in users]
    recommender = Recommender(release, factory)
    recommender.recommend_many(asked[:WARM_UP])
    print(f"\n{'everybody, ms of the CPU a user, k = 10':<44} {'blocks':>8} {'alone':>8}   load")
    for explain in (True, False):
        started = time.process_time()
        blocks = [asked[at : at + BLOCK] for at in range(WARM_UP, len(asked), BLOCK)]
        many = [one for part in blocks for one in recommender.recommend_many(part, explain=explain)]
        between = time.process_time()
        alone = [recommender.recommend(user, explain=explain) for _, user in asked[WARM_UP:]]
        taken = [1e3 * (b - a) / len(many) for a, b in ((started, between), (between, time.process_time()))]
        label = f"{'with' if explain else 'without'} reasons{'' if many == alone else ', NOT THE SAME'}"
        print(f"{label:<44} {taken[0]:>8.1f} {taken[1]:>8.1f}   {os.getloadavg()[0]:.1f}", flush=True)


def _in_workers(factory: SessionFactory, home: Path, workers: int) -> None:
    """Print how many users a second worker processes answer, once they are at work."""
    for explain in (True, False):
        told: list[tuple[float, int]] = []

        def note(done: int, _: int, told: list[tuple[float, int]] = told) -> None:
            told.append((time.perf_counter(), done))

        out, engine = home / "everybody.jsonl", Local(workers)
        n = recommend_everybody(out, home, factory, explain=explain, engine=engine, progress=note)
        # Blocks come in order: when the first of each worker is there, all have loaded the release.
        (first, some), (last, _) = told[min(workers + 1, len(told) - 2)], told[-1]
        label = f"{n:,} users, {workers} processes, {'with' if explain else 'without'} reasons"
        rate, loading = (n - some) / (last - first), told[1][0] - told[0][0]
        load = f"load {os.getloadavg()[0]:.1f}"
        print(f"{label}: {rate:.0f} a second, the first block after {loading:.0f} s, {load}", flush=True)


def _continuing(release: Release, factory: SessionFactory, home: Path, n_cases: int) -> None:
    """Print what one list and a file of cases take."""
    import json

    corpus = release.parts.corpus
    rng = np.random.default_rng(2)
    lists = rng.choice(corpus.n_lists, n_cases, replace=False)
    cases = [[f"{SCHEME}:{row + 1}" for row in corpus.songs_of(i)[:10].tolist()] for i in lists]
    continuer = Continuer(release, factory)
    continuer.continue_songs(cases[0], 20)
    print(f"\n{'continue, ms':<44} {'median':>8} {'p90':>8} {'p99':>8}")
    taken = []
    for case in cases[: WARM_UP + 50]:
        started = time.perf_counter()
        continuer.continue_songs(case, 20)
        taken.append(1e3 * (time.perf_counter() - started))
    _row("one list of 10 songs, k = 20", np.array(taken[WARM_UP:]))
    lines = [json.dumps({"id": i, "songs": case}) for i, case in enumerate(cases)]
    file = home / "cases.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    started = time.perf_counter()
    continuer.batch(file, home / "answers.jsonl", BATCH_K)
    print(f"{n_cases:,} cases of `continue --batch`, k = {BATCH_K}: {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
