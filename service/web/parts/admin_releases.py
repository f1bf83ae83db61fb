"""Releases: which one answers, those to go back to, and how good they are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from nicegui import ui

from pipelines.kept_releases import KeptRelease, kept_releases, roll_back
from service.web.parts import terms
from service.web.parts.buttons import button, heading, text
from service.web.parts.song_sheet import dialog
from service.web.parts.states import empty, fill
from service.web.parts.table import Cell, table
from service.web.seat import Seat

_METRICS = (
    ("ndcg@100", "NDCG@100"),
    ("r_precision", "R-precision"),
    ("recall@20", "Recall@20"),
    ("hr@10", "HR@10"),
)


async def draw(seat: Seat, place: ui.element, again: Callable[[], Awaitable[None]]) -> None:
    """Draw the panel."""
    home = seat.service.settings.home
    await fill(seat, place, lambda: kept_releases(home), lambda found: _draw(seat, found, again))


def _draw(seat: Seat, releases: tuple[KeptRelease, ...], again: Callable[[], Awaitable[None]]) -> None:
    heading("Releases", hint=terms.RELEASES)
    if seat.now.notice:
        text(f"{seat.now.notice[:1].upper()}{seat.now.notice[1:]}.", "notice")
    if not releases:
        empty("Nothing is published yet: add music or playlists, then run a night.", icon="inventory_2")
        return
    rows: list[list[Cell]] = []
    for one in releases:
        serving = one.name == seat.now.name
        state = "answers" if serving else "published" if one.published else "kept"
        last: Cell = partial(_back_button, seat, one, again) if not one.published and not one.problem else ""
        songs = one.manifest.get("songs")
        rows.append(
            [
                one.name,
                one.problem or state,
                f"{songs:,}" if isinstance(songs, int) else "",
                _ratio(one.manifest),
                last,
            ]
        )
    table(("Release", "State", "Songs", "Beside item-kNN", ""), rows, name="Releases")


def _back_button(seat: Seat, release: KeptRelease, again: Callable[[], Awaitable[None]]) -> None:
    button("Go back to it", lambda: _confirm(seat, release, again), icon="history", kind="quiet")


def _confirm(seat: Seat, release: KeptRelease, again: Callable[[], Awaitable[None]]) -> None:
    sheet = dialog(
        f"Go back to {release.name}?", "It answers from then on; what came in since keeps a place in it."
    )
    service = seat.service

    async def go() -> None:
        def do() -> None:
            roll_back(service.settings.home, service.session_factory, release.name)
            service.watch.look()

        sheet.close()
        await seat.change("roll back", do, release=release.name)
        ui.notify(f"{release.name} answers now")
        await again()

    with sheet.box, ui.element("div").classes("row-buttons"):
        button("Go back", go, icon="history", kind="primary")
        button("Leave it", sheet.close)


def _ratio(manifest: Mapping[str, Any]) -> str:
    ratio = manifest.get("evaluation", {}).get("knn_ratio")
    return "" if not ratio else f"× {ratio['mean']:.3f} ({ratio['low']:.3f} to {ratio['high']:.3f})"


async def draw_evaluation(seat: Seat, place: ui.element) -> None:
    """Draw how good the release is, beside its peers where they were measured."""

    def question() -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
        release = seat.now.release
        manifest = {} if release is None else release.manifest.get("evaluation", {})
        try:
            text = (seat.service.settings.home / "evaluation.json").read_text(encoding="utf-8")
            beside = json.loads(text)
        except (OSError, ValueError):
            beside = None
        return manifest, beside

    await fill(seat, place, question, lambda found: _evaluation(*found))


def _evaluation(measured: Mapping[str, Any], beside: Mapping[str, Any] | None) -> None:
    heading("How good it is", hint=terms.EVALUATION)
    if not measured:
        text("Nothing was measured: there is no release, or too few playlists to hold any back.", "soft")
        return
    rows: list[list[Cell]] = [
        ["this release", *(_estimate(measured["metrics"].get(name)) for name, _ in _METRICS)]
    ]
    for name, ndcg in sorted(measured.get("components", {}).items(), key=lambda one: -one[1]):
        rows.append([f"by {name} alone", f"{ndcg:.4f}", "", "", ""])
    table(("", *(shown for _, shown in _METRICS)), rows, name="The release on held-back playlists")
    text(f"{measured.get('n_cases', 0):,} held-back playlists.", "soft")
    models = [] if beside is None else beside.get("evaluation", {}).get("rows", [])
    if models:
        heading("Beside its peers", 3)
        rows = [
            [one["model"], *(_estimate(one["metrics"].get(name)) for name, _ in _METRICS)] for one in models
        ]
        table(("Model", *(shown for _, shown in _METRICS)), rows, name="Songspace beside its peers")


def _estimate(value: Any) -> str:
    return "" if not value else f"{value['mean']:.4f} ({value['low']:.3f} to {value['high']:.3f})"
