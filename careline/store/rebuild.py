"""Folding the whole journal again, to repair the projections or to prove that they are what the journal says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw
from msgspec import Struct

from careline.model import ROWS
from careline.rules.fold import fold
from careline.store import journal, schema
from careline.store.columns import columns_of
from careline.store.database import connect, in_words
from careline.store.sqlite import SqliteStore
from careline.store.working import Fold, Working

BATCH = 2000
SHOWN = 5


class Rebuilt(Struct, frozen=True):
    """What a rebuild found: rows per table, and per table the keys (a few) of rows that differed and how many did."""

    events: int
    rows: dict[str, int]
    differing: dict[str, int]
    examples: dict[str, list[str]]


def rebuild(
    store: SqliteStore, *, check: bool, folding: Fold = fold, progress: Callable[[int], None] = lambda done: None
) -> Rebuilt:
    """Fold the journal into shadow tables and compare; without ``check`` the shadow tables take the place of the old ones.

    With ``check`` nothing is written and nobody waits. Without it, the write lock is held until the end.
    """
    connection = connect(store.path, schema.main(), schema.VERSION)
    try:
        with in_words(store.path):
            connection.execute("ATTACH '' AS shadow")
            connection.execute("BEGIN" if check else "BEGIN IMMEDIATE")
            connection.execute(schema.projections("shadow."))
            events = _fold_all(connection, folding, progress)
            found = _compared(connection, events)
            if check:
                connection.execute("ROLLBACK")
            else:
                for kind in ROWS:
                    connection.execute(f"DELETE FROM main.{kind.table}")  # noqa: S608
                    connection.execute(f"INSERT INTO main.{kind.table} SELECT * FROM shadow.{kind.table}")  # noqa: S608
                connection.execute("COMMIT")
    finally:
        connection.close()
    return found


def _fold_all(connection: apsw.Connection, folding: Fold, progress: Callable[[int], None]) -> int:
    done, after = 0, 0
    while batch := [
        journal.entry(f) for f in connection.execute(f"{journal.SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (after, BATCH))
    ]:
        rows = Working(connection.execute, prefix="shadow.", folding=folding)
        for entry in batch:
            rows.apply(entry)
        rows.flush(connection.executemany)
        after, done = batch[-1].seq, done + len(batch)
        progress(done)
    return done


def _compared(connection: apsw.Connection, events: int) -> Rebuilt:
    counts: dict[str, int] = {}
    differing: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    for kind in ROWS:
        columns = columns_of(kind)
        names, key = ", ".join(columns.names), ", ".join(columns.key)
        one = "SELECT {names} FROM {a}.{t} EXCEPT SELECT {names} FROM {b}.{t}"
        sides = [one.format(names=names, a=a, b=b, t=kind.table) for a, b in (("main", "shadow"), ("shadow", "main"))]
        wrong: list[Any] = list(
            connection.execute(f"SELECT DISTINCT {key} FROM (SELECT * FROM ({sides[0]}) UNION SELECT * FROM ({sides[1]}))")  # noqa: S608
        )
        counts[kind.table] = int(connection.execute(f"SELECT count(*) FROM shadow.{kind.table}").get)  # noqa: S608
        if wrong:
            differing[kind.table] = len(wrong)
            examples[kind.table] = ["/".join(str(part) for part in found) for found in wrong[:SHOWN]]
    return Rebuilt(events, counts, differing, examples)
