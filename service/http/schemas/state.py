"""Health, readiness, and problem documents."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from service.http.schemas.base import Answer


class Health(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Answer):
    """Whether requests can be answered, from which release, and what is wrong."""

    ready: bool
    release: str | None
    notice: str
    database: str


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457); `kind` and `id` name what is not known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "unknown song: sample:99999",
                    "kind": "song",
                    "id": "sample:99999",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    kind: str | None = None
    id: str | None = None
    errors: list[FieldProblem] | None = None
