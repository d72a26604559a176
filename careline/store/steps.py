"""What each version of the tables changed, as steps from the one before. A step is never edited once it was released.

A step has two halves, one for each of SQLite's files, for a kill may leave one of them old; on PostgreSQL both are one
database. Each half gets both and changes its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from hashlib import blake2b

from msgspec import Struct

from careline.store.base import Transaction, noted

Half = Callable[[Transaction, Transaction], None]


class Step(Struct, frozen=True):
    """The halves that lead to a version: of the store's tables, and of the webhooks'."""

    store: Half
    inbound: Half


def _2_store(store: Transaction, inbound: Transaction) -> None:
    """Version 2 notes beside the journal up to where webhooks are applied, knows what has no id by its payload, has no NUL."""
    applied_to = _number(inbound, "SELECT coalesce(max(id), 0) FROM inbound WHERE state = 'applied'")
    noted(store, f"applied:{os.urandom(8).hex()}", str(applied_to))
    for seq, key in list(store.query("SELECT seq, key FROM event WHERE key GLOB '*:inbound [0-9]*.[0-9]*'")):
        kind, _, where = str(key).partition("inbound ")
        number, _, place = where.partition(".")
        for (body,) in inbound.query("SELECT body FROM inbound WHERE id = ?", (int(number),)):
            name = blake2b(body, digest_size=16).hexdigest()
            # Told twice by the platform, it stands twice: the second one keeps its key.
            store.write("UPDATE OR IGNORE event SET key = ? WHERE seq = ?", [(f"{kind}payload {name}.{place}", seq)])

    spoilt = "SELECT content, seq FROM event WHERE instr(content, '\\u0000')"
    if found := [(_without_nul(content), seq) for content, seq in store.query(spoilt)]:
        store.write("UPDATE event SET content = ? WHERE seq = ?", found)
        noted(store, "fold", "0")  # rows were made of it: they are folded again


def _without_nul(content: str) -> str:
    """JSON in which no text has a NUL, which PostgreSQL cannot keep; today it is taken away when it is heard."""
    return content.replace("\\\\", "\\u005c").replace("\\u0000", "\\ufffd")


def _2_inbound(store: Transaction, inbound: Transaction) -> None:
    """Version 2 has no state in a payload's row: new ones have numbers above all applied, dead ones a row elsewhere."""
    ((name, value),) = store.query("SELECT name, value FROM meta WHERE name LIKE 'applied:%'")
    inbound.script(
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE inbound_dead (id INTEGER PRIMARY KEY, error TEXT NOT NULL);"
        "INSERT INTO inbound_dead SELECT id, coalesce(error, '') FROM inbound WHERE state = 'dead';"
        "DROP INDEX inbound_open;"
    )
    inbound.write("INSERT INTO meta VALUES ('id', ?)", [(str(name).removeprefix("applied:"),)])
    late = "FROM inbound WHERE state = 'new' AND id <= ?"
    last = _number(inbound, "SELECT max(id) FROM inbound WHERE state = 'new'") or 0
    if _number(inbound, f"SELECT count(*) {late}", int(value)):
        again = "INSERT INTO inbound (channel, received_at, body, state) SELECT channel, received_at, body, state"
        inbound.write(f"{again} {late} ORDER BY id", [(last,)])
        inbound.write(f"DELETE {late}", [(last,)])
    inbound.script("ALTER TABLE inbound DROP COLUMN state; ALTER TABLE inbound DROP COLUMN error;")


def _number(transaction: Transaction, sql: str, *values: int) -> int:
    return int(next(iter(transaction.query(sql, values)))[0] or 0)


STEPS: Mapping[int, Step] = {2: Step(_2_store, _2_inbound)}
