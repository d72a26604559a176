"""What a connection may cost: heads and bodies are bounded in bytes and in time, by either parser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from careline.receiving.fast import BoundedHttpTools
from careline.receiving.protocol import BoundedH11, fastest
from tests.careline.receiving.face import PUSH, Face, all_of, raw

CUT_OFF = (BrokenPipeError, ConnectionResetError)
LIMITS: dict[str, Any] = {"head_s": 0.3, "body_s": 0.3, "most_connections": 8}


@pytest.fixture(params=[BoundedHttpTools, BoundedH11])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    made = Face(base=request.param, **LIMITS)
    yield made
    made.stop()


@pytest.fixture
def fast(request: pytest.FixtureRequest) -> Iterator[Face]:
    made = Face(base=BoundedHttpTools, **LIMITS)
    yield made
    made.stop()


def test_a_connection_that_says_nothing_is_closed(face: Face) -> None:
    began = time.monotonic()
    with face.connect() as connection:
        assert all_of(connection) == b""
    assert 0.2 < time.monotonic() - began < 2


def test_dripping_a_head_does_not_lengthen_its_time(face: Face) -> None:
    began = time.monotonic()
    with face.connect() as connection:
        with pytest.raises(CUT_OFF):  # noqa: PT012 - it is the drip that fails
            connection.sendall(b"POST /webhooks/shop-it HTTP/1.1\r\nx: ")
            while time.monotonic() - began < 3:
                connection.sendall(b"y")
                time.sleep(0.05)
        assert time.monotonic() - began < 2


def test_blank_lines_on_a_kept_connection_do_not_keep_it(face: Face) -> None:
    with face.connect() as connection:
        connection.sendall(raw())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        connection.sendall(b"\r\n")
        assert b"200" not in all_of(connection)
        assert time.monotonic() - began < 2


def test_a_body_that_does_not_come_is_408(face: Face) -> None:
    began = time.monotonic()
    with face.connect() as connection:
        connection.sendall(raw(PUSH[:10], length=len(PUSH)))
        assert all_of(connection).startswith(b"HTTP/1.1 408 ")
    assert 0.2 < time.monotonic() - began < 2
    assert face.disk.kept == []
    assert ("connection_closed", 408) in [(log.event, log.status) for log in face.logs]


def test_a_slow_disk_does_not_count_against_the_client(face: Face) -> None:
    face.disk.ready.clear()
    with face.connect() as connection:
        connection.sendall(raw())
        time.sleep(0.25)
        face.disk.ready.set()
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"x%d: %s\r\n" % (n, b"y" * 1000) for n in range(80)) + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 101 + b"\r\n", b"431"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"no HTTP at all\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", b"400"),
    ],
    ids=["one header", "many bytes", "many headers", "address", "noise", "TLS", "no length", "two lengths", "smuggling"],
)
def test_a_head_beyond_the_limits_has_its_status_and_ends_the_connection(fast: Face, head: bytes, status: bytes) -> None:
    with fast.connect() as connection:
        connection.sendall(head)
        assert all_of(connection).startswith(b"HTTP/1.1 " + status)
    assert fast.post() == 200


def test_a_header_without_an_end_is_cut_off(face: Face) -> None:
    sent = 0
    with face.connect() as connection, pytest.raises(CUT_OFF):  # noqa: PT012 - it is one of the sends that fails
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
        for _ in range(1000):
            connection.sendall(b"y" * 10_000)
            sent += 10_000
            time.sleep(0.001)
    assert sent < 5_000_000


def test_more_connections_than_there_may_be_are_told_so_and_one_that_ends_makes_room(face: Face) -> None:
    held = [face.connect() for _ in range(8)]
    try:
        time.sleep(0.05)
        with face.connect() as ninth:
            assert all_of(ninth).startswith(b"HTTP/1.1 503 ")
        held.pop().close()
        time.sleep(0.05)
        assert face.post() == 200
    finally:
        for connection in held:
            connection.close()


def test_requests_sent_together_are_answered_in_order(face: Face) -> None:
    with face.connect() as connection:
        connection.sendall(raw() + raw(PUSH + b" ") + b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        answers = all_of(connection)
    assert [answers.count(b"HTTP/1.1 200 OK"), answers.endswith(b"ok")] == [3, True]
    assert face.disk.kept == [PUSH, PUSH + b" "]


def test_a_flood_of_requests_on_one_connection_is_cut_off(fast: Face) -> None:
    with fast.connect() as connection:
        connection.sendall(raw() * 400)
        assert all_of(connection).count(b"HTTP/1.1 200") < 100
    assert fast.post() == 200


def test_the_continue_that_a_client_waits_for_is_sent_unless_the_body_is_refused(face: Face) -> None:
    with face.connect() as connection:
        head, _, body = raw(more="expect: 100-continue\r\n").partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    with face.connect() as connection:
        connection.sendall(raw(b"", length=10_000_000, more="expect: 100-continue\r\n"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_the_fast_parser_is_the_one_in_use() -> None:
    assert issubclass(fastest(), HttpToolsProtocol)
