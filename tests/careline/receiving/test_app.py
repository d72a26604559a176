"""What the receiver answers: never a 200 before the commit, always something in time, and half a body is no body."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from careline.channels.ports import Reply
from careline.errors import Failed
from careline.receiving.app import Door
from careline.receiving.body import FREE, Bodies, TooMany
from tests.careline.receiving.face import LARGEST, PUSH, SECRET, Face, all_of, raw, signed

WITHIN = 3.0


def soon(true: Callable[[], object]) -> bool:
    """True as soon as it is."""
    end = time.monotonic() + WITHIN
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return bool(true())


@pytest.fixture
def face() -> Iterator[Face]:
    made = Face()
    yield made
    made.disk.ready.set()
    made.stop()


def test_a_200_waits_for_the_commit(face: Face) -> None:
    face.disk.ready.clear()
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(face.post)
        time.sleep(0.1)
        assert not answer.done()
        assert face.disk.kept == []
        face.disk.ready.set()
        assert answer.result() == 200
    assert face.disk.kept == [PUSH]


@pytest.mark.parametrize("known", [False, True], ids=["the first push", "a later one"])
def test_a_slow_disk_is_a_503_in_time_and_the_payload_may_still_be_kept(known: bool) -> None:
    face = Face(answer_within_s=0.3)
    try:
        kept = [PUSH] if known and face.post() == 200 else []
        face.disk.ready.clear()
        began = time.monotonic()
        assert face.post() == 503
        assert 0.25 < time.monotonic() - began < 0.9
        assert face.disk.kept == kept
        face.disk.ready.set()
        assert soon(lambda: face.disk.kept == [*kept, PUSH])
        assert [(log.event, log.channel, log.status) for log in face.logs] == [("late", "shop-it", 503)]
    finally:
        face.disk.ready.set()
        face.stop()


def test_a_disk_that_fails_is_a_503_and_said(face: Face) -> None:
    assert face.post() == 200
    face.disk.broken = Failed("the disk is full")
    assert face.post() == 503
    assert [(log.level, log.event, log.message) for log in face.logs] == [
        ("error", "not_kept", "shop-it: 503 not kept: the disk is full")
    ]
    face.disk.broken = None
    assert face.post() == 200


def test_a_defect_of_ours_is_a_503_and_says_nothing_of_the_push(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    def defective(*given: object) -> Reply:
        raise KeyError("393331234567")

    assert face.post() == 200
    monkeypatch.setattr(type(face.door.webhook), "answer", defective)
    assert face.post() == 503
    assert [(log.event, log.message) for log in face.logs] == [("defect", "shop-it: 503 KeyError")]


def test_half_a_body_is_not_heard_even_when_its_signature_would_fit(face: Face) -> None:
    with face.connect() as connection:
        connection.sendall(raw(PUSH, length=len(PUSH) + 10))
    assert soon(lambda: face.logs)
    assert (face.logs[0].event, face.disk.kept) == ("truncated", [])
    assert face.post() == 200


def test_half_a_chunked_body_is_not_heard_either(face: Face) -> None:
    head = raw(b"", more="transfer-encoding: chunked\r\n").replace(b"content-length: 0\r\n", b"")
    with face.connect() as connection:
        connection.sendall(head + b"10\r\n")
        time.sleep(0.02)
    assert soon(lambda: face.logs)
    assert (face.logs[0].event, face.disk.kept) == ("truncated", [])


def test_a_client_that_does_not_wait_for_its_answer_loses_nothing(face: Face) -> None:
    face.disk.ready.clear()
    with face.connect() as connection:
        connection.sendall(raw())
        assert soon(lambda: face.disk.begun == 1)
    time.sleep(0.05)
    face.disk.ready.set()
    assert soon(lambda: face.disk.kept == [PUSH])
    assert soon(lambda: face.metrics.in_flight == 0)


def test_too_large_is_refused_before_it_is_read_where_the_length_is_declared(face: Face) -> None:
    with face.connect() as connection:
        connection.sendall(raw(b"{", length=LARGEST + 1))
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_too_large_is_refused_while_it_is_read_where_it_is_not(face: Face) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    with face.connect() as connection:
        head = raw(b"", more="transfer-encoding: chunked\r\n").replace(b"content-length: 0\r\n", b"")
        connection.sendall(head + b"".join(b"2710\r\n" + piece + b"\r\n" for piece in pieces()) + b"0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert face.disk.kept == []


def test_the_largest_push_is_heard(face: Face) -> None:
    body = b"x" * LARGEST
    assert face.post(body) == 200
    assert face.disk.kept == [body]


def test_who_sends_a_large_body_that_is_refused_still_reads_why(face: Face) -> None:
    assert {face.post(b"x" * (LARGEST * 10)) for _ in range(5)} == {413}


def test_above_the_cap_everybody_else_is_told_to_try_again_and_health_is_answered() -> None:
    face = Face(most_in_flight=2)
    face.disk.ready.clear()
    try:
        with ThreadPoolExecutor(2) as clients:
            waiting = [clients.submit(face.post) for _ in range(2)]
            assert soon(lambda: face.disk.begun == 2)
            assert face.post() == 503
            assert face.get("/healthz") == (200, "ok")
            face.disk.ready.set()
            assert [answer.result() for answer in waiting] == [200, 200]
        assert face.post() == 200
    finally:
        face.stop()


class Slow:
    """Sends two pieces of a body, and the rest when ``go_on`` is set."""

    def __init__(self, *pieces: bytes, at_once: bool = False) -> None:
        self._pieces = list(pieces)
        self._sent = 0
        self.go_on = asyncio.Event()
        if at_once:
            self.go_on.set()

    async def __call__(self) -> dict[str, Any]:
        if self._sent == 2:
            await self.go_on.wait()
        self._sent += 1
        return {"type": "http.request", "body": self._pieces[self._sent - 1], "more_body": self._sent < len(self._pieces)}

    async def waiting_for(self, pieces: int) -> None:
        while self._sent < pieces:
            await asyncio.sleep(0)


def test_slow_large_bodies_share_a_budget_and_small_ones_are_never_refused_for_it() -> None:
    piece = b"x" * FREE

    async def story() -> None:
        bodies = Bodies(budget=len(piece))
        most = 10 * len(piece)
        slow = Slow(piece, piece, b"")
        reading = asyncio.create_task(bodies.read({"headers": []}, slow, most))
        await slow.waiting_for(2)
        with pytest.raises(TooMany):
            await bodies.read({"headers": []}, Slow(piece, piece, b"", at_once=True), most)
        assert await bodies.read({"headers": []}, Slow(b"", piece, at_once=True), most) == piece
        slow.go_on.set()
        assert await reading == piece + piece
        assert await bodies.read({"headers": []}, Slow(piece, piece, b"", at_once=True), most) == piece + piece

    asyncio.run(story())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/webhooks/nobody", 404),
        ("POST", "/webhooks/", 404),
        ("POST", "/webhooks/" + "x" * 40, 404),
        ("POST", "/webhooks/..%2f..%2fetc", 404),
        ("POST", "/", 404),
        ("PUT", "/webhooks/shop-it", 405),
        ("POST", "/webhooks/shop-it?" + "a=1&" * 60, 400),
        ("POST", "/webhooks/locked", 503),
    ],
)
def test_what_is_no_push_has_its_status(face: Face, method: str, path: str, status: int) -> None:
    assert face.ask(method, path, PUSH, signed(PUSH))[0] == status
    assert face.disk.kept == []


def test_what_names_no_channel_could_have_never_reaches_the_store(face: Face) -> None:
    for path in ("/webhooks/UPPER", "/webhooks/a%00b", "/webhooks/%F0%9F%98%80"):
        assert face.post(path=path) == 404
    assert face.looked_up == []


def test_a_door_is_looked_up_once(face: Face) -> None:
    assert [face.post(), face.post(), face.post()] == [200, 200, 200]
    assert face.looked_up == ["shop-it"]


def test_a_changed_secret_a_pause_and_a_hanging_store_are_met_without_a_restart(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("careline.receiving.app.FRESH_S", 0.05)
    assert face.post() == 200
    face.door = Door("shop-it", face.door.webhook, {"app_secret": "another", "verify_token": "verify-me"})
    time.sleep(0.06)
    assert face.post() == 401
    look_up, face.server.config.app._door = face._door, lambda name: None  # type: ignore[union-attr]
    time.sleep(0.06)
    assert face.post() == 404
    face.door = Door("shop-it", face.door.webhook, {"app_secret": SECRET, "verify_token": "verify-me"})
    face.server.config.app._door = look_up  # type: ignore[union-attr]
    assert face.post() == 200

    def broken(name: str) -> Door | None:
        raise OSError("the store is away")

    face.server.config.app._door = broken  # type: ignore[union-attr]
    time.sleep(0.06)
    assert face.post() == 200


def test_a_store_that_hangs_over_a_new_name_holds_up_nobody_else(face: Face) -> None:
    assert face.post() == 200
    go_on = threading.Event()
    look_up = face._door
    face.server.config.app._door = lambda name: go_on.wait(5) and look_up(name)  # type: ignore[union-attr]
    with ThreadPoolExecutor(1) as client:
        stuck = client.submit(face.post, path="/webhooks/nobody")
        time.sleep(0.05)
        assert face.post() == 200
        assert not stuck.done()
        go_on.set()
        assert stuck.result() == 404


def test_ready_means_that_every_part_works_and_names_those_that_do_not() -> None:
    broken: list[str] = []

    def disk() -> str:
        if broken:
            raise Failed("the disk is full")
        return ""

    face = Face({"inbound": disk, "applying": lambda: "".join(broken)})
    try:
        assert face.get("/readyz") == (200, "ready")
        broken.append("it has ended")
        assert face.get("/readyz") == (200, "ready"), "an answer is kept for a second"
        time.sleep(1.05)
        assert face.get("/readyz") == (503, "inbound: the disk is full\napplying: it has ended\n")
        assert face.get("/healthz") == (200, "ok")
    finally:
        face.stop()


def test_prometheus_reads_what_was_counted_and_made_up_names_share_one_label(face: Face) -> None:
    assert face.post() == 200
    for name in ("one", "two", "three"):
        face.post(path=f"/webhooks/{name}")
    face.post(headers={"X-Hub-Signature-256": "sha256=" + "0" * 64})
    face.metrics.applied("shop-it", 2, 5)
    face.metrics.dead()
    status, text = face.get("/metrics")
    assert status == 200
    lines = text.splitlines()
    for line in (
        'careline_received_total{channel="shop-it"} 1.0',
        'careline_duplicate_total{channel="shop-it"} 5.0',
        'careline_rejected_total{channel="(none)",status="404"} 3.0',
        'careline_rejected_total{channel="shop-it",status="401"} 1.0',
        "careline_dead_total 1.0",
        "careline_apply_lag_seconds 1.5",
        'careline_inbound{state="new"} 3.0',
        "careline_commit_seconds_count 1.0",
        'careline_answer_seconds_bucket{le="+Inf"} 1.0',
        "careline_in_flight 0.0",
    ):
        assert line in lines
    assert "python_gc" not in text


def test_a_store_that_is_down_does_not_hide_the_other_figures(face: Face) -> None:
    def down() -> float:
        raise Failed("no store")

    face.metrics._lag_s = down
    text = face.get("/metrics")[1]
    assert "careline_dead_total 0.0" in text
    assert "careline_apply_lag_seconds " not in text


def test_stopping_gives_those_who_wait_their_true_answer_and_lets_nobody_else_in() -> None:
    face = Face()
    face.disk.ready.clear()
    with ThreadPoolExecutor(2) as clients:
        waiting = clients.submit(face.post)
        assert soon(lambda: face.disk.begun == 1)
        ending = clients.submit(face.stop)
        time.sleep(0.15)
        with pytest.raises(ConnectionRefusedError):
            face.connect().close()
        face.disk.ready.set()
        assert waiting.result() == 200
        ending.result()


def test_no_line_says_a_number_or_a_word_of_a_customer(face: Face) -> None:
    body = b'{"from": "393331234567", "text": "my doctor says"}'
    face.post(body, headers={"X-Hub-Signature-256": "sha256=00"})
    face.disk.broken = Failed("the disk is full")
    face.post(body)
    said = repr(face.logs)
    assert len(face.logs) == 2
    assert "39333" not in said
    assert "doctor" not in said


def test_an_answer_on_a_kept_connection_is_followed_by_the_next(face: Face) -> None:
    with face.connect() as connection:
        for _ in range(3):
            connection.sendall(raw())
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
        connection.sendall(raw(more="connection: close\r\n"))
        assert all_of(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(face.disk.kept) == 4
