"""The one place HTTP clients are built, and the one way a request goes out.

What a caller must know about a request that got no answer is whether it can have taken effect. ``exchange`` says it: NotSent
is proof that it cannot, Unknown is everything else. The proof comes from httpx's own connections, which report a failure to
connect (name, TCP, TLS, proxy, a free place in the pool) as another error than a failure after it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import socket
import ssl
import stat
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from careline import __version__
from careline.clock import SECOND, Clock
from careline.crashpoint import reached
from careline.errors import Misconfigured, NotSent, Unknown

MAX_ANSWER = 8 * 1024 * 1024
TOO_LONG = "answer_too_long"
CONNECT_S = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs whole addresses, and WeChat's hold the access token


class Http:
    """The one place HTTP clients are built.

    ``trace`` is a file that gets one JSON line a request, without secrets; ``transport`` replaces the network in tests.
    Raises Misconfigured when the trace cannot be written, before anything is sent.
    """

    def __init__(self, *, trace: Path | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._trace = None if trace is None else Trace(trace)
        self._transport = transport

    def client(self, base_url: str, *, timeout_s: float = 30.0) -> httpx.AsyncClient:
        """A client for one platform, to be used with ``async with``. Redirects are never followed.

        The proxies of the environment are used, except for loopback addresses. Raises Misconfigured for what is no address.
        """
        try:
            address = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise Misconfigured(f"{base_url!r} is not an address: {error}") from None
        if address.scheme not in ("http", "https") or not address.host:
            raise Misconfigured(f"{base_url!r} is not an address: it must begin with https:// (or http://) and a host")
        return _Client(
            self._trace,
            base_url=address,
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            headers={"User-Agent": f"careline/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"},
            trust_env=address.host not in _LOOPBACK,
            verify=address.scheme == "https" or address.host not in _LOOPBACK,  # reading the authorities takes 40 ms
            transport=self._transport,
        )


class _Client(httpx.AsyncClient):
    """An httpx client that knows where its requests are traced."""

    def __init__(self, trace: Trace | None, **options: Any) -> None:
        super().__init__(**options)
        self.trace = trace


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    content: bytes | AsyncIterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    secret_params: Collection[str] = (),
    may_change: bool,
    whole_s: float | None = None,
) -> httpx.Response:
    """The platform's whole answer, whatever its status is, of at most 8 MiB.

    Raises NotSent when provably nothing took effect: no connection came about, or ``may_change`` is False. Raises Unknown when
    the request may have been read. An answer may take ``whole_s`` seconds altogether, or twice the client's time-out.
    """
    request = client.build_request(method, path, content=content, headers=headers, params=params)
    if may_change:
        request.extensions["trace"] = _written
    loop = asyncio.get_running_loop()
    began = loop.time()
    wait_s = client.timeout.read
    answer: httpx.Response | None = None
    reason = "interrupted"
    try:
        async with asyncio.timeout(whole_s or (None if wait_s is None else 2 * wait_s)):
            answer = await _whole_answer(client, request)
        return answer
    except _BEFORE_SENDING as error:
        reason = _why(error, client)
        address = request.url.netloc.decode("ascii")
        raise NotSent(f"{address} could not be reached: {reason}", hint="Is the address right, and does it listen?") from None
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
        reason = _why(error, client)
        code = TOO_LONG if isinstance(error, _TooLong) else None
        if may_change:
            raise Unknown(f"{request.url.host} got the request, but its answer is missing: {reason}", code=code) from None
        raise NotSent(f"{request.url.host} gave no answer: {reason}", code=code) from None
    finally:
        trace = client.trace if isinstance(client, _Client) else None
        if trace is not None:
            trace.note(request, answer, reason, loop.time() - began, secret_params)


class Streamed:
    """An answer that comes piece by piece: its status, its headers, and its ``chunks`` as the network brings them."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they were sent, at most 64 KiB at a time: nothing is unpacked, for a small archive may fill a disk."""
        return self._response.aiter_raw()


@asynccontextmanager
async def streaming(client: httpx.AsyncClient, url: str, headers: Mapping[str, str]) -> AsyncIterator[Streamed]:
    """The answer to a GET, whatever its status is, as a block that reads it.

    Raises NotSent when the connection fails, also inside the block. Nothing but the block bounds how much is read.
    """
    request = client.build_request("GET", url, headers=headers)
    trace = client.trace if isinstance(client, _Client) else None
    began, answer, reason = asyncio.get_running_loop().time(), None, "interrupted"
    try:
        answer = await client.send(request, stream=True)
        yield Streamed(answer)
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
        reason = _why(error, client)
        raise NotSent(f"{request.url.host} did not send all of it: {reason}") from None
    finally:
        if answer is not None:
            await answer.aclose()
        if trace is not None:
            seen = None if answer is None else httpx.Response(answer.status_code, headers=_plain(answer), request=request)
            trace.note(request, seen, reason, asyncio.get_running_loop().time() - began, ("hash",))


def _plain(answer: httpx.Response) -> list[tuple[str, str]]:
    """The headers without those that say how the body was packed."""
    return [(k, v) for k, v in answer.headers.multi_items() if k not in ("content-encoding", "transfer-encoding")]


class _TooLong(httpx.StreamError):
    """The answer is longer than any that a platform gives."""


async def _written(step: str, facts: object) -> None:
    """Called by httpx's connections at each step of theirs."""
    if step.endswith("send_request_body.complete"):
        reached("send.written")


async def _whole_answer(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    streamed = await client.send(request, stream=True)
    body = bytearray()
    try:
        async for chunk in streamed.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise _TooLong(f"it is longer than {MAX_ANSWER} bytes")
    finally:
        await streamed.aclose()
    return httpx.Response(streamed.status_code, headers=_plain(streamed), content=bytes(body), request=request)


def _why(error: Exception, client: httpx.AsyncClient) -> str:
    """The failure in words of our own: httpx's are often empty, and some repeat the header they choke on."""
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({cause.verify_message})"
            case ssl.SSLError() if isinstance(error, httpx.ConnectError):
                return "no secure connection came about (TLS)"
            case socket.gaierror():
                return "its name is not known"
            case ConnectionRefusedError():
                return "it refuses connections"
            case ConnectionResetError():
                return "the connection was reset"
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {client.timeout.connect:g} s"
        case httpx.TimeoutException() | TimeoutError():
            return f"it took longer than {client.timeout.read:g} s"
        case httpx.ProxyError():
            return f"the proxy refuses ({error})"
        case _TooLong():
            return str(error)
        case httpx.RemoteProtocolError() | httpx.DecodingError():
            return "the connection ended early, or the answer is not HTTP"
    return type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


# The trace

_SHOWN_HEADERS = re.compile(
    "content-(type|length)|date|retry-after|user-agent|facebook-api-version|x-fb-(trace-id|request-id|rev)"
    "|x-(app|business-use-case)-usage"
)
_SECRET = re.compile(
    r"(access|input|refresh|verify|hub\.verify)_token|token|(app_?|client_|corp_?)?secret|appsecret_proof|pin|encoding_?aes_?key"
    "|session_key|(welcome|msg)_code"
)
_PRIVATE = re.compile(
    "to|recipient(_user)?(_id)?|from|(from_|parent_)?user_id|wa_id|input|user|phone|(to|from)user(name)?"
    "|((next_|begin_|opened_|ori_|new_|from_)?open|union|(invalid_)?external_user)id(_list)?"
)
_CURSOR = ("before", "after")  # places in a list; they hold ids in base64
_MESSAGE_ID = re.compile("wamid[.]([A-Za-z0-9+/=_-]+)")
_HIDDEN = "[hidden]"
_EXCERPT = 500


class Trace:
    """A file of JSON lines, one a request, readable by its owner only.

    Secrets and places in lists are left out, customers' ids keep their last two characters, the texts of messages stay. Where a
    hidden value turns up again (an error text that quotes the token) it is hidden too. WhatsApp's message ids are cut, because
    they contain the customer's number.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            os.close(self._open())
        except OSError as error:
            raise Misconfigured(f"the trace {path} cannot be written: {error.strerror}") from None

    def note(
        self,
        request: httpx.Request,
        answer: httpx.Response | None,
        failure: str,
        took_s: float,
        secret_params: Collection[str],
    ) -> None:
        """Append one request and what came of it. A full disk is no reason to lose the answer: then nothing is written."""
        hidden: dict[str, str] = {}
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        _hide(bearer, _HIDDEN, hidden)
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(Clock().now() / SECOND, UTC).isoformat(timespec="milliseconds"),
            "method": request.method,
            "url": _address(request.url, secret_params, hidden),
            "headers": _shown(request.headers),
            "body": _readable(_written_whole(request), request.headers, hidden),
            "ms": round(took_s * 1000),
        }
        if answer is None:
            line["failed"] = failure
        else:
            line["status"] = answer.status_code
            line["answer_headers"] = _shown(answer.headers)
            line["answer"] = _readable(answer.content, answer.headers, hidden)
        text = json.dumps(line, ensure_ascii=False)
        for value, shown in hidden.items():
            text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], shown)
        text = _MESSAGE_ID.sub(lambda id: f"wamid.…{id[1][-4:]}", text)
        with suppress(OSError):
            file = self._open()
            try:
                os.write(file, text.encode("utf-8", "backslashreplace") + b"\n")
            finally:
                os.close(file)

    def _open(self) -> int:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if stat.S_ISREG(os.fstat(file).st_mode):
            with suppress(OSError):
                os.fchmod(file, 0o600)
        return file


def _shown(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if _SHOWN_HEADERS.fullmatch(name.lower())}


def _address(url: httpx.URL, secret_params: Collection[str], hidden: dict[str, str]) -> str:
    shown = []
    for name, value in url.params.multi_items():
        if name in secret_params:
            _hide(value, _HIDDEN, hidden)
            value = _HIDDEN
        else:
            value = str(_cleaned_field(name, value, hidden))
        shown.append(f"{name}={value}")
    return str(url.copy_with(query=None)) + ("?" + "&".join(shown) if shown else "")


def _written_whole(request: httpx.Request) -> bytes | None:
    """The request's body; None for one that was streamed, which nobody kept."""
    try:
        return request.content
    except httpx.RequestNotRead:
        return None


def _readable(body: bytes | None, headers: httpx.Headers, hidden: dict[str, str]) -> Any:
    """JSON as JSON; of other text the beginning, of anything else its length."""
    if not body:
        return None
    try:
        return _cleaned(json.loads(body), hidden)
    except (ValueError, RecursionError):
        if headers.get("content-type", "").startswith("text/"):
            return body[:_EXCERPT].decode("utf-8", "replace")
        return f"[{len(body)} bytes]"


def _cleaned(value: Any, hidden: dict[str, str]) -> Any:
    match value:
        case dict():
            return {key: _cleaned_field(key, inner, hidden) for key, inner in value.items()}
        case list():
            return [_cleaned(inner, hidden) for inner in value]
    return value


def _cleaned_field(key: str, value: Any, hidden: dict[str, str]) -> Any:
    if isinstance(value, list):  # of ids, each is one
        return [_cleaned_field(key, inner, hidden) for inner in value]
    if isinstance(value, dict) or value in (None, ""):
        return _cleaned(value, hidden)
    if _SECRET.fullmatch(key.lower()) or (key in _CURSOR and isinstance(value, str)):
        _hide(str(value), _HIDDEN, hidden)
        _hide(quote(str(value), safe=""), _HIDDEN, hidden)
        return _HIDDEN
    if _PRIVATE.fullmatch(key.lower()):
        shown = f"…{str(value)[-2:]}"
        _hide(str(value).lstrip("+"), shown, hidden)
        return shown
    return value


def _hide(value: str, shown: str, hidden: dict[str, str]) -> None:
    if len(value) >= 6:  # a shorter one would be found inside other words
        hidden[value] = shown
