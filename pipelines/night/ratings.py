"""Stage `ratings`: what people say of generated tracks re-ranks them, and, where there is enough of it, tunes
the generator.

Both are published by themselves and only where they pass their own measurement (pipelines/ratings.py,
pipelines/tune_generator.py): the ranker has to beat chance on tracks that it did not learn from, a tuned
generator the one in force. Whatever fails is said in the counts, and changes nothing.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generation.audio.shipped import generator_folder, load_generator
from generation.audio.style_encoder import StyleEncoderMissingError
from generation.text_encoder import TextEncoderMissingError
from pipelines.liked_music import liked_files, prepare_frozen, prepare_liked
from pipelines.night.job import Job
from pipelines.ratings import (
    RatedTracks,
    learn_ranker,
    load_ranker,
    publish_ranker,
    read_rated,
    save_scores,
    score_tracks,
)
from pipelines.stages import StageReport, fingerprint
from pipelines.tune_generator import (
    TuningSettings,
    base_mark,
    publish_tuned,
    tune,
)
from recsys.take_ranker import FEWEST_RATINGS

logger = logging.getLogger(__name__)


def run(job: Job) -> StageReport:
    """Learn from ratings; without any, nothing is done."""
    rated = read_rated(job.session_factory)
    settings = TuningSettings()
    weights = generator_folder()

    def write(folder: Path) -> Mapping[str, Any]:
        counts: dict[str, Any] = {"ratings": len(rated.ratings), **_rank(job, rated)}
        if rated.ratings:
            counts["generator"] = _tune(job, rated, weights, settings)
        return counts

    said = [(one.user_id, one.song_id, one.kind) for one in rated.ratings]
    sounds = fingerprint(rated.song_ids.tolist(), rated.embeddings.tolist())
    inputs = [said, sounds, base_mark(weights), job.settings.seed]
    return job.work.run("ratings", write, inputs=inputs, again=job.again("ratings"))


def _rank(job: Job, rated: RatedTracks) -> dict[str, Any]:
    """Publish a ranker that is proven, and the scores."""
    found = learn_ranker(rated, seed=job.settings.seed)
    if found is None:
        said = (
            f"none: fewer than {FEWEST_RATINGS} ratings, or too few of one kind" if rated.ratings else "none"
        )
    elif found.is_proven:
        publish_ranker(job.home, found)
        said = f"area {found.area.mean:.3f} ({found.area.low:.3f}-{found.area.high:.3f})"
    else:
        said = f"not published: area {found.area.mean:.3f} is not beyond chance, {found.by_chance:.3f}"
    changed = save_scores(job.home, score_tracks(rated, load_ranker(job.home)))
    return {"ranker": said, "scores": "new" if changed else "as before"}


def _tune(job: Job, rated: RatedTracks, weights: Path, settings: TuningSettings) -> str:
    """Tune the generator, and publish it where it passes; say what came of it."""
    files = liked_files(job.session_factory, rated)
    if len(files) < settings.fewest_liked:
        return f"as before: {len(files)} liked tracks of {settings.fewest_liked}"
    if job.settings.generator is not None:
        return "as before: SONGSPACE_GENERATOR names another than the one that ships, which is not tuned"
    folder = job.home / "tuning"
    try:
        # Always from what ships: a generator that is tuned on its own output again and again drifts.
        pipeline = load_generator(weights)
        for left in ("liked", "run"):
            shutil.rmtree(folder / left, ignore_errors=True)
        liked, held_out = prepare_liked(folder / "liked", files, pipeline.autoencoder)
        frozen = prepare_frozen(folder / "frozen", settings.frozen_clips, pipeline.autoencoder)
        denoiser, verdict = tune(
            pipeline, liked, held_out, frozen, folder / "run", settings, seed=job.settings.seed
        )
        if not verdict.publish:
            return verdict.message
        facts = {"base": base_mark(weights), "liked": len(files), "seed": job.settings.seed}
        return f"{publish_tuned(job.home, pipeline, denoiser, verdict, facts)}: {verdict.message}"
    except (TextEncoderMissingError, StyleEncoderMissingError, OSError, RuntimeError, ValueError) as error:
        # Also what torch, the renderer and a damaged checkpoint raise: the night goes on without.
        logger.warning("the generator stays as it is: %s", error)
        return f"as before: {error}"
