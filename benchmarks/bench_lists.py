"""What `adventure` trades: accuracy against coverage, evenness, novelty and variety of lists of 50.

Beside it: how smooth radios and paths are (bench_walks.py), and how long the rules take.

    make bench-lists            (SETS='FOLDER...' for playlists of your own, in the tabular layout)

Users are held-back playlists: their first songs are what the user plays, the others are to be found. For the
sample world they are its users: what they played in the first four fifths of the time, and what they played
for the first time in the last. With `--page docs/lists.md` the tables fill their places in it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.tabular_corpus import read_corpus
from pipelines.recording_key import recording_keys
from recsys.components import Vectors
from recsys.continuation import Continuation
from recsys.corpus import Corpus, build_corpus
from recsys.diversity import measure_lists
from recsys.evaluate import Case, make_split
from recsys.fit import fit_continuation
from recsys.metrics import bootstrap_mean, ndcg
from recsys.rules import Catalogue, RuleSettings, apply_rules, spare_songs
from recsys.song2vec import unit

K = 50
CANDIDATES = 1000
ADVENTURES = (0.0, 0.25, 0.5, 0.75, 1.0)
NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class World:
    """A catalogue with its blend, and users to ask it for."""

    name: str
    train: Corpus
    catalogue: Catalogue
    vectors: np.ndarray
    model: Continuation
    cases: Sequence[Case]


def playlist_world(folder: Path, *, seed: int, max_cases: int) -> World:
    """Playlists in the tabular layout: held-back ones are the users."""
    split = make_split(read_corpus(folder), seed=seed, max_cases=max_cases)
    songs = pd.read_parquet(folder / "songs.parquet").set_index("song_id")
    known = songs.reindex(split.train.song_ids)[["title", "artist"]].fillna("")
    return _fitted(folder.name, split.train, split.cases, known["title"], known["artist"], seed)


def sample_world(*, seed: int, max_cases: int) -> World:
    """The sample world: its own users."""
    from pipelines.sample_world import build_world

    truth = build_world(seed)
    entries, listens = [], []
    for batch in truth.batches():
        entries.append(batch.entries)
        listens.append(batch.listens)
    places, plays = pd.concat(entries), pd.concat(listens)
    refs = pd.Index(truth.songs["song_ref"])
    lists = pd.factorize(places["playlist_ref"])[0]
    train = build_corpus(lists, refs.get_indexer(places["song_ref"]), lists, min_count=3)
    row_of = np.full(len(refs), -1, dtype=np.int64)
    row_of[train.song_ids] = np.arange(train.n_songs)
    plays = plays.assign(row=row_of[refs.get_indexer(plays["song_ref"])]).query("row >= 0")
    cutoff = np.quantile(plays["listened_at_s"], 0.8)
    cases = []
    for number, (_, own) in enumerate(plays.sort_values("listened_at_s").groupby("user_ref")):
        before = own["row"][own["listened_at_s"] <= cutoff].drop_duplicates(keep="last").to_numpy()
        after = np.setdiff1d(own["row"][own["listened_at_s"] > cutoff], before)
        if len(before) >= 5 and len(after):
            cases.append(Case(before[::-1][:60], after, number))
    known = truth.songs.iloc[train.song_ids]
    return _fitted("sample world", train, cases[:max_cases], known["title"], known["artist"], seed)


def _fitted(
    name: str, train: Corpus, cases: Sequence[Case], titles: pd.Series, artists: pd.Series, seed: int
) -> World:
    with TemporaryDirectory() as folder:
        model, _ = fit_continuation(train, Path(folder), seed=seed, workers=2)
    return world_of(name, train, cases, titles, artists, model)


def world_of(
    name: str,
    train: Corpus,
    cases: Sequence[Case],
    titles: pd.Series,
    artists: pd.Series,
    model: Continuation,
) -> World:
    """Gather a world from what was fitted."""
    song2vec = model.components["song2vec"]
    assert isinstance(song2vec, Vectors)
    artist_ids = pd.factorize(artists.replace("", None))[0].astype(np.int64)
    keys = pd.Series(recording_keys(titles.astype(str), artists.astype(str))).replace("", None)
    recordings = pd.factorize(keys)[0].astype(np.int64)
    return World(name, train, Catalogue(artist_ids, recordings), unit(song2vec.input), model, cases)


def trade_off(world: World, *, adventures: Sequence[float] = ADVENTURES) -> list[dict[str, Any]]:
    """A row an adventure: accuracy of the lists with its interval, and what else they are like."""
    counts = world.train.counts()
    spares = spare_songs(counts, world.catalogue)
    ranked = [_candidates(world, case) for case in world.cases]
    groups = np.array([case.group for case in world.cases])
    n_hidden = np.array([len(case.hidden) for case in world.cases])
    table = []
    for adventure in adventures:
        settings = RuleSettings.of_adventure(adventure)
        lists, hits, new, relaxed = [], np.zeros((len(ranked), K), dtype=bool), [], 0
        for i, (case, (rows, scores)) in enumerate(zip(world.cases, ranked, strict=True)):
            ruled = apply_rules(
                rows, scores, K, catalogue=world.catalogue, vectors=world.vectors, settings=settings,
                banned=world.catalogue.versions(case.seen), recent=NONE, known=case.seen, counts=counts,
                spares=spares,
            )  # fmt: skip
            lists.append(ruled.rows)
            hits[i, : len(ruled.rows)] = np.isin(ruled.rows, case.hidden)
            new.append(1.0 - world.catalogue.by_artists_of(ruled.rows, case.seen).mean())
            relaxed += bool(ruled.relaxed)
        accuracy = bootstrap_mean(ndcg(hits, n_hidden), groups, np.random.default_rng(0))
        found = measure_lists(
            lists, artists=world.catalogue.artists, counts=counts, n_lists=world.train.n_lists,
            vectors=world.vectors,
        )  # fmt: skip
        row: dict[str, Any] = {"world": world.name, "users": len(lists), "adventure": adventure}
        row |= {"ndcg": accuracy.mean, "low": accuracy.low, "high": accuracy.high, **asdict(found)}
        table.append(row | {"new": float(np.mean(new)), "relaxed": relaxed / max(len(lists), 1)})
    return table


def _candidates(world: World, case: Case) -> tuple[np.ndarray, np.ndarray]:
    scores = world.model.score([case.seen])[0]
    scores[case.seen] = -np.inf
    best = np.argsort(-scores, kind="stable")[:CANDIDATES]
    best = best[scores[best] > -np.inf]
    return best, scores[best]


def markdown(table: Sequence[dict[str, Any]]) -> str:
    """The table as Markdown, one block of rows a world."""
    lines = [
        "| users | adventure | NDCG@50 | coverage | artist Gini | novelty, bits | similarity | new artists |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        "| {world} ({users}) | {adventure:g} | {ndcg:.3f} ({low:.3f}-{high:.3f}) | {coverage:.3f} |"
        " {artist_gini:.3f} | {novelty:.2f} | {similarity:.3f} | {new:.0%} |".format(**row)
        for row in table
    ]
    return "\n".join(lines)


def fill_page(page: Path, mark: str, text: str) -> None:
    """Replace what stands between the marks `<!-- MARK -->` and `<!-- /MARK -->` of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(f"<!-- {mark} -->")
    _, _, after = rest.partition(f"<!-- /{mark} -->")
    page.write_text(f"{before}<!-- {mark} -->\n\n{text}\n\n<!-- /{mark} -->{after}", encoding="utf-8")


def main() -> None:
    """Parse, measure, print, and fill the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-cases", type=int, default=300)
    parser.add_argument("--page", type=Path, help="Page to fill, as docs/lists.md.")
    arguments = parser.parse_args()
    worlds = [sample_world(seed=arguments.seed, max_cases=arguments.max_cases)]
    for folder in arguments.sets:
        worlds.append(playlist_world(folder, seed=arguments.seed, max_cases=arguments.max_cases))
    report(worlds, arguments.page)


def report(worlds: Sequence[World], page: Path | None) -> None:
    """Print all tables, and fill the page where one is named."""
    from benchmarks.bench_walks import PATH_HEAD, RADIO_HEAD, measure_paths, measure_radios

    tables = {
        "trade-off": markdown([row for world in worlds for row in trade_off(world)]),
        "radio": "\n".join([*RADIO_HEAD, *(line for w in worlds for line in measure_radios(w, (0, 0.3, 1)))]),
        "path": "\n".join([*PATH_HEAD, *(line for world in worlds for line in measure_paths(world))]),
        "time": f"Choosing 50 of 1,000 takes {rules_ms():.1f} ms in the median on one core.",
    }
    for mark, text in tables.items():
        print(text, end="\n\n")
        if page is not None:
            fill_page(page, mark, text)


def rules_ms(*, n_songs: int = 70_000, dim: int = 128, times: int = 200) -> float:
    """Milliseconds to choose 50 of 1,000 songs of a large catalogue, in the median."""
    rng = np.random.default_rng(0)
    vectors = unit(rng.standard_normal((n_songs, dim)).astype(np.float32))
    catalogue = Catalogue(rng.integers(0, n_songs // 5, n_songs), rng.integers(0, n_songs, n_songs))
    counts, took = rng.integers(1, 200, n_songs), []
    spares = spare_songs(counts, catalogue)
    for _ in range(times):
        rows, known = rng.choice(n_songs, CANDIDATES, replace=False), rng.choice(n_songs, 400)
        started = time.perf_counter()
        apply_rules(
            rows, np.linspace(1.0, 0.0, CANDIDATES), K, catalogue=catalogue, vectors=vectors,
            settings=RuleSettings.of_adventure(0.5), banned=known[:10], recent=known[:100], known=known,
            counts=counts, spares=spares,
        )  # fmt: skip
        took.append(time.perf_counter() - started)
    return float(np.median(took)) * 1000


if __name__ == "__main__":
    main()
