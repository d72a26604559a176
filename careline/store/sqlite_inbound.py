"""Inbound webhooks in an SQLite file of their own.

Numbers are given in the order of commits, so "applied up to here" is one number, kept in the journal's file and moved in the
transaction that applies: after any crash, and after a copy of either file was put back, nothing is skipped.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from careline.crashpoint import reached
from careline.store import schema
from careline.store.base import NOTE
from careline.store.columns import SQLITE, among
from careline.store.inbound import TAKEN_BYTES, Inbound, Payload, Received
from careline.store.sqlite_file import connect, in_words, transaction

_PAGE = 200
_WAL_PAGES = 16_384  # a commit clears the log itself when nobody has: one answer in a thousand would wait for it


class SqliteInbound(Inbound):
    """The file of inbound payloads. ``applied_to`` tells how far the payloads of the file with that id are applied."""

    def __init__(self, path: Path, applied_to: Callable[[str], int]) -> None:
        self.path = path
        self._applied_to = applied_to
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._writer: apsw.Connection | None = None
        self._reader: apsw.Connection | None = None
        self._id = ""

    def close(self) -> None:
        with self._writing, self._reading:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    connection.close()
            self._writer = self._reader = None

    @property
    def id(self) -> str:
        """The file's own name; a file that was put back from before what is applied gets a new one."""
        if not self._id:
            found = str(self._read("SELECT value FROM meta WHERE name = 'id'")[0][0])
            if self._applied_to(found) > self.last():
                found = os.urandom(8).hex()
                self._write([("UPDATE meta SET value = ? WHERE name = 'id'", [(found,)])], moving=True)
            self._id = found
        return self._id

    def put(self, payloads: Sequence[Payload]) -> None:
        self._write([("INSERT INTO inbound (channel, received_at, body) VALUES (?, ?, ?)", payloads)])

    def probe(self) -> None:
        sql = "INSERT INTO meta VALUES ('probed', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
        self._write([(sql, [()])])

    def take(self, limit: int) -> list[Received]:
        return self._some("new", "", self._applied_to(self.id), limit, most_bytes=TAKEN_BYTES)

    def bury(self, id: int, error: str) -> None:
        self._write([("INSERT OR REPLACE INTO inbound_dead VALUES (?, ?)", [(id, error)])])

    def revive(self, ids: Sequence[int]) -> None:
        self._write([("DELETE FROM inbound_dead WHERE id = ?", [(i,) for i in ids])])

    def find(self, id: int) -> Received | None:
        return next(iter(self._some("", "AND i.id = ?", 0, 1, id)), None)

    def walk(self, *, state: str = "", after: int = 0, limit: int | None = None) -> Iterator[Received]:
        left = limit
        while page := self._some(state, "", after, _PAGE if left is None else min(left, _PAGE)):
            yield from page
            after = page[-1].id
            if left is not None:
                left -= len(page)

    def latest(self, limit: int, state: str = "") -> Sequence[Received]:
        return self._some(state, "", 0, limit, order="DESC")

    def drop(self, ids: Sequence[int]) -> int:
        droppable = [(i,) for i in ids if (found := self.find(i)) is not None and found.state != "new"]
        self._write([(f"DELETE FROM {table} WHERE id = ?", droppable) for table in ("inbound", "inbound_dead")])  # noqa: S608
        return len(droppable)

    def forget(self, before: int) -> int:
        old = "SELECT id FROM inbound WHERE id <= ? AND received_at < ? AND id NOT IN (SELECT id FROM inbound_dead) LIMIT ?"
        where = f"WHERE id IN ({old})"
        done = 0
        while True:  # in small bites: nobody waits long
            some = self._write([(f"DELETE FROM inbound {where}", [(self._applied_to(self.id), before, _PAGE)])])  # noqa: S608
            done += some
            if some < _PAGE:
                return done

    def checkpoint(self) -> None:
        with self._reading, in_words(self.path), suppress(apsw.BusyError):  # somebody else is at it
            self._read_through().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def counts(self) -> dict[str, int]:
        applied_to = self._applied_to(self.id)
        tables = ("inbound", "inbound WHERE id > ?", "inbound_dead", "inbound_dead WHERE id > ?")
        sql = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608
        every, above, dead, dead_above = self._read(sql, applied_to, applied_to)[0]
        new = above - dead_above
        return {"new": new, "applied": every - new - dead, "dead": dead}

    def oldest(self) -> int | None:
        return next((r.received_at for r in self.take(1)), None)

    def refuse(self, mark: str, words: str) -> None:
        self._write([(NOTE, [(mark, words)])] if words else [("DELETE FROM meta WHERE name = ?", [(mark,)])], moving=True)

    def last(self) -> int:
        found = self._read("SELECT seq FROM sqlite_sequence WHERE name = 'inbound'")
        return int(found[0][0]) if found else 0

    def numbers(self, after: int, upto: int) -> list[int]:
        return [found[0] for found in self._read("SELECT id FROM inbound WHERE id > ? AND id <= ? ORDER BY id", after, upto)]

    def several(self, ids: Sequence[int]) -> list[Received]:
        sql = "SELECT id, channel, received_at, body FROM inbound"
        keys = [(i,) for i in ids]
        return [Received(*found) for found in among(lambda q, v: self._read(q, *v), SQLITE, sql, ("id",), keys)]

    def load(self, received: Sequence[Received], gone: Sequence[int] = ()) -> None:
        bodies = [(r.id, r.channel, r.received_at, r.body) for r in received]
        deleted = ("DELETE FROM inbound WHERE id = ?", [(i,) for i in gone])
        self._write([deleted, ("INSERT OR IGNORE INTO inbound VALUES (?, ?, ?, ?)", bodies)], moving=True)

    def settle(self, new: Sequence[int], dead: Sequence[tuple[int, str]], last: int) -> int:
        """As ``Store.settle``; returns up to where payloads are applied. New ones below that get new numbers above all."""
        waiting = set(new).union(id for id, _ in dead)
        every = self.numbers(0, max(last, self.last()))
        applied_to = next((id for id in reversed(every) if id not in waiting), 0)
        moved = [(id,) for id in sorted(new)] if new and min(new) < applied_to else []
        again = "INSERT INTO inbound (channel, received_at, body) SELECT channel, received_at, body FROM inbound WHERE id = ?"
        self._write(
            [
                ("DELETE FROM inbound_dead", [()]),
                ("INSERT INTO inbound_dead VALUES (?, ?)", dead),
                ("DELETE FROM sqlite_sequence WHERE name = 'inbound'", [()]),
                ("INSERT INTO sqlite_sequence VALUES ('inbound', ?)", [(max(last, self.last()),)]),
                (again, moved),
                ("DELETE FROM inbound WHERE id = ?", moved),
            ],
            moving=True,
        )
        return applied_to

    def _some(
        self, state: str, where: str, after: int, limit: int, *values: Any, most_bytes: int | None = None, order: str = "ASC"
    ) -> list[Received]:
        applied_to = self._applied_to(self.id)
        bound = {"new": "AND i.id > ? AND d.id IS NULL", "applied": "AND i.id <= ? AND d.id IS NULL"}.get(state, "AND ? >= 0")
        tables = "inbound_dead d CROSS JOIN inbound i" if state == "dead" else "inbound i LEFT JOIN inbound_dead d"
        sql = (
            "SELECT i.id, i.channel, i.received_at, i.body,"  # noqa: S608
            " CASE WHEN d.id IS NOT NULL THEN 'dead' WHEN i.id > ? THEN 'new' ELSE 'applied' END, coalesce(d.error, '')"
            f" FROM {tables} ON d.id = i.id WHERE i.id > ? {bound} {where} ORDER BY i.id {order} LIMIT ?"
        )
        return [
            Received(*found) for found in self._read(sql, applied_to, after, applied_to, *values, limit, most_bytes=most_bytes)
        ]

    def _read(self, sql: str, *values: Any, most_bytes: int | None = None) -> list[tuple[Any, ...]]:
        with self._reading, in_words(self.path):
            reader = self._read_through()
            found: list[tuple[Any, ...]] = []
            read = 0
            for row in reader.execute(sql, values):
                found.append(row)
                if most_bytes is not None and (read := read + len(row[3])) >= most_bytes:
                    break
            return found

    def _read_through(self) -> apsw.Connection:
        if self._reader is None:
            self._reader = connect(self.path, schema.sqlite_inbound(), schema.VERSION)
        return self._reader

    def _write(self, statements: Sequence[tuple[str, Sequence[tuple[Any, ...]]]], *, moving: bool = False) -> int:
        """Run statements in one transaction; how many rows the last ones changed."""
        with self._writing, in_words(self.path):
            if self._writer is None:
                self._writer = connect(self.path, schema.sqlite_inbound(), schema.VERSION)
                self._writer.wal_autocheckpoint(_WAL_PAGES)
            writer = self._writer
            with transaction(writer):
                schema.check_version(str(self.path), int(writer.pragma("user_version")))
                before = writer.total_changes()
                if not moving:
                    schema.check_open(dict(writer.execute("SELECT name, value FROM meta")))
                for sql, rows in statements:
                    writer.executemany(sql, rows)
                changed = writer.total_changes() - before
                if changed:
                    reached("receive.inserted")
                return changed
