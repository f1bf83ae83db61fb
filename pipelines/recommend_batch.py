"""Recommendations for everybody, into a file: blocks of users, worked on by an engine.

What is done is kept in a folder beside the file, `.NAME.partial/`: what was asked, and a line of JSON a user.
A run that broke off goes on behind the last whole line; when all are there the file appears, whole. Answers
of another release, another question or other users are begun anew, and so are those that are older than a
day. Memory holds some blocks of lines, whatever the number of users.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

from db.repositories import users as users_repository
from db.session import SessionFactory, make_engine, make_session_factory
from pipelines.answer_files import write_answers
from pipelines.engine import Engine, Local
from pipelines.recommend import Recommender
from pipelines.release_files import ReleaseError, check_files, current_name, release_names
from pipelines.stages import only_one
from pipelines.unfolded_release import open_unfolded
from recsys.rules import RuleSettings

logger = logging.getLogger(__name__)

BLOCK = 64
"""Users of a block: a second of work."""
# Fewer blocks are answered in this process: a worker loads the release first.
_ALONE = 6
_STALE_S = 86_400.0
_ASKED, _LINES = "asked.json", "lines.jsonl"


@dataclass(frozen=True)
class Question:
    """What everybody is answered, as a worker gets it.

    Attributes
    ----------
    home : Path
        Of the release.
    database : str
        URL.
    release : str, or None
        Name; None where nothing is published, and what is popular is the answer.
    """

    home: Path
    database: str
    release: str | None
    k: int
    rules: RuleSettings | None
    explain: bool


def recommend_everybody(
    out: Path, home: Path, session_factory: SessionFactory, k: int = 10, *,
    rules: RuleSettings | None = None, explain: bool = True, engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:  # fmt: skip
    """Write the recommendations of every user, in the order in which they are listed; returns how many users.

    The file appears whole or not at all. Each answer is the one that `Recommender.recommend` gives.

    Parameters
    ----------
    out : Path
        `.csv` and `.parquet` are tables of a row a song (pipelines/answer_files.py), all else is a line of
        JSON a user.
    progress : function of users done and users, optional

    Raises
    ------
    ValueError
        k below 1.
    JobRunningError
        Another process writes this file.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    with session_factory() as session:
        users = [(summary.user_id, summary.ref) for summary in users_repository.list_users(session)]
    url = session_factory.kw["bind"].url.render_as_string(hide_password=False)
    question = Question(home, url, _whole_release(home), k, rules, explain)
    folder = out.with_name(f".{out.name}.partial")
    with only_one(folder / "lock"):
        done = _begin(folder, _mark_of(question, users), users)
        if progress is not None:
            progress(done, len(users))
        blocks = _blocks(users[done:])
        answered = (engine or Local(1)).map(partial(answer_block, question), blocks, fewest=_ALONE)
        try:
            with (folder / _LINES).open("ab") as file:
                for lines in answered:
                    file.write("".join(lines).encode())
                    file.flush()
                    done += len(lines)
                    if progress is not None:
                        progress(done, len(users))
        finally:
            # In this process it must not outlive the question: it has read everybody's listens.
            _recommender.cache_clear()
        write_answers(folder / _LINES, out)
        shutil.rmtree(folder)
    return done


def answer_block(question: Question, users: Sequence[tuple[int, str]]) -> list[str]:
    """A line of JSON for each of these users, with its end; what a worker does."""
    recommender = _recommender(question.home, question.database, question.release)
    answers = recommender.recommend_many(users, question.k, rules=question.rules, explain=question.explain)
    return [json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in answers]


@lru_cache(maxsize=1)
def _recommender(home: Path, database: str, release: str | None) -> Recommender:
    """One a process: workers answer many blocks."""
    loaded = None if release is None else open_unfolded(home / "releases", release)
    return Recommender(loaded, make_session_factory(make_engine(database)))


def _whole_release(home: Path) -> str | None:
    """The published release, or the newest whole one before it (`pipelines.serving.open_release`)."""
    releases = home / "releases"
    published = current_name(releases)
    older = [name for name in reversed(release_names(releases)) if published is None or name < published]
    for name in [published, *older] if published else older:
        try:
            damage = check_files(releases, name)
        except ReleaseError as error:
            damage = [str(error)]
        if not damage:
            return name
        logger.warning("release %s is damaged: %s; trying the one before", name, "; ".join(damage))
    return None


def _mark_of(question: Question, users: Sequence[tuple[int, str]]) -> dict[str, object]:
    """What has to be the same for a run to go on where another broke off."""
    everybody = hashlib.sha256(repr(users).encode()).hexdigest()
    rules = None if question.rules is None else asdict(question.rules)
    return {"release": question.release, "k": question.k, "rules": rules, "explain": question.explain,
            "users": everybody}  # fmt: skip


def _begin(folder: Path, mark: dict[str, object], users: Sequence[tuple[int, str]]) -> int:
    """How many users are answered already; where they are not to be used, all is begun anew."""
    lines, asked = folder / _LINES, folder / _ASKED
    try:
        is_same = json.loads(asked.read_text(encoding="utf-8")) == mark
        if is_same and time.time() - lines.stat().st_mtime < _STALE_S:
            return _keep_whole_lines(lines, users)
    except (FileNotFoundError, ValueError):
        pass
    lines.unlink(missing_ok=True)
    temporary = folder / f".{_ASKED}"
    temporary.write_text(json.dumps(mark), encoding="utf-8")
    os.replace(temporary, asked)
    lines.touch()
    return 0


def _keep_whole_lines(path: Path, users: Sequence[tuple[int, str]]) -> int:
    """Cut the file off behind its last whole line of the right user, and return how many those are."""
    done = end = 0
    with path.open("r+b") as file:
        for line, (_, user) in zip(file, users, strict=False):
            try:
                if not line.endswith(b"\n") or json.loads(line)["user"] != user:
                    break
            except (ValueError, KeyError, TypeError):
                break
            done, end = done + 1, end + len(line)
        file.truncate(end)
    return done


def _blocks(users: Iterable[tuple[int, str]]) -> Iterator[tuple[tuple[int, str], ...]]:
    rest = iter(users)
    while block := tuple(islice(rest, BLOCK)):
        yield block
