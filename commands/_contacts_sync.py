"""Followers of a WeChat account, as WeChat knows them. Part of ``careline contacts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from msgspec import to_builtins

from careline.model import Channel
from cli.options import ChannelOption
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.followers.sync import Synced

app = typer.Typer()

COLUMNS = [
    Column("channel"),
    Column("followers", how="count"),
    Column("new", how="count"),
    Column("changed", how="count"),
    Column("unchanged", how="count"),
    Column("left", how="count"),
    Column("blocked", how="count", shown=False),
    Column("unblocked", how="count", shown=False),
    Column("resumed", how="count", shown=False),
]


@app.command("sync")
def sync_followers(ctx: typer.Context, channel: ChannelOption = None) -> None:
    """Ask WeChat who follows, with remarks, tags and the blacklist, and note what is news. Cut off, it goes on there.

    Example: careline contacts sync --channel brand-cn
    """
    run = runtime(ctx)
    run.expect(COLUMNS)
    found = run.line.channel(channel, "wechat")
    if run.dry_run:
        run.say(f"Would ask WeChat for all followers of {found.name}: a call for 10,000 of them, and one for each 100.")
        return
    with run.line.store.lock(f"followers:{found.name}", wait=run.if_busy == "wait"):
        synced = run.wait(_synced(run, found))
    if not run.on_screen:
        run.show_one({"channel": found.name, **to_builtins(synced)}, columns=COLUMNS)
        return
    run.tell(f"{synced.followers:,} follow {found.name}: {synced.new:,} new, {synced.changed:,} changed, {synced.left:,} left.")
    if synced.blocked or synced.unblocked:
        run.tell(f"{synced.blocked:,} more on the blacklist, {synced.unblocked:,} off it.")


async def _synced(run: Runtime, channel: Channel) -> Synced:
    from careline.channels.wechat.tags import Tags
    from careline.channels.wechat.users import Users
    from careline.followers.sync import sync

    async with run.line.http(channel) as http:
        door = run.line.door(channel, http)
        return await sync(run.line.store, channel, Users(door), Tags(door), lambda total: run.progress("followers", total))
