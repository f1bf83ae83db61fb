"""Answers in the envelope of the Subsonic API, as JSON or XML, from one tree.

In XML numbers and texts of a thing are attributes, things within it elements, a list as many elements of its
name; the text of an element is what a thing calls `value`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree

from starlette.responses import JSONResponse, Response

from service.subsonic.errors import Failed
from service.subsonic.given import Given

Body = Mapping[str, Any]
API_VERSION = "1.16.1"
_NAMESPACE = "http://subsonic.org/restapi"
# What no XML document may hold, not even as a reference.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def answer(given: Given, body: Body) -> Response:
    """Say that it is done, and what is asked for."""
    return _written(given, {**_envelope("ok"), **body}, 200, {})


def failure(given: Given, failed: Failed) -> Response:
    """Say what went wrong."""
    error = {"code": failed.code, "message": failed.message}
    return _written(given, {**_envelope("failed"), "error": error}, failed.status, failed.headers)


def xml_of(tree: Body) -> bytes:
    """A tree as an XML document.

    >>> xml_of({"status": "ok", "user": {"folder": [0, 1], "adminRole": False}}).decode().splitlines()[1]
    '<subsonic-response xmlns="http://subsonic.org/restapi" status="ok"><user adminRole="false"><folder>0\
</folder><folder>1</folder></user></subsonic-response>'
    """
    root = ElementTree.Element("subsonic-response", {"xmlns": _NAMESPACE})
    _fill(root, tree)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _written(given: Given, tree: Body, status: int, headers: Mapping[str, str]) -> Response:
    if given.text("f") == "json":
        return JSONResponse({"subsonic-response": _without_nothing(tree)}, status, headers=headers)
    return Response(xml_of(tree), status, headers=headers, media_type="text/xml; charset=utf-8")


def _envelope(status: str) -> dict[str, Any]:
    return {
        "status": status,
        "version": API_VERSION,
        "type": "songspace",
        "serverVersion": _our_version(),
        "openSubsonic": True,
    }


@cache
def _our_version() -> str:
    return version("songspace")


def _without_nothing(tree: Any) -> Any:
    """The tree without what is not known."""
    if isinstance(tree, Mapping):
        return {name: _without_nothing(value) for name, value in tree.items() if value is not None}
    return [_without_nothing(one) for one in tree] if isinstance(tree, list | tuple) else tree


def _fill(element: ElementTree.Element, thing: Any) -> None:
    if not isinstance(thing, Mapping):
        element.text = _text(thing)
        return
    for name, value in thing.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            _fill(ElementTree.SubElement(element, name), value)
        elif isinstance(value, list | tuple):
            for one in value:
                _fill(ElementTree.SubElement(element, name), one)
        elif name == "value":
            element.text = _text(value)
        else:
            element.set(name, _text(value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NO_XML.sub("\ufffd", str(value))
