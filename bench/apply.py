"""From raw bytes to journal and projections, beside the very same statements run by plain apsw, and nothing else.

The statements are noted in a run of their own, from the same webhooks on a copy of the same store.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from bench.house import CHANNEL, House
from bench.payloads import mixed, phone, sent_id
from bench.table import Job, Row
from careline.model import Channel, Message, TemplateUse
from careline.receiving.apply import Applier
from careline.rules.decide import outgoing
from careline.store.base import Change
from careline.store.inbound import Received
from careline.store.schema import VERSION, sqlite
from careline.store.sqlite_file import connect

Statements = list[list[tuple[str, list[Any]]]]

APPLY = Job(name="applying, beside its statements alone", unit="webhooks/s", bound=0.33)
JOBS = (APPLY,)


def measure(quick: bool) -> Iterator[Row]:
    """The row of the embedded store."""
    many, rounds = (2_000, 3) if quick else (20_000, 7)
    ours: list[float] = []
    peer: list[float] = []
    with tempfile.TemporaryDirectory(prefix="careline-bench-") as folder:
        full = Path(folder) / "full"
        filled(House(full), many)
        statements = noted(full)
        for _ in range(rounds):
            with _copy(full) as home:
                ours.append(many / applied(home))
                wanted = home.line.store.last_seq()
            with _copy(full) as home:
                path = home.line.settings.store.path
                peer.append(many / _replayed(path, statements))
                if home.line.store.last_seq() != wanted:
                    raise RuntimeError("the same statements have made another journal")
    yield APPLY.row(ours, peer, quick=quick)


def filled(home: House, many: int) -> None:
    """Messages of ours, some time ago, and then ``many`` webhooks that nobody has applied yet, eight messages a customer."""
    home.folder.mkdir(exist_ok=True)
    home.open_shop()
    store = home.line.store
    channel = home.line.channel(CHANNEL)
    customers, sent = many // 8, many // 15 + 1
    store.change(partial(_sent, channel, sent))
    received = store.now()
    for first in range(0, many, 500):
        bodies = (mixed(n, customers, sent) for n in range(first, min(many, first + 500)))
        store.inbound.put([(CHANNEL, received, body) for body in bodies])
    home.line.close()


def applied(home: House) -> float:
    """Seconds until everything was applied."""
    store = home.line.store
    applier = Applier(store, home.line.hear, home.line.policy, _complain)
    began = time.perf_counter()
    while applier.apply_some():
        pass
    return time.perf_counter() - began


def noted(full: Path) -> Statements:
    """Every writing statement of applying, with its rows, by transaction: what SQLite itself was told."""
    statements: Statements = []

    def note(_: apsw.Cursor, sql: str, values: Any) -> bool:
        match sql.split(None, 1)[0].upper():
            case "BEGIN":
                statements.append([])
            case "INSERT" | "UPDATE" | "DELETE" if statements[-1] and statements[-1][-1][0] == sql:
                statements[-1][-1][1].append(values)
            case "INSERT" | "UPDATE" | "DELETE":
                statements[-1].append((sql, [values]))
        return True

    def listen(connection: apsw.Connection) -> None:
        if connection.filename.endswith("careline.db"):
            connection.set_exec_trace(note)

    apsw.connection_hooks.append(listen)
    try:
        with _copy(full) as home:
            applied(home)
    finally:
        apsw.connection_hooks.remove(listen)
    return [writes for writes in statements if writes]


def _replayed(path: Path, statements: Statements) -> float:
    connection = connect(path, sqlite(), VERSION)
    try:
        began = time.perf_counter()
        for writes in statements:
            connection.execute("BEGIN IMMEDIATE")
            for sql, rows in writes:
                connection.executemany(sql, rows)
            connection.execute("COMMIT")
        return time.perf_counter() - began
    finally:
        connection.close()


def _sent(channel: Channel, many: int, change: Change) -> None:
    """Messages of ours that the platform has accepted."""
    wish = outgoing.Wish(kind="template", actor="auto:send", text="In arrivo.", template=TemplateUse("order_update", "it"))
    for number in range(many):
        recipient = outgoing.Recipient(phone(number), "wa_phone")
        done = outgoing.decide(wish, recipient, channel, change.rows, lambda _: "{}", "host/boot/1/1", change.now)
        change.record(done.entries)
        message = change.rows.get(Message, done.message)
        assert message is not None
        change.record([outgoing.accepted(message, sent_id(number), change.now)])


@contextmanager
def _copy(full: Path) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="careline-bench-") as folder:
        home = House(Path(shutil.copytree(full, Path(folder) / "copy")))
        try:
            home.line.store.inbound.counts()  # everything is open before the clock starts
            yield home
        finally:
            home.line.close()


def _complain(received: Received, problem: str) -> None:
    raise RuntimeError(f"payload {received.id} could not be applied: {problem}")
