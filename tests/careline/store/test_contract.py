"""What every store promises, over SQLite and over a real PostgreSQL: one suite, so that neither is the lesser one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from careline.errors import Busy, CarelineError, Exit, Misconfigured
from careline.events import AccountNoticed, Content, Entry
from careline.model import Alias, Channel, Identity, Notice
from careline.store.base import Change, Store
from tests.stores import NOON, Opener


def note(change: Change, words: str = "x", key: str | None = None) -> int:
    number = change.rows.new_id(Notice)
    event = AccountNoticed(notice=number, kind="test", content=Content(raw=words))
    change.record([Entry(event=event, channel="shop-it", occurred_at=NOON, key=key)])
    return number


def bodies(store: Store, state: str = "") -> list[bytes]:
    return [r.body for r in store.inbound.walk(state=state)]


def apply(store: Store, *ids: int) -> None:
    store.change(lambda change: change.mark_applied(ids))


# The journal


def test_what_a_change_recorded_is_there_when_it_returns_and_in_order(store: Store) -> None:
    assert [store.change(note) for _ in range(3)] == [1, 2, 3]
    assert [e.seq for e in store.entries()] == [1, 2, 3]
    assert [e.seq for e in store.entries(1, limit=1)] == [2]


def test_a_change_that_raises_leaves_nothing(store: Store) -> None:
    def fails(change: Change) -> None:
        note(change)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.change(fails)
    assert (store.last_seq(), store.count(Notice)) == (0, 0)
    assert store.change(note) == 1


def test_a_key_stands_once_in_a_channels_journal(store: Store) -> None:
    store.change(lambda change: note(change, key="k"))
    with pytest.raises(CarelineError):
        store.change(lambda change: note(change, key="k"))
    assert store.last_seq() == 1
    assert store.rows().knows("shop-it", "k")
    assert not store.rows().knows("shop-it", "other")


def test_threads_that_write_at_once_lose_nothing(store: Store) -> None:
    threads = [threading.Thread(target=lambda: [store.change(note) for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.seq for e in store.entries()] == list(range(1, 101))
    assert store.count(Notice) == 100


def test_two_handles_of_one_store_are_one_store(store: Store, opener: Opener) -> None:
    other = opener()
    store.change(note)
    assert other.change(note) == 2
    assert other.store_id == store.store_id


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    rows = [
        Alias(channel="shop-it", value="Ünï 🍋 'quoted' %s ? \\", handle="x"),
        Alias(channel="shop-it", value="ünï", handle="X"),
    ]
    from careline.store.columns import columns_of

    with store.transaction() as writing:
        writing.insert(columns_of(Alias).table, [columns_of(Alias).values(row) for row in rows])
        full = Identity(channel="a", handle="h", kind="k", contact=1, following=True, follow_at=1 << 55)
        writing.insert(columns_of(Identity).table, [columns_of(Identity).values(full)])
    assert [store.get(Alias, "shop-it", row.value) for row in rows] == rows
    assert [r.value for r in store.select(Alias, "WHERE value <> ? ORDER BY value", "%")] == sorted(r.value for r in rows)
    assert store.get(Identity, "a", "h") == full
    assert store.rows().load(Alias, [("shop-it", "ünï"), ("shop-it", "no"), ("shop-it", "ünï")]) == [rows[1]]


def test_a_snapshot_shows_one_state_while_others_write(store: Store, opener: Opener) -> None:
    store.change(note)
    other = opener()
    with store.snapshot():
        assert store.count(Notice) == 1
        other.change(note)
        found: Iterator[Notice] = store.select(Notice, "ORDER BY id")
        assert (next(found).id, store.count(Notice), list(found)) == (1, 1, [])
    assert store.count(Notice) == 2


def test_any_number_of_rows_is_streamed_while_other_reads_go_on(store: Store) -> None:
    store.change(lambda change: [note(change) for _ in range(2500)])
    with store.snapshot():
        seen = sum(store.get(Notice, row.id) == row for row in store.select(Notice, "ORDER BY id"))
    assert seen == 2500


# Locks


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    store.change(note)
    with store.transaction():
        assert store.count(Notice) == 1


def test_an_answer_to_a_platform_does_not_wait_for_a_writer(store: Store, opener: Opener) -> None:
    other = opener()
    with store.transaction():
        began = time.monotonic()
        other.inbound.put([("shop-it", NOON, b"{}")])
        assert time.monotonic() - began < 2
    assert bodies(store) == [b"{}"]


def test_a_lock_held_too_long_is_exit_10_and_nothing_is_lost(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    from careline.store import sqlite_file

    monkeypatch.setattr(sqlite_file, "BUSY_MS", 50)
    if opener.kind == "postgres":
        from careline.store import postgres_server

        monkeypatch.setattr(postgres_server, "BUSY_MS", 50)
    store, other = opener(), opener()
    with store.transaction(), pytest.raises(Busy) as refusal:
        other.change(note)
    assert (refusal.value.exit, refusal.value.code) == (Exit.BUSY, "store_locked")
    assert other.change(note) == 1


def test_a_named_lock_is_held_by_one(store: Store, opener: Opener) -> None:
    other = opener()
    with store.lock("token:shop", wait=False):
        with pytest.raises(Busy), other.lock("token:shop", wait=False):
            pass
        with other.lock("token:brand", wait=False):
            pass
    with other.lock("token:shop", wait=True):
        pass


# Followers


def test_a_watch_wakes_at_the_commit_of_another_and_only_then(store: Store, opener: Opener) -> None:
    other = opener()
    watch = store.watch()
    try:
        assert not watch.wait(0.05)
        writing = threading.Timer(0.1, lambda: other.change(note))
        writing.start()
        began = time.monotonic()
        assert watch.wait(5)
        assert time.monotonic() - began < 4
        assert store.last_seq() == 1
        writing.join()
    finally:
        watch.close()


# Webhooks as they came


def test_payloads_are_taken_in_order_until_they_are_applied_or_set_aside(store: Store) -> None:
    store.inbound.put([("shop-it", NOON, b"1"), ("shop-it", NOON + 1, b"2"), ("shop-it", NOON + 2, b"3")])
    assert store.inbound.oldest() == NOON
    first, second, third = store.inbound.take(10)
    assert [r.body for r in (first, second, third)] == [b"1", b"2", b"3"]
    apply(store, first.id)
    store.inbound.bury(second.id, "unreadable")
    assert [r.body for r in store.inbound.take(10)] == [b"3"]
    assert store.inbound.counts() == {"new": 1, "applied": 1, "dead": 1}
    assert [(r.error, r.state) for r in store.inbound.walk(state="dead")] == [("unreadable", "dead")]
    assert store.inbound.oldest() == NOON + 2
    apply(store, third.id)
    assert (store.inbound.take(10), store.inbound.oldest()) == ([], None)
    assert bodies(store, "applied") == [b"1", b"3"]


def test_a_payload_marked_in_a_change_that_fails_is_still_new(store: Store) -> None:
    store.inbound.put([("shop-it", NOON, b"1")])
    (one,) = store.inbound.take(1)

    def fails(change: Change) -> None:
        change.mark_applied([one.id])
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.change(fails)
    assert store.inbound.take(1) == [one]


def test_a_dead_payload_is_revived_or_dropped_and_a_new_one_is_not_dropped(store: Store) -> None:
    store.inbound.put([("shop-it", NOON, bytes([n])) for n in range(4)])
    numbers = [r.id for r in store.inbound.take(10)]
    for number in numbers[:2]:
        store.inbound.bury(number, "no")
    apply(store, numbers[2])
    store.inbound.revive(numbers[:1])
    assert store.inbound.drop([*numbers, 999]) == 3
    assert bodies(store) == [b"\x03"]
    assert store.inbound.take(10)[0].id == numbers[3]


def test_the_latest_come_first(store: Store) -> None:
    store.inbound.put([("shop-it", NOON, bytes([n])) for n in range(4)])
    first, second, *_ = store.inbound.take(4)
    apply(store, first.id)
    store.inbound.bury(second.id, "no")
    assert [r.body for r in store.inbound.latest(2)] == [b"\x03", b"\x02"]
    assert [r.body for r in store.inbound.latest(9, "dead")] == [b"\x01"]
    assert [r.body for r in store.inbound.latest(9, "applied")] == [b"\x00"]


def test_what_is_forgotten_is_old_and_applied(store: Store) -> None:
    store.inbound.put([("shop-it", NOON + n, bytes([n])) for n in range(5)])
    numbers = [r.id for r in store.inbound.take(10)]
    store.inbound.bury(numbers[0], "no")
    apply(store, *numbers[1:4])
    assert store.inbound.forget(NOON + 3) == 2
    assert bodies(store) == [b"\x00", b"\x03", b"\x04"]
    found = store.inbound.find(numbers[4])
    assert found is not None
    assert found.state == "new"


def test_a_batch_is_a_few_megabytes_at_most_and_never_empty(store: Store) -> None:
    store.inbound.put([("shop-it", NOON, b"x" * 3_000_000) for _ in range(5)])
    assert 1 <= len(store.inbound.take(200)) < 5


# What it knows of itself


def test_a_sealed_store_answers_reads_and_takes_nothing_more(store: Store, opener: Opener) -> None:
    store.change(note)
    store.seal("postgresql://db/care")
    for refused in (lambda: store.change(note), lambda: opener().inbound.put([("shop-it", NOON, b"{}")])):
        with pytest.raises(Misconfigured) as refusal:
            refused()
        assert refusal.value.code == "store_sealed"
        assert "postgresql://db/care" in refusal.value.message
    assert (store.count(Notice), store.inbound.counts()["new"], store.info().state) == (1, 0, "sealed")


def test_info_counts_what_is_there(store: Store) -> None:
    store.change(note)
    store.inbound.put([("shop-it", NOON, b"{}")])
    info = store.info()
    assert (info.events, info.last_seq, info.rows["notice"], info.inbound["new"], info.state) == (1, 1, 1, 1, "ready")
    assert info.bytes > 0
    assert info.engine.split()[0] in ("SQLite", "PostgreSQL")


def test_a_probe_writes_nothing_of_consequence_and_is_refused_as_a_payload_is(store: Store) -> None:
    for _ in range(2):
        store.inbound.probe()
    assert store.inbound.counts() == {"new": 0, "applied": 0, "dead": 0}
    store.seal("elsewhere")
    with pytest.raises(Misconfigured):
        store.inbound.probe()


def test_a_token_is_shared_and_replaced(store: Store, opener: Opener) -> None:
    store.keep_token("brand-cn", "t1", NOON)
    store.keep_token("brand-cn", "t2", NOON + 1)
    assert opener().token("brand-cn") == ("t2", NOON + 1)
    assert store.token("other") is None


def test_no_channel_is_there_at_first(store: Store) -> None:
    assert list(store.select(Channel)) == []
