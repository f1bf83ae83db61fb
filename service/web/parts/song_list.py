"""Songs as rows of a list: cover, title, why, length, like, and more to do with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nicegui import ui

from service.web.parts.buttons import guarded, icon_button, set_pressed
from service.web.parts.song_sheet import open_sheet
from service.web.seat import Seat
from service.web.songs import SongView


def song_list(
    seat: Seat,
    songs: Sequence[SongView],
    *,
    source: str = "",
    notes: Mapping[int, str] | None = None,
    numbered: bool = False,
    extra: Callable[[int, SongView], None] | None = None,
) -> ui.element:
    """Rows of songs; playing one plays the list from there on.

    Parameters
    ----------
    source : str
        What the list is, for the queue.
    notes : mapping
        A line under a song, by its number.
    extra : function of place and song
        Draws further buttons.
    """
    rows = ui.element("ol").classes("songs numbered" if numbered else "songs")
    with rows:
        for place, song in enumerate(songs):
            with ui.element("li").classes("song") as row:
                row.props["data-song"] = song.id
                _row(seat, songs, place, source, (notes or {}).get(song.id, ""))
                if extra is not None:
                    extra(place, song)
    return rows


def _row(seat: Seat, songs: Sequence[SongView], place: int, source: str, note: str) -> None:
    song = songs[place]
    play = ui.element("button").classes("cover-button")
    play.props["type"] = "button"
    play.props["aria-label"] = f"Play {song.by}"
    with play:
        cover(song.id, 96)
        ui.icon("play_arrow" if song.playable else "music_off")
    play.on("click", guarded(lambda: seat.player.play(songs, place, source)))
    with ui.element("div").classes("about"):
        title = ui.element("a").classes("title")
        title.props["href"] = f"/song/{song.id}"
        with title:
            ui.label(song.title)
        by_line(song)
        if note:
            ui.label(note).classes("why").props["title"] = note
    ui.label(clock(song.seconds)).classes("length")
    if seat.listener:
        like_button(seat, song)
    icon_button("more_horiz", f"More to do with {song.title}", lambda: open_sheet(seat, song), small=True)


def by_line(song: SongView) -> None:
    """Who a song is by, with the way to what else there is of theirs."""
    with ui.element("div").classes("soft by"):
        if song.artist:
            artist = ui.element("a")
            artist.props["href"] = f"/artist/{song.artist_id}"
            with artist:
                ui.label(song.artist)
        if song.is_generated:
            ui.label("generated here")


def cover(song_id: int, size: int) -> ui.element:
    """The cover of a song; what it is called stands beside it."""
    return picture(f"/web/cover/{song_id}?size={size}")


def picture(source: str) -> ui.element:
    """A cover; what it belongs to stands beside it."""
    made = ui.element("img").classes("cover")
    made.props["src"] = source
    made.props["alt"] = ""
    made.props["loading"] = "lazy"
    return made


def like_button(seat: Seat, song: SongView) -> ui.element:
    """A heart that is full when the listener likes the song."""
    mark = song.mark

    async def pressed() -> None:
        await seat.player.mark(song.id, "clear" if mark == "like" else "like")

    made = icon_button("favorite_border", f"Like {song.title}", pressed, small=True).classes("like")

    def told(song_id: int, now: str) -> None:
        nonlocal mark
        if song_id == song.id and not made.is_deleted:
            mark = now
            set_pressed(made, now == "like", "favorite" if now == "like" else "favorite_border")

    told(song.id, mark)
    seat.player.on_mark(told)
    return made


def clock(seconds: float | None) -> str:
    """A length as people write it, "" where it is not known.

    >>> clock(61.4)
    '1:01'
    """
    if seconds is None:
        return ""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
