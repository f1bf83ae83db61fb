"""The player bar at the foot of every page: it plays on while pages come and go (static/player.js)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui

from pipelines.edit_profile import CLEAR, give_feedback
from pipelines.radio import play_radio
from service.http.problems import Refused
from service.web.seat import Seat, own_ref
from service.web.songs import SongView, in_order, views

RADIO_SONGS = 20


class PlayerBar(ui.element, component="../static/player.js"):
    """The bar itself."""


@dataclass
class Radio:
    """A radio that plays: where it began, and how far it is."""

    seeds: tuple[str, ...]
    seed: int
    after: int = 0


@dataclass
class Player:
    """Tells the bar what to play, and hears what it is asked for."""

    seat: Seat
    _bar: PlayerBar = field(init=False)
    _radio: Radio | None = None
    _marked: list[Callable[[int, str], None]] = field(default_factory=list)

    def draw(self) -> None:
        """Put the bar on the page."""
        self._bar = PlayerBar()
        self._bar.props["can_like"] = bool(self.seat.listener)
        self._bar.props["who"] = self.seat.listener
        self._bar.on("more", self._more)
        self._bar.on("liked", self._liked)

    def play(self, songs: Sequence[SongView], at: int = 0, source: str = "") -> None:
        """Play songs, from one of them on."""
        self._radio = None
        self._bar.run_method("playSongs", [one.for_player() for one in songs], at, source, False)

    def play_sounds(self, sounds: Sequence[dict[str, Any]], at: int = 0, source: str = "") -> None:
        """Play sounds that are no songs of the catalogue, as the bar takes them."""
        self._radio = None
        self._bar.run_method("playSongs", list(sounds), at, source, False)

    def enqueue(self, songs: Sequence[SongView], *, next: bool = False) -> None:
        """Queue songs behind the others, or right after this one."""
        self._bar.run_method("enqueue", [one.for_player() for one in songs], next)

    async def start_radio(self, song: SongView) -> None:
        """Play an endless radio that begins with a song.

        Raises
        ------
        Refused
        """
        radio = Radio((own_ref(song.id),), seed=int(time.time()))
        songs = await self._stretch(radio)
        self._radio = radio
        shown = [one.for_player() for one in songs]
        self._bar.run_method("playSongs", shown, 0, f"Radio from {song.title}", True)

    async def mark(self, song_id: int, kind: str) -> str:
        """Say what the listener thinks of a song: "like", "dislike", "block" or "clear".

        Raises
        ------
        Refused
        """
        if not self.seat.listener:
            raise Refused(409, "say first who listens: choose it at the top of the page")
        service, user = self.seat.service, self.seat.listener
        await self.seat.ask(
            lambda: give_feedback(
                service.session_factory, user, kind, own_ref(song_id), now_s=int(time.time())
            )
        )
        mark = "" if kind == CLEAR else kind
        self._bar.run_method("setMark", song_id, mark)
        for tell in list(self._marked):
            tell(song_id, mark)
        return mark

    def on_mark(self, tell: Callable[[int, str], None]) -> None:
        """Be told when something was said of a song, until the page is left."""
        self._marked.append(tell)

    def forget_page(self) -> None:
        """Another page is opened: those who were told are gone."""
        self._marked.clear()

    async def _liked(self, event: Any) -> None:
        try:
            await self.mark(int(event.args["id"]), str(event.args["kind"]))
        except Refused as refused:
            ui.notify(refused.detail, type="negative")

    async def _more(self) -> None:
        if self._radio is None:
            return
        try:
            self.enqueue(await self._stretch(self._radio))
        except Refused as refused:
            ui.notify(f"the radio ends here: {refused.detail}", type="warning")

    async def _stretch(self, radio: Radio) -> list[SongView]:
        service, now, user = self.seat.service, self.seat.now, self.seat.listener or None

        def asked() -> list[SongView]:
            answer = play_radio(
                now.shelves,
                service.session_factory,
                radio.seeds,
                RADIO_SONGS,
                after=radio.after,
                seed=radio.seed,
                user=user,
            )
            found = views(service.session_factory, answer.songs, user or "")
            return in_order(answer.songs, found)

        songs = await self.seat.ask(asked)
        radio.after += RADIO_SONGS
        return songs
