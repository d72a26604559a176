"""Inbound webhooks in PostgreSQL: bodies are inserted and never changed; beside them stands what is still open.

Numbers do not follow the order of commits here, for several receivers insert at once; so each payload has a row of its own
while it is to be applied, deleted by the transaction that applies it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from careline.crashpoint import reached
from careline.errors import StoreUnreachable
from careline.store import schema
from careline.store.inbound import TAKEN_BYTES, Inbound, Payload, Received
from careline.store.postgres_server import connect, in_words, marked

if TYPE_CHECKING:
    from careline.store.postgres_server import Connection

_PAGE = 200
_PUT = """
WITH kept AS (
  INSERT INTO inbound (channel, received_at, body)
  SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bytea[])
  WHERE NOT EXISTS (SELECT FROM meta WHERE name IN ('sealed', 'filling'))
    AND %s = (SELECT value FROM meta WHERE name = 'version')
  RETURNING id
)
INSERT INTO inbound_open (id) SELECT id FROM kept
"""
_LOAD = """
INSERT INTO inbound SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bytea[])
ON CONFLICT DO NOTHING
"""
_BURY = """
INSERT INTO inbound_open VALUES (?, 'dead', ?)
ON CONFLICT (id) DO UPDATE SET state = 'dead', error = excluded.error
"""
_STATE = "CASE WHEN o.id IS NULL THEN 'applied' ELSE o.state END"
_SELECT = f"SELECT i.id, i.channel, i.received_at, i.body, {_STATE}, coalesce(o.error, '')"
_ALL = "FROM inbound i LEFT JOIN inbound_open o ON o.id = i.id"
_OPEN = "FROM inbound_open o JOIN inbound i ON i.id = o.id"
EVERY = f"{_SELECT} {_ALL} ORDER BY i.id"
# Not "= 'new'": of a table that grows fast the server knows no figures, takes that for rare, and sorts the whole backlog.
_NEXT = f"""
{_ALL} WHERE i.id = ANY(ARRAY(SELECT id FROM inbound_open WHERE state <> 'dead' ORDER BY id LIMIT ?)) ORDER BY i.id
"""  # noqa: S608


class PostgresInbound(Inbound):
    """The inbound payloads in the database at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._kept: Connection | None = None

    def close(self) -> None:
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def put(self, payloads: Sequence[Payload]) -> None:
        columns = ([p[0] for p in payloads], [p[1] for p in payloads], [p[2] for p in payloads])
        with self._lock:
            try:
                kept = self._put(*columns)
            except StoreUnreachable:
                # A connection that died while nobody used it. Had the commit gone through, the payload would stand twice,
                # as when the platform itself repeats it: the journal knows it by its key.
                kept = self._put(*columns)
        if kept < len(payloads):
            self._refuse()

    def probe(self) -> None:
        sql = "INSERT INTO meta VALUES ('probed', '1') ON CONFLICT (name) DO UPDATE SET value = (meta.value::bigint + 1)::text"
        self._run(sql)
        if not self._run("SELECT FROM meta WHERE name = 'sealed' HAVING count(*) = 0"):
            self._refuse()

    def take(self, limit: int) -> list[Received]:
        found: list[Received] = []
        size = 0
        for received in self._some(_NEXT, limit):
            found.append(received)
            size += len(received.body)
            if size >= TAKEN_BYTES:
                break
        return found

    def bury(self, id: int, error: str) -> None:
        self._run(_BURY, id, error)

    def revive(self, ids: Sequence[int]) -> None:
        self._run("DELETE FROM inbound_open WHERE state = 'dead' AND id = ANY(?)", list(ids))

    def find(self, id: int) -> Received | None:
        return next(iter(self._some(f"{_ALL} WHERE i.id = ?", id)), None)

    def walk(self, *, state: str = "", after: int = 0, limit: int | None = None) -> Iterator[Received]:
        left = limit
        tables, where, values = _of_state(state)
        while page := self._some(
            f"{tables} WHERE {where} AND i.id > ? ORDER BY i.id LIMIT ?",
            *values,
            after,
            _PAGE if left is None else min(left, _PAGE),
        ):
            yield from page
            after = page[-1].id
            if left is not None:
                left -= len(page)

    def latest(self, limit: int, state: str = "") -> Sequence[Received]:
        tables, where, values = _of_state(state)
        return self._some(f"{tables} WHERE {where} ORDER BY i.id DESC LIMIT ?", *values, limit)

    def drop(self, ids: Sequence[int]) -> int:
        where = "id = ANY(?) AND id NOT IN (SELECT id FROM inbound_open WHERE state = 'new')"
        sql = f"WITH gone AS (DELETE FROM inbound_open WHERE state = 'dead' AND id = ANY(?)) DELETE FROM inbound WHERE {where}"  # noqa: S608
        return self._run(sql, list(ids), list(ids))

    def forget(self, before: int) -> int:
        some = f"SELECT i.id {_ALL} WHERE i.received_at < ? AND o.id IS NULL LIMIT ?"
        done = 0
        while True:
            gone = self._run(f"DELETE FROM inbound WHERE id IN ({some})", before, _PAGE)  # noqa: S608
            done += gone
            if gone < _PAGE:
                return done

    def checkpoint(self) -> None:
        pass  # the server does that by itself

    def counts(self) -> dict[str, int]:
        with self._lock, in_words(self._url):
            sql = (
                "SELECT (SELECT count(*) FROM inbound), count(*) FILTER (WHERE state = 'new'),"
                " count(*) FILTER (WHERE state = 'dead') FROM inbound_open"
            )
            every, new, dead = self._connection().execute(sql).fetchone() or (0, 0, 0)
        return {"new": new, "applied": every - new - dead, "dead": dead}

    def oldest(self) -> int | None:
        return next((r.received_at for r in self._some(f"{_OPEN} WHERE o.state = 'new' ORDER BY i.id LIMIT 1")), None)

    def refuse(self, mark: str, words: str) -> None:
        with self._lock, in_words(self._url), self._connection().transaction():
            connection = self._connection()
            connection.execute("LOCK TABLE inbound IN SHARE MODE")  # whoever is putting something is done then
            connection.execute("DELETE FROM meta WHERE name = %s", (mark,))
            if words:
                connection.execute("INSERT INTO meta VALUES (%s, %s)", (mark, words))

    def last(self) -> int:
        return int(self._all("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM inbound_id_seq")[0][0])

    def numbers(self, after: int, upto: int) -> list[int]:
        return [found[0] for found in self._all("SELECT id FROM inbound WHERE id > ? AND id <= ? ORDER BY id", after, upto)]

    def several(self, ids: Sequence[int]) -> list[Received]:
        return self._some(f"{_ALL} WHERE i.id = ANY(?) ORDER BY i.id", list(ids))

    def load(self, received: Sequence[Received], gone: Sequence[int] = ()) -> None:
        columns = [[getattr(r, name) for r in received] for name in ("id", "channel", "received_at", "body")]
        with self._lock, in_words(self._url), self._connection().transaction():
            connection = self._connection()
            connection.execute("DELETE FROM inbound WHERE id = ANY(%s)", (list(gone),))
            connection.execute(_LOAD, columns, binary=True)

    def _put(self, channels: list[str], instants: list[int], bodies: list[bytes]) -> int:
        with in_words(self._url):
            done = self._connection().execute(_PUT, (channels, instants, bodies, str(schema.VERSION)), binary=True)
            if done.rowcount:
                reached("receive.inserted")
            return done.rowcount

    def _refuse(self) -> None:
        with self._lock, in_words(self._url):
            meta: dict[str, str] = dict(self._connection().execute("SELECT name, value FROM meta").fetchall())
        schema.check_version("The store", int(meta["version"]))
        schema.check_open(meta)
        raise schema.sealed("another store")  # and opened again since

    def _some(self, tail: str, *values: Any) -> list[Received]:
        with self._lock, in_words(self._url):
            return [Received(*found) for found in self._connection().execute(marked(f"{_SELECT} {tail}"), values, binary=True)]

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, in_words(self._url):
            return self._connection().execute(marked(sql), values).fetchall()

    def _run(self, sql: str, *values: Any) -> int:
        schema.check_open(dict(self._all("SELECT name, value FROM meta")))
        with self._lock, in_words(self._url):
            return self._connection().execute(marked(sql), values).rowcount

    def _connection(self) -> Connection:
        if self._kept is None or self._kept.closed:
            self._kept = connect(self._url, writing=True)
        return self._kept


def _of_state(state: str) -> tuple[str, str, list[str]]:
    """Tables, condition and values that give the payloads of a state (empty: all)."""
    if state in ("new", "dead"):
        return _OPEN, "o.state = ?", [state]
    return _ALL, "o.id IS NULL" if state else "true", []
