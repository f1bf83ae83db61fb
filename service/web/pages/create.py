"""Create: a new track from words, a taste, or a song; watched while it comes out of the noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from nicegui import ui

from db.repositories.users import find_user
from generation.studio.piece import GENRES
from pipelines.show_song import search_page
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, explained, guarded, heading, icon_button
from service.web.parts.generation_job import draw_generation
from service.web.parts.slider import Slider, slider
from service.web.parts.states import empty, fill, section
from service.web.seat import Seat, own_ref
from service.web.songs import SongView, in_order, views, views_of
from service.work import generations
from service.work.order import LOOP, EditOrder, Order, TasteOrder
from service.work.states import GenerationState

_SHOWN = 8
_ANY = "any"
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
KEYS = {_ANY: "Any key"} | {
    f"{tonic} {mode}": f"{tonic} {mode}" for mode in ("major", "minor") for tonic in _TONICS
}
PROMPTS = (
    "slow jazz trio with a saxophone",
    "driving techno at 128 bpm",
    "calm solo piano in A minor",
)


@dataclass
class Wish:
    """What the form holds."""

    like: list[SongView] = field(default_factory=list)


async def build(seat: Seat, like: str = "") -> None:
    """Draw the page; `like` is the number of a song that the track is to resemble."""
    heading("Create", 1, hint=terms.NOISE)
    wish = Wish()
    if like.isdecimal() and len(like) < 10:
        factory = seat.service.session_factory
        wish.like = await seat.ask(lambda: views_of(factory, [int(like)], seat.listener))
    with ui.element("div").classes("studio"):
        form = ui.element("div").classes("panel form")
        results = ui.element("section").props('aria-label="What was made"')
    with results:
        fresh = ui.element("div").classes("fresh")
        before = section()

    async def submit(order: Order) -> None:
        state = await seat.ask(lambda: generations.submit(seat.service, order, user_id=_user_id(seat)))
        with fresh:
            card = draw_generation(seat, state, submit)
        card.move(target_index=0)
        ui.run_javascript(
            f"getHtmlElement({card.id}).scrollIntoView({{block: 'center', behavior: 'smooth'}})"
        )

    with form:
        _form(seat, wish, submit)

    def draw(found: list[GenerationState]) -> None:
        if not found:
            empty("What you make stands here.", icon="graphic_eq")
        for state in found:
            draw_generation(seat, state, submit)

    await fill(seat, before, lambda: _before(seat), draw, shape="picture")


def _form(seat: Seat, wish: Wish, submit: object) -> None:
    assert callable(submit)
    prompt = ui.textarea("What is it to sound like?", placeholder=PROMPTS[0]).props(
        "outlined autogrow maxlength=500 autofocus"
    )
    prompt.classes("wide")
    with ui.element("div").classes("picks"):
        for words in PROMPTS:
            button(words, partial(prompt.set_value, words), kind="quiet example")
    with ui.element("div").classes("pair"):
        genre = ui.select(
            {_ANY: "Any genre"} | {one: one.title() for one in GENRES}, value=_ANY, label="Genre"
        )
        key = ui.select(KEYS, value=_ANY, label="Key")
        tempo = ui.number("Tempo, bpm", min=40, max=220, placeholder="any")
        bars = ui.number("Loop, bars", min=1, max=16, placeholder="no loop")
        for one in (genre, key, tempo, bars):
            one.props("outlined dense")
    seconds = _slider("Seconds", 3, 30, 1, 10)
    takes = _slider("Takes", 1, 4, 1, 1, hint=terms.TAKES)
    strength = None
    if seat.listener:
        strength = _slider("Your taste", 0, 2, 0.1, 0, hint=terms.TASTE)
    _like(seat, wish)
    with ui.element("details"):
        with ui.element("summary"):
            ui.label("More")
        negative = (
            ui.input("What it is not to sound like").props("outlined dense maxlength=500").classes("wide")
        )
        seed = ui.number("Seed (the same seed makes the same sound)", min=0, max=2**31 - 8, precision=0)
        seed.props("outlined dense").classes("wide")

    async def make() -> None:
        n_bars = None if bars.value in (None, 0, "") else int(bars.value)
        order = Order(
            prompt=(prompt.value or "").strip() or None,
            negative_prompt=(negative.value or "").strip() or None,
            seconds=None if n_bars else float(seconds.value),
            seed=None if seed.value in (None, "") else int(seed.value),
            takes=int(takes.value),
            tempo_bpm=None if tempo.value in (None, "") else float(tempo.value),
            key=None if key.value == _ANY else str(key.value),
            genre=None if genre.value == _ANY else str(genre.value),
            taste=TasteOrder(float(strength.value)) if strength is not None and strength.value > 0 else None,
            like=tuple(own_ref(one.id) for one in wish.like),
            edit=EditOrder(LOOP, bars=n_bars) if n_bars else None,
        )
        await submit(order)

    button("Make it", make, icon="auto_awesome", kind="primary big")


def _slider(label: str, low: float, high: float, step: float, value: float, *, hint: str = "") -> Slider:
    with ui.element("div").classes("slider-row"):
        ui.label(label)
        made = slider(label, low, high, step, value)
        shown = ui.label(f"{value:g}").classes("soft")
        made.told.append(lambda now: shown.set_text(f"{now:g}"))
        if hint:
            explained(hint)
    return made


def _like(seat: Seat, wish: Wish) -> None:
    """Songs that the track is to resemble: found by their names."""
    box = ui.element("div").classes("like-box")

    def show() -> None:
        box.clear()
        with box:
            for song in wish.like:
                with ui.element("div").classes("chip removable"):
                    ui.label(f"like {song.by}")
                    icon_button("close", f"Not like {song.title}", partial(drop, song), small=True)
            field = ui.input("To be like a song").props(
                'outlined dense clearable type=search maxlength=200 autocomplete="off"'
            )
            field.classes("wide")
            found = ui.element("div").classes("picks")

            async def search() -> None:
                words = (field.value or "").strip()
                found.clear()
                if not words:
                    return
                songs = await seat.ask(lambda: _search(seat, words))
                found.clear()
                with found:
                    for song in songs:
                        button(song.by, partial(take, song), icon="add", kind="quiet")

            field.on("update:model-value", guarded(search), throttle=0.4, leading_events=False)

    def take(song: SongView) -> None:
        wish.like.append(song)
        show()

    def drop(song: SongView) -> None:
        wish.like.remove(song)
        show()

    show()


def _search(seat: Seat, words: str) -> list[SongView]:
    factory = seat.service.session_factory
    songs, _ = search_page(factory, words, 0, 6)
    return in_order(songs, views(factory, songs))


def _user_id(seat: Seat) -> int | None:
    if not seat.listener:
        return None
    with seat.service.session_factory() as session:
        return find_user(session, seat.listener)


def _before(seat: Seat) -> list[GenerationState]:
    owner = _user_id(seat)
    if owner is None and not seat.visitor.is_admin:
        raise Refused(409, "say first who listens")
    return generations.generations_before(seat.service, None, _SHOWN, user_id=owner)
