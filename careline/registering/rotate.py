"""Other secrets for a channel that is in service: each is tried at the platform before it is stored.

The app secret and WeChat's key of before keep counting for a day, because webhooks signed with them are still on their way.
Receivers that run read the secrets again when the journal says that they changed.
"""

from __future__ import annotations

import asyncio
import secrets as random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from careline.crashpoint import reached
from careline.errors import CredentialsRefused, Misconfigured, Refused
from careline.events import ChannelRotated, Entry
from careline.model import Channel
from careline.rules.kinds import KINDS
from careline.rules.records import callback_url
from careline.secrets import Secrets, variable
from careline.store.base import Change, Store

if TYPE_CHECKING:
    from careline.channels.whatsapp.setup import Setup

HANDSHAKES, BETWEEN_S = 12, 0.5


def check_changeable(secrets: Secrets, channel: Channel, wanted: Mapping[str, str]) -> None:
    """Raises Misconfigured for a secret that something else than the keyring gives, unless it gives the wanted one already.

    What the environment or a file says comes before the keyring: storing another would change nothing.
    """
    for key, value in wanted.items():
        source = secrets.source(channel.name, channel.kind, key)
        if source not in ("", "keyring") and secrets.find(channel.name, channel.kind, key) != value:
            raise Misconfigured(
                f"{key} of {channel.name} comes from {source}, which is asked before the keyring.",
                code="secret_elsewhere",
                hint=f"Put the new one there (as {variable(channel.name, key)}), then run this without --secrets-from.",
                run=f"careline channels rotate {channel.name}",
            )


def exchange(
    secrets: Secrets, store: Store, channel: Channel, wanted: Mapping[str, str], keep_old: int, actor: str
) -> tuple[tuple[str, ...], Channel]:
    """Put the secrets in the place of those of before; the names of those that changed, and the channel as it is then.

    Stopped anywhere, the same again ends it: the one of before is stored beside it, and noted to count for ``keep_old``,
    before the new one takes its place.
    """
    before = {key: secrets.find(channel.name, channel.kind, key) for key in wanted}
    changed = tuple(key for key, value in wanted.items() if before[key] != value)
    kind = KINDS[channel.kind]
    old = before[kind.lasting] if kind.lasting in changed else None
    beside = {kind.before: old} if old else {}
    for key, value in beside.items():
        secrets.put(channel.name, key, value)
        reached("rotate.kept")
    if beside:
        noted(store, channel, tuple(beside), actor, keep_old)
        reached("rotate.noted")
    for key in changed:
        secrets.put(channel.name, key, wanted[key])
        reached("rotate.stored")
    after = noted(store, channel, changed, actor)
    reached("rotate.told")
    return changed, after


def noted(store: Store, channel: Channel, keys: tuple[str, ...], actor: str, keep_old: int | None = None) -> Channel:
    """Note that secrets changed, so that receivers read them again; with ``keep_old`` those of before count that long."""

    def decide(change: Change) -> Channel:
        until = None if keep_old is None else change.now + keep_old
        event = ChannelRotated(name=channel.name, keys=keys, previous_until_at=until)
        change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])
        after = change.rows.get(Channel, channel.name)
        assert after is not None
        return after

    return store.change(decide)


def new_verify_token() -> str:
    """A verify token, which is ours to choose."""
    return random.token_urlsafe(24)


async def set_callbacks(setup: Setup, channel: Channel, verify_token: str, app_secret: str | None) -> None:
    """Set the number's address and the app's again. Raises Refused when the handshake fails.

    A receiver that runs needs up to two seconds to know the new token, so it is tried for some seconds.
    """
    address = callback_url(channel)
    for left in reversed(range(HANDSHAKES)):
        try:
            await setup.set_callback(address, verify_token)
            break
        except Refused as refusal:
            if refusal.platform_code != "2200" or not left:
                raise
            await asyncio.sleep(BETWEEN_S)
    reached("rotate.number")
    if channel.app_id and app_secret:
        await setup.subscribe_app(address, verify_token, app_secret)


def put_back(secrets: Secrets, channel: Channel, key: str, before: str | None) -> None:
    """Store the secret of before again: the platform did not take the new one."""
    if before is not None:
        secrets.put(channel.name, key, before)


def check_forms(channel: Channel, wanted: Mapping[str, str]) -> None:
    """Raises CredentialsRefused for what cannot be such a secret, without repeating it."""
    from careline.registering.wechat import KEY_FORM, TOKEN_FORM

    forms = {"token": TOKEN_FORM, "encoding_aes_key": KEY_FORM}
    for key, value in wanted.items():
        if KINDS[channel.kind].console and key in forms and not forms[key].fullmatch(value):
            raise CredentialsRefused(f"The {key} given is none that WeChat takes.", code="bad_secret")
