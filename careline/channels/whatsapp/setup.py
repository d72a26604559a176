"""The token, the account, the number, and where their webhooks go."""

from __future__ import annotations

import hmac

import msgspec
from msgspec import Struct

from careline.channels.whatsapp.errors import register_again, words
from careline.channels.whatsapp.graph import Graph, node
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_instant, as_list, as_text
from careline.channels.whatsapp.policy import CALLBACK_CHARACTERS
from careline.errors import CredentialsRefused, Refused, Usage

APP_FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
    "message_template_components_update",
    "user_preferences",
    "account_update",
    "account_alerts",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_review_update",
    "business_capability_update",
    "security",
)

NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,name_status,code_verification_status,is_pin_enabled,"
    "new_display_name,new_name_status"
)


class Token(Struct, frozen=True):
    """What Meta says of the access token. ``expires_at`` is None when it never ends."""

    app_id: str
    app: str
    scopes: tuple[str, ...]
    expires_at: int | None


class Number(Struct, frozen=True):
    """The business number. ``status`` must be ``connected`` to send; ``name_status`` says whether the name was approved.

    Words are Meta's own in lower case; empty where Meta did not say.
    """

    id: str
    display: str
    verified_name: str
    status: str
    quality: str
    name_status: str
    verification: str = ""
    has_pin: bool = False
    new_name: str = ""
    new_name_status: str = ""


class Account(Struct, frozen=True):
    """The business account that owns the number and its templates."""

    id: str
    name: str


class Subscription(Struct, frozen=True):
    """An app that gets the account's webhooks, at ``callback`` or (empty) at the address set in the app itself."""

    app_id: str
    app: str
    callback: str


class Setup:
    """What an admin asks and sets for one business number."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def debug_token(self) -> Token:
        """What the access token is and may do. Raises CredentialsRefused when it is not valid any more."""
        answer = await self._graph.get(node("debug_token"), input_token=self._graph.token)
        data = as_fields(answer.get("data"))
        if data.get("is_valid") is not True:
            told = words(as_fields(data.get("error")))
            raise CredentialsRefused(
                f"The access token of {self._graph.channel.name} is not valid: {told}".replace(self._graph.token, "[hidden]"),
                platform_code=as_id(as_fields(data.get("error")).get("code")),
                run=register_again(self._graph.channel),
            )
        return Token(
            app_id=as_id(data.get("app_id")),
            app=as_text(data.get("application")),
            scopes=tuple(as_id(scope) for scope in as_list(data.get("scopes"))),
            expires_at=as_instant(data.get("expires_at")),
        )

    async def number(self) -> Number:
        """The channel's number as Meta has it. Raises NotFound when the token sees no such number."""
        return number_of(await self._graph.get(self._graph.number, fields=NUMBER_FIELDS))

    async def numbers(self) -> list[Number]:
        """Every number of the business account."""
        path = f"{self._graph.account}/phone_numbers"
        return [number_of(item) async for item in self._graph.all(path, fields=NUMBER_FIELDS)]

    async def business_account(self) -> Account:
        """The channel's business account. Raises NotFound when the token sees no such account."""
        answer = await self._graph.get(self._graph.account, fields="id,name")
        return Account(id=as_id(answer.get("id")), name=as_text(answer.get("name")))

    async def subscribe(self) -> None:
        """Let the app have the account's webhooks, if it does not yet. An address that somebody set for them stays as it is."""
        if any(await self.subscriptions()):
            return
        answer = await self._graph.post(f"{self._graph.account}/subscribed_apps", {}, "success")
        if answer.get("success") is not True:
            raise Refused("WhatsApp did not subscribe the app, and gives no reason.", run=register_again(self._graph.channel))

    async def set_callback(self, callback: str, verify_token: str) -> None:
        """Have this number's messages sent to ``callback``. Meta: it goes before the account's address and the app's.

        Meta calls the address at once with a challenge, so somebody must be listening there. Raises Refused when that fails.
        """
        if len(callback) > CALLBACK_CHARACTERS:
            raise Usage(f"The callback address has {len(callback)} characters; Meta takes {CALLBACK_CHARACTERS}.")
        wanted = {"webhook_configuration": {"override_callback_uri": callback, "verify_token": verify_token}}
        answer = await self._graph.post(self._graph.number, wanted, "success")
        if answer.get("success") is not True:
            raise Refused(
                "WhatsApp did not take the callback address, and gives no reason.", run=register_again(self._graph.channel)
            )

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
        token = f"{self._graph.channel.app_id}|{app_secret}"
        answer = await self._graph.call(
            "POST", f"{node(self._graph.channel.app_id)}/subscriptions", content=msgspec.json.encode(wanted), token=token
        )
        if answer.get("success") is not True:
            raise Refused(
                "WhatsApp did not subscribe the app's webhooks, and gives no reason.", run=register_again(self._graph.channel)
            )

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """The apps that get the account's webhooks. None at all is why most webhooks never come."""
        found = [item async for item in self._graph.all(f"{self._graph.account}/subscribed_apps")]
        apps = [(as_fields(item.get("whatsapp_business_api_data")), item.get("override_callback_uri")) for item in found]
        return tuple(Subscription(as_id(app.get("id")), as_text(app.get("name")), as_id(callback)) for app, callback in apps)

    async def forget_callback(self) -> None:
        """Let Meta send this number's messages nowhere of its own any more."""
        wanted = {"webhook_configuration": {"override_callback_uri": ""}}
        await self._graph.post(self._graph.number, wanted, "success")

    async def prove(self, app_secret: str) -> None:
        """Return when ``app_secret`` is that of the token's app. Raises CredentialsRefused.

        Meta: ``appsecret_proof`` is the HMAC-SHA256 of the access token under the app secret, and is checked where it is given.
        """
        proof = hmac.digest(app_secret.encode(), self._graph.token.encode(), "sha256").hex()
        try:
            await self._graph.get(self._graph.number, fields="id", appsecret_proof=proof)
        except Refused as refusal:
            raise CredentialsRefused(
                f"The app secret is not that of the app whose token {self._graph.channel.name} has.",
                code="bad_secret",
                hint="Meta's app dashboard, App settings, Basic: App secret.",
                platform_code=refusal.platform_code,
            ) from None


def number_of(answer: Fields) -> Number:
    """The number that an answer to ``NUMBER_FIELDS`` tells of."""
    return Number(
        id=as_id(answer.get("id")),
        display=as_text(answer.get("display_phone_number")).strip(),
        verified_name=as_text(answer.get("verified_name")),
        status=as_id(answer.get("status")).lower(),
        quality=as_id(answer.get("quality_rating")).lower(),
        name_status=as_id(answer.get("name_status")).lower(),
        verification=as_id(answer.get("code_verification_status")).lower(),
        has_pin=answer.get("is_pin_enabled") is True,
        new_name=as_text(answer.get("new_display_name")),
        new_name_status=as_id(answer.get("new_name_status")).lower(),
    )
