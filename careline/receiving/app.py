"""The receiver as an ASGI application, bare, because every microsecond counts here: /webhooks/NAME for the platforms, and
/healthz, /readyz and /metrics for those who run it, which a proxy should not let the world see.

Meta asks for a median answer under 250 ms, WeChat gives up after three tries of five seconds: so nothing happens between the
signature and the answer but the commit, and where the disk is too slow for that, the platform is told to try again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from careline.channels.ports import Push, Webhook
from careline.crashpoint import reached
from careline.receiving.aside import Aside, Kept
from careline.receiving.body import Bodies, Gone, Receive, Scope, TooLarge, TooMany, drain
from careline.receiving.health import Health
from careline.receiving.log import Log, Say
from careline.receiving.metrics import CONTENT_TYPE, Metrics
from careline.receiving.patience import Patience

MAX_IN_FLIGHT = 1000
FRESH_S = 2.0  # then a door is asked for again: secrets change, channels are paused and removed
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
WEBHOOKS = "/webhooks/"
TEXT = b"text/plain; charset=utf-8"
NOTHING: Mapping[str, str] = {}

RawHeaders = list[tuple[bytes, bytes]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Keep = Callable[[str, int, bytes], asyncio.Future[None]]
Done = Callable[[int, bytes], None]


class Door(Struct, frozen=True):
    """How to listen for one channel: its platform's webhook and the secrets that prove a push."""

    channel: str
    webhook: Webhook
    secrets: Mapping[str, str]


class No(Exception):
    """What is answered instead of hearing a push. ``event`` and ``why`` are for the log."""

    def __init__(self, status: int, text: bytes, event: str, why: str, *, level: str = "warning") -> None:
        super().__init__(why)
        self.status = status
        self.text = text
        self.event = event
        self.why = why
        self.level = level


class Receiver:
    """The application. ``door`` finds a channel's door by name (None: no such channel), ``keep`` begins to write a payload of a
    channel, received at an instant; what it gives is done when the payload is on disk.
    """

    def __init__(
        self,
        door: Callable[[str], Door | None],
        keep: Keep,
        now: Callable[[], int],
        *,
        log: Say,
        metrics: Metrics,
        health: Health,
        most_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self._door = door
        self._keep = keep
        self._now = now
        self._log = log
        self._metrics = metrics
        self._health = health
        self._most_in_flight = most_in_flight
        self._scrape = Kept(metrics.scrape)
        self._doors: dict[str, tuple[Door, float]] = {}  # and until when nobody has to look again
        self._doorkeeper = Aside()
        self._bodies = Bodies()
        self._patience = Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if not path.startswith(WEBHOOKS):
            await self._look(path, scope, receive, send)
            return
        metrics = self._metrics
        metrics.in_flight += 1
        try:
            await self._hear(path[len(WEBHOOKS) :], scope, receive, send)
        finally:
            metrics.in_flight -= 1

    async def _hear(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """One push, from its address to its answer."""
        channel, read = "", False
        try:
            if self._metrics.in_flight > self._most_in_flight:
                raise No(503, b"try again", "overloaded", f"more than {self._most_in_flight} requests at once")
            door = self._fresh(name) or await self._find(name)
            channel = door.channel
            if scope["method"] not in ("GET", "POST"):
                raise No(405, b"method not allowed", "bad_method", "neither GET nor POST")
            body = await self._read(door, scope, receive)
            read = True
            began = perf_counter()
            text = await self._push(door, scope, body)
            await _answer(send, 200, text)
            self._metrics.answers.add(perf_counter() - began)
        except Gone:  # nobody is there to be answered, and half a body is none
            self._log(Log("info", "truncated", f"{channel}: the client left before its push was whole", channel))
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost a push: the platform tries again
            no = error if isinstance(error, No) else No(503, b"try again", "defect", type(error).__name__, level="error")
            self._refused(channel, no)
            await _answer(send, no.status, no.text, unread=None if read else receive, head=scope["method"] == "HEAD")

    def _fresh(self, name: str) -> Door | None:
        kept = self._doors.get(name)
        return kept[0] if kept is not None and perf_counter() < kept[1] else None

    async def _find(self, name: str) -> Door:
        """The door as it is now. Looked up away from the loop: a store may be slow, and names are made up.

        One push looks, while those beside it go on with what was known; where nobody can say, that stays.
        """
        if not NAME.fullmatch(name):
            raise No(404, b"no such channel", "unknown_channel", f"a push for {name[:40]!r}, which is no channel's name")
        known = self._doors.get(name)
        if known is not None:
            self._doors[name] = known[0], perf_counter() + FRESH_S
        try:
            door = await self._doorkeeper.do(lambda: self._door(name))
        except Exception as error:
            if known is None:
                why = (
                    "the store does not say which channels there are" if isinstance(error, TimeoutError) else f"{name}: {error}"
                )
                raise No(503, b"try again", "not_ready", why, level="error") from error
            door = known[0]
        if door is None:
            self._doors.pop(name, None)
            raise No(404, b"no such channel", "unknown_channel", f"a push for the unknown channel {name!r}")
        self._doors[name] = door, perf_counter() + FRESH_S
        return door

    async def _read(self, door: Door, scope: Scope, receive: Receive) -> bytes:
        most = door.webhook.max_body
        try:
            return await self._bodies.read(scope, receive, most)
        except TooLarge:
            raise No(413, b"too large", "too_large", f"a body of more than {most} bytes was refused") from None
        except TooMany:
            raise No(503, b"try again", "overloaded", "too many large bodies at once") from None

    def take(self, name: str, query: bytes, headers: RawHeaders, body: bytes, done: Done) -> bool:
        """Hear a POST that is here as a whole; ``done`` is told the answer. A shorter way to what ``__call__`` does.

        False, and nothing has happened, for whatever is not a push to be kept: that has time for the ordinary way.
        """
        door = self._fresh(name)
        metrics = self._metrics
        if door is None or len(body) > door.webhook.max_body or metrics.in_flight >= self._most_in_flight:
            return False
        began = perf_counter()
        now = self._now()
        reached("receive.before_parse")
        try:
            reply = door.webhook.answer(Push("POST", _query(query), Headers(headers), body), door.secrets, now)
        except Exception:  # noqa: BLE001 - the ordinary way says what it is
            return False
        if reply.status != 200 or reply.keep is None:
            return False

        def kept(writing: asyncio.Future[None]) -> None:
            metrics.in_flight -= 1
            try:
                self._settle(door, writing, began)
            except No as no:
                self._refused(door.channel, no)
                done(no.status, no.text)
            else:
                done(200, reply.body)
                metrics.answers.add(perf_counter() - began)

        metrics.in_flight += 1
        self._begin(door, now, reply.keep).add_done_callback(kept)
        return True

    async def _push(self, door: Door, scope: Scope, body: bytes) -> bytes:
        """The text of a 200, once what is to be kept is on disk."""
        now = self._now()
        reached("receive.before_parse")
        push = Push(scope["method"], _query(scope["query_string"]), Headers(scope["headers"]), body)
        reply = door.webhook.answer(push, door.secrets, now)
        if reply.status >= 400:
            raise No(reply.status, reply.body, "refused", reply.reason, level="error" if reply.status >= 500 else "warning")
        if reply.keep is not None:
            began = perf_counter()
            writing = self._begin(door, now, reply.keep)
            await asyncio.wait((writing,))
            self._settle(door, writing, began)
        return reply.body

    def _begin(self, door: Door, now: int, payload: bytes) -> asyncio.Future[None]:
        """Begin to write it, for as long as the platform waits. What comes too late is known when the platform repeats it."""
        writing = self._keep(door.channel, now, payload)
        self._patience.watch(writing, door.webhook.answer_within_s)
        return writing

    def _settle(self, door: Door, writing: asyncio.Future[None], began: float) -> None:
        """Return when it is on disk; whatever else has happened, there is no 200."""
        self._patience.forget(writing)
        if writing.cancelled():
            raise No(503, b"try again", "late", f"not on disk within {door.webhook.answer_within_s:g} s", level="error")
        if error := writing.exception():
            raise No(503, b"try again", "not_kept", f"not kept: {error}", level="error")
        self._metrics.received(door.channel)
        self._metrics.commits.add(perf_counter() - began)

    def _refused(self, channel: str, no: No) -> None:
        self._metrics.rejected(channel, no.status)
        words = f"{channel}: {no.status} {no.why}" if channel else no.why
        self._log(Log(no.level, no.event, words, channel, no.status))

    async def _look(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """What those who run the receiver ask."""
        status, text, kind = 404, b"not found", TEXT
        if path == "/healthz":
            status, text = 200, b"ok"
        elif path == "/readyz":
            failing = await self._health.failing()
            status, text = (503, failing.encode()) if failing else (200, b"ready")
        elif path == "/metrics":
            status, text, kind = await self._scraped()
        await _answer(send, status, text, unread=receive, head=scope["method"] == "HEAD", kind=kind)

    async def _scraped(self) -> tuple[int, bytes, bytes]:
        try:
            return 200, await self._scrape.get(), CONTENT_TYPE.encode()
        except TimeoutError:
            return 503, b"the store does not answer", TEXT


class Headers(Mapping[str, str]):
    """The headers of a request as they came, looked up by name: a webhook asks for one of a dozen."""

    def __init__(self, raw: RawHeaders) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        wanted = name.encode("latin-1", "replace")
        for found, value in self._raw:
            if found == wanted:
                return value.decode("latin-1")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter({name.decode("latin-1"): None for name, _ in self._raw})

    def __len__(self) -> int:
        return len({name for name, _ in self._raw})


def _query(raw: bytes) -> Mapping[str, str]:
    if not raw:
        return NOTHING
    try:
        return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise No(400, b"too many parameters", "refused", "more than 50 parameters in the address") from None


async def _answer(
    send: Send, status: int, text: bytes, *, head: bool = False, unread: Receive | None = None, kind: bytes = TEXT
) -> None:
    """Answer. With ``unread``, a request that was not read to its end, close: the next one would begin in the middle of it."""
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(text))]
    if unread is not None:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if head else text
    if unread is not None and status < 500:  # who is overloaded, or told to try again, reads on for nobody
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await drain(unread)
        body = b""
    await send({"type": "http.response.body", "body": body})
