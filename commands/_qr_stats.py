"""What came of the codes, as a table and as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.clock import SECOND
from careline.errors import Usage
from careline.rules.times import say_duration
from cli.options import ChannelOption, PeriodOption, SinceOption, UntilOption, names_option, time_range
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.qr.stats import By

app = typer.Typer()

COUNTS = [
    Column("scans", how="count"),
    Column("follows", how="count"),
    Column("chats", how="count"),
    Column("answered", how="count"),
    Column("first_reply_s", "FIRST REPLY", "length"),
]
SCENES = [
    Column("scene", how="id"),
    Column("channel"),
    *COUNTS,
    Column("campaign", shown=False),
    Column("numeric", how="flag", shown=False),
]
CAMPAIGNS = [Column("campaign"), *COUNTS]


@app.command("stats")
def stats(
    ctx: typer.Context,
    channel: ChannelOption = None,
    by: Annotated[str, typer.Option("--by", metavar="scene|campaign", help="A row for each.")] = "scene",
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
) -> None:
    """Show what came of the codes: scans, follows, chats begun within 24 hours, and how soon half of them had a first answer.

    Example: careline qr stats --by campaign --period last-week
    """
    from careline.qr.stats import stats as counted

    run = runtime(ctx)
    columns = CAMPAIGNS if by == "campaign" else SCENES
    run.expect(columns)
    start, end = time_range(run, since, until, period)
    channels = [run.line.channel(name).name for name in names_option(channel)]
    records = counted(run.line.store, _by(by), channels=channels, since=start, until=end)
    limit = run.limit
    shown = records if limit is None else records[:limit]
    empty = "No code yet: careline qr create --help"
    run.show(shown, columns=columns, more=len(records) - len(shown), empty=empty)
    if run.on_screen and any(record["scans"] for record in shown):
        _chart(run, by, shown)


def _by(given: str) -> By:
    if given in ("scene", "campaign"):
        return given  # type: ignore[return-value]
    raise Usage(f"{given!r} is none of scene, campaign.", code="bad_choice")


def _chart(run: Runtime, by: str, records: list[dict[str, Any]]) -> None:
    """A bar for the scans of each."""
    from cli.bars import bars

    lines = [(record[by] or "-", record["scans"], _said(record)) for record in records if record["scans"]]
    run.tell(run.paint(f"\nscans by {by}", "bold"))
    for line in bars(lines, run.width):
        run.tell(line)


def _said(record: dict[str, Any]) -> str:
    chats = f"{record['scans']:,} → {record['chats']:,} {'chat' if record['chats'] == 1 else 'chats'}"
    if record["first_reply_s"] is None:
        return chats
    return f"{chats}, answered in {say_duration(record['first_reply_s'] * SECOND)}"
