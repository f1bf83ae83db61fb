"""What the trees see of a candidate: each feature against its meaning, on the cliques."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.blend import scale_of
from recsys.components import Neighbours, Vectors, build_components
from recsys.corpus import Corpus
from recsys.factors import FactorSettings, fit_factors
from recsys.facts import SongFacts
from recsys.features import GROUPS, SongFeatures
from recsys.query import build_query
from recsys.song2vec import SongVectors

SEEN = np.array([3, 30, 9])
ROWS = np.array([11, 4, 8, 31, 22])


@pytest.fixture(scope="module")
def features(cliques: Corpus) -> SongFeatures:
    """Features of the cliques; artists of five songs, song 4 is another version of song 3."""
    rng = np.random.default_rng(0)
    side = np.where(np.arange(40) < 20, 1.0, -1.0)[:, None] * np.ones((40, 4))
    vectors = (side + 0.1 * rng.normal(size=side.shape)).astype(np.float32)
    song2vec = Vectors.build(SongVectors(vectors, vectors, cliques.counts().astype(np.float32), 0.5))
    recordings = np.arange(40)
    recordings[4] = 3
    facts = SongFacts(np.arange(40), np.arange(40) // 5, np.arange(40) // 2, recordings)
    factors = fit_factors(cliques, FactorSettings(factors=4, workers=1))
    return SongFeatures.build(build_components(cliques, facts, song2vec, factors), cliques, facts, vectors)


@pytest.fixture(scope="module")
def found(features: SongFeatures) -> dict[str, np.ndarray]:
    """Each feature of the candidates by its name."""
    query = build_query([SEEN], 40)
    scores = [component.scores(query) for component in features.components.values()]
    signals = np.stack([(one / scale_of(one))[0, ROWS] for one in scores])
    values = features.of(SEEN, ROWS, signals, np.arange(5.0, 0.0, -1.0))
    assert values.shape == (5, len(features.names))
    assert np.isfinite(values).all()
    return dict(zip(features.names, values.T, strict=True))


def test_every_feature_has_a_name_and_a_group(features: SongFeatures) -> None:
    assert len(set(features.names)) == len(features.names) == len(features.groups)
    assert set(features.groups) == set(GROUPS)
    assert features.names[0] == "blend"


def test_the_last_song_is_looked_at_alone(features: SongFeatures, found: dict[str, np.ndarray]) -> None:
    component = features.components["together_cosine"]
    assert isinstance(component, Neighbours)
    of_last = component.matrix[SEEN[-1]].toarray()[0, ROWS]
    ratio = found["together_cosine last"][:3] / of_last[:3]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
    assert found["together_cosine last"][3:].tolist() == [0.0, 0.0]


def test_support_is_the_share_of_the_query_with_evidence(found: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(
        found["together_cosine support"], [2 / 3, 2 / 3, 2 / 3, 1 / 3, 1 / 3], rtol=1e-5
    )


def test_the_late_song_counts_more(features: SongFeatures) -> None:
    signals, blend = np.zeros((len(features.components), 5)), np.arange(5.0, 0.0, -1.0)
    column = features.names.index("cosine late")
    forwards = features.of(np.array([3, 30]), ROWS, signals, blend)[:, column]
    backwards = features.of(np.array([30, 3]), ROWS, signals, blend)[:, column]
    assert (backwards[:3] > forwards[:3]).all()
    assert (backwards[3:] < forwards[3:]).all()


def test_artist_album_and_version_are_seen(found: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(found["same artist"], [0, 1 / 3, 1 / 3, 1 / 3, 0], atol=1e-6)
    assert found["same artist as last"].tolist() == [0, 0, 1, 0, 0]
    np.testing.assert_allclose(found["same album"], [0, 0, 1 / 3, 1 / 3, 0], atol=1e-6)
    assert found["other version"].tolist() == [0, 1, 0, 0, 0]


def test_facts_of_the_query_are_the_same_for_all_candidates(found: dict[str, np.ndarray]) -> None:
    for name, values in found.items():
        if name.startswith("query: "):
            assert np.ptp(values) == 0
    assert found["query: songs"][0] == 3
    assert found["query: different artists"][0] == 1.0


def test_weights_of_the_query_are_heeded(features: SongFeatures) -> None:
    signals, blend = np.zeros((len(features.components), 5)), np.arange(5.0, 0.0, -1.0)
    column = features.names.index("cosine mean")
    left = features.of(np.array([3, 30]), ROWS, signals, blend, weights=np.array([9.0, 1.0]))[:, column]
    assert left[0] > 0.5
    assert left[3] < -0.5
