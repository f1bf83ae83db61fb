"""Music, playlists and listens that come in: a folder of this machine, or files that are sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nicegui import ui

from pipelines.ingest import ingest
from pipelines.sources.audio_stream import SUFFIXES
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, guarded, heading, text
from service.web.parts.send_files import draw_sending, draw_sending_folder
from service.web.seat import Seat
from service.web.uploads import MUSIC, said_of

_SHOWN = 20


def draw(seat: Seat) -> None:
    """Draw the panel."""
    with ui.element("section").classes("panel"):
        heading("Add music and playlists", hint=terms.MUSIC)
        with ui.element("div").classes("field-row"):
            field = ui.input("A folder or file on this machine", placeholder="/home/ann/Music").props(
                'outlined dense maxlength=1000 autocomplete="off"'
            )

            async def add() -> None:
                await _add(seat, (field.value or "").strip(), told)

            field.on("keydown.enter", guarded(add))
            button("Add it", add, icon="create_new_folder", kind="primary")
        told, uploaded = ui.element("div"), ui.element("div")

        def sent(name: str, answer: Mapping[str, Any]) -> None:
            _told(name, str(answer["said"]), [str(one) for one in answer["problems"]])

        async def kept(_: int) -> None:
            await guarded(lambda: _add(seat, str(seat.service.settings.home.resolve() / MUSIC), uploaded))()

        text(
            "Or send a folder of music from here, playlists (M3U, JSPF, XSPF) and listens (ListenBrainz, "
            "Last.fm):",
            "soft",
        )
        with ui.element("div").classes("row-buttons"):
            accepted = ",".join(sorted(SUFFIXES))
            draw_sending_folder("/web/send/music", "Send a music folder", accepted, uploaded, kept)
            draw_sending("/web/send/catalogue", "Send playlists or listens", "", uploaded, sent)
        uploaded.move(target_index=-1)


async def _add(seat: Seat, name: str, told: ui.element) -> None:
    path = Path(name).expanduser()
    if not name or not await seat.ask(path.exists):
        raise Refused(422, f"there is nothing at {name}" if name else "say which folder")
    told.clear()
    with told:
        waiting = text("It is read; music takes a while, and you may leave this page.", "soft")
    rows = 0

    def count(_: Path, n: int) -> None:
        nonlocal rows
        rows += n

    def look() -> None:
        if not waiting.is_deleted and rows:
            waiting.clear()
            with waiting:
                ui.label(f"It is read and listened to: {rows:,} so far.")

    with told:
        timer = ui.timer(1.0, look)
    service = seat.service
    try:
        report = await seat.change(
            "take in files",
            lambda: ingest(
                [path],
                session_factory=service.session_factory,
                releases=service.settings.home / "releases",
                progress=count,
            ),
        )
    finally:
        timer.cancel()
    if told.is_deleted:
        return
    told.clear()
    with told:
        problems = [f"{one.place}: {one.reason}" if one.place else one.reason for one in report.problems]
        _told(name, said_of(report), problems)


def _told(name: str, said: str, problems: list[str]) -> None:
    text(f"{name}: {said or 'nothing that was not there'}.", "good" if said else "soft")
    if said:
        text("The next night learns from it: run it below, or wait for it.", "soft")
    if problems:
        with ui.element("details"):
            with ui.element("summary"):
                things = "1 thing" if len(problems) == 1 else f"{len(problems)} things"
                ui.label(f"{things} could not be read")
            with ui.element("ul").classes("plain"):
                for one in problems[:_SHOWN]:
                    with ui.element("li"):
                        ui.label(one)
