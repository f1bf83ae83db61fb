"""Near duplicates and snapshots are grouped, whatever the order they come in; others are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipelines.groups import group_keys


def keys_of(lists: dict[str, Sequence[int]], sources: dict[str, str] | None = None) -> dict[str, str]:
    """Return the group key of each playlist, given as its songs by name."""
    refs = list(lists)
    rows = [row for row, ref in enumerate(refs) for _ in lists[ref]]
    songs = [song for ref in refs for song in lists[ref]]
    keys = group_keys(
        refs,
        [(sources or {}).get(ref, "") for ref in refs],
        np.array(rows, dtype=np.int64),
        np.array(songs, dtype=np.int64),
    )
    return dict(zip(refs, keys, strict=True))


def test_half_in_common_is_one_group_less_is_not() -> None:
    half = keys_of({"a": [1, 2, 3], "b": [2, 3, 4]})  # 2 of 4
    less = keys_of({"a": [1, 2, 3], "b": [3, 4, 5]})  # 1 of 5
    assert (half, less) == ({"a": "a", "b": "a"}, {"a": "a", "b": "b"})


def test_group_goes_through_a_third() -> None:
    lists = {"c": range(0, 30), "a": range(8, 38), "b": range(16, 46)}
    assert keys_of(lists) == {"c": "a", "a": "a", "b": "a"}


def test_order_and_doubled_songs_do_not_matter() -> None:
    assert keys_of({"a": [1, 2, 3], "b": [3, 3, 3, 2, 1]})["b"] == "a"


def test_snapshots_of_one_source_are_a_group_however_different() -> None:
    lists = {"x:1": [1, 2], "x:2": [8, 9], "x:3": [1, 2]}
    keys = keys_of(lists, {"x:1": "top50", "x:2": "top50"})
    assert keys == {"x:1": "source:top50", "x:2": "source:top50", "x:3": "x:3"}


def test_empty_playlists_are_alone() -> None:
    assert keys_of({"a": [], "b": [], "c": [1]}) == {"a": "a", "b": "b", "c": "c"}
    assert keys_of({}) == {}


def test_same_groups_in_any_order() -> None:
    rng = np.random.default_rng(3)
    lists = {f"p:{i}": rng.choice(60, size=12, replace=False).tolist() for i in range(200)}
    shuffled = {ref: lists[ref] for ref in rng.permutation(list(lists))}
    assert keys_of(lists) == keys_of(shuffled)


def test_groups_are_those_of_comparing_all_pairs() -> None:
    rng = np.random.default_rng(5)
    lists = {f"p:{i:03}": sorted(set(rng.integers(0, 36, size=12).tolist())) for i in range(300)}
    assert keys_of(lists) == compared_all(lists)


def compared_all(lists: dict[str, list[int]]) -> dict[str, str]:
    """Return what `keys_of` should, by comparing every pair and passing the smallest name on."""
    keys = {ref: ref for ref in lists}
    linked = [
        (a, b)
        for a in lists
        for b in lists
        if a < b and 2 * len({*lists[a]} & {*lists[b]}) >= len({*lists[a]} | {*lists[b]})
    ]
    assert len(linked) > 50
    for _ in lists:
        before = dict(keys)
        for a, b in linked:
            keys[a] = keys[b] = min(keys[a], keys[b])
        if keys == before:
            break
    return keys


def test_thousand_copies_of_one_list_are_one_group() -> None:
    lists = {f"p:{i:04}": [*range(20), 100 + i] for i in range(1000)}
    assert set(keys_of(lists).values()) == {"p:0000"}


def test_lengths_must_agree() -> None:
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match="1 names, 2 sources"):
        group_keys(["a"], ["", ""], nothing, nothing)
    with pytest.raises(ValueError, match=r"0\.\.0"):
        group_keys(["a"], [""], np.array([1]), np.array([1]))
