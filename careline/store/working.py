"""The rows of one transaction: loaded when asked for, folded in memory, written once at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from careline.errors import Failed
from careline.events import Entry
from careline.model import Code, Message, Row
from careline.rules.fold import fold, keys
from careline.store.columns import columns_of

R = TypeVar("R", bound=Row)
Query = Callable[[str, tuple[Any, ...]], Iterable[tuple[Any, ...]]]
Write = Callable[[str, list[tuple[Any, ...]]], object]
Fold = Callable[[Entry, Callable[..., Any]], list[Row]]


class Working:
    """Rows as they stand in this transaction (a ``careline.model.Rows``). ``query`` reads the tables under ``prefix``."""

    def __init__(self, query: Query, *, prefix: str = "", folding: Fold = fold) -> None:
        self._query = query
        self._prefix = prefix
        self._fold = folding
        self._rows: dict[tuple[Any, ...], Row | None] = {}
        self._stored: dict[tuple[Any, ...], Row | None] = {}
        self._numbers: dict[type[Row], int] = {}
        self._keys: set[tuple[str, str]] = set()
        self._platform_ids: dict[tuple[str, str], int] = {}
        self._send_keys: dict[str, int] = {}

    def get(self, kind: type[R], *key: str | int) -> R | None:
        """The row with that key, or None."""
        full = (kind, *key)
        if full not in self._rows:
            columns = columns_of(kind)
            found = next(iter(self._query(f"{columns.select(self._prefix)} WHERE {columns.where_key}", key)), None)
            self._rows[full] = self._stored[full] = None if found is None else columns.row(found)
        return self._rows[full]  # type: ignore[return-value]

    def knows(self, channel: str, key: str) -> bool:
        """True when the journal, or this transaction, has an event with that key."""
        if (channel, key) in self._keys:
            return True
        return any(True for _ in self._query("SELECT 1 FROM event WHERE channel = ? AND key = ?", (channel, key)))

    def message_of(self, channel: str, platform_id: str) -> Message | None:
        """The message that the platform calls ``platform_id``."""
        number = self._platform_ids.get((channel, platform_id))
        if number is None:
            sql = "SELECT id FROM message WHERE channel = ? AND platform_id = ? AND platform_id <> '' ORDER BY id DESC LIMIT 1"
            number = self._first(sql, (channel, platform_id))
        return None if number is None else self.get(Message, number)

    def message_keyed(self, send_key: str) -> Message | None:
        """The newest message sent under that ``--key``."""
        number = self._send_keys.get(send_key)
        if number is None:
            sql = "SELECT id FROM message WHERE send_key = ? AND send_key <> '' ORDER BY id DESC LIMIT 1"
            number = self._first(sql, (send_key,))
        return None if number is None else self.get(Message, number)

    def codes_of(self, channel: str) -> tuple[Code, ...]:
        """The codes of a channel that carry a text, the longest text first."""
        found = self._query("SELECT scene_key FROM code WHERE channel = ? AND text <> ''", (channel,))
        scenes = {row[0] for row in found}
        scenes |= {key[2] for key, row in self._rows.items() if key[0] is Code and key[1] == channel and row is not None}
        codes = [self.get(Code, channel, scene) for scene in scenes]
        return tuple(sorted((c for c in codes if c is not None and c.text), key=lambda c: (-len(c.text), c.scene_key)))

    def new_id(self, kind: type[Row]) -> int:
        """The next free number of that kind, taken."""
        if kind not in self._numbers:
            self._numbers[kind] = self._first(f"SELECT max(id) FROM {kind.table}", ()) or 0  # noqa: S608
        self._numbers[kind] += 1
        return self._numbers[kind]

    def apply(self, entry: Entry) -> None:
        """Fold one entry into the rows. A fold that changes a row it did not name is a defect."""
        named = set(keys(entry))
        for row in self._fold(entry, self.get):
            full = (type(row), *columns_of(type(row)).key_of(row))
            if full not in named:
                raise Failed(f"The fold of {entry.event.type} changed {full[0].table} {full[1:]}, which it does not name.")
            if full not in self._stored:
                self.get(full[0], *full[1:])
            self._rows[full] = row
            if isinstance(row, Message):
                if row.platform_id:
                    self._platform_ids[row.channel, row.platform_id] = row.id
                if row.send_key:
                    self._send_keys[row.send_key] = row.id
        if entry.key is not None:
            self._keys.add((entry.channel, entry.key))

    def flush(self, write: Write) -> None:
        """Insert the new rows and update the changed columns of the others."""
        inserts: dict[type[Row], list[tuple[Any, ...]]] = defaultdict(list)
        updates: dict[tuple[type[Row], tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)
        for full, row in self._rows.items():
            before = self._stored[full]
            if row is None or row is before:
                continue
            columns = columns_of(full[0])
            if before is None:
                inserts[full[0]].append(columns.values(row))
                continue
            changed = tuple(n for n in columns.names if getattr(row, n) != getattr(before, n))
            if changed:
                values = tuple(columns.value(row, n) for n in changed)
                updates[full[0], changed].append((*values, *columns.key_of(row)))
        for kind, rows in inserts.items():
            write(columns_of(kind).insert(self._prefix), rows)
        for (kind, changed), rows in updates.items():
            write(columns_of(kind).update(changed, self._prefix), rows)
        self._stored = dict(self._rows)

    def _first(self, sql: str, values: tuple[Any, ...]) -> int | None:
        found = next(iter(self._query(sql, values)), None)
        return None if found is None or found[0] is None else int(found[0])
