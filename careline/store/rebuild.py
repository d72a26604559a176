"""Folding the whole journal again, to repair the projections or to prove that they are what the journal says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from careline.events import Entry
from careline.model import ROWS, Row
from careline.rules.fold import fold, keys
from careline.store import journal, schema
from careline.store.base import Store, Transaction, noted
from careline.store.columns import columns_of
from careline.store.working import Fold, Working

BATCH = 2000
SHOWN = 5

Step = Callable[[int], None]  # told how many more are done


class Rebuilt(Struct, frozen=True):
    """What a rebuild found: rows per table, and per table the keys (a few) of rows that differed and how many did."""

    events: int
    rows: dict[str, int]
    differing: dict[str, int]
    examples: dict[str, list[str]]


def rebuild(store: Store, *, check: bool, folding: Fold = fold, step: Step = lambda done: None) -> Rebuilt:
    """Fold the journal into shadow tables and compare; without ``check`` the shadow tables take the place of the old ones.

    With ``check`` nothing is written and nobody waits. Without it, the write lock is held until the end.
    """
    with store.shadow(writing=not check) as (transaction, live, prefix):
        transaction.script(schema.projections(store.dialect, prefix))
        events = fold_all(transaction, prefix, folding, step)
        found = _compared(transaction, live, prefix, events)
        if not check:
            for kind in ROWS:
                transaction.script(f"DELETE FROM {live}{kind.table}")  # noqa: S608
            take_over(transaction, live, prefix)
            noted(transaction, "rebuilt", str(store.now()))
    return found


def take_over(transaction: Transaction, live: str, prefix: str) -> None:
    """Put the rows of the shadow tables into the empty tables."""
    for kind in ROWS:
        names = ", ".join(columns_of(kind).names)
        transaction.script(f"INSERT INTO {live}{kind.table} ({names}) SELECT {names} FROM {prefix}{kind.table}")  # noqa: S608


def fold_all(transaction: Transaction, prefix: str, folding: Fold = fold, step: Step = lambda done: None) -> int:
    """Fold the whole journal into the empty tables under ``prefix``; how many events that were."""
    done, after = 0, 0
    page = f"{journal.SELECT} WHERE seq > ? ORDER BY seq LIMIT ?"
    while batch := [journal.entry(found) for found in transaction.query(page, (after, BATCH))]:
        rows = Working(transaction.query, prefix=prefix, folding=folding)
        fold_some(rows, batch)
        rows.flush(transaction)
        after, done = batch[-1].seq, done + len(batch)
        step(len(batch))
    return done


def fold_some(rows: Working, entries: Sequence[Entry]) -> None:
    """Fold entries into the rows, having read together those that they concern."""
    wanted: dict[type[Row], list[tuple[Any, ...]]] = defaultdict(list)
    for entry in entries:
        for kind, *key in keys(entry):
            wanted[kind].append(tuple(key))
    for kind, some in wanted.items():
        rows.load(kind, some)
    for entry in entries:
        rows.apply(entry)


def _compared(transaction: Transaction, live: str, shadow: str, events: int) -> Rebuilt:
    counts: dict[str, int] = {}
    differing: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    for kind in ROWS:
        columns = columns_of(kind)
        names, key = ", ".join(columns.names), ", ".join(columns.key)
        one = "SELECT {names} FROM {a}{t} EXCEPT SELECT {names} FROM {b}{t}"
        sides = [one.format(names=names, a=a, b=b, t=kind.table) for a, b in ((live, shadow), (shadow, live))]
        either = f"SELECT * FROM ({sides[0]}) AS missing UNION SELECT * FROM ({sides[1]}) AS added"  # noqa: S608
        wrong: list[Any] = list(transaction.query(f"SELECT DISTINCT {key} FROM ({either}) AS either ORDER BY {key}"))  # noqa: S608
        counts[kind.table] = int(next(iter(transaction.query(f"SELECT count(*) FROM {shadow}{kind.table}")))[0])  # noqa: S608
        if wrong:
            differing[kind.table] = len(wrong)
            examples[kind.table] = ["/".join(str(part) for part in found) for found in wrong[:SHOWN]]
    return Rebuilt(events, counts, differing, examples)
