"""From payloads to the journal: twice is once, and one bad payload holds up nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.heard import Heard, HeardMessage
from careline.model import Channel, Message
from careline.receiving.apply import Applier
from careline.rules.window import Policy
from tests.careline.world import ANNA, NOON, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def hear(channel: Channel, body: bytes, received_at: int) -> list[Heard]:
    if body == b"unreadable":
        raise ValueError("no payload at all")
    key = "" if body == b"without an id" else body.decode()
    return [HeardMessage(key=key, id=key, at=received_at, who=ANNA, kind="text", text=body.decode())]


def applier(world: World, said: list[str]) -> Applier:
    return Applier(world.store, hear, lambda channel: Policy({}), said.append)


def test_a_payload_that_says_nothing_is_set_aside_and_the_others_are_applied(world: World) -> None:
    said: list[str] = []
    world.store.inbound.put([("shop-it", NOON, b"one"), ("shop-it", NOON, b"unreadable"), ("shop-it", NOON, b"two")])
    applier(world, said).apply_all()
    assert [m.text for m in world.store.select(Message)] == ["one", "two"]
    assert world.store.inbound.counts() == {"new": 0, "applied": 2, "dead": 1}
    assert "could not be applied" in said[0]


def test_a_crash_between_the_journal_and_the_note_of_it_tells_nothing_twice(world: World) -> None:
    world.store.inbound.put([("shop-it", NOON, b"one"), ("shop-it", NOON, b"without an id")])
    applier(world, []).apply_all()
    world.store.inbound._write("UPDATE inbound SET state = 'new' WHERE id > ?", [(0,)])
    applier(world, []).apply_all()
    assert world.store.count(Message) == 2


def test_a_payload_for_a_channel_that_is_gone_is_set_aside(world: World) -> None:
    world.store.inbound.put([("nobody", NOON, b"one")])
    applier(world, []).apply_all()
    assert world.store.inbound.dead(1)[0].error == "the channel nobody does not exist"
