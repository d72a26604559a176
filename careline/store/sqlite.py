"""The embedded store: one SQLite file for the journal and its projections, one for inbound webhooks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from careline.store import schema
from careline.store.base import Store, Transaction, Values, noted
from careline.store.columns import SQLITE, Table
from careline.store.sqlite_file import connect, in_words, transaction

if TYPE_CHECKING:
    from careline.store.inbound import Received
    from careline.store.sqlite_inbound import SqliteInbound

POLL_S = 0.02
_DATA_VERSION = "PRAGMA data_version"  # differs after every commit of another connection


class SqliteStore(Store):
    """The store in the file ``path``, with its webhooks in ``inbound_path`` and its named locks in the folder ``locks``."""

    dialect = SQLITE

    def __init__(self, path: Path, inbound_path: Path, locks: Path, now: Callable[[], int]) -> None:
        super().__init__(now)
        self.path = path
        self.where = str(path)
        self._locks = locks
        self._threads = threading.local()
        self._opened: list[apsw.Connection] = []
        self._writer = self._connect()
        self._transaction = SqliteTransaction(self._writer)
        self._inbound_path = inbound_path
        try:
            self.store_id = self._identify()
        except BaseException:
            self.close()
            raise

    @cached_property
    def inbound(self) -> SqliteInbound:  # type: ignore[override]  # opened when it is asked for: a look at the queue does not
        from careline.store.sqlite_inbound import SqliteInbound

        return SqliteInbound(self._inbound_path, self._applied_to)

    def close(self) -> None:
        if "inbound" in self.__dict__:
            self.inbound.close()
        for connection in self._opened:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with in_words(self.path), transaction(self._writer):
            yield self._transaction

    @contextmanager
    def shadow(self, *, writing: bool) -> Iterator[tuple[Transaction, str, str]]:
        connection = connect(self.path, schema.sqlite(), schema.VERSION)
        try:
            with in_words(self.path):
                connection.execute("ATTACH '' AS shadow")
                connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
                try:
                    yield SqliteTransaction(connection), "main.", "shadow."
                    connection.execute("COMMIT" if writing else "ROLLBACK")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
        finally:
            connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        reader = self._reader()
        with in_words(self.path):
            reader.execute("BEGIN")
            try:
                yield
            finally:
                with suppress(apsw.ConnectionClosedError):  # whoever stopped reading half way may be cleared away after us
                    if reader.in_transaction:
                        reader.execute("ROLLBACK")

    def watch(self) -> SqliteWatch:
        return SqliteWatch(self.path, self._reader())

    def lock(self, name: str, *, wait: bool) -> AbstractContextManager[None]:
        from careline.store.locks import locked

        return locked(self._locks, name, wait=wait)

    def engine(self) -> str:
        return f"SQLite {apsw.sqlite_lib_version()}"

    def size(self) -> int:
        with in_words(self.path):
            return sum(p.stat().st_size for p in self.path.parent.glob(f"{self.path.name}*"))

    def query(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        with in_words(self.path):
            yield from self._reader().execute(sql, values)

    stream = query

    def payloads(self) -> Iterator[Received]:
        return self.inbound.walk()

    def settle(self, new: Sequence[int], dead: Sequence[tuple[int, str]], last: int) -> None:
        self.note(f"applied:{self.inbound.id}", str(self.inbound.settle(new, dead, last)))

    def _version(self, meta: dict[str, str]) -> int:
        return int(self._writer.pragma("user_version"))

    def _mark(self, transaction: Transaction, ids: Sequence[int]) -> None:
        noted(transaction, f"applied:{self.inbound.id}", str(max(ids)))

    def _applied_to(self, inbound: str) -> int:
        found = next(self.query("SELECT value FROM meta WHERE name = ?", (f"applied:{inbound}",)), None)
        return 0 if found is None else int(found[0])

    def _connect(self) -> apsw.Connection:
        connection = connect(self.path, schema.sqlite(), schema.VERSION)
        self._opened.append(connection)
        return connection

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = self._connect()
        return connection

    def _identify(self) -> str:
        meta = self.meta()
        if "store_id" not in meta:
            with self.transaction() as writing:
                sql = "INSERT INTO meta VALUES ('store_id', ?) ON CONFLICT DO NOTHING"
                writing.write(sql, [(os.urandom(4).hex(),)])
            meta = self.meta()
        schema.check_fold(self.where, meta)
        return meta["store_id"]


class SqliteTransaction:
    """The statements of a write transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.query = connection.execute
        self.write = connection.executemany

    def insert(self, table: Table, rows: Sequence[Values], prefix: str = "") -> None:
        self._connection.executemany(table.insert(prefix), rows)

    def update(self, table: Table, names: Sequence[str], rows: Sequence[Values], prefix: str = "") -> None:
        self._connection.executemany(table.update(names, prefix), rows)

    def script(self, statements: str) -> None:
        self._connection.execute(statements)

    def announce(self) -> None:
        pass  # followers look for themselves


class SqliteWatch:
    """Looks every twenty milliseconds whether another connection has committed.

    Each look wakes a processor up with nothing in its caches, so the loop does as little as it can.
    """

    def __init__(self, path: Path, reader: apsw.Connection) -> None:
        self._path = path
        self._reader = reader
        with in_words(path):
            self._seen = reader.execute(_DATA_VERSION).get

    def wait(self, seconds: float) -> bool:
        look, seen = self._reader.execute, self._seen
        with in_words(self._path):
            for _ in range(max(1, round(seconds / POLL_S))):
                version = look(_DATA_VERSION).get
                if version != seen:
                    self._seen = version
                    return True
                time.sleep(POLL_S)
        return False

    def close(self) -> None:
        """Nothing is held."""
