"""Lists that people browse: caps, versions, bans, variety, and what gives way when little is left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.rules import DEFAULT_ADVENTURE, Catalogue, RuledList, RuleSettings, apply_rules, spare_songs
from recsys.song2vec import unit


def _ruled(
    k: int,
    artists: Sequence[int],
    recordings: Sequence[int] | None = None,
    *,
    banned: Sequence[int] = (),
    recent: Sequence[int] = (),
    known: Sequence[int] | None = None,
    counts: np.ndarray | None = None,
    spares: Sequence[int] | None = None,
    n_candidates: int | None = None,
    vectors: np.ndarray | None = None,
    **settings: object,
) -> RuledList:
    """Songs 0, 1, 2... in falling score, all unlike one another."""
    n = len(artists)
    return apply_rules(
        np.arange(n)[:n_candidates],
        (np.linspace(1.0, 0.1, n) if n else np.zeros(0))[:n_candidates],
        k,
        catalogue=Catalogue(
            np.array(artists, dtype=int),
            np.full(n, -1) if recordings is None else np.array(recordings, dtype=int),
        ),
        vectors=np.eye(n, dtype=np.float32) if vectors is None else vectors,
        settings=RuleSettings(**{"diversity": 0.0, **settings}),  # type: ignore[arg-type]
        banned=np.array(banned, dtype=int),
        recent=np.array(recent, dtype=int),
        known=None if known is None else np.array(known, dtype=int),
        counts=counts,
        spares=None if spares is None else np.array(spares, dtype=int),
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
    ruled = _ruled(4, [1, 1, 1, 1], banned=[0, 3], recent=[1])
    assert sorted(ruled.rows.tolist()) == [1, 2]


def test_two_versions_of_a_recording_never_fill_a_list() -> None:
    ruled = _ruled(4, [1, 2, 3, 4], [5, 5, 5, 6], recent=[3])
    assert (ruled.rows.tolist(), ruled.relaxed) == ([0, 3], ("recently heard",))


@pytest.mark.parametrize(
    ("artists", "recent", "relaxed", "cap"),
    [
        ([1, 2, 3, 4], [0], ("recently heard",), 2),
        ([1, 1, 1, 1], [], ("artist cap",), 4),
        ([1, 1, 1, 2], [3], ("recently heard", "artist cap"), 3),
        ([1, 1, 1, 1], [3], ("recently heard", "artist cap"), 4),
        ([-1, -1, -1, -1], [], (), 2),
    ],
)
def test_rules_that_stand_in_the_way_give_way_in_order_and_are_named(
    artists: list[int], recent: list[int], relaxed: tuple[str, ...], cap: int
) -> None:
    ruled = _ruled(4, artists, recent=recent)
    assert sorted(ruled.rows.tolist()) == [0, 1, 2, 3]
    assert (ruled.relaxed, ruled.artist_cap) == (relaxed, cap)


def test_only_as_much_relaxes_as_fills_the_list() -> None:
    ruled = _ruled(2, [1, 1, 1, 2], recent=[3], artist_cap=1)
    assert ruled.relaxed == ("recently heard",)
    assert ruled.rows.tolist() == [0, 3]


def test_what_was_heard_recently_comes_after_everything_else() -> None:
    assert _ruled(3, range(4), recent=[0, 1]).rows.tolist() == [2, 3, 0]


def test_the_cap_rises_for_all_artists_alike_and_no_farther_than_the_list_asks_for() -> None:
    artists = [1] * 50 + [2] * 50 + [3] * 50
    ruled = _ruled(30, artists)
    assert np.bincount(np.array(artists)[ruled.rows]).tolist() == [0, 10, 10, 10]
    assert (ruled.relaxed, ruled.artist_cap) == (("artist cap",), 10)


def test_spare_songs_fill_the_list_before_any_rule_gives_way() -> None:
    ruled = _ruled(3, [1, 1, 1, 2, 3], spares=[1, 3, 4], n_candidates=3)
    assert (ruled.rows.tolist(), ruled.relaxed) == ([0, 1, 3], ())
    assert ruled.scores[-1] == 0.0


def test_spare_songs_are_of_many_artists_first_and_popular() -> None:
    catalogue = Catalogue(np.array([1, 1, 1, 2, -1, -1, -1]), np.full(7, -1))
    counts = np.array([9, 8, 7, 1, 4, 3, 2])
    assert spare_songs(counts, catalogue).tolist() == [0, 1, 4, 5, 6, 3, 2]
    assert spare_songs(counts, catalogue, each=1, most=3).tolist() == [0, 4, 5]


def test_half_of_the_list_may_have_to_be_by_new_artists_from_its_beginning() -> None:
    ruled = _ruled(6, [1, 2, 3, 4, 5, 6, 7, 8], known=[0, 1, 2, 3, 4], new_artists=0.5)
    assert ruled.rows.tolist() == [0, 5, 1, 6, 2, 7]
    assert _ruled(2, [1, 1, 2], known=[0], new_artists=1.0, artist_cap=1).rows.tolist() == [2, 0]


def test_a_list_with_too_few_new_artists_says_so() -> None:
    assert _ruled(2, [1, 2, 1, 2], known=[0, 1], new_artists=0.5).relaxed == ("new artists",)


def test_an_unknown_artist_is_new_but_a_known_song_is_not() -> None:
    ruled = _ruled(2, [-1, -1, -1], [4, 4, 5], known=[0], new_artists=1.0)
    assert ruled.rows.tolist() == [2, 0]


def test_novelty_prefers_the_rare_and_its_opposite_the_popular() -> None:
    counts = np.array([100, 1000, 100, 1, 100])
    assert _ruled(1, range(5), counts=counts, novelty=2.0).rows.tolist() == [3]
    assert _ruled(1, range(5), counts=counts, novelty=-2.0).rows.tolist() == [1]


def test_the_default_is_one_adventure_and_the_settings_follow_it() -> None:
    assert RuleSettings.of_adventure(DEFAULT_ADVENTURE) == RuleSettings()
    settings = [RuleSettings.of_adventure(x) for x in np.linspace(0, 1, 21)]
    for name in ("diversity", "novelty", "new_artists"):
        values = [getattr(one, name) for one in settings]
        assert values == sorted(values)
    caps = [one.artist_cap for one in settings]
    assert caps == sorted(caps, reverse=True)


@pytest.mark.parametrize("adventure", [-0.1, 1.1, float("nan")])
def test_adventure_lies_between_0_and_1(adventure: float) -> None:
    with pytest.raises(ValueError, match="adventure must lie between 0 and 1"):
        RuleSettings.of_adventure(adventure)


def test_versions_of_songs_are_found_and_unknown_recordings_have_none() -> None:
    catalogue = Catalogue(np.zeros(5, int), np.array([1, 2, 1, -1, -1]))
    assert catalogue.versions(np.array([2, 3, -1])).tolist() == [0, 2, 3]


def test_no_rule_relaxes_while_candidates_further_down_fit() -> None:
    ruled = _ruled(5, [1] * 400 + [2, 3, 4])
    assert ruled.rows.tolist() == [0, 1, 400, 401, 402]
    assert ruled.relaxed == ()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_candidates_than_asked_for_are_all_given(n: int) -> None:
    ruled = _ruled(10, [1] * n, recent=range(n))
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
        told = recordings[allowed][recordings[allowed] >= 0]
        most = len(np.unique(told)) + int((recordings[allowed] < 0).sum())
        assert len(set(ruled.rows.tolist())) == len(ruled.rows) == min(k, most)
        assert set(ruled.rows.tolist()) <= set(allowed.tolist())
        if "recently heard" not in ruled.relaxed:
            assert not set(ruled.rows.tolist()) & set(recent.tolist())
        known = artists[ruled.rows][artists[ruled.rows] >= 0]
        assert np.bincount(known, minlength=1).max() <= ruled.artist_cap
        assert ruled.artist_cap == 2 or "artist cap" in ruled.relaxed
        versions = recordings[ruled.rows][recordings[ruled.rows] >= 0]
        assert len(set(versions.tolist())) == len(versions)


def test_a_catalogue_finds_all_songs_of_artists_and_all_versions_of_recordings() -> None:
    catalogue = Catalogue(np.array([3, -1, 3, 0, 3]), np.array([7, 7, -1, 2, 5]))
    assert sorted(catalogue.songs_by(np.array([3, 3, -1])).tolist()) == [0, 2, 4]
    assert catalogue.songs_by(np.array([99])).tolist() == []
    assert catalogue.versions(np.array([0, 2, -1])).tolist() == [0, 1, 2]
    assert catalogue.versions(np.zeros(0, dtype=np.int64)).tolist() == []
