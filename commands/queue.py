"""Who waits for an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from careline.clock import MINUTE, SECOND
from careline.errors import Interrupted
from careline.queue.tail import Tail
from careline.queue.waiting import Filters, count, waiting
from careline.rules.records import Record
from careline.rules.times import city, compact, compact_hours, parse_duration, parse_time, say_when
from cli.cells import fit
from cli.options import ChannelOption, SinceOption, names_option
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()


def _window(row: Mapping[str, Any]) -> str:
    window = row["window"]
    if window["ends_at"] is None:
        return "none"
    return compact_hours(window["left_s"] * SECOND) if window["open"] else "closed"


def _left(row: Mapping[str, Any]) -> str:
    window = row["window"]
    return "" if window["quota"] is None else f"{window['left']}/{window['quota']}"


COLUMNS = [
    Column("conversation", "CHAT", "chat"),
    Column("channel"),
    Column("contact_name", "CUSTOMER", cell=lambda r: r["contact_name"] or f"c{r['contact']}"),
    Column("waiting_s", "WAITS", "length", cell=lambda r: compact(r["waiting_s"] * SECOND)),
    Column("window.left_s", "WINDOW", "length", cell=_window),
    Column("window.left", "LEFT", "count", cell=_left),
    Column("agent", cell=lambda r: r["agent"] or "-"),
    Column("preview", "LAST"),
    Column("waiting_since_at", "SINCE", "when", shown=False),
    Column("contact", how="contact", shown=False),
    Column("state", how="state", shown=False),
    Column("rank", how="count", shown=False),
]
TAIL = [
    Column("at", how="when"),
    Column("event"),
    Column("row.conversation", "CHAT", "chat"),
    Column("row.channel", "CHANNEL"),
    Column("row.contact_name", "CUSTOMER"),
    Column("actor"),
    Column("row.preview", "TEXT"),
    Column("seq", how="count", shown=False),
]

AgentOption = Annotated[str | None, typer.Option("--agent", metavar="AGENT", help="Held by; none is nobody. A comma is or.")]


@app.command("list")
def list_queue(ctx: typer.Context, channel: ChannelOption = None, agent: AgentOption = None) -> None:
    """Show who is waiting, the longest first.

    Example: careline queue list --channel brand-cn -o jsonl
    """
    run = runtime(ctx)
    filters, now, limit = _filters(run, channel, agent), run.now(), run.limit
    total = count(run.line.store, filters)
    title = ""
    if run.on_screen and total:
        lost = sum(1 for row in waiting(run.line.store, filters, now, 500) if not row["window"]["open"])
        closed = f", {lost} window{'' if lost == 1 else 's'} closed" if lost else ""
        title = f"{run.settings.profile} · {total} waiting{closed} · {say_when(now, run.tz, now)} {city(run.tz)}\n"
    more = max(0, total - limit) if limit is not None else 0
    run.show(waiting(run.line.store, filters, now, limit), columns=COLUMNS, more=more, empty="Nobody is waiting.", title=title)
    if run.on_screen and total:
        first = next(waiting(run.line.store, filters, now, 1))
        run.say(f"\nanswer the next one: careline reply {first['conversation']}")


@app.command("tail")
def tail_queue(
    ctx: typer.Context,
    channel: ChannelOption = None,
    agent: AgentOption = None,
    since: SinceOption = None,
    beat: Annotated[str, typer.Option("--beat", metavar="DURATION", help="Say that all is well after this silence.")] = "30s",
    until: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="End after this long.")] = None,
) -> None:
    """Follow the queue as it moves; Ctrl-C ends it and keeps the cursor.

    Example: careline queue tail --for 10m -o jsonl
    """
    import time

    run = runtime(ctx)
    tail = Tail(run.line.store, _filters(run, channel, agent), run.now)
    end = None if until is None else time.monotonic() + parse_duration(until) / SECOND
    every = parse_duration(beat)
    try:
        if since is None:
            shown = 0
            for event in tail.begin():
                _show(run, event)
                shown += 1
            if run.on_screen:
                run.say(f"-- {shown} waiting; following, Ctrl-C ends ".ljust(run.width - 1, "-"))
        else:
            tail.since(parse_time(since, run.now(), run.tz, past=True))
        for event in tail.follow(beat_us=every, until=lambda: end is not None and time.monotonic() >= end):
            _show(run, event)
    except KeyboardInterrupt:
        at = datetime.fromtimestamp(run.now() // MINUTE * 60, run.tz)
        raise Interrupted(f"cursor kept at {tail.cursor}", run=f"careline queue tail --since {at:%H:%M}") from None


def _filters(run: Runtime, channel: str | None, agent: str | None) -> Filters:
    channels = tuple(run.line.channel(name).name for name in names_option(channel))
    return Filters(channels, tuple(run.settings.agent if a == "me" else a for a in names_option(agent)))


def _show(run: Runtime, event: Record) -> None:
    if not run.on_screen:
        run.emit(event, columns=TAIL)
        return
    row: dict[str, Any] = event["row"]
    at = datetime.fromtimestamp(event["at"] / SECOND, run.tz)
    if event["event"] == "beat":
        words = f"{row['waiting']} waiting"
    elif event["event"] == "gap":
        words = row["preview"]
    else:
        name = fit(row["contact_name"] or f"c{row['contact']}", 15)
        words = f"{row['conversation']:>3}  {fit(row['channel'], 9)} {name} {_what(event, row)}"
    run.tell(f"{at:%H:%M:%S}  {event['event']:<9} {words}".rstrip())


def _what(event: Record, row: Record) -> str:
    actor = str(event["actor"] or "").rpartition(":")[2]
    match event["event"]:
        case "waiting":
            return f"{compact(row['waiting_s'] * SECOND):>7}  {_window(row)} {_left(row)}".rstrip()
        case "message":
            return f'"{row["preview"]}"'
        case "replied":
            return f'{actor}  "{row["preview"]}"'
    return actor
