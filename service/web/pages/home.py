"""Home: what is made for whoever listens, each with its reason, and ways to begin for whoever is new."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from nicegui import background_tasks, ui

from pipelines.answers import Recommendations
from pipelines.discover import Discovery, discover
from pipelines.edit_profile import give_feedback
from pipelines.show_song import list_songs, search_page
from pipelines.submit_listens import user_listens
from recsys.rules import RuleSettings
from service.web.parts import terms
from service.web.parts.buttons import button, explained, heading, icon_button, link, text
from service.web.parts.listener import draw_choice, shown_name
from service.web.parts.slider import slider
from service.web.parts.song_card import reason, song_cards
from service.web.parts.song_list import cover, song_list
from service.web.parts.states import empty, fill, section
from service.web.seat import Seat, own_ref
from service.web.songs import SongView, in_order, views

_MADE, _WEEKLY, _RECENT, _RADIOS, _PICKS = 12, 30, 8, 5, 3
POPULAR = (
    "Nothing is known of your taste yet, so this is what many people play. Like three songs, or play some."
)


@dataclass(frozen=True)
class Listed:
    """Songs of an answer as a page shows them, with their reasons by number."""

    songs: list[SongView]
    notes: dict[int, str]


async def build(seat: Seat) -> None:
    """Draw the page."""
    if not seat.listener:
        await _welcome(seat)
        return
    hour = datetime.now().hour
    greeting = "Good morning" if 4 <= hour < 12 else "Good afternoon" if hour < 18 else "Good evening"
    heading(f"{greeting}, {shown_name(seat.listener)}", 1)
    if seat.now.notice:
        text(f"{seat.now.notice[:1].upper()}{seat.now.notice[1:]}.", "notice")
    adventure = 0.3
    made_head = ui.element("div").classes("section-head")
    made = section()
    weekly = section()
    radios = section()
    recent = section()

    def made_for_you() -> tuple[Recommendations, Listed]:
        answer = seat.now.recommend(seat.listener, _MADE, rules=RuleSettings.of_adventure(adventure))
        return answer, _listed(seat, answer)

    async def load(*, quiet: bool = False) -> None:
        await fill(seat, made, made_for_you, lambda found: _made(seat, *found), shape="cards", quiet=quiet)

    with made_head:
        heading("Made for you", hint=terms.MADE)
        with ui.element("div").classes("adventure"):
            ui.label("familiar").classes("soft")
            scale = slider("Adventure, from familiar to new", 0, 1, 0.1, adventure)
            ui.label("new").classes("soft")
            explained(terms.ADVENTURE)

    async def turned() -> None:
        nonlocal adventure
        adventure = scale.value
        await load(quiet=True)

    scale.element.on("change", turned)

    def said(_: int, __: str) -> None:
        if not made.is_deleted:
            background_tasks.create(load(quiet=True), name="made for you, anew")

    seat.player.on_mark(said)
    await load()  # first, and alone: what is below would take the processor from it
    await asyncio.gather(
        fill(seat, weekly, lambda: _week(seat), lambda found: _weekly(seat, *found), quiet=True),
        fill(seat, radios, lambda: _heard_most(seat), lambda songs: _radios(seat, songs), quiet=True),
        fill(seat, recent, lambda: _recently(seat), lambda songs: _recent(seat, songs), quiet=True),
    )


async def _welcome(seat: Seat) -> None:
    heading("Welcome to Songspace", 1)
    text(
        "A player that knows its songs by the company they keep. Say who listens, and what it plays will be "
        "about them.",
        "lead",
    )
    if seat.now.release is None and seat.visitor.is_admin:
        await _first_steps(seat)
    elif seat.now.notice:
        text(f"{seat.now.notice[:1].upper()}{seat.now.notice[1:]}.", "notice")
    if seat.visitor.is_admin:
        with ui.element("section").classes("panel"):
            heading("Who listens?")
            await draw_choice(seat)
    popular = section()
    await fill(
        seat,
        popular,
        lambda: _listed(seat, seat.now.recommender.recommend_to_anybody(_MADE)),
        lambda listed: _many(seat, listed),
        shape="cards",
    )


async def _first_steps(seat: Seat) -> None:
    """What is to be done where nothing was learned yet, and what of it is."""
    songs, _ = await seat.ask(lambda: list_songs(seat.service.session_factory, 0, 1))
    with ui.element("ol").classes("steps panel"):
        for place, (done, title, said) in enumerate(
            (
                (bool(songs), "Add music and playlists", "A folder of this machine, or sent from here."),
                (False, "Let it learn", "A night reads all of it, and gives every song a place."),
                (False, "Say who listens", "And play: what you like changes what is made for you."),
            ),
            start=1,
        ):
            with ui.element("li").classes("done" if done else ""):
                if done:
                    ui.icon("check").props('role=img aria-label="Done"')
                else:
                    ui.label(str(place)).classes("number").props("aria-hidden=true")
                with ui.element("div").classes("about"):
                    ui.label(title).classes("title")
                    ui.label(said).classes("soft")
        link("Run a night" if songs else "Add music", "/admin", "button primary")


def _many(seat: Seat, listed: Listed) -> None:
    if not listed.songs and seat.now.release is None and seat.visitor.is_admin:
        return  # the first steps say it
    heading("What many people play")
    if not listed.songs:
        empty(
            "There are no songs yet. Add a folder with music or some playlists.",
            action=("Add music", "/admin"),
        )
        return
    song_cards(seat, listed.songs, source="What many people play")


def _made(seat: Seat, answer: Recommendations, listed: Listed) -> None:
    if not listed.songs:
        empty(
            "There are no songs yet. Add a folder with music or some playlists.",
            action=("Add music", "/admin"),
        )
        return
    if answer.fallback:
        text(POPULAR, "notice")
        _onboarding(seat)
    if answer.relaxed:
        text(f"So that the list is full, a rule gave way: {', '.join(answer.relaxed)}.", "soft")
    song_cards(seat, listed.songs, source="Made for you", notes=listed.notes)


def _onboarding(seat: Seat) -> None:
    """Let somebody new pick three songs."""
    picked: dict[int, str] = {}
    with ui.element("div").classes("panel"):
        heading("Pick three songs that you like", 3)
        field = ui.input(placeholder="Search by title or artist").props(
            'outlined dense clearable type=search aria-label="Search for songs that you like"'
        )
        chosen = ui.element("div").classes("chips")
        found = ui.element("div").classes("picks")

        async def pick(song: SongView) -> None:
            if picked.pop(song.id, None) is None:
                picked[song.id] = song.by
            chosen.clear()
            with chosen:
                for name in picked.values():
                    ui.label(name).classes("chip")
            if len(picked) >= _PICKS:
                ids = list(picked)
                await seat.ask(lambda: _like(seat, ids))
                ui.notify("Thank you. This is what goes with them.")
                for song_id in ids[:1]:
                    await seat.player.mark(song_id, "like")

        async def search() -> None:
            words = (field.value or "").strip()

            def question() -> list[SongView]:
                factory = seat.service.session_factory
                songs, _ = search_page(factory, words, 0, 12) if words else list_songs(factory, 0, 12)
                return in_order(songs, views(factory, songs))

            def draw(songs: list[SongView]) -> None:
                for song in songs:
                    button(song.by, partial(pick, song), icon="add", kind="quiet")

            await fill(seat, found, question, draw, quiet=True)

        field.on("update:model-value", search, throttle=0.3)


def _like(seat: Seat, song_ids: list[int]) -> None:
    for song_id in song_ids:
        give_feedback(
            seat.service.session_factory, seat.listener, "like", own_ref(song_id), now_s=int(time.time())
        )


def _week(seat: Seat) -> tuple[Discovery | None, Listed]:
    if seat.now.release is None:
        return None, Listed([], {})
    week = datetime.now(UTC).strftime("%G-W%V")
    found = discover(seat.now.release, seat.service.session_factory, seat.listener, _WEEKLY, week=week)
    return found, _listed(seat, found)


def _weekly(seat: Seat, found: Discovery | None, listed: Listed) -> None:
    if found is None or not listed.songs:
        return
    source = f"Discoveries of week {int(found.week[-2:])}"
    with ui.element("div").classes("panel mix"):
        with ui.element("div").classes("mosaic"):
            for song in listed.songs[:4]:
                cover(song.id, 240)
        with ui.element("div").classes("about"):
            heading(
                source,
                hint=terms.WEEKLY,
            )
            why = (
                "What many people play, since little is known of you yet."
                if found.fallback
                else f"{len(listed.songs)} songs you have never heard, near to what you play: "
                f"{', '.join(dict.fromkeys(song.artist for song in listed.songs[:4]))} and others."
            )
            text(why, "soft")
            with ui.element("div").classes("row-buttons"):
                button(
                    "Play",
                    lambda: seat.player.play(listed.songs, 0, source),
                    icon="play_arrow",
                    kind="primary",
                )
                button("See the songs", lambda: rows.set_visibility(not rows.visible), icon="expand_more")
        rows = ui.element("div").classes("wide")
        with rows:
            song_list(seat, listed.songs, source=source, notes=listed.notes)
        rows.set_visibility(False)


def _heard_most(seat: Seat) -> list[SongView]:
    from pipelines.explore import profile

    if seat.now.release is None:
        return []
    played = profile(seat.now.release, seat.service.session_factory, seat.listener).most_played
    return in_order(played, views(seat.service.session_factory, played, seat.listener))[:_RADIOS]


def _radios(seat: Seat, songs: list[SongView]) -> None:
    if not songs:
        return
    heading("Radio", hint=terms.RADIO)
    with ui.element("ul").classes("radios"):
        for song in songs:
            with ui.element("li").classes("radio"):
                cover(song.id, 96)
                with ui.element("div").classes("about"):
                    ui.label(f"Radio from {song.title}").classes("title")
                    ui.label(song.artist).classes("soft")
                    ui.label("You play it most").classes("why")
                icon_button(
                    "radio",
                    f"Start a radio from {song.title}",
                    partial(seat.player.start_radio, song),
                )


def _recently(seat: Seat) -> list[SongView]:
    page = user_listens(seat.service.session_factory, seat.listener, 4 * _RECENT)
    found = views(seat.service.session_factory, page.listens, seat.listener)
    return list({song.id: song for song in in_order(page.listens, found)}.values())[:_RECENT]


def _recent(seat: Seat, songs: list[SongView]) -> None:
    if not songs:
        return
    heading("Recently heard")
    song_list(seat, songs, source="Recently heard")
    link("Your taste, from all that you heard", "/taste", "more")


def _listed(seat: Seat, answer: Recommendations | Discovery) -> Listed:
    found = views(seat.service.session_factory, answer.songs, seat.listener)
    notes = {found[one.song].id: reason(one) for one in answer.songs if one.song in found}
    return Listed(in_order(answer.songs, found), notes)
