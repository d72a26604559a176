"""A WeChat Official Account: the token that lets us speak, and what the console needs so that WeChat speaks to us."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from careline.errors import CredentialsRefused, Usage
from careline.model import Channel
from careline.registering.fresh import Fresh
from careline.registering.steps import own_secret, stepped
from careline.rules.records import callback_url
from careline.secrets import Secrets
from careline.store.base import Store

if TYPE_CHECKING:
    import httpx

Say = Callable[[str, str], None]

TOKEN_FORM = re.compile(r"[A-Za-z0-9]{3,32}", re.ASCII)
KEY_FORM = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)


class Console(Struct, frozen=True):
    """What a person pastes into WeChat's console, under Basic configuration, Server configuration."""

    url: str
    token: str
    encoding_aes_key: str


async def check(channel: Channel, http: httpx.AsyncClient, app_secret: str, say: Say) -> None:
    """Fetch an access token and use it once. Raises CredentialsRefused when WeChat does not let us."""
    from careline.channels.tencent.door import Door
    from careline.channels.wechat.account import MANNERS, Account, stable_token

    tokens = Fresh(lambda: stable_token(http, channel.account_id, app_secret))
    addresses = await Account(Door(channel, http, tokens, MANNERS)).callback_ips()
    say("token", f"works; pushes come from {len(addresses)} address{'' if len(addresses) == 1 else 'es'}")


def console(channel: Channel, secrets: Secrets) -> Console:
    """What to paste. What is not given is made here and kept in the keyring.

    Raises CredentialsRefused when there is no keyring to keep it in.
    """
    from careline.channels.tencent.crypto import new_encoding_aes_key, new_token

    token = own_secret(secrets, channel, "token", new_token)
    key = own_secret(secrets, channel, "encoding_aes_key", new_encoding_aes_key)
    for name, value, form, words in (
        ("token", token, TOKEN_FORM, "3 to 32 letters and digits"),
        ("encoding_aes_key", key, KEY_FORM, "43 letters, digits, + and /"),
    ):
        if not form.fullmatch(value):
            raise CredentialsRefused(
                f"The {name} of {channel.name} is none that WeChat takes: it has {words}.",
                code="bad_secret",
                hint=f"It comes from: {secrets.source(channel.name, channel.kind, name)}",
            )
    return Console(callback_url(channel), token, key)


def active(store: Store, channel: Channel, actor: str) -> Channel:
    """Note that the channel can send; whether pushes come is seen when the first one does."""
    return stepped(store, channel, "token", active=True, actor=actor)


def check_app_id(app_id: str) -> str:
    """The appid, if it looks like one WeChat gives. Raises Usage."""
    if not app_id.startswith("wx") or not app_id.isascii() or not app_id.isalnum():
        raise Usage(f"{app_id!r} is no appid: it begins with wx.", hint="Console, Basic configuration, Developer ID (AppID).")
    return app_id
