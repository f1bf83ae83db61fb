"""A finished take: heard, compared, rated, changed, and put into the library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from nicegui import ui

from service.http.problems import Refused
from service.web.parts.buttons import button, guarded, heading, icon_button, link, set_pressed, text
from service.web.parts.slider import Slider, slider
from service.web.parts.song_list import clock
from service.web.seat import Seat
from service.work import generations, takes
from service.work.order import CONTINUATION, INPAINTING, VARIATION, EditOrder, Order, SoundSource
from service.work.states import GenerationState, Take
from service.work.takes import DISLIKE, LIKE

Submit = Callable[[Order], Awaitable[None]]
_SHORTEST_S = 0.5


class WaveSelect(ui.element, component="../static/wave_select.js"):
    """A waveform, a part of which can be chosen."""


@dataclass
class Chosen:
    """The part of a take that is chosen, in seconds."""

    start_s: float = 0.0
    end_s: float = 0.0


def for_player(state: GenerationState, take: Take) -> dict[str, Any]:
    """A take as the player bar takes it."""
    base = f"/web/made/{state.generation}"
    return {
        "id": -take.number,
        "title": called(state) + (f", take {take.number}" if len(state.takes) > 1 else ""),
        "artist": "generated here",
        "seconds": take.seconds,
        "url": f"{base}/{take.number}/sound",
        "peaks": f"{base}/{take.number}/peaks",
        "cover": f"{base}/cover",
        "unlisted": True,
        "group": state.generation,
    }


def called(state: GenerationState) -> str:
    """What a generation is called."""
    order = state.order
    name = order.title or order.prompt or order.genre or "From noise alone"
    return name[:1].upper() + name[1:]


def draw_takes(seat: Seat, state: GenerationState, submit: Submit) -> None:
    """The takes of a generation, best first."""
    with ui.element("ul").classes("takes"):
        for place, take in enumerate(state.takes):
            with ui.element("li").classes("panel take"):
                _take(seat, state, place, take, submit)


def _take(seat: Seat, state: GenerationState, place: int, take: Take, submit: Submit) -> None:
    sounds = [for_player(state, one) for one in state.takes]
    chosen = Chosen()
    with ui.element("div").classes("take-head"):
        name = f"take {take.number} of {called(state)}"
        icon_button("play_circle", f"Play {name}", lambda: seat.player.play_sounds(sounds, place, "Takes"))
        with ui.element("div").classes("about"):
            ui.label(f"Take {take.number}").classes("title")
            ui.label(_facts(state, take)).classes("soft")
        _rating(seat, state, take)
        _adding(seat, state, take)
    if take.is_copy:
        text("This take is very near to a clip that the generator learned from.", "notice")
    base = f"/web/made/{state.generation}/{take.number}"
    wave = WaveSelect()
    wave.props.update(
        {
            "peaks_url": f"{base}/peaks",
            "sound": f"{base}/sound",
            "seconds": take.seconds,
            "label": f"Waveform of take {take.number}, {take.seconds:.1f} seconds",
            "from": 0,
            "to": 0,
        }
    )
    wave.on("hear", lambda: seat.player.play_sounds(sounds, place, "Takes"))
    with ui.element("details").classes("edit"):
        with ui.element("summary"):
            ui.label("Change it")
        _edit(seat, state, take, wave, chosen, submit)


def _facts(state: GenerationState, take: Take) -> str:
    said = [clock(take.seconds)]
    if len(state.takes) > 1 and take.score is not None:
        said.append("best match" if take is state.takes[0] else f"match {take.score:.2f}")
    said.append(f"seed {take.seed}")
    return " · ".join(said)


def _rating(seat: Seat, state: GenerationState, take: Take) -> None:
    rating = take.rating
    hearts: dict[str, ui.element] = {}

    async def rate(kind: str) -> None:
        nonlocal rating
        wanted = None if rating == kind else kind
        await seat.ask(lambda: takes.rate(seat.service, state.generation, take.number, wanted))
        rating = wanted
        show()

    def show() -> None:
        for kind, made in hearts.items():
            set_pressed(made, rating == kind)

    for kind, icon, label in ((LIKE, "thumb_up", "Good"), (DISLIKE, "thumb_down", "Not good")):
        hearts[kind] = icon_button(icon, f"{label}: take {take.number}", partial(rate, kind), small=True)
    show()


def _adding(seat: Seat, state: GenerationState, take: Take) -> None:
    place = ui.element("div").classes("adding")

    def show(song: str | None) -> None:
        place.clear()
        with place:
            if song is None:
                button("Add to library", add, icon="library_add")
            elif song == "":
                text("is being added", "soft")
                ui.timer(1.5, guarded(look), once=True)
            else:
                link("In the library", f"/song/{song.rpartition(':')[2]}", "button")

    async def add() -> None:
        await seat.ask(lambda: takes.add_to_catalogue(seat.service, state.generation, take.number))
        show("")

    async def look() -> None:
        now = await seat.ask(lambda: generations.show(seat.service, state.generation))
        song = next(one.song for one in now.takes if one.number == take.number)
        if song:
            song = await seat.ask(partial(_number, seat, song))
            ui.notify("It is in the library now, and is recommended like any other song.")
        show(song)

    show(take.song)


def _number(seat: Seat, ref: str) -> str:
    from pipelines.show_song import song_id_of

    return str(song_id_of(seat.service.session_factory, ref))


def _edit(
    seat: Seat, state: GenerationState, take: Take, wave: WaveSelect, chosen: Chosen, submit: Submit
) -> None:
    sound = SoundSource(generation=state.generation, take=take.number)
    prompt = ui.input("What it is to sound like there", value=state.order.prompt or "").props(
        'outlined dense maxlength=500 autocomplete="off"'
    )
    prompt.classes("wide")
    text("Drag over the waveform to choose a part, or say it in seconds.", "soft")
    with ui.element("div").classes("field-row"):
        start = ui.number("From, seconds", value=0, min=0, max=take.seconds, step=0.1).props("outlined dense")
        end = ui.number("To, seconds", value=0, min=0, max=take.seconds, step=0.1).props("outlined dense")

    def show() -> None:
        wave.props["from"], wave.props["to"] = chosen.start_s, chosen.end_s
        wave.update()

    def dragged(event: Any) -> None:
        begins_s, ends_s = float(event.args["from"]), float(event.args["to"])
        # Each of the two tells `typed`, which reads both: what was dragged is kept behind them.
        start.value, end.value = round(begins_s, 1), round(ends_s, 1)
        chosen.start_s, chosen.end_s = begins_s, ends_s
        show()

    def typed() -> None:
        chosen.start_s, chosen.end_s = float(start.value or 0), float(end.value or 0)
        show()

    wave.on("select", dragged, throttle=0.05)
    start.on_value_change(typed)
    end.on_value_change(typed)
    strength = _strength()

    async def order(kind: str) -> None:
        if kind == INPAINTING:
            if chosen.end_s - chosen.start_s < _SHORTEST_S:
                raise Refused(422, "choose a part of the waveform first: drag over it")
            edit = EditOrder(kind, sound, start_s=round(chosen.start_s, 2), end_s=round(chosen.end_s, 2))
        elif kind == VARIATION:
            edit = EditOrder(kind, sound, strength=strength.value)
        else:
            edit = EditOrder(kind, sound)
        await submit(Order(prompt=(prompt.value or "").strip() or None, takes=1, edit=edit))

    with ui.element("div").classes("row-buttons"):
        button("Make this part anew", lambda: order(INPAINTING), icon="auto_fix_high")
        button("Go on from here", lambda: order(CONTINUATION), icon="east")
        button("Make a variation", lambda: order(VARIATION), icon="shuffle")
        for format in ("flac", "mp3"):
            file = link(
                f"Save as {format}",
                f"/web/made/{state.generation}/{take.number}/sound?format={format}&save=1",
            )
            file.classes("button quiet")
            file.props["download"] = f"songspace.{format}"


def _strength() -> Slider:
    with ui.element("div").classes("field-row slider-row"):
        ui.label("A variation stays near").classes("soft")
        made = slider("How far a variation may go", 0.1, 1.0, 0.05, 0.5)
        ui.label("goes far").classes("soft")
    return made


def draw_heading(state: GenerationState) -> None:
    """What was ordered, in a line."""
    heading(called(state))
    order = state.order
    said = [
        f"{order.tempo_bpm:.0f} bpm" if order.tempo_bpm else "",
        order.key or "",
        order.genre or "",
        f"to your taste × {order.taste.strength:.1f}" if order.taste else "",
        order.edit.kind if order.edit else "",
        *state.notes,
    ]
    text(" · ".join(one for one in said if one), "soft")
