"""Speaks to WeChat for one Official Account. The access token is shared with other processes, so it is not kept here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, TypeVar

import msgspec
from msgspec import Meta, Struct

from careline.channels.anycall import AnyCall
from careline.channels.ports import Accepted, Outgoing, Request, TokenSource
from careline.channels.wechat import policy
from careline.channels.wechat.errors import ASKING_FOR_A_TOKEN, MEANINGS, STALE_TOKEN, Meaning, error_for
from careline.errors import CarelineError, CredentialsRefused, Misconfigured, NotSent, Unknown, Usage
from careline.http import exchange
from careline.model import Channel

if TYPE_CHECKING:
    import httpx

Text = Annotated[str, Meta(min_length=1)]


class QrTicket(TypedDict):
    """A code that WeChat made. ``url`` is what its picture must say; ``expire_seconds`` is None for a permanent one."""

    ticket: str
    url: str
    expire_seconds: int | None


class WeChatClient:
    """Speaks to WeChat for ``channel``.

    A token that WeChat refuses is renewed once a call, never twice. A refusal is proof that nothing was done, so repeating the
    call after it is safe.
    """

    def __init__(self, channel: Channel, http: httpx.AsyncClient, tokens: TokenSource) -> None:
        self._channel = channel
        self._http = http
        self._tokens = tokens

    def request(self, message: Outgoing) -> Request:
        """The request that sends a text inside the window. Raises Usage for what WeChat would refuse by its form."""
        if message.kind != "text":
            raise Usage(f"A WeChat channel sends text, not a {message.kind}.", code="not_supported")
        if message.to_kind != "wechat_openid":
            raise Usage("On WeChat customers are written to by their OpenID, and this one is not known.")
        _check_text(message.text)
        body = {"touser": message.to, "msgtype": "text", "text": {"content": message.text}}
        return Request("POST", "/cgi-bin/message/custom/send", _json(body))

    async def send(self, request: Request) -> Accepted:
        """Hand a message to WeChat, which gives no id for it.

        Raises NotSent, Refused, OutsideWindow, CredentialsRefused or Misconfigured (nothing was sent), or Unknown.
        """
        await self._call(_Done, request.method, request.path, request.body, may_change=True)
        return Accepted(id="")

    async def create_qr(self, scene: str, numeric: bool, permanent: bool, expire_seconds: int | None) -> QrTicket:
        """A code for ``scene``. A temporary one lives ``expire_seconds``; for a permanent one they mean nothing.

        Raises Usage for what WeChat would refuse by its form. Only a permanent one can end as Unknown: it uses up one of
        100,000 for ever, while asking for a temporary one again costs nothing.
        """
        lives = None if permanent else _lifetime(expire_seconds)
        body: dict[str, Any] = {
            "action_name": _ACTIONS[permanent, numeric],
            "action_info": {"scene": _scene(scene, numeric, permanent)},
        }
        if lives is not None:
            body["expire_seconds"] = lives  # always told: WeChat's default is a minute or less
        made = await self._call(_Code, "POST", "/cgi-bin/qrcode/create", _json(body), may_change=permanent)
        url = "".join(made.url.split())  # WeChat has answered one with a space in it
        return QrTicket(ticket=made.ticket, url=url, expire_seconds=lives and (made.expire_seconds or lives))

    async def callback_ips(self) -> list[str]:
        """The addresses that WeChat pushes from, some as CIDR ranges. They change: WeChat advises asking daily."""
        return (await self._call(_Addresses, "GET", "/cgi-bin/getcallbackip", may_change=False)).ip_list

    async def anything(self, call: AnyCall) -> dict[str, Any]:
        """What a call answers that has no method of its own."""
        body, may_change = None if call.content is None else call.content.decode(), call.method != "GET"
        return await self._call(dict[str, Any], call.method, call.path, body, params=call.params, may_change=may_change)

    async def _call(
        self,
        wanted: type[T],
        method: str,
        path: str,
        body: str | None = None,
        *,
        params: Mapping[str, str] | None = None,
        may_change: bool,
    ) -> T:
        try:
            token = await self._tokens.get()
            answer = await _ask(self._http, wanted, method, path, body, params=params, token=token, may_change=may_change)
            if isinstance(answer, _Failure) and answer.errcode in STALE_TOKEN:
                token = await self._tokens.renew(token)
                answer = await _ask(self._http, wanted, method, path, body, params=params, token=token, may_change=may_change)
            if isinstance(answer, _Failure):
                raise answer.error(hiding=token)
        except CredentialsRefused as error:
            error.run = (
                error.run or f"careline channels register wechat {self._channel.name} --app-id {self._channel.account_id}"
            )
            raise
        return answer


async def stable_token(http: httpx.AsyncClient, app_id: str, secret: str, force: bool = False) -> tuple[str, int]:
    """An access token and for how many seconds it works, at least 1.

    Without ``force`` everybody who asks gets the same one until its last five minutes, when the old and the new one both work.
    ``force`` kills the old one at once and is allowed 20 times a day. Raises CredentialsRefused, NotSent or Misconfigured.
    """
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, "force_refresh": force}
    answer = await _ask(http, _Token, "POST", "/cgi-bin/stable_token", _json(body), may_change=False)
    if isinstance(answer, _Failure):
        raise answer.error(ASKING_FOR_A_TOKEN, hiding=secret)
    return answer.access_token, max(1, answer.expires_in)


# Answers. WeChat says success by leaving errcode out, or by a 0 there.


class _Failure(Struct):
    errcode: int = 0
    errmsg: Any = ""

    def error(self, meanings: Mapping[int, Meaning] = MEANINGS, *, hiding: str) -> CarelineError:
        words = str(self.errmsg or "")
        return error_for(self.errcode, words.replace(hiding, "[hidden]") if hiding else words, meanings)


class _Done(Struct):
    errcode: int


class _Code(Struct):
    ticket: Text
    url: Text
    expire_seconds: int | None = None


class _Addresses(Struct):
    ip_list: list[str]


class _Token(Struct):
    access_token: Text
    expires_in: int


T = TypeVar("T", _Done, _Code, _Addresses, _Token, dict[str, Any])


async def _ask(
    http: httpx.AsyncClient,
    wanted: type[T],
    method: str,
    path: str,
    body: str | None,
    *,
    params: Mapping[str, str] | None = None,
    token: str = "",
    may_change: bool,
) -> T | _Failure:
    """What WeChat answered, or its refusal. Raises NotSent, Unknown or Misconfigured when that was no answer of WeChat's."""
    response = await exchange(
        http,
        method,
        path,
        content=None if body is None else body.encode(),
        headers={"Content-Type": "application/json"} if body is not None else None,
        params={**(params or {}), **({"access_token": token} if token else {})} or None,
        secret_params=("access_token",),
        may_change=may_change,
    )
    failure = _read(response.content, _Failure)
    if failure is not None and failure.errcode:
        return failure
    answer = _read(response.content, wanted)
    if response.is_success and answer is not None:
        return answer
    said = f"{response.request.url.host} answered HTTP {response.status_code}"
    if response.status_code == 429:
        raise NotSent(f"{said}: too many requests", code="rate_limited")
    if not response.is_success and response.status_code < 500:
        raise Misconfigured(f"{said}, which WeChat never does", hint="Is the channel's --api-url right? Is a proxy between?")
    if may_change:
        raise Unknown(f"{said}, but does not say whether it was done")
    raise NotSent(f"{said}, but not with what was asked for")


S = TypeVar("S")


def _read(content: bytes, wanted: type[S]) -> S | None:
    try:
        return msgspec.json.decode(content.decode("utf-8", "replace"), type=wanted, strict=False)
    except (msgspec.MsgspecError, RecursionError):
        return None


# What WeChat would refuse by its form

_ACTIONS = {
    (False, False): "QR_STR_SCENE",
    (False, True): "QR_SCENE",
    (True, False): "QR_LIMIT_STR_SCENE",
    (True, True): "QR_LIMIT_SCENE",
}


def _json(body: Mapping[str, Any]) -> str:
    """JSON in plain UTF-8: WeChat shows customers a \\u escape as it stands."""
    try:
        return msgspec.json.encode(body).decode()
    except UnicodeEncodeError:
        raise Usage("The text is not valid Unicode.") from None


def _check_text(text: str) -> None:
    if not text.strip():
        raise Usage("The text is empty.")
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise Usage("The text holds a control character, which WeChat would show as an escape.")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > policy.TEXT_BYTES:
        raise Usage(
            f"The text has {size:,} bytes, and WeChat takes {policy.TEXT_BYTES:,}.",
            code="text_too_long",
            hint="A Chinese character is three bytes, an emoji four. Send it in parts: each counts against the window's quota.",
        )


def _scene(scene: str, numeric: bool, permanent: bool) -> dict[str, Any]:
    if not numeric:
        if not 1 <= len(scene) <= policy.SCENE_CHARACTERS or not scene.isprintable() or scene != scene.strip():
            raise Usage(f"A scene is 1 to {policy.SCENE_CHARACTERS} printable characters, without a space at either end.")
        return {"scene_str": scene}
    most = policy.PERMANENT_SCENES if permanent else policy.TEMPORARY_SCENES
    if not scene.isascii() or not scene.isdigit() or scene.startswith("0") or len(scene) > 10 or int(scene) > most:
        raise Usage(f"A numeric scene of a {'permanent' if permanent else 'temporary'} code is a number from 1 to {most:,}.")
    return {"scene_id": int(scene)}


def _lifetime(seconds: int | None) -> int:
    if seconds is None or not 1 <= seconds <= policy.CODE_SECONDS:
        raise Usage("A temporary code lives from 1 second to 30 days.", hint="For longer, ask for a permanent one.")
    return seconds
