"""The receiver as an ASGI application: /webhooks/NAME and /healthz, bare, because every millisecond counts here.

Meta asks for a median answer under 250 ms, WeChat gives up after three tries of five seconds: so nothing happens between the
signature and the answer but the commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from msgspec import Struct

from careline.channels.ports import Push, Webhook
from careline.receiving.intake import Intake

MAX_BODY = 3 * 1024 * 1024  # the largest webhook Meta sends

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Door(Struct, frozen=True):
    """How to listen for one channel: its platform's webhook and the secrets that prove a push."""

    channel: str
    webhook: Webhook
    secrets: Mapping[str, str]


class Receiver:
    """The application. ``door`` finds a channel's door by name (None: no such channel)."""

    def __init__(
        self, door: Callable[[str], Door | None], intake: Intake, now: Callable[[], int], report: Callable[[str], None]
    ) -> None:
        self._door = door
        self._intake = intake
        self._now = now
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, body = await self._answer(scope, receive)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        if status == 413:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        path = scope["path"]
        if path == "/healthz":
            return 200, b"ok"
        name = unquote(path.removeprefix("/webhooks/")) if path.startswith("/webhooks/") else ""
        if not name:
            return 404, b"not found"
        if scope["method"] not in ("GET", "POST"):
            return 405, b"method not allowed"
        try:
            door = self._door(name)
        except Exception as error:  # noqa: BLE001 - the platform must try again, and an operator must see why
            self._report(f"{name}: {error}")
            return 503, b"try again"
        if door is None:
            self._report(f"a push for the unknown channel {name[:40]!r}")
            return 404, b"no such channel"
        body = await _body(scope, receive)
        if body is None:
            self._report(f"{name}: a body of more than {MAX_BODY} bytes was refused")
            return 413, b"too large"
        return await self._push(door, scope, body)

    async def _push(self, door: Door, scope: Scope, body: bytes) -> tuple[int, bytes]:
        now = self._now()
        push = Push(
            method=scope["method"],
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=50)),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        reply = door.webhook.answer(push, door.secrets, now)
        if reply.status >= 400:
            self._report(f"{door.channel}: {reply.status} {reply.reason}")
        if reply.keep is not None:
            try:
                await self._intake.keep(door.channel, now, reply.keep)
            except Exception as error:  # noqa: BLE001 - never a 200 for what is not on disk
                self._report(f"{door.channel}: not kept: {error}")
                return 503, b"try again"
        return reply.status, reply.body


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; None when it is larger than any webhook is."""
    declared = next((v for n, v in scope["headers"] if n == b"content-length"), b"0")
    if declared.isdigit() and int(declared) > MAX_BODY:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
