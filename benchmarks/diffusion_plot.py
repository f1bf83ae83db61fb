"""The figure of docs/generation.md, of what `diffusion_curves` left: python -m benchmarks.diffusion_plot."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

KINDS = ("genre", "key", "tempo", "lead")


def rows_of(folder: Path, part: str) -> list[dict[str, Any]]:
    """What a part left; nothing where it was not run."""
    path = folder / f"{part}.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def draw_shares(axes: Axes, rows: list[dict[str, Any]], part: str, label: str) -> None:
    """Shares of wishes that were fulfilled, against steps or guidance; real clips as dashes."""
    real, made = rows[0], rows[1:]
    x = [float(row[part]) for row in made]
    for number, kind in enumerate(KINDS):
        axes.plot(x, [row[kind] for row in made], "o-", color=f"C{number}", label=kind)
        axes.axhline(real[kind], color=f"C{number}", linestyle=":", linewidth=1)
    axes.set(xlabel=label, ylabel="wishes fulfilled (dots: real clips)", ylim=(0, 1.02))
    distance = axes.twinx()
    distance.plot(x, [row["distance"] for row in made], "k--", linewidth=1)
    distance.set(ylabel="Frechet distance (dashes)", ylim=(0, None))
    axes.legend(fontsize=7)


def draw_sizes(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Held-out loss against minutes of training, a line a size."""
    for row in rows:
        curve = row["curve"]
        axes.plot(
            [point["seconds"] / 60 for point in curve],
            [point["told"] for point in curve],
            "o-",
            markersize=3,
            label=f"{row['parameters']:.1f}M",
        )
    axes.set(xlabel="minutes on one core", ylabel="held-out loss (flow)", xscale="log")
    axes.legend(fontsize=7, title="parameters", title_fontsize=7)


def draw_targets(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Error of the clean latent by noise level, a line a target."""
    for row in rows:
        levels = [float(level) for level in row["errors"]]
        axes.plot(levels, list(row["errors"].values()), "o-", markersize=3, label=row["target"])
    axes.set(xlabel="log signal-to-noise ratio", ylabel="squared error of the clean latent", ylim=(0, 1.6))
    axes.legend(fontsize=7)


def main() -> None:
    """Draw what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--curves", type=Path, default=Path("var/diffusion-curves"))
    parser.add_argument("--out", type=Path, default=Path("docs/generation_curves.png"))
    given = parser.parse_args()
    figure = Figure(figsize=(10, 7.5), layout="constrained")
    panels = figure.subplots(2, 2)
    parts = {part: rows_of(given.curves, part) for part in ("targets", "sizes", "steps", "guidance")}
    if parts["targets"]:
        draw_targets(panels[0, 0], parts["targets"])
    if parts["sizes"]:
        draw_sizes(panels[0, 1], parts["sizes"])
    if parts["steps"]:
        draw_shares(panels[1, 0], parts["steps"], "steps", "steps")
        panels[1, 0].set_xscale("log")
    if parts["guidance"]:
        draw_shares(panels[1, 1], parts["guidance"], "guidance", "guidance scale")
    figure.savefig(given.out, dpi=110)


if __name__ == "__main__":
    main()
