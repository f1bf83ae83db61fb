"""Listeners on made-up embeddings: what they say is bounded, repeats itself, and survives being saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.audio.listener import HEADS, Listener, ListenerConfig, embedding, save_listener
from generation.audio.listener_examples import bands, clip_number, examples
from generation.audio.style_encoder import NAME, Heard
from generation.checkpoint import CheckpointError, save_checkpoint

DIM = 12
TAGS = {
    "genres": ("rock", "jazz", "folk"),
    "moods": ("calm", "dark"),
    "leads": ("piano", "other"),
    "instruments": ("piano", "drums"),
}


def config(**changes: Any) -> ListenerConfig:
    fields: dict[str, Any] = {"encoder": NAME, **TAGS, "strange_at": 3.0, "made_with": {}, "measured": {}}
    return ListenerConfig(**fields | changes)


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = {"mean": np.zeros(DIM), "scale": np.ones(DIM), "components": np.eye(DIM)[:4]}
    for head in HEADS:
        found[f"{head}.weights"] = rng.normal(size=(len(TAGS[head]), DIM))
        found[f"{head}.offsets"] = rng.normal(size=len(TAGS[head]))
    return found


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    save_listener(tmp_path / "listener", config(), arrays())
    return Listener(tmp_path / "listener")


def places(n: int = 20) -> np.ndarray:
    return 3 * np.random.default_rng(1).normal(size=(n, DIM))


def test_shares_sum_to_one_and_probabilities_lie_between(listener: Listener) -> None:
    for place in [*places(), np.full(DIM, 1e4), np.zeros(DIM)]:
        tags = listener.tags_of(place)
        for shares in (tags.genres, tags.moods, tags.leads):
            assert sum(shares.values()) == pytest.approx(1)
            assert min(shares.values()) >= 0
        assert all(0 <= share <= 1 for share in tags.instruments.values())


def test_the_likeliest_comes_first(listener: Listener) -> None:
    tags = listener.tags_of(places()[0])
    assert list(tags.genres.values()) == sorted(tags.genres.values(), reverse=True)
    assert set(tags.genres) == set(TAGS["genres"])


def test_the_same_place_has_the_same_tags(listener: Listener) -> None:
    assert listener.tags_of(places()[0]) == listener.tags_of(places()[0])


def test_what_lies_far_from_everything_is_strange(listener: Listener) -> None:
    assert not listener.tags_of(np.zeros(DIM)).is_strange
    assert listener.tags_of(np.full(DIM, 10.0)).is_strange


def test_a_step_in_the_direction_of_a_tag_makes_it_likelier(listener: Listener) -> None:
    for head in HEADS:
        tag = TAGS[head][0]
        before, step = places()[0], 0.1 * listener.direction(head, tag)
        one, two = (getattr(listener.tags_of(place), head)[tag] for place in (before, before + step))
        assert two > one


def test_an_unknown_tag_is_refused(listener: Listener) -> None:
    with pytest.raises(ValueError, match="'polka' is none of the genres"):
        listener.direction("genres", "polka")


def test_every_patch_counts_alike() -> None:
    def heard(n: int, value: float) -> Heard:
        ones = np.full((n, 4), value, dtype=np.float32)
        return Heard(ones, ones, ones, 2 * ones)

    assert embedding([heard(3, 1.0), heard(1, 5.0)]) == pytest.approx([2.0] * 4 + [4.0] * 4)
    with pytest.raises(ValueError, match="nothing to tag"):
        embedding([])


def test_a_listener_for_another_encoder_is_refused(tmp_path: Path) -> None:
    save_listener(tmp_path, config(encoder="another-2"), arrays())
    with pytest.raises(CheckpointError, match="needs the style encoder another-2"):
        Listener(tmp_path)


def test_weights_that_do_not_fit_the_tags_are_refused(tmp_path: Path) -> None:
    save_listener(tmp_path, config(genres=("rock",)), arrays())
    with pytest.raises(CheckpointError, match="not those of its configuration"):
        Listener(tmp_path)


def test_a_configuration_of_something_else_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, kind="listener-1", config={"genres": []}, arrays=arrays())
    with pytest.raises(CheckpointError, match="configuration is not one"):
        Listener(tmp_path)


def test_a_listener_without_its_arrays_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a listener needs components"):
        save_listener(tmp_path, config(), {"mean": np.zeros(3), "scale": np.ones(3)})


def test_two_clips_are_taken_of_each_song() -> None:
    numbers = [clip_number(row) for row in range(40)]
    assert [number // 4 for number in numbers] == [row // 2 for row in range(40)]
    assert len(set(numbers)) == 40


def test_bands_are_those_of_the_patches() -> None:
    found = bands(np.ones((2, 5, 3), dtype=np.float32))
    assert found == pytest.approx([1.0] * 3 + [0.0] * 6)


def test_no_clips_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(iter(examples(1, 0)))
