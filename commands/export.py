"""Messages and chats as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from careline.errors import Usage
from careline.export import rows
from careline.export.formats import encoded, format_of
from careline.rules.records import Record
from cli.options import ChannelOption, PeriodOption, SinceOption, UntilOption, names_option, time_range
from cli.output import Column, json_text
from cli.progress import Step
from cli.runtime import Runtime, runtime

app = typer.Typer()

MESSAGES = (
    "id conversation channel contact direction kind text media.name media.mime media.bytes media.sha256 template.name "
    "template.language actor key reply_to platform_id state error.code error.message error.platform_code window.ends_at "
    "window.left occurred_at recorded_at accepted_at delivered_at read_at"
)
CONVERSATIONS = (
    "id channel contact contact_name identity state priority labels team agent tier source scene category summary "
    "waiting_since_at created_at first_response_at resolved_at closed_at snoozed_until_at reopened messages_in messages_out "
    "previous window.open window.ends_at window.left csat"
)
SUMMARY = [
    Column("kind"),
    Column("to"),
    Column("format"),
    Column("rows", how="count"),
    Column("bytes", how="count"),
    Column("duration_s", "TOOK", "length"),
]

ToOption = Annotated[str, typer.Option("--to", metavar="PATH|-", help="The file, replaced whole or not at all; - is stdout.")]
FormatOption = Annotated[str | None, typer.Option("--format", metavar="jsonl|csv", help="Where the suffix does not say it.")]


@app.command("messages")
def export_messages(
    ctx: typer.Context,
    to: ToOption,
    format: FormatOption = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
) -> None:
    """Export messages, one row each.

    Example: careline export messages --to messages.jsonl --period yesterday
    """
    run = runtime(ctx)
    wanted = _wanted(run, channel, since, until, period)
    _export(run, "messages", rows.messages(run.line.store, wanted), wanted, to, format, MESSAGES)


@app.command("conversations")
def export_conversations(
    ctx: typer.Context,
    to: ToOption,
    format: FormatOption = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
) -> None:
    """Export chats, one row each.

    Example: careline export conversations --to chats.csv --since 2026-03-01
    """
    run = runtime(ctx)
    wanted = _wanted(run, channel, since, until, period)
    found = rows.conversations(run.line.store, wanted, run.now())
    _export(run, "conversations", found, wanted, to, format, CONVERSATIONS)


def _wanted(run: Runtime, channel: str | None, since: str | None, until: str | None, period: str | None) -> rows.Wanted:
    channels = tuple(run.line.channel(name).name for name in names_option(channel))
    return rows.Wanted(channels, *time_range(run, since, until, period))


def _export(
    run: Runtime, kind: str, found: Iterator[Record], wanted: rows.Wanted, to: str, given: str | None, columns: str
) -> None:
    from careline.files import replacing

    format, began, total = format_of(to, given), monotonic(), rows.count(run.line.store, kind, wanted)
    if run.dry_run:
        run.say(f"Would export {total} {kind} as {format} to {to}.")
        return
    if to.endswith("/"):
        raise Usage(f"{to} is a folder: name the file.", run=f"careline export {kind} --to {to}{kind}.jsonl")
    run.expect(SUMMARY)
    written = 0
    with run.progress(kind, total) as step:
        counted = Counted(found, step)
        pieces = encoded(counted, format, tuple(columns.split()))
        if to == "-":
            for piece in pieces:
                run.write(piece)
                written += len(piece)
        else:
            with replacing(Path(to)) as file:
                for piece in pieces:
                    file.write(piece)
                    written += len(piece)
    summary = {"kind": kind, "to": to, "cursor": None, "format": format, "rows": counted.rows, "deleted": 0, "bytes": written}
    rest = {"first_seq": None, "last_seq": None, "duration_s": round(monotonic() - began), "manifest": None}
    _summary(run, summary | rest)


class Counted:
    """Rows that are counted on their way, ``step`` by step."""

    def __init__(self, found: Iterator[Record], step: Step) -> None:
        self.rows = 0
        self._found = found
        self._step = step

    def __iter__(self) -> Iterator[Record]:
        for row in self._found:
            self.rows += 1
            self._step(1)
            yield row


def _summary(run: Runtime, summary: Record) -> None:
    """The summary on stdout, or on stderr where the rows are on stdout; for a person in a line."""
    machine = run.output in ("json", "jsonl", "csv")
    if machine and summary["to"] != "-":
        run.show_one(summary, columns=SUMMARY)
    elif machine:
        run.say(json_text(summary))
    else:
        where = "stdout" if summary["to"] == "-" else summary["to"]
        run.say(f"{summary['kind']}  {summary['rows']:,} rows, {summary['bytes']:,} bytes  →  {where}")
