"""What the commands on codes have in common: their options and columns, the platforms they ask, the code that a scene names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from careline.errors import NotFound, Usage
from careline.model import Channel, Code
from cli.output import Column
from cli.runtime import Runtime

if TYPE_CHECKING:
    from careline.events import CodeCreated
    from careline.qr.wanted import Wanted

COLUMNS = [
    Column("scene", how="id"),
    Column("channel"),
    Column("url"),
    Column("file"),
    Column("expires_at", "EXPIRES", "when"),
    Column("scans", how="count"),
    Column("follows", how="count"),
    Column("chats", how="count"),
    Column("campaign", shown=False),
    Column("caption", shown=False),
    Column("ticket", shown=False),
    Column("permanent", how="flag", shown=False),
    Column("numeric", how="flag", shown=False),
]

ExpiresOption = Annotated[str | None, typer.Option("--expires", metavar="DURATION", help="WeChat: up to 30d, which it is.")]
PermanentOption = Annotated[bool, typer.Option("--permanent", help="WeChat: for ever; 100,000 an account, never deletable.")]
TextOption = Annotated[str | None, typer.Option("--text", metavar="T", help="WhatsApp: how the message begins.")]
SizeOption = Annotated[str, typer.Option("--size", metavar="MM", help="The width with its quiet zone: 40mm.")]
DpiOption = Annotated[int, typer.Option("--dpi", metavar="N", help="Pixels an inch.")]


def the_code(run: Runtime, scene: str) -> Code:
    """The code that SCENE or CHANNEL/SCENE names; ``n:7`` is the number where there also is a text 7, which is ``s:7``.

    Raises NotFound, or Usage when there are several.
    """
    channel, _, name = scene.partition("/")
    tail = "WHERE ? IN (scene, scene_key) OR (channel = ? AND ? IN (scene, scene_key)) ORDER BY channel, scene_key"
    found = list(run.line.store.select(Code, tail, scene, channel, name))
    if not found:
        raise NotFound(f"There is no code for the scene {scene!r}.", code="unknown_scene", run="careline qr list")
    if len(found) > 1:
        names = [f"{code.channel}/{code.scene}" for code in found]
        if len(set(names)) < len(names):
            names = [f"{code.channel}/{code.scene_key}" for code in found]
        raise Usage(f"Several codes have that scene: {', '.join(names)}.")
    return found[0]


def account_of(run: Runtime, channel: Channel, name: str) -> str:
    """The id of the WeCom account whose chat a code opens. Raises NotFound, or Usage where nobody said which of several."""
    from careline.pulling import accounts

    if channel.kind != "wecom":
        raise Usage(f"{channel.name} is a {channel.kind} channel: an account is WeCom's.", code="wrong_channel_kind")
    return accounts.one(run.line.store, channel, name).id


@asynccontextmanager
async def asking(run: Runtime, wanted: Iterable[Wanted]) -> AsyncIterator[Callable[[Wanted], Awaitable[CodeCreated]]]:
    """What asks the platforms for each of these codes, while the block lasts."""
    from msgspec.structs import replace

    from careline.qr import ledger

    async with AsyncExitStack() as open_lines:
        channels = {one.channel.name: one.channel for one in wanted if not ledger.is_link(one.channel, one.text)}
        askers = {name: await _asker(run, channel, open_lines) for name, channel in channels.items()}

        async def ask(one: Wanted) -> CodeCreated:
            if ledger.is_link(one.channel, one.text):
                from careline.channels.whatsapp.messages import wa_me_link

                made = ledger.link(one.key, wa_me_link(one.channel.address, one.text or ""), one.text or "")
            else:
                made = await askers[one.channel.name](one)
            return replace(made, caption=one.look.caption, campaign=one.campaign)

        yield ask


async def _asker(run: Runtime, channel: Channel, open_lines: AsyncExitStack) -> Callable[[Wanted], Awaitable[CodeCreated]]:
    from careline.qr import ledger

    http = await open_lines.enter_async_context(run.line.http(channel))
    if channel.kind == "whatsapp":
        from careline.channels.whatsapp.codes import Codes

        numbers_codes = Codes(run.line.graph(channel, http))
        return lambda one: ledger.ask_whatsapp(numbers_codes, one.key, one.text or "")
    if channel.kind == "wecom":
        from careline.channels.wecom.account import Accounts
        from careline.channels.wecom.links import ask_wecom

        links = Accounts(run.line.door(channel, http))
        return lambda one: ask_wecom(links, one.account, one.key)
    from careline.channels.wechat.codes import Codes as WeChatCodes

    codes = WeChatCodes(run.line.door(channel, http))
    return lambda one: ledger.ask_wechat(codes, one.key, permanent=one.permanent, expires=one.lasts, now=run.now())
