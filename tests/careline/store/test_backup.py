"""A backup: everything in one file while others write, told from a damaged one, and restored into a store on hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.errors import CarelineError, Failed, Misconfigured, NotFound, Usage
from careline.model import Notice
from careline.store.backup import backup, describe, plan, restore, verify
from careline.store.base import Store
from careline.store.rebuild import rebuild
from tests.careline.store.moving import contents, furnish, note, process
from tests.careline.world import NOON
from tests.stores import Opener


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for a backup."""
    return tmp_path / "shop.bak"


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Store]:
    """An empty embedded store."""
    (tmp_path / "another").mkdir()
    found = Opener.at(str(tmp_path / "another" / "careline.db"))
    yield found
    found.close()


def test_a_backup_holds_everything_but_access_tokens_for_its_owner_alone(store: Store, file: Path, tmp_path: Path) -> None:
    furnish(store, tmp_path, notes=50)
    steps: list[int] = []
    done = backup(store, file, steps.append)
    assert (done.events, done.inbound, done.store_id, done.made_at) == (store.last_seq(), 4, store.store_id, NOON)
    assert (sum(steps), done.bytes) == (done.events + done.inbound, file.stat().st_size)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"token-that-stays-behind" not in file.read_bytes()
    assert verify(file) == describe(file) == done
    assert [p.name for p in file.parent.glob("*.tmp")] == []


def test_restored_into_either_kind_it_is_what_it_was(
    store: Store, opener: Opener, another: Store, file: Path, tmp_path: Path
) -> None:
    furnish(store, tmp_path, notes=50)
    before, old = contents(store), store.store_id
    backup(store, file)
    for target in (another, opener.fresh()):
        done = restore(file, target)
        assert contents(target) == before
        assert (done.state, done.events, target.info().state) == ("held", len(before["event"]), "held")
        assert target.meta()["store_id"] != old
        assert rebuild(target, check=True).differing == {}
        target.change(note)
        target.inbound.put([("shop-it", NOON, b"next")])
        assert [r.id for r in target.inbound.walk()] == [1, 2, 3, 4, 5]
        assert target.store_id == target.meta()["store_id"]


def test_a_webhook_acknowledged_before_is_in_it_as_an_event_or_as_new(
    store: Store, opener: Opener, another: Store, file: Path
) -> None:
    """A writer puts a webhook and then applies it, over and over, while the backup is made."""
    writer = opener()
    acknowledged: list[int] = []
    ending = threading.Event()

    def write() -> None:
        while not ending.is_set():
            writer.inbound.put([("shop-it", NOON, b"%d" % len(acknowledged))])
            acknowledged.append(len(acknowledged))
            (new,) = writer.inbound.take(1)
            writer.change(lambda change, new=new: (note(change, new.body.decode()), change.mark_applied([new.id])))

    thread = threading.Thread(target=write)
    thread.start()
    while len(acknowledged) < 10:
        ending.wait(0.01)
    known = len(acknowledged)
    backup(store, file)
    ending.set()
    thread.join(timeout=20)
    restore(file, another)
    events = {int(n.raw) for n in another.select(Notice)}
    new = {int(r.body) for r in another.inbound.walk(state="new")}
    assert events | new >= set(range(known))
    assert not events & new
    assert rebuild(another, check=True).differing == {}


def test_a_file_that_is_there_is_never_overwritten(store: Store, file: Path) -> None:
    store.change(note)
    file.write_text("my notes")
    with pytest.raises(Usage):
        backup(store, file)
    assert file.read_text() == "my notes"
    with pytest.raises(Usage):
        backup(store, file.parent / "nowhere" / "shop.bak")


def test_a_backup_that_fails_leaves_nothing(store: Store, file: Path, tmp_path: Path) -> None:
    furnish(store, tmp_path)

    def fails(done: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(Failed) as refusal:
        backup(store, file, fails)
    assert refusal.value.code == "disk_full"
    assert [p.name for p in tmp_path.iterdir() if "bak" in p.name or p.name.endswith(".tmp")] == []
    store.change(note)


def test_a_damaged_or_truncated_file_is_refused_and_the_store_left_empty(
    store: Store, opener: Opener, file: Path, tmp_path: Path
) -> None:
    furnish(store, tmp_path, notes=400)
    backup(store, file)
    whole = file.read_bytes()
    place = whole.index(b"words 123")
    damaged = {
        "a letter": whole[:place] + b"w0rds" + whole[place + 5 :],
        "the end": whole[: len(whole) // 2],
        "a page": whole[:8192] + b"\0" * 4096 + whole[12288:],
        "a page's beginning": whole[: len(whole) // 4096 // 2 * 4096]
        + b"\xff" * 16
        + whole[len(whole) // 4096 // 2 * 4096 + 16 :],
        "all but the head": whole[:100],
        "everything": b"",
        "another kind of file": b"These are my notes.\n" * 500,
    }
    target = opener.fresh()
    for name, content in damaged.items():
        file.write_bytes(content)
        with pytest.raises((Failed, Misconfigured)) as refusal:
            restore(file, target)
        assert refusal.value.code in ("backup_damaged", "not_a_backup"), name
        assert (target.last_seq(), target.info().state) == (0, "ready")
    with pytest.raises(NotFound):
        restore(tmp_path / "nothing.bak", target)
    file.write_bytes(whole)
    restore(file, target)


def test_only_an_empty_store_is_restored_into(store: Store, another: Store, file: Path, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    backup(store, file)
    another.change(note)
    for attempt in (lambda: restore(file, another), lambda: plan(file, another)):
        with pytest.raises(Misconfigured) as refusal:
            attempt()
        assert refusal.value.code == "store_not_empty"
    assert (another.count(Notice), another.info().state) == (1, "ready")


def test_killed_in_the_middle_it_stays_closed_and_the_same_command_finishes(
    store: Store, opener: Opener, file: Path, tmp_path: Path
) -> None:
    furnish(store, tmp_path, notes=4500)
    before = contents(store)
    backup(store, file)
    target = opener.fresh()
    words = ("store", "restore", str(file))
    assert process(*words, crash="copy.batch:2", CARELINE_STORE=opener.address).returncode == -9
    with pytest.raises(CarelineError) as refusal:
        target.change(note)
    assert refusal.value.code == "store_incomplete"
    for _ in range(2):  # the second time it is done already, and says so
        result = process(*words, CARELINE_STORE=opener.address)
        assert result.returncode == 0, result.stderr
    assert contents(target) == before
    assert target.info().state == "held"


def test_a_plan_reads_all_of_the_file_and_changes_nothing(store: Store, another: Store, file: Path, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    backup(store, file)
    found = plan(file, another)
    assert (found.state, found.events, found.inbound) == ("planned", store.last_seq(), 4)
    assert (another.last_seq(), another.info().state) == (0, "ready")


def test_a_sealed_store_can_still_be_backed_up(store: Store, file: Path, another: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    store.seal("/elsewhere/careline.db")
    backup(store, file)
    restore(file, another)
    assert (another.info().state, "sealed" in another.meta()) == ("held", False)
