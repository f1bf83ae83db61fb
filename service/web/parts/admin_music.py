"""Music, playlists and listens that come in: a folder of this machine, or files that are sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nicegui import ui

from pipelines.ingest import IngestReport, ingest
from pipelines.take_upload import UploadReport, take_upload
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, guarded, heading, text
from service.web.seat import Seat

_SHOWN = 20


def draw(seat: Seat) -> None:
    """Draw the panel."""
    with ui.element("section").classes("panel"):
        heading("Add music and playlists", hint=terms.MUSIC)
        with ui.element("div").classes("field-row"):
            field = ui.input("A folder or file on this machine", placeholder="/home/ann/Music").props(
                'outlined dense maxlength=1000 autocomplete="off"'
            )
            told = ui.element("div")

            async def add() -> None:
                await _add(seat, (field.value or "").strip(), told)

            field.on("keydown.enter", guarded(add))
            button("Add it", add, icon="create_new_folder", kind="primary")
        told.move(target_index=-1)
        uploaded = ui.element("div")

        async def sent(event: Any) -> None:
            data = await event.file.read()
            with uploaded:
                try:
                    report = await seat.change(
                        "take in a sent file",
                        lambda: take_upload(
                            seat.service.session_factory, seat.service.settings.home, data, "upload"
                        ),
                    )
                except Refused as refused:
                    text(f"{event.file.name}: {refused.detail}", "bad")
                    return
                _said(str(event.file.name), report, [str(one) for one in report.problems])

        files = ui.upload(
            label="Or send files: playlists (M3U, JSPF, XSPF), listens (ListenBrainz, Last.fm)",
            on_upload=sent,
            multiple=True,
            auto_upload=True,
            max_file_size=seat.service.settings.upload_mib << 20,
        )
        files.props("flat bordered").classes("wide uploads")


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
                ui.label(f"It is read: {rows:,} entries so far.")

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
        _said(name, report, problems)


def _said(name: str, report: IngestReport | UploadReport, problems: list[str]) -> None:
    counts = {"songs": report.songs, "playlists": report.playlists, "listens": report.listens}
    said = [f"{one.added:,} new {word}" for word, one in counts.items() if one.added]
    said += [f"{one.changed:,} {word} changed" for word, one in counts.items() if one.changed]
    text(f"{name}: {', '.join(said) or 'nothing that was not there'}.", "good" if said else "soft")
    if problems:
        with ui.element("details"):
            with ui.element("summary"):
                ui.label(f"{len(problems)} things could not be read")
            with ui.element("ul").classes("plain"):
                for one in problems[:_SHOWN]:
                    with ui.element("li"):
                        ui.label(one)
