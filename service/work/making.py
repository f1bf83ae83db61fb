"""One generation, made: from the order in its row to finished files in a folder of this attempt.

Nothing here decides how the generation ends: whoever called for it does, and stores it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.repositories.generation_jobs import Job
from generation.policy import load_policy, texts_of
from service.work.folders import FORMATS, job_folder
from service.work.order import Order, order_of_json, read_bounded, request_of
from service.work.place import Place
from service.work.previews import preview_png

if TYPE_CHECKING:
    from generation.audio.backends import Backend
    from generation.audio.checks import Examiner
    from generation.audio.edit.edits import Blend
    from generation.audio.request import Generation, Request, Step
    from pipelines.create import Wanted

MOST_PREVIEWS = 12
"""Of a take."""
_PREVIEW_GAP_S = 0.2
_LONGEST_TITLE = 80

Tell = Callable[..., None]
"""Is told a kind of event, and its fields by name."""


@dataclass
class Studio:
    """What makes and hears tracks, loaded when first needed and kept."""

    load_backend: Callable[[], Backend]
    load_examiner: Callable[[], Examiner]
    _backend: Backend | None = None
    _examiner: Examiner | None = None

    @property
    def backend(self) -> Backend:
        """The generator; raises CheckpointError or BackendError where it cannot be loaded."""
        if self._backend is None:
            self._backend = self.load_backend()
        return self._backend

    @property
    def examiner(self) -> Examiner:
        """Judge and index of the training music."""
        if self._examiner is None:
            self._examiner = self.load_examiner()
        return self._examiner


def make(
    place: Place, studio: Studio, job: Job, tell: Tell, is_stopped: Callable[[], bool]
) -> dict[str, Any]:
    """Make all takes of a job, and return what its row is to hold as its result.

    Raises
    ------
    Cancelled
        `is_stopped` said so, at a step.
    RefusedError, NotFoundError, NoReleaseError, NoStyleError, UnknownInterestError, UnsoundError, ValueError
        It cannot be made; the message says why.
    """
    from generation.audio.export import export
    from generation.audio.takes import make_takes

    order = order_of_json(job.parameters["order"])
    folder = job_folder(place.settings.home, job.token)
    tell("loading")
    request, wanted = _requested(place, order, job, folder)
    made = make_takes(studio.backend, request, callback=_watch(folder, tell, is_stopped))
    tell("checking")
    made = _with_sources(studio.examiner.check(made), order, wanted)
    written = folder / f"takes-{job.attempts}-{secrets.token_hex(4)}"
    written.mkdir()
    title, moment = order.title or _titled(order, wanted), datetime.now(UTC)
    for format in FORMATS:
        files = [written / f"take-{number}.{format}" for number in range(1, len(made.tracks) + 1)]
        export(made, files, made_at=moment, title=title, raw=order.raw)
    return {"folder": written.name, "takes": _takes(made), "notes": _notes(wanted), "model": made.model}


def _requested(place: Place, order: Order, job: Job, folder: Path) -> tuple[Request, Wanted]:
    """The request of an order: with the style of names, songs and tastes in it, and its sound read."""
    from pipelines.create import Wish, wanted_style

    user = None if order.taste is None else f"songspace:{job.user_id}"
    wish = Wish(
        user=user,
        strength=1.0 if order.taste is None else order.taste.strength,
        interest=None if order.taste is None else order.taste.interest,
        like=order.like,
        unlike=order.unlike,
    )
    home = place.settings.home
    wanted = wanted_style(place.session_factory, home, order.prompt, wish)
    given = job.parameters.get("given")
    sound = None if given is None else read_bounded(folder / str(given))
    if sound is not None:  # files tell nothing of this machine
        sound = replace(sound, path=Path(sound.path).name)
    request = request_of(order, sound, words=wanted.words, style=wanted.style, blend=_blend(place, order))
    policy = load_policy(place.settings.policy)
    policy.check([*texts_of(request), order.prompt, order.title, *(one.name for one in wanted.sources)])
    return request, wanted


def _blend(place: Place, order: Order) -> Blend | None:
    """The second prompt, with names of the catalogue taken as their sound."""
    from generation.audio.edit.edits import Blend
    from pipelines.create import wanted_style

    if order.blend is None:
        return None
    wanted = wanted_style(place.session_factory, place.settings.home, order.blend[0])
    return Blend(wanted.words, order.blend[1], wanted.style)


def _watch(folder: Path, tell: Tell, is_stopped: Callable[[], bool]) -> Callable[[Step], bool]:
    """What every step is told to: it draws some, and says stop where somebody did."""
    drawn_at_s = 0.0

    def watch(step: Step) -> bool:
        nonlocal drawn_at_s
        if is_stopped():
            return False
        preview = ""
        turn = step.number * MOST_PREVIEWS // step.n_steps
        is_turn = turn > (step.number - 1) * MOST_PREVIEWS // step.n_steps
        is_early = time.monotonic() - drawn_at_s < _PREVIEW_GAP_S and step.number < step.n_steps
        if step.log_mel is not None and is_turn and not is_early:
            preview = f"preview-{step.take}-{step.number}.png"
            try:
                (folder / preview).write_bytes(preview_png(step.log_mel()))
            except FileNotFoundError:  # deleted meanwhile
                return False
            drawn_at_s = time.monotonic()
        tell(
            "step", step=step.number, n_steps=step.n_steps, take=step.take, n_takes=step.n_takes,
            share_done=round(step.share_done, 4), preview=preview,
        )  # fmt: skip
        return not is_stopped()

    return watch


def _takes(made: Generation) -> list[dict[str, Any]]:
    """What the row says of each take, best first."""
    from generation.audio.checks import best_first

    return [
        {
            "number": number + 1,
            "seed": made.tracks[number].seed,
            "seconds": round(made.tracks[number].seconds, 3),
            "sample_rate": made.tracks[number].sample_rate,
            "checks": _checks(made.tracks[number].checks),
        }
        for number in best_first(made.tracks)
    ]


def _checks(found: Mapping[str, Any]) -> Any:
    """What was found in a take; what could not be asked is the operator's business."""
    from generation.audio.record import plain

    return plain({name: value for name, value in found.items() if name != "missing"})


def _with_sources(made: Generation, order: Order, wanted: Wanted) -> Generation:
    """Write down, for the record, where the style came from; whose taste it was stays out of the file."""
    from generation.audio.record import plain

    if not wanted.sources:
        return made
    said = {"prompt": order.prompt, "sources": plain([asdict(one) for one in wanted.sources])}
    return replace(made, settings={**made.settings, "style_from": said})


def _notes(wanted: Wanted) -> list[str]:
    """What there is to say of names in the prompt."""
    found = [
        f"{one.in_prompt!r} is the {one.kind} {one.name}: {'unlike' if one.denied else 'like'} it, "
        f"{'by its sound' if one.how == 'audio' else 'by its place among songs'}"
        for one in wanted.sources
        if one.in_prompt
    ]
    return [*found, *wanted.notes]


def _titled(order: Order, wanted: Wanted) -> str | None:
    """The title of a track that has a style; None for the usual one, of its prompt."""
    if not wanted.sources:
        return None
    if order.prompt is not None:
        return order.prompt[:1].upper() + order.prompt[1:_LONGEST_TITLE]
    names = {"taste": "a taste"}
    said = [f"{'unlike' if one.denied else 'like'} {names.get(one.kind, one.name)}" for one in wanted.sources]
    title = ", ".join(said)[:_LONGEST_TITLE]
    return title[:1].upper() + title[1:]


def reason_of(error: Exception) -> str | None:
    """What to say to who ordered of an error that was foreseen; None for any other."""
    from db.errors import DatabaseError, NotFoundError
    from generation.audio.backends import BackendError
    from generation.audio.soundness import UnsoundError
    from generation.checkpoint import CheckpointError
    from generation.text_encoder import TextEncoderMissingError
    from pipelines.create import NoStyleError
    from pipelines.edit_profile import UnknownInterestError
    from pipelines.release_files import ReleaseError
    from pipelines.serving import NoReleaseError

    if isinstance(error, CheckpointError | BackendError):
        return "the generator's weights are missing or damaged"
    if isinstance(error, DatabaseError):
        return "the database could not be used"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    foreseen = (
        NotFoundError, UnsoundError, NoStyleError, NoReleaseError, ReleaseError, UnknownInterestError,
        TextEncoderMissingError, ValueError,
    )  # fmt: skip
    if isinstance(error, foreseen):
        return str(error)
    if isinstance(error, OSError):
        return f"a file could not be written: {error.strerror or type(error).__name__}"
    return None
