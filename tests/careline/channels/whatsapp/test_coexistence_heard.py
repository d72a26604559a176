"""What the phone that shares the number brings, and what customers want to be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from careline.channels.whatsapp.hear import hear
from careline.clock import MINUTE, SECOND
from careline.heard import Heard, HeardAct, HeardEcho, HeardNotice
from careline.model import Contact, Conversation, Message
from careline.queue.chat import story
from careline.store.rebuild import rebuild
from tests.careline.channels.whatsapp.payloads import ANNA, ANNA_USER
from tests.careline.world import NOON, World, wrote

OURS = "390212345678"
AT = NOON // SECOND


def heard(field: str, value: dict[str, Any]) -> list[Heard]:
    metadata = {"display_phone_number": f"+{OURS[:2]} {OURS[2:]}", "phone_number_id": "106"}
    payload = {"entry": [{"id": "1", "changes": [{"field": field, "value": {"metadata": metadata} | value}]}]}
    return hear(json.dumps(payload).encode(), NOON, "106")


def echo(text: str = "Arriva domani", at: int = AT + 60, **more: Any) -> dict[str, Any]:
    item = {"from": OURS, "to": ANNA, "id": "wamid.echo", "timestamp": str(at), "type": "text", "text": {"body": text}}
    return {"message_echoes": [item | more]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.hear("shop-it", wrote(1))
    made.now = NOON + 2 * MINUTE
    yield made
    made.store.close()


@pytest.mark.parametrize(
    ("value", "handle"),
    [
        (echo(), ANNA),
        (echo(**{"from": ANNA, "to": OURS}), ANNA),
        (echo(**{"to": f"+{ANNA}"}), ANNA),
        (echo(to="", to_user_id=ANNA_USER), ANNA_USER),
        (echo(to="") | {"contacts": [{"wa_id": ANNA}]}, ANNA),
    ],
)
def test_an_echo_is_ours_to_the_customer_whichever_way_the_numbers_stand(value: dict[str, Any], handle: str) -> None:
    (said,) = heard("smb_message_echoes", value)
    assert isinstance(said, HeardEcho)
    assert (said.who.handle, said.id, said.kind, said.text, said.at) == (
        handle,
        "wamid.echo",
        "text",
        "Arriva domani",
        NOON + MINUTE,
    )


def test_an_echo_answers_the_chat_and_is_heard_once(world: World) -> None:
    for _ in range(2):
        world.hear("shop-it", *heard("smb_message_echoes", echo()))
    chat = world.chat(1)
    assert (chat.state, chat.waiting_since_at, chat.messages_out, chat.first_response_at) == ("open", None, 1, NOON + MINUTE)
    assert [(line.actor, line.message.text) for line in story(world.store, chat) if line.message] == [
        ("customer", "text 1"),
        ("human:phone", "Arriva domani"),
    ]
    assert not any(rebuild(world.store, check=True).differing.values())


def test_an_echo_of_before_does_not_answer_what_came_after(world: World) -> None:
    world.hear("shop-it", wrote(2, at=NOON + 90 * SECOND))
    world.hear("shop-it", *heard("smb_message_echoes", echo()))
    assert world.chat(1).waiting_since_at == NOON + 90 * SECOND


def test_a_reaction_on_the_phone_answers_nothing(world: World) -> None:
    value = echo(type="reaction", reaction={"message_id": "wamid.1", "emoji": "👍"})
    world.hear("shop-it", *heard("smb_message_echoes", value))
    assert world.chat(1).waiting_since_at == NOON


def test_an_echo_to_a_stranger_begins_a_chat_that_waits_for_them(world: World) -> None:
    world.hear("shop-it", *heard("smb_message_echoes", echo(to="393339999999")))
    (chat,) = world.store.select(Conversation, "WHERE id > 1")
    assert (chat.state, chat.source) == ("pending", "us")


def test_statuses_of_an_echo_find_it(world: World) -> None:
    world.hear("shop-it", *heard("smb_message_echoes", echo()))
    status = {"id": "wamid.echo", "status": "read", "timestamp": str(AT + 70), "recipient_id": ANNA}
    world.hear("shop-it", *heard("messages", {"statuses": [status]}))
    (message,) = world.store.select(Message, "WHERE direction = 'out'")
    assert message.state == "read"


@pytest.mark.parametrize("word", ["stop", "resume", "signup"])
def test_what_a_customer_wants_to_be_sent_is_an_act_of_theirs(word: str, world: World) -> None:
    item = {"wa_id": ANNA, "category": "marketing_messages", "value": word, "detail": "Anna said so", "timestamp": AT}
    (said,) = heard("user_preferences", {"user_preferences": [item], "contacts": [{"wa_id": "393330000000"}]})
    assert isinstance(said, HeardAct)
    assert (said.who.handle, said.kind, said.opens, said.at) == (ANNA, f"marketing_messages_{word}", "", NOON)
    assert json.loads(said.raw) == item
    for _ in range(2):
        world.hear("shop-it", said)
    assert world.store.count(Contact) == 1
    assert [line.words for line in story(world.store, world.chat(1)) if line.words] == [f"marketing_messages_{word}"]


def test_a_preference_of_nobody_is_kept(world: World) -> None:
    (said,) = heard("user_preferences", {"user_preferences": [{"value": "stop"}]})
    assert isinstance(said, HeardNotice)
