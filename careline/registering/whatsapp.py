"""A WhatsApp business number, from a token to its first webhook.

Every step asks Meta how far the number is before it does anything: a run that stopped anywhere is finished by the same command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from careline.channels.whatsapp.policy import SCOPES
from careline.crashpoint import reached
from careline.errors import CredentialsRefused, Refused, Usage
from careline.events import ChannelRegistered
from careline.model import Channel
from careline.registering.steps import registered, stepped
from careline.rules.records import callback_url
from careline.rules.times import rfc3339
from careline.store.base import Store

if TYPE_CHECKING:
    from careline.channels.whatsapp.registration import Registration
    from careline.channels.whatsapp.setup import Number, Setup, Token

Say = Callable[[str, str], None]


def missing(token: Token) -> list[str]:
    """The permissions that the token lacks. Meta does not tell those of every kind of token; then none is missing."""
    return [scope for scope in SCOPES if token.scopes and scope not in token.scopes]


async def look(setup: Setup, say: Say) -> None:
    """Check the token and see the account. Raises CredentialsRefused when the token may not do the work."""
    token = await setup.debug_token()
    if lacking := missing(token):
        raise CredentialsRefused(
            f"The access token lacks the permission {' and '.join(lacking)}.",
            code="permission_missing",
            hint="Business settings, System users: generate a token with both permissions.",
        )
    say("token", "valid, never expires" if token.expires_at is None else f"valid until {rfc3339(token.expires_at)}")
    account = await setup.business_account()
    say("account", account.name or account.id)


async def find(setup: Setup, registration: Registration, phone: str, name: str, say: Say) -> str:
    """The id of the number with these digits: the account's already, or added to it now."""
    for number in await setup.numbers():
        if re.sub(r"\D", "", number.display) == phone:
            say("found", f"{number.display} is the account's already")
            return number.id
    if not name:
        raise Usage(
            f"+{phone} is not in the account yet, and needs a name to be added.",
            code="bad_display_name",
            hint="Add --verified-name with the name that customers are to see.",
        )
    id = await registration.add(phone, name)
    reached("register.added")
    say("added", f"+{phone} to the account, to be shown as {name}")
    return id


async def see(setup: Setup, say: Say) -> Number:
    """The number as Meta has it."""
    number = await setup.number()
    say("number", f"{number.display}, {number.verified_name or 'no name yet'}, {number.status or 'no status'}")
    return number


def store_channel(store: Store, wanted: Channel, found: Number, say: Say, actor: str) -> Channel:
    """Note the channel, so that the receiver knows it before the platform calls."""
    event = ChannelRegistered(
        name=wanted.name,
        kind="whatsapp",
        account_id=wanted.account_id,
        phone_number_id=wanted.phone_number_id,
        app_id=wanted.app_id,
        api_url=wanted.api_url,
        public_url=wanted.public_url,
        address=found.display,
        title=found.verified_name,
    )
    channel = registered(store, event, actor)
    channel = stepped(store, channel, "number", active=False, actor=actor)
    reached("register.stored")
    say("stored", channel.name)
    return channel


def is_confirmed(number: Number) -> bool:
    """True when nobody has to read a code any more: a number in service was confirmed once, whatever Meta says of the code."""
    return number.status == "connected" or number.verification == "verified"


async def ask_code(setup: Setup, registration: Registration, method: str, language: str) -> bool:
    """Have Meta send a code to the number; False when it is confirmed already, and nothing was sent."""
    if is_confirmed(await setup.number()):
        return False
    await registration.request_code(method, language)
    return True


async def confirm(setup: Setup, registration: Registration, code: str) -> bool:
    """Confirm the number with the code that came; False when it is confirmed already, and no code was tried."""
    if is_confirmed(await setup.number()):
        return False
    await registration.verify_code(code)
    return True


async def register(registration: Registration, number: Number, pin: Callable[[], str], say: Say) -> bool:
    """Register a confirmed number with its PIN, unless it is in service; True when that was done.

    One whose new name was approved is registered again, which takes the name into use. ``pin`` keeps a new PIN before it gives
    it.
    """
    if number.status == "connected" and number.new_name_status != "approved":
        return False
    await registration.register(pin())
    reached("register.registered")
    say("registered", "with its PIN for two-step verification, the secret pin")
    return True


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
    reached("register.subscribed")
    say("webhooks", f"to {callback}" if callback else "to the address set in the app; --public-url sends them here")


async def subscribe_app(setup: Setup, channel: Channel, verify_token: str, app_secret: str, say: Say) -> None:
    """Have the app's own webhooks sent here too: news of templates and of the account go nowhere else."""
    await setup.subscribe_app(callback_url(channel), verify_token, app_secret)
    reached("register.app")
    say("app", f"{channel.app_id} sends news of templates and of the account")
