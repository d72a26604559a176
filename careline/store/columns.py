"""How a row is kept in a table: a column a field, JSON where a field has parts of its own.

Projections can be folded again from the journal at any time, so their tables are made from the rows of ``careline.model``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import compress
from operator import attrgetter, is_not
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import astuple

from careline.model import Row

R = TypeVar("R", bound=Row)
Query = Callable[[str, tuple[Any, ...]], Iterable[tuple[Any, ...]]]
TOGETHER = 200
STEP = 20


class Dialect(Struct, frozen=True):
    """How a database spells what both have: its types, a table that is sorted by its key, and whether it reads ``lists``
    in JSON faster than many values.
    """

    types: Mapping[type, str]
    keyed: str
    lists: bool


SQLITE = Dialect({int: "INTEGER", bool: "INTEGER", str: "TEXT"}, " WITHOUT ROWID", lists=False)
# Bytes decide the order of texts on both, whatever the server's language.
POSTGRES = Dialect({int: "BIGINT", bool: "BIGINT", str: 'TEXT COLLATE "C"'}, "", lists=True)


class Table(Struct, frozen=True):
    """A table, for whoever writes many rows at once: its columns with their types (int or str), and its key."""

    name: str
    types: Mapping[str, type]
    key: tuple[str, ...]

    def insert(self, prefix: str = "") -> str:
        """The INSERT statement for the values of a whole row."""
        marks = ", ".join("?" * len(self.types))
        return f"INSERT INTO {prefix}{self.name} ({', '.join(self.types)}) VALUES ({marks})"  # noqa: S608

    def update(self, names: Sequence[str], prefix: str = "") -> str:
        """The UPDATE statement for the values of these columns, followed by the key."""
        changes, where = ", ".join(f"{n} = ?" for n in names), " AND ".join(f"{k} = ?" for k in self.key)
        return f"UPDATE {prefix}{self.name} SET {changes} WHERE {where}"  # noqa: S608


class Columns(Generic[R]):
    """The columns of one kind of row."""

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind
        self.key = kind.key
        hints = get_type_hints(kind)
        self.names: tuple[str, ...] = tuple(kind.__struct_fields__)
        self._types = [_plain(hints[name]) for name in self.names]
        plain = {name: str if t in (None, str) else int for name, t in zip(self.names, self._types, strict=True)}
        self.table = Table(kind.table, plain, kind.key)
        encode = msgspec.json.Encoder().encode
        self._writers: list[Callable[[Any], Any] | None] = [
            (lambda v: encode(v).decode()) if t is None else int if t is bool else None for t in self._types
        ]
        readers = [(n, _reader(t, hints[n])) for n, t in zip(self.names, self._types, strict=True)]
        self._readers = [(name, reader) for name, reader in readers if reader is not None]
        self._written = [(n, write) for n, write in enumerate(self._writers) if write is not None]
        self._places = range(len(self.names))
        key = attrgetter(*self.key)
        # The kind, then the values of the key: what a row is known by among all rows.
        self.full_key: Callable[[R], tuple[Any, ...]] = (
            (lambda row: (kind, key(row))) if len(self.key) == 1 else (lambda row: (kind, *key(row)))
        )
        self.where_key = " AND ".join(f"{k} = ?" for k in self.key)

    def create(self, dialect: Dialect, prefix: str = "") -> str:
        """The CREATE TABLE statement; ``prefix`` is a schema with its dot."""
        columns = [f"{n} {dialect.types[t or str]}" for n, t in zip(self.names, self._types, strict=True)]
        tail = "" if self.key == ("id",) else dialect.keyed
        return f"CREATE TABLE {prefix}{self.table.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(self.key)})){tail}"

    def select(self, prefix: str = "") -> str:
        """The SELECT statement for ``row``, up to its WHERE."""
        return f"SELECT {', '.join(self.names)} FROM {prefix}{self.table.name}"  # noqa: S608

    def values(self, row: R) -> tuple[Any, ...]:
        """The row as column values."""
        values = list(astuple(row))
        for place, write in self._written:
            if values[place] is not None:
                values[place] = write(values[place])
        return tuple(values)

    def changes(self, before: R, after: R) -> tuple[int, ...]:
        """The places, among ``names``, of the columns that differ."""
        old, new = astuple(before), astuple(after)
        # What was not touched is the same object: values are compared second.
        return tuple([n for n in compress(self._places, map(is_not, old, new)) if old[n] != new[n]])

    def at(self, places: Sequence[int], row: R) -> list[Any]:
        """The column values at these places."""
        new, writers = astuple(row), self._writers
        return [new[n] if (write := writers[n]) is None or new[n] is None else write(new[n]) for n in places]

    def row(self, values: Sequence[Any]) -> R:
        """The row that ``values`` was made from."""
        found = dict(zip(self.names, values, strict=True))
        for name, reader in self._readers:
            if found[name] is not None:
                found[name] = reader(found[name])
        return self.kind(**found)

    def key_of(self, row: R) -> tuple[Any, ...]:
        """The values of the row's key."""
        return self.full_key(row)[1:]


def among(
    query: Query, dialect: Dialect, sql: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]], tail: str = ""
) -> Iterator[tuple[Any, ...]]:
    """What ``sql`` finds where these columns are one of ``keys``: many at once cost little more than one."""
    alike: dict[tuple[Any, ...], list[Any]] = defaultdict(list)  # most keys begin with the same channel
    for *first, last in keys:
        alike[tuple(first)].append(last)
    for head, lasts in alike.items():
        for start in range(0, len(lasts), TOGETHER):
            some: list[Any] = lasts[start : start + TOGETHER]
            if dialect.lists:
                where = _in_list(tuple(columns), isinstance(some[0], int))
                some = [encode(some).decode()]
            else:
                some += some[-1:] * (-len(some) % STEP)  # a few lengths only, so that statements are prepared once
                where = _any_of(tuple(columns), len(some))
            yield from query(f"{sql} WHERE {where} {tail}", (*head, *some))


@cache
def _in_list(columns: tuple[str, ...], numbers: bool) -> str:
    """The condition for a list in JSON: one value, however many keys there are, that an index is asked for at once."""
    cast = "::bigint" if numbers else ""
    return f"{_head(columns)}{columns[-1]} = ANY(ARRAY(SELECT json_array_elements_text(?::json){cast}))"


@cache
def _any_of(columns: tuple[str, ...], many: int) -> str:
    return f"{_head(columns)}{columns[-1]} IN ({', '.join('?' * many)})"


def _head(columns: tuple[str, ...]) -> str:
    return "".join(f"{column} = ? AND " for column in columns[:-1])


@cache
def columns_of(kind: type[R]) -> Columns[R]:
    """The columns of ``kind``, worked out once."""
    return Columns(kind)


def _plain(hint: Any) -> type | None:
    """The type, where SQL has one for it: ``int | None`` is int."""
    parts = [a for a in get_args(hint) if a is not NoneType] or [hint]
    return parts[0] if len(parts) == 1 and parts[0] in SQLITE.types else None


def _reader(plain: type | None, hint: Any) -> Callable[[Any], Any] | None:
    if plain is bool:
        return bool
    return None if plain is not None else msgspec.json.Decoder(hint).decode
