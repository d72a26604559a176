"""`careline chats import`: what was written on WeChat's own desk, brought here once."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.clock import DAY, HOUR, MINUTE
from careline.model import Conversation, History, Identity, Message
from careline.sandbox import account
from tests.commands.desk import LIWEI, Desk

MEI = f"mei@{account.WECHAT_USERNAME}"
IMPORT = "chats import --channel brand-cn"


@pytest.fixture
def served(desk: Desk) -> Desk:
    """Liwei wrote twice, was given to the desk, wrote there, got an answer; the session is over."""
    desk.register("brand-cn")
    desk.done(f"channels staff brand-cn add {MEI} --nick Mei --invite mei_shop")
    desk.control.desk("join", "mei")
    desk.liwei_writes("我想退货")
    desk.done(f"chats assign 1 --to {MEI}")
    desk.pass_by(MINUTE)
    desk.control.say(LIWEI, "订单 12")
    desk.pass_by(MINUTE)
    desk.control.desk("say", "mei", LIWEI, "好的")
    desk.control.desk("close", "mei", LIWEI)
    desk.control.settle()
    return desk


def lines(desk: Desk) -> list[tuple[str, str, str]]:
    return [(m.direction, m.actor, m.text) for m in desk.store.select(Message, "ORDER BY occurred_at, id")]


def test_what_passed_the_desk_joins_the_chat_of_that_time_once(served: Desk) -> None:
    record = served.json(IMPORT)
    assert (record["messages"], record["known"], record["slices"]) == (2, 0, 2)
    assert lines(served) == [
        ("in", "customer", "我想退货"),
        ("in", "customer", "订单 12"),
        ("out", "human:mei", "好的"),
    ]
    (chat,) = served.rows(Conversation)
    assert (chat.messages_in, chat.messages_out, chat.unanswered, chat.waiting_since_at) == (2, 1, (), None)
    assert chat.state == "open"  # an agent there answers as one of us does
    again = served.json(IMPORT)
    assert (again["messages"], again["known"]) == (0, 2)
    assert served.done("store rebuild --check").exit == 0


def test_nobody_waits_because_of_history_and_their_window_opens_as_it_did(desk: Desk) -> None:
    desk.register("brand-cn")
    now = desk.control.clock()["now"]
    desk.control.chatter(6, people=1, until=now - HOUR)
    assert desk.json(IMPORT)["messages"] == 6
    (chat,) = desk.rows(Conversation)
    (identity,) = desk.rows(Identity)
    assert (chat.state, chat.source, chat.messages_in, chat.messages_out) == ("resolved", "history", 4, 2)
    assert desk.json("queue list") == []
    (opening,) = identity.openings
    last_in = max(m.occurred_at for m in desk.rows(Message) if m.direction == "in")
    assert (opening.at, opening.ends_at, identity.spent) == (last_in, last_in + 48 * HOUR, ())
    desk.control.say("crowd-0", "again")  # within a day of what is over: the same chat goes on
    assert [one.state for one in desk.rows(Conversation)] == ["open"]


def test_what_a_push_brought_is_not_brought_again(served: Desk, tmp_path: Path) -> None:
    """Whoever is handed over by the answer to a push: the desk's records hold what was pushed before an agent came."""
    replies = tmp_path / "replies.toml"
    replies.write_text("transfer = true\n")
    served.done(f"channels profile brand-cn --set {replies}")
    served.liwei_writes("第二次")
    assert [one["openid"] for one in served.json("channels staff brand-cn waiting")] == [account.openid_of(LIWEI)]
    served.control.desk("accept", "mei", LIWEI)
    served.control.say(LIWEI, "第三次")
    record = served.json(IMPORT)
    assert (record["messages"], record["known"]) == (3, 1)
    assert [text for _, actor, text in lines(served) if actor == "customer"] == ["我想退货", "订单 12", "第二次", "第三次"]


def test_a_picture_is_shown_as_what_it_was_and_told_to_have_no_file(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.control.chatter(50, people=1)
    told = desk.done(IMPORT)
    assert "1 of them are pictures" in told.stderr
    (picture,) = [m for m in desk.rows(Message) if m.kind == "image"]
    assert (picture.text, picture.media, picture.raw) == ("", None, "[image]")
    assert "[image]" in desk.screen("chats show 1 --last 2")


def test_a_dry_run_counts_slices_and_asks_nothing(served: Desk) -> None:
    before = served.calls("/getmsglist")
    assert "Would read 4 slices" in served.done(f"{IMPORT} --since 3d -n").stderr
    assert (served.calls("/getmsglist"), served.rows(History)) == (before, [])


def test_days_that_are_over_are_read_once(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.control.chatter(20, people=2, every=HOUR * 4)
    first = desk.json(f"{IMPORT} --since 3d")
    assert first["slices"] == 4
    calls = desk.calls("/getmsglist")
    assert desk.json(f"{IMPORT} --since 3d")["messages"] == 0
    assert desk.calls("/getmsglist") == calls + 1  # today


def test_a_chat_that_is_older_than_all_others_does_not_become_the_latest(desk: Desk) -> None:
    desk.register("brand-cn")
    now = desk.control.clock()["now"]
    desk.control.chatter(3, people=1, until=now - 5 * DAY)
    desk.control.say("crowd-0", "today")
    desk.json(f"{IMPORT} --since 6d")
    old = next(one for one in desk.rows(Conversation) if one.source == "history")
    (identity,) = desk.rows(Identity)
    assert (identity.conversation, old.previous) == (1, None)


def test_only_wechat_has_such_a_desk(open_desk: Desk) -> None:
    assert open_desk.refused("chats import --channel shop-it", 2)["code"] == "wrong_channel_kind"


def test_two_imports_do_not_run_at_once(desk: Desk) -> None:
    desk.register("brand-cn")
    with desk.store.lock("history:brand-cn", wait=False):
        assert desk(IMPORT).exit == 10
        assert desk(f"{IMPORT} --if-busy skip").exit == 0
    assert desk(IMPORT).exit == 0
