"""Our messages on their way."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import NotFound, Usage
from careline.model import Message
from careline.rules.records import message_record
from careline.sending.outbox import settle_dead
from careline.store.base import ALL
from cli.options import message_number, names_option
from cli.outgoing import MESSAGE
from cli.output import Column
from cli.runtime import runtime

app = typer.Typer()

STATES = ("queued", "sending", "accepted", "sent", "delivered", "read", "failed", "unknown")
COLUMNS = [
    Column("id", "MESSAGE", "message"),
    Column("state", how="state"),
    Column("channel"),
    Column("contact", how="contact"),
    Column("conversation", "CHAT", "chat"),
    Column("kind"),
    Column("occurred_at", "WHEN", "when"),
    Column("error.platform_code", "CODE"),
    Column("error.message", "ERROR"),
    Column("text", shown=False),
    Column("key", shown=False),
]


@app.command("list")
def list_outbox(
    ctx: typer.Context,
    state: Annotated[str, typer.Option("--state", metavar="S,…", help="failed, unknown, delivered… A comma is or.")] = "",
) -> None:
    """List messages of ours, the newest first.

    Example: careline outbox list --state unknown,failed
    """
    run = runtime(ctx)
    settle_dead(run.line.store)
    states = names_option(state) or STATES
    if unknown := [s for s in states if s not in STATES]:
        raise Usage(f"{unknown[0]!r} is no state of a message.", hint=f"There are: {', '.join(STATES)}.")
    where, limit = f"WHERE direction = 'out' AND state IN ({', '.join('?' * len(states))})", run.limit
    total = run.line.store.count(Message, where, *states) if limit is not None else 0
    found = run.line.store.select(Message, f"{where} ORDER BY id DESC LIMIT ?", *states, ALL if limit is None else limit)
    more = max(0, total - limit) if limit is not None else 0
    run.show((message_record(m) for m in found), columns=COLUMNS, more=more, empty="Nothing was sent yet.")


@app.command("show")
def show_message(
    ctx: typer.Context,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="Its number: m902.")],
) -> None:
    """Show one message and what became of it.

    Example: careline outbox show m902
    """
    run = runtime(ctx)
    settle_dead(run.line.store)
    found = run.line.store.get(Message, message_number(message))
    if found is None or found.direction != "out":
        raise NotFound(f"There is no message {message} of ours.", code="unknown_message", run="careline outbox list")
    run.show_one(message_record(found), columns=MESSAGE)
