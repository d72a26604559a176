"""Graph's nodes, codes and errors as they stand on the wire."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from careline.clock import HOUR
from careline.sandbox import account
from careline.sandbox.asgi import Request
from careline.sandbox.clock import VirtualClock
from careline.sandbox.crypto import appsecret_proof
from careline.sandbox.graph import routes as api
from careline.sandbox.running import Sandbox
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import HEADERS, Graph
from tests.careline.sandbox.receiver import Receiver

NUMBER, WABA, APP = account.PHONE_NUMBER_ID, account.BUSINESS_ACCOUNT_ID, account.APP_ID
LINKS = f"{NUMBER}/message_qrdls"


def test_an_error_has_graphs_envelope_and_headers(graph: Graph) -> None:
    reply = graph.call("GET", "999")
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error.pop("fbtrace_id")
    assert error == {
        "message": "Unsupported get request. Object with ID '999' does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation.",
        "type": "GraphMethodException",
        "code": 100,
        "error_subcode": 33,
    }
    assert reply.headers["facebook-api-version"] == "v23.0"
    assert reply.headers["x-fb-trace-id"]
    usage = json.loads(reply.headers["x-business-use-case-usage"])[WABA][0]
    assert usage["type"] == "whatsapp_business_management"


@pytest.mark.parametrize(
    ("headers", "status", "code", "subcode"),
    [
        ({}, 401, 104, 0),
        ({"authorization": "Bearer EAAother"}, 401, 190, 463),
        ({"authorization": f"OAuth {account.ACCESS_TOKEN}"}, 200, 0, 0),
        ({"authorization": f"Bearer {account.APP_TOKEN}"}, 403, 200, 0),
    ],
)
def test_a_token_is_asked_for(
    sandbox: Running, http: httpx.Client, headers: dict[str, str], status: int, code: int, subcode: int
) -> None:
    reply = http.get(f"{sandbox.url}/v23.0/{WABA}", headers=headers)
    error = reply.json().get("error", {})
    assert (reply.status_code, error.get("code", 0), error.get("error_subcode", 0)) == (status, code, subcode)


def test_a_proof_of_the_secret_is_checked_where_it_is_given(graph: Graph) -> None:
    good = appsecret_proof(account.APP_SECRET, account.ACCESS_TOKEN)
    assert graph.call("GET", WABA, appsecret_proof=good).status_code == 200
    assert graph.error("GET", WABA, appsecret_proof="0" * 64) == (400, 100, 0)


@pytest.mark.parametrize("version", ["v19.0/", "v24.0/", ""])
def test_any_version_and_none_is_understood(sandbox: Running, http: httpx.Client, version: str) -> None:
    assert http.get(f"{sandbox.url}/{version}{NUMBER}", headers=HEADERS).json()["verified_name"] == "Sandbox Shop"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{NUMBER}/colour", 400, 2500),
        ("GET", "colour", 404, 803),
        ("GET", "", 400, 100),
        ("DELETE", NUMBER, 400, 100),
        ("POST", "999/messages", 400, 100),
        ("POST", f"{NUMBER}/smb_app_data", 501, 501),
        ("GET", f"{WABA}/activities", 501, 501),
    ],
)
def test_there_is_no_made_up_success(graph: Graph, method: str, path: str, status: int, code: int) -> None:
    assert graph.error(method, path)[:2] == (status, code)


def test_fields_are_picked_and_unknown_ones_named(graph: Graph) -> None:
    assert graph.get(NUMBER, fields="status,throughput{level}") == {
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
        "id": NUMBER,
    }
    reply = graph.call("GET", NUMBER, fields="colour")
    told = "(#100) Tried accessing nonexisting field (colour) on node type (WhatsAppBusinessPhoneNumber)"
    assert reply.json()["error"]["message"] == told


def test_the_account_its_numbers_and_the_app_are_shown(graph: Graph) -> None:
    assert graph.get(WABA, fields="name,account_review_status")["account_review_status"] == "APPROVED"
    assert [one["id"] for one in graph.get(f"{WABA}/phone_numbers")["data"]] == [NUMBER]
    assert graph.get(APP)["id"] == APP


def test_debug_token_shows_what_the_token_may_do(graph: Graph) -> None:
    data = graph.get("debug_token", input_token=account.ACCESS_TOKEN)["data"]
    assert (data["is_valid"], data["expires_at"], data["app_id"]) == (True, 0, APP)
    assert data["scopes"] == ["whatsapp_business_management", "whatsapp_business_messaging"]
    assert graph.get("debug_token", input_token="EAAother")["data"]["is_valid"] is False
    assert graph.error("GET", "debug_token") == (400, 100, 0)


def test_management_calls_end_after_5000_in_an_hour(tmp_path: Path) -> None:
    alone = Sandbox(VirtualClock(tmp_path / "clock"), "http://127.0.0.1", lambda: None)
    request = Request("GET", f"/v23.0/{WABA}", {}, HEADERS, b"")

    async def story() -> None:
        codes = {(await api.answer(alone, request)).code for _ in range(5000)}
        assert codes == {0}
        assert (await api.answer(alone, request)).code == 80007
        alone.clock.advance(HOUR)
        assert (await api.answer(alone, request)).code == 0

    asyncio.run(story())


def test_a_link_is_created_changed_listed_and_deleted(graph: Graph, http: httpx.Client) -> None:
    created = graph.call("POST", LINKS, {"prefilled_message": "Ciao", "generate_qr_image": "png"}).json()
    assert len(created["code"]) == 14
    assert created["deep_link_url"] == f"https://wa.me/message/{created['code']}"
    picture = Image.open(BytesIO(http.get(created["qr_image_url"]).content))
    assert zxingcpp.read_barcode(picture).text == created["deep_link_url"]
    changed = graph.call("POST", LINKS, {"prefilled_message": "Salve", "code": created["code"]}).json()
    assert changed == {
        "code": created["code"],
        "prefilled_message": "Salve",
        "deep_link_url": created["deep_link_url"],
    }
    (row,) = graph.get(LINKS, fields="code,qr_image_url.format(SVG),creation_time")["data"]
    assert http.get(row["qr_image_url"]).text.startswith("<?xml")
    assert isinstance(row["creation_time"], int)
    assert graph.get(f"{LINKS}/{created['code']}")["data"] == [changed]
    assert graph.call("DELETE", f"{LINKS}/{created['code']}").json() == {"success": True}
    assert graph.error("GET", f"{LINKS}/{created['code']}") == (404, 803, 0)


@pytest.mark.parametrize(
    "sent",
    [{}, {"prefilled_message": ""}, {"prefilled_message": "x" * 141}, {"prefilled_message": "a", "generate_qr_image": "GIF"}],
)
def test_a_link_is_refused_for_what_is_wrong_with_it(graph: Graph, sent: dict[str, Any]) -> None:
    assert graph.error("POST", LINKS, sent) == (400, 100, 0)


def test_a_form_is_understood_as_well_as_json(sandbox: Running, http: httpx.Client) -> None:
    form = {"prefilled_message": "Ciao", "access_token": account.ACCESS_TOKEN}
    assert http.post(f"{sandbox.url}/v23.0/{LINKS}", data=form).json()["prefilled_message"] == "Ciao"


@pytest.mark.parametrize("content", [b"{", b"[1]", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(sandbox: Running, http: httpx.Client, content: bytes) -> None:
    reply = http.post(f"{sandbox.url}/v23.0/{NUMBER}/messages", content=content, headers=HEADERS)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, 100)


def test_a_body_beyond_eight_megabytes_is_413(sandbox: Running, http: httpx.Client) -> None:
    reply = http.post(f"{sandbox.url}/v23.0/{NUMBER}/messages", content=b" " * (8 * 1024 * 1024 + 1), headers=HEADERS)
    assert reply.status_code == 413


def test_texts_go_out_as_ascii_with_escaped_slashes(sandbox: Running, graph: Graph, connected: Receiver) -> None:
    raw = graph.call("POST", LINKS, {"prefilled_message": "perché? 📦"}).content
    assert b"perch\\u00e9? \\ud83d\\udce6" in raw
    assert b"https:\\/\\/wa.me\\/message\\/" in raw


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["text", "template", "BODY", "{{1}}", "it"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "messaging_product",
        "to",
        "recipient",
        "type",
        "text",
        "template",
        "context",
        "name",
        "language",
        "category",
        "components",
    ]
)


@settings(max_examples=150, deadline=None)
@given(sent=st.dictionaries(names, anything), path=st.sampled_from([f"{NUMBER}/messages", f"{WABA}/message_templates", LINKS]))
def test_no_body_however_odd_breaks_graph(tmp_path_factory: pytest.TempPathFactory, sent: dict[str, Any], path: str) -> None:
    clock = VirtualClock(tmp_path_factory.getbasetemp() / "odd-clock")
    body = json.dumps({"messaging_product": "whatsapp", "to": "+393331234567", **sent}).encode()

    async def status() -> int:
        alone = Sandbox(clock, "http://127.0.0.1", lambda: None)
        reply = await api.answer(alone, Request("POST", f"/v23.0/{path}", {}, HEADERS, body))
        await alone.courier.close()
        return reply.status

    assert asyncio.run(status()) in (200, 400, 404, 501)
