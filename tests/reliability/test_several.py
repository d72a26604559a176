"""Several receivers on one store: what arrives at both at once is one story, told once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

from bench import payloads
from bench.crash import Findings, examine, settle
from bench.house import CHANNEL, PATH, House
from bench.servers import serving
from careline.events import MessageReceived, StatusReported
from careline.heard import Who
from careline.model import Conversation, Message
from careline.rules.decide import outgoing
from careline.rules.decide.people import find_identity
from careline.store.base import Change
from tests.reliability.pushes import news, post

RECEIVE = ["careline", "receive", "--port", "0"]
ANNA = Who("393331234567", "wa_phone")
ORDERS = list(permutations(("sent", "delivered", "read")))


def image(number: int) -> bytes:
    """One picture of an album: each comes as a webhook of its own, all within a moment."""
    picture = {"id": f"{number}", "mime_type": "image/jpeg", "sha256": "3q2+7w=="}
    about = {"from": ANNA.handle, "id": payloads.wamid(number), "timestamp": f"{int(time.time())}", "type": "image"}
    contact = {"profile": {"name": "Anna"}, "wa_id": ANNA.handle}
    return news(contacts=[contact], messages=[about | {"image": picture}])


def status(number: int, state: str) -> bytes:
    """What became of our message with that number."""
    about = {"id": f"wamid.out{number}", "status": state, "timestamp": f"{int(time.time())}", "recipient_id": ANNA.handle}
    return news(statuses=[about])


def answered(house: House) -> int:
    """Send an answer that the platform has accepted under ``wamid.out<number>``; its number."""
    channel = house.line.channel(CHANNEL)

    def decide(change: Change) -> int:
        recipient = outgoing.Recipient(ANNA.handle, ANNA.kind, find_identity(change.rows, CHANNEL, ANNA.handle))
        wish = outgoing.Wish(kind="text", actor="human:mei", text="Ecco!")
        committed = outgoing.decide(wish, recipient, channel, change.rows, lambda number: "{}", "h/b/1/1", change.now)
        change.record(committed.entries)
        message = change.rows.get(Message, committed.message)
        assert message is not None
        change.record([outgoing.accepted(message, f"wamid.out{message.id}", change.now)])
        return message.id

    return house.line.store.change(decide)


def test_an_album_and_its_answers_come_through_two_receivers_as_one_chat_told_once(house: House) -> None:
    store = house.line.store
    with serving(RECEIVE, house.env) as one, serving(RECEIVE, house.env) as other, ThreadPoolExecutor(10) as platform:
        ports = (one.port, other.port)

        def everywhere(bodies: list[bytes]) -> None:
            pushes = [(ports[n % 2], PATH, body) for n, body in enumerate(bodies)]
            pushes += [(ports[(n + 1) % 2], PATH, body) for n, body in enumerate(bodies)]  # and each again, to the other
            assert {found[0] for found in platform.map(lambda push: post(*push), pushes)} == {200}
            settle(house)

        everywhere([image(number) for number in range(10)])
        assert (store.count(Message), store.count(Conversation)) == (10, 1)
        answers = [answered(house) for _ in ORDERS]
        everywhere([status(number, state) for number, order in zip(answers, ORDERS, strict=True) for state in order])
    assert [m.state for m in store.select(Message, "WHERE direction = 'out'")] == ["read"] * len(ORDERS)
    told = [type(entry.event) for entry in store.entries()]
    assert (told.count(MessageReceived), told.count(StatusReported)) == (10, 3 * len(ORDERS))
    found = Findings()
    examine(house, set(range(10)), found)
    assert found.clean, found


def test_when_the_receiver_that_applies_dies_the_other_goes_on(house: House) -> None:
    with serving(RECEIVE, house.env) as one:
        assert post(one.port, PATH, image(0))[0] == 200
        settle(house)
        with serving(RECEIVE, house.env) as other:
            one.process.kill()
            one.process.wait()
            began = time.monotonic()
            assert post(other.port, PATH, image(1))[0] == 200
            settle(house)
            assert time.monotonic() - began < 5
    assert house.line.store.count(Message) == 2
