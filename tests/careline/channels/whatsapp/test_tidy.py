"""The quick way of reading a text message says what the careful way says, or says nothing."""

from __future__ import annotations

import contextlib
import json
from random import Random
from typing import Any

import pytest

from bench.fuzz_spoil import spoiled
from careline.channels.whatsapp.hear import hear
from careline.channels.whatsapp.tidy import one_text

NOON = 1_772_798_400
MESSAGE = {"from": "393331234567", "id": "wamid.1", "timestamp": str(NOON), "type": "text", "text": {"body": "Ciao 🙂"}}
CONTACT = {"profile": {"name": "Anna"}, "wa_id": "393331234567"}
USERNAME = {"profile": {"name": "Anna", "username": "@anna"}, "wa_id": "393331234567", "user_id": "IT.1"}


def body(message: dict[str, Any] = MESSAGE, contact: dict[str, Any] = CONTACT, **value: Any) -> bytes:
    whole = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "1"},
        "contacts": [contact],
        "messages": [message],
    }
    entry = {"id": "2", "changes": [{"field": "messages", "value": whole | value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


TIDY = [
    body(),
    body(MESSAGE | {"from_user_id": "IT.1"}, USERNAME),
    body(MESSAGE | {"from": "IT.1"}, USERNAME),
    body(MESSAGE | {"from": "5511999998888"}, CONTACT | {"wa_id": "551199998888"}),
    body(MESSAGE | {"text": {"body": "a\x00b \\u0000"}}),
]
ODD = [
    body(MESSAGE | {"context": {"id": "wamid.0", "from": "1"}}),
    body(MESSAGE | {"type": "image", "image": {"id": "1"}}),
    body(MESSAGE | {"referral": {"source_type": "ad"}}),
    body(MESSAGE | {"group_id": "g"}),
    body(MESSAGE | {"timestamp": "soon"}),
    body(MESSAGE | {"timestamp": NOON}),
    body(MESSAGE | {"id": " "}),
    body(statuses=[{"id": "wamid.2", "status": "sent"}]),
    body(messages=[MESSAGE, MESSAGE | {"id": "wamid.2"}]),
    body(metadata={"phone_number_id": "9"}),
]


@pytest.mark.parametrize("payload", TIDY)
def test_a_text_message_is_read_alike_both_ways(payload: bytes) -> None:
    assert [one_text(payload, "1")] == hear(payload, NOON, "1")


@pytest.mark.parametrize("payload", ODD)
def test_what_is_different_is_left_to_the_careful_way(payload: bytes) -> None:
    assert one_text(payload, "1") is None


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_spoilt_is_read_alike_or_left(seed: int) -> None:
    die, read = Random(seed), 0
    for _ in range(1500):
        payload = spoiled(die, die.choice(TIDY), ODD)
        quick = one_text(payload, "1")
        if quick is not None:
            read += 1
            with contextlib.suppress(ValueError):  # rubbish in a part that nobody asks for: the careful way takes all or none
                assert [quick] == hear(payload, NOON, "1"), payload
    assert read > 200
