"""What registering notes in the journal."""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Callable

from careline.errors import CredentialsRefused, Usage
from careline.events import ChannelRegistered, ChannelStepped, ChannelTurned, Entry
from careline.model import Channel
from careline.secrets import Secrets, variable
from careline.store.base import Change, Store

BASE64_43 = "import base64, os; print(base64.b64encode(os.urandom(32)).decode()[:43])"
HEX_32 = "import secrets; print(secrets.token_hex(16))"
SIX_DIGITS = "import secrets; print(f'{secrets.randbelow(10**6):06}')"
MAKES = {"encoding_aes_key": BASE64_43, "pin": SIX_DIGITS}
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)


def check_name(name: str) -> str:
    """The name, if a channel may have it. Raises Usage."""
    if not NAME.fullmatch(name):
        raise Usage(
            f"{name!r} cannot name a channel.",
            code="bad_name",
            hint="A small letter, then up to 31 small letters, digits and dashes: shop-it",
        )
    return name


def check_kind(known: Channel | None, kind: str, account: str) -> None:
    """Raises Usage when the name belongs to another account: its chats must not become somebody else's."""
    if known is None:
        return
    mine = known.phone_number_id if kind == "whatsapp" else known.account_id
    if known.kind != kind or (mine and mine != account):
        raise Usage(
            f"{known.name} is registered already, for the {known.kind} account {mine or known.account_id}.",
            code="name_taken",
            hint="Chats stay with their account. Take another name.",
            run=f"careline channels show {known.name}",
        )


def registered(store: Store, event: ChannelRegistered, actor: str) -> Channel:
    """Note how the channel is set up; nothing, when that is known already."""

    def decide(change: Change) -> Channel:
        known = change.rows.get(Channel, event.name)
        if (
            known is None
            or known.state == "removed"
            or any(
                getattr(event, f) != getattr(known, f)
                for f in (
                    "account_id",
                    "phone_number_id",
                    "app_id",
                    "api_url",
                    "public_url",
                    "address",
                    "title",
                    "accepts_plain",
                )
            )
        ):
            change.record([Entry(event=event, channel=event.name, occurred_at=change.now, actor=actor)])
        channel = change.rows.get(Channel, event.name)
        assert channel is not None
        return channel

    return store.change(decide)


def store_account(store: Store, wanted: Channel, say: Callable[[str, str], None], actor: str) -> Channel:
    """Note an account of WeChat or WeCom, so that the receiver knows it before the platform calls."""
    event = ChannelRegistered(
        name=wanted.name,
        kind=wanted.kind,
        account_id=wanted.account_id,
        api_url=wanted.api_url,
        public_url=wanted.public_url,
        accepts_plain=wanted.accepts_plain,
    )
    channel = registered(store, event, actor)
    say("stored", channel.name)
    return channel


def stepped(store: Store, channel: Channel, step: str, *, active: bool, actor: str) -> Channel:
    """Note a step that is done."""

    def decide(change: Change) -> Channel:
        known = change.rows.get(Channel, channel.name)
        if known is None or step not in known.steps or (active and known.state != "active"):
            event = ChannelStepped(name=channel.name, step=step, active=active)
            change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])
        after = change.rows.get(Channel, channel.name)
        assert after is not None
        return after

    return store.change(decide)


def new_pin() -> str:
    """Six random digits: Meta's two-step verification takes them."""
    return f"{random.randbelow(10**6):06}"


def in_service(channel: Channel) -> bool:
    """True when registering it was finished once: webhooks come, or the token works where the console sets them."""
    return not {"webhooks", "token"}.isdisjoint(channel.steps)


def turned(store: Store, channel: Channel, state: str, actor: str) -> Channel:
    """Note that a channel is paused, in service or incomplete again, or removed; nothing, when it is already."""

    def decide(change: Change) -> Channel:
        known = change.rows.get(Channel, channel.name)
        assert known is not None
        if known.state != state:
            event = ChannelTurned(name=channel.name, state=state)
            change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])
        after = change.rows.get(Channel, channel.name)
        assert after is not None
        return after

    return store.change(decide)


def own_secret(secrets: Secrets, channel: Channel, key: str, make: Callable[[], str] = lambda: random.token_urlsafe(24)) -> str:
    """A secret that is ours to choose: the one that is given, or one made now and kept in the keyring.

    Raises CredentialsRefused when there is no keyring to keep it in, with the command that makes one for the environment.
    """
    value = secrets.find(channel.name, channel.kind, key)
    if value is None:
        value = make()
        try:
            secrets.put(channel.name, key, value)
        except CredentialsRefused as refusal:
            made = MAKES.get(key, HEX_32).replace("'", '"')
            refusal.run = f"export {variable(channel.name, key)}=$(python3 -c '{made}')"
            raise
    return value
