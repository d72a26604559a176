"""What a connection may cost: how much it may send before it has said what it wants, and how long it may take.

uvicorn bounds neither: a client that sends a byte a minute holds a connection for ever, and one header may grow without end.
Whoever keeps to HTTP and sends a push within half a minute never meets any of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_HEAD = 64 * 1024
MAX_HEADERS = 100
MAX_URL = 8 * 1024
MAX_PIPELINED = 16
MAX_CONNECTIONS = 2000
HEAD_S = 10.0
BODY_S = 30.0
IDLE_S = 30

HEAD, BODY, DONE = "head", "body", "done"  # what of a request has not come yet

Refused = Callable[[int, str], None]  # status (0: nothing was answered) and why


class Bounded(asyncio.Protocol):
    """The limits that do not depend on who parses. Mixed into one of uvicorn's protocols."""

    head_s = HEAD_S
    body_s = BODY_S
    most_connections = MAX_CONNECTIONS
    refused: Refused = staticmethod(lambda status, why: None)

    connections: set[Any]
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    cycle: Any

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._timer: asyncio.TimerHandle | None = None
        self._timed = DONE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            self.refuse(503, f"there are {self.most_connections} connections already")
        else:
            self._time(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._time(DONE)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        stage = self.stage()
        if stage is DONE and not self._answering():
            stage = HEAD  # what came begins nothing, and stopped the clock of idle connections
        if stage is not self._timed:
            self._time(DONE if self.transport.is_closing() else stage)

    def stage(self) -> str:
        """What of the current request has not come yet: its head, its body, nothing."""
        raise NotImplementedError

    def refuse(self, status: int, why: str) -> None:
        """Say why and close the connection; only close it where an answer is already under way."""
        self._time(DONE)
        if self.transport.is_closing():
            return
        self.refused(status, why)
        if not (self._answering() and (self.stage() == HEAD or self.cycle.response_started)):
            phrase = HTTPStatus(status).phrase
            head = f"HTTP/1.1 {status} {phrase}\r\nconnection: close\r\ncontent-type: text/plain\r\n"
            self.transport.write(f"{head}content-length: {len(phrase)}\r\n\r\n{phrase}".encode())
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for what is no HTTP."""
        self.refuse(400, "that is no HTTP")

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _time(self, stage: str) -> None:
        """Give the client its time for this stage, once: more bytes of the same stage do not lengthen it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timed = stage
        if stage == HEAD:
            self._timer = self.loop.call_later(self.head_s, self._late)
        elif stage == BODY:
            self._timer = self.loop.call_later(self.body_s, self._late)

    def _late(self) -> None:
        stage, self._timer = self._timed, None
        if stage == HEAD and self._answering():
            self._time(HEAD)  # the next request is slow, but this one's answer is still owed
        elif stage == BODY:
            self.refuse(408, "the body did not come in time")
        elif not self.transport.is_closing():
            self.refused(0, "no request came in time")
            self.transport.close()


class BoundedH11(Bounded, H11Protocol):
    """For a Python without httptools. h11 itself bounds the head."""

    def stage(self) -> str:
        import h11

        return {h11.IDLE: HEAD, h11.SEND_BODY: BODY}.get(self.conn.their_state, DONE)


def fastest() -> type[Bounded]:
    """The parser in C, where there is one for this Python."""
    try:
        from careline.receiving.fast import BoundedHttpTools
    except ImportError:
        return BoundedH11
    return BoundedHttpTools


def protocol(refused: Refused, base: type[Bounded] | None = None, **limits: float) -> type[asyncio.Protocol]:
    """The protocol for uvicorn's ``http=``. ``refused`` hears of every connection that is closed for its behaviour."""
    return type("Protocol", (base or fastest(),), {"refused": staticmethod(refused), **limits})
