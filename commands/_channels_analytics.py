"""What the platform counted, as rows and as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from careline.clock import DAY, SECOND
from careline.errors import Usage
from careline.model import Channel
from careline.rules.times import say_when
from cli.options import ChannelArgument, PeriodOption, SinceOption, UntilOption, time_range
from cli.output import Column
from cli.runtime import Runtime, runtime

if TYPE_CHECKING:
    from careline.channels.whatsapp.analytics import Analytics

app = typer.Typer()

COUNTED = {"messages": "sent", "conversations": "conversations", "pricing": "messages", "templates": "sent"}  # by the bars
STEPS = ("day", "month", "half_hour")


@app.command("analytics")
def analytics(
    ctx: typer.Context,
    channel: ChannelArgument,
    what: Annotated[
        str, typer.Argument(metavar="[messages|conversations|pricing|templates]", help="What is counted.")
    ] = "messages",
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    by: Annotated[str, typer.Option("--by", metavar="category|type|direction|country|phone|tier", help="A row for each.")] = "",
    step: Annotated[str, typer.Option("--step", metavar="day|month|half_hour", help="How long a row is.")] = "day",
    switch_on: Annotated[bool, typer.Option("--switch-on", help="Have Meta count templates; nobody can undo it.")] = False,
) -> None:
    """Show what Meta counted for the business account: messages, conversations, prices, templates; the last week by itself.

    Example: careline channels analytics shop-it pricing --by category --period last-month
    """
    from careline.channels.whatsapp.analytics import DIMENSIONS

    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    if what not in COUNTED or step not in STEPS:
        wrong, known = (what, tuple(COUNTED)) if what not in COUNTED else (step, STEPS)
        raise Usage(f"{wrong!r} is none of {', '.join(known)}.", code="bad_choice")
    if by and by not in DIMENSIONS.get(what, {}):
        known_by = ", ".join(DIMENSIONS.get(what, {})) or "nothing"
        raise Usage(f"{what} cannot be had by {by!r}.", code="bad_choice", hint=f"There is: {known_by}.")
    start, end = time_range(run, since, until, period)
    start, end = start if start is not None else run.now() - 7 * DAY, end if end is not None else run.now() + SECOND
    if switch_on and what == "templates":
        if run.dry_run:
            run.say(f"Would have Meta count the templates of {found.name} from now on. Nobody can undo it.")
            return
        run.confirm("Have Meta count templates from now on? Nobody can undo it.")
    columns = _columns(what, by)
    run.expect(columns)
    rows = run.wait(_counted(run, found, what, start, end, by, step, switch_on))
    if switch_on and what == "templates":
        run.say(f"Meta counts the templates of {found.name} now.")
    if run.on_screen:
        _chart(run, found, what, by, rows)
    else:
        run.show(rows, columns=columns, empty="Nothing was counted.")


async def _counted(
    run: Runtime, channel: Channel, what: str, start: int, end: int, by: str, step: str, switch_on: bool
) -> list[dict[str, Any]]:
    from careline.channels.whatsapp.analytics import Analytics

    async with run.line.http(channel) as http:
        graph = run.line.graph(channel, http)
        counts = Analytics(graph, start, end)
        if what == "templates":
            return await _templates(run, channel, counts, switch_on)
        if what == "messages":
            return await counts.messages(step)
        return await (counts.conversations(step, by) if what == "conversations" else counts.pricing(step, by))


async def _templates(run: Runtime, channel: Channel, counts: Analytics, switch_on: bool) -> list[dict[str, Any]]:
    if switch_on:
        await counts.switch_templates_on()
    names = {one.id: f"{one.name}/{one.language}" for one in run.line.templates(channel) if one.id}
    rows = await counts.templates(list(names))
    return [{"template": names.get(row["template_id"], row["template_id"])} | row for row in rows]


def _columns(what: str, by: str) -> list[Column]:
    first = [Column("start_at", "FROM", "when"), Column("end_at", "TO", "when", shown=False)]
    group = [Column("template")] if what == "templates" else [Column(by)] if by else []
    counts = {
        "messages": [Column("sent", how="count"), Column("delivered", how="count")],
        "templates": [Column("sent", how="count"), Column("delivered", how="count"), Column("read", how="count")],
        "conversations": [Column("conversations", how="count"), Column("cost")],
        "pricing": [Column("messages", how="count"), Column("cost")],
    }
    return [*first, *group, *counts[what]]


def _chart(run: Runtime, channel: Channel, what: str, by: str, rows: list[dict[str, Any]]) -> None:
    """Bars: of days, or of groups over the whole time."""
    from cli.bars import bars

    if not rows:
        run.say("Nothing was counted.")
        return
    group, counted = by or ("template" if what == "templates" else ""), COUNTED[what]
    totals: dict[str, list[float]] = {}
    for row in rows:
        label = str(row[group] or "-") if group else say_when(row["start_at"], run.tz, run.now())[:-6]
        total = totals.setdefault(label, [0, 0.0])
        total[0] += row[counted] or 0
        total[1] += row.get("cost") or 0.0
    lines = [(label, n, f"{n:,.0f}" + (f"  {cost:,.2f}" if "cost" in rows[0] else "")) for label, (n, cost) in totals.items()]
    if group:
        lines.sort(key=lambda line: -line[1])
    run.tell(run.paint(f"{channel.name} · {what}{f' by {by}' if by else ''} · {counted}", "bold") + "\n")
    for line in bars(lines, run.width):
        run.tell(line)
