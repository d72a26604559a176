"""Webhooks as they came: committed before they are answered, applied afterwards, in a file of their own.

The file is apart so that an answer never waits for a command that holds the journal's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw
from msgspec import Struct

from careline.store import schema
from careline.store.database import connect, in_words


class Received(Struct, frozen=True):
    """One verified payload. ``state`` is ``new``, ``applied`` or ``dead`` (with the ``error`` that stopped it)."""

    id: int
    channel: str
    received_at: int
    body: bytes
    state: str = "new"
    error: str = ""


class Inbound:
    """The file of inbound payloads. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def put(self, payloads: Sequence[tuple[str, int, bytes]]) -> None:
        """Keep (channel, received_at, body) payloads in one commit. When this returns, a power cut does not lose them."""
        self._write("INSERT INTO inbound (channel, received_at, body) VALUES (?, ?, ?)", payloads)

    def take(self, limit: int) -> list[Received]:
        """The oldest payloads that are not yet applied."""
        return self._read("WHERE state = 'new' ORDER BY id LIMIT ?", limit)

    def dead(self, limit: int) -> list[Received]:
        """The newest payloads that could not be applied."""
        return self._read("WHERE state = 'dead' ORDER BY id DESC LIMIT ?", limit)

    def applied(self, ids: Iterable[int]) -> None:
        """Note that these are in the journal. Forgetting to is harmless: applying again changes nothing."""
        self._write("UPDATE inbound SET state = 'applied', error = NULL WHERE id = ?", [(i,) for i in ids])

    def bury(self, id: int, error: str) -> None:
        """Set one aside with the error that stopped it, so that it does not hold up the rest."""
        self._write("UPDATE inbound SET state = 'dead', error = ? WHERE id = ?", [(error, id)])

    def counts(self) -> dict[str, int]:
        """How many payloads are in each state."""
        with self._lock, in_words(self.path):
            found = self._connected().execute("SELECT state, count(*) FROM inbound GROUP BY state")
            return {"new": 0, "applied": 0, "dead": 0} | {str(state): int(n) for state, n in found}

    def _read(self, tail: str, *values: int) -> list[Received]:
        with self._lock, in_words(self.path):
            sql = f"SELECT id, channel, received_at, body, state, coalesce(error, '') FROM inbound {tail}"  # noqa: S608
            return [Received(*found) for found in self._connected().execute(sql, values)]

    def _write(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._lock, in_words(self.path):
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany(sql, rows)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connected(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = connect(self.path, schema.INBOUND, schema.VERSION)
        return self._connection
