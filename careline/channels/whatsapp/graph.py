"""Calls of Meta's Graph API on behalf of one business number. Every call has one outcome, or one of careline's errors."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import msgspec

from careline.channels.anycall import AnyCall
from careline.channels.whatsapp.errors import failure, register_again
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_list, as_text, parse
from careline.errors import CredentialsRefused, Unknown
from careline.http import Streamed, exchange, streaming
from careline.model import Channel

VERSION = "v23.0"
PAGE = 100
_PAGING = ("limit", "after", "before")
MAX_PAGES = 100  # an account has at most 6,000 templates, a number 2,000 codes


class Graph:
    """The Graph API as one business number sees it. ``http`` comes from ``Http.client`` with the channel's ``api_url``.

    Raises CredentialsRefused for a token that cannot be one.
    """

    def __init__(self, channel: Channel, http: httpx.AsyncClient, access_token: str) -> None:
        if not access_token or not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise CredentialsRefused(
                f"The access token of {channel.name} is empty or has characters that no token has.",
                hint="It must be one line without blanks, as Meta shows it.",
                run=register_again(channel),
            )
        self.channel = channel
        self.token = access_token
        self.date = ""  # what the platform's clock said with its last answer
        self._http = http

    @property
    def number(self) -> str:
        """The path of the business number."""
        return node(self.channel.phone_number_id)

    @property
    def account(self) -> str:
        """The path of the business account."""
        return node(self.channel.account_id)

    async def get(self, path: str, **params: str) -> Fields:
        """What a path answers."""
        return await self.call("GET", path, params=params)

    async def post(self, path: str, wanted: Mapping[str, object], told: str) -> Fields:
        """The answer, which must tell ``told``: without it nobody knows what has come of the call. Raises Unknown then."""
        answer = await self.call("POST", path, content=msgspec.json.encode(wanted))
        if told not in answer:
            raise Unknown(f"WhatsApp's answer lacks {told!r}: it may have taken effect.")
        return answer

    async def all(self, path: str, **params: str) -> AsyncIterator[Fields]:
        """Every item of a list, page by page. Never follows the address Meta gives for the next page: it holds the token.

        ``limit`` among the parameters is how many come on each.
        """
        after = ""
        for _ in range(MAX_PAGES):
            asked = {"limit": str(PAGE)} | params | ({"after": after} if after else {})
            answer = await self.call("GET", path, params=asked)
            for item in as_list(answer.get("data")):
                yield as_fields(as_fields(item).get("node")) or as_fields(item)
            before, after = after, _next(as_fields(answer.get("paging")))
            if after in ("", before):
                return

    async def anything(self, call: AnyCall) -> Fields:
        """What a call answers that has no method of its own."""
        return await self.call(call.method, _versioned(call.path), content=call.content, params=call.params)

    def everything(self, call: AnyCall) -> AsyncIterator[Fields]:
        """Every item of the list that such a call answers; how long a page is stays ours to say."""
        return self.all(_versioned(call.path), **{name: value for name, value in call.params.items() if name not in _PAGING})

    async def call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterable[bytes] | None = None,
        params: Mapping[str, str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        may_change: bool | None = None,
        whole_s: float | None = None,
    ) -> Fields:
        """The answer to one call. ``content`` is JSON unless ``headers`` say otherwise.

        ``token`` goes instead of the channel's own. ``may_change`` is False where nobody is the worse for a call that happens
        twice; ``whole_s`` is how long it may take.
        """
        may_change = method != "GET" if may_change is None else may_change
        told = {"Content-Type": "application/json"} if content else {}
        headers = {"Authorization": f"Bearer {token or self.token}"} | told | dict(headers or {})
        answer = await exchange(
            self._http,
            method,
            path,
            content=content,
            headers=headers,
            params=params,
            secret_params=("input_token", "sig"),
            may_change=may_change,
            whole_s=whole_s,
        )
        self.date = answer.headers.get("date", "")
        try:
            found = parse(answer.content)
        except ValueError:
            found = None
        if answer.is_success and found is not None and "error" not in found:
            return found
        raise failure(answer.status_code, found, answer.headers, self.channel, may_change=may_change, secret=self.token)

    def streaming(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Streamed]:
        """What an address answers, piece by piece. Raises NotSent when the connection fails."""
        return streaming(self._http, url, headers)


def node(id: str) -> str:
    """The path of a node of the graph."""
    return f"/{VERSION}/{quote(id, safe='')}"


def _versioned(path: str) -> str:
    """The path with our version of the API in front, unless it has one."""
    return path if re.match(r"/v[0-9]+\.[0-9]+(/|\Z)", path) else f"/{VERSION}{path}"


def _next(paging: Fields) -> str:
    """The cursor of the next page; empty on the last, which keeps its cursors but has no ``next``. Some edges nest it."""
    if not as_text(paging.get("next")):
        inner = as_fields(paging.get("paging"))
        return _next(inner) if inner else ""
    cursor = as_id(as_fields(paging.get("cursors")).get("after"))
    return cursor or next(iter(parse_qs(urlsplit(as_text(paging.get("next"))).query).get("after", [])), "")
