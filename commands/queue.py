"""Who waits for an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from careline.clock import MINUTE, SECOND
from careline.errors import Interrupted
from careline.queue.tail import Tail
from careline.queue.waiting import Filters, closed, count, waiting
from careline.rules.records import Record, wire
from careline.rules.times import city, compact, parse_duration, parse_time, say_when
from cli.cells import cells, fit, pad
from cli.chats import AgentOption, customer_cell, filters, left_cell, window_cell
from cli.options import ChannelOption, SinceOption
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()

COLUMNS = [
    Column("conversation", "CHAT", "chat"),
    Column("channel"),
    Column("contact_name", "CUSTOMER", cell=customer_cell),
    Column("waiting_s", "WAITS", "length", cell=lambda r: compact(r["waiting_s"] * SECOND)),
    Column("window.left_s", "WINDOW", "length", cell=window_cell),
    Column("window.left", "LEFT", "count", cell=left_cell),
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


@app.command("list")
def list_queue(ctx: typer.Context, channel: ChannelOption = None, agent: AgentOption = None) -> None:
    """Show who is waiting, the longest first.

    Example: careline queue list --channel brand-cn -o jsonl
    """
    run = runtime(ctx)
    wanted, now, limit = filters(run, channel, agent), run.now(), run.limit
    total = count(run.line.store, wanted)
    more = max(0, total - limit) if limit is not None else 0
    rows = waiting(run.line.store, wanted, now, limit)
    if not run.on_screen:
        run.show(rows, columns=COLUMNS, more=more, empty="Nobody is waiting.")
        return
    shown = list(rows)
    run.show(shown, columns=COLUMNS, more=more, empty="Nobody is waiting.", title=_title(run, wanted, total, now))
    if shown:
        run.say(f"\nanswer the next one: careline reply {shown[0]['conversation']}")


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
    tail = Tail(run.line.store, filters(run, channel, agent), run.now)
    end = None if until is None else time.monotonic() + parse_duration(until) / SECOND
    every = max(SECOND, parse_duration(beat))
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


COUNTED = 1000  # of more, nobody counts the windows before the page is shown


def _title(run: Runtime, wanted: Filters, total: int, now: int) -> str:
    """``shop · 7 waiting, 1 window closed`` and, at the right, what time it is."""
    lost = closed(run.line.store, wanted, now) if total <= COUNTED else 0
    left = f" · {total:,} waiting" + (f", {lost:,} window{'' if lost == 1 else 's'} closed" if lost else "")
    right = f"{say_when(now, run.tz, now)} {city(run.tz)}"
    gap = run.width - cells(run.settings.profile + left + right)
    return f"{run.profile}{left}{' ' * max(3, gap)}{right}"


def _show(run: Runtime, event: Record) -> None:
    row: dict[str, Any] = event["row"]
    if not run.on_screen:
        run.emit(event | {"row": wire(row)}, columns=TAIL)
        return
    at = datetime.fromtimestamp(event["at"] / SECOND, run.tz)
    if event["event"] == "beat":
        words = f"{row['waiting']} waiting"
    elif event["event"] == "gap":
        words = row["preview"]
    else:
        who = f"{row['conversation']:>4}  {_cell(row['channel'], 9)}  {_cell(customer_cell(row), 15)}"
        words = f"{who}  {_what(event, row)}"
    run.tell(f"{at:%H:%M:%S}  {event['event']:<8}  {words}".rstrip())


def _cell(text: str, width: int) -> str:
    return pad(fit(text, width), width)


def _what(event: Record, row: Record) -> str:
    actor = str(event["actor"] or "").rpartition(":")[2]
    match event["event"]:
        case "waiting":
            return f"{compact(row['waiting_s'] * SECOND):>7}  {window_cell(row):>7}  {left_cell(row)}".rstrip()
        case "message":
            return f'"{row["preview"]}"'
        case "replied":
            return f'{actor}  "{row["preview"]}"'
    return actor
