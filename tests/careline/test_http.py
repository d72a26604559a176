"""Requests against real servers on this machine: what a failure proves, and what the trace shows."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from careline import __version__
from careline.errors import CarelineError, Misconfigured, NotSent, Unknown
from careline.http import MAX_ANSWER, Http, exchange

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """The whole request, so that what a server does next happens after it was written."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A server that treats one connection after another with ``handler``; its address."""
    busy: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(handle(reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


def outcome(address: str, *, may_change: bool, timeout_s: float = 5.0, trace: Path | None = None) -> Any:
    """What one request to ``address`` ends in: the answer, or the error."""

    async def ask() -> httpx.Response:
        async with Http(trace=trace).client(address, timeout_s=timeout_s) as client:
            return await exchange(client, "POST", "/x", content=b'{"a":1}', may_change=may_change)

    try:
        return asyncio.run(ask())
    except CarelineError as error:
        return error


def outcome_of(handler: Handler, *, may_change: bool = True, timeout_s: float = 5.0) -> Any:
    """What one request ends in when a server does ``handler``."""

    async def ask() -> httpx.Response:
        async with serving(handler) as address, Http().client(address, timeout_s=timeout_s) as client:
            return await exchange(client, "POST", "/x", content=b'{"a":1}', may_change=may_change)

    try:
        return asyncio.run(ask())
    except CarelineError as error:
        return error


# Before the request: proof that nothing happened


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_refused_connection_proves_that_nothing_was_sent() -> None:
    error = outcome(f"http://127.0.0.1:{closed_port()}", may_change=True)
    assert type(error) is NotSent
    assert re.fullmatch(r"127\.0\.0\.1:\d+ could not be reached: it refuses connections", error.message)


def test_a_name_nobody_knows_proves_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = outcome("http://graph.invalid", may_change=True)
    assert type(error) is NotSent
    assert error.message == "graph.invalid could not be reached: its name is not known"


def test_a_server_that_does_not_accept_proves_that_nothing_was_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        crowd = [socket.socket() for _ in range(4)]
        try:
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            error = outcome(f"http://127.0.0.1:{full.getsockname()[1]}", may_change=True, timeout_s=0.3)
        finally:
            for one in crowd:
                one.close()
    assert type(error) is NotSent
    assert "no connection within 0.3 s" in error.message


def test_a_server_without_tls_proves_that_nothing_was_sent() -> None:
    async def not_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def ask() -> None:
        async with serving(not_tls) as address, Http().client(address.replace("http:", "https:")) as client:
            await exchange(client, "POST", "/x", content=b"{}", may_change=True)

    with pytest.raises(NotSent, match="TLS"):
        asyncio.run(ask())


def test_a_certificate_nobody_vouches_for_proves_that_nothing_was_sent(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)

    async def ask() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0, ssl=context)
        async with server, Http().client(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server's side of the broken handshake
            await exchange(client, "POST", "/x", content=b"{}", may_change=True)

    with pytest.raises(NotSent, match="its certificate is not trusted"):
        asyncio.run(ask())


def self_signed(folder: Path) -> Path:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "self-signed.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + built.public_bytes(pem))
    return file


# After the request: nobody knows, unless it could change nothing


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    await asyncio.sleep(30)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(ANSWER[:-4])
    await writer.drain()


async def half_then_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await half_an_answer(reader, writer)
    await asyncio.sleep(30)


async def another_language(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"220 mail.example ESMTP\r\n")
    await writer.drain()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    try:
        for _ in range(MAX_ANSWER // 0x100000 + 2):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass


async def drop_by_drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    try:
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)
    except ConnectionError:
        pass


LOST = [
    pytest.param(silent, "it took longer than 0.3 s", id="silent"),
    pytest.param(reset, "the connection was reset", id="reset"),
    pytest.param(hang_up, "the connection ended early", id="hang up"),
    pytest.param(half_an_answer, "the connection ended early", id="half an answer"),
    pytest.param(half_then_silent, "it took longer than 0.3 s", id="half, then silent"),
    pytest.param(another_language, "the connection ended early, or the answer is not HTTP", id="another language"),
    pytest.param(endless, "it is longer than 8388608 bytes", id="endless"),
    pytest.param(drop_by_drop, "it took longer than", id="drop by drop"),
]


@pytest.mark.parametrize(("handler", "why"), LOST)
def test_once_the_request_was_written_a_lost_answer_is_unknown(handler: Handler, why: str) -> None:
    error = outcome_of(handler, timeout_s=0.3 if handler is not endless else 5.0)
    assert type(error) is Unknown
    assert why in error.message


@pytest.mark.parametrize(("handler", "why"), LOST)
def test_a_lost_answer_to_a_mere_question_can_be_asked_again(handler: Handler, why: str) -> None:
    error = outcome_of(handler, may_change=False, timeout_s=0.3 if handler is not endless else 5.0)
    assert type(error) is NotSent
    assert why in error.message


# Answers


@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 500, 503])
def test_any_status_is_an_answer_and_a_redirect_is_not_followed(status: int) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await request_of(reader))
        writer.write(b"HTTP/1.1 %d X\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\n{}" % status)
        await writer.drain()

    found = outcome_of(answer)
    assert (found.status_code, found.content, len(asked)) == (status, b"{}", 1)


def test_requests_name_the_program_and_its_version() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await request_of(reader))
        writer.write(ANSWER)
        await writer.drain()

    assert outcome_of(answer).json() == {"ok": True}
    assert f"user-agent: careline/{__version__}\r\n".encode() in asked[0].lower()


def test_a_proxy_of_the_environment_is_not_asked_for_addresses_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(ANSWER)
        await writer.drain()

    assert outcome_of(answer).status_code == 200


@pytest.mark.parametrize(
    "address", ["", "graph.facebook.com", "ftp://graph.facebook.com", "https://", "http://[::1", "file:///x"]
)
def test_what_is_no_address_is_a_wrong_setting(address: str) -> None:
    with pytest.raises(Misconfigured, match="is not an address"):
        Http().client(address)


# The trace


def traced(tmp_path: Path, answer: httpx.Response, **wanted: Any) -> tuple[dict[str, Any], str]:
    """The one line that a request leaves in the trace, read and as it stands."""
    file = tmp_path / "trace.jsonl"

    async def ask() -> None:
        http = Http(trace=file, transport=httpx.MockTransport(lambda _: answer))
        async with http.client("https://api.example") as client:
            await exchange(client, "POST", "/cgi-bin/send", may_change=True, **wanted)

    asyncio.run(ask())
    text = file.read_text("utf-8")
    assert text.count("\n") == 1
    return json.loads(text), text


def test_the_trace_tells_the_whole_exchange_in_one_line(tmp_path: Path) -> None:
    answer = httpx.Response(200, json={"id": "7"}, headers={"x-fb-trace-id": "Abc", "set-cookie": "no=no"})
    line, text = traced(tmp_path, answer, content=b'{"text":{"body":"Ciao"}}', params={"lang": "it"})
    assert line["method"] == "POST"
    assert line["url"] == "https://api.example/cgi-bin/send?lang=it"
    assert line["body"] == {"text": {"body": "Ciao"}}
    assert (line["status"], line["answer"]) == (200, {"id": "7"})
    assert line["answer_headers"]["x-fb-trace-id"] == "Abc"
    assert line["at"].endswith("+00:00")
    assert line["ms"] >= 0
    assert "no=no" not in text


def test_no_secret_gets_into_the_trace_wherever_it_turns_up(tmp_path: Path) -> None:
    answer = httpx.Response(
        400,
        json={
            "errmsg": "bad token EAAG-secret-token and also shhh-app-secret",
            "access_token": "fresh-token",
            "expires_in": 7200,
        },
    )
    _, text = traced(
        tmp_path,
        answer,
        headers={"Authorization": "Bearer EAAG-secret-token", "X-Other": "other-header"},
        params={"access_token": "query-token-1", "code": "one-time-code", "hub.verify_token": "verify-me"},
        secret_params=("code",),
        content=json.dumps({"pin": 123456, "data": [{"app_secret": "shhh-app-secret"}], "encoding_aes_key": "k" * 43}).encode(),
    )
    for secret in ("EAAG", "query-token", "one-time", "verify-me", "shhh", "fresh-token", "123456", "kkkk", "other-header"):
        assert secret not in text
    assert '"expires_in": 7200' in text


def test_customers_keep_two_digits_in_the_trace(tmp_path: Path) -> None:
    answer = httpx.Response(
        400,
        json={
            "contacts": [{"input": "+393331234567", "wa_id": "393331234567"}],
            "messages": [{"id": "wamid.HBgLMzkzMzMxMjM0NTY3FQIAERgSQzE3"}],
            "error": {"message": "393331234567 is not in the list"},
        },
    )
    line, text = traced(tmp_path, answer, content=b'{"to":"+393331234567","touser":"oLVPpjqs9BhvzwPj5A-vTYAX3GLc"}')
    assert line["body"] == {"to": "…67", "touser": "…Lc"}
    assert line["answer"]["contacts"] == [{"input": "…67", "wa_id": "…67"}]
    assert line["answer"]["error"]["message"] == "…67 is not in the list"
    assert "HBgL" not in text
    assert "3331234" not in text


def test_customers_of_wechat_and_wecom_are_nobody_in_the_trace_in_lists_too(tmp_path: Path) -> None:
    openid, user = "oLVPpjqs9BhvzwPj5A-vTYAX3GLc", "wmLiweiLiweiLiweiLiweiLiwei"
    answer = {
        "data": {"openid": [openid, openid]},
        "next_openid": openid,
        "msg_list": [{"external_userid": user, "event": {"welcome_code": "CODE-for-one-greeting"}}],
        "invalid_external_userid": [user],
        "errmsg": f"{user} wrote",
    }
    body = {"openid_list": [openid], "user_list": [{"openid": openid}], "external_userid_list": [user], "corpsecret": "shhhhh"}
    line, text = traced(
        tmp_path, httpx.Response(200, json=answer), params={"begin_openid": openid}, content=json.dumps(body).encode()
    )
    assert line["body"]["openid_list"] == ["…Lc"]
    assert line["answer"]["data"] == {"openid": ["…Lc", "…Lc"]}
    for secret in (openid, user, "CODE-for", "shhhhh"):
        assert secret not in text


def test_neither_a_number_in_an_address_nor_a_place_in_a_list_is_traced(tmp_path: Path) -> None:
    place, number = "MzkzMzMxMjM0NTY3==", "393331234567"
    following = f"https://graph.example/1/block_users?after={quote(place, safe='')}"
    paging = {"cursors": {"before": "QVFI", "after": place}, "next": following}
    answer = httpx.Response(200, json={"data": [], "paging": paging})
    line, text = traced(tmp_path, answer, params={"user": number, "after": "MTIzNDU2Nzg5"})
    assert line["url"].endswith("?user=…67&after=[hidden]")
    assert line["answer"]["paging"]["cursors"] == {"before": "[hidden]", "after": "[hidden]"}
    for secret in (number, place, "MTIzNDU2Nzg5", "MzkzMzMxMjM0NTY3"):
        assert secret not in text


def test_of_what_is_not_json_the_trace_keeps_the_beginning_or_the_length(tmp_path: Path) -> None:
    line, _ = traced(
        tmp_path,
        httpx.Response(502, html="<h1>Bad gateway</h1>" + "x" * 10_000),
        content=b"\x00\x01",
        headers={"content-type": "image/png"},
    )
    assert line["body"] == "[2 bytes]"
    assert line["answer"].startswith("<h1>Bad gateway</h1>")
    assert len(line["answer"]) == 500


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        *(b"[" * deep + b"]" * deep for deep in range(100, 1000, 50)),
        b'{"a":"\\ud800"}',
        b'{"a":NaN}',
        b"\xff\xfe",
    ],
)
def test_no_body_breaks_the_trace(tmp_path: Path, body: bytes) -> None:
    line, _ = traced(tmp_path, httpx.Response(200, content=body))
    assert line["status"] == 200


def test_a_failure_is_traced_too(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    outcome(f"http://127.0.0.1:{closed_port()}", may_change=True, trace=file)
    assert json.loads(file.read_text())["failed"] == "it refuses connections"


def test_the_trace_is_its_owners_alone_and_grows(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("earlier\n")
    file.chmod(0o644)
    for _ in range(2):
        outcome(f"http://127.0.0.1:{closed_port()}", may_change=True, trace=file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().splitlines()) == 3


def test_a_trace_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be written"):
        Http(trace=tmp_path / "missing" / "trace.jsonl")


def test_the_access_token_in_an_address_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        http = Http(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
        async with http.client("https://api.example") as client:
            await exchange(client, "GET", "/x", params={"access_token": "query-token-1"}, may_change=False)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(ask())
    assert "query-token-1" not in caplog.text
