"""A disk that fails at its n-th write or sync, for every n; and one that loses power."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import apsw
import pytest

from careline.errors import STORE_TROUBLE, CarelineError
from careline.events import AccountNoticed, Content, Entry
from careline.model import Message, Notice
from careline.receiving.apply import Applier
from careline.rules.window import Policy
from careline.store import sqlite_file
from careline.store.base import Change, Store
from careline.store.rebuild import rebuild
from tests.careline.receiving.test_apply import hear
from tests.careline.world import World
from tests.reliability.disk import inserted
from tests.stores import NOON, Opener

FILES = ("inbound.db", "careline.db")
STEPS = 8


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A folder with an empty store."""
    folder = tmp_path / "template"
    folder.mkdir()
    store = Opener.at(str(folder / "careline.db"))
    store.inbound.put([])
    store.close()
    return folder


def full(action: str) -> apsw.Error:
    return apsw.FullError("there is no room")


def failing(action: str) -> apsw.Error:
    error = apsw.IOError("the disk fails")
    error.extendedresult = {"write": apsw.SQLITE_IOERR_WRITE, "sync": apsw.SQLITE_IOERR_FSYNC}.get(
        action, apsw.SQLITE_IOERR_TRUNCATE
    )
    return error


def trouble(error: CarelineError) -> int:
    """One, if that is how a store says that it cannot just now."""
    assert error.code in STORE_TROUBLE, error
    return 1


class Fault:
    """Fails at the ``n``-th action on one database and its log; ``lasting``: at every one from then on, until ``mended``."""

    def __init__(self, file: str, actions: tuple[str, ...], n: int, error: Callable[[str], apsw.Error], lasting: bool) -> None:
        self.left = n
        self.happened = False
        self._file = file
        self._actions = actions
        self._error = error
        self._lasting = lasting

    def __call__(self, action: str, path: Path) -> None:
        if self._file not in (path.name, path.name.removesuffix("-wal")) or action not in self._actions:
            return
        self.left -= 1
        if self.left == 0 or (self._lasting and self.left < 0):
            self.happened = True
            raise self._error(action)

    def mended(self) -> None:
        self.left = 1 << 30


class Life:
    """Payloads and notices written in turn; ``promised`` are those whose write returned."""

    def __init__(self) -> None:
        self.promised: set[str] = set()
        self.tried: set[str] = set()
        self.refused = 0

    def step(self, store: Store, number: int) -> None:
        words = f"{number:03} " + "x" * (20_000 if number % 5 == 4 else 50)
        self.tried.add(words)
        try:
            if number % 3 == 2:
                store.change(lambda change: notice(change, words))
            elif number % 3 == 1 and (some := store.inbound.take(2)):
                store.change(lambda change: applied(change, words, [r.id for r in some]))
            else:
                store.inbound.put([("shop-it", NOON, words.encode())])
        except CarelineError as error:
            self.refused += trouble(error)
        else:
            self.promised.add(words)

    def check(self, folder: Path) -> None:
        """Open the files again and look."""
        for name in FILES:
            connection = apsw.Connection(str(folder / name))
            assert connection.pragma("integrity_check") == "ok"
            connection.close()
        store = Opener.at(str(folder / "careline.db"))
        try:
            kept = [r.body.decode() for r in store.inbound.walk()] + [n.raw for n in store.select(Notice)]
            assert len(kept) == len(set(kept))
            assert self.promised <= set(kept) <= self.tried
            assert [e.seq for e in store.entries()] == list(range(1, store.last_seq() + 1))
            assert rebuild(store, check=True).differing == {}
        finally:
            store.close()


def notice(change: Change, words: str) -> None:
    event = AccountNoticed(notice=change.rows.new_id(Notice), kind="test", content=Content(raw=words))
    change.record([Entry(event=event, channel="shop-it", occurred_at=NOON)])


def applied(change: Change, words: str, ids: list[int]) -> None:
    notice(change, words)
    change.mark_applied(ids)


def closed(store: Store) -> None:
    """Close it. SQLite overlooks a failure while it tidies up at the end; apsw tells of the ones that are made here."""
    with suppress(apsw.Error):
        store.close()
    store.close()


def copies(template: Path, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """1, 2, 3…, and a fresh copy of the store for each."""
    for n in count(1):
        folder = tmp_path / f"n{n}"
        shutil.copytree(template, folder)
        yield n, folder
        shutil.rmtree(folder)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize(
    ("actions", "error"),
    [(("write", "truncate"), failing), (("write", "truncate"), full), (("sync",), failing)],
    ids=["write", "full", "sync"],
)
@pytest.mark.parametrize("file", FILES)
def test_whatever_write_or_sync_fails_what_returned_is_there_and_the_next_call_works(
    template: Path, tmp_path: Path, file: str, actions: tuple[str, ...], error: Callable[[str], apsw.Error], lasting: bool
) -> None:
    failed = 0
    for n, folder in copies(template, tmp_path):
        fault, life = Fault(file, actions, n, error, lasting), Life()
        with inserted(fault):
            store = Opener.at(str(folder / "careline.db"))
            for number in range(STEPS):
                life.step(store, number)
            assert lasting or life.refused <= 1
            fault.mended()
            before = life.refused
            for number in range(STEPS, STEPS + 3):
                life.step(store, number)
            assert life.refused == before  # whatever failed has left nothing behind
            closed(store)
        life.check(folder)
        failed += bool(life.refused)
        if not fault.happened:
            break
    assert failed >= 3  # some failures are of a checkpoint, which is done again: nobody need hear of them


@pytest.mark.parametrize("file", FILES)
def test_a_store_whose_making_fails_is_made_the_next_time(tmp_path: Path, file: str) -> None:
    for n in count(1):
        folder = tmp_path / f"n{n}"
        folder.mkdir()
        fault, life = Fault(file, ("write", "truncate", "sync"), n, failing, lasting=False), Life()
        with inserted(fault):
            for turn in (0, 6):
                try:
                    store = Opener.at(str(folder / "careline.db"))
                except CarelineError as error:
                    life.refused += trouble(error)
                    continue
                life.step(store, turn)
                life.step(store, turn + 2)
                closed(store)
            assert life.refused <= 1
        life.check(folder)
        if not fault.happened:
            assert n > 5
            return


# Applying


def apply_patiently(store: Store) -> int:
    """Apply everything, as the applying process does: after trouble with the store, again; how often there was trouble."""
    applier = Applier(store, hear, lambda channel: Policy({}), lambda received, why: None)
    troubles = 0
    while True:
        try:
            if not applier.apply_some():
                return troubles
        except CarelineError as error:
            troubles += trouble(error)


@pytest.mark.parametrize("actions", [("write", "truncate"), ("sync",)], ids=["write", "sync"])
@pytest.mark.parametrize("file", FILES)
def test_no_failure_of_the_disk_sets_a_good_payload_aside_or_applies_one_twice(
    template: Path, tmp_path: Path, file: str, actions: tuple[str, ...]
) -> None:
    store = World(tmp_path, Opener.at(str(template / "careline.db"))).store
    bodies = [b"one", b"two", b"unreadable", b"three", b"without an id", b"two"]
    store.inbound.put([("shop-it", NOON, body) for body in bodies])
    store.close()
    failed = 0
    for n, folder in copies(template, tmp_path):
        fault = Fault(file, actions, n, failing, lasting=False)
        with inserted(fault):
            store = Opener.at(str(folder / "careline.db"))
            failed += apply_patiently(store)
            assert store.inbound.counts() == {"new": 0, "applied": 5, "dead": 1}
            closed(store)
        store = Opener.at(str(folder / "careline.db"))
        assert sorted(m.text for m in store.select(Message)) == ["one", "three", "two", "without an id"]
        assert store.inbound.counts() == {"new": 0, "applied": 5, "dead": 1}
        assert rebuild(store, check=True).differing == {}
        store.close()
        if not fault.happened:
            break
    assert failed >= 1


# Power


def cut(template: Path, folder: Path, n: int) -> tuple[bool, Life]:
    """Live until the power goes at the n-th action; whether it went, and how long that life was."""
    life, lived = Life(), folder / "lived"
    shutil.copytree(template, lived)
    left = n

    def power(action: str, path: Path) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise failing(action)

    with inserted(power) as disk:
        store = Opener.at(str(lived / "careline.db"))
        for number in range(STEPS):
            life.step(store, number)
        gone = left <= 0
        found = folder / "found"
        shutil.copytree(template, found)
        disk.after_a_power_cut(found, random.Random(n))
        left = 1 << 30
        closed(store)
    return gone, life


def test_what_returned_survives_a_power_cut_at_any_moment(template: Path, tmp_path: Path) -> None:
    for n in range(1, 1000, 2):
        folder = tmp_path / f"cut{n}"
        folder.mkdir()
        gone, life = cut(template, folder, n)
        life.check(folder / "found")
        shutil.rmtree(folder)
        if not gone:
            assert n > 50
            return


def test_without_full_syncs_the_same_power_cuts_lose_something(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = sqlite_file.bare

    def careless(path: Path) -> apsw.Connection:
        connection = careful(path)
        connection.pragma("synchronous", "NORMAL")
        return connection

    monkeypatch.setattr(sqlite_file, "bare", careless)
    lost = 0
    for n in range(20, 60, 2):
        folder = tmp_path / f"cut{n}"
        folder.mkdir()
        _, life = cut(template, folder, n)
        with suppress(AssertionError):
            life.check(folder / "found")
            continue
        lost += 1
    assert lost > 0
