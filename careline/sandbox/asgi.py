"""A request and an answer, and nothing between them and ASGI: no framework."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct, field

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BIGGEST_BODY = 8 * 1024 * 1024
BIGGEST_UPLOAD = 101 * 1024 * 1024  # a document of 100 MB, and the form around it


class TooLarge(Exception):
    """The body is longer than any call of either platform needs."""


class Request(Struct):
    """One HTTP request. ``doomed`` is the code with which the message it sends will fail later (an injected fault)."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    client: tuple[str, int] = ("127.0.0.1", 0)
    doomed: int = 0


class Answer(Struct):
    """One HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    code: int = 0  # the platform's own error code, for the log


def plain_json(payload: Any, status: int = 200, code: int = 0) -> Answer:
    """An answer with ``payload`` as readable UTF-8 JSON."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Answer(status, body, {"content-type": "application/json; charset=UTF-8"}, code)


async def read(scope: Scope, receive: Receive) -> Request:
    """The whole request. Raises TooLarge."""
    most = BIGGEST_UPLOAD if scope["path"].endswith(("/media", "/media/upload", "/material/add_material")) else BIGGEST_BODY
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise TooLarge
        chunks.append(chunk)
        more = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=b"".join(chunks),
        client=tuple(scope.get("client") or ("127.0.0.1", 0)),
    )


async def write(answer: Answer, send: Send) -> None:
    """Send ``answer`` whole."""
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
