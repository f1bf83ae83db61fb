"""The service's side: processes that answer, asked one question each at a time."""

from __future__ import annotations

import logging
import queue
import threading
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Self

from pipelines.answers import Recommendations
from recsys.rules import RuleSettings
from service.answering.process import run
from service.answering.question import Done, Order, Question, Reply
from service.database import connections_of
from service.settings import Settings, available_cpus

logger = logging.getLogger(__name__)

MOST_BY_DEFAULT = 4
# A process that says nothing for so long is not going to.
ANSWER_S, ORDER_S = 60.0, 300.0
_END_S = 5.0
_WAIT_S = 1.0


class NotHeardError(Exception):
    """A process has ended, or says nothing."""


class Answerer:
    """One process."""

    def __init__(self, settings: Settings) -> None:
        context = get_context("spawn")
        self._questions, questions = context.Pipe()
        self._orders, orders = context.Pipe()
        given = (settings.home, settings.database_url, connections_of(settings, "answers", answers=True))
        self._process = context.Process(target=run, args=(*given, questions, orders), daemon=True)
        self._process.start()
        # Theirs: while we held them too, the end of the process would not be heard.
        questions.close()
        orders.close()

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return self._process.pid

    def ask(self, question: Question) -> Reply:
        """Ask, and wait for the answer.

        Raises
        ------
        NotHeardError
        """
        reply = _exchange(self._questions, question, ANSWER_S)
        assert reply is None or isinstance(reply, Recommendations)
        return reply

    def order(self, order: Order) -> bool:
        """Have it done, and say whether it was.

        Raises
        ------
        NotHeardError
        """
        done = _exchange(self._orders, order, ORDER_S)
        return isinstance(done, Done) and done.order == order and done.is_ready

    def end(self) -> None:
        """End the process at once: it only reads."""
        self._process.kill()
        self._process.join(_END_S)


class Answerers:
    """So many processes, begun at once, so that they import what they need while the service does; one that
    ends is begun again.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        chosen = settings.answering_processes
        n = min(available_cpus(), MOST_BY_DEFAULT) if chosen is None else chosen
        self._fresh = [Answerer(settings) for _ in range(n)]
        self._all: list[Answerer] = []
        self._free: queue.SimpleQueue[Answerer] = queue.SimpleQueue()
        self._release: str | None = None
        self._changing, self._listing = threading.Lock(), threading.Lock()
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pids(self) -> list[int]:
        """Of the processes that are asked."""
        return [pid for one in self._all if (pid := one.pid) is not None]

    def prepare(self, release: str, *, renew: bool = False) -> None:
        """Have a release ready to be asked, wherever it can be; called before it answers.

        Parameters
        ----------
        renew : bool
            What is kept of users is read again.
        """
        with self._changing:
            self._release = release
            # One after the other: meanwhile the rest answer as ever.
            for one in self._all:
                _order(one, Order(release, renew))
            while self._fresh and not self._ended:
                self._take(self._fresh.pop())

    def recommend(
        self, release: str, user: str, k: int, *, rules: RuleSettings | None, explain: bool
    ) -> Recommendations | None:
        """Recommend by the release of this name; None where no process can, and the service has to."""
        question = Question(release, user, k, rules, explain)
        while self._all and not self._ended:
            try:
                one = self._free.get(timeout=_WAIT_S)
            except queue.Empty:
                continue
            try:
                reply = one.ask(question)
            except NotHeardError as error:
                self._replace(one, str(error))
                continue
            self._free.put(one)
            return reply
        return None

    def end(self) -> None:
        """End all processes."""
        self._ended = True
        for one in [*self._all, *self._fresh]:
            one.end()
        with self._changing:
            for one in [*self._all, *self._fresh]:
                one.end()
            self._all, self._fresh = [], []

    def _replace(self, one: Answerer, why: str) -> None:
        """Begin another in the place of one."""
        if self._ended:
            return
        logger.warning("a process that answers is begun again: %s", why)
        with self._listing:
            self._all = [other for other in self._all if other is not one]
        one.end()
        threading.Thread(target=self._add, name="answerer", daemon=True).start()

    def _add(self) -> None:
        time.sleep(_WAIT_S)
        if self._ended:
            return
        fresh = Answerer(self._settings)
        with self._changing:
            self._take(fresh)
        if self._ended:
            fresh.end()

    def _take(self, one: Answerer) -> None:
        """Have questions asked of a process: once it is ready, or the first would wait for that."""
        assert self._release is not None
        _order(one, Order(self._release))
        with self._listing:
            self._all = [*self._all, one]
        self._free.put(one)


def _order(one: Answerer, order: Order) -> None:
    try:
        one.order(order)
    except NotHeardError as error:
        # Whoever asks it next finds it out, too, and has it replaced.
        logger.warning("a process that answers was not heard: %s", error)


def _exchange(connection: Connection, message: object, timeout_s: float) -> object:
    try:
        connection.send(message)
        if not connection.poll(timeout_s):
            raise NotHeardError(f"nothing for {timeout_s:g} s")
        return connection.recv()
    except (EOFError, OSError) as error:
        raise NotHeardError(f"it has ended ({type(error).__name__})") from None
