"""What becomes of what a platform tells us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.events import CodeCreated, ConversationResolved, Entry
from careline.heard import HeardAct, HeardStatus, Who
from careline.model import Code, Contact, Conversation, Identity, Message, Problem
from careline.rules.decide import outgoing
from careline.rules.window import best, windows
from tests.careline.world import ANNA, LIWEI, NOON, World, wrote


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def test_a_first_message_makes_a_contact_a_chat_and_somebody_who_waits(world: World) -> None:
    world.hear("shop-it", wrote(1))
    chat = world.chat(1)
    contact = world.store.get(Contact, chat.contact)
    assert contact is not None
    assert (contact.name, chat.state, chat.waiting_since_at, chat.messages_in) == ("Anna", "new", NOON, 1)


def test_the_same_message_twice_is_one_message(world: World) -> None:
    world.hear("shop-it", wrote(1), wrote(1), wrote(1))
    assert (world.store.count(Message), world.store.count(Conversation)) == (1, 1)


def test_two_people_are_two_chats_and_two_messages_of_one_are_one(world: World) -> None:
    world.hear("shop-it", wrote(1), wrote(2), wrote(3, Who("39340", "wa_phone")))
    assert world.store.count(Conversation) == 2


def test_somebody_known_by_phone_is_recognised_by_the_bsuid_that_came_with_it(world: World) -> None:
    both = replace(ANNA, others=(("wa_bsuid", "IT.77"),))
    world.hear("shop-it", wrote(1, both), wrote(2, Who("IT.77", "wa_bsuid")))
    assert world.store.count(Contact) == 1
    assert world.message(2).conversation == 1


def test_a_bsuid_without_a_phone_is_a_person_like_any_other(world: World) -> None:
    world.hear("shop-it", wrote(1, Who("IT.42", "wa_bsuid", username="anna")))
    identity = world.store.get(Identity, "shop-it", "IT.42")
    assert identity is not None
    assert (identity.phone, identity.username) == ("", "anna")


def test_the_window_follows_the_platforms_time_whatever_the_order(world: World) -> None:
    world.hear("shop-it", wrote(2, at=NOON + HOUR), wrote(1, at=NOON))
    identity = world.store.get(Identity, "shop-it", ANNA.handle)
    assert identity is not None
    window = best(windows(identity), NOON + 2 * HOUR)
    assert window is not None
    assert window.ends_at == NOON + 25 * HOUR


def test_a_reaction_opens_the_window_and_makes_nobody_wait(world: World) -> None:
    world.hear("shop-it", wrote(1, asks=False))
    assert world.chat(1).waiting_since_at is None
    identity = world.store.get(Identity, "shop-it", ANNA.handle)
    assert identity is not None
    assert windows(identity) != ()


def test_a_resolved_chat_goes_on_within_a_day_and_a_new_one_begins_after(world: World) -> None:
    world.hear("shop-it", wrote(1))
    done = Entry(event=ConversationResolved(), channel="shop-it", conversation=1, contact=1, occurred_at=NOON)
    world.record(done)
    world.now = NOON + DAY - 1
    world.hear("shop-it", wrote(2, at=world.now))
    assert (world.chat(1).state, world.chat(1).reopened) == ("open", 1)
    world.record(replace(done, occurred_at=world.now))
    world.now += DAY
    world.hear("shop-it", wrote(3, at=world.now))
    assert (world.message(3).conversation, world.chat(2).previous) == (2, 1)


def test_a_follow_by_a_code_is_counted_and_the_chat_that_begins_came_by_it(world: World) -> None:
    code = CodeCreated(scene_key="s:shop-012", scene="shop-012", url="u", ticket="t1")
    world.record(Entry(event=code, channel="brand-cn", occurred_at=NOON))
    act = HeardAct(key="f", at=NOON, who=LIWEI, kind="follow", opens="follow", scene="shop-012", ticket="t1")
    world.hear("brand-cn", act, wrote(1, LIWEI, NOON + MINUTE))
    found = world.store.get(Code, "brand-cn", "s:shop-012")
    assert found is not None
    assert (found.scans, found.follows, found.chats) == (1, 1, 1)
    assert (world.chat(1).source, world.chat(1).scene) == ("code", "shop-012")


def test_a_numeric_and_a_text_scene_of_the_same_letters_are_told_apart_by_their_ticket(world: World) -> None:
    for key, ticket in (("s:7", "text"), ("n:7", "number")):
        code = CodeCreated(scene_key=key, scene="7", numeric=key[0] == "n", url="u", ticket=ticket)
        world.record(Entry(event=code, channel="brand-cn", occurred_at=NOON))
    world.hear("brand-cn", HeardAct(key="a", at=NOON, who=LIWEI, kind="scan", opens="scan", scene="7", ticket="number"))
    found = world.store.get(Code, "brand-cn", "n:7")
    assert found is not None
    assert found.scans == 1


def test_a_whatsapp_message_that_begins_as_a_code_says_came_by_that_code(world: World) -> None:
    code = CodeCreated(scene_key="s:window", scene="window", url="u", text="Hello from the window.")
    world.record(Entry(event=code, channel="shop-it", occurred_at=NOON))
    world.hear("shop-it", replace(wrote(1), text="Hello from the window. Are you open?"))
    assert world.chat(1).scene == "window"


def test_a_persons_answer_ends_the_wait_once_the_platform_has_it_and_not_before(world: World) -> None:
    world.hear("shop-it", wrote(1))
    world.now = NOON + MINUTE
    message = world.send("shop-it", ANNA, "hello")
    assert world.chat(1).waiting_since_at == NOON
    world.settle(outgoing.accepted(message, "wamid.out", world.now))
    chat = world.chat(1)
    assert (chat.waiting_since_at, chat.state, chat.first_response_at, chat.agent) == (None, "open", NOON + MINUTE, "mei")


def test_a_script_never_answers_anybody(world: World) -> None:
    world.hear("shop-it", wrote(1))
    world.settle(outgoing.accepted(world.send("shop-it", ANNA, "sent", actor="auto:send"), "wamid.out", NOON))
    assert (world.chat(1).waiting_since_at, world.chat(1).state) == (NOON, "new")


def test_what_was_written_while_the_answer_was_under_way_still_waits(world: World) -> None:
    world.hear("shop-it", wrote(1))
    message = world.send("shop-it", ANNA, "hello")
    world.hear("shop-it", wrote(2, at=NOON + SECOND))
    world.settle(outgoing.accepted(message, "wamid.out", NOON))
    assert world.chat(1).waiting_since_at == NOON + SECOND


def test_an_answer_that_fails_after_all_makes_the_customer_wait_again(world: World) -> None:
    world.hear("shop-it", wrote(1))
    message = world.send("shop-it", ANNA, "hello")
    world.settle(outgoing.accepted(message, "wamid.out", NOON))
    error = Problem("window_closed", "Re-engagement message", 7, "131047")
    world.hear("shop-it", HeardStatus(key="s", at=NOON + MINUTE, id="wamid.out", state="failed", error=error))
    chat = world.chat(1)
    assert (chat.waiting_since_at, chat.first_response_at, chat.messages_out) == (NOON, None, 0)
    assert (world.message(2).state, world.message(2).error) == ("failed", error)


@pytest.mark.parametrize("order", [("sent", "delivered", "read"), ("read", "sent", "delivered"), ("delivered", "read", "sent")])
def test_a_status_never_goes_back(world: World, order: tuple[str, ...]) -> None:
    world.hear("shop-it", wrote(1))
    world.settle(outgoing.accepted(world.send("shop-it", ANNA, "hello"), "wamid.out", NOON))
    for n, state in enumerate(order):
        world.hear("shop-it", HeardStatus(key=state, at=NOON + n, id="wamid.out", state=state))
    assert world.message(2).state == "read"


def test_a_status_that_overtakes_our_own_note_waits_for_it(world: World) -> None:
    world.hear("shop-it", wrote(1))
    message = world.send("shop-it", ANNA, "hello")
    world.hear("shop-it", HeardStatus(key="d", at=NOON + 1, id="wamid.out", state="delivered"))
    assert world.message(2).state == "sending"
    world.settle(outgoing.accepted(message, "wamid.out", NOON + 2))
    assert (world.message(2).state, world.message(2).delivered_at) == ("delivered", NOON + 1)


def test_a_status_with_our_own_id_settles_what_was_unknown(world: World) -> None:
    from careline.errors import Unknown

    world.hear("shop-it", wrote(1))
    message = world.send("shop-it", ANNA, "hello")
    world.settle(outgoing.unknown(message, Unknown("no answer"), NOON))
    assert world.chat(1).waiting_since_at == NOON
    ours = outgoing.ours(message.id, world.store.store_id)
    world.hear("shop-it", HeardStatus(key="d", at=NOON + 1, id="wamid.out", state="delivered", ours=ours))
    assert (world.message(2).state, world.message(2).platform_id, world.chat(1).waiting_since_at) == (
        "delivered",
        "wamid.out",
        None,
    )


def test_the_same_number_of_another_store_is_not_our_message(world: World) -> None:
    world.hear("shop-it", wrote(1))
    message = world.send("shop-it", ANNA, "hello")
    world.hear("shop-it", HeardStatus(key="d", at=NOON, id="x", state="read", ours=f"m{message.id}@00000000"))
    assert world.message(2).state == "sending"


def test_content_stays_apart_from_data(world: World) -> None:
    world.hear("shop-it", wrote(1))
    world.send("shop-it", ANNA, "a secret word")
    found = world.store._writer.execute("SELECT group_concat(data) FROM event").get
    for personal in ("Anna", "39333", "text 1", "wamid", "a secret word"):
        assert personal not in found


def test_a_foolish_time_opens_no_window_for_ever(world: World) -> None:
    """A platform's clock may be some minutes ahead, not three thousand years."""
    world.hear("shop-it", wrote(1, ANNA, NOON + 5 * MINUTE), wrote(2, ANNA, NOON + 3000 * 365 * DAY))
    identity = world.store.get(Identity, "shop-it", ANNA.handle)
    assert identity is not None
    assert windows(identity)[0].ends_at == NOON + 5 * MINUTE + 24 * HOUR
    assert world.message(2).occurred_at == NOON
