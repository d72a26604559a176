"""A store in one file: the journal and the webhooks as they stood at one moment, with hashes that tell when it is damaged.

Rows are left out, for they are folded again, and access tokens, for they are secrets. The file is an SQLite database, whatever
the store is, and may be restored into a store of either kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
from msgspec import Struct, ValidationError, convert

from careline.errors import Failed, Misconfigured, NotFound, Usage
from careline.files import sync
from careline.rules.times import rfc3339
from careline.store import journal, schema
from careline.store.base import Store
from careline.store.filling import (
    BATCH,
    BODIES,
    Digest,
    batches,
    begin,
    differs,
    finish,
    load,
    pages,
    pour,
    refuse_full,
)
from careline.store.inbound import Received
from careline.store.rebuild import Step
from careline.store.sqlite_file import in_words, transaction

KIND = 0x6361_7265  # the application_id of the file: "care"
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, type TEXT, channel TEXT, conversation INTEGER, contact INTEGER, occurred_at INTEGER,
  recorded_at INTEGER, actor TEXT, key TEXT, data TEXT, content TEXT
);
CREATE TABLE inbound (id INTEGER PRIMARY KEY, channel TEXT, received_at INTEGER, body BLOB, state TEXT, error TEXT);
"""
_PAYLOADS = "SELECT id, channel, received_at, body, state, error FROM inbound ORDER BY id"


class Backup(Struct, frozen=True):
    """A backup: what is in the file, of which store and moment, and the hashes of both."""

    path: str
    store_id: str
    made_at: int
    version: int
    events: int
    inbound: int
    last_inbound: int
    bytes: int
    journal_hash: str
    inbound_hash: str


class Restored(Struct, frozen=True):
    """What was put into a store. ``state`` is ``held``, or ``planned``."""

    path: str
    store: str
    state: str
    made_at: int
    events: int
    inbound: int


def backup(store: Store, path: Path, step: Step = lambda done: None) -> Backup:
    """Write a store into the file ``path``, while others go on; what it holds.

    A webhook that was acknowledged before is in it, and so is its event unless it is there as new. The file appears when it is
    whole, for its owner's eyes only. Raises Usage when there is one already, Failed for what the disk refuses.
    """
    with whole(path) as neighbour, in_words(path):
        file = apsw.Connection(str(neighbour))
        try:
            for setting in ("journal_mode", "synchronous"):
                file.pragma(setting, "OFF")  # a file that is not finished is thrown away
            with transaction(file):
                file.execute(_TABLES)
                file.pragma("application_id", KIND)
                _write(store, file, step)
        finally:
            file.close()
    return describe(path)


def _write(store: Store, file: apsw.Connection, step: Step) -> None:
    events, payloads = Digest(), Digest()
    done = 0
    with store.snapshot():
        meta = store.meta()
        facts = {"store_id": meta["store_id"], "made_at": store.now(), "version": meta.get("version", schema.VERSION)}
        for rows in pages(store.query):
            file.executemany(journal.EVENT.insert(), rows)
            events.add(rows)
            done += len(rows)
            step(len(rows))
        number = last = 0
        for some in batches(store.payloads(), BODIES):
            bodies = [(r.id, r.channel, r.received_at, r.body, r.state, r.error) for r in some]
            file.executemany("INSERT INTO inbound VALUES (?, ?, ?, ?, ?, ?)", bodies)
            payloads.add(bodies)
            number, last = number + len(some), some[-1].id
            step(len(some))
    facts |= {"events": done, "inbound": number, "last_inbound": max(last, store.inbound.last())}
    facts |= {"journal_hash": str(events), "inbound_hash": str(payloads)}
    file.executemany("INSERT INTO about VALUES (?, ?)", [(name, str(value)) for name, value in facts.items()])


def describe(path: Path) -> Backup:
    """What a backup says of itself. Raises NotFound, or Misconfigured when it is none."""
    with _opened(path) as file:
        return _about(file, path)


def verify(path: Path) -> Backup:
    """The same, after reading all of it. Raises Failed when it is not as it was written."""
    with _opened(path) as file:
        return _verified(file, path)


def plan(path: Path, store: Store) -> Restored:
    """What ``restore`` would do. Raises what it raises before it begins."""
    found = verify(path)
    if store.meta().get("filling") != called(found):
        refuse_full(store)
    return _restored(found, store, "planned")


def restore(path: Path, store: Store, step: Step = lambda done: None) -> Restored:
    """Put a backup into an empty store, or go on with what was cut off; sending is held until it is released.

    The store gets an id of its own: it numbers messages on from the backup, and a late status of a message sent since then must
    not be taken for one of a new message. Raises Failed for a damaged file, Misconfigured for a store that is not empty.
    """
    with _opened(path) as file, store.lock("filling", wait=False):
        found = _verified(file, path)
        words = called(found)
        if (meta := store.meta()).get("held") != words or "filling" in meta:
            begin(store, words, {"store_id": os.urandom(4).hex(), "held": words})
            with in_words(path):
                pour(store, pages(file.execute, store.last_seq(), size=BATCH), step)
                load(store, (Received(*row) for row in file.execute(_PAYLOADS)), step)
                new = [row[0] for row in file.execute("SELECT id FROM inbound WHERE state = 'new'")]
                dead = list(file.execute("SELECT id, error FROM inbound WHERE state = 'dead'"))
            store.settle(new, dead, found.last_inbound)
            written = Digest()
            written.follow(store.query, store.last_seq())
            if str(written) != found.journal_hash or sum(store.inbound.counts().values()) != found.inbound:
                raise differs(["the journal" if str(written) != found.journal_hash else "the number of webhooks"], store.where)
        finish(store)
    return _restored(found, store, "held")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A hidden neighbour, for its owner's eyes only, that becomes ``path`` when the block ends well, and vanishes otherwise.

    Raises Usage when ``path`` is there already or cannot be.
    """
    if path.exists():
        raise Usage(f"{path} is there already.", code="file_exists", hint="Name another file, or move that one away.")
    if not path.parent.is_dir():
        raise Usage(f"{path} cannot be written: there is no directory {path.parent}.", code="no_directory")
    neighbour = path.parent / f".careline-{os.urandom(8).hex()}.tmp"
    try:
        with in_words(path):
            os.close(os.open(neighbour, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield neighbour
        with in_words(path):
            sync(neighbour)
            neighbour.rename(path)
            sync(path.parent)
    finally:
        with suppress(OSError):
            neighbour.unlink()


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", code="no_backup")
    try:
        file = apsw.Connection(f"file:{path.absolute().as_uri().removeprefix('file://')}?immutable=1", apsw.SQLITE_OPEN_URI | 1)
    except apsw.Error as error:
        raise Failed(f"{path} cannot be opened: {error}.", code="backup_unreadable") from None
    try:
        yield file
    finally:
        file.close()


def _about(file: apsw.Connection, path: Path) -> Backup:
    try:
        kind = file.pragma("application_id")
        facts = dict(file.execute("SELECT name, value FROM about")) if kind == KIND else {}
        found = convert({**facts, "path": str(path), "bytes": path.stat().st_size}, Backup, strict=False)
    except (apsw.Error, ValidationError):
        raise Misconfigured(
            f"{path} is no backup of careline's, or a damaged one.",
            code="not_a_backup",
            hint="`careline store backup` writes them.",
            run="careline store backup --help",
        ) from None
    schema.check_version(str(path), max(found.version, schema.VERSION))  # an older journal reads as it is
    return found


def _verified(file: apsw.Connection, path: Path) -> Backup:
    found = _about(file, path)
    events, payloads = Digest(), Digest()
    try:
        events.follow(file.execute, 1 << 62)
        for rows in batches(file.execute(_PAYLOADS), BODIES):
            payloads.add(rows)
    except (apsw.Error, UnicodeError) as error:
        raise _damaged(path, str(error)) from None
    if (str(events), str(payloads)) != (found.journal_hash, found.inbound_hash):
        raise _damaged(path, "its hash is not that of what is in it")
    return found


def _damaged(path: Path, why: str) -> Failed:
    return Failed(
        f"{path} is damaged: {why}.",
        code="backup_damaged",
        hint="Nothing was restored. Take an earlier backup, or another copy of this one.",
    )


def called(found: Backup) -> str:
    """What a store that was restored from this backup says it is from."""
    return f"the backup of {rfc3339(found.made_at)} ({found.journal_hash[:6]}{found.inbound_hash[:6]})"


def _restored(found: Backup, store: Store, state: str) -> Restored:
    return Restored(
        path=found.path, store=store.where, state=state, made_at=found.made_at, events=found.events, inbound=found.inbound
    )
