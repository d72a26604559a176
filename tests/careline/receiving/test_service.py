"""`careline receive` as whoever runs it sees it: probes, figures, log lines, and an orderly end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from careline.model import Message
from tests.careline.receiving.test_process import Receiver, body, signed


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path)
    yield made
    if made.process.poll() is None:
        made.end()


def test_it_is_ready_and_prometheus_sees_what_was_applied_and_what_was_heard_before(receiver: Receiver) -> None:
    assert receiver.get("/healthz") == (200, b"ok")
    assert [receiver.post(body(1)), receiver.post(body(1)), receiver.post(body(2), {})] == [200, 200, 401]
    assert receiver.applied(1)
    wanted = {
        'careline_received_total{channel="shop-it"} 2.0',
        'careline_rejected_total{channel="shop-it",status="401"} 1.0',
        'careline_duplicate_total{channel="shop-it"} 1.0',
        'careline_inbound{state="applied"} 2.0',
        "careline_apply_lag_seconds 0.0",
    }
    end = time.monotonic() + 5
    while time.monotonic() < end and not wanted <= set(receiver.get("/metrics")[1].decode().splitlines()):
        time.sleep(0.2)
    assert wanted - set(receiver.get("/metrics")[1].decode().splitlines()) == set()
    assert receiver.get("/readyz") == (200, b"ready")


def test_json_lines_are_for_machines_and_hold_no_customer(receiver: Receiver) -> None:
    receiver.end()
    words = [sys.executable, "-m", "careline", "receive", "--port", "0", "--log-format", "json"]
    process = subprocess.Popen(words, env=receiver.env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    first = json.loads(process.stderr.readline())
    assert (first["level"], first["event"]) == ("info", "listening")
    receiver.port = int(first["message"].partition("127.0.0.1:")[2].partition("/")[0])
    for number in range(3):
        assert receiver.post(body(number), {}) == 401
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=15)[1]
    lines = [json.loads(line) for line in rest.splitlines()]
    assert [line["event"] for line in lines] == ["refused", "refused", "stopped"]
    assert lines[0].items() >= {"level": "warning", "channel": "shop-it", "status": 401}.items()
    assert lines[1]["suppressed"] == 1
    assert "39333" not in rest
    assert process.returncode == 0


def test_a_second_signal_does_not_break_off_what_the_first_one_lets_finish(receiver: Receiver) -> None:
    data = body(1)
    head = f"POST /webhooks/shop-it HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in signed(data).items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
        connection.sendall(head.encode() + data[:20])
        time.sleep(0.1)
        for sign in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
            receiver.process.send_signal(sign)
            time.sleep(0.15)
        connection.sendall(data[20:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert receiver.end() == 0
    with receiver.store() as store:
        assert store.count(Message) == 1


@pytest.mark.parametrize("change", ["sealed", "migrated"])
def test_a_receiver_stops_when_its_store_became_another_one(receiver: Receiver, change: str) -> None:
    """Nothing may be taken in that nobody will look at: the platforms come again, and whoever starts it reads why."""
    assert receiver.post(body(1)) == 200
    assert receiver.applied(1)
    with receiver.store() as store:
        if change == "sealed":
            store.seal("postgresql://db/care")
        else:
            for path in (store.path, store.inbound.path):
                connection = apsw.Connection(str(path))
                connection.pragma("user_version", 99)
                connection.close()
    assert receiver.post(body(2)) == 503
    assert receiver.process.wait(timeout=15) == 9
    receiver.end_reading()
    assert ("postgresql://db/care" if change == "sealed" else "newer careline") in "".join(receiver.said)
