"""Visits in headless Chromium: a real `songspace serve` over a world, and pages that are watched."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    ),
    None,
)
WIDTHS = {"desktop": (1280, 800), "phone": (390, 844)}
ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "var" / "pages"
PATIENCE_MS = 120_000.0
# A generation is made at low priority, by a process that loads its model first.
LONG_MS = 400_000.0
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required --mute-audio"
).split()
_SHOWN = "document.querySelector('h1') && !document.querySelector('.skeleton')"


@contextmanager
def serving(home: Path, *, worker: Sequence[str] = (), **environment: str) -> Iterator[str]:
    """Serve a home folder, and give the address; with a worker of its own, or as a process of a module."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = ["service.cli.main", "serve", "--port", str(port), *(["--no-worker"] if worker else [])]
    given = {**os.environ, "SONGSPACE_HOME": str(home), **environment}
    with (home / "serve.log").open("w") as log, ExitStack() as ends:

        def start(words: Sequence[str]) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=given, stdout=log, stderr=log
            )
            ends.callback(process.wait, 60)
            ends.callback(process.terminate)
            return process

        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/readyz", start(command))
        if worker:
            start(worker)
        yield address


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the service ended"
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the service did not start")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield found
        found.close()


class Watched:
    """A page, and what it said and asked for that it should not."""

    def __init__(self, browser: Any, address: str, *, listener: str = "", width: str = "desktop") -> None:
        size = WIDTHS[width]
        self.width = width
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, base_url=address, has_touch=width == "phone"
        )
        self.context.set_default_timeout(PATIENCE_MS)
        if listener:
            self.context.request.post("/web/listener", form={"user": listener})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        own = (address, "data:", "blob:", address.replace("http", "ws"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda one: None if one.url.startswith(own) else self._outside(one.url))
        self.page.on("requestfailed", self._failed)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _outside(self, url: str) -> None:
        self.complaints.append(f"outside: {url}")

    def _failed(self, request: Any) -> None:
        # Whoever leaves a page gives up what it was loading.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def open(self, path: str) -> None:
        """Open a page, and wait until it is there."""
        self.page.goto(path)
        self.settle()

    def settle(self) -> None:
        """Wait until the page is there, and nothing of it is still being made."""
        self.page.wait_for_function(_SHOWN)

    def tab_to(self, selector: str, *, by: str = "Tab", most: int = 150) -> None:
        """Go by the tab key until an element has the focus."""
        for _ in range(most):
            self.page.keyboard.press(by)
            if self.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"the tab key does not reach {selector}")

    def is_too_wide(self) -> bool:
        """Whether the page is wider than the screen."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )

    def see(self, name: str) -> None:
        """Leave a picture."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{self.width}-{name}.png")

    def serious(self) -> list[str]:
        """What axe-core finds that is serious or worse; skips the test where npm has no axe-core."""
        self.page.add_script_tag(path=axe_core())
        found = self.page.evaluate("axe.run().then((one) => one.violations)")
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def close(self) -> None:
        """Leave."""
        self.context.close()


def axe_core() -> Path:
    """Find axe-core where npm has it; skips the test where it has not."""
    npm = shutil.which("npm")
    if npm is not None:
        root = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
        if (found := Path(root) / "axe-core" / "axe.min.js").is_file():
            return found
    pytest.skip("axe-core is not installed: npm install -g axe-core")
