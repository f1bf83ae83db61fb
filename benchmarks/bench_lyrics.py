"""The ages of language models side by side: what each says of held-back books, and what it costs.

    python -m benchmarks.bench_lyrics --data DIR --root DIR [--models ...] [--sizes small base] [--steps N]
    python -m benchmarks.bench_lyrics --root DIR --cache      the KV cache: as quick as it should be, the
    same tokens python -m benchmarks.bench_lyrics --root DIR --measures   what the songs of each model are
    like, by temperature python -m benchmarks.bench_lyrics --report                the tables once more, from
    the figures on file

Figures go to docs/lyrics.json a row at a time, and the plot to docs/lyrics.png, so that an interrupted
comparison goes on where it was: networks from their checkpoints in ROOT/<size>, and rows that are there are
not made again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.lyrics.corpus import TokenStream, token_stream
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.measures import measure
from generation.lyrics.memory_probe import memory_probes
from generation.lyrics.models import NETWORKS
from generation.lyrics.neural import NeuralModel
from generation.lyrics.ngram_training import NgramConfig, train_ngram, train_small_ngram
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.runs import load_run_set
from generation.lyrics.sampling import Sampling, generate
from generation.lyrics.scoring import bits_by_place, bits_per_byte
from generation.lyrics.tokenizer import END
from generation.lyrics.training import preset
from pipelines.lyric_corpus import LyricData, documents_of_folder, prepare
from pipelines.lyrics import load_writer, models_in
from pipelines.train_lyrics import NGRAM_BYTES, RUNS, LyricsRun, train_lyrics

DOCS = Path(__file__).resolve().parent.parent / "docs"
ROWS, PLOT = DOCS / "lyrics.json", DOCS / "lyrics.png"
TEMPERATURES = (0.3, 0.7, 1.0, 1.5)
_SONGS = 100  # Held-back songs for bits by place.


def load_rows() -> dict[str, Any]:
    """The figures on file, by row."""
    return json.loads(ROWS.read_text(encoding="utf-8")) if ROWS.is_file() else {}


def save_row(name: str, row: dict[str, Any]) -> None:
    """Add a row to the figures on file."""
    rows = load_rows() | {name: row}
    beside = ROWS.with_name(f".part-{ROWS.name}")
    beside.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, ROWS)


def figures(model: LanguageModel, data: LyricData, valid: TokenStream, test: TokenStream) -> dict[str, Any]:
    """Everything that is measured of a trained model but its training."""
    started = time.perf_counter()
    n = sum(
        1
        for _ in generate(
            model, [], Sampling(1.0, top_p=1.0, max_tokens=200), rng=np.random.default_rng(1), stops=()
        )
    )
    seconds = time.perf_counter() - started
    return {
        "model": model.name,
        "parameters": model.n_parameters,
        "valid_bits": bits_per_byte(model, valid),
        "test_bits": bits_per_byte(model, test),
        "tokens_per_s": n / seconds,
        "places": [
            [p.first, p.bits_per_byte] for p in bits_by_place(model, test, data.tokenizer, most_songs=_SONGS)
        ],
        "probes": [
            [p.kind, p.gap_words, p.accuracy, p.chance, p.gain_bits]
            for p in memory_probes(model, data.tokenizer)
        ],
    }


def compare(args: argparse.Namespace) -> None:
    """Train what is not on file yet, counted models first, and measure it."""
    documents, problems = documents_of_folder(args.data)
    for problem in problems:
        print(f"problem: {problem}")
    data = prepare(documents, args.root, seed=args.seed)
    train, valid, test = (
        token_stream(part, data.tokenizer, seed=seed)
        for part, seed in ((data.split.train, args.seed), (data.split.valid, None), (data.split.test, None))
    )
    print(
        f"{len(train):,} songs, {len(train.ids):,} tokens of {test.n_bytes.sum() / len(test.ids):.2f} bytes;"
        f" {data.split.n_shared} songs left out, which held-back books hold, too"
    )
    print("test books:", ", ".join(sorted({one.group for one in data.split.test})))
    if "ngram" in args.models:
        _counted(data, train, valid, test)
    for size in args.sizes:
        for model in [name for name in args.models if name in NETWORKS]:
            if f"{model} {size}" not in load_rows():
                _network(args, model, size, documents, data, valid, test)
    report()


def _counted(data: LyricData, train: TokenStream, valid: TokenStream, test: TokenStream) -> None:
    vocab_size = data.tokenizer.vocab_size
    for name in ("2", "3", "4", "5", "4 MiB"):
        row = f"ngram {name}"
        if row in load_rows():
            continue
        started = time.perf_counter()
        if name.isdigit():
            model = train_ngram(train.songs(), vocab_size, NgramConfig(int(name)))
        else:
            model = train_small_ngram(train.songs(), vocab_size, valid.songs(), NGRAM_BYTES)
        seconds = time.perf_counter() - started
        save_row(
            row, figures(model, data, valid, test) | {"train_s": seconds, "trained_tokens": len(train.ids)}
        )
        print(row, load_rows()[row]["test_bits"], flush=True)


def _network(
    args: argparse.Namespace,
    name: str,
    size: str,
    documents: Sequence[Any],
    data: LyricData,
    valid: TokenStream,
    test: TokenStream,
) -> None:
    root = args.root / size
    data.tokenizer.save(root / "tokenizer.json")
    resume = (root / "base" / name / "training.pt").is_file()
    run = LyricsRun(name, root, size, args.steps, seed=args.seed, resume=resume)
    model, trained = train_lyrics(documents, run, progress=lambda step, note: print(step, note, flush=True))
    training = preset(name, size).training
    tokens = trained.step * training.batch_size * training.length
    row = figures(model, data, valid, test)
    save_row(
        f"{name} {size}", row | {"train_s": trained.seconds, "trained_tokens": tokens, "resumed": resume}
    )
    print(name, size, row["test_bits"], flush=True)


def report() -> None:
    """Print the tables, and draw the plot."""
    rows = load_rows()
    if not rows:
        print("no figures on file yet")
        return
    print("\n| model | parameters | bits, chosen by | bits, test | training, s | tokens read | tokens/s |")
    print("|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        print(
            f"| {name} | {row['parameters']:,} | {row['valid_bits']:.4f} | {row['test_bits']:.4f} |"
            f" {row['train_s']:.0f} | {row['trained_tokens']:,} | {row['tokens_per_s']:.0f} |"
        )
    places = [first for first, _ in max((row["places"] for row in rows.values()), key=len)]
    print("\n| bits a byte from token | " + " | ".join(map(str, places)) + " |")
    print("|---|" + "---|" * len(places))
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{bits:.3f}" for _, bits in row["places"]) + " |")
    print(
        "\n| memory: accuracy, gain in bits | "
        + " | ".join(f"{p[0]}, {p[1]} words" for p in next(iter(rows.values()))["probes"])
        + " |"
    )
    print("|---|" + "---|" * len(next(iter(rows.values()))["probes"]))
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{p[2]:.2f}, {p[4]:+.2f}" for p in row["probes"]) + " |")
    draw(rows)


def draw(rows: dict[str, Any]) -> None:
    """Draw bits against parameters, and bits by place."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    kinds: dict[str, list[dict[str, Any]]] = {}
    for name, row in rows.items():
        kinds.setdefault(name.split()[0], []).append(row)
    for kind, ones in kinds.items():
        ordered = sorted(ones, key=lambda row: row["parameters"])
        left.plot([r["parameters"] for r in ordered], [r["test_bits"] for r in ordered], "o-", label=kind)
        best = min(ones, key=lambda row: row["valid_bits"])
        right.plot([p[0] + 1 for p in best["places"]], [p[1] for p in best["places"]], "o-", label=kind)
    left.set(xscale="log", xlabel="parameters", ylabel="bits a byte of held-back books")
    right.set(xscale="log", xlabel="tokens read before, from", ylabel="bits a byte (the best of each)")
    left.legend()
    figure.savefig(PLOT, dpi=110)
    print(f"\nplot: {PLOT}")


def cache(args: argparse.Namespace) -> None:
    """Write 512 tokens greedily with the KV cache and without, and compare time and tokens."""
    torch.set_num_threads(args.threads)
    for size in args.sizes:
        root = args.root / size
        if "transformer" not in models_in(root):
            print(f"{size}: no transformer in {root}")
            continue
        model = load_writer(root, "transformer").model
        assert isinstance(model, NeuralModel)
        times, texts = [], []
        for keeps in (True, False):
            started = time.perf_counter()
            texts.append(greedy(model.network, args.tokens, keeps=keeps))
            times.append(time.perf_counter() - started)
        same = "the same tokens" if texts[0] == texts[1] else "OTHER TOKENS"
        print(f"{size}: {args.tokens} tokens in {times[0]:.2f} s with the cache, {times[1]:.2f} s without:"
              f" {times[1] / times[0]:.1f} times as fast, {same}")  # fmt: skip


def greedy(network: Any, n: int, *, keeps: bool) -> list[int]:
    """The likeliest n tokens behind the start, one after the other."""
    ids, state = [END], None
    with torch.inference_mode():
        for _ in range(n):
            read = ids[-1:] if keeps else ids
            logits, state = network(torch.tensor([read]), state if keeps else None, keeps=keeps)
            ids.append(int(logits[0, -1].argmax()))
    return ids


def measures(args: argparse.Namespace) -> None:
    """Print what real songs and those of every model are like, at several temperatures."""
    documents, _ = documents_of_folder(args.data)
    data = prepare(documents, args.root, seed=args.seed)
    rhymer = load_rhymer()
    runs = load_run_set(args.root / args.sizes[-1] / RUNS)
    print(
        "| songs | temperature | end rhyme | syllables | spread | distinct 1-3 | copied | longest | valid |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    _print_measures(
        "real, held back", None, measure([one.song for one in data.split.test], rhymer, runs=runs)
    )
    root = args.root / args.sizes[-1]
    for name in models_in(root):
        writer = load_writer(root, name)
        for temperature in TEMPERATURES:
            songs, ended = [], []
            for seed in range(args.songs):
                settings = Sampling(temperature, top_p=1.0, max_tokens=400)
                ids = list(generate(writer.model, [], settings, rng=np.random.default_rng(seed)))
                songs.append(writer.tokenizer.decode_song(ids))
                ended.append(ids[-1] == END)
            _print_measures(name, temperature, measure(songs, rhymer, runs=runs, ended=ended))


def _print_measures(name: str, temperature: float | None, m: Any) -> None:
    shown = "" if temperature is None else f"{temperature:.1f}"
    print(
        f"| {name} | {shown} | {m.end_rhyme:.2f} | {m.syllables:.1f} | {m.syllable_spread:.2f} |"
        f" {m.distinct_1:.2f}, {m.distinct_2:.2f}, {m.distinct_3:.2f} | {m.copied:.3f} |"
        f" {m.longest_copy:.1f} | {m.valid:.2f} |",
        flush=True,
    )


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="books of lyrics in plain text")
    parser.add_argument(
        "--root", type=Path, default=Path("var/bench-lyrics"), help="folder of all that is trained"
    )
    parser.add_argument("--models", nargs="+", default=["ngram", *NETWORKS], choices=["ngram", *NETWORKS])
    parser.add_argument("--sizes", nargs="+", default=["small", "base"], choices=["tiny", "small", "base"])
    parser.add_argument("--steps", type=int, help="of each network; by default as its size has it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", action="store_true", help="time the KV cache")
    parser.add_argument("--tokens", type=int, default=512, help="with --cache")
    parser.add_argument("--threads", type=int, default=2, help="with --cache")
    parser.add_argument("--measures", action="store_true", help="measure songs of the models")
    parser.add_argument(
        "--songs", type=int, default=50, help="of each model and temperature, with --measures"
    )
    parser.add_argument("--report", action="store_true", help="print the figures on file")
    args = parser.parse_args()
    if args.report:
        report()
    elif args.cache:
        cache(args)
    elif args.data is None:
        parser.error("--data DIR, a folder of books of lyrics, is needed to train or to measure")
    elif args.measures:
        measures(args)
    else:
        compare(args)


if __name__ == "__main__":
    main()
