"""What is recommended while there is no release, or no database: the songs that stand in most lists."""

from __future__ import annotations

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from db.repositories.refs import OWN_SCHEME
from pipelines.answers import POPULAR, Recommendation, Recommendations
from pipelines.asking import unwanted_songs
from pipelines.profiles import Table
from pipelines.reasons import SIGNALS
from pipelines.release import Release
from pipelines.serving import namespace_of

_MOST_POPULAR = 100_000


def popular_songs(session: Session, user: str, k: int, feedback: Table) -> Recommendations:
    """Straight from the database: the songs in most playlists and listens, one an artist."""
    banned = set(unwanted_songs(feedback).tolist())
    most = min(20 * k, _MOST_POPULAR) + len(banned)
    ids = [i for i in songs_repository.most_popular(session, most) if i not in banned]
    described = songs_repository.describe_songs(session, ids)
    names = songs_repository.name_songs(session, ids, namespace_of(user))
    artists: set[str] = set()
    first: list[int] = []
    more: list[int] = []
    for song_id in ids:
        song = described[song_id]
        (more if song.artist and song.artist in artists else first).append(song_id)
        artists.add(song.artist)
    relaxed = ("artist cap",) if more and len(first) < k else ()
    chosen = tuple(
        Recommendation(
            names.get(i, f"{OWN_SCHEME}:{i}"),
            described[i].title,
            described[i].artist,
            0.0,
            signal=SIGNALS["popularity"],
        )
        for i in [*first, *more][:k]
    )
    return Recommendations(user, chosen, None, POPULAR, relaxed)


def popular_in_release(release: Release, user: str, k: int) -> Recommendations:
    """Straight from a release, for when the database cannot be asked: the songs in most lists, one an artist,
    by our own ids.
    """
    artists = release.catalogue.artists
    songs = release.parts.songs
    taken: set[int] = set()
    chosen: list[Recommendation] = []
    for row in np.argsort(-release.counts, kind="stable").tolist():
        artist = int(artists[row])
        if artist >= 0 and artist in taken:
            continue
        taken.add(artist)
        ref, title, by = (
            f"{OWN_SCHEME}:{int(release.song_ids[row])}",
            songs["title"].iat[row],
            songs["artist"].iat[row],
        )
        chosen.append(Recommendation(ref, str(title), str(by), 0.0, signal=SIGNALS["popularity"]))
        if len(chosen) == k:
            break
    return Recommendations(user, tuple(chosen), release.name, POPULAR)
