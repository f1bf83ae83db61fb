"""Lists of the catalogue that people begin with: albums by an order, songs by chance or by tag, the tags."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.models import Album, Artist, Listen, Song, SongTag, Tag
from db.repositories.browse import AlbumKey

# From this weight on a tag is a song's genre: scored sources give every tag to every song.
FITS = 0.5


def album_page(session: Session, order: str, limit: int, offset: int) -> list[AlbumKey]:
    """Return a page of the albums with a title.

    Parameters
    ----------
    order : str
        "name", "artist", "newest" (the newest song first) or "random", each time another.

    Raises
    ------
    ValueError
        Another order.
    """
    keys = select(Album.id, Album.artist_id).join(Song, Song.album_id == Album.id)
    keys = keys.group_by(Album.id, Album.artist_id, Album.title_key)
    if order == "artist":
        keys = keys.join(Artist, Artist.id == Album.artist_id).group_by(Artist.name_key)
        keys = keys.order_by(Artist.name_key, Album.title_key, Album.id)
    elif order in ("name", "newest", "random"):
        keys = {
            "name": keys.order_by(Album.title_key, Album.id),
            "newest": keys.order_by(func.max(Song.id).desc()),
            "random": keys.order_by(func.random()),
        }[order]
    else:
        raise ValueError(f"order is name, artist, newest or random, got {order!r}")
    return [AlbumKey(*row) for row in session.execute(keys.limit(limit).offset(offset))]


def albums_listened(
    session: Session, user_id: int | None, limit: int, offset: int, *, lately: bool = False
) -> list[AlbumKey]:
    """Return albums by how often, or how lately, their songs were listened to: by one user, or everybody."""
    statement = select(Album.id, Album.artist_id).join(Song, Song.album_id == Album.id)
    statement = statement.join(Listen, Listen.song_id == Song.id).group_by(Album.id, Album.artist_id)
    if user_id is not None:
        statement = statement.where(Listen.user_id == user_id)
    by = func.max(Listen.listened_at_s) if lately else func.count()
    ordered = statement.order_by(by.desc(), Album.id).limit(limit).offset(offset)
    return [AlbumKey(*row) for row in session.execute(ordered)]


def albums_tagged(session: Session, tag: str, limit: int, offset: int) -> list[AlbumKey]:
    """Return albums that hold a song which this tag fits, by title."""
    statement = (
        select(Album.id, Album.artist_id)
        .join(Song, Song.album_id == Album.id)
        .join(SongTag, SongTag.song_id == Song.id)
        .join(Tag, Tag.id == SongTag.tag_id)
        .where(Tag.name == tag, SongTag.weight >= FITS)
        .group_by(Album.id, Album.artist_id, Album.title_key)
        .order_by(Album.title_key, Album.id)
    )
    return [AlbumKey(*row) for row in session.execute(statement.limit(limit).offset(offset))]


def albums_by_year(session: Session, first: int, last: int, limit: int, offset: int) -> list[AlbumKey]:
    """Return albums whose songs bear a year between two, by year: falling where the first is the later."""
    year = func.min(_year())
    statement = (
        select(Album.id, Album.artist_id)
        .join(Song, Song.album_id == Album.id)
        .group_by(Album.id, Album.artist_id, Album.title_key)
        .having(year.between(*_years(first, last)))
        .order_by(year.desc() if first > last else year, Album.title_key, Album.id)
    )
    return [AlbumKey(*row) for row in session.execute(statement.limit(limit).offset(offset))]


def all_songs(session: Session, limit: int, offset: int) -> list[int]:
    """Return songs in the order in which they came in."""
    statement = select(Song.id).order_by(Song.id).limit(limit).offset(offset)
    return list(session.execute(statement).scalars())


def random_songs(
    session: Session, limit: int, *, tag: str | None = None, years: tuple[int, int] | None = None
) -> list[int]:
    """Return songs by chance, each time others; with a tag, or of years."""
    statement = select(Song.id)
    if tag is not None:
        tagged = (
            select(SongTag.song_id)
            .join(Tag, Tag.id == SongTag.tag_id)
            .where(Tag.name == tag, SongTag.weight >= FITS)
        )
        statement = statement.where(Song.id.in_(tagged))
    if years is not None:
        statement = statement.where(_year().between(*_years(*years)))
    return list(session.execute(statement.order_by(func.random()).limit(limit)).scalars())


def songs_tagged(session: Session, tag: str, limit: int, offset: int) -> list[int]:
    """Return songs with a tag, those that it fits best first."""
    fits = func.max(SongTag.weight)
    statement = (
        select(SongTag.song_id)
        .join(Tag, Tag.id == SongTag.tag_id)
        .where(Tag.name == tag, SongTag.weight >= FITS)
        .group_by(SongTag.song_id)
        .order_by(fits.desc(), SongTag.song_id)
    )
    return list(session.execute(statement.limit(limit).offset(offset)).scalars())


def genres(session: Session, limit: int) -> list[tuple[str, int, int]]:
    """Return tags with how many songs and albums they fit, those of most songs first."""
    n_songs, n_albums = func.count(func.distinct(Song.id)), func.count(func.distinct(Song.album_id))
    statement = (
        select(Tag.name, n_songs, n_albums)
        .join(SongTag, SongTag.tag_id == Tag.id)
        .join(Song, Song.id == SongTag.song_id)
        .where(SongTag.weight >= FITS)
        .group_by(Tag.id, Tag.name)
        .order_by(n_songs.desc(), Tag.name)
    )
    return [(name, n, albums) for name, n, albums in session.execute(statement.limit(limit))]


def _year() -> ColumnElement[str]:
    """The year of a song as text: sources write numbers, dates, and what they like."""
    return func.substr(Song.attributes["year"].as_string(), 1, 4)


def _years(first: int, last: int) -> tuple[str, str]:
    low, high = sorted((first, last))
    return f"{low:04}", f"{high:04}"
