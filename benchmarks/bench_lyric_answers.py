"""Whether the lyric model that ships answers prompts that it never saw: form, topic, copies, seeds, time.

    python -m benchmarks.bench_lyric_answers PROMPTS [--root FOLDER] [--stage preference] [--songs FILE]

PROMPTS is a text file with a prompt a line: write some that stand in no file of this project. Each is asked
as `songspace lyrics write` asks it, with a seed of its own. Topic is the cosine of a song with its own prompt
by the sentence encoder, beside its mean with the other prompts, and how often its own is the nearest of all.
Times are of this process on one core, with the model loaded; `--fresh` times the whole command, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.lyrics.form import form_faults
from generation.lyrics.measures import copied_runs, distinct, end_rhyme_rate, topic_match
from generation.lyrics.refused_words import load_refused_words
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.sampling import Sampling
from generation.lyrics.song import SongText
from pipelines.embeddings import cached_encoder
from pipelines.lyrics import DEFAULT_MODEL, SHIPPED, Writer, answering_stage, load_writer
from pipelines.write_lyrics import NO_REPEAT, REPETITION, RefusedError, write_song

_AS_ASKED = Sampling(repetition=REPETITION, no_repeat=NO_REPEAT)


@dataclass(frozen=True)
class Answer:
    """A song, its text as it was printed, what is wrong with its form, and seconds to its first line and
    end.
    """

    prompt: str
    song: SongText
    text: str
    faults: list[str]
    first_s: float
    whole_s: float


def answer(writer: Writer, prompt: str, settings: Sampling, seed: int) -> Answer | None:
    """Ask for a song; None where the model declines."""
    started, text, first = time.process_time(), "", 0.0
    try:
        take = write_song(writer, prompt, settings, seed=seed)
        for part in take:
            text += part
            if not first and _has_a_line(text):
                first = time.process_time() - started
    except RefusedError:
        return None
    whole = time.process_time() - started
    faults = form_faults(take.song, ended=take.has_ended)
    return Answer(prompt, take.song, text, faults, first or whole, whole)


def _has_a_line(text: str) -> bool:
    """Whether a line of the song, not its title or a mark, is written."""
    lines = text.split("\n\n", 1)[-1].split("\n")[:-1]
    return any(line and not line.startswith("[") for line in lines)


def figures(writer: Writer, prompts: Sequence[str], found: Sequence[Answer], home: Path) -> dict[str, Any]:
    """What the songs are like, all together."""
    encode, rhymer, refused = cached_encoder(home), load_rhymer(), load_refused_words()
    songs = [one.song for one in found]
    # A row a song, a column a prompt.
    cosines = np.stack([topic_match([one.prompt] * len(songs), songs, encode) for one in found], axis=1)
    own = cosines.diagonal()
    others = (cosines.sum(1) - own) / max(len(found) - 1, 1)
    copies = [copied_runs(song, writer.runs)[1] for song in songs] if writer.runs else []
    return {
        "model": writer.model.name,
        "stage": writer.stage,
        "sha256": writer.sha256,
        "prompts": len(prompts),
        "declined": len(prompts) - len(found),
        "valid": float(np.mean([not one.faults for one in found])),
        "faults": [one.faults for one in found if one.faults],
        "topic_own": float(own.mean()),
        "topic_others": float(others.mean()),
        "own_prompt_nearest": float(np.mean(cosines.argmax(1) == np.arange(len(found)))),
        "own_prompt_nearer_than_mean": float(np.mean(own > others)),
        "prompt_words_said": float(np.mean([_said(one) for one in found])),
        "longest_copy": float(max(copies, default=0.0)),
        "end_rhyme": float(np.nanmean([end_rhyme_rate(song, rhymer) for song in songs])),
        "distinct_2": distinct(songs, 2),
        "refused_words": sum(refused.says(line) for s in songs for line in (s.title, *s.lines)),
        "lines": float(np.mean([len(song.lines) for song in songs])),
        "first_line_s": [float(np.mean([a.first_s for a in found])), max(a.first_s for a in found)],
        "whole_s": [float(np.mean([a.whole_s for a in found])), max(a.whole_s for a in found)],
    }


def _said(one: Answer) -> float:
    """The share of a prompt's longer words that the song says, in any form that begins alike."""
    text = "\n".join((one.song.title, *one.song.lines)).lower()
    wanted = [word for word in one.prompt.lower().split() if len(word) > 3 and word not in _WORDS_OF_ASKING]
    return float(np.mean([word[:5] in text for word in wanted])) if wanted else 1.0


_WORDS_OF_ASKING = frozenset(
    "song songs about that with from when this write something lyrics ballad track tune rock punk jazz folk"
    " blues country gospel soul dance metal indie reggae shanty lullaby hip-hop".split()
)


def fresh(prompt: str) -> dict[str, float]:
    """Seconds by the clock of the whole command, to its first line and to its end."""
    command = [sys.executable, "-m", "service.cli.main", "lyrics", "write", prompt, "--seed", "1"]
    started, first, text = time.perf_counter(), 0.0, ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text += line
            if not first and _has_a_line(text):
                first = time.perf_counter() - started
    return {"first_line_s": first, "whole_s": time.perf_counter() - started}


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--root", type=Path, default=SHIPPED, help="folder of lyric models")
    parser.add_argument("--stage", help="by default the last that answers")
    parser.add_argument("--home", type=Path, default=Path("var"), help="where sentence vectors are kept")
    parser.add_argument("--songs", type=Path, help="a file to write the songs to")
    parser.add_argument("--fresh", action="store_true", help="time the whole command, too")
    args = parser.parse_args()
    torch.set_num_threads(1)
    prompts = [line.strip() for line in args.prompts.read_text(encoding="utf-8").splitlines() if line.strip()]
    stage = args.stage or answering_stage(args.root, DEFAULT_MODEL)
    writer = load_writer(args.root, DEFAULT_MODEL, stage=stage)
    asked = [answer(writer, prompt, _AS_ASKED, seed) for seed, prompt in enumerate(prompts)]
    found = [one for one in asked if one is not None]
    row = figures(writer, prompts, found, args.home)
    again = [answer(writer, prompt, _AS_ASKED, 1000 + seed) for seed, prompt in enumerate(prompts)]
    row["seeds_differ"] = all(
        a.text != b.text for a, b in zip(asked, again, strict=True) if a is not None and b is not None
    )
    cold = Sampling(0.0, repetition=REPETITION, no_repeat=NO_REPEAT)
    greedy = [[answer(writer, prompt, cold, seed) for seed in (1, 2)] for prompt in prompts[:3]]
    row["greedy_same"] = all(a is None or (b is not None and a.text == b.text) for a, b in greedy)
    if args.fresh:
        row["fresh_command"] = fresh(prompts[0])
    print(json.dumps(row, indent=1))
    if args.songs:
        args.songs.write_text("\n\n".join(f"## {a.prompt}\n\n{a.text}" for a in found), encoding="utf-8")


if __name__ == "__main__":
    main()
