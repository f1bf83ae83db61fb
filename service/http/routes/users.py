"""Users: what they heard and said, what is recommended to them and why; exported, and deleted."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from db.errors import DatabaseUnavailableError, NotFoundError
from db.repositories.pages import user_summary, users_after
from db.repositories.users import find_user
from pipelines.answer_version import recommendation_version
from pipelines.discover import discover, monday_of
from pipelines.edit_profile import decide, decisions, give_feedback, undo
from pipelines.explore import neighbours, profile
from pipelines.forget_user import export_user
from pipelines.make_user import UserTakenError, make_user
from pipelines.popular import popular_in_release
from pipelines.show_song import song_id_of
from pipelines.submit_listens import GivenListen, submit_listens, user_listens
from recsys.rules import RuleSettings
from service.http import given, schemas
from service.http.audit import AuditedRoute
from service.http.etags import is_known, tag_of, unchanged
from service.http.paging import Cursor, PairCursor, cursor_of, number_of, pair_of
from service.http.problems import Refused, unanswered
from service.http.service import Admin, Now, Service, TheCaller, TheService, allow_user
from service.http.snapshot import Snapshot
from service.work.own_files import forget, own_files

router = APIRouter(tags=["users"], route_class=AuditedRoute)
Explain = Annotated[bool, Query(description="Whether to say why each song is recommended.")]
WEEK = r"^(19|20)[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])$"
LOST = "the database cannot be used: this is what is popular"


@router.get("/users")
def users(service: TheService, _: Admin, limit: given.Limit = 20, cursor: Cursor = None) -> schemas.UserPage:
    """Users, with how much they listened; for administrators."""
    after = number_of(cursor) or 0
    with service.session_factory() as session:
        found = users_after(session, after, limit + 1)
    lines = [{"user": one.ref, "name": one.name, "listens": one.n_listens} for one in found[:limit]]
    more = cursor_of(found[limit - 1].user_id) if len(found) > limit else None
    return schemas.UserPage.model_validate({"users": lines, "next": more})


@router.post("/users", status_code=201)
def new_user(service: TheService, _: Admin, new: schemas.NewUser, response: Response) -> schemas.UserOut:
    """Make a user; for administrators."""
    try:
        with unanswered("body.user"):
            ref = make_user(service.session_factory, service.settings.home, new.user)
    except UserTakenError as error:
        raise Refused(409, str(error)) from None
    response.headers["Location"] = f"/v1/users/{quote(ref, safe=':')}"
    return _summary(service, ref)


@router.get("/users/{user:ref}")
def user(service: TheService, caller: TheCaller, user: given.User) -> schemas.UserOut:
    """A user, and how much they listened."""
    allow_user(caller, user)
    return _summary(service, user)


@router.delete("/users/{user:ref}", status_code=204)
def delete(service: TheService, caller: TheCaller, user: given.User) -> None:
    """Delete a user and everything about them, for good: the same id never comes back."""
    allow_user(caller, user)
    forget(service, user)
    service.watch.renew()


@router.get("/users/{user:ref}/export", response_class=JSONResponse)
def export(service: TheService, caller: TheCaller, user: given.User) -> dict[str, Any]:
    """Everything that is stored about a user."""
    allow_user(caller, user)
    return export_user(service.session_factory, user) | {"files": own_files(service, user)}


@router.get("/users/{user:ref}/recommendations", response_model=schemas.Recommendations)
def recommendations(
    request: Request,
    response: Response,
    service: TheService,
    now: Now,
    caller: TheCaller,
    user: given.User,
    k: given.K = 10,
    adventure: given.Adventure = 0.3,
    prompt: given.Text = None,
    explain: Explain = True,
) -> schemas.Recommendations | Response:
    """Songs for a user, each with its reason. Whoever sends the ETag of the last answer is told when it still
    holds, without its being made again.
    """
    allow_user(caller, user)
    try:
        version = recommendation_version(service.session_factory, now.release, user)
        tag = tag_of(version, now.notice, user, k, adventure, prompt, explain)
        if is_known(request, tag):
            return unchanged(tag)
        rules = RuleSettings.of_adventure(adventure)
        with unanswered("prompt"):
            if prompt is None:
                answer = now.recommend(user, k, rules=rules, explain=explain)
            else:
                answer = now.recommender.recommend(user, k, text=prompt, rules=rules, explain=explain)
    except DatabaseUnavailableError:
        return _without_database(now, user, k)
    response.headers["ETag"] = tag
    return schemas.Recommendations.of(answer, notice=now.notice)


@router.get("/recommendations")
def recommendations_for_nobody(
    service: TheService,
    now: Now,
    song: Annotated[
        list[Annotated[str, Query(max_length=given.LONGEST_REF)]] | None,
        Query(max_length=given.MOST_SEEDS, description="Songs that somebody new picked."),
    ] = None,
    prompt: given.Text = None,
    k: given.K = 10,
    adventure: given.Adventure = 0.3,
) -> schemas.Recommendations:
    """Songs for somebody of whom nothing is known: after some songs, for a text, or what is popular."""
    rules = RuleSettings.of_adventure(adventure)
    recommender = now.recommender
    if song and prompt is not None:
        for one in song:
            song_id_of(service.session_factory, one)
        message = "give songs or a prompt, not both"
        raise Refused(409, message, errors=[("prompt", message)])
    if song and now.release is not None:
        with unanswered("song"):
            answer = recommender.recommend_after(song, k, rules=rules)
    elif prompt is not None and now.release is not None:
        with unanswered("prompt"):
            answer = recommender.recommend_for(prompt, k, rules=rules)
    else:
        answer = recommender.recommend_to_anybody(k, rules=rules)
    return schemas.Recommendations.of(answer, notice=now.notice)


@router.get("/users/{user:ref}/discoveries")
def discoveries(
    service: TheService,
    now: Now,
    caller: TheCaller,
    user: given.User,
    week: Annotated[
        str | None,
        Query(pattern=WEEK, description="An ISO week; this one by default.", examples=["2026-W47"]),
    ] = None,
    k: given.K = 30,
    adventure: given.Adventure = 0.5,
) -> schemas.Discovery:
    """A week's songs that a user has never heard; without a release, what is popular."""
    allow_user(caller, user)
    week = week or _this_week()
    try:
        monday_of(week)
    except ValueError as error:  # only some years have a week 53
        raise Refused(404, str(error), kind="week", id=week) from None
    if now.release is None:
        instead = schemas.Recommendations.of(now.recommend(user, k), notice=now.notice).model_dump()
        return schemas.Discovery.model_validate({**instead, "week": week})
    found = discover(now.release, service.session_factory, user, k, week=week, adventure=adventure)
    return schemas.Discovery.of(found, notice=now.notice)


@router.get("/users/{user:ref}/profile")
def taste(service: TheService, now: Now, caller: TheCaller, user: given.User) -> schemas.Profile:
    """What is known of a user's taste: interests with their shares, axis scores, what they play most."""
    allow_user(caller, user)
    return schemas.Profile.of(profile(now.need, service.session_factory, user), notice=now.notice)


@router.get("/users/{user:ref}/neighbours")
def nearest_users(
    service: TheService, now: Now, caller: TheCaller, user: given.User, k: given.K = 10
) -> schemas.Neighbours:
    """The users whose taste lies nearest."""
    allow_user(caller, user)
    with unanswered("user"):
        found = neighbours(now.need, service.session_factory, user, k)
    return schemas.Neighbours.of(found, notice=now.notice)


@router.get("/users/{user:ref}/listens")
def listens(
    service: TheService,
    caller: TheCaller,
    user: given.User,
    limit: given.Limit = 50,
    cursor: PairCursor = None,
) -> schemas.ListenPage:
    """What a user heard, newest first."""
    allow_user(caller, user)
    page = user_listens(service.session_factory, user, limit, before=pair_of(cursor))
    following = None if page.behind is None else cursor_of(*page.behind)
    return schemas.ListenPage.of(page, next=following)


@router.post("/users/{user:ref}/listens")
def new_listens(
    service: TheService, now: Now, caller: TheCaller, user: given.User, body: schemas.ListensIn
) -> schemas.Submitted:
    """Store listens, each once however often it is sent; the next answer knows them."""
    allow_user(caller, user)
    rows = [GivenListen(one.song, one.listened_at_s, one.completion) for one in body.listens]
    return schemas.Submitted.of(submit_listens(service.session_factory, now.sums, user, rows))


@router.put("/users/{user:ref}/feedback/{song:ref}")
def feedback(
    service: TheService, caller: TheCaller, user: given.User, song: given.Song, said: schemas.FeedbackIn
) -> schemas.Feedback:
    """Like, dislike or block a song, or take back what was said; the next answer obeys."""
    allow_user(caller, user)
    answer = give_feedback(service.session_factory, user, said.kind, song, now_s=int(time.time()))
    return schemas.Feedback.of(answer)


@router.get("/users/{user:ref}/decisions")
def decided(service: TheService, caller: TheCaller, user: given.User) -> schemas.Decisions:
    """What a user pinned, muted and forgot."""
    allow_user(caller, user)
    return schemas.Decisions.of(decisions(service.session_factory, user))


@router.post("/users/{user:ref}/decisions")
def new_decision(
    service: TheService, now: Now, caller: TheCaller, user: given.User, decision: schemas.DecisionIn
) -> schemas.Decisions:
    """Pin, mute or forget an interest, by its number in the profile or its song, or a song."""
    allow_user(caller, user)
    made = decide(now.need, service.session_factory, user, decision.do, decision.what, alone=decision.alone)
    return schemas.Decisions.of(made)


@router.delete("/users/{user:ref}/decisions")
def undo_decisions(
    service: TheService,
    now: Now,
    caller: TheCaller,
    user: given.User,
    what: Annotated[
        str | None, Query(max_length=given.LONGEST_REF, description="An interest or a song; all by default.")
    ] = None,
) -> schemas.Decisions:
    """Take back decisions: the profile is what it was without them."""
    allow_user(caller, user)
    return schemas.Decisions.of(undo(now.need, service.session_factory, user, what))


def _summary(service: Service, user: str) -> schemas.UserOut:
    with service.session_factory() as session:
        found = user_summary(session, find_user(session, user))
    if found is None:
        raise NotFoundError("user", user)
    return schemas.UserOut(user=found.ref, name=found.name, listens=found.n_listens)


def _without_database(now: Snapshot, user: str, k: int) -> schemas.Recommendations:
    """What is popular, from memory: better than nothing, and it says so."""
    if now.release is None:
        raise DatabaseUnavailableError("and there is no release")
    return schemas.Recommendations.of(popular_in_release(now.release, user, k), notice=LOST)


def _this_week() -> str:
    year, week, _ = datetime.now(UTC).isocalendar()
    return f"{year}-W{week:02d}"
