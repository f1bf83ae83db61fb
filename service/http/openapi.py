"""The OpenAPI document: what FastAPI knows of the routes, and what every route has in common.

FastAPI sees no middleware, so what the layers before the routes answer (no key, too many requests, too large
a body) is added here, in the form that every refusal has.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.http.door import OPEN_PATHS
from service.http.schemas import Problem

_MEDIA = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_NO_HTTP = {"text/plain": {"schema": {"type": "string"}}}
_EVERYWHERE = {
    "400": "This is no HTTP, or the address is longer than 64 KiB; or the body cannot be read.",
    "403": "This key does not allow that.",
    "413": "The body is too large.",
    "422": "Something in the request cannot be understood; `errors` says which field.",
    "429": "Too many requests; `Retry-After` says when to come again.",
    "503": "Not now; `Retry-After` says when to come again.",
}
_WITH_KEY = {"401": "A key is needed, or this one is not known."}
_WITH_NAME = {"404": "There is no such thing; `kind` and `id` say what."}
_WITH_RELEASE = {"409": "The question has no answer as things stand, such as before the first release."}
_WITH_BODY = {"408": "The body came too slowly."}
ABOUT = """Music recommendation over HTTP. Names are `scheme:value`; a slash in a name comes as `%2F`.
Answers say which release they are made from; `fallback` and `notice` say when something stands in."""


def document(app: FastAPI, *, version: str) -> dict[str, Any]:
    """Make the document of an application."""
    found = get_openapi(title="Songspace", version=version, description=ABOUT, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    found["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return found


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    refusals = dict(_EVERYWHERE)
    if path not in OPEN_PATHS:
        operation["security"] = [{"key": []}]
        refusals |= _WITH_KEY | _WITH_NAME | _WITH_RELEASE
    if "requestBody" in operation:
        refusals |= _WITH_BODY
    responses = operation.setdefault("responses", {})
    for status, said in refusals.items():
        own = responses.get(status)
        if own is None or (status == "422" and "HTTPValidationError" in str(own)):
            responses[status] = {"description": said, "content": _MEDIA}
        elif status == "503":
            own.setdefault("content", {}).update(_MEDIA)
        elif status == "400":
            own["content"] = {**own.get("content", {}), **_MEDIA}
    # What is no HTTP the server refuses by itself, in its own words.
    responses["400"]["content"] = {**responses["400"]["content"], **_NO_HTTP}
    if method == "get" and path.startswith("/v1/"):
        responses["304"] = {"description": "The same as the answer of this ETag."}
