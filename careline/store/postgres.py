"""The shared store: one PostgreSQL database, or one schema of it, for many receivers and operators.

One advisory lock for every transaction that writes the journal. PostgreSQL frees it after the commit can be seen, so the next
writer numbers on from what every reader sees: ``seq`` is the order of commits, and nobody's open transaction holds a reader up.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
from msgspec.json import encode

from careline.errors import Busy
from careline.store import schema
from careline.store.base import Store, Transaction, Values
from careline.store.columns import POSTGRES, Table
from careline.store.inbound import Received
from careline.store.postgres_inbound import EVERY, PostgresInbound
from careline.store.postgres_server import connect, in_words, marked, shown

if TYPE_CHECKING:
    from careline.store.postgres_server import Connection

_AT_ONCE = 1000
_APPLIED = """
DELETE FROM inbound_open WHERE state = 'new' AND id = ANY(ARRAY(SELECT json_array_elements_text(?::json)::bigint))
"""
_MAKING = "careline: making the tables"
_MADE = "SELECT to_regclass('meta') IS NOT NULL AND to_regclass('event') IS NOT NULL"


class PostgresStore(Store):
    """The store at ``url``. Its tables are made when they are not there."""

    dialect = POSTGRES

    def __init__(self, url: str, now: Callable[[], int], *, checked: bool = True) -> None:
        super().__init__(now)
        self._url = url
        self._checked = checked
        self.where = shown(url)
        self._threads = threading.local()
        self._opened: list[Connection] = []
        self._writer: Connection | None = None
        self._names = count()
        self.inbound: PostgresInbound = PostgresInbound(url)
        try:
            self._prepare()
            self.store_id = self.meta()["store_id"]
            self._place = place(self._reader())
        except BaseException:
            self.close()
            raise
        self._write_lock = (write_lock(self._place),)
        self._announcing = f"NOTIFY careline_{self._place}"

    def close(self) -> None:
        self.inbound.close()
        for connection in self._opened:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with in_words(self._url):
            if self._writer is None or self._writer.closed:
                self._writer = self._connect(writing=True)
            with self._writer.transaction():
                self._writer.execute("SELECT pg_advisory_xact_lock(%s)", self._write_lock)
                yield PostgresTransaction(self._writer, self._announcing)

    @contextmanager
    def shadow(self, *, writing: bool) -> Iterator[tuple[Transaction, str, str]]:
        connection = connect(self._url, writing=writing)
        try:
            with in_words(self._url):
                connection.unhurried()
                live = connection.execute("SELECT quote_ident(current_schema())").fetchone() or ("public",)
                connection.execute("BEGIN" if writing else "BEGIN ISOLATION LEVEL REPEATABLE READ")
                if writing:
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", self._write_lock)
                yield PostgresTransaction(connection, self._announcing), f"{live[0]}.", "pg_temp."
                connection.execute("COMMIT" if writing else "ROLLBACK")
        finally:
            connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with in_words(self._url):
            reader = self._reader()
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield
            finally:
                with suppress(psycopg.Error):
                    reader.execute("ROLLBACK")

    def watch(self) -> PostgresWatch:
        return PostgresWatch(self._url, f"careline_{self._place}")

    @contextmanager
    def lock(self, name: str, *, wait: bool) -> Iterator[None]:
        connection = connect(self._url)
        try:
            with in_words(self._url):
                key = (_number(f"{self._place}: {name}"),)
                if wait:
                    connection.unhurried()
                    connection.execute("SET lock_timeout = 0")
                    connection.execute("SELECT pg_advisory_lock(%s)", key)
                elif not (connection.execute("SELECT pg_try_advisory_lock(%s)", key).fetchone() or (False,))[0]:
                    raise Busy(f"Another run holds the lock {name!r}.", hint="Wait for it, then run the same command again.")
            yield
        finally:
            connection.close()

    def engine(self) -> str:
        version = self._reader().info.server_version
        return f"PostgreSQL {version // 10000}.{version % 10000}"

    def size(self) -> int:
        ours = "relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        return int(next(self.query(f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {ours}"))[0] or 0)  # noqa: S608

    def query(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        with in_words(self._url):
            yield from self._reader().execute(marked(sql), values).fetchall()

    def stream(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        reader = self._reader()
        if reader.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            yield from self.query(sql, values)
            return
        with in_words(self._url), reader.cursor(f"rows_{next(self._names)}") as cursor:
            cursor.itersize = 1000
            yield from cursor.execute(marked(sql), values)

    def payloads(self) -> Iterator[Received]:
        return (Received(*found) for found in self.stream(EVERY))

    def settle(self, new: Sequence[int], dead: Sequence[tuple[int, str]], last: int) -> None:
        with self._writing, self.transaction() as writing:
            writing.write("DELETE FROM inbound_open", [()])
            rows = [(id, "new", None) for id in new] + [(id, "dead", error) for id, error in dead]
            writing.write("INSERT INTO inbound_open VALUES (?, ?, ?)", rows)
            if last:
                writing.query(
                    "SELECT setval('inbound_id_seq', greatest(?, (SELECT coalesce(max(id), 0) FROM inbound)))", (last,)
                )

    def _version(self, meta: dict[str, str]) -> int:
        return int(meta.get("version", 0))

    def _mark(self, transaction: Transaction, ids: Sequence[int]) -> None:
        transaction.write(_APPLIED, [(encode(ids).decode(),)])

    def _connect(self, *, writing: bool = False) -> Connection:
        connection = connect(self._url, writing=writing)
        self._opened = [c for c in self._opened if not c.closed]
        self._opened.append(connection)
        return connection

    def _reader(self) -> Connection:
        connection: Connection | None = getattr(self._threads, "connection", None)
        if connection is None or connection.closed:
            connection = self._threads.connection = self._connect()
        return connection

    def _prepare(self) -> None:
        with in_words(self._url):
            reader = self._reader()
            if not (reader.execute(_MADE).fetchone() or (False,))[0]:
                with reader.transaction():
                    reader.execute("SELECT pg_advisory_xact_lock(%s)", (_number(_MAKING),))
                    if not (reader.execute(_MADE).fetchone() or (False,))[0]:
                        reader.execute(schema.postgres())
                        facts = [("version", str(schema.VERSION)), ("store_id", os.urandom(4).hex())]
                        reader.cursor().executemany("INSERT INTO meta VALUES (%s, %s)", facts)
            meta: dict[str, str] = dict(reader.execute("SELECT name, value FROM meta").fetchall())
        if self._checked:
            schema.check_version(self.where, self._version(meta))
            schema.check_fold(self.where, meta)


class PostgresTransaction:
    """The statements of a write transaction on one connection."""

    def __init__(self, connection: Connection, announcing: str) -> None:
        self._cursor = connection.cursor()
        self._announcing = announcing

    def query(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        return self._cursor.execute(marked(sql), values).fetchall()

    def write(self, sql: str, rows: Sequence[Values]) -> None:
        self._cursor.executemany(marked(sql), rows)

    def insert(self, table: Table, rows: Sequence[Values], prefix: str = "") -> None:
        types = ["int8" if type_ is int else "text" for type_ in table.types.values()]
        with self._cursor.copy(_copying(table.name, tuple(table.types), prefix)) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def update(self, table: Table, names: Sequence[str], rows: Sequence[Values], prefix: str = "") -> None:
        types = tuple(table.types[name] for name in (*names, *table.key))
        statement = _updating(table.name, tuple(names), table.key, types, prefix)
        named = [*names, *(f"key_{name}" for name in table.key)]
        for start in range(0, len(rows), _AT_ONCE):
            some = [dict(zip(named, row, strict=True)) for row in rows[start : start + _AT_ONCE]]
            self._cursor.execute(statement, (encode(some).decode(),))

    def script(self, statements: str) -> None:
        self._cursor.execute(statements.encode())

    def announce(self) -> None:
        self._cursor.execute(self._announcing.encode())


class PostgresWatch:
    """Woken by the server at each commit."""

    def __init__(self, url: str, channel: str) -> None:
        self._url = url
        self._connection = connect(url)
        with in_words(url):
            self._connection.execute(f"LISTEN {channel}".encode())

    def wait(self, seconds: float) -> bool:
        with in_words(self._url):
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))

    def close(self) -> None:
        self._connection.close()


def place(connection: Connection) -> int:
    """The number of the schema that the tables are in: what locks and news are named by, for it never changes."""
    found = connection.execute("SELECT current_schema()::regnamespace::oid::bigint").fetchone()
    return int(found[0]) if found else 0


def write_lock(place: int) -> int:
    """The advisory lock of whoever writes the journal there."""
    return _number(f"{place}: writing")


def is_made(url: str) -> bool:
    """True when a store is at that address."""
    connection = connect(url)
    try:
        with in_words(url):
            return bool((connection.execute(_MADE).fetchone() or (False,))[0])
    finally:
        connection.close()


# COPY for what is new, a list in JSON for what has changed: a statement for each row takes four times as long.


@cache
def _copying(table: str, columns: tuple[str, ...], prefix: str) -> bytes:
    return f"COPY {prefix}{table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)".encode()


@cache
def _updating(table: str, names: tuple[str, ...], key: tuple[str, ...], types: tuple[type, ...], prefix: str) -> bytes:
    new = ", ".join(f"{name} = new.{name}" for name in names)
    where = " AND ".join(f"old.{name} = new.key_{name}" for name in key)
    columns = zip((*names, *(f"key_{name}" for name in key)), types, strict=True)
    typed = ", ".join(f"{name} {'bigint' if type_ is int else 'text'}" for name, type_ in columns)
    return f"UPDATE {prefix}{table} AS old SET {new} FROM json_to_recordset(%s::json) AS new ({typed}) WHERE {where}".encode()  # noqa: S608


def _number(name: str) -> int:
    """A name as an advisory lock: a signed number of 64 bits."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
