"""The history of WeChat's own desk, brought here. Part of ``careline chats``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from careline.model import Channel
from cli.options import ChannelOption, PeriodOption, SinceOption, UntilOption, time_range
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.importing.history import Brought
    from careline.rules.history import Slice

app = typer.Typer()

COLUMNS = [
    Column("channel"),
    Column("since_at", "SINCE", "when"),
    Column("until_at", "UNTIL", "when"),
    Column("slices", how="count"),
    Column("messages", how="count"),
    Column("known", how="count"),
    Column("media", how="count"),
    Column("others", how="count", shown=False),
]


@app.command("import")
def import_history(
    ctx: typer.Context,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
) -> None:
    """Bring here what was written on WeChat's own desk: since the last run, or for a day back. Nothing doubles.

    Example: careline chats import --channel brand-cn --since 7d
    """
    from careline.importing import history

    run = runtime(ctx)
    run.expect(COLUMNS)
    found = run.line.channel(channel, "wechat")
    start, end = time_range(run, since, until, period)
    store, now = run.line.store, run.now()
    until_at = now if end is None else min(end, now)
    if run.dry_run:
        wanted = history.plan(store, found, start, until_at, now)
        run.say(f"Would read {_counted(wanted)} of {found.name}'s desk, a day or less each.")
        return
    with store.lock(f"history:{found.name}", wait=run.if_busy == "wait"):
        wanted = history.plan(store, found, start, until_at, now)
        brought = run.wait(_bring(run, found, wanted))
    if brought.media:
        run.say(
            f"{brought.media:,} of them are pictures, voices or videos: WeChat tells that they were, and does not give them."
        )
    record = {
        "channel": found.name,
        "since_at": min((one.since for one in wanted), default=start),
        "until_at": max((one.until for one in wanted), default=until_at),
        "slices": brought.slices,
        "messages": brought.messages,
        "known": brought.known,
        "media": brought.media,
        "others": brought.others,
    }
    if not run.on_screen:
        run.show_one(record, columns=COLUMNS)
        return
    run.tell(f"{brought.messages:,} messages from {found.name}'s desk, {brought.known:,} were here already.")


async def _bring(run: Runtime, channel: Channel, wanted: list[Slice]) -> Brought:
    from careline.channels.wechat.history import History
    from careline.importing.history import bring

    async with run.line.http(channel) as http:
        desk = History(run.line.door(channel, http))
        with run.progress("records") as step:
            return await bring(run.line.store, channel, desk, run.line.policy(channel), wanted, step)


def _counted(wanted: list[Slice]) -> str:
    return f"{len(wanted)} slice{'' if len(wanted) == 1 else 's'}"
