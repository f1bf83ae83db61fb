"""`songspace releases`: what is published, what is kept, whether it is whole, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_error, print_json, print_line, print_table
from service.cli.database import open_database
from service.cli.options import Json
from service.cli.state import settings_of

if TYPE_CHECKING:
    from pipelines.kept_releases import KeptRelease

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="A release, as `releases list` names it.")]

app = typer.Typer(no_args_is_help=False)


@app.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the releases that are kept, newest first."""
    from pipelines.kept_releases import kept_releases

    releases = kept_releases(settings_of(ctx).home)
    if as_json:
        print_json({"releases": [_summary(release) for release in releases]})
    elif not releases:
        print_line("There are no releases yet: `songspace nightly` makes them.")
    else:
        rows = [_summary(release) for release in releases]
        columns = ["songs", "lists", "cases", "ndcg@100", "times item-kNN"]
        print_table(
            ["release", "state", *columns],
            [[row["name"], row["state"], *(row[column] for column in columns)] for row in rows],
        )


@app.command("show")
def show_one(ctx: typer.Context, name: Name = None, as_json: Json = False) -> None:
    """Show how a release was made and how it measured; by default the published one."""
    from pipelines.kept_releases import find_release

    release = find_release(settings_of(ctx).home, name)
    if as_json:
        print_json(dict(release.manifest) | {"published": release.published})
        return
    facts: dict[str, Any] = dict(release.manifest)
    files = facts.get("files", {})
    n_bytes = sum(int(file.get("bytes", 0)) for file in files.values())
    rows: dict[str, Any] = _summary(release) | {
        "made at": facts.get("created_at"),
        "songs beyond": facts.get("tail"),
        "seed": facts.get("seed"),
        "files": f"{len(files)}, {n_bytes / 2**20:.1f} MiB",
    }
    for part in ("song2vec", "alignment"):
        rows |= {f"{part} {key}": value for key, value in (facts.get(part) or {}).items()}
    sounds = {k: v for k, v in (facts.get("sounds") or {}).items() if k != "recipes"}
    rows |= {"space": facts.get("space"), **{f"sounds {key}": value for key, value in sounds.items()}}
    weights = (facts.get("evaluation") or {}).get("weights") or {}
    rows |= {f"weight of {key}": value for key, value in weights.items()}
    print_table(["fact", "value"], [[key, _text(value)] for key, value in rows.items()])


@app.command("verify")
def verify(ctx: typer.Context, name: Name = None, as_json: Json = False) -> None:
    """Check that a release is whole and answers as it did; by default every one that is kept."""
    from pipelines.kept_releases import verify_releases

    verdicts = verify_releases(settings_of(ctx).home, name)
    damaged = [verdict for verdict in verdicts if verdict.problems]
    if as_json:
        print_json({"releases": [asdict(verdict) for verdict in verdicts], "whole": not damaged})
    for verdict in verdicts:
        if verdict.problems:
            print_error(f"release {verdict.name} is damaged: {'; '.join(verdict.problems)}")
        elif not as_json:
            print_line(f"release {verdict.name} is whole{' (published)' if verdict.published else ''}")
    if damaged:
        raise typer.Exit(1)


@app.command("rollback")
def rollback(ctx: typer.Context, name: Name = None, as_json: Json = False) -> None:
    """Publish an earlier release again; by default the one before the published."""
    from pipelines.kept_releases import roll_back

    done = roll_back(settings_of(ctx).home, open_database(ctx), name)
    if as_json:
        print_json(asdict(done))
    else:
        print_line(f"Release {done.release} is in force again, with the profiles of {done.users:,} users.")
        print_line("The next `songspace nightly` publishes a new one.")


def _summary(release: KeptRelease) -> dict[str, Any]:
    manifest = release.manifest
    found = manifest.get("evaluation") or {}
    metrics = found.get("metrics") or {}
    state = "published" if release.published else "kept"
    return {
        "name": release.name,
        "state": state if not release.problem else "damaged",
        "songs": manifest.get("songs"),
        "lists": manifest.get("lists"),
        "cases": found.get("n_cases"),
        "ndcg@100": (metrics.get("ndcg@100") or {}).get("mean"),
        "times item-kNN": (found.get("knn_ratio") or {}).get("mean"),
    }


def _text(value: object) -> str:
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
