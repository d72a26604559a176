"""An import, whatever its pages, whatever was known before and however often it runs, comes to the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from careline.channels.wechat.history import Page
from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.heard import HeardMessage, HeardRecord, Who
from careline.importing import history
from careline.model import Channel, Contact, Conversation, Identity, Message, Row
from careline.rules.window import Grant, Policy
from careline.store.base import Store
from careline.store.copy import copy
from careline.store.rebuild import rebuild
from careline.store.sqlite import SqliteStore
from tests.careline.world import NOON, World

POLICY = Policy({"message": Grant(5, 48 * HOUR)})
LIWEI, LAN = Who("oLiwei", "wechat_openid"), Who("oLan", "wechat_openid")


class Records:
    """A desk that tells these records, so many a page as it is asked for."""

    def __init__(self, records: Sequence[HeardRecord]) -> None:
        self.records = sorted(records, key=lambda one: one.at_s)
        self.asked = 0

    async def page(self, since_s: int, until_s: int, msgid: int, number: int) -> Page:
        self.asked += 1
        found = [one for one in self.records if since_s <= one.at_s < until_s][msgid - 1 :]
        more = len(found) >= number
        return Page(tuple(found[:number]), msgid + number if more else None)


def line(at: int, text: str, who: Who = LIWEI, *, out: bool = False) -> HeardRecord:
    code, way = (2002, "out") if out else (2003, "in")
    return HeardRecord(who.handle, (NOON + at) // SECOND, code, way, "text", text, "mei")


STORY = [
    line(-3 * DAY, "an old question"),
    line(-3 * DAY, "an old question"),  # twice in one second
    line(-3 * DAY + MINUTE, "an old answer", out=True),
    line(-3 * DAY + MINUTE, "of lan", LAN),
    line(-2 * HOUR, "嗯"),
    line(-2 * HOUR, "嗯"),
    line(-2 * HOUR, "嗯"),
    line(-HOUR, "the pushed one"),
    line(-HOUR + MINUTE, "here you are", out=True),
]


def bring(world: World, records: Sequence[HeardRecord], since: int = NOON - 4 * DAY, until: int = NOON) -> history.Brought:
    channel = world.store.get(Channel, "brand-cn")
    assert channel is not None
    wanted = history.plan(world.store, channel, since, until, world.now)
    desk: Any = Records(records)
    return asyncio.run(history.bring(world.store, channel, desk, POLICY, wanted, lambda count: None))


def facts(store: Store) -> dict[str, Any]:
    kinds: tuple[type[Row], ...] = (Contact, Identity, Conversation, Message)
    return {kind.table: sorted((to_builtins(row) for row in store.select(kind)), key=str) for kind in kinds}


def pushed(world: World) -> None:
    text = "the pushed one"
    world.hear("brand-cn", HeardMessage(key="1", id="1", at=NOON - HOUR, who=LIWEI, kind="text", text=text))


@pytest.mark.parametrize("number", [1, 2, 3, 5, 9, 1000])
def test_the_size_of_a_page_changes_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(history, "NUMBER", number)
    world = World(tmp_path, store)
    pushed(world)
    brought = bring(world, STORY)
    assert (brought.messages, brought.known) == (8, 1)
    whole = World(tmp_path, SqliteStore(tmp_path / "w.db", tmp_path / "wi.db", tmp_path / "wl", lambda: NOON))
    monkeypatch.setattr(history, "NUMBER", 1000)
    pushed(whole)
    bring(whole, STORY)
    assert facts(world.store) == facts(whole.store)
    assert rebuild(world.store, check=True).differing == {}
    whole.store.close()


def test_once_more_brings_nothing_and_what_is_new_comes_alone(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path, store)
    bring(world, STORY)
    before = facts(world.store)
    assert bring(world, STORY).messages == 0
    assert facts(world.store) == before
    more = [*STORY, line(-2 * HOUR, "嗯"), line(-MINUTE, "late")]
    assert bring(world, more).messages == 2
    assert bring(world, more).messages == 0


def test_chats_that_are_a_day_apart_are_two_and_the_running_one_takes_what_was_written_in_it(
    store: Store, tmp_path: Path
) -> None:
    world = World(tmp_path, store)
    world.hear("brand-cn", HeardMessage(key="0", id="0", at=NOON - 2 * HOUR, who=LIWEI, kind="text", text="begins"))
    bring(world, STORY)
    chats = {chat.id: chat for chat in world.store.select(Conversation, "ORDER BY id")}
    told = {m.text: m.conversation for m in world.store.select(Message)}
    assert (told["begins"], told["嗯"], told["here you are"]) == (1, 1, 1)
    old = chats[told["an old answer"]]
    assert (old.state, old.source, old.messages_in, old.messages_out) == ("resolved", "history", 2, 1)
    assert (old.created_at, old.resolved_at) == (NOON - 3 * DAY, NOON - 3 * DAY + MINUTE)
    assert chats[told["of lan"]].contact != old.contact
    assert (chats[1].state, chats[1].waiting_since_at) == ("open", None)  # answered on the desk, after all that was written


def test_a_copy_of_the_store_has_the_history_too(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path, store)
    bring(world, STORY)
    other = SqliteStore(tmp_path / "c.db", tmp_path / "ci.db", tmp_path / "cl", lambda: NOON)
    copy(world.store, other)
    assert facts(other) == facts(world.store)
    assert rebuild(other, check=True).differing == {}
    other.close()


def test_without_a_range_it_goes_on_from_where_it_ended(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path, store)
    channel = world.store.get(Channel, "brand-cn")
    assert channel is not None
    (first, second) = history.plan(world.store, channel, None, NOON, NOON)
    assert (first.since, second.until) == (NOON - DAY, NOON)
    bring(world, STORY, NOON - DAY)
    world.now = NOON + HOUR
    (next_one,) = history.plan(world.store, channel, None, world.now, world.now)
    assert (next_one.since, next_one.until) == (NOON - 10 * MINUTE, NOON + HOUR)
