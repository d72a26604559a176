"""Speaks to Meta's Graph API on behalf of one business number. Every call has one outcome, or one of careline's errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import msgspec
from msgspec import Struct

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.whatsapp.errors import REGISTER, failure, words
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_instant, as_list, as_text, parse
from careline.channels.whatsapp.messages import body, storable
from careline.channels.whatsapp.people import digits
from careline.channels.whatsapp.policy import CALLBACK_CHARACTERS, CODE_CHARACTERS
from careline.errors import CredentialsRefused, Refused, Unknown, Usage
from careline.http import exchange
from careline.model import Channel

VERSION = "v23.0"
PAGE = 100
APP_FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
    "account_update",
    "account_alerts",
    "phone_number_quality_update",
    "phone_number_name_update",
)
MAX_PAGES = 100  # an account has at most 6,000 templates, a number 2,000 codes

_TEMPLATE_FIELDS = "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason"


class Token(Struct, frozen=True):
    """What Meta says of the access token. ``expires_at`` is None when it never ends."""

    app_id: str
    app: str
    scopes: tuple[str, ...]
    expires_at: int | None


class Number(Struct, frozen=True):
    """The business number. ``status`` must be ``connected`` to send; ``name_status`` says whether the name was approved."""

    id: str
    display: str
    verified_name: str
    status: str
    quality: str
    name_status: str


class Account(Struct, frozen=True):
    """The business account that owns the number and its templates."""

    id: str
    name: str
    review: str


class Subscription(Struct, frozen=True):
    """An app that gets the account's webhooks, at ``callback`` or (empty) at the address set in the app itself."""

    app_id: str
    app: str
    callback: str


class WhatsAppClient:
    """One business number's side of the Graph API. ``http`` comes from ``Http.client`` with the channel's ``api_url``.

    Raises CredentialsRefused for a token that cannot be one.
    """

    def __init__(self, channel: Channel, http: httpx.AsyncClient, access_token: str) -> None:
        if not access_token or not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise CredentialsRefused(
                f"The access token of {channel.name} is empty or has characters that no token has.",
                hint="It must be one line without blanks, as Meta shows it.",
                run=_register(channel),
            )
        self._channel = channel
        self._http = http
        self._token = access_token

    # Messages

    def request(self, message: Outgoing) -> Request:
        """The request that would send ``message``. Pure. Raises Usage for what WhatsApp would refuse by its form."""
        return Request("POST", f"{self._number()}/messages", msgspec.json.encode(body(message)).decode())

    async def send(self, request: Request) -> Accepted:
        """Hand it to WhatsApp, which repeats nothing and knows no request twice: never call this again after Unknown.

        Raises NotSent (safe to try again), Refused or OutsideWindow (never unchanged), CredentialsRefused, or Unknown (it may
        have gone out).
        """
        answer = await self._call(request.method, request.path, content=request.body.encode())
        message = as_fields(next(iter(as_list(answer.get("messages"))), None))
        if not as_id(message.get("id")):
            raise Unknown("WhatsApp took the message, but gave no id for it.")
        contact = as_fields(next(iter(as_list(answer.get("contacts"))), None))
        others = {"wa_id": digits(as_id(contact.get("wa_id"))), "wa_bsuid": as_id(contact.get("user_id"))}
        note = as_id(message.get("message_status")).lower()
        return Accepted(
            id=as_id(message.get("id")),
            note="" if note == "accepted" else note,
            others=tuple((kind, value) for kind, value in others.items() if value),
        )

    # Setting up

    async def debug_token(self) -> Token:
        """What the access token is and may do. Raises CredentialsRefused when it is not valid any more."""
        answer = await self._get("debug_token", input_token=self._token)
        data = as_fields(answer.get("data"))
        if data.get("is_valid") is not True:
            told = words(as_fields(data.get("error")))
            raise CredentialsRefused(
                f"The access token of {self._channel.name} is not valid: {told}".replace(self._token, "[hidden]"),
                platform_code=as_id(as_fields(data.get("error")).get("code")),
                run=_register(self._channel),
            )
        return Token(
            app_id=as_id(data.get("app_id")),
            app=as_text(data.get("application")),
            scopes=tuple(as_id(scope) for scope in as_list(data.get("scopes"))),
            expires_at=as_instant(data.get("expires_at")),
        )

    async def number(self) -> Number:
        """The channel's number as Meta has it. Raises NotFound when the token sees no such number."""
        fields = "id,display_phone_number,verified_name,status,quality_rating,name_status"
        answer = await self._get(self._channel.phone_number_id, fields=fields)
        return Number(
            id=as_id(answer.get("id")),
            display=as_text(answer.get("display_phone_number")).strip(),
            verified_name=as_text(answer.get("verified_name")),
            status=as_id(answer.get("status")).lower(),
            quality=as_id(answer.get("quality_rating")).lower(),
            name_status=as_id(answer.get("name_status")).lower(),
        )

    async def business_account(self) -> Account:
        """The channel's business account. Raises NotFound when the token sees no such account."""
        answer = await self._get(self._channel.account_id, fields="id,name,account_review_status")
        review = as_id(answer.get("account_review_status")).lower()
        return Account(id=as_id(answer.get("id")), name=as_text(answer.get("name")), review=review)

    async def subscribe(self) -> None:
        """Let the app have the account's webhooks, if it does not yet. An address that somebody set for them stays as it is."""
        if any(await self.subscriptions()):
            return
        answer = await self._post(f"{self._account()}/subscribed_apps", {}, "success")
        if answer.get("success") is not True:
            raise Refused("WhatsApp did not subscribe the app, and gives no reason.", run=_register(self._channel))

    async def set_callback(self, callback: str, verify_token: str) -> None:
        """Have this number's messages sent to ``callback``. Meta: it goes before the account's address and the app's.

        Meta calls the address at once with a challenge, so somebody must be listening there. Raises Refused when that fails.
        """
        if len(callback) > CALLBACK_CHARACTERS:
            raise Usage(f"The callback address has {len(callback)} characters; Meta takes {CALLBACK_CHARACTERS}.")
        wanted = {"webhook_configuration": {"override_callback_uri": callback, "verify_token": verify_token}}
        answer = await self._post(self._number(), wanted, "success")
        if answer.get("success") is not True:
            raise Refused("WhatsApp did not take the callback address, and gives no reason.", run=_register(self._channel))

    async def subscribe_app(self, callback: str, verify_token: str, app_secret: str) -> None:
        """Have the app's own webhooks sent to ``callback``: news of templates and of the account go nowhere else.

        Meta: the app's own token is APP_ID|APP_SECRET. Raises Refused when nobody answers at that address.
        """
        wanted = {
            "object": "whatsapp_business_account",
            "callback_url": callback,
            "verify_token": verify_token,
            "fields": ",".join(APP_FIELDS),
        }
        app = quote(self._channel.app_id, safe="")
        token = f"{self._channel.app_id}|{app_secret}"
        answer = await self._call("POST", f"/{VERSION}/{app}/subscriptions", content=msgspec.json.encode(wanted), token=token)
        if answer.get("success") is not True:
            raise Refused("WhatsApp did not subscribe the app's webhooks, and gives no reason.", run=_register(self._channel))

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """The apps that get the account's webhooks. None at all is why most webhooks never come."""
        found = [item async for item in self._all(f"{self._account()}/subscribed_apps")]
        apps = [(as_fields(item.get("whatsapp_business_api_data")), item.get("override_callback_uri")) for item in found]
        return tuple(Subscription(as_id(app.get("id")), as_text(app.get("name")), as_id(callback)) for app, callback in apps)

    # Templates

    async def create_template(self, definition: Mapping[str, Any]) -> Fields:
        """Submit a template for review: ``id``, ``status`` and the ``category`` Meta chose, which may be another one."""
        return await self._post(f"{self._account()}/message_templates", dict(definition), "id")

    async def templates(self, name: str | None = None) -> AsyncIterator[Fields]:
        """The account's templates as Meta has them, in all languages; with ``name`` only those of exactly that name."""
        wanted = {"fields": _TEMPLATE_FIELDS} | ({"name": name} if name else {})
        async for template in self._all(f"{self._account()}/message_templates", **wanted):
            if name in (None, template.get("name")):
                yield template

    # QR codes

    async def create_qr(self, prefilled_text: str) -> Fields:
        """Make a code that opens a chat with ``prefilled_text`` typed in: ``code`` and ``deep_link_url``. It never expires."""
        if not prefilled_text.strip():
            raise Usage("The text of the code is empty.", hint="--text says what the customer's message starts with.")
        if len(prefilled_text) > CODE_CHARACTERS:
            raise Usage(f"The text of the code has {len(prefilled_text)} characters; WhatsApp takes {CODE_CHARACTERS}.")
        wanted = {"prefilled_message": storable(prefilled_text, "text")}
        return await self._post(f"{self._number()}/message_qrdls", wanted, "deep_link_url")

    # Plumbing

    def _number(self) -> str:
        return f"/{VERSION}/{quote(self._channel.phone_number_id, safe='')}"

    def _account(self) -> str:
        return f"/{VERSION}/{quote(self._channel.account_id, safe='')}"

    async def _get(self, node: str, **params: str) -> Fields:
        return await self._call("GET", f"/{VERSION}/{quote(node, safe='')}", params=params)

    async def _post(self, path: str, wanted: Fields, told: str) -> Fields:
        """The answer, which must tell ``told``: without it nobody knows what has come of the call."""
        answer = await self._call("POST", path, content=msgspec.json.encode(wanted))
        if told not in answer:
            raise Unknown(f"WhatsApp's answer lacks {told!r}: it may have taken effect.")
        return answer

    async def _all(self, path: str, **params: str) -> AsyncIterator[Fields]:
        """Every item of a list, page by page. Never follows the address Meta gives for the next page: it holds the token."""
        after = ""
        for _ in range(MAX_PAGES):
            asked = params | {"limit": str(PAGE)} | ({"after": after} if after else {})
            answer = await self._call("GET", path, params=asked)
            for item in as_list(answer.get("data")):
                yield as_fields(as_fields(item).get("node")) or as_fields(item)
            before, after = after, _next(as_fields(answer.get("paging")))
            if after in ("", before):
                return

    async def _call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Fields:
        may_change = method != "GET"
        headers = {"Authorization": f"Bearer {token or self._token}"} | (
            {"Content-Type": "application/json"} if content else {}
        )
        answer = await exchange(
            self._http,
            method,
            path,
            content=content,
            headers=headers,
            params=params,
            secret_params=("input_token",),
            may_change=may_change,
        )
        try:
            found = parse(answer.content)
        except ValueError:
            found = None
        if answer.is_success and found is not None and "error" not in found:
            return found
        raise failure(answer.status_code, found, answer.headers, self._channel, may_change=may_change, secret=self._token)


def _register(channel: Channel) -> str:
    return REGISTER.format(name=channel.name, number=channel.phone_number_id, account=channel.account_id)


def _next(paging: Fields) -> str:
    """The cursor of the next page; empty on the last, which keeps its cursors but has no ``next``. Some edges nest it."""
    if not as_text(paging.get("next")):
        inner = as_fields(paging.get("paging"))
        return _next(inner) if inner else ""
    cursor = as_id(as_fields(paging.get("cursors")).get("after"))
    return cursor or next(iter(parse_qs(urlsplit(as_text(paging.get("next"))).query).get("after", [])), "")
