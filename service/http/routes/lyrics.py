"""Lyrics: written word by word, revised, gone on with, looked into, and ranked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from service.http import given
from service.http.audit import AuditedRoute
from service.http.lyric_models import models_here
from service.http.lyric_stream import Form, hand_out, place
from service.http.policy import check_policy
from service.http.problems import Refused, naming
from service.http.schemas import lyrics as schemas
from service.http.service import Service, TheCaller, TheService, allow_user
from service.pictures.attention import draw_line_attention

if TYPE_CHECKING:
    from generation.lyrics.form import Form as SongForm
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.lyrics import Writer
    from pipelines.write_lyrics import Take

router = APIRouter(prefix="/lyrics", tags=["lyrics"], route_class=AuditedRoute)
ATTENDS = ("rnn-attends", "lstm-attends", "transformer")
As = Annotated[Form, Query(alias="as", description="Text or events as it is written, or the whole as JSON.")]
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "model": schemas.Written,
        "description": "The song. The header `Songspace-Seed` says with which seed it is written.",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "text/event-stream": {},
        },
    }
}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}, "image/svg+xml": {}}, "description": "The picture."}
}


@router.get("/models")
def models(service: TheService, _: TheCaller) -> schemas.LyricModelList:
    """The lyric models that are here, and what each can do."""
    found = models_here(service.settings.home)
    lines = [
        schemas.LyricModel(model=model, writes=writes, attends=model in ATTENDS) for model, writes in found
    ]
    return schemas.LyricModelList(models=lines)


@router.post("/write", response_class=Response, responses=STREAM)
def write(request: Request, service: TheService, wanted: schemas.WriteIn, as_: As = Form.text) -> Response:
    """Write a song that answers a prompt, handed out as it is written."""
    from pipelines.write_lyrics import write_song

    asked = _asked(service, wanted)
    writer, seed = _writer(service, wanted.model, answers=True), _seed(wanted)
    form, rhyme = _form(wanted.form)

    def written() -> Take:
        return write_song(writer, asked, _of_new_song(wanted), seed=seed, form=form, rhyme=rhyme)

    return _hand_out(request, service, writer, asked, written, seed, as_)


@router.post("/takes")
def takes(service: TheService, wanted: schemas.TakesIn) -> schemas.Takes:
    """Write several songs for one prompt, to be compared; take k of seed s has seed s + k."""
    from pipelines.rank_takes import write_takes

    asked = _asked(service, wanted)
    writer, seed = _writer(service, wanted.model, answers=True), _seed(wanted)
    form, rhyme = _form(wanted.form)
    with naming("body"), place(service):
        found = list(
            write_takes(writer, asked, _of_new_song(wanted), wanted.takes, seed=seed, form=form, rhyme=rhyme)
        )
    lines = [schemas.TakeOut(seed=one.seed, text=one.text) for one in found]
    return schemas.Takes(prompt=asked, takes=lines)


@router.post("/rankings", status_code=201)
def ranking(service: TheService, caller: TheCaller, said: schemas.RankingIn) -> schemas.Ranked:
    """Keep which takes of a prompt somebody likes better, the best first: models learn from it."""
    from pipelines.rank_takes import rank_takes

    allow_user(caller, said.user)
    check_policy(service, said.prompt, *said.takes)
    user = said.user if caller.is_admin else f"songspace:{caller.user_id}"
    number = rank_takes(service.session_factory, said.prompt, said.takes, user=user)
    return schemas.Ranked(number=number)


@router.post("/revise", response_class=Response, responses=STREAM)
def revise(request: Request, service: TheService, wanted: schemas.ReviseIn, as_: As = Form.text) -> Response:
    """Write a song anew as asked, handed out as it is written."""
    from pipelines.write_lyrics import revise_song

    check_policy(service, wanted.text, wanted.ask)
    writer, seed = _writer(service, wanted.model, answers=True), _seed(wanted)

    def revised() -> Take:
        return revise_song(writer, wanted.text, wanted.ask, _sampling(wanted), seed=seed)

    return _hand_out(request, service, writer, wanted.ask, revised, seed, as_)


@router.post("/continue", response_class=Response, responses=STREAM)
def go_on(request: Request, service: TheService, wanted: schemas.ContinueIn, as_: As = Form.text) -> Response:
    """Go on with a song, handed out as it is written."""
    from pipelines.lyrics import continue_text

    check_policy(service, wanted.text)
    writer, seed = _writer(service, wanted.model), _seed(wanted)
    form, rhyme = _form(wanted.form)
    text = wanted.text or ""

    def continued() -> Iterator[str]:
        return continue_text(writer, text, _sampling(wanted), seed=seed, form=form, rhyme=rhyme)

    return hand_out(request, service, continued, seed, as_, lambda: {"model": _told(writer)})


@router.post("/next")
def next_words(service: TheService, asked: schemas.NextIn) -> schemas.NextWords:
    """The words that are likeliest to come next."""
    from pipelines.lyrics import next_words_of

    check_policy(service, asked.text)
    writer = _writer(service, asked.model)
    with naming("body.text"), place(service):
        found = next_words_of(writer, asked.text, k=asked.k)
    return schemas.NextWords(next=[schemas.NextWord(word=word, probability=p) for word, p in found])


@router.post("/score")
def score(service: TheService, asked: schemas.ScoreIn) -> schemas.Scores:
    """How many bits a byte the models need for a song: fewer, the better they know such texts."""
    from pipelines.lyrics import score_text

    there = [model for model, _ in models_here(service.settings.home)]
    names = [asked.model] if asked.model is not None else there
    writers = [(name, _writer(service, name)) for name in names]
    with naming("body.text"), place(service):
        found = [score_text(writer, name, asked.text) for name, writer in writers]
    return schemas.Scores(scores=[schemas.Scored.of(one) for one in found])


@router.post("/attention", response_class=Response, responses=PICTURE)
def attention(
    service: TheService,
    asked: schemas.AttentionIn,
    format: Annotated[given.PictureFormat, Query(description="How it is written.")] = given.PictureFormat.png,
) -> Response:
    """Which earlier words the words of a line looked at, as a picture."""
    from generation.lyrics.attention import NoAttentionError, attention_of_line
    from generation.lyrics.dialogue import write_prompt
    from generation.lyrics.tokenizer import ANSWER
    from pipelines.lyrics import song_of_file

    check_policy(service, asked.text, asked.prompt)
    writer = _writer(service, asked.model, answers=asked.prompt is not None)
    read = [] if asked.prompt is None else [*write_prompt(writer.tokenizer, asked.prompt), ANSWER]
    with naming("body.text"):
        song = writer.tokenizer.encode_song(song_of_file(asked.text))
    try:
        with place(service):
            looked = attention_of_line(
                writer.model,
                writer.tokenizer,
                [*read, *song],
                line=asked.line,
                written_from=len(read),
                layer=asked.layer,
                head=asked.head,
            )
    except NoAttentionError:
        raise
    except ValueError as error:  # no such line, layer or head
        raise Refused(404, str(error), kind="line", id=str(asked.line)) from None
    with service.drawing:
        picture = draw_line_attention(looked, format=format.value)
    return Response(picture, media_type=format.media_type)


def _writer(service: Service, model: str, *, answers: bool = False) -> Writer:
    return service.lyrics.writer(service.settings.home, model, answers=answers)


def _seed(wanted: schemas.SamplingIn) -> int:
    return secrets.randbelow(2**31) if wanted.seed is None else wanted.seed


def _sampling(wanted: schemas.SamplingIn) -> Sampling:
    from generation.lyrics.sampling import Sampling

    return Sampling(
        wanted.temperature,
        wanted.top_k,
        wanted.top_p,
        wanted.min_p,
        wanted.repetition,
        max_tokens=wanted.max_tokens,
    )


def _of_new_song(wanted: schemas.SamplingIn) -> Sampling:
    """As the command line writes: nothing is said over and over."""
    from pipelines.write_lyrics import NO_REPEAT, REPETITION

    return replace(_sampling(wanted), repetition=wanted.repetition or REPETITION, no_repeat=NO_REPEAT)


def _form(given: schemas.FormIn | None) -> tuple[SongForm | None, RhymeRule | None]:
    """The form of a song and how its rhymes are brought about; two lengths of a line come in any order."""
    from generation.lyrics.form import Form as SongForm
    from generation.lyrics.verse_writer import RhymeRule

    if given is None:
        return None, None
    span = sorted(given.syllables or [])
    syllables = (span[0], span[-1]) if span else None
    return SongForm(tuple(given.sections), given.lines, given.scheme, syllables), RhymeRule(given.rhyme)


def _asked(service: Service, wanted: schemas.WriteIn) -> str:
    """The prompt with what is wanted beside it, if the policy allows that."""
    from generation.lyrics.dialogue import worded_prompt

    asked = worded_prompt(wanted.prompt, wanted.genre, wanted.theme)
    check_policy(service, wanted.prompt, wanted.genre, wanted.theme, asked)
    return asked


def _hand_out(
    request: Request,
    service: Service,
    writer: Writer,
    asked: str,
    write: Callable[[], Take],
    seed: int,
    form: Form,
) -> Response:
    """Hand out a song that answers, and say at its end how it became."""
    from pipelines.write_lyrics import measures_of, notes_on

    songs: list[Take] = []

    def written() -> Iterator[str]:
        songs.append(write())
        return iter(songs[0])

    def about() -> dict[str, Any]:
        measures = measures_of(writer, songs[0].song, has_ended=songs[0].has_ended)
        return {"model": _told(writer), "notes": notes_on(writer, asked), "measures": measures}

    return hand_out(request, service, written, seed, form, about)


def _told(writer: Writer) -> dict[str, str]:
    return {"name": writer.model.name, "stage": writer.stage, "sha256": writer.sha256}
