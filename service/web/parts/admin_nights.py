"""Nights: the stages that learn from everything, how long they took, and running them now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from db.repositories.nights import StoredNight
from pipelines.nightly import STAGES
from pipelines.stages import Work
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, heading, text
from service.web.parts.states import fill
from service.web.parts.table import table
from service.web.seat import Seat
from service.work.nights import ask_for_night, cancel_night, nights_before
from service.work.slots import has_worker
from service.work.states import NO_WORKER

_EVERY_S = 1.0
DOES = {
    "clean": "sorts out playlists and listens that say nothing",
    "corpus": "writes playlists down as sentences of songs",
    "song2vec": "gives every song a place, from the company it keeps",
    "cooccurrence": "counts which songs stand together",
    "index": "makes places quick to search",
    "words": "learns where words lie in the song space",
    "sounds": "learns where sounds lie in it",
    "axes": "learns directions such as rock or calm",
    "evaluate": "hides songs of playlists and counts how many are found",
    "listens": "learns what people play next",
    "ratings": "learns from likes of generated takes",
    "publish": "puts it all into a release, if it is no worse than the last",
}


async def draw(seat: Seat, place: ui.element, done: Callable[[], Awaitable[None]]) -> None:
    """Draw the panel; `done` is called when a night has ended."""

    def question() -> tuple[list[StoredNight], dict[str, tuple[str, str]], bool]:
        work = Work(seat.service.settings.home / "nightly")
        stamps = {stage: work.stamp(stage) for stage in STAGES}
        told = {
            stage: (f"{float(stamp['seconds']):,.1f} s", _counts(stamp["counts"]))
            for stage, stamp in stamps.items()
            if stamp is not None
        }
        return nights_before(seat.service, None, 5), told, has_worker(seat.service.settings.home)

    await fill(seat, place, question, lambda found: _draw(seat, place, done, *found))


def _draw(
    seat: Seat,
    place: ui.element,
    done: Callable[[], Awaitable[None]],
    nights: list[StoredNight],
    stages: dict[str, tuple[str, str]],
    works: bool,
) -> None:
    heading("Nights", hint=terms.NIGHTS)
    last = nights[0] if nights else None
    said = text(_said(last, works), "soft")
    with ui.element("div").classes("row-buttons"):
        if last is not None and last.is_open:
            number = last.number

            async def stop() -> None:
                await seat.change("stop a night", lambda: cancel_night(seat.service, number))
                await draw(seat, place, done)

            button("Stop it", stop, icon="stop")
        else:

            async def run() -> None:
                await seat.change("run a night", lambda: ask_for_night(seat.service))
                await draw(seat, place, done)

            button("Run it now", run, icon="nights_stay", kind="primary")
    rows = [[stage, DOES.get(stage, ""), *stages.get(stage, ("", "not done yet"))] for stage in STAGES]
    table(("Stage", "What it does", "Took", "Made"), rows, name="Stages of the night")
    if last is None or not last.is_open:
        return

    async def look() -> None:
        if place.is_deleted or said.is_deleted:
            timer.cancel()
            return
        try:
            now = (await seat.ask(lambda: nights_before(seat.service, None, 1)))[0]
        except Refused:
            return
        said.clear()
        with said:
            ui.label(_said(now, works))
        if not now.is_open:
            timer.cancel()
            await draw(seat, place, done)
            await done()

    timer = ui.timer(_EVERY_S, look)


def _said(night: StoredNight | None, works: bool) -> str:
    if night is None:
        return "No night was run from here yet."
    if night.is_open and not works:
        return f"It waits: {NO_WORKER}."
    if night.is_open:
        at = STAGES.index(night.stage) + 1 if night.stage in STAGES else 0
        return f"At work: {night.stage}, stage {at} of {len(STAGES)}." if at else "It begins in a moment."
    ended = f" at {night.finished_at:%d %B, %H:%M} UTC" if night.finished_at else ""
    why = f": {night.reason}" if night.reason else ""
    return f"The last night was {night.state}{ended}{why}."


def _counts(counts: object) -> str:
    if not isinstance(counts, dict):
        return ""
    plain = [f"{name} {value:,}" for name, value in counts.items() if isinstance(value, int)]
    return ", ".join(plain[:3])
