"""A plain web server that stands where careline's receiver will: keeps what it is sent and answers what it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, field


class Got(Struct):
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Responder = Callable[[Got], tuple[int, bytes]]


def agreeable(got: Got) -> tuple[int, bytes]:
    """Echo either platform's challenge, take everything else."""
    return 200, got.query.get("hub.challenge", got.query.get("echostr", "")).encode()


class Receiver(Struct):
    """``respond`` may be replaced while it runs."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    respond: Responder = agreeable

    def posts(self) -> list[Got]:
        """The pushes, without the handshakes."""
        return [one for one in self.got if one.method == "POST"]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            got = Got(self.command, parts.path, query, headers, body)
            receiver.got.append(got)
            status, answer = receiver.respond(got)
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _take

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/shop"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
