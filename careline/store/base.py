"""The store: a journal and the rows folded from it, whatever database keeps them.

One write transaction for everybody, so that the order of ``seq`` is the order of commits and a reader needs no more than
``seq > ?``. Readers never wait for it. ``sqlite.py`` and ``postgres.py`` say how each database locks, reads and wakes.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from careline.crashpoint import reached
from careline.model import ROWS, Row
from careline.store import schema
from careline.store.columns import Dialect, Table, among, columns_of
from careline.store.inbound import Inbound, Received

if TYPE_CHECKING:
    from careline.events import Entry
    from careline.store.working import Working

# Events and folds are imported when something is written or followed: a look at the queue needs neither, and is waited for.

R = TypeVar("R", bound=Row)
T = TypeVar("T")
Values = Sequence[Any]
ALL = 1 << 62  # a LIMIT that is none


class Info(Struct, frozen=True):
    """What ``store info`` tells. ``state`` is ``ready``, ``held`` (sending waits), ``sealed`` or ``incomplete``."""

    path: str
    store_id: str
    engine: str
    state: str
    version: int
    events: int
    last_seq: int
    bytes: int
    rows: dict[str, int]
    inbound: dict[str, int]


class Transaction(Protocol):
    """The statements of one write transaction. ``?`` marks values, on both databases."""

    def query(self, sql: str, values: Values = ()) -> Iterable[tuple[Any, ...]]:
        """What a statement answers."""

    def write(self, sql: str, rows: Sequence[Values]) -> object:
        """Run a statement once for each row of values."""

    def insert(self, table: Table, rows: Sequence[Values], prefix: str = "") -> None:
        """Insert whole rows."""

    def update(self, table: Table, names: Sequence[str], rows: Sequence[Values], prefix: str = "") -> None:
        """Set these columns to the values at the head of each row, where the key is what follows them."""

    def script(self, statements: str) -> None:
        """Run statements that take no values."""

    def announce(self) -> None:
        """Wake those who follow, once this is committed."""


class Watch(Protocol):
    """Waits for commits."""

    def wait(self, seconds: float) -> bool:
        """True as soon as somebody has committed since the last call; False after that many seconds of silence."""

    def close(self) -> None:
        """Stop waiting."""


class Change:
    """One write transaction: ``rows`` as they stand in it, ``now`` the instant that its entries are recorded at."""

    def __init__(self, rows: Working, seq: int, now: int, meta: dict[str, str]) -> None:
        self.rows = rows
        self.now = now
        self.entries: list[Entry] = []
        self.applied: Sequence[int] = ()
        self.held = meta.get("held", "")
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

    def mark_applied(self, ids: Sequence[int]) -> None:
        """These inbound payloads, the oldest new ones, are in the journal with what this transaction records."""
        self.applied = ids


class Store(ABC):
    """A store. Safe to use from several threads; each reads through a connection of its own."""

    dialect: Dialect
    inbound: Inbound
    where: str  # the address, without secrets
    store_id: str

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self._writing = threading.Lock()
        self._kept: tuple[Working, tuple[int, str]] | None = None

    # What each database does in its own way

    @abstractmethod
    def close(self) -> None:
        """Close every connection. The store must not be used afterwards."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Transaction]:
        """The one write transaction, which everybody else waits for. For what moves or repairs whole stores; see ``change``."""

    @abstractmethod
    def shadow(self, *, writing: bool) -> AbstractContextManager[tuple[Transaction, str, str]]:
        """A transaction on a connection of its own, the prefix of the store's tables, and that of tables that end with it.

        With ``writing`` it is the one write transaction; without, it is a snapshot, nobody waits and nothing of it is kept.
        """

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """All reads of this thread inside see one state of the store."""

    @abstractmethod
    def watch(self) -> Watch:
        """What wakes followers. Look at the journal after this was called, and again whenever it wakes."""

    @abstractmethod
    def lock(self, name: str, *, wait: bool) -> AbstractContextManager[None]:
        """A lock among all processes of this store, freed when its holder dies. Raises Busy unless ``wait``."""

    @abstractmethod
    def engine(self) -> str:
        """The database's name and version."""

    @abstractmethod
    def size(self) -> int:
        """Bytes on disk."""

    @abstractmethod
    def _version(self, meta: dict[str, str]) -> int:
        """The version of the tables, of which the store knows ``meta``."""

    @abstractmethod
    def _mark(self, transaction: Transaction, ids: Sequence[int]) -> None:
        """Note in this transaction that these payloads, the oldest new ones, are applied."""

    @abstractmethod
    def payloads(self) -> Iterator[Received]:
        """All webhooks by number, within a snapshot: one that its journal does not know yet is new, whatever it is by now."""

    @abstractmethod
    def settle(self, new: Sequence[int], dead: Sequence[tuple[int, str]], last: int) -> None:
        """Of the payloads that were loaded these are new, these dead with their error, the others applied.

        The next one gets a number above ``last``.
        """

    @abstractmethod
    def query(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """What a statement answers, in this thread. A few rows."""

    @abstractmethod
    def stream(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """What a statement answers, row by row; within a snapshot any number of rows, while other reads go on."""

    # Writing

    def change(self, decide: Callable[[Change], T]) -> T:
        """Run ``decide`` in the one write transaction and keep what it recorded, or nothing at all when it raises.

        Raises Busy after five seconds of another's lock, Failed on a full disk, Misconfigured when the store is of another
        version by now, or sealed.
        """
        from careline.store import journal

        with self._writing, self.transaction() as transaction:
            meta: dict[str, str] = {str(n): str(v) for n, v in transaction.query("SELECT name, value FROM meta")}
            schema.check_version(self.where, self._version(meta))
            schema.check_fold(self.where, meta)
            schema.check_open(meta)
            self.store_id = meta["store_id"]  # another one, once an empty store was filled
            stands = (_last_seq(transaction.query), meta.get("rebuilt", ""))
            rows, self._kept = self._rows_at(stands, transaction), None
            change = Change(rows, stands[0], self.now(), meta)
            result = decide(change)
            if change.entries:
                transaction.insert(journal.EVENT, [journal.values(entry) for entry in change.entries])
                rows.flush(transaction)
                transaction.announce()
            if change.applied:
                self._mark(transaction, change.applied)
                reached("apply.before_commit")
        if rows.keep():
            self._kept = rows, (stands[0] + len(change.entries), stands[1])
        if change.applied:
            reached("apply.committed")
        return result

    def _rows_at(self, stands: tuple[int, str], transaction: Transaction) -> Working:
        """The rows of the last change when nobody has written since, so that they need not be read again."""
        from careline.store.working import Working

        if self._kept is not None and self._kept[1] == stands:
            self._kept[0].ask(transaction.query)
            return self._kept[0]
        return Working(transaction.query, dialect=self.dialect)

    # Reading

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row with that key, or None."""
        columns = columns_of(kind)
        found = next(self.query(f"{columns.select()} WHERE {columns.where_key}", key), None)
        return None if found is None else columns.row(found)

    def load(self, kind: type[R], wanted: Iterable[tuple[str | int, ...]]) -> dict[tuple[Any, ...], R]:
        """The rows with these keys, by key, as far as there are any: many at once cost little more than one."""
        columns = columns_of(kind)
        found = map(columns.row, among(self.query, self.dialect, columns.select(), columns.key, list(dict.fromkeys(wanted))))
        return {columns.key_of(row): row for row in found}

    def select(self, kind: type[R], tail: str = "", *values: Any) -> Iterator[R]:
        """The rows that ``tail`` (WHERE …, ORDER BY …, LIMIT …, with ``?`` marks) asks for, one by one, from one snapshot."""
        columns = columns_of(kind)
        return map(columns.row, self.stream(f"{columns.select()} {tail}", values))

    def count(self, kind: type[Row], tail: str = "", *values: Any) -> int:
        """How many rows ``tail`` asks for."""
        return int(next(self.query(f"SELECT count(*) FROM {kind.table} {tail}", values))[0])  # noqa: S608

    def rows(self) -> Working:
        """The rows as they stand, for rules that look before they ask for a change."""
        from careline.store.working import Working

        return Working(self.query, dialect=self.dialect)

    def entries(
        self, after: int = 0, *, limit: int = ALL, contact: int | None = None, conversation: int | None = None
    ) -> Iterator[Entry]:
        """The journal after ``after``, in order; of one contact or chat when named."""
        from careline.store import journal

        where, values = "WHERE seq > ?", [after]
        if contact is not None:
            where, values = f"{where} AND contact = ?", [*values, contact]
        if conversation is not None:
            where, values = f"{where} AND conversation = ?", [*values, conversation]
        return map(journal.entry, self.stream(f"{journal.SELECT} {where} ORDER BY seq LIMIT ?", (*values, limit)))

    def came_by_codes(self, since: int, until: int) -> Iterator[Entry]:
        """The entries of what happened from ``since`` to ``until`` (not included) through a code, in order."""
        from careline.store import journal

        where = "WHERE type IN (?, ?) AND occurred_at >= ? AND occurred_at < ? AND data LIKE ?"
        values = ("customer.acted", "message.received", since, until, '%"code":"%')
        return map(journal.entry, self.stream(f"{journal.SELECT} {where} ORDER BY seq", values))

    def last_seq(self) -> int:
        """The seq of the newest entry; 0 in an empty journal."""
        return _last_seq(self.query)

    def seq_at(self, instant: int) -> int:
        """The seq after which everything was recorded at ``instant`` or later."""
        found = next(self.query("SELECT max(seq) FROM event WHERE recorded_at < ?", (instant,)))[0]
        return int(found or 0)

    def meta(self) -> dict[str, str]:
        """What the store knows of itself."""
        return {str(name): str(value) for name, value in self.query("SELECT name, value FROM meta")}

    def check(self) -> None:
        """Raises Misconfigured when the store was sealed, is being filled, or has another fold's rows by now."""
        meta = self.meta()
        schema.check_fold(self.where, meta)
        schema.check_open(meta)

    def info(self) -> Info:
        """Counts and sizes."""
        with self.snapshot():
            meta = self.meta()
            return Info(
                path=self.where,
                store_id=meta["store_id"],
                engine=self.engine(),
                state=next((s for m, s in _STATES.items() if m in meta), "ready"),
                version=schema.VERSION,
                events=int(next(self.query("SELECT count(*) FROM event"))[0]),
                last_seq=self.last_seq(),
                bytes=self.size(),
                rows={kind.table: self.count(kind) for kind in ROWS},
                inbound=self.inbound.counts(),
            )

    # Workings

    def token(self, channel: str) -> tuple[str, int] | None:
        """The access token of a channel and the instant it ends, if one is kept."""
        found = next(self.query("SELECT value, expires_at FROM token WHERE channel = ?", (channel,)), None)
        return None if found is None else (str(found[0]), int(found[1]))

    def keep_token(self, channel: str, value: str, expires_at: int) -> None:
        """Keep an access token for all processes."""
        with self._writing, self.transaction() as transaction:
            transaction.write(_KEEP, [(channel, value, expires_at)])

    def seal(self, to: str) -> None:
        """Take nothing more, neither changes nor webhooks: the store was moved ``to`` somewhere. Empty opens it again."""
        self.inbound.refuse("sealed", to)
        self.note("sealed", to or None)

    def note(self, name: str, value: str | None) -> None:
        """Keep what the store knows of itself; None forgets it."""
        with self._writing, self.transaction() as transaction:
            noted(transaction, name, value)


def noted(transaction: Transaction, name: str, value: str | None) -> None:
    """The same within a transaction."""
    if value is None:
        transaction.write("DELETE FROM meta WHERE name = ?", [(name,)])
    else:
        transaction.write(NOTE, [(name, value)])


NOTE = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_KEEP = (
    "INSERT INTO token VALUES (?, ?, ?)"
    " ON CONFLICT (channel) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
)
_STATES = {"filling": "incomplete", "sealed": "sealed", "held": "held"}


def _last_seq(query: Callable[[str], Iterable[tuple[Any, ...]]]) -> int:
    return int(next(iter(query("SELECT coalesce(max(seq), 0) FROM event")))[0])
