"""What stands in for an answer that needs a release where there is none: the popular songs."""

from __future__ import annotations

from dataclasses import asdict

from service.http.schemas import SongList
from service.http.snapshot import NO_RELEASE, Snapshot


def popular_instead(now: Snapshot, k: int) -> SongList:
    """The k most popular songs."""
    answer = now.recommender.recommend_to_anybody(k)
    songs = [
        {name: value for name, value in asdict(song).items() if name in ("song", "title", "artist", "score")}
        for song in answer.songs
    ]
    notice = now.notice or NO_RELEASE
    return SongList.model_validate({"songs": songs, "release": None, "fallback": "popular", "notice": notice})
