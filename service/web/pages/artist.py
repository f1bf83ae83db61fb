"""An artist: what there is of theirs, album by album."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from db.repositories import browse
from db.repositories.browse import AlbumRow, ArtistRow
from service.http.problems import Refused
from service.web.parts.buttons import button, heading, text
from service.web.parts.song_list import picture, song_list
from service.web.seat import Seat
from service.web.songs import SongView, views_of

_MOST_SONGS = 500


@dataclass(frozen=True)
class Shelf:
    """An artist with their albums; songs without one stand in an album that has no title."""

    artist: ArtistRow
    albums: list[tuple[AlbumRow, list[SongView]]]

    @property
    def songs(self) -> list[SongView]:
        """All of it, in order."""
        return [song for _, songs in self.albums for song in songs]


async def build(seat: Seat, number: str) -> None:
    """Draw the page of an artist, by their number here."""
    if not number.isdecimal() or len(number) > 9:
        raise Refused(404, "there is no such artist")
    shelf = await seat.ask(lambda: _shelf(seat, int(number)))
    name, songs = shelf.artist.name, shelf.songs
    ui.page_title(f"{name} · Songspace")
    with ui.element("header").classes("hero artist"):
        picture(f"/web/artist/{shelf.artist.artist_id}/cover?size=480")
        with ui.element("div").classes("about"):
            heading(name, 1)
            albums = sum(bool(album.title) for album, _ in shelf.albums)
            counted = [f"{albums} albums"] if albums > 1 else []
            text(" · ".join([*counted, f"{len(songs)} songs" if len(songs) != 1 else "1 song"]), "soft")
            with ui.element("div").classes("row-buttons"):
                button("Play", lambda: seat.player.play(songs, 0, name), icon="play_arrow", kind="primary")
                button("Radio from here", lambda: seat.player.start_radio(songs[0]), icon="radio")
    for album, tracks in shelf.albums:
        heading(album.title or ("Without an album" if len(shelf.albums) > 1 else "Songs"))
        song_list(seat, tracks, source=album.title or name, numbered=bool(album.title))


def _shelf(seat: Seat, artist_id: int) -> Shelf:
    factory = seat.service.session_factory
    with factory() as session:
        found = browse.artists(session, [artist_id])
        if not found:
            raise Refused(404, "there is no such artist")
        rows = browse.album_rows(session, browse.albums_of(session, artist_id))
        numbers = [browse.songs_of_album(session, row.key) for row in rows]
    albums, left = [], _MOST_SONGS
    for row, ids in zip(rows, numbers, strict=True):
        songs = views_of(factory, ids[:left], seat.listener)
        left -= len(songs)
        if songs:
            albums.append((row, songs))
    return Shelf(found[0], albums)
