"""How a row is kept in a table: a column a field, JSON where a field has parts of its own.

Projections can be folded again from the journal at any time, so their tables are made from the rows of ``careline.model``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec

from careline.model import Row

R = TypeVar("R", bound=Row)
_SQL = {int: "INTEGER", bool: "INTEGER", str: "TEXT"}


class Columns(Generic[R]):
    """The columns of one kind of row."""

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind
        self.table = kind.table
        self.key = kind.key
        hints = get_type_hints(kind)
        self.names: tuple[str, ...] = tuple(kind.__struct_fields__)
        self._types = [_plain(hints[name]) for name in self.names]
        self._readers: list[Callable[[Any], Any] | None] = [
            _reader(t, hints[n]) for t, n in zip(self._types, self.names, strict=True)
        ]
        self._json = [t is None for t in self._types]
        self._encode = msgspec.json.Encoder().encode
        self.where_key = " AND ".join(f"{k} = ?" for k in self.key)

    def create(self, prefix: str = "") -> str:
        """The CREATE TABLE statement; ``prefix`` is a schema with its dot."""
        columns = [f"{n} {_SQL[t] if t else 'TEXT'}" for n, t in zip(self.names, self._types, strict=True)]
        rowid = "" if self.key == ("id",) else " WITHOUT ROWID"
        return f"CREATE TABLE {prefix}{self.table} ({', '.join(columns)}, PRIMARY KEY ({', '.join(self.key)})){rowid}"

    def select(self, prefix: str = "") -> str:
        """The SELECT statement for ``row``, up to its WHERE."""
        return f"SELECT {', '.join(self.names)} FROM {prefix}{self.table}"  # noqa: S608

    def insert(self, prefix: str = "") -> str:
        """The INSERT statement for ``values``."""
        marks = ", ".join("?" * len(self.names))
        return f"INSERT INTO {prefix}{self.table} ({', '.join(self.names)}) VALUES ({marks})"  # noqa: S608

    def update(self, names: Sequence[str], prefix: str = "") -> str:
        """The UPDATE statement for these columns, followed by the key."""
        changes = ", ".join(f"{n} = ?" for n in names)
        return f"UPDATE {prefix}{self.table} SET {changes} WHERE {self.where_key}"  # noqa: S608

    def values(self, row: R) -> tuple[Any, ...]:
        """The row as column values."""
        return tuple(
            self._encode(v).decode() if json and v is not None else v
            for json, v in zip(self._json, (getattr(row, n) for n in self.names), strict=True)
        )

    def value(self, row: R, name: str) -> Any:
        """One column's value."""
        v = getattr(row, name)
        return self._encode(v).decode() if self._json[self.names.index(name)] and v is not None else v

    def row(self, values: Sequence[Any]) -> R:
        """The row that ``values`` was made from."""
        return self.kind(
            **{
                name: value if reader is None or value is None else reader(value)
                for name, reader, value in zip(self.names, self._readers, values, strict=True)
            }
        )

    def key_of(self, row: R) -> tuple[Any, ...]:
        """The values of the row's key."""
        return tuple(getattr(row, k) for k in self.key)


@cache
def columns_of(kind: type[R]) -> Columns[R]:
    """The columns of ``kind``, worked out once."""
    return Columns(kind)


def _plain(hint: Any) -> type | None:
    """The type, where SQL has one for it: ``int | None`` is int."""
    parts = [a for a in get_args(hint) if a is not NoneType] or [hint]
    return parts[0] if len(parts) == 1 and parts[0] in _SQL else None


def _reader(plain: type | None, hint: Any) -> Callable[[Any], Any] | None:
    if plain is bool:
        return bool
    return None if plain is not None else msgspec.json.Decoder(hint).decode
