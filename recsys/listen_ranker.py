"""What `recommend` puts a user's candidates in order by: learned from what users played in a later week.

Everything before a date is known, the week after it is to be predicted, and the candidates are what
`recommend` may show: songs not heard lately. The signals of recsys/listen_blend.py are weighed on half of
the users and measured on the other half, and so are trees (recsys/ranker.py) on the signals and on repeat
and recency features. What is served is the best of three, as measured: the continuation blend alone, all
signals weighed, or these with trees; a ranker that does not beat its own best signal is not published.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from recsys.evaluate import K, metrics_of
from recsys.listen_blend import SIGNALS, ListenModel, ListenTable, learn_signal_weights, scaled
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio
from recsys.next_listen import ListenSplit
from recsys.ranker import MIXES, Queries, Ranker, RankerSettings, fit_trees, mixed
from recsys.repeat import FEATURES

logger = logging.getLogger(__name__)

# A song heard in so many days before is no candidate.
LATELY_DAYS = 60.0
# So many of the best candidates are put in order, half as many as in a list's continuation: people wait for
# this one, and look at fifty.
REACH = 150
FEWEST_CASES = 30
NAMES = (
    "listen blend",
    "log place",
    *SIGNALS,
    *FEATURES,
    "log popularity",
    "trend",
    "share of candidates heard",
    "log listens",
)
_NOTHING, _AS_BEFORE = Estimate(0.0, 0.0, 0.0), Estimate(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class ListenChoice:
    """What was chosen, and what users' later listens say of it.

    Attributes
    ----------
    n_cases : int
        Users who came back and played something not heard lately.
    served : str
        "continuation", "signals" or "ranker".
    weights : dict
        Of the signals; only the continuation's where that is served.
    metrics : dict
        Of what is served, cross-fitted, each with its interval over users.
    over_continuation, over_best_signal : Estimate
        NDCG@100 over the continuation blend's, and over the best single signal's.
    signals : dict
        NDCG@100 of each signal alone.
    mixes : dict
        NDCG@100 of each weight of the trees that was tried, over that of the weighed signals.
    """

    n_cases: int
    served: str = "continuation"
    weights: Mapping[str, float] = field(default_factory=lambda: {"continuation": 1.0})
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    over_continuation: Estimate = _AS_BEFORE
    over_best_signal: Estimate = _NOTHING
    signals: Mapping[str, float] = field(default_factory=dict)
    mixes: Mapping[str, float] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The choice as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class ListenRanker:
    """Weights of the signals (recsys/listen_blend.py), and trees where they help."""

    weights: Mapping[str, float]
    trees: Ranker | None = None

    def order(
        self, signals: np.ndarray, features: np.ndarray, popularity: np.ndarray, n_listens: int
    ) -> np.ndarray:
        """Positions of a user's candidates, best first.

        Parameters
        ----------
        signals, features : float arrays, shape (n_candidates, ...)
            As `ListenModel.raw_signals` gives them.
        popularity : float array, shape (n_candidates, 2)
            `ListenModel.popularity` and its `trend`.
        n_listens : int
            Of this user.
        """
        vector = np.array([self.weights.get(name, 0.0) for name in SIGNALS], np.float32)
        own = scaled(signals)
        blend = own @ vector
        first = np.argsort(-blend, kind="stable")
        if self.trees is None:
            return first
        reach = first[:REACH]
        seen = _features(own[reach], features[reach], blend[reach], popularity[reach], n_listens)
        ranked = reach[np.argsort(-self.trees.scores(seen), kind="stable")]
        return np.concatenate([ranked, first[REACH:]])

    def save(self, folder: Path) -> None:
        """Write `listen_weights.json`, and `listen_ranker.json` where there are trees."""
        (folder / "listen_weights.json").write_text(json.dumps(dict(self.weights)), encoding="utf-8")
        if self.trees is not None:
            self.trees.save(folder / "listen_ranker.json")

    @classmethod
    def load(cls, folder: Path) -> ListenRanker | None:
        """Read back what `save` wrote; None where it wrote nothing."""
        path = folder / "listen_weights.json"
        if not path.exists():
            return None
        trees = folder / "listen_ranker.json"
        weights = json.loads(path.read_text(encoding="utf-8"))
        return cls(weights, Ranker.load(trees) if trees.exists() else None)


def _features(
    signals: np.ndarray, features: np.ndarray, blend: np.ndarray, popularity: np.ndarray, n_listens: int
) -> np.ndarray:
    """Columns `NAMES` of candidates in falling order of the blend; float32."""
    n = len(blend)
    columns = (
        blend, np.log1p(np.arange(n)), signals, features, popularity,
        np.full(n, features[:, 0].astype(bool).mean() if n else 0.0), np.full(n, np.log1p(n_listens)),
    )  # fmt: skip
    return np.column_stack(columns).astype(np.float32)


def choose_listen_ranker(
    model: ListenModel, split: ListenSplit, *, seed: int, workers: int
) -> tuple[ListenChoice, ListenRanker | None]:
    """Learn from one temporal split; `model` must know nothing of its week.

    Returns
    -------
    ListenChoice
    ListenRanker, or None
        None where the continuation blend alone is best, or fewer than 30 users can be learned from.
    """
    table = _gather(model, split)
    n_cases = len(table.n_hidden)
    if n_cases < FEWEST_CASES:
        logger.info("listens: %d users came back are too few to learn from", n_cases)
        return ListenChoice(n_cases), None
    rng = np.random.default_rng(seed)
    settings = listen_settings(seed=seed, workers=workers)
    users = np.arange(n_cases)
    alone = {
        name: table.table.measure(one)
        for name, one in zip(SIGNALS, np.eye(len(SIGNALS), dtype=np.float32), strict=True)
    }
    best_signal = max(alone.values(), key=lambda values: float(values.mean()))
    signals, forests = _cross_fitted(table, rng, settings)
    tried = {"continuation": alone["continuation"], "signals": signals["ndcg@100"]}
    mix = max(forests, key=lambda one: float(forests[one]["ndcg@100"].mean()))
    tried["ranker"] = forests[mix]["ndcg@100"]
    served = max(tried, key=lambda name: float(tried[name].mean()))
    vector = learn_signal_weights(table.table, rng)
    weights = {n: round(float(w), 4) for n, w in zip(SIGNALS, vector, strict=True) if w > 0}
    ranker: ListenRanker | None = None
    metrics: Mapping[str, np.ndarray] = {"ndcg@100": alone["continuation"]}
    if served == "ranker":
        trees = fit_trees(table.queries(vector), NAMES, settings)
        ranker = None if trees is None else ListenRanker(weights, replace(trees, mix=mix))
        metrics = forests[mix]
    if served == "signals" or (served == "ranker" and ranker is None):
        served, ranker, metrics = "signals", ListenRanker(weights), signals
    ours = metrics["ndcg@100"]
    choice = ListenChoice(
        n_cases,
        served,
        weights if ranker is not None else {"continuation": 1.0},
        {name: bootstrap_mean(values, users, rng) for name, values in metrics.items()},
        bootstrap_ratio(ours, alone["continuation"], users, rng),
        bootstrap_ratio(ours, best_signal, users, rng),
        {name: round(float(values.mean()), 5) for name, values in alone.items()},
        {
            str(one): bootstrap_ratio(found["ndcg@100"], signals["ndcg@100"], users, rng).mean
            for one, found in forests.items()
        },
    )
    return choice, ranker


@dataclass(frozen=True)
class _Gathered:
    """Candidates of each user: the table of scaled signals, and what the trees see beside them."""

    table: ListenTable
    features: Sequence[np.ndarray]
    popularity: Sequence[np.ndarray]
    n_listens: Sequence[int]

    @property
    def n_hidden(self) -> np.ndarray:
        return self.table.n_hidden

    def take(self, at: np.ndarray) -> _Gathered:
        rows = at.tolist()
        return _Gathered(
            self.table.take(at), [self.features[i] for i in rows],
            [self.popularity[i] for i in rows], [self.n_listens[i] for i in rows],
        )  # fmt: skip

    def queries(self, weights: np.ndarray) -> Queries:
        found, hidden = [], []
        for i, features in enumerate(self.features):
            own = self.table.signals[i, : len(features)]
            blend = own @ weights
            best = np.argsort(-blend, kind="stable")[:REACH]
            found.append(
                _features(own[best], features[best], blend[best], self.popularity[i][best], self.n_listens[i])
            )
            hidden.append(self.table.hidden[i, best])
        return Queries(found, hidden, np.arange(len(found)))


def listen_settings(*, seed: int, workers: int) -> RankerSettings:
    """Fewer trees than a list's ranker has, each with more to say: as good here, and quicker to ask."""
    return RankerSettings(seed=seed, workers=workers, rounds=80, learning_rate=0.1, min_data_in_leaf=50)


def _gather(model: ListenModel, split: ListenSplit) -> _Gathered:
    everything = np.arange(len(model.vectors))
    signals, hits, features, popularity, n_hidden, n_listens = [], [], [], [], [], []
    for history, played in zip(split.histories(), split.played, strict=True):
        lately = np.unique(history.rows[history.ages_days <= LATELY_DAYS])
        hidden = np.setdiff1d(played, lately)
        if not len(hidden):
            continue
        profile = model.profile(history)
        base = model.base([profile[0]], [profile[1]])[0]
        raw, own = model.raw_signals(history, model.medoids(*profile), everything, base)
        raw[lately] = 0.0
        values = scaled(raw)
        reach = min(K, len(values))
        rows = np.setdiff1d(np.argpartition(-values, reach - 1, axis=0)[:reach], lately)
        signals.append(values[rows])
        hits.append(np.isin(rows, hidden))
        features.append(own[rows])
        popularity.append(np.column_stack([model.popularity[rows], model.trend[rows]]))
        n_hidden.append(len(hidden))
        n_listens.append(len(history.rows))
    table = ListenTable.padded(signals, hits, np.array(n_hidden, dtype=np.int64))
    return _Gathered(table, features, popularity, n_listens)


def _cross_fitted(
    gathered: _Gathered, rng: np.random.Generator, settings: RankerSettings
) -> tuple[dict[str, np.ndarray], dict[float, dict[str, np.ndarray]]]:
    """Metrics of each user under weights, and under trees, learned on the other half of the users."""
    n = len(gathered.n_hidden)
    order = rng.permutation(n)
    halves = (order[: n // 2], order[n // 2 :])
    signals: dict[str, np.ndarray] = {}
    forests: dict[float, dict[str, np.ndarray]] = {mix: {} for mix in MIXES if mix > 0}
    for learn, test in (halves, halves[::-1]):
        part = gathered.take(learn)
        weights = learn_signal_weights(part.table, rng)
        trees = fit_trees(part.queries(weights), NAMES, settings)
        queries = gathered.take(test).queries(weights)
        n_hidden = gathered.n_hidden[test]
        own = [None if trees is None else trees.trees(features) for features in queries.features]
        _put(signals, _metrics(queries, None, 0.0, n_hidden), test, n)
        for mix, found in forests.items():
            _put(found, _metrics(queries, own, mix, n_hidden), test, n)
    return signals, forests


def _metrics(
    queries: Queries, trees: Sequence[np.ndarray | None] | None, mix: float, n_hidden: np.ndarray
) -> dict[str, np.ndarray]:
    hits = np.zeros((len(n_hidden), K), dtype=bool)
    for i, (features, hidden) in enumerate(zip(queries.features, queries.hidden, strict=True)):
        own = None if trees is None else trees[i]
        scores = features[:, 0] if own is None else mixed(own, features[:, 0], mix)
        top = hidden[np.argsort(-scores, kind="stable")][:K]
        hits[i, : len(top)] = top
    return metrics_of(hits, n_hidden)


def _put(into: dict[str, np.ndarray], values: Mapping[str, np.ndarray], at: np.ndarray, n: int) -> None:
    for name, part in values.items():
        into.setdefault(name, np.zeros(n))[at] = part
