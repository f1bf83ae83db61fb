"""A generation while it is made: how far it is, the spectrogram that emerges from noise, a way to stop."""

from __future__ import annotations

from nicegui import ui

from service.http.problems import Refused
from service.web.parts.buttons import button, text
from service.web.parts.states import failed
from service.web.parts.take_card import Submit, draw_heading, draw_takes
from service.web.seat import Seat
from service.work import generations
from service.work.events import CHECKING, LOADING, STEP, Event
from service.work.states import GenerationState

_EVERY_S = 0.4


def draw_generation(seat: Seat, state: GenerationState, submit: Submit) -> ui.element:
    """A generation: watched while it is open, its takes when it is done."""
    card = ui.element("article").classes("generation")
    with card:
        if state.is_open:
            _watch(seat, state, card, submit)
        else:
            _ended(seat, state, submit)
    return card


def _ended(seat: Seat, state: GenerationState, submit: Submit) -> None:
    draw_heading(state)
    if state.state == "done":
        draw_takes(seat, state, submit)
    elif state.state == "cancelled":
        text("It was stopped.", "soft")
    else:
        failed(state.reason or "it could not be made")


def _watch(seat: Seat, state: GenerationState, card: ui.element, submit: Submit) -> None:
    draw_heading(state)
    with ui.element("div").classes("emerging"):
        picture = ui.element("img").classes("noise")
        picture.props["alt"] = "The spectrogram, as it comes out of the noise"
        picture.props["src"] = "/web/static/noise.svg"
        progress = ui.element("progress")
        progress.props["max"] = "1"
        progress.props["value"] = "0"
        progress.props["aria-label"] = "How far it is"
        said = ui.label(_waiting(state)).props("role=status")
    after = 0
    seen = False

    async def stop() -> None:
        await seat.ask(lambda: generations.cancel(seat.service, state.generation))
        await look()

    button("Stop", stop, icon="stop")

    def show(event: Event) -> None:
        progress.props["value"] = f"{event.share_done:.3f}"
        progress.update()
        said.set_text(_said(event))
        if event.preview:
            picture.props["src"] = f"/web/made/{state.generation}/preview/{event.preview}"
            picture.update()

    async def look() -> None:
        nonlocal after, seen
        if card.is_deleted or seen:
            timer.cancel()
            return
        try:
            found = await seat.ask(lambda: generations.events(seat.service, state.generation, after))
            if not found and not after:
                waiting = await seat.ask(lambda: generations.show(seat.service, state.generation))
                said.set_text(_waiting(waiting))
            over = bool(found) and found[-1].is_last
            done = await seat.ask(lambda: generations.show(seat.service, state.generation)) if over else None
        except Refused as refused:
            timer.cancel()
            said.set_text(refused.detail)
            return
        if found and not over:
            after = found[-1].number
            show(found[-1])
        if done is not None and not seen:
            seen = True
            timer.cancel()
            card.clear()
            with card:
                _ended(seat, done, submit)
            ui.notify({"done": "It is done.", "cancelled": "It was stopped."}.get(done.state, "It failed."))

    timer = ui.timer(_EVERY_S, look)


def _waiting(state: GenerationState) -> str:
    if state.notice:
        return f"It waits: {state.notice}."
    return f"It waits for {state.ahead} before it." if state.ahead else "It begins in a moment."


def _said(event: Event) -> str:
    if event.kind == LOADING:
        return "The generator is loaded."
    if event.kind == CHECKING:
        return "It is listened to, and compared with what the generator learned from."
    if event.kind == STEP:
        step = f"Take {event.take} of {event.n_takes}, step" if event.n_takes > 1 else "Step"
        return f"{step} {event.step} of {event.n_steps} from noise to music."
    return "It has begun."
