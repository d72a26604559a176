"""From payloads to the journal: twice is once, and one bad payload holds up nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.errors import Misconfigured
from careline.heard import Heard, HeardMessage
from careline.model import ROWS, Channel, Message
from careline.queue.work import resolve
from careline.receiving.apply import Applier
from careline.rules.window import Policy
from careline.store.rebuild import rebuild
from tests.careline.world import ANNA, NOON, World
from tests.stores import Opener


@pytest.fixture
def world(tmp_path: Path, opener: Opener) -> World:
    return World(tmp_path, opener())


def hear(channel: Channel, body: bytes, received_at: int) -> list[Heard]:
    if body == b"unreadable":
        raise ValueError("no payload at all")
    key = "" if body == b"without an id" else body.decode()
    return [HeardMessage(key=key, id=key, at=received_at, who=ANNA, kind="text", text=body.decode())]


def apply_all(world: World) -> list[str]:
    """Apply what there is; why some of it could not be."""
    said: list[str] = []
    one = Applier(world.store, hear, lambda channel: Policy({}), lambda received, why: said.append(why))
    while one.apply_some():
        pass
    return said


def test_a_payload_that_says_nothing_is_set_aside_and_the_others_are_applied(world: World) -> None:
    world.store.inbound.put([("shop-it", NOON, b"one"), ("shop-it", NOON, b"unreadable"), ("shop-it", NOON, b"two")])
    assert apply_all(world) == ["it cannot be read: no payload at all"]
    assert [m.text for m in world.store.select(Message)] == ["one", "two"]
    assert world.store.inbound.counts() == {"new": 0, "applied": 2, "dead": 1}


def test_what_a_batch_came_to_is_counted_by_channel(world: World) -> None:
    world.store.inbound.put([("shop-it", NOON, b"one"), ("shop-it", NOON, b"one"), ("brand-cn", NOON, b"two")])
    done = Applier(world.store, hear, lambda channel: Policy({}), lambda received, why: None).apply_some()
    assert {name: (sum_.payloads, sum_.known) for name, sum_ in done.items()} == {"shop-it": (2, 1), "brand-cn": (1, 0)}
    assert done["brand-cn"].events == 3  # somebody appeared, a chat began, a message came


def test_applying_everything_again_changes_nothing(world: World) -> None:
    world.store.inbound.put(
        [("shop-it", NOON, b"one"), ("shop-it", NOON, b"without an id"), ("shop-it", NOON, b"without an id")]
    )
    apply_all(world)
    before, rows = world.store.last_seq(), [list(world.store.select(kind)) for kind in ROWS]
    again = Applier(world.store, hear, lambda channel: Policy({}), lambda received, why: None)
    for received in world.store.inbound.walk():
        assert again.apply_one(received)[0] == ""
    assert (world.store.last_seq(), world.store.count(Message)) == (before, 2)
    assert [list(world.store.select(kind)) for kind in ROWS] == rows


def test_a_payload_for_a_channel_that_is_gone_is_set_aside(world: World) -> None:
    world.store.inbound.put([("nobody", NOON, b"one")])
    apply_all(world)
    assert [r.error for r in world.store.inbound.walk(state="dead")] == ["the channel nobody does not exist"]


def test_what_is_wrong_with_the_store_itself_sets_nothing_aside(world: World) -> None:
    world.store.inbound.put([("shop-it", NOON, b"one")])
    world.store.seal("elsewhere")
    with pytest.raises(Misconfigured):
        apply_all(world)
    assert world.store.inbound.counts() == {"new": 1, "applied": 0, "dead": 0}


def test_another_writer_between_two_batches_is_seen(world: World, opener: Opener) -> None:
    """The rows of a batch are kept for the next one only while nobody else has written."""
    world.store.inbound.put([("shop-it", NOON, b"one")])
    apply_all(world)
    other = opener()
    resolve(other, 1, "done", "", "human:mei")
    world.store.inbound.put([("shop-it", NOON, b"two")])
    apply_all(world)
    assert (world.chat(1).state, world.chat(1).reopened) == ("open", 1)
    assert rebuild(world.store, check=True).differing == {}
