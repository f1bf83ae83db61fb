"""Whether the service lives, whether it can answer, its figures, and a page to begin with."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy import text

from db.errors import DatabaseUnavailableError
from service.http import schemas
from service.http.metrics import CONTENT_TYPE
from service.http.service import Admin, Now, TheService

router = APIRouter(tags=["health"])
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Songspace</title></head><body>
<h1>Songspace</h1>
<ul>
<li><a href="/openapi.json">OpenAPI document</a></li>
<li><a href="/readyz">Is it ready?</a></li>
<li><a href="/v1/songs">Songs</a></li>
<li><a href="/v1/recommendations">What is popular</a></li>
<li><a href="/v1/space/map/picture?format=svg">A map of the songs</a></li>
<li><a href="/metrics">Figures</a></li>
</ul>
</body></html>
"""


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def page() -> str:
    """A page with links."""
    return _PAGE


@router.get("/healthz")
async def healthz() -> schemas.Health:
    """The process answers."""
    return schemas.Health()


@router.get("/readyz", responses={503: {"model": schemas.Ready, "description": "Not now."}})
def readyz(service: TheService, now: Now) -> Response:
    """Whether requests can be answered, and from which release."""
    try:
        with service.session_factory() as session:
            session.execute(text("SELECT 1"))
        database = "ok"
    except DatabaseUnavailableError:
        database = "cannot be used"
    ready = schemas.Ready(ready=database == "ok", release=now.name, notice=now.notice, database=database)
    return JSONResponse(ready.model_dump(), 200 if ready.ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Figures for Prometheus."}},
)
def metrics(service: TheService, now: Now, _: Admin) -> Response:
    """Figures for Prometheus; for administrators."""
    figures = service.metrics.page(release=now.name, swaps=service.watch.swaps, degraded=bool(now.notice))
    return Response(figures, headers={"Content-Type": CONTENT_TYPE})
