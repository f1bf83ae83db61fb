"""Names of songs, users and playlists in addresses: they may hold slashes, which come as `%2F`.

The server decodes an address before it is matched, and would take such a slash for a border. So the address
is decoded here once more, piece by piece, with another sign in the place of those slashes, which the
convertor `ref` turns back.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

# From the range that Unicode leaves to private use.
_SLASH = "\ue02f"


class RefConvertor(Convertor[str]):
    """One piece of an address, slashes included."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """Return the name."""
        return value.replace(_SLASH, "/")

    def to_string(self, value: str) -> str:
        """Return the piece of an address."""
        return value.replace("/", _SLASH)


register_url_convertor("ref", RefConvertor())


class References:
    """Middleware: keeps slashes within names apart from those between them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decode the address piece by piece."""
        raw: bytes = scope.get("raw_path") or b""
        if scope["type"] == "http" and b"%2f" in raw.lower():
            pieces = raw.decode("latin-1").split("/")
            scope["path"] = "/".join(unquote(piece).replace("/", _SLASH) for piece in pieces)
        await self.app(scope, receive, send)
