"""The main paths in headless Chromium: `pytest -m browser`, where Chromium is installed.

A real `songspace serve` over a small world: find, play, like and see recommendations change; generate and
stop; generate and add; every page at desktop and phone width without a word in the console and without a call
to another host; and axe-core's opinion, where npm has it. Pictures of what was seen are left in `var/pages/`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_world import NOBODY, TinyWorld, copy_world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
PAGES = ("/", "/library", "/library?show=playlists", "/song/1", "/taste", "/create", "/lyrics", "/admin")
WIDTHS = {"desktop": (1280, 800), "phone": (390, 844)}
ROOT = Path(__file__).resolve().parents[3]
PATIENCE_MS = 120_000.0
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required --mute-audio"
).split()


@pytest.fixture(scope="module")
def address(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a small world, with a worker, and give the address."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("browser") / "home")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "service.cli.main", "serve", "--port", str(port)]
    log = (world.home / "serve.log").open("w")
    environment = {**os.environ, "SONGSPACE_HOME": str(world.home)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    found = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{found}/readyz", process)
        yield found
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the service ended"
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the service did not start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield found
        found.close()


class Watched:
    """A page, and what it said and asked for that it should not."""

    def __init__(self, browser: Any, address: str, *, listener: str = "", width: str = "desktop") -> None:
        size = WIDTHS[width]
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, base_url=address)
        context.set_default_timeout(PATIENCE_MS)
        if listener:
            context.request.post("/web/listener", form={"user": listener})
        self.page = context.new_page()
        self.complaints: list[str] = []
        own = (address, "data:", "blob:", address.replace("http", "ws"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda one: None if one.url.startswith(own) else self._outside(one.url))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _outside(self, url: str) -> None:
        self.complaints.append(f"outside: {url}")

    def see(self, name: str) -> None:
        """Leave a picture."""
        folder = ROOT / "var" / "pages"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_there_without_a_word_of_complaint(
    browser: Any, address: str, width: str, tiny_world: TinyWorld
) -> None:
    watched = Watched(browser, address, listener=tiny_world.truth.user_refs[3], width=width)
    for path in PAGES:
        watched.page.goto(path)
        watched.page.wait_for_selector("h1")
        watched.page.wait_for_function("document.querySelectorAll('.skeleton').length === 0")
        broad = watched.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        assert not broad, f"{path} is wider than the screen"
        watched.see(f"{width}{path.replace('/', '-').replace('?', '-')}")
    assert watched.complaints == []


def test_a_song_is_found_played_and_liked_by_keys_alone(browser: Any, address: str) -> None:
    watched = Watched(browser, address, listener=NOBODY)
    page = watched.page
    page.goto("/")
    page.wait_for_selector("text=Nothing is known of your taste yet")
    page.goto("/library")
    page.wait_for_selector(".song")
    page.keyboard.press("/")
    page.keyboard.type("the")
    page.wait_for_function("location.search.includes('q=the')")
    page.wait_for_selector(".song")
    page.locator(".song .cover-button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("window.songspace.player.position > 0")
    page.keyboard.press("l")
    page.wait_for_selector(".player .like[aria-pressed=true]")
    watched.see("played")
    page.locator("nav a[href='/']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Because of")
    assert page.evaluate("window.songspace.player.current !== null"), "the player did not play on"
    assert watched.complaints == []


def test_a_generation_is_watched_and_stopped(browser: Any, address: str, tiny_world: TinyWorld) -> None:
    watched = Watched(browser, address, listener=tiny_world.truth.user_refs[3])
    page = watched.page
    page.goto("/create")
    page.fill("textarea", "calm solo piano")
    page.click("text=Make it")
    page.wait_for_selector(".emerging")
    page.click(".generation >> text=Stop")
    page.wait_for_selector("text=It was stopped.")
    assert watched.complaints == []


def test_a_generation_is_heard_rated_and_added(browser: Any, address: str, tiny_world: TinyWorld) -> None:
    watched = Watched(browser, address, listener=tiny_world.truth.user_refs[3])
    page = watched.page
    page.goto("/create")
    page.fill("textarea", "calm solo piano")
    page.locator("input[aria-label=Seconds]").press("Home")
    page.click("text=Make it")
    page.wait_for_selector(".emerging img[src*=preview]", timeout=400_000)
    watched.see("emerging")
    page.wait_for_selector(".take", timeout=400_000)
    page.click("button[aria-label^='Good: take 1']")
    page.wait_for_selector("button[aria-label^='Good: take 1'][aria-pressed=true]")
    page.click("button[aria-label^='Play take 1']")
    page.wait_for_function("window.songspace.player.position > 0")
    watched.see("take")
    page.click("text=Add to library")
    page.click("text=In the library", timeout=400_000)
    page.wait_for_selector("text=generated here")
    assert watched.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(browser: Any, address: str, path: str, tiny_world: TinyWorld) -> None:
    watched = Watched(browser, address, listener=tiny_world.truth.user_refs[3])
    watched.page.goto(path)
    watched.page.wait_for_selector("h1")
    watched.page.wait_for_function("document.querySelectorAll('.skeleton').length === 0")
    watched.page.add_script_tag(path=_axe())
    found = watched.page.evaluate("axe.run().then((one) => one.violations)")
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def _axe() -> Path:
    npm = shutil.which("npm")
    if npm is not None:
        root = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
        if (found := Path(root) / "axe-core" / "axe.min.js").is_file():
            return found
    pytest.skip("axe-core is not installed: npm install -g axe-core")
