"""Routes that write down what administrators ask for, before it is done, so that nothing is done unseen.

Who a call is about is written as a keyed hash (pipelines/erasures.py): a user who is deleted leaves no name
in the log, and whoever holds the key can still find what was done about somebody. Bodies, which may hold
secrets and names, are not written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio.to_thread
from fastapi import Request, Response

from db.repositories.audit import add_event
from db.repositories.refs import external_id
from db.session import write_transaction
from pipelines.erasures import Erasures
from service.http.door import CALLER
from service.http.etags import Handler, TaggingRoute
from service.http.keys import Caller
from service.http.service import Service

_READS = ("GET", "HEAD", "OPTIONS")
# All routes that are written down stand below this.
PREFIX = "/v1"
# Reading this is a deed as well.
_TOLD = (f"{PREFIX}/users/{{user}}/export",)
_HASHED = 16


class AuditedRoute(TaggingRoute):
    """A route whose changes by administrators are written down."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        handler = super().get_route_handler()

        async def audited(request: Request) -> Response:
            caller: Caller = request.scope[CALLER]
            pattern = f"{PREFIX}{self.path_format.removeprefix(PREFIX)}"
            if caller.is_admin and (request.method not in _READS or pattern in _TOLD):
                service: Service = request.app.state.service
                action = f"{request.method} {pattern}"
                await anyio.to_thread.run_sync(_write, service, caller, action, dict(request.path_params))
            return await handler(request)

        return audited


def _write(service: Service, caller: Caller, action: str, params: Mapping[str, Any]) -> None:
    erasures = Erasures(service.settings.home)
    detail = {}
    for name, value in params.items():
        pair = external_id(str(value)) if name == "user" else None
        whom = erasures.hash_of(pair or ("", str(value)))[:_HASHED] if name == "user" else str(value)
        detail[name] = whom
    with write_transaction(service.session_factory) as session:
        add_event(session, caller.key_id, action, detail)
