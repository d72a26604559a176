"""The ledger of grants: what is left of them, in whatever order the news arrives, and whether a notification may go."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from careline.clock import HOUR, MINUTE, SECOND
from careline.errors import Refused, Unknown
from careline.events import Entry, TemplateReported
from careline.heard import HeardAct
from careline.model import Channel, Message, Subscription, TemplateUse
from careline.rules import subscriptions
from careline.rules.decide import outgoing, people
from careline.rules.subscriptions import left, state
from careline.store.base import Change
from careline.store.rebuild import rebuild
from tests.careline.world import LIWEI, NOON, World

TEMPLATE = "arrival-id"
ROW = Subscription(channel="brand-cn", handle=LIWEI.handle, template=TEMPLATE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    for name, id, category in (("到货提醒", TEMPLATE, "subscription"), ("会员", "member-id", "subscription_lasting")):
        event = TemplateReported(
            account="account-wechat", name=name, language="zh_CN", id=id, state="approved", category=category, components="[]"
        )
        made.record(Entry(event=event, channel="brand-cn", occurred_at=NOON))
    return made


def answer(word: str, at: int = NOON, template: str = TEMPLATE) -> HeardAct:
    return HeardAct(key=f"{word}{at}{template}", at=at, who=LIWEI, kind="subscription", answers=((template, word),))


def send(world: World, template: str = "到货提醒") -> Message:
    """Commit a notification to Li Wei."""
    channel = world.store.get(Channel, "brand-cn")
    assert channel is not None

    def decide(change: Change) -> int:
        identity = people.find_identity(change.rows, channel.name, LIWEI.handle)
        wish = outgoing.Wish(kind="template", actor="auto:send", template=TemplateUse(template, "zh_CN"))
        recipient = outgoing.Recipient(LIWEI.handle, LIWEI.kind, identity)
        committed = outgoing.decide(wish, recipient, channel, change.rows, lambda m: "{}", "h/b/1/1", world.now)
        change.record(committed.entries)
        return committed.message

    return world.message(world.store.change(decide))


def ledger(world: World, template: str = TEMPLATE) -> Subscription | None:
    return world.store.get(Subscription, "brand-cn", LIWEI.handle, template)


def test_one_grant_is_good_for_one_notification(world: World) -> None:
    world.hear("brand-cn", answer("accept"))
    assert left(ledger(world)) == 1
    sent = send(world)
    assert (sent.grant_of, left(ledger(world))) == (TEMPLATE, 0)
    with pytest.raises(Refused) as refused:
        send(world)
    assert (refused.value.code, "all they gave are used" in refused.value.message) == ("no_grant", True)


def test_who_never_agreed_is_refused_and_nothing_is_written(world: World) -> None:
    before = world.store.last_seq()
    with pytest.raises(Refused, match="they never gave one"):
        send(world)
    assert world.store.last_seq() == before


def test_an_unknown_outcome_uses_the_grant_and_a_proven_failure_gives_it_back(world: World) -> None:
    world.hear("brand-cn", answer("accept"))
    sent = send(world)
    world.settle(outgoing.unknown(sent, Unknown("No answer."), NOON))
    assert left(ledger(world)) == 0
    world.settle(outgoing.failed(world.message(sent.id), Refused("no"), NOON))
    assert left(ledger(world)) == 1


def test_43101_empties_the_ledger_and_a_new_grant_fills_it(world: World) -> None:
    world.hear("brand-cn", answer("accept"), answer("accept", NOON + 1), answer("accept", NOON + 2))
    sent = send(world)
    world.settle(outgoing.failed(sent, Refused("no", platform_code="43101"), NOON + MINUTE))
    row = ledger(world)
    assert row is not None
    assert (left(row), state(row)) == (0, "void")
    world.hear("brand-cn", answer("accept", NOON + HOUR))
    assert left(ledger(world)) == 1


def test_a_withdrawal_voids_what_was_granted_before_it_however_late_it_is_heard(world: World) -> None:
    world.hear("brand-cn", answer("accept"), answer("accept", NOON + 2 * HOUR), answer("withdraw", NOON + HOUR))
    assert left(ledger(world)) == 1


def test_a_refusal_takes_nothing_away(world: World) -> None:
    world.hear("brand-cn", answer("accept"), answer("reject", NOON + MINUTE))
    assert left(ledger(world)) == 1
    world.hear("brand-cn", answer("reject", NOON, "member-id"))
    row = ledger(world, "member-id")
    assert row is not None
    assert (left(row), state(row)) == (0, "rejected")


def test_a_lasting_subscription_is_not_used_up(world: World) -> None:
    world.hear("brand-cn", answer("accept", template="member-id"))
    assert [send(world, "会员").grant_of for _ in range(3)] == [""] * 3
    assert left(ledger(world, "member-id")) == 1


def test_news_heard_twice_grants_once(world: World) -> None:
    world.hear("brand-cn", answer("accept"), answer("accept"))
    assert left(ledger(world)) == 1


def test_any_order_of_news_gives_the_same_ledger() -> None:
    news: list[Callable[[Subscription], Subscription]] = [
        lambda row: subscriptions.granted(row, NOON),
        lambda row: subscriptions.granted(row, NOON + 2 * HOUR),
        lambda row: subscriptions.granted(row, NOON + 2 * HOUR),
        lambda row: subscriptions.used(row, NOON + MINUTE, 7),
        lambda row: subscriptions.used(row, NOON + 3 * HOUR, 8),
        lambda row: subscriptions.voided(row, NOON + HOUR),
    ]
    ends = set()
    for order in itertools.permutations(news):
        row = ROW
        for change in order:
            row = change(row)
        ends.add((row.granted, row.used, row.void_at, left(row)))
    assert len(ends) == 1
    assert ends.pop()[-1] == 1


def test_the_ledger_agrees_with_counting_by_hand() -> None:
    chance = random.Random(5)
    for _ in range(300):
        row, by_hand = ROW, 0
        for step in range(60):
            at = NOON + step * SECOND
            word = chance.choice(("grant", "grant", "use", "back", "void"))
            if word == "grant":
                row, by_hand = subscriptions.granted(row, at), by_hand + 1
            elif word == "use" and by_hand:
                row, by_hand = subscriptions.used(row, at, step), by_hand - 1
            elif word == "back" and row.used and row.used[-1].at > (row.void_at or 0):
                row, by_hand = subscriptions.given_back(row, row.used[-1].message), by_hand + 1
            elif word == "void" and not chance.randrange(4):
                row, by_hand = subscriptions.voided(row, at), 0
            assert left(row) == by_hand


def test_the_row_stays_small_and_never_counts_more_than_there_are() -> None:
    row = ROW
    for number in range(500):
        row = subscriptions.granted(row, NOON + number)
    assert (len(row.granted), left(row)) == (subscriptions.KEPT, subscriptions.KEPT)
    for number in range(500):
        row = subscriptions.used(row, NOON + 1000 + number, number)
    assert (len(row.used), left(row)) == (subscriptions.KEPT, 0)


def test_a_rebuild_gives_the_same_ledger(world: World) -> None:
    world.hear("brand-cn", answer("accept"), answer("accept", NOON + 1), answer("reject", NOON + 2))
    send(world)
    before = ledger(world)
    rebuild(world.store, check=False)
    assert ledger(world) == before
    assert left(before) == 1
