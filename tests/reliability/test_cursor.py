"""A reader that asks for whatever is above the last number it saw skips nothing and waits for nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bench.servers import ROOT
from careline.store.base import Store
from tests.stores import Opener

PROCESSES, THREADS, CHANGES = 3, 2, 60


def followed(above: Callable[[int], Iterable[int]], writing: Callable[[], bool]) -> list[int]:
    """The numbers a reader sees that asks again and again, until nobody writes any more and there is nothing new."""
    seen = [0]
    while True:
        still = writing()
        new = list(above(seen[-1]))
        seen += new
        if not still and not new:
            return seen[1:]


@contextmanager
def writers(opener: Opener) -> Iterator[Callable[[], bool]]:
    """Processes that write at once; tells whether one of them still does."""
    words = ["-m", "tests.reliability.writer", opener.address, str(THREADS), str(CHANGES)]
    running = [subprocess.Popen([sys.executable, *words], cwd=ROOT) for _ in range(PROCESSES)]
    try:
        yield lambda: any(process.poll() is None for process in running)
        assert [process.returncode for process in running] == [0] * PROCESSES
    finally:
        for process in running:
            process.kill()
            process.wait()


def seqs(store: Store) -> Callable[[int], Iterable[int]]:
    return lambda last: (entry.seq for entry in store.entries(last))


def test_a_reader_sees_every_event_of_many_writers_once_and_in_order(store: Store, opener: Opener) -> None:
    with writers(opener) as writing:
        seen = followed(seqs(store), writing)
    assert seen == list(range(1, store.last_seq() + 1))
    assert len(seen) >= PROCESSES * THREADS * CHANGES


@contextmanager
def idle_transaction(opener: Opener) -> Iterator[None]:
    """Somebody else's transaction, open all the time: an old snapshot and, on PostgreSQL, a row that is never committed."""
    if opener.kind == "postgres":
        with psycopg.connect(opener.address) as foreign:
            foreign.execute("CREATE TABLE elsewhere (n INT)")
            foreign.commit()
            foreign.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            foreign.execute("INSERT INTO elsewhere VALUES (1)")
            foreign.execute("SELECT count(*) FROM event")
            yield
            foreign.rollback()
        return
    foreign_store = opener()
    with foreign_store.snapshot():
        assert foreign_store.last_seq() == 0
        yield
        assert foreign_store.last_seq() == 0


def test_somebody_elses_open_transaction_stalls_nobody(store: Store, opener: Opener) -> None:
    with idle_transaction(opener), writers(opener) as writing:
        seen = followed(seqs(store), writing)
        assert seen == list(range(1, store.last_seq() + 1))
        assert len(seen) >= PROCESSES * THREADS * CHANGES


# What the store does not do, so that it is known that these tests can fail


def naive(postgres: str, number: int) -> None:
    """A writer that takes its number from a sequence and holds no lock."""
    with psycopg.connect(postgres) as connection:
        for _ in range(40):
            connection.execute("INSERT INTO naive DEFAULT VALUES")
            connection.execute("SELECT pg_sleep(%s)", (0.001 * (number % 3),))
            connection.commit()


@pytest.fixture
def scratch(postgres: str) -> Iterator[psycopg.Connection[tuple[int]]]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE TABLE naive (seq BIGSERIAL PRIMARY KEY)")
        yield connection


def above(connection: psycopg.Connection[tuple[int]]) -> Callable[[int], Iterable[int]]:
    sql = "SELECT seq FROM naive WHERE seq > %s ORDER BY seq"
    return lambda last: [seq for (seq,) in connection.execute(sql, (last,)).fetchall()]


def test_the_same_reader_skips_what_is_numbered_by_a_sequence(postgres: str, scratch: psycopg.Connection[tuple[int]]) -> None:
    threads = [threading.Thread(target=naive, args=(postgres, number)) for number in range(6)]
    with psycopg.connect(postgres) as slow:
        slow.execute("INSERT INTO naive DEFAULT VALUES")
        for thread in threads:
            thread.start()
        seen = followed(above(scratch), lambda: any(thread.is_alive() for thread in threads))
    skipped = set(above(scratch)(0)) - set(seen)
    assert 1 in skipped


def test_a_reader_below_the_oldest_open_transaction_stalls(postgres: str, scratch: psycopg.Connection[tuple[int]]) -> None:
    scratch.execute("ALTER TABLE naive ADD at xid8 NOT NULL DEFAULT pg_current_xact_id()")
    below = "SELECT count(*) FROM naive WHERE at < pg_snapshot_xmin(pg_current_snapshot())"
    with psycopg.connect(postgres) as foreign:
        foreign.execute("CREATE TEMPORARY TABLE elsewhere (n INT)")
        scratch.execute("INSERT INTO naive DEFAULT VALUES")
        time.sleep(0.05)
        assert scratch.execute(below).fetchone() == (0,)
    assert scratch.execute(below).fetchone() == (1,)
