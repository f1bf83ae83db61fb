"""Draw `flow.svg`, the one picture of the flow: `python docs/draw_flow.py`.

Tests compare it with the packages.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

FILE = Path(__file__).with_name("flow.svg")
_COLUMN, _ROW, _WIDTH, _HEIGHT, _EDGE, _TOP, _ROUND = 196, 150, 164, 92, 18, 56, 16


@dataclass(frozen=True)
class Box:
    """A part of the house: where it is drawn, its path in the repository ("" outside of it), what it does."""

    column: int
    row: int
    place: str
    lines: tuple[str, ...]

    @property
    def left(self) -> int:
        """Its left edge."""
        return _EDGE + self.column * _COLUMN

    @property
    def top(self) -> int:
        """Its upper edge."""
        return _TOP + self.row * _ROW


BOXES = {
    "files": Box(0, 0, "", ("What you have", "playlists, listens,", "tags, music files")),
    "ingest": Box(1, 0, "pipelines/ingest.py", ("reads any of it,", "knows songs again")),
    "database": Box(2, 0, "db", ("SQLite or PostgreSQL:", "what people did")),
    "night": Box(3, 0, "pipelines/nightly.py", ("each night, stage", "by stage, or not at all")),
    "release": Box(
        4, 0, "pipelines/release.py", ("a folder that never", "changes; one move", "publishes it")
    ),
    "service": Box(5, 0, "service", ("command line, HTTP,", "page, players")),
    "ear": Box(1, 1, "generation/audio/style_encoder.py", ("a frozen ear: places", "sounds in style space")),
    "door": Box(2, 1, "recsys/audio_tower.py", ("the door between", "style and song space")),
    "learning": Box(3, 1, "recsys", ("song space, tastes,", "candidates, ranker")),
    "asking": Box(4, 1, "pipelines/recommend.py", ("songs for somebody,", "and why")),
    "wish": Box(5, 1, "pipelines/create.py", ("a taste, words, songs:", "what to generate")),
    "studio": Box(1, 2, "generation/studio", ("composes music that", "knows what it is")),
    "training": Box(2, 2, "generation/training", ("learns from it, and", "says how well")),
    "weights": Box(3, 2, "generation/weights", ("what ships",)),
    "words": Box(4, 2, "generation/lyrics", ("next word by next", "word: lyrics")),
    "music": Box(5, 2, "generation/audio", ("from noise to a", "spectrogram to sound")),
}
ARROWS = (
    ("files", "ingest"), ("ingest", "database"), ("database", "night"), ("night", "release"),
    ("release", "service"), ("ingest", "ear"), ("ear", "door"), ("door", "learning"), ("night", "learning"),
    ("release", "asking"), ("asking", "service"), ("asking", "wish"), ("service", "wish"), ("wish", "music"),
    ("studio", "training"), ("training", "weights"), ("weights", "words"), ("weights", "music"),
    ("music", "service"), ("studio", "ear"),
)  # fmt: skip


def draw() -> str:
    """Return the picture."""
    width = 2 * _EDGE + 5 * _COLUMN + _WIDTH + _ROUND
    height = _TOP + 2 * _ROW + _HEIGHT + _EDGE + _ROUND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>From what people put together to songs, and from noise to music</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#5b6b82"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fbfbfd"/>',
        f'<text x="{_EDGE}" y="32" font-size="17" fill="#1d2a3a">One way in, one space, two ways out</text>',
    ]
    parts += [_arrow(BOXES[start], BOXES[end]) for start, end in ARROWS]
    parts += [_box(box) for box in BOXES.values()]
    return "\n".join([*parts, "</svg>", ""])


def _box(box: Box) -> str:
    fill = {0: "#e6effb", 1: "#e8f5ec", 2: "#fbf0e2"}[box.row] if box.place else "#ffffff"
    heading = box.place or box.lines[0]
    lines = box.lines if box.place else box.lines[1:]
    size = 13 if len(heading) < 21 else 11 if len(heading) < 27 else 8.5
    middle = box.left + _WIDTH // 2
    texts = [
        f'<text x="{middle}" y="{box.top + 24}" text-anchor="middle" font-weight="600" font-size="{size}" '
        f'fill="#1d2a3a">{escape(heading)}</text>'
    ]
    texts += [
        f'<text x="{middle}" y="{box.top + 46 + 17 * number}" text-anchor="middle" fill="#3c4a5e">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]
    frame = (
        f'<rect x="{box.left}" y="{box.top}" width="{_WIDTH}" height="{_HEIGHT}" rx="9" '
        f'fill="{fill}" stroke="#9fb0c6"/>'
    )
    return frame + "".join(texts)


def _arrow(start: Box, end: Box) -> str:
    if start.row == end.row and end.column - start.column > 1:  # Below what stands between.
        x1, x2, y = start.left + _WIDTH // 2, end.left + _WIDTH // 2, start.top + _HEIGHT
        return _path(f"M{x1} {y}v{_ROUND}H{x2}v-{_ROUND}")
    if start.column == end.column and abs(end.row - start.row) > 1:  # To the right of it.
        x, y1, y2 = start.left + _WIDTH, start.top + _HEIGHT // 2, end.top + _HEIGHT // 2
        return _path(f"M{x} {y1}h{_ROUND}V{y2}h-{_ROUND}")
    if start.row == end.row:
        y = start.top + _HEIGHT // 2
        ends = (
            (start.left + _WIDTH, end.left) if end.column > start.column else (start.left, end.left + _WIDTH)
        )
        line = (ends[0], y, ends[1], y)
    elif start.column == end.column:
        x = start.left + _WIDTH // 2
        ends = (start.top + _HEIGHT, end.top) if end.row > start.row else (start.top, end.top + _HEIGHT)
        line = (x, ends[0], x, ends[1])
    else:
        going_right = end.column > start.column
        x = start.left + (_WIDTH if going_right else 0)
        below = end.row > start.row
        line = (
            x - (24 if going_right else -24), start.top + (_HEIGHT if below else 0),
            end.left + (24 if going_right else _WIDTH - 24), end.top + (0 if below else _HEIGHT),
        )  # fmt: skip
    return _path("M{} {}L{} {}".format(*line))


def _path(steps: str) -> str:
    return f'<path d="{steps}" fill="none" stroke="#5b6b82" stroke-width="1.6" marker-end="url(#tip)"/>'


if __name__ == "__main__":
    FILE.write_text(draw(), encoding="utf-8")
