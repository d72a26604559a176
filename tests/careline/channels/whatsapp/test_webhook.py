"""Who may push to us: the handshake and the signature over the raw bytes."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careline.channels.ports import Push, Reply
from careline.channels.whatsapp.policy import PUSH_BYTES
from careline.channels.whatsapp.webhook import WhatsAppWebhook
from tests.careline.channels.whatsapp.payloads import CHANNEL, RECEIVED_AT

SECRETS = {"app_secret": "0a1b2c3d", "verify_token": "qJ7-vT"}
BODY = '{"entry":[{"changes":[{"value":{"text":"perch\\u00e9 \\/ 你好"}}]}]}'.encode()


def signature(body: bytes, secret: str = "0a1b2c3d") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def answer(push: Push, secrets: dict[str, str] = SECRETS) -> Reply:
    return WhatsAppWebhook(CHANNEL).answer(push, secrets, RECEIVED_AT)


def post(body: bytes = BODY, given: str | None = None, secrets: dict[str, str] = SECRETS) -> Reply:
    headers = {} if given == "" else {"x-hub-signature-256": signature(body) if given is None else given}
    return answer(Push("POST", {}, headers, body), secrets)


def handshake(**query: str) -> Reply:
    asked = {"mode": "subscribe", "challenge": "1158201444", "verify_token": "qJ7-vT"} | query
    return answer(Push("GET", {f"hub.{name}": value for name, value in asked.items()}, {}, b""))


def test_a_signed_body_is_kept_byte_by_byte() -> None:
    assert post() == Reply(200, keep=BODY)


@pytest.mark.parametrize("body", [b"", b"not JSON", b"\xff\x00", b"{}", b"[" * 100_000])
def test_whatever_is_signed_is_kept_readable_or_not(body: bytes) -> None:
    assert post(body) == Reply(200, keep=body)


@pytest.mark.parametrize("at", range(0, len(BODY) * 8, 7))
def test_one_bit_of_the_body_makes_the_signature_wrong(at: int) -> None:
    flipped = bytearray(BODY)
    flipped[at // 8] ^= 1 << at % 8
    reply = post(bytes(flipped), signature(BODY))
    assert (reply.status, reply.keep) == (401, None)


WRONG = [
    pytest.param("", id="missing"),
    pytest.param("sha256=", id="empty"),
    pytest.param(signature(BODY)[:-1], id="cut off"),
    pytest.param(signature(BODY) + "0", id="too long"),
    pytest.param(signature(BODY).removeprefix("sha256="), id="without its name"),
    pytest.param(signature(BODY).replace("sha256", "sha1"), id="another name"),
    pytest.param(signature(BODY).upper(), id="capitals"),
    pytest.param(" " + signature(BODY), id="blank before"),
    pytest.param(signature(BODY, "another secret"), id="another secret"),
    pytest.param(signature(BODY + b" "), id="another body"),
    pytest.param("sha256=" + hashlib.sha256(BODY).hexdigest(), id="a plain hash"),
    pytest.param("sha256=é" + "\udc80", id="no ASCII"),
]


@pytest.mark.parametrize("given", WRONG)
def test_any_other_signature_is_refused_and_nothing_is_kept(given: str) -> None:
    reply = post(given=given)
    assert (reply.status, reply.keep, reply.body) == (401, None, b"")
    assert "signature" in reply.reason


def test_json_written_again_is_another_body() -> None:
    same_meaning = BODY.replace(b"\\u00e9", "é".encode()).replace(b"\\/", b"/")
    assert post(same_meaning, signature(BODY)).status == 401


def test_while_the_app_secret_is_changed_both_count() -> None:
    secrets = SECRETS | {"app_secret": "new-one", "app_secret_previous": "0a1b2c3d"}
    assert post(given=signature(BODY, "new-one"), secrets=secrets).status == 200
    assert post(given=signature(BODY, "0a1b2c3d"), secrets=secrets).status == 200
    assert post(given=signature(BODY, "older"), secrets=secrets).status == 401


@pytest.mark.parametrize("secrets", [{}, {"app_secret": ""}, {"verify_token": "qJ7-vT"}])
def test_without_an_app_secret_nothing_is_believed(secrets: dict[str, str]) -> None:
    reply = post(given=signature(BODY, ""), secrets=secrets)
    assert (reply.status, reply.keep) == (503, None)


def test_more_than_three_megabytes_are_refused() -> None:
    most = b" " * PUSH_BYTES
    assert post(most).status == 200
    assert post(most + b" ").status == 413


def test_the_handshake_gives_the_challenge_back() -> None:
    assert handshake() == Reply(200, body=b"1158201444")


@pytest.mark.parametrize(
    "query",
    [
        {"verify_token": "qJ7-vt"},
        {"verify_token": ""},
        {"verify_token": "qJ7-vT "},
        {"verify_token": "qJ7-v\u0422"},
        {"mode": "unsubscribe"},
        {"mode": ""},
    ],
)
def test_another_token_or_mode_gets_no_challenge(query: dict[str, str]) -> None:
    reply = handshake(**query)
    assert (reply.status, reply.body) == (403, b"")


def test_a_bare_visit_gets_no_challenge() -> None:
    assert answer(Push("GET", {}, {}, b"")).status == 403
    assert answer(Push("GET", {"hub.mode": "subscribe", "hub.verify_token": ""}, {}, b""), {"app_secret": "x"}).status == 503


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", ""])
def test_other_methods_are_refused(method: str) -> None:
    assert answer(Push(method, {}, {"x-hub-signature-256": signature(BODY)}, BODY)).status == 405


def test_no_reason_tells_a_secret() -> None:
    replies = [handshake(verify_token="guess"), *(post(given=param.values[0]) for param in WRONG)]
    said = " ".join(reply.reason for reply in replies)
    assert not any(secret in said for secret in SECRETS.values())


WORDS = st.text(max_size=80)
MAPPINGS: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["x-hub-signature-256", "hub.mode", "hub.verify_token", "hub.challenge"]) | WORDS, WORDS, max_size=4
)


@settings(max_examples=300, deadline=None)
@given(method=st.sampled_from(["GET", "POST"]) | WORDS, query=MAPPINGS, headers=MAPPINGS, body=st.binary(max_size=200))
def test_no_request_of_a_stranger_is_believed_or_breaks_anything(
    method: str, query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    reply = answer(Push(method, query, headers, body))
    assert (reply.status, reply.keep) in [(401, None), (403, None), (405, None)]
