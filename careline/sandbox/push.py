"""Carries webhooks to whoever listens, on loopback only: one post, Meta's redelivery, and trouble when it is asked for."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import deque
from collections.abc import Coroutine, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
from msgspec import Struct, field

from careline.sandbox.settings import Settings

KEPT = 5000
LISTENER = "sandbox:listener"  # takes everything, for scenarios that nobody else listens to


class Try(Struct):
    """One HTTP attempt. ``status`` 0: no answer, and ``error`` says why."""

    status: int
    error: str
    ms: int


class Delivery(Struct):
    """One webhook and what became of it so far."""

    what: str
    url: str
    tries: list[Try] = field(default_factory=list)
    arrived: bool = False
    reply: str = ""  # WeChat: what the receiver answered for the customer to read


def is_loopback(url: str) -> bool:
    """True for an http(s) address of this machine: the sandbox calls nothing else."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


class Courier:
    """Posts webhooks, remembers them, and keeps the redeliveries going in the background."""

    def __init__(self) -> None:
        self.settings = Settings()
        self._running: set[asyncio.Task[Any]] = set()
        self._held: list[tuple[Delivery, bytes, Mapping[str, str]]] = []
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT)

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(trust_env=False, follow_redirects=False)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let ``work`` go on in the background; ``settle`` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def get(self, url: str, params: Mapping[str, str], wait_s: float) -> tuple[Try, bytes]:
        """One GET: a platform's handshake."""
        return await self._once("GET", url, params=params, timeout=wait_s)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], wait_s: float, params: Mapping[str, str] | None = None
    ) -> tuple[Try, bytes]:
        """One POST, and the body of its answer."""
        return await self._once("POST", url, content=body, headers=headers, timeout=wait_s, params=params)

    async def hub(self, what: str, url: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """Deliver as Meta does: any answer but 200 brings the same bytes again, later and later.

        Returns after the first attempt; held ones (``reorder``) return at once, without an attempt.
        """
        delivery = Delivery(what, url)
        self.deliveries.append(delivery)
        if self.settings.reorder:
            self._held.append((delivery, body, headers))
            if len(self._held) >= self.settings.reorder:
                self.spawn(self._release())
            return delivery
        if self.settings.late_s:
            await asyncio.sleep(self.settings.late_s)
        copies = 1 + self.settings.duplicate
        await asyncio.gather(*(self._attempt(delivery, body, headers) for _ in range(copies)))
        if not delivery.arrived:
            self.spawn(self._again(delivery, body, headers))
        return delivery

    async def settle(self, wait_s: float) -> bool:
        """Wait until nothing is under way. False: after ``wait_s`` seconds something still is."""
        if self._held:
            await self._release()
        deadline = _seconds() + wait_s
        while self._running and _seconds() < deadline:
            await asyncio.wait(self._running, timeout=deadline - _seconds())
        return not self._running

    async def drop(self) -> None:
        """Give up whatever is under way, and forget what was delivered."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._held.clear()
        self.deliveries.clear()

    async def close(self) -> None:
        """The end."""
        await self.drop()
        if "_http" in self.__dict__:
            await self._http.aclose()

    async def _release(self) -> None:
        held, self._held = self._held, []
        for delivery, body, headers in reversed(held):
            await self._attempt(delivery, body, headers)
            if not delivery.arrived:
                self.spawn(self._again(delivery, body, headers))

    async def _again(self, delivery: Delivery, body: bytes, headers: Mapping[str, str]) -> None:
        wait = self.settings.retry_s
        for _ in range(self.settings.retries):
            await asyncio.sleep(wait)
            await self._attempt(delivery, body, headers)
            if delivery.arrived:
                return
            wait = min(wait * 2, self.settings.retry_cap_s)

    async def _attempt(self, delivery: Delivery, body: bytes, headers: Mapping[str, str]) -> None:
        attempt, _ = await self.post(delivery.url, body, headers, 20)
        delivery.tries.append(attempt)
        delivery.arrived = delivery.arrived or attempt.status == 200

    async def _once(self, method: str, url: str, **request: Any) -> tuple[Try, bytes]:
        began = _seconds()
        if url == LISTENER:
            return Try(200, "", 0), b""
        try:
            answer = await self._http.request(method, url, **request)
        except httpx.TimeoutException:
            return Try(0, "no answer in time", _ms(began)), b""
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Try(0, str(error) or type(error).__name__, _ms(began)), b""
        return Try(answer.status_code, "", _ms(began)), answer.content


def _ms(began: float) -> int:
    return round((_seconds() - began) * 1000)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
