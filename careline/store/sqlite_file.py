"""Opening an SQLite file as careline wants it, and its errors in words a person can act on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from careline.errors import Busy, CarelineError, Failed, Misconfigured
from careline.store.schema import check_version

BUSY_MS = 5000


def connect(path: Path, script: str, version: int) -> apsw.Connection:
    """A connection to the file at ``path``, made with ``script`` when it is new.

    WAL and FULL: a commit that returned survives a power cut. The file is readable by its owner only. Raises Misconfigured for
    a file that another version of careline wrote or that is no database, Busy and Failed as ``in_words`` says.
    """
    with in_words(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = bare(path)
        try:
            _prepare(connection, path, script, version)
        except BaseException:
            connection.close()
            raise
    return connection


def bare(path: Path) -> apsw.Connection:
    """A connection to a file of any version, as careline sets connections up."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_MS)
    connection.pragma("synchronous", "FULL")
    connection.pragma("foreign_keys", False)
    return connection


def _prepare(connection: apsw.Connection, path: Path, script: str, version: int) -> None:
    if not connection.pragma("user_version"):
        connection.pragma("journal_mode", "wal")
        with transaction(connection):
            if not connection.pragma("user_version"):
                connection.execute(script)
                connection.pragma("user_version", version)
    check_version(str(path), int(connection.pragma("user_version")))


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """One write transaction: committed at the end, or nothing of it when something raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite and the disk say into careline's errors."""
    try:
        yield
    except (apsw.Error, OSError) as error:
        raise _worded(error, path) from error


def _worded(error: apsw.Error | OSError, path: Path) -> CarelineError:
    if isinstance(error, apsw.BusyError | apsw.LockedError | apsw.ProtocolError):  # the last: too many wanted it at once
        return Busy(
            f"Another process has held {path.name} for {BUSY_MS // 1000} seconds.",
            code="store_locked",
            hint="Nothing was changed. Wait for it, then run the same command again.",
            run="careline store info",
        )
    if isinstance(error, apsw.FullError) or getattr(error, "errno", 0) == 28:
        return Failed(
            f"The disk is full: {path} could not be written.",
            code="disk_full",
            hint="Nothing was changed. Free some space, then run the same command again.",
            run=f"df -h {path.parent}",
        )
    if isinstance(
        error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError | apsw.AuthError | PermissionError
    ) or (isinstance(error, OSError) and error.errno in (13, 17, 20, 30)):
        return Misconfigured(
            f"The store {path} cannot be opened for writing: {error}.",
            code="store_not_writable",
            hint="Nothing was changed. Check the folder's owner and that the disk is not read-only, or set CARELINE_HOME.",
            run=f"ls -ld {path.parent}",
        )
    if isinstance(error, apsw.IOError):
        return Failed(
            f"The disk refused what was asked of {path}: {error}.",
            code="disk_failed",
            hint="Nothing was changed. Is there room, and is the disk sound?",
            run=f"df -h {path.parent}",
        )
    if isinstance(error, apsw.NoMemError):
        return Failed(
            f"There is not enough memory to work on {path}.",
            code="memory_full",
            hint="Nothing was changed. What else runs on this machine?",
            run="free -m",
        )
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return Misconfigured(
            f"{path} is not a sound careline database: {error}.",
            code="store_damaged",
            hint="Nothing was changed. Move the file away or restore a copy of it.",
            run=f"ls -l {path}",
        )
    return Failed(
        f"The store {path} failed: {error}.", code="store_failed", hint="Nothing was changed.", run="careline store info"
    )
