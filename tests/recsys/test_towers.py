"""Facts about the text tower in a world where every word has a direction."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.song2vec import unit
from recsys.texts import Texts
from recsys.towers import FEWEST_NAMES, Choice, Names, TextTower, fit_text_tower, recall_of_names

WORDS = [f"w{i}" for i in range(12)]
DIM, TEXT_DIM = 6, 16


def sentence(words: list[str]) -> np.ndarray:
    basis = np.random.default_rng(1).normal(size=(len(WORDS), TEXT_DIM))
    return np.asarray(unit(sum((basis[WORDS.index(w)] for w in words), np.zeros(TEXT_DIM))))


def place(words: list[str]) -> np.ndarray:
    basis = np.random.default_rng(2).normal(size=(len(WORDS), DIM))
    return np.asarray(sum((basis[WORDS.index(w)] for w in words), np.zeros(DIM)))


def texts(all_words: list[list[str]]) -> Texts:
    return Texts(np.array([sentence(words) for words in all_words]).reshape(-1, TEXT_DIM), all_words)


def world(n_songs: int, n_names: int) -> tuple[Names, Texts, np.ndarray]:
    """Songs lie where the sum of their two words does; a name of two words names the twenty nearest songs."""
    rng = np.random.default_rng(0)
    of_song = [list(rng.choice(WORDS, 2, replace=False)) for _ in range(n_songs)]
    of_name = [list(rng.choice(WORDS, 2, replace=False)) for _ in range(n_names)]
    vectors = unit(np.array([place(w) for w in of_song]) + 0.3 * rng.normal(size=(n_songs, DIM)))
    near = [np.argsort(-(vectors @ place(words)))[:20] for words in of_name]
    rows = np.repeat(np.arange(n_names), 20)
    columns = np.concatenate([*near, np.zeros(0, np.int64)])
    songs = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(n_names, n_songs))
    return Names(texts(of_name), songs, np.arange(n_names)), texts(of_song), vectors


def fitted(names: Names, songs: Texts, vectors: np.ndarray, seed: int = 0) -> TextTower:
    n = len(vectors)
    popularity, artists = np.ones(n), np.full(n, -1)
    rng = np.random.default_rng(seed)
    return fit_text_tower(names, songs, vectors, popularity=popularity, artists=artists, rng=rng)


@pytest.fixture(scope="module")
def tower() -> TextTower:
    return fitted(*world(300, 60))


def test_a_question_lies_near_the_songs_it_means(tower: TextTower) -> None:
    names, _, vectors = world(300, 60)
    places = tower.place(names.texts.vectors, names.texts.words)
    assert np.allclose(np.linalg.norm(places, axis=1), 1, atol=1e-5)
    hidden = [names.songs[[row]].indices for row in range(60)]
    assert recall_of_names(tower.scores(places, vectors, np.ones(300)), hidden)[0].mean() > 0.9


def test_held_back_names_are_found_better_than_by_popularity(tower: TextTower) -> None:
    recall = tower.choice.recall
    assert tower.choice.n_names == 60
    assert recall["tower"] > 1.5 * recall["popularity"]
    assert recall["tower"] >= max(recall["ridge"], recall["words"]) / 1.03


def test_words_alone_place_where_the_encoder_is_missing(tower: TextTower) -> None:
    place_of = tower.place(None, [["w1"], ["never heard"], []])
    assert np.isclose(np.linalg.norm(place_of[0]), 1, atol=1e-5)
    assert not place_of[1:].any()


def test_popularity_decides_between_songs_that_are_equally_near(tower: TextTower) -> None:
    scores = tower.scores(np.eye(1, DIM), np.ones((2, DIM)), np.array([1.0, 9.0]))
    assert scores[0, 1] > scores[0, 0]


def test_it_survives_saving(tower: TextTower, tmp_path: Path) -> None:
    tower.save(tmp_path / "tower.npz")
    again = TextTower.load(tmp_path / "tower.npz")
    names, _, _ = world(300, 60)
    assert again.choice == tower.choice
    assert again.placer.known == tower.placer.known
    before, after = (t.place(names.texts.vectors, names.texts.words) for t in (tower, again))
    assert np.allclose(before, after, atol=2e-3)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tower.npz").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ValueError, match="damaged"):
        TextTower.load(tmp_path / "tower.npz")


def test_without_names_the_songs_teach_alone() -> None:
    tower = fitted(*world(150, 0))
    assert tower.choice == Choice()
    assert tower.place(sentence(["w1"])[None, :], [["w1"]]).any()


def test_few_names_choose_nothing() -> None:
    assert fitted(*world(150, FEWEST_NAMES - 1)).choice == Choice()


def test_names_without_songs_choose_nothing() -> None:
    names, songs, vectors = world(150, 40)
    nothing = sp.csr_matrix((10, 150), dtype=np.float32)
    more = Names(
        texts([*names.texts.words, *names.texts.words[:10]]),
        sp.csr_matrix(sp.vstack([names.songs, nothing])),
        np.arange(50),
    )
    choice = fitted(more, songs, vectors).choice
    assert choice.n_names == 40
    assert np.isfinite(list(choice.recall.values())).all()


def test_the_same_seed_gives_the_same_tower() -> None:
    one, two = (fitted(*world(150, 30), seed=5) for _ in range(2))
    assert one.choice == two.choice
    assert np.array_equal(one.ridge.weights, two.ridge.weights)


def test_no_songs_are_refused() -> None:
    with pytest.raises(ValueError, match="need songs"):
        fitted(Names(texts([]), sp.csr_matrix((0, 0)), np.zeros(0, int)), texts([]), np.zeros((0, DIM)))


def test_the_recipes_of_format_3_are_read(tower: TextTower, tmp_path: Path) -> None:
    tower.save(tmp_path / "tower.npz")
    with np.load(tmp_path / "tower.npz") as file:
        arrays = dict(file)
    settings = json.loads(arrays["settings"].tobytes())
    old = {"weights": {"words": 0.5}, "trust": 0.4}
    settings["recipes"] = dict.fromkeys(("known", "unknown", "plain"), old)
    arrays["settings"] = np.frombuffer(json.dumps(settings).encode(), np.uint8)
    np.savez(tmp_path / "tower.npz", **arrays)
    placer = TextTower.load(tmp_path / "tower.npz").placer
    assert placer.recipe("") == placer.plain == placer.known == placer.unknown
    assert placer.plain.trust == 0.4
