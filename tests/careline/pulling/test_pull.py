"""Pulling: every page with its cursor, nothing lost or doubled, and an alarm before WeCom forgets. Over both databases."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from careline.channels.wecom.account import Account
from careline.channels.wecom.customers import Customer
from careline.channels.wecom.policy import GRANTS
from careline.channels.wecom.pulls import Page
from careline.clock import DAY, HOUR, SECOND
from careline.errors import Busy, CarelineError, NotFound, NotSent, Usage
from careline.events import ChannelRegistered, Entry
from careline.model import Channel, Contact, Conversation, Identity, KfAccount, Message, Notice
from careline.pulling import accounts
from careline.pulling.page import Entered
from careline.pulling.pull import Pulled, pull
from careline.pulling.rounds import Rounds, Target
from careline.rules.window import Policy, windows
from careline.store.base import Store
from careline.store.rebuild import rebuild
from tests.careline.world import NOON
from tests.stores import Opener

KF = "wkShop"
POLICY = Policy(GRANTS)


def text(n: int, words: str = "", who: str = "wmLiwei", at: int = NOON, **more: Any) -> dict[str, Any]:
    row = {"msgid": f"id{n}", "open_kfid": KF, "external_userid": who, "send_time": at // SECOND, "origin": 3}
    return row | {"msgtype": "text", "text": {"content": words or f"text {n}"}} | more


def entered(n: int, code: str = "", scene: str = "", at: int = NOON) -> dict[str, Any]:
    about = {"event_type": "enter_session", "open_kfid": KF, "external_userid": "wmLiwei", "scene": scene}
    body = about | ({"welcome_code": code} if code else {})
    return {"msgid": f"id{n}", "send_time": at // SECOND, "origin": 4, "msgtype": "event", "event": body}


def changed(n: int, type: int, at: int = NOON) -> dict[str, Any]:
    body = {"event_type": "session_status_change", "open_kfid": KF, "external_userid": "wmLiwei", "change_type": type}
    return {"msgid": f"id{n}", "send_time": at // SECOND, "msgtype": "event", "event": body | {"new_servicer_userid": "mei"}}


class Log:
    """An account's log at WeCom, given in pages of ``size`` with ``empty`` empty ones before each."""

    def __init__(self, *items: Any, size: int = 1000, empty: int = 0) -> None:
        self.items = list(items)
        self.size = size
        self.empty = empty
        self.asked: list[tuple[str, str]] = []
        self.names: list[Customer] = []
        self.asked_names: list[Sequence[str]] = []

    async def page(self, account: str, cursor: str, token: str = "") -> Page:
        self.asked.append((cursor, token))
        at, _, empty = cursor.partition("/")
        place, waited = int(at or 0), int(empty or 0)
        if place < len(self.items) and waited < self.empty:
            return Page((), f"{place}/{waited + 1}", True)
        page = self.items[place : place + self.size]
        return Page(tuple(page), f"{place + len(page)}" if page else cursor, place + len(page) < len(self.items))

    async def named(self, ids: Sequence[str]) -> list[Customer]:
        self.asked_names.append(ids)
        return self.names


class Kf:
    """A store with one WeCom channel, whose clock stands until it is moved."""

    def __init__(self, store: Store) -> None:
        self.store = store
        event = ChannelRegistered(name="kf", kind="wecom", account_id="wwCorp")
        store.change(lambda change: change.record([Entry(event=event, channel="kf", occurred_at=NOON)]))
        channel = store.get(Channel, "kf")
        assert channel is not None
        self.channel = channel
        self.greeted: list[Entered] = []

    def pull(self, log: Log, **options: Any) -> Pulled:
        async def greet(entered: Entered) -> None:
            self.greeted.append(entered)

        return asyncio.run(pull(self.store, self.channel, POLICY, KF, log, log, greet, **options))

    @property
    def account(self) -> KfAccount:
        row = self.store.get(KfAccount, "kf", KF)
        assert row is not None
        return row

    def rows(self, kind: Any) -> list[Any]:
        return list(self.store.select(kind, f"ORDER BY {kind.key[-1]}"))

    def identity(self, handle: str = f"{KF}/wmLiwei") -> Identity:
        row = self.store.get(Identity, "kf", handle)
        assert row is not None
        return row

    def notices(self) -> list[str]:
        return [one.kind for one in self.rows(Notice)]


@pytest.fixture
def now() -> list[int]:
    return [NOON]


@pytest.fixture
def kf(opener: Opener, now: list[int]) -> Kf:
    return Kf(opener(lambda: now[0]))


def test_pages_empty_ones_too_are_pulled_to_the_end_and_the_cursor_stands_behind_them(kf: Kf) -> None:
    log = Log(*(text(n) for n in range(7)), size=3, empty=2)
    done = kf.pull(log)
    assert (done.pages, done.new) == (9, 7)
    assert [one.text for one in kf.rows(Message)] == [f"text {n}" for n in range(7)]
    assert (kf.account.cursor, kf.account.pulled_at) == ("7", NOON)
    assert kf.pull(log).new == 0
    assert log.asked[-1][0] == "7"


def test_a_page_that_comes_again_makes_nothing_twice(kf: Kf) -> None:
    kf.pull(Log(text(1), text(2)))
    other = Log(text(1), text(2), text(3))
    other.items = [*other.items[:2], *other.items]  # from the cursor on: what was known, once more
    done = kf.pull(other)
    assert (done.new, done.known) == (1, 2)
    assert len(kf.rows(Message)) == 3


def test_messages_that_share_an_id_are_all_kept_and_flagged(kf: Kf) -> None:
    kf.pull(Log(*(text(1, f"words {n}") for n in range(14))))
    assert [one.text for one in kf.rows(Message)] == [f"words {n}" for n in range(14)]
    assert kf.notices() == ["kf_same_id"] * 13


def test_an_item_without_an_id_is_kept_once(kf: Kf) -> None:
    bare = {"external_userid": "wmLiwei", "msgtype": "text", "text": {"content": "x"}}
    kf.pull(Log(bare, bare, 7, None))
    assert len(kf.rows(Message)) == 1
    assert set(kf.notices()) == {"unreadable"}


def test_a_customers_message_opens_five_messages_in_48_hours_of_that_account_alone(kf: Kf, now: list[int]) -> None:
    kf.pull(Log(text(1), text(2, who="wmLiwei", open_kfid="wkOther")))
    mine, other = kf.identity(), kf.identity("wkOther/wmLiwei")
    assert mine.contact == other.contact
    assert len(kf.rows(Contact)) == 1
    assert mine.conversation != other.conversation
    window = windows(mine)[0]
    assert (window.quota, window.used, window.ends_at) == (5, 0, NOON + 48 * HOUR)


def test_what_a_servicer_writes_is_an_answer_of_ours_and_counts_against_nothing(kf: Kf) -> None:
    kf.pull(Log(text(1), text(2, "马上", origin=5, servicer_userid="mei", at=NOON + SECOND)))
    answer = kf.rows(Message)[1]
    assert (answer.direction, answer.actor, answer.state) == ("out", "human:mei", "sent")
    assert windows(kf.identity())[0].used == 0
    chat = kf.rows(Conversation)[0]
    assert (chat.state, chat.waiting_since_at, chat.first_response_at) == ("open", None, NOON + SECOND)


def test_a_session_follows_its_events_and_a_message_makes_an_ended_one_new(kf: Kf) -> None:
    states = []
    for n, row in enumerate(
        [changed(1, 1), changed(2, 3, NOON + SECOND), text(3, at=NOON + 2 * SECOND), changed(4, 4, NOON + 9)]
    ):
        log = Log(*[None] * n, row)
        kf.pull(log)
        states.append((kf.identity().session, kf.identity().servicer))
    assert states == [("human", "mei"), ("ended", ""), ("new", ""), ("new", "")]  # the last one is older than what is known


def test_who_enters_brings_a_code_for_twenty_seconds_once(kf: Kf) -> None:
    log = Log(entered(1, "CODE1", "shop-012"))
    kf.pull(log)
    assert kf.greeted == [Entered(f"{KF}/wmLiwei", "CODE1", NOON + 20 * SECOND)]
    log.items *= 2
    kf.pull(log)
    assert len(kf.greeted) == 1


def test_names_are_asked_for_once_and_the_unionid_is_another_id(kf: Kf) -> None:
    log = Log(text(1), text(2, who="wmAnna"))
    log.names = [Customer("wmLiwei", "李伟", "oUnion1")]
    kf.pull(log)
    assert [set(ids) for ids in log.asked_names] == [{"wmLiwei", "wmAnna"}]
    assert kf.identity().name == "李伟"
    log.items += [text(3), text(4, who="wmAnna")]
    kf.pull(log)
    assert log.asked_names[1] == ["wmAnna"]


def test_names_that_do_not_come_hold_up_no_page(kf: Kf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who just entered can be greeted for twenty seconds."""
    monkeypatch.setattr("careline.pulling.pull.NAMES_S", 0.01)

    class Slow(Log):
        async def named(self, ids: Sequence[str]) -> list[Customer]:
            await asyncio.sleep(60)
            return []

    assert kf.pull(Slow(text(1))).new == 1
    assert [one.text for one in kf.rows(Message)] == ["text 1"]


def test_the_token_of_a_nudge_goes_with_the_call(kf: Kf) -> None:
    log = Log(text(1))
    kf.pull(log, token="ENC1")
    assert log.asked == [("", "ENC1")]


def test_a_pull_that_fails_keeps_the_pages_before_it(kf: Kf) -> None:
    log = Log(*(text(n) for n in range(4)), size=2)
    given = log.page

    async def breaks(account: str, cursor: str, token: str = "") -> Page:
        if cursor:
            raise NotSent("the network is down")
        return await given(account, cursor, token)

    log.page = breaks  # type: ignore[method-assign]
    with pytest.raises(NotSent):
        kf.pull(log)
    assert (len(kf.rows(Message)), kf.account.cursor, kf.account.pulled_at) == (2, "2", None)
    log.page = given  # type: ignore[method-assign]
    assert kf.pull(log).new == 2


def test_one_process_pulls_an_account_at_a_time(kf: Kf) -> None:
    log = Log(text(1))

    async def both() -> None:
        entered_, may_go_on = asyncio.Event(), asyncio.Event()
        given = log.page

        async def slowly(account: str, cursor: str, token: str = "") -> Page:
            entered_.set()
            await may_go_on.wait()
            return await given(account, cursor, token)

        log.page = slowly  # type: ignore[method-assign]

        async def nobody(entered: Entered) -> None:
            raise AssertionError

        first = asyncio.create_task(pull(kf.store, kf.channel, POLICY, KF, log, log, nobody))
        await entered_.wait()
        with pytest.raises(Busy):
            await pull(kf.store, kf.channel, POLICY, KF, Log(), log, nobody, wait=False)
        may_go_on.set()
        assert (await first).new == 1

    asyncio.run(both())


def test_a_quiet_account_is_noted_once_an_hour_and_no_more(kf: Kf, now: list[int]) -> None:
    before = kf.store.last_seq()
    for minute in range(0, 121, 5):
        now[0] = NOON + minute * 60 * SECOND
        kf.pull(Log())
    assert kf.store.last_seq() - before == 3


@pytest.mark.parametrize(
    ("outage", "code", "cried"), [(47 * HOUR, "pulled", False), (49 * HOUR, "pull_late", True), (73 * HOUR, "pull_lost", True)]
)
def test_an_outage_is_cried_out_before_wecom_forgets(kf: Kf, now: list[int], outage: int, code: str, cried: bool) -> None:
    kf.pull(Log(text(1)))
    now[0] = NOON + outage
    found = accounts.horizon([kf.account], kf.channel, now[0])
    assert [one.code for one in found] == [code]
    assert [bool(accounts.alarm(kf.store, kf.channel)) for _ in range(3)] == [cried] * 3
    assert kf.notices() == ["kf_pull_late"] * cried  # once for each outage


def test_the_first_messages_after_three_days_say_that_some_may_be_lost(kf: Kf, now: list[int]) -> None:
    log = Log(text(1))
    kf.pull(log)
    now[0] = NOON + 4 * DAY
    assert kf.pull(log).lost == ""
    log2 = Log(*log.items, text(2, at=now[0]))
    assert kf.account.pulled_at == now[0]
    now[0] += 5 * DAY
    log2.items.append(text(3, at=now[0]))
    lost = kf.pull(log2).lost
    assert "nothing was pulled for 5 d" in lost
    assert kf.notices() == ["kf_messages_lost"]


def test_everything_folds_again_to_the_same(kf: Kf) -> None:
    kf.pull(Log(entered(1, "C", "s"), text(2), changed(3, 1), text(4, origin=5, servicer_userid="mei"), text(2, "other")))
    assert rebuild(kf.store, check=True).differing == {}


# Accounts


def test_accounts_are_noted_as_listed_and_what_is_listed_no_more_is_removed(kf: Kf) -> None:
    listed = [Account("wkA", "甲", True), Account("wkB", "乙", False)]
    accounts.note(kf.store, kf.channel, listed, "auto:pull")
    before = kf.store.last_seq()
    accounts.note(kf.store, kf.channel, [Account("wkA", "甲", None), listed[1]], "auto:pull")  # an old answer tells less
    assert kf.store.last_seq() == before
    accounts.note(kf.store, kf.channel, listed[:1], "auto:pull")
    assert [one.id for one in accounts.known(kf.store, kf.channel)] == ["wkA"]
    assert accounts.one(kf.store, kf.channel, None).name == "甲"
    with pytest.raises(NotFound):
        accounts.one(kf.store, kf.channel, "乙")
    accounts.note(kf.store, kf.channel, listed, "auto:pull")
    with pytest.raises(Usage):
        accounts.one(kf.store, kf.channel, None)
    assert [one.code for one in accounts.horizon([accounts.one(kf.store, kf.channel, "乙")], kf.channel, NOON)] == [
        "not_managed",
        "never_pulled",
    ]


# Rounds


class Rounding:
    """What the rounds of a test pulled."""

    def __init__(self, *targets: Target, fails: int = 0) -> None:
        self.targets = targets
        self.fails = fails
        self.pulled: list[tuple[Target, str]] = []
        self.failed: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def pull(self, target: Target, token: str) -> None:
        self.pulled.append((target, token))
        self.gate.wait(5)
        if self.fails:
            self.fails -= 1
            raise NotSent("down")

    def told(self, target: Target, error: CarelineError) -> None:
        self.failed.append(error.message)

    def until(self, count: int) -> None:
        ends = time.monotonic() + 5
        while len(self.pulled) < count and time.monotonic() < ends:
            time.sleep(0.005)
        assert len(self.pulled) >= count, self.pulled


def test_a_round_comes_at_the_start_and_again_and_a_nudge_at_once() -> None:
    seen = Rounding(("kf", "a"), ("kf", "b"))
    rounds = Rounds(lambda: seen.targets, seen.pull, seen.told, every_s=60)
    rounds.start()
    seen.until(2)
    rounds.nudge("kf", "b", "ENC1")
    seen.until(3)
    rounds.stop()
    assert seen.pulled == [(("kf", "a"), ""), (("kf", "b"), ""), (("kf", "b"), "ENC1")]


def test_a_nudge_that_comes_while_the_account_is_pulled_makes_it_pulled_again() -> None:
    seen = Rounding(("kf", "a"))
    seen.gate.clear()
    rounds = Rounds(lambda: seen.targets, seen.pull, seen.told, every_s=60)
    rounds.start()
    seen.until(1)
    rounds.nudge("kf", "a", "ENC1")
    seen.gate.set()
    seen.until(2)
    rounds.stop()
    assert seen.pulled[1] == (("kf", "a"), "ENC1")


def test_what_failed_is_tried_again_soon_and_a_lost_nudge_costs_a_round() -> None:
    seen = Rounding(("kf", "a"), fails=1)
    rounds = Rounds(lambda: seen.targets, seen.pull, seen.told, every_s=60, again_s=0.01)
    rounds.start()
    seen.until(2)
    rounds.stop()
    assert seen.failed == ["down"]
    often = Rounding(("kf", "a"))
    rounds = Rounds(lambda: often.targets, often.pull, often.told, every_s=0.02)
    rounds.start()
    often.until(4)
    rounds.stop()


def test_where_wecom_says_how_long_it_takes_that_long_is_waited() -> None:
    pulled, failures = list[float](), list[CarelineError]()

    def pull(target: Target, token: str) -> None:
        pulled.append(time.monotonic())
        if len(pulled) == 1:
            raise NotSent("too many calls", retry_after_s=1)

    rounds = Rounds(lambda: [("kf", KF)], pull, lambda target, error: failures.append(error), every_s=60.0, again_s=0.01)
    rounds.start()
    until = time.monotonic() + 5
    while len(pulled) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    rounds.stop()
    assert len(failures) == 1
    assert pulled[1] - pulled[0] >= 1.0


def test_a_list_that_cannot_be_had_is_told_and_nudges_are_still_heard() -> None:
    seen = Rounding()

    def nothing() -> list[Target]:
        raise NotSent("no list")

    rounds = Rounds(nothing, seen.pull, seen.told, every_s=60)
    rounds.start()
    rounds.nudge("kf", "", "ENC1")
    seen.until(1)
    rounds.stop()
    assert "no list" in seen.failed


def test_raw_keeps_the_item_as_it_came(kf: Kf) -> None:
    row = text(1, menu="x")
    kf.pull(Log(row))
    assert json.loads(kf.rows(Message)[0].raw) == row


def test_a_defect_in_one_pull_does_not_end_pulling() -> None:
    seen = Rounding(("kf", "a"))

    def broken(target: Target, token: str) -> None:
        seen.pull(target, token)
        raise ZeroDivisionError("oh")

    rounds = Rounds(lambda: seen.targets, broken, seen.told, every_s=0.02)
    rounds.start()
    seen.until(3)
    rounds.stop()
    assert seen.failed[0] == "ZeroDivisionError: oh"
