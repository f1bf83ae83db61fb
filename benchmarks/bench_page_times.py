"""How long the pages of the player take in headless Chromium: `python -m benchmarks.bench_page_times`.

A real `songspace serve` over a home folder, by default the demo's (`songspace demo` makes it), started anew.
Each page is opened first by a browser that knows nothing (no cache, no connection), then again and again by
one that was here before, and at last by a click from another page. Times are since the browser began to
navigate: until the document is parsed (DOMContentLoaded) and until the content stands there (the songs, the
interests, the form: what the page is for, nothing of it still an outline). The table goes into docs/web.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path
from typing import Any

from benchmarks.pages import Report
from tests.browser_visits import chromium, serving

BOUND_S = 1.0
# A page: its name, its address, and what shows that its content is there.
PAGES = (
    ("Home", "/", ".card .title"),
    ("Library", "/library", ".song .title"),
    ("Playlists", "/library?show=playlists", ".list-card"),
    ("Song", "/song/25", ".songs .song .title"),
    ("Taste", "/taste", ".interest .title"),
    ("Create", "/create", ".form textarea"),
    ("Lyrics", "/lyrics", ".form textarea"),
    ("Admin", "/admin", ".table tbody td"),
)
_LOOK = """(wanted) => new Promise((done) => {
  const look = () => {
    const there = document.querySelector("h1") && document.querySelector(wanted);
    if (there && !document.querySelector(".skeleton")) requestAnimationFrame(() => done(performance.now()));
    else setTimeout(look, 4);
  };
  look();
})"""
_PARSED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
_CLICK = """([address, wanted]) => new Promise((done) => {
  const began = performance.now();
  document.querySelector(`nav a[href='${address}']`).click();
  const look = () => {
    const there = location.pathname === address && document.querySelector(wanted);
    if (!there || document.querySelector(".skeleton")) setTimeout(look, 4);
    else requestAnimationFrame(() => done(performance.now() - began));
  };
  look();
})"""
_LONGEST_MS = 60_000


def main() -> None:
    """Measure, print, and write the table into docs/web.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("SONGSPACE_HOME", "var")) / "demo")
    parser.add_argument("--listener", default="sample:linnea_bus9", help="whose pages they are")
    parser.add_argument("--times", type=int, default=5, help="later visits of each page")
    parser.add_argument("--no-write", action="store_true", help="leave docs/web.md as it is")
    given = parser.parse_args()
    report = Report("web.md", "page-times", writes=not given.no_write)
    with serving(given.home, SONGSPACE_NIGHTLY_CRON="off") as address, chromium() as browser:
        rows = [_measure(browser, address, given.listener, given.times, *page) for page in PAGES]
    report.line("| page | first visit: parsed | content there | later: parsed | content there | by a click |")
    report.line("|---|---|---|---|---|---|")
    for (name, *_), row in zip(PAGES, rows, strict=True):
        report.line(f"| {name} | " + " | ".join("" if one is None else f"{one:.2f} s" for one in row) + " |")
    slowest = max(one for row in rows for one in row if one is not None)
    report.line()
    report.line(
        f"First visits with an empty cache, later ones and clicks as medians of {given.times}; "
        f"the slowest {slowest:.2f} s, at most {BOUND_S:g} s are wanted."
    )
    report.done()


def _measure(
    browser: Any, address: str, listener: str, times: int, _: str, path: str, wanted: str
) -> tuple[float | None, ...]:
    """Seconds of one page: first visit parsed and there, later ones parsed and there, by a click."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=address)
    context.set_default_timeout(_LONGEST_MS)
    context.request.post("/web/listener", form={"user": listener})
    first = _visit(context, path, wanted)
    later = [_visit(context, path, wanted) for _ in range(times)]
    clicked = _clicked(context, path, wanted, times) if "?" not in path and path.count("/") == 1 else None
    context.close()
    return (
        *first,
        statistics.median(parsed for parsed, _ in later),
        statistics.median(there for _, there in later),
        clicked,
    )


def _visit(context: Any, path: str, wanted: str) -> tuple[float, float]:
    page = context.new_page()
    page.goto(path, wait_until="commit")
    there = page.evaluate(_LOOK, wanted) / 1000
    page.wait_for_load_state("domcontentloaded")
    parsed = page.evaluate(_PARSED) / 1000
    page.close()
    return parsed, there


def _clicked(context: Any, path: str, wanted: str, times: int) -> float:
    """Median seconds from a click on the way, on another page, until the content is there."""
    found = []
    other, sign = ("/lyrics", ".form textarea") if path != "/lyrics" else ("/library", ".song .title")
    page = context.new_page()
    for _ in range(times):
        page.goto(other)
        page.evaluate(_LOOK, sign)
        page.wait_for_timeout(300)
        found.append(page.evaluate(_CLICK, [path, wanted]) / 1000)
    page.close()
    return statistics.median(found)


if __name__ == "__main__":
    main()
