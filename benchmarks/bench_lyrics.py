"""The ages of language models side by side: what each says of held-back books, what its songs are like, and
what it costs.

    python -m benchmarks.bench_lyrics --data BOOKS --runs FOLDER... [--results FOLDER] [--split-seed N]
    python -m benchmarks.bench_lyrics --data BOOKS --root FOLDER --train     train all at two sizes first, as
                                                   benchmarks/lyric_training.py says (--steps, --rates...)
    python -m benchmarks.bench_lyrics --report     the tables and the plot again, from the figures on file

FOLDER holds runs of `songspace train lyrics`, as `base/transformer/model`, at any depth, and the tokens and
runs that they share. Figures go to docs/lyrics.json a row at a time, tables into docs/lyrics.md, and the plot
to docs/lyrics.png; a model that is on file is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.lyric_runs import Run, find_runs, load, measure_run
from benchmarks.lyric_songs import TEMPERATURES, draw_songs, measured
from benchmarks.lyric_tables import draw, put_into, tables
from benchmarks.lyric_training import HALF, RESULT, SMALL, Recipe, streams_of, train_all
from generation.checkpoint import CONFIG, checkpoint_sha256
from generation.lyrics.corpus import TokenStream, token_stream
from generation.lyrics.measures import Encode
from generation.lyrics.models import NETWORKS
from generation.lyrics.neural import NeuralModel
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.runs import load_run_set
from generation.lyrics.song import SongText
from generation.lyrics.tokenizer import END
from generation.lyrics.tokenizer import FILE as FILE_OF_TOKENS
from generation.lyrics.training import MODEL
from generation.text_encoder import TextEncoderMissingError
from pipelines.embeddings import cached_encoder
from pipelines.lyric_corpus import LyricData, documents_of_folder, prepare
from pipelines.train_lyrics import RUNS, LyricsRun, train_lyrics

DOCS = Path(__file__).resolve().parent.parent / "docs"
FILE, PLOT, PAGE = DOCS / "lyrics.json", DOCS / "lyrics.png", DOCS / "lyrics.md"


def load_figures(file: Path = FILE) -> dict[str, Any]:
    """The figures on file: `models`, `songs` and `cache`, each by row."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def save_row(kind: str, name: str, row: dict[str, Any], file: Path = FILE) -> None:
    """Add a row to the figures on file."""
    figures = load_figures(file)
    figures[kind] = figures.get(kind, {}) | {name: row}
    beside = file.with_name(f".part-{file.name}")
    beside.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, file)


def train(args: argparse.Namespace, data: LyricData) -> None:
    """Train every model at every size that is not in ROOT yet: networks alike, the counted one once."""

    def progress(step: int, note: str) -> None:
        print(step, note, flush=True)

    if "ngram" in args.models and not (args.root / SMALL / "base" / "ngram" / RESULT).is_file():
        data.tokenizer.save(args.root / SMALL / FILE_OF_TOKENS)
        documents, _ = documents_of_folder(args.data)
        run = LyricsRun("ngram", args.root / SMALL, seed=args.split_seed)
        _, report = train_lyrics(documents, run, progress=progress)
        facts = {"seconds": report.seconds, "valid_bits": report.valid_bits, "test_bits": report.test_bits}
        (args.root / SMALL / "base" / "ngram" / RESULT).write_text(json.dumps(facts) + "\n")
    recipes = [
        Recipe(name, size, args.steps, args.batch_size, dropout=args.dropout, seed=args.split_seed)
        for size in args.sizes
        for name in args.models
        if name != "ngram"
    ]
    streams = streams_of(data, args.split_seed)
    train_all(recipes, streams, args.root, rates=args.rates, trial_steps=args.trial_steps, progress=progress)


def measure_models(runs: list[Run], data: LyricData, valid: TokenStream, test: TokenStream) -> None:
    """Measure each model that is not on file yet on held-back books; those that answer have other tables."""
    for run in runs:
        if run.answers:
            continue
        on_file = load_figures().get("models", {}).get(run.name)
        if on_file and on_file["sha256"] == checkpoint_sha256(run.folder / MODEL):
            continue
        model = load(run)
        if model.tokenizer_id != data.tokenizer.identity:
            print(f"{run.folder}: trained with other tokens, left out")
            continue
        started = time.perf_counter()
        save_row("models", run.name, measure_run(run, model, data.tokenizer, valid, test))
        print(f"{run.name}: measured in {time.perf_counter() - started:.0f} s", flush=True)


def measure_songs(args: argparse.Namespace, runs: list[Run], data: LyricData, encode: Encode | None) -> None:
    """Measure real songs, and songs of each model at several temperatures."""
    rhymer = load_rhymer()
    folder = next((f / RUNS for f in args.runs if (f / RUNS / CONFIG).is_file()), None)
    known = load_run_set(folder) if folder is not None else None
    own = [one for one in load_own_songs() if one.is_held_out]
    asked = [one.prompts[0] for one in own]
    real: dict[str, tuple[list[SongText], list[str]]] = {
        "real, held-back books": ([one.song for one in data.split.test], []),
        "real, our own held out": ([one.song for one in own], asked),
    }
    for name, (songs, prompts) in real.items():
        row = measured(songs, rhymer, known, prompts=prompts, encode=encode)
        save_row("songs", name, {"of": name, "temperature": None, **row})
    for run in runs:
        on_file, model = load_figures().get("songs", {}), None
        for temperature in args.temperatures:
            name, digest = f"{run.name} {temperature}", checkpoint_sha256(run.folder / MODEL)
            if on_file.get(name, {}).get("sha256") == digest:
                continue
            model = model or load(run)
            if model.tokenizer_id != data.tokenizer.identity:
                break
            songs, ended, prompts = draw_songs(
                model, data.tokenizer, args.songs, temperature, answers=run.answers
            )
            row = measured(songs, rhymer, known, ended=ended, prompts=prompts, encode=encode)
            save_row("songs", name, {"of": run.name, "temperature": temperature, "sha256": digest, **row})
            print(f"{name}: {row}", flush=True)


def time_cache(runs: list[Run], n: int) -> None:
    """Write n tokens greedily with the KV cache and without, and compare time and tokens."""
    for run in runs:
        model = load(run)
        if model.name != "transformer" or run.answers:
            continue
        assert isinstance(model, NeuralModel)
        times, texts = [], []
        for keeps in (True, False):
            started = time.process_time()
            texts.append(greedy(model.network, n, keeps=keeps))
            times.append(time.process_time() - started)
        row = {"tokens": n, "with_s": times[0], "without_s": times[1], "same": texts[0] == texts[1]}
        save_row("cache", run.name, row)
        print(f"{run.name}: {row}", flush=True)


def greedy(network: Any, n: int, *, keeps: bool) -> list[int]:
    """The likeliest n tokens behind the start, one after the other."""
    ids, state = [END], None
    with torch.inference_mode():
        for _ in range(n):
            read = ids[-1:] if keeps else ids
            logits, state = network(torch.tensor([read]), state if keeps else None, keeps=keeps)
            ids.append(int(logits[0, -1].argmax()))
    return ids


def report() -> None:
    """Print the tables, put them into the page, and draw the plot."""
    figures = load_figures()
    found = tables(figures)
    for name, table in found.items():
        print(f"\n{name}\n\n{table}")
    put_into(PAGE, found)
    if figures.get("models"):
        draw(figures, PLOT)
        print(f"\nplot: {PLOT}")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add: Callable[..., Any] = parser.add_argument
    add("--data", type=Path, help="books of lyrics in plain text")
    add("--runs", type=Path, nargs="+", default=[], help="folders of trained models")
    add("--results", type=Path, help="folder of training figures, a JSON document a run")
    add("--root", type=Path, default=Path("var/bench-lyrics"), help="folder of the shared tokens")
    add("--split-seed", type=int, default=1, help="which books are held back")
    add("--train", action="store_true", help="train all models at all sizes in ROOT first")
    add("--models", nargs="+", default=["ngram", *NETWORKS], choices=["ngram", *NETWORKS])
    add("--sizes", nargs="+", default=[SMALL, HALF], choices=[SMALL, HALF])
    add("--steps", type=int, default=Recipe("").steps, help="of each network that is trained")
    add("--batch-size", type=int, default=Recipe("").batch_size)
    add("--dropout", type=float, default=Recipe("").dropout)
    add("--rates", type=float, nargs="+", default=[1.5e-3, 3e-3, 6e-3], help="learning rates to try")
    add("--trial-steps", type=int, default=300, help="of each trial of a learning rate")
    add("--songs", type=int, default=20, help="of each model and temperature; 0: none are measured")
    add("--temperatures", type=float, nargs="+", default=list(TEMPERATURES))
    add("--topic", action="store_true", help="measure topics, too, by the sentence encoder")
    add("--tokens", type=int, default=512, help="written with the KV cache and without; 0: none")
    add("--threads", type=int, default=1, help="times are of the process, so one compares best")
    add("--report", action="store_true", help="only the figures on file")
    args = parser.parse_args()
    if args.report:
        report()
        return
    if args.data is None:
        parser.error("--data BOOKS, the books that some are held back of, is needed")
    torch.set_num_threads(args.threads)
    documents, problems = documents_of_folder(args.data)
    for problem in problems:
        print(f"problem: {problem}")
    root = args.root if args.train or not args.runs else args.runs[0]
    data = prepare(documents, root, seed=args.split_seed)
    if args.train:
        train(args, data)
        args.runs = [*args.runs, *(args.root / size for size in args.sizes)]
    runs = find_runs(args.runs, args.results)
    print(f"{len(runs)} runs: {', '.join(run.name for run in runs)}", flush=True)
    valid, test = (token_stream(part, data.tokenizer) for part in (data.split.valid, data.split.test))
    measure_models(runs, data, valid, test)
    if args.songs:
        try:
            encode = cached_encoder(root) if args.topic else None
        except TextEncoderMissingError as error:
            print(f"no topics: {error}")
            encode = None
        measure_songs(args, runs, data, encode)
    if args.tokens:
        time_cache(runs, args.tokens)
    report()


if __name__ == "__main__":
    main()
