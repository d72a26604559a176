"""The one way out: committed before the first byte, never twice, and honest about what nobody knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from careline.channels.ports import TokenSource
from careline.channels.tencent.door import Door
from careline.channels.wechat.account import MANNERS
from careline.channels.wechat.client import WeChatClient
from careline.channels.whatsapp.client import WhatsAppClient
from careline.channels.whatsapp.graph import Graph
from careline.clock import HOUR, MINUTE
from careline.errors import CarelineError, Exit, Interrupted, Misconfigured, NotFound, OutsideWindow, Usage
from careline.heard import Who
from careline.http import Http
from careline.model import Channel, Identity, Message, TemplateUse
from careline.rules.decide.outgoing import Wish
from careline.rules.window import windows
from careline.sending import outbox
from careline.sending.order import Order
from careline.sending.outbox import deliver, rehearse, settle_dead
from careline.sending.owner import is_dead, this_process
from careline.sending.recipient import recipient
from tests.careline.world import ANNA, LIWEI, NOON, World, wrote

Handler = Callable[[httpx.Request], httpx.Response]
OK = {"messaging_product": "whatsapp", "contacts": [{"input": "x", "wa_id": "y"}], "messages": [{"id": "wamid.out"}]}


class FixedToken(TokenSource):
    async def get(self) -> str:
        return "token"

    async def renew(self, refused: str) -> str:
        return "another"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.hear("shop-it", wrote(1))
    made.hear("brand-cn", wrote(2, LIWEI))
    made.now = NOON + MINUTE
    yield made
    made.store.close()


async def sent(world: World, handler: Handler, order: Order, to: str = "+393331234567", name: str = "shop-it") -> Any:
    channel = world.store.get(Channel, name)
    assert channel is not None
    channel = replace(channel, api_url="http://127.0.0.1:1", phone_number_id="106")
    async with Http(transport=httpx.MockTransport(handler)).client(channel.api_url) as http:
        door = Door(channel, http, FixedToken(), MANNERS)
        client = WhatsAppClient(Graph(channel, http, "token")) if name == "shop-it" else WeChatClient(door)
        return await deliver(world.store, channel, client, order, recipient(to, channel, world.store))


def run(coroutine: Any) -> tuple[Message, CarelineError | None]:
    import asyncio

    found: tuple[Message, CarelineError | None] = asyncio.run(coroutine)
    return found


def text(words: str = "hello", key: str = "", actor: str = "auto:send") -> Order:
    return Order(Wish(kind="text", actor=actor, text=words, send_key=key))


def answers(status: int, body: Any) -> Handler:
    return lambda request: httpx.Response(status, json=body)


def graph_error(code: int, message: str = "no") -> Handler:
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "Atrace"}
    return answers(400, {"error": error})


def used(world: World, channel: str = "brand-cn", handle: str = "oLiwei") -> int:
    identity = world.store.get(Identity, channel, handle)
    assert identity is not None
    return windows(identity)[0].used


def test_the_row_says_sending_and_who_before_the_first_byte_goes_out(world: World) -> None:
    seen: list[tuple[str, str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        (message,) = world.store.select(Message, "WHERE direction = 'out'")
        seen.append((message.state, message.owner, json.loads(message.request)["body"]))
        assert json.loads(json.loads(message.request)["body"]) == json.loads(request.content)
        return httpx.Response(200, json=OK)

    message, error = run(sent(world, handler, text()))
    assert error is None
    assert [s[:2] for s in seen] == [("sending", this_process())]
    assert (message.state, message.platform_id, message.owner) == ("accepted", "wamid.out", "")


def test_our_own_id_goes_along_so_that_a_status_can_be_matched(world: World) -> None:
    bodies: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json=OK)

    message, _ = run(sent(world, handler, text()))
    assert bodies[0]["biz_opaque_callback_data"] == f"m{message.id}@{world.store.store_id}"


def test_the_id_whatsapp_knows_a_customer_by_leads_to_the_one_we_wrote_to(world: World) -> None:
    answer = OK | {"contacts": [{"input": "+5511987654321", "wa_id": "551187654321"}]}
    wish = Wish(kind="template", actor="auto:send", template=TemplateUse("hello", "pt_BR"))
    message, _ = run(sent(world, answers(200, answer), Order(wish), "+5511987654321"))
    world.hear("shop-it", wrote(9, Who("551187654321", "wa_phone"), world.now))
    assert world.message(message.id + 1).contact == message.contact


def test_a_timeout_after_the_request_was_written_leaves_unknown_and_counts_against_the_quota(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    message, error = run(sent(world, handler, text(), "oLiwei", "brand-cn"))
    assert error is not None
    assert (message.state, error.exit) == ("unknown", Exit.NOT_SETTLED)
    assert used(world) == 1


def test_a_connection_that_never_was_is_not_sent_and_gives_the_quota_back(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    message, error = run(sent(world, handler, text(), "oLiwei", "brand-cn"))
    assert error is not None
    assert (message.state, error.exit) == ("failed", Exit.NOT_SENT)
    assert used(world) == 0


def test_one_key_is_one_message(world: World) -> None:
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(200, json=OK)

    first, _ = run(sent(world, handler, text(key="k")))
    second, _ = run(sent(world, handler, text(key="k")))
    assert (first.id, len(calls)) == (second.id, 1)


def test_a_key_cannot_stand_for_another_message(world: World) -> None:
    run(sent(world, answers(200, OK), text(key="k")))
    with pytest.raises(Usage, match="another message"):
        run(sent(world, answers(200, OK), text("other words", key="k")))


def test_an_unknown_outcome_keeps_its_key(world: World) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    run(sent(world, silent, text(key="k")))
    message, error = run(sent(world, answers(200, OK), text(key="k")))
    assert (message.state, error) == ("unknown", None)
    assert world.store.count(Message, "WHERE direction = 'out'") == 1


def test_a_run_that_provably_sent_nothing_leaves_its_key_free(world: World) -> None:
    run(sent(world, graph_error(130429, "Rate limit hit"), text(key="k")))
    message, error = run(sent(world, answers(200, OK), text(key="k")))
    assert (message.state, error) == ("accepted", None)


def test_outside_the_window_nothing_is_written_or_sent(world: World) -> None:
    world.now = NOON + 24 * HOUR
    before = world.store.last_seq()
    with pytest.raises(OutsideWindow) as refusal:
        run(sent(world, answers(200, OK), text()))
    assert (refusal.value.exit, refusal.value.code, world.store.last_seq()) == (Exit.OUTSIDE_WINDOW, "window_closed", before)


def test_outside_the_window_the_template_goes_instead_and_its_key_holds(world: World) -> None:
    world.now = NOON + 25 * HOUR
    wish = Wish(kind="template", actor="auto:send", template=TemplateUse("hello", "it", (("1", "Anna"),)), send_key="k")
    order = Order(text(key="k").wish, outside=wish)
    message, error = run(sent(world, answers(200, OK), order))
    assert (message.kind, message.state, error) == ("template", "accepted", None)
    again, _ = run(sent(world, answers(200, OK), order))
    assert again.id == message.id


def test_the_sixth_message_of_a_wechat_window_is_refused_here(world: World) -> None:
    for _ in range(5):
        message, error = run(sent(world, answers(200, {"errcode": 0, "errmsg": "ok"}), text(), "oLiwei", "brand-cn"))
        assert (message.state, error) == ("accepted", None)
    with pytest.raises(OutsideWindow) as refusal:
        run(sent(world, answers(200, {"errcode": 0}), text(), "oLiwei", "brand-cn"))
    assert refusal.value.code == "quota_used"


@pytest.mark.parametrize(
    ("channel", "to", "answer", "code"),
    [
        ("shop-it", "+393331234567", graph_error(131047, "Re-engagement message"), "131047"),
        ("brand-cn", "oLiwei", answers(200, {"errcode": 45015, "errmsg": "response out of time limit"}), "45015"),
        ("brand-cn", "oLiwei", answers(200, {"errcode": 45047, "errmsg": "out of response count limit"}), "45047"),
    ],
)
def test_a_platform_that_disagrees_is_asked_once_more_and_then_shown_with_both_times(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: str, to: str, answer: Handler, code: str
) -> None:
    monkeypatch.setattr(outbox, "AGAIN_AFTER_S", 0.0)
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return answer(request)

    message, error = run(sent(world, handler, text(), to, channel))
    assert error is not None
    assert (error.code, error.platform_code, len(calls)) == ("platform_disagrees", code, 2)
    assert "by our ledger" in error.hint
    assert "by the platform" in error.hint
    assert (message.state, message.error and message.error.exit) == ("failed", Exit.OUTSIDE_WINDOW)


def test_a_sender_that_died_leaves_unknown_behind_and_whoever_writes_next_says_so(world: World) -> None:
    message = world.send("shop-it", ANNA, "hello")
    assert world.message(message.id).state == "sending"
    world.store._writer.execute("UPDATE message SET owner = ?", (this_process().replace("/", "/x", 1),))
    assert is_dead(world.message(message.id).owner)
    assert settle_dead(world.store) == 1
    assert world.message(message.id).state == "unknown"


def test_a_sender_that_lives_is_left_alone_until_its_lease_ends(world: World) -> None:
    message = world.send("shop-it", ANNA, "hello")
    world.store._writer.execute("UPDATE message SET owner = ?", (this_process(),))
    assert settle_dead(world.store) == 0
    world.now += 3 * MINUTE
    assert settle_dead(world.store) == 1
    assert world.message(message.id).state == "unknown"


def test_a_rehearsal_writes_nothing_and_says_the_same(world: World) -> None:
    channel = world.store.get(Channel, "shop-it")
    assert channel is not None
    channel = replace(channel, phone_number_id="106")
    before = world.store.last_seq()
    who = recipient("+393331234567", channel, world.store)
    planned = rehearse(world.store, channel, WhatsAppClient(Graph(channel, None, "none")), text(), who)  # type: ignore[arg-type]
    assert isinstance(planned, outbox.Sending)
    assert world.store.last_seq() == before
    message, _ = run(sent(world, answers(200, OK), text()))
    assert message.id == planned.message.id
    assert json.loads(message.request)["body"] == planned.request.body


@pytest.mark.parametrize("words", ["", "x" * 5000], ids=["empty", "5,000 characters"])
def test_a_text_that_the_platform_would_refuse_is_refused_before_anything_is_written(world: World, words: str) -> None:
    before = world.store.last_seq()
    for to, name in (("+393331234567", "shop-it"), ("oLiwei", "brand-cn"), ("+393339999999", "shop-it")):
        with pytest.raises(Usage):
            run(sent(world, answers(200, OK), text(words), to, name))
    assert world.store.last_seq() == before


@pytest.mark.parametrize("to", ["393331234567", "0333 1234567", "+39", "+", "c999", "", "\x00"])
def test_nobody_is_guessed(world: World, to: str) -> None:
    channel = world.store.get(Channel, "shop-it")
    assert channel is not None
    with pytest.raises(CarelineError) as refusal:
        recipient(to, channel, world.store)
    assert refusal.value.exit in (Exit.USAGE, Exit.NOT_FOUND)


@pytest.mark.parametrize(
    ("channel", "to"), [("shop-it", "Anna Rossi"), ("shop-it", "foo"), ("brand-cn", "liwei"), ("brand-cn", "+39333")]
)
def test_a_name_is_never_an_address(world: World, channel: str, to: str) -> None:
    found = world.store.get(Channel, channel)
    assert found is not None
    with pytest.raises(NotFound):
        recipient(to, found, world.store)


def test_a_bsuid_is_one_even_of_somebody_who_never_wrote(world: World) -> None:
    channel = world.store.get(Channel, "shop-it")
    assert channel is not None
    assert recipient("US.13491208655302741918", channel, world.store).kind == "wa_bsuid"
    assert recipient("0039 333 1234567", channel, world.store).handle == "393331234567"


def test_an_interruption_says_which_message_was_perhaps_sent(world: World) -> None:
    def interrupted(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        run(sent(world, interrupted, text()))
    (message,) = world.store.select(Message, "WHERE direction = 'out'")
    assert message.state == "unknown"
    assert stopped.value.run == f"careline outbox show m{message.id}"


def test_a_phone_may_be_written_as_people_write_it(world: World) -> None:
    channel = world.store.get(Channel, "shop-it")
    assert channel is not None
    found = recipient("+39 333-123 4567", channel, world.store)
    assert found.identity is not None
    assert found.handle == "393331234567"
    assert recipient("c1", channel, world.store) == found


def test_a_store_on_hold_sends_nothing_until_it_is_released(world: World) -> None:
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=OK)

    before = world.store.last_seq()
    world.store.note("held", "the backup of yesterday")
    with pytest.raises(Misconfigured) as refusal:
        run(sent(world, handler, text()))
    assert (refusal.value.code, refusal.value.exit, refusal.value.run) == (
        "store_held",
        Exit.CONFIGURATION,
        "careline store release",
    )
    assert (requests, world.store.last_seq()) == ([], before)
    world.hear("shop-it", wrote(7))
    world.store.note("held", None)
    message, error = run(sent(world, handler, text()))
    assert (message.state, error, len(requests)) == ("accepted", None, 1)


def test_a_sender_that_ended_is_dead_even_before_its_parent_has_noticed() -> None:
    host, boot, _, _ = this_process().split("/")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()[19]
    owner = f"{host}/{boot}/{process.pid}/{started}"
    assert not is_dead(owner)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has buried it
    assert is_dead(owner)
    process.communicate()


@pytest.mark.parametrize(
    ("handler", "exit"), [(answers(200, OK), Exit.NOT_SETTLED), (graph_error(131056, "pair rate"), Exit.NOT_SENT)]
)
def test_a_store_that_cannot_note_the_outcome_never_says_that_nothing_was_changed(
    world: World, handler: Handler, exit: Exit
) -> None:
    """The customer has the message, or certainly has not: a full disk must not blur that."""

    def fills_the_disk(request: httpx.Request) -> httpx.Response:
        world.store._writer.execute("PRAGMA query_only = 1")
        return handler(request)

    with pytest.raises(CarelineError) as refusal:
        run(sent(world, fills_the_disk, text()))
    world.store._writer.execute("PRAGMA query_only = 0")
    assert refusal.value.exit is exit
    assert "Nothing was changed" not in refusal.value.hint
    (message,) = world.store.select(Message, "WHERE direction = 'out'")
    assert message.state == "sending"


def too_fast(world: World, words: str = "hello") -> int | None:
    """Have WhatsApp refuse one more for its pace; how long it says to wait."""
    _, error = run(sent(world, graph_error(131056, "pair rate"), text(words)))
    assert error is not None
    assert error.exit is Exit.NOT_SENT
    return error.retry_after_s


def test_each_further_refusal_for_the_same_customer_waits_four_times_as_long_and_never_more_than_17_minutes(
    world: World,
) -> None:
    assert [too_fast(world) for _ in range(7)] == [4, 16, 64, 256, 1024, 1024, 1024]


def test_a_refusal_for_another_customer_begins_anew(world: World) -> None:
    world.hear("shop-it", wrote(8, Who("393330000008", "wa_phone"), world.now))
    assert [too_fast(world) for _ in range(2)] == [4, 16]
    _, error = run(sent(world, graph_error(131056), text(), "+393330000008"))
    assert error is not None
    assert error.retry_after_s == 4


def test_a_message_that_went_out_and_an_hour_of_quiet_each_end_the_growth(world: World) -> None:
    assert [too_fast(world) for _ in range(2)] == [4, 16]
    message, error = run(sent(world, answers(200, OK), text()))
    assert (message.state, error) == ("accepted", None)
    assert [too_fast(world) for _ in range(2)] == [4, 16]
    world.now += HOUR + 1
    assert too_fast(world) == 4


def test_another_refusal_says_nothing_of_waiting_longer(world: World) -> None:
    too_fast(world)
    _, error = run(sent(world, graph_error(131031), text()))
    assert error is not None
    assert error.retry_after_s is None
