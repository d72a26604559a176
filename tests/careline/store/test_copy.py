"""Moving a store: everything arrives, whatever is killed or written meanwhile, and only one of the two is open at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.errors import CarelineError, Failed, Misconfigured, Usage
from careline.model import Notice
from careline.store.base import Store
from careline.store.copy import copy, plan
from careline.store.rebuild import rebuild
from tests.careline.store.moving import contents, furnish, note, process
from tests.careline.world import LIWEI, NOON
from tests.stores import Opener


@pytest.fixture(params=["sqlite", "postgres"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens another store, of each kind."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else ""
    made = Opener(request.param, folder, server)
    yield made
    made.close()


@pytest.fixture
def other(elsewhere: Opener) -> Store:
    """An empty store, of each kind."""
    return elsewhere()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Store]:
    """An empty embedded store."""
    (tmp_path / "another").mkdir()
    found = Opener.at(str(tmp_path / "another" / "careline.db"))
    yield found
    found.close()


def test_everything_goes_along_but_access_tokens(store: Store, other: Store, tmp_path: Path) -> None:
    world = furnish(store, tmp_path)
    before = contents(store)
    steps: list[int] = []
    done = copy(store, other, steps.append)
    assert contents(other) == before
    assert (done.events, done.inbound, sum(steps)) == (store.last_seq(), 4, store.last_seq() + 4)
    assert [r.state for r in other.inbound.walk()] == ["applied", "dead", "new", "new"]
    assert (other.token("brand-cn"), other.meta()["store_id"]) == (None, store.store_id)
    assert rebuild(other, check=True).differing == {}
    world.store = other
    assert world.send("brand-cn", LIWEI, "on").id == len(before["message"]) + 1
    other.inbound.put([("shop-it", NOON, b"next")])
    assert [r.id for r in other.inbound.walk()] == [1, 2, 3, 4, 5]


def test_the_old_store_is_sealed_and_names_the_new_one(store: Store, other: Store, opener: Opener, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    copy(store, other)
    again = opener()
    for refused in (
        lambda: again.change(note),
        lambda: again.inbound.put([("shop-it", NOON, b"{}")]),
        lambda: again.inbound.bury(3, "no"),
        lambda: again.inbound.drop([1]),
    ):
        with pytest.raises(Misconfigured) as refusal:
            refused()
        assert (refusal.value.code, other.where in refusal.value.message) == ("store_sealed", True)
    assert (again.info().state, again.count(Notice), other.info().state) == ("sealed", 0, "ready")
    assert other.change(note) == 1


def test_what_is_written_meanwhile_arrives_or_was_refused(store: Store, other: Store, opener: Opener, tmp_path: Path) -> None:
    furnish(store, tmp_path, notes=3000)
    acknowledged: list[bytes] = []
    told: list[int] = []
    refused: list[str] = []

    def goes_on(write: Store, work: int) -> None:
        try:
            for n in range(100_000):
                if work:
                    body = b"%d" % n
                    write.inbound.put([("shop-it", NOON, body)])
                    acknowledged.append(body)
                else:
                    told.append(write.change(note))
        except CarelineError as error:
            refused.append(error.code)

    writers = [threading.Thread(target=goes_on, args=(opener(), work)) for work in (0, 1)]
    for writer in writers:
        writer.start()
    copy(store, other)
    for writer in writers:
        writer.join(timeout=20)
    assert refused == ["store_sealed", "store_sealed"]
    assert len(acknowledged) > 3
    arrived = {r.body for r in other.inbound.walk()}
    assert arrived >= set(acknowledged)
    assert {n.id for n in other.select(Notice)} >= set(told)
    assert rebuild(other, check=True).differing == {}


@pytest.mark.parametrize("point", ["copy.batch:2", "copy.sealed"])
def test_killed_anywhere_the_same_command_finishes(
    store: Store, opener: Opener, elsewhere: Opener, tmp_path: Path, point: str
) -> None:
    furnish(store, tmp_path, notes=4500)
    before = contents(store)
    words = ("store", "copy", opener.address, elsewhere.address, "-o", "json")
    assert process(*words, crash=point).returncode == -9
    half = elsewhere()
    with pytest.raises(Misconfigured) as refusal:
        half.change(note)
    assert (refusal.value.code, half.info().state) == ("store_incomplete", "incomplete")
    with pytest.raises(Misconfigured) as refusal:
        half.inbound.put([("shop-it", NOON, b"{}")])
    assert refusal.value.code == "store_incomplete"
    sealed = store.info().state == "sealed"
    assert sealed == (point == "copy.sealed")
    if not sealed:
        store.change(note)
        before = contents(store)
    for _ in range(2):  # the second time it is done already, and says so
        result = process(*words)
        assert result.returncode == 0, result.stderr
        assert '"state": "moved"' in result.stdout
    assert contents(elsewhere()) == before
    assert elsewhere().info().state == "ready"


def test_a_full_disk_leaves_the_old_store_working_and_a_second_run_finishes(
    store: Store, another: Store, tmp_path: Path
) -> None:
    furnish(store, tmp_path, notes=5000)
    writer = another._writer  # type: ignore[attr-defined]
    writer.pragma("max_page_count", 200)
    with pytest.raises(Failed) as refusal:
        copy(store, another)
    assert refusal.value.code == "disk_full"
    assert 0 < another.last_seq() < store.last_seq()
    store.change(note)
    writer.pragma("max_page_count", 1 << 30)
    copy(store, another)
    assert contents(another) == contents(store)


def test_a_store_that_differs_in_the_end_stays_closed_and_the_old_one_works_on(
    store: Store, other: Store, tmp_path: Path
) -> None:
    furnish(store, tmp_path)

    def spoil(done: int) -> None:
        with other.transaction() as writing:
            writing.script("DELETE FROM message WHERE id = 1")

    with pytest.raises(Failed) as refusal:
        copy(store, other, spoil)
    assert (refusal.value.code, "message: 4 there, 3 here" in refusal.value.message) == ("copy_differs", True)
    assert (store.info().state, other.info().state) == ("ready", "incomplete")
    store.change(note)
    store.inbound.put([("shop-it", NOON, b"{}")])


def test_a_journal_that_was_altered_on_the_way_is_noticed(store: Store, other: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)

    def spoil(done: int) -> None:
        with other.transaction() as writing:
            writing.script("UPDATE event SET recorded_at = recorded_at + 1 WHERE seq = 3")

    with pytest.raises(Failed, match="the journals differ"):
        copy(store, other, spoil)
    assert store.info().state == "ready"


def test_new_webhooks_among_applied_ones_stay_new(store: Store, another: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    store.settle([2], [(1, "no")], 4)  # as on PostgreSQL, where a slow receiver's number is lower than one applied before
    expected = {state: [r.body for r in store.inbound.walk(state=state)] for state in ("new", "applied", "dead")}
    assert (len(expected["new"]), len(expected["applied"])) == (1, 2)
    copy(store, another)
    assert {state: [r.body for r in another.inbound.walk(state=state)] for state in expected} == expected


def test_what_was_dropped_while_it_was_copied_does_not_come_back(store: Store, other: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    copy_began = threading.Event()

    def drop(done: int) -> None:
        if other.inbound.numbers(0, 9) and not copy_began.is_set():
            copy_began.set()
            assert store.inbound.drop([1, 2]) == 2

    copy(store, other, drop)
    assert copy_began.is_set()
    assert [r.id for r in other.inbound.walk()] == [3, 4]


def test_a_store_that_has_something_in_it_is_refused_and_left_alone(store: Store, other: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    other.change(note)
    before = contents(other)
    with pytest.raises(Misconfigured) as refusal:
        copy(store, other)
    assert (refusal.value.code, contents(other) == before) == ("store_not_empty", True)
    assert (store.info().state, other.info().state) == ("ready", "ready")


def test_only_what_can_be_moved_is_moved(store: Store, another: Store, tmp_path: Path) -> None:
    def code(error: type[CarelineError], source: Store, target: Store) -> str:
        with pytest.raises(error) as refusal:
            copy(source, target)
        return refusal.value.code

    assert code(Misconfigured, store, another) == "store_empty"
    furnish(store, tmp_path)
    assert code(Usage, store, store) == "same_store"
    store.seal("/somewhere/else.db")
    assert code(Misconfigured, store, another) == "store_sealed"
    store.seal("")
    another.note("filling", "/another/store.db")
    assert code(Misconfigured, store, another) == "store_incomplete"
    assert code(Misconfigured, another, store) == "store_incomplete"


def test_a_store_on_hold_arrives_on_hold(store: Store, other: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    store.note("held", "the backup of yesterday")
    copy(store, other)
    assert (other.info().state, other.meta()["held"]) == ("held", "the backup of yesterday")


def test_a_plan_changes_nothing(store: Store, other: Store, tmp_path: Path) -> None:
    furnish(store, tmp_path)
    found = plan(store, other, other.where)
    assert (found.state, found.events, found.inbound, found.target) == ("planned", store.last_seq(), 4, other.where)
    assert (store.info().state, other.info().state, other.last_seq()) == ("ready", "ready", 0)
