"""The ledger of codes: what was asked of the platform, what picture was drawn of it."""

from __future__ import annotations

from typing import Any, Protocol

from careline.clock import DAY, SECOND
from careline.errors import Usage
from careline.events import CodeCreated, CodeDrawn, Entry
from careline.model import Channel, Code
from careline.store.base import Change, Store

MOST_EXPIRES = 30 * DAY
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
    plain = scene.removeprefix("qrscene_").strip()
    if not plain:
        raise Usage("--scene is empty.", hint="A name for where the code will hang: --scene shop-012")
    if numeric and not (plain.isascii() and plain.isdigit()):
        raise Usage(f"A numeric scene is a number, not {plain!r}.", hint="Leave --numeric out for a scene that is a text.")
    return f"n:{int(plain)}" if numeric else f"s:{plain}"


def usable(store: Store, channel: Channel, key: str) -> Code | None:
    """The code of that scene, if it has one that still works."""
    code = store.get(Code, channel.name, key)
    return code if code is not None and (code.expires_at is None or code.expires_at > store.now()) else None


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


def link(key: str, url: str, text: str) -> CodeCreated:
    """A code of a plain wa.me link, which asks the platform for nothing."""
    return CodeCreated(scene_key=key, scene=key[2:], permanent=True, url=url, text=text)


def keep(store: Store, channel: Channel, event: CodeCreated | CodeDrawn, actor: str) -> Code:
    """Note the code, or its picture, and give it as it is then."""

    def decide(change: Change) -> Code:
        change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])
        code = change.rows.get(Code, channel.name, event.scene_key)
        assert code is not None
        return code

    return store.change(decide)
