"""Lyrics: written word by word, from dull to unhinged; two to choose from, and what each word looked at."""

from __future__ import annotations

from functools import partial

import numpy as np
from nicegui import ui

from pipelines.rank_takes import rank_takes
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, explained, heading, text
from service.web.parts.slider import Slider, slider
from service.web.parts.states import empty, fill
from service.web.seat import Seat
from service.web.writers import LyricWish, Writing, looked_at, start_writing

PROMPTS = (
    "a folk song about the sea",
    "a sad blues about the last train",
    "a cheerful pop song about summer",
)
FORMS = {
    "": "As it comes",
    "verse chorus verse chorus": "Verse, chorus, verse, chorus",
    "verse verse verse": "Three verses",
    "verse chorus verse chorus bridge chorus": "With a bridge",
}
SCHEMES = {"": "No rhymes asked", "aabb": "aabb", "abab": "abab", "abcb": "abcb"}
_EVERY_S, _MOST_COLUMNS, _USUAL = 0.15, 48, 0.8
_WORDS = ((0.3, "dull"), (0.7, "sober"), (1.1, "lively"), (1.5, "wild"), (9.0, "unhinged"))


async def build(seat: Seat) -> None:
    """Draw the page."""
    heading("Lyrics", 1, hint=terms.LYRICS)
    with ui.element("div").classes("studio"):
        form = ui.element("div").classes("panel form")
        sheets = ui.element("section").props('aria-label="Written songs"')
    with sheets:
        empty("Say what the song is to be about, and it is written here, word by word.", icon="notes")
    with form:
        prompt = ui.textarea("What is it about?", placeholder=PROMPTS[0]).props(
            "outlined autogrow maxlength=500"
        )
        prompt.classes("wide")
        with ui.element("div").classes("picks"):
            for words in PROMPTS:
                button(words, partial(prompt.set_value, words), kind="quiet example")
        temperature = _temperature()
        shape = ui.select(FORMS, value="", label="Form").props("outlined dense").classes("wide")
        scheme = ui.select(SCHEMES, value="", label="Rhymes").props("outlined dense").classes("wide")
        running: list[Writing] = []

        async def write(n: int) -> None:
            for one in running:
                one.stopped = True
            running.clear()
            if scheme.value and not shape.value:
                raise Refused(422, "rhymes need a form: choose one")
            await _write(seat, sheets, running, n, lambda: LyricWish(
                (prompt.value or "").strip(), temperature.value, str(shape.value), str(scheme.value)
            ))  # fmt: skip

        button("Write", lambda: write(1), icon="edit", kind="primary big")
        with ui.element("div").classes("field-row"):
            button("Write two, and choose", lambda: write(2), icon="compare")
            explained(terms.CHOOSING)


def _temperature() -> Slider:
    with ui.element("div").classes("temperature"):
        with ui.element("div").classes("heading"):
            ui.label("Temperature")
            explained(terms.TEMPERATURE)
        made = slider("Temperature, from dull to unhinged", 0, 2, 0.05, _USUAL)
        with ui.element("div").classes("ends soft"):
            ui.label("dull")
            said = ui.label(_said(_USUAL))
            ui.label("unhinged")
        made.told.append(lambda now: said.set_text(_said(now)))
    return made


def _said(temperature: float) -> str:
    """A temperature with a word for it.

    >>> _said(0.8)
    '0.8 · lively'
    """
    return f"{temperature:g} · {next(word for most, word in _WORDS if temperature <= most)}"


async def _write(seat: Seat, sheets: ui.element, running: list[Writing], n: int, wish_now: object) -> None:
    assert callable(wish_now)
    wishes: list[LyricWish] = [wish_now() for _ in range(n)]
    if not wishes[0].prompt:
        raise Refused(422, "say what the song is to be about")
    sheets.clear()
    texts: list[str] = []
    with sheets:
        with ui.element("div").classes("sheets" if n > 1 else "sheets one"):
            papers = [ui.element("article").classes("panel paper") for _ in wishes]
        after = ui.element("div")
        looks = ui.element("div")
    for place, (wish, paper) in enumerate(zip(wishes, papers, strict=True)):
        with paper:
            if n > 1:
                heading("AB"[place])
            words = ui.element("pre").classes("lyric").props('role="status" aria-live="off"')
            with words:
                shown = ui.label("…")
            stop_place = ui.element("div")
        writing = await seat.ask(partial(start_writing, seat.service, wish))
        running.append(writing)
        with stop_place:
            button("Stop", partial(_stop, writing), icon="stop", kind="quiet")
        await _follow(writing, shown)
        if paper.is_deleted:
            return
        stop_place.clear()
        if writing.problem:
            with paper:
                text(f"{writing.problem[:1].upper()}{writing.problem[1:]}.", "bad")
            return
        texts.append(writing.text)
        words.clear()
        with words:
            _lines(seat, writing, looks)
    with after:
        if n > 1:
            _choose(seat, wishes[0].prompt, texts, after)
        text("Choose a line to see what its words looked at.", "soft")


def _stop(writing: Writing) -> None:
    writing.stopped = True


async def _follow(writing: Writing, shown: ui.label) -> None:
    import asyncio

    while not writing.over and not shown.is_deleted:
        await asyncio.sleep(_EVERY_S)
        if writing.parts and not shown.is_deleted:
            shown.set_text(writing.text)
    if shown.is_deleted:
        writing.stopped = True


def _lines(seat: Seat, writing: Writing, looks: ui.element) -> None:
    """The song, each sung line a button that shows what its words looked at."""
    number, title = 0, writing.take.song.title
    for line in writing.text.split("\n"):
        plain = line.strip()
        is_title = bool(title) and not number and plain == title
        if is_title or not plain or plain.startswith(("[", "#")):
            ui.label(line or "\u00a0").classes("mark")
            continue
        made = ui.element("button").classes("line").props("type=button")
        with made:
            ui.label(line)
        made.on("click", partial(_look, seat, writing, number, looks))
        number += 1


async def _look(seat: Seat, writing: Writing, line: int, looks: ui.element) -> None:
    from service.pictures.attention import columns

    def question() -> tuple[tuple[str, ...], list[str], np.ndarray, str]:
        found = looked_at(writing, line)
        seen, shares = columns(found, _MOST_COLUMNS)
        return found.looking, seen, shares, found.heads

    def draw(found: tuple[tuple[str, ...], list[str], np.ndarray, str]) -> None:
        looking, seen, shares, heads = found
        heading("What the words looked at", hint=terms.ATTENTION)
        text(heads, "soft")
        _heat(looking, seen, shares)

    await fill(seat, looks, question, draw, shape="picture")
    ui.run_javascript(f"getHtmlElement({looks.id}).scrollIntoView({{block: 'nearest', behavior: 'smooth'}})")


def _heat(looking: tuple[str, ...], seen: list[str], shares: np.ndarray) -> None:
    """A row a word of the line, a column a word before it: a table, so that it can be read, too."""
    top = max(float(shares.max()), 1e-9)
    heat = ui.element("div").classes("heat")
    heat.props('tabindex=0 role=region aria-label="Attention of the line"')
    with heat, ui.element("table"):
        with ui.element("thead"), ui.element("tr"):
            ui.element("td")
            for word in seen:
                with ui.element("th").props("scope=col"):
                    ui.label(word)
        with ui.element("tbody"):
            for word, row in zip(looking, shares.tolist(), strict=True):
                with ui.element("tr"):
                    with ui.element("th").props("scope=row"):
                        ui.label(word)
                    for before, share in zip(seen, row, strict=True):
                        cell = ui.element("td")
                        cell.props["style"] = f"--heat: {(share / top) ** 0.5:.3f}"
                        cell.props["title"] = f"{word} looked at {before}: {share:.0%}"


def _choose(seat: Seat, prompt: str, texts: list[str], place: ui.element) -> None:
    async def better(first: int) -> None:
        ordered = [texts[first], texts[1 - first]]
        factory = seat.service.session_factory
        await seat.ask(lambda: rank_takes(factory, prompt, ordered, user=seat.listener or None))
        place.clear()
        with place:
            text(f"{'AB'[first]} is kept as the better one. Thank you.", "good")

    heading("Which is better?", hint=terms.CHOOSING)
    with ui.element("div").classes("row-buttons"):
        for first in (0, 1):
            button(f"{'AB'[first]} is better", partial(better, first), icon="thumb_up")
