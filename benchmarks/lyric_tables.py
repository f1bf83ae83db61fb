"""The tables and the picture of the lyric models, from the figures on file, and into docs/lyrics.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Rows = Mapping[str, Mapping[str, Any]]
_COLOURS = ("#2f6db3", "#e07b26", "#3a9a5b", "#c8403f", "#8459b3", "#8a5a44", "#d268a8", "#8c8f2a")


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Each table in Markdown, by the name of its place in the page."""
    rows: Rows = figures.get("models", {})
    found: dict[str, str] = {}
    base = {name: row for name, row in rows.items() if not row["answers"]}
    if base:
        found |= {"ages": _ages(base), "places": _places(base), "probes": _probes(base)}
    if figures.get("songs"):
        found["songs"] = _songs(figures["songs"])
    if figures.get("cache"):
        found["cache"] = _table(
            ("model", "tokens", "with the cache", "without", "times as fast", "tokens"),
            [
                (name, f"{row['tokens']}", f"{row['with_s']:.2f} s", f"{row['without_s']:.2f} s",
                 f"{row['without_s'] / row['with_s']:.1f}", "the same" if row["same"] else "OTHERS")
                for name, row in figures["cache"].items()
            ],
        )  # fmt: skip
    return found


def put_into(page: Path, found: Mapping[str, str]) -> None:
    """Put tables into their places in a page, between `<!-- table NAME -->` and `<!-- end -->`."""
    text = page.read_text(encoding="utf-8")
    for name, table in found.items():
        place = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = place.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)  # type: ignore[misc]
    page.write_text(text, encoding="utf-8")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _ages(rows: Rows) -> str:
    return _table(
        (
            "run",
            "model",
            "parameters",
            "bits, chosen by",
            "bits, test",
            "training, s",
            "tokens read",
            "tokens/s",
        ),
        [
            (
                name,
                row["model"],
                f"{row['parameters']:,}",
                f"{row['valid_bits']:.4f}",
                f"{row['test_bits']:.4f}",
                _or_dash(row["train_s"], ",.0f"),
                _or_dash(row["trained_tokens"], ",.0f"),
                f"{row['tokens_per_s']:,.0f}",
            )
            for name, row in sorted(rows.items(), key=lambda item: -float(item[1]["test_bits"]))
        ],
    )


def _places(rows: Rows) -> str:
    places = [first for first, _ in max((row["places"] for row in rows.values()), key=len)]
    return _table(
        ("bits a byte from token", *map(str, places)),
        [(name, *(f"{bits:.3f}" for _, bits in row["places"])) for name, row in rows.items()],
    )


def _probes(rows: Rows) -> str:
    heads = [f"{kind}, {gap} words" for kind, gap, *_ in next(iter(rows.values()))["probes"]]
    return _table(
        ("accuracy, gain in bits", *heads),
        [
            (name, *(f"{accuracy:.2f}, {gain:+.2f}" for _, _, accuracy, _, gain in row["probes"]))
            for name, row in rows.items()
        ],
    )


def _songs(rows: Rows) -> str:
    names = (
        "end_rhyme",
        "syllables",
        "syllable_spread",
        "distinct_1",
        "distinct_2",
        "copied",
        "longest_copy",
    )
    return _table(
        ("songs", "T", "n", "end rhyme", "syllables", "spread", "distinct 1", "2", "copied", "longest",
         "valid", "topic"),
        [
            (
                row["of"],
                _or_dash(row["temperature"], ".1f"),
                f"{row['n_songs']:.0f}",
                *(_or_dash(row.get(name), ".2f" if name != "copied" else ".3f") for name in names),
                _or_dash(row["valid"], ".2f"),
                _or_dash(row.get("topic"), ".2f"),
            )
            for row in rows.values()
        ],
    )  # fmt: skip


def _or_dash(value: float | None, format: str) -> str:
    return "-" if value is None else f"{value:{format}}"


def _kind(row: Mapping[str, Any]) -> str:
    """The age of a model: counted ones are of one, whatever their length."""
    return "ngram" if "ngram" in row["model"] else str(row["model"])


def _alike(rows: Rows) -> dict[str, Mapping[str, Any]]:
    """The best run of each age, of those that read as many tokens as most did, so that they compare."""
    read = Counter(row["trained_tokens"] for row in rows.values() if row["trained_tokens"])
    common = read.most_common(1)[0][0] if read else None
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows.values():
        best = found.get(_kind(row))
        if row["trained_tokens"] in (None, common) and (
            best is None or row["valid_bits"] < best["valid_bits"]
        ):
            found[_kind(row)] = row
    return found


def draw(figures: Mapping[str, Any], out: Path) -> None:
    """Draw bits against parameters, bits by place, memory by distance, and copies against temperature."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    rows = {name: row for name, row in figures.get("models", {}).items() if not row["answers"]}
    (size, place), (memory, copies) = panels
    colours = dict(zip(dict.fromkeys(map(_kind, rows.values())), _COLOURS * 3, strict=False))
    series: dict[tuple[str, int], list[Any]] = {}
    for row in rows.values():
        series.setdefault((_kind(row), row["trained_tokens"] or 0), []).append(row)
    for (kind, tokens), ones in series.items():
        ordered = sorted(ones, key=lambda row: row["parameters"])
        label = f"{kind}, {tokens / 1e6:.1f} M tokens" if tokens else kind
        size.plot([r["parameters"] for r in ordered], [r["test_bits"] for r in ordered], "o-",
                  color=colours[kind], label=label)  # fmt: skip
    for kind, best in _alike(rows).items():
        colour = colours[kind]
        place.plot([p[0] + 1 for p in best["places"]], [p[1] for p in best["places"]], "o-", color=colour,
                   label=kind)  # fmt: skip
        for what, dash in (("name", "-"), ("rhyme", ":")):
            points = [(gap, accuracy) for kind_, gap, accuracy, _, _ in best["probes"] if kind_ == what]
            memory.plot(*zip(*points, strict=True), f"o{dash}", color=colour)
    size.set(xscale="log", xlabel="parameters", ylabel="bits a byte of held-back books")
    size.legend(fontsize=7)
    place.set(xscale="log", xlabel="token of the song, from", ylabel="bits a byte (as many tokens read)")
    place.legend(fontsize=7)
    memory.set(xlabel="words ago that a name (-) or a rhyme (:) was set", ylabel="found among the candidates")
    by_model: dict[str, list[Any]] = {}
    for row in figures.get("songs", {}).values():
        if row["temperature"] is not None and row.get("copied") is not None:
            by_model.setdefault(row["of"], []).append(row)
    for colour, (name, ones) in zip(_COLOURS * 3, by_model.items(), strict=False):
        copies.plot(
            [r["temperature"] for r in ones], [r["copied"] for r in ones], "o-", color=colour, label=name
        )
    for row in figures.get("songs", {}).values():
        if row["temperature"] is None and row.get("copied") is not None:
            copies.axhline(row["copied"], color="#6b7280", linewidth=0.8, linestyle="--")
    copies.set(xlabel="temperature", ylabel="six-word runs copied (dashed: real songs)")
    if by_model:
        copies.legend(fontsize=8)
    figure.savefig(out, dpi=110)
    plt.close(figure)
