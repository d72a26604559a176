"""`careline inbound`: what could not be applied is seen, applied again or thrown away, and nothing changes twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from careline.line import Careline
from careline.model import ROWS, Message
from careline.receiving.apply import Applier
from careline.settings import Settings
from tests.commands.desk import AT, Shop

TEXT = (
    '{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":'
    '"whatsapp","metadata":{"phone_number_id":"1"},"contacts":[{"wa_id":"393331234567","profile":{"name":"Anna"}}],"messages":'
    '[{"from":"393331234567","id":"wamid.%d","timestamp":"1772798400","type":"text","text":{"body":"ciao"}}]}}]}]}'
)


@pytest.fixture
def fed(shop: Shop, tmp_path: Path) -> Shop:
    """Two webhooks that were applied, and one that could not be."""
    shop.store.inbound.put([("shop-it", AT, (TEXT % n).encode()) for n in (1, 2)] + [("shop-it", AT + 1, b"rubbish")])
    line = Careline.open(Settings.load({}, {}, tmp_path))
    applier = Applier(shop.store, line.hear, line.policy, lambda received, why: None)
    while applier.apply_some():
        pass
    assert shop.store.inbound.counts() == {"new": 0, "applied": 2, "dead": 1}
    return shop


def test_the_list_shows_the_newest_first_and_why_one_is_dead(fed: Shop) -> None:
    found = fed.json("inbound list")
    assert [(r["id"], r["state"]) for r in found] == [("3", "dead"), ("2", "applied"), ("1", "applied")]
    assert "cannot be read" in found[0]["error"]
    assert [r["id"] for r in fed.json("inbound list --state dead")] == ["3"]
    fed.refused("inbound list --state gone", 2)


def test_one_is_shown_with_its_body(fed: Shop) -> None:
    found = fed.json("inbound show 1")
    assert json.loads(found["body"])["entry"][0]["id"] == "1"
    fed.refused("inbound show 99", 5)


def test_replaying_everything_changes_nothing(fed: Shop) -> None:
    before = [list(fed.store.select(kind)) for kind in ROWS], fed.store.last_seq()
    assert fed.json("inbound replay --state applied") == {"payloads": 2, "events": 0, "known": 2, "dead": 0}
    assert ([list(fed.store.select(kind)) for kind in ROWS], fed.store.last_seq()) == before


def test_a_dead_one_that_still_cannot_be_applied_is_exit_3_and_stays_dead(fed: Shop) -> None:
    assert fed("inbound replay 3").exit == 3
    assert fed.store.inbound.counts()["dead"] == 1


def test_a_dead_one_that_can_be_applied_now_lives(fed: Shop) -> None:
    fed.store.inbound.put([("shop-it", AT, (TEXT % 7).encode())])
    fed.store.inbound.bury(4, "an older careline could not read it")
    fed.store.change(lambda change: change.mark_applied([4]))
    assert fed.json("inbound replay 4")["events"] == 1
    assert fed.store.inbound.counts() == {"new": 0, "applied": 3, "dead": 1}
    assert fed.store.count(Message) == 3


def test_what_to_replay_must_be_said_and_new_ones_are_left_to_the_receiver(fed: Shop) -> None:
    fed.store.inbound.put([("shop-it", AT, (TEXT % 8).encode())])
    for words in ("replay", "replay 1 --state dead", "replay --state new", "replay 4", "drop 4 --yes"):
        fed.refused(f"inbound {words}", 2)
    assert fed.store.inbound.counts()["new"] == 1


def test_dropping_needs_a_yes_and_then_it_is_gone(fed: Shop) -> None:
    assert "--yes" in fed.refused("inbound drop 3", 2)["hint"]
    planned = fed("inbound drop 3 --dry-run")
    assert (planned.exit, planned.stdout, planned.stderr) == (0, "", "Would delete 1 webhook, 1 of them never applied.\n")
    assert fed.store.inbound.counts()["dead"] == 1
    fed.done("inbound drop 3 --yes")
    assert fed.store.inbound.counts() == {"new": 0, "applied": 2, "dead": 0}


def test_numbers_come_from_a_pipe_too_each_once_and_none_is_too_large(fed: Shop) -> None:
    assert fed.json("inbound drop - 3 --yes", input="3\n3\n") == {"dropped": 1, "dead": 1}
    fed.refused("inbound show 99999999999999999999999", 5)
    fed.refused("inbound show three", 2)
    assert fed.json("inbound replay 1 1 1 --dry-run")["payloads"] == 1
