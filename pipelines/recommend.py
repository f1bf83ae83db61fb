"""Recommendations: candidates, scores, order, rules, reasons; for a user or many, for picked songs, for a
text, and for nobody in particular. All users into a file: pipelines/recommend_batch.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory
from pipelines.answers import POPULAR, Recommendation, Recommendations
from pipelines.asking import (
    Asker,
    ask_as_nobody,
    ask_as_user,
    ask_as_users,
    ask_with_songs,
    feedback_of,
    unwanted_songs,
)
from pipelines.columns import LISTENED_AT_S, SONG_ID
from pipelines.listeners import HeardLately, Listeners
from pipelines.meaning import meaning_scores
from pipelines.popular import popular_songs
from pipelines.profiles import Table
from pipelines.reasons import Explained, Grounds, explain_list, name_lists, parts_of_query
from pipelines.release import Release
from pipelines.serving import NoReleaseError
from pipelines.shelf import Shelf, Shelves, release_for
from recsys.candidates import RETRIEVERS, Candidates, gather_candidates
from recsys.components import Neighbours
from recsys.decisions import muted_rows
from recsys.newcomers import match_scores, nearness, score_newcomers
from recsys.next_listen import History
from recsys.query import build_query
from recsys.rules import RuleSettings, apply_rules
from recsys.sparse_rows import SparseRow

# Songs of a profile that the blend is asked with.
QUERY_SONGS = 60
# A song stays out of the list for so long after it was heard, counted back from the user's last listen.
RECENT_DAYS = 60
NEW, MEANING = "new", "meaning"
_NEWCOMERS = 100
# Known candidates that new songs are compared with, at least, where there are so many.
_COMPARED = 200
# Songs that each retriever brings, for each vector it searches with: twice the list, and half of what
# recsys/candidates.py takes for a file of scores (docs/speed.md has what of the best songs is then missed).
_EACH = 100
_MEANT = 500
# Popular songs that a list is made of where nothing is known; spares of other artists fill it, if need be.
_POPULAR = 20_000
_DAY_S = 86_400


@dataclass(frozen=True)
class Ranked:
    """Songs in order, best first, before any rule.

    Attributes
    ----------
    rows : int64 array, shape (n,)
        Of the shelf.
    scores : float32 array, shape (n,)
        What each scores by taste; the order may differ, where later listens taught one.
    grounds : Grounds
        For saying why.
    """

    rows: np.ndarray
    scores: np.ndarray
    grounds: Grounds


@dataclass(frozen=True)
class _Draft:
    """An answer whose songs have no names yet."""

    user: str
    songs: Explained
    release: str
    fallback: str | None

    def answer(self, songs: tuple[Recommendation, ...]) -> Recommendations:
        """The answer with its songs, named."""
        ruled = self.songs.ruled
        return Recommendations(self.user, songs, self.release, self.fallback, ruled.relaxed, ruled.artist_cap)


class Recommender:
    """Recommends from one release and the songs that came since; without a release, what is popular.

    Parameters
    ----------
    heard : HeardLately, optional
        Everybody's listens, shared with the recommender of the release before.

    Attributes
    ----------
    shelves : Shelves, or None
        The release with what came since, for whoever else asks it.
    """

    def __init__(
        self, release: Release | None, session_factory: SessionFactory, heard: HeardLately | None = None
    ) -> None:
        self.release = release
        self.session_factory = session_factory
        self.shelves = None if release is None else Shelves(release)
        self._heard = heard or HeardLately()
        self._listeners: Listeners | None = None

    def warm(self, *, listeners: bool = True) -> None:
        """Make now what the first question would have to wait for.

        Parameters
        ----------
        listeners : bool
            Whether users will ask.

        Raises
        ------
        DatabaseError, LookupError, ValueError
        """
        release = self.release
        if release is None or not release.n_songs:
            return
        if listeners:
            with self.session_factory() as session:
                self.listeners(session, release)
                somebody = self._heard.get(session).somebody()
            if somebody is not None:
                self.recommend(f"{OWN_SCHEME}:{somebody}", 10)
        most = int(release.song_ids[int(np.argmax(release.counts))])
        self.recommend_after([f"{OWN_SCHEME}:{most}"], 10)

    def recommend(
        self,
        user: str,
        k: int = 10,
        *,
        text: str | None = None,
        rules: RuleSettings | None = None,
        explain: bool = True,
    ) -> Recommendations:
        """Recommend k songs to a user, each with its reasons; with a text, those that fit it too.

        Raises
        ------
        NotFoundError
            There is no such user.
        NoReleaseError, NoTowerError, ValueError
            k below 1, or a text that cannot be placed.
        """
        _check(k)
        with self.session_factory() as session:
            if self.shelves is None:
                _no_text_without_release(text)
                user_id = users_repository.find_user(session, user)
                return popular_songs(session, user, k, feedback_of(session, user_id))
            asker = ask_as_user(session, self.shelves.release, user)
            if text is not None:
                asker = replace(asker, wanted=meaning_scores(self.shelves.release, text))
            return self._answer(session, self.shelves, asker, k, rules, explain)

    def recommend_many(
        self, users: Sequence[tuple[int, str]], k: int = 10, *, rules: RuleSettings | None = None,
        explain: bool = True,
    ) -> list[Recommendations]:  # fmt: skip
        """`recommend` for many users, by id and name, with a few statements for all; who is gone is left out.

        Raises
        ------
        ValueError
            k below 1.
        """
        _check(k)
        with self.session_factory() as session:
            if self.shelves is None:
                there = users_repository.name_users(session, (user_id for user_id, _ in users))
                return [
                    popular_songs(session, name, k, feedback_of(session, user_id))
                    for user_id, name in users
                    if user_id in there
                ]
            askers = ask_as_users(session, self.shelves.release, users)
            shelf = self.shelves.current(session)
            drafts = [self._draft(session, shelf, asker, k, rules, explain) for asker in askers]
            songs = name_lists(session, shelf, [draft.songs for draft in drafts])
            return [draft.answer(own) for draft, own in zip(drafts, songs, strict=True)]

    def recommend_after(
        self, songs: Sequence[str], k: int = 10, *, rules: RuleSettings | None = None, explain: bool = True
    ) -> Recommendations:
        """Recommend k songs to somebody new who picked some; those are not recommended back.

        Raises
        ------
        NotFoundError, NoReleaseError, ValueError
            Songs that are unknown or have no place; k below 1.
        """
        _check(k)
        shelves = self._need_release()
        with self.session_factory() as session:
            host = release_for(session, shelves, songs)
            asker = ask_with_songs(session, host, songs)
            return self._answer(session, shelves, asker, k, rules, explain)

    def recommend_for(self, text: str, k: int = 10, *, rules: RuleSettings | None = None) -> Recommendations:
        """Recommend k songs that fit a text to somebody of whom nothing is known.

        Raises
        ------
        NoReleaseError, NoTowerError, ValueError
            A blank text, or one of which nothing is known; k below 1.
        """
        _check(k)
        shelves = self._need_release()
        with self.session_factory() as session:
            wanted = meaning_scores(shelves.release, text)
            asker = replace(ask_as_nobody(shelves.release, _own_namespace(session)), wanted=wanted)
            return self._answer(session, shelves, asker, k, rules, True)

    def recommend_to_anybody(self, k: int = 10, *, rules: RuleSettings | None = None) -> Recommendations:
        """Recommend what is popular and diverse: an artist comes once.

        Raises
        ------
        ValueError
            k below 1.
        """
        _check(k)
        with self.session_factory() as session:
            if self.shelves is None:
                return popular_songs(session, OWN_SCHEME, k, feedback_of(session, 0))
            asker = ask_as_nobody(self.shelves.release, _own_namespace(session))
            return self._answer(session, self.shelves, asker, k, rules, True)

    def _need_release(self) -> Shelves:
        if self.shelves is None:
            raise NoReleaseError("nothing is published yet: run `songspace nightly` first")
        return self.shelves

    def _answer(
        self, session: Session, shelves: Shelves, asker: Asker, k: int, rules: RuleSettings | None,
        explain: bool,
    ) -> Recommendations:  # fmt: skip
        shelf = shelves.current(session)
        draft = self._draft(session, shelf, asker, k, rules, explain)
        return draft.answer(name_lists(session, shelf, [draft.songs])[0])

    def _draft(
        self, session: Session, shelf: Shelf, asker: Asker, k: int, rules: RuleSettings | None, explain: bool
    ) -> _Draft:
        ranked = self.rank_for(session, shelf, asker, k)
        settings = rules or RuleSettings()
        nothing_known = not len(ranked.grounds.listens) and asker.wanted is None
        if nothing_known:
            settings = replace(settings, artist_cap=1)
        ruled = apply_rules(
            ranked.rows,
            ranked.scores,
            k,
            catalogue=shelf.catalogue,
            vectors=shelf.vectors,
            settings=settings,
            banned=_banned(shelf, asker, ranked.rows),
            recent=shelf.catalogue.versions(_recently_heard(shelf, asker.listens)),
            known=asker.taste.rows,
            counts=shelf.counts,
            spares=shelf.spares,
        )
        grounds = ranked.grounds
        if not explain:
            grounds = Grounds.none(grounds.retrievers, grounds.signal)
        songs = explain_list(shelf, ruled, grounds, asker.namespace)
        return _Draft(asker.name, songs, shelf.release.name, POPULAR if nothing_known else None)

    def rank_for(self, session: Session, shelf: Shelf, asker: Asker, k: int = 10) -> Ranked:
        """Candidates for a list of k in order, before any rule."""
        release = shelf.release
        taste = asker.taste
        asks_new = bool((taste.rows >= shelf.n_rows).any())
        host = shelf.host if asks_new else release
        rows, weights = host.as_query(taste.rows[:QUERY_SONGS], taste.weights[:QUERY_SONGS])
        order = np.argsort(-weights, kind="stable")
        rows, weights = rows[order], weights[order]
        if not len(rows):
            return _without_taste(release, asker)
        query = build_query([rows], release.n_songs, [weights])
        history, plays = self._played_alike(session, release, asker)
        candidates = _candidates(release, asker, query, plays, max(_EACH, 2 * k))
        found, scales = release.taste_blend.score_candidates(query, candidates.rows)
        scores = found[0] * release.trust[candidates.rows]
        value = self._by_later_listens(session, release, asker, candidates.rows, scores, history, plays)
        if asker.wanted is not None:
            wanted = np.exp(asker.wanted[candidates.rows] - float(asker.wanted.max(initial=0.0)))
            value = _share(value) + _share(wanted)
        found_by = zip(candidates.rows.tolist(), candidates.retrievers.tolist(), strict=True)
        retrievers = {row: RETRIEVERS[number] for row, number in found_by}
        all_rows, all_scores = candidates.rows, scores
        if len(shelf.new) and asker.wanted is None:
            # Stand-ins ask the blend; how near a new song lies is better asked of the new songs themselves.
            near = (taste.rows, taste.weights) if asks_new else (rows, weights)
            new_rows, new_scores = _newcomers(shelf, *near, candidates.rows, scores)
            all_rows = np.concatenate([all_rows, new_rows])
            all_scores, value = np.concatenate([scores, new_scores]), np.concatenate([value, new_scores])
            retrievers |= dict.fromkeys(new_rows.tolist(), NEW)
        best = np.argsort(-value, kind="stable")
        listens = taste.rows[:QUERY_SONGS]
        parts = parts_of_query(host, listens, taste.weights[:QUERY_SONGS])
        grounds = Grounds(listens, parts, scales, retrievers, "popularity")
        return Ranked(all_rows[best], all_scores[best], grounds)

    def _played_alike(
        self, session: Session, release: Release, asker: Asker
    ) -> tuple[History | None, SparseRow]:
        """A user's listens as the ranker sees them, and what similar users play; nobody has none."""
        if asker.user_id is None:
            return None, SparseRow.nothing(release.n_songs)
        listeners = self.listeners(session, release)
        history = listeners.history(release, asker.listens)
        return history, listeners.similar.songs(history)

    def listeners(self, session: Session, release: Release) -> Listeners:
        """Everybody's listens, read on first use."""
        if self._listeners is None:
            self._listeners = Listeners.of(self._heard.get(session), release)
        return self._listeners

    def _by_later_listens(
        self, session: Session, release: Release, asker: Asker, rows: np.ndarray, scores: np.ndarray,
        history: History | None, plays: SparseRow,
    ) -> np.ndarray:  # fmt: skip
        """Values to sort candidates by: the scores, shared out anew in the order that the listens' ranker
        gives, where there is one.
        """
        ranker = release.parts.listen_ranker
        if ranker is None or history is None or not len(history.rows):
            return scores
        model = self.listeners(session, release).model
        interests = np.array([interest.vector for interest in asker.taste.interests])
        signals, features = model.raw_signals(history, interests, rows, scores, similar=plays)
        popularity = np.column_stack([model.popularity[rows], model.trend[rows]])
        order = ranker.order(signals, features, popularity, len(history.rows))
        value = np.empty_like(scores)
        value[order] = -np.sort(-scores)
        return value


def _check(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")


def _no_text_without_release(text: str | None) -> None:
    if text is not None:
        raise NoReleaseError("nothing is published yet that could place words: run `songspace nightly` first")


def _own_namespace(session: Session) -> str:
    """The scheme that most songs are named in: somebody who names nothing is answered in it."""
    return songs_repository.most_used_scheme(session) or OWN_SCHEME


def _candidates(
    release: Release, asker: Asker, query: sp.csr_matrix, plays: SparseRow, each: int
) -> Candidates:
    together = release.taste_blend.components["together_cosine"]
    assert isinstance(together, Neighbours)
    return gather_candidates(
        asker.taste,
        query,
        index=release.index,
        output_index=release.output_index,
        input_vectors=release.parts.input,
        together=together.matrix,
        catalogue=release.catalogue,
        from_similar_users=plays.at[np.argsort(-plays.values, kind="stable")],
        each=each,
    )


def _without_taste(release: Release, asker: Asker) -> Ranked:
    """What fits the text, or what is popular."""
    if asker.wanted is None:
        best = release.by_popularity[:_POPULAR]
        return Ranked(best, release.counts[best].astype(np.float32), Grounds.none({}, "popularity"))
    best = np.argsort(-asker.wanted, kind="stable")[:_MEANT]
    scores = np.exp(asker.wanted[best] - asker.wanted[best].max(initial=-np.inf)).astype(np.float32)
    grounds = Grounds.none(dict.fromkeys(best.tolist(), MEANING), MEANING)
    return Ranked(best, scores, grounds)


def _newcomers(
    shelf: Shelf, rows: np.ndarray, weights: np.ndarray, known: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The new songs nearest to the taste, with scores on the scale of the known candidates.

    `rows` are those of the taste; where new songs are among them, what is near to them is asked for.
    """
    own = shelf.vectors[rows]
    near = nearness(own, weights, shelf.new.vectors)
    best = np.argsort(-near * shelf.new.trust, kind="stable")[:_NEWCOMERS]
    best = best[near[best] > 0]
    some = slice(None, None, max(1, len(known) // _COMPARED))
    beside = nearness(own, weights, shelf.vectors[known[some]])
    if (rows >= shelf.n_rows).any():
        return shelf.n_rows + best, match_scores(near[best], beside, scores[some])
    found = score_newcomers(near[best], shelf.new.trust[best], beside, scores[some])
    return shelf.n_rows + best, found


def _share(values: np.ndarray) -> np.ndarray:
    """Values over the mean of the hundred largest."""
    top = np.sort(values)[::-1][:100]
    return np.asarray(values / max(float(top.mean()) if len(top) else 0.0, 1e-12))


def _banned(shelf: Shelf, asker: Asker, rows: np.ndarray) -> np.ndarray:
    """Rows that may not come: blocked and disliked songs and the picked ones, with all their versions, and
    what the mutes leave out.
    """
    said = np.concatenate([unwanted_songs(asker.feedback), asker.muted])
    unwanted = shelf.catalogue.versions(np.concatenate([shelf.rows(said), asker.picked]))
    taste, decisions = asker.taste, asker.decisions
    named = np.concatenate([decisions.muted_songs, decisions.muted_interests])
    if not taste.muted and not len(named):
        return unwanted
    among = np.union1d(rows, shelf.spares)
    muted = among[muted_rows(among, taste.interests, taste.muted, taste.rows, shelf.vectors)]
    return np.unique(np.concatenate([unwanted, muted, shelf.catalogue.versions(named)]))


def _recently_heard(shelf: Shelf, listens: Table) -> np.ndarray:
    times = listens[LISTENED_AT_S]
    if len(times) == 0:
        return np.zeros(0, dtype=np.int64)
    recent = times >= times.max() - RECENT_DAYS * _DAY_S
    return shelf.rows(np.unique(listens[SONG_ID][recent]))
