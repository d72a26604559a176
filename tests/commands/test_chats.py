"""`careline chats`: listed, read as they were written, resolved."""

from __future__ import annotations

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.errors import Unknown
from careline.events import CodeCreated, Entry
from careline.heard import HeardAct, Who
from careline.rules.decide import outgoing
from tests.careline.world import ANNA, LIWEI, wrote
from tests.commands.desk import AT, Desk, Shop, checked

WANG = Who("oWang", "wechat_openid", name="王小明")


def answered(shop: Shop, channel: str, who: Who, text: str) -> None:
    message = shop.send(channel, who, text)
    shop.settle(outgoing.accepted(message, f"wamid.out{message.id}", shop.now))


def by_code(shop: Shop) -> None:
    """Wang comes by the code shop-012, asks, and mei answers."""
    shop.record(
        Entry(event=CodeCreated(scene_key="s:shop-012", scene="shop-012", url="http://q/1"), channel="brand-cn", occurred_at=AT)
    )
    scan = HeardAct(key="scan", at=AT - 3 * MINUTE, who=WANG, kind="follow", opens="follow", scene="shop-012", ticket="")
    shop.hear("brand-cn", scan, wrote(1, WANG, AT - 2 * MINUTE))
    answered(shop, "brand-cn", WANG, "您好!\n请问订单号是多少?")
    shop.at(AT + MINUTE + 10 * SECOND)


def test_a_chat_on_a_terminal_is_a_story(shop: Shop) -> None:
    by_code(shop)
    assert shop.screen("chats show 1").splitlines() == [
        "1 · 王小明 (c1) · brand-cn · WeChat · open · mei · priority normal",
        "came by code shop-012, Fri 6 Mar 11:58",
        "window open for 47 h 56 min, 4 of 5 left      first response 2 min",
        "",
        "Friday 6 March",
        "  11:57  王小明 ·  followed by code shop-012",
        "  11:58  王小明    text 1",
        "  12:00  mei ·     taken by mei",
        "  12:00  mei       您好! 请问订单号是多少?   accepted",
    ]


def test_somebody_without_a_name_is_called_by_their_number_once(shop: Shop) -> None:
    shop.hear("brand-cn", wrote(1, LIWEI, AT))
    lines = shop.screen("chats show 1").splitlines()
    assert lines[0] == "1 · c1 · brand-cn · WeChat · new · nobody · priority normal"
    assert lines[-1] == 'answer: careline reply 1 "…"'


def test_the_story_is_told_in_the_zone_asked_for_day_by_day(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT), wrote(2, ANNA, AT + 11 * HOUR))
    shop.at(AT + DAY)
    shown = shop.screen("chats show 1 --tz Europe/Rome")
    assert "\nFriday 6 March\n  13:00  Anna  text 1\n\nSaturday 7 March\n  00:00  Anna  text 2\n" in shown


def test_a_failed_and_an_unknown_message_say_so(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT - SECOND))
    message = shop.send("shop-it", ANNA, "Ciao")
    shop.settle(outgoing.unknown(message, Unknown("no answer"), shop.now))
    assert "  mei    Ciao   unknown\n" in shop.screen("chats show 1")


def test_in_a_pipe_the_story_is_a_line_each_with_whole_times(shop: Shop) -> None:
    by_code(shop)
    rows = [line.split("\t") for line in shop.done("chats show 1").stdout.splitlines()]
    assert [row[1:4] for row in rows] == [
        ["customer", "event", "followed by code shop-012"],
        ["customer", "text", "text 1"],
        ["human:mei", "event", "taken by mei"],
        ["human:mei", "text", "您好! 请问订单号是多少?"],
    ]
    assert rows[1][0] == "2026-03-06T11:58:20Z"


def test_json_is_the_chat_with_its_messages_all_whole_records(shop: Shop) -> None:
    by_code(shop)
    chat = checked("conversation", shop.json("chats show 1"))
    assert [checked("message", message)["text"] for message in chat["messages"]] == ["text 1", "您好!\n请问订单号是多少?"]
    assert (chat["source"], chat["scene"], chat["contact"], chat["identity"]) == ("code", "shop-012", "c1", "oWang")
    checked("window", chat["window"])


def test_last_shows_the_last_lines_in_every_form(shop: Shop) -> None:
    shop.hear("shop-it", *(wrote(n, ANNA, AT - (10 - n) * SECOND) for n in range(5)))
    assert "text 2" not in shop.screen("chats show 1 --last 2")
    assert [line.split("\t")[3] for line in shop.done("chats show 1 --last 2").stdout.splitlines()] == ["text 3", "text 4"]
    assert [m["text"] for m in shop.json("chats show 1 --last 2")["messages"]] == ["text 3", "text 4"]
    assert shop("chats show 1 --last 0").exit == 2


def test_an_unknown_chat_is_exit_5_and_no_chat_at_all_exit_2(shop: Shop) -> None:
    assert shop.refused("chats show 7", 5)["code"] == "unknown_chat"
    for name in ("c7", "x", "-7"):
        assert shop(f"chats show -- {name}").exit == 2


# The list


def test_list_shows_open_chats_the_newest_first(shop: Shop) -> None:
    shop.hear("brand-cn", wrote(1, WANG, AT - 38 * MINUTE))
    shop.hear("shop-it", wrote(2, ANNA, AT - 2 * MINUTE))
    answered(shop, "shop-it", ANNA, "Ciao")
    shop.at(AT + 10 * SECOND)
    assert shop.screen("chats list").splitlines() == [
        "CHAT  CHANNEL   CUSTOMER  STATE  AGENT  WAITS   WINDOW  LEFT  IN  OUT",
        "2     shop-it   Anna      open   mei           23h 57m         1    1",
        "1     brand-cn  王小明    new             38m  47h 21m   5/5   1    0",
    ]


def test_every_chat_is_a_whole_record(shop: Shop) -> None:
    by_code(shop)
    shop.hear("shop-it", wrote(2, ANNA, AT))
    for record in shop.json("chats list"):
        checked("conversation", record)


def test_a_chat_that_goes_on_from_an_earlier_one_names_it(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    shop.done("chats resolve 1")
    shop.at(AT + 2 * DAY)
    shop.hear("shop-it", wrote(2, ANNA, shop.now))
    (chat,) = shop.json("chats list")
    assert checked("conversation", chat)["previous"] == "1"
    assert "\nbefore  1\n" in shop.screen("chats show 2")


def test_filters_choose_state_channel_and_agent(shop: Shop) -> None:
    shop.hear("brand-cn", wrote(1, WANG, AT))
    shop.hear("shop-it", wrote(2, ANNA, AT))
    answered(shop, "shop-it", ANNA, "Ciao")
    shop.done("chats resolve 1")

    def ids(more: str) -> list[str]:
        return shop.done(f"chats list {more} -o ids").stdout.split()

    assert ids("") == ["2"]
    assert ids("--state all") == ["2", "1"]
    assert ids("--state resolved,new") == ["1"]
    assert ids("--state all --channel brand-cn") == ["1"]
    assert ids("--state all --agent mei") == ["2"]
    assert ids("--state all --agent none") == ["1"]
    error = shop.refused("chats list --state closed", 2)
    assert error["hint"] == "There are: new, open, pending, resolved, or all."


def test_a_long_list_is_cut_on_a_terminal_and_an_empty_one_says_so(shop: Shop) -> None:
    assert shop("chats list", terminal=True).stderr == "No chat is open.\n"
    for number in range(32):
        shop.hear("shop-it", wrote(number, Who(f"39333{number:07}", "wa_phone"), AT))
    assert shop("chats list", terminal=True).stderr == "30 of 32, --all for the rest\n"
    assert len(shop.json("chats list")) == 32


# Resolving


def test_resolving_ends_the_wait_and_keeps_what_it_was_about(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    result = shop.done("chats resolve 1 --category returns --summary 'Gets a label'", env={"CARELINE_AGENT": "mei"})
    assert result.stderr == "chat 1 resolved\n"
    chat = shop.json("chats show 1")
    assert (chat["state"], chat["category"], chat["summary"]) == ("resolved", "returns", "Gets a label")
    assert shop.json("queue list") == []
    assert "  mei ·  resolved returns\n" in shop.screen("chats show 1")


def test_resolving_twice_is_done(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    shop.done("chats resolve 1")
    before = shop.store.last_seq()
    assert shop.done("chats resolve 1").stderr == "chat 1 was resolved already\n"
    assert shop.store.last_seq() == before


def test_several_chats_come_from_stdin_and_one_that_is_not_there_resolves_none(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    shop.hear("brand-cn", wrote(2, WANG, AT))
    assert shop.refused("chats resolve 1 2 99", 5)["code"] == "unknown_chat"
    assert len(shop.json("chats list")) == 2
    shop.done("chats resolve -", input="1\n2\n")
    assert shop.json("chats list") == []


def test_a_dry_run_resolves_nothing(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    assert shop.done("chats resolve 1 -n").stderr == "Would resolve 1, now new.\n"
    assert shop.json("chats show 1")["state"] == "new"


def test_the_customers_next_message_opens_a_resolved_chat_again(desk: Desk) -> None:
    desk.register("shop-it")
    desk.anna_writes()
    desk.done("chats resolve 1")
    desk.anna_writes("Ancora una cosa")
    (chat,) = desk.json("chats list")
    assert (chat["id"], chat["reopened"], chat["messages_in"]) == ("1", 1, 2)
