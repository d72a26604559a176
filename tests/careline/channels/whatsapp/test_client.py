"""The exact requests, and what their answers become."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.whatsapp.client import WhatsAppClient
from careline.channels.whatsapp.codes import Codes
from careline.channels.whatsapp.graph import MAX_PAGES
from careline.channels.whatsapp.graph import Graph as Calls
from careline.channels.whatsapp.setup import Account, Number, Setup, Subscription, Token
from careline.channels.whatsapp.template_calls import TemplateCalls
from careline.errors import CredentialsRefused, Failed, NotFound, NotSent, OutsideWindow, Refused, Unknown, Usage
from careline.http import Http
from tests.careline.channels.whatsapp.payloads import ACCOUNT, ANNA, ANNA_USER, CHANNEL, NUMBER

TOKEN = "EAAG-token"
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+393331234567", "wa_id": "393331234567 "}],
    "messages": [{"id": "wamid.HBgL"}],
}
TEXT = Outgoing(to=ANNA, to_kind="wa_phone", kind="text", text="Ciao", ours="m1@k")

R = TypeVar("R")
T = TypeVar("T")
Answer = httpx.Response | Exception


class Graph:
    """A Graph API that gives the answers it was given, in turn, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self, ask: Callable[[T], Awaitable[R]], kind: Callable[[Calls], T] = WhatsAppClient) -> R:  # type: ignore[assignment]
        """What ``ask`` comes to. Every answer must have been used, even when it fails."""

        async def running() -> R:
            async with Http(transport=httpx.MockTransport(self)).client(CHANNEL.api_url) as http:
                return await ask(kind(Calls(CHANNEL, http, TOKEN)))

        try:
            return asyncio.run(running())
        finally:
            assert self.answers == []

    def body(self) -> Any:
        """The JSON of the only request."""
        (request,) = self.asked
        return json.loads(request.content)


def ok(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def refused(code: int, status: int = 400, message: str = "no") -> httpx.Response:
    return ok({"error": {"code": code, "message": message, "fbtrace_id": "Tr1"}}, status)


async def send(client: WhatsAppClient) -> Accepted:
    return await client.send(client.request(TEXT))


def request() -> Request:
    async def ask(client: WhatsAppClient) -> Request:
        return client.request(TEXT)

    return Graph().run(ask)


# Sending


def test_the_request_is_known_before_it_is_made_and_holds_no_secret() -> None:
    asked = request()
    assert (asked.method, asked.path) == ("POST", f"/v23.0/{NUMBER}/messages")
    assert json.loads(asked.body)["to"] == "+393331234567"
    assert TOKEN not in asked.body


def test_a_send_is_exactly_the_request_with_the_token_in_its_header() -> None:
    graph = Graph(ok(ACCEPTED))
    assert graph.run(send) == Accepted("wamid.HBgL", others=(("wa_id", "393331234567"),))
    (asked,) = graph.asked
    assert (asked.method, str(asked.url)) == ("POST", f"https://graph.example/v23.0/{NUMBER}/messages")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.content == request().body.encode()


def test_a_template_that_waits_for_its_quality_says_so() -> None:
    held = ACCEPTED | {"messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}]}
    assert Graph(ok(held)).run(send).note == "held_for_quality_assessment"
    plain = ACCEPTED | {"messages": [{"id": "wamid.1", "message_status": "accepted"}]}
    assert Graph(ok(plain)).run(send).note == ""


def test_a_send_by_id_tells_the_id_again() -> None:
    answer = {"contacts": [{"input": ANNA_USER, "user_id": ANNA_USER}], "messages": [{"id": "wamid.1"}]}
    assert Graph(ok(answer)).run(send).others == (("wa_bsuid", ANNA_USER),)


OUTCOMES = [
    pytest.param(refused(130429), NotSent, id="too fast"),
    pytest.param(refused(131056, 400), NotSent, id="too fast for one customer"),
    pytest.param(refused(131016, 500), NotSent, id="a documented hitch"),
    pytest.param(refused(131047), OutsideWindow, id="window closed"),
    pytest.param(refused(131026), Refused, id="refused"),
    pytest.param(refused(190, 401), CredentialsRefused, id="token expired"),
    pytest.param(ok({"error": {"code": 100, "error_subcode": 33}}, 404), NotFound, id="number unknown"),
    pytest.param(httpx.Response(502, html="<h1>Bad gateway</h1>"), Unknown, id="a gateway"),
    pytest.param(httpx.Response(500), Unknown, id="an empty error"),
    pytest.param(httpx.Response(403, html="blocked"), Refused, id="a proxy that blocks"),
    pytest.param(httpx.Response(200, html="welcome"), Unknown, id="a page for a success"),
    pytest.param(refused(131026, 200), Refused, id="an error for a success"),
    pytest.param(ok([1]), Unknown, id="a list for a success"),
    pytest.param(ok({"success": True}), Unknown, id="a success without an id"),
    pytest.param(ok({"messages": []}), Unknown, id="no messages in a success"),
    pytest.param(ok({"messages": [{"id": None}]}), Unknown, id="a message without an id"),
    pytest.param(httpx.Response(200, content=b"[" * 100_000), Unknown, id="a deep success"),
    pytest.param(httpx.ConnectError("refused"), NotSent, id="no connection"),
    pytest.param(httpx.ReadTimeout("late"), Unknown, id="no answer"),
    pytest.param(httpx.ReadError("reset"), Unknown, id="reset"),
]


@pytest.mark.parametrize(("answer", "kind"), OUTCOMES)
def test_a_send_has_one_outcome(answer: Answer, kind: type[Exception]) -> None:
    graph = Graph(answer)
    with pytest.raises(kind):
        graph.run(send)
    assert len(graph.asked) == 1


def test_a_refusal_carries_code_trace_and_words() -> None:
    with pytest.raises(Refused) as error:
        Graph(refused(131030, message="(#131030) Recipient phone number not in allowed list")).run(send)
    assert error.value.message == "(#131030) Recipient phone number not in allowed list"
    assert (error.value.platform_code, error.value.trace_id) == ("131030", "Tr1")


@pytest.mark.parametrize("token", ["", "two words", "line\n", "caffè", "\x00"])
def test_a_token_that_can_be_none_is_refused_without_being_shown(token: str) -> None:
    async def build() -> None:
        async with Http().client(CHANNEL.api_url) as http:
            Calls(CHANNEL, http, token)

    with pytest.raises(CredentialsRefused) as error:
        asyncio.run(build())
    assert not token or token not in error.value.message
    assert error.value.run.startswith("careline channels register whatsapp shop-it ")


# Setting up


def test_the_token_is_asked_about_itself() -> None:
    data = {
        "app_id": "582140011",
        "application": "Desk",
        "is_valid": True,
        "expires_at": 0,
        "scopes": ["whatsapp_business_messaging"],
    }
    graph = Graph(ok({"data": data}))
    assert graph.run(Setup.debug_token, Setup) == Token("582140011", "Desk", ("whatsapp_business_messaging",), None)
    assert graph.asked[0].url.path == "/v23.0/debug_token"
    assert graph.asked[0].url.params["input_token"] == TOKEN


def test_a_token_that_is_not_valid_is_refused_in_metas_words() -> None:
    data = {"is_valid": False, "error": {"code": 190, "message": f"The session of {TOKEN} has expired"}}
    with pytest.raises(CredentialsRefused, match=r"The session of \[hidden\] has expired") as error:
        Graph(ok({"data": data})).run(Setup.debug_token, Setup)
    assert error.value.platform_code == "190"
    assert TOKEN not in error.value.message


def test_the_number_is_read() -> None:
    answer = {
        "id": NUMBER,
        "display_phone_number": "+39 02 1234567",
        "verified_name": "Negozio Rossi",
        "status": "CONNECTED",
        "quality_rating": "GREEN",
        "name_status": "APPROVED",
    }
    graph = Graph(ok(answer))
    found = graph.run(Setup.number, Setup)
    assert found == Number(NUMBER, "+39 02 1234567", "Negozio Rossi", "connected", "green", "approved")
    assert graph.asked[0].url.path == f"/v23.0/{NUMBER}"
    assert "status" in graph.asked[0].url.params["fields"].split(",")


def test_a_number_that_tells_little_is_read_too() -> None:
    assert Graph(ok({"id": NUMBER, "username": None})).run(Setup.number, Setup) == Number(NUMBER, "", "", "", "", "")


def test_the_account_is_read() -> None:
    graph = Graph(ok({"id": ACCOUNT, "name": "Rossi"}))
    assert graph.run(Setup.business_account, Setup) == Account(ACCOUNT, "Rossi")
    assert graph.asked[0].url.path == f"/v23.0/{ACCOUNT}"


def test_the_numbers_messages_come_to_our_address() -> None:
    graph = Graph(ok({"success": True}))
    graph.run(lambda setup: setup.set_callback("https://care.example/webhooks/shop-it", "verify-me"), Setup)
    assert graph.asked[0].url.path == f"/v23.0/{NUMBER}"
    address = {"override_callback_uri": "https://care.example/webhooks/shop-it", "verify_token": "verify-me"}
    assert graph.body() == {"webhook_configuration": address}


def test_the_app_is_subscribed_once_and_nobodys_address_is_touched() -> None:
    graph = Graph(ok({"data": []}), ok({"success": True}))
    graph.run(lambda setup: setup.subscribe(), Setup)
    assert [(r.method, r.url.path) for r in graph.asked] == [
        ("GET", f"/v23.0/{ACCOUNT}/subscribed_apps"),
        ("POST", f"/v23.0/{ACCOUNT}/subscribed_apps"),
    ]
    subscribed = Graph(ok({"data": [{"whatsapp_business_api_data": {"id": "1"}}]}))
    subscribed.run(lambda setup: setup.subscribe(), Setup)
    assert len(subscribed.asked) == 1


def test_the_apps_own_webhooks_are_set_with_the_apps_own_token() -> None:
    graph = Graph(ok({"success": True}))
    graph.run(lambda setup: setup.subscribe_app("https://care.example/webhooks/shop-it", "verify-me", "app-secret"), Setup)
    assert graph.asked[0].headers["authorization"].endswith("|app-secret")
    assert graph.body()["object"] == "whatsapp_business_account"
    assert "message_template_status_update" in graph.body()["fields"].split(",")


def test_a_handshake_that_fails_names_the_receiver() -> None:
    with pytest.raises(Refused) as error:
        Graph(refused(2200)).run(lambda setup: setup.set_callback("https://care.example/webhooks/shop-it", "verify-me"), Setup)
    assert error.value.run == "careline receive"


def test_a_subscription_that_did_not_succeed_is_refused() -> None:
    with pytest.raises(Refused):
        Graph(ok({"data": []}), ok({"success": False})).run(lambda setup: setup.subscribe(), Setup)
    with pytest.raises(Refused):
        Graph(ok({"success": False})).run(lambda setup: setup.set_callback("https://care.example/x", "x"), Setup)


def test_an_address_meta_would_cut_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Usage, match="201 characters"):
        Graph().run(lambda setup: setup.set_callback("https://" + "x" * 193, "x"), Setup)


def test_who_gets_the_webhooks() -> None:
    app = {"whatsapp_business_api_data": {"id": "582140011", "name": "Desk"}, "override_callback_uri": "https://care.example/x"}
    graph = Graph(ok({"data": [app, {}]}))
    found = graph.run(Setup.subscriptions, Setup)
    assert found == (Subscription("582140011", "Desk", "https://care.example/x"), Subscription("", "", ""))
    assert Graph(ok({"data": []})).run(Setup.subscriptions, Setup) == ()


# Templates and codes


def test_a_template_is_submitted_as_it_stands() -> None:
    definition = {
        "name": "order_update",
        "language": "it",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Ciao"}],
    }
    graph = Graph(ok({"id": "9", "status": "PENDING", "category": "MARKETING"}))
    answer = graph.run(lambda templates: templates.create(definition), TemplateCalls)
    assert answer["category"] == "MARKETING"
    assert graph.body() == definition
    assert graph.asked[0].url.path == f"/v23.0/{ACCOUNT}/message_templates"


def test_a_template_that_gets_no_id_may_exist() -> None:
    with pytest.raises(Unknown):
        Graph(ok({"status": "PENDING"})).run(lambda templates: templates.create({"name": "x"}), TemplateCalls)


def page(names: list[str], after: str = "", **paging: Any) -> httpx.Response:
    """A page of templates, with the address of the next one when ``after`` is given."""
    next_ = {"next": f"https://elsewhere.example/?access_token={TOKEN}&after={after}"} if after else {}
    return ok(
        {
            "data": [{"name": name} for name in names],
            "paging": {"cursors": {"before": "a", "after": after or "end"}} | next_ | paging,
        }
    )


async def names(templates: TemplateCalls, name: str | None = None) -> list[str]:
    return [template["name"] async for template in templates.list(name)]


def test_lists_are_read_to_their_end_and_only_from_the_channels_own_address() -> None:
    graph = Graph(page(["a", "b"], "P2"), page(["c"], "P3"), page(["d"]))
    assert graph.run(names, TemplateCalls) == ["a", "b", "c", "d"]
    assert [asked.url.params.get("after") for asked in graph.asked] == [None, "P2", "P3"]
    assert {asked.url.host for asked in graph.asked} == {"graph.example"}
    assert not any("access_token" in asked.url.params for asked in graph.asked)


@pytest.mark.parametrize(
    "paging",
    [
        {"paging": {"next": "https://graph.example/?after=P2", "cursors": {"after": "P2"}}},
        {"next": "https://graph.example/?limit=1&after=P2", "cursors": None},
    ],
    ids=["a level deeper", "without cursors"],
)
def test_the_next_page_is_found_where_meta_puts_it(paging: dict[str, Any]) -> None:
    graph = Graph(page(["a"], **paging), page(["b"]))
    assert graph.run(names, TemplateCalls) == ["a", "b"]
    assert graph.asked[1].url.params["after"] == "P2"


def test_a_list_that_goes_round_in_circles_ends() -> None:
    assert Graph(page(["a"], "P2"), page(["b"], "P2")).run(names, TemplateCalls) == ["a", "b"]
    turning = [page(["x"], f"P{turn % 2}") for turn in range(MAX_PAGES)]
    assert len(Graph(*turning).run(names, TemplateCalls)) == MAX_PAGES


def test_only_the_template_of_exactly_that_name_is_given() -> None:
    graph = Graph(page(["order", "order_update", "reorder"]))
    assert graph.run(lambda templates: names(templates, "order"), TemplateCalls) == ["order"]
    assert graph.asked[0].url.params["name"] == "order"


def test_items_in_nodes_are_items() -> None:
    assert Graph(ok({"data": [{"cursor": "c", "node": {"name": "a"}}]})).run(names, TemplateCalls) == ["a"]


def test_a_page_that_is_none_is_told() -> None:
    with pytest.raises(Failed):
        Graph(httpx.Response(200, html="login here")).run(names, TemplateCalls)
    with pytest.raises(NotSent):
        Graph(httpx.Response(503)).run(names, TemplateCalls)


def test_a_code_is_made_for_a_text() -> None:
    answer = {"code": "4O4YGZEG3RIVE1", "prefilled_message": "Ciao", "deep_link_url": "https://wa.me/message/4O4YGZEG3RIVE1"}
    graph = Graph(ok(answer))
    assert graph.run(lambda codes: codes.create_qr("Ciao"), Codes) == answer
    assert graph.asked[0].url.path == f"/v23.0/{NUMBER}/message_qrdls"
    assert graph.body() == {"prefilled_message": "Ciao"}


@pytest.mark.parametrize(
    ("text", "why"), [("", "is empty"), ("x" * 141, "has 141 characters; WhatsApp takes 140"), ("\udcff", "UTF-8")]
)
def test_a_text_no_code_can_have_is_refused_before_it_is_sent(text: str, why: str) -> None:
    with pytest.raises(Usage, match=why):
        Graph().run(lambda codes: codes.create_qr(text), Codes)
