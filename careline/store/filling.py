"""Filling an empty store from elsewhere: the journal as it stands there, rows folded from it, webhooks under their numbers.

``filling`` in the store's ``meta`` keeps everybody else out until it is done. Whatever kills the process, the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any, TypeVar

import msgspec

from careline.crashpoint import reached
from careline.errors import Failed, Misconfigured
from careline.store import journal, schema
from careline.store.base import ALL, Store, noted
from careline.store.inbound import Received
from careline.store.rebuild import Step, fold_some
from careline.store.working import Working

BATCH = 2000
BODIES = 200
PAGE = 10_000

T = TypeVar("T")
Raw = tuple[Any, ...]
Query = Callable[[str, tuple[Any, ...]], Iterable[Raw]]

_encode = msgspec.msgpack.Encoder().encode


class Digest:
    """The hash of rows in their order, whichever database they come from. ``seq`` is how far a journal was read."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=32)
        self.seq = 0

    def add(self, rows: Sequence[Raw]) -> None:
        """Read on."""
        self._hash.update(b"".join(map(_encode, rows)))

    def follow(self, query: Query, upto: int) -> None:
        """Read a journal on, up to ``upto``."""
        for rows in pages(query, self.seq, upto):
            self.add(rows)
            self.seq = rows[-1][0]

    def __str__(self) -> str:
        return self._hash.hexdigest()


def pages(query: Query, after: int = 0, upto: int = ALL, size: int = PAGE) -> Iterator[list[Raw]]:
    """The journal's rows as they are kept, some at a time."""
    sql = f"{journal.SELECT} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    while rows := list(query(sql, (after, upto, size))):
        yield rows
        after = rows[-1][0]


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same items, some at a time."""
    items = iter(items)
    return iter(lambda: list(islice(items, size)), [])


def begin(target: Store, words: str, facts: dict[str, str]) -> None:
    """Keep everybody else out of an empty store: it is being filled from what ``words`` say.

    Raises Misconfigured when it is not empty, or is filled from something else.
    """
    if target.meta().get("filling") != words:
        refuse_full(target)
        with target.transaction() as writing:
            refuse_full(target)
            for name, value in {**facts, "filling": words}.items():
                noted(writing, name, value)
    target.inbound.refuse("filling", words)


def refuse_full(target: Store) -> None:
    """Raises Misconfigured when there is anything in a store that is to be filled."""
    schema.check_open(target.meta())
    if target.last_seq() or target.inbound.last():
        raise Misconfigured(
            f"{target.where} is not empty: {target.last_seq()} events, {target.inbound.last()} webhooks.",
            code="store_not_empty",
            hint="Name a new file or an empty schema, or move this store aside: its files, or ALTER SCHEMA … RENAME TO.",
            run="careline store info",
        )


def pour(target: Store, found: Iterable[list[Raw]], step: Step) -> None:
    """Append journal rows as they are and fold them, each list in one transaction."""
    rows: Working | None = None
    for batch in found:
        with target.transaction() as writing:
            if rows is None:
                rows = Working(writing.query, dialect=target.dialect)
            rows.ask(writing.query)
            writing.insert(journal.EVENT, batch)
            fold_some(rows, [journal.entry(row) for row in batch])
            rows.flush(writing)
        if not rows.keep():
            rows = None
        step(len(batch))
        reached("copy.batch")


def load(target: Store, found: Iterable[Received], step: Step) -> None:
    """Keep webhooks under the numbers they have."""
    for batch in batches(found, BODIES):
        target.inbound.load(batch)
        step(len(batch))


def finish(target: Store) -> None:
    """Let everybody in."""
    target.note("filling", None)
    target.inbound.refuse("filling", "")


def differs(what: Sequence[str], where: str) -> Failed:
    """The refusal of a store that is not what it was filled from."""
    return Failed(
        f"{where} is not what it was filled from: {'; '.join(what)}.",
        code="copy_differs",
        hint="It stays closed. Begin again with an empty store; should it happen twice, please report it.",
        run="careline store rebuild --check",
    )
