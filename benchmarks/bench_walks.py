"""How smooth radios and paths are, beside other ways to walk; `make bench-lists` prints and files the tables.

A path is compared with the song nearest to each point of the great circle, and with shortest ways through a
graph of each song's 15 nearest neighbours: by squared steps, and by the largest step alone (the minimum
spanning tree). Those through the graph are as long as they come out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from benchmarks.bench_lists import NONE, World
from recsys.index import VectorIndex
from recsys.path import find_path, slerp
from recsys.radio import RadioSettings, Step, radio

PATH_SONGS = 10
_NEIGHBOURS = 15
Way = Callable[[int, int], np.ndarray | None]


def some_songs(world: World, n: int, rng: np.random.Generator) -> np.ndarray:
    """Songs drawn as people play them."""
    counts = world.train.counts()
    return rng.choice(len(counts), n, p=counts / counts.sum())


def measure_radios(world: World, adventures: Sequence[float], *, n: int = 20) -> list[str]:
    """Rows of a Markdown table, one an adventure."""
    rng = np.random.default_rng(3)
    seeds = some_songs(world, n, rng)
    pairs = rng.integers(0, world.train.n_songs, (2000, 2))
    at_random = float(np.einsum("ij,ij->i", *(world.vectors[pairs[:, side]] for side in (0, 1))).mean())
    lines = []
    for adventure in adventures:
        near, from_seed, same, relaxed, spent = [], [], [], [], 0.0
        for seed in seeds:
            started = time.perf_counter()
            first, other = (_play(world, int(seed), adventure, number) for number in (1, 2))
            spent += time.perf_counter() - started
            rows = np.array([step.row for step in first])
            near.append([step.cosine for step in first[1:50]])
            distance = world.vectors[rows] @ world.vectors[seed]
            from_seed.append([distance[1:11].mean(), distance[40:50].mean(), distance[190:200].mean()])
            same.append(len(set(rows[:50].tolist()) & {step.row for step in other[:50]}) / 50)
            relaxed.append(np.mean([bool(step.relaxed) for step in first]))
        start, fifty, far = np.mean(from_seed, axis=0)
        lines.append(
            f"| {world.name} | {adventure:g} | {np.mean(near):.2f} | {np.quantile(near, 0.05):.2f} |"
            f" {at_random:.2f} | {start:.2f} | {fifty:.2f} | {far:.2f} | {np.mean(same):.0%} |"
            f" {np.mean(relaxed):.0%} | {spent / (4 * n) * 1000:.0f} |"
        )
    return lines


RADIO_HEAD = [
    "| songs | adventure | neighbours' cosine | lowest 5 % | of any two | to the seed, 1-10 | 41-50 |"
    " 191-200 | same songs of two radios | steps relaxed | ms for 100 |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
]


def _play(world: World, song: int, adventure: float, seed: int) -> list[Step]:
    steps = radio(
        np.array([song]),
        vectors=world.vectors,
        catalogue=world.catalogue,
        counts=world.train.counts(),
        banned=NONE,
        rng=np.random.default_rng([seed, song]),
        settings=RadioSettings.of_adventure(adventure),
    )
    return list(islice(steps, 200))


PATH_HEAD = [
    "| songs | way | largest step, degrees | mean step | steps forward | songs |"
    " breaks the artist cap | ms |",
    "|---|---|---|---|---|---|---|---|",
]


def measure_paths(world: World, *, n: int = 40) -> list[str]:
    """Rows of a Markdown table, one a way to walk."""
    rng = np.random.default_rng(5)
    pairs = [
        (int(a), int(b)) for a, b in zip(some_songs(world, n, rng), some_songs(world, n, rng), strict=True)
    ]
    pairs = [(a, b) for a, b in pairs if b not in world.catalogue.versions(np.array([a]))]
    return [_path_line(world, name, way, pairs) for name, way in _ways(world).items()]


def _ways(world: World) -> dict[str, Way]:
    graph = _graph(world.vectors)
    tree = minimum_spanning_tree(graph)
    allowed = np.arange(world.train.n_songs)
    return {
        "chain (`songspace path`)": lambda a, b: (
            find_path(
                a, b, PATH_SONGS, vectors=world.vectors, catalogue=world.catalogue, allowed=allowed
            ).rows
        ),
        "nearest to the circle": lambda a, b: _nearest(world, a, b),
        "graph, squared steps": lambda a, b: _route(graph.power(2), a, b),
        "graph, largest step": lambda a, b: _route(tree + tree.T, a, b),
    }


def _graph(vectors: np.ndarray) -> sp.csr_matrix:
    rows, cosines = VectorIndex.build(vectors).search(vectors, _NEIGHBOURS + 1)
    steps = np.arccos(np.clip(cosines, -1.0, 1.0)) + 1e-6
    own = np.repeat(np.arange(len(vectors)), _NEIGHBOURS + 1)
    there = rows.ravel() >= 0
    graph = sp.csr_matrix(
        (steps.ravel()[there], (own[there], rows.ravel()[there])), shape=(len(vectors),) * 2
    )
    return sp.csr_matrix(graph.maximum(graph.T))


def _route(graph: sp.csr_matrix, start: int, end: int) -> np.ndarray | None:
    distance, before = dijkstra(graph, indices=np.array(start), return_predecessors=True)
    if not np.isfinite(distance[end]):
        return None
    route = [end]
    while route[-1] != start:
        route.append(int(before[route[-1]]))
    return np.array(route[::-1])


def _nearest(world: World, start: int, end: int) -> np.ndarray:
    """The song nearest to each point of the great circle, each recording once, the artist cap kept."""
    artists = world.catalogue.artists
    points = slerp(world.vectors[start], world.vectors[end], np.linspace(0.0, 1.0, PATH_SONGS))
    used = set(world.catalogue.versions(np.array([start, end])).tolist())
    found = [start]
    for point in points[1:-1]:
        for row in np.argsort(-(world.vectors @ point), kind="stable").tolist():
            of_artist = sum(artists[row] == artists[other] for other in (*found, end))
            if row not in used and (artists[row] < 0 or of_artist < 2):
                found.append(row)
                used |= set(world.catalogue.versions(np.array([row])).tolist())
                break
    return np.array([*found, end])


def _path_line(world: World, name: str, way: Way, pairs: Sequence[tuple[int, int]]) -> str:
    started = time.perf_counter()
    paths = [rows for a, b in pairs if (rows := way(a, b)) is not None]
    spent = time.perf_counter() - started
    steps = [_angles(world.vectors, rows) for rows in paths]
    forward = [(np.diff(_progress(world.vectors, rows)) > 0).mean() for rows in paths]
    artists = [world.catalogue.artists[rows][world.catalogue.artists[rows] >= 0] for rows in paths]
    broken = [max(np.unique(one, return_counts=True)[1], default=0) > 2 for one in artists]
    return (
        f"| {world.name} | {name} | {np.degrees(np.mean([s.max() for s in steps])):.0f} |"
        f" {np.degrees(np.mean([s.mean() for s in steps])):.0f} | {np.mean(forward):.0%} |"
        f" {np.mean([len(rows) for rows in paths]):.1f} | {np.mean(broken):.0%} |"
        f" {spent / max(len(pairs), 1) * 1000:.0f} |"
    )


def _angles(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    cosines = np.einsum("ij,ij->i", vectors[rows[:-1]], vectors[rows[1:]])
    return np.asarray(np.arccos(np.clip(cosines, -1.0, 1.0)))


def _progress(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """How far along the great circle each song is, in radians."""
    start, end = vectors[rows[0]], vectors[rows[-1]]
    across = end - (start @ end) * start
    return np.asarray(np.arctan2(vectors[rows] @ across / np.linalg.norm(across), vectors[rows] @ start))
