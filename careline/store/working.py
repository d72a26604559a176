"""The rows of one transaction: loaded when asked for, folded in memory, written once at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from careline.events import Entry
from careline.model import Code, Message, Row
from careline.rules.fold import fold
from careline.store.columns import SQLITE, Dialect, Query, Table, among, columns_of

R = TypeVar("R", bound=Row)
KEPT = 20_000  # rows
Fold = Callable[[Entry, Callable[..., Any]], list[Row]]
Updates = dict[tuple[type[Row], tuple[int, ...]], list[Row]]  # rows by which of their columns have changed


class Into(Protocol):
    """What rows are written into."""

    def insert(self, table: Table, rows: Sequence[Sequence[Any]], prefix: str = "") -> None:
        """Whole rows."""

    def update(self, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]], prefix: str = "") -> None:
        """New values of these columns, followed by the key."""


class Working:
    """Rows as they stand in this transaction (a ``careline.model.Rows``). ``query`` reads the tables under ``prefix``."""

    def __init__(self, query: Query, *, prefix: str = "", folding: Fold = fold, dialect: Dialect = SQLITE) -> None:
        self._query = query
        self._prefix = prefix
        self._dialect = dialect
        self._fold = folding
        self._rows: dict[tuple[Any, ...], Row | None] = {}
        self._before: dict[tuple[Any, ...], Row | None] = {}  # of the rows that are changed, as they are stored
        self._fleeting: list[tuple[Any, ...]] = []
        self._numbers: dict[type[Row], int] = {}
        self._keys: dict[tuple[str, str], bool] = {}
        self._codes: dict[str, tuple[Code, ...]] = {}
        self._platform_ids: dict[tuple[str, str], int] = {}
        self._send_keys: dict[str, int] = {}

    def ask(self, query: Query) -> None:
        """Read through another connection's statements from now on."""
        self._query = query

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row with that key, or None."""
        full = (kind, *key)
        try:
            return self._rows[full]  # type: ignore[return-value]
        except KeyError:
            columns = columns_of(kind)
        found = next(iter(self._query(f"{columns.select(self._prefix)} WHERE {columns.where_key}", key)), None)
        row = self._rows[full] = None if found is None else columns.row(found)
        if kind is Message:
            self._fleeting.append(full)
        return row

    def has(self, kind: type[Row], *key: str | int) -> bool:
        """True when that row is there and has been read."""
        return self._rows.get((kind, *key)) is not None

    def load(self, kind: type[R], wanted: Iterable[tuple[str | int, ...]]) -> list[R]:
        """The rows with these keys, as far as there are any, read together: many at once cost little more than one."""
        columns = columns_of(kind)
        keys = list(dict.fromkeys(wanted))
        missing = [key for key in keys if (kind, *key) not in self._rows]
        for key in missing:
            self._rows[kind, *key] = None
        if kind is Message:
            self._fleeting += ((kind, *key) for key in missing)
        for found in among(self._query, self._dialect, columns.select(self._prefix), columns.key, missing):
            row = columns.row(found)
            self._rows[columns.full_key(row)] = row
        return [row for key in keys if (row := self._rows[kind, *key]) is not None]  # type: ignore[misc]

    def load_keys(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Look up together which of these (channel, key) the journal has, for ``knows``."""
        missing = [full for full in dict.fromkeys(wanted) if full not in self._keys]
        self._keys |= dict.fromkeys(missing, False)
        for found in among(
            self._query, self._dialect, "SELECT channel, key FROM event", ("channel", "key"), missing, "AND key IS NOT NULL"
        ):
            self._keys[found[0], found[1]] = True

    def load_platform_ids(self, wanted: Iterable[tuple[str, str]]) -> list[Message]:
        """The messages that the platform calls by these (channel, id), read together, for ``message_of`` too."""
        asked = list(dict.fromkeys(wanted))
        missing = [full for full in asked if full not in self._platform_ids]
        self._platform_ids |= dict.fromkeys(missing, 0)
        sql = "SELECT channel, platform_id, id FROM message"
        for channel, platform_id, number in among(
            self._query, self._dialect, sql, ("channel", "platform_id"), missing, "AND platform_id <> '' ORDER BY id"
        ):
            self._platform_ids[channel, platform_id] = number
        return self.load(Message, ((n,) for full in asked if (n := self._platform_ids[full])))

    def knows(self, channel: str, key: str) -> bool:
        """True when the journal, or this transaction, has an event with that key."""
        known = self._keys.get((channel, key))
        if known is None:
            self.load_keys([(channel, key)])
            known = self._keys[channel, key]
        return known

    def message_of(self, channel: str, platform_id: str) -> Message | None:
        """The message that the platform calls ``platform_id``."""
        full = (channel, platform_id)
        if full not in self._platform_ids:
            self.load_platform_ids([full])
        number = self._platform_ids[full]
        return self.get(Message, number) if number else None

    def message_keyed(self, send_key: str) -> Message | None:
        """The newest message sent under that ``--key``."""
        number = self._send_keys.get(send_key)
        if number is None:
            sql = "SELECT id FROM message WHERE send_key = ? AND send_key <> '' ORDER BY id DESC LIMIT 1"
            number = self._first(sql, (send_key,))
        return None if number is None else self.get(Message, number)

    def codes_of(self, channel: str) -> tuple[Code, ...]:
        """The codes of a channel that carry a text, the longest text first."""
        if channel not in self._codes:
            found = self._query("SELECT scene_key FROM code WHERE channel = ? AND text <> ''", (channel,))
            self._codes[channel] = self._sorted(channel, {row[0] for row in found})
        return self._codes[channel]

    def _sorted(self, channel: str, scenes: set[str]) -> tuple[Code, ...]:
        codes = [self.get(Code, channel, scene) for scene in scenes]
        return tuple(sorted((c for c in codes if c is not None and c.text), key=lambda c: (-len(c.text), c.scene_key)))

    def new_id(self, kind: type[Row]) -> int:
        """The next free number of that kind, taken."""
        if kind not in self._numbers:
            self._numbers[kind] = self._first(f"SELECT max(id) FROM {kind.table}", ()) or 0  # noqa: S608
        self._numbers[kind] += 1
        number = self._numbers[kind]
        self._rows[kind, number] = None
        return number

    def apply(self, entry: Entry) -> None:
        """Fold one entry into the rows."""
        rows, before = self._rows, self._before
        for row in self._fold(entry, self.get):
            kind = type(row)
            full = columns_of(kind).full_key(row)
            if full not in before:
                before[full] = rows[full] if full in rows else self.get(*full)
            rows[full] = row
            if kind is Message:
                self._fleeting.append(full)
                self._name(row)  # type: ignore[arg-type]
            elif kind is Code:
                self._sort_in(row)  # type: ignore[arg-type]
        if entry.key is not None:
            self._keys[entry.channel, entry.key] = True

    def _sort_in(self, code: Code) -> None:
        if code.channel in self._codes:
            scenes = {known.scene_key for known in self._codes[code.channel]} | {code.scene_key}
            self._codes[code.channel] = self._sorted(code.channel, scenes)

    def _name(self, message: Message) -> None:
        if message.platform_id:
            self._platform_ids[message.channel, message.platform_id] = message.id
        if message.send_key:
            self._send_keys[message.send_key] = message.id

    def flush(self, into: Into) -> None:
        """Insert the new rows and update the changed columns of the others."""
        inserts: dict[type[Row], list[tuple[Any, ...]]] = defaultdict(list)
        updates: Updates = defaultdict(list)
        for full, before in self._before.items():
            row = self._rows[full]
            assert row is not None
            columns = columns_of(full[0])
            if before is None:
                inserts[full[0]].append(columns.values(row))
                continue
            if changed := columns.changes(before, row):
                updates[full[0], changed].append(row)
        for kind, rows in inserts.items():
            into.insert(columns_of(kind).table, rows, self._prefix)
        for (kind, changed), changing in (_joined(updates) if self._dialect.lists else updates).items():
            columns = columns_of(kind)
            values = [(*columns.at(changed, row), *columns.key_of(row)) for row in changing]
            into.update(columns.table, [columns.names[place] for place in changed], values, self._prefix)
        self._before.clear()

    def keep(self) -> bool:
        """Make ready for another transaction that begins where this one ended; False when it is not worth it.

        People who wrote write again: their rows stay. Messages and what they are known by are many and seldom asked for again.
        """
        for full in self._fleeting:
            self._rows.pop(full, None)
        self._fleeting.clear()
        self._keys.clear()
        self._platform_ids.clear()
        self._send_keys.clear()
        return len(self._rows) <= KEPT

    def _first(self, sql: str, values: tuple[Any, ...]) -> int | None:
        found = next(iter(self._query(sql, values)), None)
        return None if found is None or found[0] is None else int(found[0])


def _joined(updates: Updates) -> Updates:
    """One update for each table: a few values written as they were cost less than another statement."""
    joined: Updates = {}
    for kind in dict.fromkeys(kind for kind, _ in updates):
        alike = {places: rows for (other, places), rows in updates.items() if other is kind}
        every = tuple(sorted(set().union(*alike)))
        joined[kind, every] = [row for rows in alike.values() for row in rows]
    return joined
