"""Facts about the audio tower, in worlds where sound decides where songs lie, and about spaces of sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.audio_neighbours import average_precision, precisions
from recsys.audio_tower import AudioTower, artist_folds, fit_audio_tower, held_out
from recsys.corpus import build_corpus
from recsys.placing import ARTIST, SOUND, Recipe, SongPlacer, fit_placer, text_evidence
from recsys.song2vec import unit
from recsys.sound_recipes import fit_sound_recipes
from recsys.sound_space import corpus_by_sound, fit_sound_space, lists_teach, turned, vectors_by_sound
from recsys.texts import Texts

STYLE, DIM = 20, 8


def world(n: int = 300, *, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings around one of each artist, places that are a linear map of them, and the artists."""
    rng = np.random.default_rng(5)
    artists = rng.integers(40, size=n)
    embeddings = rng.normal(size=(40, STYLE))[artists] + 0.5 * rng.normal(size=(n, STYLE))
    places = embeddings @ rng.normal(size=(STYLE, DIM)) / np.sqrt(STYLE)
    return embeddings.astype(np.float32), unit(places + noise * rng.normal(size=(n, DIM)) + 0.5), artists


def fitted(n: int = 300, noise: float = 0.3) -> AudioTower:
    tower = fit_audio_tower(*world(n, noise=noise), np.random.default_rng(0), version="v")
    assert tower is not None
    return tower


def test_a_linear_map_is_recovered_for_artists_that_are_new() -> None:
    fit = fitted(noise=0.0).fit
    assert fit.cosine > 0.9
    assert fit.cosine > fit.mean_cosine + 0.3
    assert fit.r2 > 0.7


def test_the_way_back_says_what_a_place_sounds_like() -> None:
    embeddings, vectors, _ = world(noise=0.0)
    tower = fitted(noise=0.0)
    found = tower.to_style(3.0 * vectors)
    assert found.shape == embeddings.shape
    near = (unit(found - embeddings.mean(0)) * unit(embeddings - embeddings.mean(0))).sum(1).mean()
    assert near > 0.5
    assert tower.fit.back_cosine > 0.4


def test_where_sound_says_nothing_the_tower_says_the_mean() -> None:
    embeddings, vectors, artists = world()
    shuffled = np.random.default_rng(1).permutation(vectors)
    tower = fit_audio_tower(embeddings, shuffled, artists, np.random.default_rng(0), version="v")
    assert tower is not None
    assert abs(tower.fit.cosine - tower.fit.mean_cosine) < 0.05
    assert tower.fit.r2 < 0.05


def test_no_artist_is_on_both_sides_of_a_fold() -> None:
    artists = np.array([3, 3, 3, 7, 7, 9, 9, 1, 1, -1, -1])
    fold = artist_folds(artists, np.random.default_rng(0))
    assert all(len(set(fold[artists == one].tolist())) == 1 for one in (1, 3, 7, 9))
    assert set(fold.tolist()) == {0, 1, 2, 3, 4}


def test_what_is_held_out_does_not_teach() -> None:
    embeddings, vectors, artists = world()
    fold = artist_folds(artists, np.random.default_rng(0))
    before = held_out(embeddings, vectors, fold, (100.0,))[0]
    changed = vectors.copy()
    changed[fold == 2] = -changed[fold == 2]
    after = held_out(embeddings, changed, fold, (100.0,))[0]
    assert np.array_equal(before[fold == 2], after[fold == 2])
    assert not np.allclose(before[fold != 2], after[fold != 2])


def test_few_songs_make_no_tower() -> None:
    assert fit_audio_tower(*world(49), np.random.default_rng(0), version="v") is None


def test_songs_of_nobody_make_a_tower() -> None:
    embeddings, vectors, _ = world(60)
    tower = fit_audio_tower(embeddings, vectors, np.full(60, -1), np.random.default_rng(0), version="v")
    assert tower is not None
    assert tower.fit.n_artists == 60


def test_lengths_that_differ_are_refused() -> None:
    embeddings, vectors, artists = world()
    with pytest.raises(ValueError, match="one embedding, vector and artist a song, got 299"):
        fit_audio_tower(embeddings[1:], vectors, artists, np.random.default_rng(0), version="v")


def test_a_tower_comes_back_from_its_file(tmp_path: Path) -> None:
    tower = replace(fitted(), recipes={"sound": Recipe({SOUND: 0.7}, 0.6)})
    tower.save(tmp_path / "audio.npz")
    again = AudioTower.load(tmp_path / "audio.npz")
    embeddings, vectors, _ = world()
    assert (again.version, again.fit, again.recipes) == (tower.version, tower.fit, tower.recipes)
    assert np.array_equal(again.to_song(embeddings), tower.to_song(embeddings))
    assert np.array_equal(again.to_style(vectors), tower.to_style(vectors))


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    fitted().save(tmp_path / "audio.npz")
    (tmp_path / "audio.npz").write_bytes((tmp_path / "audio.npz").read_bytes()[:200])
    with pytest.raises(ValueError, match="damaged"):
        AudioTower.load(tmp_path / "audio.npz")


def test_where_only_sound_tells_a_place_with_sound_is_nearer() -> None:
    embeddings, vectors, artists = world(400)
    rng = np.random.default_rng(2)
    texts = Texts(unit(rng.normal(size=(400, 6))).astype(np.float32), [["word"]] * 400)
    train, test = np.flatnonzero(artists < 32), np.flatnonzero(artists >= 32)
    placer = fit_placer(texts.take(train), vectors[train], artists[train], np.random.default_rng(0))
    tower = fit_audio_tower(embeddings[train], vectors[train], artists[train], rng, version="v")
    assert tower is not None
    recipes = fit_sound_recipes(
        texts.take(train), embeddings[train], vectors[train], artists[train], rng, shrink=tower.fit.shrink
    )
    both = SongPlacer(placer.mean, placer.meaning, placer.words, placer.tags, {**placer.recipes, **recipes})
    told = text_evidence(both, texts.take(test))
    heard = {**told, SOUND: tower.deviations(embeddings[test], both.mean)}
    has_meaning = np.ones(len(test), bool)
    (without, _), (with_sound, trust) = (both.place(e, has_meaning=has_meaning) for e in (told, heard))
    near = (with_sound * vectors[test]).sum(1).mean()
    assert near > (without * vectors[test]).sum(1).mean() + 0.2
    assert abs(near - trust.mean()) < 0.1


def test_sound_counts_for_little_where_the_artist_says_all() -> None:
    rng = np.random.default_rng(0)
    artists = rng.integers(30, size=400)
    vectors = unit(unit(rng.normal(size=(30, DIM)))[artists] + 0.1 * rng.normal(size=(400, DIM)))
    texts = Texts(np.zeros((400, 0), np.float32), [[]] * 400)
    recipes = fit_sound_recipes(texts, rng.normal(size=(400, STYLE)), vectors, artists, rng, shrink=100.0)
    assert set(recipes) == {"artist sound", "sound"}
    weights = recipes["artist sound"].weights
    assert weights[ARTIST] > 0.8
    assert weights[SOUND] < 0.2


def test_few_songs_with_sound_weigh_nothing() -> None:
    embeddings, vectors, artists = world(200)
    embeddings[99:] = np.nan
    texts = Texts(np.zeros((200, 0), np.float32), [[]] * 200)
    assert fit_sound_recipes(texts, embeddings, vectors, artists, np.random.default_rng(0), shrink=1.0) == {}


def test_average_precision_of_known_rankings() -> None:
    assert average_precision(np.array([True, True, False])) == 1.0
    assert average_precision(np.array([False, True])) == 0.5
    assert average_precision(np.zeros(3, bool)) == 0.0


def test_neighbours_are_found_and_albums_left_out() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.1], [0.9, 0.2], [0.0, 1.0], [0.1, 1.0]])
    artists, albums = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 2, 2])
    rng = np.random.default_rng(0)
    rows, values = precisions(vectors, artists, rng=rng)
    assert (len(rows), values.mean()) == (5, 1.0)
    rows, _ = precisions(vectors, artists, rng=rng, but=albums)
    assert sorted(rows.tolist()) == [0, 1, 2]
    rows, _ = precisions(vectors, artists, rng=rng, among=np.array([0, 1, 2, 0, 0]))
    assert sorted(rows.tolist()) == [3, 4]


def test_a_space_of_sound_keeps_neighbours() -> None:
    embeddings, _, artists = world()
    places = unit(fit_sound_space(embeddings)(embeddings))
    assert places.shape == (300, 128)
    rng = np.random.default_rng(0)
    assert precisions(places, artists, rng=rng)[1].mean() > 0.9


def test_two_songs_are_a_space_and_one_is_none() -> None:
    embeddings, _, _ = world()
    places = unit(fit_sound_space(embeddings[:2])(embeddings[:2]))
    assert np.allclose(places[0], -places[1], atol=1e-5)
    assert np.isfinite(fit_sound_space(np.ones((2, STYLE)))(np.ones((2, STYLE)))).all()
    with pytest.raises(ValueError, match="two songs, got 1"):
        fit_sound_space(embeddings[:1])


def test_a_turned_space_turns_its_places() -> None:
    embeddings, _, _ = world()
    space = fit_sound_space(embeddings, dim=4)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    assert np.allclose(turned(space, rotation)(embeddings), space(embeddings) @ rotation, atol=1e-4)


def test_what_sounds_alike_goes_together() -> None:
    vectors = vectors_by_sound(np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]))
    logits = vectors.conditional_logits(np.array([0]))[0]
    assert logits[1] > logits[2] + 10


def test_lists_teach_where_fifty_songs_stand_in_three() -> None:
    assert lists_teach(np.full(50, 3), 10_000)
    assert lists_teach(np.full(40, 1), 40)
    assert lists_teach(np.zeros(0), 1)
    assert not lists_teach(np.full(49, 9), 10_000)
    assert not lists_teach(np.zeros(0), 2)


def test_songs_without_sound_are_stood_in_for_by_those_beside_them() -> None:
    lists = build_corpus(np.array([0, 0, 0, 1, 1]), np.array([10, 30, 50, 30, 70]), np.array([0, 0, 0, 1, 1]))
    corpus, tail = corpus_by_sound(lists, np.array([10, 20, 30]))
    assert corpus.song_ids.tolist() == [10, 20, 30]
    assert [corpus.songs_of(i).tolist() for i in range(corpus.n_lists)] == [[0, 2], [2]]
    assert tail.song_ids.tolist() == [50, 70]
    assert tail.stand_ins.toarray().tolist() == [[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]]


def test_where_tags_tell_all_a_song_without_them_is_placed_by_its_sound() -> None:
    embeddings, vectors, artists = world(400)
    tags = [{f"t{axis}": float(value) for axis, value in enumerate(row)} for row in vectors]
    nothing = np.zeros((400, 0), np.float32)
    texts, bare = Texts(nothing, [[]] * 400, tags), Texts(nothing, [[]] * 400, [{}] * 400)
    rng = np.random.default_rng(0)
    recipes = fit_sound_recipes(texts, embeddings, vectors, artists, rng, shrink=100.0, bare=bare)
    assert set(recipes) == {"artist sound", "sound", "artist tags sound", "tags sound"}
    assert recipes["tags sound"].weights[SOUND] < 0.2
    assert recipes["sound"].weights[SOUND] > 0.8
    assert recipes["tags sound"].trust > recipes["sound"].trust


def test_a_unit_that_hardly_moves_does_not_throw_a_song_far_out() -> None:
    rng = np.random.default_rng(4)
    embeddings = rng.normal(size=(200, 6)).astype(np.float32)
    places = unit(embeddings @ rng.normal(size=(6, 3))).astype(np.float32)
    nearly_dead = np.hstack([embeddings, rng.normal(scale=1e-5, size=(200, 1))]).astype(np.float32)
    artists = np.repeat(np.arange(40), 5)
    tower = fit_audio_tower(nearly_dead, places, artists, rng, version="toy")
    assert tower is not None
    odd = nearly_dead[:1].copy()
    odd[0, 6] = 1.0
    assert float(tower.to_song(odd)[0] @ tower.to_song(nearly_dead[:1])[0]) > 0.9
