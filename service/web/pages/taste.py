"""Taste: what is known of a listener, where that lies, who is near, and what is to be otherwise."""

from __future__ import annotations

import asyncio
from functools import partial

from nicegui import ui

from pipelines.answers import InterestAnswer, Neighbours, ProfileAnswer
from pipelines.edit_profile import DecisionsAnswer, decide, decisions, undo
from pipelines.explore import neighbours, profile
from service.web.parts import terms
from service.web.parts.axes import draw_axes
from service.web.parts.buttons import Load, button, heading, text
from service.web.parts.listener import draw_choice, shown_name
from service.web.parts.song_list import cover, song_list
from service.web.parts.space_map import draw_space_map
from service.web.parts.states import empty, fill, section
from service.web.seat import Seat, own_ref
from service.web.songs import SongView, in_order, views

_NEAR, _AXES = 6, 12
DOES = {
    "pin": ("Pin", "push_pin", "Pinned: it always counts fully."),
    "mute": ("Mute", "volume_off", "Muted: nothing near it is recommended."),
    "forget": ("Forget", "delete_sweep", "Its songs no longer count."),
}


async def build(seat: Seat) -> None:
    """Draw the page."""
    if not seat.listener:
        heading("Taste", 1)
        text("A taste is somebody's: say who listens.", "lead")
        if seat.visitor.is_admin:
            await draw_choice(seat)
        return
    heading(f"The taste of {shown_name(seat.listener)}", 1)
    if seat.now.release is None:
        empty("Nothing is learned yet: a night gives every song a place, and tastes with it.", icon="blur_on")
        return
    facts = ui.element("div")
    with ui.element("div").classes("columns"):
        interests, axes = section(), section()
    space = section()
    decided, near = section(), section()

    async def load(*, quiet: bool = False) -> None:
        def draw(found: tuple[ProfileAnswer, dict[str, SongView]]) -> None:
            answer, songs = found
            _interests(seat, answer, songs, load)
            facts.clear()
            with facts:
                _facts(answer)
            axes.clear()
            with axes:
                _axes(answer)

        await asyncio.gather(
            fill(seat, interests, lambda: _profile(seat), draw, quiet=quiet),
            fill(seat, decided, lambda: _decisions(seat), partial(_decided, seat, load=load), quiet=True),
        )

    with space:
        heading("Where you are", hint=terms.MAP)
        draw_space_map(seat)
    await load()
    await fill(seat, near, lambda: _neighbours(seat), partial(_near, seat), quiet=True)


def _profile(seat: Seat) -> tuple[ProfileAnswer, dict[str, SongView]]:
    factory = seat.service.session_factory
    answer = profile(seat.now.need, factory, seat.listener)
    named = [song for one in answer.interests for song in (one.medoid, *one.songs)]
    return answer, views(factory, named, seat.listener)


def _facts(answer: ProfileAnswer) -> None:
    said = [f"{answer.listens:,} listens to {answer.songs:,} songs"]
    said += [f"{answer.feedback[kind]} {word}" for kind, word in _WORDS if answer.feedback.get(kind)]
    if answer.forgotten:
        said.append(f"{answer.forgotten} songs forgotten")
    text(" · ".join(said), "soft")


_WORDS = (("like", "liked"), ("dislike", "disliked"), ("block", "never again"))


def _interests(seat: Seat, answer: ProfileAnswer, songs: dict[str, SongView], load: Load) -> None:
    heading("Interests", hint=terms.INTEREST)
    if not answer.interests:
        empty("Nothing is known yet. Play some songs, or like three of them.", action=("Home", "/"))
        return
    with ui.element("ul").classes("interests"):
        for interest in answer.interests:
            if interest.medoid.song in songs:
                with ui.element("li").classes(f"interest {interest.mark}"):
                    _interest(seat, interest, songs, load)


def _interest(seat: Seat, interest: InterestAnswer, songs: dict[str, SongView], load: Load) -> None:
    middle = songs[interest.medoid.song]
    cover(middle.id, 96)
    with ui.element("div").classes("about"):
        ui.label(f"{middle.title} · {middle.artist}").classes("title")
        others = [one.title for one in interest.songs if one.song in songs]
        ui.label(f"with {', '.join(others)}" if others else "by itself").classes("soft")
        bar = ui.element("span").classes("bar")
        bar.props["style"] = f"--share: {interest.weight:.3f}"
        bar.props["aria-hidden"] = "true"
        share = f"{interest.weight:.0%} of what you play"
        ui.label(f"{interest.mark}, {share}" if interest.mark else share).classes("why")
    with ui.element("div").classes("row-buttons"):
        if interest.mark:
            button("Take back", partial(_undo, seat, own_ref(middle.id), load), icon="undo", kind="quiet")
            return
        for do, (label, icon, said) in DOES.items():
            made = button(
                label, partial(_decide, seat, do, own_ref(middle.id), said, load), icon=icon, kind="quiet"
            )
            made.props["aria-label"] = f"{label} the interest in {middle.title}"
            made.props["title"] = said


async def _decide(seat: Seat, do: str, named: str, said: str, load: Load) -> None:
    service = seat.service
    await seat.ask(lambda: decide(seat.now.need, service.session_factory, seat.listener, do, named))
    ui.notify(said)
    await load(quiet=True)


async def _undo(seat: Seat, named: str | None, load: Load) -> None:
    service = seat.service
    await seat.ask(lambda: undo(seat.now.need, service.session_factory, seat.listener, named))
    ui.notify("Taken back")
    await load(quiet=True)


def _axes(answer: ProfileAnswer) -> None:
    heading("What you are", hint=terms.OWN_AXES)
    if answer.axes:
        draw_axes(answer.axes[:_AXES])
    else:
        text("No axes are learned yet: songs need tags for that.", "soft")


def _decisions(seat: Seat) -> DecisionsAnswer:
    return decisions(seat.service.session_factory, seat.listener)


def _decided(seat: Seat, answer: DecisionsAnswer, *, load: Load) -> None:
    if not answer.decisions:
        return
    heading("What you decided")
    with ui.element("ul").classes("plain"):
        for one in answer.decisions:
            with ui.element("li"):
                ui.label(f"{one.do}: the {one.what} {one.title} · {one.artist}")
    button("Take all of it back", partial(_undo, seat, None, load), icon="undo")


def _neighbours(seat: Seat) -> tuple[Neighbours | None, dict[str, SongView], str]:
    factory = seat.service.session_factory
    try:
        found = neighbours(seat.now.need, factory, seat.listener, _NEAR)
    except ValueError:
        return None, {}, "Nobody is near yet: nothing is known of your taste."
    shared = [song for one in found.neighbours for song in one.shared]
    return found, views(factory, shared, seat.listener), ""


def _near(seat: Seat, found: tuple[Neighbours | None, dict[str, SongView], str]) -> None:
    answer, songs, said = found
    heading(
        "Who is near",
        hint=terms.NEAR,
    )
    if answer is None or not answer.neighbours:
        text(said or "There is nobody else yet.", "soft")
        return
    with ui.element("ul").classes("radios"):
        for one in answer.neighbours:
            with ui.element("li").classes("panel near"):
                ui.label(shown_name(one.user)).classes("title")
                ui.label(f"likeness {one.similarity:.2f}").classes("soft")
                shared = in_order(one.shared, songs)
                if shared:
                    song_list(seat, shared, source=f"You and {shown_name(one.user)}")
