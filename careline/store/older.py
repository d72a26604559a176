"""Stores of any version, as ``migrate`` opens them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
from msgspec import Struct

from careline.clock import SECOND
from careline.crashpoint import reached
from careline.errors import Misconfigured, NotFound
from careline.settings import StoreAddress
from careline.store import schema
from careline.store.backup import backup, whole
from careline.store.base import Transaction, noted
from careline.store.columns import POSTGRES, SQLITE, Dialect
from careline.store.sqlite import SqliteTransaction
from careline.store.sqlite_file import bare, connect, in_words, transaction

if TYPE_CHECKING:
    from careline.store.postgres_server import Connection


class Versions(Struct, frozen=True):
    """The versions of a store's tables, of its webhooks' tables, and of the fold that made its rows."""

    store: int
    inbound: int
    fold: int


class Old(ABC):
    """A store of any version. ``live`` and ``shadow`` are the prefixes of its tables and of tables that end with it."""

    dialect: Dialect
    where: str
    live: str
    shadow: str

    @abstractmethod
    def versions(self) -> Versions:
        """What it is now."""

    @abstractmethod
    def backup(self, found: Versions, folder: Path, now: int) -> list[Path]:
        """Keep a copy of what will be changed, without access tokens."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[tuple[Transaction, Transaction]]:
        """The write locks of store and webhooks; what is done with them is kept when the block ends well."""

    @abstractmethod
    def set_version(self) -> None:
        """Note, while writing, that all of it is of today's version."""


@contextmanager
def opened(address: StoreAddress) -> Iterator[Old]:
    """The store there. Raises NotFound where there is none, Misconfigured for one of a newer careline."""
    with _postgres(address.url) if address.url else _sqlite(address) as old:
        found = old.versions()
        if not found.store:
            raise _missing(old.where)
        schema.check_version(old.where, max(found.store, found.inbound, schema.VERSION))
        schema.check_fold(old.where, {"fold": str(max(found.fold, schema.FOLD))})
        yield old


def _missing(where: str) -> NotFound:
    return NotFound(
        f"There is no store at {where}.",
        code="no_store",
        hint="The first command that needs one makes it.",
        run="careline store info",
    )


# SQLite: two files


@contextmanager
def _sqlite(address: StoreAddress) -> Iterator[Old]:
    if not address.path.exists():
        raise _missing(str(address.path))
    with suppress(Misconfigured):  # made where it is missing
        connect(address.inbound, schema.sqlite_inbound(), schema.VERSION).close()
    with in_words(address.path):
        store, inbound = bare(address.path), bare(address.inbound)
        try:
            store.execute("ATTACH '' AS shadow")
            yield OldSqlite(address, store, inbound)
        finally:
            store.close()
            inbound.close()


class OldSqlite(Old):
    """A store in two files."""

    dialect = SQLITE
    live = "main."
    shadow = "shadow."

    def __init__(self, address: StoreAddress, store: apsw.Connection, inbound: apsw.Connection) -> None:
        self.where = str(address.path)
        self._address = address
        self._store = store
        self._inbound = inbound

    def versions(self) -> Versions:
        version = int(self._store.pragma("user_version"))
        fold = self._store.execute("SELECT value FROM meta WHERE name = 'fold'").get if version else 0
        return Versions(version, int(self._inbound.pragma("user_version")), 1 if fold is None else int(fold))

    def backup(self, found: Versions, folder: Path, now: int) -> list[Path]:
        made = []
        folds = found.fold != schema.FOLD
        for path, version, old in (
            (self._address.path, found.store, found.store < schema.VERSION or folds),
            (self._address.inbound, found.inbound, found.inbound < schema.VERSION),
        ):
            if old:
                made.append(_free(path.parent, f"{path.name}.v{version}-{_stamp(now)}"))
                with whole(made[-1]) as neighbour:
                    _copy(path, neighbour)
        return made

    @contextmanager
    def writing(self) -> Iterator[tuple[Transaction, Transaction]]:
        with transaction(self._inbound):
            with transaction(self._store):
                yield SqliteTransaction(self._store), SqliteTransaction(self._inbound)
            reached("migrate.inbound")

    def set_version(self) -> None:
        for connection in (self._store, self._inbound):
            connection.pragma("user_version", schema.VERSION)


def _copy(path: Path, to: Path) -> None:
    source = bare(path)
    try:
        source.execute("VACUUM INTO ?", (str(to),))  # what was deleted is not copied
    finally:
        source.close()
    copy = apsw.Connection(str(to))
    try:
        copy.pragma("journal_mode", "OFF")
        copy.pragma("secure_delete", True)
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'token'").get:
            copy.execute("DELETE FROM token")
    finally:
        copy.close()


def _stamp(now: int) -> str:
    return datetime.fromtimestamp(now / SECOND, UTC).strftime("%Y%m%dT%H%M%S")


def _free(folder: Path, name: str) -> Path:
    """The first path that nothing is at."""
    numbered = (folder / f"{name}{f'-{n}' if n else ''}.bak" for n in count())
    return next(path for path in numbered if not path.exists())


# PostgreSQL: one database


@contextmanager
def _postgres(url: str) -> Iterator[Old]:
    from careline.store.postgres import is_made
    from careline.store.postgres_server import connect as connect_to
    from careline.store.postgres_server import in_words as in_postgres_words
    from careline.store.postgres_server import shown

    if not is_made(url):
        raise _missing(shown(url))
    connection = connect_to(url, writing=True)
    try:
        with in_postgres_words(url):
            connection.unhurried()
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            yield OldPostgres(url, connection)
    finally:
        connection.close()


class OldPostgres(Old):
    """A store in a schema of a database."""

    dialect = POSTGRES
    shadow = "pg_temp."

    def __init__(self, url: str, connection: Connection) -> None:
        from careline.store.postgres import PostgresTransaction
        from careline.store.postgres_server import shown

        self.where = shown(url)
        self.live = f"{(connection.execute('SELECT quote_ident(current_schema())').fetchone() or ('public',))[0]}."
        self._url = url
        self._connection = connection
        self._transaction = PostgresTransaction(connection, "")

    def versions(self) -> Versions:
        meta: dict[str, str] = dict(self._connection.execute("SELECT name, value FROM meta").fetchall())
        return Versions(int(meta["version"]), int(meta["version"]), int(meta.get("fold", 1)))

    def backup(self, found: Versions, folder: Path, now: int) -> list[Path]:
        from careline.store.postgres import PostgresStore

        path = _free(folder, f"careline-postgresql.v{found.store}-{_stamp(now)}")
        store = PostgresStore(self._url, lambda: now, checked=False)
        try:
            backup(store, path)
        finally:
            store.close()
        return [path]

    @contextmanager
    def writing(self) -> Iterator[tuple[Transaction, Transaction]]:
        from careline.store.postgres import place, write_lock

        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (write_lock(place(self._connection)),))
            yield self._transaction, self._transaction

    def set_version(self) -> None:
        noted(self._transaction, "version", str(schema.VERSION))
