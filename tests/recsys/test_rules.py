"""Lists that people browse: caps, versions, bans, variety, and what gives way when little is left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.rules import Catalogue, RuledList, RuleSettings, apply_rules
from recsys.song2vec import unit


def _ruled(
    k: int,
    artists: Sequence[int],
    recordings: Sequence[int] | None = None,
    *,
    banned: Sequence[int] = (),
    recent: Sequence[int] = (),
    vectors: np.ndarray | None = None,
    **settings: object,
) -> RuledList:
    """Songs 0, 1, 2... in falling score, all unlike one another."""
    n = len(artists)
    return apply_rules(
        np.arange(n),
        np.linspace(1.0, 0.1, n) if n else np.zeros(0),
        k,
        catalogue=Catalogue(
            np.array(artists, dtype=int),
            np.full(n, -1) if recordings is None else np.array(recordings, dtype=int),
        ),
        vectors=np.eye(n, dtype=np.float32) if vectors is None else vectors,
        settings=RuleSettings(**{"diversity": 0.0, **settings}),  # type: ignore[arg-type]
        banned=np.array(banned, dtype=int),
        recent=np.array(recent, dtype=int),
    )


def test_without_cause_the_list_is_by_score() -> None:
    ruled = _ruled(3, range(6))
    assert ruled.rows.tolist() == [0, 1, 2]
    assert ruled.scores == pytest.approx([1.0, 0.82, 0.64])
    assert ruled.relaxed == ()


def test_an_artist_comes_twice_at_most() -> None:
    assert _ruled(4, [7, 7, 7, 7, 8, 9]).rows.tolist() == [0, 1, 4, 5]
    assert _ruled(3, [7, 7, 7, 7, 8, 9], artist_cap=1).rows.tolist() == [0, 4, 5]


def test_a_recording_comes_once() -> None:
    ruled = _ruled(3, range(5), [4, 4, 4, 5, 6])
    assert (ruled.rows.tolist(), ruled.relaxed) == ([0, 3, 4], ())


def test_unknown_artists_and_recordings_equal_no_other() -> None:
    assert _ruled(4, [-1] * 4, [-1] * 4).rows.tolist() == [0, 1, 2, 3]


def test_what_was_heard_just_now_is_left_out() -> None:
    ruled = _ruled(2, range(4), recent=[0, 2])
    assert (ruled.rows.tolist(), ruled.relaxed) == ([1, 3], ())
    assert _ruled(2, range(4), recent=[0, 2], skip_recent=False).rows.tolist() == [0, 1]


def test_bans_never_relax() -> None:
    ruled = _ruled(4, [1, 1, 1, 1], [2, 2, 2, 2], banned=[0, 3], recent=[1])
    assert sorted(ruled.rows.tolist()) == [1, 2]


@pytest.mark.parametrize(
    ("artists", "recordings", "recent", "relaxed"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], [0], ("recently heard",)),
        ([1, 1, 1, 1], [1, 2, 3, 4], [], ("artist cap",)),
        ([1, 2, 3, 4], [1, 1, 1, 1], [], ("one version of a recording",)),
        ([1, 1, 1, 2], [1, 2, 3, 4], [3], ("recently heard", "artist cap")),
        ([1, 2, 3, 4], [1, 1, 3, 4], [3], ("recently heard", "one version of a recording")),
        ([1, 1, 1, 2], [1, 2, 3, 3], [3], ("recently heard", "artist cap", "one version of a recording")),
    ],
)
def test_rules_that_stand_in_the_way_give_way_in_order_and_are_named(
    artists: list[int], recordings: list[int], recent: list[int], relaxed: tuple[str, ...]
) -> None:
    ruled = _ruled(4, artists, recordings, recent=recent)
    assert sorted(ruled.rows.tolist()) == [0, 1, 2, 3]
    assert ruled.relaxed == relaxed


def test_only_as_much_relaxes_as_fills_the_list() -> None:
    ruled = _ruled(2, [1, 1, 1, 2], recent=[3], artist_cap=1)
    assert ruled.relaxed == ("recently heard",)
    assert ruled.rows.tolist() == [0, 3]


def test_rules_that_only_together_stand_in_the_way_both_give_way() -> None:
    ruled = _ruled(2, [1, 1], [5, 5], artist_cap=1)
    assert sorted(ruled.rows.tolist()) == [0, 1]
    assert {"artist cap", "one version of a recording"} <= set(ruled.relaxed)


def test_no_rule_relaxes_while_candidates_further_down_fit() -> None:
    ruled = _ruled(5, [1] * 400 + [2, 3, 4])
    assert ruled.rows.tolist() == [0, 1, 400, 401, 402]
    assert ruled.relaxed == ()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_candidates_than_asked_for_are_all_given(n: int) -> None:
    ruled = _ruled(10, [1] * n, [1] * n, recent=range(n))
    assert sorted(ruled.rows.tolist()) == list(range(n))
    assert len(ruled.scores) == n


def test_asked_for_none_it_gives_none() -> None:
    assert _ruled(0, range(3)).rows.tolist() == []


def test_variety_prefers_the_unlike_among_the_equally_good() -> None:
    vectors = unit(np.array([[1.0, 0], [1, 0.05], [1, 0.1], [0, 1]]))
    assert _ruled(2, range(4), vectors=vectors).rows.tolist() == [0, 1]
    assert _ruled(2, range(4), vectors=vectors, diversity=0.6).rows.tolist() == [0, 3]


def test_rules_hold_in_any_world() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, k = int(rng.integers(0, 30)), int(rng.integers(0, 12))
        artists, recordings = rng.integers(-1, 6, n), rng.integers(-1, 12, n)
        banned, recent = rng.integers(0, 30, 3), rng.integers(0, 30, 6)
        ruled = _ruled(
            k,
            artists.tolist(),
            recordings.tolist(),
            banned=banned.tolist(),
            recent=recent.tolist(),
            diversity=0.2,
        )
        allowed = np.setdiff1d(np.arange(n), banned)
        assert len(set(ruled.rows.tolist())) == len(ruled.rows) == min(k, len(allowed))
        assert set(ruled.rows.tolist()) <= set(allowed.tolist())
        if "recently heard" not in ruled.relaxed:
            assert not set(ruled.rows.tolist()) & set(recent.tolist())
        known = artists[ruled.rows][artists[ruled.rows] >= 0]
        if "artist cap" not in ruled.relaxed and len(known):
            assert np.bincount(known).max() <= 2
        versions = recordings[ruled.rows][recordings[ruled.rows] >= 0]
        if "one version of a recording" not in ruled.relaxed:
            assert len(set(versions.tolist())) == len(versions)
