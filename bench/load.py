"""A load generator: a process of its own, connections that are kept, one request at a time on each.

Every request is made and signed before the clock starts. With a ``rate`` the load is open: requests are due at fixed instants
and their latency counts from there, however late they were sent. Without one it is closed: as fast as the answers come.
"""

from __future__ import annotations

import gc
import re
import selectors
import socket
import subprocess
import sys
import time
from itertools import islice

import msgspec
from msgspec import Struct

from bench.payloads import request
from bench.servers import ROOT

MOST_A_SECOND = 40_000  # more than any server here answers: what is made beforehand must last
PATIENCE_S = 15.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Offer(Struct, frozen=True, kw_only=True):
    """What to send where: messages numbered from ``first``, over ``connections``, for ``seconds``; ``rate`` 0: closed.

    ``most`` is what a second of a closed load can take at most: so many requests are made beforehand.
    """

    port: int
    path: str
    first: int
    connections: int
    seconds: float
    rate: float = 0.0
    most: float = MOST_A_SECOND


class Load(Struct, frozen=True):
    """What came of it: answers of 200, everything else, and latencies in milliseconds."""

    answered: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def a_second(self) -> float:
        """Answers of 200 a second."""
        return self.answered / self.seconds


class Generator:
    """The process that makes load, started once: what it is asked for it does at once."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "bench.load"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def send(self, offer: Offer) -> Load:
        """Run the load and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(offer) + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the load generator ended")
        return msgspec.json.decode(answer, type=Load)


class _Connection:
    """One kept connection; ``since`` is when the request under way was due."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self.since = 0.0
        self._open()

    def _open(self) -> None:
        self._buffer = b""
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)

    def ask(self, data: bytes, since: float) -> None:
        """Send one request."""
        self.since = since
        self._socket.sendall(data)

    def answer(self) -> int:
        """The status, once the whole answer is here; 0 before that, -1 when the server hung up."""
        data = self._socket.recv(65536)
        if not data:
            self.close()
            self._open()
            return -1
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return 0
        length = _LENGTH.search(self._buffer, 0, head)
        if length is None or len(self._buffer) < head + 4 + int(length[1]):
            return 0
        status = int(self._buffer[9:12])
        self._buffer = b""
        return status

    def close(self) -> None:
        """Hang up."""
        self._selector.unregister(self._socket)
        self._socket.close()


def run(offer: Offer) -> Load:
    """Run the load in this process."""
    requests = [request(offer.first + n, offer.path) for n in range(int(offer.seconds * (offer.rate or offer.most)))]
    with _selector(offer) as selector:
        connections = [_Connection(offer.port, selector) for _ in range(offer.connections)]
        try:
            return _timed(offer, requests, connections, selector)
        finally:
            for connection in connections:
                connection.close()


def _selector(offer: Offer) -> selectors.BaseSelector:
    """An open load waits for its next instant without taking a core from the server: select alone does not round that up."""
    return selectors.SelectSelector() if offer.rate else selectors.DefaultSelector()


def _timed(offer: Offer, requests: list[bytes], connections: list[_Connection], selector: selectors.BaseSelector) -> Load:
    now = time.perf_counter
    waiting = iter(requests)
    sent, failed, latencies = 0, 0, []
    idle = list(connections)
    start = last = now()
    end = start + offer.seconds
    every = 1 / offer.rate if offer.rate else 0.0
    while True:
        at = now()
        over = sent == len(requests) or (not every and at >= end)
        if over and len(idle) == len(connections):
            break
        if at > end + PATIENCE_S:
            failed += len(connections) - len(idle)
            break
        if not over:
            due = min(len(idle), int((at - start) / every) + 1 - sent) if every else len(idle)
            for data in islice(waiting, due):
                idle.pop().ask(data, start + sent * every if every else now())
                sent += 1
        for key, _ in selector.select(max(0.0, start + sent * every - now()) if every and idle and not over else 0.1):
            status = key.data.answer()
            if status == 0:
                continue
            last = now()
            idle.append(key.data)
            if status == 200:
                latencies.append(last - key.data.since)
            else:
                failed += 1
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 if latencies else 0.0 for share in (0.5, 0.99))
    return Load(len(latencies), failed, last - start, p50, p99)


if __name__ == "__main__":
    gc.disable()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(msgspec.json.encode(run(msgspec.json.decode(line, type=Offer))) + b"\n")
        sys.stdout.buffer.flush()
