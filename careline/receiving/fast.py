"""The fast way in: HTTP by llhttp, and pushes that come in one read answered without a task of their own.

Nearly all of Meta's and WeChat's pushes do. Whatever is not simply a push to be kept goes the ordinary way, through uvicorn.
"""

from __future__ import annotations

import asyncio
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from careline.receiving.protocol import BODY, DONE, HEAD, MAX_HEAD, MAX_HEADERS, MAX_PIPELINED, MAX_URL, Bounded

WEBHOOKS = b"/webhooks/"


class BoundedHttpTools(Bounded, HttpToolsProtocol):
    """uvicorn over llhttp, which bounds nothing but the form."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._stage = HEAD
        self._began = False
        self._before = 0  # bytes of a head without an end, from its second read on
        self._read = 0
        self._refusal = (400, "that is no HTTP")
        self._held: bytearray | None = None  # of the body of a push that may be here as a whole

    def stage(self) -> str:
        return self._stage

    def data_received(self, data: bytes) -> None:
        self._read = len(data)
        self._began = False
        super().data_received(data)
        if self._held is not None and not self.transport.is_closing():
            self._ordinary()
        if self._stage == HEAD and not self._began:  # how much of a read belongs to a head that began in it, nobody says
            self._before += len(data)
            if self._before > MAX_HEAD:
                self.refuse(431, "the head is too large")

    def on_message_begin(self) -> None:
        self._stage = HEAD
        self._began = True
        self._before = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._bound()
        self._stage = BODY
        if self.url.startswith(WEBHOOKS) and self.parser.get_method() == b"POST" and not self._answering():
            self._held = bytearray()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._held is None:
            super().on_body(body)
        else:
            self._held += body

    def on_message_complete(self) -> None:
        self._stage = DONE
        if self._held is not None:
            if self._short(bytes(self._held)):
                self._held = None
                return
            self._ordinary()
        super().on_message_complete()

    def _short(self, body: bytes) -> bool:
        """The whole push came in one read: without a task, a queue and a dozen objects of uvicorn's it costs half."""
        path, _, query = self.url.partition(b"?")
        keep_alive = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        exchange = Exchange(self, keep_alive=keep_alive)
        if not self.app.take(path[len(WEBHOOKS) :].decode("latin-1"), query, self.headers, body, exchange.answer):
            return False
        self.cycle = exchange
        return True

    def _ordinary(self) -> None:
        """Let uvicorn have it."""
        held, self._held = self._held, None
        try:
            super().on_headers_complete()
        except (ValueError, HttpParserError):
            self.refuse(400, "that is no address")
        else:
            super().on_body(bytes(held or b""))

    def send_400_response(self, msg: str) -> None:
        self.refuse(*self._refusal)

    def _bound(self) -> None:
        """Raises ValueError, which ends the parsing, for a head beyond the limits."""
        if len(self.url) > MAX_URL:
            self._refusal = (414, "the address is too long")
        elif len(self.headers) > MAX_HEADERS:
            self._refusal = (431, "there are too many headers")
        elif (self._read > MAX_HEAD or not self._began) and sum(len(n) + len(v) for n, v in self.headers) > MAX_HEAD:
            self._refusal = (431, "the head is too large")
        elif len(self.pipeline) >= MAX_PIPELINED:
            self._refusal = (400, "there are too many requests at once")
        else:
            return
        raise ValueError(self._refusal[1])


class Exchange:
    """A push that is answered without uvicorn, looking to it like one of its own requests."""

    __slots__ = ("_connection", "disconnected", "keep_alive", "response_complete", "response_started")

    def __init__(self, connection: BoundedHttpTools, *, keep_alive: bool) -> None:
        self._connection = connection
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_started = False
        self.response_complete = False

    @property
    def message_event(self) -> asyncio.Event:
        """Nobody waits for more of it."""
        return asyncio.Event()

    def answer(self, status: int, text: bytes) -> None:
        """Write the answer, unless nobody is there any more."""
        self.response_started = self.response_complete = True
        if self.disconnected or self._connection.transport.is_closing():
            return
        connection = self._connection
        dated = b"".join([b"%s: %s\r\n" % header for header in connection.server_state.default_headers])
        connection.transport.write(
            b"%s%scontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n%s\r\n%s"
            % (STATUS_LINE[status], dated, len(text), b"" if self.keep_alive else b"connection: close\r\n", text)
        )
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()
