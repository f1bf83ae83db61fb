"""Facts about the comparison of embeddings: folds, targets, mixes, and the small own network."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.style_network import names_of, other_levels, split_songs, targets_of, train
from benchmarks.style_sounds import MIXES, Clips, whole_artists
from benchmarks.style_tower import SHRINKS, by_maps, cosines, cross_fit, misses, ridges, share_predicted
from pipelines.features import SAMPLE_RATE
from recsys.audio_tower import fit_map

ARTISTS = np.arange(120) // 6


def truth(genre: str, lead: str, tempo_bpm: float) -> dict[str, object]:
    return {
        "genres": {genre: 1.0},
        "lead": lead,
        "instruments": {lead: 0.9, "bell": 0.01},
        "tempo_bpm": tempo_bpm,
    }


def test_artists_are_drawn_whole() -> None:
    rows = whole_artists(ARTISTS, 30, np.random.default_rng(0))
    assert np.unique(ARTISTS[rows], return_counts=True)[1].tolist() == [6] * 5


def test_a_linear_place_is_predicted_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    sound = rng.normal(size=(120, 4))
    place, noise = sound @ rng.normal(size=(4, 3)), rng.normal(size=(120, 3))
    fits = cross_fit(sound, (place, noise), ARTISTS % 5)
    spreads = [((target - target.mean(0)) ** 2).sum(1) for target in (place, noise)]
    found = [
        share_predicted(misses(fit.predicted, target), spread, ARTISTS, 0).mean
        for fit, target, spread in zip(fits, (place, noise), spreads, strict=True)
    ]
    assert found[0] > 0.95
    assert found[1] < 0.05


def test_the_kept_maps_predict_what_was_predicted() -> None:
    sound, place = np.random.default_rng(1).normal(size=(2, 120, 4))
    fit = cross_fit(sound, (place,), ARTISTS % 5)[0]
    np.testing.assert_allclose(by_maps(fit.maps, sound, ARTISTS % 5), fit.predicted, atol=1e-6)


def test_a_column_that_hardly_varied_throws_nobody_far_away() -> None:
    rng = np.random.default_rng(2)
    sound, place = rng.normal(size=(120, 4)), rng.normal(size=(120, 3))
    sound[:, 0] = 1e-5 * rng.normal(size=120)
    far = np.where([True, False, False, False], 0.3, sound.mean(0))[None]
    bare, guarded = (np.abs(ridges(sound, place, least)[0](far)).max() for least in (0.0, 0.1))
    assert bare > 20 * guarded


def test_with_spreads_as_they_are_the_ridge_is_the_towers() -> None:
    sound, place = np.random.default_rng(3).normal(size=(2, 40, 4))
    ours, towers = ridges(sound, place, 0.0), fit_map(sound, place, SHRINKS)
    np.testing.assert_allclose(ours[2](sound), towers[2](sound), rtol=1e-6)


def test_the_cosine_of_the_truth_is_one() -> None:
    place = np.random.default_rng(1).normal(size=(5, 4))
    assert cosines(2 * place, place) == pytest.approx(np.ones(5))


def test_clips_of_a_song_are_on_one_side() -> None:
    songs = [f"song {number // 2}" for number in range(200)]
    held = split_songs(songs, np.random.default_rng(0))
    assert (held[::2] == held[1::2]).all()
    assert 0 < held.mean() < 0.5


def test_only_leads_of_enough_songs_are_asked_for() -> None:
    truths = [truth("folk", "flute", 60.0)] * 8 + [truth("rock", "organ", 120.0)] * 7
    names = names_of(truths, [f"song {i}" for i in range(15)])
    assert (names.genres, names.leads, names.instruments) == (("folk", "rock"), ("flute",), ("flute",))
    genres, leads, instruments, tempo = targets_of(truths, names)
    assert genres.sum() == 15
    assert leads[:, 0].tolist() == instruments[:, 0].tolist() == [1.0] * 8 + [0.0] * 7
    assert tempo.argmax(1).tolist() == [0] * 8 + [3] * 7


def test_other_levels_leave_silence_silent_and_keep_the_order_of_loudness() -> None:
    patches = np.stack([np.zeros((4, 96)), np.full((4, 96), 2.0)])
    heard = other_levels(patches, np.random.default_rng(0))
    assert not heard[0].any()
    assert (heard[1] > 0).all()


@pytest.mark.parametrize("mix", sorted(set(MIXES) - {"clean"}))
def test_a_mix_changes_the_sound_and_not_its_length(mix: str) -> None:
    waveform = 0.1 * np.random.default_rng(0).normal(size=SAMPLE_RATE).astype(np.float32)
    changed = MIXES[mix](waveform, np.random.default_rng(0))
    assert changed.shape == waveform.shape
    assert changed.dtype == np.float32
    assert np.abs(changed - waveform).max() > 0.01


def test_the_own_network_is_small_and_learns_two_timbres() -> None:
    rng = np.random.default_rng(0)
    kinds = np.arange(96) // 2 % 2
    patches = rng.random((96, 1, 187, 96)).astype(np.float16)
    patches[kinds == 1, :, :, :48] += 1.0
    truths = [(truth("folk", "flute", 60.0), truth("rock", "organ", 120.0))[kind] for kind in kinds]
    clips = Clips(patches, tuple(f"song {i // 2}" for i in range(96)), tuple(truths))
    own = train(clips, epochs=6, rng=rng)
    assert own.n_parameters < 300_000
    assert own.genre == 1.0
    assert own.embed(patches[:3]).shape == (3, 200)
