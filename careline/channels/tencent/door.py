"""Calls of WeChat's and WeCom's APIs on behalf of one channel. Every call has one outcome, or one of careline's errors.

Both say success by leaving ``errcode`` out or by a 0 there, at HTTP 200 as everything, and take the access token in the query.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from careline.channels.form import Form
from careline.channels.lenient import decode, without_nul
from careline.channels.ports import Attachment, Pieces, TokenSource
from careline.channels.tencent.errors import Meaning, error_for
from careline.errors import CarelineError, CredentialsRefused, Failed, Misconfigured, NotSent, Unknown, Usage
from careline.http import Streamed, exchange, streaming
from careline.model import Channel

if TYPE_CHECKING:
    import httpx

LONGEST_REFUSAL = 64 * 1024  # of JSON where a file was asked for

T = TypeVar("T")


class Manners(Struct, frozen=True):
    """How one of the two platforms answers: its name, what its numbers mean, and which of them say that the token is stale.

    ``register`` is the command that gives a channel other credentials, with ``{name}`` and ``{account}`` in it. After a number
    in ``busy`` a call that changes nothing is made again, each time a little later.
    """

    platform: str
    meanings: Mapping[int, Meaning]
    stale: frozenset[int]
    register: str
    busy: frozenset[int] = frozenset({-1})
    pauses_s: tuple[float, ...] = (1, 2, 4)


class Door:
    """The API as one channel sees it. ``http`` comes from ``Http.client`` with the channel's ``api_url``.

    A token that is refused is renewed once a call, never twice. A refusal is proof that nothing was done, so repeating the call
    after it is safe. Where the platform is busy a message is still not sent again by itself: whoever sent it is told.
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

        return await self._tried(once, () if may_change else self._manners.pauses_s)

    async def upload(self, wanted: type[T], path: str, attachment: Attachment, field: str = "media", **more: str) -> T:
        """The answer to a file in a form. ``type`` and the like go in ``more``: what begins with ``form_`` into the form.

        A file that nobody uses changes nothing, so an upload without an answer is NotSent.
        """
        form = {name.removeprefix("form_"): value for name, value in more.items() if name.startswith("form_")}
        params = {name: value for name, value in more.items() if not name.startswith("form_")}
        sent = Form(attachment, field, form)

        async def once(token: str) -> T | Failure:
            asked = {**params, "access_token": token}
            headers, patience_s = sent.headers, sent.patience_s
            return await ask(
                self.http, wanted, "POST", path, sent.content(), headers, asked, may_change=False, whole_s=patience_s
            )

        return await self._tried(once, self._manners.pauses_s)

    @asynccontextmanager
    async def file(self, path: str, *, link: str = "", **params: str) -> AsyncIterator[Pieces]:
        """The bytes of a file that a path gives. Raises what a refusal means: that comes as JSON where the file would be.

        A JSON that names an address under ``link`` stands for the file there, which needs no token and gets none.
        """
        token = await self._tokens.get()
        for last in (False, True):
            query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**params, "access_token": token}.items())
            async with streaming(self.http, f"{path}?{query}", {"Accept": "*/*"}) as streamed:
                begun = _Begun(streamed)
                if await begun.is_file():
                    yield begun
                    return
                refusal = await _short(begun)
            failure = read(refusal, Failure)
            if failure is None or not failure.errcode:
                async with streaming(self.http, _linked(refusal, link), {"Accept": "*/*"}) as streamed:
                    yield streamed
                return
            if last or failure.errcode not in self._manners.stale:
                raise self._refused(failure, token)
            token = await self._tokens.renew(token)

    async def _tried(self, once: Callable[[str], Awaitable[T | Failure]], pauses_s: Sequence[float]) -> T:
        async def patiently(token: str) -> T | Failure:
            answer = await once(token)
            for pause in pauses_s:
                if not isinstance(answer, Failure) or answer.errcode not in self._manners.busy:
                    break
                await asyncio.sleep(pause)
                answer = await once(token)
            return answer

        try:
            token = await self._tokens.get()
            answer = await patiently(token)
            if isinstance(answer, Failure) and answer.errcode in self._manners.stale:
                token = await self._tokens.renew(token)
                answer = await patiently(token)
            if isinstance(answer, Failure):
                raise self._refused(answer, token)
        except CredentialsRefused as error:
            error.run = error.run or self._manners.register.format(name=self.channel.name, account=self.channel.account_id)
            raise
        return answer

    def _refused(self, failure: Failure, token: str) -> CarelineError:
        error = failure.error(self._manners.meanings, self._manners.platform, hiding=token)
        error.hint = error.hint.replace("CHANNEL", self.channel.name)  # `explain` has no channel to name, a call has
        return error


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
    """The answer in ``content``, numbers in quotes taken as numbers and null for what is not there; None when it is no such.

    Its texts can be stored: half a character in one customer's name must not cost a page of a thousand messages.
    """
    content = content.decode("utf-8", "replace").encode()
    try:
        return msgspec.json.decode(without_nul(content), type=wanted, strict=False)
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        return msgspec.convert(_without_null(decode(content)), wanted, strict=False)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _without_null(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [_without_null(inner) for inner in value]
    return value


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


class _Begun:
    """An answer whose first bytes were looked at: refusals come under any content type, and a customer's file may be JSON."""

    def __init__(self, streamed: Streamed) -> None:
        self.status = streamed.status
        self.headers = streamed.headers
        self._pieces = streamed.chunks()
        self._first = b""

    async def is_file(self) -> bool:
        """True for a file: it has a name, or else is no text and does not begin as JSON does. Raises NotSent for a web page.

        What does not come with HTTP 200 is no refusal of the platform's either.
        """
        self._first = await anext(self._pieces, b"")
        if "content-disposition" in self.headers or self.status != 200:
            return True
        type = self.headers.get("content-type", "")
        if "json" in type or "text/plain" in type or self._first.lstrip().startswith(b"{"):
            return False
        if "text/html" in type:
            raise NotSent("A web page came where a file was asked for.", hint="Is a proxy between?", code="no_file")
        return True

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes from the beginning."""
        yield self._first
        async for chunk in self._pieces:
            yield chunk


async def _short(pieces: Pieces) -> bytes:
    found = b""
    async for chunk in pieces.chunks():
        found += chunk
        if len(found) > LONGEST_REFUSAL:
            break
    return found
