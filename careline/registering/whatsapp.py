"""A WhatsApp business number, from a token to its first webhook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from careline.channels.whatsapp.policy import SCOPES
from careline.errors import CredentialsRefused, Refused
from careline.events import ChannelRegistered
from careline.model import Channel
from careline.registering.steps import registered, stepped
from careline.rules.records import callback_url
from careline.rules.times import rfc3339
from careline.store.base import Store

if TYPE_CHECKING:
    from careline.channels.whatsapp.setup import Setup

Say = Callable[[str, str], None]


class Found(Struct, frozen=True):
    """What the platform says of the number before anything is stored."""

    address: str
    title: str
    status: str


async def look(setup: Setup, say: Say) -> Found:
    """Check the token and read the number. Raises CredentialsRefused when the token may not do the work."""
    token = await setup.debug_token()
    missing = [scope for scope in SCOPES if token.scopes and scope not in token.scopes]
    if missing:
        raise CredentialsRefused(
            f"The access token lacks the permission {' and '.join(missing)}.",
            code="permission_missing",
            hint="Business settings, System users: generate a token with both permissions.",
        )
    say("token", "valid, never expires" if token.expires_at is None else f"valid until {rfc3339(token.expires_at)}")
    account = await setup.business_account()
    say("account", account.name or account.id)
    number = await setup.number()
    say("number", f"{number.display}, {number.verified_name or 'no name yet'}, {number.status}")
    return Found(number.display, number.verified_name, number.status)


def store_channel(store: Store, wanted: Channel, found: Found, say: Say, actor: str) -> Channel:
    """Note the channel, so that the receiver knows it before the platform calls."""
    event = ChannelRegistered(
        name=wanted.name,
        kind="whatsapp",
        account_id=wanted.account_id,
        phone_number_id=wanted.phone_number_id,
        app_id=wanted.app_id,
        api_url=wanted.api_url,
        public_url=wanted.public_url,
        address=found.address,
        title=found.title,
    )
    channel = registered(store, event, actor)
    channel = stepped(store, channel, "number", active=False, actor=actor)
    say("stored", channel.name)
    return channel


async def subscribe(setup: Setup, channel: Channel, verify_token: str, say: Say) -> None:
    """Have this number's webhooks sent here; the platform calls the address at once to see that it answers."""
    await setup.subscribe()
    callback = callback_url(channel)
    if callback:
        try:
            await setup.set_callback(callback, verify_token)
        except Refused as refusal:
            if refusal.platform_code == "2200":
                refusal.hint = f"Meta called {callback} and did not get its challenge back: is a receiver running there?"
            raise
    say("webhooks", f"to {callback}" if callback else "to the address set in the app; --public-url sends them here")


async def subscribe_app(setup: Setup, channel: Channel, verify_token: str, app_secret: str, say: Say) -> None:
    """Have the app's own webhooks sent here too: news of templates and of the account go nowhere else."""
    await setup.subscribe_app(callback_url(channel), verify_token, app_secret)
    say("app", f"{channel.app_id} sends news of templates and of the account")
