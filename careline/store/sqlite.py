"""The embedded store: one SQLite file for the journal and its projections, one for inbound webhooks.

One write transaction for everybody, so that the order of ``seq`` is the order of commits and a reader needs no more than
``seq > ?``. Readers never wait for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
from msgspec import Struct
from msgspec.structs import replace

from careline.model import ROWS, Row
from careline.store import schema
from careline.store.columns import columns_of
from careline.store.database import connect, in_words
from careline.store.inbound import Inbound
from careline.store.locks import locked

if TYPE_CHECKING:
    from careline.events import Entry
    from careline.store.working import Working

# Events and folds are imported when something is written or followed: a look at the queue needs neither, and is waited for.

R = TypeVar("R", bound=Row)
T = TypeVar("T")


class Info(Struct, frozen=True):
    """What ``store info`` tells."""

    path: str
    store_id: str
    sqlite: str
    version: int
    events: int
    last_seq: int
    bytes: int
    rows: dict[str, int]
    inbound: dict[str, int]


class Change:
    """One write transaction: ``rows`` as they stand in it, ``now`` the instant that its entries are recorded at."""

    def __init__(self, rows: Working, seq: int, now: int) -> None:
        self.rows = rows
        self.now = now
        self.entries: list[Entry] = []
        self._seq = seq

    def record(self, entries: Iterable[Entry]) -> list[Entry]:
        """Append to the journal and fold; the rows show it at once. Returns the entries with their ``seq``."""
        recorded = []
        for entry in entries:
            self._seq += 1
            written = replace(entry, seq=self._seq, recorded_at=self.now)
            self.rows.apply(written)
            self.entries.append(written)
            recorded.append(written)
        return recorded


class SqliteStore:
    """The store in ``folder``. Safe to use from several threads; each reads through a connection of its own."""

    def __init__(self, path: Path, inbound_path: Path, locks: Path, now: Callable[[], int]) -> None:
        self.path = path
        self.inbound = Inbound(inbound_path)
        self._locks = locks
        self.now = now
        self._writing = threading.Lock()
        self._threads = threading.local()
        self._opened: list[apsw.Connection] = []
        self._writer = self._connect()
        self.store_id = self._identify()

    def close(self) -> None:
        """Close every connection. The store must not be used afterwards."""
        self.inbound.close()
        for connection in self._opened:
            connection.close()

    # Writing

    def change(self, decide: Callable[[Change], T]) -> T:
        """Run ``decide`` in the one write transaction and keep what it recorded, or nothing at all when it raises.

        Raises Busy after five seconds of another's lock, Failed on a full disk.
        """
        from careline.store import journal
        from careline.store.working import Working

        with self._writing, in_words(self.path):
            writer = self._writer
            writer.execute("BEGIN IMMEDIATE")
            try:
                change = Change(Working(writer.execute), _last_seq(writer), self.now())
                result = decide(change)
                writer.executemany(journal.APPEND, (journal.values(entry) for entry in change.entries))
                change.rows.flush(writer.executemany)
                writer.execute("COMMIT")
            except BaseException:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise
        return result

    # Reading

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row with that key, or None."""
        columns = columns_of(kind)
        return next(self.select(kind, f"WHERE {columns.where_key}", *key), None)

    def select(self, kind: type[R], tail: str = "", *values: Any) -> Iterator[R]:
        """The rows that ``tail`` (WHERE …, ORDER BY …, LIMIT …, with ``?`` marks) asks for, one by one, from one snapshot."""
        columns = columns_of(kind)
        with in_words(self.path):
            for found in self._reader().execute(f"{columns.select()} {tail}", values):
                yield columns.row(found)

    def count(self, kind: type[Row], tail: str = "", *values: Any) -> int:
        """How many rows ``tail`` asks for."""
        with in_words(self.path):
            return int(self._reader().execute(f"SELECT count(*) FROM {kind.table} {tail}", values).get)  # noqa: S608

    def rows(self) -> Working:
        """The rows as they stand, for rules that look before they ask for a change."""
        from careline.store.working import Working

        return Working(self._reader().execute)

    def entries(
        self, after: int = 0, *, limit: int = -1, contact: int | None = None, conversation: int | None = None
    ) -> Iterator[Entry]:
        """The journal after ``after``, in order; of one contact or chat when named."""
        from careline.store import journal

        where, values = "WHERE seq > ?", [after]
        if contact is not None:
            where, values = f"{where} AND contact = ?", [*values, contact]
        if conversation is not None:
            where, values = f"{where} AND conversation = ?", [*values, conversation]
        with in_words(self.path):
            for found in self._reader().execute(f"{journal.SELECT} {where} ORDER BY seq LIMIT ?", (*values, limit)):
                yield journal.entry(found)

    def last_seq(self) -> int:
        """The seq of the newest entry; 0 in an empty journal."""
        with in_words(self.path):
            return _last_seq(self._reader())

    def seq_at(self, instant: int) -> int:
        """The seq after which everything was recorded at ``instant`` or later."""
        with in_words(self.path):
            found = self._reader().execute("SELECT max(seq) FROM event WHERE recorded_at < ?", (instant,)).get
        return int(found or 0)

    def version(self) -> int:
        """A number that differs after every commit of another connection: what followers watch."""
        with in_words(self.path):
            return int(self._reader().pragma("data_version"))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads of this thread inside see one state of the store."""
        reader = self._reader()
        with in_words(self.path):
            reader.execute("BEGIN")
            try:
                yield
            finally:
                with suppress(apsw.ConnectionClosedError):  # whoever stopped reading half way may be cleared away after us
                    if reader.in_transaction:
                        reader.execute("ROLLBACK")

    def info(self) -> Info:
        """Counts and sizes."""
        with in_words(self.path), self.snapshot():
            reader = self._reader()
            return Info(
                path=str(self.path),
                store_id=self.store_id,
                sqlite=apsw.sqlite_lib_version(),
                version=schema.VERSION,
                events=int(reader.execute("SELECT count(*) FROM event").get),
                last_seq=_last_seq(reader),
                bytes=sum(p.stat().st_size for p in self.path.parent.glob(f"{self.path.name}*")),
                rows={kind.table: self.count(kind) for kind in ROWS},
                inbound=self.inbound.counts(),
            )

    # Workings

    def token(self, channel: str) -> tuple[str, int] | None:
        """The access token of a channel and the instant it ends, if one is kept."""
        with in_words(self.path):
            found = self._reader().execute("SELECT value, expires_at FROM token WHERE channel = ?", (channel,)).fetchone()
        return None if found is None else (str(found[0]), int(found[1]))

    def keep_token(self, channel: str, value: str, expires_at: int) -> None:
        """Keep an access token for all processes."""
        with self._writing, in_words(self.path):
            self._writer.execute("INSERT OR REPLACE INTO token VALUES (?, ?, ?)", (channel, value, expires_at))

    def lock(self, name: str, *, wait: bool) -> AbstractContextManager[None]:
        """A lock among all processes of this store, freed by the kernel if its holder dies. Raises Busy unless ``wait``."""
        return locked(self._locks, name, wait=wait)

    def _connect(self) -> apsw.Connection:
        connection = connect(self.path, schema.main(), schema.VERSION)
        self._opened.append(connection)
        return connection

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = self._connect()
        return connection

    def _identify(self) -> str:
        with in_words(self.path):
            found = self._writer.execute("SELECT value FROM meta WHERE name = 'store_id'").get
            if found is None:
                sql = "INSERT INTO meta VALUES ('store_id', ?) ON CONFLICT DO NOTHING"
                self._writer.execute(sql, (os.urandom(4).hex(),))
                found = self._writer.execute("SELECT value FROM meta WHERE name = 'store_id'").get
        return str(found)


def _last_seq(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM event").get)
