"""The nightly job, for administrators: run now, watched, and cancelled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service.http import given
from service.http.audit import AuditedRoute
from service.http.paging import Cursor, cursor_of, number_of
from service.http.schemas.generations import NightOut, NightPage
from service.http.service import Admin, Service, TheService
from service.work import nights as work
from service.work.slots import has_worker
from service.work.states import NO_WORKER

router = APIRouter(prefix="/admin/nightly", tags=["admin"], route_class=AuditedRoute)
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a night.", examples=[1])]


@router.post("", status_code=202)
def run_now(service: TheService, _: Admin, response: Response) -> NightOut:
    """Have a worker learn from all playlists and listens, and publish a release; one at a time."""
    night = work.ask_for_night(service)
    response.headers["Location"] = f"/v1/admin/nightly/{night.number}"
    return NightOut.of_night(night, notice=_notice(service))


@router.get("")
def nights(service: TheService, _: Admin, limit: given.Limit = 20, cursor: Cursor = None) -> NightPage:
    """The nights so far, newest first, those asked for and those of the schedule."""
    found = work.nights_before(service, number_of(cursor), limit + 1)
    more = cursor_of(found[limit - 1].number) if len(found) > limit else None
    return NightPage(nights=[NightOut.of_night(one) for one in found[:limit]], next=more)


@router.get("/{number}")
def night(service: TheService, _: Admin, number: Number) -> NightOut:
    """A night as it is now."""
    found = work.show_night(service, number)
    return NightOut.of_night(found, notice=_notice(service) if found.is_open else "")


@router.post("/{number}/cancel")
def cancel(service: TheService, _: Admin, number: Number) -> NightOut:
    """Stop a night; what its stages have done stays, for the next one to go on from."""
    return NightOut.of_night(work.cancel_night(service, number))


def _notice(service: Service) -> str:
    return "" if has_worker(service.settings.home) else NO_WORKER
