"""The ledger of codes: what was asked of the platform, what picture was drawn of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from careline.channels.wechat.policy import PERMANENT_SCENES
from careline.clock import SECOND
from careline.errors import Usage
from careline.events import CodeCreated, CodeDrawn, Entry
from careline.model import Channel, Code
from careline.rules.scene import plain
from careline.store.base import Change, Store

LONGEST_NUMBER = 20  # digits: what is longer is no scene of any kind, and slow to read
FEW = PERMANENT_SCENES // 10
MOST_TEXT = 140  # of a WhatsApp message code; a longer text goes into a wa.me link


class AsksWeChat(Protocol):
    """The part of WeChat's client that makes codes."""

    async def create_qr(self, scene: str, numeric: bool, permanent: bool, expire_seconds: int | None) -> Any:
        """The ticket, url and expire_seconds of a new code."""


class AsksWhatsApp(Protocol):
    """The part of WhatsApp's client that makes codes."""

    async def create_qr(self, prefilled_text: str) -> dict[str, Any]:
        """The code and deep_link_url of a new message code."""


def scene_key(scene: str, *, numeric: bool) -> str:
    """The key of a scene in the ledger: numeric and text scenes never collide. ``qrscene_X`` and ``X`` are one scene."""
    name = plain(scene)
    if not name:
        raise Usage("--scene is empty.", hint="A name for where the code will hang: --scene shop-012")
    if numeric and not (name.isascii() and name.isdigit() and len(name) <= LONGEST_NUMBER):
        raise Usage(f"A numeric scene is a number, not {name!r}.", hint="Leave --numeric out for a scene that is a text.")
    return f"n:{int(name)}" if numeric else f"s:{name}"


def usable(store: Store, channel: Channel, key: str) -> Code | None:
    """The code of that scene, if it has one that still works."""
    code = store.get(Code, channel.name, key)
    return code if code is not None and (code.expires_at is None or code.expires_at > store.now()) else None


def usable_of(store: Store, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Code]:
    """The codes of those channels and scenes that still work."""
    now = store.now()
    known = store.load(Code, keys)
    return {key: code for key, code in known.items() if code.expires_at is None or code.expires_at > now}


async def ask_wechat(client: AsksWeChat, key: str, *, permanent: bool, expires: int, now: int) -> CodeCreated:
    """A new code of the account. ``expires`` in microseconds from now, at most 30 days; permanent ones never do."""
    numeric, scene = key[0] == "n", key[2:]
    answer = await client.create_qr(scene, numeric, permanent, None if permanent else expires // SECOND)
    lasts = answer.get("expire_seconds")
    return CodeCreated(
        scene_key=key,
        scene=scene,
        numeric=numeric,
        permanent=permanent,
        ticket=str(answer.get("ticket", "")),
        url="".join(str(answer["url"]).split()),
        expires_at=None if permanent else now + int(lasts or expires // SECOND) * SECOND,
    )


async def ask_whatsapp(client: AsksWhatsApp, key: str, text: str) -> CodeCreated:
    """A new message code of the number: scanning it opens the chat with ``text`` already written."""
    answer = await client.create_qr(text)
    url = str(answer["deep_link_url"])
    return CodeCreated(scene_key=key, scene=key[2:], permanent=True, ticket=str(answer.get("code", "")), url=url, text=text)


def is_link(channel: Channel, text: str | None) -> bool:
    """True where the code is a plain wa.me link, which asks the platform for nothing: WhatsApp's texts are 140 at most."""
    return channel.kind == "whatsapp" and (text is None or len(text) > MOST_TEXT)


def link(key: str, url: str, text: str) -> CodeCreated:
    """A code of a plain wa.me link, which asks the platform for nothing."""
    return CodeCreated(scene_key=key, scene=key[2:], permanent=True, url=url, text=text)


def keep(store: Store, channel: Channel, event: CodeCreated | CodeDrawn, actor: str) -> Code:
    """Note the code, or its picture, and give it as it is then."""
    (code,) = keep_all(store, [(channel.name, event)], actor)
    return code


def keep_all(store: Store, events: Sequence[tuple[str, CodeCreated | CodeDrawn]], actor: str) -> list[Code]:
    """Note what became of several codes, each with its channel's name, and give them as they are then."""

    def decide(change: Change) -> list[Code]:
        change.record(Entry(event=event, channel=name, occurred_at=change.now, actor=actor) for name, event in events)
        codes = [change.rows.get(Code, name, event.scene_key) for name, event in events]
        return [code for code in codes if code is not None]

    return store.change(decide)


def permanent_left(store: Store, channel: Channel) -> int:
    """How many permanent codes the account may still have, of those that this ledger has made: none is ever given back."""
    return PERMANENT_SCENES - store.count(Code, "WHERE channel = ? AND spent <> 0", channel.name)


def check_budget(store: Store, channel: Channel, wanted: int) -> None:
    """Raises Usage when the account cannot have so many permanent codes more."""
    left = permanent_left(store, channel)
    if wanted > left:
        raise Usage(
            f"{channel.name} has {left:,} of {PERMANENT_SCENES:,} permanent codes left, and {wanted:,} are asked for.",
            code="permanent_codes_used",
            hint="They are never deletable. Temporary ones (without --permanent) are not counted.",
        )


def said_left(store: Store, channel: Channel) -> str:
    """The permanent codes that are left, in words."""
    return f"{permanent_left(store, channel):,} of {PERMANENT_SCENES:,} left on {channel.name}, never deletable"
