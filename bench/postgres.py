"""The same promises on PostgreSQL. The peer is psycopg, inserting the rows that careline ended with.

Each of its transactions takes the share of a hundred webhooks.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench import lock, queue, tail
from bench._postgres import Databases, name_of, running
from bench.apply import applied, filled
from bench.house import CHANNEL, House, house
from bench.payloads import text
from bench.table import Job, Row
from careline.model import ROWS

TOGETHER = 100
PROJECTED = ("event", *(kind.table for kind in ROWS))
INBOX_TABLES = ("inbound", "inbound_open")
New = Callable[[], str]  # makes an empty database with careline's tables; its URL
Kept = dict[str, list[tuple[Any, ...]]]

INBOX = Job(name="PostgreSQL: inbox, beside psycopg", unit="webhooks/s", bound=0.8)
APPLY = Job(name="PostgreSQL: applying, beside psycopg", unit="webhooks/s", bound=0.5)
LINE = tail.LINE.called("PostgreSQL: insert → line in `queue tail`, p99")
IDLE = tail.IDLE.called("PostgreSQL: `queue tail` while nothing happens, CPU")
LOCK = lock.LOCK.called("PostgreSQL: a 200 while the write lock is held, p99")
QUEUE = queue.QUEUE.called("PostgreSQL: a queue page of 100,000 open chats")
JOBS = (INBOX, APPLY, LINE, IDLE, LOCK, QUEUE)


def measure(quick: bool) -> Iterator[Row]:
    """The rows of the shared store."""
    with running() as databases:
        empty = databases.new()
        with _at(empty) as home:
            home.line.store.last_seq()  # the tables are there
        new = partial(databases.new, name_of(empty))
        yield _inbox(new, quick)
        yield _applying(databases, new, quick)
        with house(new()) as home:
            yield from tail.measured(home, (LINE, IDLE), quick)
        with house(new()) as home:
            yield lock.measured(home, LOCK, quick)
        with house(new()) as home:
            yield queue.measured(home, QUEUE, quick)


def _inbox(new: New, quick: bool) -> Row:
    many, rounds = (1_000, 3) if quick else (20_000, 7)
    ours, peer = [], []
    for _ in range(rounds):
        url = new()
        with house(url) as home:
            store, now = home.line.store, home.line.store.now()
            payloads = [(CHANNEL, now, text(n)) for n in range(many)]
            store.inbound.put(payloads[:1])
            began = time.perf_counter()
            for first in range(0, many, TOGETHER):
                store.inbound.put(payloads[first : first + TOGETHER])
            ours.append(many / (time.perf_counter() - began))
        rows = _rows(url, INBOX_TABLES)
        peer.append(many / _inserted(new(), rows, many))
    return INBOX.row(ours, peer, quick=quick)


def _applying(databases: Databases, new: New, quick: bool) -> Row:
    many, rounds = (1_000, 2) if quick else (20_000, 7)
    ours, peer = [], []
    full = new()
    with _at(full) as home:
        filled(home, many)
    before = {table: set(rows) for table, rows in _rows(full, PROJECTED).items()}
    for _ in range(rounds):
        url = databases.new(name_of(full))
        with _at(url) as home:
            home.line.store.inbound.counts()
            ours.append(many / applied(home))
        after = _rows(url, PROJECTED)
        other = new()
        _inserted(other, {table: [row for row in rows if row in before[table]] for table, rows in after.items()}, TOGETHER)
        made = {table: [row for row in rows if row not in before[table]] for table, rows in after.items()}
        peer.append(many / _inserted(other, made, many))
    return APPLY.row(ours, peer, quick=quick)


def _inserted(url: str, rows: Kept, webhooks: int) -> float:
    """Seconds that psycopg takes to insert all rows, the share of a hundred webhooks in each transaction."""
    steps = max(1, webhooks // TOGETHER)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        statements = {table: _insert(table, len(found[0])) for table, found in rows.items() if found}
        began = time.perf_counter()
        for step in range(steps):
            for table, statement in statements.items():
                found = rows[table]
                cursor.executemany(statement, found[len(found) * step // steps : len(found) * (step + 1) // steps])
            connection.commit()
        return time.perf_counter() - began


def _insert(table: str, columns: int) -> sql.Composed:
    return sql.SQL("INSERT INTO {} VALUES ({})").format(
        sql.Identifier(table), sql.SQL(", ").join([sql.Placeholder()] * columns)
    )


def _rows(url: str, tables: tuple[str, ...]) -> Kept:
    with psycopg.connect(url) as connection:
        return {
            t: connection.execute(sql.SQL("SELECT * FROM {} ORDER BY 1, 2").format(sql.Identifier(t))).fetchall()
            for t in tables
        }


@contextmanager
def _at(url: str) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="careline-bench-") as folder:
        home = House(Path(folder), url)
        try:
            yield home
        finally:
            home.line.close()
