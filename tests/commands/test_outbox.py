"""`careline outbox`: what was sent and what became of it."""

from __future__ import annotations

import pytest

from careline.clock import MINUTE, SECOND
from careline.errors import NotSent, Refused, Unknown
from careline.rules.decide import outgoing
from tests.careline.world import ANNA, LIWEI, wrote
from tests.commands.desk import AT, Shop, checked


@pytest.fixture
def sent(shop: Shop) -> Shop:
    """m3 was accepted, m4 refused, m5 is unknown, m6 was not sent."""
    shop.hear("shop-it", wrote(1, ANNA, AT))
    shop.hear("brand-cn", wrote(2, LIWEI, AT))
    shop.settle(outgoing.accepted(shop.send("shop-it", ANNA, "ok"), "wamid.3", shop.now))
    refusal = Refused("no such person", platform_code="131026", trace_id="A1")
    shop.settle(outgoing.failed(shop.send("shop-it", ANNA, "refused"), refusal, shop.now))
    shop.settle(outgoing.unknown(shop.send("brand-cn", LIWEI, "unknown"), Unknown("no answer"), shop.now))
    shop.settle(outgoing.failed(shop.send("brand-cn", LIWEI, "not sent"), NotSent("no network"), shop.now))
    return shop


def test_list_shows_the_newest_first_with_the_platforms_code(sent: Shop) -> None:
    sent.at(AT + 3 * MINUTE)
    assert sent.screen("outbox list").splitlines() == [
        "MESSAGE  STATE     CHANNEL   CONTACT  CHAT  KIND  WHEN       CODE    ERROR",
        "m6       failed    brand-cn  c2       2     text  3 min ago          no network",
        "m5       unknown   brand-cn  c2       2     text  3 min ago          no answer",
        "m4       failed    shop-it   c1       1     text  3 min ago  131026  no such pe…",
        "m3       accepted  shop-it   c1       1     text  3 min ago",
    ]


def test_every_message_is_a_whole_record(sent: Shop) -> None:
    records = [checked("message", record) for record in sent.json("outbox list")]
    assert [record["direction"] for record in records] == ["out"] * 4
    assert records[2]["error"] == {
        "code": "refused",
        "message": "no such person",
        "exit": 6,
        "platform_code": "131026",
        "trace_id": "A1",
    }


def test_state_chooses_and_an_unknown_one_names_those_there_are(sent: Shop) -> None:
    assert sent.done("outbox list --state unknown,failed -o ids").stdout == "m6\nm5\nm4\n"
    assert sent.done("outbox list --state delivered").stdout == ""
    assert "unknown" in sent.refused("outbox list --state lost", 2)["hint"]


def test_show_says_what_stopped_it(sent: Shop) -> None:
    shown = sent.screen("outbox show m4").splitlines()
    assert [line.split(None, 1)[1] for line in shown if line.startswith(("state ", "code ", "error ", "text "))] == [
        "failed",
        "refused",
        "131026",
        "no such person",
    ]
    assert checked("message", sent.json("outbox show m4"))["id"] == "m4"


@pytest.mark.parametrize(("name", "exit"), [("m1", 5), ("m99", 5), ("4", 2), ("c4", 2), ("mm", 2)])
def test_only_messages_of_ours_are_shown(sent: Shop, name: str, exit: int) -> None:
    assert sent(f"outbox show {name}").exit == exit


def test_an_empty_outbox_says_so(shop: Shop) -> None:
    result = shop("outbox list", terminal=True)
    assert (result.exit, result.stdout, result.stderr) == (0, "", "Nothing was sent yet.\n")


def test_a_message_whose_sender_died_is_unknown_to_whoever_looks(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    shop.send("shop-it", ANNA, "on its way")
    assert shop.json("outbox list")[0]["state"] == "sending"
    shop.at(AT + 3 * MINUTE)
    record = shop.json("outbox show m2")
    assert (record["state"], record["error"]["code"], record["error"]["exit"]) == ("unknown", "sender_died", 12)


def test_a_long_list_is_cut_on_a_terminal(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    for _ in range(31):
        shop.settle(outgoing.accepted(shop.send("shop-it", ANNA, "ok"), "", shop.now + SECOND))
    assert shop("outbox list", terminal=True).stderr == "30 of 31, --all for the rest\n"
