"""Continuing lists: a stored playlist, some songs, or a file of cases. By score alone: only what is shown is
left out.

Songs in fewer lists than the vocabulary asks for are never proposed, but every known song may be asked with.
When nothing is known, the answer is what most lists hold, and says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import playlists as playlists_repository
from db.repositories import songs as songs_repository
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory
from pipelines.answers import POPULAR, SongList
from pipelines.release import Release
from pipelines.serving import name_rows, namespace_of
from recsys.evaluate import rank

_CASES_AT_ONCE = 64
_LONGEST_CASE = 10_000
# JSON has no such numbers, but 1e999 reads as one.
_NO_NUMBERS = (float("inf"), float("-inf"))


class BatchError(ValueError):
    """The file of cases cannot be read at all."""


@dataclass(frozen=True)
class BatchReport:
    """Lines answered, and lines that could not be."""

    answered: int
    malformed: int


@dataclass
class _Names:
    """Names of all songs in one namespace; songs without one there cannot be proposed in it."""

    refs: np.ndarray
    named: np.ndarray


@dataclass
class Continuer:
    """Continues lists from one release; keeps the names of a namespace once it was asked in it."""

    release: Release
    session_factory: SessionFactory
    _names: dict[str, _Names] = field(default_factory=dict)

    def continue_playlist(self, playlist: str, k: int = 20) -> SongList:
        """Songs that would go on a stored playlist.

        Raises
        ------
        NotFoundError
            There is no such playlist.
        """
        with self.session_factory() as session:
            playlist_id = playlists_repository.find_playlist(session, playlist)
            song_ids = playlists_repository.playlist_songs(session, playlist_id)
            return self._continue(session, np.array(song_ids, dtype=np.int64), k, namespace_of(playlist))

    def continue_songs(self, songs: Sequence[str], k: int = 20) -> SongList:
        """Songs that would go after these.

        Raises
        ------
        NotFoundError
            A song that the database does not hold.
        """
        with self.session_factory() as session:
            song_ids = [songs_repository.find_song(session, song) for song in songs]
            namespace = namespace_of(songs[0]) if songs else OWN_SCHEME
            return self._continue(session, np.array(song_ids, dtype=np.int64), k, namespace)

    def _continue(self, session: Session, song_ids: np.ndarray, k: int, namespace: str) -> SongList:
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        seen = _known(self.release, song_ids)
        rows, scores, unknown = self._rank([seen], k, np.ones((1, self.release.n_songs), dtype=bool))
        found = rows[0] >= 0
        songs = name_rows(self.release, session, rows[0, found], scores[0, found], namespace)
        return SongList(songs, self.release.name, POPULAR if unknown[0] else None)

    def _rank(
        self, seen: list[np.ndarray], k: int, allowed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each case rows (-1 for no more) and scores of the k best, and if popularity stood in."""
        release = self.release
        asked = [release.as_query(rows) for rows in seen]
        shown = [rows[rows < release.n_songs] for rows in seen]
        rows_asked, weights_asked = [rows for rows, _ in asked], [weights for _, weights in asked]
        scores = release.continuation.score(rows_asked, weights_asked, shown=shown, trust=release.trust)
        unknown = np.array([len(rows) == 0 for rows, _ in asked], dtype=bool)
        scores[unknown] = release.counts.astype(np.float32) / max(float(release.counts.max(initial=1)), 1.0)
        scores[~allowed] = -np.inf
        rows = rank(scores, shown, min(k, release.n_songs))
        return rows, np.take_along_axis(scores, np.maximum(rows, 0), axis=1), unknown

    def batch(
        self, cases: Path, out: Path, k: int, *, progress: Callable[[int], None] | None = None
    ) -> BatchReport:
        """Answer a file of cases, a JSON object a line, in order; the output appears whole or not at all.

        A line in: `{"id": ..., "songs": [...]}`. A line out: `{"id": ..., "songs": [...], "scores": [...]}`,
        with an `"unknown"` list for songs not found, `"fallback": "popular"` when nothing is known, and
        instead of all this an `"error"` for a malformed line.

        Raises
        ------
        BatchError
            The file cannot be opened.
        ValueError
            k below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
        answered = malformed = 0
        try:
            with temporary.open("w", encoding="utf-8") as file, self.session_factory() as session:
                for block in _blocks(cases):
                    for line in self._answer(session, block, k):
                        malformed += "error" in line
                        answered += "error" not in line
                        file.write(_line(line))
                    if progress is not None:
                        progress(answered + malformed)
            os.replace(temporary, out)
        finally:
            temporary.unlink(missing_ok=True)
        return BatchReport(answered, malformed)

    def _answer(self, session: Session, block: list[dict[str, Any]], k: int) -> list[dict[str, Any]]:
        """Answer some parsed lines together: one look-up of names, one pass through the blend."""
        good = [case for case in block if "error" not in case]
        refs = list(dict.fromkeys(ref for case in good for ref in case["songs"]))
        ids = songs_repository.find_songs(session, refs)
        of_ref = dict(zip(ids, self.release.rows(np.fromiter(ids.values(), np.int64, len(ids))), strict=True))
        seen, names = [], []
        for case in good:
            known = [int(of_ref[ref]) for ref in case["songs"] if of_ref.get(ref, -1) >= 0]
            case["unknown"] = [ref for ref in case["songs"] if of_ref.get(ref, -1) < 0]
            seen.append(np.array(list(dict.fromkeys(known)), dtype=np.int64))
            asked = [ref for ref in case["songs"] if of_ref.get(ref, -1) >= 0] or case["songs"]
            names.append(self._named(session, namespace_of(str(asked[0])) if asked else OWN_SCHEME))
        if good:
            allowed = np.array([name.named for name in names], dtype=bool)
            rows, scores, unknown = self._rank(seen, k, allowed)
            for i, case in enumerate(good):
                found = rows[i] >= 0
                answer = {
                    "id": case["id"],
                    "songs": names[i].refs[rows[i, found]].tolist(),
                    "scores": [round(float(score), 6) for score in scores[i, found]],
                }
                if case["unknown"]:
                    answer["unknown"] = case["unknown"]
                if unknown[i]:
                    answer["fallback"] = POPULAR
                case.clear()
                case.update(answer)
        return block

    def _named(self, session: Session, namespace: str) -> _Names:
        if namespace not in self._names:
            ids = self.release.song_ids[: self.release.n_songs].tolist()
            if namespace == OWN_SCHEME:
                found = {i: f"{OWN_SCHEME}:{i}" for i in ids}
            else:
                found = songs_repository.name_songs(session, ids, namespace)
            refs = np.array([found.get(i, "") for i in ids], dtype=object)
            named = np.array([i in found for i in ids], dtype=bool)
            # Nobody has a name there (a misspelled namespace): own ids are better than no answer.
            own_instead = not named.any() and namespace != OWN_SCHEME
            self._names[namespace] = self._named(session, OWN_SCHEME) if own_instead else _Names(refs, named)
        return self._names[namespace]


def _line(answer: dict[str, Any]) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a character, which only an escape can carry: it comes back as it came in.
        text = json.dumps(answer)
    return text + "\n"


def _known(release: Release, song_ids: np.ndarray) -> np.ndarray:
    """Rows of the songs that the release knows, each once, in order."""
    rows = release.rows(song_ids)
    return np.array(list(dict.fromkeys(rows[rows >= 0].tolist())), dtype=np.int64)


def _blocks(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Parsed cases, some at a time; a malformed line becomes `{"id": ..., "error": ...}`."""
    try:
        with path.open("rb") as file:
            block: list[dict[str, Any]] = []
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                block.append(_parse(line, number))
                if len(block) == _CASES_AT_ONCE:
                    yield block
                    block = []
            if block:
                yield block
    except OSError as error:
        raise BatchError(f"cannot read {path}: {error.strerror or error}") from None


def _parse(line: bytes, number: int) -> dict[str, Any]:
    """One line: {"id", "songs"} or {"id", "error"}."""
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "error": f"line {number}: not a JSON object"}
    if not isinstance(case, dict):
        return {"id": None, "error": f"line {number}: not a JSON object"}
    name = case.get("id")
    if (
        isinstance(name, bool)
        or not isinstance(name, str | int | float)
        or name in _NO_NUMBERS
        or name != name
    ):
        return {"id": None, "error": f"line {number}: `id` must be a number or a string"}
    songs = case.get("songs")
    if not isinstance(songs, list) or not all(
        isinstance(song, str | int) and not isinstance(song, bool) for song in songs
    ):
        return {"id": name, "error": f"line {number}: `songs` must be a list of song ids"}
    if len(songs) > _LONGEST_CASE:
        return {"id": name, "error": f"line {number}: more than {_LONGEST_CASE} songs"}
    return {"id": name, "songs": songs}
