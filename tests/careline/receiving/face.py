"""The receiver's HTTP face in a thread, over a disk that tests make slow or broken, and bare sockets to talk to it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import socket
import threading
from collections.abc import Mapping
from typing import Any

from careline.channels.whatsapp.webhook import WhatsAppWebhook
from careline.model import Channel
from careline.receiving.app import Door, Receiver
from careline.receiving.health import Check, Health
from careline.receiving.log import Log
from careline.receiving.metrics import Metrics
from careline.receiving.server import Server, _bind, _loop_factory

SECRET = "app-secret-of-the-test"
PUSH = b'{"object": "whatsapp_business_account", "entry": []}'
LARGEST = 200_000


class Webhook(WhatsAppWebhook):
    """WhatsApp's, for a platform with small pushes."""

    max_body = LARGEST

    def __init__(self, channel: Channel, answer_within_s: float) -> None:
        super().__init__(channel)
        self.answer_within_s = answer_within_s


class Disk:
    """Where payloads go. ``ready`` is set while it works; ``broken`` is what it raises."""

    def __init__(self) -> None:
        self.begun = 0
        self.kept: list[bytes] = []
        self.ready = threading.Event()
        self.ready.set()
        self.broken: Exception | None = None

    def keep(self, channel: str, received_at: int, body: bytes) -> asyncio.Future[None]:
        """Begin to keep the payload."""
        self.begun += 1
        return asyncio.get_running_loop().run_in_executor(None, self._write, body)

    def _write(self, body: bytes) -> None:
        self.ready.wait(10)
        if self.broken is not None:
            raise self.broken
        self.kept.append(body)


class Face:
    """A running receiver: ``shop-it`` is its channel, ``locked`` one whose secret is missing."""

    def __init__(
        self,
        checks: Mapping[str, Check] | None = None,
        *,
        most_in_flight: int = 1000,
        answer_within_s: float = 5.0,
        **limits: Any,
    ) -> None:
        self.disk = Disk()
        self.logs: list[Log] = []
        self.metrics = Metrics(lag_s=lambda: 1.5, inbound=lambda: {"new": 3, "applied": 4, "dead": 0})
        self.looked_up: list[str] = []
        webhook = Webhook(Channel(name="shop-it", kind="whatsapp", phone_number_id="106"), answer_within_s)
        self.door = Door("shop-it", webhook, {"app_secret": SECRET, "verify_token": "verify-me"})
        health = Health(checks or {}, lambda: self.server.should_exit)
        receiver = Receiver(
            self._door,
            self.disk.keep,
            lambda: 1_772_798_400_000_000,
            log=self.logs.append,
            metrics=self.metrics,
            health=health,
            most_in_flight=most_in_flight,
        )
        bound = _bind("127.0.0.1", 0)
        self.port: int = bound.getsockname()[1]
        listening = threading.Event()
        self.server = Server(receiver, self.metrics, self.logs.append, listening.set, **limits)
        self._thread = threading.Thread(target=self._run, args=(bound,))
        self._thread.start()
        assert listening.wait(10)

    def _run(self, bound: socket.socket) -> None:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self.server.serve(sockets=[bound]))

    def _door(self, name: str) -> Door | None:
        self.looked_up.append(name)
        if name == "locked":
            raise LookupError("the secret app_secret is missing")
        return self.door if name == "shop-it" else None

    def stop(self) -> None:
        """End in order."""
        self.server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    def post(self, body: bytes = PUSH, path: str = "/webhooks/shop-it", headers: Mapping[str, str] | None = None) -> int:
        """The status a push gets."""
        return self.ask("POST", path, body, signed(body) if headers is None else headers)[0]

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer."""
        return self.ask("GET", path)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and text of the answer to any request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


def signed(body: bytes) -> dict[str, str]:
    """The header that Meta sends with a body."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def raw(body: bytes = PUSH, *, length: int | None = None, more: str = "") -> bytes:
    """A push as bytes, of which ``length`` is declared."""
    head = f"POST /webhooks/shop-it HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body) if length is None else length}\r\n{more}"
    signature = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    return f"{head}{signature}\r\n".encode() + body


def all_of(connection: socket.socket) -> bytes:
    """Whatever comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found
