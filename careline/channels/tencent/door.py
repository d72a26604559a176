"""Calls of WeChat's and WeCom's APIs on behalf of one channel. Every call has one outcome, or one of careline's errors.

Both say success by leaving ``errcode`` out or by a 0 there, at HTTP 200 as everything, and take the access token in the query.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from careline.channels.ports import Attachment, TokenSource
from careline.channels.tencent.errors import Meaning, error_for
from careline.errors import CarelineError, CredentialsRefused, Failed, Misconfigured, NotSent, Unknown, Usage
from careline.http import Streamed, exchange, streaming
from careline.model import Channel

if TYPE_CHECKING:
    import httpx

CHUNK = 64 * 1024
SLOWEST = 64 * 1024  # bytes a second: an upload may take as long as that needs
LONGEST_REFUSAL = 64 * 1024  # of JSON where a file was asked for

T = TypeVar("T")


class Manners(Struct, frozen=True):
    """How one of the two platforms answers: its name, what its numbers mean, and which of them say that the token is stale.

    ``register`` is the command that gives a channel other credentials, with ``{name}`` and ``{account}`` in it.
    """

    platform: str
    meanings: Mapping[int, Meaning]
    stale: frozenset[int]
    register: str


class Door:
    """The API as one channel sees it. ``http`` comes from ``Http.client`` with the channel's ``api_url``.

    A token that is refused is renewed once a call, never twice. A refusal is proof that nothing was done, so repeating the call
    after it is safe.
    """

    def __init__(self, channel: Channel, http: httpx.AsyncClient, tokens: TokenSource, manners: Manners) -> None:
        self.channel = channel
        self.http = http
        self._tokens = tokens
        self._manners = manners

    async def get(self, wanted: type[T], path: str, **params: str) -> T:
        """What a path answers, as ``wanted``."""
        return await self.call(wanted, "GET", path, params=params, may_change=False)

    async def post(self, wanted: type[T], path: str, body: Mapping[str, Any], *, may_change: bool = True) -> T:
        """The answer to ``body``. ``may_change`` is False where nobody is the worse for a call that happens twice."""
        return await self.call(wanted, "POST", path, plain_json(body), may_change=may_change)

    async def call(
        self,
        wanted: type[T],
        method: str,
        path: str,
        body: str | None = None,
        *,
        params: Mapping[str, str] | None = None,
        may_change: bool,
    ) -> T:
        """The answer to one call, ``body`` being the JSON as it goes out.

        Raises NotSent, Unknown or Misconfigured when that was no answer of the platform's, and what its refusal means.
        """
        content = None if body is None else body.encode()
        headers = {"Content-Type": "application/json"} if body is not None else None

        async def once(token: str) -> T | Failure:
            asked = {**(params or {}), "access_token": token}
            return await ask(self.http, wanted, method, path, content, headers, asked, may_change=may_change)

        return await self._twice(once)

    async def upload(self, wanted: type[T], path: str, attachment: Attachment, field: str = "media", **more: str) -> T:
        """The answer to a file in a form. ``type`` and the like go in ``more``: what begins with ``form_`` into the form.

        A file that nobody uses changes nothing, so an upload without an answer is NotSent.
        """
        form = {name.removeprefix("form_"): value for name, value in more.items() if name.startswith("form_")}
        params = {name: value for name, value in more.items() if not name.startswith("form_")}
        boundary = f"careline-{os.urandom(12).hex()}"
        head, tail = _around(attachment, field, form, boundary)
        size = len(head) + (attachment.media.bytes or 0) + len(tail)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(size)}

        async def once(token: str) -> T | Failure:
            content = _parts(head, attachment, tail)
            asked = {**params, "access_token": token}
            return await ask(
                self.http, wanted, "POST", path, content, headers, asked, may_change=False, whole_s=60 + size / SLOWEST
            )

        return await self._twice(once)

    @asynccontextmanager
    async def file(self, path: str, *, link: str = "", **params: str) -> AsyncIterator[Streamed]:
        """The bytes of a file that a path gives. Raises what a refusal means: that comes as JSON where the file would be.

        A JSON that names an address under ``link`` stands for the file there, which needs no token and gets none.
        """
        token = await self._tokens.get()
        for last in (False, True):
            query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**params, "access_token": token}.items())
            async with streaming(self.http, f"{path}?{query}", {"Accept": "*/*"}) as streamed:
                if "json" not in streamed.headers.get("content-type", "") and "text/plain" not in streamed.headers.get(
                    "content-type", ""
                ):
                    yield streamed
                    return
                refusal = await _short(streamed)
            failure = read(refusal, Failure)
            if failure is None or not failure.errcode:
                async with streaming(self.http, _linked(refusal, link), {"Accept": "*/*"}) as streamed:
                    yield streamed
                return
            if last or failure.errcode not in self._manners.stale:
                raise self._refused(failure, token)
            token = await self._tokens.renew(token)

    async def _twice(self, once: Callable[[str], Awaitable[T | Failure]]) -> T:
        try:
            token = await self._tokens.get()
            answer = await once(token)
            if isinstance(answer, Failure) and answer.errcode in self._manners.stale:
                token = await self._tokens.renew(token)
                answer = await once(token)
            if isinstance(answer, Failure):
                raise self._refused(answer, token)
        except CredentialsRefused as error:
            error.run = error.run or self._manners.register.format(name=self.channel.name, account=self.channel.account_id)
            raise
        return answer

    def _refused(self, failure: Failure, token: str) -> CarelineError:
        return failure.error(self._manners.meanings, self._manners.platform, hiding=token)


class Done(Struct):
    """What a call answers that gives nothing but its success."""

    errcode: int


class Failure(Struct):
    """A refusal: an ``errcode`` other than 0."""

    errcode: int = 0
    errmsg: Any = ""

    def error(self, meanings: Mapping[int, Meaning], platform: str, *, hiding: str) -> CarelineError:
        """What it means. ``hiding`` is the secret that the platform may have repeated."""
        words = str(self.errmsg or "")
        return error_for(self.errcode, words.replace(hiding, "[hidden]") if hiding else words, meanings, platform)


async def ask(
    http: httpx.AsyncClient,
    wanted: type[T],
    method: str,
    path: str,
    content: Any,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    *,
    may_change: bool,
    whole_s: float | None = None,
) -> T | Failure:
    """What the platform answered, or its refusal. Raises NotSent, Unknown or Misconfigured when that was no answer of its."""
    response = await exchange(
        http,
        method,
        path,
        content=content,
        headers=headers,
        params=params or None,
        secret_params=("access_token", "secret", "corpsecret", "appsecret"),
        may_change=may_change,
        whole_s=whole_s,
    )
    failure = read(response.content, Failure)
    if failure is not None and failure.errcode:
        return failure
    answer = read(response.content, wanted)
    if response.is_success and answer is not None:
        return answer
    said = f"{response.request.url.host} answered HTTP {response.status_code}"
    if response.status_code == 429:
        raise NotSent(f"{said}: too many requests", code="rate_limited")
    if not response.is_success and response.status_code < 500:
        raise Misconfigured(
            f"{said}, which this platform never does", hint="Is the channel's --api-url right? Is a proxy between?"
        )
    if may_change:
        raise Unknown(f"{said}, but does not say whether it was done")
    raise NotSent(f"{said}, but not with what was asked for")


def read(content: bytes, wanted: type[T]) -> T | None:
    """The answer in ``content``, numbers and texts taken for each other; None when it is not in there."""
    try:
        return msgspec.json.decode(content.decode("utf-8", "replace"), type=wanted, strict=False)
    except (msgspec.MsgspecError, RecursionError):
        return None


def plain_json(body: Mapping[str, Any]) -> str:
    """JSON in plain UTF-8: WeChat shows customers a \\u escape as it stands. Raises Usage for half characters."""
    try:
        return msgspec.json.encode(body).decode()
    except UnicodeEncodeError:
        raise Usage("The text is not valid Unicode.") from None


def _linked(answer: bytes, name: str) -> str:
    """The address that an answer names instead of a file. Raises Failed when it names none."""
    address = (read(answer, dict[str, Any]) or {}).get(name) if name else None
    if not isinstance(address, str) or not address.strip().startswith(("https://", "http://")):
        raise Failed("There is no file where one was asked for.", code="no_file")
    return address.strip()


async def _short(streamed: Streamed) -> bytes:
    found = b""
    async for chunk in streamed.chunks():
        found += chunk
        if len(found) > LONGEST_REFUSAL:
            break
    return found


def _around(attachment: Attachment, field: str, form: Mapping[str, str], boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the file's bytes. Multipart: the name only in ASCII, since no customer sees this one."""
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form.items()
    )
    name = quote(attachment.media.name[:100], safe="-_.") or "file"
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    head += f"Content-Type: {attachment.media.mime}\r\n\r\n"
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()


async def _parts(head: bytes, attachment: Attachment, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    with attachment.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
    yield tail
