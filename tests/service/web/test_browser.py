"""The main paths in headless Chromium: `pytest -m browser`, where Chromium is installed.

A real `songspace serve` over a small world, at desktop and phone width, its generator but tones: find, play,
like and see recommendations change; generate and stop; generate, choose a part, and add; write two songs and
rank them; by keys alone, too; every page without a word in the console and a call to another host; and
axe-core's opinion, where npm has it. Pictures of what was seen are left in `var/pages/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser_visits import CHROMIUM, LONG_MS, WIDTHS, Watched, chromium, serving
from tests.tiny_world import NOBODY, TinyWorld, copy_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
PAGES = ("/", "/library", "/library?show=playlists", "/song/1", "/taste", "/create", "/lyrics", "/admin")
Visit = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(browser: Any, tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a small world, with a worker that plays tones, and give the address."""
    home = copy_world(tiny_world, tmp_path_factory.mktemp("browser") / "home").home
    with serving(home, worker=["tests.tone_worker", str(home)]) as found:
        yield found


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Visit]:
    """Sit down before the page; nothing may be complained of in the end."""
    visits: list[Watched] = []

    def come(**how: Any) -> Watched:
        visits.append(Watched(browser, address, **how))
        return visits[-1]

    yield come
    for one in visits:
        one.close()
    assert [complaint for one in visits for complaint in one.complaints] == []


def titles(page: Any) -> list[str]:
    """Return the titles of the cards that are shown."""
    return list(page.locator(".card .title").all_inner_texts())


def wait_for_takes(page: Any, n: int) -> None:
    """Wait until so many takes stand on the page."""
    page.wait_for_function(f"document.querySelectorAll('.take').length >= {n}", timeout=LONG_MS)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_there_and_fits(visit: Visit, width: str, listener: str) -> None:
    watched = visit(listener=listener, width=width)
    for path in PAGES:
        watched.open(path)
        assert not watched.is_too_wide(), f"{path} is wider than the screen"
        watched.see(path.strip("/").replace("/", "-").replace("?", "-") or "home")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_newcomer_finds_plays_and_likes_a_song_and_is_recommended_others(visit: Visit, width: str) -> None:
    watched = visit(width=width)
    page = watched.page
    watched.open("/")
    page.fill("input[aria-label^='A new listener']", f"newcomer-{width}")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing is known of your taste yet")
    before = titles(page)
    page.click("nav li a[href='/library']")
    page.fill("input[aria-label='Search songs']", "the")
    page.wait_for_function("location.search.includes('q=the')")
    page.locator(".song .cover-button").first.click()
    page.wait_for_function("window.songspace.player.position > 0")
    wave = page.locator(".player .wave")
    wave.click(position={"x": wave.bounding_box()["width"] * 0.7, "y": 5})
    page.wait_for_function("window.songspace.player.position > 0.6 * window.songspace.player.duration")
    page.click(".player .like")
    page.wait_for_selector(".player .like[aria-pressed=true]")
    watched.see("played")
    page.click("nav li a[href='/']")
    page.wait_for_selector("text=Because of")
    assert titles(page) != before
    assert page.evaluate("window.songspace.player.current !== null"), "the player did not play on"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_generation_is_watched_and_stopped(visit: Visit, width: str, listener: str) -> None:
    watched = visit(listener=listener, width=width)
    page = watched.page
    watched.open("/create")
    page.fill("textarea", "calm solo piano")
    page.locator("input[aria-label=Seconds]").press("End")
    page.click("text=Make it")
    page.wait_for_selector(".emerging img[src*=preview]", timeout=LONG_MS)
    watched.see("emerging")
    page.locator(".generation .button", has_text="Stop").first.click()
    page.wait_for_selector("text=It was stopped.")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_generation_is_heard_rated_changed_and_added(visit: Visit, width: str, listener: str) -> None:
    watched = visit(listener=listener, width=width)
    page = watched.page
    watched.open("/create")
    page.fill("textarea", "driving techno")
    page.locator("input[aria-label=Seconds]").press("Home")
    page.locator("input[aria-label=Takes]").press("ArrowRight")
    there = page.locator(".take").count()
    page.click("text=Make it")
    wait_for_takes(page, there + 2)
    assert page.locator("input[aria-label=Takes]").input_value() == "2"
    page.click("button[aria-label^='Good: take 1']")
    page.wait_for_selector("button[aria-label^='Good: take 1'][aria-pressed=true]")
    page.click("button[aria-label^='Play take 2']")
    page.wait_for_function("window.songspace.player.position > 0")
    take = page.locator(".take").first
    take.locator("summary").click()
    box = take.locator(".wave-select").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_selector(".take .chosen")
    watched.see("take")
    take.locator("text=Make this part anew").click()
    wait_for_takes(page, there + 3)
    page.locator("text=Add to library").first.click()
    page.click("text=In the library", timeout=LONG_MS)
    page.wait_for_selector("text=generated here")


@pytest.mark.parametrize("width", WIDTHS)
def test_two_songs_are_written_ranked_and_looked_into(visit: Visit, width: str, listener: str) -> None:
    watched = visit(listener=listener, width=width)
    page = watched.page
    watched.open("/lyrics")
    page.fill("textarea", "a folk song about the sea")
    page.click("text=Write two, and choose")
    page.wait_for_function("document.querySelector('.lyric')?.innerText.length > 20")
    page.wait_for_selector("text=Which is better?", timeout=LONG_MS)
    page.locator(".lyric .line").first.click()
    page.wait_for_selector(".heat tbody td")
    watched.see("lyrics-written")
    assert not watched.is_too_wide()
    page.click("text=B is better")
    page.wait_for_selector("text=B is kept as the better one")


def test_keys_alone_find_play_like_and_generate(visit: Visit) -> None:
    watched = visit(listener=NOBODY)
    page = watched.page
    watched.open("/")
    watched.tab_to("nav a[href='/library']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".song")
    page.keyboard.press("/")
    page.keyboard.type("the")
    page.wait_for_function("location.search.includes('q=the')")
    page.wait_for_selector(".song")
    watched.tab_to(".song .cover-button")
    page.keyboard.press("Enter")
    page.wait_for_function("window.songspace.player.position > 0")
    page.keyboard.press("l")
    page.wait_for_selector(".player .like[aria-pressed=true]")
    watched.tab_to("nav a[href='/create']", by="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".form textarea")
    watched.tab_to(".form textarea")
    page.keyboard.type("calm solo piano")
    watched.tab_to(".form .button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".emerging")
    watched.tab_to(".generation .button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=It was stopped.")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(visit: Visit, width: str, listener: str) -> None:
    watched = visit(listener=listener, width=width)
    found = {}
    for path in PAGES:
        watched.open(path)
        found[path] = watched.serious()
    assert {path: one for path, one in found.items() if one} == {}


def test_axe_finds_nothing_serious_in_what_opens(visit: Visit, listener: str) -> None:
    watched = visit(listener=listener)
    page = watched.page
    found = {}
    for name, opener in (
        ("sheet", "button[aria-label^='More to do with']"),
        ("listener", "button.listener"),
        ("queue", ".player button[aria-label=Queue]"),
        ("shortcuts", ".player button[aria-label='Keyboard shortcuts']"),
    ):
        watched.open("/library")
        page.locator(opener).first.click()
        page.wait_for_timeout(600)  # what opens comes with a movement
        watched.see(name)
        found[name] = watched.serious()
    assert {name: one for name, one in found.items() if one} == {}
