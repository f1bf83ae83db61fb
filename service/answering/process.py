"""The process that answers: one question at a time, with releases that it is told to load.

It ends when the service that began it does, however that comes about: its pipes end then.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from db.errors import DatabaseError
from db.session import Connections, make_engine, make_session_factory
from pipelines.listeners import HeardLately
from pipelines.recommend import Recommender
from pipelines.release_files import ReleaseError
from pipelines.unfolded_release import open_unfolded, read_in_release
from service.answering.question import Done, Order, Question, Reply

logger = logging.getLogger(__name__)

# The release that answers, and the one before or after it, which questions under way are of.
_RELEASES = 2
# The longest that a thread keeps another from Python, where by default it is 5 ms: an answer lets go of it a
# hundred times, and would come back to it that much later each time.
_TURN_S = 0.0005


class Recommenders:
    """Recommenders by the name of their release."""

    def __init__(self, home: Path, database_url: str, connections: Connections) -> None:
        self._home = home
        self._factory = make_session_factory(make_engine(database_url, connections))
        self._heard = HeardLately()
        self._ready: dict[str, Recommender] = {}

    def answer(self, question: Question) -> Reply:
        """Answer a question, if it can be answered here."""
        recommender = self._ready.get(question.release)
        if recommender is None:
            return None
        try:
            return recommender.recommend(
                question.user, question.k, rules=question.rules, explain=question.explain
            )
        except Exception as error:  # whatever it is, the service meets it too, and says so to whoever asked
            logger.debug("not answered: %s", error)
            return None

    def obey(self, order: Order) -> Done:
        """Have a release ready."""
        known = self._ready.get(order.release)
        if order.renew:
            self._heard = HeardLately()
        try:
            release = known.release if known else open_unfolded(self._home / "releases", order.release)
            fresh = Recommender(release, self._factory, self._heard)
            if known is None:
                read_in_release(self._home / "releases", order.release)
            warm(fresh)
        except Exception as error:  # a process that cannot answer leaves it to the others
            level = logging.WARNING if isinstance(error, ReleaseError) else logging.ERROR
            logger.log(level, "release %s cannot be asked here: %s", order.release, error)
            self._ready = {} if order.renew else self._ready
            return Done(order, False)
        if order.renew:
            self._ready = {}
        self._keep(order.release, fresh)
        return Done(order, True)

    def _keep(self, name: str, recommender: Recommender) -> None:
        others = {other: kept for other, kept in self._ready.items() if other != name}
        # In one step: questions are answered meanwhile.
        self._ready = {**dict(list(others.items())[1 - _RELEASES :]), name: recommender}


def warm(recommender: Recommender) -> None:
    """Make now what the first question would have to wait for; where that fails, the question finds out."""
    try:
        recommender.warm()
    except (DatabaseError, LookupError, ValueError) as error:
        logger.warning("a release was not warmed up: %s", error)


def keep_going() -> None:
    """Let nothing that this process does hold up its answers for long; called when most is imported."""
    from threadpoolctl import threadpool_limits

    sys.setswitchinterval(_TURN_S)
    # Products of small matrices take longer with threads, which wait for each other.
    threadpool_limits(1, user_api="blas")
    # Modules never go: to look through all that they hold for garbage takes a quarter of a second each time.
    gc.collect()
    gc.freeze()


def run(
    home: Path, database_url: str, connections: Connections, questions: Connection, orders: Connection
) -> None:
    """Answer questions and obey orders until nobody is there to have any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells the service, and the service us
    _alone()
    keep_going()
    recommenders = Recommenders(home, database_url, connections)
    threading.Thread(target=_obey, args=(recommenders, orders), name="orders", daemon=True).start()
    try:
        while True:
            questions.send(recommenders.answer(questions.recv()))
    except (EOFError, OSError):
        return


def _obey(recommenders: Recommenders, orders: Connection) -> None:
    _alone()
    try:
        orders.send(recommenders.obey(orders.recv()))
        keep_going()  # the first questions have imported the rest
        while True:
            orders.send(recommenders.obey(orders.recv()))
    except (EOFError, OSError):
        return


def _alone() -> None:
    """No threads beside this one: there is a process like this for each processor."""
    import faiss  # noqa: F401 - loaded, so that it is limited
    import lightgbm  # noqa: F401 - so is this
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
